"""The tests that look for linear structure: SP 800-22 §2.5 (rank), 2.6 (spectrum), 2.10."""

from __future__ import annotations

import math
import threading
from functools import lru_cache

import numpy as np

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.randomness.bits import TestResult, chi_square, erfc, gamma_q, take

# Classes of linear complexity; the first is 1/96, which the standard's text and code round wrongly
NIST_CLASSES = (0.01047, 0.03125, 0.125, 0.5, 0.25, 0.0625, 0.020833)
AT_ONCE = 32  # rows or columns of the long transform: half a megabyte at 10⁶ bits
_KEPT = threading.local()
EXACT_CLASSES = (1 / 96, 1 / 32, 1 / 8, 1 / 2, 1 / 4, 1 / 16, 1 / 48)


def rank(bits, *, size: int = 32, chances=None, strict: bool = True) -> TestResult:
    """Are square matrices of bits as independent as they should be?  SP 800-22 §2.5.

    Parameters
    ----------
    size : int
        Rows and columns, 2 to 32. (Zeros around a matrix leave its rank, so all become 32 × 32.)
    chances : three floats, optional
        Of full rank, one less, and any other; exact for ``size`` when left out.
    """
    from gansec_lib.metrics.randomness.kernels import matrix_ranks

    if not 2 <= size <= 32:
        raise ParameterError(f"size: rank: expected 2 to 32 rows, got {size}")
    b = take(bits, 38 * size * size, "rank", strict, size * size)
    count = len(b) // size**2
    matrices = b[: count * size**2].reshape(count, size, size)
    if size < 32:
        matrices = np.pad(matrices, ((0, 0), (0, 32 - size), (0, 32 - size)))
    words = np.packbits(matrices.reshape(-1)).view(">u4").astype(np.uint32)
    ranks = matrix_ranks(words, count)
    full, less = int(ranks[size]), int(ranks[size - 1])
    if chances is None:
        chances = [_rank_chance(size, size), _rank_chance(size - 1, size)]
        chances.append(1 - sum(chances))
    chi = chi_square((full, less, count - full - less), count * np.array(chances))
    statistic = {"chi_square": chi, "full": float(full), "one less": float(less)}
    words_ = f"{count} matrices of {size} × {size}"
    return TestResult("rank", (math.exp(-chi / 2),), statistic=statistic, convention=words_)


def _rank_chance(r: int, size: int) -> float:
    """Chance that a random square matrix over GF(2) has rank ``r``."""
    chance = 2.0 ** (r * (2 * size - r) - size * size)
    for i in range(r):
        chance *= (1 - 2.0 ** (i - size)) ** 2 / (1 - 2.0 ** (i - r))
    return chance


def dft(bits, *, strict: bool = True) -> TestResult:
    """Are there periodic parts?  SP 800-22 §2.6, discrete Fourier transform.

    Of the first n/2 moduli 95 % should stay below √(n ln 20). (The worked examples §2.6.4 and
    §2.6.8 count their peaks wrongly; the formula gives p = 0.468160 and 0.646355.)
    """
    b = take(bits, 1000, "dft", strict, 4)
    n = len(b)
    below = _below(b, math.log(20) * n)
    expected = 0.95 * n / 2
    d = (below - expected) / math.sqrt(n * 0.95 * 0.05 / 4)
    statistic = {"below": float(below), "expected": expected, "d": d}
    return TestResult("dft", (erfc(abs(d) / math.sqrt(2)),), statistic=statistic)


def _below(bits: np.ndarray, limit: float) -> int:
    """How many of the first n/2 values |DFT|² of the bits as ±1 stay below ``limit``.

    A long sequence of n = p · q bits is laid out in p rows (Cooley and Tukey): short transforms
    along the columns, a turn of each value, short transforms along the rows. Each step stays in
    the processor's caches. Row k₁ then holds the frequencies k₁ + p k₂, and as a real signal's
    spectrum is symmetric the first p/2 rows tell everything.
    """
    from scipy.fft import fft, rfft

    n = len(bits)
    p = _rows(n)
    if not p:
        spectrum = rfft(2.0 * bits - 1.0)[: n // 2]
        return int(np.count_nonzero(spectrum.real**2 + spectrum.imag**2 < limit))
    q, half, turns = n // p, p // 2, _turns(p, n // p)
    table, turned = bits.reshape(p, q), _space(turns.shape)
    for first in range(0, q, AT_ONCE):
        part = np.s_[:, first : first + AT_ONCE]
        np.multiply(rfft(2.0 * table[part] - 1.0, axis=0), turns[part], out=turned[part])
    below = 0
    for first in range(0, half + 1, AT_ONCE):
        spectrum = fft(turned[first : first + AT_ONCE], axis=1, overwrite_x=True)
        inside = spectrum.real**2 + spectrum.imag**2 < limit
        # Rows 0 and p/2 hold both halves of their frequencies, the others one of each pair.
        for edge in {0, half} & set(range(first, first + len(inside))):
            inside[edge - first] &= edge + p * np.arange(q) < n // 2
        below += int(np.count_nonzero(inside))
    return below


def _rows(n: int) -> int:
    """An even divisor of n near its root; 0 where there is none or n is small."""
    root = math.isqrt(n)
    near = range(root, root // 4, -1) if n >= 1 << 16 else ()
    return next((p for p in near if n % p == 0 and p % 2 == 0), 0)


@lru_cache(maxsize=1)
def _turns(p: int, q: int) -> np.ndarray:
    """exp(−2πi k c / (p q)), complex (p/2 + 1, q)."""
    return np.exp(-2j * np.pi / (p * q) * np.outer(np.arange(p // 2 + 1), np.arange(q)))


def _space(shape: tuple[int, int]) -> np.ndarray:
    """Complex room of this thread's own, kept: fresh pages would cost as much as a transform."""
    held = getattr(_KEPT, "space", None)
    if held is None or held.shape != shape:
        held = _KEPT.space = np.empty(shape, complex)
    return held


def linear_complexity(
    bits, *, block: int = 500, corrected: bool = False, strict: bool = True
) -> TestResult:
    """How long is the shortest shift register for each block?  SP 800-22 §2.10.

    Berlekamp and Massey's algorithm on 64-bit words, one block a bit.

    Parameters
    ----------
    block : int
        M, 500 to 5000 bits; any number from 4 on where not ``strict``.
    corrected : bool
        The exact chance 1/96 of the lowest class in place of the standard's 0.01047.
    """
    from gansec_lib.metrics.randomness.kernels import complexities

    low, high = (500, 5000) if strict else (4, 5000)
    if not low <= block <= high:
        raise ParameterError(f"block: linear_complexity: expected {low} to {high}, got {block}")
    b = take(bits, max(1_000_000, 200 * block), "linear_complexity", strict, block)
    count = len(b) // block
    found = complexities(b, block, count)
    sign = 1 if block % 2 == 0 else -1
    mean = block / 2 + (9 - sign) / 36 - (block / 3 + 2 / 9) / 2.0**block
    deviation = sign * (found - mean) + 2 / 9
    classes = np.digitize(deviation, (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5), right=True)
    seen = np.bincount(classes, minlength=7)
    chances = EXACT_CLASSES if corrected else NIST_CLASSES
    chi = chi_square(seen, count * np.array(chances))
    statistic = {"chi_square": chi, "mean complexity": float(found.mean())}
    words = f"{count} blocks of {block}, {'exact' if corrected else 'NIST'} chances"
    return TestResult(
        "linear_complexity", (gamma_q(3, chi / 2),), statistic=statistic, convention=words
    )
