"""How each catalogue set lies on disk: its usual layout to an ``ImageSet`` with its truth.

Every reader takes the set's folder and the checked arguments of ``images.load``. Where a set has
no split of its own every fifth picture (or person, or lesion) in natural order is for testing.
A list or table that is damaged is an ``IntegrityError`` that names the file.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from gansec_lib.errors import DataMissingError, IntegrityError
from gansec_lib.files import printable, reading
from gansec_lib.images.choose import choose, natural
from gansec_lib.images.files.decode import middle, read_mask, resize_all
from gansec_lib.images.files.find import find, need
from gansec_lib.images.files.folder import list_pictures, read_chosen
from gansec_lib.images.imageset import ImageSet

CELEBA_SIZE = 178, 218  # width, height
CELEBA_LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
CELEBA_LAST = {"train": 162770, "valid": 182637, "test": 202599}  # last number of each split
CURE = "delete it and load again"
IDX_LIMIT = 100_000_000  # bytes; MNIST's largest file holds 47,040,000
HAM_CLASSES = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
CIFAR_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
CIFAR_MD5 = {  # published with torchvision; a pickle is opened only if it is the original
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}


def celeba(folder, size, count, colour, seed, split) -> ImageSet:
    """CelebA: identities, 40 attributes (bool), 5 landmarks in the pixels of the crop.

    The split is the publisher's (by number: up to 162770 train, up to 182637 valid, rest test).
    The published boxes belong to the photographs before alignment and are left out.
    """
    root = need(folder, "img_align_celeba")
    files = [path for path in list_pictures(root)[0] if path.stem.isdecimal()]
    numbers = np.array([int(path.stem) for path in files])
    first = {"train": 0, "valid": CELEBA_LAST["train"], "test": CELEBA_LAST["valid"]}
    if split != "all":
        inside = (numbers > first[split]) & (numbers <= CELEBA_LAST[split])
        files = [path for path, keep in zip(files, inside, strict=True) if keep]
    files = _not_empty(files, "celeba", split, root)
    rows, pixels, skipped = read_chosen(files, root, size, colour, count, seed)
    names = [files[row].name for row in rows]
    keys = [Path(name).stem for name in names]

    identities = attributes = landmarks = None
    if table := _table(folder, "identity_CelebA", keys, width=1):
        identities = torch.from_numpy(table[1][:, 0].astype(np.int64))
    if table := _table(folder, "list_attr_celeba", keys):
        attributes = {name: torch.from_numpy(table[1][:, i] > 0) for i, name in enumerate(table[0])}
    if table := _table(folder, "list_landmarks_align_celeba", keys, width=10):
        landmarks = _follow_crop(table[1].reshape(-1, 5, 2), CELEBA_SIZE, size)
    return ImageSet(
        images=torch.from_numpy(pixels),
        identities=identities,
        attributes=attributes,
        landmarks=landmarks,
        landmark_names=CELEBA_LANDMARKS if landmarks is not None else (),
        names=tuple(names),
        skipped=skipped,
        source="celeba",
    )


def lfw(folder, size, count, colour, seed, split) -> ImageSet:
    """LFW: identities from the folder names. Training and test people differ: the lists
    ``peopleDevTrain.txt`` and ``peopleDevTest.txt`` where they are there, else every fifth."""
    root = need(folder, "lfw_funneled", "lfw-deepfunneled", "lfw")
    files, _ = list_pictures(root)
    people = [path.parent.name for path in files]
    listed = {key: _people(folder, f"peopleDev{key.title()}.txt") for key in ("train", "test")}
    if split != "all" and listed["train"] and listed["test"]:
        keep = [person in listed[split] for person in people]
    else:
        keep = _every_fifth(people, split)
    return _by_folder(files, root, keep, "lfw", size, count, colour, seed, split)


def orl(folder, size, count, colour, seed, split) -> ImageSet:
    """ORL: identities from ``s1`` … ``s40``; every fifth picture of each person is for testing."""
    root = need(folder, "s1", "s01", "s2", "s02").parent
    files, _ = list_pictures(root)
    files = [path for path in files if path.parent.parent == root]
    turn = count_within([path.parent.name for path in files])
    keep = [split == "all" or (k % 5 == 4) == (split == "test") for k in turn]
    return _by_folder(files, root, keep, "orl", size, count, colour, seed, split)


def montgomery(folder, size, count, colour, seed, split) -> ImageSet:
    """Montgomery: labels 0 normal, 1 tuberculosis; masks left_lung, right_lung, lungs."""
    root = need(folder, "CXR_png")
    sides = {
        "left_lung": find(folder, "leftMask"),
        "right_lung": find(folder, "rightMask"),
    }
    chosen = _chest(root, "montgomery", size, count, colour, seed, split)
    if all(sides.values()):
        masks = {
            name: _masks([place / file for file in chosen.names], size)
            for name, place in sides.items()
        }
        masks["lungs"] = masks["left_lung"] | masks["right_lung"]
        return replace(chosen, masks=masks)
    return chosen


def shenzhen(folder, size, count, colour, seed, split) -> ImageSet:
    """Shenzhen: labels 0 normal, 1 tuberculosis. With a folder ``mask/`` (files
    ``…_mask.png``) also masks lungs; ``attributes["has_mask"]`` says for which pictures."""
    root = need(folder, "CXR_png")
    chosen = _chest(root, "shenzhen", size, count, colour, seed, split)
    place = find(folder, "mask", "masks")
    if place is None or size is None:
        return chosen
    files = [place / f"{Path(name).stem}_mask.png" for name in chosen.names]
    has = torch.tensor([file.exists() for file in files])
    masks = torch.zeros(len(files), size, size, dtype=torch.bool)
    if has.any():
        masks[has] = _masks([file for file in files if file.exists()], size)
    return replace(chosen, masks={"lungs": masks}, attributes={"has_mask": has})


def isic2018(folder, size, count, colour, seed, split) -> ImageSet:
    """ISIC 2018 task 1: masks lesion. Training, validation and test as published."""
    kinds = {"train": "Training", "valid": "Validation", "test": "Test"}
    files, masks = [], {}
    for kind in kinds.values() if split == "all" else (kinds[split],):
        files += list_pictures(need(folder, f"ISIC2018_Task1-2_{kind}_Input"))[0]
        truth = need(folder, f"ISIC2018_Task1_{kind}_GroundTruth")
        masks |= {p.stem.removesuffix("_segmentation"): p for p in truth.glob("*.png")}
    files = _not_empty([f for f in files if f.stem in masks], "isic2018", split, folder)
    rows, pixels, skipped = read_chosen(files, folder, size, colour, count, seed)
    names = [files[row].stem for row in rows]
    return ImageSet(
        images=torch.from_numpy(pixels),
        masks={"lesion": _masks([masks[name] for name in names], size)},
        names=tuple(names),
        skipped=skipped,
        source="isic2018",
    )


def ham10000(folder, size, count, colour, seed, split) -> ImageSet:
    """HAM10000: labels of seven diagnoses; every fifth lesion (picture, where the file of lesion
    groups is missing) is for testing, so no lesion is on both sides."""
    root = need(folder, "ISIC2018_Task3_Training_Input")
    table = need(folder, "ISIC2018_Task3_Training_GroundTruth.csv")
    with reading(table, CURE):
        votes = {row[0]: [float(v) for v in row[1:8]] for row in _rows(table)}
        labels = {name: vote.index(max(vote)) for name, vote in votes.items()}
        if not all(len(vote) == 7 and max(vote) > 0 for vote in votes.values()):
            raise ValueError("expected a name and seven numbers in each line")
    files = [path for path in list_pictures(root)[0] if path.stem in labels]
    groups, lesions = find(folder, "ISIC2018_Task3_Training_LesionGroupings.csv"), {}
    if groups is not None:
        with reading(groups, CURE):
            lesions = {row[0]: row[1] for row in _rows(groups)}
            for path in files:
                lesions[path.stem]
    keep = _every_fifth([lesions.get(path.stem, path.stem) for path in files], split)
    files = [path for path, k in zip(files, keep, strict=True) if k]
    files = _not_empty(files, "ham10000", split, root)
    rows, pixels, skipped = read_chosen(files, root, size, colour, count, seed)
    names = [files[row].stem for row in rows]
    identities = None
    if lesions:
        number = {name: i for i, name in enumerate(sorted(set(lesions.values())))}
        identities = torch.tensor([number[lesions[name]] for name in names])
    return ImageSet(
        images=torch.from_numpy(pixels),
        identities=identities,
        labels=torch.tensor([labels[name] for name in names]),
        label_names=HAM_CLASSES,
        names=tuple(names),
        skipped=skipped,
        source="ham10000",
    )


def cifar10(folder, size, count, colour, seed, split) -> ImageSet:
    """CIFAR-10 from its binary batches, or its Python ones (opened only if their md5 is right)."""
    train = [f"data_batch_{i}" for i in range(1, 6)]
    wanted = {"train": train, "test": ["test_batch"], "all": [*train, "test_batch"]}[split]
    binary = find(folder, "cifar-10-batches-bin")
    place = binary or need(folder, "cifar-10-batches-py")
    read = _cifar_binary if binary else _cifar_python
    pixels, labels = zip(*(read(place, name) for name in wanted), strict=True)
    pixels, labels = np.concatenate(pixels), np.concatenate(labels)
    rows = choose(len(labels), count, seed, "cifar10")
    pictures = np.ascontiguousarray(pixels[rows].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return ImageSet(
        images=torch.from_numpy(resize_all(pictures, size, colour)),
        labels=torch.from_numpy(labels[rows].astype(np.int64)),
        label_names=CIFAR_CLASSES,
        names=tuple(f"cifar10[{row}]" for row in rows),
        source="cifar10",
    )


def mnist(folder, size, count, colour, seed, split) -> ImageSet:
    """MNIST from its IDX files, packed or unpacked."""
    kinds = {"train": ["train"], "test": ["t10k"], "all": ["train", "t10k"]}[split]
    pixels = np.concatenate([_idx(folder, f"{k}-images-idx3-ubyte", (28, 28)) for k in kinds])
    labels = np.concatenate([_idx(folder, f"{k}-labels-idx1-ubyte", ()) for k in kinds])
    if len(pixels) != len(labels) or labels.max() > 9:
        raise IntegrityError(
            f"{folder}: {len(pixels)} pictures and {len(labels)} labels up to {labels.max()} do "
            f"not belong together; {CURE}"
        )
    rows = choose(len(labels), count, seed, "mnist")
    return ImageSet(
        images=torch.from_numpy(resize_all(pixels[rows], size, colour)),
        labels=torch.from_numpy(labels[rows].astype(np.int64)),
        label_names=tuple("0123456789"),
        names=tuple(f"mnist[{row}]" for row in rows),
        source="mnist",
    )


def bossbase(folder, size, count, colour, seed, split) -> ImageSet:
    """BOSSBase: 10,000 grey covers; every fifth is for testing."""
    root = find(folder, "1.pgm")
    root = root.parent if root else need(folder, "BOSSbase_1.01")
    files = list_pictures(root)[0]
    keep = _every_fifth(files, split)
    return _plain(files, keep, root, "bossbase", size, count, colour, seed, split)


def div2k(folder, size, count, colour, seed, split) -> ImageSet:
    """DIV2K: 800 pictures for training; ``test`` is the 100 that the publisher calls validation
    (the pictures of its own test were never given out)."""
    kinds = {"train": ("train",), "test": ("valid",), "all": ("train", "valid")}[split]
    files = [f for kind in kinds for f in list_pictures(need(folder, f"DIV2K_{kind}_HR"))[0]]
    keep = [True] * len(files)
    return _plain(files, keep, folder, "div2k", size, count, colour, seed, split)


def _plain(files, keep, root, source, size, count, colour, seed, split):
    files = _not_empty([f for f, k in zip(files, keep, strict=True) if k], source, split, root)
    rows, pixels, skipped = read_chosen(files, root, size, colour, count, seed)
    return ImageSet(
        images=torch.from_numpy(pixels),
        names=tuple(printable(files[row].name) for row in rows),
        skipped=skipped,
        source=source,
    )


def _by_folder(files, root, keep, source, size, count, colour, seed, split):
    """People are folders: the same number in every split, from all the folders there are."""
    every = sorted({path.parent.name for path in files}, key=natural)
    number = {name: i for i, name in enumerate(every)}
    files = _not_empty([f for f, k in zip(files, keep, strict=True) if k], source, split, root)
    rows, pixels, skipped = read_chosen(files, root, size, colour, count, seed)
    chosen = [files[row] for row in rows]
    identities = torch.tensor([number[path.parent.name] for path in chosen])
    return ImageSet(
        images=torch.from_numpy(pixels),
        identities=identities,
        labels=identities.clone(),
        label_names=tuple(map(printable, every)),
        names=tuple(printable(path.relative_to(root).as_posix()) for path in chosen),
        skipped=skipped,
        source=source,
    )


def _chest(root, source, size, count, colour, seed, split):
    files = [path for path in list_pictures(root)[0] if path.stem.endswith(("_0", "_1"))]
    keep = _every_fifth(files, split)
    chosen = _plain(files, keep, root, source, size, count, colour, seed, split)
    labels = torch.tensor([int(Path(name).stem.rsplit("_", 1)[-1]) for name in chosen.names])
    return replace(chosen, labels=labels, label_names=("normal", "tuberculosis"))


def count_within(groups: list[str]) -> list[int]:
    """How many of the same group came before each.

    >>> count_within(["a", "b", "a", "a"])
    [0, 0, 1, 2]
    """
    seen: dict[str, int] = {}
    result = []
    for group in groups:
        result.append(seen.get(group, 0))
        seen[group] = result[-1] + 1
    return result


def _every_fifth(groups: list, split: str) -> list[bool]:
    """Which rows belong to a split when every fifth different group is for testing."""
    if split == "all":
        return [True] * len(groups)
    place = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    return [(place[group] % 5 == 4) == (split == "test") for group in groups]


def _not_empty(files, name, split, root):
    if not files:
        raise DataMissingError(f"{name}: no pictures for split {split!r} below {root}")
    return files


def _masks(files: list[Path], size: int | None) -> torch.Tensor:
    return torch.from_numpy(np.stack([read_mask(file, size) for file in files]))


def _follow_crop(points: np.ndarray, native: tuple[int, int], size: int | None) -> torch.Tensor:
    """Landmarks of the whole picture to those of its resized centre crop."""
    if size is not None:
        left, top, right, _ = middle(*native)
        scale = size / (right - left)
        points = (points + 0.5 - np.array([left, top])) * scale - 0.5
    return torch.from_numpy(points.astype(np.float32))


def _table(folder: Path, stem: str, keys: list[str], width: int | None = None):
    """(column names, float64 array with a row for each key) of a CelebA list, as published (.txt)
    or as CSV; None where the list is not there. ``width``: columns, where the header has none."""
    path = find(folder, f"{stem}.txt", f"{stem}.csv")
    if path is None:
        return None
    wanted, header, rows = set(keys), [], {}
    with reading(path, CURE):
        for line in path.read_text(encoding="utf-8").replace(",", " ").splitlines():
            first, *rest = line.split() or [""]
            name = first.removesuffix(".jpg").removesuffix(".png")
            if name in wanted:
                rows[name] = rest
            elif rest and not name.isdigit():
                header = rest if first == "image_id" else [first, *rest]
        missing = [key for key in keys if key not in rows]
        if missing:
            raise IntegrityError(
                f"{path}: has no line for {missing[0]} and {len(missing) - 1} other picture(s)"
            )
        values = np.array([rows[key] for key in keys]).astype(np.float64)
        if values.shape != (len(keys), width or len(header)) or not np.isfinite(values).all():
            raise ValueError(f"expected {width or len(header)} numbers in each line")
        return header, values


def _rows(path: Path) -> list[list[str]]:
    """The lines of a comma-separated table, without its head."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [line.split(",") for line in lines if line]


