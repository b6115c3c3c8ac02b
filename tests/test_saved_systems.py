"""Saved systems: what was trained, written and read again opens its own ciphertexts, and a file
that is not what it should be is refused with one documented error."""

import contextlib
import dataclasses
import json
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from gansec_lib import files, images, roles, systems
from gansec_lib.errors import (
    DataMissingError,
    GansecError,
    IntegrityError,
    ParameterError,
    WriteError,
)
from gansec_lib.systems.learned import Learned, grey_squares, tiles

KEY, NONCE = bytes(range(32)), bytes(16)
LEARNED = [name for name in systems.TABLE if systems.find(name).learns]
QUICK = {"profile": "smoke", "steps": 2, "show": "none"}


def pictures(count=1, seed=0, side=64):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, (count, 1, side, side), generator=rng).to(torch.uint8)


def made_by(system):
    """What a system makes of a fixed input: bytes that show its weights."""
    if system.role == "KeyGenerator":
        return system.keystream(KEY, NONCE, 3000)
    return system.encrypt(pictures(), KEY, bytes(system.nonce_length)).payload


def another(name, **options):
    """The system with options that show all of its networks."""
    extra = {"logistic_henon_sr": {"transmit": "quarter"}}
    return systems.get(name, **(extra.get(name, {}) | options))


