"""bf16 and channels-last only where they pay, and choosing changes nothing."""

import copy

import pytest
import torch
from torch import nn
from train_worker import networks, trainer

from gansec_lib.errors import TrainingError
from gansec_lib.train import Player, Trainer
from gansec_lib.train import loop as train_loop
from gansec_lib.train import precision as train_precision
from gansec_lib.train.display import draw_png
from gansec_lib.train.precision import PLAIN, Arithmetic, channels_last, fastest

ORDERED, HALF, BOTH = Arithmetic("fp32", True), Arithmetic("bf16"), Arithmetic("bf16", True)


def run(net, shape=(4,), **options):
    """A trainer of one network, and what each of its steps was computed in."""

    def loss(ctx):
        answer = ctx.networks["net"](ctx.real)
        orders = {lies_channels_last(p) for p in net.parameters() if p.ndim == 4}
        seen.append((answer.dtype, *orders))
        return answer.float().square().mean()

    seen = []
    options = {"device": "cpu", "show": "none"} | options
    data = torch.linspace(-1, 1, 8 * torch.Size(shape).numel()).view(8, *shape)
    return Trainer({"net": net}, [Player("p", ["net"], loss)], data, 4, **options), seen


def lies_channels_last(weight):
    return weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous()


def convolutions():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.Dropout(0.2), nn.ReLU(), nn.Conv2d(6, 5, 2)
    )


def pictures(**options):
    return run(convolutions(), (3, 6, 5), **options)


def chosen(monkeypatch, arithmetic):
    """Let every trial find this arithmetic ten times as fast; returns how often one was held."""
    trials = []

    def choose(trainer, steps_left):
        trials.append(steps_left)
        return {PLAIN: 1.0, arithmetic: 0.1}

    monkeypatch.setattr(train_loop, "choose", choose)
    return trials


def timed(monkeypatch, seconds: dict):
    """Replace the clock: these are the seconds of a step. Returns what was tried."""
    tried = []

    def measure(trainer, arithmetic):
        tried.append(arithmetic)
        step = seconds[arithmetic]
        return step, step * (1 if step >= train_precision.LONG else 2)

    monkeypatch.setattr(train_precision, "_seconds", measure)
    monkeypatch.setattr(train_precision, "has_bf16", lambda device: True)
    return tried


# -- what is computed in -------------------------------------------------------------------------


def test_bf16_reaches_the_networks_and_weights_stay_float32():
    net = nn.Linear(4, 3)
    it, seen = run(net, precision="bf16")
    it.fit(2)
    assert set(seen) == {(torch.bfloat16,)} and net.weight.dtype == torch.float32


def test_fp32_is_fp32_also_inside_somebody_elses_autocast():
    it, seen = pictures(precision="fp32")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        it.fit(200)
    assert set(seen) == {(torch.float32, False)} and len(seen) == 200
    assert it.history.arithmetic == "fp32" and not it.history.trial


def test_bf16_sees_every_new_weight_also_inside_somebody_elses_autocast():
    """torch keeps the bf16 copies of the weights until the outermost autocast ends."""
    alone = run(nn.Linear(4, 3), precision="bf16")[0]
    inside = run(copy.deepcopy(alone.networks["net"]), precision="bf16")[0]
    stepwise = run(copy.deepcopy(alone.networks["net"]), precision="bf16")[0]
    alone.fit(5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside.fit(5)
    for step in range(1, 6):
        stepwise.fit(step)
    assert alone.history.values == inside.history.values == stepwise.history.values


def test_a_chosen_order_holds_during_the_run_and_not_after_it(monkeypatch):
    chosen(monkeypatch, BOTH)
    it, seen = pictures(ema={"net": 0.9})
    weight, where = it.networks["net"][0].weight, it.networks["net"][0].weight.data_ptr()
    before = weight.detach().clone()
    it.fit(3)
    assert set(seen) == {(torch.bfloat16, True)}
    assert weight.is_contiguous() and weight.data_ptr() == where
    assert not torch.equal(weight, before)  # it is the trained weight that came back
    assert it.ema["net"][0].weight.is_contiguous()
    assert it.history.arithmetic == "bf16, channels-last"
    assert it.history.trial == {"fp32": 1.0, "bf16, channels-last": 0.1}


def test_an_error_in_the_run_gives_the_order_back(monkeypatch):
    chosen(monkeypatch, ORDERED)
    it, _ = pictures()
    it.players[0].loss = lambda ctx: ctx.networks["net"](ctx.real).mean() * torch.nan
    with pytest.raises(TrainingError):
        it.fit(3)
    assert it.networks["net"][0].weight.is_contiguous()


def test_channels_last_keeps_values_of_shared_and_of_unusual_weights():
    shared = nn.Conv2d(3, 4, 2)
    point, given = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 2).to(memory_format=torch.channels_last)
    nets = [nn.Sequential(shared, nn.Linear(2, 3)), nn.Sequential(shared, point, given)]
    before = [(p, p.detach().clone(), p.stride()) for net in nets for p in net.parameters()]
    with channels_last(nets):
        assert lies_channels_last(shared.weight)
        assert all(torch.equal(p, value) for p, value, _ in before)
        with torch.no_grad():
            shared.weight.add_(1)
            given.weight.add_(1)
    for p, value, stride in before:
        moved = p is shared.weight or p is given.weight
        assert torch.equal(p, value + 1 if moved else value) and p.stride() == stride


