"""``blockchain_gan`` [6]: confusion by a logistic orbit, ⊕ with a GAN key, and a signed ledger.

Neela, Kavitha, Applied Intelligence 53, 2023.

| part | choice | from |
|---|---|---|
| GAN key from medical images, confusion and diffusion, record on a chain | | paper |
| the network: DeepKeyGen's (the evaluation mirrors that paper's) | | ours |
| bytes moved by the sorting order of a logistic orbit, r = 3.99 | | ours |
| key bytes ⊕ logistic bytes ⊕ picture | | ours |
| SHA-256 where the paper has SHA-1, which is broken for collisions | | ours |
| hash chain, proof of work, Ed25519 (``ledger``) | | ours in detail |
"""

from __future__ import annotations

from math import prod

from gansec_lib import chaos
from gansec_lib.ciphers import permute
from gansec_lib.roles.per_picture import UNCHECKED
from gansec_lib.survey.printed import published
from gansec_lib.systems.keygen.deepkeygen import XrayToNoise
from gansec_lib.systems.keygen.gan_cipher import GanCipher
from gansec_lib.systems.keygen.ledger import Block, Ledger


class BlockchainGan(GanCipher):
    """Permutation, then ⊕ with GAN and logistic bytes; ``record`` enters a file in a ledger."""

    key_name = "blockchain_gan"
    title = "GAN key + logistic confusion, signed ledger"
    paper = "[6] Neela, Kavitha 2023, Applied Intelligence 53"
    generator_class = XrayToNoise
    published = published("blockchain_gan")
    limits = (
        "The chain proves that a file was not changed; it hides nothing.",
        UNCHECKED,
        "The ledger is not asked by decrypt: verify it, and the file in it, before decrypting.",
        "⊕ cannot spread a change: one picture bit changes one cipher byte.",
        "A hash of the plain picture on the chain, as published, tells which pictures are equal.",
    )

    def _encrypt_one(self, plain, key, nonce):
        order, mask = self._schedule(key, plain.shape)
        return permute.apply(plain.reshape(-1), order).reshape(plain.shape) ^ mask

    def _decrypt_one(self, cipher, key, nonce):
        order, mask = self._schedule(key, cipher.shape)
        return permute.undo((cipher ^ mask).reshape(-1), order).reshape(cipher.shape)

    def _schedule(self, key, shape):
        """Order of the bytes, and the mask (C, H, W)."""
        n, rate = prod(shape), {"r": 3.99}
        start = chaos.seeds("logistic", key, b"", 0)[0]
        order = permute.order_from(chaos.orbit("logistic", n, start=start, params=rate)[:, 0])
        logistic = chaos.keystream("logistic", key, b"", n, index=1, params=rate).reshape(shape)
        return order, self.keys.key_image(key, shape).numpy() ^ logistic

    @staticmethod
    def record(ledger: Ledger, ciphertext, label: str = "", time: str = "") -> Block:
        """Enter a ciphertext's file bytes in a ledger.

        Parameters
        ----------
        label : str
            Public. The paper's hash of the *plain* picture (``attacks.guesses.plain_hashes``)
            would go here, and would name the picture to everyone.
        """
        return ledger.append(ciphertext.to_bytes(), label, time)

    def public_entries(self, images, ciphertext) -> list[str]:
        """What ``record`` writes about a ciphertext where everyone can read it."""
        block = self.record(Ledger(bytes(32), zeros=0), ciphertext)
        return [block.ciphertext, block.label]
