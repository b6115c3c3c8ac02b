"""Texture covers: the same bytes everywhere, and neighbour statistics close to photographs."""

import hashlib

import numpy as np
import pytest
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.images.drawn import textures

KNOWN = {
    (64, 7, "train"): "c941e12a1be484c79da7b69ba0fa16fb7b631d1d24910b84292b217f2afbaedc",
    (40, 1, "test"): "2d988af9e52225926bfa220abc6fcdf6b88b10ca2c137694a6ff8e03c53e27ed",
    (128, 0, "validation"): "567b1fce731d278e9fdcde144cac500b4c6ae643f449bb1eab3c1374a71ea04d",
}


@pytest.fixture(scope="module")
def covers():
    return textures.generate(360, size=64, seed=11)


def fingerprint(pictures):
    """sha256 of the bytes of images, labels and masks."""
    digest = hashlib.sha256(pictures.images.numpy().tobytes())
    digest.update(pictures.labels.numpy().astype("<i8").tobytes())
    for name in sorted(pictures.masks):
        digest.update(pictures.masks[name].numpy().tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("size, seed, split", KNOWN)
def test_known_bytes(size, seed, split):
    covers = textures.generate(16, size=size, seed=seed, split=split)
    assert fingerprint(covers) == KNOWN[size, seed, split]


def test_picture_does_not_depend_on_count():
    many, few = textures.generate(230, seed=3), textures.generate(7, seed=3)
    assert torch.equal(many.images[:7], few.images)
    assert torch.equal(many.labels[:7], few.labels)
    assert torch.equal(many.masks["edges"][:7], few.masks["edges"])
    for name, value in few.attributes.items():
        assert torch.equal(many.attributes[name][:7], value), name


def test_splits_and_seeds_share_nothing():
    seen = set()
    sets = [(seed, split) for seed in (0, 1) for split in ("train", "validation", "test")]
    for seed, split in sets:
        for picture in textures.generate(30, size=32, seed=seed, split=split).images.numpy():
            seen.add(picture.tobytes())
    assert len(seen) == 30 * len(sets)


@pytest.mark.parametrize("size", [32, 33, 50, 64, 127, 256])
def test_sizes(size):
    covers = textures.generate(24, size=size)
    assert covers.images.shape == (24, 3, size, size)
    assert covers.images.dtype == torch.uint8
    assert {mask.shape for mask in covers.masks.values()} == {(24, size, size)}


def test_grey_is_luma_of_colour():
    colour = textures.generate(8).images.int()
    grey = textures.generate(8, colour=False).images.int()
    luma = (colour[:, 0] * 77 + colour[:, 1] * 150 + colour[:, 2] * 29 + 128) // 256
    assert torch.equal(grey[:, 0], luma)


def test_none_at_all():
    assert textures.generate(0, size=40, colour=False).images.shape == (0, 1, 40, 40)


def test_every_class_appears(covers):
    count = torch.bincount(covers.labels, minlength=len(covers.label_names))
    assert len(covers.label_names) == 12
    assert count.min() >= 12


def luma(pictures):
    wide = pictures.images.numpy().astype(np.uint16)
    return ((wide[:, 0] * 77 + wide[:, 1] * 150 + wide[:, 2] * 29 + 128) >> 8).astype(np.uint8)


def measure(pictures):
    """Adjacent correlation, residual variance (a high-pass), entropy: float (N, 3)."""
    rows = []
    for picture in pictures:
        light = picture.astype(float)
        if light.std() < 0.5:
            continue
        near = np.corrcoef(light[:, :-1].ravel(), light[:, 1:].ravel())[0, 1]
        cross = light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:]
        corners = light[:-2, :-2] + light[2:, 2:] + light[:-2, 2:] + light[2:, :-2]
        rest = light[1:-1, 1:-1] - cross / 2 + corners / 4
        share = np.bincount(picture.ravel(), minlength=256) / picture.size
        share = share[share > 0]
        rows.append((near, rest.var(), -(share * np.log2(share)).sum()))
    return np.asarray(rows)


