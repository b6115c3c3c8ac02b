"""Detection, identity and payload: scikit-learn, hand-worked numbers, and what chance gives."""

import itertools
import math

import numpy as np
import pytest

from gansec_lib.errors import ParameterError
from gansec_lib.metrics import detection, identity, payload


def scores(count, apart, seed, ties=False):
    rng = np.random.default_rng(seed)
    negatives, positives = rng.normal(0, 1, count), rng.normal(apart, 1.3, count)
    return (negatives.round(), positives.round()) if ties else (negatives, positives)


@pytest.mark.parametrize(("seed", "ties"), [*itertools.product(range(4), (False, True))])
def test_auc_and_curve_are_scikit_learns(seed, ties):
    from sklearn.metrics import roc_auc_score, roc_curve

    negatives, positives = scores(60 + seed, 0.4 * seed, seed, ties)
    truth = np.repeat([0, 1], [len(negatives), len(positives)])
    joined = np.concatenate([negatives, positives])
    curve = detection.roc(negatives, positives)
    assert curve.auc() == pytest.approx(roc_auc_score(truth, joined), abs=1e-12)
    alarms, hits, thresholds = roc_curve(truth, joined, drop_intermediate=False)
    assert np.array_equal(curve.thresholds, thresholds)
    assert np.allclose(curve.false_alarms, alarms) and np.allclose(curve.detections, hits)
    assert curve.p_e() == pytest.approx(((alarms + 1 - hits) / 2).min())
    assert curve.missed() == pytest.approx((1 - hits[alarms <= 0.05]).min())


def test_curve_by_hand():
    curve = detection.roc([1, 2, 3, 4], [3, 5, 6, 7])
    assert curve.auc() == 14.5 / 16  # 3 ties with 3, and loses to 4
    assert curve.p_e() == 1 / 8  # at t = 5 one of four is missed, at t = 3 two of four accused
    assert curve.missed() == 1 / 4
    assert curve.missed(0.25) == 1 / 4
    assert curve.missed(0.5) == 0
    assert detection.roc([1, 2], [1, 2]).auc() == 0.5
    assert detection.roc([5, 6], [1, 2]).p_e() == 0.5  # told apart the wrong way round is no skill


def test_equal_error_lies_where_both_errors_meet():
    assert detection.roc([0, 1], [2, 3]).equal_error() == 0
    assert detection.roc([2, 3], [0, 1]).equal_error() == 1
    assert detection.roc([1, 1], [1, 1]).equal_error() == 0.5
    # P_FA and P_MD are (0, ½) at t = 3 and (½, ½) at t = 2: equal there
    assert detection.roc([0, 2], [1, 3]).equal_error() == 0.5
    from scipy.optimize import brentq
    from sklearn.metrics import roc_curve

    negatives, positives = scores(200, 1.0, 3)
    truth = np.repeat([0, 1], 200)
    alarms, hits, _ = roc_curve(truth, np.concatenate([negatives, positives]))
    peer = brentq(lambda x: 1 - x - np.interp(x, alarms, hits), 0, 1)
    assert detection.roc(negatives, positives).equal_error() == pytest.approx(peer, abs=0.006)


def test_bootstrap_draws_pairs_and_covers_the_truth():
    negatives, positives = scores(50, 1.0, 1)
    spans = detection.bootstrap(negatives, positives, draws=400)
    curve = detection.roc(negatives, positives)
    assert spans["auc"][0] < curve.auc() < spans["auc"][1]
    assert spans == detection.bootstrap(negatives, positives, draws=400)
    # A stego that scores just above its own cover: one picture drawn twice brings both along.
    same = np.arange(50.0)
    low, high = detection.bootstrap(same, same + 1e-6, draws=400)["auc"]
    assert high - low < 0.03  # single pictures drawn would give about 0.22
    with pytest.raises(ParameterError, match="positives"):
        detection.bootstrap(negatives, positives[1:])


def test_bootstrap_intervals_hold_the_auc_as_often_as_they_say():
    truth = 0.76025  # Φ(1 / √2) for two unit normals one apart
    held = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        low, high = detection.bootstrap(rng.normal(0, 1, 80), rng.normal(1, 1, 80), 300)["auc"]
        held += low <= truth <= high
    assert 103 <= held <= 120  # 95 % of 120, and binomial chance


