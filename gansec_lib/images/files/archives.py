"""Archives to folders that are whole or absent.

An archive ``set.zip`` is unpacked into a fresh temporary folder, counted, and renamed to
``set.zip.unpacked``. The folder carries a mark that says how many files and bytes belong into it.
A folder without its mark, or with less than the mark says, is not accepted and unpacked anew.
"""

from __future__ import annotations

import gzip
import json
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import BinaryIO

from gansec_lib.errors import IntegrityError
from gansec_lib.files import reading, remove, replacing
from gansec_lib.images.files.find import UNPACKED

MARK = ".complete.json"
ENDINGS = (".zip", ".tgz", ".tar.gz")
CHUNK = 1 << 20  # bytes
MOST_FILES = 500_000  # CelebA has 202,599
MOST_BYTES = 50 << 20, 20  # unpacked: 50 MiB, and 20 times the size of the archive


def is_archive(path: Path) -> bool:
    """Whether the file is a zip or gzip file by its content, whatever it is called."""
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b" or zipfile.is_zipfile(file)


def unpacked(archive: Path) -> Path:
    """The folder that :func:`unpack` makes of an archive."""
    return archive.with_name(archive.name + UNPACKED)


def is_whole(folder: Path, digest: str = "") -> bool:
    """Whether ``folder`` was unpacked to its end and still holds all that was unpacked into it.

    Parameters
    ----------
    folder : Path
        As :func:`unpacked` names it.
    digest : str
        The published hash of the archive, where there is one. A folder that was unpacked before
        the hash was known, or under another one, is not accepted.
    """
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        files, size = _count(folder)
        return files >= mark["files"] and size >= mark["bytes"] and mark["digest"] == digest
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def unpack(archive: Path, digest: str = "") -> Path:
    """The folder of an archive's files, unpacked unless it is there and whole.

    One process at a time may unpack an archive: the caller holds the lock of the data set.

    Parameters
    ----------
    archive : Path
        zip, or tar packed with gzip.
    digest : str
        The published hash that the archive was compared with, written into the mark.

    Raises
    ------
    IntegrityError
        The archive is damaged, encrypted or empty; holds links, devices or paths that leave the
        folder; or unpacks to more than 20 times its size (and 50 MiB). Nothing is left behind.
    WriteError
        The disk is full.
    """
    folder = unpacked(archive)
    if is_whole(folder, digest):
        return folder
    for leftover in archive.parent.glob(f".{folder.name[:40]}.*.part"):  # of a killed process
        remove(leftover)
    remove(folder)
    with replacing(folder) as temporary:
        temporary.mkdir()
        with reading(archive, f"delete {archive} and load again"):
            files, size = _extract(archive, temporary)
            if _count(temporary) != (files, size):
                raise IntegrityError(f"{archive}: unpacks to other files than it lists; delete it")
        mark = {"files": files, "bytes": size, "digest": digest}
        (temporary / MARK).write_text(json.dumps(mark), encoding="utf-8")
    return folder


def _extract(archive: Path, folder: Path) -> tuple[int, int]:
    """Write every file of an archive below ``folder``; how many there were, and their bytes."""
    spare, times = MOST_BYTES
    room = spare + times * archive.stat().st_size
    files = size = 0
    entries = _zip if zipfile.is_zipfile(archive) else _tar
    for name, source in entries(archive, room):
        files += 1
        if files > MOST_FILES:
            raise IntegrityError(f"{archive}: holds more than {MOST_FILES:,} files")
        target = folder.joinpath(*_parts(archive, name))
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as file:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                _bound(archive, size, room)
                file.write(chunk)
    if not files:
        raise IntegrityError(f"{archive}: holds no files; delete it and load again")
    return files, size


def _zip(archive: Path, room: int) -> Iterator[tuple[str, BinaryIO]]:
    with zipfile.ZipFile(archive) as file:
        for entry in file.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir():
                continue
            if kind not in (0, stat.S_IFREG):
                raise IntegrityError(f"{archive}: holds a link or device: {entry.filename!r}")
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise IntegrityError(f"{archive}: packed in an unusual way: {entry.filename!r}")
            with file.open(entry) as source:
                yield entry.filename, source


def _tar(archive: Path, room: int) -> Iterator[tuple[str, BinaryIO]]:
    with gzip.open(archive) as packed:
        stream = _Bounded(archive, packed, room)
        with tarfile.open(fileobj=stream, mode="r|") as file:
            for entry in file:
                if entry.isdir():
                    continue
                if not entry.isreg():
                    raise IntegrityError(f"{archive}: holds a link or device: {entry.name!r}")
                yield entry.name, file.extractfile(entry)
        while stream.read(CHUNK):  # to the checksum at the end
            pass


class _Bounded:
    """A stream that gives so many bytes and no more: also tar's own headers can be bombs."""

    def __init__(self, archive: Path, source: BinaryIO, room: int):
        self.archive, self.source, self.room, self.given = archive, source, room, 0

    def read(self, count: int) -> bytes:
        content = self.source.read(count)
        self.given += len(content)
        _bound(self.archive, self.given, 2 * self.room)  # a header and padding for each file
        return content


def _bound(archive: Path, size: int, room: int) -> None:
    if size > room:
        raise IntegrityError(
            f"{archive}: unpacks to more than {room / 1e6:,.0f} MB, a decompression bomb; delete it"
        )


def _parts(archive: Path, name: str) -> tuple[str, ...]:
    """A name in an archive as names of folders and a file, below the folder it is unpacked to."""
    path = PureWindowsPath(name)  # knows both slashes and drive letters
    if path.drive or path.root or not path.parts or ".." in path.parts:
        raise IntegrityError(f"{archive}: holds a path outside itself: {name!r}")
    return path.parts


def _count(folder: Path) -> tuple[int, int]:
    """Files below a folder and their bytes, without the mark."""
    files = size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            files += 1
            size += os.lstat(os.path.join(place, name)).st_size
    if (mark := folder / MARK).exists():
        files, size = files - 1, size - mark.stat().st_size
    return files, size
