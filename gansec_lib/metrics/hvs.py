"""PSNR-HVS and PSNR-HVS-M: squared errors of 8 × 8 DCT coefficients, weighted as the eye would.

Egiazarian et al. 2006 (contrast sensitivity); Ponomarenko et al. 2007 (contrast masking between
coefficients). uint8 ``(N, C, H, W)``, data range 255; colour is judged by its BT.601 luma; blocks
do not overlap and an incomplete last row or column of blocks is left out, as the authors do.
"""

from __future__ import annotations

import math

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_pair
from gansec_lib.metrics.metric import Metric, info

# JPEG's luminance table (ITU-T T.81, table K.1): the authors' two tables follow from it.
QUANTISATION = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
SENSITIVITY = 25.735088  # the authors' weights are this over the table: 1.608443 for the mean
LUMA = (0.299, 0.587, 0.114)


def psnr_hvs_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """10 log10(255² / mean (w · ΔDCT)²) of each pair in dB, float64 (N,); +inf where equal.

    >>> black = torch.zeros(1, 1, 8, 16, dtype=torch.uint8)
    >>> psnr_hvs_values(black, black).item()
    inf
    """
    one, two = _blocks(first, second)
    return _decibel(_spectrum(one) - _spectrum(two))


def psnr_hvs_m_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """As ``psnr_hvs_values``, errors below the masking threshold not counted, others reduced by it.

    The threshold of coefficient (k, l) is M / m_kl with m = (10/q)². M is √(Σ m · DCT² · δ) / 32
    over all coefficients but the mean, the larger one of both pictures. δ is the sum of the
    variances of the block's four quarters over that of the block, as an edge masks less than a
    texture.
    """
    one, two = _blocks(first, second)
    spectra = _spectrum(one), _spectrum(two)
    table = torch.tensor(QUANTISATION, dtype=torch.float64, device=one.device)
    weight = (10.0 / table) ** 2
    masks = [
        _mask(block, spectrum, weight) for block, spectrum in zip((one, two), spectra, strict=True)
    ]
    threshold = torch.maximum(*masks)[..., None, None] / weight
    threshold[..., 0, 0] = 0.0  # the block's mean is not masked
    gap = ((spectra[0] - spectra[1]).abs() - threshold).clamp_min(0.0)
    return _decibel(gap)


def _blocks(first: torch.Tensor, second: torch.Tensor) -> list[torch.Tensor]:
    """Luma blocks of both, float64 (N, blocks, 8, 8)."""
    check_pair(first, second)
    height, width = (side - side % 8 for side in first.shape[2:])
    if min(height, width) < 8:
        raise ParameterError(
            f"first: PSNR-HVS needs at least 8 × 8 pixels, got {first.shape[2]} × {first.shape[3]}"
        )
    if first.shape[1] not in (1, 3):
        raise ParameterError(f"first: expected 1 or 3 channels, got {first.shape[1]}")
    found = []
    for images in (first, second):
        images = images[:, :, :height, :width].to(torch.float64)
        if images.shape[1] == 3:
            share = torch.tensor(LUMA, dtype=torch.float64, device=images.device)
            images = (images * share[:, None, None]).sum(1, keepdim=True)
        cells = images[:, 0].unfold(1, 8, 8).unfold(2, 8, 8)
        found.append(cells.reshape(len(images), -1, 8, 8))
    return found


def _spectrum(blocks: torch.Tensor) -> torch.Tensor:
    """Orthonormal two-dimensional DCT-II of 8 × 8 blocks."""
    place = torch.arange(8, dtype=torch.float64, device=blocks.device)
    basis = torch.cos(math.pi * (2 * place[None, :] + 1) * place[:, None] / 16) / 2
    basis[0] /= math.sqrt(2)
    return basis @ blocks @ basis.T


def _mask(blocks: torch.Tensor, spectrum: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Masking energy of each block, (N, blocks)."""
    energy = (spectrum.square() * weight).sum((2, 3)) - spectrum[..., 0, 0].square() * weight[0, 0]
    quarters = blocks.unfold(2, 4, 4).unfold(3, 4, 4).flatten(4).flatten(2, 3)
    whole = _spread(blocks.flatten(2))
    share = torch.where(whole > 0, _spread(quarters).sum(2) / whole, 0.0)
    return (energy * share).clamp_min(0.0).sqrt() / 32


def _spread(values: torch.Tensor) -> torch.Tensor:
    """The authors' variance: sample variance times the number of pixels."""
    return values.var(-1, correction=1) * values.shape[-1]


def _decibel(gap: torch.Tensor) -> torch.Tensor:
    table = torch.tensor(QUANTISATION, dtype=torch.float64, device=gap.device)
    error = (gap * SENSITIVITY / table).square().flatten(1).mean(1)
    return 10.0 * torch.log10(255.0**2 / error)


WORDS = "8 × 8 blocks that do not overlap, luma, per picture, mean over pictures; data range 255"


def psnr_hvs(first: torch.Tensor, second: torch.Tensor, name: str = "psnr_hvs") -> Metric:
    """Mean of the pictures' PSNR-HVS, no verdict."""
    return info(name, psnr_hvs_values(first, second).mean().item(), WORDS, unit="dB")


def psnr_hvs_m(first: torch.Tensor, second: torch.Tensor, name: str = "psnr_hvs_m") -> Metric:
    """Mean of the pictures' PSNR-HVS-M, no verdict."""
    return info(name, psnr_hvs_m_values(first, second).mean().item(), WORDS, unit="dB")
