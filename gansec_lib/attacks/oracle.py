"""What all attacks share: the oracle, the result, and how a run is scored.

Published chaos and GAN ciphers carry no nonce, so one key means one keystream for every picture.
Each attack therefore runs in two settings: *nonce held* (the published way of use) and *as used*
(a fresh nonce for each encryption).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher, Ciphertext, check_images

SETTINGS = ("nonce held", "as used")


@dataclass(frozen=True)
class AttackResult:
    """What an attack read.

    Parameters
    ----------
    name, setting : str
    recovered : float
        Share of the victim's bytes that are right, 0 to 1; a blind guess gets 1/256. Bytes that
        the attack needs to be told beforehand do not count.
    succeeded : bool
        Every byte is right.
    queries : int
        Pictures the attacker had encrypted or decrypted, or whose plain form she knew.
    seconds : float
        Of the attack, the encryptions of its queries included.
    words : str
        One sentence on what was done.
    guess : uint8 tensor (1, C, H, W)
        The picture as the attacker sees it; not part of ``to_dict``.
    details : dict
        What else this attack can say: ``certain``, ``candidates``, ``p_value``, ``keys_tried``…
        No times, so that two runs can be compared.
    """

    name: str
    setting: str
    recovered: float
    succeeded: bool
    queries: int
    seconds: float
    words: str
    guess: torch.Tensor = field(repr=False, compare=False)
    details: dict = field(default_factory=dict, compare=False)

    @property
    def nanoseconds_per_key(self) -> float | None:
        """What one key cost a search, its known picture and all; None for other attacks."""
        tried = self.details.get("keys_tried")
        return 1e9 * self.seconds / tried if tried else None

    def to_dict(self) -> dict:
        """Plain values for JSON, without the picture."""
        names = ("name", "setting", "recovered", "succeeded", "queries", "seconds", "words")
        return {name: getattr(self, name) for name in (*names, "details")}


class Oracle:
    """Encrypts, or decrypts, what the attacker hands in, under a key she does not know; counts."""

    def __init__(self, cipher: Cipher, key: bytes, setting: str):
        if setting not in SETTINGS:
            raise ParameterError(f"setting: expected one of {SETTINGS}, got {setting!r}")
        self.cipher, self.key, self.queries = cipher, key, 0
        held = secrets.token_bytes(cipher.nonce_length)
        self.nonce = held if setting == "nonce held" else None
        self.seen: Ciphertext | None = None

    def encrypt(self, image: torch.Tensor) -> torch.Tensor:
        """The cipher image of one picture (1, C, H, W); counts as a query."""
        return self.ciphertext(image).as_images()

    def ciphertext(self, image: torch.Tensor) -> Ciphertext:
        """The same with its header (nonce, hashes), which anyone can read; counts as a query."""
        self.queries += 1
        return self.cipher.encrypt(image, self.key, nonce=self.nonce)

    def decrypt(self, cipher_image: torch.Tensor) -> torch.Tensor:
        """What the receiver makes of other bytes under the victim's header; counts as a query.

        The nonce and the picture's hash in that header are the victim's, whatever the setting:
        whoever hands in a ciphertext chooses them.

        Raises
        ------
        IntegrityError
            An authenticated system refuses.
        ParameterError
            The victim itself was handed in: that would be no attack.
        """
        if torch.equal(cipher_image.reshape(-1), self.seen.payload.cpu().reshape(-1)):
            raise ParameterError("cipher_image: expected another than the victim's, got that one")
        self.queries += 1
        other = replace(self.seen, payload=cipher_image.reshape(-1).contiguous())
        return self.cipher.decrypt(other, self.key)

    def victim(self, image: torch.Tensor) -> torch.Tensor:
        """The cipher image that the attacker happens to see; not counted, kept in ``seen``."""
        self.seen = self.cipher.encrypt(image, self.key, nonce=self.nonce)
        return self.seen.as_images()


def run(
    name: str,
    words: str,
    read: Callable,
    cipher: Cipher,
    key: bytes,
    image: torch.Tensor,
    setting: str,
    told: int = 0,
) -> AttackResult:
    """Encrypt the victim, let ``read(oracle, seen)`` work, and score what it says.

    Parameters
    ----------
    read : callable
        Gives the guess, uint8 of the image's shape, or the guess and a dict of details.
    image : uint8 (1, C, H, W)
        The victim picture; only the scoring looks at it.
    told : int
        The first ``told`` bytes were given to the attacker and do not count.

    Raises
    ------
    ParameterError
        Not one picture, or an unknown setting.
    """
    check_images(image)
    if len(image) != 1:
        raise ParameterError(f"image: expected one victim picture, got {len(image)}")
    oracle = Oracle(cipher, key, setting)
    seen = oracle.victim(image)
    start = time.perf_counter()
    answer = read(oracle, seen)
    seconds = time.perf_counter() - start
    guess, details = answer if isinstance(answer, tuple) else (answer, {})
    same = (guess == image.cpu()).reshape(-1)[told:]
    right = int(same.sum())
    return AttackResult(
        name,
        setting,
        right / len(same),
        right == len(same),
        oracle.queries,
        seconds,
        words,
        guess,
        details,
    )


def check_known(known: torch.Tensor, image: torch.Tensor, one: bool = False) -> torch.Tensor:
    """Known pictures of the victim's size, uint8 (K, C, H, W), on the CPU; just one with ``one``.

    Raises
    ------
    ParameterError
    """
    check_images(known, "known")
    if known.shape[1:] != image.shape[1:] or (one and len(known) != 1):
        count = 1 if one else "K"
        raise ParameterError(
            f"known: expected the victim's shape ({count}, "
            f"{', '.join(map(str, image.shape[1:]))}), got {tuple(known.shape)}"
        )
    return known.cpu()


def blind(shape) -> torch.Tensor:
    """The guess of an attacker who learned nothing: fixed noise, uint8.

    Its seed is an odd one, so that nobody's victim of noise is this very picture.
    """
    rng = torch.Generator().manual_seed(0x626C696E64)
    return torch.randint(256, tuple(shape), generator=rng).to(torch.uint8)
