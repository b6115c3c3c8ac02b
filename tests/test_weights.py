"""Weights: what is saved comes back, what was changed is refused, writers do not collide."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from gansec_lib.errors import DataMissingError, IntegrityError, ParameterError, WriteError
from gansec_lib.nets import weights

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder."""
    monkeypatch.setenv("GANSEC_DATA", str(tmp_path))
    return tmp_path


def network(seed=0):
    """A little of everything: convolution, its transpose, a norm with integer state, a matrix."""
    torch.manual_seed(seed)
    built = nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ConvTranspose2d(5, 7, 4), nn.Linear(6, 4)
    )
    with torch.no_grad():  # channels of very different size, so that a wrong axis shows
        built[0].weight.mul_(10.0 ** -torch.arange(5.0).view(5, 1, 1, 1))
        built[2].weight.mul_(10.0 ** -torch.arange(7.0).view(1, 7, 1, 1))
        built[3].weight.mul_(10.0 ** -torch.arange(4.0).view(4, 1))
    return built


def test_float32_comes_back_bit_for_bit(folder):
    made = network()
    path = weights.save("a_net", made, made_by="a test", metrics={"steps": 3})
    assert path == folder / "weights" / "a_net.safetensors"
    assert weights.exists("a_net") and not weights.exists("another")
    back = weights.load("a_net", network(seed=1))
    assert not back.training
    for key, tensor in made.state_dict().items():
        assert torch.equal(tensor, back.state_dict()[key]), key
    facts = weights.entry("a_net")
    assert facts["metrics"] == {"steps": 3} and facts["made_by"] == "a test"
    assert facts["licence"] == "MIT" and facts["bytes"] == path.stat().st_size
    assert facts["shape"]["2.weight"] == "5x7x4x4"
    assert facts["parameters"] == sum(p.numel() for p in made.parameters())


def test_float16_is_half_the_size_and_close(folder):
    made = nn.Linear(64, 64)
    large = weights.save("n", made).stat().st_size
    small = weights.save("n", made, dtype="float16").stat().st_size
    assert small < 0.6 * large
    back = weights.load("n", nn.Linear(64, 64))
    assert back.weight.dtype == torch.float32
    assert (back.weight - made.weight).abs().max() < 1e-4


def test_int8_is_within_half_a_step_of_each_output_channel(folder):
    made = network()
    weights.save("n", made, dtype="int8")
    back = weights.load("n", network(seed=1))
    for index, axis in ((0, 0), (2, 1), (3, 0)):
        before = made[index].weight.transpose(0, axis).flatten(1)
        after = back[index].weight.transpose(0, axis).flatten(1)
        step = before.abs().amax(1, keepdim=True) / 127
        assert ((before - after).abs() <= step * 0.5001).all(), index
    assert torch.equal(made[0].bias, back[0].bias)
    assert back[1].num_batches_tracked.dtype == torch.int64


def test_int8_of_an_all_zero_channel_stays_zero(folder):
    made = nn.Linear(4, 3)
    nn.init.zeros_(made.weight)
    weights.save("n", made, dtype="int8")
    assert weights.load("n", nn.Linear(4, 3)).weight.abs().max() == 0


@pytest.mark.parametrize("damage", ["flip", "cut", "grow"])
def test_a_changed_file_is_refused(folder, damage):
    path = weights.save("n", network())
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-1] ^= 1
    elif damage == "cut":
        del content[-1]
    else:
        content += b"\0"
    path.write_bytes(content)
    fresh = network(seed=1)
    before = fresh[0].weight.clone()
    with pytest.raises(IntegrityError, match="sha256"):
        weights.load("n", fresh)
    assert torch.equal(before, fresh[0].weight), "a refused file must not touch the network"
    assert weights.verify() == {"weights/n.safetensors": "changed"}


def test_missing_weights_say_which_command_makes_them(folder):
    with pytest.raises(DataMissingError, match=r"tools/make_weights\.py faces_x"):
        weights.load("faces_x", network())
    path = weights.save("n", network())
    path.unlink()
    assert not weights.exists("n")
    with pytest.raises(DataMissingError, match=r"tools/make_weights\.py n"):
        weights.load("n", network())
    assert weights.verify() == {"weights/n.safetensors": "missing"}


