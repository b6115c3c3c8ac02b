"""A secret as the bytes that travel in a picture: sealed under a key, and found damaged or not.

What travels, in order::

    nonce (8 bytes) ‖ head: mark, kind, length (7) ‖ body ‖ CRC-32 of head and body (4)

Everything after the nonce is XORed with ChaCha20 under a key derived from the caller's key and the
nonce, so that to anyone else the whole is noise, and a wrong key does not even find a head. The
nonce is HMAC-SHA256(key, cover ‖ frame), cut: the same call gives the same stego on every machine,
and another cover or another secret gets another keystream.

A CRC finds accidents. It does not find a forger, who can change bits and mend it.
"""

from __future__ import annotations

import hmac
import math
import struct
import zlib
from collections.abc import Sequence

import numpy as np
import torch

from gansec_lib.ciphers.kdf import keystream
from gansec_lib.errors import ParameterError, TamperedError, WrongKeyError

NONCE = 8
MARK = b"gs"
HEAD = struct.Struct(">2sBI")  # mark, kind, length of the body
SIDES = struct.Struct(">BHH")  # channels, height, width: before a picture's bytes
BYTES, ROW, PICTURE = range(
    3
)  # what a secret was: bytes, a row of (N, n), a picture of (N, C, H, W)
OVERHEAD = NONCE + HEAD.size + 4  # bytes that travel beside a secret of bytes

Secret = bytes | torch.Tensor


def split(secrets: Sequence[bytes] | torch.Tensor, count: int) -> list[Secret]:
    """One secret for each of ``count`` covers, checked.

    Parameters
    ----------
    secrets : list of bytes, or uint8 tensor (N, n) or (N, C, H, W)
        A list holds secrets of any lengths; a tensor's rows are N equally long ones.

    Raises
    ------
    ParameterError
    """
    if isinstance(secrets, torch.Tensor):
        if secrets.dtype != torch.uint8 or secrets.ndim not in (2, 4):
            raise ParameterError(
                f"secrets: expected a uint8 tensor (N, n) of bytes or (N, C, H, W) of pictures, "
                f"got {secrets.dtype} {tuple(secrets.shape)}"
            )
        found = list(secrets.cpu())
    elif isinstance(secrets, list | tuple) and all(isinstance(s, bytes) for s in secrets):
        found = list(secrets)
    else:
        hint = "; [secret] for a single cover" if isinstance(secrets, bytes) else ""
        raise ParameterError(
            f"secrets: expected a list of bytes or a uint8 tensor, got {type(secrets).__name__}"
            f"{hint}"
        )
    if len(found) != count:
        raise ParameterError(
            f"secrets: expected {count}, one for each cover, got {len(found)}; [secret] * "
            f"len(covers) hides the same in all of them"
        )
    return found


def join(secrets: list[Secret]) -> list[bytes] | torch.Tensor:
    """What ``split`` was given.

    Raises
    ------
    ParameterError
        Secrets of different kinds or shapes: no one call of ``hide`` made them.
    """
    if all(isinstance(secret, bytes) for secret in secrets):
        return secrets
    shapes = {tuple(s.shape) if isinstance(s, torch.Tensor) else "bytes" for s in secrets}
    if len(shapes) > 1:
        raise ParameterError(
            f"stegos: hold secrets of different kinds ({', '.join(map(str, shapes))}); "
            f"reveal them one by one"
        )
    return torch.stack(secrets)


def seal(secret: Secret, key: bytes, cover: bytes) -> bytes:
    """The bytes that travel; see the head of this file.

    >>> sealed = seal(b"meet at noon", b"k" * 32, b"the cover's bytes")
    >>> len(sealed) - len(b"meet at noon") == OVERHEAD, unseal(sealed + b"rest", b"k" * 32)
    (True, b'meet at noon')
    """
    if isinstance(secret, bytes):
        kind, body = BYTES, secret
    else:
        kind, body = ROW, secret.contiguous().numpy().tobytes()
        if secret.ndim == 3:
            if max(secret.shape) >= 2**16:
                raise ParameterError(f"secrets: sides up to 65535, got {tuple(secret.shape)}")
            kind, body = PICTURE, SIDES.pack(*secret.shape) + body
    frame = HEAD.pack(MARK, kind, len(body)) + body
    frame += struct.pack(">I", zlib.crc32(frame))
    nonce = hmac.digest(key, cover + frame, "sha256")[:NONCE]
    return nonce + _xor(frame, key, nonce)


def unseal(received: bytes, key: bytes) -> Secret:
    """The secret at the beginning of ``received``; what follows it does not matter.

    Raises
    ------
    WrongKeyError
        No head under this key: the wrong key, no message at all, or damage right at its beginning.
    TamperedError
        A head is there, and what follows is not what was sent.
    """
    nonce, rest = received[:NONCE], received[NONCE:]
    head = _xor(rest[: HEAD.size], key, nonce)
    mark, kind, length = HEAD.unpack(head) if len(head) == HEAD.size else (b"", 0, 0)
    if mark != MARK or kind not in (BYTES, ROW, PICTURE):
        raise WrongKeyError(
            "stegos: no message under this key; the key is wrong, nothing was hidden, or the "
            "beginning of the message was damaged"
        )
    end = HEAD.size + length
    if end + 4 > len(rest):
        raise TamperedError(
            f"stegos: the message should have {length:,} bytes, and the picture holds at most "
            f"{len(received) - OVERHEAD:,}; damaged, or another key"
        )
    frame = _xor(rest[: end + 4], key, nonce)
    body = frame[HEAD.size : end]
    if zlib.crc32(frame[:end]) != int.from_bytes(frame[end:], "big"):
        raise TamperedError(
            "stegos: the message's CRC-32 does not fit; the picture was changed after hiding "
            "(saved as JPEG, resized, edited)"
        )
    if kind == BYTES:
        return body
    shape = (length,)
    if kind == PICTURE:
        shape, body = SIDES.unpack_from(body.ljust(SIDES.size)), body[SIDES.size :]
        if math.prod(shape) != len(body):
            raise TamperedError(f"stegos: {len(body):,} bytes for a picture of {shape}")
    return (
        torch.frombuffer(bytearray(body), dtype=torch.uint8).reshape(shape)
        if body
        else (torch.empty(shape, dtype=torch.uint8))
    )


def _xor(data: bytes, key: bytes, nonce: bytes) -> bytes:
    stream = keystream(key, len(data), b"gansec/message/" + nonce)
    return (np.frombuffer(data, np.uint8) ^ np.frombuffer(stream, np.uint8)).tobytes()
