"""Where a data set's files lie below its folder, whichever way they came there."""

from __future__ import annotations

import os
from pathlib import Path

from gansec_lib.errors import DataMissingError

UNPACKED = ".unpacked"  # ends the name of a folder that this library unpacked itself


def find(folder: Path, *names: str, depth: int = 3) -> Path | None:
    """The first file or folder with one of these names, nearest to ``folder`` first.

    What the library unpacked itself (``NAME.unpacked``) comes before what lies beside it, because
    it is known to be whole.
    """
    for root in (*sorted(folder.glob(f"*{UNPACKED}")), folder):
        level = [root]
        for _ in range(depth + 1):
            below = []
            for place in level:
                for name in names:
                    # an unpacked folder may carry its content's own name: the inner one is meant
                    if (place / name).exists():
                        inner = place / name / name
                        return inner if inner.exists() else place / name
                below += _folders(place)
            level = below
    return None


def need(folder: Path, *names: str) -> Path:
    """What :func:`find` finds.

    Raises
    ------
    DataMissingError
        Nothing has one of these names.
    """
    found = find(folder, *names)
    if found is None:
        raise DataMissingError(
            f"{folder.name}: no {' or '.join(names)} below {folder}; put it there, or delete the "
            "folder and load again"
        )
    return found


def _folders(place: Path) -> list[Path]:
    try:
        with os.scandir(place) as entries:
            names = [entry.name for entry in entries if entry.is_dir() and entry.name[0] != "."]
    except OSError:
        return []
    return [place / name for name in sorted(names) if not name.endswith((UNPACKED, ".unpacking"))]
