"""Chosen pictures against two passes of feedback whose sums and exclusive-ors alternate.

    forward   c[i] = (p[π(i)] + k[i] mod 256) ⊕ c[i−1],   c[−1] = 0
    backward  d[i] = (c[i] + l[i] mod 256) ⊕ d[i+1],      d[n] = 0

The outer chaining needs no key: d[i] ⊕ d[i+1] = c[i] + l[i]. What is left ties only l[i], l[i−1]
and k[i] together, and pictures of one grey value test each pair of neighbours apart from all
others. 10 + ⌈log₂ n⌉ of them give l, one of these is black and gives k, the digits give π: 28
queries at 256 × 256. A few bytes in a thousand stay wrong: flat pictures hardly vary the lowest
bits along the chain, and so cannot tell every l[i] from every other.
"""

from __future__ import annotations

import torch

from gansec_lib.attacks.on_ciphers.structures import (
    Structure,
    digit_pictures,
    digits,
    exclusive,
    place,
    positions,
)
from gansec_lib.attacks.oracle import Attempt, blind, run
from gansec_lib.roles import Cipher

SPARE = 10  # pictures beyond ⌈log₂ n⌉


def greys(n: int) -> torch.Tensor:
    """The grey values asked for, black first, uint8.

    >>> greys(65536).shape, greys(4).tolist()[:4]
    (torch.Size([26]), [0, 167, 78, 245])
    """
    count = SPARE + digits(n, 2)
    return (torch.arange(count) * 167 % 256).to(torch.uint8)  # odd, so all are different


def chosen_plaintext_two_way_sum(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str
) -> Attempt:
    """Permutation + exclusive-or of the sum, both ways: 10 + ⌈log₂ n⌉ + ⌈log₂₅₆ n⌉ queries.

    Reads nearly all: see the module.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    """

    def read(oracle, seen):
        from gansec_lib.attacks.on_ciphers.two_way_kernel import inner_mask

        values = greys(image.numel())
        flats = [torch.full(image.shape, int(grey), dtype=torch.uint8) for grey in values]
        flats = torch.stack([oracle.encrypt(flat).reshape(-1) for flat in flats])
        outer = torch.stack([exclusive(flat, False) for flat in flats])
        inner, found = inner_mask(outer.numpy(), values.numpy())
        if not found:
            return blind(image.shape), {"structure": "none fits"}
        inner = torch.from_numpy(inner)
        method = Structure(lambda d: exclusive(exclusive(d, False) - inner), adds=True)
        mask = method.unchain(flats[0])
        answers = [oracle.encrypt(chosen).reshape(-1) for chosen in digit_pictures(image.shape)]
        unmasked = (method.remove(method.unchain(answer), mask) for answer in answers)
        source = positions(unmasked, len(mask))
        values = method.remove(method.unchain(seen.reshape(-1)), mask)
        return place(values, source, image.shape), {"structure": "two_way_sum"}

    words = "both masks and the permutation read off chosen pictures, then the victim decrypted"
    return run("chosen_plaintext_two_way_sum", words, read, cipher, key, image, setting)
