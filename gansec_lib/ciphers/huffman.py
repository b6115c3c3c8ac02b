"""Huffman coding of bytes, optionally of their differences ("differential Huffman").

The codes are those of DEFLATE (RFC 1951) with its search for repetitions switched off, so every
byte costs 1 to 15 bits and nothing but the bytes' frequencies is used. The stream, integers
big-endian::

    GH | flags 1 byte | count 8 | raw DEFLATE | CRC-32, 4

A good cipher image has no redundancy left: whoever wants to save room compresses first.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from gansec_lib.errors import IntegrityError, ParameterError

_FIXED = struct.Struct(">2sBQ")
_MAGIC = b"GH"
_RAW = -15  # zlib's sign for DEFLATE without a header of its own


def encode(data, differences: bool = False) -> bytes:
    """The compressed stream of bytes, or of a uint8 array (whose shape the stream does not keep).

    Parameters
    ----------
    differences : bool
        Code x[i] − x[i−1] mod 256 instead of x[i], which is short for smooth pictures.

    Raises
    ------
    ParameterError
        No bytes, or an array of another type.

    >>> decode(encode(b"abracadabra")).tobytes()
    b'abracadabra'
    """
    symbols = _flat(data)
    if differences:
        symbols = np.diff(symbols, prepend=np.uint8(0))
    packer = zlib.compressobj(9, wbits=_RAW, strategy=zlib.Z_HUFFMAN_ONLY)
    body = _FIXED.pack(_MAGIC, int(differences), len(symbols))
    body += packer.compress(symbols.tobytes()) + packer.flush()
    return body + struct.pack(">I", zlib.crc32(body))


def decode(stream: bytes) -> np.ndarray:
    """The bytes that ``encode`` got, uint8 (n,).

    Raises
    ------
    IntegrityError
        Not such a stream, cut, or changed; nothing else, whatever the bytes.
    """
    stream = bytes(stream)
    if len(stream) <= _FIXED.size + 4 or stream[:2] != _MAGIC:
        raise IntegrityError(f"stream: {len(stream)} bytes are not a Huffman stream; cut, or other")
    if struct.pack(">I", zlib.crc32(stream[:-4])) != stream[-4:]:
        raise IntegrityError("stream: its checksum does not match; cut, or changed")
    _, flags, count = _FIXED.unpack_from(stream)
    packed = stream[_FIXED.size : -4]
    # A byte takes a bit or more, so a forged count asks for no more memory than that allows.
    if flags > 1 or not 0 < count <= 8 * len(packed):
        raise IntegrityError("stream: its flags or its count cannot be true; changed")
    reader = zlib.decompressobj(_RAW)
    try:
        data = reader.decompress(packed, count + 1)
    except zlib.error:
        raise IntegrityError("stream: its codes cannot be true; changed") from None
    if len(data) != count or not reader.eof or reader.unused_data:
        raise IntegrityError("stream: its payload and its count do not agree; cut, or changed")
    symbols = np.frombuffer(data, np.uint8)
    return np.add.accumulate(symbols, dtype=np.uint8) if flags else symbols.copy()


def _flat(data) -> np.ndarray:
    if isinstance(data, bytes | bytearray | memoryview):
        data = np.frombuffer(data, np.uint8)
    data = np.asarray(data)
    if data.dtype != np.uint8 or data.size == 0:
        raise ParameterError(
            f"data: expected non-empty bytes or a uint8 array, got {data.dtype} {data.shape}"
        )
    return data.reshape(-1)
