"""The four contracts: ``KeyGenerator``, ``Cipher``, ``Hider`` and ``Protector``."""

from __future__ import annotations

import math
import secrets
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import torch

from gansec_lib.ciphers.container import SALT, Ciphertext, too_many
from gansec_lib.ciphers.kdf import check_key, derive_key
from gansec_lib.errors import IntegrityError, ParameterError, TamperedError, VersionError
from gansec_lib.images.convert import check_bytes
from gansec_lib.roles.system import System


def check_images(images: torch.Tensor, name: str = "images") -> torch.Tensor:
    """``images`` itself if it is a non-empty uint8 tensor (N, C, H, W) with C 1 or 3.

    >>> tuple(check_images(torch.zeros(2, 3, 5, 4, dtype=torch.uint8)).shape)
    (2, 3, 5, 4)
    """
    check_bytes(images, name, "; images.to_bytes turns network output into bytes")
    if images.numel() == 0:
        raise ParameterError(f"{name}: expected at least one picture, got {tuple(images.shape)}")
    if images.shape[1] not in (1, 3):
        raise ParameterError(
            f"{name}: expected 1 (grey) or 3 (RGB) channels on axis 1, got {tuple(images.shape)}; "
            f"channels last?"
        )
    return images


class KeyGenerator(System):
    """Makes key bytes, from a key and a nonce."""

    role = "KeyGenerator"

    @abstractmethod
    def keystream(self, key: bytes, nonce: bytes, n: int) -> torch.Tensor:
        """``n`` bytes, uint8 (n,); the same for the same key and nonce on every machine.

        Parameters
        ----------
        key : bytes
            32 of them, or ``key_length`` where the generator has one.
        nonce : bytes
            Public, and used once. Every generator takes 12 of them. Whether it takes another
            number is its own affair: the networks' take any, ``aes_ctr`` only 16 besides.
        n : int
            From 1.

        Raises
        ------
        ParameterError
            A key, a nonce or a number that it does not take.
        """


class Cipher(System):
    """Turns pictures into bytes that only the key can turn back.

    ``decrypt(encrypt(images, key), key)`` equals ``images`` bit for bit where ``lossless``. Each
    call of ``encrypt`` draws a fresh nonce. ``authenticated`` ciphers raise ``IntegrityError`` for
    a changed ciphertext or a wrong key and hand out nothing.

    Some ciphers have parts that are public besides, and attacks look for them by these names:

    - ``keys``: the generator of its key bytes; ``keys.generator`` is its network, and
      ``keys.image_key(secret)`` makes a key picture of a secret one, where the generator does that.
    - ``coded(images)``, ``decoded(codes, shape)``: the codec, where codes are encrypted.
    - ``confirms(ciphertext, image)``: whether this is the picture, told without any key.
    - ``public_entries(images, ciphertext)``: texts that go on a public ledger.
    """

    role = "Cipher"
    key_length: ClassVar[int] = 32
    nonce_length: ClassVar[int] = 12
    authenticated: ClassVar[bool] = False
    lossless: ClassVar[bool] = True

    @abstractmethod
    def encrypt(self, images: torch.Tensor, key: bytes, nonce: bytes | None = None) -> Ciphertext:
        """Encrypt uint8 images (N, C, H, W) with ``key_length`` bytes of key.

        Parameters
        ----------
        nonce : bytes, optional
            Only for measurements and for showing what its reuse costs; fresh when left out.

        Raises
        ------
        ParameterError
            Wrong images, key length or nonce length.
        """

    @abstractmethod
    def decrypt(self, ciphertext: Ciphertext, key: bytes) -> torch.Tensor:
        """The pictures, uint8 (N, C, H, W).

        Raises
        ------
        IntegrityError
            Made by another system or version, or (authenticated ciphers) changed, cut, wrong key.
        """

    def lock(self, images: torch.Tensor, passphrase: str) -> Ciphertext:
        """Encrypt under a passphrase: scrypt with a fresh salt of 16 bytes, kept in the header."""
        salt = secrets.token_bytes(SALT)
        key = derive_key(passphrase, self.key_length, salt=salt)
        return replace(self.encrypt(images, key), salt=salt)

    def unlock(self, ciphertext: Ciphertext, passphrase: str) -> torch.Tensor:
        """Decrypt what ``lock`` made.

        Raises
        ------
        IntegrityError
            As ``decrypt`` does, and for a ciphertext that no passphrase locked.
        """
        if not ciphertext.salt:
            raise IntegrityError(
                "ciphertext: holds no salt, so a key of bytes made it and not a passphrase; "
                "decrypt(ciphertext, key) opens it"
            )
        return self.decrypt(
            ciphertext, derive_key(passphrase, self.key_length, salt=ciphertext.salt)
        )

    def _begin(self, images, key, nonce) -> tuple[torch.Tensor, bytes, bytes]:
        """Check what ``encrypt`` got; a fresh nonce where none was given."""
        problem = too_many(tuple(check_images(images).shape))
        if problem:
            raise ParameterError(f"images: {problem}; encrypt them in parts")
        key = check_key(key, self.key_length)
        if nonce is None:
            nonce = secrets.token_bytes(self.nonce_length)
        return images, key, check_key(nonce, self.nonce_length, "nonce")

    def _accept(self, ciphertext, key) -> bytes:
        """The key, after a look at all that ``decrypt`` got; nothing has been computed by then."""
        self._check_ciphertext(ciphertext)
        return check_key(key, self.key_length)

    def _check_ciphertext(self, ciphertext) -> None:
        """Raise unless it is this system's, with a nonce and a payload of the right length."""
        if not isinstance(ciphertext, Ciphertext):
            raise ParameterError(
                f"ciphertext: expected a Ciphertext, got {type(ciphertext).__name__}; "
                f"Ciphertext.from_bytes reads a file"
            )
        ciphertext.check()
        if ciphertext.system != self.key_name:
            raise IntegrityError(
                f"ciphertext: made by {ciphertext.system!r}, cannot be opened by {self.key_name!r}"
            )
        if ciphertext.version != self.version:
            raise VersionError(
                f"ciphertext: {self.key_name} version {ciphertext.version}, "
                f"this library opens version {self.version}"
            )
        if len(ciphertext.nonce) != self.nonce_length:
            raise TamperedError(
                f"ciphertext: expected a nonce of {self.nonce_length} bytes, "
                f"got {len(ciphertext.nonce)}; cut or changed"
            )
        size = ciphertext.payload.numel()
        if size != math.prod(ciphertext.shape):
            raise TamperedError(
                f"ciphertext: {size} bytes for pictures of shape {ciphertext.shape}; cut or changed"
            )


