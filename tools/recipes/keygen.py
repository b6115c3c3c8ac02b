"""Lessons 09–13: the key generators, each trained with three seeds on its source."""

from __future__ import annotations

from gansec_lib import systems
from gansec_lib.systems.keygen.key_gan import SHIPPED_SEEDS
from tools.recipes import of_system

RECIPES = {
    f"{name}_{seed}": of_system(f"{name}_{seed}", name, "generator", minutes, seed=seed)
    for name in systems.names("KeyGenerator")
    if systems.find(name).learns
    for seed, minutes in zip(SHIPPED_SEEDS, 3 * [2.0 if "xray" in name else 0.5], strict=True)
}
