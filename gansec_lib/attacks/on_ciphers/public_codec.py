"""Known pictures against a cipher of *codes* ([76]): the codec is public, so the codes are known.

A network compresses the picture, and what comes out is permuted and masked. Whoever has the network
computes the codes of every picture she knows, and is back at permutation and ⊕ of known bytes.
"""

from __future__ import annotations

import time

import torch

from gansec_lib.attacks.on_ciphers.known_pictures import match_sets
from gansec_lib.attacks.on_ciphers.structures import STRUCTURES
from gansec_lib.attacks.oracle import Attempt, Oracle, check_known, for_nothing, share_right
from gansec_lib.roles import Cipher


def known_codes(
    cipher: Cipher, key: bytes, image: torch.Tensor, known: torch.Tensor, setting: str
) -> Attempt:
    """Read the victim's code bytes off the codes of known pictures, and decode them.

    Parameters
    ----------
    cipher : Cipher
        With ``coded(images) -> uint8 (N, 1, 1, m)`` and ``decoded(codes, shape)``, no key needed.
    image : uint8 (1, C, H, W)
        The victim picture.
    known : uint8 (K, C, H, W)
        K of 3 or more; each byte has 125 values, so pictures of m codes need about log₁₂₅ m more.

    Returns
    -------
    Attempt
        ``score`` and ``chance`` are of the code bytes: decoded they give the very picture that
        the receiver gets.

    Raises
    ------
    ParameterError
    """
    known = check_known(known, image)
    oracle = Oracle(cipher, key, setting)
    oracle.allow("networks")
    seen = oracle.victim(image).reshape(-1)
    start = time.perf_counter()
    answers = torch.stack([oracle.encrypt(one[None]).reshape(-1) for one in known])
    codes = cipher.coded(known).reshape(len(known), -1)
    guess, details = match_sets(codes, answers, seen, STRUCTURES["permutation_xor"])
    picture = cipher.decoded(guess[None, None, None], tuple(image.shape[1:]))
    seconds = time.perf_counter() - start
    truth = cipher.coded(image).reshape(-1)
    score, chance = share_right(guess, truth), for_nothing(truth, seen)[1]
    words = f"codes of {len(known)} known pictures computed with the public codec"
    return Attempt(
        "known_codes", setting, score, chance, oracle.queries, seconds, words, picture, details
    )
