"""Checkpoints: whole or absent, and a resumed run is the unbroken run to the last bit."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from train_worker import trainer

from gansec_lib import files
from gansec_lib.errors import IntegrityError, ParameterError, WriteError
from gansec_lib.train import Player, Trainer, checkpoints, loop
from tools import fuzz

WORKER = Path(__file__).with_name("train_worker.py")


def newest(folder: Path) -> dict:
    entry = json.loads((folder / "latest.json").read_text())["generations"][0]
    return load_file(folder / entry["folder"] / "state.safetensors")


def same(one: dict, other: dict) -> None:
    """Equal tensors of equal names, bit for bit (NaN equals itself)."""
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].dtype == other[name].dtype, name
        assert one[name].numpy().tobytes() == other[name].numpy().tobytes(), name


# -- bit for bit ---------------------------------------------------------------------------------


def test_kills_at_random_moments_change_nothing(tmp_path):
    """SIGKILL, also in the middle of writing (a checkpoint every step): weights, averages,
    optimiser states, random states, samples and the whole loss history are the unbroken run's."""
    done = subprocess.run(
        [sys.executable, WORKER, "kills", tmp_path, "0"],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["kills"] >= 20
    assert report["while_writing"] >= 1
    unbroken = newest(tmp_path / "unbroken")
    assert len(unbroken["/history/values/discriminator"]) == 60
    assert {"/ema/generator/0.weight", "/random/0/cpu", "/history/samples/0"} <= unbroken.keys()
    assert "/optimizers/generator/state/0/exp_avg_sq" in unbroken
    for number in range(report["rounds"]):
        same(newest(tmp_path / f"killed-{number + 1}"), unbroken)


def test_resume_in_the_same_process_and_from_any_checkpoint(tmp_path):
    whole = trainer(tmp_path / "whole")
    whole.fit(11)
    for stop in (1, 4, 10):
        first = trainer(tmp_path / f"{stop}")
        first.fit(stop)
        second = trainer(tmp_path / f"{stop}")
        history = second.fit(11)
        assert history.values == whole.history.values
        same(newest(tmp_path / f"{stop}"), newest(tmp_path / "whole"))


def test_a_run_out_of_minutes_goes_on_as_if_it_had_never_stopped(tmp_path, monkeypatch):
    """On this clock every look takes 20 seconds, so that one minute is enough for two steps."""

    def sampling(out):
        blank = torch.zeros(1, 1, 2, 3, dtype=torch.uint8)
        return trainer(out, sample=lambda networks: blank, sample_every=4)

    whole = sampling(tmp_path / "whole")
    whole.fit(7)
    seconds = itertools.count(step=20)
    clock = SimpleNamespace(monotonic=lambda: next(seconds), perf_counter=time.perf_counter)
    monkeypatch.setattr(loop, "time", clock)
    reached = []
    while reached[-1:] != [7]:
        run = sampling(tmp_path / "parts")
        run.fit(7, minutes=1)
        reached.append(run.step)
    assert reached == [2, 4, 6, 7]
    assert run.history.sample_steps == whole.history.sample_steps == [4, 7]
    same(newest(tmp_path / "parts"), newest(tmp_path / "whole"))


def test_no_minutes_no_step_but_a_checkpoint(tmp_path):
    assert trainer(tmp_path).fit(3, minutes=0).steps == []
    assert trainer(tmp_path).fit(2, minutes=60).steps == [1, 2]


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "adamw": lambda p: torch.optim.AdamW(p, amsgrad=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, centered=True, momentum=0.5),
    "adagrad": torch.optim.Adagrad,
    "nadam": torch.optim.NAdam,
    "asgd": torch.optim.ASGD,
    "rprop": torch.optim.Rprop,
    "foreach": lambda p: torch.optim.Adam(p, foreach=True),
    "capturable lr": lambda p: torch.optim.Adam(p, lr=torch.tensor(0.01)),
    "groups": lambda p: torch.optim.Adam([{"params": p[:1], "lr": 0.1}, {"params": p[1:]}]),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_any_optimizers_state_survives(tmp_path, kind):
    def run(out):
        torch.manual_seed(0)
        loss = lambda ctx: ctx.networks["net"](ctx.real).square().mean()  # noqa: E731
        its = [Player("p", ["net"], loss, OPTIMIZERS[kind])]
        data = torch.linspace(-1, 1, 24).view(12, 2)
        options = {"device": "cpu", "precision": "fp32", "show": "none"}
        return Trainer({"net": nn.Linear(2, 3)}, its, data, 4, out=out, **options)

    run(tmp_path / "parts").fit(3)
    run(tmp_path / "parts").fit(6)
    run(tmp_path / "whole").fit(6)
    same(newest(tmp_path / "parts"), newest(tmp_path / "whole"))


def test_an_interrupt_halfway_through_a_step_goes_back_to_the_checkpoint(tmp_path):
    run = trainer(tmp_path / "run", checkpoint_every=2)
    generator = run.players[1]
    wanted = generator.loss

    def interrupted(ctx):
        if ctx.step == 5:
            raise KeyboardInterrupt
        return wanted(ctx)

    generator.loss = interrupted
    with pytest.raises(KeyboardInterrupt):
        run.fit(8)
    assert len(run.history) == 5
    generator.loss = wanted
    whole = trainer(tmp_path / "whole")
    assert run.fit(8).values == whole.fit(8).values


# -- damage --------------------------------------------------------------------------------------


@pytest.fixture
def trained(tmp_path):
    run = trainer(tmp_path / "run", checkpoint_every=3)
    run.fit(6)
    return tmp_path / "run"


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    middle = len(content) // 2
    if how == "flip":
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif how == "cut":
        path.write_bytes(content[:middle])
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["flip", "cut", "remove"])
@pytest.mark.parametrize("name", ["state.safetensors", "state.json"])
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_used(trained, name, how):
    expected = trainer(None).fit(8).values
    damage(trained / "step-00000006" / name, how)
    run = trainer(trained)
    with pytest.warns(UserWarning, match="going back to the checkpoint before: .*step-00000006"):
        run.fit(8)
    assert run.history.values == expected
    again = trainer(trained)  # and the damaged one is gone
    assert again.fit(8).values == expected


