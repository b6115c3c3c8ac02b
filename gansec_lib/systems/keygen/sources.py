"""What the key generators learn to imitate: windows of chaotic orbits, scaled to [−1, 1].

``source(count, seed) -> float32 (count, size)``; every state variable by its own least and largest
value. Which orbits a paper took is mostly not printed: see the systems.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import torch

from gansec_lib import chaos

# Six systems of different dimension for [5] (specs §2: which ones is our reading).
SIX = ("logistic", "henon", "slmm_2d", "lorenz", "hyper_chen", "hyper_lorenz_5d")


def orbit_windows(name: str, size: int, count: int, seed: int, params=None) -> torch.Tensor:
    """Windows of one long orbit, all coordinates of a state in turn."""
    dimension = chaos.get(name).dimension
    start = chaos.seeds(name, b"a source of numbers", seed.to_bytes(4, "big"))[0]
    states = chaos.orbit(name, ceil(count * size / dimension), start=start, params=params)
    low, high = states.min(0), states.max(0)
    scaled = 2 * (states - low) / (high - low) - 1
    flat = scaled.astype(np.float32).reshape(-1)[: count * size]
    return torch.from_numpy(flat.reshape(count, size))


def six_systems(count: int, seed: int, size: int = 256) -> torch.Tensor:
    """Windows of the six systems, one sixth each, mixed."""
    each = [orbit_windows(name, size, ceil(count / 6), seed) for name in SIX]
    rng = torch.Generator().manual_seed(seed)
    rows = torch.cat(each)
    return rows[torch.randperm(len(rows), generator=rng)[:count]]


def logistic_family(count: int, seed: int, size: int = 1024) -> torch.Tensor:
    """One logistic orbit a window, each with its own start and r in [3.9, 4) (specs §4)."""
    rng = np.random.default_rng(seed)
    starts, rates = rng.uniform(0.01, 0.99, count), rng.uniform(3.9, 4.0, count)
    states = np.empty((count, size))
    for _ in range(1000):  # all lanes side by side; a window that turns periodic does no harm
        starts = rates * starts * (1 - starts)
    for t in range(size):
        starts = rates * starts * (1 - starts)
        states[:, t] = starts
    return torch.from_numpy((2 * states - 1).astype(np.float32))


def hyper_chen(count: int, seed: int, size: int = 256) -> torch.Tensor:
    """Hyperchaotic Chen (Li, Tang, Chen), four coordinates in turn."""
    return orbit_windows("hyper_chen", size, count, seed)


def coupled_and_henon(count: int, seed: int, size: int = 192) -> torch.Tensor:
    """Rows of [x, y, Hénon x] from the coupled logistic pair and a Hénon orbit (specs §7)."""
    third = size // 3
    pair = orbit_windows("coupled_map_logistic", 2 * third, count, seed).reshape(-1, third, 2)
    henon = orbit_windows("henon", 2 * third, count, seed).reshape(-1, third, 2)[:, :, :1]
    return torch.cat([pair, henon], dim=2).reshape(count, 3 * third)


def even_noise(count: int, seed: int, size: int = 256) -> torch.Tensor:
    """Independent uniform numbers: what [77]'s generator is given here (the paper is silent)."""
    rng = torch.Generator().manual_seed(seed)
    return 2 * torch.rand(count, size, generator=rng) - 1
