"""Files that are whole or absent: one way to write, to hash and to lock for the whole library.

A file is written under a temporary name beside its place, flushed to the disk, and renamed only
then. A crash, a full disk or a failing disk therefore leaves the file that was there before.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gansec_lib.errors import GansecError, IntegrityError, ParameterError, WriteError, shown

# What a file system answers that cannot flush a folder at all (some network shares, FUSE).
_NO_FOLDER_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def printable(text: object) -> str:
    r"""A name or message with every character that cannot be printed as an escape.

    Linux allows any byte but / and NUL in a file's name. Python keeps bytes that are no UTF-8 as
    lone surrogates, which no file and no page can hold.

    >>> printable("Größe $5 <b>"), printable("two\nlines.png"), printable("caf\udce9.png")
    ('Größe $5 <b>', 'two\\nlines.png', 'caf\\xe9.png')
    """
    return "".join(c if c.isprintable() else _escape(c) for c in str(text))


def _escape(character: str) -> str:
    byte = ord(character) - 0xDC00  # how Python keeps a byte that is no UTF-8
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else ascii(character)[1:-1]


def data_dir() -> Path:
    """The folder of bundled data: ``$GANSEC_DATA`` if set, else ``data/`` beside the package."""
    chosen = os.environ.get("GANSEC_DATA")
    return Path(chosen) if chosen else Path(__file__).resolve().parents[1] / "data"


def as_path(path: str | os.PathLike, name: str = "path", of: str = "file") -> Path:
    """The path that an argument gives, if a file or a folder can have it.

    Parameters
    ----------
    name : str
        The argument's name.
    of : {"file", "folder"}
        A file needs a name of its own; a folder may be ``.`` or ``/``.

    Raises
    ------
    ParameterError

    >>> as_path("", "out", of="folder")
    Traceback (most recent call last):
    gansec_lib.errors.ParameterError: out: expected the path of a folder, got ''
    """
    try:
        found = Path(path)
    except TypeError:  # None, a number, bytes
        found = None
    if found is None or not str(path) or "\0" in str(path) or (of == "file" and not found.name):
        raise ParameterError(f"{name}: expected the path of a {of}, got {shown(path)}")
    return found


def atomic_write(path: str | os.PathLike, content: bytes | str) -> Path:
    """Write a whole file, or leave the former one untouched; returns the path.

    Parameters
    ----------
    path : path
        Missing folders are made. Where it is a link the file behind the link is replaced.
    content : bytes or str
        Text is written as UTF-8, line ends as they come.

    Raises
    ------
    WriteError
        The disk is full or failing, or the folder may not be written to. The message names the
        file; nothing temporary stays behind.
    """
    with replacing(path) as temporary, open(temporary, "xb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return Path(path)


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary path beside ``path``: what the block writes there takes the name ``path``.

    This is :func:`atomic_write` for libraries that write to a path themselves, and for whole
    folders: the block may make a folder under the temporary path (and flush what it puts inside).
    If the block raises, the temporary file or folder is removed and ``path`` stays as it was.

    Raises
    ------
    WriteError
        For every ``OSError`` inside the block or while flushing and renaming.
    """
    place = Path(os.path.realpath(path))
    # Part of the name only: a name may already be as long as the file system allows.
    temporary = place.with_name(f".{place.name[:40]}.{os.urandom(4).hex()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        flush(temporary)
        flush(place.parent)
        os.replace(temporary, place)
    except WriteError:
        raise
    except OSError as problem:
        raise write_error(path, problem) from problem
    finally:
        remove(temporary)
    try:
        flush(place.parent)
    except OSError as problem:
        raise WriteError(
            f"{path}: is written, but the disk did not confirm its name ({_why(problem)}); "
            "it may be lost if the power fails now",
            problem.errno,
        ) from problem


@contextlib.contextmanager
def reading(path: str | os.PathLike, cure: str = "") -> Iterator[None]:
    """Turn whatever goes wrong while a file is read and parsed into one ``IntegrityError``.

    Parsers of JSON, safetensors, zip, tar or lists raise almost anything when they are fed with
    damaged bytes, and a list of exceptions to catch is never complete. The block therefore holds
    the reading and parsing of one file, and nothing else.

    Parameters
    ----------
    path : path
        Named in the error.
    cure : str
        What to do about it, the last part of the message.

    Raises
    ------
    IntegrityError
        For every exception of the block. The library's own errors pass, and so does the system's
        answer that the disk is full, where the block unpacks what it reads.
    """
    try:
        yield
    except Exception as problem:
        if isinstance(problem, GansecError) or is_full(problem):
            raise
        what = "cannot be read" if isinstance(problem, OSError) else "damaged"
        text = " ".join(f"{type(problem).__name__}: {_why(problem)}".split())[:160]
        raise IntegrityError(f"{path}: {what} ({text})" + f"; {cure}" * bool(cure)) from problem


def flush(path: Path) -> None:
    """Wait until the disk has a file, or a folder's list of names.

    Raises
    ------
    OSError
        The disk refuses. A folder on a file system that cannot flush folders is passed over.
    """
    folder = path.is_dir()
    if folder and os.name == "nt":  # Windows opens no folder for this
        return
    descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if not (folder and problem.errno in _NO_FOLDER_FLUSH):
            raise
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Delete a file or a folder with all it holds; what is not there or cannot go stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def sha256(source: bytes | str | os.PathLike) -> str:
    """SHA-256 as 64 lower-case hex digits, of bytes or of the file at a path.

    >>> sha256(b"")[:16]
    'e3b0c44298fc1c14'
    """
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(source).hexdigest()


@contextlib.contextmanager
def lock(path: str | os.PathLike, seconds: float = -1) -> Iterator[None]:
    """Hold the lock file ``path`` against every other process and thread of this machine.

    The system lets go of the lock when its owner ends, however it ends, so no lock is ever stale.

    Parameters
    ----------
    path : path
        Made if it is not there, with its folder.
    seconds : float
        How long to wait for another holder; −1 waits as long as it takes.

    Raises
    ------
    TimeoutError
        Another process held the lock all that time.
    WriteError
        The file system refuses the lock file, or knows no locks.
    """
    from filelock import FileLock, Timeout  # 80 ms, and few need it

    held = FileLock(path, timeout=seconds)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        held.acquire()
    except Timeout:
        raise TimeoutError(f"{path}: held by another process for {seconds:g} s") from None
    except (OSError, NotImplementedError) as problem:
        raise write_error(path, problem) from problem
    try:
        yield
    finally:
        held.release()


def versions() -> dict[str, str]:
    """What a result was made with: Python, machine, and the packages that decide numbers."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("gansec-lib", "torch", "numpy", "numba", "cryptography", "scikit-image"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def is_full(problem: BaseException) -> bool:
    """Whether an error says that the disk, or the user's share of it, is full."""
    return getattr(problem, "errno", None) in _FULL


def write_error(path: str | os.PathLike, problem: Exception) -> WriteError:
    """What to raise for ``problem`` while ``path`` was written and nothing was changed yet."""
    return WriteError(
        f"{path}: could not be written ({_why(problem)})"
        + ("; free some space and try again" if is_full(problem) else "")
        + "; what was there before is unchanged",
        getattr(problem, "errno", None),
    )


def _why(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