def test_no_whole_checkpoint_is_an_error_and_nothing_is_overwritten(trained):
    for folder in trained.glob("step-*"):
        damage(folder / "state.safetensors", "flip")
    before = sorted(path.name for path in trained.rglob("*"))
    with pytest.raises(IntegrityError, match=r"no checkpoint is whole: .*delete this folder"):
        trainer(trained).fit(8)
    assert sorted(path.name for path in trained.rglob("*")) == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"generations": []}', '{"generations": [{}]}'])
def test_a_damaged_pointer_is_an_error(trained, text):
    (trained / "latest.json").write_text(text)
    with pytest.raises(IntegrityError, match="checkpoint"):
        trainer(trained).fit(8)


def test_a_pointer_cannot_lead_out_of_its_folder(trained, tmp_path):
    (trained / "step-00000006").rename(tmp_path / "elsewhere")
    pointer = json.loads((trained / "latest.json").read_text())
    pointer["generations"] = [pointer["generations"][0] | {"folder": "../elsewhere"}]
    (trained / "latest.json").write_text(json.dumps(pointer))
    with pytest.raises(IntegrityError, match="not a checkpoint pointer"):
        trainer(trained).fit(8)


@pytest.mark.parametrize("target", ["..", ".", "step-00000006/../../elsewhere", "/tmp", "", 7])
def test_a_pointer_names_only_folders_beside_it(trained, target):
    pointer = json.loads((trained / "latest.json").read_text())
    pointer["generations"][0]["folder"] = target
    (trained / "latest.json").write_text(json.dumps(pointer))
    with pytest.raises(IntegrityError, match=r"latest\.json: damaged .*this folder of checkpoints"):
        trainer(trained).fit(8)


