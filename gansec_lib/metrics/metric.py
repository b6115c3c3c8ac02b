"""``Metric``: one measured figure with the interval that chance allows and a verdict."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from gansec_lib.errors import ParameterError

VERDICTS = ("pass", "fail", "info")


def json_number(value):
    """A float as strict JSON can carry it: ``inf``, ``-inf`` and ``nan`` become those strings.

    >>> json_number(float("inf")), json_number(0.5), json_number(None)
    ('inf', 0.5, None)
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


@dataclass(frozen=True)
class Metric:
    """One figure.

    Parameters
    ----------
    name : str
        The key under which the scorecard keeps it.
    value : float or None
        What was measured; ``None`` where there is nothing to measure (the convention says why).
    ideal : float or None
        What an ideal system gives.
    low, high : float or None
        The interval in which the value must lie, ends included; ``None`` for an open side.
        It depends on how many bytes were measured.
    verdict : {"pass", "fail", "info"}
        ``info``: read it, nothing follows from it alone.
    convention : str
        How it was measured: pooling, data range, significance level.
    unit : str
        ``"%"``, ``"dB"``, ``"bit"``, ``"MB/s"`` or empty.
    """

    name: str
    value: float | None
    ideal: float | None
    low: float | None
    high: float | None
    verdict: str
    convention: str
    unit: str = ""

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise ParameterError(f"verdict: expected one of {VERDICTS}, got {self.verdict!r}")

    def to_dict(self) -> dict:
        """Plain values for JSON; non-finite numbers as the strings ``inf``, ``-inf``, ``nan``."""
        return {key: json_number(value) for key, value in asdict(self).items()}

    @property
    def interval(self) -> str:
        """The interval in words.

        >>> judge("npcr", 99.6, 99.61, 99.57, None, "demo", "%").interval
        '≥ 99.57'
        """
        if self.low is None and self.high is None:
            return ""
        if self.low == math.inf:
            return "∞"
        if self.low is None:
            return f"≤ {number(self.high)}"
        if self.high is None or self.low == self.high:
            return f"{'≥' if self.high is None else '='} {number(self.low)}"
        return f"{number(self.low)} to {number(self.high)}"

    @property
    def text(self) -> str:
        """The value with its unit, as a table prints it; speeds and ratios to three digits.

        >>> info("speed", 2304.912, "demo", unit="MB/s").text
        '2,300 MB/s'
        """
        if self.value is None:
            return "none"
        if self.unit in ("MB/s", "×") and math.isfinite(self.value):
            rounded = float(f"{self.value:.3g}")
            return f"{rounded:,.0f} {self.unit}" if rounded >= 100 else f"{rounded:g} {self.unit}"
        return f"{number(self.value)} {self.unit}".strip()

    def __str__(self) -> str:
        shown = self.text
        span = f" (expected {self.interval})" if self.interval else ""
        return f"{self.name} {shown}{span}: {self.verdict}"


def number(value: float | None) -> str:
    """A figure as a table prints it: at most six significant digits, no needless zeros.

    >>> number(99.60937512), number(float("inf")), number(-0.00041234), number(None)
    ('99.6094', '∞', '-0.00041', '')
    """
    if value is None:
        return ""
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value != 0 and abs(value) < 0.1:
        return f"{value:.2g}" if abs(value) < 0.001 else f"{value:.4f}"
    return f"{value:.6g}"


def judge(
    name: str,
    value: float | None,
    ideal: float | None,
    low: float | None,
    high: float | None,
    convention: str,
    unit: str = "",
) -> Metric:
    """A metric whose verdict is whether ``low ≤ value ≤ high``; NaN never passes.

    >>> judge("entropy", 7.2, 7.997, 7.996, 7.998, "demo", "bit").verdict
    'fail'
    """
    inside = (
        value is not None
        and not math.isnan(value)
        and (low is None or value >= low)
        and (high is None or value <= high)
    )
    return Metric(name, value, ideal, low, high, "pass" if inside else "fail", convention, unit)


def info(name: str, value: float | None, convention: str, ideal=None, unit: str = "") -> Metric:
    """A metric that carries no verdict of its own."""
    return Metric(name, value, ideal, None, None, "info", convention, unit)
