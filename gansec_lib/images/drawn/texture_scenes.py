"""The scenes of the procedural covers: what lies before the lens, one function a class.

Each takes the pictures of its class in one batch and gives ``tone`` (how much light comes back),
``tint`` (0 to 1, the place in the picture's three colours) and ``detail`` (how rough it is at the
scale of pixels), float32 (N, H, W) or (N, 1, 1). All numbers are ours.
"""

from __future__ import annotations

import numpy as np

from gansec_lib.images.drawn.noise import Columns, bump, grid, step, turn, wave

LABELS = (
    "clouds",
    "rock",
    "sand",
    "foliage",
    "pebbles",
    "blocks",
    "bricks",
    "cloth",
    "water",
    "grass",
    "landscape",
    "objects",
)
_F = np.float32


class Scene:
    """The pictures of one class in one batch: parameters, octaves of noise, coordinates."""

    def __init__(self, table, octaves, size):
        self.draw = Columns(table)
        self.octaves, self.size = octaves, size
        self.x, self.y = grid(size)
        self.rows = len(table)

    def fractal(self, slope, first=0, last=None):
        """Sum of octaves, each ``slope`` times the one below; variance about 1."""
        chosen = self.octaves[first:last]
        weight, square, total = slope * _F(0) + _F(1), _F(0), _F(0)
        for octave in chosen:
            total = total + octave * weight
            square = square + weight * weight
            weight = weight * slope
        return total / np.sqrt(square)

    def turned(self, angle, zoom):
        """Coordinates turned by an angle (its half tangent) and zoomed."""
        cosine, sine = turn(angle)
        return (cosine * self.x + sine * self.y) * zoom, (cosine * self.y - sine * self.x) * zoom


def _look_up(table, number):
    """table (n, K) at whole numbers (n, H, W)."""
    n, many = table.shape
    start = (np.arange(n, dtype=np.int32) * many)[:, None, None]
    return np.take(table.reshape(-1), number + start)


def _sample(field, u, v):
    """Bilinear value of a picture (n, G, G) at u, v in pixels; it repeats, G a power of two."""
    n, side = field.shape[:2]
    u0, v0 = np.floor(u), np.floor(v)
    fu, fv = u - u0, v - v0
    u0, v0 = u0.astype(np.int32), v0.astype(np.int32)
    last = np.int32(side - 1)
    left, right = u0 & last, (u0 + 1) & last
    start = (np.arange(n, dtype=np.int32) * (side * side))[:, None, None]
    top, bottom = start + (v0 & last) * side, start + ((v0 + 1) & last) * side
    flat = field.reshape(-1)
    a, b = np.take(flat, top + left), np.take(flat, bottom + left)
    a = a + fu * (np.take(flat, top + right) - a)
    b = b + fu * (np.take(flat, bottom + right) - b)
    return a + fv * (b - a)


def _leaves(s, levels, forms):
    """Dead leaves: which shape is on top at each pixel, 0 where none, and the shapes' table.

    ``levels`` are (number, largest radius, smallest radius) from the back to the front;
    ``forms`` (n, 1) choose ellipse, box or leaf.
    """
    n, size = s.rows, s.size
    canvas = np.zeros((n, size * size), np.int32)
    made, parts = 1, []
    for number, largest, smallest in levels:
        place = s.draw.block(number * 5).reshape(n, number, 5)
        cx, cy = place[..., 0] * _F(2.2) - _F(1.1), place[..., 1] * _F(2.2) - _F(1.1)
        # 1/r² between the two ends is uniform: sizes then follow 1/r³
        far, near = _F(1 / largest**2), _F(1 / smallest**2)
        radius = _F(1) / np.sqrt(far + (near - far) * place[..., 2])
        narrow = _F(0.45) + _F(0.55) * place[..., 3]
        cosine, sine = turn(place[..., 4] * _F(2) - _F(1))
        half = int(largest * size / 2 * 1.45) + 1
        half = min(half, size)
        offset = np.arange(-half, half + 1, dtype=np.int32)
        col = np.floor((cx + _F(1)) * _F(size / 2)).astype(np.int32)[..., None] + offset
        row = np.floor((cy + _F(1)) * _F(size / 2)).astype(np.int32)[..., None] + offset
        dx = ((col.astype(_F) * _F(2) + _F(1 - size)) / _F(size) - cx[..., None]) / radius[
            ..., None
        ]
        dy = ((row.astype(_F) * _F(2) + _F(1 - size)) / _F(size) - cy[..., None]) / radius[
            ..., None
        ]
        dx, dy = dx[:, :, None, :], dy[:, :, :, None]
        cosine, sine = cosine[..., None, None], sine[..., None, None]
        u = np.abs(cosine * dx + sine * dy)
        v = np.abs(cosine * dy - sine * dx) / narrow[..., None, None]
        form = forms[..., None, None]
        inside = np.where(
            form == 0, u * u + v * v, np.where(form == 1, np.maximum(u, v), u * u + v * _F(1.5))
        )
        ok = (inside < 1) & ((col >= 0) & (col < size))[:, :, None, :]
        ok &= ((row >= 0) & (row < size))[:, :, :, None]
        image, shape, j, i = np.nonzero(ok)
        where = image * (size * size) + row[image, shape, j] * size + col[image, shape, i]
        np.maximum.at(canvas.reshape(-1), where, (shape + made).astype(np.int32))
        made += number
        parts.append(np.stack([cx, cy, radius], -1))
    return canvas.reshape(n, size, size), np.concatenate(parts, 1)


