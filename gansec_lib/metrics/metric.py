"""``Metric``: one measured value with the interval that chance allows and a verdict."""

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
    """One measured value, what it should have been, and what follows.

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
    refused : bool
        There is no value because the system refused to give one.
    """

    name: str
    value: float | None
    ideal: float | None
    low: float | None
    high: float | None
    verdict: str
    convention: str
    unit: str = ""
    refused: bool = False

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise ParameterError(f"verdict: expected one of {VERDICTS}, got {self.verdict!r}")

    def to_dict(self) -> dict:
        """Plain values for JSON; non-finite numbers as the strings ``inf``, ``-inf``, ``nan``."""
        return {key: json_number(value) for key, value in asdict(self).items()}

    @property
    def interval(self) -> str:
        """The interval in words, with digits enough to tell its ends apart.

        >>> with_verdict("npcr", 99.6, 99.61, 99.57, None, "demo", "%").interval
        '≥ 99.57'
        >>> with_verdict("share", 0.00781, 0.0078, 0.007812, 0.007813, "demo").interval
        '0.007812 to 0.007813'
        """
        low, high = self.low, self.high
        if low is None and high is None:
            return ""
        if low == math.inf:
            return "∞"
        if low is None:
            return f"≤ {number(high)}"
        if high is None or low == high:
            return f"{'≥' if high is None else '='} {number(low)}"
        digits = self._digits
        if digits is None:
            return f"{number(low)} to {number(high)}"
        return f"{low:.{digits}g} to {high:.{digits}g}"

    @property
    def expected(self) -> str:
        """The interval, or what an ideal system gives where there is no verdict; may be empty.

        >>> info("ssim", 0.0083, "demo", 0.0078).expected
        'ideally 0.0078'
        """
        if self.interval or self.ideal is None or self.value is None:
            return self.interval
        return f"ideally {number(self.ideal)}"

    @property
    def text(self) -> str:
        """The value with its unit, as a table prints it; speeds and ratios to three digits.

        A system may refuse to give a value, and a small picture may have none.

        >>> info("speed", 2304.912, "demo", unit="MB/s").text
        '2,300 MB/s'
        >>> Metric("key_flip_decrypt", None, 0.5, None, None, "pass", "4 of 4", refused=True).text
        'refused'
        """
        if self.value is None:
            return "refused" if self.refused else "none"
        if self.unit in ("MB/s", "×") and math.isfinite(self.value):
            rounded = float(f"{self.value:.3g}")
            return f"{rounded:,.0f} {self.unit}" if rounded >= 100 else f"{rounded:g} {self.unit}"
        digits = self._digits
        shown = number(self.value) if digits is None else f"{self.value:.{digits}g}"
        return f"{shown} {self.unit}".strip()

    @property
    def _digits(self) -> int | None:
        """Significant digits that tell the ends of a narrow interval apart; else None."""
        low, high = self.low, self.high
        if None in (low, high) or low == high or number(low) != number(high):
            return None
        return next((d for d in range(4, 17) if f"{low:.{d}g}" != f"{high:.{d}g}"), 17)

    def __str__(self) -> str:
        shown = self.text
        span = f" (expected {self.interval})" if self.interval else ""
        return f"{self.name} {shown}{span}: {self.verdict}"


def number(value: float | None) -> str:
    """A value as a table prints it: at most six significant digits, no needless zeros.

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


def with_verdict(
    name: str,
    value: float | None,
    ideal: float | None,
    low: float | None,
    high: float | None,
    convention: str,
    unit: str = "",
) -> Metric:
    """A metric whose verdict is whether ``low ≤ value ≤ high``; NaN never passes.

    >>> with_verdict("entropy", 7.2, 7.997, 7.996, 7.998, "demo", "bit").verdict
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
