"""``chen_plaintext`` [11]: a GAN on the hyperchaotic Chen flow; the key follows from the picture.

Zhang, Kang, Lu et al., Multimedia Tools and Applications, 2024.

| part | choice | from |
|---|---|---|
| GAN trained on hyperchaotic Chen sequences, key related to the plain picture | | paper |
| substitution, scrambling, diffusion of colour pixels | | paper |
| one sorted S-box, turned by a key byte in each channel | | ours |
| one permutation over all channels; sums ⊕ the byte before, both ways | | ours |
| the picture enters by HMAC-SHA256 under the key, which travels in the header | | ours |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansec_lib.ciphers import diffuse, permute, substitute
from gansec_lib.roles.per_picture import UNCHECKED
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.keygen.gan_cipher import GanCipher, cut, uint32s
from gansec_lib.systems.keygen.key_gan import COMPACT_DENSE, KeyGAN

PAPER = "[11] Zhang et al. 2024, MTAP"


class HyperChen(KeyGAN):
    """The key generator of [11]: a Wasserstein GAN on the hyperchaotic Chen flow."""

    key_name = "keygan_hyper_chen"
    title = "WGAN-GP on the hyperchaotic Chen flow"
    paper = PAPER
    kind, size, loss = "dense", 256, "wgan-gp"
    source = staticmethod(sources.hyper_chen)
    compact = COMPACT_DENSE


@dataclass(eq=False, repr=False)
class ChenPlaintext(GanCipher):
    """Substitution, scrambling across channels, two-way diffusion; see the module."""

    key_name = "chen_plaintext"
    title = "Plaintext-related colour cipher, Chen GAN"
    paper = PAPER
    generator_class = HyperChen
    limits = (
        UNCHECKED,
        "A cipher bit changes 2 to 5 plain bytes: chosen ciphertexts may open it; ours do not.",
        "Without a nonce equal pictures give equal cipher images, for everyone to see.",
        "The key's strength is that of the seed: the network adds none.",
    )

    plaintext_related: bool = True

    def _encrypt_one(self, plain, key, nonce):
        boxes, order, forward, backward, starts = self._schedule(key, plain.shape)
        flat = np.concatenate(
            [box[channel.reshape(-1)] for box, channel in zip(boxes, plain, strict=True)]
        )
        flat = permute.apply(flat, order)
        return diffuse.two_way(flat, forward, backward, starts).reshape(plain.shape)

    def _decrypt_one(self, cipher, key, nonce):
        boxes, order, forward, backward, starts = self._schedule(key, cipher.shape)
        flat = diffuse.undo_two_way(cipher.reshape(-1), forward, backward, starts)
        planes = permute.undo(flat, order).reshape(cipher.shape)
        inverse = [substitute.inverse_sbox(box) for box in boxes]
        return np.stack([box[plane] for box, plane in zip(inverse, planes, strict=True)])

    def _schedule(self, key, shape):
        """An S-box a channel, the order of all bytes, two keystreams and two starting bytes."""
        n = int(np.prod(shape))
        sizes = (1024, shape[0], 4 * n, n, n, 2)
        box, turns, order, forward, backward, starts = cut(self.stream(key, sum(sizes)), *sizes)
        box = substitute.key_sbox(uint32s(box))
        boxes = [np.roll(box, int(turn)) for turn in turns]
        starts = tuple(int(start) for start in starts)
        return boxes, permute.order_from(uint32s(order)), forward, backward, starts
