"""``Bench``: pictures, key and nonces of one measurement, made once from one seed.

Measuring, drawing and attacking all take theirs from here, so that a page shows the very bytes
that its numbers were taken from.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gansec_lib.ciphers.kdf import derive_key, hkdf
from gansec_lib.images.imageset import ImageSet
from gansec_lib.roles import System


@dataclass(frozen=True, eq=False)
class Bench:
    """What one system is measured with.

    Parameters
    ----------
    system : System
    pictures : ImageSet
        uint8 (N, C, H, W), with whatever truth is known about them.
    seed : int
        Everything below follows from it.
    """

    system: System
    pictures: ImageSet
    seed: int = 0

    @property
    def images(self) -> torch.Tensor:
        """The pictures alone, uint8 (N, C, H, W)."""
        return self.pictures.images

    @property
    def key(self) -> bytes:
        """A key of the system's length; of 32 bytes where it states none."""
        secret = b"gansec report key".ljust(32, b".") + str(self.seed).encode()
        return derive_key(secret, getattr(self.system, "key_length", 32))

    def nonce(self, label: str, length: int | None = None) -> bytes:
        """Bytes of their own for each label, the same in every run; as many as a nonce has."""
        length = length or getattr(self.system, "nonce_length", 12)
        return hkdf(self.key, length, info=f"nonce {self.seed} {label}".encode())

    def rng(self, label: str) -> torch.Generator:
        """A source of random numbers of its own for each label."""
        digest = hkdf(self.key, 8, info=f"numbers {self.seed} {label}".encode())
        return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
