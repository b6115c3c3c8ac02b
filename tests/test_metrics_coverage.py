"""Intervals hold what they promise: known answers, coverage on ideal bytes, planted faults.

The whole of it, on 5,000 pictures of each size: ``python benchmarks/interval_coverage.py``.
"""

import importlib.util
import math
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
import torch

from gansec_lib import metrics
from gansec_lib.metrics import difference, generative, mmd, randomness
from gansec_lib.metrics.checks import binomial_interval

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def coverage():
    """benchmarks/interval_coverage.py as a module."""
    place = ROOT / "benchmarks" / "interval_coverage.py"
    spec = importlib.util.spec_from_file_location("interval_coverage", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def noise(shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def normal_rows(n, width, seed, shift=0.0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, width, generator=rng, dtype=torch.float64) + shift


# ---------------------------------------------------------------- known answers


@pytest.mark.parametrize(("n", "alpha"), [(1, 0.05), (9, 0.05), (105, 0.001), (768, 0.05)])
def test_binomial_limits_are_the_quantiles_of_exact_fractions(n, alpha):
    """P(X < low) ≤ alpha < P(X ≤ low), summed in whole numbers."""
    low, high = binomial_interval(n, 255 / 256, alpha, "one")

    def below(count):  # P(X < count)
        terms = (math.comb(n, k) * 255**k for k in range(count))
        return Fraction(sum(terms), 256**n)

    assert below(low) <= alpha < below(low + 1) and high == n
    low, high = binomial_interval(n, 0.5, alpha, "two")
    tails = [Fraction(sum(math.comb(n, k) for k in range(end)), 2**n) for end in (low, low + 1)]
    assert tails[0] <= alpha / 2 < tails[1] and high == n - low


def test_npcr_meets_its_limit_exactly():
    """At the critical count it passes, one changed byte less and it fails: no rounding between."""
    for n in (768, 3 * 55 * 37):
        least = binomial_interval(n, 255 / 256, 0.05, "one")[0]
        first = torch.zeros(1, 1, 1, n, dtype=torch.uint8)
        second = first.clone()
        second[..., :least] = 1
        assert metrics.npcr(first, second).verdict == "pass"
        second[..., 0] = 0
        assert metrics.npcr(first, second).verdict == "fail"


def test_design_effect_by_enumerating_all_bytes():
    """Cov(|a − b|, |a − c|) over all a, b, c is the variance of the mean of |a − b| given a."""
    level = np.arange(256, dtype=float)
    gap = np.abs(level[:, None] - level[None, :])
    correlation = gap.mean(1).var() / gap.var()
    assert correlation == pytest.approx(difference.SHARED, rel=1e-12)
    pictures = noise((7, 1, 5, 3))
    star = metrics.design_effect(pictures[:1].repeat(4, 1, 1, 1), pictures[1:5])
    assert star == pytest.approx(1 + 3 * correlation)
    chain = metrics.design_effect(pictures[:3], pictures[1:4])  # two of three meetings
    assert chain == pytest.approx(1 + correlation * 4 / 3)
    assert metrics.design_effect(pictures[:3], pictures[3:6]) == 1
    assert (
        "variance × 1.3" in metrics.uaci(pictures[:1].repeat(4, 1, 1, 1), pictures[1:5]).convention
    )


def test_pooled_chi_square_sees_what_the_mean_does_not():
    """Three byte values a quarter too frequent, in 64 pictures: the mean loses √64 of its z."""
    from scipy.stats import chisquare

    share = np.full(256, 1.0)
    share[[7, 70, 200]] += 0.25
    seen = {"chi_square": 0, "chi_square_pooled": 0}
    for seed in range(8):
        rng = np.random.default_rng(seed)
        biased = rng.choice(256, (64, 1, 64, 50), p=share / share.sum()).astype(np.uint8)
        for name in seen:
            metric = getattr(metrics, name)(torch.from_numpy(biased), 0.001)
            seen[name] += metric.verdict == "fail"
    assert seen["chi_square_pooled"] == 8 and seen["chi_square"] <= 2
    assert metric.value == pytest.approx(chisquare(np.bincount(biased.ravel())).statistic)
    assert metrics.chi_square_pooled(noise((64, 1, 64, 50)), 0.001).verdict == "pass"
    assert metrics.chi_square_pooled(noise((3, 1, 10, 9))).verdict == "info"


# ---------------------------------------------------------------- co-occurrence at the edges


def test_glcm_correlation_with_a_flat_side_is_undefined():
    """All right neighbours 255, the left ones not: σ_j = 0, once ±∞ or rounding."""
    columns = noise((1, 1, 40, 40))
    columns[..., 1:] = 255
    columns[..., 1] = columns[..., 0]
    one_side = noise((1, 1, 60, 2))
    one_side[..., 1] = 77
    for picture in (one_side, torch.full((1, 1, 40, 30), 201, dtype=torch.uint8)):
        assert math.isnan(metrics.glcm_feature_values(picture)["correlation"].item())
        found = metrics.glcm_features(picture)["glcm_correlation"]
        assert found.verdict == "info" and "undefined: flat" in found.convention
    assert -1 <= metrics.glcm_feature_values(columns)["correlation"].item() <= 1


@pytest.mark.parametrize("shape", [(1, 1, 1, 2), (1, 3, 2, 2), (1, 1, 1, 3)])
def test_glcm_of_a_single_pair_has_no_verdict(shape):
    found = metrics.glcm_features(noise(shape))
    assert {metric.verdict for metric in found.values()} == {"info"}
    assert "under 1000 pairs" in found["glcm_energy"].convention


def test_energy_of_few_levels_has_no_verdict():
    found = metrics.glcm_features(noise((1, 1, 64, 64)), levels=2)
    assert found["glcm_energy"].verdict == "info" and "levels" in found["glcm_energy"].convention
    assert found["glcm_contrast"].verdict == "pass"


# ---------------------------------------------------------------- batteries


def test_a_battery_that_ran_nothing_has_not_passed():
    for nothing in (b"", b"\x05"):
        found = randomness.battery(nothing)
        assert not found.passed and not found.rows and not found.to_dict()["passed"]
    rng = np.random.default_rng(1)
    assert randomness.battery(rng.bytes(2000), ["frequency", "universal"]).passed


# ---------------------------------------------------------------- generators


@pytest.mark.parametrize(
    ("n", "m", "shift", "size"), [(60, 60, 0.0, 500), (60, 90, 0.6, 500), (60, 60, 0.6, 40)]
)
def test_error_of_kid_is_the_scatter_over_fresh_draws(n, m, shift, size):
    """300 draws of both sets: their scatter against the error that each draw states of itself."""
    found = [
        generative.kernel_distance(
            normal_rows(n, 8, 2 * seed), normal_rows(m, 8, 2 * seed + 1, shift), 20, size
        )
        for seed in range(300)
    ]
    values, errors = (np.array(side) for side in zip(*found, strict=True))
    ratio = math.sqrt((errors**2).mean()) / values.std()
    # Four standard errors of 300 draws are 16 %; with one law the error is up to a third too large.
    assert 0.82 < ratio < (1.5 if shift == 0 else 1.2)


def test_subsets_that_are_the_whole_set_still_have_an_error():
    a, b = normal_rows(40, 8, 1), normal_rows(40, 8, 2)
    value, error = generative.kernel_distance(a, b)
    assert value == pytest.approx(generative.polynomial_mmd(a, b)) and error > 0.01 * abs(value)
    assert error == pytest.approx(mmd.kernel_deviation(a, b))
    assert math.isnan(generative.kernel_distance(a[:3], b[:3])[1])


def test_deviation_from_a_part_of_the_rows_is_near_that_from_all():
    a, b = normal_rows(900, 8, 1), normal_rows(700, 8, 2, 0.3)
    part = mmd.kernel_deviation(a, b, most=300)
    assert part == pytest.approx(mmd.kernel_deviation(a, b), rel=0.25)


def test_interval_of_fid_lite_holds_its_own_value():
    """Two draws of one distribution: the value is all bias, and the interval must hold it."""
    for seed in range(5):
        real, made = normal_rows(80, 16, 2 * seed), normal_rows(60, 16, 2 * seed + 1)
        low, high = generative.frechet_interval(real, made, draws=40, seed=seed)
        assert low <= generative.frechet(real, made) <= high


# ---------------------------------------------------------------- coverage


def test_intervals_of_single_cipher_images_hold(coverage):
    rows = coverage.alone((1, 40, 33, 1), 300, 1) + coverage.alone((3, 24, 20, 4), 40, 1)
    assert {row["metric"] for row in rows} >= {"glcm_energy", "chi_square_pooled", "local_entropy"}
    assert all(row["ok"] for row in rows), coverage.table(rows)


def test_intervals_of_compared_cipher_images_hold(coverage):
    rows = coverage.compared((3, 16, 16, 1), 200, 1)
    assert len(rows) == 14 and all(row["ok"] for row in rows), coverage.table(rows)


def pairs_outside(coverage, name, trials=3000, alpha=0.05):
    """Coverage of one metric over pairs that share a picture of 768 bytes, quickly."""
    pictures = noise((trials, 5, 3, 16, 16), 9)
    values = []
    for one in pictures:
        metric = getattr(metrics, name)(one[:1].repeat(4, 1, 1, 1), one[1:], alpha)
        values.append(metric.value)
    return coverage.row(name, (3, 16, 16, 4), metric, np.array(values), alpha)


def normal_law(n, alpha=0.05, side="one"):
    """The critical values of NPCR as Wu, Noonan and Agaian publish them, in percent."""
    return 100 * NormalDist(255 / 256, (255 / n) ** 0.5 / 256).inv_cdf(alpha), 100.0


@pytest.mark.parametrize("name", ["npcr", "uaci"])
def test_coverage_notices_the_intervals_of_old(coverage, monkeypatch, name):
    """Planted: the normal law for NPCR, and pairs that share a picture taken for separate ones."""
    assert pairs_outside(coverage, name)["ok"]
    if name == "npcr":  # of one picture: over four the normal law is better
        pictures = noise((3000, 2, 3, 16, 16), 3)
        shares = metrics.npcr_values(pictures[:, 0], pictures[:, 1]).numpy()
        exact = metrics.npcr(pictures[:1, 0], pictures[:1, 1])
        assert coverage.row("npcr", (3, 16, 16, 1), exact, shares, 0.05)["ok"]
        monkeypatch.setattr(difference, "npcr_critical", normal_law)
        old = difference.npcr(pictures[:1, 0], pictures[:1, 1])
        assert not coverage.row("npcr", (3, 16, 16, 1), old, shares, 0.05)["ok"]
    else:
        monkeypatch.setattr(difference, "design_effect", lambda first, second: 1.0)
        assert not pairs_outside(coverage, name)["ok"]


def test_every_judged_statistic_of_a_cipher_card_is_covered(coverage):
    """A new metric with a verdict needs its coverage. (Pairs are asked by the cards' functions.)"""
    from gansec_lib.scorecards.cipher import measures

    plain, cipher = noise((1, 3, 96, 96), 1), noise((1, 3, 96, 96), 2)
    found = measures.statistics(plain, cipher, 0.001)
    judged = {name for name, metric in found.items() if metric.verdict != "info"}
    assert len(judged) > 9
    assert judged <= {row["metric"] for row in coverage.alone((3, 64, 64, 1), 2, 0)}
