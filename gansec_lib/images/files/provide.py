"""``images.load`` for real data sets by name: found, fetched, unpacked, read.

``load("celeba")`` looks in ``cache_dir() / "celeba"`` first. A set that was put there by hand,
unpacked in its usual layout or as the publisher's archive, is used as it is; else the licence
is shown and the archives are downloaded, compared and unpacked. Nothing is ever downloaded
unless a set is asked for by its name, and never with ``GANSEC_OFFLINE=1``.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from gansec_lib.errors import DataMissingError, ParameterError
from gansec_lib.files import lock
from gansec_lib.images.files import readers
from gansec_lib.images.files.archives import ENDINGS, is_whole, unpack, unpacked
from gansec_lib.images.files.catalogue import CATALOGUE, Part
from gansec_lib.images.files.download import cache_dir, fetch, record_of, remember
from gansec_lib.images.files.find import find
from gansec_lib.images.imageset import ImageSet


def load_catalogue(name: str, size, count, colour, seed, split) -> ImageSet:
    """``images.load`` for a catalogue name; arguments are already checked."""
    entry = CATALOGUE[name]
    if split not in entry.splits:
        raise ParameterError(f"split: {name} has {', '.join(entry.splits)}, got {split!r}")
    folder = cache_dir() / name
    provide(name, folder, split)
    read = getattr(readers, name)
    return read(folder, size=size, count=count, colour=colour, seed=seed, split=split)


def provide(name: str, folder: Path, split: str) -> None:
    """See to it that every part a split needs is there: by hand, unpacked, or downloaded.

    Several processes may ask for a set at once: one provides it, the others wait.

    Raises
    ------
    DataMissingError
        A part is missing and cannot be downloaded; one line says what to put where.
    IntegrityError
        A part is not what its publisher published, or its archive is damaged.
    WriteError
        The disk is full, or the folder may not be written to.
    """
    parts = [part for part in CATALOGUE[name].parts if part.needed(split)]
    if all(_is_there(part, folder) for part in parts):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder / ".lock"):
        missing = [part for part in parts if not _is_there(part, folder)]
        if any(not (folder / part.file.name).exists() for part in missing):
            entry = CATALOGUE[name]
            print(f"{entry.title}: {entry.licence} ({entry.terms})", file=sys.stderr)
        for part in missing:
            _get(name, part, folder)


def _is_there(part: Part, folder: Path) -> bool:
    """Whether a part can be read as it lies there, with nothing left to compare or unpack."""
    file = folder / part.file.name
    if file.name.endswith(ENDINGS):
        if is_whole(unpacked(file), part.file.digest):
            return True
        if file.exists():  # what is beside it may be half unpacked: the archive decides
            return False
    elif part.file.digest and record_of(file).exists():
        return False  # trusted on first use, and since then a hash was published
    return find(folder, *part.gives) is not None


def _get(name: str, part: Part, folder: Path) -> None:
    try:
        file = fetch(part.file, folder)
    except DataMissingError as error:
        unpacked_by_hand = part.gives[0] if part.gives[0] != part.file.name else ""
        message = f"{name}: {error}" + f", or {unpacked_by_hand} unpacked" * bool(unpacked_by_hand)
        if not part.optional:
            raise DataMissingError(message) from error
        warnings.warn(f"{message}; loaded without what it tells", stacklevel=6)
        return
    if file.name.endswith(ENDINGS):
        unpack(file, part.file.digest)
    remember(part.file, file)
