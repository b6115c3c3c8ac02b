"""Hair of many styles, eyebrows and beards: covers first, then strands and their shine."""

from __future__ import annotations

import numpy as np

from gansec_lib.images.drawn.face_shape import ONE, F, clip01, dome, noise, smin, smooth, soft


def hair_layout(t, s, y, X, Y, px):
    """Covers of the hair before and behind the head, and distances to outline and hairline."""
    wobble = noise(s * F(5) + F(7), y * F(5), t["texture"], 32) * t["mess"]
    shift = F(-0.10) * t["yaw_sin"]
    out = np.abs(s - shift)
    u = (s - shift) / (t["W"] + t["hs"])
    yc = F(-0.15)
    v = (y - yc) / (F(0.85) + t["ht"])
    u2, v2 = u * u, v * v
    top = (
        ONE
        - np.sqrt(np.maximum(u2 + v2 - F(0.32) * np.minimum(u2, ONE) * np.minimum(v2, ONE), F(0)))
    ) * F(0.85)
    # below the ears long hair widens, then closes in; short hair closes in at once
    low = y - yc
    fall = (
        t["W"]
        + t["hs"]
        + low * (t["long"] * (F(0.14) - F(0.10) * low) - (ONE - t["long"]) * F(0.13))
    )
    fan = (s - t["part"] * F(0.8)) / (y + F(1.75) + t["ht"])
    bend = noise(s * F(1.5), y * F(1.7), t["texture"] + F(11), 32) * t["wave"]
    fan = fan + bend
    lock = noise(fan * F(13), y * F(0.6), t["texture"] + F(301), 32)
    outline = np.where(low < F(0), top, fall - out) + wobble + lock * F(0.012)
    tip = t["hl"] - y + wobble * (ONE + F(2) * t["long"]) + lock * F(0.07) * t["long"]
    outer = np.minimum(outline, tip)
    # the opening in which the face is seen
    away = np.abs(X - t["part"])
    line = t["hy"] + t["sweep"] * smooth(away * F(1.5)) + F(0.25) * X * X
    up = Y - line + lock * (F(0.025) + F(0.05) * t["fringe"]) + wobble
    across = t["ow"] - np.abs(X) + wobble * F(0.7) + lock * F(0.02)
    opening = smin(up, across, F(0.18))
    width = px + F(0.025) + F(0.03) * t["curl"]
    root = px + F(0.05) * (ONE - t["fringe"]) + F(0.02)
    cover = clip01(outer / width + F(0.5)) * (ONE - t["shaved"])
    fade = smooth((t["hl"] - y) * F(4) + t["long"] * F(9) + F(0.15))
    front = cover * (ONE - smooth(opening / root + F(0.5))) * fade
    back_tip = clip01(tip / F(0.10) + F(0.5))
    wide = clip01((fall + F(0.015) - out + wobble + lock * F(0.012)) / width + F(0.5))
    back = wide * back_tip * t["long"] * clip01(low * F(20))
    return {
        "front": front, "back": back, "opening": opening, "outer": outer, "u": u, "v": v,
        "fan": fan, "lock": lock, "bend": bend,
    }  # fmt: skip