def rewritten(generation: Path, meta=None, tensors: bytes | None = None, text: str = "") -> None:
    """Another content under hashes that are right again, as someone would do it on purpose."""
    if tensors is not None:
        (generation / "state.safetensors").write_bytes(tensors)
    found = json.loads((generation / "state.json").read_text()) if meta is None else meta
    if isinstance(found, dict) and "sha256" in found:
        found["sha256"] = files.sha256(generation / "state.safetensors")
    (generation / "state.json").write_text(text or json.dumps(found))
    pointer = json.loads((generation.parent / "latest.json").read_text())
    for entry in pointer["generations"]:
        if entry["folder"] == generation.name:
            entry["sha256"] = files.sha256(generation / "state.json")
    (generation.parent / "latest.json").write_text(json.dumps(pointer))


def deep(levels: int) -> str:
    return '{"sha256": "0", "state": ' + '{"list": [' * levels + "1" + "]}" * levels + "}"


BAD_CONTENT = {
    "no safetensors": {"tensors": b"these are no tensors"},
    "tensors cut": {"tensors": (1 << 40).to_bytes(8, "little") + b"{}"},
    "no tensors": {"tensors": b"\2\0\0\0\0\0\0\0{}"},
    "a list": {"meta": []},
    "null": {"meta": {"sha256": "", "state": None}},
    "no state": {"meta": {"sha256": ""}},
    "another kind": {"meta": {"sha256": "", "state": {"set": [1]}}},
    "two kinds": {"meta": {"sha256": "", "state": {"dict": [], "list": []}}},
    "pairs that are none": {"meta": {"sha256": "", "state": {"dict": [["a"]]}}},
    "a list as key": {"meta": {"sha256": "", "state": {"dict": [[[], 1]]}}},
    "a number as tensor": {"meta": {"sha256": "", "state": {"tensor": 5}}},
    "deep json": {"text": "[" * 100_000},
    "deep state": {"text": deep(800)},
}


@pytest.mark.parametrize("content", BAD_CONTENT.values(), ids=BAD_CONTENT)
def test_bad_content_under_right_hashes_is_one_documented_error(trained, content):
    """The generation before is used, and where that is bad as well it is an IntegrityError."""
    expected = trainer(None).fit(8).values
    rewritten(trained / "step-00000006", **content)
    whole = trained.with_name("one bad")
    shutil.copytree(trained, whole)
    with pytest.warns(UserWarning, match=r"going back .*step-00000006: damaged"):
        assert trainer(whole).fit(8).values == expected
    rewritten(trained / "step-00000003", **content)
    with pytest.raises(IntegrityError, match="no checkpoint is whole"):
        trainer(trained).fit(8)


EMPTY = {"dict": []}


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (["config"], EMPTY),
        (["networks"], None),
        (["networks", "generator"], EMPTY),
        (["ema", "generator"], EMPTY),
        (["optimizers", "generator", "state"], 5),
        (["optimizers", "generator", "state", 0, "exp_avg"], 0.5),
        (["optimizers", "generator", "state", 0], {"dict": [["other", 1]]}),
        (["optimizers", "generator", "state", 99], {"dict": []}),
        (["optimizers", "generator", "param_groups"], {"list": []}),
        (["random"], {"list": [{"dict": [["cpu", 1]]}]}),
        (["history", "samples"], {"list": [1]}),
        (["history", "seconds"], "x"),
        (["step"], None),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, list) else "",
)
def test_a_state_that_is_none_is_one_documented_error(trained, where, value):
    generation = trained / "step-00000006"
    meta = json.loads((generation / "state.json").read_text())
    place = meta["state"]
    for key in where[:-1]:
        place = next(item for name, item in place["dict"] if name == key)
    found = dict(place["dict"])
    assert where[-1] in found or where[-1] == 99, "the test's own path is right"
    place["dict"] = [[name, item] for name, item in (found | {where[-1]: value}).items()]
    rewritten(generation, meta=meta)
    with pytest.raises((IntegrityError, ParameterError), match=r"delete|another run") as said:
        trainer(trained).fit(8)
    assert "this folder of checkpoints" in str(said.value) or where == ["config"]


