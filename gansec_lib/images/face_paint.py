"""The painter: traits → light. Layers from the back to the front, each with a soft-edged cover."""

from __future__ import annotations

import numpy as np

from gansec_lib.images.face_shape import (
    ONE, clip01, dome, noise, nose, smin, smooth, soft, surface,
)  # fmt: skip

F = np.float32


class Canvas:
    """Three planes of light (B, H, W) and the covers of what was painted."""

    def __init__(self, shape):
        self.rgb = [np.zeros(shape, F) for _ in range(3)]
        self.covers = {}

    def over(self, colour, alpha):
        """Paint a colour (three arrays or scalars) with coverage alpha."""
        for plane, c in zip(self.rgb, colour, strict=True):
            plane += (c - plane) * alpha

    def times(self, factor):
        for plane in self.rgb:
            plane *= factor


def lit(colour, light):
    """Colour times light, three planes each."""
    return [c * k for c, k in zip(colour, light, strict=True)]


def paint(t: dict, size: int):
    """Light (three float32 planes) and soft covers for one batch of traits shaped (B, 1, 1[, 3])."""
    grid = (np.arange(size, dtype=F) * F(2) + ONE) / F(size) - ONE
    gx, gy = grid[None, None, :], grid[None, :, None]
    count = len(t["W"])
    shape = (count, size, size)
    xs, ys = (gx - t["cx"]) / t["scale"], (gy - t["cy"]) / t["scale"]
    s = xs * t["roll_cos"] + ys * t["roll_sin"]
    y = ys * t["roll_cos"] - xs * t["roll_sin"]
    px = F(2.0 / size) / t["scale"]
    X, Y, sc, depth2, P, dP = surface(t, s, y)
    ax = np.abs(X)
    canvas = Canvas(shape)
    background(canvas, t, gx, gy, shape)

    # --- shared head silhouette
    grad = np.sqrt(F(4) * sc * sc + dP * dP + F(0.02))
    edge = depth2 / grad
    head = clip01(edge / px + F(0.5))
    hair = hair_layout(t, s, y, X, Y, sc, px)
    hair_colour, strand = hair_shade(t, s, y, hair, size)
    canvas.over([c * F(0.42) for c in hair_colour], hair["back"])
    body(canvas, t, s, y, px, strand, hair, hair_colour)
    ears(canvas, t, s, y, px)

    skin, shade = face(t, s, y, X, Y, ax, sc, depth2, dP, px, hair, size)
    canvas.over(skin, head)
    # --- features are painted in face coordinates, inside the head
    mouth_cover = mouth(canvas, t, X, Y, ax, px, shade, head)
    eye_cover = eyes(canvas, t, X, Y, px, shade, head)
    brows(canvas, t, X, Y, ax, px, shade, head, strand)
    beard(canvas, t, X, Y, ax, px, shade, head, size)
    canvas.over(hair_colour, hair["front"])
    glasses_cover = glasses(canvas, t, s, y, px, head, hair)

    keep = ONE - hair["front"]
    c = canvas.covers
    c["face"] = head * keep
    c["hair"] = np.maximum(hair["front"], hair["back"] * (ONE - c.pop("solid")) * (ONE - head))
    c["eyes"] = eye_cover * head * keep
    c["mouth"] = mouth_cover * head * keep
    c["glasses"] = glasses_cover
    body_cover = c.pop("body")
    c["background"] = (
        (ONE - head) * (ONE - hair["front"]) * (ONE - hair["back"]) * (ONE - body_cover)
    )
    return canvas


def background(canvas, t, gx, gy, shape):
    """Two colours along a direction, soft blobs out of focus, a darker rim."""
    m = smooth((gx * t["back_x"] + gy * (ONE - np.abs(t["back_x"]))) * F(0.5) + F(0.5))
    blob = np.zeros(shape, F)
    seed = t["back_seed"]
    for k in range(5):
        bx = ((seed * F(37 + 13 * k)) % F(1021)) / F(510.5) - ONE
        by = ((seed * F(53 + 29 * k)) % F(977)) / F(488.5) - ONE
        r = F(0.35 + 0.17 * k)
        dx, dy = (gx - bx) / r, (gy - by) / r
        blob += dome(dx * dx + dy * dy) * F(0.6 if k % 2 else -0.5)
    lift = ONE + blob * t["back_busy"]
    for i in range(3):
        a, b = t["back_a"][..., i], t["back_b"][..., i]
        canvas.rgb[i][...] = (a + (b - a) * m) * lift


