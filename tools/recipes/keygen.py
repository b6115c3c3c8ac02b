"""Lessons 09–13: the key generators, each trained with three seeds on chaotic orbits."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from gansec_lib.nets import weights
from gansec_lib.systems.keygen.designs import GENERATORS
from tools.recipes import Recipe

SEEDS = (0, 1, 2)
CHUNK = 250


def maker(name: str, seed: int):
    """The key generator of that name, with its weights of that seed."""
    kind, design = GENERATORS[name]
    return kind(design, seed=seed)


def train(name: str, seed: int, profile: str, out: Path, minutes: float | None) -> bool:
    """One generator, resumable; its weights are shipped as float16."""
    deadline = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    keys = maker(name, seed)
    steps, until = keys.steps[profile], 0
    began = time.process_time()
    while until < steps:
        if time.monotonic() > deadline:
            return False
        until = steps if deadline == float("inf") else min(steps, until + CHUNK)
        keys.train(profile=profile, steps=until, out=out, checkpoint_every=CHUNK, show="none")
    command = f"python tools/make_weights.py {keys.weights_name} --profile {profile}"
    last = {player: values[-1] for player, values in keys.history.values.items()}
    facts = {"steps": steps, "cpu_seconds": round(time.process_time() - began, 1), **last}
    weights.save(keys.weights_name, keys.generator, "float16", command, facts)
    return True


RECIPES = {
    maker(name, seed).weights_name: Recipe(
        partial(train, name, seed),
        f"lessons 09–13: key generator {name}, {design.loss}, seed {seed}",
        kind.laptop_minutes,
    )
    for name, (kind, design) in GENERATORS.items()
    for seed in SEEDS
}
