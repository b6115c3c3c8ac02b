"""Exercises of lesson 09: GANs that imitate chaos."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from gansec_lib.course.check.registry import case, exercise
from gansec_lib.train import losses


def _normal(*shape, seed=1, scale=1.0):
    rng = torch.Generator().manual_seed(seed)
    return scale * torch.randn(*shape, generator=rng, dtype=torch.float64)


@exercise(
    "09.1",
    title="windows",
    difficulty=1,
    minutes=6,
    hints=(
        "Minimum and maximum of each column: orbit.min(0).values.",
        "Scale, .float().flatten(), keep the first count * size, reshape(count, size).",
    ),
    cases=lambda: [
        case("one variable", _normal(12, 1), 4),
        case("three variables of different range", _normal(8, 3) * torch.tensor([1, 50, 0.01]), 6),
        case("the rest is dropped", _normal(11, 2), 5),
        case("windows cut through states", _normal(10, 4), 7),
        case("one window", _normal(6, 2), 12),
        case("all positive", _normal(9, 1).abs() + 5, 3),
    ],
    pure=True,
)
def windows(orbit, size):
    low, high = orbit.min(0).values, orbit.max(0).values
    flat = (2 * (orbit - low) / (high - low) - 1).float().flatten()
    count = len(flat) // size
    return flat[: count * size].reshape(count, size)


def _play(step, size, rows, steps, seed):
    """What the networks are after some steps: all parameters in a row, and the losses."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, size), nn.Tanh())
        discriminator = nn.Sequential(nn.Linear(size, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
        optimisers = [torch.optim.SGD(n.parameters(), 0.1) for n in (generator, discriminator)]
        found = []
        for _ in range(steps):
            real, latent = torch.rand(rows, size), torch.randn(rows, 3)
            returned = step(generator, discriminator, *optimisers, real, latent)
            if not isinstance(returned, tuple) or len(returned) != 2:
                return returned
            found.append(torch.tensor([torch.as_tensor(value).item() for value in returned]))
    weights = [torch.cat([p.detach().flatten() for p in n.parameters()])
               for n in (discriminator, generator)]  # fmt: skip
    return {"losses": torch.stack(found), "discriminator": weights[0], "generator": weights[1]}


@exercise(
    "09.2",
    title="one step",
    difficulty=2,
    minutes=10,
    hints=(
        "Discriminator: loss of D(real) and D(fake.detach()), zero_grad, backward, step.",
        "Generator after that: loss of D(fake) with the new D, zero_grad, backward, step.",
    ),
    cases=lambda: [
        case("one step, windows of two", 2, 6, 1, 1),
        case("one step, a batch of one", 5, 1, 1, 2),
        case("three steps: are old gradients gone?", 4, 5, 3, 3),
    ],
    probe=_play,
    rtol=1e-3,
    atol=1e-5,
)
def train_step(generator, discriminator, optimiser_g, optimiser_d, real, latent):
    fake = generator(latent)
    loss_d = losses.lsgan_discriminator(discriminator(real), discriminator(fake.detach()))
    optimiser_d.zero_grad()
    loss_d.backward()
    optimiser_d.step()
    loss_g = losses.lsgan_generator(discriminator(fake))
    optimiser_g.zero_grad()
    loss_g.backward()
    optimiser_g.step()
    return loss_d.item(), loss_g.item()


def _stream(n, seed=1):
    return np.random.default_rng(seed).bytes(n)


@exercise(
    "09.3",
    title="latents",
    difficulty=2,
    minutes=8,
    hints=(
        'np.frombuffer(stream, "<u2").reshape(count, width, 12): twelve words a latent.',
        "sum(axis=2, dtype=np.int64) / 65536 - 6; torch.from_numpy.",
    ),
    cases=lambda: [
        case("two by three", _stream(24 * 6), 2, 3),
        case("one latent", _stream(24, 2), 1, 1),
        case("many", _stream(24 * 50, 3), 10, 5),
        case("all 255: the largest", b"\xff" * 48, 2, 1),
        case("all 0: the least", bytes(24 * 4), 1, 4),
        case("low bytes only", b"\x01\x00" * 36, 3, 1),
    ],
    rtol=1e-9,
    atol=1e-9,
)
def latents_from(stream, count, width):
    words = np.frombuffer(stream, "<u2").reshape(count, width, 12)
    sums = words.sum(axis=2, dtype=np.int64)
    return torch.from_numpy(sums / 65536 - 6)


@exercise(
    "09.4",
    title="find the bug",
    difficulty=2,
    minutes=8,
    hints=(
        "One: .float() throws the last digits away; they are all that counts. Stay in float64.",
        "Two: the formula has |y|. values.abs() first, then floor, then mod 256.",
    ),
    cases=lambda: [
        case("fifty positive numbers", _normal(50).abs() / 5),
        case("negative ones", -_normal(50, seed=2).abs() / 5),
        case("both, in a table", _normal(5, 7, seed=3) / 5),
        case("four digits", _normal(40, seed=4) / 5, 4),
        case("no digits: the whole part", _normal(40, seed=5, scale=300.0), 0),
        case("zero, one, minus one", torch.tensor([0.0, 1.0, -1.0, 3e-10], dtype=torch.float64)),
    ],
    pure=True,
)
def modular(values, digits=10):
    return (values.abs().double() * 10**digits).floor().long().remainder(256).to(torch.uint8)


@exercise(
    "09.5",
    title="turns",
    difficulty=1,
    minutes=5,
    hints=(
        "Quartiles of values.abs(): .quantile(0.75) and .quantile(0.25).",
        "Their gap times 10**digits, divided by 256.",
    ),
    cases=lambda: [
        case("a bell curve", _normal(1000), 3),
        case("a narrow one", _normal(1000, seed=2, scale=0.002), 6),
        case("all positive", _normal(300, seed=3).abs(), 0),
        case("all equal: no turn", torch.full((9,), 0.3, dtype=torch.float64), 10),
        case("ten digits", _normal(200, seed=4), 10),
    ],
    pure=True,
)
def turns(values, digits):
    size = values.abs()
    return float(size.quantile(0.75) - size.quantile(0.25)) * 10**digits / 256


class _Streams:
    """Rows of bytes that follow from a seed; asked for too many at once, it complains."""

    def __init__(self, width, seed=1, period=0):
        self.rows = torch.from_numpy(
            np.random.default_rng(seed).integers(0, 256, (20_000, width), dtype=np.uint8)
        )
        if period:
            self.rows = self.rows[:period].repeat(20_000 // period + 1, 1)[:20_000]

    def __call__(self, seeds):
        if len(seeds) > 4096:
            raise ValueError(f"{len(seeds)} seeds at once, at most 4,096 fit into memory")
        return self.rows[torch.tensor(list(seeds), dtype=torch.long)]


def _search(label, width, right, seeds, **options):
    streams = _Streams(width, **options)
    known = streams.rows[right].clone() if right is not None else streams.rows[0] ^ 255
    return case(label, streams, known, seeds)


@exercise(
    "09.6",
    title="find the seed",
    difficulty=3,
    minutes=10,
    hints=(
        "Blocks: for low in range(0, len(seeds), 4096): block = seeds[low : low + 4096].",
        "hits = (stream_of(block) == known).all(1).nonzero(); return block[int(hits[0])].",
    ),
    cases=lambda: [
        _search("in the first block", 8, 77, range(200)),
        _search("in the third block", 8, 9000, range(10_000)),
        _search("the very last one", 8, 4999, range(5000)),
        _search("it is not among them", 8, None, range(5000)),
        _search("the range starts later", 8, 6000, range(1500, 7000)),
        _search("two fit: the first", 8, 4, range(3000), period=700),
        _search("only all of the bytes count", 3, 5000, range(20_000)),
    ],
    pure=True,
)
def find_seed(stream_of, known, seeds):
    for low in range(0, len(seeds), 4096):
        block = seeds[low : low + 4096]
        hits = (stream_of(block) == known).all(1).nonzero()
        if len(hits):
            return block[int(hits[0])]
    return None
