"""The small pair of lesson 03: one generator and one discriminator for several losses.

Radford, Metz, Chintala, *Unsupervised representation learning with deep convolutional
generative adversarial networks* (2016), cut down to what one CPU core trains in a minute. The
discriminator has no batch norm (``ours``), so that the very same layers serve the vanilla
loss, least squares and Wasserstein with a gradient penalty, which is defined one picture at a
time (Gulrajani et al. 2017, § 4).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from gansec_lib.errors import ParameterError

SIZES = (8, 16, 32, 64, 128)


def expect_latent(latent: torch.Tensor, width: int, name: str = "latent") -> torch.Tensor:
    """Return ``latent`` if it is (N, width), else raise ParameterError."""
    if latent.ndim != 2 or latent.shape[1] != width:
        raise ParameterError(
            f"{name}: expected shape (N, {width}), got {tuple(latent.shape)}; "
            "latents are flat here, not (N, Z, 1, 1)"
        )
    return latent


def expect_square(images: torch.Tensor, size: int, name: str = "images") -> torch.Tensor:
    """Return ``images`` if they are (N, C, size, size), else raise ParameterError."""
    if images.ndim != 4 or tuple(images.shape[2:]) != (size, size):
        raise ParameterError(
            f"{name}: expected (N, C, {size}, {size}), got {tuple(images.shape)}; "
            "these networks end in a linear layer, so height and width are fixed"
        )
    return images


def expect_size(size: int, smallest: int = 8) -> int:
    """Return ``size`` if it is a power of two the family knows, else raise ParameterError."""
    if size not in SIZES or size < smallest:
        allowed = ", ".join(str(s) for s in SIZES if s >= smallest)
        raise ParameterError(f"size: expected one of {allowed}, got {size}")
    return size


def init_normal(module: nn.Module, std: float = 0.02) -> None:
    """DCGAN's start: convolutions and linear layers N(0, 0.02), batch norm N(1, 0.02)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d) and layer.affine:
            nn.init.normal_(layer.weight, 1.0, std)
            nn.init.zeros_(layer.bias)


def init_he(module: nn.Module, slope: float = 0.2) -> None:
    """He's start for layers followed by a leaky ReLU: the signal keeps its size without norms."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, slope)
            nn.init.zeros_(layer.bias)


def normalise_spectra(module: nn.Module) -> None:
    """Spectral norm on every convolution and linear layer, started orthogonal (slope 1)."""
    for layer in list(module.modules()):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.orthogonal_(layer.weight)
            spectral_norm(layer)


class SmallGenerator(nn.Module):
    """Latent to picture: a linear layer to 4 × 4, then transposed convolutions that double.

    Parameters
    ----------
    latent : int
        Length Z of the latent vector.
    width : int
        Channels of the last hidden layer; each step down in size doubles them.
    size : int
        Height and width of the picture: 8, 16, 32, 64 or 128.
    channels : int
        3 for colour, 1 for grey.

    Returns (forward)
    -----------------
    float32 tensor (N, channels, size, size) in [−1, 1].

    >>> SmallGenerator()(torch.randn(2, 64)).shape
    torch.Size([2, 3, 32, 32])
    """

    def __init__(self, latent: int = 64, width: int = 16, size: int = 32, channels: int = 3):
        super().__init__()
        expect_size(size)
        self.latent, self.size, self.channels = latent, size, channels
        doublings = SIZES.index(size) + 1
        wide = width * 2 ** (doublings - 1)
        self.wide = wide
        self.start = nn.Linear(latent, wide * 16)
        layers: list[nn.Module] = [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
        for _ in range(doublings - 1):
            narrow = wide // 2
            layers += [
                nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(narrow),
                nn.ReLU(inplace=True),
            ]
            wide = narrow
        layers += [nn.ConvTranspose2d(wide, channels, 4, stride=2, padding=1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        init_normal(self)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        expect_latent(latent, self.latent)
        return self.layers(self.start(latent).unflatten(1, (self.wide, 4, 4)))


class SmallDiscriminator(nn.Module):
    """Picture to one logit: strided convolutions down to 4 × 4, then a linear layer.

    ``features`` gives what the last linear layer sees, (N, wide * 16). ``spectral`` divides each
    weight by its largest singular value (Miyato et al. 2018), so that every layer has slope 1 at
    most: the brake of the members that have no gradient penalty.

    >>> SmallDiscriminator()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2])
    """

    def __init__(self, width: int = 16, size: int = 32, channels: int = 3, spectral: bool = False):
        super().__init__()
        expect_size(size)
        self.size, self.channels = size, channels
        layers: list[nn.Module] = []
        wide = width
        before = channels
        for _ in range(SIZES.index(size) + 1):
            layers += [nn.Conv2d(before, wide, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
            before, wide = wide, wide * 2
        self.layers = nn.Sequential(*layers)
        self.wide = before
        self.end = nn.Linear(before * 16, 1)
        init_he(self)  # DCGAN's 0.02 needs batch norm to keep the signal alive
        if spectral:
            normalise_spectra(self)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """(N, C, S, S) in [−1, 1] to (N, wide * 16): what the last layer decides on."""
        expect_square(images, self.size)
        return self.layers(images).flatten(1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.end(self.features(images)).squeeze(1)
