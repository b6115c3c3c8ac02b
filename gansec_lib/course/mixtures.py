"""Two-dimensional data whose density is known: what lesson 01 plays the minimax game on."""

from __future__ import annotations

import math

import torch

from gansec_lib.errors import ParameterError

MODES, RADIUS, STD = 8, 2.0, 0.05


def ring_centres(modes: int = MODES, radius: float = RADIUS) -> torch.Tensor:
    """Centres of the ring mixture, float32 (modes, 2), counter-clockwise from (radius, 0).

    >>> ring_centres(4).round().abs().tolist()
    [[2.0, 0.0], [0.0, 2.0], [2.0, 0.0], [0.0, 2.0]]
    """
    if modes < 1:
        raise ParameterError(f"modes: expected 1 or more, got {modes}")
    angle = torch.arange(modes) * (2 * math.pi / modes)
    return radius * torch.stack([angle.cos(), angle.sin()], dim=1)


def ring(count: int, rng: torch.Generator, modes: int = MODES, radius: float = RADIUS,
         std: float = STD) -> torch.Tensor:  # fmt: skip
    """Points of equally likely Gaussians on a ring, float32 (count, 2).

    >>> ring(5, torch.Generator().manual_seed(0)).shape
    torch.Size([5, 2])
    """
    centres = ring_centres(modes, radius)
    chosen = torch.randint(modes, (count,), generator=rng)
    return centres[chosen] + std * torch.randn(count, 2, generator=rng)


def normal_density(points: torch.Tensor, centre=(0.0, 0.0), std: float = 1.0) -> torch.Tensor:
    """Density of a round Gaussian at each point (N, 2), per unit area, (N,).

    >>> float(normal_density(torch.zeros(1, 2)) * 2 * math.pi)
    1.0
    """
    if std <= 0:
        raise ParameterError(f"std: expected more than 0, got {std}")
    squared = (points - torch.as_tensor(centre, dtype=points.dtype)).square().sum(dim=1)
    return torch.exp(-squared / (2 * std**2)) / (2 * math.pi * std**2)


def ring_density(points: torch.Tensor, modes: int = MODES, radius: float = RADIUS,
                 std: float = STD) -> torch.Tensor:  # fmt: skip
    """Density of the ring mixture at each point (N, 2), per unit area, (N,)."""
    return torch.stack(
        [normal_density(points, centre, std) for centre in ring_centres(modes, radius)]
    ).mean(dim=0)


def mode_shares(points: torch.Tensor, centres: torch.Tensor, std: float = STD) -> torch.Tensor:
    """Share of the points (N, 2) that lie within 4 std of each centre (M, 2): (M,), sum ≤ 1.

    A point counts for its nearest centre. The sum is the *quality*: the share of points that
    could be real. (For a round Gaussian 0.03 % of the real points lie outside 4 std.)
    """
    nearest, which = torch.cdist(points.float(), centres.float()).min(dim=1)
    counts = torch.bincount(which[nearest <= 4 * std], minlength=len(centres))
    return counts / len(points)
