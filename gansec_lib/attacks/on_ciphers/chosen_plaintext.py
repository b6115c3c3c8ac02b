"""Chosen pictures: an equivalent key read off a handful of them.

A permutation followed by any diffusion whose *chaining* needs no key is, once the chaining is
undone, one equation for every cipher byte::

    e[i] = p[π(i)] ⊞ K[i]          ⊞ is + mod 256 or ⊕

Whatever the rounds, orbits and seeds behind π and K, these two tables are the whole key. A black
picture gives K. One picture for each base-256 digit of the byte positions gives π: 1 + ⌈log₂₅₆ n⌉
queries, 3 for a grey 256 × 256 picture. (Two-way diffusion as one: Entropy 25(3):395, 2023;
3 or 258 pictures: Entropy 23(12):1581, 2021; permutation alone: C. Li and K.-T. Lo, 2011.)
"""

from __future__ import annotations

import torch

from gansec_lib.attacks.on_ciphers.structures import (
    FEEDBACK,
    STRUCTURES,
    TWO_WAY,
    UNCHAININGS,
    Structure,
    block_structures,
    digit_pictures,
    is_permutation,
    named,
    place,
    positions,
)
from gansec_lib.attacks.oracle import Attempt, Oracle, blind, run
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher


def equivalent_key(
    oracle: Oracle, shape, structures: dict[str, Structure]
) -> tuple[str, torch.Tensor, torch.Tensor]:
    """Ask 1 + ⌈log₂₅₆ n⌉ times; the first structure whose π is a permutation, π and K.

    The structures are tried on the same answers, so a wrong one costs no query. Where none fits,
    the first is returned, with a π that is none. Under some 64 bytes a wrong one may fit by chance,
    and then an earlier one hides a later.

    Parameters
    ----------
    shape : (1, C, H, W)
    structures : dict
        Such as a part of ``STRUCTURES``.
    """
    black = oracle.encrypt(torch.zeros(shape, dtype=torch.uint8)).reshape(-1)
    answers = [oracle.encrypt(chosen).reshape(-1) for chosen in digit_pictures(shape)]
    found = []
    for name, method in structures.items():
        mask = method.unchain(black)
        read = (method.remove(method.unchain(answer), mask) for answer in answers)
        source = positions(read, len(black))
        found.append((name, source, mask))
        if is_permutation(source):
            return found[-1]
    return found[0]


def _chosen(name, structures, cipher, key, image, setting) -> Attempt:
    def read(oracle, seen):
        fits, source, mask = equivalent_key(oracle, image.shape, structures)
        method = structures[fits]
        values = method.remove(method.unchain(seen.reshape(-1)), mask)
        details = {"structure": fits if is_permutation(source) else "none fits"}
        return place(values, source, image.shape), details

    words = "permutation and keystream read off chosen pictures, then the victim decrypted"
    return run(name, words, read, cipher, key, image, setting)


def chosen_plaintext_xor(cipher: Cipher, key: bytes, image: torch.Tensor, setting: str) -> Attempt:
    """One black picture against c = p ⊕ k: its cipher image is the keystream.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture; so in every attack here.
    """

    def read(oracle, seen):
        return seen ^ oracle.encrypt(torch.zeros(image.shape, dtype=torch.uint8))

    words = "keystream read off one black picture"
    return run("chosen_plaintext_xor", words, read, cipher, key, image, setting)


def chosen_plaintext_permutation_xor(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str
) -> Attempt:
    """Permutation + keystream (⊕ or + mod 256), c[i] = p[π(i)] ⊞ k[i]: 1 + ⌈log₂₅₆ n⌉ queries."""
    structures = named("permutation_xor", "permutation_add")
    return _chosen("chosen_plaintext_permutation_xor", structures, cipher, key, image, setting)


def chosen_plaintext_feedback(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str
) -> Attempt:
    """Permutation + one pass of ciphertext feedback: 1 + ⌈log₂₅₆ n⌉ queries.

    Feedback by addition, by exclusive-or, or by exclusive-or of the sum; all three are tried on
    the same answers. The starting byte may be secret for the first two (it folds into K[0]); for
    the third, one byte of the picture can then be wrong.
    """
    return _chosen("chosen_plaintext_feedback", named(*FEEDBACK), cipher, key, image, setting)


