"""Exact randomness and value noise for the procedural pictures: the same bytes everywhere.

Only operations that IEEE 754 defines to the last bit are used (+ − × ÷ sqrt, floor, comparisons,
integers), because the vector versions of exp, sin or tanh differ in their last bit between
processors, and sums over pixels depend on the order in which a machine adds. Random numbers are
the raw words of PCG64, whose stream numpy promises to keep, turned into floats here.
"""

from __future__ import annotations

import numpy as np

from gansec_lib.errors import ParameterError

SPLITS = ("train", "validation", "test")
SIZES = (32, 256)
_F = np.float32


def check_arguments(count: int, size: int, seed: int, split: str) -> int:
    """Check what every procedural ``generate`` takes; return the number of the split."""
    for name, value in (("count", count), ("size", size), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise ParameterError(f"{name}: expected a whole number, got {value!r}")
    if count < 0:
        raise ParameterError(f"count: expected 0 or more pictures, got {count}")
    if not SIZES[0] <= size <= SIZES[1]:
        raise ParameterError(f"size: expected {SIZES[0]} to {SIZES[1]} pixels, got {size}")
    if seed < 0:
        raise ParameterError(f"seed: expected 0 or more, got {seed}")
    if split not in SPLITS:
        raise ParameterError(f"split: expected one of {', '.join(SPLITS)}, got {split!r}")
    return SPLITS.index(split)


class Draws:
    """A stream of random numbers that is read row by row.

    Row k is the same however many rows are asked for at once, so picture k does not depend on
    how many pictures are drawn or in what batches. Keys that differ give independent streams.

    Parameters
    ----------
    *key : int
        Seed, split, purpose …: any non-negative whole numbers.

    >>> a, b = Draws(1, 2), Draws(1, 2)
    >>> import numpy as np
    >>> np.array_equal(a.unit(6, 3), np.concatenate([b.unit(4, 3), b.unit(2, 3)]))
    True
    """

    def __init__(self, *key: int):
        self._bits = np.random.PCG64(np.random.SeedSequence([int(k) for k in key]))

    def _words(self, rows: int, number: int) -> np.ndarray:
        """uint32 (rows, number); each row uses up whole 64-bit words."""
        half = (number + 1) // 2
        raw = self._bits.random_raw(rows * half).astype("<u8", copy=False)
        return raw.view("<u4").reshape(rows, 2 * half)[:, :number]

    def unit(self, rows: int, *shape: int) -> np.ndarray:
        """Uniform float32 in [0, 1), (rows, *shape), multiples of 2⁻²⁴."""
        words = self._words(rows, int(np.prod(shape)))
        return ((words >> np.uint32(8)).astype(_F) * _F(2.0**-24)).reshape(rows, *shape)

    def bell(self, rows: int, *shape: int) -> np.ndarray:
        """Bell-shaped float32 (rows, *shape), mean 0, variance 1: the sum of four bytes."""
        words = self._words(rows, int(np.prod(shape)))
        mask = np.uint32(0x00FF00FF)
        pairs = (words & mask) + ((words >> np.uint32(8)) & mask)
        total = ((pairs & np.uint32(0xFFFF)) + (pairs >> np.uint32(16))).astype(_F)
        total -= _F(510.0)
        total *= _F(1 / 147.8)
        return total.reshape(rows, *shape)


class Columns:
    """Deals the columns of a table of ``Draws.unit`` one by one, as (rows, 1, 1)."""

    def __init__(self, table: np.ndarray):
        self._table = table
        self._next = 0

    def __call__(self, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """The next parameter, uniform float32 in [low, high), (rows, 1, 1)."""
        column = self._table[:, self._next, None, None]
        self._next += 1
        return _F(low) + column * _F(high - low)

    def chance(self, probability: float) -> np.ndarray:
        """The next parameter as bool (rows, 1, 1), true with the given probability."""
        return self() < _F(probability)

    def block(self, number: int) -> np.ndarray:
        """The next ``number`` parameters at once, float32 in [0, 1), (rows, number)."""
        self._next += number
        return self._table[:, self._next - number : self._next]


_BASIS = {}


def _spline(cells: int, size: int):
    """Index and cubic B-spline weight of the 4 lattice nodes that each pixel leans on."""
    if (cells, size) not in _BASIS:
        at = (np.arange(size, dtype=np.float64) + 0.5) * cells / size
        first = np.floor(at).astype(np.intp)
        t = at - first
        u, square = 1 - t, t * t
        weights = [u * u * u / 6, (3 * t * square - 6 * square + 4) / 6]
        weights += [(3 * square + 3 * t + 1 - 3 * t * square) / 6, t * square / 6]
        _BASIS[cells, size] = first, [w.astype(_F)[None, :, None] for w in weights]
    return _BASIS[cells, size]


def _raise_axis(lattice: np.ndarray, cells: int, size: int) -> np.ndarray:
    first, weights = _spline(cells, size)
    out = lattice[:, first] * weights[0]
    for k in (1, 2, 3):
        out += lattice[:, first + k] * weights[k]
    return out


def smooth_field(lattice: np.ndarray, height: int, width: int | None = None) -> np.ndarray:
    """Cubic B-spline surface through random lattice values.

    Parameters
    ----------
    lattice : float32 (N, rows + 3, columns + 3)
        Values at the nodes; the picture spans rows × columns cells.
    height, width : int
        Size of the surface; a width left out equals the height.

    Returns
    -------
    float32 (N, height, width)

    >>> import numpy as np
    >>> smooth_field(np.ones((1, 5, 6), np.float32), 4, 6).shape
    (1, 4, 6)
    """
    width = height if width is None else width
    across = _raise_axis(np.ascontiguousarray(lattice.swapaxes(1, 2)), lattice.shape[2] - 3, width)
    return _raise_axis(np.ascontiguousarray(across.swapaxes(1, 2)), lattice.shape[1] - 3, height)


def step(x: np.ndarray) -> np.ndarray:
    """Smooth step of float32: 0 below 0, 1 above 1, 3x² − 2x³ between."""
    x = np.clip(x, _F(0), _F(1))
    square = x * x
    return square * (_F(3) - x - x)


def bump(x: np.ndarray) -> np.ndarray:
    """Smooth hill of float32: (1 − x²)² for |x| < 1, else 0."""
    x = np.clip(_F(1) - x * x, _F(0), _F(1))
    return x * x


def wave(x: np.ndarray) -> np.ndarray:
    """Sine-like wave of period 1 in float32, in [−1, 1], from two parabolas."""
    x = (x - np.floor(x)) * _F(2) - _F(1)
    return _F(-4) * x * (_F(1) - np.abs(x))


def root(x: np.ndarray) -> np.ndarray:
    """Square root of the positive part."""
    return np.sqrt(np.maximum(x, _F(0)))


def turn(half_tangent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine of an angle from t = tan(angle / 2): (1 − t²)/(1 + t²), 2t/(1 + t²)."""
    square = half_tangent * half_tangent
    return (_F(1) - square) / (_F(1) + square), _F(2) * half_tangent / (_F(1) + square)


def soften(pictures: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Blur (N, H, W) with [w, 1 − 2w, w] along both axes, w (N, 1, 1) in [0, 1/3]; edges repeat."""
    for axis in (1, 2):
        wide = np.pad(
            pictures, [(0, 0), *((1, 1) if a == axis else (0, 0) for a in (1, 2))], "edge"
        )
        before, after = (
            (wide[:, :-2], wide[:, 2:]) if axis == 1 else (wide[:, :, :-2], wide[:, :, 2:])
        )
        around = before + after
        pictures = pictures + weight * (around - (pictures + pictures))
    return pictures


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres as float32 x (1, 1, size) and y (1, size, 1), −1 to 1 across the picture."""
    line = (np.arange(size).astype(_F) * _F(2) + _F(1 - size)) / _F(size)
    return line[None, None, :], line[None, :, None]


def batches(count: int, size: int):
    """Number of pictures of each batch, so that a batch of float32 fields stays in the cache."""
    most = max(1, 49152 // (size * size))
    while count > 0:
        yield min(most, count)
        count -= most
