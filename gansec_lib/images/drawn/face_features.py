"""Eyes, mouth and glasses: small, sharp things painted in face coordinates."""

from __future__ import annotations

import numpy as np

from gansec_lib.images.drawn.face_shape import ONE, F, clip01, dome, noise, smin, smooth, soft


def mouth(canvas, t, X, Y, ax, px, shade, head):
    """Lips, the gap with teeth, the dark line between; returns the cover of lips and gap."""
    u = X / t["mw"]
    au = np.abs(u)
    u2 = np.minimum(u * u, F(1.6))
    arc = np.maximum(ONE - u2, F(0))
    mid = Y - t["my"] + t["smile"] * (F(0.105) * u2 - F(0.02))
    half = t["open"] * arc
    bow = ONE - F(0.30) * dome((X / F(0.05)) ** 2) + F(0.22) * dome(((ax - F(0.07)) / F(0.07)) ** 2)
    upper = mid + half * F(0.75) + t["lu"] * (F(0.45) * arc + F(0.55) * arc * (F(2) - arc)) * bow
    lower = half * F(1.25) + t["ll"] * arc * (F(0.75) + F(0.25) * arc) - mid
    ends = (ONE - au) * t["mw"]
    lips = np.minimum(np.minimum(upper, lower), ends)
    cover = clip01(lips / (px * F(1.2) + F(0.016)) + F(0.5)) * clip01(ends / px + F(0.6))
    form = F(0.76) + F(0.26) * soft(mid, F(0.03) + px)
    gloss_y = (mid - half * F(1.25) - t["ll"] * F(0.38)) / (t["ll"] * F(0.42))
    gloss = dome(gloss_y * gloss_y + (X / (t["mw"] * F(0.55))) ** 2)
    gloss = gloss * (F(0.05) + F(0.10) * t["makeup"]) * shade
    form = form * shade * (ONE + F(0.10) * noise(X * F(30), Y * F(3), t["texture"] + F(5)))
    colour = [t["lip"][..., i] * form + gloss for i in range(3)]
    canvas.over(colour, cover * head * (F(0.74) + F(0.22) * t["makeup"]))
    # the gap and the teeth
    above = mid + half * F(0.75)
    apart = clip01(t["open"] * F(40))
    hole = clip01(np.minimum(above, half * F(1.25) - mid) / px + F(0.5))
    hole = hole * apart * clip01(ends / px + F(0.2))
    canvas.over([F(0.035), F(0.010), F(0.010)], hole * head)
    teeth = smin(above, half * F(0.72) - mid, F(0.01))
    tooth = clip01(teeth / px + F(0.35)) * smooth((ONE - au) * F(2.6)) * apart
    comb = np.abs(X * F(17) - np.floor(X * F(17)) - F(0.5))
    white = shade * (F(0.50) + F(0.50) * arc) * (ONE - F(0.16) * smooth((comb - F(0.38)) * F(9)))
    canvas.over([white * F(0.80), white * F(0.75), white * F(0.66)], tooth * head)
    # dark line and corners
    thick = F(0.010) + F(0.010) * clip01(au)
    line = clip01((thick - np.abs(mid)) / px + F(0.5)) * clip01(ends / px + F(1.2))
    line = line * (ONE - apart * smooth((ONE - au) * F(4))) * F(0.68)
    corner = dome(((ax - t["mw"]) / F(0.045)) ** 2 + (mid / F(0.04)) ** 2) * F(0.35)
    dark = [t["skin"][..., i] * F((0.22, 0.11, 0.10)[i]) for i in range(3)]
    canvas.over(dark, np.maximum(line, corner) * head)
    return cover


