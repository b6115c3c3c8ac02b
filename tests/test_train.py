"""The training loop: what it computes, in which order, and what it refuses."""

import copy
import inspect
import math

import pytest
import torch
from torch import nn
from train_worker import discriminator_loss, generator_loss, networks

from gansec_lib.errors import ParameterError, TrainingError
from gansec_lib.images.imageset import ImageSet
from gansec_lib.train import Player, Trainer, losses

DATA = torch.randn(64, 2, generator=torch.Generator().manual_seed(1))


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.05)


def players(**options):
    return [
        Player("discriminator", ["discriminator"], discriminator_loss, **options),
        Player("generator", ["generator"], generator_loss),
    ]


def make(nets=None, its_players=None, data=DATA, batch_size=8, **options) -> Trainer:
    options = {"precision": "fp32", "device": "cpu", "show": "none"} | options
    return Trainer(
        nets or networks(False),
        players() if its_players is None else its_players,
        data,
        batch_size=batch_size,
        **options,
    )


def weights(network):
    return nn.utils.parameters_to_vector(network.parameters()).detach().clone()


# -- what it computes ----------------------------------------------------------------------------


def test_the_loop_equals_a_hand_written_one():
    """Same batches, same noise, plain torch: the same weights to the last bit."""
    nets = networks(False)
    twin = copy.deepcopy(nets)
    seen = []

    def watched(loss):
        def inner(ctx):
            state = ctx.rng.get_state()
            seen.append((ctx.real.clone(), state))
            return loss(ctx)

        return inner

    run = make(
        nets,
        [
            Player("discriminator", ["discriminator"], watched(discriminator_loss), sgd, steps=2),
            Player("generator", ["generator"], watched(generator_loss), sgd),
        ],
    )
    run.fit(4)
    assert len(seen) == 4 * 3

    class Ctx:
        networks = twin

        def __init__(self, real, state):
            self.real, self.rng = real, torch.Generator()
            self.rng.set_state(state)

        def noise(self, *shape):
            return torch.randn(shape, generator=self.rng)

        def uniform(self, *shape):
            return torch.rand(shape, generator=self.rng)

    of_d, of_g = sgd(twin["discriminator"].parameters()), sgd(twin["generator"].parameters())
    for turn, (real, state) in enumerate(seen):
        for optimizer in (of_d, of_g):
            optimizer.zero_grad()
        if turn % 3 < 2:
            discriminator_loss(Ctx(real, state))[0].backward()
            of_d.step()
        else:
            generator_loss(Ctx(real, state)).backward()
            of_g.step()
    for name in nets:
        assert torch.equal(weights(nets[name]), weights(twin[name])), name


def test_it_learns_a_shifted_gaussian():
    torch.manual_seed(0)
    nets = {
        "generator": nn.Linear(2, 2),
        "discriminator": nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1)),
    }

    def d_loss(ctx):
        fake = nets["generator"](ctx.noise(len(ctx.real), 2))
        net = ctx.networks["discriminator"]
        loss = losses.bce_discriminator(net(ctx.real), net(fake))
        return loss + losses.r1_penalty(net, ctx.real, 0.1)

    def g_loss(ctx):
        fake = nets["generator"](ctx.noise(len(ctx.real), 2))
        return losses.bce_generator(ctx.networks["discriminator"](fake))

    def fast(parameters):
        return torch.optim.Adam(parameters, lr=0.02, betas=(0.0, 0.99))

    data = torch.randn(2000, 2, generator=torch.Generator().manual_seed(0)) * 0.5
    data = data + torch.tensor([3.0, -1.0])
    run = make(
        nets,
        [
            Player("discriminator", "discriminator", d_loss, fast),
            Player("generator", "generator", g_loss, fast),
        ],
        data=data,
        batch_size=128,
        ema={"generator": 0.99},
    )
    run.fit(500)
    fake = run.ema["generator"](torch.randn(2000, 2)).detach()
    assert (fake.mean(0) - torch.tensor([3.0, -1.0])).abs().max() < 0.25
    assert fake.std(0).min() > 0.2 and fake.std(0).max() < 1.0


