"""From key and nonce to starting points, and from states to bytes: each in one place."""

from __future__ import annotations

import hashlib

import numpy as np

from gansec_lib.chaos.orbits import byte_walker, check_finite
from gansec_lib.chaos.table import get
from gansec_lib.ciphers import kdf
from gansec_lib.errors import ParameterError

RULES = ("binary40", "decimal5", "decimal10", "decimal14", "raw")


def seeds(name: str, key: bytes, nonce: bytes, index: int = 0, count: int = 1) -> np.ndarray:
    """Starting points that look unrelated for any change of key, nonce or index.

    HKDF-SHA256(key, salt SHA-256(nonce), system ‖ index), 53 bits a coordinate, scaled to the open
    interval of admissible starts.

    Returns
    -------
    float64 array (count, dimension)
    """
    chaos = get(name)
    check_secret(key, nonce)
    if index < 0 or count < 1:
        raise ParameterError(f"index, count: expected ≥ 0 and ≥ 1, got {index} and {count}")
    label = f"gansec/chaos/{name}/".encode() + index.to_bytes(8, "big")
    salt = hashlib.sha256(nonce).digest()
    units = np.empty((count, chaos.dimension))
    for row in range(count):  # one derivation a point: HKDF gives at most 8,160 bytes
        info = label + row.to_bytes(4, "big")
        units[row] = kdf.unit_numbers(key, chaos.dimension, salt, info)
    low, high = np.array(chaos.start).T
    points = low + (high - low) * units
    return np.where(np.isin(points, (0.25, 0.5, 0.75)), np.nextafter(points, 2), points)


def check_secret(key: bytes, nonce: bytes) -> None:
    """Refuse a key under 16 bytes, and anything but ``bytes`` for either."""
    if not isinstance(key, bytes) or len(key) < 16:
        came = f"{len(key)} bytes" if isinstance(key, bytes) else type(key).__name__
        raise ParameterError(f"key: expected 16 bytes or more, got {came}")
    if not isinstance(nonce, bytes):
        raise ParameterError(f"nonce: expected bytes, got {type(nonce).__name__}")


def to_bytes(states, rule: str = "binary40", ranges=None) -> np.ndarray:
    """One byte of each number of a state.

    Parameters
    ----------
    states : float64 array, any shape
    rule : str
        ``binary40``: ⌊frac|x| · 2⁴⁰⌋ mod 256, scaling by a power of two is exact (ours, default).
        ``decimal5``, ``decimal10``, ``decimal14``: ⌊|x| · 10^k⌋ mod 256, as papers have it.
        ``raw``: ⌊256 (x − low) / (high − low)⌋, which keeps the map's density: not for keys.
    ranges : sequence of (low, high), optional
        For ``raw``, one for each of the last axis; [0, 1] when left out.

    Returns
    -------
    uint8 array of the same shape

    >>> to_bytes(np.array([0.5, 2.0**-40 * 258])).tolist()
    [0, 2]
    """
    if rule not in RULES:
        raise ParameterError(f"rule: expected one of {RULES}, got {rule!r}")
    x = np.asarray(states)
    if x.dtype != np.float64:
        raise ParameterError(f"states: expected float64, got {x.dtype}; narrower orbits repeat")
    if rule == "raw":
        low, high = np.array(ranges if ranges is not None else [(0.0, 1.0)], float).T
        return np.clip(256 * (x - low) / (high - low), 0, 255).astype(np.uint8)
    x = np.abs(x)
    scaled = (x - np.floor(x)) * 2.0**40 if rule == "binary40" else x * 10.0 ** int(rule[7:])
    return (scaled.astype(np.int64) & 255).astype(np.uint8)


def keystream(
    name: str, key: bytes, nonce: bytes, n: int, index: int = 0, params: dict | None = None
) -> np.ndarray:
    """``n`` key bytes of one orbit, every coordinate in turn, uint8 (n,).

    The same for the same arguments; unrelated for another key, nonce or index.
    """
    if n < 1:
        raise ParameterError(f"n: expected 1 byte or more, got {n}")
    chaos = get(name)
    values = chaos.values(params)
    point = tuple(seeds(name, key, nonce, index)[0].tolist())
    stream = np.empty(n, np.uint8)
    last = byte_walker(name)(point, values, chaos.burn, chaos.every, stream)
    check_finite(name, last, point, values)
    return stream
