"""Lesson 03: the family of GANs, each trained three times on the same portraits.

``python tools/make_weights.py family_vanilla`` trains seeds 0, 1 and 2, ships the generator of
seed 0 (never the best one), measures all three and enters what it measured in
``data/family_results.json``. The feature network of FID-lite (``features_lite``) must be there.
"""

from __future__ import annotations

import json
import platform
import time
from functools import lru_cache, partial
from pathlib import Path

from gansec_lib.course import family
from gansec_lib.files import atomic_write
from gansec_lib.nets import weights
from tools.recipes import Recipe

FACES = 4_096  # training pictures, every one another person
SEEDS = (0, 1, 2)
STEPS = {"laptop": family.STEPS, "gpu": 20_000}
CHUNK = 100
JUDGED = 2_000  # generated and held-out pictures in each figure


@lru_cache(maxsize=1)
def training_faces():
    """What all members learn from."""
    return family.portraits(FACES, "train")


@lru_cache(maxsize=1)
def held_out_faces():
    """What they are judged by."""
    return family.portraits(JUDGED, "test")


def train_seed(
    key: str, seed: int, profile: str, out: Path, deadline: float = float("inf")
) -> bool:
    """Train one member once, in chunks; the finished generator lies in ``out``."""
    from safetensors.torch import save_file

    finished = out / f"seed{seed}.safetensors"
    steps, until = STEPS[profile], 0
    began = time.process_time()
    while not finished.exists():
        if time.monotonic() > deadline:
            return False
        until = steps if deadline == float("inf") else min(steps, until + CHUNK)
        generator, history = family.train(
            key, training_faces(), steps, seed, out / f"seed{seed}", CHUNK, until
        )
        if generator is not None:
            save_file(generator.state_dict(), finished)
            facts = {"seconds": history.seconds, "cpu_seconds": time.process_time() - began}
            (out / f"seed{seed}.json").write_text(json.dumps(facts | {"last": history.last()}))
    return True


def trained(key: str, seed: int, out: Path):
    """The generator that ``train_seed`` left in ``out``."""
    from safetensors.torch import load_file

    chosen = family.member(key)
    generator = chosen.assemble(chosen.build())
    generator.load_state_dict(load_file(out / f"seed{seed}.safetensors"))
    return generator.eval()


def train(key: str, profile: str, out: Path, minutes: float | None) -> bool:
    """Recipe of one member: three seeds, then the figures."""
    deadline = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    for seed in SEEDS:
        if not train_seed(key, seed, profile, out, deadline):
            return False
    measure(key, profile, out)
    return True


def measure(key: str, profile: str, out: Path) -> dict:
    """Judge the three seeds of a member, ship seed 0, and write the figures down."""
    from gansec_lib.metrics import generative

    real = family.at_32(held_out_faces().images)
    rows = []
    for seed in SEEDS:
        generator = trained(key, seed, out)
        made = family.at_32(family.generate(generator, JUDGED, seed=1_000 + seed))
        rows.append({"seed": seed, **generative.lite_metrics(real, made)})
        rows[-1]["cpu_seconds"] = json.loads((out / f"seed{seed}.json").read_text())["cpu_seconds"]
    command = f"python tools/make_weights.py family_{key} --profile {profile}"
    shown = {name: value for name, value in rows[0].items() if name != "seed"}
    weights.save(
        f"family_{key}", trained(key, 0, out), "float16", f"{command} (SynthFaces, seed 0)", shown
    )
    path = weights.data_dir() / family.RESULTS
    known = json.loads(path.read_text()) if path.exists() else {}
    known[key] = {
        "steps": STEPS[profile],
        "batch": family.BATCH,
        "parameters": sum(p.numel() for p in trained(key, 0, out).parameters()),
        "measured_by": command,
        "measured_on": f"{platform.machine()}, one CPU core, {time.strftime('%Y-%m-%d')}",
        "judged": JUDGED,
        "features": weights.entry("features_lite")["sha256"],
        "seeds": rows,
    }
    atomic_write(path, json.dumps(known, indent=1, sort_keys=True) + "\n")
    weights.record(path, licence="MIT", made_by="python tools/make_weights.py family_*")
    return known[key]


RECIPES = {
    f"family_{key}": Recipe(
        partial(train, key),
        f"lesson 03: {member.title}, three seeds on {FACES:,} portraits, {member.size} px",
        4.0,
    )
    for key, member in family.FAMILY.items()
}
