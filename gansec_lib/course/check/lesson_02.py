"""Exercises of lesson 02, DCGAN faces."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn
from torch.nn.functional import softplus

from gansec_lib.course.check.compare import describe
from gansec_lib.course.check.registry import case, exercise


@exercise(
    "02.1",
    title="Keras's padding",
    difficulty=1,
    minutes=6,
    hints=(
        "The output has ceil(size / stride) pixels. How far does the last window reach?",
        "total = max((out - 1) * stride + kernel - size, 0); the odd pixel goes behind.",
    ),
    cases=lambda: [
        case("64 pixels, kernel 4, stride 2: seed 003", 64, 4, 2, expected=(1, 1)),
        case("an odd size: one pixel more behind", 65, 4, 2, expected=(1, 2)),
        case("kernel 5, stride 1: the last layer", 64, 5, 1, expected=(2, 2)),
        case("kernel 4, stride 1: an even kernel", 9, 4, 1, expected=(1, 2)),
        case("kernel 1, stride 2: never negative", 64, 1, 2, expected=(0, 0)),
        case("kernel 3, stride 2, even size", 64, 3, 2, expected=(0, 1)),
        case("one pixel", 1, 4, 2, expected=(1, 2)),
    ],
)
def same_padding(size, kernel, stride):
    """Pixels that Keras adds before and after one axis: ``(before, after)``."""
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _discriminator_facts(build):
    """What can be seen of a discriminator from outside, whatever it is built from."""
    network = build()
    assert isinstance(network, nn.Module), f"expected an nn.Module, got {describe(network)}"
    leaves = [m for m in network.modules() if not list(m.children())]
    counts = [sum(p.numel() for p in m.parameters()) for m in leaves]
    facts = {
        "parameters of each layer": [n for n in counts if n],
        "dropout layers": sum(isinstance(m, nn.Dropout) for m in leaves),
        "shape of the result for 2 pictures": tuple(network(torch.zeros(2, 3, 64, 64)).shape),
    }
    network.eval()
    with torch.no_grad():
        loud = network(100 * torch.randn(32, 3, 64, 64))
        facts["logits, not probabilities"] = bool((loud < 0).any() or (loud > 1).any())
        first = next(m for m in leaves if isinstance(m, nn.Conv2d))
        answers = []
        for depth in (-1.0, -2.0):  # ReLU cannot tell these two apart, LeakyReLU can
            first.weight.zero_()
            first.bias.fill_(depth)
            answers.append(network(torch.zeros(1, 3, 64, 64)).item())
        facts["a negative number passes the activation"] = answers[0] != answers[1]
    return facts


@exercise(
    "02.2",
    title="seed 003's discriminator",
    difficulty=2,
    minutes=10,
    hints=(
        "3,136 = 4·4·3·64 + 64: the bias counts, and there is no batch norm to count.",
        "End with Flatten, Dropout, Linear(8192, 1) and Flatten(0); no Sigmoid.",
    ),
    cases=lambda: [case("built once")],
    probe=_discriminator_facts,
)
def build_discriminator():
    """64×64 picture → one logit, layer by layer as seed 003 printed it."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(128, 128, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(8192, 1),
        nn.Flatten(0),
    )


def _two_steps(step, latent, pixels, batch):
    """Two steps of a tiny game: every weight afterwards, and the losses."""
    torch.manual_seed(latent)
    generator = nn.Sequential(nn.Linear(latent, pixels), nn.Tanh())
    discriminator = nn.Sequential(nn.Linear(pixels, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0))
    optimizers = [torch.optim.SGD(n.parameters(), 0.5) for n in (generator, discriminator)]
    losses = []
    for _ in range(2):
        real, noise = torch.rand(batch, pixels) * 2 - 1, torch.randn(batch, latent)
        losses += [float(x) for x in step(generator, discriminator, *optimizers, real, noise)]
    return {
        "losses (discriminator, generator, twice)": losses,
        "the discriminator's weights after two steps": _flat(discriminator),
        "the generator's weights after two steps": _flat(generator),
    }


