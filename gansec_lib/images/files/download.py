"""Files from the network: mirrors, resume, a hash before the file gets its name.

A download is written to ``NAME.part`` and renamed when it is whole and its hash is right, so
a file under its own name is always complete. Where the publisher gives a hash (sha256, or the
md5 sums that torchvision and scikit-learn carry) it has to match. Where none is published the
sha256 of the first download is written to ``NAME.sha256`` and every later download has to
equal it: trust on first use, and it is said when it happens.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import shutil
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from gansec_lib.errors import DataMissingError, IntegrityError

CHUNK = 1 << 18  # bytes
TIMEOUT = 30.0  # seconds without a byte
PAUSE = 0.2  # seconds before the first new attempt, doubled each time
TRIES = 5  # broken connections in a row, without progress, before the next mirror


@dataclass(frozen=True)
class RemoteFile:
    """One file to fetch.

    Parameters
    ----------
    name : str
        What it is called in the cache.
    urls : tuple of str
        Mirrors, tried in order.
    digest : str
        ``"sha256:…"`` or ``"md5:…"`` as published; empty where nobody publishes one.
    """

    name: str
    urls: tuple[str, ...]
    digest: str = ""


def cache_dir() -> Path:
    """Where downloaded sets live: ``GANSEC_CACHE``, else the user's cache folder.

    Linux ``$XDG_CACHE_HOME/gansec`` or ``~/.cache/gansec``, macOS ``~/Library/Caches/gansec``,
    Windows ``%LOCALAPPDATA%\\gansec``.
    """
    if chosen := os.environ.get("GANSEC_CACHE"):
        return Path(os.path.expanduser(chosen))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "gansec"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/gansec"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gansec"


def fetch(file: RemoteFile, folder: Path, show: bool | None = None) -> Path:
    """The file in ``folder``, downloaded if it is not there, its hash checked.

    Parameters
    ----------
    file : RemoteFile
    folder : Path
    show : bool, optional
        Progress bar; by default where a person watches (terminal or notebook).

    Raises
    ------
    DataMissingError
        No mirror answered; one line says what to put where.
    IntegrityError
        Every mirror gave something other than the published (or first seen) file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / file.name
    with _locked(folder / f"{file.name}.lock"):
        if final.exists():
            _accept(file, final, final)
            return final
        if os.environ.get("GANSEC_OFFLINE"):
            raise DataMissingError(_put_there(file, folder, "GANSEC_OFFLINE is set"))
        problems, wrong = [], None
        for url in file.urls:
            try:
                part = _download(url, folder / f"{file.name}.part", file.name, show)
                _accept(file, part, final)
                return final
            except IntegrityError as error:
                wrong = error
            except (OSError, http.client.HTTPException, ValueError) as error:
                problems.append(f"{_host(url)}: {_short(error)}")
        if wrong is not None:
            raise wrong
        raise DataMissingError(_put_there(file, folder, "; ".join(problems) or "no mirror known"))


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip or tar next to ``folder`` and move it there in one step.

    Raises
    ------
    IntegrityError
        The archive is damaged, or holds a path that would leave the folder.
    """
    if folder.is_dir():
        return folder
    temporary = folder.with_name(folder.name + ".unpacking")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as file:
                for name in file.namelist():
                    _stay_inside(archive, name)
                file.extractall(temporary)
        else:
            with tarfile.open(archive) as file:
                for entry in file:
                    _stay_inside(archive, entry.name)
                    if not (entry.isreg() or entry.isdir()):
                        raise IntegrityError(f"{archive}: holds a link or device: {entry.name!r}")
                safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
                file.extractall(temporary, **safe)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise IntegrityError(
            f"{archive}: cannot be unpacked ({_short(error)}); delete it and load again"
        ) from error
    except IntegrityError:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    os.replace(temporary, folder)
    return folder


def _stay_inside(archive: Path, name: str) -> None:
    if name.startswith(("/", "\\")) or ".." in Path(name).parts:
        raise IntegrityError(f"{archive}: holds a path outside itself: {name!r}")


def file_digest(path: Path, kind: str = "sha256") -> str:
    """Hash of a file as lower-case hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def _accept(file: RemoteFile, path: Path, final: Path) -> None:
    """Check the hash of ``path``, then give it its name. A wrong ``.part`` is removed."""
    record = final.with_name(final.name + ".sha256")
    known = json.loads(record.read_text()) if record.exists() else None
    status = path.stat()
    if path == final and known and known.get("seen") == [status.st_size, status.st_mtime_ns]:
        return  # hashed before, not touched since
    named_archive = file.name.endswith((".zip", ".tgz", ".tar.gz"))
    if named_archive and not (zipfile.is_zipfile(path) or tarfile.is_tarfile(path)):
        _discard(path, final)
        raise IntegrityError(f"{file.name}: not an archive (a web page or a broken download?)")
    digest = file_digest(path)
    if file.digest:
        kind, expected = file.digest.split(":")
        got = digest if kind == "sha256" else file_digest(path, kind)
        trust = f"{kind} as published"
    else:
        kind, expected, got = "sha256", (known or {}).get("sha256", digest), digest
        trust = "first use"
        if not known:
            print(
                f"{file.name}: no published hash; its sha256 is now recorded in {record} and "
                "later downloads are compared with it",
                file=sys.stderr,
            )
    if got != expected:
        _discard(path, final)
        raise IntegrityError(
            f"{file.name}: expected {kind} {expected}, got {got}; "
            + ("the download was removed" if path != final else f"delete {final} and load again")
        )
    if path != final:
        os.replace(path, final)
        _state(path).unlink(missing_ok=True)
    status = final.stat()
    entry = {"sha256": digest, "trust": trust, "seen": [status.st_size, status.st_mtime_ns]}
    temporary = record.with_name(record.name + ".tmp")
    temporary.write_text(json.dumps(entry))
    os.replace(temporary, record)


