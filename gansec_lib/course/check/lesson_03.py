"""Exercises of lesson 03: a family of GANs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.course.check.registry import case, exercise


def _rng(seed):
    return torch.Generator().manual_seed(seed)


def _normal(*shape, seed=1, scale=1.0):
    return scale * torch.randn(*shape, generator=_rng(seed))


def _two_numbers(answer, *args):
    first, second = answer(*args)
    return [float(first), float(second)]


@exercise(
    "03.1",
    title="least squares",
    difficulty=1,
    minutes=6,
    hints=(
        "L_D pulls real logits to 1 and fake logits to 0; each mean of squares times ½.",
        "L_G pulls the same fake logits to 1: ½ · mean of (logits_fake − 1)².",
    ),
    cases=lambda: [
        case("ordinary logits", _normal(6), _normal(6, seed=2)),
        case("more fakes than reals", _normal(3, scale=4), _normal(8, seed=2, scale=4)),
        case("a batch of one, with a second axis", _normal(1, 1), _normal(1, 1, seed=2)),
        case("on target", torch.ones(4), torch.zeros(4)),
    ],
    probe=_two_numbers,
)
def least_squares(logits_real, logits_fake):
    discriminator = (logits_real - 1).square().mean() / 2 + logits_fake.square().mean() / 2
    return discriminator, (logits_fake - 1).square().mean() / 2


class _Critic(nn.Module):
    """Small, smooth, and of another slope for every picture."""

    def __init__(self, channels):
        super().__init__()
        self.layer = nn.Conv2d(channels, 3, 3, padding=1)
        with torch.no_grad():
            self.layer.weight.copy_(_normal(3, channels, 3, 3, seed=7))
            self.layer.bias.fill_(0.1)

    def forward(self, images):
        return F.softplus(self.layer(images)).mean((1, 2, 3)) * 5


def _taught(answer, real, fake, epsilon):
    """The penalty, and what it tells the critic to change."""
    critic = _Critic(real.shape[1])
    penalty = answer(critic, real, fake, epsilon)
    if not isinstance(penalty, torch.Tensor) or not penalty.requires_grad:
        raise AssertionError("the penalty has no way back to the critic: it cannot teach it")
    penalty.backward()
    if critic.layer.weight.grad is None:
        raise AssertionError("the critic's weights got no gradient")
    return penalty.detach(), critic.layer.weight.grad


def _pictures(count, channels, height, width, seed):
    return _normal(count, channels, height, width, seed=seed)


def _epsilon(count, seed=3):
    return torch.rand(count, 1, 1, 1, generator=_rng(seed))


@exercise(
    "03.2",
    title="find the bug",
    difficulty=3,
    minutes=14,
    hints=(
        "One norm a picture: slope.flatten(1).norm(dim=1), then (… − 1).square().mean().",
        "torch.autograd.grad(…, create_graph=True): without it the slope is a dead number and the "
        "penalty moves no weight.",
    ),
    cases=lambda: [
        case("colour, not square", _pictures(4, 3, 6, 5, 1), _pictures(4, 3, 6, 5, 2), _epsilon(4)),
        case("grey", _pictures(3, 1, 5, 7, 1), _pictures(3, 1, 5, 7, 2), _epsilon(3)),
        case("a batch of one", _pictures(1, 3, 4, 6, 1), _pictures(1, 3, 4, 6, 2), _epsilon(1)),
        case(
            "pictures of very different slope",
            _pictures(2, 1, 4, 4, 1) * torch.tensor([0.01, 30.0]).reshape(2, 1, 1, 1),
            _pictures(2, 1, 4, 4, 2),
            _epsilon(2),
        ),
    ],
    probe=_taught,
    rtol=1e-4,
)
def gradient_penalty(critic, real, fake, epsilon):
    between = (epsilon * real + (1 - epsilon) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return 10 * (slope.flatten(1).norm(dim=1) - 1).square().mean()


def _psi(features):
    return features.square().sum(1) - 1.5 * features[:, 0]


@exercise(
    "03.3",
    title="projection",
    difficulty=2,
    minutes=8,
    hints=(
        "vectors[labels] is (N, D): each picture's own class vector.",
        "psi(features) + (vectors[labels] * features).sum(dim=1).",
    ),
    cases=lambda: [
        case("five pictures, three classes", _normal(5, 4), torch.tensor([0, 2, 1, 1, 0]),
             _normal(3, 4, seed=2), _psi),
        case("as many classes as pictures", _normal(3, 6), torch.tensor([2, 0, 2]),
             _normal(3, 6, seed=2), _psi),
        case("a batch of one", _normal(1, 2), torch.tensor([1]), _normal(2, 2, seed=2), _psi),
        case("vectors of zero: no label term", _normal(4, 3), torch.tensor([0, 1, 1, 0]),
             torch.zeros(2, 3), _psi),
    ],
)  # fmt: skip
def projection_logit(features, labels, vectors, psi):
    return psi(features) + (vectors[labels] * features).sum(dim=1)


def _two_sizes(count, channels, height, width):
    return (
        _pictures(count, channels, height, width, 1),
        _pictures(count, channels, 2 * height, 2 * width, 2),
    )


@exercise(
    "03.4",
    title="fade in",
    difficulty=1,
    minutes=6,
    hints=(
        'F.interpolate(old, scale_factor=2, mode="nearest") makes 2 × 2 of each pixel.',
        "torch.lerp(enlarged, new, alpha) = (1 − α)·enlarged + α·new.",
    ),
    cases=lambda: [
        case("half-way, colour, not square", *_two_sizes(2, 3, 4, 6), 0.5),
        case("the start: only the old one", *_two_sizes(2, 3, 3, 5), 0.0),
        case("the end: only the new one", *_two_sizes(1, 1, 3, 5), 1.0),
        case("a quarter, grey", *_two_sizes(3, 1, 2, 2), 0.25),
    ],
)
def fade_in(old, new, alpha):
    return torch.lerp(F.interpolate(old, scale_factor=2, mode="nearest"), new, alpha)


@exercise(
    "03.5",
    title="demodulate",
    difficulty=2,
    minutes=10,
    hints=(
        "Modulate: weight[None] * factors[:, None, :, None, None] is (N, O, I, K, K).",
        "Energy of an output channel: .square().sum((2, 3, 4), keepdim=True); divide by its root.",
    ),
    cases=lambda: [
        case("O ≠ I, two styles", _normal(5, 4, 3, 3), _normal(2, 4, seed=2)),
        case("one style, 1 × 1 kernel", _normal(3, 6, 1, 1), _normal(1, 6, seed=2)),
        case("a style of enormous factors", _normal(2, 3, 3, 3), 1e4 * _normal(3, 3, seed=2)),
        case("a channel switched off", _normal(4, 2, 3, 3), torch.tensor([[0.0, 2.0], [1.0, 0.0]])),
    ],
    rtol=1e-4,
)
def demodulated(weight, factors):
    modulated = weight[None] * factors[:, None, :, None, None]
    energy = modulated.square().sum((2, 3, 4), keepdim=True)
    return modulated * torch.rsqrt(energy + 1e-8)


def _bytes(count, channels, height, width, seed):
    shape = (count, channels, height, width)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=_rng(seed))


@exercise(
    "03.6",
    title="fingerprint",
    difficulty=2,
    minutes=10,
    hints=(
        "grey = pictures.float().mean(1, keepdim=True); blur it with a reflected border and "
        "F.avg_pool2d(…, 3, 1); subtract.",
        "torch.fft.rfft2(residual.squeeze(1)).abs().square().log1p().",
    ),
    cases=lambda: [
        case("colour, not square", _bytes(2, 3, 8, 12, 1)),
        case("grey, batch of one", _bytes(1, 1, 6, 10, 2)),
        case("a flat picture has no fingerprint", torch.full((2, 3, 8, 6), 200, dtype=torch.uint8)),
        case("extremes side by side", (_bytes(2, 3, 8, 8, 3) > 127).to(torch.uint8) * 255),
    ],
    rtol=1e-3,
    atol=1e-3,
)
def fingerprint(pictures):
    grey = pictures.float().mean(1, keepdim=True)
    residual = grey - F.avg_pool2d(F.pad(grey, (1, 1, 1, 1), mode="reflect"), 3, 1)
    return torch.fft.rfft2(residual.squeeze(1)).abs().square().log1p()
