"""The tests that count ones, runs and steps of a walk: SP 800-22 §2.1–2.4 and 2.13–2.15."""

from __future__ import annotations

import math

import numpy as np

from gansec_lib.metrics.randomness.bits import (
    TestResult,
    TooShort,
    chi_square,
    erfc,
    gamma_q,
    take,
)

# Longest run of ones: block length -> least class, largest class, probabilities as NIST's code has
LONGEST = {
    8: (1, 4, (55 / 256, 94 / 256, 59 / 256, 48 / 256)),
    128: (4, 9, (0.1174035788, 0.242955959, 0.249363483, 0.17517706, 0.102701071, 0.112398847)),
    10_000: (10, 16, (0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727)),
}
EXCURSIONS = (-4, -3, -2, -1, 1, 2, 3, 4)
VARIANT = tuple(x for x in range(-9, 10) if x)


def frequency(bits, *, strict: bool = True) -> TestResult:
    """Are there as many ones as zeros?  SP 800-22 §2.1.

    p = erfc(|S| / √(2n)), S the sum of the bits taken as ±1.

    Parameters
    ----------
    bits : as ``to_bits`` takes them
    strict : bool
        Refuse what is shorter than the standard recommends; False for its toy examples.

    Raises
    ------
    TooShort
    """
    b = take(bits, 100, "frequency", strict)
    n, total = len(b), 2 * int(np.count_nonzero(b)) - len(b)
    return TestResult(
        "frequency", (erfc(abs(total) / math.sqrt(2 * n)),), statistic={"sum": float(total)}
    )


def block_frequency(bits, *, block: int = 128, strict: bool = True) -> TestResult:
    """The same in blocks of ``block`` bits.  SP 800-22 §2.2; χ² = 4 M Σ (π − ½)²."""
    from gansec_lib.metrics.randomness.kernels import row_sums

    b = take(bits, 100, "block_frequency", strict, block)
    count = len(b) // block
    ones = row_sums(b[: count * block].reshape(count, block))
    chi = 4 * block * float(((ones / block - 0.5) ** 2).sum())
    words = f"{count} blocks of {block}"
    p = gamma_q(count / 2, chi / 2)
    return TestResult("block_frequency", (p,), statistic={"chi_square": chi}, convention=words)


def runs(bits, *, strict: bool = True) -> TestResult:
    """Do the bits change too often or too rarely?  SP 800-22 §2.3.

    Where the share of ones is off by 2/√n or more the standard sets p = 0.
    """
    b = take(bits, 100, "runs", strict, 2)
    n = len(b)
    share = int(np.count_nonzero(b)) / n
    found = int(np.count_nonzero(b[1:] != b[:-1])) + 1
    if abs(share - 0.5) >= 2 / math.sqrt(n):
        p, words = 0.0, "the frequency test fails already"
    else:
        spread = 2 * math.sqrt(2 * n) * share * (1 - share)
        p, words = erfc(abs(found - 2 * n * share * (1 - share)) / spread), ""
    return TestResult("runs", (p,), statistic={"runs": float(found)}, convention=words)


def longest_run(bits, *, block: int | None = None, strict: bool = True) -> TestResult:
    """The longest run of ones in each block.  SP 800-22 §2.4."""
    from gansec_lib.metrics.randomness.kernels import longest_runs

    b = take(bits, 128, "longest_run", strict, block or 8)
    n = len(b)
    block = block or (8 if n < 6272 else 128 if n < 750_000 else 10_000)
    if block not in LONGEST:
        raise TooShort(f"block: longest_run: expected one of {list(LONGEST)}, got {block}")
    low, high, chances = LONGEST[block]
    count = n // block
    longest = np.clip(longest_runs(b, block, count), low, high)
    seen = np.bincount(longest - low, minlength=len(chances))
    chi = chi_square(seen, count * np.array(chances))
    p = gamma_q((len(chances) - 1) / 2, chi / 2)
    words = f"{count} blocks of {block}"
    return TestResult("longest_run", (p,), statistic={"chi_square": chi}, convention=words)


