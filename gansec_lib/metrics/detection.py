"""How well a score tells two kinds apart: ROC, AUC, P_E, MD5, equal error rate, with intervals.

``negatives`` are the scores of what should be let pass (covers, pairs of strangers), ``positives``
those of what should be found (stegos, pairs of one person). A larger score means: more like a
positive. All functions take numbers of shape (N,).

* P_FA(t): share of negatives with a score ≥ t, the false alarms of a threshold t.
* P_MD(t): share of positives with a score < t, its missed detections.
* P_E = min over t of (P_FA + P_MD) / 2: 0 where the kinds are apart, ½ where nothing tells them.
  The threshold is chosen on the very scores it is measured on, as is the custom in steganalysis,
  so P_E flatters the detector; ``critical_p_e`` says how far chance alone brings it down.
* MD5 = the least P_MD among thresholds with P_FA ≤ 5 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_alpha
from gansec_lib.metrics.metric import Metric, with_verdict

FALSE_ALARMS = 0.05  # of MD5
DRAWS = 1000  # of a bootstrap
_EPSILON = 1e-9  # shares are sums of 1/n: what is equal in fractions may differ in the last bit


@dataclass(frozen=True)
class Roc:
    """Every operating point of a detector, from "nothing is found" to "all is found".

    Parameters
    ----------
    thresholds : float64 (T,), falling
        The first is +∞.
    false_alarms, detections : float64 (…, T), rising from 0 to 1
        P_FA and 1 − P_MD. Leading axes are bootstrap draws.
    """

    thresholds: np.ndarray
    false_alarms: np.ndarray
    detections: np.ndarray

    def auc(self) -> np.ndarray:
        """Area under the curve: the chance that a positive scores above a negative, ties ½."""
        return np.trapezoid(self.detections, self.false_alarms, axis=-1)

    def p_e(self) -> np.ndarray:
        """Least mean of false alarms and missed detections."""
        return ((self.false_alarms + 1 - self.detections) / 2).min(-1)

    def missed(self, false_alarms: float = FALSE_ALARMS) -> np.ndarray:
        """Least share of positives missed where at most this share of negatives is accused."""
        allowed = self.false_alarms <= false_alarms + _EPSILON
        return np.where(allowed, 1 - self.detections, 1.0).min(-1)

    def equal_error(self) -> np.ndarray:
        """Where false alarms and missed detections are equally many; straight between points."""
        gap = self.false_alarms + self.detections - 1  # rises from −1 to 1
        after = (gap >= 0).argmax(-1)[..., None]
        high, low = (np.take_along_axis(gap, after - step, -1) for step in (0, 1))
        ends = [np.take_along_axis(self.false_alarms, after - step, -1) for step in (0, 1)]
        part = np.divide(-low, high - low, out=np.ones_like(high), where=high > low)
        return (ends[1] + part * (ends[0] - ends[1]))[..., 0]


def roc(negatives, positives) -> Roc:
    """The operating points at each score that occurs.

    Raises
    ------
    ParameterError
        No scores, or scores that are NaN or infinite.

    >>> curve = roc([0.1, 0.2, 0.3, 0.4], [0.3, 0.5, 0.6, 0.7])
    >>> curve.auc().item(), curve.p_e().item(), curve.missed().item()
    (0.90625, 0.125, 0.25)
    """
    negatives, positives = _scores(negatives, "negatives"), _scores(positives, "positives")
    return _roc(negatives, positives, *(np.ones((1, len(s))) for s in (negatives, positives)))[0]


def _roc(negatives, positives, weights, other_weights) -> list[Roc]:
    """One curve a row of weights, (draws, N) and (draws, M)."""
    thresholds = np.append(np.inf, np.unique(np.concatenate([negatives, positives]))[::-1])
    shares = []
    for scores, each in ((negatives, weights), (positives, other_weights)):
        order = np.argsort(-scores, kind="stable")
        counted = np.pad(np.cumsum(each[:, order], axis=1), ((0, 0), (1, 0)))
        reached = np.searchsorted(-scores[order], -thresholds, side="right")
        shares.append(counted[:, reached] / each.sum(1, keepdims=True))
    return [Roc(thresholds, *rows) for rows in zip(*shares, strict=True)]


def bootstrap(
    negatives, positives, draws: int = DRAWS, level: float = 0.95, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Intervals of ``auc`` and ``md5``: pairs (a negative and its positive) drawn again.

    A cover and its stego resemble each other, so they are drawn together: drawing single pictures
    would give intervals that are wrong. P_E gets none. It is the smallest error over all
    thresholds, and the smallest of a second draw sinks below the first. :func:`critical_p_e` says
    what a given P_E is worth.

    Parameters
    ----------
    negatives, positives : (N,), (N,)
        Row n of both belongs to one picture.
    draws : int
    level : float
        Share of the draws inside the interval (percentiles).

    Raises
    ------
    ParameterError
    """
    negatives, positives = _scores(negatives, "negatives"), _scores(positives, "positives")
    if len(negatives) != len(positives):
        raise ParameterError(
            f"positives: expected {len(negatives)} scores, one for each negative, "
            f"got {len(positives)}"
        )
    check_alpha(1 - level)
    rng = np.random.default_rng(seed)
    count = len(negatives)
    times = rng.multinomial(count, np.full(count, 1 / count), size=draws).astype(float)
    curves = _roc(negatives, positives, times, times)
    tails = (1 - level) / 2, (1 + level) / 2
    found = {
        "auc": [curve.auc() for curve in curves],
        "md5": [curve.missed() for curve in curves],
    }
    return {name: tuple(np.quantile(values, tails).tolist()) for name, values in found.items()}


def critical_p_e(count: int, alpha: float = 0.001) -> float:
    """The P_E that a detector which sees nothing falls below with chance at most ``alpha``.

    Let ``count`` negatives and as many positives be independent and of one continuous law. Then
    1 − 2 P_E is Smirnov's one-sided statistic, k / count. It reaches k with the chance
    C(2 count, count + k) / C(2 count, count), which is exact (the reflection principle). Cover and
    stego of one picture score alike, which makes so low a P_E rarer still.

    >>> [round(critical_p_e(count), 3) for count in (12, 48, 200, 1000)]
    [0.167, 0.312, 0.407, 0.459]
    """
    check_alpha(alpha)
    if count < 1:
        raise ParameterError(f"count: expected 1 or more, got {count}")
    chance, least = 1.0, 0
    while least < count and chance > alpha:
        chance *= (count - least) / (count + least + 1)
        least += 1
    return 0.5 - (least - (chance <= alpha)) / (2 * count)


def p_e(negatives, positives, name: str = "p_e", alpha: float = 0.001) -> Metric:
    """P_E, judged: it passes where chance alone would explain it.

    >>> p_e(range(50), range(100, 150)).verdict, p_e(range(50), range(50)).verdict
    ('fail', 'pass')
    """
    value = roc(negatives, positives).p_e().item()
    count = min(len(negatives), len(positives))
    words = (
        f"best threshold on these {len(negatives)} and {len(positives)} pictures; "
        f"one-sided at {alpha:g} for a detector that sees nothing"
    )
    return with_verdict(name, value, 0.5, critical_p_e(count, alpha), None, words)


def _scores(values, name: str) -> np.ndarray:
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or len(scores) == 0 or not np.isfinite(scores).all():
        came = f"shape {scores.shape}" if scores.ndim != 1 or not len(scores) else "NaN or infinity"
        raise ParameterError(f"{name}: expected finite scores (N,), got {came}")
    return scores
