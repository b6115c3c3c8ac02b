"""Exercises of lesson 00, start here."""

from __future__ import annotations

import hashlib

import torch

from gansec_lib.course.check.registry import case, exercise, value


def pictures(*shape: int, step: int = 37) -> torch.Tensor:
    """uint8 pictures in which no row, column or channel is like another."""
    return (torch.arange(torch.Size(shape).numel()) * step % 251).reshape(shape).to(torch.uint8)


@exercise(
    "00.1",
    title="the negative",
    difficulty=1,
    minutes=3,
    hints=(
        "Black is 0 and white is 255; the two change places.",
        "`255 - images` keeps uint8 and touches every pixel at once.",
    ),
    cases=lambda: [
        case("two in colour, not square", pictures(2, 3, 5, 7)),
        case("one in grey", pictures(1, 1, 4, 6)),
        case("all black", torch.zeros(1, 3, 2, 3, dtype=torch.uint8)),
        case("all white", torch.full((1, 1, 3, 2), 255, dtype=torch.uint8)),
    ],
    pure=True,
)
def invert(images):
    """The negative of uint8 pictures (N, C, H, W)."""
    return 255 - images


@exercise(
    "00.2",
    title="count the bytes",
    difficulty=2,
    minutes=5,
    hints=(
        "`torch.bincount` counts numbers in one long row; `images.flatten()` makes that row.",
        "Without `minlength=256` the counts end at the largest byte that occurs.",
    ),
    cases=lambda: [
        case("two in colour, not square", pictures(2, 3, 5, 7)),
        case("one in grey, dark: no byte above 9", pictures(1, 1, 4, 6) % 10),
        case("all white", torch.full((1, 1, 3, 2), 255, dtype=torch.uint8)),
        case("all black", torch.zeros(2, 1, 3, 2, dtype=torch.uint8)),
    ],
)
def count_bytes(images):
    """How often each byte value occurs, int64 (256,)."""
    return torch.bincount(images.flatten().long(), minlength=256)


value(
    "00.3",
    "nothing",
    title="a wrong key",
    difficulty=1,
    minutes=2,
    hints=(
        "Run the two cells above once more and read what each cipher handed out.",
        "AES-GCM checks a tag before it hands out a single byte.",
    ),
    explain="An authenticated cipher refuses: it hands out nothing at all. One that is not "
    "authenticated gives noise, and lets you take the noise for a picture.",
)


@exercise(
    "00.4",
    title="read without the key",
    difficulty=2,
    minutes=5,
    hints=(
        "Write down cipher_a ^ cipher_b with what each of them is. What cancels?",
        "(a ^ s) ^ (b ^ s) is a ^ b. One more ^ with a leaves b.",
    ),
    cases=lambda: [
        _two_time_pad("grey, not square", 1, 1, 5, 7),
        _two_time_pad("two in colour", 2, 3, 4, 6),
        _two_time_pad("one pixel", 1, 1, 1, 1),
    ],
)
def read_other(cipher_a, cipher_b, plain_a):
    """Picture b, from two ciphers under one keystream and picture a."""
    return cipher_a ^ cipher_b ^ plain_a


def _two_time_pad(label, *shape):
    plain_a, plain_b, stream = (pictures(*shape, step=step) for step in (37, 91, 143))
    return case(label, plain_a ^ stream, plain_b ^ stream, plain_a)


def _how_it_behaves(keystream, key, nonce, n):
    """What ``keystream`` does with one bit changed here and there."""
    first = keystream(key, nonce, n)
    if first is None:
        return None
    flipped_key = bytes([key[0] ^ 1]) + key[1:]
    flipped_nonce = nonce[:-1] + bytes([nonce[-1] ^ 1])
    return {
        "shape": tuple(first.shape),
        "dtype": str(first.dtype),
        "the same again": bool((keystream(key, nonce, n) == first).all()),
        "other key, other bytes": bool((keystream(flipped_key, nonce, n) != first).any()),
        "other nonce, other bytes": bool((keystream(key, flipped_nonce, n) != first).any()),
        "byte values that occur": len(set(first.tolist())) if n > 10_000 else "",
    }


@exercise(
    "00.5",
    title="find the bug",
    difficulty=3,
    minutes=8,
    hints=(
        "Print what goes into `shake_256` for two different nonces.",
        "`bytes(len(nonce))` is a row of zeros, as long as the nonce: put the nonce itself there.",
    ),
    cases=lambda: [
        case("short", bytes(range(32)), bytes(range(12)), 100),
        case("a key and a nonce of zeros", bytes(32), bytes(12), 64),
        case("long", bytes(range(32)), bytes(12), 20_000),
    ],
    probe=_how_it_behaves,
)
def keystream(key, nonce, n):
    """n bytes that depend on every bit of the key and of the nonce, uint8 (n,)."""
    stream = hashlib.shake_256(key + nonce).digest(n)
    return torch.tensor(list(stream), dtype=torch.uint8)
