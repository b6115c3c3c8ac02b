"""One small trainer for the family of lesson 03: eight kinds of GAN, one data set, one budget.

``members`` says which networks there are and what each player minimises; everything else (data,
steps, batch, averaging, judging) is here and the same for all.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.course.members import CLASSES, FAMILY, Member
from gansec_lib.errors import DataMissingError, IntegrityError, ParameterError
from gansec_lib.images.convert import to_bytes
from gansec_lib.images.drawn import faces as drawn
from gansec_lib.nets import attention, conditional, style, weights
from gansec_lib.train import History, Trainer

BATCH, STEPS, DECAY = 16, 800, 0.99
RESULTS = "family_results.json"


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
    first = drawn.FIRST_PERSON.get(split, 0)
    return drawn.generate(count, 64, seed=3, split=split, identities=range(first, first + count))


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
    """One line that says how, when and where the shipped values were measured."""
    row = next(iter(results().values()))
    return (
        f"mean of 3 seeds, {row['steps']} steps of {row['batch']}, {row['judged']:,} pictures; "
        f"measured by tools/make_weights.py on {row['measured_on']}"
    )