def _shaded(s, leaf, table, light):
    """Light on the shapes: each has its own tone, colour and slope of light, (tone, tint)."""
    n, many = table.shape[:2]
    values = s.draw.block(2 * many).reshape(n, many, 2)

    def of(column):
        return _look_up(np.concatenate([column[:, :1] * 0, column], 1), leaf)

    tone, tint = of(values[..., 0]), of(values[..., 1])
    across = (s.x - of(table[..., 0])) / np.maximum(of(table[..., 2]), _F(0.01))
    down = (s.y - of(table[..., 1])) / np.maximum(of(table[..., 2]), _F(0.01))
    slope = np.clip(across * light[0] + down * light[1], _F(-1), _F(1))
    rim = np.minimum(across * across + down * down, _F(1.5))
    return tone, tint, slope - rim * light[2]


_SMALL = ((5, 0.95, 0.5), (14, 0.55, 0.28), (40, 0.3, 0.14), (90, 0.15, 0.07))


def _clouds(s):
    c = s.draw
    f = s.fractal(c(0.38, 0.62))
    cover = step(f * c(0.25, 0.6) + c(0.2, 0.8) - s.y * c(-0.3, 0.3))
    tint = cover * c(0.6, 1.0) + (s.y + 1) * c(0.0, 0.15)
    return c(0.75, 0.95) + cover * f * c(0.02, 0.09), tint, c(0.0, 0.03)


def _rock(s):
    c = s.draw
    f, ridge = s.fractal(c(0.65, 0.9)), np.abs(s.fractal(c(0.5, 0.75), 1))
    crack = bump(ridge * c(2.5, 6.0))
    tint = _F(0.5) + f * c(0.12, 0.25)
    tone = c(0.8, 1.1) + f * c(0.06, 0.2) - crack * c(0.1, 0.55)
    return tone, tint, c(0.06, 0.22)


def _sand(s):
    c = s.draw
    u, _ = s.turned(c(-0.6, 0.6), c(1.5, 6.0))
    f = s.fractal(c(0.5, 0.7))
    ripple = wave(u + f * c(0.05, 0.3)) * c(-0.05, 0.13)
    grain = s.fractal(c(1.3, 2.2), 3)
    tone = c(0.8, 1.05) + ripple + grain * c(0.02, 0.08) + f * c(0.01, 0.05)
    return tone, _F(0.5) + grain * c(0.03, 0.12) + f * _F(0.06), c(0.05, 0.16)


def _foliage(s):
    c = s.draw
    leaf, table = _leaves(s, _SMALL, np.full((s.rows, 1), 2))
    tone, tint, slope = _shaded(s, leaf, table, (c(-0.5, 0.5), c(-0.8, 0.1), c(0.0, 0.3)))
    depth = leaf.astype(_F) * _F(1 / 149)
    tone = _F(0.3) + depth * c(0.4, 0.9) + tone * c(0.2, 0.5) + slope * c(0.15, 0.35)
    return tone, _F(0.2) + tint * c(0.4, 0.8), c(0.05, 0.16)


