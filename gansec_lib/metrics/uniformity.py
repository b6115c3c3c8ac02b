"""The histogram of a cipher image: entropy and χ², with the intervals of uniform bytes.

Images are uint8 ``(N, C, H, W)``, channels pooled.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_alpha, check_bytes
from gansec_lib.metrics.metric import Metric, info, with_verdict

LEVELS = 256
SMALLEST = 5 * LEVELS  # bytes below which a 256-bin histogram says nothing (count < 5 a bin)
LARGE = 16 * LEVELS  # bytes from which entropy follows χ² closely enough in its tails


def histogram(images: torch.Tensor) -> torch.Tensor:
    """How often each byte value occurs in each picture, all channels together.

    Returns
    -------
    int64 tensor (N, 256)

    >>> histogram(torch.zeros(1, 1, 2, 3, dtype=torch.uint8))[0, :2].tolist()
    [6, 0]
    """
    flat = check_bytes(images).reshape(len(images), -1)
    if not flat.is_cuda:
        from gansec_lib.metrics.kernels import histograms

        return torch.from_numpy(histograms(flat.contiguous().numpy()))
    flat = flat.to(torch.int64)
    flat = flat + LEVELS * torch.arange(len(flat), device=flat.device)[:, None]
    return torch.bincount(flat.reshape(-1), minlength=LEVELS * len(flat)).reshape(-1, LEVELS)


def entropy_values(images: torch.Tensor) -> torch.Tensor:
    """Shannon entropy H = −Σ p log2 p of each picture's bytes, in bits, float64 (N,).

    [S] Table 4, *Information Entropy*; channels pooled.

    >>> picture = torch.tensor([[[[0, 1, 2], [3, 0, 1]]]], dtype=torch.uint8)
    >>> round(entropy_values(picture).item(), 4)
    1.9183
    """
    counts = histogram(images).to(torch.float64)
    share = counts / counts.sum(1, keepdim=True)
    return -torch.special.xlogy(share, share).sum(1) / math.log(2) + 0.0


@lru_cache(maxsize=256)
def expected_entropy(n: int) -> float:
    """The mean entropy of ``n`` independent uniform bytes, in bits.

    Exact: −256 · E[(X/n) log2(X/n)], X ~ Binomial(n, 1/256). It is below 8 by about
    255 / (2 n ln 2), so that "close to 8" means nothing without the size.

    >>> round(expected_entropy(256 * 256), 9)
    7.997191401
    """
    from scipy.special import gammaln

    mean, spread = n / LEVELS, math.sqrt(n / LEVELS)
    x = np.arange(max(1, int(mean - 14 * spread) - 2), min(n, int(mean + 14 * spread) + 40) + 1)
    log_chance = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    log_chance += -x * math.log(LEVELS) + (n - x) * math.log1p(-1 / LEVELS)
    chance, share = np.exp(log_chance), x / n
    mean_term = np.sum(chance * share * np.log2(share)) / (np.sum(chance) + _no_hits(n))
    return float(-LEVELS * mean_term)


def _no_hits(n: int) -> float:
    """Chance that a byte value does not occur at all; it is no part of the sum."""
    return math.exp(n * math.log1p(-1 / LEVELS))


@lru_cache(maxsize=64)
def entropy_deviation(n: int) -> float:
    """Standard deviation of the entropy of ``n`` independent uniform bytes, in bits.

    Exact, from the joint law of two bins of a multinomial. With f(x) = (x/n) log2(x/n) and
    H = −Σ f(X_i):  Var H = 256 Var f(X_1) + 256 · 255 Cov(f(X_1), f(X_2)).

    >>> round(entropy_deviation(44 * 44), 8)
    0.00869423
    """
    from scipy.stats import binom

    if n < 1:
        raise ParameterError(f"n: expected at least one byte, got {n}")
    mean = n / LEVELS
    most = min(n, int(mean + 14 * math.sqrt(mean) + 40))
    least = max(0, int(mean - 14 * math.sqrt(mean)) - 2)
    x = np.arange(least, most + 1)
    value = _plogp(x, n)
    chance = binom.pmf(x, n, 1 / LEVELS)
    centre = float(chance @ value)
    # Given X_1 = x the second bin is Binomial(n − x, 1/255): E[f(X_2) | x] for each x.
    given = np.array([binom.pmf(x, n - first, 1 / (LEVELS - 1)) @ value for first in x])
    variance = float(chance @ (value - centre) ** 2)
    covariance = float(chance @ ((value - centre) * (given - centre)))
    return math.sqrt(max(0.0, LEVELS * variance + LEVELS * (LEVELS - 1) * covariance))


def _plogp(x: np.ndarray, n: int) -> np.ndarray:
    share = x / n
    return np.where(x > 0, share * np.log2(np.where(x > 0, share, 1.0)), 0.0)


def chi_square_critical(alpha: float = 0.05, count: int = 1) -> float:
    """Upper limit of the mean of ``count`` χ² values with 255 degrees of freedom.

    >>> round(chi_square_critical(0.05), 3), round(chi_square_critical(0.01), 3)
    (293.248, 310.457)
    """
    from scipy.special import chdtri

    check_alpha(alpha)
    return float(chdtri(255 * count, alpha)) / count


def entropy_interval(n: int, alpha: float = 0.05, count: int = 1) -> tuple[float, float]:
    """Where the mean entropy of ``count`` ideal pictures of ``n`` bytes lies, two-sided.

    H ≈ E[H] − (χ² − 255) / (2 n ln 2), with χ² of 255 · count degrees of freedom over count. Under
    16 bytes a bin the scale is taken from the exact standard deviation instead: at 5 bytes a bin
    ideal pictures would else fall outside twice as often as ``alpha`` says.
    """
    scale = 1 / (2 * n * math.log(2))
    if n < LARGE:
        scale = entropy_deviation(n) / math.sqrt(2 * 255)
    low, high = (
        expected_entropy(n) - (chi_square_critical(p, count) - 255) * scale
        for p in (alpha / 2, 1 - alpha / 2)
    )
    return low, high


def entropy(images: torch.Tensor, alpha: float = 0.05) -> Metric:
    """Mean entropy of the pictures, judged against what uniform bytes of that size give.

    No finite picture reaches 8 bits: the interval lies around :func:`expected_entropy`.
    """
    values = entropy_values(images)
    n = images[0].numel()
    words = f"mean over pictures, channels pooled, {n} bytes each; two-sided at {alpha:g}"
    if n < SMALLEST:
        words += f"; fewer than {SMALLEST} bytes, so no verdict"
        return info("entropy", values.mean().item(), words, expected_entropy(n), "bit")
    low, high = entropy_interval(n, alpha, len(images))
    value = values.mean().item()
    return with_verdict("entropy", value, expected_entropy(n), low, high, words, "bit")


def chi_square_values(images: torch.Tensor) -> torch.Tensor:
    """χ² = Σ (observed − n/256)² / (n/256) of each picture's histogram, float64 (N,)."""
    counts = histogram(images).to(torch.float64)
    expected = counts.sum(1, keepdim=True) / LEVELS
    return ((counts - expected) ** 2 / expected).sum(1)


