"""The compiled loops of the tests. Bits are uint8 zeros and ones throughout.

Importing this module imports numba; the compiled code is cached on disk after its first use.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 16  # blocks that linear complexity works on side by side: two 512-bit registers


@njit(cache=True, nogil=True)
def longest_runs(bits, block, count):
    """The longest run of ones in each of ``count`` blocks, int64 (count,)."""
    found = np.zeros(count, np.int64)
    for i in range(count):
        run = 0
        longest = 0
        for j in range(i * block, (i + 1) * block):
            run = (run + 1) * bits[j]
            longest = max(longest, run)
        found[i] = longest
    return found


@njit(cache=True, nogil=True)
def walk_extent(bits):
    """Largest |partial sum| of the ±1 walk, forwards and backwards, int64 (2,)."""
    position = np.int64(0)
    high = np.int64(0)
    low = np.int64(0)
    for i in range(len(bits)):
        position += 2 * np.int64(bits[i]) - 1
        high = max(high, position)
        low = min(low, position)
    # A backward partial sum is the end minus the walk so far.
    found = np.empty(2, np.int64)
    found[0] = max(high, -low, 1)
    forward_high = np.int64(-len(bits) - 1)
    forward_low = np.int64(len(bits) + 1)
    step = np.int64(0)
    for i in range(len(bits)):  # walk before each step: every suffix sum is end − that
        forward_high = max(forward_high, step)
        forward_low = min(forward_low, step)
        step += 2 * np.int64(bits[i]) - 1
    found[1] = max(position - forward_low, forward_high - position, 1)
    return found


@njit(cache=True, nogil=True)
def excursions(bits):
    """Cycles of the ±1 walk and what they visit.

    Returns
    -------
    cycles : int
    visits : int64 (8, 6), for the states −4 … −1, 1 … 4 the cycles with 0, 1 … 5 and more visits
    totals : int64 (19,), all visits of −9 … 9
    """
    visits = np.zeros((8, 6), np.int64)
    current = np.zeros(8, np.int64)
    totals = np.zeros(19, np.int64)
    cycles = 0
    place = 0
    last = len(bits) - 1
    for i in range(len(bits)):
        place += 2 * np.int64(bits[i]) - 1
        if -9 <= place <= 9:
            totals[place + 9] += 1
        if place != 0 and -4 <= place <= 4:
            current[place + 4 if place < 0 else place + 3] += 1
        if place == 0 or i == last:
            cycles += 1
            for k in range(8):
                visits[k, min(current[k], 5)] += 1
                current[k] = 0
    return cycles, visits, totals


@njit(cache=True, nogil=True)
def matrix_ranks(words, count):
    """How many of ``count`` 32 × 32 matrices (rows uint32) have each rank, int64 (33,)."""
    found = np.zeros(33, np.int64)
    rows = np.empty(32, np.uint32)
    for k in range(count):
        rows[:] = words[32 * k : 32 * k + 32]
        rank = 0
        for column in range(32):
            mask = np.uint32(1) << np.uint32(31 - column)
            pivot = -1
            for i in range(rank, 32):
                if rows[i] & mask:
                    pivot = i
                    break
            if pivot < 0:
                continue
            swap = rows[pivot]
            rows[pivot] = rows[rank]
            rows[rank] = swap
            for i in range(rank + 1, 32):
                if rows[i] & mask:
                    rows[i] ^= swap
            rank += 1
        found[rank] += 1
    return found


@njit(cache=True, nogil=True)
def window_histograms(bits, length, size, blocks):
    """Counts of all windows of ``length`` bits in each block of ``size``, int64 (blocks, 2^m)."""
    counts = np.zeros((blocks, 1 << length), np.int64)
    mask = (1 << length) - 1
    for i in range(blocks):
        word = 0
        for j in range(size):
            word = ((word << 1) | bits[i * size + j]) & mask
            if j >= length - 1:
                counts[i, word] += 1
    return counts


@njit(cache=True, nogil=True)
def count_template(bits, length, size, blocks, template):
    """Hits of one template in each block, the search going on behind each hit, int64 (blocks,)."""
    hits = np.zeros(blocks, np.int64)
    mask = (1 << length) - 1
    for i in range(blocks):
        word = 0
        filled = 0
        for j in range(size):
            word = ((word << 1) | bits[i * size + j]) & mask
            filled += 1
            if filled >= length and word == template:
                hits[i] += 1
                filled = 0
    return hits


@njit(cache=True, nogil=True)
def overlapping_counts(bits, length, block, count, most):
    """How many blocks hold 0, 1 … ``most`` and more runs of ``length`` ones, overlaps counted."""
    seen = np.zeros(most + 1, np.int64)
    for i in range(count):
        run = 0
        hits = 0
        for j in range(i * block, (i + 1) * block):
            run = (run + 1) * bits[j]
            hits += run >= length
        seen[min(hits, most)] += 1
    return seen


@njit(cache=True, nogil=True)
def word_distances(bits, length, start, count):
    """Maurer's sum of log2 of how many words ago each word last came."""
    last = np.zeros(1 << length, np.int64)
    total = 0.0
    for i in range(1, start + count + 1):
        word = 0
        for j in range((i - 1) * length, i * length):
            word = (word << 1) | bits[j]
        if i > start:
            total += np.log2(i - last[word])
        last[word] = i
    return total


