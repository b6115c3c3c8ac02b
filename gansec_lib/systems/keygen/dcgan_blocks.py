"""``dcgan_blocks`` [73]: a DCGAN makes a key matrix for every block of the picture.

Fang, Liu, Wu, IEEE Access 9, 2021 (73 in Singh et al. 2024).

| part | choice | from |
|---|---|---|
| initial values from the plain picture (``plaintext_related``), hyperchaos, DCGAN | | paper |
| a key matrix for each block | | paper |
| blocks permuted, Arnold's map inside each, C_b = P_b + K_b + C_(b−1) | | ours |
| blocks of 32, or the largest of 16, 8, 4, 2, 1 that divides both sides | | ours |
| layers and widths, BCE, hyperchaotic Chen | | ours |
"""

from __future__ import annotations

from typing import ClassVar

from gansec_lib.ciphers import diffuse, permute
from gansec_lib.roles.per_picture import UNCHECKED
from gansec_lib.survey.printed import published
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.keygen.gan_cipher import GanCipher, cut, uint32s
from gansec_lib.systems.keygen.key_gan import KeyGAN

PAPER = "[73] Fang, Liu, Wu 2021, IEEE Access 9"


def _matrices(count: int, seed: int):
    return sources.hyper_chen(count, seed, 1024)


class HyperChenMatrix(KeyGAN):
    """The key generator of [73]: a DCGAN of 32 × 32 key matrices."""

    key_name = "keygan_hyper_chen_matrix"
    title = "DCGAN of key matrices, hyperchaotic Chen flow"
    paper = PAPER
    kind, size, loss = "matrix", 1024, "bce"
    source = staticmethod(_matrices)
    compact: ClassVar = {"generator": {"width": 8}, "discriminator": {"width": 8}}


class DcganBlocks(GanCipher):
    """Blocks permuted, stirred and chained, a key matrix each; see the module."""

    key_name = "dcgan_blocks"
    title = "DCGAN key matrices, block by block"
    paper = PAPER
    generator_class = HyperChenMatrix
    published = published("dcgan_blocks")
    limits = (
        UNCHECKED,
        "Sums alone chain the blocks: the whole cipher is affine mod 256 and falls to 3 pictures.",
        "Arnold's map has a short period and moves no pixel out of its block.",
    )

    def _encrypt_one(self, plain, key, nonce):
        side, order, rounds, keys = self._schedule(key, plain.shape)
        moved = permute.blocks(plain, side, order)
        moved = _in_blocks(moved, side, lambda tiles: permute.arnold(tiles, rounds=rounds))
        return _in_blocks(
            moved, side, lambda tiles: diffuse.block_add(tiles.reshape(-1), keys, side**2)
        )

    def _decrypt_one(self, cipher, key, nonce):
        side, order, rounds, keys = self._schedule(key, cipher.shape)
        moved = _in_blocks(
            cipher, side, lambda tiles: diffuse.undo_block_add(tiles.reshape(-1), keys, side**2)
        )
        moved = _in_blocks(moved, side, lambda tiles: permute.undo_arnold(tiles, rounds=rounds))
        return permute.undo_blocks(moved, side, order)

    def _schedule(self, key, shape):
        """Side of the blocks, their order, rounds of Arnold's map, and a key matrix a block."""
        channels, height, width = shape
        side = next(s for s in (32, 16, 8, 4, 2, 1) if height % s == 0 and width % s == 0)
        count = height * width // side**2
        sizes = (4 * count, 1, channels * height * width)
        order, rounds, keys = cut(self.stream(key, sum(sizes)), *sizes)
        return side, permute.order_from(uint32s(order)), 1 + int(rounds[0]) % 16, keys


def _in_blocks(image, side: int, change):
    """``change`` applied to the blocks (C · blocks, side, side) of a picture (C, H, W)."""
    channels, height, width = image.shape
    tiles = image.reshape(channels, height // side, side, width // side, side).swapaxes(2, 3)
    shape = tiles.shape
    tiles = change(tiles.reshape(-1, side, side)).reshape(shape)
    return tiles.swapaxes(2, 3).reshape(image.shape)
