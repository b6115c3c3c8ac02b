"""Recipes: how each shipped weight file is made. One module a lesson or family.

A recipe module defines ``RECIPES: dict[str, Recipe]``. ``tools/make_weights.py`` finds them all.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from gansec_lib import systems
from gansec_lib.nets import weights


@dataclass(frozen=True)
class Recipe:
    """How to make one weight file.

    Parameters
    ----------
    train : callable (profile, out, minutes) -> bool
        Trains in the folder ``out`` for at most ``minutes`` (None: to the end), continues what it
        finds there, and returns whether it is finished. When finished it has called
        ``gansec_lib.nets.weights.save`` for the name the recipe stands under.
    about : str
        One line: what it is and what it is trained on.
    laptop_minutes : float
        How long the laptop profile takes on two free cores, as measured.
    """

    train: Callable[[str, Path, float | None], bool]
    about: str
    laptop_minutes: float


def of_system(
    name: str,
    key_name: str,
    network: str,
    laptop_minutes: float,
    reached: Callable = lambda network: {},
    **options,
) -> Recipe:
    """The weights of one network of a system, made by the system's own ``train``.

    Parameters
    ----------
    name : str
        Under which the weights are shipped.
    key_name, network : str
        The system, and which of its networks.
    reached : callable
        ``reached(network) -> dict``: what to write down of the finished network.
    **options
        Of the system.
    """

    def train(profile: str, out: Path, minutes: float | None) -> bool:
        system = systems.get(key_name, **options)
        began = time.process_time()
        system.train(
            None, profile, networks=(network,), minutes=minutes, out=out, checkpoint_every=250,
            show="none",
        )  # fmt: skip
        history, slot = system.history[network], system.slots[network]
        if len(history) < slot.steps[profile]:
            return False
        facts = {"steps": len(history), "cpu_seconds": round(time.process_time() - began, 1)}
        with torch.no_grad():
            facts |= history.last() | reached(slot.network)
        command = f"python tools/make_weights.py {name} --profile {profile}"
        weights.save(name, slot.network, "float16", command, facts)
        return True

    words = " ".join([key_name, *(f"{key} {value}" for key, value in options.items())])
    return Recipe(train, f"{network} of {words}", laptop_minutes)


def collect() -> dict[str, Recipe]:
    """Every recipe of every module in this folder; the same name twice is an error."""
    found: dict[str, Recipe] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        for name, recipe in importlib.import_module(f"{__name__}.{module}").RECIPES.items():
            if name in found:
                raise ValueError(f"recipe {name!r} stands in two modules, one is {module}.py")
            found[name] = recipe
    return found
