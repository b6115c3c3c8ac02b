"""``aes_gcm`` and ``chacha20``: authenticated encryption as the world uses it.

They stand in every table of this course, because a scheme has to be compared with what it would
replace. Fresh 96-bit nonce for each batch; the ciphertext's header is authenticated with it.
"""

from __future__ import annotations

import torch

from gansec_lib.ciphers import aead
from gansec_lib.roles import Cipher, Ciphertext

_LIMITS = (
    "The number and size of the pictures stand in the clear.",
    "A nonce used twice under one key gives the exclusive-or of two pictures away "
    "(and, for GCM, forgeries); nonces are drawn at random here, so change the key long before "
    "2³² batches.",
    "It is as secret as its key: a passphrase that can be guessed protects nothing.",
)


class _Aead(Cipher):
    """Both are one shape: seal and open a buffer with the header authenticated."""

    authenticated = True
    standard = True
    nonce_length = aead.NONCE
    limits = _LIMITS

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        empty = torch.empty(0, dtype=torch.uint8)
        shape = tuple(images.shape)
        header = Ciphertext(empty, shape, self.key_name, self.version, nonce).header()
        plain = images.contiguous().cpu().numpy().reshape(-1)
        payload, tag = self._seal(key, nonce, plain, header)
        return Ciphertext(torch.from_numpy(payload), shape, self.key_name, self.version, nonce, tag)

    def decrypt(self, ciphertext, key):
        key = self._accept(ciphertext, key)
        payload = ciphertext.payload.contiguous().cpu().numpy()
        plain = self._open(key, ciphertext.nonce, payload, ciphertext.tag, ciphertext.header())
        return torch.from_numpy(plain).reshape(ciphertext.shape)


class AesGcm(_Aead):
    """AES with a 256-bit key in Galois/Counter mode (NIST FIPS 197, SP 800-38D)."""

    key_name = "aes_gcm"
    title = "AES-256-GCM"
    paper = "NIST FIPS 197, SP 800-38D"
    _seal = staticmethod(aead.aes_gcm_seal)
    _open = staticmethod(aead.aes_gcm_open)


class ChaCha20(_Aead):
    """ChaCha20 with Poly1305 (RFC 8439), the other cipher of TLS 1.3."""

    key_name = "chacha20"
    title = "ChaCha20-Poly1305"
    paper = "RFC 8439"
    _seal = staticmethod(aead.chacha20_seal)
    _open = staticmethod(aead.chacha20_open)
