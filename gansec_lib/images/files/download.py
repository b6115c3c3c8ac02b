"""Files from the network: mirrors, resume, a limit and a hash before a file gets its name.

pooch talks to the servers. A download is written to ``.NAME.part`` and renamed when it is whole
and its hash is right, so a file under its own name is always complete. Where the publisher gives
a hash (sha256, or the md5 sums that torchvision and scikit-learn carry) it has to match. Where
none is published the sha256 of the first file that could be used is written to ``NAME.sha256``,
and later downloads have to equal it: trust on first use, and it is said when it happens.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import sys
import time
import warnings
from pathlib import Path
from typing import BinaryIO

import platformdirs

from gansec_lib.errors import DataMissingError, IntegrityError
from gansec_lib.files import (
    atomic_write,
    is_full,
    printable,
    remove,
    replacing,
    sha256,
    write_error,
)
from gansec_lib.images.files.archives import ENDINGS, is_archive
from gansec_lib.images.files.catalogue import RemoteFile

CHUNK = 1 << 16  # bytes
TIMEOUT = 30.0  # seconds without a byte
PAUSE = 0.2  # seconds before the first new attempt, doubled each time
TRIES = 5  # connections in a row that bring less than ENOUGH, before the next mirror
ENOUGH = 1 << 20  # bytes


def cache_dir() -> Path:
    """Where downloaded sets live: ``GANSEC_CACHE``, else ``gansec`` in the user's cache folder."""
    chosen = os.environ.get("GANSEC_CACHE")
    return Path(chosen or platformdirs.user_cache_dir("gansec", appauthor=False)).expanduser()


def fetch(file: RemoteFile, folder: Path, show: bool | None = None) -> Path:
    """The file in ``folder``, downloaded if it is not there, its hash compared.

    One process at a time may fetch into a folder: the caller holds the lock of the data set.

    Parameters
    ----------
    file : RemoteFile
    folder : Path
    show : bool, optional
        Progress bar; by default where a person watches (terminal or notebook).

    Raises
    ------
    DataMissingError
        No mirror gave the file; one line says what to put where.
    IntegrityError
        Every mirror gave something other than the published (or first used) file, or the file
        that is there is another one.
    WriteError
        The file does not fit on the disk.
    """
    final, part = folder / file.name, folder / f".{file.name}.part"
    if final.exists():
        _compare(file, final, final, f"delete {final} and load again")
        if file.digest:  # from here on the published hash speaks
            remove(record_of(final))
        return final
    if os.environ.get("GANSEC_OFFLINE"):
        raise DataMissingError(_put_there(file, folder, "GANSEC_OFFLINE is set"))
    folder.mkdir(parents=True, exist_ok=True)
    problems, wrong = [], None
    for url in file.urls:
        try:
            _download(file, url, part, show)
            if file.name.endswith(ENDINGS) and not is_archive(part):
                raise IntegrityError(
                    f"{file.name}: {_host(url)} sent no archive (a web page?); it was removed"
                )
            _compare(file, part, final, "the download was removed")
            with replacing(final) as temporary:
                os.replace(part, temporary)
            _discard(part)
            return final
        except IntegrityError as error:
            _discard(part)
            wrong = error
        except (OSError, ValueError) as error:  # requests' errors are OSErrors, too
            if is_full(error):
                _discard(part)
                raise write_error(final, error) from error
            problems.append(f"{_host(url)}: {printable(error)[:160]}")
    if wrong is not None:
        raise wrong
    raise DataMissingError(_put_there(file, folder, "; ".join(problems) or "no mirror known"))


def record_of(path: Path) -> Path:
    """Where the sha256 of a file's first use stands."""
    return path.with_name(path.name + ".sha256")


def remember(file: RemoteFile, path: Path) -> None:
    """Record the sha256 of a file for which nobody publishes one, once it proved usable."""
    if not file.digest and not _recorded(path):
        atomic_write(record_of(path), f"{sha256(path)}  {path.name}\n")
        print(
            f"{path.name}: no published hash; its sha256 is now recorded in {record_of(path)} "
            "and later downloads are compared with it",
            file=sys.stderr,
        )


def _recorded(path: Path) -> str:
    record = record_of(path)
    if not record.exists():
        return ""
    found = re.search(rb"\b[0-9a-f]{64}\b", record.read_bytes()[:1000])
    if not found:
        warnings.warn(
            f"{record}: damaged, holds no sha256; {path.name} is trusted as on first use and "
            "recorded anew. Delete both to download it again.",
            stacklevel=2,
        )
        return ""
    return found[0].decode()


