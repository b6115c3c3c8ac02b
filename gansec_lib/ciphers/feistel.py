"""The generalised Feistel network of type 2 (Zheng, Matsumoto, Imai, CRYPTO '89), four branches.

Each round: B1 ⊕= F(B0, k0), B3 ⊕= F(B2, k1), then the branches move one place to the left. F need
not have an inverse. A change reaches all of a block only after some rounds: use eight or more.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gansec_lib.ciphers.substitute import check_sbox
from gansec_lib.errors import ParameterError

BRANCHES = 4
RoundFunction = Callable[[np.ndarray, np.ndarray], np.ndarray]


def generalised(blocks, round_function: RoundFunction, keys) -> np.ndarray:
    """Encrypt blocks, all leading axes at once.

    Parameters
    ----------
    blocks : uint8 (…, 4 w)
    round_function : callable
        (branch uint8 (…, w), round key) -> uint8 (…, w).
    keys : uint8 (rounds, 2, …)
        Two round keys for each round, handed to the round function as they are.

    >>> rounds = np.arange(16, dtype=np.uint8).reshape(8, 2, 1)
    >>> block = np.arange(4, dtype=np.uint8)
    >>> there = generalised(block, lambda x, k: x * 5 + k, rounds)
    >>> undo_generalised(there, lambda x, k: x * 5 + k, rounds).tolist()
    [0, 1, 2, 3]
    """
    branches, keys = _branches(blocks), _check_keys(keys)
    for first, second in keys:
        b0, b1, b2, b3 = branches
        branches = [b1 ^ _f(round_function, b0, first), b2, b3 ^ _f(round_function, b2, second), b0]
    return np.concatenate(branches, axis=-1)


def undo_generalised(blocks, round_function: RoundFunction, keys) -> np.ndarray:
    """Undo ``generalised``: the rounds from the last to the first, the same F."""
    branches, keys = _branches(blocks), _check_keys(keys)
    for first, second in keys[::-1]:
        b1, b2, b3, b0 = branches
        branches = [b0, b1 ^ _f(round_function, b0, first), b2, b3 ^ _f(round_function, b2, second)]
    return np.concatenate(branches, axis=-1)


def neural_round(weights, sbox) -> RoundFunction:
    """F(x, k) = S[W x + k mod 256]: one layer of a network on bytes (ours after specs §5).

    Parameters
    ----------
    weights : uint8 (w, w)
        With an odd diagonal, so that no input byte falls out.
    sbox : uint8 (256,)
    """
    weights, sbox = np.asarray(weights), check_sbox(sbox)
    square = weights.ndim == 2 and weights.shape[0] == weights.shape[1] and weights.size > 0
    if weights.dtype != np.uint8 or not square or not (np.diag(weights) & 1).all():
        raise ParameterError(
            f"weights: expected uint8 (w, w) with an odd diagonal, got {weights.dtype} "
            f"{weights.shape}"
        )

    def round_function(x, key):
        return sbox[x @ weights.T + key]  # uint8 sums are sums mod 256

    return round_function


def _f(round_function, x, key) -> np.ndarray:
    out = np.asarray(round_function(x, key))
    if out.dtype != np.uint8 or out.shape != x.shape:
        raise ParameterError(
            f"round_function: expected uint8 {x.shape} back, got {out.dtype} {out.shape}"
        )
    return out


def _branches(blocks) -> list[np.ndarray]:
    blocks = np.asarray(blocks)
    shape = blocks.shape
    if blocks.dtype != np.uint8 or blocks.size == 0 or not shape or shape[-1] % BRANCHES:
        raise ParameterError(
            f"blocks: expected non-empty uint8 (…, {BRANCHES} w), got {blocks.dtype} {shape}"
        )
    return np.split(blocks, BRANCHES, axis=-1)


def _check_keys(keys) -> np.ndarray:
    keys = np.asarray(keys)
    if keys.dtype != np.uint8 or keys.ndim < 2 or keys.shape[1] != 2 or len(keys) == 0:
        raise ParameterError(
            f"keys: expected uint8 (rounds, 2, …), two a round, got {keys.dtype} {keys.shape}"
        )
    return keys
