"""Generators of numbers in [−1, 1]: from a latent to a window of a sequence, or to a key matrix.

Three kinds, each with its discriminator: fully connected, convolutional in one dimension, and the
two-dimensional DCGAN of key matrices. Latent (N, latent) in, (N, size) out, whatever lies between.
The papers that use them print no layers; widths are our reading (specs §2, §4–§7).
"""

from __future__ import annotations

import math

from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.nets.mlp import MLP

LATENT = 100


class DenseGenerator(nn.Sequential):
    """Linear, BatchNorm, ReLU through ``widths``, then Linear and tanh.

    >>> import torch
    >>> DenseGenerator(64)(torch.zeros(5, 100)).shape
    torch.Size([5, 64])
    """

    def __init__(self, size: int = 256, widths=(256, 512, 1024), latent: int = LATENT):
        layers, wide = [], latent
        for width in widths:
            layers += [nn.Linear(wide, width), nn.BatchNorm1d(width), nn.ReLU()]
            wide = width
        super().__init__(*layers, nn.Linear(wide, size), nn.Tanh())
        self.latent, self.size = latent, size


class DenseDiscriminator(MLP):
    """The generator's mirror, without BatchNorm: (N, size) to (N, 1) logits."""

    def __init__(self, size: int = 256, widths=(1024, 512, 256)):
        super().__init__((size, *widths, 1))


class WaveGenerator(nn.Sequential):
    """A DCGAN in one dimension: latent to 4f × 16, then up by transposed convolutions to ``size``.

    >>> import torch
    >>> WaveGenerator(256, width=8)(torch.zeros(2, 100)).shape
    torch.Size([2, 256])
    """

    def __init__(self, size: int = 256, width: int = 32, latent: int = LATENT):
        doublings = _doublings("size", size, 16)
        wide = width * 2**doublings // 2
        layers = [nn.Linear(latent, wide * 16), nn.Unflatten(1, (wide, 16))]
        for _ in range(doublings - 1):
            layers += [nn.BatchNorm1d(wide), nn.ReLU()]
            layers.append(nn.ConvTranspose1d(wide, wide // 2, 4, 2, 1))
            wide //= 2
        layers += [nn.BatchNorm1d(wide), nn.ReLU(), nn.ConvTranspose1d(wide, 1, 4, 2, 1)]
        super().__init__(*layers, nn.Flatten(), nn.Tanh())
        self.latent, self.size = latent, size


class WaveDiscriminator(nn.Sequential):
    """(N, size) to (N, 1) logits by strided convolutions in one dimension; no BatchNorm."""

    def __init__(self, size: int = 256, width: int = 32):
        doublings, wide = _doublings("size", size, 16), width
        layers = [nn.Unflatten(1, (1, size)), nn.Conv1d(1, wide, 4, 2, 1), nn.LeakyReLU(0.2)]
        for _ in range(doublings - 1):
            layers += [nn.Conv1d(wide, 2 * wide, 4, 2, 1), nn.LeakyReLU(0.2)]
            wide *= 2
        super().__init__(*layers, nn.Flatten(), nn.Linear(wide * 16, 1))


class MatrixGenerator(nn.Sequential):
    """DCGAN of key matrices: latent to 4 × 4 × 8f, 8 × 8 × 4f, 16 × 16 × 2f, 32 × 32 × 1, flat.

    Specs §6: f = 32 gives 256, 128, 64 channels.

    >>> import torch
    >>> MatrixGenerator(width=4)(torch.zeros(3, 100)).shape
    torch.Size([3, 1024])
    """

    def __init__(self, size: int = 1024, width: int = 32, latent: int = LATENT):
        if size != 1024:
            raise ParameterError(f"size: expected 1024, a matrix of 32 × 32, got {size}")
        wide = 8 * width
        layers = [nn.Linear(latent, wide * 16), nn.Unflatten(1, (wide, 4, 4))]
        for _ in range(2):
            layers += [nn.BatchNorm2d(wide), nn.ReLU()]
            layers.append(nn.ConvTranspose2d(wide, wide // 2, 4, 2, 1))
            wide //= 2
        layers += [nn.BatchNorm2d(wide), nn.ReLU(), nn.ConvTranspose2d(wide, 1, 4, 2, 1)]
        super().__init__(*layers, nn.Flatten(), nn.Tanh())
        self.latent, self.size = latent, size


class MatrixDiscriminator(nn.Sequential):
    """(N, 1024) to (N, 1) logits: 32 × 32, 4 × 4 convolutions of stride 2; no BatchNorm."""

    def __init__(self, size: int = 1024, width: int = 32):
        layers = [nn.Unflatten(1, (1, 32, 32)), nn.Conv2d(1, 2 * width, 4, 2, 1)]
        layers.append(nn.LeakyReLU(0.2))
        for wide in (2 * width, 4 * width):
            layers += [nn.Conv2d(wide, 2 * wide, 4, 2, 1), nn.LeakyReLU(0.2)]
        super().__init__(*layers, nn.Flatten(), nn.Linear(8 * width * 16, 1))


KINDS = {
    "dense": (DenseGenerator, DenseDiscriminator),
    "wave": (WaveGenerator, WaveDiscriminator),
    "matrix": (MatrixGenerator, MatrixDiscriminator),
}


def _doublings(name: str, size: int, least: int) -> int:
    doublings = math.log2(size / least) if size > least else 0
    if doublings < 1 or doublings != int(doublings):
        raise ParameterError(f"{name}: expected {least} times a power of two, got {size}")
    return int(doublings)
