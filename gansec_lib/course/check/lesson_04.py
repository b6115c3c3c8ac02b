"""Exercises of lesson 04: judging a generator."""

from __future__ import annotations

import math

import torch

from gansec_lib.course.check.registry import case, exercise, value


def _rng(seed):
    return torch.Generator().manual_seed(seed)


def _rows(count, width, seed=0, shift=0.0):
    return torch.randn(count, width, generator=_rng(seed)) + shift


def _chances(count, classes, seed=0, sharp=3.0):
    return torch.softmax(sharp * _rows(count, classes, seed).double(), 1)


@exercise(
    "04.1",
    title="inception score",
    difficulty=2,
    minutes=10,
    hints=(
        "KL(p‖q) = Σ p log p − Σ p log q, summed over classes; q is the mean of p over pictures.",
        "torch.special.xlogy(p, q) is p·log q, and 0 where p is 0. Mean over pictures, then exp.",
    ),
    cases=lambda: [
        case("ordinary probabilities, N ≠ K", _chances(12, 5)),
        case("one sure picture of each class", torch.eye(6, dtype=torch.float64)),
        case("every picture the same", _chances(1, 4).repeat(7, 1)),
        case("a batch of one", _chances(1, 9, 2)),
        case("float32 with exact zeros", torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])),
    ],
    rtol=1e-4,
)
def inception_score(chances):
    marginal = chances.mean(0, keepdim=True)
    divergence = torch.special.xlogy(chances, chances) - torch.special.xlogy(chances, marginal)
    return divergence.sum(1).mean().exp()


value(
    "04.2",
    math.log(0.68),
    title="can this be true?",
    difficulty=1,
    minutes=4,
    hints=("IS = exp(mean KL). Take the logarithm of both sides.", "math.log(0.68), about −0.39."),
    atol=5e-3,
    explain="No KL divergence is below 0, so no inception score is below exp(0) = 1.",
)


def _cloud(width, seed, rank=None, shift=0.0):
    """Mean (D,) and covariance (D, D), of that rank."""
    rows = torch.randn(rank or 4 * width, width, generator=_rng(seed), dtype=torch.float64)
    return torch.full((width,), shift), rows.T @ rows / len(rows)


@exercise(
    "04.3",
    title="Fréchet distance",
    difficulty=3,
    minutes=12,
    hints=(
        "L = torch.linalg.cholesky(covariance_a.double()); eigenvalues of L.T @ covariance_b @ L "
        "with torch.linalg.eigvalsh.",
        "Clamp the eigenvalues at 0, take roots, sum: that is tr(Σ_a Σ_b)^½. Subtract it twice.",
    ),
    cases=lambda: [
        case("two ordinary clouds", *_cloud(5, 1), *_cloud(5, 2, shift=1.0)),
        case("the same cloud twice", *_cloud(4, 3), *_cloud(4, 3)),
        case(
            "float32, one feature",
            torch.zeros(1),
            torch.tensor([[4.0]]),
            torch.tensor([3.0]),
            torch.tensor([[1.0]]),
        ),
        case("the generated cloud is flat", *_cloud(6, 4), *_cloud(6, 5, rank=2)),
        case(
            "covariances that do not commute",
            torch.zeros(2),
            torch.tensor([[2.0, 1.0], [1.0, 2.0]]),
            torch.zeros(2),
            torch.tensor([[5.0, 0.0], [0.0, 0.1]]),
        ),
    ],
    rtol=1e-5,
    atol=1e-5,
)
def frechet_distance(mean_a, covariance_a, mean_b, covariance_b):
    a, b = covariance_a.double(), covariance_b.double()
    factor = torch.linalg.cholesky(a)
    root = torch.linalg.eigvalsh(factor.T @ b @ factor).clamp_min(0).sqrt().sum()
    shift = (mean_a.double() - mean_b.double()).square().sum()
    return shift + a.trace() + b.trace() - 2 * root


