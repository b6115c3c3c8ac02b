"""Exercises of lesson 12: medical pipelines."""

from __future__ import annotations

import hashlib
import json

import torch

from gansec_lib.course.check.registry import case, exercise


def _bytes(*shape, seed=1):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


def _mask(*shape, seed=1, share=0.4):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < share


@exercise(
    "12.1",
    title="Dice",
    difficulty=1,
    minutes=5,
    hints=(
        "Twice the common pixels over the pixels of both, for each picture.",
        "torch.where(total == 0, 1.0, 2 * both / total.clamp(min=1)).",
    ),
    cases=lambda: [
        case("not square", _mask(3, 5, 8), _mask(3, 5, 8, seed=2)),
        case("one picture", _mask(1, 4, 4), _mask(1, 4, 4, seed=2)),
        case("nothing in common", _mask(2, 6, 4), ~_mask(2, 6, 4)),
        case("the same", _mask(2, 3, 7), _mask(2, 3, 7)),
        case("both empty", torch.zeros(2, 3, 3).bool(), torch.zeros(2, 3, 3).bool()),
        case("one large, one small", _mask(2, 9, 9, share=0.9), _mask(2, 9, 9, seed=3, share=0.1)),
    ],
    pure=True,
)
def dice(found, truth):
    both, total = (found & truth).flatten(1).sum(1), found.sum((1, 2)) + truth.sum((1, 2))
    return torch.where(total == 0, 1.0, 2 * both / total.clamp(min=1))


def _link(block):
    known = {name: block[name] for name in ("previous", "file", "label")}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _chain(contents):
    blocks, previous = [], "0" * 64
    for number, content in enumerate(contents):
        file = hashlib.sha256(content).hexdigest()
        block = {"previous": previous, "file": file, "label": f"scan {number}"}
        previous = _link(block)
        blocks.append(block | {"hash": previous})
    return blocks


_FILES = [b"first", b"second", b"third", b"fourth"]


def _changed(place, **fields):
    blocks = _chain(_FILES)
    blocks[place] |= fields
    return blocks


def _rehashed(place, **fields):
    """A block changed, with its own hash made right again; the next no longer follows it."""
    blocks = _changed(place, **fields)
    blocks[place]["hash"] = _link(blocks[place])
    return blocks


@exercise(
    "12.2",
    title="which block?",
    difficulty=2,
    minutes=10,
    hints=(
        "For each block: link(block) == block['hash'], previous, SHA-256 of the file.",
        "previous starts as '0' * 64 and becomes block['hash'] at the end of each turn.",
    ),
    cases=lambda: [
        case("nobody touched it", _chain(_FILES), _FILES, expected=None),
        case("one block", _chain(_FILES[:1]), _FILES[:1], expected=None),
        case("no block at all", [], [], expected=None),
        case("a label changed", _changed(2, label="other"), _FILES, expected=2),
        case("the last file changed", _chain(_FILES), [*_FILES[:3], b"other"], expected=3),
        case("changed, its hash made right", _rehashed(1, label="other"), _FILES, expected=2),
        case("the first changed", _rehashed(0, previous="1" * 64), _FILES, expected=0),
        case("the last one's hash", _changed(3, hash="0" * 64), _FILES, expected=3),
    ],
    pure=True,
)
def first_broken(blocks, files):
    previous = "0" * 64
    for place, (block, content) in enumerate(zip(blocks, files, strict=True)):
        known = (_link(block), previous, hashlib.sha256(content).hexdigest())
        if known != (block["hash"], block["previous"], block["file"]):
            return place
        previous = block["hash"]
    return None


