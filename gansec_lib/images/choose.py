"""Which pictures of a set: the same choice from the same seed, on every machine."""

from __future__ import annotations

import re
import warnings

import numpy as np


def shuffled(total: int, seed: int) -> np.ndarray:
    """A permutation of ``range(total)`` from raw generator bits, which never change between
    releases (``Generator.permutation`` may).

    >>> sorted(shuffled(5, seed=1).tolist())
    [0, 1, 2, 3, 4]
    """
    return np.argsort(np.random.PCG64(seed).random_raw(total), kind="stable")


def choose(total: int, count: int | None, seed: int, source: str) -> np.ndarray:
    """``count`` different rows out of ``total`` in rising order; all of them if there are fewer.

    >>> choose(4, None, seed=0, source="digits").tolist()
    [0, 1, 2, 3]
    """
    if count is not None and count > total:
        warn_fewer(count, total, source)
    if count is None or count >= total:
        return np.arange(total)
    return np.sort(shuffled(total, seed)[:count])


def warn_fewer(count: int, total: int, source: str) -> None:
    warnings.warn(
        f"count: asked for {count} pictures, {source} has {total}; all of them are used",
        stacklevel=4,
    )


def natural(text: str) -> tuple:
    """Sort key under which ``s2`` comes before ``s10``.

    >>> sorted(["s10/1", "s2/10", "s2/9"], key=natural)
    ['s2/9', 's2/10', 's10/1']
    """
    parts = re.split(r"([0-9]+)", text.casefold())
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), text
