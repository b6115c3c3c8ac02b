"""One small trainer for the family of lesson 03: eight kinds of GAN, one data set, one budget.

A :class:`Member` says which networks there are, what each player minimises and how pictures are
drawn; everything else (data, steps, batch, averaging, judging) is the same for all. Seed 003
§ 4.3.2 lists the types. Learning rates and sizes are ``ours``: chosen for 800 steps on
one CPU core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.images.convert import to_bytes
from gansec_lib.nets import attention, conditional, progressive, small, stack, style
from gansec_lib.train import History, Player, Trainer, losses

LATENT, BATCH, STEPS, DECAY = 64, 16, 800, 0.99
RESULTS = "family_results.json"
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


SLOW, FAST = adam(4e-4), adam(8e-4)  # two time scales (Heusel et al. 2017): judges learn faster


def _pair(spectral: bool = True):
    return {
        "generator": small.SmallGenerator(LATENT),
        "discriminator": small.SmallDiscriminator(spectral=spectral),
    }


def _simple(discriminator_loss, generator_loss):
    """Players of a GAN that differs from the vanilla one by its losses alone."""

    def discriminate(ctx):
        judge, real = ctx.networks["discriminator"], ctx.real
        with torch.no_grad():
            fake = ctx.networks["generator"](ctx.noise(len(real), LATENT))
        return discriminator_loss(judge(real), judge(fake))

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
        judge, (real, labels) = ctx.networks["discriminator"], ctx.batch[:2]
        with torch.no_grad():
            fake = ctx.networks["generator"](ctx.noise(len(real), LATENT), labels)
        return losses.bce_discriminator(judge(real, labels), judge(fake, labels))

    def generate(ctx):
        labels = ctx.batch[1]
        fake = ctx.networks["generator"](ctx.noise(len(labels), LATENT), labels)
        return losses.bce_generator(ctx.networks["discriminator"](fake, labels))

    players = [
        Player("discriminator", ("discriminator",), discriminate, FAST),
        Player("generator", ("generator",), generate, SLOW),
    ]
    return [(steps, players, ("generator",))]


def _lazy_r1(judge, real, ctx):
    """R1 every ``R1_EVERY`` steps, weighted up to match (lazy regularisation)."""
    if ctx.step % R1_EVERY:
        return 0.0
    return losses.r1_penalty(judge, real, R1_WEIGHT * R1_EVERY)


def _progressive(steps: int):
    def stand(ctx):
        level, alpha = progressive.growth(ctx.step, steps)
        for network in ctx.networks.values():
            network.grow(level, alpha)
        return ctx.networks["generator"], ctx.networks["discriminator"], level, alpha

    def discriminate(ctx):
        generator, judge, level, alpha = stand(ctx)
        real = progressive.shrink(ctx.real, 4 * 2**level, alpha)
        with torch.no_grad():
            fake = generator(ctx.noise(len(real), LATENT))
        loss = losses.bce_discriminator(judge(real), judge(fake))
        return loss + _lazy_r1(judge, real, ctx)

    def generate(ctx):
        generator, judge, _, _ = stand(ctx)
        return losses.bce_generator(judge(generator(ctx.noise(len(ctx.real), LATENT))))

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
        judge, real = ctx.networks["discriminator"], ctx.real
        with torch.no_grad():
            fake = draw(ctx)
        loss = losses.bce_discriminator(judge(real), judge(fake))
        return loss + _lazy_r1(judge, real, ctx)

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

    def judged(critic, make, size):
        def discriminate(ctx):
            judge, real = ctx.networks[critic], progressive.shrink(ctx.real, size)
            with torch.no_grad():
                fake = make(ctx)
            return losses.bce_discriminator(judge(real), judge(fake))

        def generate(ctx):
            return losses.bce_generator(ctx.networks[critic](make(ctx)))

        return discriminate, generate

    phases = []
    for critic, painter, make, size, share in (
        ("critic_one", "sketcher", sketch, 16, steps // 2),
        ("critic_two", "painter", paint, 64, steps - steps // 2),
    ):
        discriminate, generate = judged(critic, make, size)
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


def member(key: str) -> Member:
    """The family member of that name.

    >>> member("wgan_gp").title
    'WGAN-GP'
    """
    if key not in FAMILY:
        raise ParameterError(f"key: expected one of {', '.join(FAMILY)}, got {key!r}")
    return FAMILY[key]


def classes_of(faces) -> torch.Tensor:
    """The class of each portrait, int64 (N,): long hair counts 2, a beard 1 (see ``CLASSES``)."""
    return 2 * faces.attributes["long_hair"].long() + faces.attributes["beard"].long()


def portraits(count: int, split: str = "train"):
    """The 64 px portraits that the family learns from (``train``) or never sees (``test``).

    An ImageSet with one picture a person; picture k is the same whatever ``count`` is.

    >>> len(portraits(2, "test").images)
    2
    """
    from gansec_lib.images.drawn import faces

    first = faces.FIRST_PERSON.get(split, 0)
    return faces.generate(count, 64, seed=3, split=split, identities=range(first, first + count))


def at_32(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures of 32 or 64 px a side as 32 px: each 2 × 2 block becomes its mean, in uint8.

    >>> at_32(torch.full((2, 3, 64, 64), 7, dtype=torch.uint8)).shape
    torch.Size([2, 3, 32, 32])
    """
    if pictures.dtype != torch.uint8 or pictures.shape[-1] not in (32, 64):
        raise ParameterError(
            "pictures: expected uint8, 32 or 64 px a side, got "
            f"{pictures.dtype} {tuple(pictures.shape)}"
        )
    if pictures.shape[-1] == 32:
        return pictures
    return F.avg_pool2d(pictures.float(), 2).add_(0.5).floor_().to(torch.uint8)


