"""What no argument may be: each is refused by a ParameterError that names it, never a raw error."""

import json
import math
from array import array
from types import SimpleNamespace

import psutil
import pytest
import torch

from gansec_lib import chaos, images, roles, systems
from gansec_lib.errors import IntegrityError, ParameterError, near_miss, shown
from gansec_lib.roles import derive_key
from gansec_lib.systems import learned
from gansec_lib.train import checkpoints

HUGE = "1" + "0" * 400  # a number that no float holds, and JSON does
PICTURES = torch.zeros(1, 1, 16, 16, dtype=torch.uint8)


# ---------------------------------------------------------------- a system's options


@pytest.mark.parametrize(
    "label",
    [
        f"blur:sigma={HUGE}",
        f"keygan_logistic:seed={HUGE}",
        f"keygan_logistic:seed={2**63}",
        "blur:sigma=1e999",
        "blur:sigma=-1e999",
        "blur:sigma=NaN",
        "blur:sigma=" + "[" * 100_000,
        "blur:sigma=" + "9" * 5000,
        "lsb:order=keyed:order=sequential",
        "logistic:plaintext_related:plaintext_related=true",
        "logistic:plaintext_related=",
        "lsb:name=3",
        "lsb:",
        "",
    ],
    ids=lambda label: label[:24],
)
def test_an_option_that_cannot_be_is_refused(label):
    with pytest.raises(ParameterError) as found:
        systems.build(label)
    assert len(str(found.value)) < 400


def test_an_option_given_twice_or_without_a_value_is_named():
    with pytest.raises(ParameterError, match="order: given twice"):
        systems.build("lsb:order=keyed:order=sequential")
    with pytest.raises(ParameterError, match="plaintext_related: expected a value after ="):
        systems.build("logistic:plaintext_related=")
    assert systems.build("logistic:plaintext_related").plaintext_related is True


@pytest.mark.parametrize(
    "value", [10**400, 10**5000, -(10**5000), math.inf, -math.inf, math.nan], ids=shown
)
def test_a_number_without_end_is_no_option(value):
    with pytest.raises(ParameterError, match="sigma: expected a number"):
        systems.get("blur", sigma=value)
    with pytest.raises(ParameterError, match="seed: expected a whole number"):
        systems.get("keygan_logistic", seed=value)
    with pytest.raises(ParameterError, match="options: blur cannot be built"):
        systems.get("blur", rounds=value)


@pytest.mark.parametrize(
    "value", [HUGE, "1e999", "NaN", "[" * 5000 + "]" * 5000], ids=lambda v: v[:9]
)
def test_a_saved_system_with_such_an_option_is_refused(tmp_path, value):
    path = systems.get("blur").save(tmp_path / "blur.json")
    text = path.read_text("utf-8")
    record = json.loads(text)
    sigma = json.dumps(record["options"]["sigma"])
    path.write_text(text.replace(f'"sigma": {sigma}', f'"sigma": {value}'), "utf-8")
    assert value in path.read_text("utf-8")
    with pytest.raises(IntegrityError):
        systems.load(path)


@pytest.mark.parametrize("name", [["lsb"], {}, {"lsb"}, 3, None, b"lsb", 10**5000], ids=shown)
def test_a_name_that_is_no_text_is_refused(name):
    for ask in (systems.get, systems.find, chaos.get):
        with pytest.raises(ParameterError, match=r"name: no (system|map or flow) is called"):
            ask(name)


@pytest.mark.parametrize(("name", "meant"), [("LSB", "lsb"), ("AES_GCM", "aes_gcm")])
def test_a_name_in_capitals_is_a_near_miss(name, meant):
    with pytest.raises(ParameterError, match=f"did you mean '{meant}'.*gansec list"):
        systems.build(name)
    assert near_miss("CHACHA20", ("chacha20", "LSB")) == "did you mean 'chacha20'?"
    assert near_miss("lsb", ("chacha20", "LSB")) == "did you mean 'LSB'?"


def test_a_value_is_shown_whatever_it_is():
    class Mute:
        def __repr__(self):
            raise RuntimeError("no words")

    assert shown("x") == "'x'" and shown(3) == "3"
    assert shown(10**5000) == "a value of type int" and shown(Mute()) == "a value of type Mute"
    assert len(shown("x" * 1000)) < 100


# ---------------------------------------------------------------- keys, passphrases, pictures


def test_a_key_is_counted_in_bytes():
    numbers = memoryview(array("I", range(32)))
    assert len(numbers) == 32 and numbers.nbytes == 128
    with pytest.raises(ParameterError, match="key: expected 32 bytes, got 128"):
        systems.get("aes_gcm").encrypt(PICTURES, numbers)
    eight = memoryview(array("I", range(8)))
    made = systems.get("aes_gcm").encrypt(PICTURES, eight)
    assert torch.equal(systems.get("aes_gcm").decrypt(made, eight.tobytes()), PICTURES)
    assert derive_key(memoryview(array("I", range(4)))) == derive_key(
        array("I", range(4)).tobytes()
    )
    with pytest.raises(ParameterError, match="secret: expected at least 16 bytes"):
        derive_key(memoryview(b"eight by"))


@pytest.mark.parametrize("passphrase", ["a\udcff", "\ud800", "", None, 5])
def test_a_passphrase_that_has_no_bytes_is_refused(passphrase):
    cipher = systems.get("aes_gcm")
    with pytest.raises(ParameterError, match="secret: "):
        cipher.lock(PICTURES, passphrase)
    made = cipher.lock(PICTURES, "open sesame")
    with pytest.raises(ParameterError, match="secret: "):
        cipher.unlock(made, passphrase)


