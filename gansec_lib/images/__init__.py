"""Where pictures come from: ``load(source)`` for bundled sets, real data sets and folders.

Importing this loads nothing heavy, not even torch; everything else loads when first used.
"""

from __future__ import annotations

import operator
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader as _lazy

from gansec_lib.errors import ParameterError, near_miss
from gansec_lib.images.files.catalogue import CATALOGUE
from gansec_lib.images.files.limits import check_memory

if TYPE_CHECKING:
    from gansec_lib.images.convert import to_bytes, to_network
    from gansec_lib.images.imageset import ImageSet

__getattr__, _, _ = _lazy.attach(
    __name__,
    submodules=["bundled", "drawn", "files"],
    submod_attrs={"convert": ["to_bytes", "to_network"], "imageset": ["ImageSet"]},
)
__all__ = ["ImageSet", "available", "load", "to_bytes", "to_network"]

PROCEDURAL = ("faces", "xrays", "textures")
PROCEDURAL_COUNT = 256
SPLITS = ("train", "valid", "test", "all")
MIN_SIZE, MAX_SIZE, MAX_COUNT = 8, 2048, 10_000_000

_BUNDLED = {  # name: (kind, licence, pictures, truth)
    "photos": (
        "photographs in the wheels of scikit-image and scikit-learn, whole and cropped",
        "mostly CC0 or public domain, as scikit-image says of each picture; china "
        "(danielbuechele) and flower (vultilion) CC BY 2.0",
        "18 photographs, any number of crops",
        "labels (which photograph), names (which box)",
    ),
    "digits": (
        "handwritten digits of scikit-learn, 8×8 enlarged",
        "CC BY 4.0 (UCI)",
        "1,797",
        "labels",
    ),
    "faces": (
        "drawn faces (procedural)",
        "none needed",
        "any number",
        "identities, attributes, landmarks, masks",
    ),
    "xrays": ("drawn chest X-rays (procedural)", "none needed", "any number", "masks, attributes"),
    "textures": ("natural textures (procedural)", "none needed", "any number", "attributes"),
}


def __dir__() -> list[str]:
    return sorted(__all__)


def load(
    source: str | os.PathLike,
    size: int | None = 64,
    count: int | None = None,
    colour: bool = True,
    seed: int = 0,
    split: str = "train",
) -> ImageSet:
    """Pictures as bytes, with whatever truth is known about them.

    Parameters
    ----------
    source : str or path
        A bundled name (``photos``, ``digits``, ``faces``, ``xrays``, ``textures``), a catalogue
        name (``celeba``, ``orl``, …; see :func:`available`), a folder, or one file. A name wins
        over a folder called the same: write ``./faces`` for the folder.
    size : int or None
        Side of the square pictures, 8 to 2048 pixels. ``None`` keeps the native size of a folder
        whose pictures are all the same size.
    count : int, optional
        How many. ``None``: all there are (``photos`` 512, procedural sets 256).
    colour : bool
        3 channels (RGB, grey repeated) or 1 (luma).
    seed : int
        The same seed gives the same pictures on every machine.
    split : {"train", "valid", "test", "all"}
        Never overlap. For ``photos`` they are different photographs; for a folder without
        ``train`` and ``test`` sub-folders every fifth picture is for testing; ``all`` is
        everything there is (of procedural sets, which have no end, the same as ``train``).

    Returns
    -------
    ImageSet
        ``.images`` uint8 (N, C, size, size).

    Raises
    ------
    ParameterError
        An argument is out of its range, or the source is unknown (the nearest names are given).
    DataMissingError
        A folder or data set is not here; the message says what to put where.
    ImageError
        No picture of the source could be read.

    Examples
    --------
    >>> pictures = load("photos", size=32, count=4, colour=False)
    >>> pictures.images.shape, pictures.images.dtype
    (torch.Size([4, 1, 32, 32]), torch.uint8)
    """
    if size is not None:
        size = _whole("size", size, MIN_SIZE, MAX_SIZE)
    if count is not None:
        count = _whole("count", count, 1, MAX_COUNT)
    seed = _whole("seed", seed, 0, 2**63 - 1)
    if not isinstance(colour, bool):
        raise ParameterError(f"colour: expected True or False, got {colour!r}")
    if split not in SPLITS:
        raise ParameterError(f"split: expected one of {', '.join(SPLITS)}, got {split!r}")
    if not isinstance(source, str | os.PathLike) or not str(source).strip():
        raise ParameterError(f"source: expected a name or a folder, got {source!r}")
    options = {"size": size, "count": count, "colour": colour, "seed": seed, "split": split}

    name = source if isinstance(source, str) else None
    if name in _BUNDLED:
        return _load_bundled(name, options)
    if name in CATALOGUE:
        from gansec_lib.images.files.provide import load_catalogue

        return load_catalogue(name, **options)
    path = Path(os.path.expanduser(source))
    if name is not None and not set(name) & set("/\\") and not os.path.lexists(path):
        raise ParameterError(_unknown(name))
    from gansec_lib.images.files.folder import load_folder

    return load_folder(source, **options)


def available() -> list[dict[str, str]]:
    """One row for each source ``load`` knows by name.

    Returns
    -------
    list of dict
        ``name``, ``kind``, ``licence``, ``count`` (pictures), ``truth`` (what is known of each).

    >>> [row["name"] for row in available()][:2]
    ['photos', 'digits']
    """
    keys = ("kind", "licence", "count", "truth")
    rows = [(name, *row) for name, row in _BUNDLED.items()]
    rows += [(n, e.title, e.licence, e.pictures, e.truth) for n, e in CATALOGUE.items()]
    return [dict(zip(("name", *keys), row, strict=True)) for row in rows]


def _load_bundled(name, options):
    if options["split"] == "valid":
        raise ParameterError(f"split: {name} has 'train', 'test' and 'all', got 'valid'")
    if name not in PROCEDURAL:
        return getattr(import_module("gansec_lib.images.bundled"), name)(**options)
    if options["size"] is None:
        raise ParameterError(f"size: {name} are drawn to size; expected a number of pixels")
    if options["count"] is None:
        options["count"] = PROCEDURAL_COUNT
    check_memory(options["count"] * 3 * options["size"] ** 2)  # drawn in colour, made grey then
    if options["split"] == "all":  # a set without end: as many as asked for, of the training kind
        options["split"] = "train"
    return import_module(f"gansec_lib.images.drawn.{name}").generate(**options)


def _unknown(name: str) -> str:
    known = [*_BUNDLED, *CATALOGUE]
    near = near_miss(name, known, otherwise="none", most=2)
    if near != "none":
        return f"source: unknown name {name!r}; {near}"
    return (
        f"source: {name!r} is neither a known name ({', '.join(known)}) nor a folder in "
        f"{Path.cwd()}"
    )


def _whole(argument: str, value, low: int, high: int) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise ParameterError(
            f"{argument}: expected a whole number, got {value!r} ({type(value).__name__})"
        ) from None
    if not low <= number <= high:
        raise ParameterError(f"{argument}: expected {low} to {high}, got {number}")
    return number
