"""Self-attention, spectral norm and the truncation trick: BigGAN's ingredients, small.

Zhang, Goodfellow, Metaxas, Odena, *Self-attention generative adversarial networks* (2019), eq. 1–3;
Miyato et al., *Spectral normalization for GANs* (2018); Brock, Donahue, Simonyan, *Large scale GAN
training* (BigGAN, 2019), § 3.1 for truncation. BigGAN's scale is not here, its idea is.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.nets.small import (
    expect_latent,
    expect_size,
    expect_square,
    init_normal,
    normalise_spectra,
)


class SelfAttention(nn.Module):
    """Each position looks at every other one and adds what it finds, times γ.

        s_ij = f(x_i)ᵀ g(x_j),   β = softmax over i,   o_j = v(Σ_i β_ji h(x_i)),   y = γ o + x

    γ starts at 0: the layer begins as the identity and learns how much to look around.
    Channels: f, g have C/8, h has C/2 (SAGAN § 3, BigGAN's code).

    >>> SelfAttention(16)(torch.zeros(2, 16, 6, 5)).shape
    torch.Size([2, 16, 6, 5])
    """

    def __init__(self, channels: int):
        super().__init__()
        if channels % 8:
            raise ParameterError(f"channels: expected a multiple of 8, got {channels}")
        self.query = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.key = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.value = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.out = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def attention(self, hidden: torch.Tensor) -> torch.Tensor:
        """β: (N, H·W, H·W); row j says where position j looks, and sums to 1."""
        query, key = self.query(hidden).flatten(2), self.key(hidden).flatten(2)
        return torch.softmax(query.transpose(1, 2) @ key, dim=2)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        seen = self.value(hidden).flatten(2) @ self.attention(hidden).transpose(1, 2)
        return hidden + self.gamma * self.out(seen.unflatten(2, hidden.shape[2:]))


def truncated_normal(
    shape: tuple[int, ...], threshold: float, rng: torch.Generator | None = None
) -> torch.Tensor:
    """Normal values, each drawn again until |value| ≤ threshold (BigGAN § 3.1).

    A small threshold gives typical pictures and less variety. Exact, by the inverse of the
    normal distribution function, in float64.

    >>> float(truncated_normal((4, 3), 0.5).abs().max()) <= 0.5
    True
    """
    if threshold <= 0:
        raise ParameterError(f"threshold: expected > 0, got {threshold}")
    edge = torch.special.ndtr(torch.tensor(float(threshold), dtype=torch.float64))
    uniform = torch.rand(shape, generator=rng, dtype=torch.float64)
    quantile = (1.0 - edge) + uniform * (2.0 * edge - 1.0)
    return torch.special.ndtri(quantile).clamp_(-threshold, threshold).float()


class AttentionGenerator(nn.Module):
    """``SmallGenerator``'s sizes with a self-attention layer at a quarter of the size.

    BigGAN keeps spectral norm in the generator too; here only the discriminator has it (ours:
    the averaged weights would need their own power iteration).

    >>> AttentionGenerator()(torch.randn(2, 64)).shape
    torch.Size([2, 3, 32, 32])
    """

    def __init__(self, latent: int = 64, width: int = 16, size: int = 32):
        super().__init__()
        expect_size(size, smallest=32)
        self.latent, self.size = latent, size
        wide = width * size // 8
        self.wide = wide
        self.start = nn.Linear(latent, wide * 16)
        layers: list[nn.Module] = [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
        side = 4
        while side < size // 2:
            layers += [
                nn.ConvTranspose2d(wide, wide // 2, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(wide // 2),
                nn.ReLU(inplace=True),
            ]
            wide, side = wide // 2, side * 2
            if side == size // 4:
                layers.append(SelfAttention(wide))
        layers += [nn.ConvTranspose2d(wide, 3, 4, stride=2, padding=1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        init_normal(self)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        expect_latent(latent, self.latent)
        return self.layers(self.start(latent).unflatten(1, (self.wide, 4, 4)))

    @property
    def gamma(self) -> float:
        """How much the attention layer adds; 0 at the start."""
        return next(float(m.gamma) for m in self.layers if isinstance(m, SelfAttention))


class AttentionDiscriminator(nn.Module):
    """Strided convolutions under spectral norm, with self-attention at a quarter of the size.

    Spectral norm divides each weight by its largest singular value (found by power iteration),
    so every layer is at most 1-Lipschitz in its own matrix.

    >>> AttentionDiscriminator()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2])
    """

    def __init__(self, width: int = 16, size: int = 32):
        super().__init__()
        expect_size(size, smallest=32)
        self.size = size
        layers: list[nn.Module] = []
        before, wide, side = 3, width, size
        while side > 4:
            layers += [nn.Conv2d(before, wide, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
            before, wide, side = wide, wide * 2, side // 2
            if side == size // 4:
                layers.append(SelfAttention(before))
        self.layers = nn.Sequential(*layers)
        self.end = nn.Linear(before * 16, 1)
        normalise_spectra(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        expect_square(images, self.size)
        return self.end(F.leaky_relu(self.layers(images), 0.2).flatten(1)).squeeze(1)
