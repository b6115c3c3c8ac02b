"""``logistic_henon_sr`` [9]: encrypt so that a quarter of the cipher image can be decrypted alone.

M. Singh, Baranwal, K. N. Singh, A. K. Singh, IEEE Transactions on Consumer Electronics 70(1), 2024.

| part | choice | from |
|---|---|---|
| GAN driven by cross-coupled logistic maps and Hénon; quarter-size transmission; CSRNet | | paper |
| coupling x' = (1−e) f(x) + e f(y), e = 0.05 (the paper's equations were not found) | | ours |
| each of the four polyphase components permuted and added to by itself | | ours |
| only component (0, 0) is sent (``transmit="quarter"``) | | ours |
| CSRNet's layers; compact weights are shipped | | ours |

Averaging or bicubic down-sampling of a cipher image cannot be undone: a scheme as the abstract has
it works only if encryption commutes with the down-sampler, as here. The price: no byte of one
component ever touches another, so the cipher spreads nothing by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
import torch
import torch.nn.functional as F

from gansec_lib import images as library
from gansec_lib.ciphers import kdf, permute
from gansec_lib.ciphers.container import sides_of
from gansec_lib.errors import IntegrityError, TamperedError
from gansec_lib.images.convert import to_bytes, to_network
from gansec_lib.nets import weights
from gansec_lib.nets.restore import CSRNet
from gansec_lib.roles import one_of
from gansec_lib.roles.per_picture import UNCHECKED
from gansec_lib.survey.printed import published
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.keygen.gan_cipher import GanCipher, cut, uint32s
from gansec_lib.systems.keygen.key_gan import COMPACT_DENSE, KeyGAN
from gansec_lib.systems.learned import Slot, Training, patches, tiles
from gansec_lib.train import Player

PAPER = "[9] Singh et al. 2024, IEEE TCE 70(1)"

TRANSMITS = ("all", "quarter")
COMPONENTS = ((0, 0), (0, 1), (1, 0), (1, 1))


class CoupledHenon(KeyGAN):
    """The key generator of [9]: a GAN on coupled logistic maps and a Hénon orbit."""

    key_name = "keygan_coupled_henon"
    title = "GAN on coupled logistic maps and Hénon"
    paper = PAPER
    kind, size, loss = "dense", 192, "bce"
    source = staticmethod(sources.coupled_and_henon)
    compact = COMPACT_DENSE


@dataclass(eq=False, repr=False)
class LogisticHenonSr(GanCipher):
    """Polyphase encryption, quarter-size transmission, super-resolution; see the module.

    Parameters
    ----------
    transmit : {"all", "quarter"}
        ``quarter`` sends a fourth of the bytes and is lossy by design.
    """

    key_name = "logistic_henon_sr"
    title = "Polyphase cipher, quarter sent, super-resolved"
    paper = PAPER
    generator_class = CoupledHenon
    published = published("logistic_henon_sr")
    limits = (
        "Lossy by design when a quarter is sent: what was left out is guessed by a network.",
        "Of a quarter that was sent the pixels are hashed that were sent; with "
        "plaintext_related=True those and the size are authenticated, what is guessed is not.",
        UNCHECKED,
        "Permutation and sums alone: three chosen pictures read everything if the nonce repeats.",
    )

    transmit: str = one_of(*TRANSMITS)

    def __post_init__(self):
        super().__post_init__()
        self.slots["csrnet"] = Slot(
            _new_csrnet,
            partial(weights.load, "csrnet"),
            _csrnet_training,
            {"smoke": 3, "laptop": 3_500, "gpu": 40_000},
            "pictures",
        )

    @property
    def lossless(self):
        return self.transmit == "all"

    def encrypt(self, images, key, nonce=None):
        made = super().encrypt(images, key, nonce)
        if self.lossless:
            return made
        quarter = self._sent(made.as_images()).contiguous()
        extra = {**made.extra, "size": ",".join(map(str, images.shape[2:]))}
        sent = replace(made, payload=quarter.reshape(-1), shape=tuple(quarter.shape), extra=extra)
        return self._tagged(sent, key)

    def decrypt(self, ciphertext, key):
        if self.lossless:
            return super().decrypt(ciphertext, key)
        small = self.decrypt_small(ciphertext, key)
        height, width = sides_of(ciphertext.extra["size"], 2)
        network = self.slots["csrnet"].network
        return super_resolve(small, network)[:, :, :height, :width].contiguous()

    def _check_header(self, extra, shape):
        super()._check_header(extra, shape)
        if ("size" in extra) is self.lossless:
            sent = TRANSMITS["size" in extra]
            raise IntegrityError(
                f"ciphertext: made with transmit={sent!r}, opened with transmit={self.transmit!r}; "
                f"its pixels would be put in the wrong places"
            )
        if not self.lossless:
            whole = sides_of(extra["size"], 2)
            if shape[2:] != tuple((side + 1) // 2 for side in whole):
                raise TamperedError(f"ciphertext: {shape[2:]} is no quarter of {whole}; changed")

    def decrypt_small(self, ciphertext, key) -> torch.Tensor:
        """The quarter-size pictures, exact: every second pixel of the originals."""
        return super().decrypt(ciphertext, key)

    def _sent(self, pictures):
        """All pixels, or every second one of every second row."""
        return pictures if self.lossless else pictures[:, :, ::2, ::2]

    def _encrypt_one(self, plain, key, nonce):
        out = np.empty_like(plain)
        for place, part in self._parts(plain.shape):
            piece = plain[part].reshape(-1)
            order, stream = self._schedule(key, place, piece.size)
            out[part] = (piece[order] + stream).reshape(plain[part].shape)
        return out

    def _decrypt_one(self, cipher, key, nonce):
        out = np.empty_like(cipher)
        for place, part in self._parts(cipher.shape, self.lossless):
            piece = cipher[part].reshape(-1)
            order, stream = self._schedule(key, place, piece.size)
            moved = np.empty_like(piece)
            moved[order] = piece - stream
            out[part] = moved.reshape(cipher[part].shape)
        return out

    @staticmethod
    def _parts(shape, whole: bool = True):
        """The components that have any pixels: (number, slices)."""
        if not whole:
            return [(0, (slice(None), slice(None), slice(None)))]
        return [
            (place, (slice(None), slice(r, None, 2), slice(c, None, 2)))
            for place, (r, c) in enumerate(COMPONENTS)
            if r < shape[1] and c < shape[2]
        ]

    def _schedule(self, key, place: int, n: int):
        """Order and key bytes of one component."""
        own = kdf.hkdf(key, 32, info=b"component" + bytes([place]))
        order, stream = cut(self.stream(own, 5 * n), 4 * n, n)
        return permute.order_from(uint32s(order)), stream


def super_resolve(small: torch.Tensor, network: torch.nn.Module | None = None) -> torch.Tensor:
    """Pictures of twice the size by CSRNet, uint8 (N, C, 2H, 2W).

    Parameters
    ----------
    small : uint8 (N, C, H, W)
    network : nn.Module, optional
        A CSRNet; the shipped one where left out.
    """
    network = network or _shipped_csrnet()
    planes = to_network(small.reshape(-1, 1, *small.shape[2:]))
    with torch.no_grad():
        large = torch.cat([network(part) for part in planes.split(8)])
    return to_bytes(large).reshape(*small.shape[:2], *large.shape[2:])


def _new_csrnet() -> CSRNet:
    """The compact network (ours) that is shipped."""
    return CSRNet(32, 5)


@lru_cache(maxsize=1)
def _shipped_csrnet() -> torch.nn.Module:
    return weights.load("csrnet", _new_csrnet())


def _csrnet_training(images, profile: str, steps: int) -> Training:
    """Guess pictures from every second of their pixels; mean absolute error (ours)."""

    def loss(ctx):
        return F.l1_loss(ctx.networks["csrnet"](ctx.real[:, :, ::2, ::2]), ctx.real)

    if images is not None:
        data = tiles(images)
    elif profile == "smoke":
        data = patches(24, 8)
    else:
        sharp = patches(1152, 512)
        data = torch.cat([sharp[:1152], _smooth(384), sharp[1152:]])
    player = Player("csrnet", ("csrnet",), loss, _fading_adam(steps))
    settings = {"augment": _turned, "ema": {"csrnet": 0.99}}
    return Training({"csrnet": _new_csrnet()}, [player], data, settings=settings)


def _smooth(count: int, size: int = 64) -> torch.Tensor:
    """Photographs enlarged twofold: large pictures from cameras are as smooth as these."""
    small = library.load("photos", size=size // 2, count=count, colour=False, seed=1).images
    large = F.interpolate(to_network(small), scale_factor=2, mode="bicubic").clamp(-1, 1)
    return to_bytes(large)


def _turned(batch, rng):
    """One of the eight positions of a square, the same for the whole batch."""
    draw = int(torch.randint(8, (), generator=rng, device=rng.device))
    pictures = torch.rot90(batch[0], draw // 2, (2, 3))
    return (pictures.flip(3) if draw % 2 else pictures, *batch[1:])


def _fading_adam(steps: int):
    """Adam at 0.001, down to nothing along a cosine."""

    def make(parameters):
        optimizer = torch.optim.Adam(parameters, lr=1e-3)

        def fade(optimizer, *_):
            for group in optimizer.param_groups:
                state = optimizer.state.get(group["params"][0], {})
                share = min(1.0, float(state.get("step", 0)) / steps)
                group["lr"] = 5e-4 * (1 + math.cos(math.pi * share))

        optimizer.register_step_pre_hook(fade)
        return optimizer

    return make
