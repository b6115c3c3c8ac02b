"""Names of files as text: readable on a page whatever bytes they hold, and pasteable in a shell."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from urllib.parse import unquote_to_bytes

URI = "file://"


def quoted(name: str) -> str:
    r"""A name as a shell takes it: quoted where it must be, with escapes where no quote helps.

    >>> quoted("my pictures"), quoted("plain"), quoted("a\udcff'b")
    ("'my pictures'", 'plain', "$'a\\xff\\'b'")
    """
    if name.isprintable():
        return shlex.quote(name)
    escaped = "".join(
        chr(b)
        if 32 <= b < 127 and chr(b) not in "\\'"
        else f"\\{chr(b)}"
        if b in b"\\'"
        else f"\\x{b:02x}"
        for b in os.fsencode(name)
    )
    return f"$'{escaped}'"


def storable(source: str) -> str:
    r"""A source as a notebook can keep it: a path that is no UTF-8 becomes a ``file:`` address.

    >>> storable("photos"), storable("/tmp/caf\udce9")
    ('photos', 'file:///tmp/caf%E9')
    """
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:
        return Path(source).absolute().as_uri()
    return source


def restored(source: str) -> str:
    r"""The source that ``storable`` was given.

    >>> restored("photos"), restored("file:///tmp/caf%E9")
    ('photos', '/tmp/caf\udce9')
    """
    if not source.startswith(URI):
        return source
    return os.fsdecode(unquote_to_bytes(source.removeprefix(URI)))
