"""Pictures of your own: a folder, with sub-folders as classes or people, or one file."""

from __future__ import annotations

import os
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from gansec_lib.errors import DataMissingError, ImageError, ParameterError
from gansec_lib.files import printable
from gansec_lib.images.choose import natural, shuffled, warn_fewer
from gansec_lib.images.files.decode import SUFFIXES, looks_like_picture, quiet, read_picture
from gansec_lib.images.files.limits import check_memory
from gansec_lib.images.imageset import ImageSet

SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "test": "test",
    "testing": "test",
}
_NUMBERED = re.compile(r"(s|id|p|n|person|subject)?[-_ ]?[0-9]+", re.IGNORECASE)
_IGNORED_FOLDERS = {"__macosx", "__pycache__"}
THREADS = 4  # decoding at once: bounds the memory that very large pictures take together
_AT_ONCE = 512  # files handed to the threads together


def load_folder(
    source: str | os.PathLike,
    size: int | None = 64,
    count: int | None = None,
    colour: bool = True,
    seed: int = 0,
    split: str = "train",
) -> ImageSet:
    """Every picture under a folder, however deep, in natural order (``s2`` before ``s10``).

    Parameters
    ----------
    source : path
        A folder or one file. PNG, JPEG, BMP, TIFF, PGM/PPM, WebP, GIF and DICOM, recognised by
        their bytes; other files and hidden ones are passed over. See ``images.decode`` for what
        becomes of alpha, 16 bits, CMYK and the rest; pictures that are not square lose their
        longer ends (centre crop).
    size : int or None
        Side in pixels; ``None`` keeps the native size, which then has to be the same for all.
    count : int, optional
        At most so many, chosen with the seed and given in natural order.
    colour : bool
    seed : int
    split : {"train", "valid", "test", "all"}
        Where the folder has sub-folders ``train``, ``test`` (``valid``), those. Otherwise every
        fifth picture in natural order is ``test`` and the others ``train``; ``all`` is both.

    Returns
    -------
    ImageSet
        ``labels`` and ``label_names`` from the first level of sub-folders; ``identities`` too
        where all of these are numbered (``s01``, ``person-7``, ``12``). ``names`` are paths below
        ``source``. ``skipped`` lists the files that could not be read, each with its reason.

    Raises
    ------
    DataMissingError
        The folder does not exist or holds no pictures.
    ImageError
        Not one picture could be read; the message lists the files.
    ParameterError
        The split is empty, or ``size=None`` and the sizes differ.
    """
    root = Path(os.path.expanduser(source))
    files, unreadable = list_pictures(root)
    base = root if root.is_dir() else root.parent
    files = take_split(root, files, base, split)
    rows, pixels, skipped = read_chosen(files, base, size, colour, count, seed, unreadable)
    names = [_below(path, base) for path in files]
    labels, label_names, numbered = _classes(names, rows)
    return ImageSet(
        images=torch.from_numpy(pixels),
        identities=labels.clone() if numbered else None,
        labels=labels,
        label_names=label_names,
        names=tuple(names[i] for i in rows),
        skipped=skipped,
        source=printable(source),
    )


