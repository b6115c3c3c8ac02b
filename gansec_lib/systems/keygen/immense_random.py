"""``immense_random`` [7]: a GAN on logistic orbits feeds boxes at the level of bytes and of bits.

Singh, Dhall, Malik, Gupta, Multimedia Tools and Applications 82, 2023.

| part | choice | from |
|---|---|---|
| GAN trained on logistic-map sequences | | paper |
| substitution by two schemes, permutation and diffusion of bytes and of bits | | paper |
| the boxes: sorted S-box at even places, affine map at odd ones | | ours |
| all bytes by a sorting order; in tiles of 64 bytes all 512 bits by another | | ours |
| sum chained forwards, ⊕ chained backwards, bytes rotated by key bits, ⊕ | | ours |
| r in [3.9, 4), BCE, layers and widths | | ours |
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from gansec_lib.ciphers import diffuse, permute, substitute
from gansec_lib.roles.per_picture import UNCHECKED
from gansec_lib.survey.printed import published
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.keygen.gan_cipher import GanCipher, cut, uint32s
from gansec_lib.systems.keygen.key_gan import KeyGAN

PAPER = "[7] Singh et al. 2023, MTAP 82"

_TILE = 64  # bytes whose bits are permuted together


class LogisticKeys(KeyGAN):
    """The key generator of [7]: a GAN on logistic orbits, each with its own start and rate."""

    key_name = "keygan_logistic"
    title = "GAN on logistic orbits"
    paper = PAPER
    kind, size, loss = "dense", 1024, "bce"
    source = staticmethod(sources.logistic_family)
    compact: ClassVar = {
        "generator": {"widths": (128, 128, 128)},
        "discriminator": {"widths": (128, 128, 64)},
    }
    full: ClassVar = {  # specs §4: 128, 256, 512 up to 1,024 numbers
        "generator": {"widths": (128, 256, 512)},
        "discriminator": {"widths": (512, 256, 128)},
    }


class ImmenseRandom(GanCipher):
    """Two substitutions, two permutations, two diffusions; see the module."""

    key_name = "immense_random"
    title = "Boxes of bytes and bits under a GAN key"
    paper = PAPER
    generator_class = LogisticKeys
    published = published("immense_random")
    limits = (
        UNCHECKED,
        "A cipher bit changes 2 to 5 plain bytes: chosen ciphertexts may open it; ours do not.",
        "Without a nonce equal pictures give equal cipher images, for everyone to see.",
        "The key's strength is that of the seed: the network adds none.",
    )

    def _encrypt_one(self, plain, key, nonce):
        parts = self._schedule(key, plain.size)
        flat = _substitute(plain.reshape(-1), parts["boxes"])
        flat = _move_bits(permute.apply(flat, parts["order"]), parts["bits"])
        flat = diffuse.chained(flat, parts["forward"])
        flat = np.bitwise_xor.accumulate((flat ^ parts["backward"])[::-1])[::-1]
        return (diffuse.rotate(flat, parts["turn"]) ^ parts["mask"]).reshape(plain.shape)

    def _decrypt_one(self, cipher, key, nonce):
        parts = self._schedule(key, cipher.size)
        flat = diffuse.undo_rotate(cipher.reshape(-1) ^ parts["mask"], parts["turn"])
        after = np.concatenate([flat[1:], np.zeros(1, np.uint8)])
        flat = diffuse.undo_chained(flat ^ after ^ parts["backward"], parts["forward"])
        flat = permute.undo(_move_bits(flat, parts["bits"], back=True), parts["order"])
        return _substitute(flat, parts["boxes"], back=True).reshape(cipher.shape)

    def _schedule(self, key, n: int) -> dict:
        tile = 8 * min(_TILE, n)
        sizes = (1024, 2, 4 * n, 4 * tile, n, n, n, n)
        box, ab, order, bits, *rest = cut(self.stream(key, sum(sizes)), *sizes)
        return {
            "boxes": (
                substitute.key_sbox(uint32s(box)),
                substitute.affine(int(ab[0]) | 1, int(ab[1])),
            ),
            "order": permute.order_from(uint32s(order)),
            "bits": uint32s(bits),
            **dict(zip(("forward", "backward", "turn", "mask"), rest, strict=True)),
        }


def _substitute(flat, boxes, back: bool = False):
    """The first table at even places, the second at odd ones."""
    out = np.empty_like(flat)
    for start, box in enumerate(boxes):
        table = substitute.inverse_sbox(box) if back else box
        out[start::2] = table[flat[start::2]]
    return out


def _move_bits(flat, keys, back: bool = False):
    """The bits of each tile by one sorting order; of the last, shorter tile by its first keys."""
    out = np.empty_like(flat)
    whole = len(flat) // _TILE * _TILE
    for part in (slice(0, whole), slice(whole, None)):
        piece = flat[part]
        if not piece.size:
            continue
        tiles = np.unpackbits(piece).reshape(-1, 8 * min(_TILE, piece.size))
        order = permute.order_from(keys[: tiles.shape[1]])
        moved = permute.undo(tiles, order) if back else permute.apply(tiles, order)
        out[part] = np.packbits(moved)
    return out