def train(
    key: str,
    faces,
    steps: int = STEPS,
    seed: int = 0,
    out: str | Path | None = None,
    checkpoint_every: int = 0,
    until: int | None = None,
    **options,
) -> tuple[nn.Module | None, History]:
    """Train one member on 64 px portraits; returns its averaged generator and the last history.

    Parameters
    ----------
    key : str
        See ``FAMILY``.
    faces : ImageSet
        64 px portraits with attributes; members of 32 px see them through :func:`at_32`.
    steps, seed : int
        Generator steps in all; the seed decides initial weights, batches and noise.
    out, checkpoint_every
        As in ``Trainer``; with ``out`` an interrupted run goes on where it stopped.
    until : int, optional
        Stop after this many steps in all (the schedule still ends at ``steps``) and return None
        for the generator if the run is not finished.
    **options
        For ``Trainer``: show, device, sample, …
    """
    chosen = member(key)
    images = at_32(faces.images) if chosen.size == 32 else faces.images
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = chosen.build()
    if key == "conditional":
        labels = classes_of(faces)
        networks["generator"].frequencies.copy_(
            torch.bincount(labels, minlength=len(CLASSES)) / len(labels)
        )
        data: tuple[torch.Tensor, ...] = (images, labels)
    else:
        data = (images,)
    goal, before, history = steps if until is None else until, 0, History()
    options = {"precision": "fp32", "show": "none", **options}
    for number, (share, players, averaged) in enumerate(chosen.phases(steps)):
        trainer = Trainer(
            networks, players, data, BATCH, seed=seed, ema=dict.fromkeys(averaged, DECAY),
            out=Path(out) / f"phase{number}" if out else None,
            checkpoint_every=checkpoint_every, **options,
        )  # fmt: skip
        history = trainer.fit(max(0, min(share, goal - before)))
        networks = {**networks, **trainer.ema}
        before += share
        if goal < before:
            return None, history
    generator = chosen.assemble(networks)
    if key == "progressive":
        generator.grow(generator.levels - 1, 1.0)
    return generator.eval(), history


@torch.no_grad()
def generate(
    generator: nn.Module, count: int, seed: int = 0, labels=None, truncation: float | None = None
) -> torch.Tensor:
    """Pictures of a trained member: uint8 (count, 3, S, S), the same for the same seed.

    ``labels`` asks a conditional generator for classes (by default drawn as often as in
    training); ``truncation`` cuts the latents at that absolute value (BigGAN § 3.1).
    """
    device = next(generator.parameters()).device
    rng = torch.Generator().manual_seed(seed)
    latents = torch.randn(count, generator.latent, generator=rng)
    if truncation is not None:
        latents = attention.truncated_normal(tuple(latents.shape), truncation, rng)
    if isinstance(generator, conditional.ConditionalGenerator) and labels is None:
        shares = generator.frequencies.cpu()
        labels = torch.multinomial(shares, count, replacement=True, generator=rng)
    pictures = []
    for first in range(0, count, 256):
        part = latents[first : first + 256].to(device)
        if isinstance(generator, conditional.ConditionalGenerator):
            made = generator(part, labels[first : first + 256].to(device))
        elif isinstance(generator, style.StyleGenerator):
            made = generator(part, noise=generator.noise(len(part), rng))
        else:
            made = generator(part)
        pictures.append(to_bytes(made).cpu())
    return torch.cat(pictures)


def load(key: str) -> nn.Module:
    """The shipped generator of a member: seed 0 of ``tools/recipes/lesson_03.py``."""
    from gansec_lib.nets import weights

    chosen = member(key)
    return weights.load(f"family_{key}", chosen.assemble(chosen.build()))


def results() -> dict:
    """What was measured of all members when the weights were made: ``data/family_results.json``.

    key → steps, batch, parameters, judged, measured_by, measured_on, and one row a seed in
    ``seeds`` (fid_lite, kid_lite, precision, recall, density, coverage, cpu_seconds).

    Raises
    ------
    DataMissingError
        The file is not there.
    IntegrityError
        It is not the one the manifest lists.
    """
    import hashlib
    import json

    from gansec_lib.errors import DataMissingError, IntegrityError
    from gansec_lib.nets import weights

    path = weights.data_dir() / RESULTS
    if not path.exists():
        raise DataMissingError(
            f"family results: no {path.name} in the data folder; make it with: "
            "python tools/make_weights.py family_vanilla …"
        )
    content = path.read_bytes()
    listed = weights.manifest().get(RESULTS, {}).get("sha256")
    if hashlib.sha256(content).hexdigest() != listed:
        raise IntegrityError(f"{path.name}: not the file that the manifest lists; it was changed")
    return json.loads(content)


def measured_line() -> str:
    """One line that says how, when and where the shipped figures were measured."""
    row = next(iter(results().values()))
    return (
        f"mean of 3 seeds, {row['steps']} steps of {row['batch']}, {row['judged']:,} pictures; "
        f"measured by tools/make_weights.py on {row['measured_on']}"
    )
