"""Guesses confirmed: what a scheme tells someone who only has to say *which* picture it was.

A cipher without a nonce gives equal pictures equal cipher images. A key made from the picture lets
anyone who has a candidate make that key herself. A hash of the plain picture on a public ledger is
a name tag. In all three cases the attacker reads nothing and still knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch

from gansec_lib.attacks.oracle import Attempt, blind, check_known, run
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher, check_images

HASHES = ("sha256", "sha1")  # [6] prints SHA-1; anyone can try both


def dictionary(
    cipher: Cipher, key: bytes, image: torch.Tensor, candidates: torch.Tensor, setting: str
) -> Attempt:
    """Which of the candidates was it? Each is encrypted and compared, or confirmed offline.

    A cipher that has ``confirms(ciphertext, picture)``, which needs no key, costs no query.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    candidates : uint8 (K, C, H, W)
        What the attacker thinks it might be; without the victim among them nothing is found.

    Returns
    -------
    Attempt
        It ``tells`` which candidate it was and reads nothing: its score is 1 if it named the right
        one. ``details``: ``found``, the number of the candidate, or −1; ``offline``.

    Raises
    ------
    ParameterError
    """
    candidates = check_known(candidates, image)
    confirms = getattr(cipher, "confirms", None)

    def which(oracle, seen):
        for place, candidate in enumerate(candidates):
            if confirms is not None:
                same = confirms(oracle.seen, candidate[None])
            else:
                same = torch.equal(oracle.encrypt(candidate[None]), seen)
            if same:
                return place, {"offline": confirms is not None}
        return -1, {"offline": confirms is not None}

    words = f"{len(candidates)} candidates compared with the ciphertext"
    return _name("dictionary", words, which, cipher, key, image, candidates, setting)


def named_by_hash(
    cipher: Cipher, key: bytes, image: torch.Tensor, candidates: torch.Tensor, setting: str
) -> Attempt:
    """Does anything public hold the hash of a candidate's plain bytes?

    Public are the ciphertext's header and, where the cipher keeps a ledger, what
    ``public_entries(image, ciphertext)`` says goes on it.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    candidates : uint8 (K, C, H, W)

    Returns
    -------
    Attempt
        It ``tells``, as ``dictionary`` does. ``details``: ``found`` and ``entries``, how many
        public texts were looked through.
    """
    candidates = check_known(candidates, image)

    def which(oracle, seen):
        entries = list(oracle.seen.extra.values())
        if hasattr(cipher, "public_entries"):
            entries += cipher.public_entries(image, oracle.seen)
        found = ledger_guesses(entries, candidates)
        return next(iter(found.values()), -1), {"entries": len(entries)}

    words = f"hashes of {len(candidates)} candidates looked up in header and ledger"
    return _name("named_by_hash", words, which, cipher, key, image, candidates, setting)


def _name(
    name: str,
    words: str,
    which: Callable,
    cipher: Cipher,
    key: bytes,
    image: torch.Tensor,
    candidates: torch.Tensor,
    setting: str,
) -> Attempt:
    """Run an attack that names a candidate: ``which(oracle, seen)`` gives its number, or −1."""

    def read(oracle, seen):
        found, details = which(oracle, seen)
        guess = blind(image.shape) if found < 0 else candidates[found : found + 1]
        return guess, {"found": found, **details}

    made = run(name, words, read, cipher, key, image, setting)
    shown = made.shown if made.details.get("found", -1) >= 0 else None
    chance = 1 / (len(candidates) + 1)  # she may also say that it was none of them
    return replace(made, score=float(made.score == 1), chance=chance, shown=shown, tells=True)


def plain_hashes(images: torch.Tensor, algorithm: str = "sha256") -> list[str]:
    """Hash of each plain picture's bytes, hex: what [6] writes on its ledger.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
    algorithm : str
        A name that ``hashlib`` knows.
    """
    check_images(images)
    contents = (one.contiguous().cpu().numpy().tobytes() for one in images)
    return [hashlib.new(algorithm, content).hexdigest() for content in contents]


def ledger_guesses(labels: Iterable[str], candidates: torch.Tensor) -> dict[int, int]:
    """Which ledger entry is which candidate, from the public labels alone.

    Parameters
    ----------
    labels : of str
        One an entry.
    candidates : uint8 (K, C, H, W)

    Returns
    -------
    dict
        Entry number to candidate number; entries that no candidate explains are left out.

    >>> pictures = torch.arange(8, dtype=torch.uint8).reshape(2, 1, 2, 2)
    >>> ledger_guesses([plain_hashes(pictures, "sha1")[1], "a label"], pictures)
    {0: 1}
    """
    known = {
        name: place
        for algorithm in HASHES
        for place, name in enumerate(plain_hashes(candidates, algorithm))
    }
    return {entry: known[label] for entry, label in enumerate(labels) if label in known}


def equal_entries(labels: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of entries with the same label: the same picture twice, and everyone can see it.

    Raises
    ------
    ParameterError

    >>> equal_entries(["a", "b", "a"])
    [(0, 2)]
    """
    if isinstance(labels, str):
        raise ParameterError(f"labels: expected a list of them, got the text {labels!r:.40}")
    return [
        (first, second)
        for second, label in enumerate(labels)
        for first in range(second)
        if labels[first] == label
    ]