def hair_layout(t, s, y, X, Y, sc, px):
    """Covers of the hair in front of and behind the head, and the distance to the hairline."""
    wobble = noise(s * F(5) + F(7), y * F(5), t["texture"]) * t["mess"]
    shift = -F(0.10) * t["yaw_sin"]
    u = (s - shift) / (t["W"] + t["hs"])
    yc = F(-0.15)
    v = (y - yc) / (F(0.85) + t["ht"])
    r = np.sqrt(u * u + v * v)
    top = (ONE - r) * F(0.85)
    fall = t["W"] + t["hs"] + (y - yc) * (F(0.06) * t["long"] - F(0.12) * (ONE - t["long"]))
    side = fall - np.abs(s - shift)
    outline = np.where(y < yc, top, side) + wobble
    tip = t["hl"] - y + wobble * F(3)
    outer = np.minimum(outline, tip)
    # the opening in which the face is seen
    part = X - t["part"]
    away = np.abs(part)
    line = t["hy"] + t["sweep"] * smooth(away * F(1.5)) + F(0.25) * X * X
    fringe = noise(X * F(9), Y * F(1.5), t["texture"] + F(99)) * F(0.05) * (F(0.4) + t["fringe"])
    up = Y - line + fringe + wobble
    across = t["ow"] - np.abs(X) + wobble * F(0.7)
    opening = smin(up, across, F(0.16))
    width = px + F(0.02) + F(0.03) * t["curl"]
    inside = clip01(opening / width + F(0.5))
    cover = clip01(outer / width + F(0.5)) * (ONE - t["shaved"])
    front = cover * (ONE - inside)
    # long hair behind neck and shoulders
    back_tip = clip01((t["hl"] - y + wobble * F(4)) / F(0.12) + F(0.5))
    wide = clip01((fall + F(0.02) - np.abs(s - shift) + wobble) / width + F(0.5))
    back = wide * back_tip * t["long"] * clip01((y - yc) * F(20))
    return {"front": front, "back": back, "opening": opening, "outer": outer, "u": u, "v": v}


def hair_shade(t, s, y, hair, size):
    """Hair colour with strands and a highlight band."""
    fan = (s - t["part"] * F(0.8)) / (y + F(1.75) + t["ht"])
    bend = noise(s * F(1.5), y * F(1.7), t["texture"] + F(11)) * t["wave"]
    fine = F(34.0 if size >= 96 else 22.0)
    a = noise((fan + bend) * fine, y * F(1.1), t["texture"])
    b = noise((fan + bend) * F(11), y * F(0.8), t["texture"] + F(301))
    straight = a * F(0.55) + b * F(0.45)
    curls = noise(s * F(9) + bend * F(9), y * F(9), t["texture"] + F(57))
    strand = straight + (curls - straight) * t["curl"]
    nx, ny = hair["u"], np.minimum(np.maximum(hair["v"], F(-1)), F(0.3))
    nz = np.sqrt(np.maximum(ONE - nx * nx - ny * ny, F(0.02)))
    diffuse = np.maximum(nx * t["lx"] + ny * t["ly"] + nz * t["lz"] + F(0.25), F(0)) * F(0.8)
    band = ny + F(0.45) - F(0.2) * strand - F(0.2) * t["ly"]
    shine = dome(band * band * F(11)) * diffuse * (F(0.55) + F(0.45) * strand)
    rim = smooth(hair["outer"] / F(0.10) + F(0.35)) * F(0.35) + F(0.65)
    inner = ONE - F(0.35) * smooth(ONE - np.abs(hair["opening"]) / F(0.22)) * smooth(y + F(0.6))
    depth = (ONE + (F(0.42) + F(0.2) * t["curl"]) * strand) * rim * inner
    out = []
    for i in range(3):
        light = t["fill"] * t["ambient"][..., i] + t["key"] * t["light"][..., i] * diffuse
        base = t["hair"][..., i] * depth * light
        out.append(base + shine * (t["hair"][..., i] * F(0.7) + F(0.03)) * t["light"][..., i])
    return out, strand


