"""Exercises of lesson 06: avalanche."""

from __future__ import annotations

from statistics import NormalDist

import torch

from gansec_lib.course.check.registry import case, exercise
from gansec_lib.scorecards.measuring import flip_key_bit


def _bytes(*shape, seed=1, low=0, high=256):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(low, high, shape, generator=rng).to(torch.uint8)


def _pairs():
    """What NPCR and UACI must survive."""
    black = torch.zeros(1, 1, 3, 5, dtype=torch.uint8)
    colour = _bytes(2, 3, 6, 9)
    few = colour.clone()
    few[0, 1, 2, 3] ^= 1
    return [
        ("noise, colour, not square", colour, _bytes(2, 3, 6, 9, seed=2)),
        ("grey, batch of one", _bytes(1, 1, 7, 4), _bytes(1, 1, 7, 4, seed=2)),
        ("black against white", black, black + 255),
        ("white against black", black + 255, black),
        ("one bit in the first of two pictures", colour, few),
        ("equal pictures", colour, colour.clone()),
    ]


@exercise(
    "06.1",
    title="NPCR",
    difficulty=1,
    minutes=5,
    hints=(
        "(first != second) is a bool picture; its mean is a share.",
        "100 * (first != second).double().mean(dim=(1, 2, 3)).",
    ),
    cases=lambda: [case(*one) for one in _pairs()],
    pure=True,
)
def npcr(first, second):
    return 100 * (first != second).double().mean(dim=(1, 2, 3))


@exercise(
    "06.2",
    title="find the bug",
    difficulty=2,
    minutes=6,
    hints=(
        "Two things are wrong. One: uint8 subtraction wraps around, and a distance has no sign.",
        "Two: the largest distance of two bytes is 255, not 256.",
    ),
    cases=lambda: [case(*one) for one in _pairs()],
    pure=True,
)
def uaci(first, second):
    return 100 * (first.double() - second.double()).abs().mean(dim=(1, 2, 3)) / 255


@exercise(
    "06.3",
    title="the lowest NPCR that chance allows",
    difficulty=2,
    minutes=8,
    hints=(
        "mean − z·σ, with mean = 100 · 255/256 and z the (1 − alpha) quantile of a normal.",
        "σ = 100/256 · √(255/n); z = NormalDist().inv_cdf(1 − alpha).",
    ),
    cases=lambda: [
        case("256 × 256 at 5 %", 65536, 0.05, expected=99.5693),
        case("64 × 64 at 5 %", 4096, 0.05, expected=99.4491),
        case("512 × 512 at 0.1 %", 262144, 0.001, expected=99.5717),
        case("colour, 48 × 80 at 1 %", 48 * 80 * 3, 0.01),
    ],
    rtol=0,
    atol=6e-5,
)
def lowest_npcr(n, alpha=0.05):
    sigma = 100 / 256 * (255 / n) ** 0.5
    return 100 * 255 / 256 - NormalDist().inv_cdf(1 - alpha) * sigma


@exercise(
    "06.4",
    title="flip a key bit",
    difficulty=1,
    minutes=6,
    hints=(
        "changed = bytearray(key) is a copy that can be written to.",
        "changed[bit // 8] ^= 1 << bit % 8; return bytes(changed).",
    ),
    cases=lambda: [
        case("the lowest bit", b"\x00\x00", 0, expected=b"\x01\x00"),
        case("the highest bit of the first byte", b"\x00\x00", 7, expected=b"\x80\x00"),
        case("the lowest bit of the second byte", b"\x01\x01", 8, expected=b"\x01\x00"),
        case("the very last bit", bytes(range(32)), 255),
        case("one byte of ones", b"\xff", 3, expected=b"\xf7"),
    ],
)
def flip_bit(key, bit):
    changed = bytearray(key)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _first_byte(plain, key):
    return plain ^ key[0]


def _even_bits(plain, key):
    """Even bits of the key only, and only in the last pixel."""
    out = plain.clone()
    for place, byte in enumerate(key):
        out.view(-1)[-1] ^= (byte & 0x55) >> (place % 2)
    return out


def _all_bits(plain, key):
    out = plain.clone().view(-1)
    for place, byte in enumerate(key):
        out[place % len(out)] ^= byte
    return out.reshape(plain.shape)


@exercise(
    "06.5",
    title="bits that do something",
    difficulty=2,
    minutes=8,
    hints=(
        "before = cipher(plain, key); for every bit: is cipher(plain, flip_bit(key, bit)) another?",
        "sum(not torch.equal(before, cipher(plain, flip_bit(key, bit))) for bit in range(…)).",
    ),
    cases=lambda: [
        case("only the first byte is used", _first_byte, _bytes(1, 1, 3, 4), bytes(range(4))),
        case("every second bit, in one pixel", _even_bits, _bytes(1, 3, 5, 2), bytes(range(3))),
        case("every bit", _all_bits, _bytes(1, 1, 6, 6), bytes(range(16))),
        case("a key of one byte, a picture of one pixel", _first_byte, _bytes(1, 1, 1, 1), b"k"),
    ],
)
def living_bits(cipher, plain, key):
    before = cipher(plain, key)
    return sum(
        not torch.equal(before, cipher(plain, flip_key_bit(key, bit)))
        for bit in range(8 * len(key))
    )


def _keyless_pass(flat):
    """A small public pass that is not linear, undone."""
    past = torch.cat([torch.zeros(1, dtype=torch.uint8), flat[:-1]])
    return flat - past * past


def _undo(cipher):
    return _keyless_pass(cipher.reshape(-1)).reshape(cipher.shape)


def _machine(plain, seed):
    """A cipher image whose passes ``_undo`` takes away."""
    mixed = (plain ^ _bytes(*plain.shape, seed=seed)).reshape(-1).clone()
    for i in range(1, len(mixed)):
        mixed[i] += mixed[i - 1] * mixed[i - 1]
    return mixed.reshape(plain.shape)


def _read(shape, seed):
    plain = _bytes(*shape, seed=seed + 10)
    black = torch.zeros_like(plain)
    return (_machine(plain, seed), _machine(black, seed), _undo), plain


def _read_case(label, shape, seed):
    args, plain = _read(shape, seed)
    return case(label, *args, expected=plain)


@exercise(
    "06.6",
    title="one chosen picture",
    difficulty=3,
    minutes=10,
    hints=(
        "undo(victim) is plain ⊕ keystream, undo(black) is the keystream itself.",
        "undo(victim) ^ undo(black): the keystream cancels.",
    ),
    cases=lambda: [
        _read_case("grey, not square", (1, 1, 6, 9), 1),
        _read_case("colour", (1, 3, 4, 5), 2),
        _read_case("one pixel", (1, 1, 1, 1), 3),
    ],
    pure=True,
)
def read_picture(victim, black, undo):
    return undo(victim) ^ undo(black)