def test_every_turn_gets_a_fresh_batch_and_an_epoch_shows_every_row_once():
    rows = []

    def loss(ctx):
        rows.extend(ctx.real[:, 0].tolist())
        return ctx.networks["net"](ctx.real).mean()

    data = torch.arange(20.0)[:, None]
    its = [Player("critic", ["net"], loss, steps=5)]
    make({"net": nn.Linear(1, 1)}, its, data=data, batch_size=4).fit(2)
    assert sorted(rows[:20]) == sorted(rows[20:]) == list(range(20))
    assert rows[:20] != rows[20:]


def test_rows_that_do_not_fill_a_batch_wait_for_the_next_epoch():
    sizes = []

    def loss(ctx):
        sizes.append(len(ctx.real))
        return ctx.networks["net"](ctx.real).mean()

    data = torch.arange(11.0)[:, None]
    make({"net": nn.Linear(1, 1)}, [Player("p", ["net"], loss)], data=data, batch_size=4).fit(7)
    assert sizes == [4] * 7


def test_players_move_in_order_and_the_others_are_frozen():
    moves = []

    def noting(name, loss):
        def inner(ctx):
            free = [n for n, net in ctx.networks.items() if next(net.parameters()).requires_grad]
            moves.append((name, free))
            return loss(ctx)

        return inner

    nets = networks(False) | {"critic": nn.Linear(2, 1)}
    run = make(
        nets,
        [
            Player("d", ["discriminator"], noting("d", discriminator_loss), steps=2),
            Player("g", ["generator"], noting("g", generator_loss)),
        ],
    )
    run.fit(1)
    assert moves == [("d", ["discriminator"])] * 2 + [("g", ["generator"])]
    assert all(p.requires_grad for net in nets.values() for p in net.parameters())
    assert nets["critic"].weight.grad is None


def test_frozen_weights_stay_frozen():
    nets = networks(False)
    nets["generator"][0].requires_grad_(False)
    before, run = nets["generator"][0].weight.clone(), make(nets)
    run.fit(3)
    assert torch.equal(nets["generator"][0].weight, before)
    assert not nets["generator"][0].weight.requires_grad


def test_history_has_every_step_and_the_mean_over_turns():
    values = []

    def loss(ctx):
        value = ctx.networks["net"](ctx.real).mean()
        values.append(value.item())
        return value, {"largest": ctx.real.max(), "two": 2}

    history = make({"net": nn.Linear(2, 1)}, [Player("p", ["net"], loss, steps=3)]).fit(5)
    assert history.steps == [1, 2, 3, 4, 5]
    means = torch.tensor(values).view(5, 3).mean(1).tolist()
    assert history["p"] == pytest.approx(means)
    assert history["two"] == pytest.approx([2] * 5) and len(history["largest"]) == 5
    assert history.seconds > 0


def test_fit_counts_steps_in_all():
    run = make()
    run.fit(3)
    first = list(run.history["generator"])
    run.fit(5)
    assert run.step == len(run.history) == 5
    assert run.history["generator"][:3] == first
    assert make().fit(5).values == run.history.values
    run.fit(2)
    assert run.step == 5


def test_several_networks_share_a_player_and_tensors_share_a_batch():
    def loss(ctx):
        first, second = ctx.batch
        assert ctx.real is first and second.dtype == torch.int64
        return (ctx.networks["b"](ctx.networks["a"](first)) * second[:, None]).mean()

    nets = {"a": nn.Linear(2, 3), "b": nn.Linear(3, 1)}
    before = {name: weights(net) for name, net in nets.items()}
    make(nets, [Player("both", ["a", "b"], loss)], data=(DATA, torch.arange(64))).fit(1)
    assert all(not torch.equal(before[name], weights(nets[name])) for name in nets)


