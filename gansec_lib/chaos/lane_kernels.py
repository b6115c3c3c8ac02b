"""The compiled loops behind ``lanes``: burn-in, steps and XOR, written so that they vectorise.

Every inner loop runs from 0 along contiguous slices, at most four of them, and is inlined. With a
strided slice, a fifth array that might overlap or a slice assignment, the compiler writes no
vector instructions or calls a function for each row, which costs a factor of two to eight.

Pictures arrive as pairs of bytes, uint16: the two bytes that a lane gives in a step.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gansec_lib.chaos.table import get

BURN = 64  # ours: seeds are full-width already, so only the way onto the attractor is needed
BLOCK = 4096  # lanes worked on together: one coordinate fills 32 KiB, a usual first-level cache
_MASK = 2**52 - 1


def place(word, low, span):
    """A starting point from 64 bits; numba compiles this, numpy hands it arrays.

    An odd multiple of 2⁻⁵³ in (0, 1), exact, then scaled. 0.25, 0.5 and 0.75 lead the usual maps
    to fixed points, and so do their next neighbours: 2⁻²⁰ is far enough.
    """
    x = low + span * (((word >> 12) & _MASK) * 2.0**-52 + 2.0**-53)
    return x + 2.0**-20 * ((x == 0.25) | (x == 0.5) | (x == 0.75))


@lru_cache(maxsize=32)
def kernel(name: str):
    """The compiled loop of one map.

    Returns
    -------
    callable (words, low, span, params, pictures, target, in_place, first, last) -> bool
        ``words`` int64 (B, dimension, L), ``low`` and ``span`` float64 (dimension,), ``pictures``
        and ``target`` uint16 (B, H, L), the same array where ``in_place``; blocks ``first`` to
        ``last`` − 1 of B · ⌈L / BLOCK⌉. False where a lane left for infinity. Holds no lock.
    """
    from numba import njit

    # Divisions must not stop to look for zero, for the same reason. No fastmath: it would allow
    # fused multiply-add and another order, that is, other bytes.
    jit = njit(nogil=True, error_model="numpy")
    inline = njit(nogil=True, error_model="numpy", inline="always")
    chaos = get(name)
    d, burn, block = chaos.dimension, BURN, BLOCK
    step, put = jit(chaos.step), jit(place)
    advance, emit, emit_in_place = inline(_ADVANCE[d]), inline(_emit), inline(_emit_in_place)
    advance_and_emit, fused = inline(_advance_and_emit), d == 1

    def run(words, low, span, params, pictures, target, in_place, first, last):
        _, height, width = target.shape
        per_row = (width + block - 1) // block
        x = np.empty((d, min(block, width)))
        fine = True
        for unit in range(first, last):
            b, left = unit // per_row, unit % per_row * block
            right = min(left + block, width)
            n = right - left
            for k in range(d):
                word, into = words[b, k, left:right], x[k, :n]
                for w in range(n):
                    into[w] = put(word[w], low[k], span[k])
            for row in range(-burn, height):
                if fused and row >= 0 and not in_place:
                    plain, out = pictures[b, row, left:right], target[b, row, left:right]
                    advance_and_emit(step, params, x[0, :n], plain, out)
                    continue
                advance(step, params, x, n)
                if row < 0:
                    continue
                if in_place:
                    emit_in_place(x[0, :n], target[b, row, left:right])
                else:
                    emit(x[0, :n], pictures[b, row, left:right], target[b, row, left:right])
            for k in range(d):
                for w in range(n):
                    fine &= np.isfinite(x[k, w])
        return fine

    return jit(run)


def _advance1(step, p, x, n):
    x0 = x[0, :n]
    for w in range(n):
        x0[w] = step((x0[w],), p)[0]


def _advance2(step, p, x, n):
    x0, x1 = x[0, :n], x[1, :n]
    for w in range(n):
        s = step((x0[w], x1[w]), p)
        x0[w] = s[0]
        x1[w] = s[1]


def _advance3(step, p, x, n):
    x0, x1, x2 = x[0, :n], x[1, :n], x[2, :n]
    for w in range(n):
        s = step((x0[w], x1[w], x2[w]), p)
        x0[w] = s[0]
        x1[w] = s[1]
        x2[w] = s[2]


_ADVANCE = {1: _advance1, 2: _advance2, 3: _advance3}


# Scaling by 2⁴⁰ is exact; the whole part of x leaves no trace in the lowest 16 bits.
def _emit(x, plain, out):
    for w in range(len(x)):
        out[w] = plain[w] ^ np.uint16(np.int64(abs(x[w]) * 2.0**40))


def _emit_in_place(x, out):
    for w in range(len(x)):
        out[w] ^= np.uint16(np.int64(abs(x[w]) * 2.0**40))


def _advance_and_emit(step, p, x, plain, out):
    """Both in one pass, for maps of one dimension: a third faster."""
    for w in range(len(x)):
        v = step((x[w],), p)[0]
        x[w] = v
        out[w] = plain[w] ^ np.uint16(np.int64(abs(v) * 2.0**40))