def hair_light(t, s, y, hair, size):
    """Hair colour under the light: strands, locks, a band of shine, darker roots and insides."""
    fine = F(34.0 if size >= 96 else 24.0)
    a = noise(hair["fan"] * fine, y * F(1.1), t["texture"])
    straight = a * F(0.5) + hair["lock"] * F(0.5)
    cu, cv = s + hair["bend"] * F(1.6), y + hair["lock"] * F(0.03)
    curls = noise(cu * F(9), cv * F(9), t["texture"] + F(57), 32)
    curls = F(1.4) * np.abs(curls) - F(0.42) + a * F(0.25)
    strand = straight + (curls - straight) * t["curl"]
    nx, ny = hair["u"], np.minimum(np.maximum(hair["v"], F(-1)), F(0.3))
    nz = np.sqrt(np.maximum(ONE - nx * nx - ny * ny, F(0.02)))
    diffuse = np.maximum(nx * t["lx"] + ny * t["ly"] + nz * t["lz"] * F(0.8) + F(0.15), F(0))
    band = ny + F(0.42) - F(0.22) * strand - F(0.2) * t["ly"]
    shine = dome(band * band * F(11)) * diffuse * (F(0.5) + F(0.5) * strand)
    rim = F(0.62) + F(0.38) * smooth(hair["outer"] / F(0.12) + F(0.3))
    inside = ONE - F(0.42) * smooth(ONE - np.abs(hair["opening"]) / F(0.2)) * smooth(y + F(0.7))
    depth = (ONE + (F(0.40) + F(0.25) * t["curl"]) * strand) * rim * inside
    out = []
    for i in range(3):
        light = F(0.85) * t["fill"] * t["ambient"][..., i] + t["key"] * t["light"][..., i] * diffuse
        base = t["hair"][..., i] * depth * light
        out.append(base + shine * (t["hair"][..., i] * F(0.8) + F(0.025)) * t["light"][..., i])
    return out


def brows(canvas, t, X, Y, ax, px, shade, head):
    """Eyebrows: an arched, tapering stroke with hair in it."""
    u = (ax - t["ex"] - F(0.01)) / F(0.19)
    v = u - F(0.2)
    arch = t["by"] - t["barch"] * (ONE - F(0.72) * v * v - F(0.25) * v * v * v) + F(0.03)
    thick = t["bt"] * (ONE - F(0.5) * smooth(u * F(0.9)))
    inside = np.minimum(thick - np.abs(Y - arch), (ONE - np.abs(u)) * F(0.19))
    hairs = noise(ax * F(28) + Y * F(14), Y * F(6), t["texture"] + F(31)) * F(0.014)
    cover = soft(inside + hairs, px * F(1.2) + F(0.035))
    dark = F(0.50) - F(0.24) * t["hair_dark"]
    canvas.over(
        [(t["hair"][..., i] * dark + F(0.003)) * (F(0.3) + shade) for i in range(3)],
        cover * t["bdark"] * head * F(0.9),
    )


def beard(canvas, t, X, Y, ax, shade, head):
    """Moustache, goatee or full beard: hair texture inside soft regions."""
    grain = noise(X * F(24), Y * F(8), t["texture"] + F(13)) * F(0.6)
    grain += noise(X * F(10), Y * F(5), t["texture"] + F(17)) * F(0.4)
    rough = grain * F(0.035)
    mid = t["my"] - t["smile"] * F(0.105) * np.minimum((X / t["mw"]) ** 2, F(1.5))
    top = mid - t["lu"] - t["open"] * F(0.75)
    arch = t["ny"] + F(0.045) + F(0.35) * X * X
    side = (F(0.30) - ax) * F(0.7)
    m = np.minimum(np.minimum(Y - arch, top + F(0.025) + F(0.9) * X * X - Y) * F(1.2), side)
    moustache = soft(m + rough, F(0.07)) * t["moustache"]
    lip_y = (t["ll"] + t["open"] * F(1.25) - t["lu"]) * F(0.5)
    high = t["ll"] + t["lu"] + t["open"] * F(2) + F(0.05)
    r2 = (X / (t["mw"] * F(1.06))) ** 2 + ((Y - mid - lip_y) / (high * F(0.58))) ** 2
    lips_out = (np.sqrt(r2) - ONE) * F(0.09)
    g = np.minimum(np.minimum((F(0.29) - ax) * F(0.8), Y - t["my"] + F(0.04)), lips_out)
    goatee = soft(g + rough, F(0.08)) * t["goatee"]
    cheek = F(0.55) - F(0.45) * smooth((ax - F(0.36)) * F(3))
    f = np.minimum((Y - cheek) * F(0.8), lips_out)
    full = soft(f + rough, F(0.15)) * t["full"]
    cover = np.maximum(np.maximum(moustache, goatee), full) * t["bdens"]
    depth = (ONE + F(0.45) * grain) * (F(0.08) + shade * F(0.80))
    canvas.over([t["hair"][..., i] * F(0.75) * depth for i in range(3)], cover * head)
