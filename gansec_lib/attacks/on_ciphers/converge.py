"""Chosen pictures against *converge* diffusion ([5], as published: the byte itself is fed back).

Both halves of the picture are ``two_way_sum`` ciphers that lean on each other (specs §2)::

    inwards    left  c[i] = (p[π(i)] + k[i]) ⊕ c[i−1]     right c[j] = (p[π(j)] + k[j]) ⊕ c[j+1]
    outwards   left  d[i] = (c[i] + l[i]) ⊕ d[i+1]         right d[j] = (c[j] + l[j]) ⊕ d[j−1]

with secret bytes before the first c of each half. On the way out the right half starts from the new
d[0], which everyone sees, so its outer chain opens without any key. Its first c then opens the left
half's. What is left in each half is the search of ``two_way_sum``, with its few unknown low bits.
"""

from __future__ import annotations

import numpy as np
import torch

from gansec_lib.attacks.on_ciphers.structures import digit_pictures, place, positions
from gansec_lib.attacks.on_ciphers.two_way_sum import greys
from gansec_lib.attacks.oracle import Attempt, blind, run
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher

SMALLEST = 8  # bytes


def chosen_plaintext_converge(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str
) -> Attempt:
    """Permutation + converge diffusion: 10 + ⌈log₂ n⌉ + ⌈log₂₅₆ n⌉ queries, nearly all read.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture, of 8 bytes or more.

    Raises
    ------
    ParameterError
    """
    if image.numel() < SMALLEST:
        raise ParameterError(f"image: expected {SMALLEST} bytes or more, got {image.numel()}")

    def read(oracle, seen):
        values = greys(image.numel()).numpy()
        flats = [torch.full(image.shape, int(grey), dtype=torch.uint8) for grey in values]
        method = _Converge(np.stack([_bytes(oracle.encrypt(flat)) for flat in flats]), values)
        if not method.fits:
            return blind(image.shape), {"structure": "none fits"}
        answers = [oracle.encrypt(chosen) for chosen in digit_pictures(image.shape)]
        numbers = (torch.from_numpy(method.undo(_bytes(answer))) for answer in answers)
        source = positions(numbers, image.numel())
        values = torch.from_numpy(method.undo(_bytes(seen)))
        return place(values, source, image.shape), {"structure": "converge"}

    words = "both halves' masks and the permutation read off chosen pictures"
    return run("chosen_plaintext_converge", words, read, cipher, key, image, setting)


class _Converge:
    """What flat pictures tell: ``undo`` takes cipher bytes to p[π(i)], uint8 (n,)."""

    def __init__(self, flats: np.ndarray, values: np.ndarray):
        self.half = flats.shape[1] // 2
        self.right = _Half(self._right_outer(flats)[:, ::-1], values)  # inwards from the end
        self.left = None
        if self.right.fits:
            self.left = _Half(self._left_outer(flats), values)
        self.fits = self.left is not None and self.left.fits

    def undo(self, cipher: np.ndarray) -> np.ndarray:
        flat = cipher[None]
        left = self.left.undo(self._left_outer(flat))
        right = self.right.undo(self._right_outer(flat)[:, ::-1])[:, ::-1]
        return np.concatenate([left, right], axis=1)[0]

    def _right_outer(self, d):
        """c[j] + l[j] of the right half."""
        before = np.concatenate([d[:, :1], d[:, self.half : -1]], axis=1)
        return d[:, self.half :] ^ before

    def _left_outer(self, d):
        """c[i] + l[i] of the left half; its last byte leans on the right half's first c."""
        first = self._right_outer(d)[:, :1] - self.right.outer_mask[-1]
        after = np.concatenate([d[:, 1 : self.half], first], axis=1)
        return d[:, : self.half] ^ after


class _Half:
    """One half, in the order of its way in: e[i] = ((p + k[i]) ⊕ c[i−1]) + l[i]."""

    def __init__(self, flats: np.ndarray, values: np.ndarray):
        from gansec_lib.attacks.on_ciphers.two_way_kernel import inner_mask

        self.outer_mask, self.fits = inner_mask(np.ascontiguousarray(flats), values)
        if not self.fits:
            return
        sums = self._sums(flats)
        # The secret byte before the first: the one that explains every flat picture.
        starts = np.arange(256, dtype=np.uint8)
        keys = (sums[:, :1] ^ starts) - values[:, None]
        self.start = int(np.argmax((keys == keys[:1]).sum(axis=0)))
        sums[:, 0] ^= np.uint8(self.start)
        self.inner_mask = sums[0] - values[0]

    def _sums(self, e):
        """p + k, the first byte still ⊕-ed with the secret start."""
        c = e - self.outer_mask
        c[:, 1:] ^= c[:, :-1].copy()
        return c

    def undo(self, e: np.ndarray) -> np.ndarray:
        sums = self._sums(e)
        sums[:, 0] ^= np.uint8(self.start)
        return sums - self.inner_mask


def _bytes(images: torch.Tensor) -> np.ndarray:
    return images.reshape(-1).numpy()
