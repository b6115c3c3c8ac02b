"""Exercises of lesson 11: whole ciphers around a GAN key."""

from __future__ import annotations

import torch

from gansec_lib.course.check.registry import case, exercise


def _bytes(*shape, seed=1):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


_IDENTITY = torch.arange(256).to(torch.uint8)


def _box(seed=5):
    return torch.randperm(256, generator=torch.Generator().manual_seed(seed)).to(torch.uint8)


def _stream(height, width, seed=1):
    return _bytes(8 * height + 4 * width + 2 + height * width, seed=seed)


def _equal_words(height, width):
    return torch.full((8 * height + 4 * width + 2 + height * width,), 7, dtype=torch.uint8)


@exercise(
    "11.1",
    title="the schedule",
    difficulty=2,
    minutes=10,
    hints=(
        "split([4H, 4W, 4H, 2, HW]); rows and columns are argsorts, the shifts are not.",
        "piece.reshape(-1, 4).long() @ 256 ** torch.arange(4) makes numbers, low byte first.",
    ),
    cases=lambda: [
        case("not square", _stream(5, 9), 5, 9),
        case("one row", _stream(1, 6), 1, 6),
        case("one column", _stream(7, 1), 7, 1),
        case("large numbers: the high byte counts most", _stream(40, 3, 8), 40, 3),
        case("all numbers equal: the order stays", _equal_words(20, 30), 20, 30),
    ],
    pure=True,
)
def schedule(stream, height, width):
    sizes = [4 * height, 4 * width, 4 * height, 2, height * width]
    *pieces, starts, keys = stream.split(sizes)
    powers = 256 ** torch.arange(4)
    rows, columns, shifts = (piece.reshape(-1, 4).long() @ powers for piece in pieces)
    return rows.argsort(stable=True), columns.argsort(stable=True), shifts % width, starts, keys


def _sweep(flat, key, before, box):
    out, c, box = [], int(before), box.tolist()
    for p, k in zip(flat.tolist(), key.tolist(), strict=True):
        c = (p + k) % 256 ^ box[c]
        out.append(c)
    return torch.tensor(out, dtype=torch.uint8)


def _converge_cases(given):
    return lambda: [
        case("twelve bytes", *given(12, _box())),
        case("an odd number", *given(13, _box())),
        case("two bytes", *given(2, _box())),
        case("three bytes", *given(3, _box(6))),
        case("c itself fed back", *given(20, _IDENTITY)),
    ]


@exercise(
    "11.2",
    title="converge",
    difficulty=3,
    minutes=15,
    hints=(
        "Four sweeps: left in, right in, left out, right out. Flip bytes, key and result together.",
        "The third starts from right[0] after the second, the fourth from left[0] after the third.",
        "The ways out use mirrored = key.flip(0): mirrored[:half], then mirrored[half:].",
    ),
    cases=_converge_cases(lambda n, box: (_bytes(n), _bytes(n, seed=2), _bytes(2, seed=3), box)),
    pure=True,
)
def converge(flat, key, starts, box):
    half, mirrored = len(flat) // 2, key.flip(0)
    left = _sweep(flat[:half], key[:half], starts[0], box)
    right = _sweep(flat[half:].flip(0), key[half:].flip(0), starts[1], box).flip(0)
    left = _sweep(left.flip(0), mirrored[:half].flip(0), right[0], box).flip(0)
    right = _sweep(right, mirrored[half:], left[0], box)
    return torch.cat([left, right])


def _unsweep(cipher, key, before, box):
    back = torch.cat([before.reshape(1), cipher[:-1]])
    return (cipher ^ box[back.long()]) - key


@exercise(
    "11.3",
    title="find the bug",
    difficulty=2,
    minutes=10,
    hints=(
        "Two things are wrong. One: the right half was swept last, so it is undone first.",
        "Two: on the way in the right half's key ran backwards: key[half:].flip(0).",
    ),
    cases=_converge_cases(
        lambda n, box: (_bytes(n, seed=4), _bytes(n, seed=2), _bytes(2, seed=3), box)
    ),
    pure=True,
)
def unconverge(cipher, key, starts, box):
    half, mirrored = len(cipher) // 2, key.flip(0)
    left, right = cipher[:half], cipher[half:]
    right = _unsweep(right, mirrored[half:], left[0], box)
    left = _unsweep(left.flip(0), mirrored[:half].flip(0), right[0], box).flip(0)
    left = _unsweep(left, key[:half], starts[0], box)
    right = _unsweep(right.flip(0), key[half:].flip(0), starts[1], box).flip(0)
    return torch.cat([left, right])


