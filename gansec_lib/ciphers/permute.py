"""Permutations of bytes and pixels, each with its exact inverse. Arrays are numpy, any dtype.

``out[i] = flat[order[i]]`` throughout; leading axes are a batch. Permutations of a picture's parts
(blocks, bit planes, shifts, zig-zag, polyphase) are in ``permute_parts``, and reached from here.
"""

from __future__ import annotations

import numpy as np

from gansec_lib.errors import ParameterError


def order_from(values) -> np.ndarray:
    """The stable sorting order of key values, int64 (n,): equal values keep their order.

    >>> order_from([0.3, 0.1, 0.2, 0.1]).tolist()
    [1, 3, 2, 0]
    """
    values = np.asarray(values)
    if values.ndim != 1 or values.size == 0:
        raise ParameterError(f"values: expected a non-empty array (n,), got shape {values.shape}")
    return np.argsort(values, kind="stable")


def check_order(order, n: int, name: str = "order") -> np.ndarray:
    """``order`` as an array if it is a permutation of 0 … n − 1."""
    order = np.asarray(order)
    if order.shape != (n,) or order.dtype.kind not in "iu":
        raise ParameterError(f"{name}: expected {n} whole numbers, got {order.dtype} {order.shape}")
    whole = n > 0 and order.min() >= 0 and order.max() < n  # before counting: it costs max(order)
    if not whole or (np.bincount(order, minlength=n) != 1).any():
        raise ParameterError(f"{name}: expected each of 0 … {n - 1} once")
    return order


def fisher_yates(words, n: int) -> np.ndarray:
    """The shuffle of Fisher and Yates (Durstenfeld's form, CACM 7, 1964), int64 (n,).

    From the last place to the second: place i is swapped with place word mod (i + 1).

    Parameters
    ----------
    words : uint32 or uint64 (at least n − 1,)
        A keystream, such as ``twister.MT19937(seed).random_uint32(n - 1)``. The remainder prefers
        small places by at most n / 2³² (n / 2⁶⁴), as in the ciphers that do it so.

    >>> fisher_yates(np.array([1, 0, 1], np.uint32), 4).tolist()
    [2, 3, 0, 1]
    """
    from gansec_lib.ciphers.block_kernels import shuffle

    words = np.asarray(words)
    if n < 1:
        raise ParameterError(f"n: expected 1 or more, got {n}")
    if words.dtype not in (np.uint32, np.uint64) or words.ndim != 1 or len(words) < n - 1:
        raise ParameterError(
            f"words: expected uint32 or uint64 ({n - 1},) or more, got {words.dtype} {words.shape}"
        )
    return shuffle(words.astype(np.uint64), n)


def apply(flat, order) -> np.ndarray:
    """``flat[…, order]``.

    >>> apply(np.array([10, 20, 30]), [2, 0, 1]).tolist()
    [30, 10, 20]
    """
    flat = np.asarray(flat)
    return flat[..., check_order(order, flat.shape[-1])]


def undo(flat, order) -> np.ndarray:
    """Undo ``apply``."""
    flat = np.asarray(flat)
    out = np.empty_like(flat)
    out[..., check_order(order, flat.shape[-1])] = flat
    return out


def rows_columns(image, row_order, column_order) -> np.ndarray:
    """Rows, then columns of (…, H, W) moved whole."""
    image = np.asarray(image)
    rows = check_order(row_order, image.shape[-2], "row_order")
    columns = check_order(column_order, image.shape[-1], "column_order")
    return image[..., rows, :][..., columns]


def undo_rows_columns(image, row_order, column_order) -> np.ndarray:
    """Undo ``rows_columns``."""
    image = np.asarray(image)
    rows = check_order(row_order, image.shape[-2], "row_order")
    columns = check_order(column_order, image.shape[-1], "column_order")
    return image[..., np.argsort(rows), :][..., np.argsort(columns)]


def arnold(image, a: int = 1, b: int = 1, rounds: int = 1) -> np.ndarray:
    """The generalised cat map on square (…, N, N): (x, y) goes to (x + a y, b x + (ab + 1) y).

    Raises
    ------
    ParameterError
        For a picture that is not square.
    """
    x, y = _arnold_places(image, a, b, rounds)
    image = np.asarray(image)
    out = np.empty_like(image)
    out[..., y, x] = image
    return out


def undo_arnold(image, a: int = 1, b: int = 1, rounds: int = 1) -> np.ndarray:
    """Undo ``arnold``."""
    x, y = _arnold_places(image, a, b, rounds)
    return np.asarray(image)[..., y, x]


def arnold_period(side: int, a: int = 1, b: int = 1) -> int:
    """Rounds after which the cat map of N × N is back.

    >>> arnold_period(256), arnold_period(100), arnold_period(124)
    (192, 150, 15)
    """
    if side < 1:
        raise ParameterError(f"side: expected 1 or more, got {side}")
    step, power, rounds = (1, a, b, a * b + 1), (1 % side, 0, 0, 1 % side), 0
    while True:
        power = _times(step, power, side)
        rounds += 1
        if power == (1 % side, 0, 0, 1 % side):
            return rounds


def _arnold_places(image, a: int, b: int, rounds: int):
    """Where each pixel (y, x) goes: arrays x', y' (N, N)."""
    shape = np.shape(image)
    if len(shape) < 2 or shape[-1] != shape[-2] or 0 in shape:
        raise ParameterError(
            f"image: the cat map needs a square (…, N, N), got {shape}; crop or pad it first"
        )
    if rounds < 0:
        raise ParameterError(f"rounds: expected 0 or more, got {rounds}")
    side = shape[-1]
    whole, step = (1, 0, 0, 1), (1, a, b, a * b + 1)
    while rounds:  # the matrix to the power of the rounds, by squaring
        if rounds & 1:
            whole = _times(step, whole, side)
        step, rounds = _times(step, step, side), rounds >> 1
    y, x = np.indices((side, side))
    return (whole[0] * x + whole[1] * y) % side, (whole[2] * x + whole[3] * y) % side


def _times(m, k, side: int) -> tuple[int, int, int, int]:
    """Product of two 2 × 2 matrices mod ``side``, rows first."""
    return (
        (m[0] * k[0] + m[1] * k[2]) % side,
        (m[0] * k[1] + m[1] * k[3]) % side,
        (m[2] * k[0] + m[3] * k[2]) % side,
        (m[2] * k[1] + m[3] * k[3]) % side,
    )


# One name for all of them; imported last, because that module checks its orders with this one.
from gansec_lib.ciphers.permute_parts import (  # noqa: E402
    bit_planes,
    blocks,
    cyclic_shifts,
    polyphase,
    undo_bit_planes,
    undo_blocks,
    undo_cyclic_shifts,
    undo_polyphase,
    undo_zigzag,
    zigzag,
    zigzag_order,
)

__all__ = [
    "apply",
    "arnold",
    "arnold_period",
    "bit_planes",
    "blocks",
    "check_order",
    "cyclic_shifts",
    "fisher_yates",
    "order_from",
    "polyphase",
    "rows_columns",
    "undo",
    "undo_arnold",
    "undo_bit_planes",
    "undo_blocks",
    "undo_cyclic_shifts",
    "undo_polyphase",
    "undo_rows_columns",
    "undo_zigzag",
    "zigzag",
    "zigzag_order",
]