def test_statistics_are_close_to_photographs(covers, shared_data):
    from PIL import Image

    folder = shared_data / "bsd68"
    if not folder.is_dir():
        pytest.skip("shared data: no folder bsd68")
    patches = []
    for file in sorted(folder.glob("*.png")):
        light = np.asarray(Image.open(file).convert("L"))
        for top in range(0, light.shape[0] - 64, 96):
            for side in range(0, light.shape[1] - 64, 96):
                patches.append(light[top : top + 64, side : side + 64])
    ours, real = np.median(measure(luma(covers)), 0), np.median(measure(patches), 0)
    assert abs(ours[0] - real[0]) < 0.08  # adjacent correlation
    assert 0.4 < ours[1] / real[1] < 2.5  # variance of the high-pass residual
    assert abs(ours[2] - real[2]) < 0.8  # entropy, bits
    ours, real = measure(luma(covers)), measure(patches)
    for k in range(2):  # spread as widely, too: the middle halves overlap by more than half
        low, high = np.percentile(ours[:, k], [25, 75])
        assert np.mean((real[:, k] > low) & (real[:, k] < high)) > 0.25


def test_covers_are_neither_flat_nor_noise(covers):
    found = measure(luma(covers))
    assert len(found) == len(covers)
    assert np.percentile(found[:, 0], 1) > 0.5
    assert np.percentile(found[:, 1], 1) > 0.4
    assert np.percentile(found[:, 2], 1) > 4.5
    clipped = ((covers.images == 0) | (covers.images == 255)).float().mean()
    assert clipped < 0.02


def test_noise_grows_with_its_parameters(covers):
    """In smooth places the measured noise follows read² + shot · light."""
    light = luma(covers).astype(float)
    rest = light[:, 1:-1, 1:-1] * 4 - light[:, :-2, 1:-1] - light[:, 2:, 1:-1]
    rest -= light[:, 1:-1, :-2] + light[:, 1:-1, 2:]
    smooth = covers.masks["smooth"].numpy()[:, 1:-1, 1:-1]
    shot = covers.attributes["shot_noise"].numpy()
    enough = smooth.sum((1, 2)) > 400
    assert enough.sum() > 60
    spread = np.asarray([rest[k][smooth[k]].std() for k in np.flatnonzero(enough)])
    order = np.argsort(shot[enough])
    third = len(order) // 3
    assert spread[order[-third:]].mean() > 1.3 * spread[order[:third]].mean()


def test_masks_agree_with_the_pixels(covers):
    light = luma(covers).astype(float)
    slope = np.zeros_like(light)
    slope[:, 1:-1, 1:-1] = np.abs(light[:, 1:-1, 2:] - light[:, 1:-1, :-2])
    slope[:, 1:-1, 1:-1] += np.abs(light[:, 2:, 1:-1] - light[:, :-2, 1:-1])
    edges, smooth = (covers.masks[name].numpy() for name in ("edges", "smooth"))
    assert not (edges & smooth).any()
    assert slope[edges].mean() > 3 * slope[smooth].mean()
    assert 0.1 < edges.mean() < 0.5
    assert 0.05 < smooth.mean() < 0.5


def test_smooth_classes_are_smoother(covers):
    smooth = covers.masks["smooth"].float().mean((1, 2))
    share = {
        name: smooth[covers.labels == k].mean().item() for k, name in enumerate(covers.label_names)
    }
    assert share["clouds"] > share["rock"] + 0.1
    assert share["objects"] > share["foliage"] + 0.1


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"count": -1}, "count"),
        ({"count": 1, "size": 16}, "size"),
        ({"count": 1, "seed": 1.5}, "seed"),
        ({"count": 1, "split": "all"}, "split"),
    ],
)
def test_wrong_arguments(arguments, says):
    with pytest.raises(ParameterError, match=says):
        textures.generate(**arguments)