def test_critical_p_e_is_exceeded_as_rarely_as_it_says():
    # exact for few: of the C(6, 3) = 20 orders of three and three, one puts all positives on top
    assert detection.critical_p_e(3, alpha=0.05) == pytest.approx(0.5 - 2 / 6)
    assert detection.critical_p_e(3, alpha=0.04) == 0.0  # no outcome is so rare
    rng = np.random.default_rng(0)
    limit, below = detection.critical_p_e(40, alpha=0.05), 0
    for _ in range(2000):
        below += detection.roc(rng.random(40), rng.random(40)).p_e() < limit - 1e-12
    assert below <= 2000 * 0.05 + 3 * math.sqrt(2000 * 0.05 * 0.95)
    assert below >= 20  # and it is not far too careful


def test_p_e_judges():
    assert detection.p_e(range(100), range(50, 150)).verdict == "fail"
    rng = np.random.default_rng(5)
    assert detection.p_e(rng.random(100), rng.random(100)).verdict == "pass"


@pytest.mark.parametrize("bad", [[], [1.0, math.nan], [math.inf], [[1.0]]])
def test_scores_that_are_none_are_refused(bad):
    with pytest.raises(ParameterError, match="positives"):
        detection.roc([1.0], bad)


# ---------------------------------------------------------------- identity


def test_ranks_and_cmc_by_hand():
    distances = [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.2, 0.2, 0.2]]
    places = identity.ranks(distances, [0, 0, 1])
    assert places.tolist() == [1, 3, 3]  # ties help nobody
    assert identity.cmc(places, 3).tolist() == [1 / 3, 1 / 3, 1.0]
    for wrong in ([0, 0], [0, 0, 3], [0, 0, -1], [0.0, 0.0, 1.0]):
        with pytest.raises(ParameterError, match="truth"):
            identity.ranks(distances, wrong)
    with pytest.raises(ParameterError, match="NaN"):
        identity.ranks([[math.nan, 1.0]], [0])


def test_clopper_pearson_is_scipys():
    from scipy.stats import binomtest

    for hits, trials in ((0, 7), (3, 20), (20, 20), (50, 1000)):
        peer = binomtest(hits, trials).proportion_ci(0.95, "exact")
        assert identity.clopper_pearson(hits, trials) == pytest.approx((peer.low, peer.high))


def test_rate_interval_knows_that_one_person_has_many_probes():
    people = np.repeat(np.arange(10), 20)
    alike = np.isin(people, [1, 2, 3, 4, 5])  # a person is always found or never
    low, high = identity.rate_interval(alike, people)
    assert high - low > 0.5  # ten people, not two hundred probes
    exact = identity.clopper_pearson(100, 200)
    assert exact[1] - exact[0] < 0.15
    assert identity.rate_interval(np.ones(20, bool), np.arange(20))[0] < 0.9  # not "1 to 1"


def test_chance_limit_is_reached_as_rarely_as_it_says():
    from scipy.stats import binom

    for probes, people in ((20, 2), (195, 39), (128, 32)):
        limit = identity.chance_limit(probes, people)
        assert binom.sf(round(limit * probes), probes, 1 / people) <= 0.001
        assert binom.sf(round(limit * probes) - 1, probes, 1 / people) > 0.001


def test_rank_one_judges_by_the_right_number_of_people():
    places = [1] * 12 + [2] * 88
    assert identity.rank_one("r", places, 10).verdict == "pass"  # chance gives 10
    assert identity.rank_one("r", places, 100).verdict == "fail"  # chance gives 1
    assert identity.rank_one("r", places, 10).ideal == 0.1


def test_verification_by_hand():
    found = identity.verification([[0.1, 0.5], [0.2, 0.3]], [0, 1])
    # genuine 0.1 and 0.3, strangers 0.5 and 0.2: at 0.25 one of each is judged wrongly
    assert found["eer"] == 0.5
    assert found["tar"] == 0.5


# ---------------------------------------------------------------- payload


def test_oracles_of_the_simulator():
    rates = {0.1: 0.011220, 0.2: 0.026013, 0.3: 0.043204, 0.4: 0.062543, 0.5: 0.083973,
             1.0: 0.227092, 1.5: 0.5}  # fmt: skip
    decibels = {0.1: 67.63, 0.2: 63.98, 0.3: 61.78, 0.4: 60.17, 0.5: 58.89, 1.0: 54.57, 1.5: 51.14}
    for bits, rate in rates.items():
        found = payload.least_change_rate(bits)
        assert found == pytest.approx(rate, abs=1e-6)
        assert payload.psnr_of_changes(found) == pytest.approx(decibels[bits], abs=0.005)
        assert payload.ternary_entropy(found) == pytest.approx(bits)
    for wrong in (-0.1, 1.6):
        with pytest.raises(ParameterError, match="bits"):
            payload.least_change_rate(wrong)
    with pytest.raises(ParameterError, match="rate"):
        payload.ternary_entropy(1.5)
