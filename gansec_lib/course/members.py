"""The eight kinds of GAN of lesson 03: which networks each has, and what its players minimise.

A :class:`Member` says what is its own. Data, steps, batch, averaging and grading are the same for
all and stand in ``family``. The survey of face synthesis lists the types (§ 4.3.2). Learning rates
and sizes are ``ours``: chosen for 800 steps on one CPU core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from gansec_lib.nets import attention, conditional, progressive, small, stack, style
from gansec_lib.train import Player, losses

LATENT = 64
CLASSES = ("short hair", "short hair, beard", "long hair", "long hair, beard")
R1_EVERY, R1_WEIGHT = 8, 1.0  # StyleGAN2 § 3.1 applies it every 16 steps (ours: 8, γ = 1)


@dataclass(frozen=True)
class Member:
    """One kind of GAN.

    Parameters
    ----------
    key, title, paper, idea : str
    size : int
        Height and width of its pictures.
    build : callable
        ``build() -> dict`` of fresh networks.
    phases : callable
        ``phases(steps) -> [(steps, players, averaged names)]``: StackGAN trains one stage after
        the other, all others in one phase.
    assemble : callable
        ``assemble(networks) -> the finished generator``.
    """

    key: str
    title: str
    paper: str
    idea: str
    size: int
    build: Callable[[], dict[str, nn.Module]]
    phases: Callable[[int], list[tuple[int, list[Player], tuple[str, ...]]]]
    assemble: Callable[[dict[str, nn.Module]], nn.Module]


def adam(rate: float, second: float = 0.9):
    """A function that makes Adam for a player's parameters: no momentum, as WGAN-GP and SAGAN."""

    def make(parameters):
        return torch.optim.Adam(parameters, lr=rate, betas=(0.0, second), fused=True)

    return make


SLOW, FAST = (
    adam(4e-4),
    adam(8e-4),
)  # two time scales (Heusel et al. 2017)


def _pair(spectral: bool = True):
    return {
        "generator": small.SmallGenerator(LATENT),
        "discriminator": small.SmallDiscriminator(spectral=spectral),
    }


def _simple(discriminator_loss, generator_loss):
    """Players of a GAN that differs from the vanilla one by its losses alone."""

    def discriminate(ctx):
        discriminator, real = ctx.networks["discriminator"], ctx.real
        with torch.no_grad():
            fake = ctx.networks["generator"](ctx.noise(len(real), LATENT))
        return discriminator_loss(discriminator(real), discriminator(fake))

    def generate(ctx):
        fake = ctx.networks["generator"](ctx.noise(len(ctx.real), LATENT))
        return generator_loss(ctx.networks["discriminator"](fake))

    players = [
        Player("discriminator", ("discriminator",), discriminate, FAST),
        Player("generator", ("generator",), generate, SLOW),
    ]
    return lambda steps: [(steps, players, ("generator",))]


def _wgan_gp(steps: int):
    def criticise(ctx):
        critic, real = ctx.networks["discriminator"], ctx.real
        with torch.no_grad():
            fake = ctx.networks["generator"](ctx.noise(len(real), LATENT))
        loss = losses.wgan_discriminator(critic(real), critic(fake))
        return loss + losses.gradient_penalty(critic, real, fake, ctx)

    def generate(ctx):
        fake = ctx.networks["generator"](ctx.noise(len(ctx.real), LATENT))
        return losses.wgan_generator(ctx.networks["discriminator"](fake))

    players = [  # two critic turns a step where the paper has five (ours: the budget)
        Player("discriminator", ("discriminator",), criticise, SLOW, 2),
        Player("generator", ("generator",), generate, SLOW),
    ]
    return [(steps, players, ("generator",))]


def _conditional(steps: int):
    def discriminate(ctx):
        discriminator, (real, labels) = ctx.networks["discriminator"], ctx.batch[:2]
        with torch.no_grad():
            fake = ctx.networks["generator"](ctx.noise(len(real), LATENT), labels)
        return losses.bce_discriminator(discriminator(real, labels), discriminator(fake, labels))

    def generate(ctx):
        labels = ctx.batch[1]
        fake = ctx.networks["generator"](ctx.noise(len(labels), LATENT), labels)
        return losses.bce_generator(ctx.networks["discriminator"](fake, labels))

    players = [
        Player("discriminator", ("discriminator",), discriminate, FAST),
        Player("generator", ("generator",), generate, SLOW),
    ]
    return [(steps, players, ("generator",))]


def _lazy_r1(discriminator, real, ctx):
    """R1 every ``R1_EVERY`` steps, weighted up to match (lazy regularisation)."""
    if ctx.step % R1_EVERY:
        return 0.0
    return losses.r1_penalty(discriminator, real, R1_WEIGHT * R1_EVERY)


def _progressive(steps: int):
    def stand(ctx):
        level, alpha = progressive.growth(ctx.step, steps)
        for network in ctx.networks.values():
            network.grow(level, alpha)
        return ctx.networks["generator"], ctx.networks["discriminator"], level, alpha

    def discriminate(ctx):
        generator, discriminator, level, alpha = stand(ctx)
        real = progressive.shrink(ctx.real, 4 * 2**level, alpha)
        with torch.no_grad():
            fake = generator(ctx.noise(len(real), LATENT))
        loss = losses.bce_discriminator(discriminator(real), discriminator(fake))
        return loss + _lazy_r1(discriminator, real, ctx)

    def generate(ctx):
        generator, discriminator, _, _ = stand(ctx)
        return losses.bce_generator(discriminator(generator(ctx.noise(len(ctx.real), LATENT))))

    rates = adam(2e-3, 0.99)
    players = [
        Player("discriminator", ("discriminator",), discriminate, rates),
        Player("generator", ("generator",), generate, rates),
    ]
    return [(steps, players, ("generator",))]


