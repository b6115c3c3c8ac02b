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

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch

from gansec_lib.attacks.oracle import Attempt, Oracle, blind, run
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher


def digits(n: int, base: int = 256) -> int:
    """How many base-``base`` digits number ``n`` things: ⌈log_base n⌉, in integers.

    >>> digits(65536), digits(65537), digits(256 * 256, base=2), digits(1)
    (2, 3, 16, 0)
    """
    count, reach = 0, 1
    while reach < n:
        count, reach = count + 1, reach * base
    return count


def _difference(e: torch.Tensor, forward: bool = True) -> torch.Tensor:
    """e[i] − e[i−1] mod 256, or e[i] − e[i+1] where not ``forward``; 0 beyond the ends."""
    out = e.clone()
    if forward:
        out[1:] -= e[:-1]
    else:
        out[:-1] -= e[1:]
    return out


def _exclusive(e: torch.Tensor, forward: bool = True) -> torch.Tensor:
    """The same with ⊕ for −."""
    out = e.clone()
    if forward:
        out[1:] ^= e[:-1]
    else:
        out[:-1] ^= e[1:]
    return out


@dataclass(frozen=True)
class Structure:
    """A diffusion: how its chaining is undone, and whether its mask is added or exclusive-ored."""

    unchain: Callable[[torch.Tensor], torch.Tensor]
    adds: bool

    def remove(self, e: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """e ⊟ mask, uint8."""
        return e - mask if self.adds else e ^ mask

    def put(self, e: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """e ⊞ mask, uint8."""
        return e + mask if self.adds else e ^ mask


STRUCTURES: dict[str, Structure] = {
    "permutation_xor": Structure(torch.clone, adds=False),
    "permutation_add": Structure(torch.clone, adds=True),
    "feedback_add": Structure(_difference, adds=True),  # c[i] = p + k[i] + c[i−1]
    "feedback_xor": Structure(_exclusive, adds=False),  # c[i] = p ⊕ k[i] ⊕ c[i−1]
    "feedback_xor_of_sum": Structure(_exclusive, adds=True),  # c[i] = (p + k[i]) ⊕ c[i−1]
    "two_way_add": Structure(lambda e: _difference(_difference(e, False)), adds=True),
    "two_way_xor": Structure(lambda e: _exclusive(_exclusive(e, False)), adds=False),
}
FEEDBACK = ("feedback_add", "feedback_xor", "feedback_xor_of_sum")
TWO_WAY = ("two_way_add", "two_way_xor")
UNCHAININGS = ("permutation_xor", "feedback_add", "feedback_xor", *TWO_WAY)


def digit_pictures(shape, base: int = 256) -> list[torch.Tensor]:
    """The chosen pictures: the d-th holds the d-th base-``base`` digit of each byte's position.

    >>> [picture.flatten().tolist() for picture in digit_pictures((1, 1, 2, 3), base=2)]
    [[0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]]
    """
    n = int(torch.Size(shape).numel())
    position = torch.arange(n)
    return [
        (position // base**digit % base).to(torch.uint8).reshape(shape)
        for digit in range(digits(n, base))
    ]


def positions(values: Iterable[torch.Tensor], n: int, base: int = 256) -> torch.Tensor:
    """π from the digits as they came out, int64 (n,); may be no permutation if the guess is wrong.

    >>> read = [torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0])]
    >>> positions(read, 3, base=2).tolist()
    [1, 2, 0]
    """
    source = torch.zeros(n, dtype=torch.int64)
    for digit, value in enumerate(values):
        source += value.to(torch.int64) * base**digit
    return source


def is_permutation(source: torch.Tensor) -> bool:
    """Whether the positions are each hit once: how an attacker knows that she is right."""
    n = len(source)
    return bool((source < n).all()) and len(torch.unique(source)) == n


def _place(values: torch.Tensor, source: torch.Tensor, shape) -> torch.Tensor:
    """The picture with ``values[i]`` at position ``source[i]``; noise where nothing is put."""
    n = len(values)
    guess = blind((n,))
    guess[source % n] = values
    return guess.reshape(shape)


def block_sides(shape) -> list[int]:
    """Sides of square blocks that divide a picture (1, C, H, W), the largest first, down to 2.

    >>> block_sides((1, 1, 8, 12))
    [4, 2]
    """
    height, width = shape[2:]
    sides = range(min(height, width) // 2, 1, -1)
    return [side for side in sides if height % side == 0 and width % side == 0]


def over_blocks(e: torch.Tensor, shape, side: int, change: Callable) -> torch.Tensor:
    """``change`` of all blocks as rows (C · blocks, side²), row by row; flat in, flat out."""
    _, channels, height, width = shape
    tiles = e.reshape(channels, height // side, side, width // side, side).transpose(2, 3)
    changed = change(tiles.reshape(-1, side * side)).reshape(tiles.shape)
    return changed.transpose(2, 3).reshape(-1)


def block_structures(shape) -> dict[str, Structure]:
    """Blocks added up, C[b] = P[b] + K[b] + C[b−1], for each square block that divides the picture.

    Blocks of all channels count on, as in ``dcgan_blocks``.
    """
    return {
        f"blocks of {side}": Structure(
            lambda e, side=side: over_blocks(e, shape, side, _difference), adds=True
        )
        for side in block_sides(shape)
    }


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


def named(*names: str) -> dict[str, Structure]:
    """Those of ``STRUCTURES``, in this order."""
    return {name: STRUCTURES[name] for name in names}


def _chosen(name, structures, cipher, key, image, setting) -> Attempt:
    def read(oracle, seen):
        fits, source, mask = equivalent_key(oracle, image.shape, structures)
        method = structures[fits]
        values = method.remove(method.unchain(seen.reshape(-1)), mask)
        details = {"structure": fits if is_permutation(source) else "none fits"}
        return _place(values, source, image.shape), details

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
                return _place(values, source, image.shape), {"structure": name}
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
        return _place(seen.reshape(-1), source, image.shape), details

    words = "permutation read off chosen pictures that number the bytes"
    return run("permutation_only", words, read, cipher, key, image, setting)