def _neural(width, seed):
    weights, box = _bytes(width, width, seed=seed).long(), _box(seed)
    return lambda x, k: box[(x.long() @ weights.T + k.long()) % 256]


@exercise(
    "11.4",
    title="all the way back",
    difficulty=2,
    minutes=10,
    hints=(
        "From the last round to the first; the chunks are b1 ⊕ F, b2, b3 ⊕ F, b0 in this order.",
        "b1, b2, b3, b0 = blocks.chunk(4, -1); then b1 ^ f(b0, first) is the old b1 again.",
    ),
    cases=lambda: [
        case("eight rounds", _bytes(3, 16), _neural(4, 1), _bytes(8, 2, 4, seed=2)),
        case("one round", _bytes(2, 8), _neural(2, 2), _bytes(1, 2, 2, seed=3)),
        case("one block", _bytes(12, seed=9), _neural(3, 3), _bytes(3, 2, 3, seed=4)),
        case("F that forgets its input", _bytes(2, 4), lambda x, k: x * 0 + k, _bytes(5, 2, 1)),
        case("batch of batches", _bytes(2, 3, 8), _neural(2, 4), _bytes(4, 2, 2, seed=6)),
    ],
    pure=True,
)
def unrounds(blocks, f, keys):
    for first, second in keys.flip(0):
        b1, b2, b3, b0 = blocks.chunk(4, dim=-1)
        blocks = torch.cat([b0, b1 ^ f(b0, first), b2, b3 ^ f(b2, second)], dim=-1)
    return blocks


@exercise(
    "11.5",
    title="the chain, both ways",
    difficulty=2,
    minutes=10,
    hints=(
        "Forwards: ((tiles.long() + keys.long()).cumsum(0) % 256).to(torch.uint8).",
        "Backwards: tiles minus (zeros, then tiles[:-1]) minus keys; the tiles are the cipher's.",
    ),
    cases=lambda: [
        case("six tiles", _bytes(6, 4, 4), _bytes(6, 4, 4, seed=2)),
        case("six tiles, back", _bytes(6, 4, 4), _bytes(6, 4, 4, seed=2), back=True),
        case("one tile", _bytes(1, 3, 3), _bytes(1, 3, 3, seed=2)),
        case("one tile, back", _bytes(1, 3, 3), _bytes(1, 3, 3, seed=2), back=True),
        case("300 tiles of one byte", _bytes(300, 1, 1), _bytes(300, 1, 1, seed=2)),
        case("no key, back", _bytes(5, 2, 2), torch.zeros(5, 2, 2, dtype=torch.uint8), back=True),
    ],
    pure=True,
)
def block_chain(tiles, keys, back=False):
    if back:
        return tiles - torch.cat([torch.zeros_like(tiles[:1]), tiles[:-1]]) - keys
    return ((tiles.long() + keys.long()).cumsum(0) % 256).to(torch.uint8)


@exercise(
    "11.6",
    title="minus the keys",
    difficulty=2,
    minutes=8,
    hints=(
        "gap = one - other: the keys cancel, the chain does not.",
        "Undo the chain of the gap with keys of zero: gap minus the gap tile before.",
    ),
    cases=lambda: [
        case("six tiles", _bytes(6, 4, 4), _bytes(6, 4, 4, seed=2)),
        case("one tile", _bytes(1, 3, 3), _bytes(1, 3, 3, seed=2)),
        case("the same picture twice", _bytes(4, 2, 2), _bytes(4, 2, 2)),
        case("many tiles", _bytes(200, 1, 1), _bytes(200, 1, 1, seed=2)),
    ],
    pure=True,
)
def minus_keys(one, other):
    gap = one - other
    return block_chain(gap, torch.zeros_like(gap), back=True)
