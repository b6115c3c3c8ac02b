"""What a nonce used twice costs: the two-time pad, and chosen pictures against the classic cipher.

Published chaos and GAN ciphers carry no nonce, so one key means one keystream for every picture.
Both attacks run in two settings: *nonce held* (the published way of use) and *as used* (a fresh
nonce for each encryption), where they must fail. That AES-GCM falls to the first one with its
nonce held is no weakness of AES: its standard forbids it, and the library draws a fresh one.

Threat model: the attacker sees the ciphertext of a victim picture, knows the method, and may have
pictures of her own encrypted under the same key.
"""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass, field

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher, check_images

SETTINGS = ("nonce held", "as used")


@dataclass(frozen=True)
class AttackResult:
    """What an attack read.

    Parameters
    ----------
    name, setting : str
    recovered : float
        Share of the victim's bytes that are right, 0 to 1; a blind guess gets 1/256.
    succeeded : bool
        Every byte is right.
    queries : int
        Pictures the attacker had encrypted, or whose plain form she knew.
    seconds : float
    words : str
        One sentence on what was done.
    guess : uint8 tensor (1, C, H, W)
        The picture as the attacker sees it; not part of ``to_dict``.
    """

    name: str
    setting: str
    recovered: float
    succeeded: bool
    queries: int
    seconds: float
    words: str
    guess: torch.Tensor = field(repr=False, compare=False)

    def to_dict(self) -> dict:
        """Plain values for JSON, without the picture."""
        names = ("name", "setting", "recovered", "succeeded", "queries", "seconds", "words")
        return {name: getattr(self, name) for name in names}


class Oracle:
    """Encrypts what the attacker hands in, under a key she does not know, and counts."""

    def __init__(self, cipher: Cipher, key: bytes, setting: str):
        if setting not in SETTINGS:
            raise ParameterError(f"setting: expected one of {SETTINGS}, got {setting!r}")
        self.cipher, self.key, self.queries = cipher, key, 0
        held = secrets.token_bytes(cipher.nonce_length)
        self.nonce = held if setting == "nonce held" else None

    def encrypt(self, image: torch.Tensor) -> torch.Tensor:
        """The cipher image of one picture (1, C, H, W); counts as a query."""
        self.queries += 1
        return self.victim(image)

    def victim(self, image: torch.Tensor) -> torch.Tensor:
        """The cipher image that the attacker happens to see; not counted."""
        return self.cipher.encrypt(image, self.key, nonce=self.nonce).as_images()


def two_time_pad(cipher: Cipher, key: bytes, image: torch.Tensor, known, setting: str):
    """One known picture under the same key opens another: p = c ⊕ (known ⊕ its cipher image).

    Parameters
    ----------
    image, known : uint8 (1, C, H, W)
        The victim picture, and the one that the attacker knows.

    Returns
    -------
    AttackResult
    """
    check_images(known, "known")
    if known.shape != image.shape:
        raise ParameterError(
            f"known: expected the victim's shape {tuple(image.shape)}, got {tuple(known.shape)}"
        )

    def read(oracle, seen):
        return seen ^ known ^ oracle.encrypt(known)

    words = "exclusive-or with the keystream read off one known picture"
    return _run("two_time_pad", words, read, cipher, key, image, setting)


def chosen_plaintext(cipher: Cipher, key: bytes, image: torch.Tensor, setting: str):
    """Chosen pictures against permutation + two-way additive diffusion, read exactly.

    The chaining needs no key to undo: with e[i] = d[i] − d[i+1] and f[i] = e[i] − e[i−1],
    f[i] = p[π(i)] + K[i] mod 256. A black picture gives K; one picture for each base-256 digit of
    the byte positions gives π: 1 + ⌈log₂₅₆ n⌉ queries, 3 for a grey 256 × 256 picture. (That two
    diffusions collapse into one is the observation of Entropy 25(3):395, 2023.)

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    """

    def read(oracle, seen):
        shape = image.shape
        n = image.numel()
        mask = _unchain(oracle.encrypt(torch.zeros(shape, dtype=torch.uint8)))
        position = torch.arange(n)
        source = torch.zeros(n, dtype=torch.int64)
        for digit in range(max(1, math.ceil(math.log(n, 256)))):
            chosen = (position >> (8 * digit) & 255).to(torch.uint8).reshape(shape)
            source |= (_unchain(oracle.encrypt(chosen)) - mask).to(torch.int64) << (8 * digit)
        blind = torch.Generator().manual_seed(0)
        guess = torch.randint(256, (n,), generator=blind).to(torch.uint8)  # where π is not hit
        guess[source % n] = _unchain(seen) - mask
        return guess.reshape(shape)

    words = "permutation and keystream read off chosen pictures, then the victim decrypted"
    return _run("chosen_plaintext", words, read, cipher, key, image, setting)


def _unchain(image: torch.Tensor) -> torch.Tensor:
    """Undo both chainings, which need no key: uint8 (n,), arithmetic mod 256."""
    flat = image.reshape(-1)
    zero = torch.zeros(1, dtype=torch.uint8)
    backward = flat - torch.cat([flat[1:], zero])
    return backward - torch.cat([zero, backward[:-1]])


def _run(name, words, read, cipher, key, image, setting) -> AttackResult:
    check_images(image)
    if len(image) != 1:
        raise ParameterError(f"image: expected one victim picture, got {len(image)}")
    oracle = Oracle(cipher, key, setting)
    seen = oracle.victim(image)
    start = time.perf_counter()
    guess = read(oracle, seen)
    seconds = time.perf_counter() - start
    right = int((guess == image).sum())
    return AttackResult(
        name,
        setting,
        right / image.numel(),
        right == image.numel(),
        oracle.queries,
        seconds,
        words,
        guess,
    )
