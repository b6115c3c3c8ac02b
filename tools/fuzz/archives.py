"""Archives and the files of data sets: zip, tar, IDX, CIFAR batches, and lists of names.

Each case is a small data set as its publisher lays it out, one file of it damaged, loaded by its
name as ``images.load`` does it. Nothing may be written outside the set's folder, and an archive
that is refused leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import random
import shutil
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from gansec_lib import images
from gansec_lib.errors import GansecError
from gansec_lib.images.files.archives import is_whole
from gansec_lib.images.files.catalogue import CATALOGUE
from gansec_lib.images.files.find import UNPACKED
from tools.fuzz.damage import damaged

COUNT = 3_000
SECONDS = 10.0
WORDS = (b"", b"x", b"-1", b"1e999", b"nan", b"9" * 400, b"\xff\xfe", b"\0", b"000001.jpg", b",,,")
NAMES = (b"../../evil", b"/tmp/evil", b"C:\\evil", b"..\\evil", b"s1", b".", b"a/../../evil")
VOTES = "ISIC2018_Task3_Training_GroundTruth/ISIC2018_Task3_Training_GroundTruth.csv"
SETS = {  # data set: the files that are damaged, the split that reads them
    "orl": (("att_faces.zip",), "all"),
    "lfw": (("lfw-funneled.tgz", "peopleDevTrain.txt"), "train"),
    "mnist": (("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"), "test"),
    "cifar10": (("cifar-10-batches-bin/test_batch.bin",), "test"),
    "celeba": (
        ("list_attr_celeba.txt", "identity_CelebA.txt", "list_landmarks_align_celeba.txt"),
        "all",
    ),
    "ham10000": (
        (
            VOTES,
            "ISIC2018_Task3_Training_LesionGroupings.csv",
        ),
        "all",
    ),
}


def prepare(folder: Path) -> Callable[[random.Random], bool]:
    """Lay the sets out, then damage one file of one of them and load it."""
    good, cache, stray = folder / "good", folder / "in" / "cache", folder / "in"
    for name, content in _files():
        (good / name).parent.mkdir(parents=True, exist_ok=True)
        (good / name).write_bytes(content)

    with _settings(good), contextlib.redirect_stderr(io.StringIO()):
        for name, (_, split) in SETS.items():
            images.load(name, size=8, split=split)
    for unpacked in good.rglob("*.unpacked"):
        shutil.rmtree(unpacked)

    def attempt(rng: random.Random) -> bool:
        name = rng.choice(sorted(SETS))
        files, split = SETS[name]
        shutil.rmtree(stray, ignore_errors=True)
        shutil.copytree(good / name, cache / name)
        path = cache / name / rng.choice(files)
        path.write_bytes(_damaged(path, rng))
        before = {place.name for place in path.parent.iterdir()}
        with _settings(cache), contextlib.redirect_stderr(io.StringIO()):
            try:
                images.load(name, size=8, split=split)
            except GansecError:
                for left in {place.name for place in path.parent.iterdir()} - before - {".lock"}:
                    whole = left.endswith(UNPACKED) and is_whole(path.parent / left)
                    assert whole, f"left behind: {left}"
                raise
            finally:
                assert os.listdir(stray) == ["cache"], "written outside the cache"
                assert not Path("/tmp/evil").exists(), "written outside the cache"
        return True

    return attempt


@contextlib.contextmanager
def _settings(cache: Path) -> Iterator[None]:
    """The sets lie in ``cache``, nothing is downloaded, and no hash is published: LFW's would
    stop every damaged archive before it is opened."""
    lfw = CATALOGUE["lfw"]
    (part,) = lfw.parts
    part = replace(part, file=replace(part.file, digest=""))
    CATALOGUE["lfw"] = replace(lfw, parts=(part,))
    former = {name: os.environ.get(name) for name in ("GANSEC_CACHE", "GANSEC_OFFLINE")}
    os.environ.update(GANSEC_CACHE=str(cache), GANSEC_OFFLINE="1")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        CATALOGUE["lfw"] = lfw
        for name, value in former.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _damaged(path: Path, rng: random.Random) -> bytes:
    content = path.read_bytes()
    if path.suffix in (".txt", ".csv") and rng.random() < 0.7:
        return _other_words(content, rng)
    if path.suffix == ".zip" and rng.random() < 0.2:
        return content.replace(b"s1/1.pgm", rng.choice(NAMES).ljust(8, b"x")[:8])
    if path.suffix in (".gz", ".tgz") and rng.random() < 0.6:  # under a checksum that is right
        return gzip.compress(damaged(gzip.decompress(content), rng), 1)
    return damaged(content, rng)


def _other_words(content: bytes, rng: random.Random) -> bytes:
    """One word of a list becomes another, doubles, or vanishes with its separator."""
    lines = content.split(b"\n")
    row = rng.randrange(len(lines))
    comma = b"," if b"," in content else b" "
    words = lines[row].split(comma)
    at = rng.randrange(len(words))
    words[at : at + rng.randint(0, 2)] = [rng.choice(WORDS) for _ in range(rng.randint(0, 2))]
    lines[row] = comma.join(words)
    return b"\n".join(lines)


def _files() -> Iterator[tuple[str, bytes]]:
    """(path below the cache, content) of every file of every set."""
    picture = _picture("PPM", "L")
    with io.BytesIO() as made:
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
            for person in (1, 2, 10):
                for shot in range(1, 4):
                    file.writestr(f"s{person}/{shot}.pgm", picture)
        yield "orl/att_faces.zip", made.getvalue()
    jpeg, people = _picture("JPEG", "RGB"), ("Ann_A", "Ben_B", "Cy_C", "Di_D", "Eve_E")
    with io.BytesIO() as made:
        with tarfile.open(fileobj=made, mode="w:gz") as file:
            for person in people:
                entry = tarfile.TarInfo(f"lfw_funneled/{person}/{person}_0001.jpg")
                entry.size = len(jpeg)
                file.addfile(entry, io.BytesIO(jpeg))
        yield "lfw/lfw-funneled.tgz", made.getvalue()
    yield "lfw/peopleDevTrain.txt", b"2\nAnn_A\t1\nBen_B\t1\n"
    yield "lfw/peopleDevTest.txt", b"1\nCy_C\t1\n"
    pixels, labels = np.arange(20 * 784, dtype=np.uint8), np.arange(20, dtype=np.uint8) % 10
    packed = gzip.compress(struct.pack(">HBBIII", 0, 8, 3, 20, 28, 28) + pixels.tobytes())
    yield "mnist/t10k-images-idx3-ubyte.gz", packed
    yield "mnist/t10k-labels-idx1-ubyte", struct.pack(">HBBI", 0, 8, 1, 20) + labels.tobytes()
    rows = np.concatenate([labels[:, None], pixels[: 20 * 768].reshape(20, 768).repeat(4, 1)], 1)
    yield "cifar10/cifar-10-batches-bin/test_batch.bin", rows.tobytes()
    names = [f"{number:06d}.jpg" for number in (1, 2, 162771, 182638)]
    for name in names:
        yield f"celeba/img_align_celeba/{name}", jpeg
    yield "celeba/list_attr_celeba.txt", _list(names, "4\nBald Smiling \n", "-1  1")
    yield "celeba/identity_CelebA.txt", _list(names, "", "2880")
    points = "69 109 106 113 77 142 73 152 108 154"
    yield "celeba/list_landmarks_align_celeba.txt", _list(names, "4\na b c d e f g h i j\n", points)
    names = [f"ISIC_{number:07d}" for number in range(6)]
    for name in names:
        yield f"ham10000/ISIC2018_Task3_Training_Input/{name}.jpg", jpeg
    head = "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\n"
    votes = head + "".join(f"{name},0.0,1.0,0.0,0.0,0.0,0.0,0.0\n" for name in names)
    yield f"ham10000/{VOTES}", votes.encode()
    lesions = "image,lesion_id,how\n" + "".join(f"{name},HAM_{name[-1]},x\n" for name in names)
    yield "ham10000/ISIC2018_Task3_Training_LesionGroupings.csv", lesions.encode()


def _list(names: list[str], head: str, row: str) -> bytes:
    return (head + "".join(f"{name} {row}\n" for name in names)).encode()


def _picture(kind: str, mode: str) -> bytes:
    y, x = np.mgrid[0:10, 0:9]
    with io.BytesIO() as file:
        pixels = (x * 20 + y * 5).astype(np.uint8)
        Image.fromarray(pixels).convert(mode).save(file, kind)
        return file.getvalue()