def body(canvas, t, s, y, px, strand, hair, hair_colour):
    """Neck, clothes and the shadow under the chin."""
    w = t["neck"] + F(0.10) * smooth((y - F(0.85)) * F(1.6))
    d = w - np.abs(s - F(0.18) * t["yaw_sin"])
    neck = clip01(d / px + F(0.5)) * clip01((y - F(0.2)) * F(10))
    nx = (s - F(0.18) * t["yaw_sin"]) / w
    nz = np.sqrt(np.maximum(ONE - nx * nx, F(0.04)))
    diffuse = np.maximum(nx * t["lx"] + nz * t["lz"] + F(0.1), F(0))
    under = F(0.36) + F(0.64) * smooth((y - F(1.02) - F(0.10) * t["lx"] * s) * F(2.6))
    skin = []
    for i in range(3):
        light = t["fill"] * t["ambient"][..., i] * F(0.9) + t["key"] * t["light"][..., i] * diffuse
        skin.append(t["skin"][..., i] * light * under)
    canvas.over(skin, neck)
    # clothes: a sloping shoulder line with a collar cut out
    cs = s - F(0.1) * t["yaw_sin"]
    out = np.abs(cs)
    line = F(1.14) + F(0.24) * np.maximum(out - t["neck"], F(0)) - F(0.10) * t["male"]
    line = line + F(0.10) * dome((out / t["neck"]) ** 2)
    vcut = (F(1.36) + F(0.35) * t["collar"]) - out * (F(0.5) + F(1.4) * t["collar"])
    cloth_d = np.minimum(y - line, np.maximum(y - vcut, out - t["neck"] * F(1.05)))
    cloth = clip01(cloth_d / px * F(0.7) + F(0.5))
    fold = noise(cs * F(3.0), y * F(1.6), t["texture"] + F(200)) * F(0.18)
    nx = np.minimum(np.maximum(cs * F(0.6), F(-0.9)), F(0.9))
    diffuse = np.maximum(nx * t["lx"] - F(0.45) * t["ly"] + F(0.6) * t["lz"], F(0)) + fold
    hem = F(0.6) + F(0.4) * smooth(cloth_d * F(12))
    colour = []
    for i in range(3):
        light = t["fill"] * t["ambient"][..., i] + t["key"] * t["light"][..., i] * diffuse
        colour.append(t["cloth"][..., i] * light * hem)
    canvas.over(colour, cloth)
    solid = np.maximum(neck, cloth)
    canvas.covers["body"] = solid
    canvas.covers["solid"] = solid


def ears(canvas, t, s, y, px):
    """Both ears, behind the head; the one turned away hides by itself."""
    for side in (F(-1), F(1)):
        cx = side * t["W"] * t["yaw_cos"] * F(0.985) - F(0.05) * t["yaw_sin"]
        cy = F(0.16) + t["ey"] - F(0.1) * t["pitch_sin"]
        dx = (s - cx) * side
        dy = (y - cy) / (t["ear"] * F(1.28))
        rx = (dx - F(0.05) * dy * F(-1)) / (F(0.42) * t["ear"] + F(0.02))
        r2 = rx * rx + dy * dy
        cover = clip01((ONE - r2) * t["ear"] * F(0.35) / px + F(0.5))
        inner = dome(((rx + F(0.1)) * F(1.5)) ** 2 + (dy * F(1.35)) ** 2)
        light = np.maximum(side * t["lx"] * F(0.8) + F(0.45), F(0.08))
        colour = []
        for i in range(3):
            k = t["fill"] * t["ambient"][..., i] + t["key"] * t["light"][..., i] * light * F(0.8)
            red = F((1.08, 0.92, 0.88)[i])
            colour.append(t["skin"][..., i] * k * red * (ONE - F(0.45) * inner))
        canvas.over(colour, cover)


