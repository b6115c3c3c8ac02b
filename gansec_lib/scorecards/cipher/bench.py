"""A cipher's bench: its ciphertexts and what it decrypts, made once and used by everything."""

from __future__ import annotations

from functools import cached_property

import torch

from gansec_lib.errors import IntegrityError
from gansec_lib.roles import Ciphertext
from gansec_lib.scorecards.bench import Bench
from gansec_lib.scorecards.cipher import shapes
from gansec_lib.scorecards.measuring import flip_key_bit

SOME = 4  # pictures that are damaged, at most
WRONG_BIT = 100  # of the key, in the figure


class CipherBench(Bench):
    """What one cipher is measured, drawn and attacked with.

    Every property is computed when it is first asked for and kept.
    """

    @cached_property
    def ciphertext(self) -> Ciphertext:
        """All pictures, encrypted."""
        return self.system.encrypt(self.images, self.key, nonce=self.nonce("first"))

    @cached_property
    def cipher(self) -> torch.Tensor:
        """The cipher images, uint8."""
        return self.ciphertext.as_images()

    @cached_property
    def decrypted(self) -> torch.Tensor:
        """What the receiver gets who reads the ciphertext from a file."""
        return self.system.decrypt(Ciphertext.from_bytes(self.ciphertext.to_bytes()), self.key)

    @cached_property
    def wrong(self) -> torch.Tensor | None:
        """What one wrong key bit gives, uint8 (N, C, H, W); None where the system refuses it."""
        try:
            return self.system.decrypt(
                self.ciphertext, flip_key_bit(self.key, WRONG_BIT % (8 * len(self.key)))
            )
        except IntegrityError:
            return None

    @cached_property
    def some(self) -> Ciphertext:
        """The first pictures, to be damaged."""
        return self.system.encrypt(self.images[:SOME], self.key, nonce=self.nonce("damaged"))

    @cached_property
    def why_no_picture(self) -> str:
        """Why no cipher image can be laid beside its picture; empty where one can."""
        return shapes.why_no_picture(self.images, self.ciphertext)

    @cached_property
    def is_strip(self) -> bool:
        """Whether the cipher bytes lie in one line though the pictures do not."""
        return shapes.is_strip(self.images, self.cipher)

    @cached_property
    def seen(self) -> torch.Tensor:
        """The cipher bytes as something to look at."""
        return shapes.to_look_at(self.images, self.cipher)
