"""Cipher-block chaining in both directions, around any block cipher.

Forwards c[j] = E(p[j] ⊕ c[j−1]), then d[j] = E(c[j] ⊕ d[j+1]) backwards, so that a change of any
block reaches all. Encrypting is one block after another; decrypting hands all blocks over at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gansec_lib.errors import ParameterError

BlockCipher = Callable[[np.ndarray], np.ndarray]


def two_way(blocks, encrypt_block: BlockCipher, first, last) -> np.ndarray:
    """Chain forwards from ``first``, then backwards from ``last``.

    Parameters
    ----------
    blocks : uint8 (…, n, size)
        ``pad`` makes them from bytes of any number.
    encrypt_block : callable
        uint8 (…, size) -> the same shape; bijective.
    first, last : uint8 (size,)
        The blocks before the first and after the last; new ones for each message.

    >>> blocks = np.arange(6, dtype=np.uint8).reshape(3, 2)
    >>> start = np.array([7, 9], np.uint8)
    >>> there = two_way(blocks, lambda x: x + 1, start, start)
    >>> undo_two_way(there, lambda x: x - 1, start, start).tolist()
    [[0, 1], [2, 3], [4, 5]]
    """
    out = _check(blocks, first, last).copy()
    count = out.shape[-2]
    before = np.asarray(first)
    for j in range(count):
        before = out[..., j, :] = _same(encrypt_block, out[..., j, :] ^ before)
    before = np.asarray(last)
    for j in range(count - 1, -1, -1):
        before = out[..., j, :] = _same(encrypt_block, out[..., j, :] ^ before)
    return out


def undo_two_way(blocks, decrypt_block: BlockCipher, first, last) -> np.ndarray:
    """Undo ``two_way``; ``decrypt_block`` gets (…, n, size), all blocks in one call."""
    blocks = _check(blocks, first, last)
    ends = np.broadcast_to(last, (*blocks.shape[:-2], 1, blocks.shape[-1]))
    after = np.concatenate([blocks[..., 1:, :], ends], axis=-2)
    middle = _same(decrypt_block, blocks) ^ after
    starts = np.broadcast_to(first, ends.shape)
    before = np.concatenate([starts, middle[..., :-1, :]], axis=-2)
    return _same(decrypt_block, middle) ^ before


def pad(flat, size: int) -> np.ndarray:
    """Bytes (n,) to blocks (⌈(n + 1) / size⌉, size): 1 to ``size`` bytes added, each saying how
    many (PKCS #7; so ``size`` is at most 255).

    >>> pad(np.array([5, 6, 7], np.uint8), 2).tolist()
    [[5, 6], [7, 1]]
    """
    flat = np.asarray(flat)
    if flat.dtype != np.uint8 or flat.ndim != 1 or flat.size == 0:
        raise ParameterError(f"flat: expected non-empty uint8 (n,), got {flat.dtype} {flat.shape}")
    if not 1 <= size <= 255:
        raise ParameterError(f"size: expected 1 to 255 bytes a block, got {size}")
    spare = size - flat.size % size
    return np.concatenate([flat, np.full(spare, spare, np.uint8)]).reshape(-1, size)


def _same(block_cipher: BlockCipher, blocks: np.ndarray) -> np.ndarray:
    out = np.asarray(block_cipher(blocks))
    if out.dtype != np.uint8 or out.shape != blocks.shape:
        raise ParameterError(
            f"block cipher: expected uint8 {blocks.shape} back, got {out.dtype} {out.shape}"
        )
    return out


def _check(blocks, first, last) -> np.ndarray:
    blocks = np.asarray(blocks)
    if blocks.dtype != np.uint8 or blocks.ndim < 2 or blocks.size == 0:
        raise ParameterError(
            f"blocks: expected non-empty uint8 (…, n, size), got {blocks.dtype} {blocks.shape}"
        )
    for name, start in (("first", np.asarray(first)), ("last", np.asarray(last))):
        if start.dtype != np.uint8 or start.shape != blocks.shape[-1:]:
            raise ParameterError(
                f"{name}: expected uint8 {blocks.shape[-1:]}, got {start.dtype} {start.shape}"
            )
    return blocks
