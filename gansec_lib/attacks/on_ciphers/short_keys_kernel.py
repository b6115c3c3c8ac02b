"""The compiled inner loop of ``short_keys``: importing it imports numba."""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 64  # orbits side by side: enough to hide a multiplication's latency, few enough for L1


@njit(cache=True, nogil=True)
def put(hits, count, hit):
    """``hits`` with one more at ``count``; twice as long where it was full."""
    if count == len(hits):
        more = np.empty(2 * count, np.int64)
        more[:count] = hits
        hits = more
    hits[count] = hit
    return hits


@njit(cache=True, nogil=True)
def match_seeds(first, last, scale, rate, burn, known):
    """Seeds in ``first`` … ``last`` − 1 whose orbit's bytes are ``known`` uint8 (m,), int64.

    Same operations in the same order as ``ciphers.logistic.orbit_bytes``, so the same bytes.
    """
    hits = np.empty(16, np.int64)
    count = 0
    x = np.empty(LANES)
    block = first
    while block < last:
        for lane in range(LANES):
            x[lane] = (block + lane + 0.5) * scale
        for _ in range(burn + 1):
            for lane in range(LANES):
                x[lane] = rate * x[lane] * (1.0 - x[lane])
        for lane in range(min(LANES, last - block)):
            state = x[lane]
            same = 0
            while same < len(known) and np.int64(state * 1099511627776.0) & 255 == known[same]:
                state = rate * state * (1.0 - state)
                same += 1
            if same == len(known):
                hits = put(hits, count, block + lane)
                count += 1
        block += LANES
    return hits[:count]