def test_byte_images_arrive_in_network_range():
    pictures = torch.randint(0, 256, (10, 3, 6, 4), dtype=torch.uint8)
    pictures[0, 0, 0, 0], pictures[1, 0, 0, 0] = 0, 255
    seen = []

    def loss(ctx):
        seen.append(ctx.real)
        return ctx.networks["net"](ctx.real).mean()

    its = [Player("p", ["net"], loss)]
    for data in (pictures, ImageSet(pictures), ImageSet(pictures, labels=torch.arange(10))):
        make({"net": nn.Conv2d(3, 1, 3)}, its, data=data, batch_size=10).fit(1)
        assert seen[-1].dtype == torch.float32
        assert seen[-1].shape == (10, 3, 6, 4)
        assert seen[-1].min() == -1 and seen[-1].max() == 1


def test_augment_sees_the_batch_and_a_seeded_generator():
    drawn = []

    def augment(batch, rng):
        drawn.append(torch.rand(1, generator=rng).item())
        return batch[0] * 0 + 5

    def loss(ctx):
        assert (ctx.real == 5).all()
        return ctx.networks["net"](ctx.real).mean()

    for _ in range(2):
        make({"net": nn.Linear(2, 1)}, [Player("p", ["net"], loss)], augment=augment).fit(3)
    assert drawn[:3] == drawn[3:] and len(set(drawn)) == 3


# -- seeds ---------------------------------------------------------------------------------------


def test_same_seed_same_run_whatever_the_caller_does_with_random_numbers():
    values = []
    for spoil in (0, 17):
        nets = networks(True)  # with dropout: torch's global random numbers
        torch.manual_seed(spoil)
        values.append(make(nets, seed=5).fit(6).values)
    assert values[0] == values[1]
    assert make(networks(True), seed=6).fit(6).values != values[0]


def test_fit_leaves_the_callers_random_state_alone():
    run = make(networks(True))
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    run.fit(3)
    assert torch.equal(torch.rand(3), expected)


def test_a_fit_in_two_parts_equals_one_with_dropout():
    whole = make(networks(True))
    whole.fit(6)
    parts = make(networks(True))
    parts.fit(2)
    torch.rand(5)
    parts.fit(6)
    assert whole.history.values == parts.history.values


# -- averages and samples ------------------------------------------------------------------------


def test_ema_follows_its_formula_and_copies_buffers():
    nets = networks(True)
    run = make(nets, ema={"generator": 0.9})
    expected = weights(nets["generator"])
    for step in range(1, 16):
        run.fit(step)
        decay = min(0.9, step / (9 + step))
        expected = torch.lerp(expected, weights(nets["generator"]), 1 - decay)
    assert torch.allclose(weights(run.ema["generator"]), expected, atol=1e-6)
    now = dict(nets["generator"].named_buffers())
    assert now["1.num_batches_tracked"] > 0
    for name, buffer in run.ema["generator"].named_buffers():
        assert torch.equal(buffer, now[name])
    assert not run.ema["generator"].training
    assert not any(p.requires_grad for p in run.ema["generator"].parameters())


def test_samples_come_from_the_average_with_fixed_latents_and_in_eval_mode():
    nets, latents = networks(True), []

    def sample(given):
        assert given["generator"] is run.ema["generator"]
        assert given["discriminator"] is nets["discriminator"]
        assert not any(net.training for net in given.values())
        latents.append(torch.randn(4, 4))
        return torch.zeros(4, 3, 5, 7, dtype=torch.uint8)

    run = make(nets, ema={"generator": 0.9}, sample=sample, sample_every=2)
    history = run.fit(5)
    assert history.sample_steps == [2, 4, 5]
    assert torch.equal(latents[0], latents[1]) and torch.equal(latents[0], latents[2])
    assert history.samples[0].shape == (4, 3, 5, 7)
    assert nets["discriminator"].training and nets["generator"].training
    without = make(networks(True), ema={"generator": 0.9})
    assert without.fit(5).values == history.values  # looking changes nothing