class Hider(System):
    """Puts a secret into a cover so that the stego looks like any cover.

    A cover carries one secret. ``reveal(hide(covers, secrets, key), key)`` gives the secrets back
    as ``hide`` got them: bit for bit where ``exact``, alike otherwise. Stegos are uint8, because
    what survives only in floats does not survive being saved.

    Class attributes
    ----------------
    exact : bool
        Whether secrets come back bit for bit. Systems that are not exact hide pictures only.
    """

    role = "Hider"
    key_length: ClassVar[int] = 32
    exact: ClassVar[bool] = True

    @abstractmethod
    def capacity(self, shape: tuple[int, int, int]) -> int:
        """Bytes that the longest secret in one cover of this shape (C, H, W) may have."""

    @abstractmethod
    def hide(
        self, covers: torch.Tensor, secrets: torch.Tensor | Sequence[bytes], key: bytes
    ) -> torch.Tensor:
        """Stegos, uint8, of the covers' shape.

        Parameters
        ----------
        covers : uint8 (N, C, H, W)
        secrets : list of N bytes objects, or uint8 (N, n) or (N, C', H', W')
            One for each cover. A list holds secrets of any lengths, a tensor's rows are bytes or
            whole pictures.
        key : bytes
            ``key_length`` of them.

        Raises
        ------
        ParameterError
            Wrong covers, secrets or key, or a secret longer than ``capacity``.
        """

    @abstractmethod
    def reveal(self, stegos: torch.Tensor, key: bytes) -> torch.Tensor | list[bytes]:
        """The secrets, in the form in which ``hide`` got them.

        Raises
        ------
        IntegrityError
            Wrong key, nothing hidden, or a damaged message (exact systems; never a wrong message).
        """

    def change_rate(self, bits: float) -> float | None:
        """The share of samples that theory says this system changes for ``bits`` a sample.

        ``bits`` counts all that is embedded, the header too. None where no theory says.
        """
        return None


class Protector(System):
    """Takes out who or what is shown and leaves the picture useful."""

    role = "Protector"

    @abstractmethod
    def protect(self, images: torch.Tensor) -> torch.Tensor:
        """Protected pictures, uint8 (N, C, H, W), of the same shape and in the same order."""
