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
PARTLY = 0.05  # how far beyond a blind guess a score must lie before it counts


@dataclass(frozen=True)
class Attempt:
    """What one attack got out of one system, whatever the system's role.

    The score says how well the attack did, from 0 to 1, and the chance says what a blind guess
    scores on the same data. What is counted depends on the role of the system attacked:

    ============== ================================================= ==========================
    role           score                                             chance
    ============== ================================================= ==========================
    Cipher         share of the victim's bytes that are right        the best constant guess
    KeyGenerator   share of the key bytes that are right             1/256
    Hider          accuracy of telling stegos from covers            1/2
    Protector      share of the people who are named correctly       1 / number of people
    ============== ================================================= ==========================

    Parameters
    ----------
    name, setting : str
        The attack, and what the attacker was allowed to do (one of ``SETTINGS``).
    score, chance : float
        From 0 to 1; see above. Bytes that the attack was told beforehand do not count.
    queries : int
        Pictures that the attacker had encrypted or decrypted, or whose plain form she knew.
    seconds : float
        How long the attack took, the encryptions of its queries included.
    words : str
        One sentence on what was done.
    shown : uint8 tensor (1, C, H, W) or None
        The picture as the attacker sees it; None for an attack that reads no picture.
    details : dict
        What else this attack can say: ``certain``, ``candidates``, ``p_value``, ``keys_tried``…
        It holds no times, so that two runs can be compared.
    tells : bool
        True for an attack that only tells two things apart and so reads nothing.
    margin : float
        How far beyond ``chance`` the score must lie before the attack counts as a success. An
        attack on few pictures needs a wider margin than one on thousands of bytes.
    """

    name: str
    setting: str
    score: float
    chance: float
    queries: int
    seconds: float
    words: str
    shown: torch.Tensor | None = field(default=None, repr=False, compare=False)
    details: dict = field(default_factory=dict, compare=False)
    tells: bool = False
    margin: float = PARTLY

    @property
    def verdict(self) -> str:
        """How it ended, in a word or two.

        An attack that reads *opened* the system (it got everything), opened it *in part* (clearly
        more than a blind guess), or the system *held*. An attack that tells things apart has
        *told* them or *not told* them.
        """
        beyond = self.score > self.chance + self.margin
        if self.tells:
            return "told" if beyond else "not told"
        if self.score == 1:
            return "opened"
        return "in part" if beyond else "held"

    @property
    def succeeded(self) -> bool:
        """Whether the attack reached all it could: everything read, or told apart."""
        return self.verdict in ("opened", "told")

    @property
    def beyond_chance(self) -> bool:
        """Whether the attack got everything, or clearly more than a blind guess would."""
        return self.verdict in ("opened", "in part", "told")

    @property
    def nanoseconds_per_key(self) -> float | None:
        """What one key cost a search, its known picture and all; None for other attacks."""
        tried = self.details.get("keys_tried")
        return 1e9 * self.seconds / tried if tried else None

    def to_dict(self) -> dict:
        """Plain values for JSON, without the picture."""
        names = ("name", "setting", "verdict", "score", "chance", "queries", "seconds", "words")
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
) -> Attempt:
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
    plain, cipher = image.cpu().reshape(-1), seen.reshape(-1)
    right = (guess.reshape(-1) == plain)[told:]
    chance = for_nothing(plain[told:], cipher[told:] if len(cipher) == len(plain) else None)[1]
    score = int(right.sum()) / len(right)
    return Attempt(name, setting, score, chance, oracle.queries, seconds, words, guess, details)


def for_nothing(plain: torch.Tensor, cipher: torch.Tensor | None = None) -> tuple[float, float]:
    """Shares of the plain bytes that no attack is needed for.

    Whoever wants to say that an attack read something has to compare with these shares: some
    systems leave a part of the picture in the clear, and in a dark picture most bytes are black.

    Parameters
    ----------
    plain : uint8 tensor
        The bytes of one picture, in any shape.
    cipher : uint8 tensor of the same shape, optional
        The cipher image, where there is one of that shape.

    Returns
    -------
    in_clear : float
        Share of the bytes that the cipher image shows as they are; 1/256 by chance.
    guessing : float
        The same, and of the other bytes those that the best constant guess gets right.

    >>> plain = torch.tensor([7, 7, 7, 1, 2], dtype=torch.uint8)
    >>> for_nothing(plain), for_nothing(plain, plain * 0 + 1)
    ((0.0, 0.6), (0.2, 0.8))
    """
    hidden = torch.ones_like(plain, dtype=torch.bool) if cipher is None else cipher != plain
    most = int(torch.bincount(plain[hidden].long()).max()) if hidden.any() else 0
    seen = int((~hidden).sum())
    return seen / plain.numel(), (seen + most) / plain.numel()


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
