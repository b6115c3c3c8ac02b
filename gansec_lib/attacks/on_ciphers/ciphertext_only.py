"""Ciphertext alone: can it be told from random bytes?

``distinguisher`` asks some forty questions of a batch of cipher images, of any size, and gives one
p-value for all of them together. Random bytes are accused at most as often as the level says. To
be accused is a weakness. Not to be accused means little: ``targets.TerribleButUniform`` passes too.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch

from gansec_lib.attacks.oracle import Attempt, Oracle
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher, check_images

LEVEL = 0.001  # how often ``distinguish`` may accuse random bytes
SMALLEST = 256  # bytes: below, the normal approximations are not good enough
PER_BIN = 16  # bytes expected in each histogram bin, so that χ² has its limiting law
VARIANCE = (256**2 - 1) / 12  # of a uniform byte


@dataclass(frozen=True)
class Feature:
    """One question: what was measured, and how often random bytes do worse."""

    name: str
    statistic: float
    p_value: float


@dataclass(frozen=True)
class Distinguished:
    """What the distinguisher found.

    Parameters
    ----------
    p_value : float
        For all features together, 1 − (1 − least p)^m (Šidák); at most ``alpha`` with a
        probability of at most about ``alpha`` for random bytes.
    features : tuple of Feature
        In the order they were asked.
    """

    p_value: float
    features: tuple[Feature, ...]

    def distinguished(self, alpha: float = 0.001) -> bool:
        """Whether these are not random bytes, wrong for random ones ``alpha`` of the time."""
        return self.p_value < alpha

    @property
    def strongest(self) -> Feature:
        """The feature that accuses most."""
        return min(self.features, key=lambda feature: feature.p_value)

    def table(self) -> list[dict]:
        """Rows of name, statistic and p-value, the most accusing first."""
        ordered = sorted(self.features, key=lambda feature: feature.p_value)
        return [dict(vars(feature)) for feature in ordered]

    def to_dict(self) -> dict:
        """Plain values for JSON."""
        return {"p_value": self.p_value, "features": self.table()}


def distinguisher(images: torch.Tensor) -> Distinguished:
    """Tell cipher images from random bytes, without key or plain picture.

    Features: χ² and entropy of the histogram (both too uneven and too even); correlation of
    neighbours to the right, below and diagonally; the largest autocorrelation at any lag up to
    half the picture (short cycles); for each bit plane the share of ones and of equal neighbours,
    and equal bits between neighbouring planes; for two or more pictures the χ² of the ⊕ and of
    the difference of each with the next (a keystream used twice).

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        Cipher images under one key, at least 256 bytes.

    Raises
    ------
    ParameterError

    >>> noise = torch.randint(256, (2, 1, 64, 48), generator=torch.Generator().manual_seed(1))
    >>> distinguisher(noise.to(torch.uint8)).distinguished()
    False
    >>> distinguisher((noise // 2 * 2).to(torch.uint8)).strongest.name
    'χ²'
    """
    check_images(images)
    if images.numel() < SMALLEST:
        raise ParameterError(f"images: expected at least {SMALLEST} bytes, got {images.numel()}")
    array = images.cpu().numpy()
    features = _histogram(array, "") + _neighbours(array) + _lags(array) + _planes(array)
    if len(array) > 1:
        features += _histogram(array[1:] ^ array[:-1], " of ⊕ of pictures")[:1]
        features += _histogram(array[1:] - array[:-1], " of difference of pictures")[:1]
    least = min(feature.p_value for feature in features)
    together = -math.expm1(len(features) * math.log1p(-least)) if least < 1 else 1.0
    return Distinguished(together, tuple(features))


def distinguish(cipher: Cipher, key: bytes, images: torch.Tensor, setting: str) -> Attempt:
    """Whether the ciphertexts of some pictures can be told from random bytes.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        The victim's pictures; each is sent once, equal ones are sent as one.

    Returns
    -------
    Attempt
        It ``tells``: the score is 1 where random bytes would look so odd in less than one of a
        thousand cases, and ``chance`` is that one in a thousand. ``details``: ``p_value`` and
        ``strongest``, the feature that accuses most.

    Raises
    ------
    ParameterError
        The ciphertexts are not pictures, or have fewer than 256 bytes together.
    """
    oracle = Oracle(cipher, key, setting)
    different = {one.cpu().numpy().tobytes(): one for one in images}.values()
    seen = torch.cat([oracle.victim(one[None]) for one in different])
    start = time.perf_counter()
    found = distinguisher(seen)
    seconds = time.perf_counter() - start
    words = f"{len(seen)} ciphertexts compared with random bytes"
    details = {"p_value": found.p_value, "strongest": found.strongest.name}
    told = float(found.distinguished(LEVEL))
    return Attempt(
        "distinguish", setting, told, LEVEL, 0, seconds, words, None, details, tells=True
    )


def _two_sided(z: float) -> float:
    """How often a standard normal variable is this far out."""
    return math.erfc(abs(z) / math.sqrt(2))


def _chi_square(value: float, freedom: int) -> float:
    """How often χ² is this far out on either side."""
    from scipy.special import gammainc, gammaincc

    low, high = gammainc(freedom / 2, value / 2), gammaincc(freedom / 2, value / 2)
    return float(min(1.0, 2 * min(low, high)))


def _histogram(array: np.ndarray, of: str) -> list[Feature]:
    """χ² and, with Williams' correction, G = 2 n ln 2 (log₂ k − entropy), over k bins."""
    bits = 8
    while bits > 1 and array.size < PER_BIN << bits:
        bits -= 1
    bins = 1 << bits
    counts = np.bincount((array >> (8 - bits)).reshape(-1), minlength=bins).astype(float)
    n, expected = array.size, array.size / bins
    chi = float(((counts - expected) ** 2).sum() / expected)
    used = counts[counts > 0]
    entropy = float(-(used / n * np.log2(used / n)).sum())
    g = 2 * n * math.log(2) * (bits - entropy) / (1 + (bins + 1) / (6 * n))
    return [
        Feature(f"χ²{of}", chi, _chi_square(chi, bins - 1)),
        Feature(f"entropy{of}", entropy, _chi_square(max(g, 0.0), bins - 1)),
    ]


def _neighbours(array: np.ndarray) -> list[Feature]:
    """Correlation of neighbours against the known mean and variance of a random byte."""
    x = array.astype(np.float64) - 127.5
    pairs = {
        "right": (x[..., :, :-1], x[..., :, 1:]),
        "below": (x[..., :-1, :], x[..., 1:, :]),
        "diagonal": (x[..., :-1, :-1], x[..., 1:, 1:]),
    }
    found = []
    for name, (first, second) in pairs.items():
        if first.size >= SMALLEST // 2:
            r = float((first * second).sum()) / (VARIANCE * first.size)
            p = _two_sided(r * math.sqrt(first.size))
            found.append(Feature(f"correlation, {name}", r, p))
    return found


def _lags(array: np.ndarray) -> list[Feature]:
    """The largest |autocorrelation| of a picture's bytes in reading order, in deviations."""
    x = array.reshape(len(array), -1).astype(np.float64) - 127.5
    n = x.shape[1]
    if n < 2 * SMALLEST:
        return []
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(x, size)) ** 2
    lags = np.arange(1, n // 2 + 1)
    products = np.fft.irfft(spectrum, size)[:, lags]
    z = float(np.abs(products / (VARIANCE * np.sqrt(n - lags))).max())
    single = _two_sided(z)
    p = -math.expm1(len(lags) * len(x) * math.log1p(-single)) if single < 1 else 1.0
    return [Feature("largest autocorrelation", z, p)]


def _planes(array: np.ndarray) -> list[Feature]:
    """Shares that are ½ for random bits, plane 0 the lowest."""
    found = []
    gray = array ^ (array >> 1)  # bit b: whether planes b and b + 1 differ
    parts = {
        "ones in bit plane": (array, 8),
        "changes to the right in bit plane": (array[..., 1:] ^ array[..., :-1], 8),
        "changes below in bit plane": (array[..., 1:, :] ^ array[..., :-1, :], 8),
        "differences to the next of bit plane": (gray, 7),
    }
    for name, (bits, count) in parts.items():
        if bits.size < SMALLEST // 2:
            continue
        values = np.bincount(bits.reshape(-1), minlength=256)
        for plane in range(count):
            ones = int(values[(np.arange(256) >> plane & 1) == 1].sum())
            z = (2 * ones - bits.size) / math.sqrt(bits.size)
            found.append(Feature(f"{name} {plane}", ones / bits.size, _two_sided(z)))
    return found
