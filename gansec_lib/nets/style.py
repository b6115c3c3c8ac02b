"""Style modulation, small: a latent becomes a style, and the style steers every layer.

Karras, Laine, Aila, *A style-based generator architecture* (2019) for the mapping network, the
noise and style mixing; Karras et al., *Analyzing and improving the image quality of StyleGAN*
(2020) for modulation by weight demodulation (§ 2.2, eq. 1–3) and the skip generator (§ 4.1).
Sizes are ``ours``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.nets.progressive import (
    EqualisedConv2d,
    EqualisedLinear,
    halve,
    minibatch_std,
    pixel_norm,
)
from gansec_lib.nets.small import expect_latent, expect_size, expect_square


class MappingNetwork(nn.Module):
    """z → w: normalise, then ``layers`` linear layers that learn at a hundredth of the speed.

    >>> MappingNetwork(64, layers=2)(torch.randn(3, 64)).shape
    torch.Size([3, 64])
    """

    def __init__(self, latent: int = 64, layers: int = 4):
        super().__init__()
        self.latent = latent
        self.layers = nn.ModuleList(
            EqualisedLinear(latent, latent, rate=0.01) for _ in range(layers)
        )

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        style = pixel_norm(expect_latent(latent, self.latent))
        for layer in self.layers:
            style = F.leaky_relu(layer(style), 0.2)
        return style


class ModulatedConv2d(nn.Module):
    """A convolution whose input channels are scaled by the style, its output rescaled to match.

    For style s (one factor an input channel), eq. 1 and 3 of StyleGAN2:

        w'_{ijk} = s_i · w_{ijk}            modulate
        w''_{ijk} = w'_{ijk} / √(Σ_{i,k} w'²_{ijk} + ε)    demodulate

    so each output channel's weights have norm 1 whatever the style. Computed without a weight
    a picture: scaling the input by s and the output by 1/√… is the same map (eq. 1 is linear).

    Parameters
    ----------
    before, after : int
        Channels in and out.
    style : int
        Length of w; an affine layer turns it into s, its bias starting at 1.
    up : bool
        Double the size, by a transposed convolution with a 4 × 4 kernel. Of its 16 taps 4 meet
        each pixel, so its output is doubled to keep the variance (the authors blur after a 3 × 3
        kernel instead; ours is cheaper).
    """

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int,
        style: int,
        demodulate: bool = True,
        up: bool = False,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(after, before, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(after))
        self.affine = EqualisedLinear(style, before, gain=1.0, bias=1.0)
        self.scale = (before * kernel * kernel) ** -0.5
        self.padding, self.demodulate, self.up = kernel // 2, demodulate, up
        if up and kernel != 4:
            raise ParameterError(f"kernel: expected 4 where up is set, got {kernel}")

    def forward(self, images: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        factors = self.affine(style)
        scaled, weight = images * factors[:, :, None, None], self.scale * self.weight
        if self.up:
            hidden = 2.0 * F.conv_transpose2d(scaled, weight.transpose(0, 1), stride=2, padding=1)
        else:
            hidden = F.conv2d(scaled, weight, padding=self.padding)
        if self.demodulate:
            energy = weight.square().sum((2, 3))
            hidden = hidden * torch.rsqrt(factors.square() @ energy.T + 1e-8)[:, :, None, None]
        return hidden + self.bias[:, None, None]


class NoiseInjection(nn.Module):
    """Add one picture of noise to every channel, times one learned strength (starts at 0)."""

    def __init__(self):
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, images: torch.Tensor, noise: torch.Tensor | None = None) -> torch.Tensor:
        if noise is None:
            noise = torch.randn_like(images[:, :1])
        return images + self.strength * noise


class _StyledLayer(nn.Module):
    def __init__(self, before: int, after: int, style: int, up: bool):
        super().__init__()
        self.convolution = ModulatedConv2d(before, after, 4 if up else 3, style, up=up)
        self.noise = NoiseInjection()

    def forward(self, images, style, noise):
        return F.leaky_relu(self.noise(self.convolution(images, style), noise), 0.2) * 2**0.5


class StyleGenerator(nn.Module):
    """A learned 4 × 4 start, one styled layer a size, colours added up from every size.

    ``styles(latent)`` gives w; ``synthesise(w, …)`` takes one w for all layers, (N, W), or one a
    layer, (N, layers, W), which is how styles are mixed.

    Parameters
    ----------
    latent : int
        Length of z and of w.
    width : int
        Channels at full size; each size below doubles them, up to 64.
    size : int
        Height and width: 8, 16, 32, 64 or 128.

    >>> generator = StyleGenerator()
    >>> generator(torch.randn(2, 64)).shape, generator.layers
    (torch.Size([2, 3, 32, 32]), 4)
    """

    def __init__(self, latent: int = 64, width: int = 8, size: int = 32, mapping: int = 4):
        super().__init__()
        expect_size(size)
        self.latent, self.size = latent, size
        sizes = [4]
        while sizes[-1] < size:
            sizes.append(sizes[-1] * 2)
        wides = [min(width * size // side, 64) for side in sizes]
        self.layers = len(sizes)
        self.mapping = MappingNetwork(latent, mapping)
        self.start = nn.Parameter(torch.randn(1, wides[0], 4, 4))
        self.styled = nn.ModuleList(
            _StyledLayer(wides[max(i - 1, 0)], wides[i], latent, up=i > 0)
            for i in range(self.layers)
        )
        self.to_rgb = nn.ModuleList(
            ModulatedConv2d(wide, 3, 1, latent, demodulate=False) for wide in wides
        )

    def styles(self, latent: torch.Tensor) -> torch.Tensor:
        """z (N, Z) → w (N, Z)."""
        return self.mapping(latent)

    def mix(self, coarse: torch.Tensor, fine: torch.Tensor, crossover: int) -> torch.Tensor:
        """w of ``coarse`` for layers below ``crossover``, of ``fine`` from there on.

        (N, W), (N, W) → (N, layers, W). Layer i works at 4 · 2^i px.
        """
        if not 0 <= crossover <= self.layers:
            raise ParameterError(f"crossover: expected 0 to {self.layers}, got {crossover}")
        below = torch.arange(self.layers, device=coarse.device)[None, :, None] < crossover
        return torch.where(below, coarse[:, None], fine[:, None])

    def noise(self, count: int, rng: torch.Generator | None = None) -> list[torch.Tensor]:
        """One noise picture a layer, for ``synthesise(…, noise=…)``: fixes the fine detail."""
        device = self.start.device
        return [
            torch.randn(count, 1, 4 * 2**i, 4 * 2**i, generator=rng).to(device)
            for i in range(self.layers)
        ]

    def synthesise(
        self, styles: torch.Tensor, noise: list[torch.Tensor] | None = None
    ) -> torch.Tensor:
        """w to pictures in [−1, 1]; fresh noise unless ``noise`` is given."""
        if styles.ndim == 2:
            styles = styles[:, None].expand(-1, self.layers, -1)
        if styles.ndim != 3 or styles.shape[1:] != (self.layers, self.latent):
            raise ParameterError(
                f"styles: expected (N, {self.latent}) or (N, {self.layers}, {self.latent}), "
                f"got {tuple(styles.shape)}"
            )
        hidden = self.start.expand(len(styles), -1, -1, -1)
        picture = None
        for i in range(self.layers):
            if i:
                picture = F.interpolate(picture, scale_factor=2.0, mode="bilinear")
            hidden = self.styled[i](hidden, styles[:, i], noise[i] if noise else None)
            colours = self.to_rgb[i](hidden, styles[:, i])
            picture = colours if picture is None else picture + colours
        return picture.tanh()  # ours: the paper's output is linear

    def forward(
        self,
        latent: torch.Tensor,
        other: torch.Tensor | None = None,
        crossover: int | None = None,
        noise: list[torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """z to pictures; with ``other`` and ``crossover`` styles are mixed (2019, § 3.1)."""
        styles = self.styles(latent)
        if other is not None:
            styles = self.mix(
                styles, self.styles(other), self.layers if crossover is None else crossover
            )
        return self.synthesise(styles, noise)


class StyleDiscriminator(nn.Module):
    """Residual blocks that halve the size, minibatch standard deviation, one logit (2020, § 4.1).

    A block is one strided convolution beside its skip; the paper has two (ours).

    >>> StyleDiscriminator()(torch.zeros(4, 3, 32, 32)).shape
    torch.Size([4])
    """

    def __init__(self, width: int = 8, size: int = 32):
        super().__init__()
        expect_size(size)
        self.size = size
        self.from_rgb = EqualisedConv2d(3, width, 1)
        self.main, self.skip = nn.ModuleList(), nn.ModuleList()
        wide, side = width, size
        while side > 4:
            after = min(wide * 2, 64)
            self.main.append(EqualisedConv2d(wide, after, 4, stride=2, padding=1))
            self.skip.append(EqualisedConv2d(wide, after, 1, gain=1.0))
            wide, side = after, side // 2
        self.last = EqualisedConv2d(wide + 1, wide, 3, padding=1)
        self.dense = EqualisedLinear(wide * 16, wide)
        self.end = EqualisedLinear(wide, 1, gain=1.0)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        hidden = F.leaky_relu(self.from_rgb(expect_square(images, self.size)), 0.2)
        for main, skip in zip(self.main, self.skip, strict=True):
            hidden = (F.leaky_relu(main(hidden), 0.2) + skip(halve(hidden))) * 0.5**0.5
        hidden = F.leaky_relu(self.last(minibatch_std(hidden)), 0.2)
        return self.end(F.leaky_relu(self.dense(hidden.flatten(1)), 0.2)).squeeze(1)