def list_pictures(root: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Picture files under ``root`` in natural order, and (folder, reason) that could not be read.

    Links are followed; a folder that was already visited (a loop) is not entered again.
    """
    try:
        if root.is_file():
            return [root], []
        if not root.is_dir():
            raise DataMissingError(
                f"source: no folder or file {printable(root)}; expected a folder of pictures, or "
                "the name of a bundled or catalogue set (see images.available())"
            )
    except OSError as error:
        raise DataMissingError(printable(f"source: {root} cannot be opened ({error})")) from error
    found, unreadable, visited = [], [], set()

    def failed(error: OSError):
        unreadable.append(
            (Path(error.filename or root), f"folder cannot be read ({error.strerror})")
        )

    for folder, below, names in os.walk(root, followlinks=True, onerror=failed):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in visited:
            below.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        below[:] = [n for n in below if n[0] != "." and n.lower() not in _IGNORED_FOLDERS]
        for name in names:
            path = Path(folder, name)
            if name[0] == ".":
                continue
            if path.suffix.lower() in SUFFIXES or (path.is_file() and looks_like_picture(path)):
                found.append(path)
    if not found:
        hint = f"; {printable(unreadable[0][0])}: {unreadable[0][1]}" if unreadable else ""
        raise DataMissingError(
            f"source: the folder {printable(root)} holds no pictures (PNG, JPEG, BMP, TIFF, PGM, "
            f"WebP, GIF, DICOM){hint}"
        )
    found.sort(key=lambda path: natural(_below(path, root)))
    return found, unreadable


def take_split(root: Path, files: list[Path], base: Path, split: str) -> list[Path]:
    """The files of one split, by sub-folder names or by the every-fifth rule."""
    parts = [path.relative_to(base).parts for path in files]
    own = [SPLIT_FOLDERS.get(p[0].lower()) if len(p) > 1 else None for p in parts]
    if split == "all":
        return files
    if {"train", "test"} <= set(own) or {"train", "valid"} <= set(own):
        chosen = [path for path, name in zip(files, own, strict=True) if name == split]
    elif split == "valid":
        raise ParameterError(
            f"split: {printable(root)} has no sub-folder valid; expected 'train', 'test' or 'all'"
        )
    else:
        chosen = [p for i, p in enumerate(files) if (i % 5 == 4) == (split == "test")]
    if not chosen:
        raise ParameterError(
            f"split: nothing is left for {split!r} of the {len(files)} picture(s) in "
            f"{printable(root)} (every fifth is for testing); use split='all'"
        )
    return chosen


def read_chosen(
    files: list[Path],
    base: Path,
    size: int | None,
    colour: bool,
    count: int | None,
    seed: int,
    unreadable: list[tuple[Path, str]] = (),
) -> tuple[np.ndarray, np.ndarray, tuple[tuple[str, str], ...]]:
    """``count`` readable pictures out of ``files`` by the seed, in the files' order.

    Returns
    -------
    int array (N,) of rows in ``files``, uint8 array (N, C, H, W), (name, reason) of what was
    left out, said in a warning

    Raises
    ------
    ImageError
        Not one could be read.
    """
    order = np.arange(len(files)) if count is None else shuffled(len(files), seed)
    pixels, kept, skipped = read_many([files[i] for i in order], size, colour, count)
    skipped = list(unreadable) + skipped
    if not len(kept):
        raise ImageError(_nothing_readable(base, skipped))
    rows = order[kept]
    back = np.argsort(rows, kind="stable")
    if (back[1:] < back[:-1]).any():
        rows, pixels = rows[back], pixels[back]
    if count is not None and len(rows) < count:
        warn_fewer(count, len(rows), printable(base))
    skipped = tuple(sorted(((_below(p, base), why) for p, why in skipped), key=_by_name))
    if skipped:
        warnings.warn(_some_skipped(base, skipped), stacklevel=4)
    return rows, pixels, skipped


def read_many(
    files: list[Path], size: int | None, colour: bool, count: int | None = None
) -> tuple[np.ndarray, np.ndarray, list[tuple[Path, str]]]:
    """Decode files on threads until ``count`` are read.

    Returns
    -------
    uint8 array (N, C, H, W), int array (N,) of their rows in ``files``, list of (file, reason)
    """
    want = len(files) if count is None else min(count, len(files))
    channels = 3 if colour else 1
    if size is not None:
        check_memory(want * channels * size * size)
    pixels: list | np.ndarray = (
        [] if size is None else np.empty((want, channels, size, size), np.uint8)
    )
    kept, skipped, notes, start = [], [], [], 0

    def attempt(path):
        try:
            return read_picture(path, size, colour)
        except ImageError as error:
            return error

    held = quiet()
    try:
        with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
            while len(kept) < want and start < len(files):
                stop = min(len(files), start + min(_AT_ONCE, max(want - len(kept), 1)))
                for row, result in enumerate(pool.map(attempt, files[start:stop]), start):
                    if isinstance(result, ImageError):
                        skipped.append((files[row], _without_name(result, files[row])))
                        continue
                    picture, note = result
                    if size is None:
                        _same_size(files, kept, pixels, row, picture)
                        pixels.append(picture)
                    else:
                        pixels[len(kept)] = picture
                    kept.append(row)
                    notes += [note] if note else []
                start = stop
    finally:
        held.__exit__(None, None, None)
    if notes:
        more = f" (and {len(notes) - 1} more)" if len(notes) > 1 else ""
        warnings.warn(notes[0] + more, stacklevel=4)
    stacked = np.stack(pixels) if size is None and pixels else pixels
    return stacked[: len(kept)], np.array(kept, dtype=np.int64), skipped


def _classes(names, rows):
    """Labels from the first sub-folder below the root, or below its train/ or test/."""
    parts = [names[i].split("/") for i in rows]
    parts = [p[1:] if p[0].lower() in SPLIT_FOLDERS and len(p) > 1 else p for p in parts]
    folders = [p[0] if len(p) > 1 else "" for p in parts]
    every = sorted(
        {
            (p[1] if p[0].lower() in SPLIT_FOLDERS and len(p) > 2 else p[0])
            for p in (name.split("/") for name in names)
            if len(p) > 1
        },
        key=natural,
    )
    if "" in folders or len(every) < 2:
        return None, (), False
    labels = torch.tensor([every.index(folder) for folder in folders])
    return labels, tuple(every), all(_NUMBERED.fullmatch(name) for name in every)


def _same_size(files, kept, pixels, row, picture):
    if pixels and pixels[0].shape != picture.shape:
        (h0, w0), (h1, w1) = pixels[0].shape[1:], picture.shape[1:]
        raise ParameterError(
            f"size: None keeps the native size, but {printable(files[kept[0]])} is {w0}×{h0} and "
            f"{printable(files[row])} is {w1}×{h1}; give a size in pixels"
        )
    check_memory((len(kept) + 1) * picture.size)


def _below(path: Path, base: Path) -> str:
    return printable(path.relative_to(base).as_posix())


def _by_name(entry):
    return natural(entry[0])


def _without_name(error: ImageError, path: Path) -> str:
    return str(error).removeprefix(f"{printable(path)}: ")


def _some_skipped(root, skipped) -> str:
    shown = "; ".join(f"{name}: {why}" for name, why in skipped[:3])
    more = f"; and {len(skipped) - 3} more in .skipped" if len(skipped) > 3 else ""
    return f"{printable(root)}: {len(skipped)} file(s) left out: {shown}{more}"


def _nothing_readable(base, skipped) -> str:
    if len(skipped) == 1:
        return f"{printable(skipped[0][0])}: {skipped[0][1]}"
    shown = "".join(f"\n  {_below(path, base)}: {why}" for path, why in skipped[:20])
    more = f"\n  … and {len(skipped) - 20} more" if len(skipped) > 20 else ""
    return f"{printable(base)}: none of {len(skipped)} files could be read:{shown}{more}"
