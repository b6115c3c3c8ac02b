"""The compiled loops of the tests. Bits are uint8 zeros and ones throughout.

Where it pays, eight bits are read as one byte, or sixty-four blocks stand in the bits of one word.
Importing this module imports numba; the compiled code is cached on disk after its first use.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NEAR = 17  # a walk further off does not come to −9 … 9 within eight steps

_EIGHT = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
_WALK = np.cumsum(2 * _EIGHT.astype(np.int64) - 1, axis=1)
STEP, HIGH, LOW = _WALK[:, 7].copy(), _WALK.max(1), _WALK.min(1)
# Runs of ones in a byte: at its start, at its end, and the longest
HEAD = np.cumprod(_EIGHT, axis=1).sum(1).astype(np.int64)
TAIL = np.cumprod(_EIGHT[:, ::-1], axis=1).sum(1).astype(np.int64)
LONG = np.array([max(map(len, f"{byte:08b}".split("0"))) for byte in range(256)])
LOG2 = np.log2(np.arange(1, 4097))


@njit(cache=True, nogil=True)
def row_sums(rows):
    """Sum of each row of small numbers, int64 (rows,)."""
    found = np.zeros(len(rows), np.int64)
    for i in range(len(rows)):
        total = 0
        for value in rows[i]:
            total += value
        found[i] = total
    return found


def longest_runs(bits, block, count):
    """The longest run of ones in each of ``count`` blocks of whole bytes, int64 (count,)."""
    return _longest_runs(np.packbits(bits[: count * block]).reshape(count, block // 8))


@njit(cache=True, nogil=True)
def _longest_runs(rows):
    found = np.zeros(len(rows), np.int64)
    for i in range(len(rows)):
        run = 0
        longest = 0
        for byte in rows[i]:
            longest = max(longest, run + HEAD[byte], LONG[byte])
            run = run + 8 if byte == 255 else TAIL[byte]
        found[i] = longest
    return found


def walk_extent(bits):
    """Largest |partial sum| of the ±1 walk, forwards and backwards, int64 (2,)."""
    return _walk_extent(np.packbits(bits), bits[len(bits) // 8 * 8 :])


@njit(cache=True, nogil=True)
def _walk_extent(packed, rest):
    place = np.int64(0)
    high = np.int64(0)
    low = np.int64(0)
    whole = len(packed) - (len(rest) > 0)
    for i in range(whole):
        byte = packed[i]
        high = max(high, place + HIGH[byte])
        low = min(low, place + LOW[byte])
        place += STEP[byte]
    for bit in rest:
        place += 2 * np.int64(bit) - 1
        high = max(high, place)
        low = min(low, place)
    # A backward partial sum is the end minus the walk so far.
    return np.array([max(high, -low, 1), max(place - low, high - place, 1)])


def excursions(bits):
    """Cycles of the ±1 walk and what they visit.

    Returns
    -------
    cycles : int
    visits : int64 (8, 6), for the states −4 … −1, 1 … 4 the cycles with 0, 1 … 5 and more visits
    totals : int64 (19,), all visits of −9 … 9
    """
    return _excursions(np.packbits(bits), bits)


@njit(cache=True, nogil=True)
def _excursions(packed, bits):
    visits = np.zeros((8, 6), np.int64)
    current = np.zeros(8, np.int64)
    totals = np.zeros(19, np.int64)
    cycles = 0
    place = 0
    last = len(bits) - 1
    for i in range(len(packed)):
        if (place > NEAR or place < -NEAR) and 8 * i + 7 < last:
            place += STEP[packed[i]]
            continue
        for j in range(8 * i, min(8 * i + 8, len(bits))):
            place += 2 * np.int64(bits[j]) - 1
            if -9 <= place <= 9:
                totals[place + 9] += 1
            if place != 0 and -4 <= place <= 4:
                current[place + 4 if place < 0 else place + 3] += 1
            if place == 0 or j == last:
                cycles += 1
                for k in range(8):
                    visits[k, min(current[k], 5)] += 1
                    current[k] = 0
    return cycles, visits, totals


@njit(cache=True, nogil=True)
def matrix_ranks(words, count):
    """How many of ``count`` 32 × 32 matrices (rows uint32) have each rank, int64 (33,).

    Each row that is not zero clears its lowest bit from all rows after it and counts one.
    """
    found = np.zeros(33, np.int64)
    rows = np.empty(32, np.uint32)
    none = np.uint32(0)
    for k in range(count):
        rows[:] = words[32 * k : 32 * k + 32]
        rank = 0
        for i in range(32):
            pivot = rows[i]
            if pivot == none:
                continue
            rank += 1
            low = np.uint32(pivot & (none - pivot))
            for j in range(32):  # all of them, as no row before this one is read again
                rows[j] ^= pivot if rows[j] & low else none
        found[rank] += 1
    return found


def window_histogram(bits, length):
    """Circular counts of the windows of ``length`` bits, int64 (2^m,)."""
    around = np.resize(bits, len(bits) + length - 1)
    return _windows(np.packbits(around), len(around), length)


def window_histograms(bits, length, size, blocks):
    """Counts of all windows of ``length`` bits in each block of ``size``, int64 (blocks, 2^m)."""
    parts = bits[: blocks * size].reshape(blocks, size)
    return np.stack([_windows(np.packbits(part), size, length) for part in parts])


@njit(cache=True, nogil=True)
def _windows(packed, total, length):
    """Counts of the windows in ``total`` bits, up to 24 bits long, eight windows a byte."""
    counts = np.zeros(1 << length, np.int64)
    mask = np.uint64((1 << length) - 1)
    first = (length + 6) // 8  # the byte from which on every bit ends a window
    whole = total // 8
    held = np.uint64(0)
    for i in range(len(packed)):
        held = (held << np.uint64(8)) | np.uint64(packed[i])
        if first <= i < whole:
            for k in range(8):
                counts[(held >> np.uint64(7 - k)) & mask] += 1
        else:
            for k in range(8):
                if length - 1 <= 8 * i + k < total:
                    counts[(held >> np.uint64(7 - k)) & mask] += 1
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


def overlapping_counts(bits, length, block, count, most):
    """How many blocks hold 0, 1 … ``most`` and more runs of ``length`` ones, overlaps counted."""
    ones = bits[: count * block].copy()  # 1 where a run as long as ``run`` begins
    run = 1
    while run < length:
        step = min(run, length - run)
        ones[:-step] &= ones[step:].copy()
        run += step
    inside = ones.reshape(count, block)[:, : max(0, block - length + 1)]
    return np.bincount(np.minimum(row_sums(inside), most), minlength=most + 1)


@njit(cache=True, nogil=True)
def word_distances(bits, length, start, count):
    """Maurer's sum of log2 of how many words ago each word last came."""
    last = np.zeros(1 << length, np.int64)
    total = 0.0
    for i in range(1, start + count + 1):
        word = 0
        for bit in bits[(i - 1) * length : i * length]:
            word = (word << 1) | bit
        if i > start:
            ago = i - last[word]
            total += LOG2[ago - 1] if ago <= len(LOG2) else np.log2(ago)
        last[word] = i
    return total


