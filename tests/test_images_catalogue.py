"""Catalogue sets laid out as their publishers do: found, split, and read with their truth.

The pictures are small stand-ins made here, except ORL's, which are the real ones where they are.
"""

import gzip
import io
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansec_lib import images
from gansec_lib.errors import DataMissingError, ImageError, IntegrityError, ParameterError
from gansec_lib.images.files import catalogue
from gansec_lib.images.files import readers as catalogue_readers
from gansec_lib.images.files.catalogue import CATALOGUE
from gansec_lib.images.files.find import find, need


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no network."""
    monkeypatch.setenv("GANSEC_CACHE", str(tmp_path))
    monkeypatch.setenv("GANSEC_OFFLINE", "1")
    return tmp_path


def picture(path: Path, width=40, height=48, value=100, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:height, 0:width]
    pixels = ((x * 3 + y * 5 + value) % 256).astype(np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)


@pytest.mark.parametrize("name", CATALOGUE)
def test_absent_set_is_one_line_that_says_what_to_put_where(cache, name, capsys):
    with pytest.raises(DataMissingError) as caught:
        images.load(name, split="test")
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{name}: ")
    assert f"into {cache / name}" in text
    assert "(from http" in text
    licence = capsys.readouterr().err
    assert CATALOGUE[name].licence in licence, "the licence is shown before anything is fetched"


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_is_whole(name):
    entry = CATALOGUE[name]
    assert callable(getattr(catalogue_readers, name))
    assert {"train", "test", "all"} <= set(entry.splits) <= set(images.SPLITS)
    for part in entry.parts:
        assert part.file.urls
        assert all(url.startswith("http") for url in part.file.urls)
        assert set(part.splits) <= set(entry.splits)
        if part.file.digest:
            kind, digest = part.file.digest.split(":")
            assert len(digest) == {"md5": 32, "sha256": 64}[kind]
            int(digest, 16)


def test_published_hashes_are_those_that_torchvision_and_scikit_learn_carry():
    """Read from their sources: importing torchvision takes seconds."""
    from importlib.util import find_spec

    def source(package, inside):
        return (Path(find_spec(package).submodule_search_locations[0]) / inside).read_text()

    carried = {
        "celeba": source("torchvision", "datasets/celeba.py"),
        "mnist": source("torchvision", "datasets/mnist.py"),
        "cifar10": source("torchvision", "datasets/cifar.py"),
        "lfw": source("sklearn", "datasets/_lfw.py"),
    }
    published = {name for name, e in CATALOGUE.items() if any(p.file.digest for p in e.parts)}
    assert published == set(carried)
    for name, text in carried.items():
        for part in CATALOGUE[name].parts:
            at = text.index(f'"{part.file.name}"')
            assert part.file.digest.split(":")[1] in text[max(0, at - 120) : at + 200]
    for file, md5 in catalogue_readers.CIFAR_MD5.items():
        assert f'["{file}", "{md5}"]' in carried["cifar10"]


def test_split_a_set_does_not_have(cache):
    with pytest.raises(ParameterError, match="split: mnist has train, test, all, got 'valid'"):
        images.load("mnist", split="valid")


def test_orl_real_pictures(cache, shared_data):
    (cache / "orl").mkdir()
    (cache / "orl" / "orl_faces").symlink_to(shared_data / "orl_faces")
    sets = {split: images.load("orl", size=None, split=split) for split in ("train", "test", "all")}
    assert [len(sets[s]) for s in ("train", "test", "all")] == [312, 78, 390]
    assert sets["all"].images.shape == (390, 3, 112, 92)
    assert not set(sets["train"].names) & set(sets["test"].names)
    assert torch.bincount(sets["test"].identities).tolist() == [2] * 39
    assert sets["test"].names[:2] == ("s02/05.png", "s02/10.png")
    assert sets["all"].label_names[0] == "s02"
    assert sets["test"].label_names == sets["train"].label_names
    few = images.load("orl", count=5, colour=False)
    assert few.images.shape == (5, 1, 64, 64)
    for name, identity in zip(few.names, few.identities, strict=True):
        assert name.startswith(few.label_names[identity])


def test_orl_archive_put_there_by_hand_is_unpacked(cache, capsys):
    made = cache / "made"
    for person in (1, 2, 10):
        for index in range(1, 11):
            picture(made / f"s{person}" / f"{index}.pgm", 92, 112, person * 20, "L")
    (cache / "orl").mkdir()
    with zipfile.ZipFile(cache / "orl" / "att_faces.zip", "w") as file:
        for path in made.rglob("*.pgm"):
            file.write(path, path.relative_to(made))
        file.writestr("README", "The ORL Database of Faces")
    faces = images.load("orl", split="all")
    assert faces.label_names == ("s1", "s2", "s10")
    assert torch.bincount(faces.identities).tolist() == [10, 10, 10]
    assert "no published hash" in capsys.readouterr().err
    assert len(images.load("orl", split="test")) == 6


def celeba_folder(folder, count=6, csv=False):
    numbers = [1, 2, 3, 162771, 182638, 202599][:count]
    for number in numbers:
        picture(folder / "img_align_celeba" / f"{number:06d}.jpg", 178, 218, number % 97)
    names = [f"{number:06d}.jpg" for number in numbers]
    header = ["Bald", "Eyeglasses", "Smiling"]
    rows = [[-1, 1, (-1) ** i] for i in range(count)]
    points = [69, 109, 106, 113, 77, 142, 73, 152, 108, 154]
    if csv:
        lines = [
            ",".join(map(str, row)) for row in zip(names, *zip(*rows, strict=True), strict=True)
        ]
        text = "\n".join(["image_id," + ",".join(header), *lines])
        (folder / "list_attr_celeba.csv").write_text(text)
        return
    table = [f"{n}  {' '.join(map(str, row))}" for n, row in zip(names, rows, strict=True)]
    attributes = [str(count), " ".join(header) + " ", *table]
    (folder / "list_attr_celeba.txt").write_text("\n".join(attributes) + "\n")
    (folder / "identity_CelebA.txt").write_text(
        "".join(f"{name} {2880 + i % 2}\n" for i, name in enumerate(names))
    )
    head = "lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y"
    landmarks = [str(count), f"{head} rightmouth_x rightmouth_y "]
    landmarks += [f"{name} {' '.join(map(str, points))}" for name in names]
    (folder / "list_landmarks_align_celeba.txt").write_text("\n".join(landmarks))


def test_celeba_with_everything_known(cache):
    celeba_folder(cache / "celeba")
    everything = images.load("celeba", size=89, split="all")
    assert everything.images.shape == (6, 3, 89, 89)
    assert everything.identities.tolist() == [2880, 2881] * 3
    assert list(everything.attributes) == ["Bald", "Eyeglasses", "Smiling"]
    assert everything.attributes["Eyeglasses"].dtype == torch.bool
    assert everything.attributes["Smiling"].tolist() == [True, False] * 3
    assert everything.landmark_names[0] == "left_eye"
    # 178×218 loses 20 rows above and below, then every two pixels become one
    eye = ((69 + 0.5) / 2 - 0.5, (109 - 20 + 0.5) / 2 - 0.5)
    assert everything.landmarks[0, 0].tolist() == pytest.approx(eye)
    native = images.load("celeba", size=None, split="all")
    assert native.landmarks[0, 0].tolist() == [69, 109]
    for split, expected in (("train", 3), ("valid", 1), ("test", 2)):
        assert len(images.load("celeba", split=split)) == expected
    assert images.load("celeba", split="test").names == ("182638.jpg", "202599.jpg")


def test_celeba_landmark_follows_the_pixel(cache):
    """A white dot drawn at the left eye is where the landmark says, at any size."""
    celeba_folder(cache / "celeba", count=1)
    face = Image.new("RGB", (178, 218))
    face.paste((255, 255, 255), (67, 107, 72, 112))  # 5×5 around (69, 109)
    face.save(cache / "celeba" / "img_align_celeba" / "000001.jpg", quality=95)
    for size in (64, 128, 178):
        one = images.load("celeba", size=size, colour=False)
        light = one.images[0, 0].double()
        y, x = torch.meshgrid(*[torch.arange(size).double()] * 2, indexing="ij")
        light = torch.where(light > 30, light, 0.0)
        centre = (float((x * light).sum() / light.sum()), float((y * light).sum() / light.sum()))
        assert one.landmarks[0, 0].tolist() == pytest.approx(centre, abs=0.15)


def test_celeba_as_csv_and_without_the_rest(cache):
    celeba_folder(cache / "celeba", csv=True)
    with pytest.warns(UserWarning, match="loaded without what it tells"):
        faces = images.load("celeba", split="all")
    assert faces.attributes["Smiling"].tolist() == [True, False] * 3
    assert faces.identities is None
    assert faces.landmarks is None


def test_celeba_list_that_is_cut(cache):
    celeba_folder(cache / "celeba")
    path = cache / "celeba" / "identity_CelebA.txt"
    path.write_text("000001.jpg 5\n")
    with pytest.raises(IntegrityError, match=r"identity_CelebA\.txt: has no line for 000002"):
        images.load("celeba", split="all")


def test_lfw_people_are_on_one_side_only(cache):
    for index in range(10):
        for shot in range(1, 1 + index % 3 + 1):
            name = f"Person_{chr(65 + index)}"
            picture(cache / "lfw" / "lfw_funneled" / name / f"{name}_{shot:04d}.jpg", 250, 250)
    train, test = images.load("lfw"), images.load("lfw", split="test")
    assert not set(train.identities.tolist()) & set(test.identities.tolist())
    assert {name.split("/")[0] for name in test.names} == {"Person_E", "Person_J"}
    assert train.label_names[4] == "Person_E", "numbers mean the same in both splits"
    (cache / "lfw" / "peopleDevTrain.txt").write_text("2\nPerson_A\t1\nPerson_B\t2\n")
    (cache / "lfw" / "peopleDevTest.txt").write_text("1\nPerson_C\t3\n")
    assert set(images.load("lfw").identities.tolist()) == {0, 1}
    assert images.load("lfw", split="test").identities.tolist() == [2, 2, 2]


def chest(folder, stem):
    for index in range(1, 11):
        picture(folder / "CXR_png" / f"{stem}_{index:04d}_{index % 2}.png", 60, 50, index, "L")


def test_montgomery_masks_follow_the_crop(cache):
    root = cache / "montgomery" / "MontgomerySet"
    chest(root, "MCUCXR")
    for side, columns in (("leftMask", slice(5, 25)), ("rightMask", slice(30, 55))):
        mask = np.zeros((50, 60), np.uint8)
        mask[10:40, columns] = 255
        (root / "ManualMask" / side).mkdir(parents=True)
        for path in (root / "CXR_png").iterdir():
            Image.fromarray(mask).save(root / "ManualMask" / side / path.name)
    pictures = images.load("montgomery", size=50, split="all")
    assert pictures.labels.tolist() == [1, 0] * 5
    assert pictures.label_names == ("normal", "tuberculosis")
    left = torch.zeros(50, 50, dtype=torch.bool)
    left[10:40, 0:20] = True  # five columns were cut off on the left
    assert torch.equal(pictures.masks["left_lung"][3], left)
    both = pictures.masks["left_lung"] | pictures.masks["right_lung"]
    assert torch.equal(pictures.masks["lungs"], both)
    assert len(images.load("montgomery", split="test")) == 2
    (root / "ManualMask" / "leftMask" / "MCUCXR_0001_1.png").write_text("no mask")
    with pytest.raises(ImageError, match=r"leftMask.MCUCXR_0001_1\.png"):
        images.load("montgomery", size=50, split="all")


def test_shenzhen_says_which_pictures_have_a_mask(cache):
    root = cache / "shenzhen" / "ChinaSet_AllFiles"
    chest(root, "CHNCXR")
    assert images.load("shenzhen", split="all").masks is None
    picture(root / "mask" / "CHNCXR_0001_1_mask.png", 60, 50, 200, "L")
    pictures = images.load("shenzhen", split="all")
    assert pictures.attributes["has_mask"].tolist() == [True] + [False] * 9
    assert pictures.masks["lungs"][0].any()
    assert not pictures.masks["lungs"][1:].any()


def test_isic_masks_by_official_split(cache):
    for kind, count in (("Training", 3), ("Validation", 1), ("Test", 2)):
        for index in range(count):
            name = f"ISIC_{len(kind)}{index:05d}"
            root = cache / "isic2018"
            picture(root / f"ISIC2018_Task1-2_{kind}_Input" / f"{name}.jpg", 90, 60, index)
            truth = root / f"ISIC2018_Task1_{kind}_GroundTruth"
            truth.mkdir(exist_ok=True)
            Image.new("L", (90, 60), 255).save(truth / f"{name}_segmentation.png")
    for split, count in (("train", 3), ("valid", 1), ("test", 2), ("all", 6)):
        pictures = images.load("isic2018", size=32, split=split)
        assert len(pictures) == count
        assert pictures.masks["lesion"].all()


def test_ham10000_lesions_are_on_one_side_only(cache):
    root = cache / "ham10000"
    names = [f"ISIC_{index:07d}" for index in range(12)]
    for index, name in enumerate(names):
        picture(root / "ISIC2018_Task3_Training_Input" / f"{name}.jpg", 60, 45, index)
    place = root / "ISIC2018_Task3_Training_GroundTruth"
    place.mkdir()
    rows = [",".join([n, *(f"{float(i % 7 == k)}" for k in range(7))]) for i, n in enumerate(names)]
    text = "\n".join(["image,MEL,NV,BCC,AKIEC,BKL,DF,VASC", *rows])
    (place / "ISIC2018_Task3_Training_GroundTruth.csv").write_text(text)
    with pytest.warns(UserWarning, match="LesionGroupings"):
        plain = images.load("ham10000", split="all")
    assert plain.labels.tolist() == [i % 7 for i in range(12)]
    assert plain.label_names[1] == "NV"
    assert plain.identities is None
    rows = [f"{name},HAM_{i // 2:07d},x" for i, name in enumerate(names)]
    text = "\n".join(["image,lesion_id,diagnosis_confirm_type", *rows])
    (root / "ISIC2018_Task3_Training_LesionGroupings.csv").write_text(text)
    train, test = images.load("ham10000"), images.load("ham10000", split="test")
    assert test.identities.tolist() == [4, 4]
    assert not set(train.identities.tolist()) & {4}
    (place / "ISIC2018_Task3_Training_GroundTruth.csv").unlink()
    with pytest.raises(DataMissingError, match=r"no ISIC2018_Task3_Training_GroundTruth\.csv"):
        images.load("ham10000")


@pytest.fixture
def cifar():
    rng = np.random.default_rng(3)
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    return {
        name: (rng.integers(0, 256, (20, 3072), np.uint8), rng.integers(0, 10, 20).tolist())
        for name in names
    }


def test_cifar_binary(cache, cifar):
    place = cache / "cifar10" / "cifar-10-batches-bin"
    place.mkdir(parents=True)
    for name, (pixels, labels) in cifar.items():
        records = np.concatenate([np.array(labels, np.uint8)[:, None], pixels], 1)
        (place / f"{name}.bin").write_bytes(records.tobytes())
    train, test = images.load("cifar10", size=None), images.load("cifar10", size=32, split="test")
    assert train.images.shape == (100, 3, 32, 32)
    expected = torch.from_numpy(cifar["test_batch"][0].reshape(-1, 3, 32, 32))
    assert torch.equal(test.images, expected)
    assert test.labels.tolist() == cifar["test_batch"][1]
    assert test.label_names[3] == "cat"
    some = images.load("cifar10", size=48, count=9, colour=False)
    assert some.images.shape == (9, 1, 48, 48)
    (place / "test_batch.bin").write_bytes(b"short")
    with pytest.raises(IntegrityError, match="records of 3,073 bytes, got 5"):
        images.load("cifar10", split="test")


def test_cifar_pickle_is_opened_only_if_it_is_the_published_one(cache, cifar, monkeypatch):
    import hashlib

    place = cache / "cifar10" / "cifar-10-batches-py"
    place.mkdir(parents=True)
    pixels, labels = cifar["test_batch"]
    content = pickle.dumps({"data": pixels, "labels": labels})
    (place / "test_batch").write_bytes(content)
    with pytest.raises(IntegrityError, match="a pickle of unknown origin is not opened"):
        images.load("cifar10", split="test")
    md5 = hashlib.md5(content).hexdigest()
    monkeypatch.setitem(catalogue_readers.CIFAR_MD5, "test_batch", md5)
    got = images.load("cifar10", size=32, split="test")
    assert torch.equal(got.images.reshape(20, -1), torch.from_numpy(pixels))


def idx(values):
    head = struct.pack(">HBB", 0, 8, values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.tobytes()


def test_mnist_packed_and_unpacked(cache):
    rng = np.random.default_rng(4)
    place = cache / "mnist" / "MNIST" / "raw"
    place.mkdir(parents=True)
    pixels, labels = (
        rng.integers(0, 256, (30, 28, 28), np.uint8),
        np.arange(30, dtype=np.uint8) % 10,
    )
    (place / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pixels)))
    (place / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    digits = images.load("mnist", size=None, colour=False)
    assert torch.equal(digits.images[:, 0], torch.from_numpy(pixels))
    assert digits.labels.tolist() == labels.tolist()
    some = images.load("mnist", size=32, count=7, colour=False)
    for name, label in zip(some.names, some.labels, strict=True):
        assert labels[int(name[6:-1])] == label
    whole = gzip.compress(idx(pixels))
    (place / "train-images-idx3-ubyte.gz").write_bytes(whole[:-200])
    with pytest.raises(IntegrityError, match="damaged"):
        images.load("mnist")
    (place / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pixels)[:-9]))
    with pytest.raises(IntegrityError, match="30 entries take 23520 bytes, got 23511"):
        images.load("mnist")
    with pytest.raises(DataMissingError, match=r"t10k-images-idx3-ubyte\.gz"):
        images.load("mnist", split="test")


def test_bossbase_and_div2k(cache):
    for index in range(1, 11):
        picture(cache / "bossbase" / "BOSSbase_1.01" / f"{index}.pgm", 40, 40, index, "L")
    covers = images.load("bossbase", size=None, colour=False)
    assert covers.images.shape == (8, 1, 40, 40)
    assert images.load("bossbase", split="test").names == ("5.pgm", "10.pgm")
    for kind, count in (("train", 3), ("valid", 2)):
        for index in range(count):
            picture(cache / "div2k" / f"DIV2K_{kind}_HR" / f"{count}{index:03d}.png", 80, 60)
    assert len(images.load("div2k")) == 3
    assert images.load("div2k", split="test").names == ("2000.png", "2001.png")
    assert len(images.load("div2k", split="all")) == 5


def test_download_to_pictures_over_the_network(tmp_path, monkeypatch, capsys):
    """A whole set from a server on the loopback: licence, archive, unpack, load; then offline."""
    import functools
    import http.server
    import threading

    site = tmp_path / "site"
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as file:
        for person in ("Ann_A", "Ben_B"):
            picture(site / "x.jpg", 250, 250)
            file.add(site / "x.jpg", f"lfw_funneled/{person}/{person}_0001.jpg")
    (site / "lfw-funneled.tgz").write_bytes(made.getvalue())

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=site)
    )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/lfw-funneled.tgz"
    import dataclasses
    import hashlib

    digest = f"sha256:{hashlib.sha256(made.getvalue()).hexdigest()}"
    part = CATALOGUE["lfw"].parts[0]
    file = dataclasses.replace(part.file, urls=(url,), digest=digest)
    entry = dataclasses.replace(CATALOGUE["lfw"], parts=(dataclasses.replace(part, file=file),))
    monkeypatch.setitem(catalogue.CATALOGUE, "lfw", entry)
    monkeypatch.setenv("GANSEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("GANSEC_OFFLINE", raising=False)
    people = images.load("lfw", split="all")
    server.shutdown()
    server.server_close()
    assert people.label_names == ("Ann_A", "Ben_B")
    assert "Labeled Faces in the Wild" in capsys.readouterr().err
    monkeypatch.setenv("GANSEC_OFFLINE", "1")
    assert torch.equal(images.load("lfw", split="all").images, people.images)


def test_find_takes_the_inner_folder_of_the_same_name(tmp_path):
    (tmp_path / "a" / "set" / "set").mkdir(parents=True)
    (tmp_path / "a" / "set.unpacking" / "other").mkdir(parents=True)
    assert find(tmp_path, "set") == tmp_path / "a" / "set" / "set"
    assert find(tmp_path, "other") is None
    assert find(tmp_path / "nowhere", "set") is None


# -- damage, and several at once -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("list_attr_celeba.txt", "000001.jpg  1 x 1"),
        ("list_attr_celeba.txt", "000001.jpg  1 1"),
        ("list_attr_celeba.txt", "000001.jpg  1 1 1 1"),
        ("list_attr_celeba.txt", "000001.jpg  1 nan 1"),
        ("identity_CelebA.txt", "000001.jpg"),
        ("identity_CelebA.txt", "000001.jpg 1 2"),
        ("identity_CelebA.txt", "000001.jpg 1e999"),
        ("list_landmarks_align_celeba.txt", "000001.jpg 1 2 3"),
        ("list_landmarks_align_celeba.txt", "000001.jpg " + "1 " * 12),
    ],
)
def test_a_damaged_celeba_list_is_one_error_that_names_it(cache, name, line):
    celeba_folder(cache / "celeba")
    path = cache / "celeba" / name
    lines = path.read_text().splitlines()
    row = next(i for i, text in enumerate(lines) if text.startswith("000001"))
    path.write_text("\n".join([*lines[:row], line, *lines[row + 1 :]]))
    with pytest.raises(IntegrityError, match=rf"{name}: damaged .*delete it and load again"):
        images.load("celeba", split="all")
    path.write_bytes(b"\xff\xfe" + path.read_bytes())
    with pytest.raises(IntegrityError, match=rf"{name}: damaged \(UnicodeDecodeError"):
        images.load("celeba", split="all")


def ham_folder(root):
    names = [f"ISIC_{index:07d}" for index in range(6)]
    for index, name in enumerate(names):
        picture(root / "ISIC2018_Task3_Training_Input" / f"{name}.jpg", 60, 45, index)
    place = root / "ISIC2018_Task3_Training_GroundTruth"
    place.mkdir()
    rows = [f"{name},0.0,1.0,0.0,0.0,0.0,0.0,0.0" for name in names]
    votes = place / "ISIC2018_Task3_Training_GroundTruth.csv"
    votes.write_text("\n".join(["image,MEL,NV,BCC,AKIEC,BKL,DF,VASC", *rows]))
    lesions = root / "ISIC2018_Task3_Training_LesionGroupings.csv"
    lesions.write_text("\n".join(["image,lesion_id,how", *[f"{name},HAM_1,x" for name in names]]))
    return {"GroundTruth": votes, "LesionGroupings": lesions}


@pytest.mark.parametrize(
    ("which", "line"),
    [
        ("GroundTruth", "ISIC_0000000,x,1,0,0,0,0,0"),
        ("GroundTruth", "ISIC_0000000,1"),
        ("GroundTruth", "ISIC_0000000"),
        ("GroundTruth", "ISIC_0000000,0,0,0,0,0,0,0"),
        ("GroundTruth", "ISIC_0000000,nan,1,0,0,0,0,0"),
        ("LesionGroupings", "ISIC_0000000"),
        ("LesionGroupings", "another,HAM_1,x"),
    ],
)
def test_a_damaged_ham_table_is_one_error_that_names_it(cache, which, line):
    path = ham_folder(cache / "ham10000")[which]
    assert len(images.load("ham10000", split="all")) == 6
    head, _, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head, line, *rest]))
    with pytest.raises(IntegrityError, match=rf"{which}\.csv: damaged .*delete it and load again"):
        images.load("ham10000", split="all")


def test_damaged_idx_files_are_one_error(cache):
    place = cache / "mnist"
    place.mkdir()
    pixels, labels = np.zeros((30, 28, 28), np.uint8), np.arange(30, dtype=np.uint8) % 10
    good = {"t10k-images-idx3-ubyte": idx(pixels), "t10k-labels-idx1-ubyte": idx(labels)}
    bad = {
        "cut": good["t10k-images-idx3-ubyte"][:-1],
        "longer": good["t10k-images-idx3-ubyte"] + b"\0",
        "empty": b"",
        "words": b"not an IDX file",
        "another shape": idx(pixels[:, :27]),
        "flat": idx(pixels.reshape(-1)),
        "huge": struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 28, 28),
        "many dimensions": b"\0\0\x08\xff" + b"\xff" * 1020,
    }
    for name, content in bad.items():
        for packed in (False, True):
            for file, whole in good.items():
                (place / file).write_bytes(whole)
                (place / f"{file}.gz").unlink(missing_ok=True)
            path = place / "t10k-images-idx3-ubyte"
            if packed:
                path.unlink()
                path = path.with_name(path.name + ".gz")
            path.write_bytes(gzip.compress(content) if packed else content)
            with pytest.raises(IntegrityError, match=r"idx3-ubyte(\.gz)?: damaged") as said:
                images.load("mnist", split="test")
            assert "\n" not in str(said.value), name
    path.write_bytes(gzip.compress(good["t10k-images-idx3-ubyte"])[:-3] + b"???")
    with pytest.raises(IntegrityError, match="damaged"):
        images.load("mnist", split="test")
    path.write_bytes(gzip.compress(idx(pixels[:29])))
    with pytest.raises(IntegrityError, match="29 pictures and 30 labels"):
        images.load("mnist", split="test")


def test_idx_bomb_takes_no_memory(cache):
    """A few bytes that unpack to a gigabyte: read to what the head promises and not further."""
    import tracemalloc

    (cache / "mnist").mkdir()
    head = struct.pack(">HBB3I", 0, 8, 3, 30, 28, 28)
    with gzip.open(cache / "mnist" / "t10k-images-idx3-ubyte.gz", "wb", 1) as file:
        file.write(head)
        for _ in range(64):
            file.write(bytes(1 << 20))
    (cache / "mnist" / "t10k-labels-idx1-ubyte").write_bytes(idx(np.zeros(30, np.uint8)))
    images.load("photos", size=8, count=1)  # whatever the first load imports
    tracemalloc.start()
    with pytest.raises(IntegrityError, match="30 entries take 23520 bytes, got 23521"):
        images.load("mnist", split="test")
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_labels_beyond_the_classes_are_refused(cache):
    place = cache / "cifar10" / "cifar-10-batches-bin"
    place.mkdir(parents=True)
    (place / "test_batch.bin").write_bytes(bytes([10]) + bytes(3072))
    with pytest.raises(IntegrityError, match="labels 0 to 9, got 10"):
        images.load("cifar10", split="test")


def test_half_a_set_says_what_is_missing(cache):
    (cache / "montgomery" / "MontgomerySet").mkdir(parents=True)
    with pytest.raises(DataMissingError, match="montgomery: no CXR_png below"):
        images.load("montgomery")
    (cache / "isic2018" / "ISIC2018_Task1-2_Test_Input").mkdir(parents=True)
    picture(cache / "isic2018" / "ISIC2018_Task1-2_Test_Input" / "a.jpg")
    with pytest.raises(DataMissingError, match="ISIC2018_Task1_Test_GroundTruth"):
        images.load("isic2018", split="test")


def orl_archive(path, people=4, shots=10):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for person in range(1, people + 1):
            for shot in range(1, shots + 1):
                pixels = np.full((112, 92), person * 10 + shot, np.uint8)
                made = io.BytesIO()
                Image.fromarray(pixels).save(made, "PPM")
                file.writestr(f"s{person}/{shot}.pgm", made.getvalue())


WORKER = """
import sys, time
from pathlib import Path
from gansec_lib import images
Path(sys.argv[1], f"ready{sys.argv[3]}").touch()
for turn in range(int(sys.argv[2])):  # all of them begin a turn at once
    while not Path(sys.argv[1], f"go{turn}").exists():
        time.sleep(0.001)
    print(len(images.load("orl", size=8, split="all")), flush=True)
