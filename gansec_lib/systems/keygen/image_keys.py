"""``ImageKeyGAN``: a secret picture goes through a generator and comes out as a key picture.

DeepKeyGen's idea [4], shared by [6] and [10]. The generator is adversarially trained to turn
pictures of a source domain (X-rays) into pictures of a target domain; for keys that is noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.nets.resnet import PatchDiscriminator, ResnetGenerator
from gansec_lib.roles import check_images
from gansec_lib.systems.keygen import exact
from gansec_lib.systems.keygen.key_gan import KeyGAN, extract, in_parts, latents

SIDE = 64  # of the tiles it is trained on and that a keystream is cut from
AT_ONCE = 1  # pictures in one call: more are slower, they no longer fit the processor's cache
FIELD = 8  # the secret picture is drawn from FIELD × FIELD numbers


@dataclass(frozen=True)
class ImageDesign:
    """A residual generator and a patch discriminator (compact: ours; paper size: patent)."""

    name: str
    loss: str = "bce"
    width: int = 16
    blocks: int = 3

    def networks(self, paper_size: bool = False):
        """Generator and discriminator for pictures of one channel; 7.8 million weights or few."""
        if paper_size:
            return ResnetGenerator(1, 64, 6), PatchDiscriminator(1, 64)
        return ResnetGenerator(1, self.width, self.blocks), PatchDiscriminator(1, self.width)


class ImageKeyGAN(KeyGAN):
    """Key pictures; the secret one is drawn from the key (ours), smooth like the source domain."""

    title = "Image-to-image key generator"
    steps: ClassVar[dict[str, int]] = {"smoke": 3, "laptop": 400, "gpu": 20_000}
    laptop_minutes: ClassVar[float] = 2.0

    def train(self, images=None, profile: str = "laptop", **settings):
        """Learn to turn pictures into noise.

        Parameters
        ----------
        images : uint8 (N, 1, 64, 64), optional
            The source domain; bundled X-rays where left out.
        """
        from gansec_lib import images as library

        count = 32 if profile == "smoke" else 1024
        if images is None:
            images = library.load("xrays", size=SIDE, count=count, colour=False).images
        rng = torch.Generator().manual_seed(self.seed)
        target = torch.randint(256, (len(images), 1, SIDE, SIDE), generator=rng).to(torch.uint8)
        return self._fit((target, images), 8, lambda ctx, _: ctx.batch[1], profile, settings)

    def key_image(self, key: bytes, shape: tuple[int, int, int]) -> torch.Tensor:
        """Key bytes in the form of a picture, uint8 (C, H, W); one secret picture a channel."""
        channels, height, width = shape
        high, wide = (max(16, 4 * ceil(side / 4)) for side in (height, width))
        secret = secret_pictures(self._seed(key, b""), channels, high, wide)
        made = extract(in_parts(self.generator, secret, AT_ONCE), self.extraction)
        return made[:, 0, :height, :width].contiguous()

    def image_key(self, secret: torch.Tensor) -> torch.Tensor:
        """Key bytes from secret pictures as the paper has it, uint8 (N, 1, H, W) to the same.

        Parameters
        ----------
        secret : uint8 (N, 1, H, W)
            Sides that are multiples of 4, 16 or more.

        Raises
        ------
        ParameterError
        """
        check_images(secret, "secret")
        sides = secret.shape[2:]
        if secret.shape[1] != 1 or min(sides) < 16 or any(side % 4 for side in sides):
            raise ParameterError(
                f"secret: expected (N, 1, H, W) with sides of 16, 20, 24, …, got "
                f"{tuple(secret.shape)}"
            )
        light = secret.cpu().to(torch.float64) / 127.5 - 1
        return extract(in_parts(self.generator, light, AT_ONCE), self.extraction)

    def _numbers(self, seeds: Sequence[bytes], n: int) -> torch.Tensor:
        """Outputs on tiles of 64 × 64, float64 (B, n) in [−1, 1]."""
        count = ceil(n / SIDE**2)
        secret = torch.cat([secret_pictures(seed, count, SIDE, SIDE) for seed in seeds])
        return in_parts(self.generator, secret, AT_ONCE).reshape(len(seeds), -1)[:, :n]


def secret_pictures(seed: bytes, count: int, height: int, width: int) -> torch.Tensor:
    """Smooth pictures that follow from a seed, float64 (count, 1, H, W) in about [−1, 1].

    8 × 8 numbers, bilinearly enlarged; weights on a grid, so that the sums are exact.
    """
    field = latents(seed, count, FIELD * FIELD).reshape(count, 1, FIELD, FIELD) / 4
    return _enlarge(height) @ field @ _enlarge(width).T


def _enlarge(size: int) -> torch.Tensor:
    """Bilinear weights (size, FIELD) as multiples of 2⁻⁸."""
    place = torch.arange(size, dtype=torch.float64) * (FIELD - 1) / max(1, size - 1)
    gap = (place[:, None] - torch.arange(FIELD, dtype=torch.float64)).abs()
    return exact.on_grid((1 - gap).clamp_min(0), 8)
