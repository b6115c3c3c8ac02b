"""Procedural chest X-rays (PA view) with exact ground truth.

A film shows how much the body took away from the beam. Beer–Lambert, I = I₀ exp(−Σ μᵢ tᵢ), and a
display that shows −log I give back the sum Σ μᵢ tᵢ: so each organ is a thickness tᵢ(x, y) times
its μᵢ, all are added, air in the lungs is taken off, and a film's S-curve makes tones of the sum.
No exponential is needed, and every operation is exact (``drawn/noise.py``): the same bytes
on every machine. Shapes are ours, after ordinary PA radiographs; nobody's picture is in them.

The picture's left side is the patient's right side, as on a real film.
"""

from __future__ import annotations

import numpy as np
import torch

from gansec_lib.images.drawn import xray_anatomy as anatomy
from gansec_lib.images.drawn.noise import (
    Columns,
    Draws,
    batches,
    bump,
    check_arguments,
    grid,
    root,
    smooth_field,
    soften,
    step,
    wave,
)
from gansec_lib.images.imageset import ImageSet

LABELS = ("normal", "nodule")
MASKS = ("lungs", "right_lung", "left_lung", "heart", "nodules", "clavicles")
_F = np.float32
_NAME = 0x58524159  # "XRAY": keeps these streams apart from those of the other pictures
_SHAPE = 4160  # random numbers of a patient's noise fields and vessels
# Directions (away from the midline, down) in which the vessels leave the hilum.
_FAN = ((0.25, -1.0), (0.6, -0.8), (0.95, -0.35), (1.0, 0.1), (0.85, 0.5), (0.55, 0.85), (0.2, 1.0))