@pytest.mark.parametrize("salt", ["salt", None, 5])
def test_a_salt_of_another_type_is_refused(salt):
    with pytest.raises(ParameterError, match="salt: expected bytes"):
        derive_key("open sesame", salt=salt)


STRANGE = {
    "sparse": PICTURES.to_sparse(),
    "without memory": PICTURES.to("meta"),
    "nested": torch.nested.nested_tensor([PICTURES[0], PICTURES[0, :, :9]], layout=torch.jagged),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_pictures_that_hold_no_plain_bytes_are_refused(kind):
    key = bytes(32)
    calls = {
        "aes_gcm": lambda system: system.encrypt(STRANGE[kind], key),
        "logistic": lambda system: system.encrypt(STRANGE[kind], key),
        "blur": lambda system: system.protect(STRANGE[kind]),
        "lsb": lambda system: system.hide(STRANGE[kind], [b"x"], key),
    }
    for name, call in calls.items():
        with pytest.raises(ParameterError, match="expected a uint8 tensor"):
            call(systems.get(name))
    with pytest.raises(ParameterError, match="pictures: expected a uint8 tensor"):
        roles.check_images(STRANGE[kind], "pictures")


# ---------------------------------------------------------------- how many pictures


@pytest.mark.parametrize("source", ["photos", "faces", "xrays", "textures"])
def test_pictures_that_no_memory_holds_are_refused_before_any_is_made(source):
    side = 2048 if source == "photos" else 256
    with pytest.raises(ParameterError, match=r"count: the pictures would take [\d,.]+ GiB"):
        images.load(source, side, 10_000_000)


def test_digits_enlarged_beyond_the_memory_are_refused(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2**30))
    with pytest.raises(ParameterError, match="count: the pictures would take 21"):
        images.load("digits", 2048, split="all")
    assert len(images.load("digits", 16, 5)) == 5


# ---------------------------------------------------------------- paths and training


@pytest.mark.parametrize("path", ["", None, 5, b"here", ["a"], ".", "/", "a\0b"])
@pytest.mark.parametrize("name", ["blur", "keygan_logistic"])
def test_a_system_is_saved_and_loaded_at_the_path_of_a_file(tmp_path, monkeypatch, path, name):
    monkeypatch.chdir(tmp_path)
    system = systems.get(name)
    for call in (system.save, type(system).load, systems.load):
        with pytest.raises(ParameterError, match="path: expected"):
            call(path)
    assert list(tmp_path.iterdir()) == []


WRONG_TRAININGS = {
    "bogus": ({"bogus": 1}, "bogus: train takes no such setting"),
    "misspelt": ({"presicion": "fp32"}, "presicion: .*did you mean 'precision'"),
    "seed": ({"seed": 1}, "seed: train takes no such setting"),
    "out": ({"out": 5}, "out: expected"),
    "out, bytes": ({"out": b"here"}, "out: expected"),
    "minutes < 0": ({"minutes": -1}, "minutes: expected"),
    "minutes nan": ({"minutes": math.nan}, "minutes: expected"),
    "minutes in words": ({"minutes": "3"}, "minutes: expected"),
    "minutes True": ({"minutes": True}, "minutes: expected"),
    "steps < 0": ({"steps": -1}, "steps: expected"),
    "steps 1.5": ({"steps": 1.5}, "steps: expected"),
    "steps True": ({"steps": True}, "steps: expected"),
    "networks 5": ({"networks": 5}, "networks: expected"),
    "networks of lists": ({"networks": [["generator"]]}, "networks: expected"),
    "none of the networks": ({"networks": []}, "networks: expected"),
    "a sparse picture": ({"images": PICTURES.to_sparse()}, "images: expected"),
    "profile": ({"profile": ["smoke"]}, "profile: expected"),
}


@pytest.mark.parametrize("case", WRONG_TRAININGS)
def test_training_refuses_before_anything_is_learned(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    settings, words = WRONG_TRAININGS[case]
    system = systems.get("keygan_logistic", trained=False)
    monkeypatch.setattr(learned.Slot, "plan", lambda *_: pytest.fail("a network was made"))
    with pytest.raises(ParameterError, match=words):
        system.train(**({"profile": "smoke", "show": "none"} | settings))
    assert not system.history and list(tmp_path.iterdir()) == []


def test_a_trainer_takes_no_path_that_is_none():
    from gansec_lib.train import Player, Trainer

    for out in (5, b"here", ["a"]):
        with pytest.raises(ParameterError, match="out: expected"):
            Trainer(
                {"net": torch.nn.Linear(1, 1)},
                [Player("net", ["net"], lambda ctx: ctx.batch[0].mean())],
                torch.zeros(4, 1),
                2,
                out=out,
            )


# ---------------------------------------------------------------- checkpoints


ONE, TWO = torch.ones(2), torch.full((2,), 2.0)


@pytest.mark.parametrize(
    "state",
    [
        {"a": {"b": ONE}, "a/b": TWO},
        {"a/b": ONE, "a": {"b": TWO}},
        {1: ONE, "1": TWO},
        {"": {"": ONE}, "/": TWO},
        {"a": [ONE, TWO], "a/0": TWO, "a/1": ONE},
        {"value": ONE, "": TWO},
    ],
)
def test_two_tensors_never_share_a_place_in_a_checkpoint(tmp_path, state):
    checkpoints.save(tmp_path, 1, state)
    found, problems = checkpoints.load(tmp_path)
    assert not problems
    same(found, state)


def same(found, state):
    assert type(found) is type(state)
    if isinstance(state, torch.Tensor):
        assert torch.equal(found, state)
    elif isinstance(state, dict):
        assert list(found) == list(state) and list(map(type, found)) == list(map(type, state))
        for key in state:
            same(found[key], state[key])
    else:
        assert len(found) == len(state)
        for one, other in zip(found, state, strict=True):
            same(one, other)
