"""Procedural chest X-rays: the same bytes everywhere, and truth that agrees with the pixels."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.images.drawn import textures, xrays

KNOWN = {
    (64, 7, "train"): "971a600f2bf2adfd6c75e45d2e07fa1945ce954e42b921194d8a653bcbfb46e0",
    (48, 1, "test"): "967a6c4dcc4c0e8e9c69f1384130418b91e73b67e22510a329329be819aaaf3a",
    (128, 0, "validation"): "18c2cf74243fa2c16a22f4e8506836da5cc1d8c9d8031b98c67a81d91817b9d6",
}


@pytest.fixture(scope="module")
def films():
    return xrays.generate(240, size=96, seed=11, colour=False)


def fingerprint(pictures):
    """sha256 of the bytes of images, masks and landmarks."""
    digest = hashlib.sha256(pictures.images.numpy().tobytes())
    for name in sorted(pictures.masks or {}):
        digest.update(pictures.masks[name].numpy().tobytes())
    if pictures.landmarks is not None:
        digest.update(pictures.landmarks.numpy().astype("<f4").tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("size, seed, split", KNOWN)
def test_known_bytes(size, seed, split):
    films = xrays.generate(6, size=size, seed=seed, split=split)
    assert fingerprint(films) == KNOWN[size, seed, split]


def test_same_bytes_without_vector_instructions():
    """Another processor, in so far as numpy lets us play one: no AVX, no FMA."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    found = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    if not found:
        pytest.skip("this numpy has no optional vector instructions to switch off")
    code = (
        "import hashlib\n"
        "from gansec_lib.images.drawn import textures, xrays\n"
        "for module in (xrays, textures):\n"
        "    pictures = module.generate(24, size=64, seed=5)\n"
        "    print(hashlib.sha256(pictures.images.numpy().tobytes()).hexdigest())\n"
    )
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    here = [
        hashlib.sha256(module.generate(24, size=64, seed=5).images.numpy().tobytes()).hexdigest()
        for module in (xrays, textures)
    ]
    assert done.stdout.split() == here


def test_picture_does_not_depend_on_count():
    many, few = xrays.generate(40, seed=3), xrays.generate(5, seed=3)
    assert torch.equal(many.images[:5], few.images)
    assert torch.equal(many.masks["nodules"][:5], few.masks["nodules"])
    assert torch.equal(many.landmarks[:5], few.landmarks)
    for name, value in few.attributes.items():
        assert torch.equal(many.attributes[name][:5], value), name


def test_splits_and_seeds_share_nothing():
    seen = set()
    sets = [(seed, split) for seed in (0, 1) for split in ("train", "validation", "test")]
    for seed, split in sets:
        for picture in xrays.generate(30, size=32, seed=seed, split=split).images.numpy():
            seen.add(picture.tobytes())
    assert len(seen) == 30 * len(sets)


@pytest.mark.parametrize("size", [32, 33, 50, 64, 127, 256])
def test_sizes(size):
    films = xrays.generate(2, size=size)
    assert films.images.shape == (2, 3, size, size)
    assert films.images.dtype == torch.uint8
    assert {mask.shape for mask in films.masks.values()} == {(2, size, size)}
    assert films.landmarks.shape == (2, len(films.landmark_names), 2)


def test_grey_is_three_equal_channels():
    colour, grey = xrays.generate(4, colour=True), xrays.generate(4, colour=False)
    assert grey.images.shape[1] == 1
    assert torch.equal(colour.images, grey.images.expand(-1, 3, -1, -1))


