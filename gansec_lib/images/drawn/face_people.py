"""Who is drawn and how the picture was taken: named columns of uniform numbers → traits.

A person is a row of uniforms in [0, 1), a picture another; `traits` turns the two into the
geometry, colours and camera that the painter needs. Only + − × ÷ √ are used, so that every
machine computes the same numbers.
"""

from __future__ import annotations

import numpy as np

PERSON = (
    "sex", "tone", "undertone", "age", "hair_style", "hair_colour", "hair_shade", "hair_wave",
    "hair_volume", "hair_length", "hairline", "parting", "balding", "beard", "beard_density",
    "face_width", "jaw", "taper", "forehead", "cheek", "chin", "eye_distance", "eye_size",
    "eye_open", "eye_tilt", "eye_colour", "eye_height", "lid", "brow_thick", "brow_height",
    "brow_arch", "brow_dark", "nose_length", "nose_width", "nose_bridge", "nose_tip",
    "mouth_width", "lip_upper", "lip_lower", "lip_colour", "mouth_height", "ear", "freckles",
    "makeup", "neck", "texture",
)  # fmt: skip
PICTURE = (
    "yaw", "pitch", "roll", "zoom", "shift_x", "shift_y", "light_side", "light_height",
    "light_hard", "light_warm", "exposure", "contrast", "smile", "smile_wide", "mouth_open",
    "eyes_closed", "gaze_x", "gaze_y", "brow_raise", "back_kind", "back_hue", "back_shade",
    "back_turn", "back_mix", "back_seed", "cloth_hue", "cloth_shade", "cloth_cut", "glasses",
    "glasses_kind", "glasses_colour", "glint", "blur", "noise", "hair_mess",
)  # fmt: skip


def _anchors(*rgb):
    """sRGB anchors (bytes) as light, with the square for the gamma curve."""
    return (np.array(rgb, dtype=np.float64) / 255.0) ** 2


SKIN = _anchors(
    (250, 214, 190), (242, 198, 166), (228, 176, 138), (202, 148, 108), (166, 113, 78),
    (126, 82, 56), (94, 61, 45),
)  # fmt: skip
HAIR = _anchors(
    (24, 20, 20), (44, 31, 25), (74, 50, 35), (108, 74, 46), (128, 66, 36), (158, 116, 68),
    (206, 168, 108), (228, 202, 150),
)  # fmt: skip
GREY_HAIR = _anchors((122, 120, 120), (214, 211, 206))
IRIS = _anchors(
    (52, 30, 18), (84, 50, 26), (122, 80, 40), (110, 112, 60), (84, 120, 96), (96, 138, 170),
    (120, 148, 168),
)  # fmt: skip