@njit(cache=True, nogil=True)
def complexities(bits, block, count):
    """Linear complexity of each block by Berlekamp and Massey, int64 (count,).

    Sixty-four blocks stand in the bits of one word, so that a coefficient of all their connection
    polynomials is one word and every step is free of branches. ``c`` holds C; ``older`` holds B,
    its last different form, and ``past`` the bits from the latest on, both read from ``base`` on:
    moving ``base`` multiplies B by x and lets one more bit in. With L the register's length,
    u = n + 1 − 2L says whether a step may lengthen it (u > 0, and u becomes −u) and is kept as
    planes of bits in two's complement.
    """
    planes = 2
    while (1 << (planes - 1)) <= block + 1:
        planes += 1
    none = np.uint64(0)
    every = ~none
    found = np.empty(count, np.int64)
    c = np.empty(block + 1, np.uint64)
    older = np.empty(block + 1, np.uint64)
    past = np.empty(block + 1, np.uint64)
    u = np.empty(planes, np.uint64)
    for first in range(0, count, 64):
        lanes = min(64, count - first)
        c[:] = none
        older[:] = none
        past[:] = none
        u[:] = none
        c[0] = older[block] = u[0] = every
        for k in range(lanes):
            shift = np.uint64(k)
            one = bits[(first + k) * block : (first + k + 1) * block]
            for n in range(block):
                past[block - n] |= np.uint64(one[n]) << shift
        odd = past[block]  # the discrepancy, of all lanes
        for n in range(block):
            base = block - 1 - n
            longer = none
            for p in range(planes - 1):
                longer |= u[p]
            longer &= odd & ~u[planes - 1]
            # No polynomial reaches beyond (n + 1 + |u|) / 2.
            p = planes - 2
            while p > 0 and u[p] == u[planes - 1]:
                p -= 1
            reach = min(n + 2, (n + 1 + (2 << p)) // 2 + 1)
            carry = every
            for p in range(planes):  # u + 1, or −u + 1 = ~u + 2 where the register grows
                plane = u[p] ^ longer
                if p == 0:
                    u[p] = ~(plane ^ longer)
                    carry = plane | longer
                else:
                    u[p] = plane ^ carry
                    carry &= plane
            new_odd = none
            c_part = c[:reach]
            older_part = older[base : base + reach]
            past_part = past[base : base + reach]
            for j in range(reach):
                before = c_part[j]
                other = older_part[j]
                after = before ^ (other & odd)
                c_part[j] = after
                older_part[j] = other ^ ((other ^ before) & longer)
                new_odd ^= after & past_part[j]
            odd = new_odd
        for k in range(lanes):
            value = np.int64(0)
            for p in range(planes):
                value |= np.int64((u[p] >> np.uint64(k)) & np.uint64(1)) << p
            value -= (value >> (planes - 1)) << planes  # the sign
            found[first + k] = (block + 1 - value) // 2
    return found
