"""How alike two pictures look: MSE, PSNR, SSIM.

uint8 ``(N, C, H, W)``, data range 255.
Conventions are scikit-image's, and they are named, because SSIM alone has two camps that differ by
5e-3 (borders cropped here; torchmetrics and kornia count reflected borders).
"""

from __future__ import annotations

import math

import numpy as np
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_pair, tail_z
from gansec_lib.metrics.metric import Metric, info, with_verdict

WINDOWS = {"box": 7, "gaussian": 11}


def mse_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of each pair, float64 (N,).  [S] Table 4.

    >>> black = torch.zeros(1, 1, 2, 3, dtype=torch.uint8)
    >>> mse_values(black, black + 3).item()
    9.0
    """
    check_pair(first, second)
    gap = first.to(torch.int32) - second.to(torch.int32)
    return gap.square_().flatten(1).sum(1).to(torch.float64) / first[0].numel()


def psnr_values(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """10 log10(255² / MSE) of each pair in dB, float64 (N,); +inf where the two are equal.

    >>> black = torch.zeros(1, 1, 2, 3, dtype=torch.uint8)
    >>> psnr_values(black, black).item(), round(psnr_values(black, black + 255).item(), 6)
    (inf, 0.0)
    """
    return 10.0 * torch.log10(255.0**2 / mse_values(first, second))


def ssim_values(first: torch.Tensor, second: torch.Tensor, window: str = "box") -> torch.Tensor:
    """Structural similarity of each pair, float64 (N,), borders cropped, mean over channels.

    Parameters
    ----------
    window : {"box", "gaussian"}
        ``box``: 7 × 7, sample covariance (scikit-image's default). ``gaussian``: σ 1.5, 11 × 11,
        population covariance (Wang et al. 2004; scikit-image with ``gaussian_weights=True,
        sigma=1.5, use_sample_covariance=False``).

    Raises
    ------
    ParameterError
        If a side is shorter than the window.

    >>> ramp = torch.arange(12 * 9).reshape(1, 1, 12, 9).to(torch.uint8)
    >>> ssim_values(ramp, ramp).item()
    1.0
    """
    check_pair(first, second)
    if window not in WINDOWS:
        raise ParameterError(f"window: expected one of {list(WINDOWS)}, got {window!r}")
    size = WINDOWS[window]
    if min(first.shape[2:]) < size:
        raise ParameterError(
            f"first: SSIM with the {window} window needs at least {size} × {size} pixels, "
            f"got {first.shape[2]} × {first.shape[3]}"
        )
    if window == "box":
        weights = [1.0 / size] * size
        sample = size * size / (size * size - 1)
    elif not first.is_cuda:
        return gaussian_means(first, second)[:, :, 0].mean(1)
    else:
        weights, sample = gaussian_window(), 1.0
    one, two = first.to(torch.float64), second.to(torch.float64)
    mean_one, mean_two = _smooth(one, weights), _smooth(two, weights)
    var_one = sample * (_smooth(one * one, weights) - mean_one * mean_one)
    var_two = sample * (_smooth(two * two, weights) - mean_two * mean_two)
    covariance = sample * (_smooth(one * two, weights) - mean_one * mean_two)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    upper = (2 * mean_one * mean_two + c1) * (2 * covariance + c2)
    lower = (mean_one**2 + mean_two**2 + c1) * (var_one + var_two + c2)
    return (upper / lower).flatten(1).mean(1)


def gaussian_window() -> list[float]:
    """Eleven weights of a Gaussian with σ = 1.5 that sum to 1."""
    raw = [math.exp(-0.5 * (offset / 1.5) ** 2) for offset in range(-5, 6)]
    return [weight / sum(raw) for weight in raw]


def gaussian_means(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Mean SSIM and mean contrast-structure of each channel, compiled: float64 (N, C, 2), on CPU.

    Parameters
    ----------
    first, second : (N, C, H, W), both uint8 or both float64, range 0 to 255
    """
    from gansec_lib.metrics.kernels import ssim_planes

    planes = (side.flatten(0, 1).contiguous().numpy() for side in (first, second))
    half = np.array(gaussian_window()[:6])
    means = ssim_planes(*planes, half, (0.01 * 255) ** 2, (0.03 * 255) ** 2)
    return torch.from_numpy(means).reshape(*first.shape[:2], 2)


def _smooth(images: torch.Tensor, weights: list[float]) -> torch.Tensor:
    """Separable window, only where it fits: (N, C, H, W) to (N, C, H − k + 1, W − k + 1)."""
    for axis in (2, 3):
        length = images.shape[axis] - len(weights) + 1
        total = weights[0] * images.narrow(axis, 0, length)
        for offset, weight in enumerate(weights[1:], start=1):
            total.add_(images.narrow(axis, offset, length), alpha=weight)
        images = total
    return images


def mse(first: torch.Tensor, second: torch.Tensor, name: str = "mse") -> Metric:
    """Mean of the pictures' MSE, no verdict."""
    return info(name, mse_values(first, second).mean().item(), "per picture, mean; range 255")


def psnr(first: torch.Tensor, second: torch.Tensor, name: str = "psnr") -> Metric:
    """Mean of the pictures' PSNR, no verdict."""
    words = "per picture, mean over pictures; data range 255"
    return info(name, psnr_values(first, second).mean().item(), words, unit="dB")


def ssim(
    first: torch.Tensor, second: torch.Tensor, name: str = "ssim", window: str = "box"
) -> Metric:
    """Mean of the pictures' SSIM, no verdict."""
    words = f"{window} {WINDOWS.get(window, '?')} window, borders cropped, data range 255"
    return info(name, ssim_values(first, second, window).mean().item(), words)


def lossless(plain: torch.Tensor, decrypted: torch.Tensor, name: str = "psnr_decrypted") -> Metric:
    """PSNR of the worst decrypted picture: infinite, or something was lost."""
    value = psnr_values(plain, decrypted).min().item()
    words = "plain against decrypted, worst picture, data range 255; lossless gives ∞"
    return with_verdict(name, value, math.inf, math.inf, None, words, "dB")


def unlike(plain: torch.Tensor, cipher: torch.Tensor, alpha: float = 0.05) -> Metric:
    """PSNR of plain against cipher image, where a uniform random cipher image would put it.

    For a byte p and a uniform U, E (p − U)² = p² − 255 p + 21717.5; the interval is that of the
    mean of independent such terms. [S] Table 4 asks for a low PSNR here and names no limit.
    """
    check_pair(plain, cipher)
    level = torch.arange(256, dtype=torch.float64)
    squares = (level[:, None] - level[None, :]) ** 2  # [p, u]
    counts = torch.bincount(plain.reshape(-1).to(torch.int64), minlength=256).to(torch.float64)
    n = plain.numel()
    mean = (counts.cpu() @ squares.mean(1) / n).item()
    sd = math.sqrt((counts.cpu() @ squares.var(1, correction=0)).item()) / n
    value = mse_values(plain, cipher).mean().item()

    def decibel(error: float) -> float:
        return 10 * math.log10(255**2 / error) if error > 0 else math.inf

    reach = tail_z(alpha / 2) * sd
    words = f"all pictures pooled, data range 255; two-sided at {alpha:g} for these pictures"
    return with_verdict(
        "psnr_cipher",
        decibel(value),
        decibel(mean),
        decibel(mean + reach),
        decibel(mean - reach),
        words,
        "dB",
    )