def blend(table: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Colours (N, 3) at positions in [0, 1] along a table of anchors."""
    at = np.clip(where, 0.0, 1.0) * (len(table) - 1)
    low = np.minimum(at.astype(np.int64), len(table) - 2)
    part = (at - low)[:, None]
    return table[low] * (1.0 - part) + table[low + 1] * part


def hue(turn: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """A colour wheel without sines: (N, 3) around 1, `strength` away from grey."""
    phase = np.asarray(turn)[:, None] + np.array([0.0, 1 / 3, 2 / 3])[None, :]
    phase = phase - np.floor(phase)
    wave = np.abs(phase * 2.0 - 1.0)
    wave = wave * wave * (3.0 - 2.0 * wave)
    return 1.0 + (wave - 0.5) * 2.0 * np.asarray(strength)[:, None]


def middle(u: np.ndarray) -> np.ndarray:
    """[0, 1) to (−1, 1) with most of the weight near 0."""
    v = 2.0 * u - 1.0
    return v * (0.45 + 0.55 * v * v)


def ramp(u, low, high):
    """0 below low, 1 above high, smooth between."""
    t = np.clip((u - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def turn(t: np.ndarray):
    """(sine, cosine) of the angle whose half has tangent t."""
    return 2.0 * t / (1.0 + t * t), (1.0 - t * t) / (1.0 + t * t)


def traits(people: np.ndarray, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """Everything the painter needs, one float64 array (N,) or (N, 3) a trait.

    Lengths are in head units: crown at y = −1, eyes near 0, chin at y = 1.
    """
    p = {name: people[:, i] for i, name in enumerate(PERSON)}
    q = {name: pictures[:, i] for i, name in enumerate(PICTURE)}
    t: dict[str, np.ndarray] = {}

    # --- the person
    male = ramp(p["sex"], 0.44, 0.56)
    age = 18.0 + 60.0 * p["age"] * (0.35 + 0.65 * p["age"])
    old = ramp(age, 34.0, 76.0)
    t["male"], t["age"], t["old"] = male, age, old
    tone = p["tone"]
    skin = blend(SKIN, tone)
    warm = (p["undertone"] - 0.5) * 0.12
    t["skin"] = skin * (1.0 + warm[:, None] * np.array([0.5, 0.1, -0.9]))
    t["tone"] = tone
    dark = ramp(tone, 0.42, 0.72)
    shade = p["hair_colour"] * (1.0 - 0.8 * dark)
    grey = ramp(age + 22.0 * (p["hair_shade"] - 0.5), 53.0, 70.0)
    colour = blend(HAIR, shade) * (0.8 + 0.4 * p["hair_shade"])[:, None]
    silver = blend(GREY_HAIR, p["hair_colour"])
    t["hair"] = colour * (1.0 - grey[:, None]) + silver * grey[:, None]
    t["hair_dark"], t["grey"] = shade, grey
    t["iris"] = blend(IRIS, p["eye_colour"] * (1.0 - 0.86 * dark))

    t["W"] = 0.632 + 0.08 * p["face_width"] + 0.012 * male
    t["jaw"] = 0.04 + 0.36 * p["jaw"] + 0.26 * male
    t["taper"] = 0.44 - 0.22 * p["taper"] - 0.06 * male
    t["crown"] = 0.40 + 0.4 * p["forehead"]
    t["cheek"] = 0.025 + 0.05 * p["cheek"]
    t["chin"] = 0.02 + 0.05 * p["chin"]
    t["ex"] = 0.245 + 0.045 * p["eye_distance"] + 0.1 * (t["W"] - 0.65)
    t["ey"] = -0.03 + 0.06 * p["eye_height"]
    t["ew"] = 0.134 + 0.026 * p["eye_size"]
    raise_ = middle(q["brow_raise"])
    t["etilt"] = -0.03 + 0.14 * p["eye_tilt"]
    t["lid"] = 0.02 + 0.035 * p["lid"]
    t["bt"] = 0.026 + 0.022 * p["brow_thick"] + 0.008 * male
    t["by"] = -0.235 + 0.05 * p["brow_height"] + 0.03 * male - 0.03 * raise_
    t["barch"] = 0.03 + 0.06 * p["brow_arch"] - 0.02 * male
    t["bdark"] = 0.55 + 0.35 * p["brow_dark"] + 0.1 * male
    t["ny"] = 0.40 + 0.08 * p["nose_length"]
    t["nw"] = 0.105 + 0.055 * p["nose_width"] + 0.012 * male + 0.015 * dark
    t["nh"] = 0.19 + 0.10 * p["nose_bridge"]
    t["nt"] = 0.03 + 0.04 * p["nose_tip"]
    smile = ramp(q["smile"], 0.48, 0.56) * (0.68 + 0.36 * q["smile_wide"]) + 0.10
    t["smile"] = smile
    t["smiling"] = (q["smile"] > 0.52).astype(np.float64)
    wide = np.maximum(smile, 0.0)
    t["open"] = (
        wide * ramp(q["mouth_open"], 0.3, 0.8) * 0.063 + ramp(q["mouth_open"], 0.86, 1.0) * 0.05
    )
    t["my"] = t["ny"] + 0.205 + 0.04 * p["mouth_height"] - 0.02 * wide
    t["mw"] = (0.19 + 0.065 * p["mouth_width"]) * (1.0 + 0.24 * wide)
    t["lu"] = (0.035 + 0.035 * p["lip_upper"] + 0.01 * dark - 0.008 * old) * (1.0 - 0.25 * wide)
    t["ll"] = (0.050 + 0.042 * p["lip_lower"] + 0.012 * dark - 0.01 * old) * (1.0 - 0.15 * wide)
    makeup = (1.0 - male) * ramp(p["makeup"], 0.3, 0.8)
    t["makeup"] = makeup
    lip = t["skin"] * np.array([0.80, 0.44, 0.43]) + np.array([0.035, 0.0, 0.006])
    paint = _anchors((176, 52, 62), (196, 92, 98), (150, 42, 58))
    painted = blend(paint, p["lip_colour"]) * (1.0 - 0.45 * tone)[:, None]
    t["lip"] = lip + (painted - lip) * (0.75 * makeup)[:, None]
    t["ear"] = 0.15 + 0.05 * p["ear"]
    t["freckles"] = ramp(p["freckles"], 0.78, 1.0) * (1.0 - ramp(tone, 0.3, 0.5))
    t["neck"] = 0.31 + 0.06 * p["neck"] + 0.09 * male
    t["texture"] = np.floor(p["texture"] * 4096.0)
    squint = 1.0 - 0.28 * wide
    blink = 1.0 - 0.9 * ramp(q["eyes_closed"], 0.95, 0.99)
    t["eo"] = (0.050 + 0.028 * p["eye_open"] + 0.012 * (1.0 - male)) * squint * blink
    t["eo"] = t["eo"] * (1.0 + 0.15 * raise_)

    # --- beard: none, stubble, moustache, goatee, full
    grown = p["beard"] * male
    t["stubble"] = male * (1.0 - ramp(p["beard"], 0.5, 0.55)) * (0.15 + 0.5 * p["beard_density"])
    t["moustache"] = (grown > 0.56).astype(np.float64)
    t["goatee"] = (grown > 0.64).astype(np.float64)
    t["full"] = (grown > 0.76).astype(np.float64)
    t["bearded"] = (grown > 0.56).astype(np.float64)
    t["bdens"] = 0.55 + 0.4 * p["beard_density"]

    # --- hair
    bald = male * ramp(p["balding"] + 0.35 * (old - 0.5), 0.72, 0.84)
    t["bald"] = (bald > 0.5).astype(np.float64)
    shaved = t["bald"] * (p["hair_style"] > 0.5)
    t["shaved"] = shaved
    style, length = p["hair_style"], p["hair_length"]
    long = ramp(length + 0.62 * (1.0 - male), 0.80, 0.84) * (1.0 - t["bald"])
    t["long"] = long
    curl = ramp(p["hair_wave"] + 0.15 * dark, 0.66, 0.86)
    t["curl"] = curl
    t["wave"] = 0.03 + 0.12 * ramp(p["hair_wave"], 0.2, 0.7)
    vol = p["hair_volume"]
    t["ht"] = (0.075 + 0.11 * vol + 0.09 * curl * vol) * (1.0 - 0.9 * t["bald"])
    t["hs"] = (0.022 + 0.05 * vol + 0.10 * curl * vol + long * (0.05 + 0.06 * vol)) * (
        1.0 - 0.8 * t["bald"]
    )
    end = 0.55 + 1.5 * ramp(length, 0.15, 0.75)
    t["hl"] = np.where(long > 0.5, end, 0.10 + 0.12 * length)
    fringe = ramp(style, 0.62, 0.68) * (1.0 - t["bald"])
    t["fringe"] = fringe
    line = -0.66 + 0.14 * p["hairline"] - 0.08 * old * male
    t["hy"] = np.where(t["bald"] > 0.5, -1.6, line * (1.0 - fringe) - 0.30 * fringe)
    parting = np.where(p["parting"] > 0.5, 1.0, -1.0) * (0.08 + 0.28 * np.abs(2 * style - 1.0))
    t["part"] = parting * (1.0 - fringe)
    t["sweep"] = (0.10 + 0.25 * long + 0.2 * ramp(style, 0.2, 0.5)) * (1.0 - 0.8 * fringe)
    t["sweep"] = t["sweep"] * (1.0 - t["bald"])
    t["ow"] = t["W"] * (0.88 + 0.07 * p["hairline"]) - 0.05 * long * vol
    t["mess"] = 0.012 + 0.02 * q["hair_mess"] + 0.05 * curl

    # --- the picture
    t["yaw_sin"], t["yaw_cos"] = turn(0.27 * middle(q["yaw"]))
    t["pitch_sin"], _ = turn(0.10 * middle(q["pitch"]))
    t["roll_sin"], t["roll_cos"] = turn(0.10 * middle(q["roll"]))
    t["scale"] = 0.84 * (1.0 + 0.07 * (2.0 * q["zoom"] - 1.0))
    t["cx"] = 0.05 * middle(q["shift_x"]) - 0.28 * t["yaw_sin"]
    t["cy"] = -0.005 + 0.04 * middle(q["shift_y"])
    side = 2.0 * q["light_side"] - 1.0
    side = side * (1.6 - 0.6 * np.abs(side))
    height = 0.25 + 0.6 * q["light_height"]
    norm = np.sqrt(side * side * 0.9 + height * height + 0.8)
    t["lx"], t["ly"], t["lz"] = side * np.sqrt(0.9) / norm, -height / norm, np.sqrt(0.8) / norm
    hard = q["light_hard"]
    t["key"] = 0.74 + 0.46 * hard
    t["fill"] = 0.43 - 0.22 * hard
    warmth = (q["light_warm"] - 0.5)[:, None]
    t["light"] = 1.0 + warmth * np.array([0.20, 0.02, -0.24]) + np.array([0.03, 0.0, -0.03])
    t["ambient"] = 1.0 + warmth * np.array([-0.10, 0.0, 0.12])
    t["exposure"] = (0.76 + 0.36 * q["exposure"]) * (1.0 + 0.30 * tone * tone)
    t["contrast"] = 0.9 + 0.2 * q["contrast"]
    t["gaze_x"], t["gaze_y"] = 0.30 * middle(q["gaze_x"]), 0.15 * middle(q["gaze_y"])
    value = 0.03 + 0.62 * q["back_shade"] * (0.25 + 0.75 * q["back_shade"])
    t["back_a"] = value[:, None] * hue(q["back_hue"], 0.04 + 0.42 * q["back_mix"] * q["back_mix"])
    other = value * (0.45 + 1.2 * q["back_kind"])
    t["back_b"] = other[:, None] * hue(
        q["back_hue"] + 0.3 * (q["back_turn"] - 0.5), 0.06 + 0.18 * q["back_mix"]
    )
    t["back_x"] = 2.0 * q["back_turn"] - 1.0
    t["back_busy"] = q["back_kind"]
    t["back_seed"] = np.floor(q["back_seed"] * 4096.0)
    cloth = 0.02 + 0.6 * q["cloth_shade"] * q["cloth_shade"]
    t["cloth"] = cloth[:, None] * hue(
        q["cloth_hue"], 0.08 + 0.5 * q["cloth_cut"] * (1.0 - q["cloth_shade"])
    )
    t["collar"] = q["cloth_cut"]
    t["glasses"] = (q["glasses"] > 0.78).astype(np.float64)
    t["gl_round"] = q["glasses_kind"]
    rims = _anchors((18, 16, 18), (60, 36, 22), (130, 110, 80), (150, 152, 156))
    t["rim"] = blend(rims, q["glasses_colour"])
    t["gl_thick"] = 0.023 - 0.014 * q["glasses_colour"]
    t["glint"] = q["glint"]
    t["blur"] = 0.02 + 0.14 * q["blur"] * q["blur"]
    t["noise"] = 0.004 + 0.013 * q["noise"] * q["noise"]
    return t
