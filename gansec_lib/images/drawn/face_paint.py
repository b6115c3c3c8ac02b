"""The painter: traits → light. Layers from the back to the front, each with a soft-edged cover."""

from __future__ import annotations

import numpy as np

from gansec_lib.images.drawn.face_features import eyes, glasses, mouth
from gansec_lib.images.drawn.face_hair import beard, brows, hair_layout, hair_light
from gansec_lib.images.drawn.face_shape import (
    ONE,
    F,
    clip01,
    dome,
    noise,
    nose,
    smooth,
    soft,
    surface,
)


class Canvas:
    """Three planes of light (B, H, W); a band of rows of it paints into the same planes."""

    def __init__(self, planes):
        self.rgb = planes

    def band(self, rows):
        return Canvas([plane[:, rows] for plane in self.rgb])

    def over(self, colour, alpha):
        """Paint a colour (three arrays or scalars) with coverage alpha."""
        for plane, c in zip(self.rgb, colour, strict=True):
            step = c - plane
            step *= alpha
            plane += step

    def times(self, factor):
        for plane in self.rgb:
            plane *= factor


def rows_of(t, size, low, high):
    """Rows that head heights low … high can reach in this batch, whatever the pose."""
    lean = np.abs(t["roll_sin"]) * F(0.85)
    nod = np.abs(t["pitch_sin"])
    first = ((t["cy"] + t["scale"] * (low - lean - nod)).min() + 1) * size / 2
    last = ((t["cy"] + t["scale"] * (high + lean + nod)).max() + 1) * size / 2
    return slice(max(0, int(first) - 2), min(size, int(last) + 3))


def paint(t: dict, size: int):
    """Light and soft covers of one batch of traits shaped (B, 1, 1) or (B, 1, 1, 3).

    Returns
    -------
    planes : three float32 arrays (B, size, size) of light
    covers : dict of float32 arrays (B, size, size) in [0, 1]
    """
    grid = (np.arange(size, dtype=F) * F(2) + ONE) / F(size) - ONE
    gx, gy = grid[None, None, :], grid[None, :, None]
    shape = (len(t["W"]), size, size)
    xs, ys = (gx - t["cx"]) / t["scale"], (gy - t["cy"]) / t["scale"]
    s = xs * t["roll_cos"] + ys * t["roll_sin"]
    y = ys * t["roll_cos"] - xs * t["roll_sin"]
    px = F(2.0 / size) / t["scale"]
    X, Y, sc, depth2, dP = surface(t, s, y)
    ax = np.abs(X)
    canvas = Canvas([np.empty(shape, F) for _ in range(3)])
    background(canvas, t, gx, gy, shape)

    head = clip01(depth2 / np.sqrt(F(4) * sc * sc + dP * dP + F(0.02)) / px + F(0.5))
    hair = hair_layout(t, s, y, X, Y, px)
    locks = hair_light(t, s, y, hair, size)
    canvas.over([c * F(0.45) for c in locks], hair["back"])
    below = np.zeros(shape, F)
    r = rows_of(t, size, 0.3, 3.0)
    body(canvas.band(r), t, s[:, r], y[:, r], px, below[:, r])
    r = rows_of(t, size, -0.2, 0.55)
    other = below.copy()
    ears(canvas.band(r), t, s[:, r], y[:, r], px, other[:, r])
    skin, shade = face(t, X, Y, ax, sc, depth2, dP, px, hair)
    canvas.over(skin, head)

    covers = {
        "eyes": np.zeros(shape, F),
        "mouth": np.zeros(shape, F),
        "glasses": np.zeros(shape, F),
    }
    r = rows_of(t, size, 0.35, 1.05)
    part = (X[:, r], Y[:, r], ax[:, r])
    covers["mouth"][:, r] = mouth(canvas.band(r), t, *part, px, shade[:, r], head[:, r])
    r = rows_of(t, size, 0.0, 1.1)
    beard(canvas.band(r), t, X[:, r], Y[:, r], ax[:, r], shade[:, r], head[:, r])
    r = rows_of(t, size, -0.45, 0.25)
    part = (X[:, r], Y[:, r])
    covers["eyes"][:, r] = eyes(canvas.band(r), t, *part, px, shade[:, r], head[:, r])
    brows(canvas.band(r), t, *part, ax[:, r], px, shade[:, r], head[:, r])
    canvas.over(locks, hair["front"])
    keep = ONE - hair["front"]
    if t["glasses"].any():
        r = rows_of(t, size, -0.35, 0.4)
        covers["glasses"][:, r] = glasses(
            canvas.band(r), t, s[:, r], y[:, r], px, (head * keep)[:, r]
        )

    bare = ONE - head
    covers["face"] = head * keep
    covers["hair"] = np.maximum(hair["front"], hair["back"] * (ONE - other) * bare)
    covers["eyes"] *= covers["face"]
    covers["mouth"] *= covers["face"]
    covers["background"] = bare * keep * (ONE - hair["back"]) * (ONE - other)
    return canvas.rgb, covers


