"""What the ciphers around a GAN key share: generator, lab switches, the header's check.

A cipher of a paper inherits, from what it is to what every system is::

    FeistelGan → GanCipher → Learned            one slot a network: build, train, load
                           → PerPictureCipher   a key for each picture; header, hashes, tag
                                → Cipher        encrypt and decrypt, what they check
                                     → System   options, save and load
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from gansec_lib.errors import IntegrityError
from gansec_lib.roles import between, one_of
from gansec_lib.roles.per_picture import PerPictureCipher
from gansec_lib.systems.keygen import exact
from gansec_lib.systems.keygen.key_gan import KeyGAN, digest_of
from gansec_lib.systems.learned import Learned

_PROBE = bytes(range(32))  # a public key: its stream shows whether two machines compute alike


@dataclass(eq=False, repr=False)
class GanCipher(Learned, PerPictureCipher):
    """A cipher whose key bytes come from a ``KeyGAN``.

    Parameters
    ----------
    plaintext_related : bool
        Mix HMAC-SHA256(key, nonce ‖ picture) into each picture's seeds.
    trained : bool
        Shipped weights; else the untrained twin.
    extraction : {"modular", "raw"}
    use_nonce : bool
        Without, as in the papers, all pictures under a key share one keystream: a laboratory.
    paper_size : bool
        The key generator as wide as the paper's (or our reading of it); ``train`` makes its
        weights, ``trained=False`` gives its twin.
    seed : int
        Which training run, or which twin.
    """

    generator_class: ClassVar[type[KeyGAN]]

    trained: bool = True
    extraction: str = one_of("modular", "raw")
    use_nonce: bool = True
    paper_size: bool = False
    seed: int = between(0, 0, 2**32 - 1)

    def __post_init__(self):
        super().__post_init__()
        # The nonce already went into each picture's own key, so the generator needs none.
        self.keys = self.generator_class(
            trained=self.trained,
            extraction=self.extraction,
            use_nonce=False,
            paper_size=self.paper_size,
            seed=self.seed,
        )
        self.slots |= self.keys.slots

    def train(self, images=None, profile: str = "laptop", **settings):
        """Train its networks, as ``Learned.train`` says it."""
        super().train(images, profile, **settings)
        self.trained = self.keys.trained = self.keys.own_weights or self.trained
        self.__dict__.pop("fingerprint", None)
        return self

    @cached_property
    def fingerprint(self) -> str:
        """Weights and arithmetic in 32 hex digits: a public probe key's bytes go in."""
        probe = self.keys.keystream(_PROBE, b"", 4096)
        return exact.fingerprint(self.keys.generator) + digest_of(probe)[:16]

    def stream(self, key: bytes, n: int) -> np.ndarray:
        """``n`` key bytes of one picture, uint8 (n,)."""
        return self.keys.keystream(key, b"", n).numpy()

    def _check_shape(self, shape):
        self.keys.check_plane(*shape[2:])

    def _header(self):
        return {"generator": self.fingerprint}

    def _check_header(self, extra, shape):
        made_by = extra.get("generator", "")
        if made_by != self.fingerprint:
            same = made_by[:16] == self.fingerprint[:16]
            why = "this machine computes another key from it" if same else "the weights differ"
            raise IntegrityError(
                f"ciphertext: its key came from generator {made_by[:16] or '(none)'}, here is "
                f"{self.fingerprint[:16]}: {why}; nothing was decrypted"
            )

    def labels(self, hashes):
        if self.use_nonce:
            return super().labels(hashes)
        return [super(GanCipher, self).labels([one])[0] for one in hashes]

    def _used_nonce(self, nonce):
        return nonce if self.use_nonce else b""


def cut(stream: np.ndarray, *sizes: int) -> list[np.ndarray]:
    """The stream in consecutive pieces of these sizes."""
    ends = np.cumsum(sizes)
    return [stream[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def uint32s(stream: np.ndarray) -> np.ndarray:
    """Four key bytes each as one number to sort by, uint32 (n / 4,)."""
    return np.ascontiguousarray(stream).view("<u4")
