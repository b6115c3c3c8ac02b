"""Lesson 04's checkers accept what is right and refuse what is nearly right."""

import math

import numpy as np
import scipy.linalg
import scipy.stats
import torch
from checker_cases import checker_tests
from sklearn.neighbors import NearestNeighbors

from gansec_lib.metrics import generative, memorisation, neighbours


def score_by_entropy(chances):
    chances = chances.double().numpy()
    gain = scipy.stats.entropy(chances.mean(0)) - scipy.stats.entropy(chances, axis=1).mean()
    return float(np.exp(gain))


def score_by_library(chances):
    return generative.score_of(chances)[0]


def score_naive(chances):
    return (chances * (chances / chances.mean(0)).log()).sum(1).mean().exp()


def score_wrong_axis(chances):
    marginal = chances.mean(1, keepdim=True)
    return torch.special.xlogy(chances, chances / marginal).sum(1).mean().exp()


def score_without_exp(chances):
    marginal = chances.mean(0, keepdim=True)
    return (
        (torch.special.xlogy(chances, chances) - torch.special.xlogy(chances, marginal))
        .sum(1)
        .mean()
    )


def frechet_by_sqrtm(mean_a, covariance_a, mean_b, covariance_b):
    a, b = covariance_a.double().numpy(), covariance_b.double().numpy()
    root = scipy.linalg.sqrtm(a @ b + 0j)
    shift = float((mean_a.double() - mean_b.double()).square().sum())
    return shift + float(np.trace(a) + np.trace(b) - 2 * np.trace(root).real)


def frechet_by_eigenvalues(mean_a, covariance_a, mean_b, covariance_b):
    a, b = covariance_a.double(), covariance_b.double()
    roots = torch.linalg.eigvals(a @ b).real.clamp_min(0).sqrt()
    shift = (mean_a.double() - mean_b.double()).square().sum()
    return shift + a.trace() + b.trace() - 2 * roots.sum()


def frechet_rooted(*args):
    return frechet_by_eigenvalues(*args).clamp_min(0).sqrt()


def frechet_commuting(mean_a, covariance_a, mean_b, covariance_b):
    roots = (covariance_a.diagonal() * covariance_b.diagonal()).sqrt().sum()
    shift = (mean_a - mean_b).square().sum()
    return shift + covariance_a.trace() + covariance_b.trace() - 2 * roots


def frechet_once(mean_a, covariance_a, mean_b, covariance_b):
    a, b = covariance_a.double(), covariance_b.double()
    root = torch.linalg.eigvals(a @ b).real.clamp_min(0).sqrt().sum()
    return (mean_a.double() - mean_b.double()).square().sum() + a.trace() + b.trace() - root


def mmd_by_library(a, b):
    return generative.polynomial_mmd(a, b)


def mmd_by_loop(a, b):
    def k(x, y):
        return (float(x @ y) / len(x) + 1) ** 3

    def within(rows):
        n = len(rows)
        return sum(k(rows[i], rows[j]) for i in range(n) for j in range(n) if i != j) / (
            n * (n - 1)
        )

    return within(a) + within(b) - 2 * sum(k(x, y) for x in a for y in b) / (len(a) * len(b))


def _kernels(a, b):
    return [(x @ y.T / a.shape[1] + 1) ** 3 for x, y in ((a, a), (b, b), (a, b))]


def mmd_biased(a, b):
    k_aa, k_bb, k_ab = _kernels(a, b)
    return k_aa.mean() + k_bb.mean() - 2 * k_ab.mean()


def mmd_one_cross_term(a, b):
    k_aa, k_bb, k_ab = _kernels(a, b)
    within = [(k.sum() - k.trace()) / (len(k) * (len(k) - 1)) for k in (k_aa, k_bb)]
    return sum(within) - k_ab.mean()


def mmd_divides_by_n_squared(a, b):
    k_aa, k_bb, k_ab = _kernels(a, b)
    return sum((k.sum() - k.trace()) / len(k) ** 2 for k in (k_aa, k_bb)) - 2 * k_ab.mean()


def pr_by_library(real, generated, k=3):
    found = neighbours.precision_recall(real, generated, k)
    return found["precision"], found["recall"]


def pr_by_sklearn(real, generated, k=3):
    def covered(centres, points):
        radius = NearestNeighbors(n_neighbors=k + 1).fit(centres).kneighbors(centres)[0][:, k]
        gap = np.linalg.norm(points[:, None] - centres[None], axis=2)
        return float((gap <= radius + 1e-6).any(1).mean())

    real, generated = real.numpy(), generated.numpy()
    return covered(real, generated), covered(generated, real)


def pr_own_neighbour(real, generated, k=3):
    return pr_by_library(real, generated, k - 1) if k > 1 else (0.0, 0.0)


def pr_swapped(real, generated, k=3):
    return pr_by_library(generated, real, k)


def pr_real_radii_only(real, generated, k=3):
    radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    inside = torch.cdist(generated, real) <= radius
    return inside.any(1).float().mean(), inside.any(0).float().mean()


def z_by_library(generated, held_out):
    n, m = len(generated), len(held_out)
    u, _ = scipy.stats.mannwhitneyu(generated.numpy(), held_out.numpy())
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


def z_by_ranks(generated, held_out):
    n, m = len(generated), len(held_out)
    ranks = scipy.stats.rankdata(np.concatenate([generated.numpy(), held_out.numpy()]))
    u = ranks[:n].sum() - n * (n + 1) / 2
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


def z_other_sign(generated, held_out):
    return -z_by_ranks(generated, held_out)


def z_without_ties(generated, held_out):
    n, m = len(generated), len(held_out)
    u = (generated[:, None] > held_out[None, :]).double().sum()
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


def z_tie_corrected(generated, held_out):
    return memorisation.rank_z(generated, held_out) + 1.0


RIGHT = {
    "04.1": [score_by_entropy, score_by_library],
    "04.2": [math.log(0.68), -0.3857],
    "04.3": [frechet_by_sqrtm, frechet_by_eigenvalues],
    "04.4": [mmd_by_library, mmd_by_loop],
    "04.5": [pr_by_library, pr_by_sklearn],
    "04.6": [z_by_library, z_by_ranks],
}
WRONG = {
    "04.1": [score_naive, score_wrong_axis, score_without_exp],
    "04.2": [0.3857, math.log2(0.68), math.exp(0.68), 0.68],
    "04.3": [frechet_rooted, frechet_commuting, frechet_once],
    "04.4": [mmd_biased, mmd_one_cross_term, mmd_divides_by_n_squared],
    "04.5": [pr_own_neighbour, pr_swapped, pr_real_radii_only],
    "04.6": [z_other_sign, z_without_ties, z_tie_corrected],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("04", RIGHT, WRONG)