def _pebbles(s):
    c = s.draw
    leaf, table = _leaves(s, _SMALL, np.zeros((s.rows, 1), int))
    tone, tint, slope = _shaded(s, leaf, table, (c(-0.8, 0.8), c(-1.0, 0.0), c(0.3, 0.9)))
    ground = (leaf == 0) * _F(0.3)
    tone = _F(0.6) + tone * c(0.2, 0.6) + slope * c(0.25, 0.5) - ground
    return tone, tint * c(0.5, 1.0), c(0.04, 0.16)


def _blocks(s):
    c = s.draw
    form = np.floor(c(0.0, 1.999)).astype(int)[:, 0]
    levels = ((6, 1.2, 0.6), (10, 0.7, 0.3), (16, 0.35, 0.12))
    leaf, table = _leaves(s, levels, np.maximum(form, 1))
    tone, tint, slope = _shaded(s, leaf, table, (c(-0.3, 0.3), c(-0.3, 0.3), _F(0)))
    rough = _look_up(s.draw.block(33), leaf)
    lines = wave((s.x * c(-1, 1) + s.y * c(-1, 1)) * c(4.0, 16.0)) * (rough > _F(0.75))
    tone = _F(0.35) + tone * c(0.4, 0.8) + slope * c(0.05, 0.25) + lines * c(0.02, 0.12)
    tone = tone + s.fractal(c(0.6, 0.8), 2) * rough * c(0.02, 0.14)
    return tone, tint, c(0.01, 0.08)


def _bricks(s):
    c = s.draw
    u, v = s.turned(c(-0.12, 0.12), c(2.0, 5.5))
    f = s.fractal(c(0.55, 0.75))
    u, v = u * c(0.5, 1.0) + c(0, 8) + f * _F(0.012), v + c(0, 8) + v * u * c(-0.05, 0.05)
    line = np.floor(v)
    u = u + (line * _F(0.5) - np.floor(line * _F(0.5))) * np.where(c.chance(0.8), _F(1), _F(0))
    fu, fv = u - np.floor(u), v - line
    gap, soft = c(0.04, 0.10), c(0.03, 0.08)
    inside = np.minimum(_F(0.5) - np.abs(fv - _F(0.5)), (_F(0.5) - np.abs(fu - _F(0.5))) * _F(1.6))
    brick = step((inside - gap) / soft)
    name = (np.floor(u).astype(np.int32) * 7 + line.astype(np.int32) * 29) & 63
    own, other = _look_up(c.block(64), name), _look_up(c.block(64), name)
    bevel = (fv - _F(0.5)) * c(-0.25, 0.05)
    tone = brick * (_F(0.62) + own * c(0.1, 0.4) + bevel) + (_F(1) - brick) * c(0.6, 1.0)
    tone = tone + f * c(0.04, 0.14)
    tint = brick * (_F(0.1) + other * c(0.2, 0.6)) + (_F(1) - brick) * c(0.7, 1.0)
    return tone, tint + f * _F(0.04), c(0.05, 0.18)


def _cloth(s):
    c = s.draw
    f = s.fractal(c(0.45, 0.6), 0, 3)
    count = np.minimum(c(7.0, 26.0), _F(s.size / 4.4))
    u, v = s.turned(c(-0.5, 0.5), _F(1))
    u, v = (u + f * c(0.0, 0.05)) * count, (v + f * c(0.0, 0.05)) * count
    over = (np.floor(u) + np.floor(v)).astype(np.int32) & 1
    along, side = np.where(over == 0, u, v), np.where(over == 0, v, u)
    thread = bump((along - np.floor(along) - _F(0.5)) * _F(1.7)) * _F(0.7)
    thread = thread + bump((side - np.floor(side) - _F(0.5)) * _F(1.3)) * _F(0.3)
    stripe_u = wave(u * c(0.03, 0.14) + c()) > c(-0.6, 0.6)
    stripe_v = wave(v * c(0.03, 0.14) + c()) > c(-0.6, 0.6)
    tint = np.where(over == 0, stripe_u, stripe_v) * c(0.2, 0.8) + c(0.0, 0.3)
    fold = s.octaves[0] * c(0.03, 0.12) + s.octaves[1] * c(0.0, 0.06)
    return c(0.5, 0.75) + thread * c(0.1, 0.35) + fold, tint, c(0.03, 0.12)