# -- what is chosen ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trial", "best"),
    [
        ({}, PLAIN),
        ({PLAIN: 4.53, ORDERED: 3.89, HALF: 2.39, BOTH: 2.05}, BOTH),  # the DCGAN at 64 pixels
        ({PLAIN: 1.0, ORDERED: 1.1, HALF: 0.8, BOTH: 0.7}, BOTH),  # a small ResNet
        ({PLAIN: 1.0, HALF: 0.83}, HALF),
        ({PLAIN: 1.0, HALF: 0.84}, PLAIN),  # not 1.2 times as fast
        ({PLAIN: 1.0, ORDERED: 0.9}, ORDERED),
        ({PLAIN: 1.0, ORDERED: 0.95}, PLAIN),  # not 1.1 times as fast
        ({PLAIN: 1.0, ORDERED: 0.8, HALF: 0.7, BOTH: 0.7}, ORDERED),  # bf16 must beat that, too
        ({PLAIN: 1.0, HALF: 0.5, BOTH: 0.48}, HALF),
        ({PLAIN: 1.0, HALF: 0.9, BOTH: 0.5}, BOTH),
    ],
)
def test_the_fastest_is_taken_where_it_is_worth_it(trial, best):
    assert fastest(trial) == best


FAST = {PLAIN: 0.1, ORDERED: 0.09, HALF: 0.05, BOTH: 0.04}
SLOW = {PLAIN: 4.0, ORDERED: 3.0, HALF: 2.0, BOTH: 1.0}


@pytest.mark.parametrize(
    ("seconds", "steps", "tried"),
    [
        (FAST, 79, []),
        (FAST, 80, [PLAIN, BOTH]),
        (FAST, 200, [PLAIN, BOTH, HALF, ORDERED]),
        (SLOW, 80, [PLAIN, BOTH, HALF, ORDERED]),  # long steps are not repeated
        ({PLAIN: 0.001}, 10**6, [PLAIN]),  # a millisecond a step: not worth it
        (FAST | {BOTH: 0.6}, 160, [PLAIN, BOTH]),  # the first was dear: no more
    ],
)
def test_the_trial_is_bounded(monkeypatch, seconds, steps, tried):
    seen = timed(monkeypatch, seconds)
    it, _ = pictures()
    trial = train_precision.choose(it, steps)
    assert seen == list(trial) == tried
    spent = sum(s * (1 if s >= train_precision.LONG else 2) for s in trial.values())
    if BOTH in trial and trial[BOTH] < trial[PLAIN]:
        assert spent <= 0.05 * steps * seconds[PLAIN] * (1 + 1e-9)


def test_only_what_device_and_networks_offer_is_tried(monkeypatch):
    seen = timed(monkeypatch, FAST)
    train_precision.choose(run(nn.Linear(4, 3))[0], 1000)
    assert seen == [PLAIN, HALF]
    monkeypatch.setattr(train_precision, "has_bf16", lambda device: False)
    seen.clear()
    train_precision.choose(pictures()[0], 1000)
    assert seen == [PLAIN, ORDERED]
    assert train_precision.choose(run(nn.Linear(4, 3))[0], 1000) == {}


