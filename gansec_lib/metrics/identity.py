"""How often a person is named correctly: ranks, CMC, rank-1, verification, and what chance gives.

Distances are (P, K): from each of P probes to each of K enrolled people, smaller meaning more
alike. ``truth`` (P,) holds the column of the person that a probe really shows.
"""

from __future__ import annotations

import numpy as np

from gansec_lib.errors import ParameterError
from gansec_lib.metrics import detection
from gansec_lib.metrics.checks import check_alpha
from gansec_lib.metrics.metric import Metric, with_verdict

LEVEL = 0.95  # of intervals
DRAWS = 2000  # of the bootstrap over people


def ranks(distances, truth) -> np.ndarray:
    """At which place the right person stands for each probe, int64 (P,): 1 is found at once.

    Somebody exactly as near counts as nearer, so that an attacker who cannot tell two people
    apart gains nothing from their order.

    >>> ranks([[0.1, 0.5, 0.3], [0.4, 0.4, 0.9]], [2, 0]).tolist()
    [2, 2]
    """
    distances = np.asarray(distances, dtype=np.float64)
    truth = np.asarray(truth)
    if distances.ndim != 2 or not distances.size or np.isnan(distances).any():
        raise ParameterError(
            f"distances: expected numbers (probes, people), got shape {distances.shape}"
            + (" with NaN" if distances.ndim == 2 and distances.size else "")
        )
    whole = truth.shape == distances.shape[:1] and truth.dtype.kind in "iu"
    if not whole or truth.min() < 0 or truth.max() >= distances.shape[1]:
        raise ParameterError(
            f"truth: expected {len(distances)} columns from 0 to {distances.shape[1] - 1}, "
            f"got {truth.dtype} {truth.shape}; a probe whose person is not enrolled has no rank"
        )
    own = np.take_along_axis(distances, truth[:, None], 1)
    return (distances <= own).sum(1)


def cmc(places, people: int) -> np.ndarray:
    """Cumulative match characteristic, float64 (K,): share of probes found within the first k.

    >>> cmc([1, 2, 2, 4], 4).tolist()
    [0.25, 0.75, 0.75, 1.0]
    """
    counts = np.bincount(np.asarray(places), minlength=people + 1)[1 : people + 1]
    return np.cumsum(counts) / len(places)


def verification(distances, truth, false_accepts: float = 0.01) -> dict[str, float]:
    """Are these two the same? ``eer``, and ``tar``: true accepts at this share of false ones.

    Every probe meets every enrolled person: once the right one, K − 1 times somebody else.

    >>> found = verification([[0.1, 0.8], [0.9, 0.2]], [0, 1])
    >>> found["eer"], found["tar"]
    (0.0, 1.0)
    """
    distances, truth = np.asarray(distances, dtype=np.float64), np.asarray(truth)
    right = np.zeros(distances.shape, dtype=bool)
    right[np.arange(len(truth)), truth] = True
    curve = detection.roc(-distances[~right], -distances[right])
    return {"eer": curve.equal_error().item(), "tar": 1 - curve.missed(false_accepts).item()}


def clopper_pearson(hits: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a share: ``hits`` of ``trials`` independent tries.

    >>> low, high = clopper_pearson(0, 10)
    >>> low, round(high, 4)
    (0.0, 0.3085)
    """
    from scipy.special import betaincinv

    if not 0 <= hits <= trials or trials < 1:
        raise ParameterError(f"hits: expected 0 to {trials} of at least one trial, got {hits}")
    check_alpha(1 - level)
    tail = (1 - level) / 2
    low = float(betaincinv(hits, trials - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, trials - hits, 1 - tail)) if hits < trials else 1.0
    return low, high


def rate_interval(hits, people, level: float = LEVEL, seed: int = 0) -> tuple[float, float]:
    """The interval of a share of hits when one person has several probes.

    Pictures of one person succeed or fail together, so people are drawn again, with all their
    probes (bootstrap, percentiles). Where the exact interval for independent probes reaches
    further, as it does when all or none are hits, that end is taken.

    Parameters
    ----------
    hits : bool (P,)
    people : int (P,)
        Whose picture each probe is.
    """
    hits, people = np.asarray(hits, dtype=bool), np.asarray(people)
    if hits.ndim != 1 or hits.shape != people.shape or not len(hits):
        raise ParameterError(
            f"people: expected one number for each of {hits.shape} hits, got {people.shape}"
        )
    _, who = np.unique(people, return_inverse=True)
    found, probes = np.bincount(who, hits), np.bincount(who)
    count = len(probes)
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=DRAWS)
    drawn = np.quantile((times @ found) / (times @ probes), [(1 - level) / 2, (1 + level) / 2])
    exact = clopper_pearson(int(hits.sum()), len(hits), level)
    return min(exact[0], drawn[0].item()), max(exact[1], drawn[1].item())


def chance_limit(probes: int, people: int, alpha: float = 0.001) -> float:
    """The share of hits that guessing one of ``people`` names exceeds with chance at most alpha.

    >>> chance_limit(100, 20), chance_limit(100, 20, alpha=0.5)
    (0.13, 0.05)
    """
    from scipy.stats import binom

    check_alpha(alpha)
    if probes < 1 or people < 1:
        raise ParameterError(f"probes: expected 1 or more of each, got {probes} and {people}")
    return float(binom.ppf(1 - alpha, probes, 1 / people)) / probes


def rank_one(name: str, places, people: int, alpha: float = 0.001) -> Metric:
    """Share of probes named correctly, judged: it passes where guessing would explain it.

    >>> rank_one("rank_one", [1] * 20, 10).verdict, rank_one("rank_one", [5] * 20, 10).verdict
    ('fail', 'pass')
    """
    places = np.asarray(places)
    value = float((places == 1).mean())
    words = (
        f"{len(places)} probes, {people} people, one guess each; "
        f"one-sided at {alpha:g} for blind guessing"
    )
    return with_verdict(
        name, value, 1 / people, None, chance_limit(len(places), people, alpha), words
    )