def _people(folder: Path, name: str) -> set[str]:
    path = find(folder, name)
    if path is None:
        return set()
    with reading(path, CURE):
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
        return {line.split()[0] for line in lines if line.split()}


def _cifar_binary(place: Path, name: str):
    path = place / f"{name}.bin"
    with reading(path, CURE):
        data = np.frombuffer(path.read_bytes(), np.uint8)
        if data.size == 0 or data.size % 3073:
            raise ValueError(f"expected records of 3,073 bytes, got {data.size}")
        data = data.reshape(-1, 3073)
        if data[:, 0].max() > 9:
            raise ValueError(f"expected labels 0 to 9, got {data[:, 0].max()}")
        return data[:, 1:], data[:, 0]


def _cifar_python(place: Path, name: str):
    path = place / name
    with reading(path, CURE):
        content = path.read_bytes()
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != CIFAR_MD5[name]:
            raise IntegrityError(
                f"{path}: not the published file (md5 {CIFAR_MD5[name]}); a pickle of unknown "
                "origin is not opened. The binary version (cifar-10-batches-bin) needs no pickle."
            )
        batch = pickle.load(io.BytesIO(content), encoding="latin1")
        return batch["data"], np.array(batch["labels"])


def _idx(folder: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """An IDX file of bytes: an array of entries of the given shape."""
    path = need(folder, name, f"{name}.gz")
    with reading(path, CURE), (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        zero, kind, dimensions = struct.unpack(">HBB", file.read(4))
        count, *found = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
        if (zero, kind, tuple(found)) != (0, 8, shape):
            raise ValueError(f"expected bytes in entries of {shape}, got kind {kind}, {found}")
        size = count * int(np.prod(shape))
        if not 0 < size <= IDX_LIMIT:
            raise ValueError(f"claims {count} entries")
        content = file.read(size + 1)
        if len(content) != size:
            raise ValueError(f"{count} entries take {size} bytes, got {len(content)}")
        return np.frombuffer(content, np.uint8).reshape(count, *shape)
