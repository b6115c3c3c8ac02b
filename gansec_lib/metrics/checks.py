"""What the metrics ask of their arguments, and the normal law behind most intervals."""

from __future__ import annotations

from statistics import NormalDist

import torch

from gansec_lib.errors import ParameterError


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


def check_alpha(alpha: float) -> None:
    """Raise unless ``alpha`` is a significance level in (0, 1)."""
    if not 0 < alpha < 1:
        raise ParameterError(f"alpha: expected a significance level in (0, 1), got {alpha!r}")


def tail_z(tail: float) -> float:
    """The z that a standard normal variable exceeds with chance ``tail``.

    >>> round(tail_z(0.025), 4)
    1.96
    """
    check_alpha(tail)
    return NormalDist().inv_cdf(1 - tail)
