"""Exercises of lesson 13: breaking them."""

from __future__ import annotations

import hmac

import torch

from gansec_lib.course.check.registry import case, exercise
from gansec_lib.errors import IntegrityError


def _bytes(shape, seed=1):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


@exercise(
    "13.1",
    title="two-time pad",
    difficulty=1,
    minutes=4,
    hints=(
        "known ^ known_cipher is the key picture; both pictures share it.",
        "return known ^ known_cipher ^ cipher",
    ),
    cases=lambda: [
        case("a small picture", *(_bytes((1, 1, 3, 4), seed) for seed in (1, 2, 3))),
        case("colour", *(_bytes((2, 3, 2, 2), seed) for seed in (4, 5, 6))),
        case(
            "a black known one",
            _bytes((1, 1, 2, 2)) * 0,
            *(_bytes((1, 1, 2, 2), s) for s in (7, 8)),
        ),
        case("the same picture twice", *(_bytes((1, 1, 2, 3), seed) for seed in (9, 2, 2))),
    ],
    pure=True,
)
def two_time_pad(known, known_cipher, cipher):
    return known ^ known_cipher ^ cipher


class _Receiver:
    """Decrypts c = p ⊕ k for anything but the victim, and only once."""

    def __init__(self, shape, seed):
        self.key, self.plain = _bytes(shape, seed), _bytes(shape, seed + 100)
        self.cipher, self.asked = self.plain ^ self.key, 0

    def __call__(self, other):
        if other.shape != self.cipher.shape or other.dtype != torch.uint8:
            raise ValueError(
                f"decrypt takes uint8 {tuple(self.cipher.shape)}, got {other.dtype} "
                f"{tuple(other.shape)}"
            )
        if torch.equal(other, self.cipher):
            raise ValueError("the receiver refuses the victim's own ciphertext")
        self.asked += 1
        if self.asked > 1:
            raise ValueError("one question is enough; this was the second")
        return other ^ self.key


def _receiver_case(name, shape, seed):
    receiver = _Receiver(shape, seed)
    return case(name, receiver, receiver.cipher.clone(), expected=receiver.plain)


@exercise(
    "13.2",
    title="anything but this one",
    difficulty=2,
    minutes=6,
    hints=(
        "With c = p ⊕ k, a bit flipped in c is the same bit flipped in p.",
        "return decrypt(cipher ^ 1) ^ 1",
    ),
    cases=lambda: [
        _receiver_case("grey", (1, 1, 3, 5), 11),
        _receiver_case("colour", (1, 3, 4, 4), 12),
        _receiver_case("one pixel", (1, 1, 1, 1), 13),
    ],
)
def read_through_receiver(decrypt, cipher):
    return decrypt(cipher ^ 1) ^ 1


