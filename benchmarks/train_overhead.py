"""What ``Trainer`` costs or saves beside a loop by hand, on the same networks in the same run.

    python benchmarks/train_overhead.py [--rounds 9] [--threads 1] [--large-rounds 3] [--only NAME]

**What it costs.** Everything is computed in plain float32, in three loops:

- ``trainer``: ``Trainer.fit``, with its checks, seeded noise, history and average of the generator;
- ``careful``: the same steps by hand (others frozen, average kept), no checks, no history;
- ``textbook``: as tutorials write it: nothing frozen, so that the generator's step also computes
  weight gradients of the discriminator that nobody uses; no average.

**What it saves.** Large networks, two threads, ``precision="auto"``: the trainer tries bf16 and
channels-last weights and takes the fastest. Beside it the careful loop in float32, with weights as
torch makes them. The trial is not part of the step's time, and its seconds stand beside it.

The loops take turns, so that whatever else the machine does hits all alike. Ratios are medians over
the rounds of (seconds of one) / (seconds of the other) in that round. CPU seconds of the process
stand beside wall seconds: on a busy machine they are the steadier ones.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import os
import statistics
import sys
import time
from pathlib import Path

import torch
from table import row, show
from torch import nn

from gansec_lib.files import atomic_write
from gansec_lib.nets.dcgan import DCGANDiscriminator, DCGANGenerator
from gansec_lib.nets.resnet import PatchDiscriminator, ResnetGenerator
from gansec_lib.train import Context, Player, Trainer, adam
from gansec_lib.train.losses import (
    bce_discriminator,
    bce_generator,
    lsgan_discriminator,
    lsgan_generator,
)
from gansec_lib.train.precision import choose, fastest

RESULTS = Path(__file__).parent / "results" / "train_overhead.json"


def mlp(*sizes):
    layers = []
    for inner, outer in itertools.pairwise(sizes):
        layers += [nn.Linear(inner, outer), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


def small_dcgan(width: int = 32):
    up = [nn.ConvTranspose2d(100, 4 * width, 4), nn.BatchNorm2d(4 * width), nn.ReLU()]
    for wide in (4 * width, 2 * width):
        up += [nn.ConvTranspose2d(wide, wide // 2, 4, 2, 1), nn.BatchNorm2d(wide // 2), nn.ReLU()]
    up += [nn.ConvTranspose2d(width, 3, 4, 2, 1), nn.Tanh()]
    down = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    for wide in (width, 2 * width):
        down += [nn.Conv2d(wide, 2 * wide, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(nn.Unflatten(1, (100, 1, 1)), *up), nn.Sequential(
        *down, nn.Flatten(), nn.Linear(4 * width * 16, 1)
    )


# name: (generator and discriminator, shape of an example, latent, batch, steps a round)
CASES = {
    "mlp 2-D, width 64, batch 256": (
        lambda: (mlp(2, 64, 64, 2), mlp(2, 64, 64, 1)),
        (2,),
        2,
        256,
        100,
    ),
    "DCGAN 32 px, batch 32": (small_dcgan, (3, 32, 32), 100, 32, 3),
    "DCGAN of seed 003, 64 px, batch 8": (
        lambda: (DCGANGenerator(), DCGANDiscriminator()),
        (3, 64, 64),
        100,
        8,
        1,
    ),
}


def by_hand(generator, discriminator, data, latent, batch, careful):
    """A function that makes some steps."""
    of_d, of_g = adam(list(discriminator.parameters())), adam(list(generator.parameters()))
    average = copy.deepcopy(generator)

    def pick():
        return data[torch.randint(len(data), (batch,))]

    def make(steps: int) -> None:
        for _ in range(steps):
            if careful:
                generator.requires_grad_(False)
                discriminator.requires_grad_(True)
            fake = generator(torch.randn(batch, latent)).detach()
            loss = bce_discriminator(discriminator(pick()), discriminator(fake))
            of_d.zero_grad(set_to_none=True)
            loss.backward()
            of_d.step()
            loss.item()
            if careful:
                generator.requires_grad_(True)
                discriminator.requires_grad_(False)
            pick()  # the trainer hands every turn a batch, too
            loss = bce_generator(discriminator(generator(torch.randn(batch, latent))))
            of_g.zero_grad(set_to_none=True)
            loss.backward()
            of_g.step()
            loss.item()
            if careful:
                with torch.no_grad():
                    pairs = list(average.parameters()), list(generator.parameters())
                    torch._foreach_lerp_(*pairs, 0.001)

    return make


def gan_players(latent):
    def d_loss(ctx):
        fake = ctx.networks["generator"](ctx.noise(len(ctx.real), latent))
        d = ctx.networks["discriminator"]
        return bce_discriminator(d(ctx.real), d(fake))

    def g_loss(ctx):
        fake = ctx.networks["generator"](ctx.noise(len(ctx.real), latent))
        return bce_generator(ctx.networks["discriminator"](fake))

    return [
        Player("discriminator", ["discriminator"], d_loss),
        Player("generator", ["generator"], g_loss),
    ]


def by_trainer(generator, discriminator, data, latent, batch):
    run = Trainer(
        {"generator": generator, "discriminator": discriminator},
        gan_players(latent),
        data,
        batch,
        ema={"generator": 0.999},
        precision="fp32",
        device="cpu",
        show="none",
    )
    return lambda steps: run.fit(run.step + steps)


def measure(build, shape, latent, batch, steps, rounds):
    data = torch.randn(max(512, batch), *shape)
    loops = {}
    for name in ("trainer", "careful", "textbook"):
        torch.manual_seed(0)
        nets = build()
        if name == "trainer":
            loops[name] = by_trainer(*nets, data, latent, batch)
        else:
            loops[name] = by_hand(*nets, data, latent, batch, careful=name == "careful")
        loops[name](2)
    wall = {name: [] for name in loops}
    cpu = {name: [] for name in loops}
    names = list(loops)
    for turn in range(rounds):
        for name in names[turn % 3 :] + names[: turn % 3]:
            started, busy = time.perf_counter(), time.process_time()
            loops[name](steps)
            wall[name].append((time.perf_counter() - started) / steps)
            cpu[name].append((time.process_time() - busy) / steps)

    def ratio(times, other):
        pairs = zip(times["trainer"], times[other], strict=True)
        return round(statistics.median(mine / theirs for mine, theirs in pairs), 3)

    return {
        "milliseconds_a_step_cpu": {
            name: round(1e3 * statistics.median(values), 3) for name, values in cpu.items()
        },
        "milliseconds_a_step_wall": {
            name: round(1e3 * statistics.median(values), 3) for name, values in wall.items()
        },
        "trainer_over_careful": {"cpu": ratio(cpu, "careful"), "wall": ratio(wall, "careful")},
        "trainer_over_textbook": {"cpu": ratio(cpu, "textbook"), "wall": ratio(wall, "textbook")},
    }


# -- what the trainer saves --------------------------------------------------------------------


def large_dcgan():
    networks = {"generator": DCGANGenerator(), "discriminator": DCGANDiscriminator()}
    return networks, gan_players(100), (torch.randn(64, 3, 64, 64),), 32


def two_resnets():
    """Zhu et al. 2017 in small: two generators and two discriminators, cycles weighted by 10."""
    networks = {"there": ResnetGenerator(3, 32, 6), "back": ResnetGenerator(3, 32, 6)}
    networks |= {"at_home": PatchDiscriminator(3, 32), "abroad": PatchDiscriminator(3, 32)}

    def d_loss(ctx):
        nets, (home, abroad) = ctx.networks, ctx.batch
        return lsgan_discriminator(
            nets["at_home"](home), nets["at_home"](nets["back"](abroad))
        ) + lsgan_discriminator(nets["abroad"](abroad), nets["abroad"](nets["there"](home)))

    def g_loss(ctx):
        nets, (home, abroad) = ctx.networks, ctx.batch
        made, found = nets["there"](home), nets["back"](abroad)
        cycle = (nets["back"](made) - home).abs().mean()
        cycle = cycle + (nets["there"](found) - abroad).abs().mean()
        fooled = lsgan_generator(nets["abroad"](made)) + lsgan_generator(nets["at_home"](found))
        return fooled + 10 * cycle

    players = [
        Player("discriminators", ["at_home", "abroad"], d_loss),
        Player("generators", ["there", "back"], g_loss),
    ]
    return networks, players, (torch.randn(8, 3, 128, 128), torch.randn(8, 3, 128, 128)), 1


LARGE = {  # name: (networks, players, data and batch; how many times as fast it should be)
    "DCGAN, 64 px, batch 32": (large_dcgan, 2.0),
    "two ResNet generators, 128 px, batch 1": (two_resnets, 1.4),
}


def plain_loop(networks, players, data, batch):
    """Steps by hand in float32: the others frozen, no checks, no history."""
    optimizers = [adam([w for n in p.networks for w in networks[n].parameters()]) for p in players]
    rng, device = torch.Generator().manual_seed(0), torch.device("cpu")

    def make(steps: int) -> None:
        for step in range(steps):
            for player, optimizer in zip(players, optimizers, strict=True):
                for name, network in networks.items():
                    network.requires_grad_(name in player.networks)
                rows = torch.randint(len(data[0]), (batch,))
                loss = player.loss(Context(networks, [t[rows] for t in data], rng, step, device))
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                loss.item()

    return make


def measure_large(build, rounds):
    """The trainer in the arithmetic that it chooses, beside the plain loop in float32."""
    run = Trainer(*build(), device="cpu", show="none")
    began = time.perf_counter()
    trial = choose(run, 10_000)
    seconds_of_the_trial = time.perf_counter() - began
    run.decided, run.arithmetic = True, fastest(trial)
    loops = {"trainer": lambda steps: run.fit(run.step + steps), "plain": plain_loop(*build())}
    wall, cpu = ({name: [] for name in loops} for _ in range(2))
    for turn in range(rounds + 1):
        for name, loop in loops.items():
            started, busy = time.perf_counter(), time.process_time()
            loop(1)
            if turn:  # the first one warms up
                wall[name].append(time.perf_counter() - started)
                cpu[name].append(time.process_time() - busy)

    def ratio(taken):
        pairs = zip(taken["plain"], taken["trainer"], strict=True)
        return round(statistics.median(theirs / ours for theirs, ours in pairs), 2)

    return {
        "chosen": str(run.arithmetic),
        "trial_seconds_a_step": {str(one): round(taken, 3) for one, taken in trial.items()},
        "seconds_of_the_trial": round(seconds_of_the_trial, 1),
        "seconds_a_step_wall": {n: round(statistics.median(t), 3) for n, t in wall.items()},
        "seconds_a_step_cpu": {n: round(statistics.median(t), 3) for n, t in cpu.items()},
        "plain_over_trainer": {"wall": ratio(wall), "cpu": ratio(cpu)},
    }


# -- all of it -----------------------------------------------------------------------------------


def rows_of(answer) -> list[dict]:
    """The rows of ``run.py``'s table, in processor time where one thread works."""
    rows = []
    for name, case in answer["cases"].items():
        ratio = case["trainer_over_careful"]["cpu"]
        ours = case["milliseconds_a_step_cpu"]["trainer"] / 1e3
        rows.append(row(f"trainer, {name}", "careful loop by hand", ours, ours / ratio, 1 / 1.15))
    for name, case in answer["large"].items():
        ours, ratio = case["seconds_a_step_wall"]["trainer"], case["plain_over_trainer"]["wall"]
        what = f"trainer in {case['chosen']}, {name}"
        rows.append(row(what, "fp32 loop by hand", ours, ours * ratio, LARGE[name][1]))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--large-rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="cases with this in the name; writes nothing")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    answer = {"torch": torch.__version__, "python": sys.version.split()[0]}
    answer |= {"load": os.getloadavg()[0], "threads": options.threads, "rounds": options.rounds}
    answer |= {"cases": {}, "large_threads": 2, "large_rounds": options.large_rounds, "large": {}}
    for name, case in CASES.items():
        if options.only in name:
            answer["cases"][name] = measure(*case, options.rounds)
            print(name, json.dumps(answer["cases"][name]), flush=True)
    torch.set_num_threads(2)
    for name, (build, _) in LARGE.items():
        if options.only in name:
            answer["large"][name] = measure_large(build, options.large_rounds)
            print(name, json.dumps(answer["large"][name]), flush=True)
    answer["table"] = rows_of(answer)
    print(show(answer["table"]))
    if not options.only:
        RESULTS.parent.mkdir(exist_ok=True)
        atomic_write(RESULTS, json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main()