def face(t, s, y, X, Y, ax, sc, depth2, dP, px, hair, size):
    """Lit skin: three planes, and the grey light for what is painted on it."""

    def bump(cx, cy, rx, ry):
        dx, dy = (ax - cx) / rx, (Y - cy) / ry
        return dome(dx * dx + dy * dy)

    wide = np.maximum(t["smile"], F(0))
    h = nose(t, X, Y)
    socket = bump(t["ex"] * F(0.93), t["ey"] - F(0.02), F(0.25), F(0.20))
    h -= socket * F(0.085)
    h += bump(t["ex"], t["ey"] + F(0.01), F(0.16), F(0.13)) * F(0.035)
    h += bump(F(0.25), F(-0.20), F(0.34), F(0.13)) * (F(0.02) + F(0.028) * t["male"])
    h += bump(F(0.42), F(0.30) - F(0.06) * wide, F(0.27), F(0.24)) * (t["cheek"] + F(0.05) * wide)
    h -= bump(F(0.44), F(0.62), F(0.20), F(0.26)) * F(0.035)
    h -= bump(t["W"] * F(0.92), F(-0.26), F(0.22), F(0.25)) * F(0.05)
    h += bump(F(0), t["my"], F(0.36), F(0.25)) * F(0.06)
    h += bump(F(0), t["my"] - t["lu"] * F(0.6), t["mw"] * F(1.1), F(0.065)) * F(0.022)
    h += bump(F(0), t["my"] + t["ll"] * F(0.75) + t["open"], t["mw"], F(0.085)) * F(0.040)
    crease = t["my"] + t["ll"] + t["open"] + F(0.075)
    h -= bump(F(0), crease, F(0.24), F(0.06)) * F(0.022)
    h += bump(F(0), F(0.90), F(0.22), F(0.13)) * t["chin"]
    # folds from the nose's wings to the corners of the mouth
    along = (Y - t["ny"] + F(0.02)) / (t["my"] - t["ny"] + F(0.08))
    fold = (ax - t["nw"] * F(1.15) - F(0.17) * along) / F(0.045)
    gate = dome((along * F(2) - ONE) ** 2)
    depth_fold = (F(0.10) + F(0.55) * wide + F(0.55) * t["old"]) * gate
    fold_line = dome(fold * fold) * depth_fold
    h -= dome((fold - F(0.3)) ** 2 * F(0.5)) * depth_fold * F(0.022)

    depth = np.sqrt(np.maximum(depth2, F(0.0004)))
    hx, hy = np.empty_like(h), np.empty_like(h)
    scale = F(0.5) / px
    hx[:, :, 1:-1] = (h[:, :, 2:] - h[:, :, :-2]) * scale
    hx[:, :, 0] = hx[:, :, -1] = F(0)
    hy[:, 1:-1] = (h[:, 2:] - h[:, :-2]) * scale
    hy[:, 0] = hy[:, -1] = F(0)
    du = hx * t["roll_cos"] + hy * t["roll_sin"]
    dv = hy * t["roll_cos"] - hx * t["roll_sin"]
    nx = sc * F(0.82) - depth * du
    ny = dP * F(-0.32) - depth * dv
    inv = ONE / np.sqrt(nx * nx + ny * ny + depth2.clip(F(0.01)))
    nx *= inv
    ny *= inv
    nz = depth * inv
    dot = nx * t["lx"] + ny * t["ly"] + nz * t["lz"]
    # shadows: hair on the brow, sockets, under the nose and lip
    hair_shadow = ONE - F(0.45) * (ONE - smooth(hair["opening"] / F(0.20) + F(0.1))) * (
        ONE - t["shaved"]
    )
    side = X + F(0.10) * t["lx"]
    below = dome((side / (t["nw"] * F(1.25))) ** 2 + ((Y - t["ny"] - F(0.085)) / F(0.085)) ** 2)
    beside = dome(((X + t["lx"] * F(0.17)) / F(0.13)) ** 2 + ((Y - F(0.20)) / F(0.30)) ** 2)
    occlusion = (ONE - F(0.42) * below) * (ONE - F(0.30) * beside * np.abs(t["lx"]))
    occlusion *= ONE - socket * F(0.22)
    occlusion *= ONE - F(0.30) * fold_line
    occlusion *= ONE - F(0.25) * bump(F(0), crease, F(0.20), F(0.05))
    lip_shadow = bump(F(0.0), t["my"] + F(0.2), F(0.3), F(0.1))
    occlusion *= hair_shadow
    # skin: warm cheeks and nose, mottling, freckles, lines of age, shaven beard
    blush = bump(F(0.40), F(0.34), F(0.24), F(0.20)) * (F(0.55) + F(0.45) * t["makeup"])
    blush += dome((X / F(0.13)) ** 2 + ((Y - t["ny"] + F(0.05)) / F(0.12)) ** 2) * F(0.5)
    mottle = noise(X * F(6) + F(3), Y * F(6), t["texture"]) * F(0.025)
    fine = noise(X * F(26), Y * F(26), t["texture"] + F(77))
    mottle += fine * (F(0.014) + F(0.022) * t["old"])
    spots = np.maximum(fine - F(0.30), F(0)) * t["freckles"]
    spots *= bump(F(0.22), F(0.24), F(0.46), F(0.30)) * F(1.5)
    brow_lines = noise(X * F(2), Y * F(17) + F(2) * X * X, t["texture"] + F(400))
    brow_lines = np.maximum(brow_lines, F(0)) * bump(F(0), F(-0.42), F(0.42), F(0.20))
    crow = bump(t["ex"] + F(0.23), t["ey"] + F(0.03), F(0.12), F(0.13))
    crow = crow * np.maximum(noise(X * F(3), (Y - F(0.5) * ax) * F(22), t["texture"]), F(0))
    bag = bump(t["ex"], t["ey"] + F(0.135), F(0.17), F(0.07))
    lines = ONE - t["old"] * (F(0.30) * brow_lines + F(0.35) * crow + F(0.20) * bag) - F(0.07) * bag
    stubble = soft(Y - F(0.38) - F(0.22) * dome((ax / F(0.36)) ** 2) * F(0.6), F(0.3))
    stubble = stubble * t["stubble"] * (F(0.8) + F(0.4) * fine)
    spec = np.maximum(dot * F(0.62) + nz * F(0.42), F(0))
    spec = spec * spec
    spec = spec * spec
    spec = spec * spec * spec
    spec = spec * (F(0.05) + F(0.30) * h.clip(F(0), F(0.3))) * occlusion * (ONE + fine * F(0.4))
    planes = []
    shade = None
    for i in range(3):
        wrap = F((0.34, 0.22, 0.16)[i])
        diffuse = np.maximum((dot + wrap) / (ONE + wrap), F(0))
        sky = t["fill"] * (F(0.80) - F(0.20) * ny)
        light = sky * t["ambient"][..., i] + t["key"] * t["light"][..., i] * diffuse
        keep = occlusion + (ONE - occlusion) * F((0.14, 0.05, 0.02)[i])
        light = light * keep
        if i == 1:
            shade = light
        tint = ONE + mottle - blush * F((0.0, 0.15, 0.15)[i]) - spots * F((0.3, 0.55, 0.7)[i])
        tint = tint * lines - stubble * F((0.42, 0.36, 0.30)[i])
        planes.append(t["skin"][..., i] * tint * light + spec * t["key"] * t["light"][..., i])
    return planes, shade * (ONE - F(0.0) * lip_shadow)


