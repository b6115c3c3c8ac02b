"""SynthFaces: the same bytes everywhere, truth that agrees with the pixels, people who differ."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.images.drawn import faces
from gansec_lib.images.drawn.face_people import PERSON, PICTURE, traits
from gansec_lib.images.drawn.face_shape import project, surface

KNOWN = "9f381df5991472850cf5df70f8cbe07dffc7a1591b53b16f7acccb3dee71d2cf"
KNOWN_GREY = "aa27f79b3f47bf6b75c2e7cead17514ce634a9a1ab3b63f1f51ff0a910da5a32"


@pytest.fixture(scope="module")
def many():
    return faces.generate(128, 64, seed=11, identities=np.arange(128))


def digest(pictures) -> str:
    h = hashlib.sha256(pictures.images.numpy().tobytes())
    for name in sorted(pictures.masks):
        h.update(pictures.masks[name].numpy().tobytes())
    h.update(np.round(pictures.landmarks.numpy() * 64).astype("<i4").tobytes())
    return h.hexdigest()


def test_known_answer():
    """Pictures, masks and landmarks to the last bit: a change here changes every trained weight."""
    assert digest(faces.generate(24, 64, seed=5)) == KNOWN
    assert digest(faces.generate(6, 96, seed=6, colour=False, split="test")) == KNOWN_GREY


LIGHT = """
import hashlib
import numpy as np
from gansec_lib.images.drawn.face_paint import paint
from gansec_lib.images.drawn.face_people import PERSON, PICTURE, traits

