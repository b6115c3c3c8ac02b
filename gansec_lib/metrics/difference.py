"""How far two cipher images differ: NPCR, UACI, bit errors.

Images are uint8 ``(N, C, H, W)``. Counts are judged by the binomial law, which is exact for any
number of bytes; UACI is a mean of many gaps and is judged by the normal law.
"""

from __future__ import annotations

import math
from collections import Counter
from hashlib import blake2b

import torch

from gansec_lib.metrics.checks import binomial_interval, check_pair, tail_z, tails
from gansec_lib.metrics.metric import Metric, with_verdict
from gansec_lib.metrics.uniformity import LEVELS, histogram

CHANGED = 255 / 256  # chance that two independent uniform bytes differ
NPCR_IDEAL = 100.0 * CHANGED  # 99.609375 %
UACI_IDEAL = 100.0 * 257 / (3 * 256)  # 33.463542 %
SHARED = (LEVELS**2 - 4) / (10 * (LEVELS**2 + 2))  # correlation of |a − b| and |a − c|: 0.09999


def pair_counts(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Bytes that differ and the sum of their gaps, for each pair of pictures: int64 (N, 2)."""
    check_pair(first, second)
    one, two = first.flatten(1), second.flatten(1)
    if not (one.is_cuda or two.is_cuda):
        from gansec_lib.metrics.kernels import pair_counts as counted

        return torch.from_numpy(counted(one.contiguous().numpy(), two.contiguous().numpy()))
    gap = (one.to(torch.int16) - two.to(torch.int16)).abs_()
    return torch.stack([(gap != 0).sum(1), gap.sum(1, dtype=torch.int64)], 1)


def npcr_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Share of bytes that differ, in percent, float64 (N,).  [S] Table 4.

    >>> black = torch.zeros(1, 1, 2, 3, dtype=torch.uint8)
    >>> npcr_values(black, black + 1), uaci_values(black, black + 255)
    (tensor([100.], dtype=torch.float64), tensor([100.], dtype=torch.float64))
    """
    return 100.0 * pair_counts(first, second)[:, 0].to(torch.float64) / first[0].numel()


def uaci_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference over 255, in percent, float64 (N,).  [S] Table 4."""
    return 100.0 * pair_counts(first, second)[:, 1].to(torch.float64) / (255.0 * first[0].numel())


def npcr_critical(n: int, alpha: float = 0.05, side: str = "one") -> tuple[float, float]:
    """Where the NPCR of ``n`` bytes of two independent uniform pictures lies, in percent.

    The number of changed bytes is binomial with chance 255/256, and these are its exact quantiles.
    One-sided asks for too few changes, as Wu, Noonan, Agaian (2011) do; two-sided also catches
    values too good to be true. The values that their paper prints come from a normal law instead,
    which lies too high: at 5 % an ideal cipher falls below theirs in 8.4 % of 768-byte pictures.

    >>> [round(v, 4) for v in npcr_critical(256 * 256)]
    [99.5682, 100.0]
    """
    low, high = binomial_interval(n, CHANGED, alpha, side)
    return 100.0 * low / n, 100.0 * high / n


def uaci_critical(
    n: int, alpha: float = 0.05, side: str = "two", design_effect: float = 1.0
) -> tuple[float, float]:
    """Where the UACI of ``n`` bytes of two independent uniform pictures lies, in percent.

    Wu, Noonan, Agaian 2011: mean (F+2)/(3F+3), variance (F+2)(F²+2F+3)/(18 (F+1)² F n), F = 255.
    ``design_effect`` multiplies the variance where pairs share pictures.

    >>> [round(v, 4) for v in uaci_critical(256 * 256)]
    [33.2824, 33.6447]
    """
    variance = design_effect * 257 * (255**2 + 2 * 255 + 3) / (18 * 256**2 * 255 * n)
    return _normal(UACI_IDEAL, 100 * math.sqrt(variance), alpha, side)


def design_effect(first: torch.Tensor, second: torch.Tensor) -> float:
    """By how much pictures that occur in several pairs raise the variance of the mean UACI.

    One cipher image is often compared with several others, and a picture with many bytes near 0
    or 255 is far from all of them. With L = 256 levels and independent uniform a, b, c

        E[|a − b| | a] = (a² − (L − 1) a) / L + (L − 1) / 2,
        Cov(|a − b|, |a − c|) = Var E[|a − b| | a] = (L² − 1)(L² − 4) / (180 L²),
        Var |a − b| = (L² − 1)(L² + 2) / (18 L²),

    so two pairs with one common picture correlate by ρ = (L² − 4) / (10 (L² + 2)) = 0.09999. The
    mean over k pairs that all share one has 1 + ρ (k − 1) times the variance of k separate pairs.
    Bytes that change or do not are independent even then, hence NPCR needs no such factor.

    >>> noise = torch.randint(256, (5, 1, 9, 7), dtype=torch.uint8)
    >>> round(design_effect(noise[:1].repeat(4, 1, 1, 1), noise[1:]), 4)
    1.3
    """
    check_pair(first, second)
    uses = Counter(
        blake2b(picture.numpy()).digest()
        for side in (first, second)
        for picture in side.detach().cpu().contiguous()
    )
    return 1 + SHARED * sum(count * (count - 1) for count in uses.values()) / len(first)


def npcr(
    first: torch.Tensor,
    second: torch.Tensor,
    alpha: float = 0.05,
    side: str = "one",
    name: str = "npcr",
    setting: str = "",
) -> Metric:
    """NPCR over the bytes of all pairs, judged by the exact binomial law for that many bytes.

    Parameters
    ----------
    first, second : uint8 (N, C, H, W)
        Cipher images that an ideal cipher would make independent of each other.
    alpha : float
        The chance that an ideal cipher falls outside the interval.
    side : {"one", "two"}
        Whether only too few changes count against the cipher, or too many as well.
    name, setting : str
        The metric's name, and what was changed, in words.
    """
    changed, n = pair_counts(first, second)[:, 0], first.numel()
    low, high = npcr_critical(n, alpha, side)
    words = _pooled_words(100.0 * changed * len(first) / n, n, side, alpha, setting)
    return with_verdict(name, 100.0 * int(changed.sum()) / n, NPCR_IDEAL, low, high, words, "%")


def uaci(
    first: torch.Tensor,
    second: torch.Tensor,
    alpha: float = 0.05,
    side: str = "two",
    name: str = "uaci",
    setting: str = "",
) -> Metric:
    """UACI over the bytes of all pairs, judged by the normal law for that many bytes.

    Pictures that occur in several pairs are noticed, and the interval is widened for them
    (:func:`design_effect`). The parameters are those of :func:`npcr`.
    """
    value, n = uaci_values(first, second), first.numel()
    effect = design_effect(first, second)
    low, high = uaci_critical(n, alpha, side, effect)
    words = _pooled_words(value, n, side, alpha, setting)
    if effect > 1:
        words += f"; pairs share pictures: variance × {effect:.3g}"
    return with_verdict(name, value.mean().item(), UACI_IDEAL, low, high, words, "%")


def bit_error_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Share of bits that differ, 0 to 1, float64 (N,).

    >>> black = torch.zeros(1, 1, 2, 3, dtype=torch.uint8)
    >>> bit_error_values(black, black + 3).item()
    0.25
    """
    return _bit_errors(first, second).to(torch.float64) / (8 * first[0].numel())


def bit_error_rate(
    first: torch.Tensor, second: torch.Tensor, alpha: float = 0.05, name: str = "bit_error_rate"
) -> Metric:
    """Share of all bits that differ; for unrelated pictures their number is binomial around ½."""
    bits = 8 * first.numel()
    value = int(_bit_errors(first, second).sum()) / bits
    low, high = binomial_interval(bits, 0.5, alpha)
    words = f"all {bits} bits; two-sided at {alpha:g}"
    return with_verdict(name, value, 0.5, low / bits, high / bits, words)


def _bit_errors(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Number of bits that differ, int64 (N,)."""
    check_pair(first, second)
    ones = torch.tensor([value.bit_count() for value in range(LEVELS)], device=first.device)
    return (histogram(first ^ second) * ones).sum(1)


def _normal(mean: float, sd: float, alpha: float, side: str) -> tuple[float, float]:
    """The interval of a normal law, cut to 0 to 100 %."""
    below, above = tails(alpha, side)
    low = max(0.0, mean - tail_z(below) * sd)
    return low, min(100.0, mean + tail_z(above) * sd) if above else 100.0


def _pooled_words(values: torch.Tensor, n: int, side: str, alpha: float, setting: str) -> str:
    words = f"{setting}; " if setting else ""
    words += f"{n} bytes pooled, {side}-sided at {alpha:g}"
    if len(values) > 1:
        words += f"; single pictures {values.min():.2f} to {values.max():.2f}"
    return words