def _style(steps: int):
    def draw(ctx):
        """Nine batches in ten are drawn from two styles, changed over at a random layer."""
        generator, count = ctx.networks["generator"], len(ctx.real)
        latent, other = ctx.noise(count, LATENT), ctx.noise(count, LATENT)
        noise = [ctx.noise(count, 1, 4 * 2**i, 4 * 2**i) for i in range(generator.layers)]
        draw = torch.rand(2, generator=ctx.rng, device=ctx.device).tolist()
        crossover = 1 + int(draw[1] * (generator.layers - 1)) if draw[0] < 0.9 else None
        return generator(latent, other, crossover, noise)

    def discriminate(ctx):
        discriminator, real = ctx.networks["discriminator"], ctx.real
        with torch.no_grad():
            fake = draw(ctx)
        loss = losses.bce_discriminator(discriminator(real), discriminator(fake))
        return loss + _lazy_r1(discriminator, real, ctx)

    def generate(ctx):
        return losses.bce_generator(ctx.networks["discriminator"](draw(ctx)))

    rates = adam(2e-3, 0.99)
    players = [
        Player("discriminator", ("discriminator",), discriminate, rates),
        Player("generator", ("generator",), generate, rates),
    ]
    return [(steps, players, ("generator",))]


def _stack_networks():
    one, two = stack.stack_discriminators()
    whole = stack.StackGenerator(LATENT)
    return {
        "sketcher": whole.stage_one,
        "painter": whole.stage_two,
        "critic_one": one,
        "critic_two": two,
    }


def _stack(steps: int):
    def sketch(ctx):
        return ctx.networks["sketcher"](ctx.noise(len(ctx.real), LATENT))

    def paint(ctx):
        latent = ctx.noise(len(ctx.real), LATENT)
        with torch.no_grad():
            sketches = ctx.networks["sketcher"].eval()(latent)
        return ctx.networks["painter"](sketches, latent)

    def graded(critic, make, size):
        def discriminate(ctx):
            discriminator, real = ctx.networks[critic], progressive.shrink(ctx.real, size)
            with torch.no_grad():
                fake = make(ctx)
            return losses.bce_discriminator(discriminator(real), discriminator(fake))

        def generate(ctx):
            return losses.bce_generator(ctx.networks[critic](make(ctx)))

        return discriminate, generate

    phases = []
    for critic, painter, make, size, share in (
        ("critic_one", "sketcher", sketch, 16, steps // 2),
        ("critic_two", "painter", paint, 64, steps - steps // 2),
    ):
        discriminate, generate = graded(critic, make, size)
        players = [
            Player("discriminator", (critic,), discriminate, FAST),
            Player("generator", (painter,), generate, SLOW),
        ]
        phases.append((share, players, (painter,)))
    return phases


def _assemble_stack(networks):
    whole = stack.StackGenerator(LATENT)
    whole.stage_one.load_state_dict(networks["sketcher"].state_dict())
    whole.stage_two.load_state_dict(networks["painter"].state_dict())
    return whole


def _generator(networks):
    return networks["generator"]


FAMILY: dict[str, Member] = {
    member.key: member
    for member in (
        Member(
            "vanilla", "vanilla", "Goodfellow et al. 2014", "two networks, log loss", 32, _pair,
            _simple(losses.bce_discriminator, losses.bce_generator), _generator,
        ),
        Member(
            "conditional", "conditional", "Mirza & Osindero 2014; Miyato & Koyama 2018",
            "the class is an input", 32,
            lambda: {
                "generator": conditional.ConditionalGenerator(len(CLASSES), LATENT),
                "discriminator": conditional.ProjectionDiscriminator(len(CLASSES)),
            },
            _conditional, _generator,
        ),
        Member(
            "lsgan", "LSGAN", "Mao et al. 2017", "squares instead of logs", 32, _pair,
            _simple(losses.lsgan_discriminator, losses.lsgan_generator), _generator,
        ),
        Member(
            "wgan_gp", "WGAN-GP", "Arjovsky et al. 2017; Gulrajani et al. 2017",
            "a critic of bounded slope", 32, lambda: _pair(spectral=False), _wgan_gp, _generator,
        ),
        Member(
            "stack", "stack-wise", "Zhang et al. 2017", "sketch, then paint over it", 64,
            _stack_networks, _stack, _assemble_stack,
        ),
        Member(
            "progressive", "progressive", "Karras et al. 2018", "grow from 4 px to 64 px", 64,
            lambda: {
                "generator": progressive.ProgressiveGenerator(LATENT),
                "discriminator": progressive.ProgressiveDiscriminator(),
            },
            _progressive, _generator,
        ),
        Member(
            "attention", "self-attention", "Zhang et al. 2019; Brock et al. 2019",
            "every place sees every other", 32,
            lambda: {
                "generator": attention.AttentionGenerator(LATENT),
                "discriminator": attention.AttentionDiscriminator(),
            },
            _simple(losses.hinge_discriminator, losses.hinge_generator), _generator,
        ),
        Member(
            "style", "style", "Karras et al. 2019, 2020", "a style steers every layer", 32,
            lambda: {
                "generator": style.StyleGenerator(LATENT),
                "discriminator": style.StyleDiscriminator(),
            },
            _style, _generator,
        ),
    )
}  # fmt: skip
