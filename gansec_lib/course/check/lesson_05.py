"""Exercises of lesson 05: what a cipher image looks like."""

from __future__ import annotations

import math

import torch

from gansec_lib.course.check.registry import case, exercise
from gansec_lib.survey.printed import printed


def _bytes(*shape, seed=1, low=0, high=256):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(low, high, shape, generator=rng).to(torch.uint8)


def _pictures():
    """What every figure of this lesson must survive."""
    return [
        ("grey, not square", _bytes(2, 1, 12, 20)),
        ("colour, batch of one", _bytes(1, 3, 9, 7)),
        ("few values", _bytes(3, 1, 16, 8, low=5, high=9)),
    ]


@exercise(
    "05.1",
    title="χ² of a histogram",
    difficulty=1,
    minutes=8,
    hints=(
        "torch.bincount(picture.flatten().long(), minlength=256) counts one picture.",
        "Expected is the number of bytes / 256; then Σ (counts − expected)² / expected, stacked.",
    ),
    cases=lambda: [
        *(case(label, pictures) for label, pictures in _pictures()),
        case("one value only", torch.full((1, 1, 4, 8), 7, dtype=torch.uint8)),
        case("exactly flat", torch.arange(256, dtype=torch.uint8).reshape(1, 1, 8, 32)),
    ],
    pure=True,
)
def chi_square(pictures):
    found = []
    for picture in pictures:
        counts = torch.bincount(picture.flatten().long(), minlength=256).double()
        expected = picture.numel() / 256
        found.append(((counts - expected) ** 2 / expected).sum())
    return torch.stack(found)


@exercise(
    "05.2",
    title="entropy",
    difficulty=1,
    minutes=6,
    hints=(
        "Shares are counts / number of bytes; values that never occur add nothing.",
        "−torch.special.xlogy(share, share).sum(1) / math.log(2), with share of shape (N, 256).",
    ),
    cases=lambda: [
        *(case(label, pictures) for label, pictures in _pictures()),
        case("one value only", torch.full((2, 1, 4, 8), 7, dtype=torch.uint8)),
        case("exactly flat", torch.arange(256, dtype=torch.uint8).reshape(1, 1, 8, 32)),
    ],
    pure=True,
)
def entropy(pictures):
    counts = [torch.bincount(p.flatten().long(), minlength=256) for p in pictures]
    share = torch.stack(counts).double() / pictures[0].numel()
    return -torch.special.xlogy(share, share).sum(1) / math.log(2)


@exercise(
    "05.3",
    title="how large was their picture?",
    difficulty=2,
    minutes=6,
    hints=(
        "H ≈ 8 − 255 / (2 n ln 2): move everything but n to one side.",
        "n = 255 / (2 · ln 2 · (8 − H)).",
    ),
    cases=lambda: [
        case("256 × 256", printed("lsgan_rng", "entropy")),
        case("512 × 512", printed("logistic_henon_sr", "entropy")),
        case("a tiny one", printed("dcgan_blocks", "entropy")),
        case("a poor cipher", printed("[72]", "entropy")),
    ],
)
def bytes_behind(published):
    return 255 / (2 * math.log(2) * (8 - published))


@exercise(
    "05.4",
    title="correlation of neighbours",
    difficulty=2,
    minutes=10,
    hints=(
        "Two views of the same pictures: one without the last rows and columns, one without the "
        "first. Convert to double, take each channel's own mean away.",
        "r = Σ xy / √(Σ x² Σ y²) over the flattened places, x and y with their means removed.",
    ),
    cases=lambda: [
        case("grey, to the right", _bytes(2, 1, 12, 20), 0, 1),
        case("colour, downwards", _bytes(1, 3, 9, 7), 1, 0),
        case("diagonally, not square", _bytes(2, 3, 5, 11), 1, 1),
        case("two steps", _bytes(1, 1, 8, 8), 0, 2),
        case("a ramp", torch.arange(60, dtype=torch.uint8).reshape(1, 1, 6, 10), 1, 0),
        case("few values", _bytes(3, 1, 16, 8, low=100, high=104), 0, 1),
    ],
    pure=True,
)
def correlation(pictures, down, right):
    height, width = pictures.shape[2:]
    first = pictures[:, :, : height - down, : width - right].flatten(2).double()
    second = pictures[:, :, down:, right:].flatten(2).double()
    first = first - first.mean(2, keepdim=True)
    second = second - second.mean(2, keepdim=True)
    scale = (first.square().sum(2) * second.square().sum(2)).sqrt()
    return (first * second).sum(2) / scale


@exercise(
    "05.5",
    title="find the bug",
    difficulty=2,
    minutes=8,
    hints=(
        "Two things are wrong. One: uint8 arithmetic wraps around at 256, in − and in **2.",
        "Two: the peak of a byte is 255, not the brightest pixel that happens to be there.",
    ),
    cases=lambda: [
        case("colour, not square", _bytes(2, 3, 6, 9), _bytes(2, 3, 6, 9, seed=2)),
        case("grey, batch of one", _bytes(1, 1, 5, 4), _bytes(1, 1, 5, 4, seed=2)),
        case("dark pictures", _bytes(2, 1, 6, 6, high=40), _bytes(2, 1, 6, 6, seed=3, high=40)),
        case("black against white", torch.zeros(1, 1, 3, 4, dtype=torch.uint8),
             torch.full((1, 1, 3, 4), 255, dtype=torch.uint8)),
        case("16 apart: 16² is 0 in uint8", torch.full((1, 1, 3, 4), 16, dtype=torch.uint8),
             torch.zeros(1, 1, 3, 4, dtype=torch.uint8)),
        case("equal pictures", _bytes(1, 1, 5, 4), _bytes(1, 1, 5, 4)),
    ],
    atol=1e-4,
    pure=True,
)  # fmt: skip
def psnr(plain, cipher):
    error = (plain.double() - cipher.double()).square().mean(dim=(1, 2, 3))
    return 10 * torch.log10(255**2 / error)


def _one_smooth(rows, columns, smooth, seed=1):
    candidates = _bytes(rows, columns, seed=seed)
    candidates[smooth] = 120 + (torch.arange(columns) % 16).to(torch.uint8)
    return candidates


@exercise(
    "05.6",
    title="know a picture when you see one",
    difficulty=2,
    minutes=8,
    hints=(
        "Differences of neighbours along the second axis, in a type that can be negative.",
        "candidates.to(torch.int16).diff(dim=1).abs().float().mean(dim=1).argmin(), as an int.",
    ),
    cases=lambda: [
        case("the last of five", _one_smooth(5, 40, 4)),
        case("the first of three", _one_smooth(3, 64, 0)),
        case("one candidate", _one_smooth(1, 8, 0)),
        case("a falling row: the differences are negative",
             torch.stack([torch.arange(90, 50, -1).to(torch.uint8), _bytes(40)])),
        case("small steps up and down against one flat row with a jump",
             torch.tensor([[9, 0, 9, 0, 9, 0], [0, 0, 0, 40, 40, 40]], dtype=torch.uint8)),
    ],
    pure=True,
)  # fmt: skip
def smoothest(candidates):
    steps = candidates.to(torch.int16).diff(dim=1).abs().float().mean(dim=1)
    return int(steps.argmin())
