"""How much a picture carries and what it costs: payload, changes, and what theory allows.

A payload is given in bits for each sample (a byte of a picture; a grey pixel has one, a colour
pixel three), because that is what embedding changes.
"""

from __future__ import annotations

import math

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_pair

MOST_BITS = math.log2(3)  # that one sample can carry where it may change by −1, 0 or +1


def change_values(covers: torch.Tensor, stegos: torch.Tensor) -> torch.Tensor:
    """Share of samples that embedding changed in each picture, float64 (N,).

    >>> cover = torch.zeros(1, 1, 2, 4, dtype=torch.uint8)
    >>> change_values(cover, cover).item(), change_values(cover, cover + 1).item()
    (0.0, 1.0)
    """
    check_pair(covers, stegos)
    return (covers != stegos).flatten(1).to(torch.float64).mean(1)


def ternary_entropy(rate: float) -> float:
    """Bits that changes by ±1 at this rate can carry: −(1 − β) log₂(1 − β) − β log₂(β / 2).

    >>> round(ternary_entropy(0.5), 6), ternary_entropy(0.0)
    (1.5, 0.0)
    """
    if not 0 <= rate <= 1:
        raise ParameterError(f"rate: expected a share of samples from 0 to 1, got {rate!r}")
    parts = ((1 - rate, 1 - rate), (rate, rate / 2))
    return sum(share * math.log2(1 / each) for share, each in parts if share > 0)


def least_change_rate(bits: float) -> float:
    """The share of samples that any ±1 embedding has to change for ``bits`` a sample.

    No code does better where all samples cost the same (rate–distortion bound): the β ≤ 2/3 with
    ``ternary_entropy(β) = bits``.

    >>> [round(least_change_rate(bits), 6) for bits in (0.1, 0.4, 1.0, 1.5)]
    [0.01122, 0.062543, 0.227092, 0.5]
    """
    if not 0 <= bits <= MOST_BITS:
        raise ParameterError(f"bits: expected 0 to {MOST_BITS:.4g} a sample, got {bits!r}")
    low, high = 0.0, 2 / 3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if ternary_entropy(middle) < bits else (low, middle)
    return (low + high) / 2


def psnr_of_changes(rate: float) -> float:
    """PSNR in dB where this share of samples changed by one: 10 log₁₀(255² / β).

    >>> round(psnr_of_changes(0.5), 2), psnr_of_changes(0.0)
    (51.14, inf)
    """
    return 10 * math.log10(255**2 / rate) if rate > 0 else math.inf