@njit(cache=True, nogil=True)
def window_histogram(bits, length):
    """Circular counts of the windows of ``length`` bits, int64 (2^m,)."""
    n = len(bits)
    counts = np.zeros(1 << length, np.int64)
    mask = (1 << length) - 1
    word = 0
    for j in range(length - 1):
        word = (word << 1) | bits[j % n]
    for j in range(length - 1, n):
        word = ((word << 1) | bits[j]) & mask
        counts[word] += 1
    for j in range(min(length - 1, n)):
        word = ((word << 1) | bits[j]) & mask
        counts[word] += 1
    return counts


@njit(cache=True, nogil=True)
def complexities(bits, block, count):
    """Linear complexity of each block by Berlekamp and Massey, int64 (count,).

    The connection polynomial C, its last different form B (times x for each step since) and the
    window S of past bits, latest lowest, are rows of 64-bit words; the discrepancy is the parity
    of C & S. Sixteen blocks stand side by side and take every step without a branch.
    """
    words = block // 64 + 1
    found = np.zeros(count, np.int64)
    c = np.zeros((words, LANES), np.uint64)
    b = np.zeros((words, LANES), np.uint64)
    s = np.zeros((words, LANES), np.uint64)
    size = np.zeros(LANES, np.int64)
    odd = np.zeros(LANES, np.uint64)
    change = np.zeros(LANES, np.uint64)
    one = np.uint64(1)
    top = np.uint64(63)
    for first in range(0, count, LANES):
        c[:] = 0
        b[:] = 0
        s[:] = 0
        size[:] = 0
        c[0] = one
        b[0] = one
        lanes = min(LANES, count - first)
        for n in range(block):
            active = n // 64 + 1
            if active < words and n % 64 == 63:
                active += 1  # B reaches one bit further than S
            for w in range(active - 1, 0, -1):
                for k in range(LANES):
                    s[w, k] = (s[w, k] << one) | (s[w - 1, k] >> top)
                    b[w, k] = (b[w, k] << one) | (b[w - 1, k] >> top)
            for k in range(LANES):
                s[0, k] <<= one
                b[0, k] <<= one
                odd[k] = 0
            for k in range(lanes):
                s[0, k] |= np.uint64(bits[(first + k) * block + n])
            for w in range(active):
                for k in range(LANES):
                    odd[k] ^= c[w, k] & s[w, k]
            for k in range(LANES):
                x = odd[k]
                x ^= x >> np.uint64(32)
                x ^= x >> np.uint64(16)
                x ^= x >> np.uint64(8)
                x ^= x >> np.uint64(4)
                x ^= x >> np.uint64(2)
                x ^= x >> one
                odd[k] = np.uint64(0) - (x & one)
                longer = np.uint64(2 * size[k] <= n)
                change[k] = odd[k] & (np.uint64(0) - longer)
                if change[k]:
                    size[k] = n + 1 - size[k]
            for w in range(active):
                for k in range(LANES):
                    old = c[w, k]
                    c[w, k] = old ^ (b[w, k] & odd[k])
                    b[w, k] ^= (b[w, k] ^ old) & change[k]
        for k in range(lanes):
            found[first + k] = size[k]
    return found
