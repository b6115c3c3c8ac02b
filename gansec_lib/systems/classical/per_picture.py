"""What the classical ciphers share: each picture of a batch is encrypted with seeds of its own.

The seeds come from key, nonce and the picture's number by HKDF; with ``plaintext_related`` a keyed
hash of the picture goes in too and travels in the header. (Nonce, HKDF and hash are ours: the
papers of this family carry none of the first two, and mix the picture in by sums of its pixels.)
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass, field

import torch

from gansec_lib.ciphers import kdf
from gansec_lib.errors import ParameterError, TamperedError
from gansec_lib.roles import Cipher, Ciphertext


@dataclass(eq=False, repr=False)
class PerPictureCipher(Cipher):
    """A cipher whose pictures are independent; subclasses say how one of them is encrypted.

    Parameters
    ----------
    plaintext_related : bool
        Mix HMAC-SHA256(key, nonce ‖ picture) into each picture's seeds; it travels in the header.
    """

    nonce_length = 16

    plaintext_related: bool = field(default=False, kw_only=True)

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        self._check_shape(tuple(images.shape))
        plain = images.contiguous().cpu().numpy()
        extra, hashes = self._header(), [b""] * len(plain)
        used = self._used_nonce(nonce)
        if self.plaintext_related:  # place and nonce too: equal pictures must not show equal hashes
            heads = [b"picture" + label + used for label in self._labels(hashes)]
            hashes = [
                hmac.digest(key, head + one.tobytes(), "sha256")
                for head, one in zip(heads, plain, strict=True)
            ]
            extra["hashes"] = b"".join(hashes).hex()
        cipher = torch.empty(plain.shape, dtype=torch.uint8)
        self._encrypt_all(plain, self._labels(hashes), key, used, cipher.numpy())
        shape = tuple(images.shape)
        return Ciphertext(cipher.reshape(-1), shape, self.key_name, self.version, nonce, b"", extra)

    def decrypt(self, ciphertext, key):
        key = self._accept(ciphertext, key)
        shape = ciphertext.shape
        if ciphertext.payload.numel() != math.prod(shape):
            raise TamperedError(
                f"ciphertext: {ciphertext.payload.numel()} bytes for pictures of shape {shape}; "
                f"cut or changed"
            )
        try:
            self._check_shape(shape)
        except ParameterError as problem:
            raise TamperedError(f"ciphertext: {problem}") from None
        self._check_header(ciphertext.extra)
        cipher = ciphertext.payload.contiguous().cpu().numpy().reshape(shape)
        plain = torch.empty(shape, dtype=torch.uint8)
        labels = self._labels(self._hashes(ciphertext.extra, shape[0]))
        used = self._used_nonce(ciphertext.nonce)
        self._decrypt_all(cipher, labels, key, used, plain.numpy())
        return plain

    # ------------------------------------------------------------ what a subclass fills in

    def _check_shape(self, shape: tuple[int, int, int, int]) -> None:
        """Raise ``ParameterError`` for pictures that this cipher cannot take."""

    def _header(self) -> dict[str, str]:
        """What else the receiver has to know; goes into the ciphertext's header."""
        return {}

    def _check_header(self, extra: dict[str, str]) -> None:
        """Raise ``IntegrityError`` where the header asks for what is not here."""

    def _used_nonce(self, nonce: bytes) -> bytes:
        """What of the nonce enters keys and hashes; a laboratory may leave it out."""
        return nonce

    def _encrypt_one(self, plain, key: bytes, nonce: bytes):
        """One picture, uint8 array (C, H, W), under its own 32-byte key: the cipher image."""
        raise NotImplementedError(self.key_name)

    def _decrypt_one(self, cipher, key: bytes, nonce: bytes):
        """Undo ``_encrypt_one``."""
        raise NotImplementedError(self.key_name)

    def _encrypt_all(self, plain, labels: list[bytes], key: bytes, nonce: bytes, out) -> None:
        """Fill ``out`` (N, C, H, W); a cipher that batches overrides this."""
        for row, label in enumerate(labels):
            out[row] = self._encrypt_one(plain[row], _picture_key(key, nonce, label), nonce)

    def _decrypt_all(self, cipher, labels: list[bytes], key: bytes, nonce: bytes, out) -> None:
        """Undo ``_encrypt_all``."""
        for row, label in enumerate(labels):
            out[row] = self._decrypt_one(cipher[row], _picture_key(key, nonce, label), nonce)

    # ------------------------------------------------------------ seeds

    def _labels(self, hashes: list[bytes]) -> list[bytes]:
        """One derivation label a picture: system, version, picture number, picture hash."""
        head = f"gansec/{self.key_name}/{self.version}/".encode()
        return [head + row.to_bytes(4, "big") + one for row, one in enumerate(hashes)]

    @staticmethod
    def _hashes(extra: dict[str, str], count: int) -> list[bytes]:
        """One picture hash a picture; empty ones where the sender used none."""
        if "hashes" not in extra:
            return [b""] * count
        try:
            joined = bytes.fromhex(extra["hashes"])
        except ValueError:
            joined = b""
        if len(joined) != 32 * count:
            raise TamperedError("ciphertext: the pictures' hashes in its header are damaged")
        return [joined[32 * row : 32 * row + 32] for row in range(count)]


def _picture_key(key: bytes, nonce: bytes, label: bytes) -> bytes:
    """The key of one picture; HKDF-SHA256 of key, nonce and label."""
    return kdf.hkdf(key, 32, hashlib.sha256(nonce).digest(), label)