def background(canvas, t, gx, gy, shape):
    """Two colours along a direction, and soft blobs out of focus."""
    m = smooth((gx * t["back_x"] + gy * (ONE - np.abs(t["back_x"]))) * F(0.5) + F(0.5))
    blob = np.zeros(shape, F)
    seed, sharp = t["back_seed"], ONE + F(4) * smooth(t["back_busy"] * F(4) - F(2.2))
    for k in range(6):
        bx = ((seed * F(37 + 13 * k)) % F(1021)) / F(510.5) - ONE
        by = ((seed * F(53 + 29 * k)) % F(977)) / F(488.5) - ONE
        r = F(0.22 + 0.13 * k)
        dx, dy = (gx - bx) / r, (gy - by) / r
        blob += np.minimum(dome(dx * dx + dy * dy) * sharp, ONE) * F(0.5 if k % 3 else -0.4)
    lift = np.maximum(ONE + blob * t["back_busy"], F(0.1))
    for i in range(3):
        a, b = t["back_a"][..., i], t["back_b"][..., i]
        canvas.rgb[i][...] = (a + (b - a) * m) * lift


def body(canvas, t, s, y, px, below):
    """Neck, the shadow of the chin on it, and clothes; `below` receives their cover."""
    sx = s - F(0.18) * t["yaw_sin"]
    w = t["neck"] + F(0.10) * smooth((y - F(0.85)) * F(1.6))
    neck = clip01((w - np.abs(sx)) / px + F(0.5)) * clip01((y - F(0.3)) * F(10))
    nx = sx / w
    nz = np.sqrt(np.maximum(ONE - nx * nx, F(0.04)))
    diffuse = np.maximum(nx * t["lx"] * F(1.2) + nz * t["lz"] * F(0.8) + F(0.05), F(0))
    under = F(0.22) + F(0.68) * smooth((y - F(1.0) - F(0.25) * t["lx"] * s) * F(2.4))
    skin = []
    for i in range(3):
        light = t["fill"] * t["ambient"][..., i] * F(0.9) + t["key"] * t["light"][..., i] * diffuse
        skin.append(t["skin"][..., i] * light * (under + (ONE - under) * F((0.06, 0.02, 0.0)[i])))
    canvas.over(skin, neck)
    cs = s - F(0.1) * t["yaw_sin"]
    out = np.abs(cs)
    line = F(1.16) + F(0.26) * np.maximum(out - t["neck"], F(0)) - F(0.10) * t["male"]
    line = line + F(0.10) * dome((out / t["neck"]) ** 2)
    vcut = (F(1.34) + F(0.35) * t["collar"]) - out * (F(0.5) + F(1.4) * t["collar"])
    inside = np.minimum(y - line, np.maximum(y - vcut, out - t["neck"] * F(1.05)))
    cloth = clip01(inside / px * F(0.7) + F(0.5))
    fold = noise(cs * F(3.0), y * F(1.6), t["texture"] + F(200), 32) * F(0.18)
    nx = np.minimum(np.maximum(cs * F(0.7), F(-0.9)), F(0.9))
    diffuse = np.maximum(nx * t["lx"] - F(0.45) * t["ly"] + F(0.55) * t["lz"], F(0)) + fold
    hem = F(0.55) + F(0.45) * smooth(inside * F(10))
    colour = []
    for i in range(3):
        light = t["fill"] * t["ambient"][..., i] + t["key"] * t["light"][..., i] * diffuse
        colour.append(t["cloth"][..., i] * light * hem)
    canvas.over(colour, cloth)
    below[...] = np.maximum(neck, cloth)


