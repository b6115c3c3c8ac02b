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

from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch

from gansec_lib.errors import IntegrityError, ParameterError, TamperedError
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.keygen.gan_cipher import GanCipher, cut, words
from gansec_lib.systems.keygen.key_gan import Design

TRANSMITS = ("all", "quarter")
COMPONENTS = ((0, 0), (0, 1), (1, 0), (1, 1))
_CONDITIONS = "COCO 2017 at what fits 512 × 512; PSNR and SSIM of the reconstruction"


class LogisticHenonSr(GanCipher):
    """Polyphase encryption, quarter-size transmission, super-resolution; see the module.

    Parameters
    ----------
    transmit : {"all", "quarter"}
        ``quarter`` sends a fourth of the bytes and is lossy by design.
    """

    key_name = "logistic_henon_sr"
    title = "Polyphase cipher, quarter sent, super-resolved"
    paper = "[9] Singh et al. 2024, IEEE TCE 70(1)"
    design = Design(
        "coupled_henon",
        "dense",
        192,
        "bce",
        sources.coupled_and_henon,
        {
            "generator": {"widths": (128, 256, 256)},
            "discriminator": {"widths": (256, 256, 128)},
        },
    )
    published = {  # noqa: RUF012
        name: {"value": value, "conditions": _CONDITIONS, "source": "seed 000, Table 8"}
        for name, value in (
            ("npcr_nonce_held", 99.60),
            ("uaci_nonce_held", 33.46),
            ("entropy", 7.9993),
            ("chi_square", 256.88),
            ("psnr_decrypted", 34.62),
            ("ssim_decrypted", 0.9068),
            ("correlation_horizontal", 0.0007),
            ("correlation_vertical", 0.0017),
            ("correlation_diagonal", 0.0018),
        )
    }
    limits = (
        "Lossy by design when a quarter is sent: what was left out is guessed by a network.",
        "Not authenticated: a changed ciphertext or a wrong key gives a wrong picture, no error.",
        "Permutation and sums alone: three chosen pictures read everything if the nonce repeats.",
    )

    def __init__(self, transmit: str = "all", **switches):
        super().__init__(**switches)
        if transmit not in TRANSMITS:
            raise ParameterError(f"transmit: expected one of {TRANSMITS}, got {transmit!r}")
        self.transmit = transmit

    @property
    def lossless(self):
        return self.transmit == "all"

    def options(self):
        return {**super().options(), "transmit": self.transmit}

    def encrypt(self, images, key, nonce=None):
        made = super().encrypt(images, key, nonce)
        if self.lossless:
            return made
        quarter = made.as_images()[:, :, ::2, ::2].contiguous()
        extra = {**made.extra, "size": ",".join(map(str, images.shape[2:]))}
        return replace(made, payload=quarter.reshape(-1), shape=tuple(quarter.shape), extra=extra)

    def decrypt(self, ciphertext, key):
        if self.lossless:
            return super().decrypt(ciphertext, key)
        small = self.decrypt_small(ciphertext, key)
        try:
            height, width = (int(side) for side in ciphertext.extra["size"].split(","))
        except (KeyError, ValueError):
            raise TamperedError("ciphertext: the pictures' size in its header is damaged") from None
        if tuple(small.shape[2:]) != ((height + 1) // 2, (width + 1) // 2):
            raise TamperedError(f"ciphertext: {tuple(small.shape)} is no quarter of its size")
        return super_resolve(small)[:, :, :height, :width].contiguous()

    def _check_header(self, extra):
        super()._check_header(extra)
        if ("size" in extra) is self.lossless:
            sent = TRANSMITS["size" in extra]
            raise IntegrityError(
                f"ciphertext: made with transmit={sent!r}, opened with transmit={self.transmit!r}; "
                f"its pixels would be put in the wrong places"
            )

    def decrypt_small(self, ciphertext, key) -> torch.Tensor:
        """The quarter-size pictures, exact: every second pixel of the originals."""
        return super().decrypt(ciphertext, key)

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
        from gansec_lib.ciphers import kdf, permute

        own = kdf.hkdf(key, 32, info=b"component" + bytes([place]))
        order, stream = cut(self.stream(own, 5 * n), 4 * n, n)
        return permute.order_from(words(order)), stream


@lru_cache(maxsize=1)
def _csrnet():
    """CSRNet with the shipped weights, read once."""
    from gansec_lib.nets import weights
    from gansec_lib.nets.restore import CSRNet

    return weights.load("csrnet", CSRNet(32, 5))


def super_resolve(small: torch.Tensor) -> torch.Tensor:
    """Pictures of twice the size by CSRNet with the shipped weights, uint8 (N, C, 2H, 2W)."""
    from gansec_lib.images.convert import to_bytes, to_network

    network = _csrnet()
    planes = to_network(small.reshape(-1, 1, *small.shape[2:]))
    with torch.no_grad():
        large = torch.cat([network(part) for part in planes.split(8)])
    return to_bytes(large).reshape(*small.shape[:2], *large.shape[2:])
