"""What picture ciphers share: each picture of a batch is encrypted with seeds of its own.

The seeds come from key, nonce and the picture's number by HKDF; with ``plaintext_related`` a keyed
hash of the picture goes in too and travels in the header. (Nonce, HKDF and hash are ours: the
papers of this family carry none of the first two, and mix the picture in by sums of its pixels.)

A hash that travels can be checked. The receiver decrypts, hashes what came out, and hands out
nothing unless every picture has the hash that was sent; a tag over the header keeps number, order
and size of the pictures as they were. So with ``plaintext_related`` the pictures are
*authenticated* under the key: whatever is handed out is what a holder of the key encrypted. That
is all that it gives. It does not make the cipher image harder to read, and AES-GCM finds a change
before it decrypts, not after. Without ``plaintext_related`` nothing is checked.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace

import torch

from gansec_lib.ciphers import kdf
from gansec_lib.ciphers.container import Ciphertext
from gansec_lib.errors import IntegrityError, ParameterError, TamperedError, WrongKeyError
from gansec_lib.roles.contracts import Cipher

HASH = 32  # bytes of a picture's HMAC-SHA256
UNCHECKED = (  # a sentence of ``limits`` that is true with the picture's hash and without it
    "Not authenticated unless plaintext_related=True: without it a changed ciphertext or a wrong "
    "key gives a wrong picture, no error."
)


@dataclass(eq=False, repr=False)
class PerPictureCipher(Cipher):
    """A cipher whose pictures are independent; subclasses say how one of them is encrypted.

    Parameters
    ----------
    plaintext_related : bool
        Mix HMAC-SHA256(key, nonce ‖ picture) into each picture's seeds. It travels in the header
        and is verified after decryption, so the system is ``authenticated``.

    Attributes
    ----------
    verifies : bool
        A switch for the laboratory. Where it is set to False, ``decrypt`` hands out pictures that
        have not the hash sent with them, and the system is no longer ``authenticated``.
    """

    nonce_length = 16
    verifies = True

    plaintext_related: bool = field(default=False, kw_only=True)

    @property
    def authenticated(self) -> bool:
        """Whether ``decrypt`` raises for every changed ciphertext; with ``plaintext_related``."""
        return self.plaintext_related and self.verifies

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        self._check_shape(tuple(images.shape))
        plain = images.contiguous().cpu().numpy()
        extra, hashes = self._header(), [b""] * len(plain)
        used = self._used_nonce(nonce)
        if self.plaintext_related:
            hashes = self._hash(self._sent(plain), key, used)
            extra["hashes"] = b"".join(hashes).hex()
        cipher = torch.empty(plain.shape, dtype=torch.uint8)
        self._encrypt_all(plain, self.labels(hashes), key, used, cipher.numpy())
        shape = tuple(images.shape)
        made = Ciphertext(cipher.reshape(-1), shape, self.key_name, self.version, nonce, b"", extra)
        return self._tagged(made, key)

    def decrypt(self, ciphertext, key):
        """The pictures, uint8 (N, C, H, W), verified where their hashes came with them.

        A system made with ``plaintext_related`` refuses a ciphertext that brings no hashes.

        Raises
        ------
        IntegrityError
            As every cipher; and where hashes are there, a wrong key (``WrongKeyError``) and any
            change of header or payload. Nothing is handed out then.
        """
        key = self._accept(ciphertext, key)
        shape = ciphertext.shape
        try:
            self._check_shape(shape)
        except ParameterError as problem:
            raise TamperedError(f"ciphertext: {problem}") from None
        self._check_header(ciphertext.extra, shape)
        hashes = self.hashes_in(ciphertext.extra, shape[0])
        self._check_tag(ciphertext, key)
        cipher = ciphertext.payload.contiguous().cpu().numpy().reshape(shape)
        plain = torch.empty(shape, dtype=torch.uint8)
        used = self._used_nonce(ciphertext.nonce)
        self._decrypt_all(cipher, self.labels(hashes), key, used, plain.numpy())
        if any(hashes) and self.verifies:
            self._check_pictures(plain.numpy(), hashes, key, used)
        return plain

    # ------------------------------------------------------------ what a subclass fills in

    def _check_shape(self, shape: tuple[int, int, int, int]) -> None:
        """Raise ``ParameterError`` for pictures that this cipher cannot take."""

    def _header(self) -> dict[str, str]:
        """What else the receiver has to know; goes into the ciphertext's header."""
        return {}

    def _check_header(self, extra: dict[str, str], shape: tuple[int, int, int, int]) -> None:
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
            out[row] = self._encrypt_one(plain[row], picture_key(key, nonce, label), nonce)

    def _decrypt_all(self, cipher, labels: list[bytes], key: bytes, nonce: bytes, out) -> None:
        """Undo ``_encrypt_all``."""
        for row, label in enumerate(labels):
            out[row] = self._decrypt_one(cipher[row], picture_key(key, nonce, label), nonce)

    # ------------------------------------------------------------ seeds

    def labels(self, hashes: list[bytes]) -> list[bytes]:
        """One derivation label a picture: system, version, picture number, picture hash."""
        head = f"gansec/{self.key_name}/{self.version}/".encode()
        return [head + row.to_bytes(4, "big") + one for row, one in enumerate(hashes)]

    # ------------------------------------------------------------ hashes

    def _sent(self, pictures):
        """What of the pictures (N, C, H, W) the receiver gets exactly, which is what is hashed."""
        return pictures

    def _hash(self, pictures, key: bytes, nonce: bytes) -> list[bytes]:
        """HMAC-SHA256 of each picture, with its place and the nonce, or equals would show."""
        places = self.labels([b""] * len(pictures))
        return [
            hmac.digest(key, b"picture" + place + nonce + one.tobytes(), "sha256")
            for place, one in zip(places, pictures, strict=True)
        ]

    @staticmethod
    def hashes_in(extra: dict[str, str], count: int) -> list[bytes]:
        """One picture hash a picture; empty ones where the sender used none."""
        if "hashes" not in extra:
            return [b""] * count
        try:
            joined = bytes.fromhex(extra["hashes"])
        except ValueError:
            joined = b""
        if len(joined) != HASH * count:
            raise TamperedError("ciphertext: the pictures' hashes in its header are damaged")
        return [joined[HASH * row : HASH * (row + 1)] for row in range(count)]

    @staticmethod
    def _tagged(ciphertext: Ciphertext, key: bytes) -> Ciphertext:
        """The same with HMAC-SHA256 over its header as its tag, if it brings hashes."""
        tag = b""
        if "hashes" in ciphertext.extra:
            own = kdf.hkdf(key, HASH, info=b"gansec/header")  # one key for one purpose
            tag = hmac.digest(own, ciphertext.header(), "sha256")
        return replace(ciphertext, tag=tag)

    def _check_tag(self, ciphertext: Ciphertext, key: bytes) -> None:
        """Refuse a header that is not the sender's, where the sender could say so."""
        if self.plaintext_related and "hashes" not in ciphertext.extra:
            raise IntegrityError(
                "ciphertext: made with plaintext_related=False, opened with "
                "plaintext_related=True: it brings no hashes by which its pictures could be checked"
            )
        if not hmac.compare_digest(self._tagged(ciphertext, key).tag, ciphertext.tag):
            raise WrongKeyError(
                "ciphertext: the tag over its header does not match: the wrong key, or the header "
                "was changed (nothing was decrypted)"
            )

    def _check_pictures(self, plain, hashes: list[bytes], key: bytes, nonce: bytes) -> None:
        """Refuse the pictures that came out, unless each has the hash that was sent."""
        found = self._hash(plain, key, nonce)
        for row, (one, sent) in enumerate(zip(found, hashes, strict=True)):
            if not hmac.compare_digest(one, sent):
                raise TamperedError(
                    f"ciphertext: picture {row} has not the hash that was sent with it: its bytes "
                    f"were changed (no picture is handed out)"
                )


def picture_key(key: bytes, nonce: bytes, label: bytes) -> bytes:
    """The key of one picture; HKDF-SHA256 of key, nonce and label."""
    return kdf.hkdf(key, 32, hashlib.sha256(nonce).digest(), label)
