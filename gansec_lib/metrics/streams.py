"""Key streams and sequences of numbers: related under different keys, spread, lawful.

A generator of keys may pass every test of one stream and still give nearly the same stream under
every key; only windows under different keys show that. Whether a generator has learned its source
shows in two ways: do its numbers spread alike, and does the next one follow from those before?
"""

from __future__ import annotations

import math

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import tail_z
from gansec_lib.metrics.metric import Metric, info, with_verdict

LAGS = (1, 2, 4, 8)  # numbers from which the next one is predicted
NEIGHBOURS = 5
MOST = 20_000  # pairs that the predictor learns from and is tried on
LAWFUL = 0.5  # R² of the source itself under which there is no law to learn


def window_correlation(windows: torch.Tensor, alpha: float = 0.05, name="window_correlation"):
    """The largest |r| between any two windows: near 0 where streams know nothing of each other.

    Parameters
    ----------
    windows : (K, n)
        One window a key, bytes or numbers; K of 2 or more, n of 8 or more.

    Returns
    -------
    Metric
        Judged one-sided: for independent windows atanh(r) √(n − 3) is nearly normal, and the level
        is divided by the number of pairs. A window without any spread has no correlation and fails.

    >>> rng = torch.Generator().manual_seed(0)
    >>> free = torch.rand(4, 1000, generator=rng)
    >>> window_correlation(free).verdict, window_correlation(free + 9 * free[:1]).verdict
    ('pass', 'fail')
    """
    found, n = pair_correlations(windows), windows.shape[1]
    value = math.nan if found.isnan().any() else found.max().item()
    high = math.tanh(tail_z(alpha / (2 * len(found))) / math.sqrt(n - 3))
    words = f"largest |r| of {len(found)} pairs of windows of {n:,}, each under a key of its own; "
    return with_verdict(name, value, 0.0, None, high, f"{words}{alpha:g} over all pairs")


def pair_correlations(windows: torch.Tensor) -> torch.Tensor:
    """|r| of every pair of windows (K, n), float64 (K (K − 1) / 2,); NaN without any spread.

    >>> pair_correlations(torch.arange(24.0).reshape(3, 8))
    tensor([1., 1., 1.], dtype=torch.float64)
    """
    if windows.ndim != 2 or len(windows) < 2 or windows.shape[1] < 8:
        raise ParameterError(
            f"windows: expected (K, n) with K of 2 or more and n of 8 or more, got "
            f"{tuple(windows.shape)}"
        )
    count = len(windows)
    table = torch.corrcoef(windows.to(torch.float64))
    return table[tuple(torch.triu_indices(count, count, 1))].abs()


def distribution_distance(made: torch.Tensor, source: torch.Tensor, name="source_distance"):
    """The two-sample Kolmogorov–Smirnov distance of two sets of numbers: 0 alike, 1 apart.

    It carries no verdict: with enough numbers every imitation differs from its source.

    >>> half = torch.linspace(0, 1, 100)
    >>> distribution_distance(half, half).value, distribution_distance(half, half + 5).value
    (0.0, 1.0)
    """
    from scipy.stats import ks_2samp

    first, second = (x.reshape(-1).to(torch.float64).numpy() for x in (made, source))
    value = float(ks_2samp(first, second, method="asymp").statistic)
    words = f"Kolmogorov–Smirnov, {len(first):,} numbers beside {len(second):,} of the source"
    return info(name, value, words, 0.0)


def law(source: torch.Tensor, made: torch.Tensor) -> tuple[float, float]:
    """How well the source's own law predicts the next number: in the source, and in what was made.

    The law is learned from one half of the source's windows, as the mean of the five nearest
    neighbours of the last 1, 2, 4 or 8 numbers, whichever does best on the other half.

    Parameters
    ----------
    source, made : (K, n)
        Windows of numbers, n over 8.

    Returns
    -------
    (float, float)
        R² in the source's other half and in ``made``: 1 where every number follows from those
        before, 0 where the mean would do as well, negative where it does worse.

    >>> x = torch.rand(200, generator=torch.Generator().manual_seed(0))
    >>> rows = [x]
    >>> for _ in range(15):
    ...     rows.append(3.99 * rows[-1] * (1 - rows[-1]))
    >>> orbit = torch.stack(rows, 1)
    >>> own, noise = law(orbit, torch.rand(200, 16))
    >>> own > 0.99 > 0.5 > noise
    True
    """
    from sklearn.neighbors import KNeighborsRegressor

    half = len(source) // 2
    best = None
    for lag in LAGS:
        before, after = _steps(source[:half], lag)
        found = KNeighborsRegressor(NEIGHBOURS).fit(before, after)
        own = found.score(*_steps(source[half:], lag))
        if best is None or own > best[0]:
            best = own, found, lag
    own, found, lag = best
    return float(own), float(found.score(*_steps(made, lag)))


def law_learned(source: torch.Tensor, made: torch.Tensor, name: str = "law") -> Metric:
    """R² of the source's law on what was made, beside the source's own; no verdict.

    A key that obeys a law is predictable, so a good imitation makes the worse key.
    """
    own, other = law(source, made)
    if own < LAWFUL:
        why = f"the source itself has no law that its last {LAGS[-1]} numbers tell (R² {own:.2f})"
        return Metric(name, None, None, None, None, "info", why)
    words = f"R² of the source's next-number law, learned from its windows; its own is {own:.3f}"
    return info(name, other, words, own)


def _steps(windows: torch.Tensor, lag: int):
    """(the ``lag`` numbers before, the next one) from all windows, at most ``MOST`` of them."""
    parts = windows.to(torch.float64).unfold(1, lag + 1, 1).reshape(-1, lag + 1)
    if len(parts) > MOST:
        parts = parts[torch.linspace(0, len(parts) - 1, MOST).long()]
    return parts[:, :-1].numpy(), parts[:, -1].numpy()
