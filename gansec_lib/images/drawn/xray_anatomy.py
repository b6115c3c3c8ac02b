"""Who is on a procedural chest X-ray: the parameters of a patient, the curves that bound lungs,
heart and diaphragm, and what follows from them exactly (landmarks, cardiothoracic ratio).

Chest coordinates: x from −1 to 1 across the picture, patient's left positive; y from −1 at the top
to 1. Parameters are float32 or bool (n, 1, 1). All ranges are ours.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from gansec_lib.images.drawn.noise import Columns, Draws, bump, grid, root, turn

LANDMARKS = (
    "right_apex",
    "left_apex",
    "right_costophrenic",
    "left_costophrenic",
    "carina",
)
_F = np.float32


def patients(draws: Draws, n: int) -> SimpleNamespace:
    """Everything that makes one patient and one exposure, each float32 or bool (n, 1, 1)."""
    c = Columns(draws.unit(n, 128))
    p = SimpleNamespace()
    # where the patient stands
    p.tilt = c(-0.03, 0.03)  # tan of half the angle: up to 3.4 degrees
    p.zoom, p.shift_x, p.shift_y = c(0.86, 1.08), c(-0.05, 0.05), c(-0.10, 0.04)
    p.turned = c(-0.035, 0.035)  # patient turned about the long axis: the midline moves
    p.scoliosis = c(-0.03, 0.03)
    # thorax
    p.width = c(0.70, 0.82)
    p.apex = c(-0.74, -0.62)
    p.apex_side = c(0.27, 0.34)
    p.grow = c(1.0, 1.2)
    p.dome_right = c(0.30, 0.47)
    p.dome_left = p.dome_right + c(0.02, 0.10)
    p.drop_out, p.drop_in = c(0.16, 0.34), c(0.02, 0.09)
    # heart and vessels
    p.heart_x = c(0.05, 0.13)
    p.heart_w = p.width * c(0.38, 0.58)
    p.heart_h = c(0.36, 0.48)
    p.heart_y = p.dome_left - p.heart_h * c(0.30, 0.55)
    p.heart_lean = c(0.25, 0.75)
    p.knob_y, p.knob = c(-0.36, -0.24), c(0.04, 0.11)
    p.narrow = c(0.11, 0.155)
    p.hilum_y = c(-0.12, -0.02)
    p.carina = p.hilum_y - c(0.10, 0.16)
    # bones
    p.bone = c(0.65, 1.3)
    p.pitch = c(0.118, 0.142)
    p.rib_start, p.rib_fall = c(-0.86, -0.76), c(0.16, 0.32)
    p.front_start, p.front_fall = c(-0.75, -0.6), c(0.40, 0.62)
    p.rib_width = c(0.20, 0.27)
    p.front_bone = c(0.3, 0.75)
    p.clavicle_y, p.clavicle_rise = c(-0.60, -0.48), c(0.02, 0.20)
    p.clavicle_r = c(0.032, 0.047)
    p.scapula = c(0.72, 0.86)
    # soft tissue
    p.size = c(0.0, 1.0)
    p.breast = c.chance(0.45)
    p.breast_low, p.breast_out, p.breast_r = c(0.30, 0.62), c(0.36, 0.50), c(0.26, 0.40)
    p.breast_gain = c(0.05, 0.14)
    p.shoulder = c(-1.12, -0.84)
    p.neck = c(0.22, 0.32)
    p.body = c(0.93, 1.12)
    p.gas = c.chance(0.65)
    p.gas_x, p.gas_y, p.gas_r = c(0.28, 0.50), c(0.13, 0.24), c(0.08, 0.17)
    # findings
    p.nodule_count = np.where(c.chance(0.5), np.floor(c(1.0, 3.999)), _F(0) * c()).astype(np.int64)
    p.nodules = [SimpleNamespace(left=c.chance(0.5), along=c(0.16, 0.92), out=c(0.16, 0.84),
                                 radius=c(0.05, 0.115), gain=c(0.12, 0.27), flat=c(0.8, 1.25))
                 for _ in range(3)]  # fmt: skip
    p.effusion, p.effusion_left, p.effusion_h = c.chance(0.15), c.chance(0.5), c(0.10, 0.34)
    p.opacity, p.opacity_left, p.opacity_y = c.chance(0.15), c.chance(0.5), c(-0.35, 0.35)
    p.opacity_r, p.opacity_gain = c(0.16, 0.34), c(0.08, 0.20)
    # exposure and film
    p.exposure, p.contrast, p.air = c(-1.0, 1.0), c(0.80, 1.45), c(0.37, 0.50)
    p.grain, p.grain_soft, p.blur = c(0.004, 0.018), c(0.0, 0.22), c(0.0, 0.16)
    p.mottle, p.veil = c(0.3, 1.0), c(0.0, 0.07)
    p.marker = np.floor(c(0.0, 2.999)).astype(np.int64)  # none, L, R
    p.marker_x, p.marker_y = c(0.05, 0.20), c(0.05, 0.25)
    p.marker_size, p.marker_tone = c(0.07, 0.11), c(0.85, 1.0)
    p.collimated = c.chance(0.22)
    p.borders = [c(-0.02, 0.09) for _ in range(4)]
    p.vessels = c(0.7, 1.3)
    return p


def outer(p, y):
    """Half-width of the inner chest wall at height y: a dome at the apex, then straight."""
    s = np.clip((y - p.apex) / p.grow, _F(0), _F(1))
    return p.apex_side + (p.width - p.apex_side) * root(s * (_F(2) - s))


def inner(p, y):
    """Distance of the lung from the midline where only its apex bounds it."""
    s = np.clip((y - p.apex) * _F(5), _F(0), _F(1))
    return p.apex_side - (p.apex_side - _F(0.08)) * root(s * (_F(2) - s))


def dome(p, a, left):
    """Height of the diaphragm at distance a from the midline; ``left`` is 1 on the patient's
    left, 0 on the right, and passes from one to the other behind the spine."""
    d = (a - p.width * _F(0.5)) / (p.width * _F(0.5))
    drop = np.where(d > 0, p.drop_out, p.drop_in)
    return p.dome_right + (p.dome_left - p.dome_right) * left + d * d * drop


def midline(p, y):
    return p.turned + p.scoliosis * bump(y * _F(0.9))


def to_frame(p, size):
    """Chest coordinates of every pixel: x (n, size, size), y (n, size, size)."""
    x, y = grid(size)
    cosine, sine = turn(p.tilt)
    x, y = x * p.zoom - p.shift_x, y * p.zoom - p.shift_y
    return cosine * x + sine * y, cosine * y - sine * x


def to_pixel(p, x, y, size):
    """Pixel coordinates (0, 0 is the centre of the first pixel) of chest coordinates."""
    cosine, sine = turn(p.tilt)
    col, row = cosine * x - sine * y, cosine * y + sine * x
    half = _F(size / 2)
    centre = _F((size - 1) / 2)
    return (
        (col + p.shift_x) / p.zoom * half + centre,
        (row + p.shift_y) / p.zoom * half + centre,
    )


def angle(p, left):
    """The costophrenic angle (x from the midline, y): where chest wall and diaphragm meet."""
    left = left.astype(_F)
    y = p.dome_right + p.drop_out
    for _ in range(8):  # the chest wall is nearly upright here: each round gains a digit
        y = dome(p, outer(p, y), left)
    return outer(p, y), y


def landmarks(p, size):
    """float32 (n, 5, 2) in the order of LANDMARKS, from the same curves that draw the picture."""
    points = []
    for side in (-1, 1):
        points.append((midline(p, p.apex) + _F(side) * p.apex_side, p.apex))
    for side in (-1, 1):
        a, y = angle(p, np.full(p.apex.shape, side > 0))
        points.append((midline(p, y) + _F(side) * a, y))
    points.append((midline(p, p.carina) - _F(0.01), p.carina))
    pixels = [np.concatenate(to_pixel(p, x, y, size), axis=2)[:, 0] for x, y in points]
    return np.stack(pixels, axis=1)


def place_nodules(p):
    """Centres of the nodules in chest coordinates, always inside the lung it belongs to."""
    for nodule in p.nodules:
        left = nodule.left
        top = p.apex + _F(0.10)
        bottom = np.where(left, p.dome_left, p.dome_right) - _F(0.06)
        y = top + (bottom - top) * nodule.along
        sign = np.where(left, _F(1), _F(-1))
        # the heart's outline at this height, measured from the midline, bounds the left lung
        middle = midline(p, y)
        d = (y - p.heart_y) / p.heart_h
        edge = p.heart_x + p.heart_lean * (y - p.heart_y)
        reach = p.heart_w * root(_F(1) - d * d)
        other = reach / _F(1.2) - p.heart_x - _F(0.2) * p.heart_lean * (y - p.heart_y)
        border = np.where(d * d < 1, np.where(left, edge + reach, other), _F(0))
        near = np.maximum(np.maximum(border - _F(0.02), _F(0.17)), inner(p, y) + _F(0.04))
        far = outer(p, y) - _F(0.05)
        near = np.minimum(near, far - _F(0.10))
        nodule.y = y
        nodule.x = middle + sign * (near + (far - near) * nodule.out)


def attributes(p):
    """What is known about each patient, tensors (n,)."""
    a, _ = angle(p, np.full(p.apex.shape, True))
    b, _ = angle(p, np.full(p.apex.shape, False))
    lean = p.heart_lean * p.heart_h
    left, right = lean * lean, lean * lean * _F(0.04)
    square = p.heart_w * p.heart_w
    heart = np.sqrt(square + left) + np.sqrt(square / _F(1.44) + right)
    sizes = np.stack([k.radius[:, 0, 0] for k in p.nodules], 1)
    present = np.arange(3)[None] < p.nodule_count[:, 0]
    values = {
        "nodule_count": p.nodule_count,
        "nodule_radius": np.where(present, sizes, _F(0)).max(axis=1),
        "cardiothoracic_ratio": heart / (a + b),
        "effusion": p.effusion,
        "opacity": p.opacity,
        "breast_shadow": p.breast,
        "body_size": p.size,
        "bone_density": p.bone,
        "exposure": p.exposure,
        "marker": p.marker,
    }
    return {name: value.reshape(-1) for name, value in values.items()}
