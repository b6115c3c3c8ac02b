"""Image-to-image: the residual generator of style transfer, and the discriminator of patches.

Johnson et al. 2016 and Zhu et al. 2017 (CycleGAN) describe both; DeepKeyGen and the style ciphers
take them over.
"""

from __future__ import annotations

from torch import nn

from gansec_lib.errors import ParameterError


class ResidualBlock(nn.Module):
    """x + conv(relu(norm(conv(x)))), 3 × 3, reflected borders: (N, C, H, W) to the same."""

    def __init__(self, channels: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x):
        return x + self.body(x)


class ResnetGenerator(nn.Sequential):
    """c7s1-f, d2f, d4f, residual blocks of 4f, u2f, uf, c7s1-C, tanh; InstanceNorm and ReLU.

    DeepKeyGen's generator with ``width=64, blocks=6``: 7,837,699 parameters (patent US12028451B2
    for the layers; kernel and output of the last one are our reading).

    Parameters
    ----------
    channels : int
        Of input and output pictures, in [−1, 1].
    width : int
        f, channels after the first layer.
    blocks : int
        Residual blocks.

    Raises
    ------
    ParameterError

    >>> import torch
    >>> ResnetGenerator(3, width=4, blocks=1)(torch.zeros(2, 3, 12, 20)).shape
    torch.Size([2, 3, 12, 20])
    >>> sum(p.numel() for p in ResnetGenerator().parameters())
    7837699
    """

    def __init__(self, channels: int = 3, width: int = 64, blocks: int = 6):
        for name, value in (("channels", channels), ("width", width), ("blocks", blocks)):
            if not isinstance(value, int) or value < 1:
                raise ParameterError(f"{name}: expected a whole number ≥ 1, got {value!r}")
        f = width
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(channels, f, 7), *_norm(f)]
        for wide in (f, 2 * f):
            layers += [nn.Conv2d(wide, 2 * wide, 3, 2, 1), *_norm(2 * wide)]
        layers += [ResidualBlock(4 * f) for _ in range(blocks)]
        for wide in (4 * f, 2 * f):
            up = nn.ConvTranspose2d(wide, wide // 2, 3, 2, 1, output_padding=1)
            layers += [up, *_norm(wide // 2)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(f, channels, 7), nn.Tanh()]
        super().__init__(*layers)


class PatchDiscriminator(nn.Sequential):
    """Judges overlapping patches of 70 × 70: (N, C, H, W) to one logit a patch (N, 1, h, w).

    4 × 4 convolutions f, 2f, 4f (stride 2), 8f and 1 (stride 1); LeakyReLU 0.2, InstanceNorm but
    in the first and last (Isola et al. 2017).

    >>> import torch
    >>> PatchDiscriminator(1, width=4)(torch.zeros(2, 1, 32, 48)).shape
    torch.Size([2, 1, 2, 4])
    """

    def __init__(self, channels: int = 3, width: int = 64):
        f = width
        layers = [nn.Conv2d(channels, f, 4, 2, 1), nn.LeakyReLU(0.2)]
        for wide, stride in ((f, 2), (2 * f, 2), (4 * f, 1)):
            layers += [nn.Conv2d(wide, 2 * wide, 4, stride, 1), nn.InstanceNorm2d(2 * wide)]
            layers.append(nn.LeakyReLU(0.2))
        super().__init__(*layers, nn.Conv2d(8 * f, 1, 4, 1, 1))


def _norm(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.InstanceNorm2d(channels), nn.ReLU()