def _flat(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


@exercise(
    "02.3",
    title="find the bug: one step of the game",
    difficulty=2,
    minutes=8,
    hints=(
        "Why did PyTorch ask for retain_graph? What does loss_d.backward() fill besides D's .grad?",
        "In the discriminator's turn the fakes are data: fake.detach().",
    ),
    cases=lambda: [
        case("batch of 6", 3, 4, 6),
        case("batch of one", 2, 5, 1),
    ],
    probe=_two_steps,
    atol=1e-5,
)
def train_step(generator, discriminator, optimizer_g, optimizer_d, real, noise):
    """One step: the discriminator moves, then the generator. Returns both losses."""
    fake = generator(noise)
    loss_d = softplus(-discriminator(real)).mean() + softplus(discriminator(fake.detach())).mean()
    optimizer_d.zero_grad()
    loss_d.backward()
    optimizer_d.step()
    loss_g = softplus(-discriminator(fake)).mean()
    optimizer_g.zero_grad()
    loss_g.backward()
    optimizer_g.step()
    return loss_d.item(), loss_g.item()


def _latents(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@exercise(
    "02.4",
    title="slerp",
    difficulty=2,
    minutes=8,
    hints=(
        "nan at both ends or for equal vectors? sin(0) = 0: fall back to lerp for tiny angles.",
        "The angle is that of the unit vectors; the weights multiply the vectors as they are.",
    ),
    cases=lambda: [
        case("100 numbers, 5 places", _latents(100), _latents(100, seed=1),
             torch.linspace(0, 1, 5)),
        case("lengths 1 and 3", torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]),
             torch.tensor([0.25])),
        case("the same vector twice", _latents(7), _latents(7), torch.linspace(0, 1, 3)),
        case("almost opposite", torch.tensor([1.0, 0.0, 0.0]), torch.tensor([-1.0, 0.1, 0.0]),
             torch.linspace(0, 1, 4)),
    ],
    rtol=1e-3,
    atol=1e-4,
    pure=True,
)  # fmt: skip
def slerp(start, end, t):
    """From ``start`` (D,) to ``end`` (D,) along the great circle, at ``t`` (T,): (T, D)."""
    cosine = torch.dot(start, end) / (start.norm() * end.norm())
    angle = torch.arccos(cosine.clamp(-1, 1))
    t = t[:, None]
    if angle < 1e-3:
        return (1 - t) * start + t * end
    return (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end) / torch.sin(angle)


@exercise(
    "02.5",
    title="how much fits in a latent",
    difficulty=1,
    minutes=5,
    hints=(
        "One standard normal number has ½·log₂(2πe) = 2.05 bits at a resolution of 1.",
        "Halving the step adds one bit to every number: minus log₂(step), times n.",
    ),
    cases=lambda: [
        case("one number, step 1", 1.0, 1),
        case("100 numbers, step 0.1", 0.1, 100),
        case("100 numbers, step 2⁻²³", 2.0**-23, 100),
        case("a coarse step", 2.0, 3),
    ],
)
def latent_bits(step, n):
    """Bits in ``n`` standard normal numbers, each rounded to a multiple of ``step``."""
    return n * (0.5 * math.log2(2 * math.pi * math.e) - math.log2(step))


class _Tiny(nn.Module):
    """A smooth little generator with a known inverse problem: latent 4 → (C, H, W)."""

    def __init__(self, channels, height, width):
        super().__init__()
        rng = torch.Generator().manual_seed(7)
        self.shape = (channels, height, width)
        self.dense = nn.Linear(4, channels * height * width)
        with torch.no_grad():
            self.dense.weight.copy_(0.5 * torch.randn(self.dense.weight.shape, generator=rng))
            self.dense.bias.zero_()

    def forward(self, latent):
        return torch.tanh(self.dense(latent)).view(-1, *self.shape)


def _inversion(invert, shape, batch):
    """Publish pictures of a tiny generator, let the attack run, and grade what it brings back."""
    generator, truth = _Tiny(*shape), 0.7 * _latents(batch, 4, seed=3)
    with torch.no_grad():
        target = generator(truth)
    before, kept = copy.deepcopy(generator.state_dict()), target.clone()
    found = invert(generator, target, torch.zeros(batch, 4), 300, 0.05)
    assert found is not None, "your function returned None (is the `return` missing?)"
    shape = tuple(getattr(found, "shape", ()))
    assert shape == tuple(truth.shape), f"expected latents {tuple(truth.shape)}, got {shape}"
    after = generator.state_dict()
    with torch.no_grad():
        return {
            "the generator's weights are untouched": all(
                torch.equal(before[key], after[key]) for key in before
            ),
            "the target is untouched": torch.equal(target, kept),
            "the pictures are found": bool((generator(found) - target).square().mean() < 1e-3),
            "the latents are found": bool((found - truth).abs().max() < 0.2),
            "nothing hangs on the result": not found.requires_grad,
        }


@exercise(
    "02.6",
    title="invert a latent",
    difficulty=3,
    minutes=15,
    hints=(
        "Make the latent, not the network, the parameter: start.clone().requires_grad_().",
        "Adam on [latent]; loss = mean squared difference of generator(latent) and target.",
    ),
    cases=lambda: [
        case("two colour pictures, 4×6", (3, 4, 6), 2),
        case("grey, batch of one, 5×3", (1, 5, 3), 1),
    ],
    probe=_inversion,
)
def invert(generator, target, start, steps, rate):
    """The latent (N, D) whose picture is nearest to ``target``, searched from ``start``."""
    latent = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([latent], lr=rate)
    for _ in range(steps):
        error = (generator(latent) - target).square().mean()
        (latent.grad,) = torch.autograd.grad(error, latent)
        optimizer.step()
    return latent.detach()