def mouth(canvas, t, X, Y, ax, px, shade, head):
    """Lips, the gap with teeth, the dark line between; returns the lips' cover."""
    u = X / t["mw"]
    u2 = np.minimum(u * u, F(1.6))
    arc = np.maximum(ONE - u2, F(0))
    lift = -(t["smile"]) * F(0.105) * u2 + F(0.02) * t["smile"]
    mid = Y - (t["my"] + lift)
    half = t["open"] * arc
    bow = ONE - F(0.30) * dome((X / F(0.05)) ** 2) + F(0.22) * dome(((ax - F(0.07)) / F(0.07)) ** 2)
    upper = mid + half * F(0.75) + t["lu"] * arc * bow
    lower = half * F(1.25) + t["ll"] * arc * (F(0.75) + F(0.25) * arc) - mid
    lips = np.minimum(upper, lower)
    ends = (ONE - np.abs(u)) * t["mw"]
    lips = np.minimum(lips, ends)
    cover = clip01(lips / (px * F(1.2) + F(0.012)) + F(0.5)) * clip01(ends / px + F(0.6))
    alpha = cover * head * (F(0.72) + F(0.22) * t["makeup"])
    is_low = soft(mid, F(0.03) + px)
    form = F(0.74) + F(0.40) * is_low
    gloss_y = (mid - half * F(1.25) - t["ll"] * F(0.38)) / (t["ll"] * F(0.42))
    gloss = dome(gloss_y * gloss_y + (X / (t["mw"] * F(0.55))) ** 2)
    gloss = gloss * (F(0.05) + F(0.10) * t["makeup"]) * shade
    wrinkle = ONE + F(0.10) * noise(X * F(30), Y * F(3), t["texture"] + F(5))
    canvas.over([t["lip"][..., i] * shade * form * wrinkle + gloss for i in range(3)], alpha)
    # the gap
    gap = np.minimum(mid + half * F(0.75), half * F(1.25) - mid)
    wide_open = clip01(t["open"] * F(40))
    hole = clip01(gap / px + F(0.5)) * wide_open * clip01(ends / px + F(0.2))
    canvas.over([F(0.035), F(0.010), F(0.010)], hole * head)
    teeth = smin(mid + half * F(0.75), half * F(0.72) - mid, F(0.01))
    gate = smooth((ONE - np.abs(u)) * F(2.6))
    tooth = clip01(teeth / px + F(0.35)) * gate * wide_open
    comb = np.abs(X * F(17) - np.floor(X * F(17)) - F(0.5))
    seams = ONE - F(0.16) * smooth((comb - F(0.38)) * F(9))
    curve = shade * (F(0.55) + F(0.45) * arc) * seams
    canvas.over([curve * F(0.80), curve * F(0.76), curve * F(0.68)], tooth * head)
    # dark line and corners
    thick = F(0.011) + F(0.012) * clip01(np.abs(u))
    line = clip01((thick - np.abs(mid)) / px + F(0.5)) * clip01(ends / px + F(1.2))
    corner = dome(((ax - t["mw"]) / F(0.045)) ** 2 + (mid / F(0.04)) ** 2)
    dark = np.maximum(
        line * (ONE - wide_open * smooth((ONE - np.abs(u)) * F(4))) * F(0.72), corner * F(0.35)
    )
    canvas.over(
        [
            c * F(0.22)
            for c in (t["skin"][..., 0], t["skin"][..., 1] * F(0.55), t["skin"][..., 2] * F(0.5))
        ],
        dark * head,
    )
    return cover


