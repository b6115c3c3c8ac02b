"""Figures of a cipher image: entropy, χ², correlation, NPCR, UACI, bit errors.

Every ``…_values`` function gives one float64 a picture, the plain name gives a ``Metric`` with the
interval that an ideal cipher would hit with probability 1 − alpha *for that many bytes*.
Images are uint8 ``(N, C, H, W)`` throughout.
"""

from __future__ import annotations

import math
from functools import lru_cache
from importlib import import_module
from statistics import NormalDist

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.metric import Metric, info, judge

LEVELS = 256
NPCR_IDEAL = 100.0 * 255 / 256  # 99.609375 %
UACI_IDEAL = 100.0 * 257 / (3 * 256)  # 33.463542 %
SMALLEST = 5 * LEVELS  # bytes below which a 256-bin histogram says nothing (count < 5 a bin)


def check_bytes(images: torch.Tensor, name: str = "images") -> torch.Tensor:
    """``images`` itself if it is a non-empty uint8 tensor (N, C, H, W)."""
    if (
        not isinstance(images, torch.Tensor)
        or images.dtype != torch.uint8
        or images.ndim != 4
        or images.numel() == 0
    ):
        kind = getattr(images, "dtype", type(images).__name__)
        came = f"{kind} {tuple(getattr(images, 'shape', ()))}"
        raise ParameterError(f"{name}: expected a non-empty uint8 tensor (N, C, H, W), got {came}")
    return images


def check_pair(first: torch.Tensor, second: torch.Tensor) -> None:
    """Raise unless both are uint8 (N, C, H, W) of one shape."""
    check_bytes(first, "first")
    check_bytes(second, "second")
    if first.shape != second.shape:
        raise ParameterError(
            f"second: expected the shape of first {tuple(first.shape)}, got {tuple(second.shape)}"
        )


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


# ---------------------------------------------------------------- global entropy and χ²


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
    import numpy as np
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


def chi_square_critical(alpha: float = 0.05, count: int = 1) -> float:
    """Upper limit of the mean of ``count`` χ² values with 255 degrees of freedom.

    >>> round(chi_square_critical(0.05), 3), round(chi_square_critical(0.01), 3)
    (293.248, 310.457)
    """
    from scipy.special import chdtri

    _check_alpha(alpha)
    return float(chdtri(255 * count, alpha)) / count


def entropy_interval(n: int, alpha: float = 0.05, count: int = 1) -> tuple[float, float]:
    """Where the mean entropy of ``count`` ideal pictures of ``n`` bytes lies, two-sided.

    H ≈ E[H] − (χ² − 255) / (2 n ln 2), with χ² of 255 · count degrees of freedom over count.
    """
    low, high = (
        expected_entropy(n) - (chi_square_critical(p, count) - 255) / (2 * n * math.log(2))
        for p in (alpha / 2, 1 - alpha / 2)
    )
    return low, high


def entropy(images: torch.Tensor, alpha: float = 0.05) -> Metric:
    """Mean entropy of the pictures, judged against what uniform bytes of that size give."""
    values = entropy_values(images)
    n = images[0].numel()
    words = f"mean over pictures, channels pooled, {n} bytes each; two-sided at {alpha:g}"
    if n < SMALLEST:
        words += f"; fewer than {SMALLEST} bytes, so no verdict"
        return info("entropy", values.mean().item(), words, expected_entropy(n), "bit")
    low, high = entropy_interval(n, alpha, len(images))
    value = values.mean().item()
    return judge("entropy", value, expected_entropy(n), low, high, words, "bit")


def chi_square_values(images: torch.Tensor) -> torch.Tensor:
    """χ² = Σ (observed − n/256)² / (n/256) of each picture's histogram, float64 (N,)."""
    counts = histogram(images).to(torch.float64)
    expected = counts.sum(1, keepdim=True) / LEVELS
    return ((counts - expected) ** 2 / expected).sum(1)


def chi_square(images: torch.Tensor, alpha: float = 0.05) -> Metric:
    """Mean χ² against a flat histogram; 255 degrees of freedom, upper side only."""
    value = chi_square_values(images).mean().item()
    n = images[0].numel()
    words = f"255 degrees of freedom, channels pooled, mean over pictures; upper side at {alpha:g}"
    if n < SMALLEST:
        words += f"; fewer than {SMALLEST} bytes, so no verdict"
        return info("chi_square", value, words, 255.0)
    return judge("chi_square", value, 255.0, None, chi_square_critical(alpha, len(images)), words)


# ---------------------------------------------------------------- neighbours

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
    bound = _z(alpha / 2) / math.sqrt(pairs * len(defined))
    return judge(name, defined.mean().item(), 0.0, -bound, bound, words)


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
    bound = _z(alpha / 2) / math.sqrt((n - 1) * len(defined))
    return judge("normalised_correlation", defined.mean().item(), 0.0, -bound, bound, words)


# ---------------------------------------------------------------- NPCR and UACI


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


# ---------------------------------------------------------------- bits


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
    bound = _z(alpha / 2) * 0.5 / math.sqrt(8 * first.numel())
    words = f"all {8 * first.numel()} bits; two-sided at {alpha:g}"
    return judge(name, value, 0.5, 0.5 - bound, 0.5 + bound, words)


# ---------------------------------------------------------------- helpers

# What stands in files of its own and is also found here by name.
_ELSEWHERE = {
    "texture": (
        "local_entropy local_entropy_values histogram_variance histogram_variance_values "
        "glcm glcm_features glcm_feature_values"
    ),
    "avalanche": "key_sensitivity plaintext_sensitivity",
    "key_space": "key_space",
    "cost": "compression_ratio compression_values throughput",
    "robustness": "robustness",
}


def __getattr__(name: str):
    for module, names in _ELSEWHERE.items():
        if name in names.split():
            return getattr(import_module(f"gansec_lib.metrics.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise ParameterError(f"alpha: expected a significance level in (0, 1), got {alpha!r}")


def _z(tail: float) -> float:
    _check_alpha(tail)
    return NormalDist().inv_cdf(1 - tail)


def _critical(mean: float, sd: float, alpha: float, side: str) -> tuple[float, float]:
    _check_alpha(alpha)
    if side == "one":
        return max(0.0, mean - _z(alpha) * sd), 100.0
    if side == "two":
        reach = _z(alpha / 2) * sd
        return max(0.0, mean - reach), min(100.0, mean + reach)
    raise ParameterError(f"side: expected 'one' or 'two', got {side!r}")


def _pooled_words(values: torch.Tensor, n: int, side: str, alpha: float, setting: str) -> str:
    words = f"{setting}; " if setting else ""
    words += f"{n} bytes pooled, {side}-sided at {alpha:g}"
    if len(values) > 1:
        words += f"; single pictures {values.min():.2f} to {values.max():.2f}"
    return words
