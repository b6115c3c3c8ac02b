"""What goes wrong with bytes on disks and lines, and what someone changes on purpose."""

from __future__ import annotations

import random
from collections.abc import Sequence

EDGE = 64  # bytes at both ends, where headers, tables and checksums stand
BYTES = (0, 1, 127, 128, 254, 255)
WORDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\xff\xff", b"\xff\xff\0\0")
KINDS = ("flip", "set", "word", "insert", "delete", "cut", "repeat", "splice")


def damaged(data: bytes, rng: random.Random, others: Sequence[bytes] = ()) -> bytes:
    """``data`` after one to four changes, half of them near its beginning or end.

    Parameters
    ----------
    data : bytes
        A valid file.
    rng : random.Random
    others : sequence of bytes
        Valid files of the same kind: the tail of one of them may take the place of this one's.
    """
    for _ in range(rng.randint(1, 4)):
        data = _change(data, rng, others)
    return data


def _change(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    if not data:
        return b"?"
    where = rng.random()
    if where < 0.3:
        at = rng.randrange(min(EDGE, len(data)))
    elif where < 0.5:
        at = len(data) - 1 - rng.randrange(min(EDGE, len(data)))
    else:
        at = rng.randrange(len(data))
    head, tail = data[:at], data[at:]
    kind = rng.choice(KINDS if others else KINDS[:-1])
    if kind == "flip":
        return head + bytes([tail[0] ^ (1 << rng.randrange(8))]) + tail[1:]
    if kind == "set":
        return head + bytes([rng.choice(BYTES)]) + tail[1:]
    if kind == "word":
        return head + rng.choice(WORDS) + tail[4:]
    if kind == "insert":
        return head + rng.randbytes(rng.randint(1, 9)) + tail
    if kind == "delete":
        return head + tail[rng.randint(1, 40) :]
    if kind == "cut":
        return head
    if kind == "repeat":
        length = rng.randint(1, 60)
        return head + tail[:length] * 2 + tail[length:]
    return head + rng.choice(others)[at:]
