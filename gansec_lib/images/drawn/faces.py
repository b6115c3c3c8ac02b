"""`SynthFaces`: procedural portrait heads with exact ground truth.

A person (a row of uniforms) decides geometry, colours, hair and beard; a picture (another row)
decides pose, light, expression, background, glasses, blur and noise. So identity and nuisance are
apart by construction, and attributes, landmarks and masks are known exactly. All pixel arithmetic
is float32 + − × ÷ √ on fixed expressions, so the bytes are the same on every machine.
"""

from __future__ import annotations

import operator

import numpy as np
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.images.drawn.face_paint import paint
from gansec_lib.images.drawn.face_people import PERSON, PICTURE, traits
from gansec_lib.images.drawn.face_shape import clip01, project
from gansec_lib.images.imageset import ImageSet

SPLITS = {"train": 0, "test": 1}
FIRST_PERSON = {"train": 0, "test": 1_000_000}
PEOPLE, EACH = 32, 8
LANDMARKS = (
    "left_eye", "right_eye", "nose", "left_mouth", "right_mouth", "left_brow", "right_brow",
    "chin", "left_cheek", "right_cheek", "left_jaw", "right_jaw", "mouth_top", "mouth_bottom",
    "left_eye_outer", "left_eye_inner", "right_eye_inner", "right_eye_outer",
)  # fmt: skip
MASKS = ("face", "hair", "eyes", "mouth", "background", "glasses")
_BATCH_PIXELS = 1 << 16


def _uniforms(columns: int, *key: int) -> np.ndarray:
    """`columns` numbers in [0, 1) that depend on the integers in key alone."""
    raw = np.random.PCG64(np.random.SeedSequence(list(key))).random_raw(columns)
    return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53


def people(identities) -> np.ndarray:
    """Identity vectors: float64 (N, len(PERSON)) in [0, 1), one row an identity number.

    >>> people([3, 3, 4]).shape[0]
    3
    """
    return np.stack([_uniforms(len(PERSON), 1, int(i)) for i in identities])


def default_identities(count: int, split: str = "train") -> np.ndarray:
    """Who picture 0, 1, 2 … shows: blocks of 256 pictures hold 32 people, 8 pictures each."""
    k = np.arange(count, dtype=np.int64)
    return FIRST_PERSON[split] + k // (PEOPLE * EACH) * PEOPLE + k % PEOPLE


