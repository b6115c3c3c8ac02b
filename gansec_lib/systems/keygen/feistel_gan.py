"""``feistel_gan`` [8]: hyperchaos, a GAN, and a generalised Feistel network with a neural round.

Fang, Liu, Wu, Liu, Multimedia Tools and Applications 81, 2022.

| part | choice | from |
|---|---|---|
| key stream from a GAN that learned a hyperchaotic system | | paper |
| improved generalised Feistel network, round function of a neural layer | | paper |
| the system: hyperchaotic Chen (the paper's own is not printed in what could be read) | | ours |
| type 2, four branches of 16 bytes, eight rounds, F(x) = S[W x + k mod 256] | | ours |
| chaining of the blocks in both directions | | ours |
| bytes that fill no block: a last block over the last 64 bytes; under 64 bytes: ⊕ | | ours |
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from gansec_lib.ciphers import cbc, feistel, substitute
from gansec_lib.roles.per_picture import UNCHECKED
from gansec_lib.survey.printed import published
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.keygen.gan_cipher import GanCipher, cut, uint32s
from gansec_lib.systems.keygen.key_gan import KeyGAN

PAPER = "[8] Fang et al. 2022, MTAP 81"

BLOCK, ROUNDS = 64, 8
_WIDE = BLOCK // 4


class HyperChenWave(KeyGAN):
    """The key generator of [8]: a one-dimensional DCGAN on the hyperchaotic Chen flow."""

    key_name = "keygan_hyper_chen_wave"
    title = "Convolutional GAN on the hyperchaotic Chen flow"
    paper = PAPER
    kind, size, loss = "wave", 256, "bce"
    source = staticmethod(sources.hyper_chen)
    compact: ClassVar = {"generator": {"width": 8}, "discriminator": {"width": 8}}


class FeistelGan(GanCipher):
    """Feistel blocks chained both ways; see the module."""

    key_name = "feistel_gan"
    title = "Feistel network with a neural round, GAN key"
    paper = PAPER
    generator_class = HyperChenWave
    published = published("feistel_gan")
    limits = (
        UNCHECKED,
        "A round function with one secret matrix for all blocks has had no analysis; no attack of "
        "this library reads a picture, which proves nothing.",
        "Slow: one block waits for the other, in both directions.",
    )

    def _encrypt_one(self, plain, key, nonce):
        parts = self._schedule(key, plain.size)
        flat, whole = plain.reshape(-1) ^ parts["mask"], plain.size // BLOCK * BLOCK
        if whole:
            blocks = flat[:whole].reshape(-1, BLOCK)
            flat[:whole] = cbc.two_way(blocks, parts["there"], *parts["ends"]).reshape(-1)
            if whole < flat.size:
                flat[-BLOCK:] = feistel.generalised(flat[-BLOCK:], parts["f"], parts["keys"])
        return flat.reshape(plain.shape)

    def _decrypt_one(self, cipher, key, nonce):
        parts = self._schedule(key, cipher.size)
        flat, whole = cipher.reshape(-1).copy(), cipher.size // BLOCK * BLOCK
        if whole:
            if whole < flat.size:
                flat[-BLOCK:] = feistel.undo_generalised(flat[-BLOCK:], parts["f"], parts["keys"])
            blocks = flat[:whole].reshape(-1, BLOCK)
            flat[:whole] = cbc.undo_two_way(blocks, parts["back"], *parts["ends"]).reshape(-1)
        return (flat ^ parts["mask"]).reshape(cipher.shape)

    def _schedule(self, key, n: int) -> dict:
        sizes = (_WIDE * _WIDE, 1024, ROUNDS * 2 * _WIDE, BLOCK, BLOCK, n)
        weights, box, keys, first, last, mask = cut(self.stream(key, sum(sizes)), *sizes)
        weights = weights.reshape(_WIDE, _WIDE) | np.eye(_WIDE, dtype=np.uint8)
        f = feistel.neural_round(weights, substitute.key_sbox(uint32s(box)))
        keys = keys.reshape(ROUNDS, 2, _WIDE)
        return {
            "f": f,
            "keys": keys,
            "ends": (first, last),
            "mask": mask,
            "there": lambda blocks: feistel.generalised(blocks, f, keys),
            "back": lambda blocks: feistel.undo_generalised(blocks, f, keys),
        }
