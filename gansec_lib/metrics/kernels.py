"""Compiled loops behind the metrics: histograms, pair counts, co-occurrence, SSIM.

Only integers are counted, or float64 added in a fixed order, so each gives what the torch form of
the same metric gives. Importing this module imports numba; the code is cached after its first use.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def histograms(rows):
    """How often each byte occurs in each row: uint8 (N, n) to int64 (N, 256).

    Four tables in turn: a run of equal bytes would otherwise wait for its own last store.
    """
    count, n = rows.shape
    out = np.empty((count, 256), np.int64)
    tables = np.empty((4, 256), np.int64)
    for row in range(count):
        tables[:] = 0
        whole = n - n % 4
        for i in range(0, whole, 4):
            tables[0, rows[row, i]] += 1
            tables[1, rows[row, i + 1]] += 1
            tables[2, rows[row, i + 2]] += 1
            tables[3, rows[row, i + 3]] += 1
        for i in range(whole, n):
            tables[0, rows[row, i]] += 1
        for value in range(256):
            out[row, value] = (
                tables[0, value] + tables[1, value] + tables[2, value] + tables[3, value]
            )
    return out


@njit(cache=True, nogil=True)
def _block_counts(one, two):
    """Changed bytes and sum of gaps of at most 4096 bytes; 32-bit sums become vectors."""
    changed, gap = np.int32(0), np.int32(0)
    for i in range(one.size):
        apart = np.int32(np.int32(one[i]) - np.int32(two[i]))
        changed = np.int32(changed + np.int32(apart != 0))
        gap = np.int32(gap + (apart if apart >= 0 else np.int32(-apart)))
    return changed, gap


@njit(cache=True, nogil=True)
def pair_counts(first, second):
    """Bytes that differ, and the sum of the gaps: uint8 (N, n) twice to int64 (N, 2)."""
    count, n = first.shape
    out = np.zeros((count, 2), np.int64)
    for row in range(count):
        for begin in range(0, n, 4096):
            end = min(n, begin + 4096)
            changed, gap = _block_counts(first[row, begin:end], second[row, begin:end])
            out[row, 0] += changed
            out[row, 1] += gap
    return out


@njit(cache=True, nogil=True)
def _count_cells(here, there, shift, table):
    """Add one to each pair's cell; unsigned, as a signed index is tested for being negative."""
    if shift == 0:
        for x in range(here.size):
            cell = (np.uint64(here[x]) << np.uint64(8)) | np.uint64(there[x])
            table[cell] += np.uint16(1)
        return
    cut, step = np.uint64(shift), np.uint64(8 - shift)
    for x in range(here.size):
        cell = ((np.uint64(here[x]) >> cut) << step) | (np.uint64(there[x]) >> cut)
        table[cell] += np.uint16(1)


@njit(cache=True, nogil=True)
def cooccurrences(planes, down, right, shift):
    """Pairs (pixel, pixel ``down`` and ``right`` of it): uint8 (M, H, W) to int32 (M, L · L).

    Levels are the bytes shifted right by ``shift``, so L = 256 >> shift. Offsets may be negative.
    Counted in 16 bits, half the cache, and added to the result before a cell could overflow.
    """
    count, height, width = planes.shape
    out = np.zeros((count, (256 >> shift) ** 2), np.int32)
    table = np.zeros(out.shape[1], np.uint16)
    top, bottom = max(0, -down), height - max(0, down)
    left, end = max(0, -right), width - max(0, right)
    for plane in range(count):
        held = 0
        for y in range(top, bottom):
            for begin in range(left, end, 65535):
                stop = min(end, begin + 65535)
                if held + stop - begin > 65535:
                    _move(table, out[plane])
                    held = 0
                here = planes[plane, y, begin:stop]
                there = planes[plane, y + down, begin + right : stop + right]
                _count_cells(here, there, shift, table)
                held += stop - begin
        _move(table, out[plane])
    return out


@njit(cache=True, nogil=True)
def _move(table, total):
    for cell in range(total.size):
        total[cell] += np.int32(table[cell])
        table[cell] = np.uint16(0)


@njit(cache=True, nogil=True)
def _smooth_row(row, weights, out):
    """Symmetric window of 11 along one row, written out for the compiler's vectors."""
    w0, w1, w2, w3, w4, w5 = (
        weights[0],
        weights[1],
        weights[2],
        weights[3],
        weights[4],
        weights[5],
    )
    for x in range(out.size):
        out[x] = (
            w0 * (row[x] + row[x + 10])
            + w1 * (row[x + 1] + row[x + 9])
            + w2 * (row[x + 2] + row[x + 8])
            + w3 * (row[x + 3] + row[x + 7])
            + w4 * (row[x + 4] + row[x + 6])
            + w5 * row[x + 5]
        )


@njit(cache=True, nogil=True)
def _add_pair(weight, upper, lower, total):
    for x in range(total.size):
        total[x] += weight * (upper[x] + lower[x])


@njit(cache=True, nogil=True)
def _scale(weight, row, total):
    for x in range(total.size):
        total[x] = weight * row[x]


@njit(cache=True, nogil=True)
def _row_maps(one, two, moments):
    for x in range(one.size):
        a, b = np.float64(one[x]), np.float64(two[x])
        moments[0, x] = a
        moments[1, x] = b
        moments[2, x] = a * a + b * b
        moments[3, x] = a * b


@njit(cache=True, nogil=True)
def _row_scores(m, n, squares, product, c1, c2, scores, contrasts):
    for x in range(m.size):
        mean_product = m[x] * n[x]
        mean_squares = m[x] * m[x] + n[x] * n[x]
        contrast = (2 * (product[x] - mean_product) + c2) / (squares[x] - mean_squares + c2)
        contrasts[x] += contrast
        scores[x] += contrast * (2 * mean_product + c1) / (mean_squares + c1)


@njit(cache=True, nogil=True)
def ssim_planes(first, second, weights, c1, c2):
    """Mean SSIM and mean contrast-structure of each pair of planes, Gaussian window of 11.

    One pass: each row's four moments (a, b, a² + b², ab) are smoothed along the row into a ring
    of 11 rows, then down the ring. Only the sum of the variances enters, hence four, not five.

    Parameters
    ----------
    first, second : (M, H, W), uint8 or float64, H and W at least 11
    weights : float64 (6,)
        The window from its end to its middle.
    c1, c2 : float
        (0.01 · 255)² and (0.03 · 255)² for bytes.

    Returns
    -------
    float64 (M, 2)
    """
    count, height, width = first.shape
    inner = width - 10
    moments = np.empty((4, width))
    ring = np.empty((11, 4, inner))
    smooth = np.empty((4, inner))
    scores, contrasts = np.empty(inner), np.empty(inner)
    out = np.empty((count, 2))
    for plane in range(count):
        scores[:] = 0
        contrasts[:] = 0
        for y in range(height):
            _row_maps(first[plane, y], second[plane, y], moments)
            for k in range(4):
                _smooth_row(moments[k], weights, ring[y % 11, k])
            if y < 10:
                continue
            for k in range(4):
                _scale(weights[5], ring[(y - 5) % 11, k], smooth[k])
                for t in range(5):
                    upper, lower = ring[(y - 10 + t) % 11, k], ring[(y - t) % 11, k]
                    _add_pair(weights[t], upper, lower, smooth[k])
            _row_scores(smooth[0], smooth[1], smooth[2], smooth[3], c1, c2, scores, contrasts)
        cells = inner * (height - 10)
        out[plane, 0] = scores.sum() / cells
        out[plane, 1] = contrasts.sum() / cells
    return out
