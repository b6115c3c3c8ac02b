"""``gan_compression`` [76]: a GAN makes the picture small, logistic orbits encrypt what is left.

Sari, Mulkiah et al., ISITIA 2021 (76 in Singh et al. 2024).

| part | choice | from |
|---|---|---|
| compression by a GAN, encryption by the logistic map | | paper |
| encoder to symbols −2 … 2, three of them in a byte; generator; MSE and adversarial loss | | ours |
| bytes moved by the sorting order of one logistic orbit (r = 3.99), ⊕ another | | ours |

Lossy by design. What is measured of the cipher is measured on its bytes, a picture no longer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
import torch.nn.functional as F

from gansec_lib import chaos
from gansec_lib.ciphers import permute
from gansec_lib.ciphers.container import sides_of
from gansec_lib.errors import IntegrityError, TamperedError
from gansec_lib.images.convert import to_bytes, to_network
from gansec_lib.nets import weights
from gansec_lib.nets.resnet import PatchDiscriminator
from gansec_lib.nets.restore import CompressionGAN
from gansec_lib.roles import Cipher, Ciphertext
from gansec_lib.survey.printed import published
from gansec_lib.systems.keygen import exact
from gansec_lib.systems.learned import Learned, Slot, Training, patches, quick_adam, tiles
from gansec_lib.train import Player, losses

SYMBOLS = 12  # numbers for every 4 × 4 pixels of a channel: 2 bits a pixel when packed
_STEP = 4  # pixels a place of symbols stands for, each way


@dataclass(eq=False, repr=False)
class GanCompression(Learned, Cipher):
    """Compress, permute, ⊕; see the module.

    Parameters
    ----------
    use_nonce : bool
        Without, as in the paper, all pictures under a key share one order and one keystream.
    """

    key_name = "gan_compression"
    title = "GAN compression + logistic cipher"
    paper = "[76] Sari et al. 2021, ISITIA"
    lossless = False
    nonce_length = 16
    published = published("gan_compression")
    limits = (
        "Lossy by design: the network gives back a picture that looks alike.",
        "Not authenticated: a changed ciphertext or a wrong key gives a wrong picture, no error.",
        "Permutation and ⊕: three chosen pictures of symbols read everything if a nonce repeats.",
    )

    use_nonce: bool = True

    def __post_init__(self):
        super().__post_init__()
        self.slots["codec"] = Slot(
            _new_codec,
            partial(weights.load, "compression_gan"),
            _codec_training,
            {"smoke": 3, "laptop": 2_500, "gpu": 60_000},
            "pictures",
        )

    def train(self, images=None, profile: str = "laptop", **settings):
        """Train the codec, as ``Learned.train`` says it."""
        super().train(images, profile, **settings)
        self.__dict__.pop("fingerprint", None)
        return self

    @cached_property
    def fingerprint(self) -> str:
        """The codec's weights in 16 hex digits; another codec makes another picture."""
        return exact.fingerprint(self.slots["codec"].network)

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        packed = self.coded(images)[:, 0, 0].numpy()
        rows = [self._encrypt_one(one, key, nonce, row) for row, one in enumerate(packed)]
        payload = torch.from_numpy(np.concatenate(rows))
        shape = (len(images), 1, 1, packed.shape[1])
        extra = {"codec": self.fingerprint, "size": ",".join(map(str, images.shape[1:]))}
        return Ciphertext(payload, shape, self.key_name, self.version, nonce, b"", extra)

    def decrypt(self, ciphertext, key):
        key = self._accept(ciphertext, key)
        if (made_by := ciphertext.extra.get("codec")) != self.fingerprint:
            raise IntegrityError(
                f"ciphertext: coded by codec {made_by or '(none)'}, here is {self.fingerprint}: "
                f"the weights differ; nothing was decrypted"
            )
        channels, height, width = sides_of(ciphertext.extra.get("size", ""), 3)
        count = ciphertext.shape[0]
        high, wide = (-(-side // _STEP) for side in (height, width))
        each = channels * SYMBOLS // 3 * high * wide
        if channels not in (1, 3) or ciphertext.shape != (count, 1, 1, each) or ciphertext.tag:
            raise TamperedError("ciphertext: its bytes do not fit the pictures' size; cut, changed")
        bytes_ = ciphertext.payload.contiguous().cpu().numpy().reshape(count, each)
        packed = [
            self._decrypt_one(one, key, ciphertext.nonce, row) for row, one in enumerate(bytes_)
        ]
        codes = torch.from_numpy(np.stack(packed))[:, None, None]
        return self.decoded(codes, (channels, height, width))

    def coded(self, images: torch.Tensor) -> torch.Tensor:
        """The bytes that are encrypted, uint8 (N, 1, 1, m); anyone with the codec has them."""
        return torch.from_numpy(pack(_symbols(self.slots["codec"].network, images)))[:, None, None]

    def decoded(self, codes: torch.Tensor, shape: tuple[int, int, int]) -> torch.Tensor:
        """Pictures of ``shape`` (C, H, W) from ``coded``'s bytes, uint8 (N, C, H, W)."""
        channels, height, width = shape
        high, wide = (-(-side // _STEP) for side in (height, width))
        symbols = unpack(codes[:, 0, 0].numpy(), (channels * SYMBOLS, high, wide))
        return _pictures(self.slots["codec"].network, symbols, channels)[
            :, :, :height, :width
        ].contiguous()

    def _encrypt_one(self, flat, key, nonce, row):
        order, stream = self._schedule(key, nonce, row, flat.size)
        return flat[order] ^ stream

    def _decrypt_one(self, flat, key, nonce, row):
        order, stream = self._schedule(key, nonce, row, flat.size)
        out = np.empty_like(flat)
        out[order] = flat ^ stream
        return out

    def _schedule(self, key, nonce, row: int, n: int):
        seed = nonce + row.to_bytes(4, "big") if self.use_nonce else b""
        rate = {"r": 3.99}
        start = chaos.seeds("logistic", key, seed, 0)[0]
        order = permute.order_from(chaos.orbit("logistic", n, start=start, params=rate)[:, 0])
        return order, chaos.keystream("logistic", key, seed, n, index=1, params=rate)


def _new_codec() -> CompressionGAN:
    """The codec of this size (ours) that is shipped."""
    return CompressionGAN(1, 24, SYMBOLS, 3)


def _codec_training(images, profile: str, steps: int) -> Training:
    """The codec against a patch discriminator: LSGAN and 100 MSE (ours)."""

    def discriminate(ctx):
        discriminator, real = ctx.networks["discriminator"], ctx.real
        with torch.no_grad():
            fake = ctx.networks["codec"](real)
        return losses.lsgan_discriminator(discriminator(real), discriminator(fake))

    def compress(ctx):
        made = ctx.networks["codec"](ctx.real)
        adversarial = losses.lsgan_generator(ctx.networks["discriminator"](made))
        return 100 * F.mse_loss(made, ctx.real) + 0.1 * adversarial

    networks = {"codec": _new_codec(), "discriminator": PatchDiscriminator(1, 8)}
    players = [
        Player("discriminator", ("discriminator",), discriminate),
        Player("codec", ("codec",), compress, quick_adam),
    ]
    count = 16 if profile == "smoke" else 512
    return Training(networks, players, patches(count, count) if images is None else tiles(images))


@torch.no_grad()
def _symbols(codec, images) -> torch.Tensor:
    """int8 (N, C · SYMBOLS, ⌈H / 4⌉, ⌈W / 4⌉), values −2 to 2."""
    height, width = images.shape[2:]
    planes = to_network(images.cpu().reshape(-1, 1, height, width))
    planes = F.pad(planes, (0, -width % _STEP, 0, -height % _STEP), mode="replicate")
    made = torch.cat([codec.encode(part) for part in planes.split(8)]).round().to(torch.int8)
    return made.reshape(len(images), -1, *made.shape[2:])


@torch.no_grad()
def _pictures(codec, symbols, channels: int) -> torch.Tensor:
    high, wide = symbols.shape[2:]
    planes = symbols.to(torch.float32).reshape(-1, SYMBOLS, *symbols.shape[2:])
    # The generator's borders are reflected, for which two rows and columns are needed.
    planes = F.pad(planes, (0, max(0, 2 - wide), 0, max(0, 2 - high)), mode="replicate")
    made = torch.cat([codec.decode(part) for part in planes.split(8)])
    return to_bytes(made).reshape(len(symbols), channels, *made.shape[2:])


def pack(symbols: torch.Tensor) -> np.ndarray:
    """Three symbols of five values in a byte, uint8 (N, ⌈n / 3⌉); the last filled with −2.

    >>> pack(torch.tensor([[-2, -1, 2, 0]], dtype=torch.int8)).tolist()
    [[105, 2]]
    """
    digits = (symbols.reshape(len(symbols), -1).numpy() + 2).astype(np.uint8)
    digits = np.pad(digits, ((0, 0), (0, -digits.shape[1] % 3))).reshape(len(digits), -1, 3)
    return digits[..., 0] + 5 * digits[..., 1] + 25 * digits[..., 2]


def unpack(packed: np.ndarray, shape: tuple[int, int, int]) -> torch.Tensor:
    """Undo ``pack``; int8 (N, *shape). Bytes above 124 stand for no symbols and are taken mod 125
    (a wrong key makes them)."""
    digits = np.stack([packed % 125 % 5, packed % 125 // 5 % 5, packed % 125 // 25], axis=-1)
    flat = digits.reshape(len(packed), -1)[:, : math.prod(shape)].astype(np.int8) - 2
    return torch.from_numpy(flat.reshape(len(packed), *shape))