def eyes(canvas, t, X, Y, px, shade, head):
    """White, iris, pupil, catchlight, lids and lashes of both eyes; returns their opening."""
    total = F(0)
    for side in (F(-1), F(1)):
        x0 = X - side * t["ex"]
        x = x0 * side
        yy = Y - t["ey"] + x * t["etilt"]
        u = x / t["ew"]
        au = np.abs(u)
        arc = np.maximum(ONE - u * u, F(0))
        upper = -t["eo"] * arc * (ONE - F(0.10) * u)
        lower = t["eo"] * F(0.60) * arc * (ONE + F(0.25) * u)
        inside = np.minimum(np.minimum(yy - upper, lower - yy), (ONE - au) * t["ew"])
        cover = clip01(inside / px + F(0.5))
        alpha = cover * head
        lid = F(0.42) + F(0.58) * smooth((yy - upper) / (t["eo"] * F(1.0)))
        w = (F(0.07) + shade * F(0.46)) * (F(0.58) + F(0.42) * arc) * lid
        duct = ONE - dome(((u + F(0.92)) / F(0.26)) ** 2) * F(0.45)
        canvas.over([w * F(0.84), w * F(0.78) * duct, w * F(0.74) * duct], alpha)
        # iris, pupil, catchlight
        r = F(0.073)
        ix = (x0 - t["gaze_x"] * t["ew"] - t["yaw_sin"] * F(0.03)) / r
        iy = (yy + F(0.012) - t["gaze_y"] * t["ew"]) / r
        r2 = ix * ix + iy * iy
        iris = clip01((ONE - r2) * r * F(0.5) / px + F(0.5)) * alpha
        ring = F(0.35) + F(0.65) * smooth((ONE - r2) * F(1.6))
        glow = ring * (F(0.55) + F(0.5) * clip01(iy * F(0.6) - ix * t["lx"] * F(0.5)))
        glow = glow * (F(0.25) + shade * F(0.75)) * lid
        canvas.over([t["iris"][..., i] * glow for i in range(3)], iris)
        pupil = clip01((F(0.15) - r2) * r * F(0.8) / px + F(0.5)) * alpha
        canvas.over([F(0.006)] * 3, pupil)
        sx, sy = (ix - t["lx"] * F(0.55)) / F(0.24), (iy + F(0.34)) / F(0.24)
        glint = clip01((ONE - sx * sx - sy * sy) * r * F(0.15) / px + F(0.42)) * alpha
        canvas.over([F(0.9)] * 3, glint * F(0.85))
        # lashes, lower rim, fold of the lid
        gate = clip01((F(1.06) - au) * F(8))
        lash = F(0.012) + F(0.010) * t["makeup"] + F(0.006) * (u + ONE)
        dark = clip01((lash - np.abs(yy - upper + lash * F(0.6))) / px + F(0.5))
        dark = dark * gate * (F(0.70) + F(0.26) * t["makeup"]) * head
        canvas.over([F(0.012), F(0.008), F(0.007)], dark)
        rim = clip01((F(0.008) - np.abs(yy - lower - F(0.004))) / px + F(0.5))
        rim = rim * gate * (F(0.25) + F(0.25) * t["makeup"]) * head
        canvas.over([t["skin"][..., i] * F((0.25, 0.17, 0.17)[i]) for i in range(3)], rim)
        wide = np.maximum(ONE - (x / (t["ew"] * F(1.12))) ** 2, F(0))
        d = (yy + (t["eo"] + t["lid"]) * wide + F(0.006)) / (F(0.020) + px * F(0.5))
        fold = dome(d * d) * wide * F(0.45) * head
        canvas.over([t["skin"][..., i] * shade * F((0.34, 0.24, 0.20)[i]) for i in range(3)], fold)
        total = np.maximum(total, cover)
    return total


def glasses(canvas, t, s, y, px, face):
    """Rims, bridge, arms, a faint tint and a glint; returns the cover of the rims."""
    zg = t["W"] * F(1.06)
    x = (s - zg * t["yaw_sin"]) / t["yaw_cos"]
    yy = y - zg * t["pitch_sin"] - t["ey"] - F(0.03)
    ax = np.abs(x)
    cx = t["ex"] + F(0.01)
    rx, ry = F(0.205) + F(0.02) * t["gl_round"], F(0.13) + F(0.06) * t["gl_round"]
    corner = ry * (F(0.35) + F(0.6) * t["gl_round"])
    dx, dy = np.abs(ax - cx) - rx + corner, np.abs(yy) - ry + corner
    ox, oy = np.maximum(dx, F(0)), np.maximum(dy, F(0))
    d = corner - np.sqrt(ox * ox + oy * oy) - np.minimum(np.maximum(dx, dy), F(0))
    lens = clip01(d / px + F(0.5)) * t["glasses"]
    th = t["gl_thick"]
    rim = clip01((th - np.abs(d)) / px + F(0.5))
    bridge = np.minimum(th * F(0.9) - np.abs(yy + F(0.06) - F(0.5) * x * x), cx - rx - ax + F(0.01))
    rim = np.maximum(rim, clip01(bridge / px + F(0.5)))
    arm = np.minimum(th * F(0.9) - np.abs(yy + F(0.05)), ax - cx - rx)
    arms = clip01(arm / px + F(0.5)) * face
    shadow = soft(th * F(2.2) - np.abs(d + F(0.03)), F(0.06)) * F(0.22) * t["glasses"] * face
    canvas.times((ONE - shadow) * (ONE - lens * F(0.08)))
    streak = (x * F(0.8) + yy + t["glint"] * F(0.5) - F(0.25)) * F(9)
    canvas.over([F(0.9), F(0.95), F(1.0)], dome(streak * streak) * lens * t["glint"] * F(0.16))
    cover = np.maximum(rim, arms) * t["glasses"]
    shine = F(0.55) + F(0.5) * smooth(F(0.5) - yy * F(3))
    canvas.over([t["rim"][..., i] * shine for i in range(3)], cover)
    return cover
