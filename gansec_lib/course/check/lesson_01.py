"""Exercises of lesson 01: the minimax game."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from gansec_lib.course.check.registry import case, exercise
from gansec_lib.course.mixtures import ring_centres
from gansec_lib.nets.mlp import MLP


def _logits(*shape, seed=1, scale=3.0):
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@exercise(
    "01.1",
    title="the value function",
    difficulty=1,
    minutes=8,
    hints=(
        "log σ(a) is F.logsigmoid(a), and 1 − σ(a) is σ(−a): no logarithm of zero anywhere.",
        "Two means, one over the real logits and one over the fake ones; then their sum.",
    ),
    cases=lambda: [
        case("ordinary logits", _logits(6, 1), _logits(6, 1, seed=2)),
        case("more fakes than reals", _logits(3, 1), _logits(7, 1, seed=2)),
        case("a batch of one, no second axis", _logits(1), _logits(1, seed=2)),
        case(
            "a discriminator that is very sure", torch.tensor([[200.0]]), torch.tensor([[-200.0]])
        ),
        case("a discriminator that is fooled", torch.tensor([[-200.0]]), torch.tensor([[200.0]])),
    ],
)
def value_function(logits_real, logits_fake):
    return F.logsigmoid(logits_real).mean() + F.logsigmoid(-logits_fake).mean()


@exercise(
    "01.2",
    title="the best discriminator",
    difficulty=1,
    minutes=8,
    hints=(
        "At a point x the integrand is p_real·log d + p_fake·log(1 − d). Where is its slope 0?",
        "d* = p_real / (p_real + p_fake). Where both are 0, no data ever comes: return 0.5 there.",
    ),
    cases=lambda: [
        case("ordinary densities", torch.tensor([0.2, 1.0, 3.0]), torch.tensor([0.2, 3.0, 1.0])),
        case("only real data here", torch.tensor([2.0]), torch.tensor([0.0])),
        case("only fakes here", torch.tensor([[0.0]]), torch.tensor([[2.0]])),
        case("nobody here", torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0])),
        case("tiny densities", torch.tensor([3e-30]), torch.tensor([1e-30])),
    ],
)
def optimal_discriminator(density_real, density_fake):
    total = density_real + density_fake
    return torch.where(total > 0, density_real / total, torch.full_like(total, 0.5))


@exercise(
    "01.3",
    title="a loss that does not go to sleep",
    difficulty=1,
    minutes=6,
    hints=(
        "The generator minimises −log D(G(z)), and D = σ(logit).",
        "−log σ(a) = softplus(−a); then the mean.",
    ),
    cases=lambda: [
        case("ordinary logits", _logits(6, 1)),
        case("a batch of one, no second axis", _logits(1)),
        case("the discriminator is very sure", torch.full((4, 1), -200.0)),
        case("the discriminator is fooled", torch.full((4, 1), 200.0)),
    ],
)
def generator_loss(logits_fake):
    return F.softplus(-logits_fake).mean()


def _points(seed=0, count=400, only=range(8), std=0.05):
    rng = torch.Generator().manual_seed(seed)
    centres = ring_centres()[list(only)]
    chosen = torch.randint(len(centres), (count,), generator=rng)
    return centres[chosen] + std * torch.randn(count, 2, generator=rng)


@exercise(
    "01.4",
    title="count the modes",
    difficulty=2,
    minutes=12,
    hints=(
        "torch.cdist(points, centres) is (N, M); .min(dim=1) gives nearest distance and index.",
        "Count the indices of the close points only (torch.bincount with minlength=len(centres)), "
        "divide by ALL points, and see how many shares reach `share`.",
    ),
    cases=lambda: [
        case("all eight modes", _points(), ring_centres(), 0.05),
        case("three modes of eight", _points(1, only=(0, 3, 4)), ring_centres(), 0.05),
        case("points between the modes", _points(2, std=0.6), ring_centres(), 0.05),
        case("one lonely point in a mode", torch.cat([_points(3, 300, (1,)), ring_centres()[5:6]]),
             ring_centres(), 0.05),
        case("every point far away", torch.full((50, 2), 9.0), ring_centres(), 0.05),
        case("five modes, wider", ring_centres(5, 1.0).repeat(9, 1), ring_centres(5, 1.0), 0.2),
    ],
)  # fmt: skip
def modes_covered(points, centres, std, share=0.01):
    nearest, which = torch.cdist(points, centres).min(dim=1)
    counts = torch.bincount(which[nearest <= 4 * std], minlength=len(centres))
    return int((counts / len(points) >= share).sum())


def _players():
    torch.manual_seed(3)
    return MLP((2, 8, 2)), MLP((2, 8, 1))


def _discriminator_turn(answer, real, latent):
    """Run the learner's loss and its backward pass: the loss, and who got a gradient."""
    generator, discriminator = _players()
    loss = answer(generator, discriminator, real, latent)
    loss.backward()
    judged = [p.grad for p in discriminator.parameters()]
    if any(gradient is None for gradient in judged):
        raise AssertionError("the discriminator got no gradient: it could not learn")
    if any(p.grad is not None for p in generator.parameters()):
        raise AssertionError("the generator got a gradient in the discriminator's turn")
    return loss.detach(), torch.cat([gradient.flatten() for gradient in judged])


@exercise(
    "01.5",
    title="find the bug",
    difficulty=2,
    minutes=10,
    hints=(
        "Two things are wrong. One: which way is uphill for the discriminator? It wants V large, "
        "and an optimiser makes its loss small.",
        "Two: in this turn nothing may flow back into the generator: generator(latent).detach().",
    ),
    cases=lambda: [
        case("real and fake of the same number", _logits(6, 2), _logits(6, 2, seed=2)),
        case("more latents than reals", _logits(2, 2), _logits(5, 2, seed=2)),
        case("a batch of one", _logits(1, 2), _logits(1, 2, seed=2)),
    ],
    probe=_discriminator_turn,
)
def discriminator_loss(generator, discriminator, real, latent):
    fake = generator(latent).detach()
    return F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()


@exercise(
    "01.6",
    title="the distinguisher's advantage",
    difficulty=2,
    minutes=8,
    hints=(
        "It says real where the logit is above 0. How often is that right, and how often wrong?",
        "Share of real logits above 0, minus share of fake logits above 0.",
    ),
    cases=lambda: [
        case("ordinary logits", _logits(50, 1) + 1, _logits(40, 1, seed=2) - 1),
        case("always right", torch.ones(3), -torch.ones(4)),
        case("always wrong", -torch.ones(3, 1), torch.ones(4, 1)),
        case("it says real to everything", torch.ones(3, 1), torch.ones(4, 1)),
        case("a batch of one", torch.tensor([0.3]), torch.tensor([-0.3])),
    ],
)
def advantage(logits_real, logits_fake):
    return ((logits_real > 0).float().mean() - (logits_fake > 0).float().mean()).item()