def chi_square(images: torch.Tensor, alpha: float = 0.05) -> Metric:
    """Mean of the pictures' χ² against a flat histogram; 255 degrees of freedom, upper side only.

    It notices pictures that are each uneven in their own way. A small unevenness that all pictures
    share is seen better by :func:`chi_square_pooled`.
    """
    value = chi_square_values(images).mean().item()
    n = images[0].numel()
    words = f"255 degrees of freedom, channels pooled, mean over pictures; upper side at {alpha:g}"
    if n < SMALLEST:
        words += f"; fewer than {SMALLEST} bytes, so no verdict"
        return info("chi_square", value, words, 255.0)
    return with_verdict(
        "chi_square", value, 255.0, None, chi_square_critical(alpha, len(images)), words
    )


def chi_square_pooled(images: torch.Tensor, alpha: float = 0.05) -> Metric:
    """χ² of one histogram over all pictures; 255 degrees of freedom, upper side only.

    A byte value that is a little too frequent in every picture adds up here: over N pictures its
    count stands out √N times as far as in one. In the mean of :func:`chi_square` it does not.

    >>> noise = torch.randint(256, (4, 1, 40, 33), dtype=torch.uint8)
    >>> one = chi_square(noise[:1])
    >>> chi_square_pooled(noise[:1]).value == one.value
    True
    """
    n = check_bytes(images).numel()
    value = chi_square_values(images.reshape(1, 1, 1, n)).item()
    words = f"255 degrees of freedom, all {n} bytes in one histogram; upper side at {alpha:g}"
    if n < SMALLEST:
        words += f"; fewer than {SMALLEST} bytes, so no verdict"
        return info("chi_square_pooled", value, words, 255.0)
    return with_verdict("chi_square_pooled", value, 255.0, None, chi_square_critical(alpha), words)


def histogram_variance_values(images: torch.Tensor) -> torch.Tensor:
    """Variance of the 256 counts of each picture, population form, float64 (N,).

    Zhang, Wang 2014: (1/256²) Σ_i Σ_j (z_i − z_j)²/2, which is the variance over the 256 bins;
    equal to χ² · n / 256².

    >>> histogram_variance_values(torch.zeros(1, 1, 16, 32, dtype=torch.uint8)).item()
    1020.0
    """
    counts = histogram(images)
    # In integers, so that a batch gives bit for bit what its pictures give.
    spread = LEVELS * counts.square().sum(1) - counts.sum(1).square()
    return spread.to(torch.float64) / LEVELS**2


def histogram_variance(images: torch.Tensor, alpha: float = 0.05) -> Metric:
    """Mean variance of the histogram; n · 255 / 256² for uniform bytes, two-sided.

    It is χ² in another unit, so its interval is that of χ². Papers quote it without one.
    """
    from scipy.special import chdtri

    value = histogram_variance_values(images).mean().item()
    n, count = images[0].numel(), len(images)
    unit = n / LEVELS**2
    words = f"256 bins, channels pooled, {n} bytes each, mean over pictures; two-sided at {alpha:g}"
    if n < SMALLEST:
        words += f"; fewer than {SMALLEST} bytes, so no verdict"
        return info("histogram_variance", value, words, 255 * unit)
    check_alpha(alpha)
    low, high = (float(chdtri(255 * count, p)) / count * unit for p in (1 - alpha / 2, alpha / 2))
    return with_verdict("histogram_variance", value, 255 * unit, low, high, words)
