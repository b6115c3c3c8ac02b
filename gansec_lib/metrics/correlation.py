"""Does a byte tell its neighbour, or the plain picture's byte? Correlations, ideal 0.

Images are uint8 ``(N, C, H, W)``.
"""

from __future__ import annotations

import math

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_bytes, check_pair, tail_z
from gansec_lib.metrics.metric import Metric, info, with_verdict

DIRECTIONS = {"horizontal": (0, 1), "vertical": (1, 0), "diagonal": (1, 1)}


def adjacent_pairs(images: torch.Tensor, direction: str) -> tuple[torch.Tensor, torch.Tensor]:
    """All pairs of neighbours: (pixel, its right / lower / lower right neighbour) as views.

    >>> first, second = adjacent_pairs(torch.zeros(1, 1, 4, 3, dtype=torch.uint8), "vertical")
    >>> tuple(first.shape)
    (1, 1, 3, 3)
    """
    if direction not in DIRECTIONS:
        raise ParameterError(f"direction: expected one of {list(DIRECTIONS)}, got {direction!r}")
    down, right = DIRECTIONS[direction]
    height, width = check_bytes(images).shape[2:]
    return (
        images[:, :, : max(0, height - down), : max(0, width - right)],
        images[:, :, down:, right:],
    )


def correlation_values(
    images: torch.Tensor, direction: str, sample: int | None = None, seed: int = 0
) -> torch.Tensor:
    """Pearson correlation of neighbouring pairs, float64 (N, C); NaN where it is undefined.

    [S] Table 4, *cc*. A flat channel, or a picture too narrow for a pair, has none. ``sample``
    takes that many different pairs at random places (the same in every picture), as most papers
    do; all pairs otherwise.
    """
    first, second = (side.flatten(2) for side in adjacent_pairs(images, direction))
    if sample is not None:
        places = _sampled(first.shape[2], sample, seed).to(first.device)
        first, second = first[:, :, places], second[:, :, places]
    first, second = first.to(torch.float64), second.to(torch.float64)
    if first.shape[2] == 0:
        return torch.full(first.shape[:2], math.nan, dtype=torch.float64)
    first = first - first.mean(2, keepdim=True)
    second = second - second.mean(2, keepdim=True)
    scale = (first.square().sum(2) * second.square().sum(2)).sqrt()
    return (first * second).sum(2) / scale


def _sampled(pairs: int, sample: int, seed: int) -> torch.Tensor:
    if not isinstance(sample, int) or not 2 <= sample <= pairs:
        raise ParameterError(f"sample: expected 2 to {pairs} of the pairs, or None, got {sample!r}")
    return torch.randperm(pairs, generator=torch.Generator().manual_seed(seed))[:sample]


def adjacent_correlation(
    images: torch.Tensor,
    direction: str,
    alpha: float = 0.05,
    sample: int | None = None,
    seed: int = 0,
) -> Metric:
    """Mean correlation of neighbours; ideal 0, standard deviation 1/√pairs for random bytes.

    A sample of 2,000 pairs has an interval 5.7 times as wide as all pairs of 256 × 256: a cipher
    that fails on all pairs may pass on a sample.
    """
    values = correlation_values(images, direction, sample, seed)
    defined = values[~values.isnan()]
    name = f"correlation_{direction}"
    pairs = adjacent_pairs(images, direction)[0][0, 0].numel()
    words = f"all {pairs} pairs" if sample is None else f"{sample} of {pairs} pairs"
    words += f" of a channel, mean over channels and pictures; two-sided at {alpha:g}"
    pairs = pairs if sample is None else sample
    if len(defined) == 0:
        return info(name, math.nan, words + "; undefined: flat or too narrow", 0.0)
    if pairs < 100:
        return info(name, defined.mean().item(), words + "; under 100 pairs, no verdict", 0.0)
    bound = tail_z(alpha / 2) / math.sqrt(pairs * len(defined))
    return with_verdict(name, defined.mean().item(), 0.0, -bound, bound, words)


def normalised_correlation_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Pearson correlation of two pictures byte by byte, channels pooled, float64 (N,).

    Σ (p − p̄)(c − c̄) / √(Σ (p − p̄)² Σ (c − c̄)²); NaN where one is flat. [S] Table 4.

    >>> ramp = torch.arange(6, dtype=torch.uint8).reshape(1, 1, 2, 3)
    >>> round(normalised_correlation_values(ramp, 255 - ramp).item(), 12)
    -1.0
    """
    check_pair(first, second)
    one, two = (side.flatten(1).to(torch.float64) for side in (first, second))
    one, two = one - one.mean(1, keepdim=True), two - two.mean(1, keepdim=True)
    return (one * two).sum(1) / (one.square().sum(1) * two.square().sum(1)).sqrt()


def normalised_correlation(
    plain: torch.Tensor, cipher: torch.Tensor, alpha: float = 0.05
) -> Metric:
    """Mean correlation of plain and cipher image; 0 with standard deviation 1/√(n − 1)."""
    values = normalised_correlation_values(plain, cipher)
    defined, n = values[~values.isnan()], plain[0].numel()
    words = f"means removed, channels pooled, {n} bytes each, mean over pictures; "
    words += f"two-sided at {alpha:g}"
    if len(defined) == 0:
        return info("normalised_correlation", math.nan, words + "; undefined: flat", 0.0)
    if n < 100:
        words += "; under 100 bytes, no verdict"
        return info("normalised_correlation", defined.mean().item(), words, 0.0)
    bound = tail_z(alpha / 2) / math.sqrt((n - 1) * len(defined))
    return with_verdict("normalised_correlation", defined.mean().item(), 0.0, -bound, bound, words)
