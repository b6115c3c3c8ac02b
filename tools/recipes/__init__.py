"""Recipes: how each shipped weight file is made. One module a lesson or family.

A recipe module defines ``RECIPES: dict[str, Recipe]``. ``tools/make_weights.py`` finds them all.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


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


def collect() -> dict[str, Recipe]:
    """Every recipe of every module in this folder; the same name twice is an error."""
    found: dict[str, Recipe] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        for name, recipe in importlib.import_module(f"{__name__}.{module}").RECIPES.items():
            if name in found:
                raise ValueError(f"recipe {name!r} stands in two modules, one is {module}.py")
            found[name] = recipe
    return found