def _compare(file: RemoteFile, path: Path, final: Path, cure: str) -> None:
    """Raise IntegrityError unless ``path`` is the published file, or the first one used."""
    expected, whose = file.digest, "published"
    if not expected and (known := _recorded(final)):
        expected, whose = f"sha256:{known}", f"recorded in {record_of(final)}"
    if not expected:
        return
    kind = expected.partition(":")[0]
    with open(path, "rb") as content:
        got = f"{kind}:{hashlib.file_digest(content, kind).hexdigest()}"
    if got != expected:
        raise IntegrityError(f"{file.name}: expected {expected} ({whose}), got {got}; {cure}")


def _download(file: RemoteFile, url: str, path: Path, show: bool | None) -> None:
    """Fetch one mirror into ``path``, going on where an earlier attempt stopped.

    Raises
    ------
    IntegrityError
        The server sends more than the file can have.
    OSError
        It cannot be reached, answers with something else, or the connection broke too often.
    """
    import pooch  # with requests a third of a second, and most sets are already there
    import requests

    if show is None:
        show = sys.stderr.isatty() or "ipykernel" in sys.modules
    failures = 0
    while True:
        before = _size(path)
        try:
            with open(path, "ab") as content:
                part = _Part(file, url, path, content)
                get = pooch.HTTPDownloader(
                    progressbar=show,
                    chunk_size=CHUNK,
                    timeout=TIMEOUT,
                    headers=part.asks(),
                    hooks={"response": part.begin},
                )
                return get(url, part, None)
        except requests.RequestException as error:
            answer = error.response
            if answer is not None and answer.status_code == 416 and before:
                if answer.headers.get("Content-Range") == f"bytes */{before}":
                    return None  # there is no rest: it was whole
                remove(path)
            elif answer.status_code < 500 if answer is not None else not _size(path):
                raise  # it has no such file, or nobody is there at all: the next mirror
            failures = 0 if _size(path) >= before + ENOUGH else failures + 1
            if failures >= TRIES:
                raise
            time.sleep(min(PAUSE * 2**failures, 5.0))


class _Part:
    """An unfinished download: what is asked of the server, and what pooch writes to.

    It is continued only where the server proves, by ETag or date, that it is the same file.
    """

    def __init__(self, file: RemoteFile, url: str, path: Path, content: BinaryIO):
        self.file, self.url, self.path, self.content = file, url, path, content
        self.size = _size(path)

    def asks(self) -> dict[str, str]:
        """The request's head, which asks for the rest where there is a beginning."""
        head = {"User-Agent": "gansec", "Accept-Encoding": "identity"}
        try:
            url, validator = json.loads(_state(self.path).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError):
            return head
        if self.size and validator and url == self.url:
            head |= {"Range": f"bytes={self.size}-", "If-Range": validator}
        return head

    def begin(self, answer, **_) -> None:
        """Look at the answer's head before any byte of its body is taken (a hook of requests)."""
        if not answer.ok or answer.is_redirect:
            return
        head = answer.headers
        if head.get("Content-Type", "").startswith("text/html"):
            raise OSError("answered with a web page, not the file")
        if answer.status_code != 206:
            self.size = 0
            self.content.truncate(0)
        elif not head.get("Content-Range", "").startswith(f"bytes {self.size}-"):
            raise OSError("answered with another part of the file")
        rest = int(head["Content-Length"]) if "Content-Length" in head else 0
        self._bound(self.size + rest)
        if rest > shutil.disk_usage(self.path.parent).free:
            raise OSError(errno.ENOSPC, f"{rest / 1e9:.1f} GB do not fit on the disk")
        etag = head.get("ETag", "")
        validator = etag if etag.startswith('"') else head.get("Last-Modified", "")
        _state(self.path).write_text(json.dumps([self.url, validator]), encoding="utf-8")

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._bound(self.size)
        self.content.write(chunk)

    def flush(self) -> None:
        self.content.flush()

    def _bound(self, size: int) -> None:
        if size > self.file.megabytes * 1e6:
            raise IntegrityError(
                f"{self.file.name}: {_host(self.url)} sends more than {self.file.megabytes:g} MB, "
                "which the file cannot have; the download was removed"
            )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _state(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _discard(part: Path) -> None:
    remove(part)
    remove(_state(part))


def _put_there(file: RemoteFile, folder: Path, why: str) -> str:
    where = f" (from {file.urls[0]})" if file.urls else ""
    return f"{file.name} could not be downloaded ({why}): put {file.name}{where} into {folder}"


def _host(url: str) -> str:
    return url.split("/")[2] if "://" in url else url