def test_same_patient_at_another_size():
    small, large = xrays.generate(12, size=64), xrays.generate(12, size=128)
    for name in small.attributes:
        assert torch.equal(small.attributes[name], large.attributes[name]), name
    halved = torch.nn.functional.avg_pool2d(large.images[:, :1].float(), 2)
    for one, other in zip(small.images[:, 0].float(), halved[:, 0], strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.95
    moved = (small.landmarks + 0.5) * 2 - 0.5
    assert torch.allclose(moved, large.landmarks, atol=1e-3)


def test_none_at_all():
    nothing = xrays.generate(0)
    assert len(nothing) == 0
    assert nothing.images.shape == (0, 3, 64, 64)


def mean_in(films, mask):
    light, mask = films.images[:, 0].float(), mask.float()
    return (light * mask).sum((1, 2)) / mask.sum((1, 2))


def test_lungs_are_dark_and_heart_is_bright(films):
    lungs, heart = mean_in(films, films.masks["lungs"]), mean_in(films, films.masks["heart"])
    assert ((heart - lungs) > 15).float().mean() > 0.99
    assert 30 < lungs.mean() < 120 < heart.mean() < 240
    assert not (films.masks["lungs"] & films.masks["heart"]).any()


def test_mask_areas(films):
    share = {name: mask.float().mean((1, 2)) for name, mask in films.masks.items()}
    assert share["lungs"].min() > 0.15 and share["lungs"].max() < 0.50
    assert share["heart"].min() > 0.02 and share["heart"].max() < 0.20
    assert share["clavicles"].min() > 0.003 and share["clavicles"].max() < 0.06
    # the heart takes its room from the left lung
    assert (share["right_lung"] > share["left_lung"]).float().mean() > 0.8
    both = films.masks["right_lung"] | films.masks["left_lung"]
    assert torch.equal(both, films.masks["lungs"])


def test_clavicles_and_nodules_are_brighter_than_around(films):
    from scipy.ndimage import binary_dilation

    brighter = {"clavicles": [], "nodules": []}
    for name, found in brighter.items():
        for k in range(len(films)):
            mask = films.masks[name][k].numpy()
            if name == "nodules":
                mask = mask & films.masks["lungs"][k].numpy()
            if mask.sum() < 8:
                continue
            ring = binary_dilation(mask, iterations=3) & ~binary_dilation(mask)
            if name == "nodules":
                ring &= films.masks["lungs"][k].numpy()
            if ring.sum() < 8:
                continue
            light = films.images[k, 0].numpy().astype(float)
            found.append(light[mask].mean() - light[ring].mean())
    assert len(brighter["nodules"]) > 80
    for name, found in brighter.items():
        assert np.mean(np.asarray(found) > 0) > 0.85, name
        assert np.mean(found) > 4, name


def test_labels_count_the_nodules(films):
    count = films.attributes["nodule_count"]
    assert torch.equal(films.labels, (count > 0).long())
    assert torch.equal(count > 0, films.masks["nodules"].flatten(1).any(1))
    assert torch.equal(count > 0, films.attributes["nodule_radius"] > 0)
    assert set(count.tolist()) == {0, 1, 2, 3}
    assert 0.4 < films.labels.float().mean() < 0.6
    inside = (films.masks["nodules"] & films.masks["lungs"]).sum()
    assert inside > 0.7 * films.masks["nodules"].sum()


def test_landmarks_lie_where_the_masks_say(films):
    names = films.landmark_names
    at = {name: films.landmarks[:, k].numpy() for k, name in enumerate(names)}
    for side in ("right", "left"):
        mask = films.masks[f"{side}_lung"].numpy()
        top = mask.any(2).argmax(1)
        assert np.abs(top - at[f"{side}_apex"][:, 1]).max() < 4
        clear = ~films.attributes["effusion"].numpy() & (
            at[f"{side}_costophrenic"][:, 1] < mask.shape[1] - 3
        )
        rows = mask.any(2)
        bottom = mask.shape[1] - 1 - rows[:, ::-1].argmax(1)
        gap = bottom - at[f"{side}_costophrenic"][:, 1]
        assert np.abs(gap[clear]).max() < 6
        assert clear.sum() > 60
    assert (at["right_apex"][:, 0] < at["carina"][:, 0]).all()
    assert (at["carina"][:, 0] < at["left_apex"][:, 0]).all()
    assert (at["carina"][:, 1] > at["left_apex"][:, 1]).all()
    assert (at["carina"][:, 1] < at["left_costophrenic"][:, 1]).all()


def test_cardiothoracic_ratio_agrees_with_the_masks(films):
    ratio = films.attributes["cardiothoracic_ratio"].numpy()
    names = films.landmark_names
    right = films.landmarks[:, names.index("right_costophrenic"), 0].numpy()
    left = films.landmarks[:, names.index("left_costophrenic"), 0].numpy()
    columns = films.masks["heart"].numpy().any(1)
    width = columns.shape[1] - columns[:, ::-1].argmax(1) - columns.argmax(1)
    assert ratio.min() > 0.3 and ratio.max() < 0.75
    assert np.corrcoef(ratio, width / (left - right))[0, 1] > 0.9


def test_patients_differ(films):
    light = films.images.float().mean((1, 2, 3))
    assert light.std() > 8
    for name in ("effusion", "opacity", "breast_shadow"):
        share = films.attributes[name].float().mean()
        assert 0.05 < share < 0.6, name
    assert set(films.attributes["marker"].tolist()) == {0, 1, 2}


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"count": -1}, "count"),
        ({"count": 2.0}, "count"),
        ({"count": True}, "count"),
        ({"count": 1, "size": 31}, "size"),
        ({"count": 1, "size": 257}, "size"),
        ({"count": 1, "size": "64"}, "size"),
        ({"count": 1, "seed": -3}, "seed"),
        ({"count": 1, "split": "dev"}, "split"),
    ],
)
def test_wrong_arguments(arguments, says):
    with pytest.raises(ParameterError, match=says):
        xrays.generate(**arguments)