def test_a_network_that_does_not_fit_is_named(folder):
    weights.save("n", nn.Linear(4, 3))
    with pytest.raises(ParameterError, match=r"'weight': expected \(3, 5\), stored \(3, 4\)"):
        weights.load("n", nn.Linear(5, 3))
    with pytest.raises(ParameterError, match="'bias'"):
        weights.load("n", nn.Linear(4, 3, bias=False))


def test_limits_and_names(folder, monkeypatch):
    with pytest.raises(ParameterError, match="4,000,000"):
        weights.save("big", nn.Linear(1024, 1024))
    weights.save("big", nn.Linear(1024, 1024), dtype="int8")
    monkeypatch.setattr(weights, "TOTAL_LIMIT", 1_100_000)
    with pytest.raises(ParameterError, match="all weights"):
        weights.save("second", nn.Linear(256, 256), dtype="int8")
    weights.save("big", nn.Linear(1024, 1024), dtype="int8")  # replacing does not count twice
    for name in ("", "../evil", "a b", "a/b"):
        with pytest.raises(ParameterError, match="name"):
            weights.save(name, nn.Linear(2, 2))
    with pytest.raises(ParameterError, match="dtype"):
        weights.save("n", nn.Linear(2, 2), dtype="int4")
    broken = nn.Linear(2, 2)
    nn.init.constant_(broken.weight, float("nan"))
    with pytest.raises(ParameterError, match="diverged"):
        weights.save("n", broken)
    assert list(weights.manifest()) == ["weights/big.safetensors"]


def test_a_killed_write_leaves_the_old_file(folder, monkeypatch):
    path = weights.save("n", network())
    before = path.read_bytes()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        weights.save("n", network(seed=1))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name], "temporary file left behind"


def test_record_enters_other_files(folder):
    (folder / "strip.png").write_bytes(b"not really a picture")
    weights.record(folder / "strip.png", licence="MIT", made_by="a test", shape="64x256x3")
    assert weights.manifest()["strip.png"]["shape"] == "64x256x3"
    assert weights.verify() == {"strip.png": "ok"}
    with pytest.raises(ParameterError, match="inside"):
        weights.record(__file__, licence="MIT", made_by="a test")


