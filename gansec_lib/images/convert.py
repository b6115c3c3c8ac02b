"""The only two functions that cross between bytes and what networks see."""

from __future__ import annotations

import torch

from gansec_lib.errors import ParameterError


def to_network(images: torch.Tensor) -> torch.Tensor:
    """Bytes to network range: uint8 [0, 255] to float32 [−1, 1], any shape.

    >>> to_network(torch.tensor([0, 255], dtype=torch.uint8)).tolist()
    [-1.0, 1.0]
    """
    if images.dtype != torch.uint8:
        raise ParameterError(f"images: expected uint8 in [0, 255], got {images.dtype}")
    return images.float().div_(127.5).sub_(1.0)


def to_bytes(images: torch.Tensor) -> torch.Tensor:
    """Network range to bytes: float [−1, 1] (clipped, rounded to nearest) to uint8 [0, 255].

    >>> to_bytes(torch.tensor([-1.0, 0.2, 7.0])).tolist()
    [0, 153, 255]
    """
    if not images.is_floating_point():
        raise ParameterError(f"images: expected floating point in [-1, 1], got {images.dtype}")
    return images.detach().float().add(1.0).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)
