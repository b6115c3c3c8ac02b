"""``photos`` and ``digits``: real pictures that come with the packages we need anyway.

Nothing is downloaded. The photographs lie inside the wheels of scikit-image and (two of
them) scikit-learn; a build that leaves them out gives one clear error.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from gansec_lib.errors import DataMissingError, IntegrityError, ParameterError
from gansec_lib.images.choose import choose
from gansec_lib.images.files.decode import channels_first, middle, resize, resize_all
from gansec_lib.images.files.limits import check_memory
from gansec_lib.images.imageset import ImageSet

# name: (package, file inside it, width, height). The best known come first.
_SKIMAGE, _SKLEARN = "skimage", "sklearn"
TRAIN_PHOTOS = {
    "astronaut": (_SKIMAGE, "data/astronaut.png", 512, 512),
    "camera": (_SKIMAGE, "data/camera.png", 512, 512),
    "chelsea": (_SKIMAGE, "data/chelsea.png", 451, 300),
    "coffee": (_SKIMAGE, "data/coffee.png", 600, 400),
    "rocket": (_SKIMAGE, "data/rocket.jpg", 640, 427),
    "retina": (_SKIMAGE, "data/retina.jpg", 1411, 1411),
    "moon": (_SKIMAGE, "data/moon.png", 512, 512),
    "coins": (_SKIMAGE, "data/coins.png", 384, 303),
    "brick": (_SKIMAGE, "data/brick.png", 512, 512),
    "grass": (_SKIMAGE, "data/grass.png", 512, 512),
    "gravel": (_SKIMAGE, "data/gravel.png", 512, 512),
    "hubble": (_SKIMAGE, "data/hubble_deep_field.jpg", 1000, 872),
    "page": (_SKIMAGE, "data/page.png", 384, 191),
}
TEST_PHOTOS = {
    "motorcycle": (_SKIMAGE, "data/motorcycle_left.png", 741, 500),
    "flower": (_SKLEARN, "datasets/images/flower.jpg", 640, 427),
    "china": (_SKLEARN, "datasets/images/china.jpg", 640, 427),
    "tissue": (_SKIMAGE, "data/ihc.png", 512, 512),
    "text": (_SKIMAGE, "data/text.png", 448, 172),
}
PHOTOS = TRAIN_PHOTOS | TEST_PHOTOS
PHOTOS_COUNT = {"train": 512, "test": 128, "all": 640}
FLATTEST = 6.0  # grey levels of standard deviation under which a crop shows nothing


def photos(
    size: int = 64,
    count: int | None = None,
    colour: bool = True,
    seed: int = 0,
    split: str = "train",
) -> ImageSet:
    """Photographs whole, then crops of them at many scales.

    The first pictures are the photographs themselves (the middle square of each, resized), in a
    fixed order that begins with the best known; what follows are square crops, one photograph
    after the other, their place random and their side log-uniform between ``size`` and three
    quarters of the photograph's short side. Crops that show nothing (sky, black margin) are
    drawn again. Training and test pictures come from different photographs. A longer set
    begins with the shorter one, and ``seed`` moves only the crops.

    Parameters
    ----------
    size : int
        Side in pixels.
    count : int, optional
        Default 512 (train), 128 (test), 640 (all).
    colour : bool
        RGB, or luma. Photographs that are grey (camera, moon, …) repeat their channel.
    seed : int
    split : {"train", "test", "all"}
        ``all`` is first the photographs of both, then crops of both.

    Returns
    -------
    ImageSet
        ``labels`` say which photograph, ``names`` which box in it (left, top, right, bottom).

    Examples
    --------
    >>> pictures = photos(size=32, count=16)
    >>> pictures.images.shape, pictures.names[2]
    (torch.Size([16, 3, 32, 32]), 'chelsea[75,0,375,300]')
    """
    if size is None:
        raise ParameterError("size: the photos differ in size; expected a number of pixels")
    names = list({"train": TRAIN_PHOTOS, "test": TEST_PHOTOS, "all": PHOTOS}[split])
    if count is None:
        count = PHOTOS_COUNT[split]
    check_memory(count * (3 if colour else 1) * size * size)
    pixels = np.empty((count, 3 if colour else 1, size, size), np.uint8)
    labels, boxes = [], []
    for index in range(count):
        label = index % len(names)
        picture = _photo(names[label], colour)
        if index < len(names):
            box = middle(*picture.size)
        else:
            box = _crop(_photo(names[label], False), size, seed, names[label], index // len(names))
        pixels[index] = channels_first(resize(picture, box, size), colour)
        labels.append(label)
        boxes.append(f"{names[label]}[{','.join(map(str, box))}]")
    return ImageSet(
        images=torch.from_numpy(pixels),
        labels=torch.tensor(labels),
        label_names=tuple(names),
        names=tuple(boxes),
        source="photos",
    )


def digits(
    size: int = 64,
    count: int | None = None,
    colour: bool = True,
    seed: int = 0,
    split: str = "train",
) -> ImageSet:
    """Scikit-learn's 1,797 handwritten digits (8×8, 17 grey levels), enlarged.

    White on black. ``train`` is the first 1,437, ``test`` the last 360, as scikit-learn's own
    examples cut them; ``count`` takes a seeded choice in their order. ``size=None`` keeps 8×8.

    Returns
    -------
    ImageSet
        ``labels`` 0 to 9.

    Examples
    --------
    >>> digits(size=32, count=3, colour=False, split="test").images.shape
    torch.Size([3, 1, 32, 32])
    """
    values, labels = _digits()
    start, stop = {"train": (0, 1437), "test": (1437, 1797), "all": (0, 1797)}[split]
    rows = start + choose(stop - start, count, seed, "digits")
    small = (values[rows] * np.uint16(255) + 8) // 16  # 0 … 16 to 0 … 255, rounded
    return ImageSet(
        images=torch.from_numpy(resize_all(small.astype(np.uint8), size, colour)),
        labels=torch.from_numpy(labels[rows].astype(np.int64)),
        label_names=tuple("0123456789"),
        names=tuple(f"digits[{row}]" for row in rows),
        source="digits",
    )


def _package_file(package: str, inside: str) -> Path:
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        if (Path(folder) / inside).is_file():
            return Path(folder) / inside
    wheel = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[package]
    raise DataMissingError(
        f"photos: {inside} is not in the installed {wheel}; its wheel carries it (pip install "
        f"--force-reinstall {wheel}), some other builds do not. A folder of your own works too."
    )


@lru_cache(maxsize=len(PHOTOS) * 2)
def _photo(name: str, colour: bool):
    """One photograph, decoded once."""
    from PIL import Image

    package, inside, width, height = PHOTOS[name]
    path = _package_file(package, inside)
    try:
        with Image.open(path) as file:
            picture = file.convert("RGB" if colour else "L")
    except OSError as error:
        raise IntegrityError(f"photos: {path} is damaged ({error}); reinstall it") from error
    if picture.size != (width, height):
        raise IntegrityError(
            f"photos: {path}: expected {width}×{height} pixels, got "
            f"{picture.width}×{picture.height}; another picture under that name"
        )
    return picture


def _crop(grey, size: int, seed: int, name: str, turn: int) -> tuple[int, int, int, int]:
    """A random box with something in it. Drawn from raw bits: the same on every machine."""
    from PIL import ImageStat

    short = min(grey.size)
    low = min(size, short)
    high = max(low, short * 3 // 4)
    entropy = [seed, turn, *name.encode()]
    draws = np.random.PCG64(np.random.SeedSequence(entropy)).random_raw(30).reshape(10, 3)
    unit = (draws >> np.uint64(11)) / 2.0**53
    for scale, across, down in unit:
        side = min(high, round(low * (high / low) ** scale))
        left = int(across * (grey.width - side + 1))
        top = int(down * (grey.height - side + 1))
        box = left, top, left + side, top + side
        if ImageStat.Stat(grey.crop(box)).stddev[0] >= FLATTEST:
            break
    return box


@lru_cache(maxsize=1)
def _digits() -> tuple[np.ndarray, np.ndarray]:
    """(1797, 8, 8) values 0 … 16 and their labels."""
    path = _package_file("sklearn", "datasets/data/digits.csv.gz")
    with gzip.open(path, "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.float32).astype(np.uint8)
    if table.shape != (1797, 65):
        raise IntegrityError(f"digits: {path}: expected a 1797×65 table, got {table.shape}")
    return table[:, :64].reshape(-1, 8, 8), table[:, 64]
