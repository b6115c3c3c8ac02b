"""Exercises of lesson 08: chaos and the classical ciphers."""

from __future__ import annotations

import torch

from gansec_lib.course.check.registry import case, exercise


def _bytes(n, seed=1):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, (n,), generator=rng).to(torch.uint8)


def _order(n, seed=1):
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


@exercise(
    "08.1",
    title="an orbit",
    difficulty=1,
    minutes=5,
    hints=(
        "x = r * x * (1 - x), n times; collect each new x.",
        "torch.tensor(states, dtype=torch.float64): float32 forgets half of the digits.",
    ),
    cases=lambda: [
        case("five steps", 0.3, 3.99, 5),
        case("a fixed point", 0.75, 4.0, 4),
        case("not chaotic", 0.2, 2.5, 30),
        case("one step", 0.9, 3.7, 1),
        case("twenty steps: digits matter", 0.123456789012345, 3.999, 20),
    ],
    rtol=1e-8,
    atol=1e-9,
)
def logistic_orbit(x, r, n):
    states = []
    for _ in range(n):
        x = r * x * (1 - x)
        states.append(x)
    return torch.tensor(states, dtype=torch.float64)


@exercise(
    "08.2",
    title="Lyapunov exponent",
    difficulty=1,
    minutes=6,
    hints=(
        "f'(x) = r (1 − 2x) at every state; its absolute value, its logarithm, the mean.",
        "(r * (1 - 2 * orbit)).abs().log().mean().item()",
    ),
    cases=lambda: [
        case("chaos", logistic_orbit(0.3, 3.99, 500), 3.99),
        case("a stable point: negative", logistic_orbit(0.2, 2.5, 200), 2.5),
        case("a circle of three", logistic_orbit(0.3, 3.83, 900)[300:], 3.83),
        case("one state", torch.tensor([0.9], dtype=torch.float64), 4.0),
    ],
    pure=True,
)
def lyapunov(orbit, r):
    return (r * (1 - 2 * orbit)).abs().log().mean().item()


@exercise(
    "08.3",
    title="tail and period",
    difficulty=2,
    minutes=8,
    hints=(
        "seen = {}: at which step was each state first met? The start is step 0.",
        "When x is in seen: tail = seen[x], period = steps so far − seen[x].",
    ),
    cases=lambda: [
        case("a circle of three", lambda x: (x + 1) % 3, 0, expected=(0, 3)),
        case("a tail of two", lambda x: {0: 1, 1: 2, 2: 3, 3: 4, 4: 2}[x], 0, expected=(2, 3)),
        case("a fixed point at once", lambda x: x, 5, expected=(0, 1)),
        case("it dies at zero", lambda x: x // 2, 9, expected=(4, 1)),
        case("squares mod 101", lambda x: x * x % 101, 3),
        case("fractions", lambda x: (3 * x + 0.25) % 1, 0.125),
    ],
)
def tail_and_period(step, x):
    seen = {}
    while x not in seen:
        seen[x] = len(seen)
        x = step(x)
    return seen[x], len(seen) - seen[x]


@exercise(
    "08.4",
    title="undo a permutation",
    difficulty=2,
    minutes=6,
    hints=(
        "flat[order[i]] = moved[i] for every i: write to the places, do not read from them.",
        "flat = torch.empty_like(moved); flat[order] = moved.",
    ),
    cases=lambda: [
        case("three in a circle", _bytes(3), torch.tensor([1, 2, 0])),
        case("twenty bytes", _bytes(20), _order(20)),
        case("nothing moves", _bytes(5), torch.arange(5)),
        case("one byte", _bytes(1), torch.tensor([0])),
        case("equal values", torch.zeros(7, dtype=torch.uint8), _order(7)),
    ],
    pure=True,
)
def undo_order(moved, order):
    flat = torch.empty_like(moved)
    flat[order] = moved
    return flat


@exercise(
    "08.5",
    title="find the bug",
    difficulty=2,
    minutes=8,
    hints=(
        "Two things are wrong. One: what was added was the cipher byte before, not the plain one.",
        "Two: mod 256, not abs. uint8: cipher - stream - torch.cat([zero, cipher[:-1]]).",
    ),
    cases=lambda: [
        case("twelve bytes", _bytes(12), _bytes(12, 2)),
        case("one byte", _bytes(1), _bytes(1, 2)),
        case("the stream is larger", _bytes(9, 3) // 4, _bytes(9, 4) // 4 + 128),
        case("no stream", _bytes(10), torch.zeros(10, dtype=torch.uint8)),
        case("all 255", torch.full((6,), 255, dtype=torch.uint8), _bytes(6)),
    ],
    pure=True,
)
def unchain(cipher, stream):
    before = torch.cat([torch.zeros(1, dtype=torch.uint8), cipher[:-1]])
    return cipher - stream - before


def _digits(places, count):
    return [(places // 256**power % 256).to(torch.uint8) for power in range(count)]


def _digits_case(label, places, count):
    return case(label, _digits(places, count), expected=places)


@exercise(
    "08.6",
    title="where did they go?",
    difficulty=2,
    minutes=8,
    hints=(
        "Each digit as long, times 256 to the power of its place in the list; then the sum.",
        "sum(d.long() * 256**k for k, d in enumerate(digits)).",
    ),
    cases=lambda: [
        _digits_case("one digit", _order(200), 1),
        _digits_case("two digits", _order(3000), 2),
        _digits_case("three digits", 65_000 + 7 * _order(400), 3),
        _digits_case("one place", torch.tensor([513]), 2),
    ],
    pure=True,
)
def places_from(digits):
    return sum(digit.long() * 256**power for power, digit in enumerate(digits))
