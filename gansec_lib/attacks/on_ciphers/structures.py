"""What permutation-and-diffusion ciphers have in common, and how an attacker takes them apart.

A permutation followed by any diffusion whose *chaining* needs no key is, once the chaining is
undone, one equation for every cipher byte::

    e[i] = p[π(i)] ⊞ K[i]          ⊞ is + mod 256 or ⊕

A ``Structure`` says how a chaining is undone and which ⊞ is meant. Pictures that number their own
bytes (``digit_pictures``) give the permutation π, and ``place`` puts what was read where it
belongs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch

from gansec_lib.attacks.oracle import blind


def digits(n: int, base: int = 256) -> int:
    """How many base-``base`` digits number ``n`` things: ⌈log_base n⌉, in integers.

    >>> digits(65536), digits(65537), digits(256 * 256, base=2), digits(1)
    (2, 3, 16, 0)
    """
    count, reach = 0, 1
    while reach < n:
        count, reach = count + 1, reach * base
    return count


def difference(e: torch.Tensor, forward: bool = True) -> torch.Tensor:
    """e[i] − e[i−1] mod 256, uint8 (n,); e[i] − e[i+1] where not ``forward``; 0 beyond the ends.

    This undoes a chaining by sums: each byte less the one before it in the chain.
    """
    out = e.clone()
    if forward:
        out[1:] -= e[:-1]
    else:
        out[:-1] -= e[1:]
    return out


def exclusive(e: torch.Tensor, forward: bool = True) -> torch.Tensor:
    """The same with ⊕ for −: it undoes a chaining by exclusive-or."""
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
    "feedback_add": Structure(difference, adds=True),  # c[i] = p + k[i] + c[i−1]
    "feedback_xor": Structure(exclusive, adds=False),  # c[i] = p ⊕ k[i] ⊕ c[i−1]
    "feedback_xor_of_sum": Structure(exclusive, adds=True),  # c[i] = (p + k[i]) ⊕ c[i−1]
    "two_way_add": Structure(lambda e: difference(difference(e, False)), adds=True),
    "two_way_xor": Structure(lambda e: exclusive(exclusive(e, False)), adds=False),
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


def place(values: torch.Tensor, source: torch.Tensor, shape) -> torch.Tensor:
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
            lambda e, side=side: over_blocks(e, shape, side, difference), adds=True
        )
        for side in block_sides(shape)
    }


def named(*names: str) -> dict[str, Structure]:
    """Those of ``STRUCTURES``, in this order."""
    return {name: STRUCTURES[name] for name in names}