@exercise(
    "04.4",
    title="find the bug",
    difficulty=2,
    minutes=10,
    hints=(
        "Bias: the diagonal compares pictures with themselves. (k.sum() − k.trace()) / (n(n − 1)).",
        "Distance: the mixed term counts twice, − 2 · k_ab.mean(); k_ab keeps its diagonal.",
    ),
    cases=lambda: [
        case("as many of each", _rows(9, 4, 1), _rows(9, 4, 2, 0.5)),
        case("more generated than real", _rows(4, 3, 3), _rows(11, 3, 4)),
        case("only two of each", _rows(2, 7, 5), _rows(2, 7, 6)),
        case("the same rows twice", _rows(6, 5, 7), _rows(6, 5, 7)),
    ],
    rtol=1e-4,
    atol=1e-4,
)
def kernel_distance(a, b):
    width = a.shape[1]
    k_aa, k_bb, k_ab = ((x @ y.T / width + 1) ** 3 for x, y in ((a, a), (b, b), (a, b)))
    within = [(k.sum() - k.trace()) / (len(k) * (len(k) - 1)) for k in (k_aa, k_bb)]
    return sum(within) - 2 * k_ab.mean()


def _two(first, second):
    return torch.cat([first, second])


def _both(answer, *args):
    precision, recall = answer(*args)
    return [float(precision), float(recall)]


@exercise(
    "04.5",
    title="precision and recall",
    difficulty=3,
    minutes=14,
    hints=(
        "radius = torch.cdist(rows, rows).kthvalue(k + 1, dim=1).values: + 1, because the nearest "
        "row is the row itself.",
        "distances = torch.cdist(generated, real). Precision: (distances <= radius(real)).any(1); "
        "recall: (distances <= radius(generated)[:, None]).any(0); then means.",
    ),
    cases=lambda: [
        case("two overlapping clouds", _rows(20, 2, 1), _rows(20, 2, 2, 0.6)),
        case("more real than generated", _rows(30, 3, 3), _rows(12, 3, 4, 0.4)),
        case("one mode of two", _two(_rows(10, 2, 5), _rows(10, 2, 6, 9.0)), _rows(14, 2, 7)),
        case("strays", _rows(20, 2, 8), _two(_rows(16, 2, 9, 4.0), 30 * _rows(4, 2, 10))),
        case("k = 1", _rows(15, 2, 11), _rows(18, 2, 12), 1),
    ],
    probe=_both,
)
def precision_recall(real, generated, k=3):
    def radius(rows):
        return torch.cdist(rows, rows).kthvalue(k + 1, dim=1).values

    distances = torch.cdist(generated, real)
    precision = (distances <= radius(real)[None, :]).any(1).float().mean()
    recall = (distances <= radius(generated)[:, None]).any(0).float().mean()
    return precision, recall


@exercise(
    "04.6",
    title="the copy test",
    difficulty=2,
    minutes=10,
    hints=(
        "U counts pairs with generated > held-out, ties half: compare g[:, None] with h[None, :].",
        "z = (U − n·m/2) / sqrt(n·m·(n + m + 1)/12): negative where generated ones lie nearer.",
    ),
    cases=lambda: [
        case("honest, n ≠ m", _rows(14, 1, 1).abs()[:, 0], _rows(9, 1, 2).abs()[:, 0]),
        case("all copies: distance 0", torch.zeros(6), _rows(8, 1, 3).abs()[:, 0]),
        case("ties", torch.tensor([0.0, 1.0, 1.0, 2.0]), torch.tensor([1.0, 1.0, 3.0])),
        case("one picture each", torch.tensor([2.0]), torch.tensor([1.0])),
        case("further away than held-out", torch.full((5,), 9.0), _rows(7, 1, 4).abs()[:, 0]),
    ],
)
def copying_z(generated, held_out):
    n, m = len(generated), len(held_out)
    above = (generated[:, None] > held_out[None, :]).double().sum()
    equal = (generated[:, None] == held_out[None, :]).double().sum()
    return (above + equal / 2 - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
