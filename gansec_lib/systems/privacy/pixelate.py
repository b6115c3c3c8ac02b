"""``pixelate``: each square of the picture becomes one colour, its mean.

The side of a square is a share of the picture's shorter side, at least two pixels (one would change
nothing); squares at the right and lower border may be cut. (The share is ours; block sides are
usually given in pixels.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from gansec_lib.roles import Protector, between, check_images


@dataclass(eq=False, repr=False)
class Pixelate(Protector):
    """Mosaic of grey or colour pictures of any size.

    Parameters
    ----------
    block : float from 0.001 to 1
        Side of a square, as a share of the picture's shorter side.
    """

    key_name = "pixelate"
    title = "Pixelation (mosaic)"
    paper = "conventional obfuscation"
    limits = (
        "The means of the squares are measurements of the face: whoever pixelates her own "
        "pictures of the candidates first names most people (the adapted attack does it).",
        "Several differently cut pictures of one face give more measurements than one does.",
        "It promises nothing that could be put in a number, such as an ε or a k.",
    )

    block: float = between(0.125, 0.001, 1.0)

    def protect(self, images):
        height, width = check_images(images).shape[2:]
        side = max(2, round(self.block * min(height, width)))
        means = functional.avg_pool2d(images.double(), side, ceil_mode=True)
        tiles = means.round().to(torch.uint8)
        tiles = tiles.repeat_interleave(side, 2).repeat_interleave(side, 3)
        return tiles[:, :, :height, :width].contiguous()
