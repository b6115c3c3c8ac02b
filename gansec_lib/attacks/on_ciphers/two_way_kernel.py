"""The compiled search of ``two_way_sum``: importing it imports numba."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def inner_mask(e, values):
    """l with ((e[q, i] − l[i]) ⊕ (e[q, i−1] − l[i−1])) − values[q] the same for all q, at every i.

    The top bit of each l[i] does not matter and is 0. Every l[i] that some l[i−1] allows is kept,
    and a whole sequence is read backwards at the end, so a chance fit on the way does no harm.

    Parameters
    ----------
    e : uint8 (Q, n)
    values : uint8 (Q,)

    Returns
    -------
    l : uint8 (n,)
    found : bool
    """
    count, n = e.shape
    before = np.full((n, 128), -1, np.int16)
    alive = np.ones(128, np.bool_)
    for i in range(1, n):
        some = False
        following = np.zeros(128, np.bool_)
        for old in range(128):
            if not alive[old]:
                continue
            for new in range(128):
                if following[new]:
                    continue
                k = ((e[0, i] - new) ^ (e[0, i - 1] - old)) - values[0] & 255
                q = 1
                while q < count:
                    other = ((e[q, i] - new) ^ (e[q, i - 1] - old)) - values[q] & 255
                    if other != k:
                        break
                    q += 1
                if q == count:
                    following[new] = True
                    before[i, new] = old
                    some = True
        alive = following
        if not some:
            return np.zeros(n, np.uint8), False
    mask = np.zeros(n, np.uint8)
    last = 0
    while not alive[last]:
        last += 1
    for i in range(n - 1, -1, -1):
        mask[i] = last
        if i > 0:
            last = before[i, last]
    return mask, True
