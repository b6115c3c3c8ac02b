"""U-Net: which pixels belong to the region of interest (Ronneberger et al. 2015)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.errors import ParameterError


class UNet(nn.Module):
    """Pictures (N, C, H, W) in [−1, 1] to logits (N, 1, H, W); any size.

    Parameters
    ----------
    channels : int
    widths : sequence of int
        Channels of each level; two convolutions a level, halved by pooling, doubled by
        transposed convolutions, with the skip joined on.

    >>> UNet(1, (4, 8))(torch.zeros(2, 1, 13, 9)).shape
    torch.Size([2, 1, 13, 9])
    """

    def __init__(self, channels: int = 1, widths=(16, 32, 64)):
        super().__init__()
        if len(widths) < 2 or min(widths) < 1:
            raise ParameterError(f"widths: expected two levels or more, got {tuple(widths)}")
        inner = (channels, *widths[:-1])
        self.down = nn.ModuleList(_twice(a, b) for a, b in zip(inner, widths, strict=True))
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, 2) for a, b in pairs)
        self.join = nn.ModuleList(_twice(2 * b, b) for _, b in pairs)
        self.last = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x):
        height, width = x.shape[2:]
        step = 2 ** (len(self.down) - 1)
        x = F.pad(x, (0, -width % step, 0, -height % step), mode="replicate")
        skips = []
        for place, level in enumerate(self.down):
            x = level(F.max_pool2d(x, 2) if place else x)
            skips.append(x)
        skips.pop()
        for up, join in zip(self.up, self.join, strict=True):
            x = join(torch.cat([up(x), skips.pop()], dim=1))
        return self.last(x)[:, :, :height, :width]


def _twice(wide_in: int, wide_out: int) -> nn.Sequential:
    layers = []
    for wide in (wide_in, wide_out):
        layers += [nn.Conv2d(wide, wide_out, 3, padding=1), nn.BatchNorm2d(wide_out), nn.ReLU()]
    return nn.Sequential(*layers)
