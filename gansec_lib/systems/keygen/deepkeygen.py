"""``deepkeygen`` [4]: a secret picture becomes a key picture, and the key picture is ⊕-ed.

Ding, Tan, Qin, Cao, Choo, Qin, IEEE TNNLS 33(9), 2022; arXiv 2012.11097; patent US12028451B2.

| part | choice | from |
|---|---|---|
| residual image-to-image generator, one direction, no cycle; ⊕ | | paper |
| its layers (paper size 7.8 million weights) | | patent; last layer ours |
| K = ⌊128 (G(x) + 1)⌋ (``extraction="raw"``) | | paper, rounding ours |
| 70 × 70 patch discriminator, BCE, Adam 0.0002 | | ours |
| source: bundled X-rays; target domain: uniform noise | | ours |
| the secret picture x: smooth, drawn from key and nonce | | ours |

A key picture is a picture: neighbouring bytes resemble each other, and ⊕ lets that through. The
authors retrain for every message and call it a one-time pad; what must stay secret is then the
whole network. Here the weights are public and the key is 32 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from gansec_lib.roles import one_of
from gansec_lib.roles.per_picture import UNCHECKED
from gansec_lib.survey.printed import published
from gansec_lib.systems.keygen.gan_cipher import GanCipher
from gansec_lib.systems.keygen.image_keys import ImageKeyGAN

PAPER = "[4] Ding et al. 2022, TNNLS 33(9)"


class XrayToNoise(ImageKeyGAN):
    """The key generator of [4], shared by [6] and [10]: pictures (X-rays) become noise."""

    key_name = "keygan_xray_to_noise"
    title = "Image-to-image GAN, X-ray to noise"
    paper = PAPER


@dataclass(eq=False, repr=False)
class DeepKeyGen(GanCipher):
    """c = p ⊕ key picture; see the module."""

    key_name = "deepkeygen"
    title = "DeepKeyGen: image-to-image key, XOR"
    paper = PAPER
    generator_class = XrayToNoise
    published = published("deepkeygen")
    limits = (
        UNCHECKED,
        "One key picture twice is a two-time pad: one known picture opens the other.",
        "⊕ cannot spread a change: NPCR of one picture bit is 1/n, whatever papers print.",
        "The key picture keeps the structure of a picture; the cipher image shows it.",
        "Raw key bytes are uneven: a picture sent often is read without any key (uneven_key).",
        "A receiver who decrypts anything reads the picture out, nonce or not (chosen_ciphertext); "
        "with plaintext_related=True she notices and hands out nothing.",
    )

    extraction: str = one_of("raw", "modular")

    def _encrypt_one(self, plain, key, nonce):
        return plain ^ self.keys.key_image(key, plain.shape).numpy()

    _decrypt_one = _encrypt_one