def render(identity_vectors, nuisance, size: int = 64, noise_seeds=None):
    """Draw people under given circumstances.

    Parameters
    ----------
    identity_vectors : float array (N, len(PERSON)) in [0, 1)
    nuisance : float array (N, len(PICTURE)) in [0, 1)
    size : int
        32 to 256 pixels.
    noise_seeds : sequence of N tuples of int, optional
        Seeds of the sensor noise; without them there is no noise.

    Returns
    -------
    images : uint8 array (N, 3, size, size)
    masks : dict of bool arrays (N, size, size)
    traits : dict of float64 arrays, the truth about each picture

    Raises
    ------
    ParameterError
        For a size or a number of columns that cannot be.
    """
    size = _checked("size", size, 32, 256)
    rows = {"identity_vectors": (identity_vectors, PERSON), "nuisance": (nuisance, PICTURE)}
    for name, (value, columns) in rows.items():
        shape = np.shape(value)
        if len(shape) != 2 or shape[1] != len(columns) or shape[0] != len(identity_vectors):
            raise ParameterError(
                f"{name}: expected (N, {len(columns)}) numbers in [0, 1), N the same for both, "
                f"got shape {shape}"
            )
    t = traits(np.asarray(identity_vectors, np.float64), np.asarray(nuisance, np.float64))
    count = len(t["W"])
    images = np.empty((count, 3, size, size), np.uint8)
    masks = {name: np.empty((count, size, size), bool) for name in MASKS}
    batch = max(1, _BATCH_PIXELS // (size * size))
    for first in range(0, count, batch):
        rows = slice(first, min(first + batch, count))
        part = {
            k: v[rows].astype(np.float32).reshape((-1, 1, 1, *v.shape[1:])) for k, v in t.items()
        }
        planes, covers = paint(part, size)
        images[rows] = _develop(planes, part, None if noise_seeds is None else noise_seeds[rows])
        for name in MASKS:
            np.greater(covers[name], np.float32(0.5), out=masks[name][rows])
    return images, masks, t


def _develop(rgb, t, seeds):
    """Light to bytes: exposure, a film curve, gamma 2, lens blur, sensor noise."""
    f = np.float32
    count, size, _ = rgb[0].shape
    out = np.empty((count, 3, size, size), np.uint8)
    grain = None
    if seeds is not None:
        need = 3 * size * size
        raw = np.empty((count, (need + 1) // 2), "<u8")
        for row, key in zip(raw, seeds, strict=True):
            row[:] = np.random.PCG64(np.random.SeedSequence(list(key))).random_raw(len(row))
        four = raw.view("<u4")[:, :need]  # four bytes, summed two by two
        four = (four & 0x00FF00FF) + ((four >> 8) & 0x00FF00FF)
        grain = ((four >> 16) + (four & 0xFFFF)).reshape(count, 3, size, size)
    for i, plane in enumerate(rgb):
        x = np.maximum(plane, f(0)) * (t["exposure"] * f(1.25))
        x = x * (f(1) + x * f(0.16)) / (f(1) + x * f(0.42))
        x = np.sqrt(x)
        x = (x - f(0.45)) * t["contrast"] + f(0.45)
        a = t["blur"]
        y = x.copy()
        y[:, 1:-1] += (x[:, :-2] + x[:, 2:] - f(2) * x[:, 1:-1]) * a
        x = y.copy()
        x[:, :, 1:-1] += (y[:, :, :-2] + y[:, :, 2:] - f(2) * y[:, :, 1:-1]) * a
        if grain is not None:
            x += (grain[:, i].astype(f) - f(510)) * (t["noise"] * f(1 / 148))
        out[:, i] = (clip01(x) * f(255) + f(0.5)).astype(np.uint8)
    return out


def _landmarks(t, size: int) -> np.ndarray:
    """Pixel coordinates float32 (N, L, 2) of the landmarks, following pose and camera."""
    w = np.sqrt(np.maximum(t["W"] ** 2, 0))
    zero = np.zeros_like(w)
    corner = t["my"] - 0.085 * t["smile"]
    ew = t["ew"]
    top = t["my"] - 0.7 * t["lu"] - 0.75 * t["open"] + 0.02 * t["smile"]
    bottom = t["my"] + t["ll"] + 1.25 * t["open"] + 0.02 * t["smile"]
    points = [
        (-t["ex"], t["ey"]), (t["ex"], t["ey"]), (zero, t["ny"] - 0.045),
        (-t["mw"], corner), (t["mw"], corner), (-t["ex"], t["by"] - t["barch"] * 0.9 + 0.03),
        (t["ex"], t["by"] - t["barch"] * 0.9 + 0.03), (zero, zero + 0.99),
        (-0.85 * w, zero + 0.3), (0.85 * w, zero + 0.3), (-0.62 * w, zero + 0.72),
        (0.62 * w, zero + 0.72), (zero, top), (zero, bottom),
        (-t["ex"] - ew, t["ey"] - t["etilt"] * ew), (-t["ex"] + ew, t["ey"] + t["etilt"] * ew),
        (t["ex"] - ew, t["ey"] + t["etilt"] * ew), (t["ex"] + ew, t["ey"] - t["etilt"] * ew),
    ]  # fmt: skip
    out = np.empty((len(w), len(points), 2))
    for i, (x, y) in enumerate(points):
        u, v = project(t, x, y)
        out[:, i, 0], out[:, i, 1] = (u + 1) * (size / 2) - 0.5, (v + 1) * (size / 2) - 0.5
    return out.astype(np.float32)


def _attributes(t) -> dict[str, torch.Tensor]:
    yes = {
        "male": t["male"], "long_hair": t["long"], "glasses": t["glasses"],
        "beard": t["bearded"], "smile": t["smiling"], "bald": t["bald"], "fringe": t["fringe"],
        "curly_hair": t["curl"], "grey_hair": t["grey"],
    }  # fmt: skip
    real = {
        "age": t["age"], "skin_tone": t["tone"], "hair_darkness": 1.0 - t["hair_dark"],
        "pose_yaw": t["yaw_sin"], "pose_pitch": t["pitch_sin"], "pose_roll": t["roll_sin"],
        "light_x": t["lx"], "light_y": t["ly"], "mouth_open": t["open"],
        "exposure": t["exposure"],
    }  # fmt: skip
    out = {k: torch.from_numpy(np.asarray(v) > 0.5) for k, v in yes.items()}
    out |= {k: torch.from_numpy(np.asarray(v).astype(np.float32)) for k, v in real.items()}
    return out


def _checked(name, value, low, high):
    try:
        number = operator.index(value)
    except TypeError:
        raise ParameterError(
            f"{name}: expected a whole number, got {type(value).__name__} {value!r}"
        ) from None
    if isinstance(value, bool) or not low <= number <= high:
        raise ParameterError(f"{name}: expected {low} to {high}, got {value!r}")
    return number


def generate(
    count: int,
    size: int = 64,
    seed: int = 0,
    colour: bool = True,
    split: str = "train",
    identities=None,
) -> ImageSet:
    """`count` portraits with their truth. Picture k is the same whatever `count` is.

    Parameters
    ----------
    count : int
        How many pictures.
    size : int
        32 to 256 pixels a side; the same seed shows the same picture at every size.
    seed : int
        Draws pose, light, expression … of each picture. Who is shown does not depend on it.
    colour : bool
        RGB, or grey (Rec. 601 luma in integers).
    split : "train" or "test"
        Train shows people 0, 1, 2 …, test 1,000,000, 1,000,001 …: nobody is in both.
    identities : int sequence (count,), optional
        Who is drawn in each picture. By default each block of 256 pictures shows 32 people,
        8 pictures each (so `count` / 8 people in all).

    Returns
    -------
    ImageSet
        images uint8 (N, 3 or 1, size, size), identities, attributes, landmarks, masks, names.
        Left and right are the picture's, as in CelebA. Masks show what is seen: `face` without
        what hair hides, `eyes` and `mouth` inside it, `glasses` their rims; ears, neck and
        clothes are in no mask. `smile`, `glasses`, pose and light belong to the picture, all
        other attributes to the person.

    Raises
    ------
    ParameterError
        For a count, size, seed, split or identities that cannot be.

    >>> faces = generate(4, size=32, seed=1)
    >>> tuple(faces.images.shape), faces.landmark_names[:2]
    ((4, 3, 32, 32), ('left_eye', 'right_eye'))
    """
    count = _checked("count", count, 0, 10_000_000)
    size = _checked("size", size, 32, 256)
    seed = _checked("seed", seed, 0, 2**63 - 1)
    if split not in SPLITS:
        raise ParameterError(f"split: expected 'train' or 'test', got {split!r}")
    if identities is None:
        who = default_identities(count, split)
    else:
        who = np.asarray(identities)
        if who.ndim != 1 or len(who) != count or (count and who.dtype.kind not in "iu"):
            raise ParameterError(
                f"identities: expected {count} whole numbers, got {who.dtype} {who.shape}"
            )
        who = who.astype(np.int64)
        if count and who.min() < 0:
            raise ParameterError(f"identities: expected numbers from 0 up, got {who.min()}")
    distinct, back = np.unique(who, return_inverse=True)
    vectors = people(distinct)[back] if count else np.empty((0, len(PERSON)))
    keys = [(seed, SPLITS[split], k) for k in range(count)]
    nuisance = np.empty((count, len(PICTURE)))
    for k, key in enumerate(keys):
        nuisance[k] = _uniforms(len(PICTURE), 2, *key)
    images, masks, t = render(vectors, nuisance, size, [(3, *key) for key in keys])
    if not colour:
        r, g, b = (images[:, i].astype(np.uint32) for i in range(3))
        images = ((19595 * r + 38470 * g + 7471 * b + 32768) >> 16).astype(np.uint8)[:, None]
    return ImageSet(
        images=torch.from_numpy(images),
        identities=torch.from_numpy(who),
        attributes=_attributes(t),
        landmarks=torch.from_numpy(_landmarks(t, size)),
        landmark_names=LANDMARKS,
        masks={name: torch.from_numpy(m) for name, m in masks.items()},
        names=tuple(f"faces-{split}-{seed}-{k:06d}" for k in range(count)),
        source="faces",
    )
