"""``images.load``: arguments, bundled photographs and digits, splits, determinism."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch

from gansec_lib import images
from gansec_lib.errors import DataMissingError, IntegrityError, ParameterError
from gansec_lib.images import ImageSet, bundled


def digest(pictures):
    return hashlib.sha256(pictures.images.numpy().tobytes()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"size": 4}, "size: expected 8 to 2048, got 4"),
        ({"size": 64.0}, "size: expected a whole number, got 64.0"),
        ({"size": True}, "size: expected a whole number, got True"),
        ({"size": 4096}, "size"),
        ({"size": None}, "size"),
        ({"count": 0}, "count: expected 1"),
        ({"count": "8"}, "count: expected a whole number, got '8'"),
        ({"seed": -1}, "seed"),
        ({"colour": 1}, "colour: expected True or False, got 1"),
        ({"split": "Train"}, "split: expected one of train, valid, test, all, got 'Train'"),
        ({"split": "valid"}, "photos has 'train', 'test' and 'all', got 'valid'"),
    ],
)
def test_every_argument_is_checked(arguments, says):
    with pytest.raises(ParameterError, match=says.replace("(", r"\(")):
        images.load("photos", **arguments)


@pytest.mark.parametrize("source", [None, 3, "", "  ", ["photos"]])
def test_source_of_the_wrong_type(source):
    with pytest.raises(ParameterError, match="source: expected a name or a folder"):
        images.load(source)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("fotos", "photos"), ("Photos", "photos"), ("cifar-10", "cifar10"), ("x-rays", "xrays")],
)
def test_misspelt_name_is_answered_with_the_nearest(typed, meant):
    with pytest.raises(ParameterError, match=f"unknown name '{typed}'; did you mean .*'{meant}'"):
        images.load(typed)


def test_far_name_lists_what_there_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParameterError, match=r"neither a known name \(photos, digits.*div2k\)"):
        images.load("qqqqqqq")


@pytest.mark.parametrize("name", ["nowhere", "a/b\0c", "x" * 300, "~nobody-here/x", "ünï/図"])
def test_missing_folder_says_so(tmp_path, name):
    with pytest.raises(DataMissingError, match=r"no folder or file|cannot be opened"):
        images.load(f"{tmp_path}/{name}")
    with pytest.raises((DataMissingError, ParameterError), match="source: "):
        images.load(name)


def test_available_names_every_source_with_licence_and_truth():
    rows = images.available()
    names = [row["name"] for row in rows]
    assert names[:5] == ["photos", "digits", "faces", "xrays", "textures"]
    assert {"celeba", "lfw", "orl", "montgomery", "shenzhen", "isic2018"} <= set(names)
    assert {"cifar10", "mnist", "bossbase", "div2k"} <= set(names)
    assert all(set(row) == {"name", "kind", "licence", "count", "truth"} for row in rows)
    assert all(value for row in rows for value in row.values())


def test_photos_begin_with_the_known_pictures_whole():
    pictures = images.load("photos", size=256, count=13)
    assert pictures.images.shape == (13, 3, 256, 256)
    assert pictures.names[:4] == (
        "astronaut[0,0,512,512]",
        "camera[0,0,512,512]",
        "chelsea[75,0,375,300]",
        "coffee[100,0,500,400]",
    )
    means = pictures.images[0].float().mean((1, 2))
    assert means[0] > means[2] + 10, "the astronaut is orange: red above blue"
    camera = pictures.images[1]
    assert torch.equal(camera[0], camera[1]), "a grey photograph repeats its channel"


def test_photos_whole_picture_is_the_file_itself_at_native_size():
    from PIL import Image

    path = bundled._package_file("skimage", "data/astronaut.png")
    with Image.open(path) as file:
        expected = torch.from_numpy(np.array(file.convert("RGB"))).permute(2, 0, 1)
    assert torch.equal(images.load("photos", size=512, count=1).images[0], expected)


def test_photos_longer_set_begins_with_the_shorter_and_seed_moves_only_crops():
    short, long = images.load("photos", count=20), images.load("photos", count=40)
    assert torch.equal(short.images, long.images[:20])
    other = images.load("photos", count=40, seed=1)
    assert other.names[:13] == long.names[:13]
    assert all(a != b for a, b in zip(other.names[13:], long.names[13:], strict=True))


def test_photos_splits_share_no_photograph():
    train, test = images.load("photos", size=16), images.load("photos", size=16, split="test")
    assert len(train) == 512
    assert len(test) == 128
    assert not set(train.label_names) & set(test.label_names)
    both = images.load("photos", size=16, split="all")
    assert both.label_names == train.label_names + test.label_names
    assert torch.bincount(train.labels).min() >= 512 // len(train.label_names)


def test_photos_crops_lie_inside_and_show_something():
    pictures = images.load("photos", size=64, count=150)
    sides = []
    for name, label in zip(pictures.names, pictures.labels, strict=True):
        key, box = name[:-1].split("[")
        left, top, right, bottom = map(int, box.split(","))
        _, _, width, height = bundled.PHOTOS[key]
        assert key == pictures.label_names[label]
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        assert right - left == bottom - top >= 64
        sides.append(right - left)
    assert len(set(sides)) > 60, "many scales"
    spread = pictures.images.float().std((1, 2, 3))
    assert (spread > 4).float().mean() > 0.97, "flat crops are drawn again"


def test_photos_are_the_same_on_every_machine():
    """Integer resampling and raw generator bits: these bytes are part of the contract."""
    assert digest(images.load("photos", size=32, count=60, colour=False)) == PHOTOS_DIGEST
    assert digest(images.load("digits", size=32, count=50, colour=False)) == DIGITS_DIGEST


PHOTOS_DIGEST = "66d783980208f5bb"
DIGITS_DIGEST = "d6cb1a3b6077d6c9"


def test_photos_smaller_build_gives_one_clear_error(monkeypatch):
    monkeypatch.setitem(
        bundled.TRAIN_PHOTOS, "astronaut", ("skimage", "data/not-there.png", 512, 512)
    )
    monkeypatch.setitem(bundled.PHOTOS, "astronaut", bundled.TRAIN_PHOTOS["astronaut"])
    bundled._photo.cache_clear()
    with pytest.raises(DataMissingError, match=r"not-there\.png is not in .* scikit-image"):
        images.load("photos", count=1)
    monkeypatch.setitem(bundled.PHOTOS, "astronaut", ("skimage", "data/moon.png", 99, 99))
    with pytest.raises(IntegrityError, match="expected 99×99 pixels, got 512×512"):
        images.load("photos", count=1)
    monkeypatch.undo()
    bundled._photo.cache_clear()


def test_digits_are_all_there_with_their_labels():
    everything = images.load("digits", size=None, split="all", colour=False)
    assert everything.images.shape == (1797, 1, 8, 8)
    assert torch.bincount(everything.labels).tolist() == [
        *(178, 182, 177, 183, 181, 182, 181, 179, 174, 180)
    ]
    from sklearn.datasets import load_digits

    expected = np.floor(load_digits().images * 255 / 16 + 0.5)
    assert np.array_equal(everything.images[:, 0].numpy(), expected)
    train, test = images.load("digits", size=8), images.load("digits", size=8, split="test")
    assert (len(train), len(test)) == (1437, 360)
    assert not set(train.names) & set(test.names)


def test_digits_big_and_in_colour_look_like_the_small_ones():
    big, small = (images.load("digits", size=s, count=20, split="test") for s in (64, 8))
    assert big.images.shape == (20, 3, 64, 64)
    pooled = torch.nn.functional.avg_pool2d(big.images.float(), 8)
    close = torch.corrcoef(torch.stack([pooled.flatten(), small.images.float().flatten()]))[0, 1]
    assert close > 0.97
    assert torch.equal(big.labels, small.labels)


def test_count_above_what_there_is_warns_and_gives_all():
    with pytest.warns(UserWarning, match="asked for 5000 pictures, digits has 360"):
        assert len(images.load("digits", size=8, count=5000, split="test")) == 360


@pytest.mark.parametrize("name", ["faces", "xrays", "textures"])
def test_procedural_sets_are_reached_by_name(name):
    pictures = images.load(name, size=32, count=3, colour=False, seed=5)
    assert pictures.images.shape == (3, 1, 32, 32)
    assert torch.equal(pictures.images, images.load(name, 32, 3, False, 5).images)
    assert torch.equal(pictures.images, images.load(name, 32, 3, False, 5, "all").images)
    assert not torch.equal(pictures.images, images.load(name, 32, 3, False, 5, "test").images)
    with pytest.raises(ParameterError, match="drawn to size"):
        images.load(name, size=None)


def test_import_is_cheap():
    heavy = "torch numpy PIL skimage sklearn torchvision pydicom scipy matplotlib rich".split()  # noqa: SIM905
    code = f"import sys, gansec_lib.images; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_imageset_slices_keep_truth_together():
    count = 6
    pictures = ImageSet(
        images=torch.arange(count * 35, dtype=torch.uint8).reshape(count, 1, 5, 7),
        identities=torch.arange(count),
        attributes={"age": torch.arange(count) * 10.0},
        landmarks=torch.arange(count * 4.0).reshape(count, 2, 2),
        landmark_names=("a", "b"),
        masks={"face": torch.zeros(count, 5, 7, dtype=torch.bool)},
        labels=torch.arange(count) % 2,
        label_names=("x", "y"),
        names=tuple("abcdef"),
    )
    for index in ([4, 1], torch.tensor([4, 1]), np.array([4, 1])):
        part = pictures[index]
        assert part.names == ("e", "b")
        assert part.identities.tolist() == [4, 1]
        assert part.attributes["age"].tolist() == [40, 10]
        assert torch.equal(part.landmarks[0], pictures.landmarks[4])
        assert torch.equal(part.images[1], pictures.images[1])
        assert part.label_names == ("x", "y")
    assert len(pictures[pictures.labels == 1]) == 3
    assert pictures[2].images.shape == (1, 1, 5, 7)
    assert "6 pictures, 1×5×7, identities, labels, attributes age" in repr(pictures)


@pytest.mark.parametrize(
    ("truth", "says"),
    [
        ({"images": torch.zeros(2, 3, 4, 4)}, "images: expected a uint8 tensor"),
        ({"images": torch.zeros(2, 4, 4, 4, dtype=torch.uint8)}, "1 or 3 channels, got 4"),
        ({"labels": torch.zeros(3)}, "labels: expected one entry for each of 2 images, got 3"),
        ({"names": ("a",)}, "names: expected one entry"),
        ({"attributes": {"age": torch.zeros(1)}}, r"attributes\['age'\]"),
        ({"masks": {"m": torch.zeros(2, 4, 4)}}, r"masks\['m'\]: expected bool"),
        ({"masks": {"m": torch.zeros(2, 4, 5, dtype=torch.bool)}}, "got torch.bool"),
        ({"landmarks": torch.zeros(2, 5)}, "landmarks: expected"),
        (
            {"landmarks": torch.zeros(2, 5, 2), "landmark_names": ("a",)},
            "landmark_names: expected 5, got 1",
        ),
    ],
)
def test_imageset_refuses_truth_that_does_not_fit(truth, says):
    pixels = {"images": torch.zeros(2, 3, 4, 4, dtype=torch.uint8)}
    with pytest.raises(ParameterError, match=says):
        ImageSet(**(pixels | truth))


def test_network_and_byte_ranges_meet_exactly():
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(images.to_bytes(images.to_network(every)), every)
    with pytest.raises(ParameterError, match="images: expected uint8"):
        images.to_network(every.float())
    with pytest.raises(ParameterError, match="images: expected floating point"):
        images.to_bytes(every)