@pytest.fixture(scope="module")
def trained():
    """Each learning system, trained for two steps, when it is first asked for."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = another(name).train(**QUICK)
        return made[name]

    return get


@pytest.mark.parametrize("name", LEARNED)
def test_trained_saved_loaded_opens_its_own_ciphertexts(name, trained, tmp_path):
    system = trained(name)
    before = made_by(system)
    assert not torch.equal(before, made_by(another(name))), "two steps changed nothing"
    loaded = systems.load(system.save(tmp_path / "mine.json"))
    assert type(loaded) is type(system) and loaded.options() == system.options()
    assert torch.equal(made_by(loaded), before)
    if system.role == "Cipher":
        sent = system.encrypt(pictures(), KEY)
        sent = roles.Ciphertext.from_bytes(sent.to_bytes())
        assert torch.equal(loaded.decrypt(sent, KEY), system.decrypt(sent, KEY))
        back = loaded.encrypt(pictures(), KEY)
        assert back.extra.get("generator") == sent.extra.get("generator")
        assert back.extra.get("codec") == sent.extra.get("codec")
        assert torch.equal(system.decrypt(back, KEY), loaded.decrypt(back, KEY))
    for key, network in system.networks().items():
        for tensor, again in zip(
            network.state_dict().values(), loaded.networks()[key].state_dict().values(), strict=True
        ):
            assert torch.equal(tensor, again) and tensor.dtype == again.dtype
    assert torch.equal(made_by(systems.load(loaded.save(tmp_path / "again.json"))), before)


@pytest.mark.parametrize("name", LEARNED)
def test_what_it_computes_with_is_what_was_trained(name, trained):
    """Two steps of Adam move no weight far: networks from elsewhere would stand anywhere."""
    system = trained(name)
    for slot in system.slots.values():
        start = next(iter(slot.plan(None, "smoke", 2, system.seed).networks.values()))
        pairs = list(zip(start.parameters(), slot.network.parameters(), strict=True))
        moved = max((one - other).abs().max().item() for one, other in pairs)
        assert 0 < moved < 0.01


@pytest.mark.parametrize("name", ["lsgan_rng", "gan_compression"])
def test_a_system_as_shipped_cannot_open_what_a_trained_one_made(name, trained):
    sent = trained(name).encrypt(pictures(), KEY)
    with pytest.raises(IntegrityError, match="the weights differ; nothing was decrypted"):
        systems.get(name).decrypt(sent, KEY)


@pytest.mark.parametrize("name", systems.TABLE)
def test_as_shipped_and_as_twin_no_weights_are_written(name, tmp_path):
    options = [{}]
    if "trained" in systems.get(name).options():
        options += [{"trained": False, "seed": 7}, {"seed": 2, "extraction": "raw"}]
    for chosen in options:
        system = systems.get(name, **chosen)
        path = system.save(tmp_path / f"{len(chosen)}.json")
        loaded = systems.load(path)
        assert loaded.options() == system.options()
        if system.role in ("KeyGenerator", "Cipher"):
            assert torch.equal(made_by(loaded), made_by(system))
        assert not list(tmp_path.glob("*.safetensors"))


def test_systems_saved_side_by_side_keep_their_weights(tmp_path):
    """Names with a common beginning, and a record that was copied by hand."""
    system = systems.get("keygan_logistic").train(**QUICK)
    first = made_by(system)
    for name in ("model.best", "model.last", "model.json"):
        system.save(tmp_path / name)
    (tmp_path / "copy.json").write_bytes((tmp_path / "model.last").read_bytes())
    system.train(**(QUICK | {"steps": 3}))
    for name in ("model.last", "model.json"):
        system.save(tmp_path / name)
        assert torch.equal(made_by(systems.load(tmp_path / name)), made_by(system))
    for name in ("model.best", "copy.json"):
        assert torch.equal(made_by(systems.load(tmp_path / name)), first)
    (tmp_path / "copy.json").unlink()
    system.save(tmp_path / "model.last")
    assert len(list(tmp_path.glob("model.json-*"))) == 0
    assert len(list(tmp_path.glob("*.safetensors"))) == 4


@pytest.mark.parametrize(
    "name", ["größe.json", "😀.json", 'a"b.json', "tab\there.json", "a\\b.json", "x.safetensors",
             "caf\udce9.json", "no ending"]
)  # fmt: skip
def test_any_name_can_be_saved_twice(name, tmp_path):
    system = systems.get("keygan_logistic").train(**QUICK)
    for _ in range(2):
        path = system.save(tmp_path / name)
        assert torch.equal(made_by(systems.load(path)), made_by(system))
    (tmp_path / "copy.json").write_bytes(path.read_bytes())
    system.train(**(QUICK | {"steps": 3})).save(path)
    systems.load(tmp_path / "copy.json")


def test_savers_and_loaders_at_once_lose_nothing(tmp_path):
    """Two threads save two contents under one name while a third reads: it always finds one."""
    two = [systems.get("keygan_logistic").train(**(QUICK | {"steps": n})) for n in (1, 2)]
    path = two[0].save(tmp_path / "one.json")
    possible = {bytes(made_by(system).numpy()) for system in two}
    with ThreadPoolExecutor(3) as pool:
        savers = [pool.submit(lambda s=s: [s.save(path) for _ in range(40)]) for s in two]
        while not all(saver.done() for saver in savers):
            assert bytes(made_by(systems.load(path)).numpy()) in possible
        for saver in savers:
            saver.result()
    assert bytes(made_by(systems.load(path)).numpy()) in possible
    assert len(list(tmp_path.glob("*.safetensors"))) == 1


# ---------------------------------------------------------------- files that are wrong


def test_every_damage_is_an_integrity_error(trained, tmp_path):
    path = trained("keygan_six_systems").save(tmp_path / "mine.json")
    (weights,) = tmp_path.glob("*.safetensors")
    record, content = json.loads(path.read_text()), weights.read_bytes()
    assert record["weights"]["sha256"] == files.sha256(content)

    def refused(match=""):
        with pytest.raises(IntegrityError, match=match):
            systems.load(path)

    for damaged in (content[:-1], content + b"x", b"", content[:40] + b"!" + content[41:]):
        weights.write_bytes(damaged)
        refused("sha256")
        record["weights"]["sha256"] = files.sha256(damaged)  # whoever changed it knew about it
        path.write_text(json.dumps(record))
        with contextlib.suppress(IntegrityError):  # a flipped bit may give other weights
            systems.load(path)
        record["weights"]["sha256"] = files.sha256(content)
        path.write_text(json.dumps(record))
    weights.unlink()
    refused("belong beside its JSON")
    weights.mkdir()
    refused("cannot be read")
    weights.rmdir()
    with open(weights, "wb") as file:
        file.truncate(5_000_000_000)  # sparse: no reader may take this much memory
    refused("larger than the weights")


@pytest.mark.parametrize(
    "change",
    [
        {"system": "aes_gcm"}, {"system": "nothing_known"}, {"system": 5}, {"version": 2},
        {"version": True}, {"version": "1"}, {"options": []}, {"options": {"rounds": 3}},
        {"options": {"trained": "no"}}, {"options": {"seed": -1}}, {"options": {"seed": 1e300}},
        {"options": {"extraction": "low"}}, {"weights": "mine.safetensors"}, {"weights": 3},
        {"weights": {"file": "../mine-0123456789abcdef.safetensors", "sha256": "0" * 64}},
        {"weights": {"file": "mine\0-0123456789abcdef.safetensors", "sha256": "0" * 64}},
        {"weights": {"file": "/etc/passwd", "sha256": "0" * 64}}, {"weights": {"file": None}},
        {"weights": {"file": "\udcff-0123456789abcdef.safetensors", "sha256": "0" * 64}},
    ],
    ids=str,
)  # fmt: skip
def test_a_record_that_cannot_be_true_is_refused(change, tmp_path):
    path = systems.get("keygan_six_systems").save(tmp_path / "mine.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    for load in (systems.load, systems.find("keygan_six_systems").load):
        if change.get("system") != "aes_gcm" or load is not systems.load:
            with pytest.raises(IntegrityError):
                load(path)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '"text"', "null", "[" * 100_000, "\0", '{"system": "aes_gcm"}', "é" * 3],
    ids=lambda text: repr(text[:12]),
)
def test_what_is_no_record_is_refused(text, tmp_path):
    path = tmp_path / "mine.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(IntegrityError, match="it is no system"):
        systems.load(path)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(DataMissingError, match=r"System\.save writes one"):
        systems.load(tmp_path / "nothing.json")
    with pytest.raises(IntegrityError, match="it is no system"):
        systems.load(tmp_path)


def test_weights_of_other_networks_are_refused(trained, tmp_path):
    mine, other = tmp_path / "mine.json", tmp_path / "other.json"
    trained("keygan_six_systems").save(mine)
    trained("keygan_hyper_chen_wave").save(other)
    record = json.loads(mine.read_text())
    record["weights"] = json.loads(other.read_text())["weights"]
    mine.write_text(json.dumps(record))
    with pytest.raises(IntegrityError, match=r"generator/.*: expected .*got"):
        systems.load(mine)
    aes = systems.get("aes_gcm").save(tmp_path / "aes.json")
    aes.write_text(json.dumps(json.loads(aes.read_text()) | {"weights": record["weights"]}))
    with pytest.raises(IntegrityError, match="has no networks"):
        systems.load(aes)


def test_a_failing_disk_leaves_the_former_pair_whole(trained, tmp_path, monkeypatch):
    system = trained("keygan_six_systems")
    path = systems.get("keygan_six_systems").train(**QUICK | {"steps": 1}).save(tmp_path / "a.json")
    before = made_by(systems.load(path))
    assert not torch.equal(before, made_by(system))
    writes = []

    def fail_later(*where):
        writes.append(where)
        if len(writes) == 2:  # the weights are there, the JSON is not
            raise OSError(28, "No space left on device")
        return real(*where)

    real = os.replace
    monkeypatch.setattr(files.os, "replace", fail_later)
    with pytest.raises(WriteError, match="No space left"):
        system.save(path)
    assert torch.equal(made_by(systems.load(path)), before)
    monkeypatch.undo()
    system.save(path)
    assert torch.equal(made_by(systems.load(path)), made_by(system))
    stale = {file.name for file in tmp_path.glob("*.safetensors")}
    assert len(stale) <= 1, stale


def test_weights_that_diverged_are_neither_saved_nor_loaded(trained, tmp_path):
    system = systems.get("keygan_six_systems").train(**QUICK)
    with torch.no_grad():
        system.generator[0].bias[0] = float("nan")
    with pytest.raises(ParameterError, match=r"generator 0\.bias holds NaN"):
        system.save(tmp_path / "mine.json")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- learning from what is given


@pytest.mark.parametrize("name", [n for n in LEARNED if n.startswith("keygan_")])
def test_who_imitates_orbits_says_so_and_who_takes_pictures_learns_from_them(name):
    system = systems.get(name, trained=False)
    if not system.takes_pictures:
        with pytest.raises(ParameterError, match="images: expected None, because"):
            system.train(pictures(8))
    for wrong in ("not images", pictures(2).float(), pictures(2)[0], np.zeros((2, 1, 8, 8))):
        with pytest.raises(ParameterError, match="images"):
            system.train(wrong)


@pytest.mark.parametrize("name", ["deepkeygen", "blockchain_gan", "medical_hash"])
def test_image_key_generators_learn_from_the_pictures_they_get(name):
    prints = {}
    for words, source in (
        ("none", None),
        ("zeros", torch.zeros(8, 1, 64, 64, dtype=torch.uint8)),
        ("noise", pictures(8)),
        ("other noise", pictures(8, seed=1)),
        ("colour, another size", pictures(3, side=80).expand(-1, 3, -1, -1)),
    ):
        system = systems.get(name).train(source, "smoke", steps=2, show="none")
        prints[words] = system.fingerprint
    assert len(set(prints.values())) == len(prints), prints
    again = systems.get(name).train(pictures(8), "smoke", steps=2, show="none")
    assert again.fingerprint == prints["noise"]
    with pytest.raises(ParameterError, match="images: expected a uint8 tensor"):
        again.train("not images")
    assert again.fingerprint == prints["noise"]


@pytest.mark.parametrize(
    ("name", "network"),
    [("logistic_henon_sr", "csrnet"), ("gan_compression", "codec"), ("roi_aes", "unet")],
)
def test_the_medical_networks_learn_from_the_pictures_they_get(name, network):
    scans = images.load("xrays", size=64, count=8, colour=False)
    other = images.load("xrays", size=64, count=8, colour=False, seed=3)

    def weights(source):
        system = systems.get(name)
        system.train(source, "smoke", steps=2, networks=(network,), show="none")
        assert set(system.history) == {network}
        return torch.cat([p.flatten() for p in system.networks()[network].parameters()])

    one = weights(scans)
    assert torch.equal(one, weights(scans)) and not torch.equal(one, weights(other))
    assert not torch.equal(one, weights(None))


def test_the_unet_needs_masks_and_says_so_before_anything_is_trained():
    system = systems.get("roi_aes")
    with pytest.raises(ParameterError, match=r"ImageSet with masks\['lungs'\]"):
        system.train(pictures(8), **QUICK)
    assert not system.history and not system.own_weights


@pytest.mark.parametrize("wrong", [{"networks": ("nothing",)}, {"networks": ()}, {"profile": "x"}])
def test_what_train_does_not_know_is_refused(wrong):
    with pytest.raises(ParameterError, match=r"networks|profile"):
        systems.get("roi_aes").train(**QUICK | wrong)


def test_training_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    systems.get("gan_compression").train(**QUICK)
    assert torch.equal(torch.rand(3), wanted)


def test_training_goes_on_where_the_minutes_were_over(tmp_path):
    name = "keygan_hyper_chen_wave"
    whole = systems.get(name).train(profile="smoke", steps=6, show="none")
    parts = systems.get(name)
    for _ in range(20):
        parts.train(profile="smoke", steps=6, minutes=1e-9, out=tmp_path, show="none")
        if len(parts.history["generator"]) == 6:
            break
        parts.train(profile="smoke", steps=min(6, len(parts.history["generator"]) + 2),
                    out=tmp_path, show="none")  # fmt: skip
    assert len(parts.history["generator"]) == 6
    assert torch.equal(made_by(parts), made_by(whole))


def test_no_step_means_no_new_weights():
    system = systems.get("keygan_six_systems")
    before = made_by(system)
    system.train(profile="smoke", minutes=0, show="none")
    assert not system.own_weights and torch.equal(made_by(system), before)


# ---------------------------------------------------------------- the paper's size


def count(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("name", [n for n in LEARNED if n != "gan_compression"])
def test_the_papers_size_is_reached_from_every_constructor(name):
    wide = systems.get(name, paper_size=True, trained=False).slots["generator"].build()
    assert count(wide) > 2 * count(systems.get(name).slots["generator"].build())
    untrained = systems.get(name, paper_size=True)
    with pytest.raises(DataMissingError, match="no weights of the paper's size are shipped"):
        made_by(untrained)


def test_deepkeygens_generator_has_the_patents_layers():
    """7,837,699 weights for three channels at once; the systems build it for one."""
    for name in ("deepkeygen", "blockchain_gan", "medical_hash", "keygan_xray_to_noise"):
        built = systems.get(name, paper_size=True).slots["generator"].build()
        assert count(built) == 7_825_153
        three = type(built)(3, 64, 6)
        assert count(three) == 7_837_699
        shapes = [p.shape for p in built.parameters()], [p.shape for p in three.parameters()]
        differ = [
            place for place, pair in enumerate(zip(*shapes, strict=True)) if len(set(pair)) > 1
        ]
        assert len(differ) == 3  # the first layer's weights, the last one's weights and biases


def test_immense_random_is_as_wide_as_its_specification():
    built = systems.get("keygan_logistic", paper_size=True, trained=False).generator
    assert [m.out_features for m in built if isinstance(m, nn.Linear)] == [128, 256, 512, 1024]


def test_a_trained_system_of_the_papers_size_is_saved_and_loaded(tmp_path):
    system = systems.get("chen_plaintext", paper_size=True).train(**QUICK)
    loaded = systems.load(system.save(tmp_path / "wide.json"))
    assert loaded.paper_size and torch.equal(made_by(loaded), made_by(system))


def test_seeds_without_weights_say_which_there_are():
    with pytest.raises(DataMissingError, match=r"no weights of seed 7 are shipped \(seeds 0, 1, 2"):
        made_by(systems.get("keygan_six_systems", seed=7))
    twin = systems.get("keygan_six_systems", seed=7, trained=False)
    assert not torch.equal(made_by(twin), made_by(systems.get(twin.key_name, trained=False)))


# ---------------------------------------------------------------- options


FLAGS = [
    (name, option.name)
    for name in systems.TABLE
    for option in dataclasses.fields(systems.find(name))
    if isinstance(option.default, bool)
]


@pytest.mark.parametrize(("name", "option"), FLAGS)
def test_a_flag_takes_true_and_false_only(name, option):
    for word in ("no", "yes", "1", "0", "null", '""', "off", "[]"):
        with pytest.raises(ParameterError, match=f"{option}: expected a bool"):
            systems.build(f"{name}:{option}={word}")
    for wrong in (None, 0, 1.0, "True", np.int64(1), torch.tensor(True)):
        with pytest.raises(ParameterError, match=f"{option}: expected a bool"):
            systems.get(name, **{option: wrong})
    for value in (True, False):
        assert systems.build(f"{name}:{option}={str(value).lower()}").options()[option] is value
        assert systems.get(name, **{option: np.bool_(value)}).options()[option] is value


@pytest.mark.parametrize("name", [n for n in systems.TABLE if "seed" in systems.get(n).options()])
def test_a_seed_is_a_whole_number_from_0(name):
    for wrong in ("x", "0", -1, 2**32, 1.0, True, None, [1], float("nan"), np.float64(1)):
        with pytest.raises(ParameterError, match="seed: expected a whole number from 0"):
            systems.get(name, seed=wrong)
    assert systems.get(name, seed=np.int64(2)).options()["seed"] == 2
    assert type(systems.get(name, seed=np.int64(2)).seed) is int


def test_unknown_options_are_named_with_those_there_are():
    with pytest.raises(ParameterError, match=r"unexpected keyword argument 'rounds'.*use_nonce"):
        systems.get("lsgan_rng", rounds=2)
    with pytest.raises(ParameterError, match="its options: none"):
        systems.build("aes_gcm:seed=1")


def test_options_of_every_kind_are_checked():
    @dataclasses.dataclass(eq=False, repr=False)
    class Sketch(roles.System):
        key_name = "sketch"
        flag: bool = False
        count: int = 3
        rounds: int = roles.between(4, 1, 16)
        rate: float = roles.between(0.5, 0.0, 1.0)
        free: float = 1.5
        word: str = "any"
        mode: str = roles.one_of("a", "b")
        bits: int = roles.one_of(16, 24)
        other: object = None

    for name, wrong in (
        ("flag", "no"), ("count", -1), ("count", True), ("count", "3"), ("rounds", 17),
        ("rounds", 0), ("rate", 1.5), ("rate", "0.5"), ("rate", float("nan")), ("rate", True),
        ("free", float("inf")), ("word", 3), ("mode", "c"), ("mode", None), ("bits", 17),
        ("bits", 16.0), ("bits", "16"),
    ):  # fmt: skip
        with pytest.raises(ParameterError, match=f"^{name}: expected "):
            Sketch(**{name: wrong})
    made = Sketch(rate=np.float32(0.25), free=2, bits=np.int32(24), other={"a": 1})
    assert json.loads(json.dumps(made.options())) == made.options()
    assert type(made.free) is float and made.rate == 0.25 and made.other == {"a": 1}


# ---------------------------------------------------------------- a stranger's system


class Stranger(roles.KeyGenerator):
    """Someone's own system with a network, written without this library's helpers."""

    key_name = "stranger"
    learns = True

    def __init__(self, width=4):
        self.width = width
        self.net = nn.Linear(width, 1)

    def options(self):
        return {"width": self.width}

    def networks(self):
        return {"net": self.net}

    def keystream(self, key, nonce, n):
        return self.net.weight.detach().abs().flatten().repeat(n)[:n].mul(255).to(torch.uint8)


def test_a_strangers_networks_are_saved_without_any_more_work(tmp_path):
    system = Stranger(8)
    loaded = Stranger.load(system.save(tmp_path / "s.json"))
    assert loaded.width == 8 and torch.equal(made_by(loaded), made_by(system))
    assert not torch.equal(made_by(Stranger(8)), made_by(system))
    record = json.loads((tmp_path / "s.json").read_text())
    (tmp_path / "s.json").write_text(json.dumps(record | {"weights": None}))
    with pytest.raises(IntegrityError, match="names no weights, and stranger needs them"):
        Stranger.load(tmp_path / "s.json")
    with pytest.raises(GansecError, match="not in the table"):
        systems.load(tmp_path / "s.json")


def test_what_networks_learn_from_is_cut_and_shrunk_as_said():
    plain = torch.arange(2 * 3 * 70 * 130).reshape(2, 3, 70, 130).to(torch.uint8)
    cut = tiles(plain)
    assert torch.equal(cut[0, 0], plain[0, 0, :64, :64])
    assert torch.equal(cut[3, 0], plain[0, 1, :64, 64:128])
    assert tiles(plain[:, :, :50, :40]).shape == (6, 1, 40, 40)
    with pytest.raises(ParameterError, match="expected sides of 32 pixels or more"):
        tiles(plain[:, :, :31])
    square = pictures(2)
    assert torch.equal(grey_squares(square), square)
    assert issubclass(systems.find("roi_aes"), Learned)