def test_a_run_too_short_for_a_trial_may_have_one_when_it_goes_on(monkeypatch, tmp_path):
    seen = timed(monkeypatch, FAST)
    pictures(out=tmp_path)[0].fit(10)
    assert not seen
    it, _ = pictures(out=tmp_path)
    it.fit(20)
    assert not seen and it.history.arithmetic == "fp32"
    it.fit(120)
    assert seen and it.arithmetic == BOTH


# -- choosing changes nothing --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["vectors", "pictures"])
def test_measuring_changes_nothing(monkeypatch, kind):
    """Auto that ends at fp32 equals fp32 bit for bit: weights, buffers, dropout, gradients."""
    monkeypatch.setattr(train_precision, "has_bf16", lambda device: True)
    monkeypatch.setattr(train_precision, "WORTHLESS_BELOW", 0.0)
    monkeypatch.setattr(train_precision, "BF16_WORTH", 1e9)
    monkeypatch.setattr(train_precision, "ORDER_WORTH", 1e9)

    def make(precision):
        if kind == "pictures":
            return pictures(precision=precision)[0]
        it = trainer(None)
        it.decided = precision == "fp32"
        return it

    plain, measured = make("fp32"), make("auto")
    plain.fit(200)
    measured.fit(200)
    assert len(measured.history.trial) >= 2 and measured.history.arithmetic == "fp32"
    assert measured.history.values == plain.history.values
    for name, network in measured.networks.items():
        others = plain.networks[name].state_dict()
        for key, value in network.state_dict().items():
            assert torch.equal(value, others[key]) and value.stride() == others[key].stride()


def test_an_error_while_measuring_restores_everything(monkeypatch):
    monkeypatch.setattr(train_precision, "has_bf16", lambda device: True)
    it = trainer(None)
    it.decided = False
    before = copy.deepcopy(networks(True)["generator"].state_dict())
    wanted = it.players[1].loss
    it.players[1].loss = lambda ctx: 1 / 0
    with pytest.raises(ZeroDivisionError):
        it.fit(200)
    for name, value in it.networks["generator"].state_dict().items():
        assert torch.equal(value, before[name]), name
    it.players[1].loss = wanted
    it.decided = True
    assert it.fit(3).values == trainer(None).fit(3).values


# -- resuming ------------------------------------------------------------------------------------


@pytest.mark.parametrize("arithmetic", [ORDERED, BOTH])
def test_a_resumed_run_keeps_the_choice_and_every_bit(monkeypatch, tmp_path, arithmetic):
    trials = chosen(monkeypatch, arithmetic)
    whole, _ = pictures(ema={"net": 0.9}, out=tmp_path / "whole")
    whole.fit(9)
    pictures(ema={"net": 0.9}, out=tmp_path / "parts")[0].fit(4)
    held = len(trials)
    parts, seen = pictures(ema={"net": 0.9}, out=tmp_path / "parts")
    parts.fit(6)
    parts.fit(9)  # and in one process
    assert len(trials) == held  # nothing was measured again
    assert parts.arithmetic == arithmetic and parts.history.trial == whole.history.trial
    assert parts.history.values == whole.history.values
    half = arithmetic.precision == "bf16"
    assert set(seen) == {(torch.bfloat16 if half else torch.float32, True)}
    for name in ("networks", "ema"):
        one, other = (getattr(r, name)["net"].state_dict() for r in (parts, whole))
        assert all(torch.equal(value, other[key]) for key, value in one.items())


def test_a_network_given_channels_last_resumes_bit_for_bit(tmp_path):
    """Adam's averages come from the file in another order than such weights have."""

    def run_in(folder):
        it, _ = pictures(precision="fp32", out=folder)
        it.networks["net"].to(memory_format=torch.channels_last)
        return it

    whole = run_in(tmp_path / "whole").fit(9)
    run_in(tmp_path / "parts").fit(4)
    parts = run_in(tmp_path / "parts")
    assert parts.fit(9).values == whole.values
    assert lies_channels_last(parts.networks["net"][0].weight)


def test_the_drawing_names_the_arithmetic(monkeypatch):
    titles = []
    from matplotlib.axes import Axes

    plain = Axes.set_title
    monkeypatch.setattr(Axes, "set_title", lambda *a, **k: titles.append(a[1]) or plain(*a, **k))
    chosen(monkeypatch, BOTH)
    it, _ = pictures()
    draw_png(it.fit(2))
    assert titles[0].endswith("s, bf16, channels-last")
