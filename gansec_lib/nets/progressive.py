"""Progressive growing, small: 4 → 8 → 16 → 32 → 64 px, each new size faded in.

Karras, Aila, Laine, Lehtinen, *Progressive growing of GANs for improved quality, stability, and
variation* (2018): fade-in (fig. 2), minibatch standard deviation (§ 3), equalised learning rate
(§ 4.1), pixel norm (§ 4.2). Channel counts are ``ours``.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.nets.small import expect_latent, expect_square

CHANNELS = (64, 64, 32, 16, 8)  # at 4, 8, 16, 32, 64 px; one layer a size (ours)


class EqualisedConv2d(nn.Conv2d):
    """A convolution whose weight is N(0, 1) and scaled by √(gain / fan-in) at run time (§ 4.1).

    Adam moves every weight by about the same amount a step; scaled at run time, every layer
    then learns at the same relative speed.
    """

    def __init__(
        self, before: int, after: int, kernel: int, stride=1, padding: int = 0, gain: float = 2.0
    ):
        super().__init__(before, after, kernel, stride=stride, padding=padding)
        nn.init.normal_(self.weight)
        nn.init.zeros_(self.bias)
        self.scale = math.sqrt(gain / (before * kernel * kernel))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self._conv_forward(images, self.weight * self.scale, self.bias)


class EqualisedLinear(nn.Linear):
    """A linear layer with the run-time scale of ``EqualisedConv2d``.

    ``rate`` slows the layer down against the others (StyleGAN's mapping network uses 0.01).
    """

    def __init__(self, before: int, after: int, gain: float = 2.0, bias=0.0, rate: float = 1.0):
        super().__init__(before, after)
        nn.init.normal_(self.weight, 0.0, 1.0 / rate)
        nn.init.constant_(self.bias, bias / rate)
        self.scale, self.rate = math.sqrt(gain / before) * rate, rate

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return F.linear(values, self.weight * self.scale, self.bias * self.rate)


def pixel_norm(values: torch.Tensor, epsilon: float = 1e-8) -> torch.Tensor:
    """Divide each pixel's channel vector by its root mean square (§ 4.2).

        b = a / √(mean_c a_c² + ε)

    Works on (N, C, H, W) and on latents (N, C).

    >>> pixel_norm(torch.full((1, 4, 2, 3), 5.0))[0, :, 0, 0]
    tensor([1., 1., 1., 1.])
    """
    return values * torch.rsqrt(values.square().mean(1, keepdim=True) + epsilon)


def minibatch_std(features: torch.Tensor, group: int = 4) -> torch.Tensor:
    """Append one channel that says how different the pictures of a group are (§ 3).

    (N, C, H, W) → (N, C + 1, H, W). The standard deviation over ``group`` pictures, averaged
    over channels and pixels: one number a group, the same at each of its pixels. A generator
    whose pictures are all alike gives itself away through it. A batch that ``group`` does not
    divide is taken as one group.

    >>> minibatch_std(torch.zeros(4, 2, 3, 5)).shape
    torch.Size([4, 3, 3, 5])
    """
    count, _, height, width = features.shape
    size = group if count % group == 0 else count
    grouped = features.reshape(size, count // size, *features.shape[1:])
    spread = (grouped.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    channel = spread.repeat(size).reshape(count, 1, 1, 1).expand(count, 1, height, width)
    return torch.cat([features, channel], dim=1)


def upsample(images: torch.Tensor) -> torch.Tensor:
    """Each pixel becomes 2 × 2 (nearest)."""
    return F.interpolate(images, scale_factor=2.0, mode="nearest")


def halve(images: torch.Tensor) -> torch.Tensor:
    """Each 2 × 2 block becomes its mean."""
    return F.avg_pool2d(images, 2)


SHARES = (1, 1, 2, 3, 3)  # of the training time, at 4, 8, 16, 32, 64 px (ours)


def growth(step: int, steps: int, levels: int = len(SHARES)) -> tuple[int, float]:
    """Which size is being trained at ``step`` of ``steps``, and how far it has faded in.

    In the first half of a level's time (but at level 0) alpha rises from 0 to 1, in the second
    half it stays 1. Returns (level, alpha); level 0 is 4 px.

    >>> [growth(step, 100) for step in (0, 10, 15, 99)]
    [(0, 1.0), (1, 0.0), (1, 1.0), (4, 1.0)]
    """
    shares = SHARES[:levels]
    place = step / steps * sum(shares)
    level = 0
    while level < levels - 1 and place >= shares[level]:
        place -= shares[level]
        level += 1
    return level, 1.0 if level == 0 else float(min(1.0, 2.0 * place / shares[level]))


def shrink(images: torch.Tensor, size: int, alpha: float = 1.0) -> torch.Tensor:
    """Real pictures as the discriminator sees them at ``size``, faded like the generator's.

    (N, C, S, S) → (N, C, size, size): block means; below alpha 1 blended with the picture of half
    the size, enlarged, so that real and fake are equally sharp (§ 2).
    """
    if images.shape[-1] % size:
        raise ParameterError(f"size: expected a divisor of {images.shape[-1]}, got {size}")
    if images.shape[-1] != size:
        images = F.avg_pool2d(images, images.shape[-1] // size)
    return images if alpha >= 1.0 else torch.lerp(upsample(halve(images)), images, alpha)


class _Grows(nn.Module):
    """Both players know the sizes, and where between two of them they stand."""

    def __init__(self, size: int):
        super().__init__()
        sizes = [4 * 2**i for i in range(len(CHANNELS))]
        if size not in sizes[1:]:
            raise ParameterError(f"size: expected one of {sizes[1:]}, got {size}")
        self.levels = sizes.index(size) + 1
        self.level, self.alpha = self.levels - 1, 1.0

    def grow(self, level: int, alpha: float = 1.0) -> None:
        """Stand at ``level`` (0 is 4 px), the newest layers weighing ``alpha`` in [0, 1]."""
        if not 0 <= level < self.levels or not 0.0 <= alpha <= 1.0:
            raise ParameterError(
                f"level, alpha: expected level in [0, {self.levels}) and alpha in [0, 1], "
                f"got {level}, {alpha}"
            )
        self.level, self.alpha = level, float(alpha)

    @property
    def size(self) -> int:
        """Height and width of the pictures at the present level."""
        return 4 * 2**self.level


class ProgressiveGenerator(_Grows):
    """Latent to a picture of the present size; ``grow(level, alpha)`` moves on.

    >>> generator = ProgressiveGenerator()
    >>> generator.grow(2, 0.5)
    >>> generator(torch.randn(2, 64)).shape
    torch.Size([2, 3, 16, 16])
    """

    def __init__(self, latent: int = 64, size: int = 64):
        super().__init__(size)
        self.latent = latent
        self.start = EqualisedLinear(latent, CHANNELS[0] * 16)
        self.first = EqualisedConv2d(CHANNELS[0], CHANNELS[0], 3, padding=1)
        self.blocks = nn.ModuleList(
            EqualisedConv2d(CHANNELS[i - 1], CHANNELS[i], 3, padding=1)
            for i in range(1, self.levels)
        )
        self.to_rgb = nn.ModuleList(
            EqualisedConv2d(CHANNELS[i], 3, 1, gain=1.0) for i in range(self.levels)
        )

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        expect_latent(latent, self.latent)
        hidden = self.start(pixel_norm(latent)).unflatten(1, (CHANNELS[0], 4, 4))
        hidden = pixel_norm(F.leaky_relu(hidden, 0.2))
        hidden = pixel_norm(F.leaky_relu(self.first(hidden), 0.2))
        before = hidden
        for block in self.blocks[: self.level]:
            before = hidden
            hidden = pixel_norm(F.leaky_relu(block(upsample(hidden)), 0.2))
        picture = self.to_rgb[self.level](hidden)
        if self.alpha < 1.0:
            old = upsample(self.to_rgb[self.level - 1](before)) if self.level else picture
            picture = torch.lerp(old, picture, self.alpha)
        return picture.tanh()  # the paper's is linear; tanh keeps bytes in range (ours)


class ProgressiveDiscriminator(_Grows):
    """The mirror: picture of the present size to one logit.

    >>> discriminator = ProgressiveDiscriminator()
    >>> discriminator(torch.zeros(4, 3, 64, 64)).shape
    torch.Size([4])
    """

    def __init__(self, size: int = 64):
        super().__init__(size)
        self.from_rgb = nn.ModuleList(
            EqualisedConv2d(3, CHANNELS[i], 1) for i in range(self.levels)
        )
        self.blocks = nn.ModuleList(
            EqualisedConv2d(CHANNELS[i], CHANNELS[i - 1], 4, stride=2, padding=1)
            for i in range(1, self.levels)
        )
        self.last = EqualisedConv2d(CHANNELS[0] + 1, CHANNELS[0], 3, padding=1)
        self.dense = EqualisedLinear(CHANNELS[0] * 16, CHANNELS[0])
        self.end = EqualisedLinear(CHANNELS[0], 1, gain=1.0)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        expect_square(images, self.size)
        hidden = F.leaky_relu(self.from_rgb[self.level](images), 0.2)
        for i in range(self.level - 1, -1, -1):
            hidden = F.leaky_relu(self.blocks[i](hidden), 0.2)
            if i == self.level - 1 and self.alpha < 1.0:
                old = F.leaky_relu(self.from_rgb[i](halve(images)), 0.2)
                hidden = torch.lerp(old, hidden, self.alpha)
        hidden = F.leaky_relu(self.last(minibatch_std(hidden)), 0.2)
        return self.end(F.leaky_relu(self.dense(hidden.flatten(1)), 0.2)).squeeze(1)