@exercise(
    "13.3",
    title="undo a shift",
    difficulty=3,
    minutes=10,
    hints=(
        "The top k bits of y are x's. x = y ^ (x >> k) makes k more bits right each time.",
        "x = y; for _ in range(32 // k + 1): x = y ^ (x >> k)",
    ),
    cases=lambda: [
        case("tempering's last step", 0xDEADBEEF ^ (0xDEADBEEF >> 18), 18),
        case("tempering's first step", 0x12345678 ^ (0x12345678 >> 11), 11),
        case("one bit", 0x80000001 ^ (0x80000001 >> 1), 1),
        case("seven bits", 0xFFFFFFFF ^ (0xFFFFFFFF >> 7), 7),
        case("nothing", 0, 5),
        case("a shift beyond the middle", 0xCAFEBABE ^ (0xCAFEBABE >> 31), 31),
    ],
)
def undo_right_shift(y, k):
    x = y
    for _ in range(32 // k + 1):
        x = y ^ (x >> k)
    return x


def _sum_cipher(picture):
    """A small deterministic cipher (1, C, H, W), to be asked."""
    if picture.ndim != 4 or len(picture) != 1:
        raise ValueError(f"encrypt takes (1, C, H, W), got {tuple(picture.shape)}")
    flat = picture.reshape(-1).long()
    mixed = (flat * 7 + flat.sum() + torch.arange(len(flat))) % 256
    mixed[0] = 7  # ciphers may agree in a byte
    return mixed.to(torch.uint8)


def _which_case(name, count, target, shape=(1, 3, 4)):
    candidates = _bytes((count, *shape), count)
    seen = _sum_cipher(_bytes((1, *shape), 99) if target < 0 else candidates[target : target + 1])
    return case(name, _sum_cipher, seen, candidates, expected=target)


@exercise(
    "13.4",
    title="which one was it?",
    difficulty=1,
    minutes=5,
    hints=(
        "Encrypt candidates[i : i + 1] for each i and compare the whole cipher image.",
        "for i …: if torch.equal(encrypt(candidates[i : i + 1]), seen): return i; else −1.",
    ),
    cases=lambda: [
        _which_case("the first of four", 4, 0),
        _which_case("in the middle", 7, 3),
        _which_case("the last", 5, 4),
        _which_case("none of them", 6, -1),
        _which_case("one candidate, colour", 1, 0, (3, 2, 2)),
    ],
    pure=True,
)
def which(encrypt, seen, candidates):
    for place in range(len(candidates)):
        if torch.equal(encrypt(candidates[place : place + 1]), seen):
            return place
    return -1


def _one_smooth(count, place, seed=3):
    pictures = _bytes((count, 1, 8, 16), seed)
    ramp = torch.arange(16, dtype=torch.uint8).repeat(8, 1) * 9
    pictures[place, 0] = ramp
    return pictures


def _bright_stairs():
    """One bright slope that falls, so that uint8 differences wrap, among coarser noise."""
    pictures = _bytes((3, 1, 8, 16), 5) // 6
    pictures[1, 0] = (250 - 12 * torch.arange(16)).to(torch.uint8)
    return pictures


def _stripes():
    """Standing stripes, then lying ones: both smooth, one of them along the rows."""
    lying = (torch.arange(6) * 40).to(torch.uint8)[:, None].repeat(1, 6)
    return torch.stack([lying.T, lying])[:, None]


@exercise(
    "13.5",
    title="the smoothest",
    difficulty=2,
    minutes=6,
    hints=(
        "Convert to int16, take .diff(dim=-1).abs(), and the mean of each picture.",
        "int(steps.double().mean(dim=(1, 2, 3)).argmin())",
    ),
    cases=lambda: [
        case("a ramp among noise", _one_smooth(5, 3)),
        case("the first one", _one_smooth(4, 0)),
        case("falling brightness: bytes wrap", _bright_stairs()),
        case("stripes that lie, stripes that stand", _stripes()),
    ],
    pure=True,
)
def smoothest(pictures):
    steps = pictures.to(torch.int16).diff(dim=-1).abs().double()
    return int(steps.mean(dim=(1, 2, 3)).argmin())


def _tagged(name, content, change=None, key=b"k" * 32):
    tag = hmac.digest(key, content, "sha256")
    if change == "content":
        return case(name, content + b"!", tag, key)
    if change == "tag":
        return case(name, content, bytes([tag[0] ^ 1]) + tag[1:], key)
    if change == "last byte of the tag":
        return case(name, content, tag[:-1] + bytes([tag[-1] ^ 1]), key)
    if change == "key":
        return case(name, content, tag, b"x" * 32)
    if change == "no tag":
        return case(name, content, b"", key)
    if change == "short tag":
        return case(name, content, tag[:8], key)
    return case(name, content, tag, key)


def _opened_or_refused(answer, content, tag, key):
    try:
        return answer(content, tag, key)
    except IntegrityError:
        return "refused"


@exercise(
    "13.6",
    title="find the bug",
    difficulty=2,
    minutes=8,
    hints=(
        'hmac.digest(key, content, "sha256") is the tag it should have; hmac.compare_digest.',
        "if not hmac.compare_digest(…, tag): raise IntegrityError(…); return content",
    ),
    cases=lambda: [
        _tagged("genuine", b"a ciphertext file"),
        _tagged("genuine and empty", b""),
        _tagged("a byte more", b"a ciphertext file", "content"),
        _tagged("another tag", b"a ciphertext file", "tag"),
        _tagged("its last byte", b"a ciphertext file", "last byte of the tag"),
        _tagged("another key", b"a ciphertext file", "key"),
        _tagged("a cut tag", b"a ciphertext file", "short tag"),
        _tagged("no tag at all", b"a ciphertext file", "no tag"),
    ],
    probe=_opened_or_refused,
)
def opened_if_genuine(content, tag, key):
    if not hmac.compare_digest(hmac.digest(key, content, "sha256"), tag):
        raise IntegrityError("content: its tag is not the one expected; changed, or another key")
    return content