def test_damaged_checkpoints_by_the_hundred():
    tally = fuzz.run("checkpoints", count=150)
    assert tally.undocumented == []
    assert tally.opened > 30 and tally.refused["IntegrityError"] > 10


# -- a full or failing disk -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "latest.json", "replace"])
def test_a_disk_that_fills_up_leaves_the_old_checkpoint(trained, monkeypatch, name):
    fsync, before = os.fsync, (trained / "latest.json").read_bytes()

    def full(descriptor, *_):
        if name == "replace" or name in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace" if name == "replace" else "fsync", full)
        with pytest.raises(WriteError, match=r"could not be written \(No space left.*free some"):
            trainer(trained, checkpoint_every=1).fit(8)
    assert (trained / "latest.json").read_bytes() == before
    assert not list(trained.glob(".*.part"))
    run = trainer(trained)
    assert run.fit(6).steps == list(range(1, 7))


def test_a_full_disk_as_safetensors_says_it(trained, monkeypatch):
    def full(*_, **__):
        raise SafetensorError("Error while serializing: I/O error: No space left (os error 28)")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(WriteError, match=r"step-00000008: could not be written .*os error 28"):
        trainer(trained).fit(8)
    assert not list(trained.glob(".*.part"))


LIMITED = """
import resource, signal, sys
from pathlib import Path
import torch
from gansec_lib.errors import WriteError
from gansec_lib.train import checkpoints
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    checkpoints.save(Path(sys.argv[1]), 2, {"a": torch.zeros(100_000)})
except WriteError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="no limit on file sizes")
def test_a_real_limit_on_the_file_size(tmp_path):
    """Another process, and the system itself refuses the bytes, as it does on a full disk."""
    checkpoints.save(tmp_path, 1, {"a": torch.ones(3)})
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert f"{tmp_path}/step-00000002: could not be written" in ran.stdout
    assert checkpoints.load(tmp_path)[0]["a"].tolist() == [1, 1, 1]
    assert sorted(os.listdir(tmp_path)) == ["latest.json", "step-00000001"]


def test_a_failing_flush_is_not_passed_over(trained, monkeypatch):
    def broken(descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(WriteError, match="Input/output error"):
        trainer(trained).fit(8)


def test_what_a_dead_writer_left_goes_before_the_next_is_written(trained, monkeypatch):
    """On a nearly full disk it would otherwise stop every attempt to go on."""
    left = [".writing-1", ".step-00000009.0123abcd.part", "step-00000009"]
    for name in left:
        (trained / name).mkdir()
        (trained / name / "state.safetensors").write_bytes(bytes(1000))
    (trained / ".latest.json.0123abcd.part").write_text("half")
    save_file = checkpoints.save_file

    def nearly_full(tensors, path):
        still = [name for name in left if (trained / name).exists()]
        if still:
            raise SafetensorError(f"No space left, because of {still}")
        save_file(tensors, path)

    monkeypatch.setattr(checkpoints, "save_file", nearly_full)
    trainer(trained).fit(8)
    kept = sorted(path.name for path in trained.iterdir() if path.name != ".lock")
    assert kept == ["latest.json", "step-00000006", "step-00000008"]


def test_only_two_generations_are_kept_and_rubbish_is_swept(tmp_path):
    run = trainer(tmp_path, checkpoint_every=1)
    (tmp_path / ".writing-1").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    run.fit(5)
    names = sorted(path.name for path in tmp_path.iterdir() if path.name != ".lock")
    assert names == ["latest.json", "notes.txt", "step-00000004", "step-00000005"]


def test_no_pickle_anywhere(trained):
    suffixes = {path.suffix for path in trained.rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".safetensors", ""}
    for path in trained.rglob("*.safetensors"):
        assert b"torch._utils" not in path.read_bytes()


# -- another run ---------------------------------------------------------------------------------


def small(out, **changes):
    """A run whose every property can be changed."""
    width = changes.pop("width", 3)
    rate = changes.pop("rate", 0.1)
    turns = changes.pop("turns", 1)
    torch.manual_seed(0)
    loss = lambda ctx: ctx.networks["net"](ctx.real).square().mean()  # noqa: E731
    adam = lambda p: torch.optim.Adam(p, lr=rate)  # noqa: E731
    options = {"device": "cpu", "precision": "fp32", "show": "none", "batch_size": 4}
    options["data"] = torch.linspace(-1, 1, 24).view(12, 2)
    its = [Player("p", ["net"], loss, adam, turns)]
    return Trainer({"net": nn.Linear(2, width)}, its, out=out, **(options | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 5}, r"networks.net.weight: float32 \(3, 2\) in the .*, float32 \(5, 2\) here"),
        ({"batch_size": 6}, "batch_size: 4 in the checkpoint, 6 here"),
        ({"seed": 1}, "seed: 0 in the checkpoint, 1 here"),
        ({"rate": 0.2}, "players.p.optimizer.groups.0.lr: 0.1 in the checkpoint, 0.2 here"),
        ({"turns": 2}, "players.p.steps: 1 in the checkpoint, 2 here"),
        ({"data": torch.zeros(12, 2)}, "data.rows"),
        ({"ema": {"net": 0.9}}, "ema.net: nothing in the checkpoint, 0.9 here"),
        ({"precision": "bf16"}, "precision: fp32 in the checkpoint, bf16 here"),
        ({"augment": lambda batch, rng: batch}, "augment: False in the checkpoint, True here"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, changes, message):
    small(tmp_path).fit(2)
    other = small(tmp_path, **changes)
    before = other.networks["net"].weight.clone()
    with pytest.raises(ParameterError, match=message) as caught:
        other.fit(4)
    assert "Choose another folder" in str(caught.value)
    assert torch.equal(other.networks["net"].weight, before) and other.step == 0
    assert small(tmp_path).fit(4).steps == [1, 2, 3, 4]  # the folder is unharmed


def test_auto_precision_takes_the_checkpoints(tmp_path):
    small(tmp_path, precision="bf16").fit(2)
    run = small(tmp_path, precision="auto")
    run.fit(4)
    assert run.arithmetic.precision == "bf16"


def test_two_runs_cannot_share_a_folder(tmp_path):
    with checkpoints.lock(tmp_path), pytest.raises(ParameterError, match="in use by another run"):
        small(tmp_path).fit(2)
    small(tmp_path).fit(2)


# -- the store itself ----------------------------------------------------------------------------


def test_any_nesting_comes_back(tmp_path):
    shared = torch.arange(6.0).view(2, 3)
    state = {
        "tuple": (1, 2.5, None, True, "x", float("inf")),
        "empty": [{}, [], ()],
        3: {"transposed": shared.T, "shared": shared, "scalar": torch.tensor(7)},
        "bf16": torch.ones(3, dtype=torch.bfloat16),
        "none": torch.zeros(0, 4),
    }
    checkpoints.save(tmp_path, 1, state)
    back, problems = checkpoints.load(tmp_path)
    assert not problems
    assert back["tuple"] == state["tuple"] and back["empty"] == state["empty"]
    assert list(back) == list(state)
    assert torch.equal(back[3]["transposed"], shared.T) and torch.equal(back[3]["shared"], shared)
    assert back[3]["scalar"] == 7 and back["bf16"].dtype == torch.bfloat16
    assert back["none"].shape == (0, 4)


@pytest.mark.parametrize("state", [{"a": object()}, {"a": {(1, 2): 3}}])
def test_what_cannot_be_stored_is_named(tmp_path, state):
    with pytest.raises(ParameterError, match="/a: "):
        checkpoints.save(tmp_path, 1, state)
    assert checkpoints.load(tmp_path) is None
