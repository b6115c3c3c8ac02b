"""Chosen pictures against feedback through a secret S-box: one picture more than without it.

    c[i] = (p[π(i)] + k[i] mod 256) ⊕ S[c[i−1]],   c[−1] = 0

Take two pictures that differ in one byte. Behind it p and k are equal, and so c[i] ⊕ c'[i] =
S[c[i−1]] ⊕ S[c'[i−1]]. Think of the 256 values as points: this is an edge between two of them, and
the difference of their S is written on it. A few thousand edges join all points. Then S is known
but for one constant, and only 128 constants matter (a flipped top bit is an addition of 128).

With the right constant π comes out a permutation that puts the changed byte where it was. The
second half of this is needed: the complement of the right constant negates every digit of π, which
gives a permutation too.
"""

from __future__ import annotations

import torch

from gansec_lib.attacks.on_ciphers.structures import (
    Structure,
    digit_pictures,
    is_permutation,
    place,
    positions,
)
from gansec_lib.attacks.oracle import Attempt, Oracle, blind, run
from gansec_lib.roles import Cipher

PICTURES = 4  # with one byte changed; one is enough but for small pictures and bad luck


def chosen_plaintext_sbox_feedback(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str
) -> Attempt:
    """Permutation + feedback through an unknown S-box: 2 + ⌈log₂₅₆ n⌉ queries, seldom more.

    Pictures of under some 2,000 bytes may show too few edges, and then stay shut.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    """

    def read(oracle, seen):
        black = oracle.encrypt(torch.zeros(image.shape, dtype=torch.uint8)).reshape(-1)
        box, first = _read_box(oracle, black, image.shape)
        if box is None:
            return blind(image.shape), {"structure": "none fits"}
        answers = [oracle.encrypt(chosen).reshape(-1) for chosen in digit_pictures(image.shape)]
        for constant in range(128):
            method = Structure(lambda c, by=box ^ constant: _unchain(c, by), adds=True)
            mask = method.unchain(black)
            unmasked = (method.remove(method.unchain(answer), mask) for answer in answers)
            source = positions(unmasked, len(black))
            if source[first] == 1 and is_permutation(source):
                values = method.remove(method.unchain(seen.reshape(-1)), mask)
                return place(values, source, image.shape), {"structure": "sbox_feedback"}
        return blind(image.shape), {"structure": "none fits"}

    words = "S-box, permutation and keystream read off chosen pictures, then the victim decrypted"
    return run("chosen_plaintext_sbox_feedback", words, read, cipher, key, image, setting)


def _unchain(c: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
    """c[i] ⊕ S[c[i−1]]."""
    before = torch.cat([torch.zeros(1, dtype=torch.uint8), c[:-1]])
    return c ^ box[before.to(torch.int64)]


def _read_box(oracle: Oracle, black: torch.Tensor, shape) -> tuple[torch.Tensor | None, int]:
    """S but for one constant, uint8 (256,), and where the byte at position 1 went.

    None if the answers contradict such an S or do not reach all of it.
    """
    went = -1
    ends, labels = torch.empty(2, 0, dtype=torch.int64), torch.empty(0, dtype=torch.uint8)
    for position in range(1, min(PICTURES + 1, len(black))):
        changed = torch.zeros(len(black), dtype=torch.uint8)
        changed[position] = 128
        other = oracle.encrypt(changed.reshape(shape)).reshape(-1)
        differ = (other != black).nonzero().reshape(-1)
        if not len(differ):
            return None, went
        first = int(differ[0])  # the changed byte itself; all after it is feedback
        went = first if position == 1 else went
        edges = torch.stack([black[first:-1], other[first:-1]]).to(torch.int64)
        ends = torch.cat([ends, edges], dim=1)
        labels = torch.cat([labels, (black ^ other)[first + 1 :]])
        box, reached = _spread(ends, labels)
        if bool((box[ends[0]] ^ box[ends[1]] != labels)[reached[ends[0]]].any()):
            return None, went
        if bool(reached.all()):
            return box, went
    return None, went


def _spread(ends: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Values at the nodes from 0 at one of them, along the edges; and which nodes were reached."""
    box = torch.zeros(256, dtype=torch.uint8)
    reached = torch.zeros(256, dtype=torch.bool)
    if ends.shape[1]:
        reached[ends[0, -1]] = True
    count = -1
    while count != int(reached.sum()):
        count = int(reached.sum())
        for near, far in (ends, ends.flip(0)):
            new = reached[near] & ~reached[far]
            box[far[new]] = box[near[new]] ^ labels[new]
            reached[far[new]] = True
    return box, reached
