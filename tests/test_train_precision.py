"""bf16 only where it pays, and choosing changes nothing."""

import copy

import pytest
import torch
from torch import nn
from train_worker import networks, trainer

from gansec_lib.train import Player, Trainer
from gansec_lib.train import precision as train_precision


def run(net, **options):
    def loss(ctx):
        seen.append(ctx.networks["net"](ctx.real).dtype)
        return ctx.networks["net"](ctx.real).float().square().mean()

    seen = []
    options = {"device": "cpu", "show": "none"} | options
    it = Trainer({"net": net}, [Player("p", ["net"], loss)], torch.ones(8, 4), 4, **options)
    return it, seen


def test_bf16_reaches_the_networks_and_weights_stay_float32():
    net = nn.Linear(4, 3)
    it, seen = run(net, precision="bf16")
    it.fit(2)
    assert set(seen) == {torch.bfloat16} and net.weight.dtype == torch.float32
    it, seen = run(net, precision="fp32")
    it.fit(2)
    assert set(seen) == {torch.float32}


@pytest.mark.parametrize(("bf16", "chosen"), [(0.5, "bf16"), (0.80, "bf16"), (0.87, "fp32")])
def test_auto_wants_a_factor_of_1_2(monkeypatch, bf16, chosen):
    times = {"fp32": 1.0, "bf16": bf16}
    monkeypatch.setattr(train_precision, "has_bf16", lambda device: True)
    monkeypatch.setattr(train_precision, "_two_steps", lambda trainer, kind: times[kind])
    it, _ = run(nn.Linear(4, 3))
    assert train_precision.choose(it, 1000) == chosen


def test_short_runs_short_steps_and_devices_without_bf16_stay_in_fp32(monkeypatch):
    monkeypatch.setattr(train_precision, "has_bf16", lambda device: True)
    monkeypatch.setattr(train_precision, "_two_steps", lambda trainer, kind: 0.001)
    it, _ = run(nn.Linear(4, 3))
    assert train_precision.choose(it, 1000) == "fp32"  # a millisecond a step
    monkeypatch.setattr(
        train_precision, "_two_steps", lambda trainer, kind: {"fp32": 1.0, "bf16": 0.1}[kind]
    )
    assert train_precision.choose(it, 79) == "fp32"
    assert train_precision.choose(it, 80) == "bf16"
    monkeypatch.setattr(train_precision, "has_bf16", lambda device: False)
    assert train_precision.choose(it, 1000) == "fp32"


def test_measuring_changes_nothing(monkeypatch):
    """Auto that ends at fp32 equals fp32 bit for bit: buffers, dropout's randomness, gradients."""
    monkeypatch.setattr(train_precision, "has_bf16", lambda device: True)
    monkeypatch.setattr(train_precision, "WORTHLESS_BELOW", 0.0)
    monkeypatch.setattr(train_precision, "WORTH", 1e9)
    plain = trainer(None)
    plain.fit(90)
    measured = trainer(None)
    measured.wanted_precision = measured.precision = "auto"
    measured.fit(90)
    assert measured.precision == "fp32"
    assert measured.history.values == plain.history.values
    for one, other in zip(
        measured.networks["generator"].state_dict().values(),
        plain.networks["generator"].state_dict().values(),
        strict=True,
    ):
        assert torch.equal(one, other)


def test_an_error_while_measuring_restores_everything(monkeypatch):
    monkeypatch.setattr(train_precision, "has_bf16", lambda device: True)
    it = trainer(None)
    it.precision = "auto"
    before = copy.deepcopy(networks(True)["generator"].state_dict())
    wanted = it.players[1].loss
    it.players[1].loss = lambda ctx: 1 / 0
    with pytest.raises(ZeroDivisionError):
        it.fit(200)
    for name, value in it.networks["generator"].state_dict().items():
        assert torch.equal(value, before[name]), name
    it.players[1].loss = wanted
    it.precision = "fp32"
    assert it.fit(3).values == trainer(None).fit(3).values
