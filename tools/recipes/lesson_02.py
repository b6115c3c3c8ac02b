"""Lesson 02: seed 003's DCGAN on SynthFaces, 64×64."""

from __future__ import annotations

import io
import time
from pathlib import Path

import torch

from gansec_lib.files import replacing
from gansec_lib.images import to_bytes
from gansec_lib.images.drawn import faces
from gansec_lib.nets import weights
from gansec_lib.nets.dcgan import DCGANDiscriminator, DCGANGenerator, initialise
from gansec_lib.train import Player, Trainer, losses
from tools.recipes import Recipe

FACES = 12_288  # training pictures, every one another person
CHUNK = 100  # steps between two looks at the clock
PROFILES = {
    "laptop": {"steps": 6_600, "batch": 8},
    "gpu": {"steps": 40_000, "batch": 64},
}


def training_faces(count: int = FACES) -> torch.Tensor:
    """uint8 (count, 3, 64, 64): SynthFaces' training split, one picture a person."""
    return faces.generate(count, 64, seed=2, identities=torch.arange(count)).images


def kept_faces(out: Path) -> torch.Tensor:
    """The training faces of the run in ``out``: drawn once, kept beside its checkpoints."""
    from safetensors.torch import load_file, save_file

    path = out / "faces.safetensors"
    if not path.exists():
        with replacing(path) as temporary:
            save_file({"images": training_faces()}, temporary)
    return load_file(path)["images"]


def flip(batch, rng):
    """Mirror half of the pictures: a face seen in a mirror is a face (ours)."""
    (images,) = batch
    mirrored = torch.rand(len(images), generator=rng, device=images.device) < 0.5
    return (torch.where(mirrored.view(-1, 1, 1, 1), images.flip(3), images),)


def players(
    latent: int = 100, rates: tuple = (2e-4, 4e-4), r1: float = 0.2, r1_every: int = 4
) -> list[Player]:
    """Seed 003's two players: BCE and Adam. Rates, β₁ and R1 are ours; the report names none.

    The generator moves first and leaves its pictures for the discriminator, so each step draws
    them once: the generator does 98 % of the arithmetic. The discriminator, so much smaller,
    learns twice as fast (Heusel et al. 2017).
    """
    drawn = {}

    def adam(rate):
        return lambda parameters: torch.optim.Adam(parameters, lr=rate, betas=(0.5, 0.999))

    def generator_loss(ctx):
        fake = ctx.networks["generator"](ctx.noise(len(ctx.real), latent))
        drawn["fake"] = fake.detach()
        return losses.bce_generator(ctx.networks["discriminator"](fake))

    def discriminator_loss(ctx):
        discriminator, fake = ctx.networks["discriminator"], drawn.pop("fake")
        real_logits, fake_logits = discriminator(ctx.real), discriminator(fake)
        loss = losses.bce_discriminator(real_logits, fake_logits)
        if r1 and ctx.step % r1_every == 0:
            with torch.autocast(ctx.real.device.type, enabled=False):
                loss = loss + r1_every * losses.r1_penalty(discriminator, ctx.real, r1)
        notes = {"real": real_logits.mean().detach(), "fake": fake_logits.mean().detach()}
        return loss, notes

    return [
        Player("generator", ("generator",), generator_loss, adam(rates[0])),
        Player("discriminator", ("discriminator",), discriminator_loss, adam(rates[1])),
    ]


