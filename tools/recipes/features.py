"""The feature network of FID-lite: many small tasks on bundled pictures, clean and spoilt."""

from __future__ import annotations

import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from gansec_lib import images
from gansec_lib.course import family
from gansec_lib.images import to_network
from gansec_lib.images.drawn import faces
from gansec_lib.nets import weights
from gansec_lib.nets.features import (
    DEGREES,
    SIZE,
    SOURCES,
    SPOILT,
    YES_NO,
    FeatureNetwork,
    embed,
    standardise,
)
from tools.recipes import Recipe

COUNTS = {"faces": 4_096, "digits": 1_437, "photos": 2_048, "xrays": 1_024, "textures": 1_024}
BATCH = {"faces": 64, "digits": 20, "photos": 16, "xrays": 8, "textures": 8}
STEPS = {"laptop": 900, "gpu": 6_000}
CHUNK = 250


def portraits(count: int, split: str, seed: int = 7):
    """32 px portraits with their truth, one picture a person (other people than lesson 03's)."""
    first = faces.FIRST_PERSON[split] + 50_000
    people = range(first, first + count)
    drawn = faces.generate(count, 64, seed=seed, split=split, identities=people)
    truth = drawn.attributes
    yes_no = torch.stack([truth[name].float() for name in YES_NO], dim=1)
    degree = torch.stack([truth[name].float() for name in DEGREES], dim=1)
    return family.at_32(drawn.images), yes_no, degree


def spoil(light: torch.Tensor, kind: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Spoil each picture of a batch in [−1, 1] as ``kind`` (index into SPOILT) says."""
    count = len(light)
    strength = torch.rand(count, 1, 1, 1, generator=rng)
    blurred = F.avg_pool2d(F.pad(light, (1, 1, 1, 1), mode="reflect"), 3, 1)
    noisy = light + (0.05 + 0.35 * strength) * torch.randn(light.shape, generator=rng)
    small = F.interpolate(light, scale_factor=0.5, mode="area")
    blocky = F.interpolate(small, scale_factor=2.0, mode="nearest")
    # eight-pixel tiles rolled by a few pixels: right textures in the wrong place
    rolled = torch.roll(light, (3, -2), (2, 3))
    board = torch.arange(SIZE) // 8 % 2
    board = (board[:, None] ^ board[None, :]).bool()
    shuffled = torch.where(board, rolled, light)
    blended = torch.lerp(light, light.flip(0), 0.25 + 0.25 * strength)
    versions = torch.stack([light, blurred, noisy, blocky, shuffled, blended])
    mixed = versions[kind, torch.arange(count)]
    weight = torch.where(kind[:, None, None, None] == 1, 0.4 + 0.6 * strength, 1.0)
    return torch.lerp(light, mixed, weight).clamp_(-1, 1)


def data():
    """Everything that is learned from: per source, a tuple of tensors."""
    parts = {"faces": portraits(COUNTS["faces"], "train")}
    digits = images.load("digits", size=SIZE, split="train")
    parts["digits"] = (digits.images, digits.labels)
    for name in ("photos", "xrays", "textures"):
        parts[name] = (images.load(name, size=SIZE, count=COUNTS[name], split="train").images,)
    return parts


def loss_of(network, parts, centre, spread, rng):
    """One batch of every source, its sum of losses."""
    chosen = {}
    for name, tensors in parts.items():
        rows = torch.randint(len(tensors[0]), (BATCH[name],), generator=rng)
        chosen[name] = tuple(tensor[rows] for tensor in tensors)
    light = torch.cat([to_network(c[0]).expand(-1, 3, -1, -1) for c in chosen.values()])
    source = torch.cat([torch.full((BATCH[n],), SOURCES.index(n)) for n in chosen])
    kind = torch.randint(len(SPOILT), (len(light),), generator=rng)
    kind = torch.where(torch.rand(len(light), generator=rng) < 0.4, 0, kind)
    said = network.answers(network(spoil(light, kind, rng)))
    face, digit = source == SOURCES.index("faces"), source == SOURCES.index("digits")
    _, yes_no, degree = chosen["faces"]
    return (
        F.cross_entropy(said["source"], source)
        + F.cross_entropy(said["spoilt"], kind)
        + F.cross_entropy(said["digit"][digit], chosen["digits"][1])
        + 2 * F.binary_cross_entropy_with_logits(said["yes_no"][face], yes_no)
        + F.mse_loss(said["degree"][face], (degree - centre) / spread)
    )


@torch.no_grad()
def reached(network, centre, spread) -> dict[str, float]:
    """Accuracy on people and digits it has never seen, and R² of the degrees."""
    network.eval()
    pictures, yes_no, degree = portraits(1_000, "test")
    said = network.answers(embed(pictures, network))
    right = ((said["yes_no"] > 0) == yes_no.bool()).float().mean(0)
    error = (said["degree"] - (degree - centre) / spread).square().mean(0)
    r2 = 1 - error / ((degree - degree.mean(0)) / spread).square().mean(0)
    digits = images.load("digits", size=SIZE, split="test")
    guess = network.answers(embed(digits.images, network))["digit"].argmax(1)
    figures = {name: float(right[i]) for i, name in enumerate(YES_NO)}
    figures |= {f"{name}_r2": float(r2[i]) for i, name in enumerate(DEGREES)}
    figures["digits"] = float((guess == digits.labels).float().mean())
    return {name: round(value, 4) for name, value in figures.items()}


def train(profile: str, out: Path, minutes: float | None) -> bool:
    """900 steps of 116 pictures; about a minute on one free core."""
    torch.manual_seed(0)
    network, steps = FeatureNetwork(), STEPS[profile]
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    parts = data()
    degree = parts["faces"][2]
    centre, spread = degree.mean(0), degree.std(0).clamp_min(1e-6)
    kept, done = out / "state.pt", 0
    if kept.exists():
        state = torch.load(kept, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        done = state["done"]
    began = time.monotonic()
    network.train()
    while done < steps:
        rng = torch.Generator().manual_seed(done)
        loss = loss_of(network, parts, centre, spread, rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        done += 1
        if done % CHUNK == 0 or done == steps:
            print(f"step {done}: loss {loss.item():.3f}", flush=True)
            state = {
                "network": network.state_dict(), "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(), "done": done,
            }  # fmt: skip
            torch.save(state, kept.with_suffix(".tmp"))
            kept.with_suffix(".tmp").replace(kept)
            if minutes is not None and time.monotonic() - began > 60 * minutes and done < steps:
                return False
    network.eval()
    standardise(network, embed(parts["faces"][0], network))
    figures = reached(network, centre, spread)
    (out / "reached.json").write_text(json.dumps(figures, indent=1))
    weights.save(
        "features_lite", network, "float16",
        f"python tools/make_weights.py features_lite --profile {profile} (bundled data)", figures,
    )  # fmt: skip
    return True


RECIPES = {
    "features_lite": Recipe(
        train, "the 64 features of FID-lite, on faces, digits, photos, x-rays and textures", 1.5
    )
}
