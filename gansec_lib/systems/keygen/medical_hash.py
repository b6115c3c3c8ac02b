"""``medical_hash`` [10]: DeepKeyGen's key, hash-strengthened; Mersenne Twister, Hénon, Huffman.

Kumar, Rahman, Namasudra, Moparthi, Mobile Networks and Applications, 2023.

| part | choice | from |
|---|---|---|
| GAN key, hash-table equation with a two-dimensional chaotic map, MT and Hénon | | paper |
| two levels of confusion and diffusion; differential Huffman coding of the cipher image | | paper |
| K1[i] = K0[i] ⊕ T[(p i + K0[i]) mod 256], T a keyed table, p odd; then ⊕ Hénon bytes | | ours |
| confusion 1 Fisher–Yates by MT19937, 2 Hénon order; diffusion 1 ⊕, 2 ⊕ chained | | ours |
| the Twister's seed: 32 bits of SHA-256(key) | | ours |
| ``order="compress_then_encrypt"`` beside the published order | | ours |

A cipher image has no redundancy, so coding it *after* encryption saves nothing and adds a table;
``compressed_bytes`` measures both orders.
"""

from __future__ import annotations

import hashlib
from math import prod

import numpy as np

from gansec_lib import chaos
from gansec_lib.ciphers import huffman, kdf, permute, twister
from gansec_lib.errors import ParameterError
from gansec_lib.roles.per_picture import UNCHECKED
from gansec_lib.systems.keygen.deepkeygen import XrayToNoise
from gansec_lib.systems.keygen.gan_cipher import GanCipher

ORDERS = ("encrypt_then_compress", "compress_then_encrypt")


class MedicalHash(GanCipher):
    """Two rounds of confusion and diffusion; see the module."""

    key_name = "medical_hash"
    title = "GAN key + hash table + MT19937 + Hénon"
    paper = "[10] Kumar et al. 2023, MONET"
    generator_class = XrayToNoise
    limits = (
        UNCHECKED,
        "MT19937 is no cipher: 624 outputs give its state, and a 32-bit seed is searched.",
        "Coding after encryption saves nothing: a cipher image has no redundancy left.",
    )

    def _encrypt_one(self, plain, key, nonce):
        first, second, mask = self._schedule(key, plain.shape)
        flat = permute.apply(plain.reshape(-1), first) ^ mask
        flat = permute.apply(flat, second) ^ mask
        return np.bitwise_xor.accumulate(flat).reshape(plain.shape)

    def _decrypt_one(self, cipher, key, nonce):
        first, second, mask = self._schedule(key, cipher.shape)
        flat = cipher.reshape(-1)
        flat = flat ^ np.concatenate([np.zeros(1, np.uint8), flat[:-1]]) ^ mask
        flat = permute.undo(flat, second) ^ mask
        return permute.undo(flat, first).reshape(cipher.shape)

    def _schedule(self, key, shape):
        """Two orders and the strengthened key bytes."""
        n = prod(shape)
        drawn = self.keys.key_image(key, shape).numpy().reshape(-1)
        table = np.frombuffer(kdf.hkdf(key, 257, info=b"hash table"), np.uint8)
        place = (np.arange(n) * (int(table[256]) | 1) + drawn) & 255
        mask = drawn ^ table[place] ^ chaos.keystream("henon", key, b"", n, index=1)
        first = permute.fisher_yates(twister.MT19937(twister_seed(key)).random_uint32(n), n)
        start = chaos.seeds("henon", key, b"", 0)[0]
        second = permute.order_from(chaos.orbit("henon", n, start=start)[:, 0])
        return first, second, mask

    def compressed_bytes(self, images, key: bytes, order: str = ORDERS[0]) -> int:
        """How many bytes differential Huffman coding leaves of a batch, tables included.

        Parameters
        ----------
        order : {"encrypt_then_compress", "compress_then_encrypt"}
            The published order, and the one that saves something.
        """
        if order not in ORDERS:
            raise ParameterError(f"order: expected one of {ORDERS}, got {order!r}")
        if order == ORDERS[0]:
            images = self.encrypt(images, key).as_images()
        return sum(len(huffman.encode(one.numpy(), differences=True)) for one in images)


def twister_seed(key: bytes) -> int:
    """The 32 bits that seed the Twister: all of the key that the first confusion knows."""
    return int.from_bytes(hashlib.sha256(key).digest()[:4], "big")