BROKEN = {
    "cut": b"{",
    "a list": b"[]",
    "files a list": b'{"files": []}',
    "files a word": b'{"files": "abc"}',
    "an entry a number": b'{"files": {"weights/n.safetensors": 1}}',
    "no sha256": b'{"files": {"weights/n.safetensors": {}}}',
    "sha256 a number": b'{"files": {"weights/n.safetensors": {"sha256": 64}}}',
    "not UTF-8": b"\xff\xfe{}",
    "deep": b"[" * 100_000,
    "not a number": b"1e999999",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_manifest_is_named(folder, content):
    (folder / "MANIFEST.json").write_bytes(content)
    for use in (
        lambda: weights.load("n", network()),
        lambda: weights.save("n", network()),
        lambda: weights.exists("n"),
        weights.verify,
    ):
        with pytest.raises(IntegrityError, match=r"MANIFEST\.json: damaged .*git checkout"):
            use()


def listed(folder, content):
    """Weights of any bytes, with the sha256 that the manifest then lists."""
    path = weights.save("n", nn.Linear(2, 2))
    path.write_bytes(content)
    weights.record(path, licence="MIT", made_by="a test")


def tensor_file(header, data=b""):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


BAD_WEIGHTS = {
    "empty": b"",
    "no header": b"not safetensors at all",
    "huge header": b"\xff" * 8 + b"{}",
    "unknown type": tensor_file(
        {"a": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}, b"\0"
    ),
    "beyond the end": tensor_file(
        {"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}, b"\0"
    ),
    "scale of another shape": tensor_file(
        {
            "a": {"dtype": "I8", "shape": [3], "data_offsets": [0, 3]},
            "a::scale": {"dtype": "F32", "shape": [2], "data_offsets": [3, 11]},
        },
        bytes(11),
    ),
}


@pytest.mark.parametrize("content", BAD_WEIGHTS.values(), ids=BAD_WEIGHTS)
def test_bad_content_under_its_right_hash_is_one_documented_error(folder, content):
    listed(folder, content)
    with pytest.raises(IntegrityError, match=r"n\.safetensors: damaged .*make_weights\.py n"):
        weights.load("n", nn.Linear(2, 2))


@pytest.mark.parametrize("name", ["n.safetensors", "MANIFEST.json"])
def test_a_full_disk_changes_neither_file_nor_manifest(folder, monkeypatch, name):
    """Whichever of the two files no longer fits, the former pair stays whole."""
    weights.save("n", network())
    before = {path.name: path.read_bytes() for path in folder.rglob("*[!k]") if path.is_file()}
    fsync = os.fsync

    def full(descriptor):
        if f".{name}." in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=rf"{name}: could not be written \(No space left") as said:
        weights.save("n", network(seed=1))
    assert said.value.errno == 28
    after = {path.name: path.read_bytes() for path in folder.rglob("*[!k]") if path.is_file()}
    assert after == before
    assert weights.verify() == {"weights/n.safetensors": "ok"}


def test_writers_at_the_same_time_all_enter_the_manifest(folder):
    code = (
        "import sys; from torch import nn; from gansec_lib.nets import weights\n"
        "for i in range(5): weights.save(f'w{sys.argv[1]}_{i}', nn.Linear(2, 2))"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(3)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    assert len(weights.manifest()) == 15
    assert set(weights.verify().values()) == {"ok"}


def test_shipped_files_are_what_the_manifest_says():
    """Everything in data/weights is listed, unchanged and below the limits."""
    listed = {key: facts for key, facts in weights.manifest().items() if key.startswith("weights/")}
    there = {f"weights/{p.name}" for p in (weights.data_dir() / "weights").glob("*.safetensors")}
    assert set(listed) == there
    assert all(verdict == "ok" for verdict in weights.verify().values()), weights.verify()
    assert sum(facts["bytes"] for facts in listed.values()) <= weights.TOTAL_LIMIT
    for key, facts in weights.manifest().items():
        assert facts["bytes"] <= weights.FILE_LIMIT, key
        assert facts["licence"] and facts["made_by"], key
    assert not list((weights.data_dir()).rglob("*.pt")), "no pickles"


@pytest.fixture
def make_weights(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("tools.make_weights")


def test_make_weights_runs_resumes_and_reports(folder, make_weights, monkeypatch, capsys):
    from tools.recipes import Recipe

    calls = []

    def train(profile, out, minutes):
        calls.append((profile, out, minutes))
        if len(calls) < 2:
            return False
        weights.save("toy", nn.Linear(2, 2), made_by="a test")
        return True

    monkeypatch.setattr(make_weights, "collect", lambda: {"toy": Recipe(train, "a toy", 0.1)})
    out = folder / "out"
    assert make_weights.main(["--list"]) == 0
    assert "missing" in capsys.readouterr().out
    assert make_weights.main(["toy", "--out", str(out), "--minutes", "1"]) == 3
    assert "the same command continues" in capsys.readouterr().out
    assert make_weights.main(["--out", str(out), "--profile", "gpu"]) == 0
    assert json.loads((folder / "MANIFEST.json").read_text())["files"]
    assert [c[0] for c in calls] == ["laptop", "gpu"] and calls[1][2] is None
    assert calls[0][1] == out / "toy" and 0 < calls[0][2] <= 1
    assert make_weights.main(["--list"]) == 0
    assert "made" in capsys.readouterr().out


def test_make_weights_refuses_bad_arguments(folder, make_weights, monkeypatch, capsys):
    monkeypatch.setattr(make_weights, "collect", dict)
    for arguments in (["nothing"], ["--minutes", "0"], ["--minutes", "nan"], ["--profile", "x"]):
        with pytest.raises(SystemExit) as stop:
            make_weights.main(arguments)
        assert stop.value.code == 2
    assert "no recipe nothing" in capsys.readouterr().err


def test_every_shipped_weight_has_a_recipe(make_weights):
    recipes = make_weights.collect()
    shipped = {Path(key).stem for key in weights.manifest() if key.startswith("weights/")}
    assert shipped <= set(recipes), f"no recipe makes {sorted(shipped - set(recipes))}"
