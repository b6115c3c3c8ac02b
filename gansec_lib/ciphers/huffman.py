"""Canonical Huffman coding of bytes, optionally of their differences ("differential Huffman").

The stream, integers big-endian::

    GH | flags 1 byte | count 8 | 256 code lengths of 4 bits, 128 bytes | payload | CRC-32, 4

Codes are at most 15 bits long (the best such code, by package-merge: L. Larmore and D. Hirschberg,
J. ACM 37(3), 1990) and canonical, so the lengths alone give them. A good cipher image has no
redundancy: compress first, or gain nothing.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from gansec_lib.errors import IntegrityError, ParameterError

LONGEST = 15
_FIXED = struct.Struct(">2sBQ")
_MAGIC = b"GH"
_OVERHEAD = _FIXED.size + 128 + 4


def encode(data, differences: bool = False) -> bytes:
    """Compress bytes, or a uint8 array of any shape (which the stream does not keep).

    Parameters
    ----------
    differences : bool
        Code x[i] − x[i−1] mod 256 instead of x[i]: short for smooth pictures.

    >>> decode(encode(b"abracadabra")).tobytes()
    b'abracadabra'
    """
    from gansec_lib.ciphers.block_kernels import pack_bits

    symbols = _flat(data)
    if differences:
        symbols = np.diff(symbols, prepend=np.uint8(0))
    counts = np.bincount(symbols, minlength=256)
    lengths = code_lengths(counts)
    payload = np.zeros((int(counts @ lengths) + 7) // 8, np.uint8)
    pack_bits(symbols, canonical_codes(lengths), lengths, payload)
    nibbles = (lengths[0::2] << 4 | lengths[1::2]).astype(np.uint8)
    fixed = _FIXED.pack(_MAGIC, int(differences), len(symbols))
    body = fixed + nibbles.tobytes() + payload.tobytes()
    return body + struct.pack(">I", zlib.crc32(body))


def decode(stream: bytes) -> np.ndarray:
    """Undo ``encode``; uint8 (n,).

    Raises
    ------
    IntegrityError
        Not such a stream, cut, or changed; nothing else, whatever the bytes.
    """
    from gansec_lib.ciphers.block_kernels import unpack_bits

    stream = bytes(stream)
    if len(stream) <= _OVERHEAD or stream[:2] != _MAGIC:
        raise IntegrityError(f"stream: {len(stream)} bytes are not a Huffman stream; cut, or other")
    if struct.pack(">I", zlib.crc32(stream[:-4])) != stream[-4:]:
        raise IntegrityError("stream: its checksum does not match; cut, or changed")
    _, flags, count = _FIXED.unpack_from(stream)
    nibbles = np.frombuffer(stream, np.uint8, 128, _FIXED.size)
    payload = np.frombuffer(stream[_FIXED.size + 128 : -4], np.uint8)
    lengths = np.stack([nibbles >> 4, nibbles & 15], axis=1).reshape(-1).astype(np.int64)
    used = lengths[lengths > 0]
    one_symbol = len(used) == 1 and used[0] == 1
    whole = one_symbol or (1 << (LONGEST - used)).sum() == 1 << LONGEST
    # a symbol takes a bit or more: a forged count asks for no more memory than the stream's own
    if flags > 1 or not 0 < count <= 8 * len(payload) or len(used) == 0 or not whole:
        raise IntegrityError("stream: its code lengths or its count cannot be true; changed")
    out = np.empty(count, np.uint8)
    bits = unpack_bits(payload, *_table(lengths), int(used.max()), out)
    spare = 8 * len(payload) - bits
    if bits < 0 or spare > 7 or int(payload[-1]) & ((1 << spare) - 1):
        raise IntegrityError("stream: its payload and its count do not agree; cut, or changed")
    return np.add.accumulate(out, dtype=np.uint8) if flags else out


def code_lengths(counts) -> np.ndarray:
    """Lengths (bits, 0 for a symbol that does not occur) of the best code of at most 15 bits.

    Parameters
    ----------
    counts : int (256,)
        How often each byte occurs.

    >>> code_lengths([5, 2, 1, 1] + 252 * [0])[:5].tolist()
    [1, 2, 3, 3, 0]
    """
    counts = np.asarray(counts)
    if counts.shape != (256,) or counts.dtype.kind not in "iu" or counts.min() < 0:
        raise ParameterError(f"counts: expected 256 counts, got {counts.dtype} {counts.shape}")
    present = np.flatnonzero(counts)
    lengths = np.zeros(256, np.int64)
    if len(present) == 0:
        raise ParameterError("counts: expected at least one byte that occurs")
    if len(present) == 1:
        lengths[present] = 1
        return lengths
    present = present[np.argsort(counts[present], kind="stable")]
    leaves = [(int(counts[symbol]), True) for symbol in present]
    levels = [leaves]
    for _ in range(LONGEST - 1):
        last = levels[-1]
        pairs = [(last[i][0] + last[i + 1][0], False) for i in range(0, len(last) - 1, 2)]
        levels.append(sorted(leaves + pairs, key=lambda item: item[0]))
    take = 2 * len(present) - 2
    for level in reversed(levels):  # a package taken is two items taken one level down
        chosen = sum(leaf for _, leaf in level[:take])
        lengths[present[:chosen]] += 1
        take = 2 * (take - chosen)
    return lengths


def canonical_codes(lengths) -> np.ndarray:
    """Codes, int64 (256,): shorter before longer, of one length by symbol, counting upwards."""
    codes, code, previous = np.zeros(256, np.int64), 0, 0
    for symbol in np.argsort(lengths, kind="stable"):
        length = int(lengths[symbol])
        if length:
            code <<= length - previous if previous else 0
            codes[symbol], code, previous = code, code + 1, length
    return codes


def _table(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each window of the longest code's width: the symbol it begins with, and its length."""
    width = int(lengths.max())
    symbols, sizes = np.zeros(1 << width, np.uint8), np.zeros(1 << width, np.int64)
    codes = canonical_codes(lengths)
    for symbol in np.flatnonzero(lengths):
        spare = width - int(lengths[symbol])
        start = int(codes[symbol]) << spare
        symbols[start : start + (1 << spare)] = symbol
        sizes[start : start + (1 << spare)] = lengths[symbol]
    return symbols, sizes


def _flat(data) -> np.ndarray:
    if isinstance(data, bytes | bytearray | memoryview):
        data = np.frombuffer(data, np.uint8)
    data = np.asarray(data)
    if data.dtype != np.uint8 or data.size == 0:
        raise ParameterError(
            f"data: expected non-empty bytes or a uint8 array, got {data.dtype} {data.shape}"
        )
    return data.reshape(-1)