def _vessels(p, shape, n, size):
    """Attenuation of the branching lung vessels, float32 (n, size, size): tapering segments,
    each drawn in a small window round it, children leaving from where the parent ends."""
    pad = max(6, size // 5)
    wide = size + 2 * pad
    canvas = np.zeros(n * wide * wide, _F)
    # n, side, branch
    fan = np.asarray(_FAN, _F)
    jitter = shape.block(8 * len(fan)).reshape(n, 2, len(fan), 4)
    at = np.arange(2, dtype=_F)[None, :, None] * _F(2) - _F(1)
    dx = (fan[:, 0] + (jitter[..., 0] - _F(0.5)) * _F(0.5)) * at
    dy = fan[:, 1] + (jitter[..., 1] - _F(0.5)) * _F(0.5)
    x = anatomy.midline(p, p.hilum_y) + at * (_F(0.13) + jitter[..., 2] * _F(0.06))
    y = p.hilum_y + (jitter[..., 3] - _F(0.4)) * _F(0.14) + _F(0.03) * at
    length, radius = _F(0.17), _F(0.024)
    scale = _F(size / 2) / p.zoom
    for level in range(4):
        more = shape.block(8 * x.shape[2]).reshape(n, 2, -1, 4)
        norm = length * (_F(0.7) + _F(0.6) * more[..., 0]) / np.sqrt(dx * dx + dy * dy)
        dx, dy = dx * norm, dy * norm
        x2, y2 = x + dx, y + dy
        ends = [v.reshape(n, 1, -1) for v in (x, y, x2, y2)]
        px, py = anatomy.to_pixel(p, ends[0], ends[1], size)
        qx, qy = anatomy.to_pixel(p, ends[2], ends[3], size)
        half = int(float(length) * 1.3 * size / 4 / 0.94 + 2.0)
        gain = np.broadcast_to(_F(1.0 - 0.17 * level), px.shape)
        _segments(canvas, wide, pad, half, (px, py, qx, qy), radius * scale, gain)
        # two children a parent: turned a little either way, or a lot on one side
        bend = _F(0.15) + _F(0.55) * more[..., 1:3]
        x, y = (np.stack([v, v], -1).reshape(n, 2, -1) for v in (x2, y2))
        sign = np.asarray([1, -1], _F)
        dx, dy = (
            (dx[..., None] - dy[..., None] * bend * sign).reshape(n, 2, -1),
            (dy[..., None] + dx[..., None] * bend * sign).reshape(n, 2, -1),
        )
        length, radius = length * _F(0.78), radius * _F(0.66)
    return canvas.reshape(n, wide, wide)[:, pad:-pad, pad:-pad]


def _segments(canvas, wide, pad, half, ends, radius, gain):
    """Add soft segments to the padded canvas; ends and gain are (n, 1, K) in pixels."""
    px, py, qx, qy = (v[:, 0, :, None, None] for v in ends)
    n = len(px)
    offset = np.arange(-half, half + 1)
    last = wide - 2 * pad - 1
    col = np.clip(np.floor((px + qx) * _F(0.5) + _F(0.5)), 0, last).astype(np.int32)
    row = np.clip(np.floor((py + qy) * _F(0.5) + _F(0.5)), 0, last).astype(np.int32)
    gx = col.astype(_F) + offset[None, None, None, :].astype(_F) - px
    gy = row.astype(_F) + offset[None, None, :, None].astype(_F) - py
    vx, vy = qx - px, qy - py
    along = np.clip((gx * vx + gy * vy) / (vx * vx + vy * vy + _F(1e-6)), _F(0), _F(1))
    gx, gy = gx - along * vx, gy - along * vy
    r = np.maximum(radius[:, :, :, None, None] * _F(1), _F(0)).reshape(n, 1, 1, 1)
    soft = r * r + _F(0.6)
    value = np.clip(_F(1) - (gx * gx + gy * gy) / (soft * (_F(1.25) - _F(0.5) * along)), 0, 1)
    value *= gain[:, 0, :, None, None] * np.minimum(r * _F(1.6), _F(1.0) + _F(0) * r)
    start = (np.arange(n, dtype=np.int32) * (wide * wide))[:, None, None, None]
    row, col = row + (pad + offset[None, None, :, None]).astype(np.int32), col + pad
    where = start + row * wide + col + offset[None, None, None, :].astype(np.int32)
    np.add.at(canvas, where.reshape(-1), value.reshape(-1))


def _rib(phase, width, soft):
    """Bone of a row of ribs at ``phase`` (a whole number between two ribs): plate and rims."""
    d = np.abs(phase - np.floor(phase) - _F(0.5))
    plate = step((width + soft - d) / (soft + soft))
    return plate * (_F(0.55) + _F(0.45) * step((d / width - _F(0.45)) * _F(1.8)))


def _render(p, shape, grain, n, size):
    """Pictures uint8 (n, size, size), masks and landmarks of n patients."""
    x, y = anatomy.to_frame(p, size)
    pixel = _F(2.0 / size) * p.zoom  # one pixel in chest units
    x0 = x - anatomy.midline(p, y)
    left = x0 > 0
    a = np.abs(x0)

    wobble, fine, finer = (
        smooth_field(shape.block(k * k).reshape(n, k, k) - _F(0.5), size) for k in (9, 23, 51)
    )

    outer, inner, dome = (
        anatomy.outer(p, y),
        anatomy.inner(p, y),
        anatomy.dome(p, a, step(x0 * _F(4) + _F(0.5))),
    )

    # heart: a leaning ellipse; the vessels' stalk above it with the aortic knob on the left
    fall, beside = p.heart_lean * (y - p.heart_y), x0 - p.heart_x
    u = np.maximum(beside - fall, (_F(0.2) * fall - beside) * _F(1.2)) / p.heart_w
    v = (y - p.heart_y) / p.heart_h
    heart = _F(1) - u * u - v * v
    stalk = p.narrow + _F(0.02) * bump((y - p.hilum_y - _F(0.1)) * _F(3))
    stalk = stalk + np.where(left, p.knob * bump((y - p.knob_y) * _F(6.5)), _F(0))
    stalk = stalk + _F(0.022) * bump((y - p.hilum_y) * _F(3.5))
    stalk = stalk + wobble * _F(0.02)
    middle = step((stalk - a) / (_F(0.035) + pixel) + _F(0.5))

    # lung: ellipse in cross-section, cut by the dome, the stalk and the heart
    wall = outer - a
    lateral = a / (outer + _F(1e-3))
    depth = root(_F(1) - lateral * lateral)
    above = step((dome - y) / (_F(0.02) + pixel) + _F(0.5))
    tip = step((a - inner) / (_F(0.03) + pixel)) * step((y - p.apex) / (_F(0.02) + pixel) + _F(0.5))
    inside = step(wall / (_F(0.015) + pixel) + _F(0.5)) * tip
    lung = inside * (y < dome) * (heart < 0) * (a > stalk)
    airy = np.minimum(depth * _F(1.35), _F(1)) * inside
    full = step(heart * _F(3.5) + _F(0.5))
    air = airy * (_F(1) - middle * _F(0.93)) * (_F(1) - _F(0.80) * full)
    hidden = step((y - dome) * _F(2.2))  # a little lung lies behind the dome
    air = air * (above + (_F(1) - above) * _F(0.10) * (_F(1) - hidden))

    # effusion: fluid up to a hollow line that climbs the wall
    fluid_side = p.effusion & (left == p.effusion_left)
    _, corner = anatomy.angle(p, p.effusion_left)
    level = corner - p.effusion_h * (_F(0.45) + _F(0.55) * step((lateral - _F(0.45)) * _F(1.8)))
    fluid = np.where(fluid_side, step((y - level) / _F(0.09) + _F(0.5)), _F(0))
    air *= _F(1) - _F(0.88) * fluid

    # soft tissue: trunk, neck, shoulders
    trunk = p.body + p.size * _F(0.10) - _F(0.10) * bump((y - _F(0.1)) * _F(1.2))
    trunk = trunk + _F(0.55) * step((-y - _F(0.25)) * _F(2.2))
    slope = step((a - p.neck) * _F(0.9) + _F(0.2))
    top = p.shoulder + _F(0.28) * slope - _F(0.45) * bump(a / (p.neck * _F(1.5)))
    inskin = step((trunk - a) / (_F(0.05) + pixel)) * step((y - top) / (_F(0.07) + pixel))
    across = np.minimum(a / (trunk + _F(0.15)), _F(1))
    round_ = root(_F(1) - across * across)
    meat = (_F(0.34) + p.size * _F(0.04)) + _F(0.26) * round_
    meat = meat * (_F(0.62) + _F(0.38) * step((y - top) * _F(2.2)))
    belly = step((y - dome) * _F(2.0)) * _F(0.08) + (_F(1) - above) * _F(0.06)
    total = meat + belly * inskin + wobble * _F(0.06) + fine * _F(0.025)
    core = _F(0.145) * middle * step((y + _F(1.05)) * _F(2.0)) * (_F(0.2) + _F(0.8) * above)
    blood = full * (_F(0.08) * root(heart) + _F(0.05))
    blood = blood * (above * _F(0.85) + _F(0.15) * (_F(1) - hidden))
    total += np.maximum(core, blood) + _F(0.3) * np.minimum(core, blood)
    bosom = np.where(p.breast, p.breast_gain, _F(0))
    bx, by = (
        (a - p.breast_out) / p.breast_r,
        (y - p.breast_low + p.breast_r * _F(0.75)) / p.breast_r,
    )
    total += bosom * root(_F(1) - bx * bx - by * by)
    total -= p.air * air

    # lung marks
    tree = np.minimum(_vessels(p, shape, n, size) * p.vessels, _F(1.6))
    total += (_F(0.072) * tree + (fine * _F(0.07) + finer * _F(0.06)) * p.mottle) * np.minimum(
        air * _F(1.6), _F(1)
    )
    hilum = bump((a - _F(0.20)) * _F(6)) * bump((y - p.hilum_y - _F(0.02)) * _F(5.5))
    total += hilum * _F(0.12) * (_F(0.8) + fine)

    # bones
    soft = np.maximum(pixel / p.pitch * _F(0.9), _F(0.07))
    arch = lateral * lateral * lateral
    back = (y - p.rib_start - p.rib_fall * (_F(1.2) * arch - _F(0.28) * lateral)) / p.pitch
    back = back + wobble * _F(0.25)
    inrow = step(back * _F(4)) * step((_F(10.6) - back) * _F(4))
    near = np.clip(_F(1) - (lateral - _F(0.98)) * _F(9), 0, 1) * step((lateral - _F(0.10)) * _F(7))
    near = near * (above + (_F(1) - above) * _F(0.4) * (_F(1) - hidden))
    bones = _rib(back, p.rib_width, soft) * inrow * near * _F(0.125)
    fall = _F(1) - lateral
    front = (y - p.front_start - p.front_fall * fall * (_F(1.25) - _F(0.45) * fall)) / p.pitch
    front = front / _F(1.12) - wobble * _F(0.3)
    seen = (
        step((lateral - _F(0.34)) * _F(3.2)) * step(front * _F(4)) * step((_F(7.5) - front) * _F(3))
    )
    bones += _rib(front, p.rib_width * _F(1.15), soft) * seen * near * p.front_bone * _F(0.085)
    bones += (
        bump((lateral - _F(1.02)) * _F(14))
        * _F(0.045)
        * step((y - p.apex) * _F(3))
        * (_F(1) - hidden)
    )  # the wall, where ribs run along the beam

    spine = step((_F(0.085) - a) / (_F(0.03) + pixel) + _F(0.5))
    disc = wave((y - p.rib_start) / p.pitch)
    bones += spine * (_F(0.04) + _F(0.016) * disc)
    bones += bump((a - _F(0.085)) / (_F(0.022) + pixel)) * _F(0.02)

    along = (a - _F(0.07)) / _F(0.80)
    bow = along * (_F(1) - along) * (_F(0.5) - along)
    line = p.clavicle_y - p.clavicle_rise * along + bow * _F(0.55)
    thick = p.clavicle_r * (_F(1.25) - _F(0.9) * along * (_F(1) - along))
    off = (y - line) / thick
    ends = step((along + _F(0.02)) * _F(16)) * step((_F(1.02) - along) * _F(16))
    clavicle = step((_F(1) - np.abs(off)) / (pixel / thick + _F(0.12)) + _F(0.5)) * ends
    bones += clavicle * (_F(0.075) + _F(0.035) * step((np.abs(off) - _F(0.4)) * _F(2)))

    blade = a - p.scapula - _F(0.10) * step((y + _F(0.1)) * _F(1.6)) + _F(0.10) * (y + _F(0.4))
    range_ = step((y + _F(0.66)) * _F(7)) * step((_F(0.12) - y) * _F(3.5))
    bones += range_ * (
        step(blade / (_F(0.03) + pixel)) * _F(0.035) + bump((blade - _F(0.02)) * _F(30)) * _F(0.03)
    )
    hx, hy = a - p.scapula - _F(0.26), y - p.clavicle_y + p.clavicle_rise - _F(0.10)
    bones += step((_F(0.020) - hx * hx - hy * hy) * _F(60)) * _F(0.06)
    bones += (
        step((hx + _F(0.02)) / _F(0.04))
        * step((hy) * _F(12))
        * step((_F(0.10) - np.abs(hx - hy * _F(0.15) - _F(0.04))) * _F(14))
        * _F(0.06)
    )
    total += bones * p.bone * (_F(1) - _F(0.45) * np.maximum(full, middle))

    # trachea and the two main bronchi; gas in the stomach
    down = y - p.carina
    pipe = step((_F(0.042) - np.abs(x0 + _F(0.01))) / (_F(0.012) + pixel) + _F(0.5))
    pipe = pipe * step(-down / (_F(0.03) + pixel) + _F(0.5)) * step((y + _F(1.15)) * _F(4))
    fork = np.abs(x0 + _F(0.01)) - down * np.where(left, _F(1.15), _F(0.75))
    fork = (
        bump(fork / (_F(0.045) + pixel))
        * step((down + _F(0.02)) * _F(18))
        * step((_F(0.15) - down) * _F(12))
    )
    total -= _F(0.085) * np.maximum(pipe, fork * _F(0.8))
    gx, gy = x0 - p.gas_x, (y - p.dome_left - p.gas_y) * _F(1.35)
    gas = root(_F(1) - (gx * gx + gy * gy) / (p.gas_r * p.gas_r) + wobble)
    total -= np.where(p.gas, np.minimum(gas, _F(1)), _F(0)) * _F(0.17) * (_F(1) - above)

    # findings
    ox = (a - p.width * _F(0.5)) / p.opacity_r
    oy = (y - p.opacity_y) / p.opacity_r
    patch = step((_F(1) - ox * ox - oy * oy + wobble * _F(2) + fine) * _F(0.9))
    patch = np.where(p.opacity & (left == p.opacity_left), patch, _F(0))
    total += p.opacity_gain * patch * air * (_F(1) + fine * _F(2.0))
    spots = np.zeros(x.shape, bool)
    for k, nodule in enumerate(p.nodules):
        rows = np.flatnonzero(p.nodule_count[:, 0, 0] > k)
        if len(rows) == 0:
            continue
        dx = (x[rows] - nodule.x[rows]) * nodule.flat[rows]
        dy = y[rows] - nodule.y[rows]
        inside_ = _F(1) - (dx * dx + dy * dy) / (nodule.radius[rows] * nodule.radius[rows])
        ball = (_F(0.3) * root(inside_) + _F(0.7) * inside_) * (inside_ > 0)
        total[rows] += nodule.gain[rows] * ball * (_F(1) + fine[rows] * _F(0.4))
        spots[rows] |= inside_ > 0

    # the film: scatter veil, S-curve, grain, blur, borders, marker
    total = total * inskin
    total = total * (_F(1) - p.veil) + p.veil * _F(0.5)
    tone = (total - _F(0.49)) * p.contrast * _F(2.6) + p.exposure * _F(0.22)
    noise = grain.bell(n, size, size)
    tone += soften(noise, p.grain_soft) * p.grain * (_F(1.4) + np.clip(tone, 0, 1)) * _F(2.0)
    tone = _F(0.5) + tone / (_F(1.15) + np.abs(tone)) * _F(0.72)
    tone = soften(tone, p.blur * _F(size / 128 if size > 64 else 0.5))
    x, y = grid(size)
    lit = (x > p.borders[0] * _F(2) - _F(1)) & (x < _F(1) - p.borders[1] * _F(2))
    lit = lit & (y > p.borders[2] * _F(2) - _F(1)) & (y < _F(1) - p.borders[3] * _F(2))
    tone = np.where(lit | ~p.collimated, tone, _F(0.015))
    _stamp(tone, p, size)
    pictures = (np.clip(tone, _F(0), _F(1)) * _F(255) + _F(0.5)).astype(np.uint8)

    lungs = lung > _F(0.5)
    masks = {
        "lungs": lungs,
        "right_lung": lungs & ~left,
        "left_lung": lungs & left,
        "heart": (heart > 0) & (y < dome + _F(0.04)),
        "nodules": spots,
        "clavicles": clavicle > _F(0.5),
    }
    return pictures, masks, anatomy.landmarks(p, size)


def _letter(number, high, wide):
    """Ink of the letter L (1) or R (2) in a window, float32 (high, wide) in [0, 1]."""
    u = ((np.arange(wide).astype(_F) + _F(0.5)) / _F(high))[None, :]
    v = ((np.arange(high).astype(_F) + _F(0.5)) / _F(high))[:, None]
    right, stroke = _F(wide / high), _F(0.085)
    if number == 1:
        away = np.minimum(u - stroke + 0 * v, _F(1) - stroke - v + 0 * u)
    else:
        bu, bv = np.maximum(u - right * _F(0.5), _F(0)), v - _F(0.29)
        bowl = np.abs(np.sqrt(bu * bu + bv * bv) - _F(0.205))
        bowl = np.where(u < right * _F(0.5), np.abs(np.abs(bv) - _F(0.205)), bowl)
        leg = np.abs((u - right * _F(0.42)) - (v - _F(0.5)) * (right * _F(0.92))) * _F(0.85)
        leg = np.where(v < _F(0.48), _F(1), leg)
        away = np.minimum(np.minimum(np.abs(u - stroke) + 0 * v, bowl), leg)
    away = np.abs(away)
    return np.clip((stroke - away) * _F(high) + _F(0.5), _F(0), _F(1))


def _stamp(tone, p, size):
    """The lead letter L or R, in the upper corner of the side that it names."""
    for i in np.flatnonzero(p.marker[:, 0, 0]):
        number = int(p.marker[i, 0, 0])
        high = max(7, int(float(p.marker_size[i, 0, 0]) * size + 0.5))
        wide = max(5, (high * 5 + 3) // 7)
        x = int(float(p.marker_x[i, 0, 0]) * size)
        top = int(float(p.marker_y[i, 0, 0]) * size)
        start = size - x - wide if number == 1 else x
        place = tone[i, top : top + high, start : start + wide]
        place += _letter(number, high, wide) * (p.marker_tone[i, 0, 0] - place)


def generate(
    count: int, size: int = 64, seed: int = 0, colour: bool = True, split: str = "train"
) -> ImageSet:
    """Draw chest X-rays with everything known about them.

    Parameters
    ----------
    count : int
        How many. Picture k of a seed is the same however many are drawn.
    size : int
        Side in pixels, 32 to 256. The same patient at another size is the same patient.
    seed : int
        0 or more.
    colour : bool
        X-rays are grey: True gives three equal channels, False one.
    split : {"train", "validation", "test"}
        Splits share no patient.

    Returns
    -------
    ImageSet
        ``images`` uint8 (count, 3 or 1, size, size). ``labels`` 0 normal, 1 nodule. ``masks``:
        lungs, right_lung, left_lung (aerated fields beside heart and mediastinum), heart,
        nodules, clavicles. ``landmarks``: apices, costophrenic angles, carina; each exact, from
        the curves that drew the picture (a mask's edge agrees within a pixel). ``attributes``:
        nodule_count, nodule_radius (largest; 1 is half the picture), cardiothoracic_ratio,
        effusion, opacity, breast_shadow, body_size, bone_density, exposure, marker (0 none, 1 L,
        2 R). ``identities``: each picture is one patient.

    Raises
    ------
    ParameterError
        An argument of the wrong type or out of range.

    >>> generate(2, size=48, colour=False).images.shape
    torch.Size([2, 1, 48, 48])
    """
    number = check_arguments(count, size, seed, split)
    patients = Draws(seed, number, _NAME, 1)
    shape = Draws(seed, number, _NAME, 2)
    grain = Draws(seed, number, _NAME, 3, size)
    images = np.empty((count, size, size), np.uint8)
    masks = {name: np.empty((count, size, size), bool) for name in MASKS}
    landmarks = np.empty((count, len(anatomy.LANDMARKS), 2), _F)
    attributes, done = [], 0
    for n in batches(count, size):
        p = anatomy.patients(patients, n)
        anatomy.place_nodules(p)
        own = Columns(shape.unit(n, _SHAPE))
        rows = slice(done, done + n)
        images[rows], found, landmarks[rows] = _render(p, own, grain, n, size)
        for name in MASKS:
            masks[name][rows] = found[name]
        attributes.append(anatomy.attributes(p))
        done += n
    gathered = anatomy.attributes(anatomy.patients(Draws(0), 0)) if not attributes else {
        name: np.concatenate([part[name] for part in attributes]) for name in attributes[0]
    }  # fmt: skip
    pictures = torch.from_numpy(images)[:, None]
    truth = {name: torch.from_numpy(value) for name, value in gathered.items()}
    return ImageSet(
        images=pictures.expand(-1, 3, -1, -1).contiguous() if colour else pictures,
        identities=torch.arange(count),
        attributes=truth,
        landmarks=torch.from_numpy(landmarks),
        landmark_names=anatomy.LANDMARKS,
        masks={name: torch.from_numpy(mask) for name, mask in masks.items()},
        labels=(truth["nodule_count"] > 0).long(),
        label_names=LABELS,
        names=tuple(f"xrays/{split}/{seed}/{k}" for k in range(count)),
        source="xrays",
    )
