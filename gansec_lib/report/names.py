"""Names of files as text: readable on a page whatever bytes they hold, and pasteable in a shell."""

from __future__ import annotations

import os
import shlex


def printable(name: str) -> str:
    r"""A file's name with every character that cannot be printed as an escape.

    Linux allows any byte but / and NUL in a name. Python keeps bytes that are no UTF-8 as lone
    surrogates, which no file and no page can hold.

    >>> printable("a\udcffb\n")
    'a\\xffb\\n'
    >>> printable("Größe $5 <b>")
    'Größe $5 <b>'
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


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
