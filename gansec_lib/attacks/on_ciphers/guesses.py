"""Guesses confirmed: what a scheme tells someone who only has to say *which* picture it was.

A cipher without a nonce gives equal pictures equal cipher images. A key made from the picture lets
anyone who has a candidate make that key herself. A hash of the plain picture on a public ledger is
a name tag. In all three cases the attacker reads nothing and still knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import torch

from gansec_lib.attacks.oracle import Attempt, blind, check_known, run
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher, check_images


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
        ``details``: ``found``, the number of the candidate, or −1; ``offline``.

    Raises
    ------
    ParameterError
    """
    candidates = check_known(candidates, image)
    confirms = getattr(cipher, "confirms", None)

    def read(oracle, seen):
        found = -1
        for place, candidate in enumerate(candidates):
            if confirms is not None:
                same = confirms(oracle.seen, candidate[None])
            else:
                same = torch.equal(oracle.encrypt(candidate[None]), seen)
            if same:
                found = place
                break
        guess = blind(image.shape) if found < 0 else candidates[found : found + 1]
        return guess, {"found": found, "offline": confirms is not None}

    words = f"{len(candidates)} candidates compared with the ciphertext"
    return run("dictionary", words, read, cipher, key, image, setting)


def plain_hashes(images: torch.Tensor) -> list[str]:
    """SHA-256 of each plain picture's bytes, hex: what [6] writes on its ledger.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
    """
    check_images(images)
    return [hashlib.sha256(one.contiguous().cpu().numpy().tobytes()).hexdigest() for one in images]


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
    >>> ledger_guesses([plain_hashes(pictures)[1], "a label"], pictures)
    {0: 1}
    """
    known = {name: place for place, name in enumerate(plain_hashes(candidates))}
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