def train(profile: str, out: Path, minutes: float | None) -> bool:
    """Train in ``out`` until the profile's steps are done or the minutes are over."""
    settings, began = PROFILES[profile], time.monotonic()
    networks = {
        "generator": initialise(DCGANGenerator(), seed=1),
        "discriminator": initialise(DCGANDiscriminator(), seed=2),
    }
    latents = torch.randn(36, 100, generator=torch.Generator().manual_seed(3))

    def sample(networks):
        generator = networks["generator"]
        return to_bytes(generator(latents.to(next(generator.parameters()).device)))

    trainer = Trainer(
        networks,
        players(),
        kept_faces(out),
        settings["batch"],
        ema={"generator": 0.999},
        sample=sample,
        out=out,
        precision="bf16" if profile == "laptop" else "auto",
        augment=flip,
    )
    for network in (*trainer.networks.values(), *trainer.ema.values()):
        network.to(memory_format=torch.channels_last)  # 15 % faster on a CPU, the same numbers
    trainer.fit(0)  # continue from the checkpoint, if there is one
    while trainer.step < settings["steps"]:
        if minutes is not None and time.monotonic() - began > 60 * minutes:
            return False
        history = trainer.fit(min(trainer.step + CHUNK, settings["steps"]))
        write_grid(history.samples[-1], out / f"samples-{trainer.step:06d}.png")
        report(history)
    ship(trainer, profile, settings)
    return True


def report(history, last: int = CHUNK) -> None:
    """One line on how it goes: the mean of the last steps."""
    means = {name: sum(v[-last:]) / len(v[-last:]) for name, v in history.values.items()}
    numbers = "  ".join(f"{name} {value:+.3f}" for name, value in means.items())
    print(f"step {len(history)}  {history.seconds:.0f} s  {numbers}", flush=True)


def write_grid(pictures: torch.Tensor, path: Path, columns: int = 6) -> None:
    """uint8 (N, 3, H, W) as one PNG."""
    from PIL import Image

    rows = [torch.cat(list(row), dim=2) for row in pictures.split(columns)]
    grid = torch.cat(rows, dim=1).permute(1, 2, 0).contiguous()
    buffer = io.BytesIO()
    Image.fromarray(grid.numpy()).save(buffer, "PNG")
    path.write_bytes(buffer.getvalue())


def ship(trainer: Trainer, profile: str, settings: dict) -> None:
    """Save the averaged generator as int8 (float32 would take 15 MB) and how it got there."""
    command = f"python tools/make_weights.py faces_dcgan --profile {profile}"
    generator = trainer.ema["generator"].float().cpu()
    facts = {
        "steps": trainer.step,
        "batch": settings["batch"],
        "pictures": FACES,
        "seconds": round(trainer.history.seconds),
    }
    weights.save("faces_dcgan", generator, dtype="int8", made_by=command)
    packed = weights.load("faces_dcgan", DCGANGenerator())
    facts |= compare(generator, packed)
    weights.save("faces_dcgan", generator, dtype="int8", made_by=command, metrics=facts)
    history = trainer.history
    # Rows of the strip: each comes after the same factor of steps.
    wanted = [CHUNK * (trainer.step / CHUNK) ** (row / 3) for row in range(4)]
    steps = torch.tensor(history.sample_steps)
    rows = [int((steps - step).abs().argmin()) for step in wanted]
    path = weights.data_dir() / "faces_dcgan_training.png"
    write_grid(torch.cat([history.samples[row][:6] for row in rows]), path, columns=6)
    weights.record(
        path,
        licence="MIT",
        made_by=command,
        shape="256x384x3",
        steps=steps[rows].tolist(),
    )


@torch.no_grad()
def compare(generator, packed, count: int = 1024) -> dict[str, float]:
    """What int8 costs: PSNR between the two generators' pictures, and FID-lite of each."""
    latents = torch.randn(count, 100, generator=torch.Generator().manual_seed(4))
    ours, theirs = (
        torch.cat([to_bytes(network.eval()(part)) for part in latents.split(32)])
        for network in (generator.to(memory_format=torch.contiguous_format), packed)
    )
    error = (ours.float() - theirs.float()).square().mean(dim=(1, 2, 3))
    facts = {"int8_psnr": round(float((10 * torch.log10(255**2 / error)).mean()), 1)}
    if weights.exists("features_lite"):
        from gansec_lib.metrics.generative import fid_lite

        real = faces.generate(count, 64, seed=2, split="test").images
        for name, pictures in (("fid_lite_float32", ours), ("fid_lite", theirs)):
            facts[name] = round(fid_lite(real, pictures).value, 2)
    return facts


RECIPES = {
    "faces_dcgan": Recipe(train, "seed 003's DCGAN on SynthFaces 64×64, laptop: bf16", 75.0),
}
