"""Permutation and chained diffusion driven by the logistic map: kernels compiled by numba.

x' = r x (1 − x) in float64, evaluated as (r x)(1 − x) and never contracted to a fused
multiply-add, so plain Python gives the same bytes (a known-answer test holds it there).

A picture of n bytes p, with its permutation π (the stable sorting order of a first orbit), bytes k
and l of two more orbits, and two starting bytes a, b::

    forward    c[i] = p[π(i)] + k[i] + c[i−1]  mod 256,   c[−1] = a
    backward   d[i] = c[i]    + l[i] + d[i+1]  mod 256,   d[n]  = b

Importing this module imports numba; the compiled code is cached on disk after its first use.
"""

from __future__ import annotations

import numpy as np
from numba import njit

BURN = 1000
SCALE = 2.0**40


@njit(cache=True, nogil=True)
def orbit_bytes(x, r, n, burn):
    """``n`` bytes floor(x · 2⁴⁰) mod 256 of the orbit after ``burn`` discarded steps."""
    out = np.empty(n, np.uint8)
    for _ in range(burn):
        x = r * x * (1.0 - x)
    for i in range(n):
        x = r * x * (1.0 - x)
        out[i] = np.int64(x * SCALE) & 255
    return out


@njit(cache=True, nogil=True)
def orbit_order(x, r, n, burn):
    """The stable sorting order of ``n`` orbit values, int32 (n,): a keyed permutation.

    Values in (0, 1) sort like the integers floor(x · 2⁵³). Three radix passes over their upper 33
    bits leave next to nothing for the insertion sort that settles the rest.
    """
    for _ in range(burn):
        x = r * x * (1.0 - x)
    keys = np.empty(n, np.int64)
    order = np.empty(n, np.int32)
    counts = np.zeros((3, 2048), np.int32)
    for i in range(n):
        x = r * x * (1.0 - x)
        key = np.int64(x * 9007199254740992.0)
        keys[i] = key
        order[i] = i
        for digit in range(3):
            counts[digit, (key >> (20 + 11 * digit)) & 2047] += 1
    spare_keys = np.empty(n, np.int64)
    spare = np.empty(n, np.int32)
    for digit in range(3):
        start = 0
        for value in range(2048):
            size = counts[digit, value]
            counts[digit, value] = start
            start += size
        for i in range(n):
            value = (keys[i] >> (20 + 11 * digit)) & 2047
            place = counts[digit, value]
            counts[digit, value] = place + 1
            spare_keys[place] = keys[i]
            spare[place] = order[i]
        keys, spare_keys = spare_keys, keys
        order, spare = spare, order
    for i in range(1, n):
        key, index = keys[i], order[i]
        j = i - 1
        while j >= 0 and keys[j] > key:
            keys[j + 1] = keys[j]
            order[j + 1] = order[j]
            j -= 1
        keys[j + 1] = key
        order[j + 1] = index
    return order


@njit(cache=True, nogil=True)
def encrypt_rows(plain, seeds, starts, burn, out):
    """Encrypt each row of ``plain`` uint8 (N, n) into ``out`` with its own seeds.

    Parameters
    ----------
    seeds : float64 (N, 6)
        x and r of the permutation, forward and backward orbits.
    starts : uint8 (N, 2)
        The starting bytes a and b.
    """
    rows, n = plain.shape
    for row in range(rows):
        order = orbit_order(seeds[row, 0], seeds[row, 1], n, burn)
        forward = orbit_bytes(seeds[row, 2], seeds[row, 3], n, burn)
        backward = orbit_bytes(seeds[row, 4], seeds[row, 5], n, burn)
        carry = starts[row, 0]
        for i in range(n):
            carry = np.uint8(plain[row, order[i]] + forward[i] + carry)
            out[row, i] = carry
        carry = starts[row, 1]
        for i in range(n - 1, -1, -1):
            carry = np.uint8(out[row, i] + backward[i] + carry)
            out[row, i] = carry


@njit(cache=True, nogil=True)
def decrypt_rows(cipher, seeds, starts, burn, out):
    """Undo ``encrypt_rows``; same parameters."""
    rows, n = cipher.shape
    middle = np.empty(n, np.uint8)
    for row in range(rows):
        order = orbit_order(seeds[row, 0], seeds[row, 1], n, burn)
        forward = orbit_bytes(seeds[row, 2], seeds[row, 3], n, burn)
        backward = orbit_bytes(seeds[row, 4], seeds[row, 5], n, burn)
        for i in range(n):
            after = cipher[row, i + 1] if i + 1 < n else starts[row, 1]
            middle[i] = np.uint8(cipher[row, i] - backward[i] - after)
        for i in range(n):
            before = middle[i - 1] if i > 0 else starts[row, 0]
            out[row, order[i]] = np.uint8(middle[i] - forward[i] - before)
