"""The losses against closed forms, against torch's own, and the direction of their gradients."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from gansec_lib.errors import ParameterError
from gansec_lib.train import losses


def logits(count, seed=0, scale=3.0):
    rng = torch.Generator().manual_seed(seed)
    return scale * torch.randn(count, 1, generator=rng)


# -- closed forms ------------------------------------------------------------------------------


def test_best_discriminator_on_equal_distributions_gives_log_4():
    # D* = p / (p + q) = 1/2, a logit of 0; the value of the game, seed 000 eq. 1, is -log 4
    loss = losses.bce_discriminator(torch.zeros(5, 1), torch.zeros(7, 1))
    assert -loss.item() == pytest.approx(-math.log(4), abs=1e-6)


def test_best_discriminator_gives_twice_jensen_shannon_minus_log_4():
    # Two distributions on three points: V(D*) = 2 JSD(p, q) - log 4, exactly.
    p = torch.tensor([0.5, 0.25, 0.25], dtype=torch.float64)
    q = torch.tensor([0.125, 0.125, 0.75], dtype=torch.float64)
    middle = (p + q) / 2
    jsd = 0.5 * ((p * (p / middle).log()).sum() + (q * (q / middle).log()).sum())
    best = (p / q).log().float()  # the logit of p / (p + q)
    real = best.repeat_interleave((p * 8).int())
    fake = best.repeat_interleave((q * 8).int())
    value = -losses.bce_discriminator(real, fake).item()
    assert value == pytest.approx(2 * jsd.item() - math.log(4), abs=1e-6)


def test_lsgan_best_discriminator_is_one_half():
    # a = 0, b = 1: D* = q-weighted mean of targets = 1/2 on equal distributions, loss 1/4
    half = torch.full((6, 1), 0.5)
    assert losses.lsgan_discriminator(half, half).item() == pytest.approx(0.25)
    for other in (0.4, 0.6):
        wrong = torch.full((6, 1), other)
        assert losses.lsgan_discriminator(wrong, wrong) > 0.25


def test_hinge_is_flat_beyond_the_margin_and_linear_inside():
    real, fake = torch.tensor([1.0, 5.0]), torch.tensor([-1.0, -9.0])
    assert losses.hinge_discriminator(real, fake).item() == 0.0
    real, fake = torch.tensor([-2.0, 1.0]), torch.tensor([0.5, -3.0])
    assert losses.hinge_discriminator(real, fake).item() == pytest.approx((3 + 0) / 2 + 1.5 / 2)
    assert losses.hinge_generator(fake).item() == pytest.approx(1.25)


def test_wgan_is_the_difference_of_means():
    real, fake = logits(9, 1), logits(4, 2)
    expected = (fake.mean() - real.mean()).item()
    assert losses.wgan_discriminator(real, fake).item() == pytest.approx(expected, abs=1e-6)
    assert losses.wgan_generator(fake).item() == pytest.approx(-fake.mean().item(), abs=1e-6)


# -- penalties of a linear critic, whose gradient is its weight ----------------------------------


def linear_critic(norm: float) -> nn.Linear:
    critic = nn.Linear(12, 1)
    with torch.no_grad():
        critic.weight.copy_(torch.linspace(-1, 2, 12)[None])
        critic.weight *= norm / critic.weight.norm()
    return critic


@pytest.mark.parametrize("norm", [0.0, 0.5, 1.0, 3.0])
def test_gradient_penalty_of_a_linear_critic(norm):
    critic = linear_critic(norm)
    real, fake = logits(6 * 12, 1).view(6, 12), logits(6 * 12, 2).view(6, 12)
    penalty = losses.gradient_penalty(critic, real, fake, weight=10.0)
    assert penalty.item() == pytest.approx(10 * (norm - 1) ** 2, abs=1e-4)


@pytest.mark.parametrize("norm", [0.0, 0.5, 3.0])
def test_r1_of_a_linear_critic(norm):
    critic = linear_critic(norm)
    penalty = losses.r1_penalty(critic, logits(6 * 12, 1).view(6, 12), weight=10.0)
    assert penalty.item() == pytest.approx(5 * norm**2, abs=1e-4)


def test_penalties_pull_the_slope_the_right_way():
    for norm, downhill in ((3.0, -1), (0.5, +1)):
        critic = linear_critic(norm)
        real = logits(6 * 12).view(6, 12)
        losses.gradient_penalty(critic, real, real + 1).backward()
        change = -(critic.weight.grad * critic.weight).sum()  # of the norm, one step downhill
        assert change.sign() == downhill
    critic = linear_critic(3.0)
    losses.r1_penalty(critic, real).backward()
    assert (critic.weight.grad * critic.weight).sum() > 0


def test_gradient_penalty_looks_between_real_and_fake_example_by_example():
    # D(x) = x^2 / 2 has slope x, so the penalty shows where it looked.
    seen = []

    def parabola(x):
        seen.append(x.detach().clone())
        return 0.5 * x.square()

    real, fake = torch.full((500, 1), 5.0), torch.full((500, 1), 3.0)
    rng = torch.Generator().manual_seed(0)
    penalty = losses.gradient_penalty(parabola, real, fake, generator=rng)
    (where,) = seen
    assert 3 <= where.min() < 3.1 and 4.9 < where.max() <= 5
    assert penalty.item() == pytest.approx(10 * (where - 1).square().mean().item(), rel=1e-5)
    again = losses.gradient_penalty(parabola, real, fake, torch.Generator().manual_seed(0))
    assert torch.equal(again, penalty)


def test_gradient_penalty_one_epsilon_an_example():
    seen = []

    def critic(x):
        seen.append(x.detach())
        return x.sum(dim=(1, 2, 3))

    losses.gradient_penalty(critic, torch.ones(4, 3, 5, 7), torch.zeros(4, 3, 5, 7))
    epsilon = seen[0].flatten(1)
    assert (epsilon == epsilon[:, :1]).all() and epsilon[:, 0].unique().numel() == 4


def test_penalties_leave_no_gradient_in_the_pictures_and_work_under_no_grad():
    critic = linear_critic(2.0)
    fake = logits(24).view(2, 12).requires_grad_()
    losses.gradient_penalty(critic, logits(24).view(2, 12), fake).backward()
    assert fake.grad is None and critic.weight.grad is not None
    with torch.no_grad():
        penalty = losses.r1_penalty(critic, fake)
    assert penalty.item() == pytest.approx(20.0, abs=1e-4)


# -- torch's own ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.1, 3.0, 60.0])
def test_bce_equals_torch(scale):
    real, fake = logits(8, 1, scale), logits(6, 2, scale)
    bce = functional.binary_cross_entropy_with_logits
    ones, zeros = torch.ones_like, torch.zeros_like
    expected = bce(real, ones(real)) + bce(fake, zeros(fake))
    assert torch.allclose(losses.bce_discriminator(real, fake), expected)
    assert torch.allclose(losses.bce_generator(fake), bce(fake, ones(fake)))
    assert torch.allclose(losses.bce_generator_minimax(fake), -bce(fake, zeros(fake)))


def test_lsgan_equals_torch():
    real, fake = logits(8, 1), logits(6, 2)
    mse = functional.mse_loss
    expected = 0.5 * (mse(real, torch.ones_like(real)) + mse(fake, torch.zeros_like(fake)))
    assert torch.allclose(losses.lsgan_discriminator(real, fake), expected)
    expected = 0.5 * mse(fake, torch.ones_like(fake))
    assert torch.allclose(losses.lsgan_generator(fake), expected)


def test_hinge_equals_torch():
    real, fake = logits(8, 1), logits(6, 2)
    hinge = functional.margin_ranking_loss
    zero, one = torch.zeros(1, 1), torch.ones(1, 1)
    expected = hinge(real, zero, one, margin=1.0) + hinge(fake, zero, -one, margin=1.0)
    assert torch.allclose(losses.hinge_discriminator(real, fake), expected)


# -- directions ----------------------------------------------------------------------------------

DISCRIMINATORS = [
    losses.bce_discriminator,
    losses.lsgan_discriminator,
    losses.wgan_discriminator,
    losses.hinge_discriminator,
]
GENERATORS = [
    losses.bce_generator,
    losses.bce_generator_minimax,
    losses.lsgan_generator,
    losses.wgan_generator,
    losses.hinge_generator,
]


@pytest.mark.parametrize("loss", DISCRIMINATORS, ids=lambda f: f.__name__)
def test_downhill_raises_real_and_lowers_fake(loss):
    real = torch.tensor([0.2, -0.4]).requires_grad_()
    fake = torch.tensor([0.3, 0.6]).requires_grad_()
    loss(real, fake).backward()
    assert (real.grad < 0).all() and (fake.grad > 0).all()


@pytest.mark.parametrize("loss", GENERATORS, ids=lambda f: f.__name__)
def test_downhill_makes_fakes_look_real(loss):
    fake = torch.tensor([-0.4, 0.6]).requires_grad_()
    loss(fake).backward()
    assert (fake.grad < 0).all()


def test_only_the_minimax_loss_saturates_where_the_discriminator_wins():
    slopes = {}
    for loss in (losses.bce_generator, losses.bce_generator_minimax):
        fake = torch.tensor([-12.0]).requires_grad_()
        loss(fake).backward()
        slopes[loss] = abs(fake.grad.item())
    assert slopes[losses.bce_generator] > 0.99
    assert slopes[losses.bce_generator_minimax] < 1e-4


# -- types and extremes --------------------------------------------------------------------------


@pytest.mark.parametrize("loss", GENERATORS, ids=lambda f: f.__name__)
def test_half_precision_logits_are_summed_in_float32(loss):
    fake = torch.full((4096, 1), 1.0, dtype=torch.bfloat16)
    fake[0] = 3.0
    answer = loss(fake)
    assert answer.dtype == torch.float32
    assert answer.item() == pytest.approx(loss(fake.double()).item(), rel=1e-5)


def test_double_stays_double():
    assert losses.bce_generator(torch.zeros(3, dtype=torch.float64)).dtype == torch.float64


def test_extreme_logits_stay_finite():
    real, fake = torch.tensor([1e4, -1e4]), torch.tensor([-1e4, 1e4])
    for loss in DISCRIMINATORS[::2]:
        assert torch.isfinite(loss(real, fake))
    assert losses.bce_discriminator(real, fake).item() == pytest.approx(1e4)


def test_logits_of_any_shape_count_equally():
    patch = torch.arange(12.0).view(2, 1, 2, 3)  # PatchGAN: H ≠ W
    assert torch.allclose(losses.wgan_generator(patch), losses.wgan_generator(patch.flatten()))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: losses.bce_generator(torch.zeros(3, dtype=torch.int64)), "logits_fake"),
        (lambda: losses.wgan_discriminator([1.0], torch.zeros(2)), "logits_real"),
        (lambda: losses.hinge_discriminator(torch.zeros(2), torch.zeros(0)), "logits_fake"),
        (lambda: losses.gradient_penalty(None, torch.zeros(2, 3), torch.zeros(4, 3)), "fake"),
    ],
)
def test_bad_arguments_are_named(call, named):
    with pytest.raises(ParameterError, match=f"^{named}: expected"):
        call()