def eyes(canvas, t, X, Y, px, shade, head):
    """Sclera, iris, pupil, catchlight, lids, lashes for both eyes; returns their opening."""
    total = None
    for side in (F(-1), F(1)):
        x0 = X - side * t["ex"]
        x = x0 * side
        yy = Y - t["ey"] + x * t["etilt"]
        u = x / t["ew"]
        u2 = np.minimum(u * u, F(1.5))
        arc = np.maximum(ONE - u2, F(0))
        upper_y = -t["eo"] * arc * (ONE - F(0.22) * u)
        lower_y = t["eo"] * F(0.62) * arc * (ONE + F(0.25) * u)
        opening = np.minimum(np.minimum(yy - upper_y, lower_y - yy), (ONE - np.abs(u)) * t["ew"])
        cover = clip01(opening / px + F(0.5))
        alpha = cover * head
        # white, shaded like a ball and under the lid
        ball = F(0.62) + F(0.38) * arc
        lid_shadow = F(0.55) + F(0.45) * smooth((yy - upper_y) / (t["eo"] * F(0.9)))
        w = (F(0.18) + shade * F(0.50)) * ball * lid_shadow
        canvas.over([w * F(0.86), w * F(0.80), w * F(0.76)], alpha)
        duct = dome(((u + F(0.92)) / F(0.26)) ** 2)
        canvas.over([w * F(0.72), w * F(0.40), w * F(0.36)], alpha * duct)
        # iris
        r = F(0.070)
        ix = (x0 - t["gaze_x"] * t["ew"] - t["yaw_sin"] * F(0.03)) / r
        iy = (yy + F(0.010) - t["gaze_y"] * t["ew"]) / r
        r2 = ix * ix + iy * iy
        dist = (ONE - r2) * r * F(0.5)
        iris = clip01(dist / px + F(0.5)) * alpha
        ring = F(0.35) + F(0.65) * smooth((ONE - r2) * F(1.6))
        glow = ring * (F(0.75) + F(0.6) * clip01(iy * F(0.6) - ix * t["lx"] * F(0.5)))
        light = (F(0.25) + shade * F(0.75)) * lid_shadow
        canvas.over([t["iris"][..., i] * glow * light for i in range(3)], iris)
        pupil = clip01((F(0.17) - r2) * r * F(0.8) / px + F(0.5)) * alpha
        canvas.over([F(0.006)] * 3, pupil)
        gx, gy = (ix - t["lx"] * F(0.55)) / F(0.30), (iy + F(0.34)) / F(0.30)
        glint = clip01((ONE - gx * gx - gy * gy) * r * F(0.15) / px + F(0.42)) * alpha
        canvas.over([F(0.95)] * 3, glint * F(0.9))
        # lash line, crease, lower rim
        gate = clip01((F(1.06) - np.abs(u)) * F(8))
        lash = F(0.011) + F(0.010) * t["makeup"] + F(0.006) * (u + ONE)
        d = lash - np.abs(yy - upper_y + lash * F(0.6))
        dark = clip01(d / px + F(0.5)) * gate * (F(0.72) + F(0.26) * t["makeup"])
        canvas.over([F(0.012), F(0.008), F(0.007)], dark * head)
        d = F(0.008) - np.abs(yy - lower_y - F(0.004))
        rim = clip01(d / px + F(0.5)) * gate * (F(0.25) + F(0.25) * t["makeup"])
        canvas.over(
            [
                c * F(0.25)
                for c in (t["skin"][..., 0], t["skin"][..., 1] * F(0.7), t["skin"][..., 2] * F(0.7))
            ],
            rim * head,
        )
        wide = t["ew"] * F(1.12)
        arc2 = np.maximum(ONE - (x / wide) ** 2, F(0))
        crease_y = -(t["eo"] + t["lid"]) * arc2 - F(0.006)
        d = (yy - crease_y) / (F(0.018) + px * F(0.5))
        fold = dome(d * d) * arc2 * F(0.42)
        canvas.over(
            [t["skin"][..., i] * shade * F((0.34, 0.24, 0.20)[i]) for i in range(3)], fold * head
        )
        total = cover if total is None else np.maximum(total, cover)
    return total


