"""What the metrics ask of their arguments, and the two laws behind most intervals."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.images import convert


def check_bytes(images: torch.Tensor, name: str = "images") -> torch.Tensor:
    """``images`` itself if it is a non-empty uint8 tensor (N, C, H, W)."""
    if convert.check_bytes(images, name).numel() == 0:
        raise ParameterError(f"{name}: expected non-empty pictures, got {tuple(images.shape)}")
    return images


def check_pair(first: torch.Tensor, second: torch.Tensor) -> None:
    """Raise ParameterError unless both are uint8 (N, C, H, W) of one shape."""
    check_bytes(first, "first")
    check_bytes(second, "second")
    if first.shape != second.shape:
        raise ParameterError(
            f"second: expected the shape of first {tuple(first.shape)}, got {tuple(second.shape)}"
        )


def check_alpha(alpha: float) -> None:
    """Raise ParameterError unless ``alpha`` is a significance level in (0, 1)."""
    if not 0 < alpha < 1:
        raise ParameterError(f"alpha: expected a significance level in (0, 1), got {alpha!r}")


def tail_z(tail: float) -> float:
    """The z that a standard normal variable exceeds with chance ``tail``.

    >>> round(tail_z(0.025), 4)
    1.96
    """
    check_alpha(tail)
    return NormalDist().inv_cdf(1 - tail)


def tails(alpha: float, side: str) -> tuple[float, float]:
    """The chance to fall below and the chance to fall above an interval of level ``alpha``.

    ``side="one"`` puts all of alpha below, because too few changes are what betrays a cipher;
    ``side="two"`` puts half of it on either side.

    >>> tails(0.05, "one"), tails(0.05, "two")
    ((0.05, 0.0), (0.025, 0.025))
    """
    check_alpha(alpha)
    if side not in ("one", "two"):
        raise ParameterError(f"side: expected 'one' or 'two', got {side!r}")
    return (alpha, 0.0) if side == "one" else (alpha / 2, alpha / 2)


@lru_cache(maxsize=256)
def binomial_interval(n: int, chance: float, alpha: float, side: str = "two") -> tuple[int, int]:
    """The smallest and the largest count of successes in ``n`` trials that chance allows.

    The binomial law is exact, so the count lies outside with probability ``alpha`` at most, for
    few trials as for many. It can be less than alpha because counts are whole numbers.

    >>> binomial_interval(768, 255 / 256, 0.05, "one")
    (762, 768)
    """
    from scipy.stats import binom

    below, above = tails(alpha, side)
    low = int(binom.ppf(below, n, chance))
    return low, int(binom.isf(above, n, chance)) if above else n