@exercise(
    "12.3",
    title="the table",
    difficulty=1,
    minutes=5,
    hints=(
        "places = (p * i + K0[i]) % 256 as long; K0 ⊕ table[places].",
        "p * torch.arange(len(drawn)) + drawn.long().",
    ),
    cases=lambda: [
        case("twelve bytes", _bytes(12), _bytes(256, seed=2), 77),
        case("longer than the table", _bytes(1000), _bytes(256, seed=2), 255),
        case("one byte", _bytes(1), _bytes(256, seed=3), 1),
        case("all 255", torch.full((300,), 255, dtype=torch.uint8), _bytes(256, seed=4), 3),
    ],
    pure=True,
)
def strengthen(drawn, table, p):
    places = (p * torch.arange(len(drawn)) + drawn.long()) % 256
    return drawn ^ table[places]


def _steps(flat):
    return torch.diff(flat, prepend=torch.zeros(1, dtype=torch.uint8))


@exercise(
    "12.4",
    title="find the bug",
    difficulty=2,
    minutes=6,
    hints=(
        "Two things are wrong. One: 0 stands before the first byte, not 128.",
        "Two: mod 256, not clamp: steps.long().cumsum(0) % 256.",
    ),
    cases=lambda: [
        case("large steps", _steps(_bytes(20)), expected=_bytes(20)),
        case("smooth", _steps(_bytes(30) // 16 + 100), expected=_bytes(30) // 16 + 100),
        case("one byte", torch.tensor([200], dtype=torch.uint8)),
        case("black, white, black", torch.tensor([0, 255, 1], dtype=torch.uint8)),
        case("3,000 bytes", _steps(_bytes(3000)), expected=_bytes(3000)),
    ],
    pure=True,
)
def rebuild(steps):
    return (steps.long().cumsum(0) % 256).to(torch.uint8)


def _parts_case(label, height, width):
    rng = torch.Generator().manual_seed(height)
    n = height * width // 4
    orders = torch.stack([torch.randperm(n, generator=rng) for _ in range(4)])
    return case(label, _bytes(height, width), orders, _bytes(4, n, seed=2))


@exercise(
    "12.5",
    title="four ciphers in one",
    difficulty=2,
    minutes=10,
    hints=(
        "For r and c in 0, 1: take picture[r::2, c::2], flatten, [order], + stream, reshape.",
        "Component 2r + c uses orders[2r + c] and streams[2r + c]; uint8 sums wrap by themselves.",
    ),
    cases=lambda: [
        _parts_case("not square", 6, 10),
        _parts_case("one pixel a component", 2, 2),
        _parts_case("one row a component", 2, 8),
        _parts_case("tall", 12, 4),
    ],
    pure=True,
)
def encrypt_parts(picture, orders, streams):
    out = torch.empty_like(picture)
    for number, (order, stream) in enumerate(zip(orders, streams, strict=True)):
        part = (slice(number // 2, None, 2), slice(number % 2, None, 2))
        piece = picture[part]
        out[part] = (piece.flatten()[order] + stream).reshape(piece.shape)
    return out


def _make(inside, salt):
    return hashlib.sha256(inside.numpy().tobytes() + salt).digest()


def _patient_case(label, patient, channels=1, everywhere=False):
    archive = _bytes(5, channels, 4, 6)
    mask = torch.ones(4, 6, dtype=torch.bool) if everywhere else _mask(4, 6)
    victim = _bytes(channels, 4, 6, seed=9) if patient is None else archive[patient]
    session = _make(victim[:, mask], b"salt")
    args = (archive, mask, b"salt", _make, lambda guess: guess == session)
    return case(label, *args, expected=patient)


@exercise(
    "12.6",
    title="whose lungs?",
    difficulty=2,
    minutes=8,
    hints=(
        "For each candidate: the bytes under the mask, the key they make, does it open?",
        "for place, candidate in enumerate(archive): if opens(make(candidate[:, mask], salt)): …",
    ),
    cases=lambda: [
        _patient_case("the fourth", 3),
        _patient_case("the very first", 0),
        _patient_case("the last, in colour", 4, channels=3),
        _patient_case("not in the archive", None),
        _patient_case("the mask is everything", 2, everywhere=True),
    ],
    pure=True,
)
def name_patient(archive, mask, salt, make, opens):
    for place, candidate in enumerate(archive):
        if opens(make(candidate[:, mask], salt)):
            return place
    return None
