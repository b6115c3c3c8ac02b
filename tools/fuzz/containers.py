"""Ciphertext files of every cipher of the table: damaged, forged, and mixed with one another.

Half of the cases go through the file, with the checksum repaired as an attacker would do it; the
others hand ``decrypt`` a ``Ciphertext`` built by hand, or a wrong key. A case may open or be
refused with an ``IntegrityError``. A system that calls itself authenticated may hand out nothing
but a batch of pictures that was encrypted for it, whole and in order.

``python -m tools.fuzz.containers --count 20000`` tries these alone.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from gansec_lib import systems
from gansec_lib.ciphers.container import FORMAT, MAGIC
from gansec_lib.errors import GansecError, IntegrityError
from gansec_lib.roles import Cipher, Ciphertext
from tools import fuzz
from tools.fuzz.damage import damaged

COUNT = 20_000
SECONDS = 20.0
KEY = bytes(range(32))
FIXED = struct.Struct(">6sBIBQ")
CHECKSUM = 32
VARIANTS = {  # besides the default of every system
    "plaintext_related": {"plaintext_related": True},
    "no nonce": {"plaintext_related": True, "use_nonce": False},
    "quarter": {"transmit": "quarter", "plaintext_related": True},
    "all": {"region": "all", "seed_from": "random"},
}
MOST = 16_384  # bytes that a shape of somebody's own invention is filled with
SHAPES = (
    *((1024, 1, 1, 1), (256, 1, 1, 1), (300, 1, 1, 1), (1, 1, 1, 16_384), (1, 1, 4096, 1)),
    *((1, 3, 64, 64), (2, 1, 4, 16), (1, 1, 8, 16), (4, 1, 8, 4), (1, 2, 8, 8), (1, 1, 8, 8)),
    *((2**31 - 1, 1, 2**31 - 1, 2**31 - 1), (2**31, 1, 1, 1), (2**16, 1, 2**16, 1)),
    *((1, 1, 2**30, 2), (0, 1, 8, 8), (-2, 1, -8, 8), (2, 1, 8), (2, 1, 8, 8, 1), ()),
)
VALUES = (
    *(None, True, False, -1, 0, 1, 2, 3, 255, 2**31 - 1, 2**31, 2**64, 10**400, -(10**400)),
    *(0.5, 1e308, math.inf, math.nan, "", "x", "8", "-1", "00", "\ud800", "\0", "9" * 5000),
    *([], [[]], [8] * 4, ["8"] * 4, {}, {"a": {"b": []}}, "ab" * 40, "0" * 100_000),
)
PYTHON = (  # what only a hand-built ciphertext can hold
    *(b"", b"x", bytes(12), bytes(16), bytes(300), bytearray(16), object(), (1, 1, 8, 8)),
    *((2.0, 1, 8, 8), (10**5000, 1, 1, 1), torch.zeros(128), torch.zeros(2, 64).byte(), 1j),
    *(torch.zeros(0).byte(), torch.zeros(128).byte(), torch.tensor(3).byte(), {1: 2}, {"a": 1}),
)
SIZES = (
    *("", ",", "8", "8,8", "8,8,8", "1,8,8", "1,8,8,8", "0,0", "1,0,0", "-8,8", "1,-8,-8", "7,8"),
    *("1e1,8", " 8,8", "+8,8", "8_0,8", "٨,8", "99999999999,8", "1,2147483648,1", "9" * 5000),
    *("1,2147483647,2147483647", "2147483647,1", "1,100000,100000", "3,8,8", "2,8,8", "1,8,12"),
)
RAW = (b"[" * 100_000, b'{"a":' * 50_000, b"9" * 5000, b"null", b"\xff\xfe", b"1e999", b"NaN")
BOMB = zlib.compress(bytes(20_000_000), 9).hex()


@dataclass(frozen=True)
class Valid:
    """A cipher, what it made of two pictures, and what it opens that to."""

    label: str
    cipher: Cipher
    made: Ciphertext
    opened: torch.Tensor


def valid(labels: tuple[str, ...] | None = None) -> list[Valid]:
    """Two ciphertexts under one key for every cipher of the table and each of its variants."""
    found = []
    for name, entry in systems.TABLE.items():
        if entry.role != "Cipher":
            continue
        own = systems.get(name).options()
        ways = {"": {}} | {w: o for w, o in VARIANTS.items() if set(o) <= set(own)}
        for way, options in ways.items():
            label = f"{name} {way}".strip()
            if labels is not None and label not in labels:
                continue
            cipher = systems.get(name, **options)
            for seed in (0, 1):
                rng = torch.Generator().manual_seed(seed)
                plain = torch.randint(256, (2, 1, 8, 8), generator=rng).to(torch.uint8)
                made = cipher.encrypt(plain, KEY)
                found.append(Valid(label, cipher, made, cipher.decrypt(made, KEY)))
    return found


def prepare(folder: Path) -> Callable[[random.Random], bool]:
    """Change one of the files in one way, and open it."""
    every = valid()
    return lambda rng: attempt(rng.choice(every), every, rng)


def attempt(one: Valid, every: list[Valid], rng: random.Random) -> bool:
    """One case; True where pictures were handed out, else an ``IntegrityError``."""
    key, kind = KEY, rng.choice(KINDS)
    try:
        if kind is by_hand:
            changed = by_hand(one, every, rng)
        else:
            changed = Ciphertext.from_bytes(kind(one, every, rng))
        opens = one.cipher
        if rng.random() < 0.1:
            opens = rng.choice(every).cipher
        elif rng.random() < 0.1:
            key = bytes([KEY[0] ^ 1]) + KEY[1:]
        pictures = opens.decrypt(changed, key)
    except IntegrityError:
        raise
    except GansecError as error:
        raise AssertionError(f"{kind.__name__}: {type(error).__name__}: {error}") from error
    assert pictures.dtype == torch.uint8, f"{one.label}: {pictures.dtype}"
    assert pictures.ndim == 4, f"{one.label}: {tuple(pictures.shape)}"
    if opens.authenticated:
        alike = (other for other in every if other.cipher.key_name == opens.key_name)
        whole = any(torch.equal(pictures, other.opened) for other in alike)
        assert key == KEY and whole, f"{one.label}: handed out what nobody encrypted"
    return True


# ---------------------------------------------------------------- what happens to a file


def plainly(one: Valid, every: list[Valid], rng: random.Random) -> bytes:
    """Bits, bytes and runs of the file, as they go wrong on a disk."""
    return damaged(one.made.to_bytes(), rng, [rng.choice(every).made.to_bytes()])


def repaired(one: Valid, every: list[Valid], rng: random.Random) -> bytes:
    """The same, with lengths and checksum made to fit."""
    data = plainly(one, every, rng)
    if len(data) < FIXED.size + CHECKSUM:
        return data
    magic, version, header, tag, _ = FIXED.unpack_from(data)
    payload = max(0, len(data) - FIXED.size - CHECKSUM - header - tag)
    return sealed(FIXED.pack(magic, version, header, tag, payload) + data[FIXED.size : -CHECKSUM])


def forged(one: Valid, every: list[Valid], rng: random.Random) -> bytes:
    """Another header: one or two of its fields changed, swapped, doubled or taken out."""
    made, other = one.made, rng.choice(every).made
    header, tag, payload = parts(made)
    found = json.loads(header)
    for _ in range(rng.choice((1, 1, 2))):
        change(found, json.loads(parts(other)[0]), rng)
    if rng.random() < 0.6 and 0 < (size := size_of(found.get("shape"))) <= MOST:
        payload = rng.randbytes(size)  # so that it gets past the check of its size
    text = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
    way = rng.random()
    if way < 0.05:
        text = text[:-1] + b"," + text[1:]  # every field twice
    elif way < 0.1:
        text = text.replace(b'"shape":', b'"shape":[1,1,1,1],"shape":', 1)
    elif way < 0.15:
        at = rng.choice([i + 1 for i, byte in enumerate(text) if byte == ord(":")] or [0])
        text = text[:at] + rng.choice(RAW) + text[at:]
    elif way < 0.2:
        text = json.dumps(found).encode()
    elif way < 0.25:
        text = rng.choice(RAW)
    if rng.random() < 0.1:
        tag = rng.choice((b"", bytes(16), bytes(32), bytes(255), parts(other)[1]))
    return joined(text, tag, payload)


def swapped(one: Valid, every: list[Valid], rng: random.Random) -> bytes:
    """Header, tag and payload, each from one of two valid files."""
    alike = [v for v in every if v.label == one.label] if rng.random() < 0.5 else every
    other = rng.choice(alike)
    pairs = zip(parts(one.made), parts(other.made), strict=True)
    return joined(*(rng.choice(pair) for pair in pairs))


def by_hand(one: Valid, every: list[Valid], rng: random.Random) -> Ciphertext:
    """A ciphertext that no file could hold: a field of any type, from Python."""
    name = rng.choice([field.name for field in fields(Ciphertext)])
    value = rng.choice((*VALUES, *PYTHON, getattr(rng.choice(every).made, name)))
    if name == "extra" and rng.random() < 0.5:
        value = one.made.extra | {rng.choice((*one.made.extra, "more", 5)): value}
    return replace(one.made, **{name: value})


KINDS = (plainly, repaired, repaired, forged, forged, forged, forged, swapped, by_hand, by_hand)


def size_of(shape) -> int:
    """Bytes of a shape; 0 where it is none."""
    sides = shape if isinstance(shape, list) and len(shape) == 4 else [0]
    return math.prod(sides) if all(type(side) is int and side > 0 for side in sides) else 0


def change(found: dict, other: dict, rng: random.Random) -> None:
    """One field of a parsed header changed, in place."""
    name = rng.choice([*found] or ["shape"])
    if name == "extra" and isinstance(found["extra"], dict) and found["extra"]:
        extra = found["extra"]
        inner = rng.choice([*extra])
        text = extra[inner] if isinstance(extra[inner], str) else ""
        ways = (*VALUES, *SIZES, text[:-2], text[2:], text * 2, text.upper(), text[::-1], BOMB)
        extra[inner] = rng.choice((*ways, (other.get("extra") or {}).get(inner, "")))
        if rng.random() < 0.2:
            del extra[inner]
        if rng.random() < 0.1:
            extra[rng.choice(("hashes", "size", "mask", "more"))] = rng.choice((*VALUES, *SIZES))
        return
    if name == "shape" and rng.random() < 0.8:
        shape = list(found["shape"]) if isinstance(found["shape"], list) else [2, 1, 8, 8]
        if shape and rng.random() < 0.4:
            shape[rng.randrange(len(shape))] = rng.choice(VALUES)
        else:
            shape = list(rng.choice(SHAPES))
        found["shape"] = shape
    elif rng.random() < 0.3:
        del found[name]
    elif rng.random() < 0.4 and name in other:
        found[name] = other[name]
    else:
        found[name] = rng.choice(VALUES)


def parts(made: Ciphertext) -> tuple[bytes, bytes, bytes]:
    """Header, tag and payload of its file."""
    data = made.to_bytes()
    start = FIXED.size + FIXED.unpack_from(data)[2]
    tag = start + len(made.tag)
    return data[FIXED.size : start], data[start:tag], data[tag:-CHECKSUM]


def joined(header: bytes, tag: bytes, payload: bytes) -> bytes:
    """A file of these parts, whose lengths and checksum fit."""
    fixed = FIXED.pack(MAGIC, FORMAT, len(header), len(tag), len(payload))
    return sealed(b"".join((fixed, header, tag, payload)))


def sealed(body: bytes) -> bytes:
    """The body with its checksum."""
    return body + hashlib.sha256(body).digest()


def run(count: int = COUNT, seed: int = 0) -> fuzz.Tally:
    """``count`` cases."""
    return fuzz.run("containers", count, seed)


if __name__ == "__main__":
    from tools.fuzz.__main__ import main

    sys.exit(main(["--only", "containers", *sys.argv[1:]]))
