"""The tests that look for words in the bits: SP 800-22 §2.7–2.9, 2.11 and 2.12."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.randomness.bits import TestResult, chi_square, erfc, gamma_q, take

# Maurer's test: word length -> (mean, variance) of log2 distances, as the standard's table has
UNIVERSAL = {
    1: (0.7326495, 0.690), 2: (1.5374383, 1.338), 3: (2.4016068, 1.901), 4: (3.3112247, 2.358),
    5: (4.2534266, 2.705), 6: (5.2177052, 2.954), 7: (6.1962507, 3.125), 8: (7.1836656, 3.238),
    9: (8.1764248, 3.311), 10: (9.1723243, 3.356), 11: (10.170032, 3.384), 12: (11.168765, 3.401),
    13: (12.168070, 3.410), 14: (13.167693, 3.416), 15: (14.167488, 3.419), 16: (15.167379, 3.421),
}  # fmt: skip
UNIVERSAL_LEAST = {
    6: 387_840, 7: 904_960, 8: 2_068_480, 9: 4_654_080, 10: 10_342_400, 11: 22_753_280,
    12: 49_643_520, 13: 107_560_960, 14: 231_669_760, 15: 496_435_200, 16: 1_059_061_760,
}  # fmt: skip


@lru_cache(maxsize=8)
def aperiodic(length: int) -> tuple[int, ...]:
    """All words of ``length`` bits that cannot overlap themselves; 148 for 9 bits.

    >>> aperiodic(3), len(aperiodic(9))
    ((1, 3, 4, 6), 148)
    """
    words = range(1 << length)
    return tuple(
        word
        for word in words
        if all(word >> k != word & ((1 << (length - k)) - 1) for k in range(1, length))
    )


def non_overlapping(
    bits, *, length: int = 9, blocks: int = 8, template: str | None = None, strict: bool = True
) -> TestResult:
    """How often does each aperiodic word occur?  SP 800-22 §2.7; one p-value a template.

    Such a word cannot overlap itself, so counting it without overlaps is counting it at all: one
    histogram of the windows of each block answers every template at once.

    Parameters
    ----------
    template : str of 0 and 1, optional
        Only this one, periodic or not; its length counts.
    """
    from gansec_lib.metrics.randomness.kernels import count_template, window_histograms

    length = len(template) if template else length
    if not 2 <= length <= 16:
        raise ParameterError(f"length: expected 2 to 16 bits, got {length}")
    # Five expected hits a block, so that the normal approximation holds (ours)
    least = blocks * (5 * 2**length + length - 1)
    b = take(bits, least, "non_overlapping", strict, blocks * length)
    size = len(b) // blocks
    mean = (size - length + 1) / 2**length
    variance = size * (1 / 2**length - (2 * length - 1) / 2 ** (2 * length))
    if template:
        words = (int(template, 2),)
        hits = count_template(b, length, size, blocks, words[0])[:, None]
    else:
        words = aperiodic(length)
        hits = window_histograms(b, length, size, blocks)[:, np.array(words)]
    chi = ((hits - mean) ** 2 / variance).sum(0)
    p = tuple(gamma_q(blocks / 2, chi / 2).tolist())
    labels = tuple(f"{word:0{length}b}" for word in words)
    said = f"{blocks} blocks of {size}, {len(words)} templates of {length} bits"
    return TestResult("non_overlapping", p, labels, {"largest chi_square": float(chi.max())}, said)


def overlapping(
    bits,
    *,
    length: int = 9,
    block: int = 1032,
    chances=None,
    corrected: bool = False,
    strict: bool = True,
) -> TestResult:
    """How often do ``length`` ones in a row occur, overlaps counted?  SP 800-22 §2.8.

    Parameters
    ----------
    corrected : bool
        NIST's code takes the classes' chances from an approximation; True takes the exact ones
        (a walk over all states of the run), which moves p visibly.
    chances : six floats, optional
        Chances of 0, 1, 2, 3, 4, and 5 or more occurrences in a block.
    """
    from gansec_lib.metrics.randomness.kernels import overlapping_counts

    b = take(bits, 1_000_000, "overlapping", strict, block)
    count = len(b) // block
    if chances is None:
        chances = (_exact_overlaps if corrected else _nist_overlaps)(length, block)
    seen = overlapping_counts(b, length, block, count, 5)
    chi = chi_square(seen, count * np.asarray(chances, float))
    words = f"{count} blocks of {block}, {length} ones, {'exact' if corrected else 'NIST'} chances"
    return TestResult(
        "overlapping", (gamma_q(2.5, chi / 2),), statistic={"chi_square": chi}, convention=words
    )


@lru_cache(maxsize=16)
def _nist_overlaps(length: int, block: int) -> tuple[float, ...]:
    """The chances of NIST's code: compound Poisson, η = (M − m + 1) / 2^(m+1)."""
    eta = (block - length + 1) / 2 ** (length + 1)

    def chance(u: int) -> float:
        if u == 0:
            return math.exp(-eta)
        return sum(
            math.exp(-eta - u * math.log(2) + k * math.log(eta) - math.lgamma(k + 1))
            * math.comb(u - 1, k - 1)
            for k in range(1, u + 1)
        )

    first = tuple(chance(u) for u in range(5))
    return (*first, 1 - sum(first))


