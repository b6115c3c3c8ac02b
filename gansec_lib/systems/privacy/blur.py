"""``blur``: a Gaussian over the whole picture, the obfuscation that everybody uses.

A pixel becomes the mean of its surroundings, weighted by exp(−r² / 2σ²); at the border the picture
is mirrored. σ is a share of the picture's shorter side, so that one setting means the same at 64
and at 512 pixels. (σ in pixels would not; the share is ours.)

A blur is linear, has no secret and treats everybody alike, so it can be learned and partly undone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gansec_lib.roles import Protector, between, check_images


@dataclass(eq=False, repr=False)
class Blur(Protector):
    """Gaussian blur of grey or colour pictures of any size.

    Parameters
    ----------
    sigma : float from 0.001 to 1
        Standard deviation of the Gaussian, as a share of the shorter side.
    """

    key_name = "blur"
    title = "Gaussian blur"
    paper = "conventional obfuscation"
    limits = (
        "Whoever blurs her own pictures of the candidates first names most people "
        "(the adapted attack does it).",
        "It is no secret and no noise: a network can learn to undo a good part of it.",
        "It promises nothing that could be put in a number, such as an ε or a k.",
    )

    sigma: float = between(0.06, 0.001, 1.0)

    def protect(self, images):
        from scipy.ndimage import gaussian_filter

        pixels = self.sigma * min(check_images(images).shape[2:])
        light = images.cpu().numpy().astype("float64")
        smooth = gaussian_filter(light, (0, 0, pixels, pixels), mode="reflect")
        return torch.from_numpy(smooth).round().to(torch.uint8).to(images.device)
