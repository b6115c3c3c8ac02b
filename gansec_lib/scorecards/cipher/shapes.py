"""Ciphertexts that are no picture of the plain one's shape: compressed, or a part of the bytes."""

from __future__ import annotations

import math

import torch

from gansec_lib.errors import ParameterError

AREAS = ("crop", "occlusion")  # damages that need a picture with an inside
NO_AREA = "no area"  # their outcome where the cipher bytes lie in a line


def why_no_picture(images: torch.Tensor, ciphertext) -> str:
    """Why there is no cipher image to lay beside the plain one; nothing where there is one.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
    ciphertext : Ciphertext

    Raises
    ------
    ParameterError
        The payload does not fill the shape that the ciphertext states: nothing can be measured.
    """
    if ciphertext.payload.numel() != math.prod(ciphertext.shape):
        raise ParameterError(
            f"system: {ciphertext.system} makes {ciphertext.payload.numel():,} bytes where its "
            f"ciphertext states {ciphertext.shape}; the report measures ciphertexts of a fixed size"
        )
    if tuple(ciphertext.shape) == tuple(images.shape):
        return ""
    each = math.prod(ciphertext.shape[1:])
    return f"{each:,} cipher bytes for {images[0].numel():,} of the picture: no picture beside it"


def is_strip(images: torch.Tensor, cipher: torch.Tensor) -> bool:
    """Whether the cipher bytes lie in one line though the picture does not."""
    return cipher.shape[2] == 1 < images.shape[2]


def to_look_at(images: torch.Tensor, cipher: torch.Tensor) -> torch.Tensor:
    """Cipher bytes as something to look at: a strip becomes a grey field, row after row.

    The last row is left out where the bytes do not fill it.

    >>> strip = torch.arange(10, dtype=torch.uint8).reshape(1, 1, 1, 10)
    >>> to_look_at(torch.zeros(1, 3, 8, 8, dtype=torch.uint8), strip)[0, 0].tolist()
    [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    """
    if not is_strip(images, cipher):
        return cipher
    wide = math.isqrt(cipher[0].numel())
    high = cipher[0].numel() // wide
    return cipher.reshape(len(cipher), 1, -1)[..., : high * wide].reshape(-1, 1, high, wide)