def test_a_network_nobody_trains_keeps_its_mode():
    nets = networks(False) | {"critic": nn.Sequential(nn.BatchNorm1d(2)).eval()}
    make(nets).fit(2)
    assert not nets["critic"].training and not nets["critic"][0].training


# -- NaN -----------------------------------------------------------------------------------------


def broken_after(step, factor):
    def loss(ctx):
        value = ctx.networks["net"](ctx.real).square().mean()
        return value * factor if ctx.step >= step else value

    return loss


@pytest.mark.parametrize("factor", [math.nan, math.inf])
def test_a_bad_loss_stops_at_once_and_says_what_to_try(factor):
    nets = {"net": nn.Linear(2, 1)}
    run = make(nets, [Player("critic", ["net"], broken_after(3, factor), sgd)])
    with pytest.raises(TrainingError) as caught:
        run.fit(10)
    message = str(caught.value)
    assert "'critic', step 4" in message and str(factor) in message
    assert f"Last finite values: critic {run.history['critic'][-1]:.4g}" in message
    assert "lower learning rate" in message and "0.05" in message and "penalty" in message
    assert len(run.history) == 3
    assert torch.isfinite(weights(nets["net"])).all()


def test_a_bad_gradient_of_a_finite_loss_is_caught_before_the_weights():
    nets = {"net": nn.Linear(2, 1)}

    def loss(ctx):  # the square root at 0: value 0, slope infinite
        out = ctx.networks["net"](ctx.real)
        return out.mean() + (out - out.detach()).square().sum().sqrt()

    with pytest.raises(TrainingError, match="gradient is NaN"):
        make(nets, [Player("critic", ["net"], loss, sgd)]).fit(2)
    assert torch.isfinite(weights(nets["net"])).all()


def test_weights_that_overflow_are_caught_in_the_same_step():
    def huge(parameters):
        return torch.optim.SGD(parameters, lr=3e38)

    loss = broken_after(99, 1)
    run = make({"net": nn.Linear(2, 1)}, [Player("critic", ["net"], loss, huge)], data=DATA * 9)
    with pytest.raises(TrainingError, match="step 1: a weight is"):
        run.fit(5)


def test_a_stop_keeps_the_last_checkpoint(tmp_path):
    its = [Player("critic", ["net"], broken_after(5, math.nan), sgd)]
    run = make({"net": nn.Linear(2, 1)}, its, out=tmp_path / "run", checkpoint_every=2)
    with pytest.raises(TrainingError, match="checkpoint of step 4"):
        run.fit(9)
    assert len(run.history) == 5
    fresh = make({"net": nn.Linear(2, 1)}, its, out=tmp_path / "run")
    fresh.fit(5)
    assert fresh.history.values == run.history.values


# -- refusals ------------------------------------------------------------------------------------


def swapped(**changes):
    return lambda: make(**changes)


