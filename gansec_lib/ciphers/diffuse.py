"""Diffusion: every byte of the cipher image is made to depend on those before it.

All work on uint8 arrays (…, n) along the last axis, with key bytes of that shape or (n,).
"""

from __future__ import annotations

import numpy as np

from gansec_lib.ciphers import substitute
from gansec_lib.errors import ParameterError


def xor(flat, key) -> np.ndarray:
    """c = p ⊕ k; its own inverse."""
    flat, key = _check(flat, key)
    return flat ^ key


def mod_add(flat, key) -> np.ndarray:
    """c = p + k mod 256."""
    flat, key = _check(flat, key)
    return flat + key


def undo_mod_add(cipher, key) -> np.ndarray:
    """Undo ``mod_add``."""
    cipher, key = _check(cipher, key)
    return cipher - key


def rotate(flat, key) -> np.ndarray:
    """Each byte's bits rolled to the left by k mod 8.

    >>> rotate(np.array([0b10000001], np.uint8), np.array([9], np.uint8)).tolist()
    [3]
    """
    flat, key = _check(flat, key)
    return flat << (key & 7) | flat >> (-key & 7)


def undo_rotate(cipher, key) -> np.ndarray:
    """Undo ``rotate``."""
    cipher, key = _check(cipher, key)
    return rotate(cipher, -key)


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
    return cipher - key - _before(cipher, _byte(start))


def xor_of_sum(flat, key, start: int = 0) -> np.ndarray:
    """c[i] = (p[i] + k[i] mod 256) ⊕ c[i−1], c[−1] = ``start``; a running exclusive-or."""
    flat, key = _check(flat, key)
    return np.bitwise_xor.accumulate(flat + key, axis=-1) ^ _byte(start)


def undo_xor_of_sum(cipher, key, start: int = 0) -> np.ndarray:
    """Undo ``xor_of_sum``."""
    cipher, key = _check(cipher, key)
    return (cipher ^ _before(cipher, _byte(start))) - key


def sbox_feedback(flat, key, start: int = 0, sbox=None) -> np.ndarray:
    """c[i] = (p[i] + k[i] mod 256) ⊕ S[c[i−1]], c[−1] = ``start``; compiled by numba.

    A highest bit flipped passes straight through sums and exclusive-ors; not through an S-box.

    Parameters
    ----------
    sbox : uint8 (256,), optional
        AES's where none is given (ours).
    """
    flat, key = _check(flat, key)
    return _step(flat, key, _byte(start), _table(sbox))


def undo_sbox_feedback(cipher, key, start: int = 0, sbox=None) -> np.ndarray:
    """Undo ``sbox_feedback``."""
    cipher, key = _check(cipher, key)
    return _undo_step(cipher, key, _byte(start), _table(sbox))


def two_way(flat, forward, backward, starts=(0, 0), sbox=None) -> np.ndarray:
    """``xor_of_sum`` from the first byte to the last, then from the last to the first.

    Parameters
    ----------
    forward, backward : uint8 (…, n) or (n,)
        One keystream for each way.
    starts : pair of bytes
        Before the first byte and after the last.
    sbox : uint8 (256,), optional
        With one, both ways are ``sbox_feedback``.
    """
    flat, forward = _check(flat, forward)
    _, backward = _check(flat, backward, "backward")
    sbox = None if sbox is None else _table(sbox)
    middle = _step(flat, forward, _byte(starts[0]), sbox)[..., ::-1]
    return _step(middle, backward[..., ::-1], _byte(starts[1]), sbox)[..., ::-1].copy()


def undo_two_way(cipher, forward, backward, starts=(0, 0), sbox=None) -> np.ndarray:
    """Undo ``two_way``."""
    cipher, forward = _check(cipher, forward)
    _, backward = _check(cipher, backward, "backward")
    sbox = None if sbox is None else _table(sbox)
    middle = _undo_step(cipher[..., ::-1], backward[..., ::-1], _byte(starts[1]), sbox)
    return _undo_step(middle[..., ::-1], forward, _byte(starts[0]), sbox)


def converge(flat, key, starts=(0, 0), sbox=None) -> np.ndarray:
    """From both ends to the middle, then out again (specs §2, after Man et al., MTAP 80, 2021).

    With h = ⌊n/2⌋: inwards, the left half from ``starts[0]`` and the right from ``starts[1]``;
    outwards, the left half from the byte at h, then the right from the new byte 0, with the key
    read backwards. Without an S-box a flipped highest bit cancels itself in many bytes, up to
    half of them; kept, because it is what was published.

    Parameters
    ----------
    sbox : uint8 (256,), optional
        Feed back S[c] in place of c.
    """
    flat, key = _check(flat, key)
    sbox = None if sbox is None else _table(sbox)
    half, mirrored = flat.shape[-1] // 2, key[..., ::-1]
    left = _step(flat[..., :half], key[..., :half], _byte(starts[0]), sbox)
    right = _step(flat[..., half:][..., ::-1], key[..., half:][..., ::-1], _byte(starts[1]), sbox)
    right = right[..., ::-1]
    left = _step(left[..., ::-1], mirrored[..., :half][..., ::-1], right[..., 0], sbox)[..., ::-1]
    turn = left[..., 0] if half else _byte(starts[0])  # a single byte has no left half
    right = _step(right, mirrored[..., half:], turn, sbox)
    return np.concatenate([left, right], axis=-1)