def _discard(path: Path, final: Path) -> None:
    """Remove a wrong download; a file that somebody put there by hand is left alone."""
    if path != final:
        path.unlink()
        _state(path).unlink(missing_ok=True)


def _download(url: str, part: Path, name: str, show: bool | None) -> Path:
    """Fetch one mirror into ``part``, going on where an earlier attempt stopped."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"expected an http address, got {url!r}")
    failures = 0
    with _bar(name, show) as progress:
        while True:
            before = part.stat().st_size if part.exists() else 0
            try:
                _receive(url, part, progress)
                return part
            except urllib.error.HTTPError as error:
                if error.code == 416 and before:  # there is no rest: whole already, or another file
                    if error.headers.get("Content-Range") == f"bytes */{before}":
                        return part
                    part.unlink()
                elif error.code < 500:
                    raise
                failures += 1
                last = error
            except (OSError, http.client.HTTPException) as error:
                now = part.stat().st_size if part.exists() else 0
                failures = 1 if now > before else failures + 1
                last = error
                if isinstance(error, OSError) and error.errno == 28:  # no space left
                    raise
                if isinstance(error, urllib.error.URLError) and not now:
                    raise  # nobody there at all: the next mirror
            if failures >= TRIES:
                raise last
            time.sleep(min(PAUSE * 2**failures, 5.0))


def _receive(url: str, part: Path, progress) -> None:
    """One connection. A part is continued only if the server proves that it is the same file."""
    headers = {"User-Agent": "gansec", "Accept-Encoding": "identity"}
    have, state = 0, _read_state(part)
    if part.exists() and state.get("url") == url and state.get("validator"):
        have = part.stat().st_size
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": state["validator"]}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as r:
        if r.headers.get_content_type() == "text/html":
            raise urllib.error.URLError("answered with a web page, not the file")
        continued = r.status == 206 and (r.headers.get("Content-Range") or "").startswith(
            f"bytes {have}-"
        )
        if not continued:
            if r.status == 206:
                raise OSError("the server answered with another part of the file")
            have = 0
        length = r.headers.get("Content-Length")
        total = have + int(length) if length else None
        if total and total - have > shutil.disk_usage(part.parent).free:
            raise OSError(28, f"{total / 1e9:.1f} GB do not fit on the disk of {part.parent}")
        etag = r.headers.get("ETag") or ""
        validator = etag if etag.startswith('"') else r.headers.get("Last-Modified") or ""
        _state(part).write_text(json.dumps({"url": url, "validator": validator}))
        progress(have, total)
        with open(part, "ab" if continued else "wb") as file:
            while chunk := r.read(CHUNK):
                file.write(chunk)
                have += len(chunk)
                progress(have, total)
        if total is not None and have < total:
            raise ConnectionError(f"cut off after {have:,} of {total:,} bytes")


@contextlib.contextmanager
def _bar(name: str, show: bool | None):
    """A function (done, total) that draws a rich progress bar, or draws nothing."""
    if show is None:
        show = sys.stderr.isatty() or "ipykernel" in sys.modules
    if not show:
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(name, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextlib.contextmanager
def _locked(path: Path):
    """One process at a time. The system drops the lock when its owner ends, however it ends."""
    with open(path, "a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _state(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_state(part: Path) -> dict:
    try:
        return json.loads(_state(part).read_text())
    except (OSError, ValueError):
        return {}


def _put_there(file: RemoteFile, folder: Path, why: str) -> str:
    where = f" (from {file.urls[0]})" if file.urls else ""
    return f"{file.name} could not be downloaded ({why}): put {file.name}{where} into {folder}"


def _host(url: str) -> str:
    return url.split("/")[2] if "://" in url else url


def _short(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error
    text = " ".join(str(reason).split()) or type(error).__name__
    return text[:120]
