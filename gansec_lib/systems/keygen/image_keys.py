"""``ImageKeyGAN``: a secret picture goes through a generator and comes out as a key picture.

DeepKeyGen's idea [4], shared by [6] and [10]. The generator is adversarially trained to turn
pictures of a source domain (X-rays) into pictures of a target domain; for keys that is noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch

from gansec_lib import images as library
from gansec_lib.errors import ParameterError
from gansec_lib.nets.resnet import PatchDiscriminator, ResnetGenerator
from gansec_lib.roles import check_images
from gansec_lib.systems.keygen import exact
from gansec_lib.systems.keygen.key_gan import KeyGAN, extract, in_parts, latents
from gansec_lib.systems.learned import grey_squares

SIDE = 64  # of the tiles it is trained on and that a keystream is cut from
AT_ONCE = 1  # pictures in one call: more are slower, they no longer fit the processor's cache
MOST_PIXELS = 2**22  # of one key picture
FIELD = 8  # the secret picture is drawn from FIELD × FIELD numbers


class ImageKeyGAN(KeyGAN):
    """Key pictures; the secret one is drawn from the key (ours), smooth like the source domain.

    A residual generator and a patch discriminator, for pictures of one channel; a colour picture
    gets a key picture for each channel. The compact generator is ours. With ``paper_size`` its
    layers are those of DeepKeyGen's patent and it has 7,825,153 weights; the patent's own, for
    three channels at once, has 7,837,699.
    """

    title = "Image-to-image key generator"
    compact: ClassVar = {"width": 16, "blocks": 3}
    full: ClassVar = {"width": 64, "blocks": 6}
    steps: ClassVar[dict[str, int]] = {"smoke": 3, "laptop": 400, "gpu": 20_000}
    takes_pictures = True

    def pair(self):
        """A new generator and its discriminator for pictures of one channel."""
        size = self.full if self.paper_size else self.compact
        generator = ResnetGenerator(1, size["width"], size["blocks"])
        return generator, PatchDiscriminator(1, size["width"])

    def _training(self, images, profile: str, steps: int):
        """Learn to turn pictures of the source domain into noise.

        The source domain is what ``train`` was given, made grey and 64 × 64, and bundled X-rays
        where it was given nothing.
        """
        if images is None:
            count = 32 if profile == "smoke" else 1024
            images = library.load("xrays", size=SIDE, count=count, colour=False)
        source = grey_squares(images, SIDE)
        rng = torch.Generator().manual_seed(self.seed)
        target = torch.randint(256, source.shape, generator=rng).to(torch.uint8)
        return self._game((target, source), 8, lambda ctx, _: ctx.batch[1])

    def key_image(self, key: bytes, shape: tuple[int, int, int]) -> torch.Tensor:
        """Key bytes in the form of a picture, uint8 (C, H, W); one secret picture a channel."""
        channels, height, width = shape
        self.check_plane(height, width)
        high, wide = _padded(height, width)
        secret = secret_pictures(self._seed(key, b""), channels, high, wide)
        made = extract(in_parts(self.generator, secret, AT_ONCE), self.extraction)
        return made[:, 0, :height, :width].contiguous()

    def check_plane(self, height: int, width: int) -> None:
        """Refuse pictures whose key would cost far more time and memory than they have bytes.

        A key picture has sides of 16 or more. So a line of a million pixels would need a key of
        sixteen million, and every pixel of a key takes the network about a kilobyte.

        Raises
        ------
        ParameterError
            A key picture of more than ``MOST_PIXELS``, or a large one four times the picture.
        """
        high, wide = _padded(height, width)
        if high * wide > MOST_PIXELS or high * wide > max(SIDE**2, 4 * height * width):
            raise ParameterError(
                f"images: expected pictures whose key picture ({high} × {wide}: sides of 16 or "
                f"more) has at most {MOST_PIXELS} pixels and, beyond {SIDE} × {SIDE}, at most four "
                f"times the picture's; got {height} × {width}; encrypt it in tiles"
            )

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
        count = -(-n // SIDE**2)
        secret = torch.cat([secret_pictures(seed, count, SIDE, SIDE) for seed in seeds])
        return in_parts(self.generator, secret, AT_ONCE).reshape(len(seeds), -1)[:, :n]


def _padded(height: int, width: int) -> tuple[int, int]:
    """Sides of the key picture: multiples of 4, and 16 at least."""
    return max(16, -(-height // 4) * 4), max(16, -(-width // 4) * 4)


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