def brows(canvas, t, X, Y, ax, px, shade, head, strand):
    """Eyebrows: an arched, tapering stroke with hair in it."""
    u = (ax - t["ex"] - F(0.01)) / F(0.20)
    inner = F(0.004) * t["brow_raise"]
    arch = t["by"] - t["barch"] * (ONE - (u - F(0.25)) ** 2) + F(0.03) + inner
    thick = t["bt"] * (ONE - F(0.45) * smooth(u * F(0.9)))
    d = thick - np.abs(Y - arch)
    ends = (ONE - np.abs(u)) * F(0.20)
    hairs = noise(X * F(30) + Y * F(14), Y * F(6), t["texture"] + F(31)) * F(0.02)
    cover = soft(np.minimum(d, ends) + hairs * F(0.7), px * F(1.4) + F(0.035))
    dark = F(0.42) - F(0.16) * t["hair_dark"]
    canvas.over(
        [(t["hair"][..., i] * dark + F(0.004)) * (F(0.4) + shade) for i in range(3)],
        cover * t["bdark"] * head * F(0.9),
    )


def beard(canvas, t, X, Y, ax, px, shade, head, size):
    """Moustache, goatee or full beard: hair texture inside soft regions."""
    grain = noise(X * F(24), Y * F(9), t["texture"] + F(13)) * F(0.6)
    grain += noise(X * F(11), Y * F(6), t["texture"] + F(17)) * F(0.4)
    rough = grain * F(0.03)
    mid = t["my"] - t["smile"] * F(0.105) * np.minimum((X / t["mw"]) ** 2, F(1.5))
    lip_top = mid - t["lu"] - t["open"] * F(0.75)
    arch = t["ny"] + F(0.055) + F(0.30) * X * X
    m = np.minimum(np.minimum(Y - arch, lip_top + F(0.02) + F(0.5) * X * X - Y), F(0.28) - ax)
    moustache = soft(m + rough, F(0.07)) * t["moustache"]
    low = t["ll"] + t["open"] * F(1.25)
    lips_out = np.maximum(
        np.maximum(mid - t["lu"] - Y, Y - mid - low - F(0.015)), ax - t["mw"] * F(1.02)
    )
    g = np.minimum(np.minimum(F(0.30) - ax, Y - t["my"] + F(0.06)), lips_out)
    goatee = soft(g + rough, F(0.08)) * t["goatee"]
    cheek = F(0.10) + F(0.50) * smooth((F(0.70) - ax) * F(2.4))
    f = np.minimum(Y - cheek, np.maximum(lips_out, F(0.0) - ONE * F(0.0)))
    f = np.where(ax < t["mw"] * F(1.05), np.minimum(Y - t["my"] + F(0.02), lips_out), Y - cheek)
    full = soft(f + rough, F(0.10)) * t["full"]
    cover = np.maximum(np.maximum(moustache, goatee), full) * t["bdens"]
    depth = (ONE + F(0.40) * grain) * (F(0.15) + shade * F(0.75))
    canvas.over([t["hair"][..., i] * F(0.8) * depth for i in range(3)], cover * head)


