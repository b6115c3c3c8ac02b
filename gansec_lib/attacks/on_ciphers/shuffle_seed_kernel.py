"""The compiled search of ``shuffle_seed``: importing it imports numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from gansec_lib.attacks.on_ciphers.short_keys_kernel import put

M = 397  # how far ahead MT19937 looks
LANES = 64  # seeds side by side: each step waits for its own multiplication
MISSES = 1  # of the equations a right seed may fail: ranks are values only about


@njit(cache=True, nogil=True)
def match_shuffles(first, last, values, tolerance, words):
    """Seeds first … last − 1 whose shuffle puts a Hénon orbit in order, int64.

    Parameters
    ----------
    values : float64 (n,)
        For each plain place, the value that its cipher place's rank stands for.
    """
    hits = np.empty(16, np.int64)
    count = 0
    low = np.empty((words + 1, LANES), np.uint32)
    high = np.empty((words, LANES), np.uint32)
    state = np.empty(LANES, np.uint32)
    places, moved = np.empty(words, np.int64), np.empty(words, np.int64)
    block = first
    while block < last:
        for lane in range(LANES):
            state[lane] = np.uint32(block + lane)
            low[0, lane] = state[lane]
        for i in range(1, M + words):
            _seed_step(state, np.uint32(i))
            if i <= words:
                low[i] = state
            if i >= M:
                high[i - M] = state
        for lane in range(min(LANES, last - block)):
            if _obeys(low[:, lane], high[:, lane], values, tolerance, places, moved):
                hits = put(hits, count, block + lane)
                count += 1
        block += LANES
    return hits[:count]


@njit(cache=True, nogil=True)
def _seed_step(state, i):
    """Word i of the seeded state from word i − 1; every cast keeps the lanes 32 bits wide."""
    for lane in range(len(state)):
        mixed = np.uint32(state[lane] ^ np.uint32(state[lane] >> np.uint32(30)))
        state[lane] = np.uint32(np.uint32(np.uint32(1812433253) * mixed) + i)


@njit(cache=True, nogil=True, inline="always")
def _obeys(low, high, values, tolerance, places, moved):
    """Whether the last places' states, read off backwards, are a Hénon orbit."""
    n, words = len(values), len(high)
    later, latest = 0.0, 0.0
    misses = 0
    for t in range(words):
        top = n - 1 - t
        place = np.int64(np.uint64(_output(low[t], low[t + 1], high[t])) % np.uint64(top + 1))
        here, there = top, place  # what both places hold before they are swapped
        for s in range(t):
            if places[s] == top:
                here = moved[s]
            if places[s] == place:
                there = moved[s]
        places[t], moved[t] = place, here
        x = values[there]
        if t >= 2 and abs(1.0 - 1.4 * later * later + 0.3 * x - latest) > tolerance:
            misses += 1
            if misses > MISSES:
                return False
        latest, later = later, x
    return True


@njit(cache=True, nogil=True, inline="always")
def _output(this, following, far):
    """One output of MT19937's first block, from three words of its seeded state."""
    y = (this & np.uint32(0x80000000)) | (following & np.uint32(0x7FFFFFFF))
    x = far ^ (y >> np.uint32(1)) ^ (np.uint32(0x9908B0DF) * (y & np.uint32(1)))
    x ^= x >> np.uint32(11)
    x ^= (x << np.uint32(7)) & np.uint32(0x9D2C5680)
    x ^= (x << np.uint32(15)) & np.uint32(0xEFC60000)
    return x ^ (x >> np.uint32(18))