"""


def test_first_use_by_several_processes_at_once(cache):
    """Three processes load a set whose archive was never unpacked, again and again."""
    turns, place = 6, cache / "orl"
    orl_archive(place / "att_faces.zip", people=8, shots=30)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, cache, str(turns), str(number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            text=True,
        )
        for number in range(3)
    ]
    try:
        while len(list(cache.glob("ready*"))) < 3:
            assert all(worker.poll() is None for worker in workers), workers[0].communicate()
            time.sleep(0.05)
        for turn in range(turns):
            for unpacked in place.glob("*.unpacked"):
                if turn % 2:  # half of it, as a killed process of an earlier release left it
                    for path in sorted(unpacked.rglob("*.pgm"))[::2]:
                        path.unlink()
                else:
                    shutil.rmtree(unpacked)
            (cache / f"go{turn}").touch()
            assert [worker.stdout.readline() for worker in workers] == ["240\n"] * 3, turn
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    left = {path.name for path in place.iterdir()}
    assert left == {".lock", "att_faces.zip", "att_faces.zip.sha256", "att_faces.zip.unpacked"}


def test_a_half_unpacked_set_of_an_earlier_release_is_repaired(cache):
    """It lies beside its archive, without a mark; the archive decides."""
    orl_archive(cache / "orl" / "att_faces.zip")
    for shot in range(1, 6):
        picture(cache / "orl" / "att_faces" / "s1" / f"{shot}.pgm", 92, 112, 0, "L")
    faces = images.load("orl", split="all")
    assert torch.bincount(faces.identities).tolist() == [10] * 4


def test_a_set_in_a_folder_that_may_only_be_read_is_used(cache):
    orl_archive(cache / "orl" / "att_faces.zip")
    images.load("orl", split="all")
    (cache / "orl" / ".lock").unlink()
    (cache / "orl" / "att_faces.zip").unlink()
    assert len(images.load("orl", split="all")) == 40
    assert not (cache / "orl" / ".lock").exists(), "nothing is written where all is there"


def test_a_damaged_archive_is_not_recorded_as_first_use(cache):
    """Otherwise no whole archive would ever be accepted again."""
    path = cache / "orl" / "att_faces.zip"
    orl_archive(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    with pytest.raises(IntegrityError, match=r"att_faces\.zip: damaged .*delete"):
        images.load("orl")
    path.write_bytes(whole)
    assert len(images.load("orl", split="all")) == 40


def test_a_hash_that_becomes_known_stops_what_was_trusted_before(cache, monkeypatch):
    import dataclasses

    path = cache / "orl" / "att_faces.zip"
    orl_archive(path)
    images.load("orl", split="all")
    entry = CATALOGUE["orl"]
    (part,) = entry.parts
    file = dataclasses.replace(part.file, digest="sha256:" + "0" * 64)
    known = dataclasses.replace(entry, parts=(dataclasses.replace(part, file=file),))
    monkeypatch.setitem(CATALOGUE, "orl", known)
    with pytest.raises(IntegrityError, match=r"expected sha256:0000.*published"):
        images.load("orl", split="all")
    place = cache / "mnist"  # and the same of a file that is no archive
    place.mkdir()
    image = place / "t10k-images-idx3-ubyte.gz"
    image.write_bytes(gzip.compress(idx(np.zeros((3, 28, 28), np.uint8))))
    (place / "t10k-labels-idx1-ubyte").write_bytes(idx(np.zeros(3, np.uint8)))
    assert len(images.load("mnist", split="test")) == 3, "put there by hand"
    image.with_name(image.name + ".sha256").write_text("0" * 64)
    with pytest.raises(IntegrityError, match=r"expected md5:.*published"):
        images.load("mnist", split="test")


def test_need_says_what_is_missing(tmp_path):
    (tmp_path / "set" / "a").mkdir(parents=True)
    assert need(tmp_path / "set", "a", "b") == tmp_path / "set" / "a"
    with pytest.raises(DataMissingError, match="set: no b or c below"):
        need(tmp_path / "set", "b", "c")


def test_what_the_library_unpacked_comes_first(tmp_path):
    (tmp_path / "s1").mkdir()
    (tmp_path / "x.zip.unpacked" / "deep" / "s1").mkdir(parents=True)
    assert find(tmp_path, "s1") == tmp_path / "x.zip.unpacked" / "deep" / "s1"
