"""Exercises of lesson 07: is it random?"""

from __future__ import annotations

import math

import torch

from gansec_lib.course.check.registry import case, exercise


def _bits(text: str) -> torch.Tensor:
    return torch.tensor([int(bit) for bit in text], dtype=torch.uint8)


def _random(n, seed=1, share=0.5):
    rng = torch.Generator().manual_seed(seed)
    return (torch.rand(n, generator=rng) < share).to(torch.uint8)


@exercise(
    "07.1",
    title="frequency",
    difficulty=1,
    minutes=6,
    hints=(
        "S is the sum of 2·b − 1: as many ones as zeros give 0.",
        "math.erfc(abs(S) / math.sqrt(2 * n)), S as a float.",
    ),
    cases=lambda: [
        case("the standard's example", _bits("1011010101"), expected=0.527089),
        case("balanced", _bits("01" * 20)),
        case("a bent coin", _random(500, share=0.45)),
        case("more zeros than ones", _bits("0001000100")),
        case("all ones", _bits("1" * 30)),
    ],
    rtol=2e-6,
    pure=True,
)
def frequency(bits):
    total = (2 * bits.double() - 1).sum().item()
    return math.erfc(abs(total) / math.sqrt(2 * len(bits)))


@exercise(
    "07.2",
    title="runs",
    difficulty=2,
    minutes=8,
    hints=(
        "Two steps: 0.0 where |π − ½| ≥ 2/√n; else V = 1 + the number of changes.",
        "math.erfc(abs(V − 2nπ(1−π)) / (2 · √(2n) · π(1−π))).",
    ),
    cases=lambda: [
        case("the standard's example", _bits("1001101011"), expected=0.147232),
        case("ordinary bits", _random(400)),
        case("a slightly bent coin", _random(600, 2, 0.47)),
        case("all ones: no runs to count", _bits("1" * 40), expected=0.0),
        case("far too many ones", _random(900, 3, 0.7), expected=0.0),
        case("flips every time", _bits("01" * 30)),
    ],
    rtol=2e-6,
    pure=True,
)
def runs(bits):
    n = len(bits)
    share = bits.double().mean().item()
    if abs(share - 0.5) >= 2 / math.sqrt(n):
        return 0.0
    count = 1 + (bits[1:] != bits[:-1]).sum().item()
    spread = share * (1 - share)
    return math.erfc(abs(count - 2 * n * spread) / (2 * math.sqrt(2 * n) * spread))


def _matrix(*rows):
    return torch.tensor([[bit == "1" for bit in row] for row in rows])


@exercise(
    "07.3",
    title="find the bug",
    difficulty=2,
    minutes=10,
    hints=(
        "It looks for a 1 in this column only in the next row. Look in all rows below.",
        "below = rows[rank:, column].nonzero(); swap that row up, eliminate below it, rank += 1.",
    ),
    cases=lambda: [
        case("the identity", torch.eye(5, dtype=torch.bool)),
        case("rows in another order", _matrix("01", "10")),
        case("the third row is the ⊕ of two", _matrix("0110", "1011", "1101")),
        case("nothing", torch.zeros(3, 4, dtype=torch.bool)),
        case("wide, not square", _random(60, 5).bool().reshape(4, 15)),
        case("tall, not square", _random(60, 6).bool().reshape(15, 4)),
        case("1 + 1 + 1 over GF(2): rank 2, not 3", _matrix("110", "011", "101")),
        case("16 × 16", _random(256, 7).bool().reshape(16, 16)),
    ],
    pure=True,
)
def rank(matrix):
    rows, found = matrix.clone(), 0
    for column in range(rows.shape[1]):
        below = rows[found:, column].nonzero().flatten()
        if not len(below):
            continue
        pivot = found + int(below[0])
        rows[[found, pivot]] = rows[[pivot, found]]
        rows[found + 1 :] ^= rows[found + 1 :, column : column + 1] & rows[found]
        found += 1
        if found == len(rows):
            break
    return found


@exercise(
    "07.4",
    title="how many must pass?",
    difficulty=1,
    minutes=5,
    hints=(
        "The share is (1 − alpha) − 3 √(alpha (1 − alpha) / m).",
        "math.ceil(m * share): a whole number, and at least that.",
    ),
    cases=lambda: [
        case("100 sequences", 100, expected=97),
        case("1000 sequences", 1000, expected=981),
        case("at another level", 100, 0.05),
        case("20 sequences", 20),
        case("one sequence", 1),
    ],
)
def least_passing(m, alpha=0.01):
    share = (1 - alpha) - 3 * math.sqrt(alpha * (1 - alpha) / m)
    return math.ceil(m * share)


def _register(rule, start, n):
    bits = list(start)
    while len(bits) < n:
        bits.append(sum(c & bits[-1 - j] for j, c in enumerate(rule)) & 1)
    return bits


FOUR = [0, 0, 1, 1]  # x⁴ + x + 1: each bit from the third and fourth before it


@exercise(
    "07.5",
    title="Berlekamp–Massey",
    difficulty=3,
    minutes=15,
    hints=(
        "The copy of c is taken before c changes, and the test 2L ≤ i uses the old L.",
        "c[j + i - m] ^= b[j] for every j that stays inside the list; then, if 2L ≤ i: "
        "L, b, m = i + 1 - L, copy, i. Return c[1 : L + 1].",
    ),
    cases=lambda: [
        case("a register of four", _register(FOUR, [1, 0, 0, 0], 30), expected=FOUR),
        case("alternating", [0, 1] * 8, expected=[0, 1]),
        case("ones only", [1] * 10, expected=[1]),
        case("zeros only", [0] * 10, expected=[]),
        case("zeros first", _register(FOUR, [0, 0, 0, 1], 20), expected=FOUR),
        case("a longer one", _register([0, 1, 0, 0, 1, 0, 1], [1, 1, 0, 1, 0, 0, 1], 40)),
        case("ordinary bits", _random(64, 9).tolist()),
    ],
    pure=True,
)
def shortest_rule(bits):
    n, length, m = len(bits), 0, -1
    c, b = [1] + [0] * n, [1] + [0] * n
    for i in range(n):
        wrong = bits[i]
        for j in range(1, length + 1):
            wrong ^= c[j] & bits[i - j]
        if not wrong:
            continue
        kept = c[:]
        for j in range(n + 1 - (i - m)):
            c[j + i - m] ^= b[j]
        if 2 * length <= i:
            length, b, m = i + 1 - length, kept, i
    return c[1 : length + 1]


@exercise(
    "07.6",
    title="predict",
    difficulty=2,
    minutes=8,
    hints=(
        "The next bit is the ⊕ of bits[-1 - j] for every j with rule[j] = 1; append it, go on.",
        "Return the new bits only: bits[len(known):].",
    ),
    cases=lambda: [
        case("a register of four", FOUR, [1, 0, 0, 0], 26,
             expected=_register(FOUR, [1, 0, 0, 0], 30)[4:]),
        case("more known bits than the rule needs", FOUR, _register(FOUR, [1, 0, 0, 0], 17), 9),
        case("alternating", [0, 1], [0, 1, 0], 5, expected=[1, 0, 1, 0, 1]),
        case("not symmetric", [1, 0, 0, 1, 0], [1, 1, 0, 1, 0], 40),
        case("nothing asked", [1], [1, 1], 0, expected=[]),
    ],
    pure=True,
)  # fmt: skip
def predict(rule, known, n):
    places = [-1 - j for j, c in enumerate(rule) if c]
    bits = list(known)
    for _ in range(n):
        bits.append(sum(bits[place] for place in places) & 1)
    return bits[len(known) :]