def chosen_plaintext_two_way(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str
) -> Attempt:
    """Permutation + feedback forwards and backwards: 1 + ⌈log₂₅₆ n⌉ queries.

    Undoing both chainings leaves f[i] = p[π(i)] ⊞ K[i]: the second pass added nothing.
    """
    return _chosen("chosen_plaintext_two_way", named(*TWO_WAY), cipher, key, image, setting)


def chosen_plaintext_blocks(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str
) -> Attempt:
    """Permutation + square blocks added up, side unknown: 1 + ⌈log₂₅₆ n⌉ queries.

    Raises
    ------
    ParameterError
        No square block of 2 or more pixels divides the picture.
    """
    structures = block_structures(image.shape)
    if not structures:
        raise ParameterError(
            f"image: expected sides with a common divisor below both, got {tuple(image.shape)}"
        )
    return _chosen("chosen_plaintext_blocks", structures, cipher, key, image, setting)


def chosen_plaintext_substitution(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str
) -> Attempt:
    """A cipher in which each byte, once unchained, depends on one plain byte: 256 + ⌈log₂₅₆ n⌉.

    e[i] = T_i(p[π(i)]) with an unknown table T_i for each position (S-boxes, DNA coding, masks,
    in any order and number of rounds) and any chaining of ``STRUCTURES``. The 256 pictures of one
    grey value each give all tables, and the digits then give π.
    """

    def read(oracle, seen):
        n = image.numel()
        flats = torch.empty(256, n, dtype=torch.uint8)
        for value in range(256):
            flat = torch.full(image.shape, value, dtype=torch.uint8)
            flats[value] = oracle.encrypt(flat).reshape(-1)
        answers = [oracle.encrypt(chosen).reshape(-1) for chosen in digit_pictures(image.shape)]
        for name in UNCHAININGS:
            unchain = STRUCTURES[name].unchain
            if bool((unchain(flats[0]) == unchain(flats[1])).any()):
                continue  # two plain bytes with one cipher byte: no table is behind this
            tables = _tables(flats, unchain)
            source = positions((_look_up(tables, unchain(answer)) for answer in answers), n)
            if is_permutation(source):
                values = _look_up(tables, unchain(seen.reshape(-1)))
                return place(values, source, image.shape), {"structure": name}
        return blind(image.shape), {"structure": "none fits"}

    words = "a table for every byte read off 256 flat pictures, the permutation off a few more"
    return run("chosen_plaintext_substitution", words, read, cipher, key, image, setting)


def _tables(flats: torch.Tensor, unchain) -> torch.Tensor:
    """The inverse table of each position, uint8 (n, 256), from the 256 flat pictures (256, n)."""
    n = flats.shape[1]
    tables, at = torch.zeros(n, 256, dtype=torch.uint8), torch.arange(n)
    for value, flat in enumerate(flats):
        tables[at, unchain(flat).to(torch.int64)] = value
    return tables


def _look_up(tables: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
    return tables[torch.arange(len(e)), e.to(torch.int64)]


def permutation_only(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str, levels: int = 256
) -> Attempt:
    """Permutation alone, c[i] = p[π(i)]: ⌈log_L n⌉ chosen pictures of L grey values.

    Fewer cannot do: k pictures of L values tell at most Lᵏ positions apart (C. Li and K.-T. Lo,
    Signal Processing 91, 2011). ``known_plaintext`` does it with pictures she did not choose.

    Parameters
    ----------
    levels : int
        L, 2 to 256.

    Raises
    ------
    ParameterError
    """
    if not isinstance(levels, int) or not 2 <= levels <= 256:
        raise ParameterError(f"levels: expected 2 to 256 grey values, got {levels!r}")

    def read(oracle, seen):
        n = image.numel()
        chosen = digit_pictures(image.shape, levels)
        source = positions((oracle.encrypt(one).reshape(-1) for one in chosen), n, levels)
        details = {"structure": "permutation" if is_permutation(source) else "none fits"}
        return place(seen.reshape(-1), source, image.shape), details

    words = "permutation read off chosen pictures that number the bytes"
    return run("permutation_only", words, read, cipher, key, image, setting)
