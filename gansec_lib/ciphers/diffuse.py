"""Diffusion: every byte of the cipher image is made to depend on those before it.

All work on uint8 arrays (…, n) along the last axis, with key bytes of that shape or (n,).
"""

from __future__ import annotations

import numpy as np

from gansec_lib.errors import ParameterError


def chained(flat, key, start: int = 0) -> np.ndarray:
    """c[i] = p[i] + k[i] + c[i−1] mod 256, c[−1] = ``start``; a running sum, so no loop.

    >>> chained(np.array([1, 2, 3], np.uint8), np.zeros(3, np.uint8)).tolist()
    [1, 3, 6]
    """
    flat, key = _check(flat, key)
    return np.add.accumulate(flat + key, axis=-1, dtype=np.uint8) + _byte(start)


def undo_chained(cipher, key, start: int = 0) -> np.ndarray:
    """Undo ``chained``."""
    cipher, key = _check(cipher, key)
    return cipher - key - _before(cipher, start)


def xor_of_sum(flat, key, start: int = 0) -> np.ndarray:
    """c[i] = (p[i] + k[i] mod 256) ⊕ c[i−1], c[−1] = ``start``; a running exclusive-or."""
    flat, key = _check(flat, key)
    return np.bitwise_xor.accumulate(flat + key, axis=-1) ^ _byte(start)


def undo_xor_of_sum(cipher, key, start: int = 0) -> np.ndarray:
    """Undo ``xor_of_sum``."""
    cipher, key = _check(cipher, key)
    return (cipher ^ _before(cipher, start)) - key


def _before(cipher: np.ndarray, start: int) -> np.ndarray:
    """The byte before each."""
    first = np.full((*cipher.shape[:-1], 1), _byte(start))
    return np.concatenate([first, cipher[..., :-1]], axis=-1)


def _byte(start: int) -> np.uint8:
    if not 0 <= int(start) <= 255:
        raise ParameterError(f"start: expected a byte, got {start!r}")
    return np.uint8(start)


def _check(flat, key) -> tuple[np.ndarray, np.ndarray]:
    flat, key = np.asarray(flat), np.asarray(key)
    for name, array in (("flat", flat), ("key", key)):
        if array.dtype != np.uint8 or array.ndim < 1 or array.size == 0:
            raise ParameterError(
                f"{name}: expected a non-empty uint8 array (…, n), got {array.dtype} {array.shape}"
            )
    if key.shape not in (flat.shape, flat.shape[-1:]):
        raise ParameterError(f"key: expected the shape of flat {flat.shape}, got {key.shape}")
    return flat, key
