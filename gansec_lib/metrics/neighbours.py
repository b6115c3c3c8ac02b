"""Nearest neighbours of feature rows, and what they say of a generator: precision and recall."""

from __future__ import annotations

import torch

from gansec_lib.errors import ParameterError


def nearest(
    rows: torch.Tensor, others: torch.Tensor, k: int = 1, same: bool = False, batch: int = 512
) -> torch.Tensor:
    """Distance from each row (N, D) to its k-th nearest of ``others`` (M, D): (N,), float32.

    ``same=True`` where both are one set: a row is not its own neighbour. A copy is at distance
    exactly 0.
    """
    a, b = (
        rows_of("rows", rows, dtype=torch.float32),
        rows_of("others", others, dtype=torch.float32),
    )
    same_width(a, b)
    if not 1 <= k <= len(b) - same:
        raise ParameterError(f"k: expected 1 to {len(b) - same} neighbours, got {k}")
    found = [
        distances(part, b).topk(k + same, 1, largest=False, sorted=False).values.amax(1)
        for part in a.split(batch)
    ]
    return torch.cat(found)


def precision_recall(
    real: torch.Tensor, generated: torch.Tensor, k: int = 3, batch: int = 512
) -> dict[str, float]:
    """Improved precision and recall (Kynkäänniemi et al. 2019), density and coverage.

    Each set's manifold is the union of balls around its rows that reach their k-th neighbour.
    Precision: share of generated rows inside the real manifold. Recall: share of real rows inside
    the generated one. Density and coverage (Naeem et al. 2020) count balls around real rows only,
    which one stray row cannot inflate.

    Parameters
    ----------
    real, generated : float (N, D), (M, D)
    k : int
        3 in the paper (density and coverage use 5 there; here the same k).
    """
    a = rows_of("real", real, least=k + 1, dtype=torch.float32)
    b = rows_of("generated", generated, least=k + 1, dtype=torch.float32)
    radius_a, radius_b = nearest(a, a, k, same=True), nearest(b, b, k, same=True)
    inside, counted, covered, recalled = [], [], [], []
    for part, radius in zip(b.split(batch), radius_b.split(batch), strict=True):
        gaps = distances(part, a)
        balls = gaps <= radius_a
        inside.append(balls.any(1))
        counted.append(balls.sum(1))
        covered.append(balls.any(0))
        recalled.append((gaps <= radius[:, None]).any(0))
    return {
        "precision": float(torch.cat(inside).float().mean()),
        "recall": float(torch.stack(recalled).any(0).float().mean()),
        "density": float(torch.cat(counted).float().mean()) / k,
        "coverage": float(torch.stack(covered).any(0).float().mean()),
    }


def rows_of(name: str, rows, least: int = 1, dtype=torch.float64) -> torch.Tensor:
    """Feature rows (N, D), finite, at least ``least`` of them, in ``dtype``."""
    rows = torch.as_tensor(rows)
    if rows.ndim != 2 or len(rows) < least:
        raise ParameterError(
            f"{name}: expected at least {least} rows (N, D), got {tuple(rows.shape)}"
            + ("; give features, not pictures" if rows.ndim == 4 else "")
        )
    if not bool(torch.isfinite(rows).all()):
        raise ParameterError(f"{name}: expected finite numbers, got NaN or infinity")
    return rows.to(dtype)


def same_width(a: torch.Tensor, b: torch.Tensor) -> None:
    """ParameterError unless both sets of rows have one number of features."""
    if a.shape[1] != b.shape[1]:
        raise ParameterError(
            f"generated: expected {a.shape[1]} features like real, got {b.shape[1]}"
        )


def distances(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Euclidean distances (N, M), float32; between equal rows exactly 0.

    |x|² + |y|² − 2 x·y in float64, around the mean of b. Pairs so near that the subtraction has
    cancelled most digits are formed again from their difference.
    """
    centre = b.double().mean(0)
    x, y = a.double() - centre, b.double() - centre
    norms_x, norms_y = x.square().sum(1, keepdim=True), y.square().sum(1)
    squares = torch.addmm(norms_y, x, y.T, alpha=-2).add_(norms_x)
    near = (squares < 1e-7 * (norms_x + norms_y)).nonzero(as_tuple=True)
    squares[near] = (x[near[0]] - y[near[1]]).square().sum(1)
    return squares.clamp_min_(0).sqrt_().float()