def cumulative_sums(bits, *, strict: bool = True) -> TestResult:
    """How far does the walk of ±1 steps stray, forwards and backwards?  SP 800-22 §2.13."""
    from gansec_lib.metrics.randomness.kernels import walk_extent

    b = take(bits, 100, "cumulative_sums", strict)
    extents = walk_extent(b)
    p = tuple(_walk_p(int(z), len(b)) for z in extents)
    statistic = {"forward": float(extents[0]), "backward": float(extents[1])}
    return TestResult("cumulative_sums", p, ("forward", "backward"), statistic)


def _walk_p(z: int, n: int) -> float:
    """p of the largest |partial sum| z; the sums' limits truncate to zero as NIST's code does."""
    from scipy.special import ndtr

    root = math.sqrt(n)
    k = np.arange(int((-n / z + 1) / 4), int((n / z - 1) / 4) + 1)
    first = (ndtr((4 * k + 1) * z / root) - ndtr((4 * k - 1) * z / root)).sum()
    k = np.arange(int((-n / z - 3) / 4), int((n / z - 1) / 4) + 1)
    second = (ndtr((4 * k + 3) * z / root) - ndtr((4 * k + 1) * z / root)).sum()
    return float(min(1.0, max(0.0, 1 - first + second)))


def random_excursions(bits, *, strict: bool = True) -> TestResult:
    """How often does each cycle of the walk visit −4 … 4?  SP 800-22 §2.14.

    Raises
    ------
    TooShort
        Also where the walk returns to zero in fewer than max(500, 0.005 √n) cycles: about a third
        of random sequences of 10⁶ bits have no p-value here.
    """
    from gansec_lib.metrics.randomness.kernels import excursions

    b = take(bits, 1_000_000, "random_excursions", strict)
    cycles, visits, _ = excursions(b)
    _enough_cycles(cycles, len(b), "random_excursions", strict)
    p, chis = [], {}
    for row, state in zip(visits, EXCURSIONS, strict=True):
        chi = chi_square(row, cycles * np.array(_visit_chances(abs(state))))
        p.append(gamma_q(2.5, chi / 2))
        chis[f"chi_square {state:+d}"] = chi
    labels = tuple(f"x = {state:+d}" for state in EXCURSIONS)
    return TestResult("random_excursions", tuple(p), labels, chis, f"{cycles} cycles")


def random_excursions_variant(bits, *, strict: bool = True) -> TestResult:
    """How often is each of −9 … 9 visited in all?  SP 800-22 §2.15; refusals as in §2.14."""
    from gansec_lib.metrics.randomness.kernels import excursions

    b = take(bits, 1_000_000, "random_excursions_variant", strict)
    cycles, _, totals = excursions(b)
    _enough_cycles(cycles, len(b), "random_excursions_variant", strict)
    p = tuple(
        erfc(abs(int(totals[x + 9]) - cycles) / math.sqrt(2 * cycles * (4 * abs(x) - 2)))
        for x in VARIANT
    )
    labels = tuple(f"x = {x:+d}" for x in VARIANT)
    statistic = {f"visits {x:+d}": float(totals[x + 9]) for x in VARIANT}
    return TestResult("random_excursions_variant", p, labels, statistic, f"{cycles} cycles")


def _visit_chances(x: int) -> list[float]:
    """Chance that a cycle visits a state at distance x 0, 1, 2, 3, 4, or 5 and more times."""
    stay = 1 - 1 / (2 * x)
    middle = [1 / (4 * x * x) * stay ** (k - 1) for k in range(1, 5)]
    return [stay, *middle, 1 / (2 * x) * stay**4]


def _enough_cycles(cycles: int, n: int, name: str, strict: bool) -> None:
    wanted = max(500.0, 0.005 * math.sqrt(n))
    if strict and cycles < wanted:
        raise TooShort(
            f"bits: {name}: the walk returns to zero in {cycles} cycles, "
            f"SP 800-22 asks for {wanted:.0f} or more"
        )