REFUSALS = {
    "unknown network": (
        swapped(its_players=[Player("p", ["critic"], generator_loss)]),
        r"players: 'p' trains 'critic', which is not among the networks \('generator', 'disc",
    ),
    "two masters": (
        swapped(its_players=[Player(n, ["generator"], generator_loss) for n in "pq"]),
        "players: 'generator' is trained by 'p' and by 'q'",
    ),
    "same name": (swapped(its_players=players() + players()), "two of them are called"),
    "no players": (swapped(its_players=()), "expected at least one Player"),
    "no network": (swapped(nets={"a": 3}), r"networks\['a'\]: expected an nn.Module, got int"),
    "no weights": (
        swapped(nets={"a": nn.ReLU()}, its_players=[Player("p", ["a"], generator_loss)]),
        "has nothing to train",
    ),
    "batch too large": (swapped(batch_size=65), "batch_size: expected at most 64 .*, got 65"),
    "batch of zero": (swapped(batch_size=0), "batch_size: expected an integer"),
    "NaN in data": (
        swapped(data=torch.full((9, 2), math.nan)),
        r"data\[0\]: expected finite numbers, got 18",
    ),
    "double": (
        swapped(data=DATA.double()),
        r"data\[0\]: expected .*, got torch.float64.*float\(\)",
    ),
    "numpy": (swapped(data=DATA.numpy()), "data: expected a tensor"),
    "lengths": (swapped(data=(DATA, DATA[:9])), r"data\[1\]: expected 64 rows like data\[0\]"),
    "empty": (swapped(data=DATA[:0]), r"data\[0\]: expected at least one row"),
    "ema name": (swapped(ema={"critic": 0.9}), "ema: 'critic' is not among the networks"),
    "ema decay": (swapped(ema={"generator": 1.0}), r"ema\['generator'\]: expected a decay in"),
    "precision": (swapped(precision="fp16"), "precision: expected 'auto', 'fp32' or 'bf16'"),
    "show": (swapped(show="loud"), "show: expected one of auto, none, bar, live"),
    "seed": (swapped(seed="x"), "seed: expected an integer"),
    "every": (swapped(sample_every=-1), "sample_every: expected an integer"),
    "steps": (lambda: make().fit(-1), "steps: expected an integer"),
    "minutes": (
        lambda: make().fit(1, minutes=-1),
        "minutes: expected None or a number ≥ 0, got -1",
    ),
    "minutes nan": (lambda: make().fit(1, minutes=math.nan), "minutes: expected None or a number"),
    "minutes true": (lambda: make().fit(1, minutes=True), "minutes: expected None or a number"),
    "device": (swapped(device="moon"), "device: expected"),
    "player": (lambda: Player("p", ["a"], None), "loss: expected a function, got NoneType"),
    "optimizer": (
        lambda: Player(
            "p", ["a"], generator_loss, optimizer=sgd(networks(False)["generator"][0].parameters())
        ),
        "optimizer: expected a function, got SGD .give a function of the parameters",
    ),
    "turns": (lambda: Player("p", ["a"], generator_loss, steps=0), "steps: expected an integer"),
    "nothing": (lambda: Player("p", [], generator_loss), "networks: player 'p' trains none"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_bad_arguments_are_refused_by_name(case):
    call, message = REFUSALS[case]
    with pytest.raises(ParameterError, match=message):
        call()


def test_networks_that_share_a_layer_cannot_have_two_masters():
    shared = nn.Linear(2, 2)
    nets = {"a": nn.Sequential(shared), "b": nn.Sequential(shared)}
    its = [Player(name, [name], generator_loss) for name in nets]
    with pytest.raises(ParameterError, match="share a layer"):
        make(nets, its)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda out: out, r"got a tensor \(8, 1\) \(take its mean\)"),
        (lambda out: out.mean().detach(), "without gradient"),
        (lambda out: 3.0, "got float"),
        (lambda out: (out.mean(), {"p": 1}), "reports 'p'"),
    ],
)
def test_a_loss_of_the_wrong_kind_is_explained(answer, message):
    its = [Player("p", ["net"], lambda ctx: answer(ctx.networks["net"](ctx.real)))]
    with pytest.raises(ParameterError, match=message):
        make({"net": nn.Linear(2, 1)}, its).fit(1)


def test_samples_of_the_wrong_kind_are_refused():
    with pytest.raises(ParameterError, match=r"sample: expected a uint8 tensor .*to_bytes"):
        make(sample=lambda nets: torch.zeros(4, 1, 5, 7)).fit(1)


# -- readable ------------------------------------------------------------------------------------


def test_the_loop_stays_short_enough_to_read():
    source = inspect.getsource(Trainer.fit).splitlines()
    assert len(source) <= 60
    assert sum("#" in line for line in source) >= 5