def undo_converge(cipher, key, starts=(0, 0), sbox=None) -> np.ndarray:
    """Undo ``converge``: the right half of the way out first."""
    cipher, key = _check(cipher, key)
    sbox = None if sbox is None else _table(sbox)
    half, mirrored = cipher.shape[-1] // 2, key[..., ::-1]
    left, right = cipher[..., :half], cipher[..., half:]
    turn = left[..., 0] if half else _byte(starts[0])
    right = _undo_step(right, mirrored[..., half:], turn, sbox)
    left = _undo_step(left[..., ::-1], mirrored[..., :half][..., ::-1], right[..., 0], sbox)[
        ..., ::-1
    ]
    left = _undo_step(left, key[..., :half], _byte(starts[0]), sbox)
    right = _undo_step(right[..., ::-1], key[..., half:][..., ::-1], _byte(starts[1]), sbox)
    return np.concatenate([left, right[..., ::-1]], axis=-1)


def block_add(flat, key, size: int, start: int = 0) -> np.ndarray:
    """Blocks of ``size`` bytes: C[b] = P[b] + K[b] + C[b−1] mod 256, C[−1] all ``start``."""
    flat, key = _check(flat, key)
    summed = np.add.accumulate(_in_blocks(flat + key, size), axis=-2, dtype=np.uint8)
    return (summed + _byte(start)).reshape(flat.shape)


def undo_block_add(cipher, key, size: int, start: int = 0) -> np.ndarray:
    """Undo ``block_add``."""
    cipher, key = _check(cipher, key)
    rows = _in_blocks(cipher, size)
    first = np.full_like(rows[..., :1, :], _byte(start))
    before = np.concatenate([first, rows[..., :-1, :]], axis=-2).reshape(cipher.shape)
    return cipher - key - before


def _in_blocks(flat: np.ndarray, size: int) -> np.ndarray:
    if size < 1 or flat.shape[-1] % size:
        raise ParameterError(
            f"size: expected a number that divides {flat.shape[-1]} bytes, got {size}"
        )
    return flat.reshape(*flat.shape[:-1], -1, size)


def _step(flat, key, start, sbox) -> np.ndarray:
    """(p + k) ⊕ c_prev, or ⊕ S[c_prev]; ``start`` a byte, or one for each row (…,)."""
    start = np.broadcast_to(start, flat.shape[:-1])
    if sbox is None:
        return np.bitwise_xor.accumulate(flat + key, axis=-1) ^ start[..., None]
    from gansec_lib.ciphers.block_kernels import feed_back

    out = np.empty(flat.shape, np.uint8)
    rows = (-1, flat.shape[-1])
    if out.size:
        keys = np.ascontiguousarray(np.broadcast_to(key, flat.shape)).reshape(rows)
        plain = np.ascontiguousarray(flat).reshape(rows)
        feed_back(plain, keys, np.ascontiguousarray(start).reshape(-1), sbox, out.reshape(rows))
    return out


def _undo_step(cipher, key, start, sbox) -> np.ndarray:
    """Undo ``_step``; all bytes at once, for each needs only the cipher's byte before it."""
    before = _before(cipher, start)
    return (cipher ^ (before if sbox is None else sbox[before])) - key


def _table(sbox) -> np.ndarray:
    return substitute.AES_SBOX if sbox is None else substitute.check_sbox(sbox)


def _before(cipher: np.ndarray, start) -> np.ndarray:
    """The byte before each; ``start`` a byte, or one for each row."""
    first = np.broadcast_to(start, cipher.shape[:-1])[..., None].astype(np.uint8)
    return np.concatenate([first, cipher[..., :-1]], axis=-1)[..., : cipher.shape[-1]]


def _byte(start: int) -> np.uint8:
    if not 0 <= int(start) <= 255:
        raise ParameterError(f"start: expected a byte, got {start!r}")
    return np.uint8(start)


def _check(flat, key, name: str = "key") -> tuple[np.ndarray, np.ndarray]:
    flat, key = np.asarray(flat), np.asarray(key)
    for what, array in (("flat", flat), (name, key)):
        if array.dtype != np.uint8 or array.ndim < 1 or array.size == 0:
            raise ParameterError(
                f"{what}: expected a non-empty uint8 array (…, n), got {array.dtype} {array.shape}"
            )
    if key.shape not in (flat.shape, flat.shape[-1:]):
        raise ParameterError(f"{name}: expected the shape of flat {flat.shape}, got {key.shape}")
    return flat, key
