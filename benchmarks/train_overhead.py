"""What ``Trainer`` costs beside a loop written by hand, on the same networks in the same run.

    python benchmarks/train_overhead.py [--rounds 9] [--threads 1]

Three loops take turns, so that whatever else the machine does hits all alike:

- ``trainer``: ``Trainer.fit``, with its checks, seeded noise, history and average of the generator;
- ``careful``: the same steps by hand (others frozen, average kept), no checks, no history;
- ``textbook``: as tutorials write it: nothing frozen, so that the generator's step also computes
  weight gradients of the discriminator that nobody uses; no average.

Ratios are medians over the rounds of (seconds of one) / (seconds of the other) in that round. CPU
seconds of the process stand beside wall seconds: on a busy machine they are the steadier ones.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn

from gansec_lib.files import atomic_write
from gansec_lib.nets.dcgan import DCGANDiscriminator, DCGANGenerator
from gansec_lib.train import Player, Trainer, adam
from gansec_lib.train.losses import bce_discriminator, bce_generator

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


def by_trainer(generator, discriminator, data, latent, batch):
    def d_loss(ctx):
        fake = ctx.networks["generator"](ctx.noise(len(ctx.real), latent))
        d = ctx.networks["discriminator"]
        return bce_discriminator(d(ctx.real), d(fake))

    def g_loss(ctx):
        fake = ctx.networks["generator"](ctx.noise(len(ctx.real), latent))
        return bce_generator(ctx.networks["discriminator"](fake))

    run = Trainer(
        {"generator": generator, "discriminator": discriminator},
        [
            Player("discriminator", ["discriminator"], d_loss),
            Player("generator", ["generator"], g_loss),
        ],
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", help="cases whose name contains this")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    answer = {"torch": torch.__version__, "python": sys.version.split()[0]}
    answer |= {"threads": options.threads, "rounds": options.rounds, "cases": {}}
    for name, case in CASES.items():
        if options.only and options.only not in name:
            continue
        answer["cases"][name] = measure(*case, options.rounds)
        print(name, json.dumps(answer["cases"][name]), flush=True)
    if options.only:
        return
    RESULTS.parent.mkdir(exist_ok=True)
    atomic_write(RESULTS, json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main()
