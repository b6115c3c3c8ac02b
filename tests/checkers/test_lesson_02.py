"""Lesson 02's checkers: two or more right answers pass, every mutant is refused with a reason."""

import math

import torch
from checker_cases import checker_tests, learner_notebook
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, softplus

from gansec_lib.nets.dcgan import DCGANDiscriminator, DCGANGenerator

# ---------------------------------------------------------------- 02.1 padding


def padding_by_windows(size, kernel, stride):
    starts = list(range(0, size, stride))
    total = max(starts[-1] + kernel - size, 0)
    return [total // 2, (total + 1) // 2]


def padding_by_ceil(size, kernel, stride):
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    before = math.floor(total / 2)
    return (before, total - before)


def padding_extra_in_front(size, kernel, stride):
    before, after = padding_by_ceil(size, kernel, stride)
    return after, before


def padding_half_the_kernel(size, kernel, stride):
    return kernel // 2, kernel // 2


def padding_negative(size, kernel, stride):
    total = (math.ceil(size / stride) - 1) * stride + kernel - size
    return total // 2, total - total // 2


def padding_floor(size, kernel, stride):
    total = max((size // stride - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


# ---------------------------------------------------------------- 02.2 discriminator


def discriminator(last=(), act=None, norm=False, bias=True, drop=True, flatten=True, padding=1):
    layers, channels = [], 3
    for wide in (64, 128, 128):
        layers.append(nn.Conv2d(channels, wide, 4, stride=2, padding=padding, bias=bias))
        layers += [nn.BatchNorm2d(wide)] if norm else []
        layers.append(act() if act else nn.LeakyReLU(0.2))
        channels = wide
    layers += [nn.Flatten()] + ([nn.Dropout(0.3)] if drop else []) + [nn.Linear(8192, 1)]
    return nn.Sequential(*layers, *([nn.Flatten(0)] if flatten else []), *last)


def with_slope_03():
    return discriminator(act=lambda: nn.LeakyReLU(0.3))


def as_a_class():
    return DCGANDiscriminator()


def with_a_sigmoid():
    return discriminator(last=[nn.Sigmoid()])


def with_batch_norm():
    return discriminator(norm=True)


def with_relu():
    return discriminator(act=nn.ReLU)


def without_bias():
    return discriminator(bias=False)


def without_dropout():
    return discriminator(drop=False)


def with_a_column():
    return discriminator(flatten=False)


def without_padding():
    return discriminator(padding=0)


def not_a_network():
    return 404_801


# ---------------------------------------------------------------- 02.3 the step


def step_with_bce(generator, discriminator, optimizer_g, optimizer_d, real, noise):
    with torch.no_grad():
        fake = generator(noise)
    real_logits, fake_logits = discriminator(real), discriminator(fake)
    loss_d = binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    loss_d = loss_d + binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    optimizer_d.zero_grad()
    loss_d.backward()
    optimizer_d.step()
    logits = discriminator(generator(noise))
    loss_g = binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    optimizer_g.zero_grad()
    loss_g.backward()
    optimizer_g.step()
    return loss_d, loss_g


def step_clearing_late(generator, discriminator, optimizer_g, optimizer_d, real, noise):
    optimizer_d.zero_grad()
    fake = generator(noise)
    loss_d = -logsigmoid(discriminator(real)).mean() - logsigmoid(-discriminator(fake)).mean()
    loss_d.backward(retain_graph=True)
    optimizer_d.step()
    optimizer_g.zero_grad()  # what the discriminator's turn left there is gone
    loss_g = -logsigmoid(discriminator(fake)).mean()
    loss_g.backward()
    optimizer_g.step()
    return loss_d.item(), loss_g.item()


def _step(detach=True, saturating=False, generator_first=False, clear=True, sign=1.0):
    def step(generator, discriminator, optimizer_g, optimizer_d, real, noise):
        if clear:
            optimizer_g.zero_grad()
            optimizer_d.zero_grad()
        fake = generator(noise)

        def move_d():
            seen = fake.detach() if detach else fake
            loss = softplus(-discriminator(real)).mean() + softplus(discriminator(seen)).mean()
            loss.backward(retain_graph=True)
            optimizer_d.step()
            return loss.item()

        def move_g():
            logits = discriminator(fake)
            loss = -softplus(logits).mean() if saturating else sign * softplus(-logits).mean()
            loss.backward(retain_graph=True)
            optimizer_g.step()
            return loss.item()

        if generator_first:
            loss_g = move_g()
            optimizer_d.zero_grad()
            return move_d(), loss_g
        return move_d(), move_g()

    return step


def the_bug_itself(*players):
    return _step(detach=False)(*players)


def minimax_loss(*players):
    return _step(saturating=True)(*players)


def wrong_sign(*players):
    return _step(sign=-1.0)(*players)


def wrong_order(*players):
    return _step(generator_first=True)(*players)


def never_cleared(*players):
    return _step(clear=False)(*players)


def generator_detached_too(generator, discriminator, optimizer_g, optimizer_d, real, noise):
    fake = generator(noise).detach()
    loss_d = softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()
    optimizer_d.zero_grad()
    loss_d.backward()
    optimizer_d.step()
    loss_g = softplus(-discriminator(fake)).mean()
    loss_g.backward()
    optimizer_g.step()
    return loss_d.item(), loss_g.item()


# ---------------------------------------------------------------- 02.4 slerp


def slerp_with_atan2(start, end, t):
    a, b = start / start.norm(), end / end.norm()
    angle = 2 * torch.atan2((a - b).norm(), (a + b).norm())
    weights = torch.stack([torch.sin((1 - t) * angle), torch.sin(t * angle)], dim=1) / angle.sin()
    if angle < 1e-3:
        weights = torch.stack([1 - t, t], dim=1)
    return weights @ torch.stack([start, end])


def slerp_by_loop(start, end, t):
    cosine = float((start @ end) / (start.norm() * end.norm()))
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    rows = []
    for place in t.tolist():
        if angle < 1e-3:
            rows.append(start + place * (end - start))
        else:
            left, right = math.sin((1 - place) * angle), math.sin(place * angle)
            rows.append((left * start + right * end) / math.sin(angle))
    return torch.stack(rows)


def slerp_is_lerp(start, end, t):
    return torch.lerp(start, end, t[:, None])


def slerp_of_unit_vectors(start, end, t):
    return slerp_by_loop(start / start.norm(), end / end.norm(), t)


def slerp_nan_when_equal(start, end, t):
    angle = torch.arccos((start @ end) / (start.norm() * end.norm()).clamp_min(1e-9)).clamp_min(0)
    t = t[:, None]
    return (
        (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end)
        / torch.sin(angle)
        * (1 if angle > 1e-3 else float("nan"))
    )


def slerp_backwards(start, end, t):
    return slerp_by_loop(end, start, t)


def slerp_without_lengths(start, end, t):
    angle = torch.arccos((start @ end).clamp(-1, 1))
    t = t[:, None]
    if angle < 1e-3:
        return (1 - t) * start + t * end
    return (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end) / torch.sin(angle)


# ---------------------------------------------------------------- 02.5 bits


def bits_by_torch(step, n):
    return n * (torch.distributions.Normal(0, 1).entropy() / math.log(2) - math.log2(step)).item()


def bits_in_one_log(step, n):
    return n * math.log2(math.sqrt(2 * math.pi * math.e) / step)


def bits_in_nats(step, n):
    return n * (0.5 * math.log(2 * math.pi * math.e) - math.log(step))


def bits_with_plus(step, n):
    return n * (0.5 * math.log2(2 * math.pi * math.e) + math.log2(step))


def bits_of_one(step, n):
    return n * 0.5 * math.log2(2 * math.pi * math.e) - math.log2(step)


def bits_of_float32(step, n):
    return 32 * n


# ---------------------------------------------------------------- 02.6 inversion


def invert_with_backward(generator, target, start, steps, rate):
    latent = nn.Parameter(start.clone())
    optimizer = torch.optim.Adam([latent], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (generator(latent) - target).pow(2).mean().backward()
        optimizer.step()
    return latent.detach()


def invert_sum_of_squares(generator, target, start, steps, rate):
    latent = start.detach().clone().requires_grad_(True)
    optimizer = torch.optim.Adam([latent], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (generator(latent) - target).square().sum().backward()
        optimizer.step()
    return latent.data


def invert_gives_the_start(generator, target, start, steps, rate):
    return start.clone()


def invert_climbs(generator, target, start, steps, rate):
    latent = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([latent], lr=rate, maximize=True)
    for _ in range(steps):
        optimizer.zero_grad()
        (generator(latent) - target).square().mean().backward()
        optimizer.step()
    return latent.detach()


def invert_trains_the_generator(generator, target, start, steps, rate):
    optimizer = torch.optim.Adam(generator.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (generator(start) - target).square().mean().backward()
        optimizer.step()
    return start.clone()


def invert_never_clears(generator, target, start, steps, rate):
    latent = start.clone().requires_grad_()
    optimizer = torch.optim.SGD([latent], lr=10 * rate)
    for _ in range(steps):
        (generator(latent) - target).square().mean().backward()
        optimizer.step()
    return latent.detach()


def invert_one_step(generator, target, start, steps, rate):
    return invert_with_backward(generator, target, start, 1, rate)


def invert_still_attached(generator, target, start, steps, rate):
    return invert_with_backward(generator, target, start, steps, rate).requires_grad_()


def invert_the_picture(generator, target, start, steps, rate):
    return generator(invert_with_backward(generator, target, start, steps, rate)).detach()


RIGHT = {
    "02.1": [padding_by_windows, padding_by_ceil],
    "02.2": [with_slope_03, as_a_class],
    "02.3": [step_with_bce, step_clearing_late],
    "02.4": [slerp_with_atan2, slerp_by_loop],
    "02.5": [bits_by_torch, bits_in_one_log],
    "02.6": [invert_with_backward, invert_sum_of_squares],
}
WRONG = {
    "02.1": [
        padding_extra_in_front,
        padding_half_the_kernel,
        padding_negative,
        padding_floor,
    ],
    "02.2": [
        with_a_sigmoid,
        with_batch_norm,
        with_relu,
        without_bias,
        without_dropout,
        with_a_column,
        without_padding,
        not_a_network,
    ],
    "02.3": [
        the_bug_itself,
        minimax_loss,
        wrong_sign,
        wrong_order,
        never_cleared,
        generator_detached_too,
    ],
    "02.4": [
        slerp_is_lerp,
        slerp_of_unit_vectors,
        slerp_nan_when_equal,
        slerp_backwards,
        slerp_without_lengths,
    ],
    "02.5": [bits_in_nats, bits_with_plus, bits_of_one, bits_of_float32],
    "02.6": [
        invert_gives_the_start,
        invert_climbs,
        invert_trains_the_generator,
        invert_never_clears,
        invert_one_step,
        invert_still_attached,
        invert_the_picture,
    ],
}

test_right, test_wrong, test_stub, test_complete = checker_tests("02", RIGHT, WRONG)


def test_the_lesson_and_the_library_have_the_same_generator():
    """Built from the lesson's own cell: same weights in, same faces out."""
    (source,) = [
        cell.source
        for cell in learner_notebook("02").cells
        if cell.source.startswith("generator = nn.Sequential(")
    ]
    names = {"nn": nn}
    exec(source, names)
    shown, library = names["generator"], DCGANGenerator()
    for theirs, ours in zip(library.parameters(), shown.parameters(), strict=True):
        theirs.data.copy_(ours.data)
    latent = torch.randn(2, 100)
    with torch.no_grad():
        assert torch.allclose(shown(latent), library(latent), atol=1e-6)