@lru_cache(maxsize=16)
def _exact_overlaps(length: int, block: int) -> tuple[float, ...]:
    """The true chances, by following run length and number of hits bit by bit."""
    state = np.zeros((length + 1, 6))  # run of ones so far (length: at least so many) × hits
    state[0, 0] = 1
    for _ in range(block):
        after = np.zeros_like(state)
        after[0] = state.sum(0) / 2
        after[1:length] = state[: length - 1] / 2
        full = (state[length - 1] + state[length]) / 2
        after[length, 1:] = full[:-1]
        after[length, 5] += full[5]
        state = after
    return tuple(state.sum(0).tolist())


def universal(
    bits,
    *,
    length: int | None = None,
    start: int | None = None,
    plain_sigma: bool = False,
    strict: bool = True,
) -> TestResult:
    """How far back did each word last occur (Maurer)?  SP 800-22 §2.9.

    Parameters
    ----------
    length : int, optional
        Word length L; by the standard's table from the number of bits.
    start : int, optional
        Words that only fill the table, 10 · 2^L.
    plain_sigma : bool
        σ = √variance without the correction factor, as the worked example §2.9.4 has it.
    """
    from gansec_lib.metrics.randomness.kernels import word_distances

    b = take(bits, UNIVERSAL_LEAST[6], "universal", strict)
    if length is None:
        length = max([size for size, least in UNIVERSAL_LEAST.items() if len(b) >= least] or [5])
    if length not in UNIVERSAL:
        raise ParameterError(f"length: expected 1 to 16, got {length}")
    start = 10 * 2**length if start is None else start
    count = len(b) // length - start
    b = take(b, 0, "universal", False, (start + 1) * length)
    value = word_distances(b, length, start, count) / count
    mean, variance = UNIVERSAL[length]
    factor = 0.7 - 0.8 / length + (4 + 32 / length) * count ** (-3 / length) / 15
    sigma = math.sqrt(variance) if plain_sigma else factor * math.sqrt(variance / count)
    p = erfc(abs(value - mean) / (math.sqrt(2) * sigma))
    words = f"{count} words of {length} bits after {start}"
    return TestResult("universal", (p,), statistic={"fn": float(value)}, convention=words)


def serial(bits, *, length: int | None = None, strict: bool = True) -> TestResult:
    """Is every word of ``length`` bits as frequent as any other?  SP 800-22 §2.11.

    Parameters
    ----------
    length : int, optional
        m, below ⌊log₂ n⌋ − 2; 16 or, for fewer bits, the most that holds.
    """
    b, length = _with_length(bits, length, 16, 2, "serial", strict)
    n = len(b)
    psi = [
        len(counts) / n * float((counts.astype(float) ** 2).sum()) - n
        for counts in _word_counts(b, length, 3)
    ]
    first, second = psi[0] - psi[1], psi[0] - 2 * psi[1] + psi[2]
    p = (gamma_q(2 ** (length - 2), first / 2), gamma_q(2 ** (length - 3), second / 2))
    statistic = {"first difference": first, "second difference": second}
    return TestResult("serial", p, ("first", "second"), statistic, f"words of {length} bits")


def approximate_entropy(bits, *, length: int | None = None, strict: bool = True) -> TestResult:
    """Does the next bit follow from the ``length`` before?  SP 800-22 §2.12.

    χ² = 2 n (ln 2 − ApEn); m is below ⌊log₂ n⌋ − 5, and 10 at most when left out.

    The p-value is the standard's, and it holds for long sequences only. With m = 10 and 10⁵ bits a
    word occurs 98 times on average, χ² is still a little too large, and the p-values of random
    sequences have a mean of 0.466 instead of 0.5. A single sequence is not accused more often than
    alpha says (p < 0.01 in about 1 % of 6,000), but the uniformity of a few thousand such p-values
    would be rejected. In 300 sequences of 10⁶ bits nothing of it was seen.
    """
    b, length = _with_length(bits, length, 10, 5, "approximate_entropy", strict)
    n = len(b)
    phi = []
    for counts in _word_counts(b, length + 1, 2):
        share = counts[counts > 0] / n
        phi.append(float((share * np.log(share)).sum()))
    entropy = phi[1] - phi[0]
    chi = 2 * n * (math.log(2) - entropy)
    p = gamma_q(2 ** (length - 1), chi / 2)
    statistic = {"ApEn": entropy, "chi_square": chi}
    return TestResult(
        "approximate_entropy", (p,), statistic=statistic, convention=f"words of {length} bits"
    )


def _with_length(bits, length, most: int, margin: int, name: str, strict: bool):
    """The bits and the word length m < ⌊log₂ n⌋ − margin."""
    b = take(bits, 2 ** (margin + 3), name, strict, 3)
    limit = int(math.log2(len(b))) - margin - 1
    if length is None:
        length = max(2, min(most, limit))
    if not 2 <= length <= 24:
        raise ParameterError(f"length: {name}: expected 2 to 24 bits, got {length}")
    take(b, 2 ** (length + margin + 1), name, strict, 3)
    return b, length


def _word_counts(b: np.ndarray, length: int, how_many: int) -> list[np.ndarray]:
    """Circular counts of the words of ``length`` bits, and of one, two … bits less.

    A word of one bit less is two words of this length, so the shorter counts are sums of pairs.
    """
    from gansec_lib.metrics.randomness.kernels import window_histogram

    found = [window_histogram(b, length)]
    while len(found) < how_many:
        found.append(found[-1][0::2] + found[-1][1::2])
    return found