row = np.arange(12.0)[:, None]
part = lambda names, k: (row * 0.377 + np.arange(len(names)) * k) % 1.0
t = traits(part(PERSON, 0.618), part(PICTURE, 0.707))
t = {k: v.astype(np.float32).reshape(12, 1, 1, *v.shape[1:]) for k, v in t.items()}
planes, covers = paint(t, 48)
digest = hashlib.sha256(np.stack([*planes, *covers.values()]).tobytes()).hexdigest()
"""


def test_same_light_without_wide_vector_instructions():
    """The painter gives the same floats in a process whose numpy may use baseline code only."""
    numpy_core = pytest.importorskip("numpy._core._multiarray_umath")
    found = [f for f in numpy_core.__cpu_dispatch__ if numpy_core.__cpu_features__[f]]
    if not found:
        pytest.skip("this machine has nothing beyond numpy's baseline to switch off")
    plain = subprocess.run(
        [sys.executable, "-c", LIGHT + "print(digest)"],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    here = {}
    exec(LIGHT, here)
    assert plain.stdout.strip() == here["digest"]


def test_same_arguments_same_pictures_and_seed_changes_them():
    a, b, c = (faces.generate(5, 32, seed=s) for s in (3, 3, 4))
    assert torch.equal(a.images, b.images)
    assert torch.equal(a.landmarks, b.landmarks)
    assert (a.images != c.images).float().mean() > 0.5
    assert torch.equal(a.identities, c.identities), "the seed must not change who is shown"


def test_picture_k_does_not_depend_on_count():
    few, lots = faces.generate(3, 64, seed=9), faces.generate(40, 64, seed=9)
    assert torch.equal(few.images, lots.images[:3])
    assert torch.equal(few.landmarks, lots.landmarks[:3])
    for name, mask in few.masks.items():
        assert torch.equal(mask, lots.masks[name][:3]), name


@pytest.mark.parametrize("size", [32, 50, 64, 96, 128, 256])
def test_every_size_shows_the_same_picture(size):
    small = faces.generate(2, 32, seed=1)
    big = faces.generate(2, size, seed=1)
    assert big.images.shape == (2, 3, size, size) and big.images.dtype == torch.uint8
    assert all(m.shape == (2, size, size) and m.dtype == torch.bool for m in big.masks.values())
    np.testing.assert_allclose(
        (small.landmarks + 0.5) / 32, (big.landmarks + 0.5) / size, atol=1e-5, rtol=0
    )
    shrunk = torch.nn.functional.interpolate(big.images.float(), 32, mode="area")
    assert (shrunk - small.images).abs().mean() < 9


def test_grey_is_luma():
    colour, grey = faces.generate(3, 40, seed=2), faces.generate(3, 40, seed=2, colour=False)
    assert grey.images.shape == (3, 1, 40, 40)
    weights = torch.tensor([0.299, 0.587, 0.114]).reshape(3, 1, 1)
    luma = (colour.images.float() * weights).sum(1, keepdim=True)
    assert (luma - grey.images.float()).abs().max() <= 0.51


def test_everything_known_is_there(many):
    assert many.landmark_names[:5] == (
        "left_eye", "right_eye", "nose", "left_mouth", "right_mouth",
    )  # fmt: skip
    assert many.landmarks.shape == (128, len(many.landmark_names), 2)
    assert set(faces.MASKS) == set(many.masks)
    wanted = {"male", "long_hair", "glasses", "beard", "smile", "bald", "age", "skin_tone"}
    assert wanted | {"hair_darkness", "pose_yaw", "grey_hair"} <= set(many.attributes)
    for name in ("male", "long_hair", "glasses", "beard", "smile", "bald", "grey_hair"):
        share = many.attributes[name].float().mean()
        assert 0.02 < share < 0.75, f"{name}: {share}"
    assert len(many.names) == 128 and many.source == "faces"


def test_default_identities_come_eight_times_and_splits_share_nobody():
    train, test = faces.default_identities(512), faces.default_identities(512, "test")
    assert len(np.unique(train)) == 64
    assert set(np.bincount(train)) == {8}
    assert not set(train) & set(test)
    assert len(set(train[:32])) == 32, "the first pictures show different people"
    assert faces.generate(2, 32, split="test").identities.tolist() == [1_000_000, 1_000_001]


def test_landmarks_lie_where_the_masks_say(many):
    xy = many.landmarks.round().long()
    inside = ((xy >= 0) & (xy < 64)).all(-1)
    assert inside[:, :5].all()
    rows = torch.arange(128)

    def share(mask, name):
        point = xy[:, many.landmark_names.index(name)].clamp(0, 63)
        return many.masks[mask][rows, point[:, 1], point[:, 0]].float().mean()

    assert share("face", "nose") == 1.0
    assert share("background", "nose") == 0.0
    open_eyes = torch.stack([many.masks["eyes"].flatten(1).sum(1) > 8])
    assert open_eyes.float().mean() > 0.8
    assert share("face", "left_eye") > 0.9 and share("face", "right_eye") > 0.9
    assert share("eyes", "left_eye") > 0.75 and share("eyes", "right_eye") > 0.75
    lip = [many.landmark_names.index(f"mouth_{end}") for end in ("top", "bottom")]
    x, y = many.landmarks[:, lip].mean(1).round().long().T
    assert many.masks["mouth"][rows, y, x].float().mean() > 0.95
    up, down = many.landmarks[:, lip[0]].clone(), many.landmarks[:, lip[1]].clone()
    up[:, 1] -= 2.5
    down[:, 1] += 2.5
    for x, y in (up.round().long().T, down.round().long().clamp(0, 63).T):
        assert many.masks["mouth"][rows, y, x].float().mean() < 0.15


def test_masks_are_plausible_and_tell_parts_apart(many):
    m = {name: mask.float() for name, mask in many.masks.items()}
    area = {name: mask.mean((1, 2)) for name, mask in m.items()}
    assert (area["face"] > 0.12).all() and (area["face"] < 0.62).all()
    assert (area["background"] > 0.1).all() and (area["background"] < 0.8).all()
    assert not (many.masks["face"] & many.masks["hair"]).any()
    assert not (many.masks["face"] & many.masks["background"]).any()
    assert not (many.masks["hair"] & many.masks["background"]).any()
    assert not (many.masks["eyes"] & ~many.masks["face"]).any()
    assert not (many.masks["mouth"] & ~many.masks["face"]).any()
    glasses = many.attributes["glasses"]
    assert (area["glasses"][~glasses] == 0).all() and (area["glasses"][glasses] > 0.005).all()
    bald, long = many.attributes["bald"], many.attributes["long_hair"]
    assert area["hair"][bald].mean() < 0.06 < area["hair"][~bald].mean()
    assert area["hair"][long].mean() > 1.2 * area["hair"][~long & ~bald].mean()


def test_pupils_are_darker_than_cheeks():
    pictures = faces.generate(64, 128, seed=3, identities=np.arange(64))
    grey = pictures.images.float().mean(1)
    t = {n: pictures.landmark_names.index(n) for n in ("left_eye", "right_eye", "nose")}
    hits = 0
    for k in range(64):
        for name in ("left_eye", "right_eye"):
            x, y = pictures.landmarks[k, t[name]].round().long().tolist()
            eye = grey[k, y - 4 : y + 4, x - 6 : x + 6].min()
            face = grey[k][pictures.masks["face"][k]].median()
            hits += bool(eye < 0.62 * face)
    assert hits >= 0.9 * 128


def test_glasses_smile_and_light_change_the_pixels():
    base = np.full((2, len(PICTURE)), 0.5)
    base[:, PICTURE.index("glasses")] = 0.0
    who = np.repeat(faces.people([7]), 2, 0)

    def pair(name, low, high):
        q = base.copy()
        q[:, PICTURE.index(name)] = low, high
        images, masks, truth = faces.render(who, q, 64)
        return images.astype(np.float64), masks, truth

    images, masks, truth = pair("glasses", 0.0, 0.99)
    assert truth["glasses"].tolist() == [0.0, 1.0]
    assert np.abs(images[1] - images[0]).mean(0)[masks["glasses"][1]].mean() > 12
    images, masks, truth = pair("smile", 0.1, 0.9)
    assert truth["smiling"].tolist() == [0.0, 1.0]
    change = np.abs(images[1] - images[0]).mean(0)
    assert change[masks["mouth"].any(0)].mean() > 10 * change[:20].mean()
    images, masks, truth = pair("light_side", 0.02, 0.98)
    skin = masks["face"].all(0)
    left, right = skin.copy(), skin.copy()
    left[:, 32:] = False
    right[:, :32] = False
    lean = [i.mean(0)[left].mean() - i.mean(0)[right].mean() for i in images]
    assert lean[0] > 15 and lean[1] < -15


def test_yaw_moves_the_nose_and_landmarks_invert_the_surface():
    base = np.full((3, len(PICTURE)), 0.5)
    base[:, PICTURE.index("yaw")] = 0.02, 0.5, 0.98
    who = np.repeat(faces.people([12]), 3, 0)
    t = traits(who, base)
    marks = faces._landmarks(t, 64)
    nose = faces.LANDMARKS.index("nose")
    middle = marks[:, :2, 0].mean(1)
    assert (np.diff(marks[:, nose, 0] - middle) > 1.5).all()
    # through the camera and back: the face point that was asked for
    u, v = project(t, 0.9 * t["mw"], t["my"])
    xs, ys = (u - t["cx"]) / t["scale"], (v - t["cy"]) / t["scale"]
    s = xs * t["roll_cos"] + ys * t["roll_sin"]
    y = ys * t["roll_cos"] - xs * t["roll_sin"]
    back = surface(t, s, y)
    np.testing.assert_allclose(back[0], 0.9 * t["mw"], atol=2e-3)
    np.testing.assert_allclose(back[1], t["my"], atol=2e-3)


def test_one_person_is_more_alike_than_two():
    who = np.repeat(np.arange(40, 56), 6)
    pictures = faces.generate(96, 32, seed=8, identities=who)
    flat = pictures.images.float().flatten(1)
    gap = torch.cdist(flat, flat)
    same = pictures.identities[:, None] == pictures.identities[None]
    off = ~torch.eye(96, dtype=torch.bool)
    within, between = gap[same & off].mean(), gap[~same].mean()
    assert within < 0.97 * between
    assert within > 0.5 * between, "nuisance must matter too"
    age = pictures.attributes["age"].reshape(16, 6)
    assert (age == age[:, :1]).all() and len(age[:, 0].unique()) == 16
    yaw = pictures.attributes["pose_yaw"].reshape(16, 6)
    assert (yaw.std(1) > 0.01).all()


def test_identity_vectors():
    a, b = faces.people([1, 2]), faces.people([2, 1])
    assert a.shape == (2, len(PERSON)) and (a >= 0).all() and (a < 1).all()
    assert np.array_equal(a, b[::-1])
    images, masks, _ = faces.render(a, np.full((2, len(PICTURE)), 0.5), 48)
    assert images.shape == (2, 3, 48, 48) and masks["face"].shape == (2, 48, 48)


def test_none_and_one():
    none = faces.generate(0)
    assert none.images.shape == (0, 3, 64, 64) and none.landmarks.shape[0] == 0
    assert len(faces.generate(1, 32)) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"count": -1}, "count"),
        ({"count": 2.5}, "count"),
        ({"count": True}, "count"),
        ({"count": 1, "size": 31}, "size"),
        ({"count": 1, "size": 257}, "size"),
        ({"count": 1, "seed": -1}, "seed"),
        ({"count": 1, "seed": "a"}, "seed"),
        ({"count": 1, "split": "all"}, "split"),
        ({"count": 2, "identities": [1]}, "identities"),
        ({"count": 2, "identities": [0.5, 1.0]}, "identities"),
        ({"count": 2, "identities": [-1, 3]}, "identities"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(ParameterError, match=words):
        faces.generate(**arguments)


def test_render_rejects_wrong_columns():
    with pytest.raises(ParameterError, match="nuisance"):
        faces.render(faces.people([1]), np.zeros((1, 3)), 64)
    with pytest.raises(ParameterError, match="identity_vectors"):
        faces.render(np.zeros((1, 3)), np.zeros((1, len(PICTURE))), 64)
    with pytest.raises(ParameterError, match="size"):
        faces.render(faces.people([1]), np.zeros((1, len(PICTURE))), 12)
