"""The head as a surface: where a pixel lies on it, where a point of it falls in the picture.

The head is a pile of circular slices of radius √P(y) about an axis that leans forward to the
chin; yaw turns each slice, so the point behind a pixel has a closed form (`surface`), and so has
the pixel in front of a point (`project`). The nose and the other reliefs are a height field on it.
"""

from __future__ import annotations

import numpy as np

F = np.float32
ONE = F(1.0)


def clip01(a):
    """a clipped to [0, 1]."""
    return np.clip(a, F(0), ONE)


def smooth(a):
    """Smoothstep of a clipped to [0, 1]."""
    a = np.clip(a, F(0), ONE)
    b = a * F(-2)
    b += F(3)
    a *= a
    b *= a
    return b


def soft(distance, width):
    """0 → 1 over `width` around distance 0, smoothly."""
    a = distance / width
    a += F(0.5)
    return smooth(a)


def dome(r2):
    """(1 − r²)² inside the unit circle, 0 outside: a smooth, compact bump."""
    a = ONE - r2
    np.maximum(a, F(0), out=a)
    a *= a
    return a


def smin(a, b, k):
    """Smaller of two, rounded over k."""
    h = clip01((b - a) / k * np.float32(0.5) + np.float32(0.5))
    return b + (a - b) * h - k * h * (ONE - h)


def profile(t, y):
    """P(y) = squared half-width of the head at height y, and dP/dy."""
    low = np.maximum(y, 0)
    y2 = y * y
    a = np.where(y < 0, t["crown"], t["jaw"])
    taper = 1 - t["taper"] * low * low
    body = (1 - y2) * (1 + a * y2)
    slope = 2 * y * (a - 1 - 2 * a * y2)
    w2 = t["W"] * t["W"]
    value = w2 * body * taper * taper
    rise = w2 * (slope * taper - 4 * t["taper"] * low * body) * taper
    return value, rise


def axis(t, y):
    """How far the slice at y stands forward of the neck axis (the jaw does)."""
    low = np.maximum(y, 0)
    return t["W"] * low * low * y.dtype.type(0.75)


def nose(t, x, y):
    """Height of the nose over the head, head units: ridge, tip, wings."""
    f = y.dtype.type
    along = (y + f(0.16)) / (t["ny"] + f(0.08))
    up = np.minimum(np.maximum(along, 0), 1)
    up = up * up * (3 - 2 * up)
    end = np.minimum(np.maximum((t["ny"] + f(0.045) - y) / f(0.13), 0), 1)
    end = end * end * (3 - 2 * end)
    width = t["nw"] * (f(0.72) + f(0.55) * up)
    r = x / width
    a = np.maximum(1 - r * r, 0)
    ridge = a * a * up * end * t["nh"]
    dy = (y - t["ny"] + f(0.045)) / f(0.11)
    r = x / (t["nw"] * f(0.85))
    a = np.maximum(1 - r * r - dy * dy, 0)
    tip = a * a * t["nt"]
    dx = (np.abs(x) - t["nw"] * f(0.80)) / f(0.062)
    dy = (y - t["ny"] + f(0.012)) / f(0.062)
    a = np.maximum(1 - dx * dx - dy * dy, 0)
    return ridge + tip + a * a * f(0.030)


def surface(t, s, y):
    """The head under picture points (s, y), roll undone.

    Returns
    -------
    X, Y : face coordinates (following yaw, pitch and the nose's parallax)
    sc : s from the slice's centre; depth2 = P − sc², negative outside the silhouette
    dP : slope of the squared half-width
    """
    value, rise = profile(t, y)
    front = axis(t, y)
    sc = s - front * t["yaw_sin"]
    depth2 = value - sc * sc
    depth = np.sqrt(np.maximum(depth2, 0))
    x0 = sc * t["yaw_cos"] - depth * t["yaw_sin"]
    y0 = y - (depth + front * t["yaw_cos"]) * t["pitch_sin"]
    x, yy = x0, y0
    for _ in range(2):
        h = nose(t, x, yy)
        x, yy = x0 - h * t["yaw_sin"], y0 - h * t["pitch_sin"]
    return x, yy, sc, depth2, rise


def project(t, x, y):
    """Picture coordinates in [−1, 1] of face points (x, y): `surface` and camera inverted."""
    h = nose(t, x, y)
    x0, y0 = x + h * t["yaw_sin"], y + h * t["pitch_sin"]
    yy = y0
    for _ in range(12):
        value, _ = profile(t, yy)
        depth = np.sqrt(np.maximum(value - x0 * x0, 0))
        front = axis(t, yy)
        yy = y0 + (depth * t["yaw_cos"] - x0 * t["yaw_sin"] + front * t["yaw_cos"]) * t["pitch_sin"]
    s = x0 * t["yaw_cos"] + depth * t["yaw_sin"] + front * t["yaw_sin"]
    u = s * t["roll_cos"] - yy * t["roll_sin"]
    v = s * t["roll_sin"] + yy * t["roll_cos"]
    return u * t["scale"] + t["cx"], v * t["scale"] + t["cy"]


def _table(seed: int, steps: tuple[int, ...], gain: float) -> np.ndarray:
    """Periodic isotropic noise, 512 × 512 flat, about [−1, 1]: white noise, blurred."""
    rng = np.random.Generator(np.random.PCG64(seed))
    a = rng.integers(0, 65536, (512, 512)).astype(np.float32) / F(32768) - ONE
    for step in steps:
        for side in (0, 1):
            a = (np.roll(a, step, side) + np.roll(a, -step, side) + a + a) * F(0.25)
    a *= F(gain)
    return np.clip(a, -ONE, ONE).reshape(-1)


_TABLES: dict[int, np.ndarray] = {}
_STEPS = {8: (2, 2) + (1,) * 10, 32: (8, 8, 8, 8, 4, 2, 2) + (1,) * 6}
_GAIN = {8: 7.5, 32: 30.0}


def noise(u, v, seed, samples=8):
    """Smooth value noise in about [−1, 1]; one cell a unit of u and v.

    `samples` (8 or 32) a cell: 32 for what is seen enlarged, repeating every 16 cells.
    """
    if samples not in _TABLES:
        _TABLES[samples] = _table(20, _STEPS[samples], _GAIN[samples])
    i = u * F(samples)
    i += F(32768) + seed * F(7)
    j = v * F(samples)
    j += F(32768)
    i, j = i.astype(np.int32), j.astype(np.int32)
    i &= 511
    j &= 511
    j <<= 9
    j |= i
    return _TABLES[samples].take(j, mode="clip")