def ears(canvas, t, s, y, px, other):
    """Both ears, behind the head; the one turned away hides by itself."""
    for side in (F(-1), F(1)):
        cx = side * t["W"] * t["yaw_cos"] * F(0.985) - F(0.05) * t["yaw_sin"]
        dx = (s - cx) * side
        dy = (y - F(0.16) - t["ey"] + F(0.1) * t["pitch_sin"]) / (t["ear"] * F(1.28))
        rx = (dx + F(0.05) * dy) / (F(0.42) * t["ear"] + F(0.02))
        cover = clip01((ONE - rx * rx - dy * dy) * t["ear"] * F(0.35) / px + F(0.5)) * (
            ONE - t["long"]
        )
        inner = dome(((rx + F(0.1)) * F(1.5)) ** 2 + (dy * F(1.35)) ** 2)
        light = np.maximum(side * t["lx"] * F(0.8) + F(0.45), F(0.08))
        colour = []
        for i in range(3):
            k = t["fill"] * t["ambient"][..., i] + t["key"] * t["light"][..., i] * light * F(0.75)
            red = F((1.06, 0.88, 0.82)[i])
            colour.append(t["skin"][..., i] * k * red * (ONE - F(0.5) * inner))
        canvas.over(colour, cover)
        np.maximum(other, cover, out=other)


def relief(t, X, Y, ax, bump):
    """Height of the face over the head, head units, and the masks its shadows reuse."""
    wide = np.maximum(t["smile"], F(0))
    h = nose(t, X, Y)
    high = h
    socket = bump(t["ex"] * F(0.93), t["ey"] - F(0.02), F(0.25), F(0.20))
    crease = t["my"] + t["ll"] + t["open"] + F(0.075)
    chin_line = bump(F(0), crease, F(0.22), F(0.06))
    h = h - socket * F(0.095) - chin_line * F(0.022)
    h += bump(t["ex"], t["ey"] + F(0.01), F(0.16), F(0.13)) * F(0.035)
    h += bump(F(0.25), F(-0.20), F(0.34), F(0.13)) * (F(0.02) + F(0.03) * t["male"])
    h += bump(F(0.40), F(0.29) - F(0.06) * wide, F(0.26), F(0.24)) * (t["cheek"] + F(0.05) * wide)
    h -= bump(F(0.42), F(0.62), F(0.20), F(0.26)) * F(0.04)
    h -= bump(t["W"] * F(0.92), F(-0.26), F(0.22), F(0.25)) * F(0.05)
    h += bump(F(0), t["my"], F(0.34), F(0.25)) * F(0.065)
    h += bump(F(0), t["my"] - t["lu"] * F(0.6), t["mw"] * F(1.1), F(0.065)) * F(0.022)
    h += bump(F(0), t["my"] + t["ll"] * F(0.75) + t["open"], t["mw"], F(0.085)) * F(0.042)
    h += bump(F(0), F(0.90), F(0.22), F(0.13)) * t["chin"]
    along = (Y - t["ny"] + F(0.02)) / (t["my"] - t["ny"] + F(0.08))
    fold = (ax - t["nw"] * F(1.15) - F(0.17) * along) / F(0.045)
    deep = (F(0.10) + F(0.50) * wide + F(0.55) * t["old"]) * dome((along * F(2) - ONE) ** 2)
    h -= dome((fold - F(0.3)) ** 2 * F(0.5)) * deep * F(0.022)
    return h, high, socket, chin_line, dome(fold * fold) * deep


