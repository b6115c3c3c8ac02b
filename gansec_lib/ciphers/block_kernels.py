"""The loops of the blocks that no array operation can do, compiled by numba. Nothing is checked
here: ``permute`` and ``diffuse`` check, then call.

Importing this module imports numba; the compiled code is cached on disk after its first use.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def shuffle(words, n):
    """Fisher–Yates from the end, int64 (n,): word t picks the partner of place n − 1 − t."""
    order = np.arange(n)
    for t in range(n - 1):
        i = n - 1 - t
        j = np.int64(words[t] % np.uint64(i + 1))
        order[i], order[j] = order[j], order[i]
    return order


@njit(cache=True, nogil=True)
def feed_back(flat, key, starts, sbox, out):
    """c[i] = (p[i] + k[i]) ⊕ S[c[i−1]] along each row of uint8 (N, n)."""
    rows, n = flat.shape
    for row in range(rows):
        carry = starts[row]
        for i in range(n):
            carry = np.uint8((flat[row, i] + key[row, i]) & 255) ^ sbox[carry]
            out[row, i] = carry
