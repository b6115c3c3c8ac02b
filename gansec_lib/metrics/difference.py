"""How far two cipher images differ: NPCR, UACI, bit errors.

Images are uint8 ``(N, C, H, W)``.
"""

from __future__ import annotations

import math

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_alpha, check_pair, tail_z
from gansec_lib.metrics.metric import Metric, judge
from gansec_lib.metrics.uniformity import LEVELS, histogram

NPCR_IDEAL = 100.0 * 255 / 256  # 99.609375 %
UACI_IDEAL = 100.0 * 257 / (3 * 256)  # 33.463542 %


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

    Wu, Noonan, Agaian 2011: mean 255/256, variance 255/(256² n), normal approximation. One-sided
    is their test (too few changes); two-sided also catches figures too good to be true.

    >>> [round(v, 4) for v in npcr_critical(256 * 256)]
    [99.5693, 100.0]
    """
    return _critical(NPCR_IDEAL, 100 * math.sqrt(255 / n) / 256, alpha, side)


def uaci_critical(n: int, alpha: float = 0.05, side: str = "two") -> tuple[float, float]:
    """Where the UACI of ``n`` bytes of two independent uniform pictures lies, in percent.

    Wu, Noonan, Agaian 2011: mean (F+2)/(3F+3), variance (F+2)(F²+2F+3)/(18 (F+1)² F n), F = 255.

    >>> [round(v, 4) for v in uaci_critical(256 * 256)]
    [33.2824, 33.6447]
    """
    variance = 257 * (255**2 + 2 * 255 + 3) / (18 * 256**2 * 255 * n)
    return _critical(UACI_IDEAL, 100 * math.sqrt(variance), alpha, side)


def npcr(
    first: torch.Tensor,
    second: torch.Tensor,
    alpha: float = 0.05,
    side: str = "one",
    name: str = "npcr",
    setting: str = "",
) -> Metric:
    """NPCR over all pictures, judged for that many bytes."""
    value = npcr_values(first, second)
    low, high = npcr_critical(first.numel(), alpha, side)
    words = _pooled_words(value, first.numel(), side, alpha, setting)
    return judge(name, value.mean().item(), NPCR_IDEAL, low, high, words, "%")


def uaci(
    first: torch.Tensor,
    second: torch.Tensor,
    alpha: float = 0.05,
    side: str = "two",
    name: str = "uaci",
    setting: str = "",
) -> Metric:
    """UACI over all pictures, judged for that many bytes."""
    value = uaci_values(first, second)
    low, high = uaci_critical(first.numel(), alpha, side)
    words = _pooled_words(value, first.numel(), side, alpha, setting)
    return judge(name, value.mean().item(), UACI_IDEAL, low, high, words, "%")


def bit_error_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Share of bits that differ, 0 to 1, float64 (N,).

    >>> black = torch.zeros(1, 1, 2, 3, dtype=torch.uint8)
    >>> bit_error_values(black, black + 3).item()
    0.25
    """
    check_pair(first, second)
    ones = torch.tensor([value.bit_count() for value in range(LEVELS)], dtype=torch.float64)
    counts = histogram(first ^ second).to(torch.float64)
    return counts @ ones.to(counts.device) / (8 * first[0].numel())


def bit_error_rate(
    first: torch.Tensor, second: torch.Tensor, alpha: float = 0.05, name: str = "bit_error_rate"
) -> Metric:
    """Share of differing bits; 1/2 for unrelated pictures, two-sided."""
    value = bit_error_values(first, second).mean().item()
    bound = tail_z(alpha / 2) * 0.5 / math.sqrt(8 * first.numel())
    words = f"all {8 * first.numel()} bits; two-sided at {alpha:g}"
    return judge(name, value, 0.5, 0.5 - bound, 0.5 + bound, words)


def _critical(mean: float, sd: float, alpha: float, side: str) -> tuple[float, float]:
    check_alpha(alpha)
    if side == "one":
        return max(0.0, mean - tail_z(alpha) * sd), 100.0
    if side == "two":
        reach = tail_z(alpha / 2) * sd
        return max(0.0, mean - reach), min(100.0, mean + reach)
    raise ParameterError(f"side: expected 'one' or 'two', got {side!r}")


def _pooled_words(values: torch.Tensor, n: int, side: str, alpha: float, setting: str) -> str:
    words = f"{setting}; " if setting else ""
    words += f"{n} bytes pooled, {side}-sided at {alpha:g}"
    if len(values) > 1:
        words += f"; single pictures {values.min():.2f} to {values.max():.2f}"
    return words
