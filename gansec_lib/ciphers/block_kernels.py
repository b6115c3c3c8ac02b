"""The loops of the blocks that no array operation can do, compiled by numba. Nothing is checked
here: ``permute``, ``diffuse``, ``twister`` and ``huffman`` check, then call.

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


@njit(cache=True, nogil=True)
def twist(state):
    """The next 624 state words of MT19937, in place."""
    for i in range(624):
        y = (state[i] & np.uint32(0x80000000)) | (state[(i + 1) % 624] & np.uint32(0x7FFFFFFF))
        word = state[(i + 397) % 624] ^ (y >> np.uint32(1))
        state[i] = word ^ np.uint32(0x9908B0DF) if y & np.uint32(1) else word


@njit(cache=True, nogil=True)
def pack_bits(symbols, codes, lengths, out):
    """Write each symbol's code, first bit in the top of the first byte."""
    buffer, held, place = np.uint64(0), 0, 0
    for symbol in symbols:
        buffer = (buffer << np.uint64(lengths[symbol])) | np.uint64(codes[symbol])
        held += lengths[symbol]
        while held >= 8:
            held -= 8
            out[place] = (buffer >> np.uint64(held)) & np.uint64(255)
            place += 1
    if held:
        out[place] = (buffer << np.uint64(8 - held)) & np.uint64(255)


@njit(cache=True, nogil=True)
def unpack_bits(payload, table_symbol, table_length, width, out):
    """Fill ``out`` from the bits; the number of bits used, or −1 where they make no code."""
    buffer, held, place, used = np.uint64(0), 0, 0, 0
    mask = (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    total = 8 * len(payload)
    for i in range(len(out)):
        while held < width:  # zeros follow the end; `used` tells whether they were read
            byte = payload[place] if place < len(payload) else np.uint8(0)
            buffer = (buffer << np.uint64(8)) | np.uint64(byte)
            held += 8
            place += 1
        window = (buffer >> np.uint64(held - width)) & mask
        length = table_length[window]
        used += length
        if length == 0 or used > total:
            return -1
        out[i] = table_symbol[window]
        held -= length
    return used