def _water(s):
    c = s.draw
    side = 32
    field = c.block(side * side).reshape(s.rows, side, side) - _F(0.5)
    near = s.y + c(1.3, 3.0)
    far = _F(1) / near
    f = s.fractal(c(0.5, 0.65))
    u = s.x * far * c(6, 14) + f * _F(0.4)
    ripple = _F(0)
    for k, gain in enumerate((1.0, 0.7, 0.5)):
        zoom = _F((1.0, 2.1, 4.3)[k])
        ripple = ripple + _sample(field, u * zoom + c(0, 32), far * zoom * c(30, 60)) * _F(gain)
    glint = step((ripple - c(0.3, 0.7)) * _F(2.5))
    tint = _F(0.35) + ripple * c(0.2, 0.5) + glint * c(0.1, 0.5)
    return c(0.6, 1.0) + ripple * c(0.1, 0.4) + glint * _F(0.2), tint, c(0.02, 0.08)


def _grass(s):
    c = s.draw
    side = 64
    field = c.block(side * side).reshape(s.rows, side, side) - _F(0.5)
    f = s.fractal(c(0.5, 0.7))
    lean = c(-0.5, 0.5)
    u, v = s.turned(lean, _F(1))
    bend = f * c(0.1, 0.5)
    total = _F(0)
    for k in range(3):
        zoom = _F((1.0, 1.9, 2.9)[k]) * c(6, 12)
        tilt = c(-0.35, 0.35)
        blade = _sample(field, (u + v * tilt) * zoom + bend + c(0, 64), v * c(1.2, 3.5) + c(0, 64))
        total = np.maximum(total, blade) if k else blade
    tint = _F(0.35) + total * c(0.5, 1.1) + f * c(0.03, 0.12)
    return _F(0.62) + total * c(0.4, 0.9) + f * c(0.05, 0.15), tint, c(0.04, 0.14)


def _landscape(s):
    c = s.draw
    f, hill = s.fractal(c(0.5, 0.65)), s.fractal(c(0.5, 0.7), 0, 4)
    far = s.fractal(c(0.4, 0.6))
    line = c(-0.5, 0.4)
    row = s.size // 2
    ridge = (s.y - line - hill[:, row : row + 1] * c(0.04, 0.22)) * _F(s.size * 0.25)
    second = (s.y - line - c(0.1, 0.35) - hill[:, :1] * c(0.03, 0.15)) * _F(s.size * 0.25)
    ground, front = step(ridge + _F(0.5)), step(second + _F(0.5))
    ground_tone = c(0.65, 1.05) + f * c(0.08, 0.25) * (_F(0.4) + _F(0.6) * front)
    sky = step(far * c(0.1, 0.5) + c(0.0, 0.8))
    tone = ground * ground_tone * (_F(1) - front * c(-0.2, 0.4))
    tone = tone + (_F(1) - ground) * (c(0.75, 1.0) + sky * c(0.0, 0.12) + s.y * c(-0.1, 0.15))
    tint = ground * (c(0.2, 0.5) + f * _F(0.12) - front * c(0.0, 0.3))
    tint = tint + (_F(1) - ground) * (c(0.85, 1.0) + sky * c(-0.1, 0.3))
    return tone, tint, c(0.0, 0.02) + ground * c(0.06, 0.2)


def _objects(s):
    c = s.draw
    levels = ((3, 0.75, 0.4), (3, 0.45, 0.2))
    form = np.floor(c.block(6) * _F(2.999)).astype(int)
    f = s.fractal(c(0.45, 0.65))
    leaf, table = _leaves(s, levels, form[:, :1])
    tone, tint, slope = _shaded(s, leaf, table, (c(-0.9, 0.9), c(-0.9, 0.2), c(0.0, 0.8)))
    front = leaf > 0
    rough = _look_up(c.block(7), leaf)
    back = c(0.35, 0.95) + s.octaves[0] * c(0.02, 0.12) + s.y * c(-0.15, 0.15)
    tone = np.where(front, _F(0.4) + tone * c(0.2, 0.6) + slope * c(0.1, 0.35), back)
    tone = tone + f * front * rough * c(0.03, 0.25)
    return tone, np.where(front, tint, c(0, 1) + s.octaves[0] * _F(0.1)), c(0.01, 0.05)


RECIPES = (_clouds, _rock, _sand, _foliage, _pebbles, _blocks, _bricks, _cloth, _water, _grass,
            _landscape, _objects)  # fmt: skip
