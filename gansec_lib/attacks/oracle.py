"""What all attacks share: the settings, the oracle, and the record of one attempt.

A setting says who the attacker is and what she may do. The oracle holds her to it: it encrypts for
her under a key that she does not know, and refuses what her setting does not allow.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch

from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.roles import Cipher, Ciphertext, check_images


@dataclass(frozen=True)
class Setting:
    """Who the attacker of a cipher is, and what she may do.

    Parameters
    ----------
    says : str
        One sentence for a reader.
    nonce_held : bool
        All encryptions share one nonce. This breaks the rules of use, so that what succeeds here
        is counted apart from what succeeds against the system as it is meant to be used.
    decrypts : bool
        A receiver decrypts what she sends.
    repeats : bool
        The victim sends the same picture more than once.
    networks : bool
        She has the trained networks of the system.
    """

    says: str
    nonce_held: bool = False
    decrypts: bool = False
    repeats: bool = False
    networks: bool = False


SETTINGS: dict[str, Setting] = {
    "as used": Setting(
        "The system is used as intended, with a fresh nonce for every picture; the attacker sees "
        "the victim's ciphertext, and may have other pictures encrypted under the same key."
    ),
    "nonce held": Setting(
        "The attacker is the same, but one nonce serves every picture, which the rules of use "
        "forbid and which schemes without a nonce do always; she also has the networks.",
        nonce_held=True,
        networks=True,
    ),
    "chosen ciphertexts": Setting(
        "The system is used as intended, and a receiver decrypts for the attacker whatever bytes "
        "she sends under the victim's header, except the victim's own.",
        decrypts=True,
    ),
    "many messages": Setting(
        "The system is used as intended, and the attacker sees the same picture sent many times, "
        "each time with a fresh nonce; she also has the networks.",
        repeats=True,
        networks=True,
    ),
    "weights known": Setting(
        "The system is used as intended, and the attacker has its trained networks, so that only "
        "what she does not know of the key protects the picture. Where the weights are counted as "
        "a secret, one more attacker holds the key and has the networks only nearly.",
        networks=True,
    ),
    "public codec": Setting(
        "The system is used as intended, and the attacker has the networks that turn pictures into "
        "codes and back, so that the codes of a picture she knows are known as well.",
        networks=True,
    ),
}
MISUSE = tuple(name for name, setting in SETTINGS.items() if setting.nonce_held)
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
        The attack, and under what conditions: for a cipher what the attacker was allowed to do (one
        of ``SETTINGS``), for a hider how full the stegos are, for a protector what the attacker
        knew.
    score, chance : float
        From 0 to 1; see above. Bytes that the attack was told beforehand do not count.
    queries : int
        Pictures that the attacker had encrypted or decrypted, or whose plain form she knew.
    seconds : float
        How long the attack took, the encryptions of its queries included.
    says : str
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
    says: str
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
        names = ("name", "setting", "verdict", "score", "chance", "queries", "seconds", "says")
        return {name: getattr(self, name) for name in (*names, "details")}


class Oracle:
    """Answers the attacker under a key that she does not know, and counts what she asks.

    Parameters
    ----------
    cipher : Cipher
    key : bytes
    setting : str
        One of ``SETTINGS``; what it does not allow raises ``ParameterError``.
    """

    def __init__(self, cipher: Cipher, key: bytes, setting: str):
        if setting not in SETTINGS:
            raise ParameterError(f"setting: expected one of {tuple(SETTINGS)}, got {setting!r}")
        self.cipher, self.key, self.setting, self.queries = cipher, key, setting, 0
        held = secrets.token_bytes(cipher.nonce_length)
        self.nonce = held if SETTINGS[setting].nonce_held else None
        self.seen: Ciphertext | None = None
        self._sent: list[torch.Tensor] = []

    def allow(self, what: str) -> None:
        """Raise unless the setting allows ``"decrypts"``, ``"repeats"`` or ``"networks"``.

        Raises
        ------
        ParameterError
        """
        if not getattr(SETTINGS[self.setting], what):
            fitting = [name for name, setting in SETTINGS.items() if getattr(setting, what)]
            raise ParameterError(
                f"setting: expected one of {fitting}, got {self.setting!r}, in which the attacker "
                f"may not use what this attack needs ({what})"
            )

    def encrypt(self, image: torch.Tensor) -> torch.Tensor:
        """The cipher image of one picture (1, C, H, W); counts as a query."""
        return self.ciphertext(image).as_images()

    def ciphertext(self, image: torch.Tensor) -> Ciphertext:
        """The same with its header (nonce, hashes), which anyone can read; counts as a query."""
        self.queries += 1
        return self.cipher.encrypt(image, self.key, nonce=self.nonce)

    def decrypt(self, cipher_image: torch.Tensor) -> torch.Tensor:
        """What the receiver makes of other bytes under the victim's header; counts as a query.

        The nonce and the picture's hash in that header are the victim's: whoever hands in a
        ciphertext chooses them.

        Raises
        ------
        IntegrityError
            An authenticated system refuses.
        ParameterError
            The setting has no such receiver, or the victim itself was handed in, which would be
            no attack.
        """
        self.allow("decrypts")
        if torch.equal(cipher_image.reshape(-1), self.seen.payload.cpu().reshape(-1)):
            raise ParameterError("cipher_image: expected another than the victim's, got that one")
        self.queries += 1
        other = replace(self.seen, payload=cipher_image.reshape(-1).contiguous())
        return self.cipher.decrypt(other, self.key)

    def victim(self, image: torch.Tensor) -> torch.Tensor:
        """The cipher image that the attacker happens to see; not counted, kept in ``seen``.

        Raises
        ------
        ParameterError
            The same picture is sent again in a setting where the victim sends it once.
        """
        if any(torch.equal(image, sent) for sent in self._sent):
            self.allow("repeats")
        else:
            self._sent.append(image)
        self.seen = self.cipher.encrypt(image, self.key, nonce=self.nonce)
        return self.seen.as_images()


def run(
    name: str,
    says: str,
    read: Callable,
    cipher: Cipher,
    key: bytes,
    image: torch.Tensor,
    setting: str,
    told: int = 0,
) -> Attempt:
    """Encrypt the victim, let ``read(oracle, seen)`` work, and score what it says.

    A system that refuses what the attacker hands in ends the attempt: nothing was read, and its
    ``says`` is "refused".

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
    try:
        answer = read(oracle, seen)
    except IntegrityError as problem:
        answer, says = (blind(image.shape), {"refused": str(problem)}), "refused"
    seconds = time.perf_counter() - start
    guess, details = answer if isinstance(answer, tuple) else (answer, {})
    plain, cipher_bytes = image.cpu().reshape(-1)[told:], seen.cpu().reshape(-1)
    score = share_right(guess.reshape(-1)[told:], plain)
    same_size = len(cipher_bytes) == image.numel()
    chance = for_nothing(plain, cipher_bytes[told:] if same_size else None)[1]
    return Attempt(name, setting, score, chance, oracle.queries, seconds, says, guess, details)


def share_right(guess: torch.Tensor, truth: torch.Tensor) -> float:
    """The share of places where two tensors of one shape agree, from 0 to 1."""
    return int((guess == truth).sum()) / truth.numel()


def for_nothing(plain: torch.Tensor, cipher: torch.Tensor | None = None) -> tuple[float, float]:
    """Shares of the plain bytes that no attack is needed for.

    Some systems leave a part of the picture in the clear, and in a dark picture most bytes are
    black. Whoever wants to say that an attack read something has to compare with these shares.

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