def glasses(canvas, t, s, y, px, head, hair):
    """Rims, bridge, arms, a faint tint and a glint; returns the cover of the rims."""
    zg = t["W"] * F(1.06)
    x = (s - zg * t["yaw_sin"]) / t["yaw_cos"]
    yy = y - zg * t["pitch_sin"] - t["ey"] - F(0.03)
    ax = np.abs(x)
    cx = t["ex"] + F(0.01)
    rx, ry = F(0.215) + F(0.02) * t["gl_round"], F(0.135) + F(0.06) * t["gl_round"]
    corner = ry * (F(0.35) + F(0.6) * t["gl_round"])
    dx = np.maximum(np.abs(ax - cx) - rx + corner, F(0))
    dy = np.maximum(np.abs(yy) - ry + corner, F(0))
    d = corner - np.sqrt(dx * dx + dy * dy)
    inner = np.minimum(rx - np.abs(ax - cx), ry - np.abs(yy))
    d = np.where(inner < corner, d, inner)
    lens = clip01(d / px + F(0.5)) * t["glasses"]
    th = t["gl_thick"]
    rim = clip01((th - np.abs(d)) / px + F(0.5))
    bridge = np.minimum(th * F(0.9) - np.abs(yy + F(0.06) - F(0.5) * x * x), cx - rx - ax + F(0.01))
    rim = np.maximum(rim, clip01(bridge / px + F(0.5)))
    arm = np.minimum(th * F(0.9) - np.abs(yy + F(0.05)), ax - cx - rx)
    arms = clip01(arm / px + F(0.5)) * head * (ONE - hair["front"])
    shadow = soft(th * F(2.2) - np.abs(d + F(0.03)), F(0.06)) * F(0.22) * t["glasses"] * head
    canvas.times(ONE - shadow)
    canvas.times(ONE - lens * F(0.08))
    streak = (x * F(0.8) + yy + t["glint"] * F(0.5) - F(0.25)) * F(9)
    glare = dome(streak * streak) * lens * t["glint"] * F(0.16)
    canvas.over([F(0.9), F(0.95), F(1.0)], glare)
    cover = np.maximum(rim, arms) * t["glasses"]
    shine = F(0.55) + F(0.5) * smooth(F(0.5) - yy * F(3))
    canvas.over([t["rim"][..., i] * shine for i in range(3)], cover)
    return cover
