"""Pictures as bytes: what they are, and the only two ways to and from what networks see."""

from __future__ import annotations

import torch

from gansec_lib.errors import ParameterError


def check_bytes(images: torch.Tensor, name: str = "images", hint: str = "") -> torch.Tensor:
    """``images`` itself if it is a uint8 tensor (N, C, H, W); ``hint`` ends the error's message.

    Sparse and nested tensors, and those on the ``meta`` device, hold no plain bytes and are none.

    >>> check_bytes(torch.zeros(3, 8, 8))
    Traceback (most recent call last):
    gansec_lib.errors.ParameterError: images: expected a uint8 tensor (N, C, H, W), \
got torch.float32 (3, 8, 8)
    """
    tensor = isinstance(images, torch.Tensor)
    if tensor and (images.is_nested or images.is_meta or images.layout is not torch.strided):
        came = f"a {'nested' if images.is_nested else images.layout} tensor on {images.device}"
    elif not tensor or images.dtype != torch.uint8 or images.ndim != 4:
        kind = getattr(images, "dtype", type(images).__name__)
        came = f"{kind} {tuple(getattr(images, 'shape', ()))}"
    else:
        return images
    raise ParameterError(f"{name}: expected a uint8 tensor (N, C, H, W), got {came}{hint}")


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