def face(t, X, Y, ax, sc, depth2, dP, px, hair):
    """Lit skin: three planes, and the grey light for what is painted on it."""

    def bump(cx, cy, rx, ry):
        dx, dy = ax - cx, Y - cy
        dx /= rx
        dy /= ry
        dx *= dx
        dy *= dy
        dx += dy
        return dome(dx)

    h, high, socket, chin_line, fold = relief(t, X, Y, ax, bump)
    depth = np.sqrt(np.maximum(depth2, F(0.0004)))
    hx, hy = np.zeros_like(h), np.zeros_like(h)
    scale = F(0.5) / px
    hx[:, :, 1:-1] = (h[:, :, 2:] - h[:, :, :-2]) * scale
    hy[:, 1:-1] = (h[:, 2:] - h[:, :-2]) * scale
    nx = sc * F(0.85) - depth * (hx * t["roll_cos"] + hy * t["roll_sin"])
    ny = dP * F(-0.34) - depth * (hy * t["roll_cos"] - hx * t["roll_sin"])
    inv = ONE / np.sqrt(nx * nx + ny * ny + np.maximum(depth2, F(0.01)))
    nx *= inv
    ny *= inv
    nz = depth * inv
    dot = nx * t["lx"] + ny * t["ly"] + nz * t["lz"]
    # shadows: of the hair, in the sockets, below and beside the nose, in the folds
    cast = ONE - smooth(hair["opening"] / F(0.20) + F(0.1))
    keep = ONE - F(0.50) * cast * (ONE - t["shaved"])
    side = X + F(0.12) * t["lx"]
    below = ((Y - t["ny"] - F(0.085)) / F(0.09)) ** 2
    keep *= ONE - F(0.42) * dome((side / (t["nw"] * F(1.25))) ** 2 + below)
    beside = ((X + t["lx"] * F(0.17)) / F(0.13)) ** 2 + ((Y - F(0.20)) / F(0.30)) ** 2
    keep *= ONE - F(0.32) * dome(beside) * np.abs(t["lx"])
    keep *= ONE - socket * F(0.22)
    keep *= (ONE - F(0.30) * fold) * (ONE - F(0.28) * chin_line)
    hole = bump(t["nw"] * F(0.50), t["ny"] + F(0.030), F(0.055), F(0.042))
    keep *= ONE - F(0.80) * hole
    # skin: warm cheeks and nose, mottling, freckles, lines of age, a shaven beard
    blush = bump(F(0.38), F(0.34), F(0.24), F(0.20)) * (F(0.55) + F(0.45) * t["makeup"])
    blush += dome((X / F(0.13)) ** 2 + ((Y - t["ny"] + F(0.05)) / F(0.12)) ** 2) * F(0.5)
    fine = noise(X * F(26), Y * F(26), t["texture"] + F(77))
    tint = ONE + noise(X * F(6), Y * F(6), t["texture"], 32) * F(0.03)
    tint += fine * (F(0.014) + F(0.022) * t["old"])
    freckles = np.minimum(np.maximum(fine - F(0.35), F(0)), F(0.35)) * t["freckles"]
    freckles *= bump(F(0.22), F(0.24), F(0.46), F(0.30)) * F(1.5)
    if (t["old"] > 0).any():
        brow = noise(X * F(1.3), Y * F(15) + F(2) * X * X, t["texture"] + F(400))
        lines = np.maximum(brow, F(0)) * bump(F(0), F(-0.42), F(0.50), F(0.24)) * F(0.20)
        crow = noise(X * F(3), (Y - F(0.5) * ax) * F(22), t["texture"])
        near = bump(t["ex"] + F(0.22), t["ey"] + F(0.03), F(0.12), F(0.13))
        lines += np.maximum(crow, F(0)) * near * F(0.35)
        tint *= ONE - t["old"] * lines
    bag = bump(t["ex"], t["ey"] + F(0.135), F(0.17), F(0.07))
    tint *= ONE - (F(0.07) + F(0.16) * t["old"]) * bag
    grown = soft(Y - F(0.40) + F(0.16) * smooth((ax - F(0.3)) * F(3)), F(0.3))
    grown = grown * t["stubble"] * (F(0.8) + F(0.4) * fine)
    spec = np.maximum(dot * F(0.60) + nz * F(0.44), F(0))
    spec = spec * spec
    spec = spec * spec
    spec = spec * spec * spec
    spec *= (F(0.04) + F(0.30) * np.minimum(high, F(0.3))) * keep * (ONE + fine * F(0.5)) * t["key"]
    planes, shade = [], None
    for i in range(3):
        wrap = F((0.30, 0.16, 0.10)[i])
        diffuse = np.maximum((dot + wrap) * F(1 / (1 + wrap)), F(0))
        light = t["fill"] * (F(0.80) - F(0.20) * ny) * t["ambient"][..., i]
        light = light + t["key"] * t["light"][..., i] * diffuse
        light *= keep + (ONE - keep) * F((0.16, 0.05, 0.02)[i])
        if i == 1:
            shade = light
        k = tint - blush * F((0.0, 0.19, 0.18)[i]) - freckles * F((0.3, 0.55, 0.7)[i])
        k -= grown * F((0.42, 0.36, 0.30)[i])
        planes.append(t["skin"][..., i] * k * light + spec * t["light"][..., i])
    return planes, shade
