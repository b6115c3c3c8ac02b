"""Permutations of bytes and pixels, each with its exact inverse. Arrays are numpy, any dtype.

``out[i] = flat[order[i]]`` throughout; leading axes are a batch. Pictures are (…, H, W).
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


def blocks(image, side: int, order) -> np.ndarray:
    """Square blocks moved whole; H and W multiples of ``side``.

    Parameters
    ----------
    order : whole numbers (H W / side²,)
        Of the blocks, row after row.

    >>> blocks(np.arange(8).reshape(2, 4), 2, [1, 0]).tolist()
    [[2, 3, 0, 1], [6, 7, 4, 5]]
    """
    return _from_blocks(apply(_to_blocks(image, side), order), image, side)


def undo_blocks(image, side: int, order) -> np.ndarray:
    """Undo ``blocks``."""
    return _from_blocks(undo(_to_blocks(image, side), order), image, side)


def _to_blocks(image, side: int) -> np.ndarray:
    """(…, side, side, blocks)."""
    image = _tiled(image, side, "side")
    *batch, height, width = image.shape
    tiles = image.reshape(*batch, height // side, side, width // side, side)
    return np.moveaxis(tiles, (-3, -1), (-4, -3)).reshape(*batch, side, side, -1)


def _from_blocks(tiles: np.ndarray, image, side: int) -> np.ndarray:
    *batch, height, width = np.shape(image)
    tiles = tiles.reshape(*batch, side, side, height // side, width // side)
    return np.moveaxis(tiles, (-4, -3), (-3, -1)).reshape(*batch, height, width)


def bit_planes(image, order) -> np.ndarray:
    """Bit i of each byte becomes its bit order[i]; bit 0 is the least significant one.

    >>> bit_planes(np.array([[0b00000001]], np.uint8), [1, 2, 3, 4, 5, 6, 7, 0]).tolist()
    [[128]]
    """
    image = _picture(image)
    if image.dtype != np.uint8:
        raise ParameterError(f"image: expected uint8 (a byte has 8 planes), got {image.dtype}")
    bits = np.arange(256)[:, None] >> check_order(order, 8) & 1
    return (bits << np.arange(8)).sum(axis=1).astype(np.uint8)[image]


def undo_bit_planes(image, order) -> np.ndarray:
    """Undo ``bit_planes``."""
    return bit_planes(image, np.argsort(check_order(order, 8)))


def cyclic_shifts(image, row_shifts, column_shifts) -> np.ndarray:
    """Each row rolled to the right by its shift, then each column downwards by its own.

    Parameters
    ----------
    row_shifts, column_shifts : whole numbers (H,) and (W,)
        Any size, either sign.

    >>> cyclic_shifts(np.array([[1, 2, 3], [4, 5, 6]]), [1, 0], [0, 0, 1]).tolist()
    [[3, 1, 6], [4, 5, 2]]
    """
    image, y, x, rows, columns = _shifts(image, row_shifts, column_shifts)
    height, width = image.shape[-2:]
    image = image[..., y, (x - rows[:, None]) % width]
    return image[..., (y - columns) % height, x]


def undo_cyclic_shifts(image, row_shifts, column_shifts) -> np.ndarray:
    """Undo ``cyclic_shifts``."""
    image, y, x, rows, columns = _shifts(image, row_shifts, column_shifts)
    height, width = image.shape[-2:]
    image = image[..., (y + columns) % height, x]
    return image[..., y, (x + rows[:, None]) % width]


def _shifts(image, row_shifts, column_shifts):
    image = _picture(image)
    height, width = image.shape[-2:]
    found = []
    for name, shifts, size, period in (
        ("row_shifts", row_shifts, height, width),
        ("column_shifts", column_shifts, width, height),
    ):
        shifts = np.asarray(shifts)
        if shifts.shape != (size,) or shifts.dtype.kind not in "iu":
            raise ParameterError(
                f"{name}: expected {size} whole numbers, got {shifts.dtype} {shifts.shape}"
            )
        wide = shifts.astype(np.uint64 if shifts.dtype.kind == "u" else np.int64)
        found.append((wide % wide.dtype.type(period)).astype(np.int64))
    y, x = np.arange(image.shape[-2])[:, None], np.arange(image.shape[-1])
    return image, y, x, *found


def zigzag_order(height: int, width: int) -> np.ndarray:
    """The diagonal scan of JPEG (ITU-T T.81, figure 5) on any rectangle, int64 (H W,).

    >>> zigzag_order(3, 3).tolist()
    [0, 1, 3, 6, 4, 2, 5, 7, 8]
    """
    if height < 1 or width < 1:
        raise ParameterError(f"height, width: expected 1 or more, got {height}, {width}")
    y, x = np.indices((height, width)).reshape(2, -1)
    diagonal = y + x
    return np.lexsort((np.where(diagonal % 2, y, x), diagonal))


def zigzag(image) -> np.ndarray:
    """A picture (…, H, W) read in diagonals, (…, H W)."""
    image = _picture(image)
    return image.reshape(*image.shape[:-2], -1)[..., zigzag_order(*image.shape[-2:])]


def undo_zigzag(flat, height: int, width: int) -> np.ndarray:
    """Undo ``zigzag``: (…, H W) to (…, H, W)."""
    flat = np.asarray(flat)
    return undo(flat, zigzag_order(height, width)).reshape(*flat.shape[:-1], height, width)


def polyphase(image, factor: int, orders) -> np.ndarray:
    """Each of the factor² polyphase components image[r::factor, c::factor] permuted by itself.

    So a picture down-sampled by ``factor`` (one component of it) can still be decrypted.

    Parameters
    ----------
    orders : whole numbers (factor², H W / factor²)
        Of component r · factor + c, row after row.
    """
    return _each_component(apply, image, factor, orders)


def undo_polyphase(image, factor: int, orders) -> np.ndarray:
    """Undo ``polyphase``."""
    return _each_component(undo, image, factor, orders)


def _each_component(move, image, factor: int, orders) -> np.ndarray:
    image = _tiled(image, factor, "factor")
    if len(orders) != factor**2:
        raise ParameterError(f"orders: expected {factor**2}, one a component, got {len(orders)}")
    out = np.empty_like(image)
    for place, order in enumerate(orders):
        part = (..., slice(place // factor, None, factor), slice(place % factor, None, factor))
        component = image[part]
        flat = component.reshape(*component.shape[:-2], -1)
        out[part] = move(flat, order).reshape(component.shape)
    return out


def _tiled(image, side: int, name: str) -> np.ndarray:
    image = _picture(image)
    if side < 1 or image.shape[-2] % side or image.shape[-1] % side:
        raise ParameterError(
            f"{name}: expected a number that divides H and W {image.shape[-2:]}, got {side}; "
            f"crop or pad the picture first"
        )
    return image


def _picture(image) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim < 2 or image.size == 0:
        raise ParameterError(f"image: expected a non-empty array (…, H, W), got {image.shape}")
    return image
