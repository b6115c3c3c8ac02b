"""Networks that give back what a lossy scheme left out: super-resolution, and a codec.

``CSRNet`` [9] and ``CompressionGAN`` [76]; neither paper prints layers, both are our reading
(specs §7, §16).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.nets.resnet import ResidualBlock

LEVELS = 5  # values a symbol takes: −2 to 2


class AttentionBlock(nn.Module):
    """Two convolutions whose channels are weighed by their means, added to the input."""

    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(width, width // 4, 1),
            nn.ReLU(),
            nn.Conv2d(width // 4, width, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        change = self.body(x)
        return x + change * self.weigh(change)


class CSRNet(nn.Module):
    """Twice the size: (N, 1, H, W) in [−1, 1] to (N, 1, 2H, 2W), the given pixels kept.

    What it learns is added to bicubic interpolation. Pixel (0, 0) of every 2 × 2 is known (it was
    sent), so it is put back in the end.

    >>> CSRNet(8, 1)(torch.zeros(2, 1, 5, 7)).shape
    torch.Size([2, 1, 10, 14])
    """

    def __init__(self, width: int = 64, blocks: int = 8):
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.blocks = nn.Sequential(*(AttentionBlock(width) for _ in range(blocks)))
        self.middle = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, 4, 3, padding=1)
        nn.init.zeros_(self.last.weight)  # training begins at bicubic interpolation
        nn.init.zeros_(self.last.bias)

    def forward(self, x):
        features = self.first(x)
        learned = self.last(features + self.middle(self.blocks(features)))
        made = enlarge(x) + F.pixel_shuffle(learned, 2)
        made[:, :, ::2, ::2] = x
        return made


def enlarge(small: torch.Tensor) -> torch.Tensor:
    """Bicubic interpolation between pixels that stand at the even places of the large picture."""
    height, width = small.shape[2:]
    padded = F.pad(small, (2, 3, 2, 3), mode="replicate")
    rows = _between(padded, 2)[:, :, :, 2 : 2 + width]
    tall = torch.stack([padded[:, :, 2 : 2 + height, 2 : 2 + width], rows[:, :, :height]], 3)
    tall = tall.flatten(2, 3)
    padded = F.pad(tall, (1, 2, 0, 0), mode="replicate")
    columns = _between(padded, 3, start=0)[..., :width]
    return torch.stack([tall, columns], 4).flatten(3, 4)


def _between(x: torch.Tensor, axis: int, start: int = 1) -> torch.Tensor:
    """Halfway between neighbours along an axis, cubic: (−1, 9, 9, −1) / 16."""
    count = x.shape[axis] - 3 - start
    parts = [x.narrow(axis, start + k, count) for k in range(4)]
    return (9 * (parts[1] + parts[2]) - parts[0] - parts[3]) / 16


class CompressionGAN(nn.Module):
    """Encoder, five-valued symbols, generator: pictures to whole numbers and back.

    >>> net = CompressionGAN(width=4, symbols=2, blocks=1)
    >>> symbols = net.encode(torch.zeros(1, 1, 16, 24))
    >>> symbols.shape, net.decode(symbols).shape
    (torch.Size([1, 2, 4, 6]), torch.Size([1, 1, 16, 24]))
    """

    def __init__(self, channels: int = 1, width: int = 32, symbols: int = 12, blocks: int = 3):
        super().__init__()
        w = width
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, w, 5, 1, 2),
            nn.ReLU(),
            nn.Conv2d(w, 2 * w, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(2 * w, 2 * w, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(2 * w, symbols, 3, 1, 1),
        )
        self.generator = nn.Sequential(
            nn.Conv2d(symbols, 2 * w, 3, 1, 1),
            nn.ReLU(),
            *(_PlainBlock(2 * w) for _ in range(blocks)),
            nn.ConvTranspose2d(2 * w, 2 * w, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * w, w, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(w, channels, 5, 1, 2),
            nn.Tanh(),
        )

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Whole numbers −2 to 2 as floats; gradients pass the rounding straight through."""
        soft = self.encoder(x).clamp(-2.5, 2.5)
        hard = soft.round().clamp(-2, 2)
        return soft + (hard - soft).detach()

    def decode(self, symbols: torch.Tensor) -> torch.Tensor:
        """Pictures in [−1, 1]."""
        return self.generator(symbols)

    def forward(self, x):
        return self.decode(self.encode(x))


class _PlainBlock(ResidualBlock):
    """A residual block without normalisation, which would forget brightness."""

    def __init__(self, channels: int):
        super().__init__(channels)
        keep = [layer for layer in self.body if not isinstance(layer, nn.InstanceNorm2d)]
        self.body = nn.Sequential(*keep)
