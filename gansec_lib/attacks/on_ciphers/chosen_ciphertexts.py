"""Chosen ciphertexts: a receiver who decrypts anything gives the key away, fresh nonces or not.

The nonce stands in the header of the victim's ciphertext, and the attacker sends that very header
with other bytes behind it. So a cipher that is safe from chosen *plaintexts* because each picture
has its own keystream is not safe here. What helps is a receiver who checks before she answers: a
tag, or the picture's hash where the header brings one (``plaintext_related``).

The attacker wants her bytes u to reach the permutation, and so she chains them first the way the
cipher does. Decryption is then the same kind of equation as encryption: p[j] = u[σ(j)] ⊟ K[j]. At
the level of bits 2 + ⌈log₂ 8n⌉ answers number every bit: 21 for 256 × 256 pixels. (Wen, Lin and
Feng, JESTECH 51, 2024, ask the two halves of a cipher of this family one by one, and need
1 + 2⌈log₂ 4n⌉ = 37.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from gansec_lib.attacks.on_ciphers.structures import (
    STRUCTURES,
    block_sides,
    block_structures,
    digit_pictures,
    digits,
    is_permutation,
    over_blocks,
    positions,
)
from gansec_lib.attacks.oracle import Attempt, Oracle, blind, run
from gansec_lib.roles import Cipher


@dataclass(frozen=True)
class Chaining:
    """How a cipher chains its bytes, and how that is undone; uint8 (n,) to (n,)."""

    chain: Callable[[torch.Tensor], torch.Tensor]
    unchain: Callable[[torch.Tensor], torch.Tensor]


def _sums(u: torch.Tensor) -> torch.Tensor:
    return torch.cumsum(u, 0, dtype=torch.uint8)


def _exclusive_sums(u: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(np.bitwise_xor.accumulate(u.numpy()))


def _backwards(change: Callable, u: torch.Tensor) -> torch.Tensor:
    return change(u.flip(0)).flip(0)


CHAININGS: dict[str, Chaining] = {
    "none": Chaining(torch.clone, torch.clone),
    "sums": Chaining(_sums, STRUCTURES["feedback_add"].unchain),
    "exclusive_or": Chaining(_exclusive_sums, STRUCTURES["feedback_xor"].unchain),
    "sums_both_ways": Chaining(
        lambda u: _backwards(_sums, _sums(u)), STRUCTURES["two_way_add"].unchain
    ),
    "exclusive_or_both_ways": Chaining(
        lambda u: _backwards(_exclusive_sums, _exclusive_sums(u)), STRUCTURES["two_way_xor"].unchain
    ),
}


def block_chainings(shape) -> dict[str, Chaining]:
    """Blocks added up, of each side that divides the picture (1, C, H, W)."""
    return {
        f"blocks of {side}": Chaining(
            lambda u, side=side: over_blocks(u, shape, side, _sums),
            block_structures(shape)[f"blocks of {side}"].unchain,
        )
        for side in block_sides(shape)
    }


def chosen_ciphertext(cipher: Cipher, key: bytes, image: torch.Tensor, setting: str) -> Attempt:
    """Any permutation, mask (⊕ or +) and keyless chaining of bytes: 1 + ⌈log₂₅₆ n⌉ decryptions.

    One more set of ⌈log₂₅₆ n⌉ for each chaining tried before the right one: those of
    ``CHAININGS``, then sums of square blocks.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    """

    def read(oracle, seen):
        zero = _asked(oracle, torch.zeros(image.numel(), dtype=torch.uint8))
        chosen = [picture.reshape(-1) for picture in digit_pictures(image.shape)]
        for name, way in (CHAININGS | block_chainings(image.shape)).items():
            answers = [_asked(oracle, way.chain(picture)) for picture in chosen]
            for remove, put in ((torch.bitwise_xor,) * 2, (torch.sub, torch.add)):
                source = positions((remove(answer, zero) for answer in answers), len(zero))
                if is_permutation(source):
                    values = put(way.unchain(seen.reshape(-1))[source], zero)
                    return values.reshape(image.shape), {"structure": name}
        return blind(image.shape), {"structure": "none fits"}

    words = "permutation and mask read off the decryptions of chosen bytes"
    return run("chosen_ciphertext", words, read, cipher, key, image, setting)


def chosen_ciphertext_bits(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str
) -> Attempt:
    """The same for ciphers that move single bits: 2 + ⌈log₂ 8n⌉ decryptions, 21 at 256 × 256.

    One for the mask, one that tells whether bytes are chained (a flipped bit then shows in two).

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    """

    def read(oracle, seen):
        count = 8 * image.numel()
        zero = _asked(oracle, torch.zeros(image.numel(), dtype=torch.uint8))
        mask, number = _bits(zero), np.arange(count)
        one = torch.zeros(image.numel(), dtype=torch.uint8)
        one[len(one) // 2] = 1
        alone = int((_bits(_asked(oracle, one)) ^ mask).sum()) == 1
        for name in ("none",) if alone else ("exclusive_or", "exclusive_or_both_ways"):
            way, source = CHAININGS[name], np.zeros(count, np.int64)
            for digit in range(digits(count, 2)):
                chosen = np.packbits((number >> digit & 1).astype(np.uint8))
                answer = _asked(oracle, way.chain(torch.from_numpy(chosen)))
                source |= (_bits(answer) ^ mask).astype(np.int64) << digit
            if is_permutation(torch.from_numpy(source)):
                plain = _bits(way.unchain(seen.reshape(-1)))[source] ^ mask
                guess = torch.from_numpy(np.packbits(plain)).reshape(image.shape)
                return guess, {"structure": name}
        return blind(image.shape), {"structure": "none fits"}

    words = "the place of every bit read off the decryptions of chosen bits"
    return run("chosen_ciphertext_bits", words, read, cipher, key, image, setting)


def _asked(oracle: Oracle, chosen: torch.Tensor) -> torch.Tensor:
    """The decryption of chosen bytes, uint8 (n,)."""
    return oracle.decrypt(chosen).cpu().reshape(-1)


def _bits(flat: torch.Tensor) -> np.ndarray:
    return np.unpackbits(flat.numpy())
