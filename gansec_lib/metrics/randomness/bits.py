"""Any kind of bits in, 0/1 bytes out; and the result that every test gives."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from gansec_lib.errors import ParameterError

ALPHA = 0.01  # the standard's level


class TooShort(ParameterError):
    """The sequence is too short, or visits zero too rarely, for a test: it has no p-value."""

    __test__ = False


@dataclass(frozen=True)
class TestResult:
    """What one test says of one sequence.

    Parameters
    ----------
    name : str
    p_values : tuple of float
        One for each question that the test asks; uniform in [0, 1] for random bits.
    labels : tuple of str
        What each p-value belongs to (a template, a direction, a state).
    statistic : dict of str to float
        The test's own numbers, as the standard names them.
    convention : str
        Block lengths and other choices, in words.
    """

    __test__ = False  # no test of ours, whatever pytest thinks of its name

    name: str
    p_values: tuple[float, ...]
    labels: tuple[str, ...] = ("",)
    statistic: dict[str, float] = field(default_factory=dict)
    convention: str = ""

    @property
    def least(self) -> float:
        """The smallest p-value."""
        return min(self.p_values)

    def passed(self, alpha: float = ALPHA) -> bool:
        """Whether no p-value is below alpha / their number (Bonferroni; ours).

        The standard judges each p-value by itself, so that of 148 templates one or two fail for
        any random sequence. This way a random sequence fails a test in at most alpha of cases.
        """
        return self.least >= alpha / len(self.p_values)

    def __str__(self) -> str:
        many = f", least of {len(self.p_values)}" if len(self.p_values) > 1 else ""
        return f"{self.name}: p = {self.least:.6f}{many}"


def to_bits(data, packed: bool = False) -> np.ndarray:
    """A fresh uint8 array (n,) of zeros and ones; the input is never changed.

    Parameters
    ----------
    data : bytes, str of 0 and 1, or array or tensor (n,)
        ``bytes`` are packed, eight bits each, the highest first. Arrays of bool or any integer
        kind hold one bit an element, 0 or 1.
    packed : bool
        A uint8 array holds eight bits an element, too.

    Raises
    ------
    ParameterError

    >>> to_bits(b"\\x05").tolist(), to_bits("011").tolist()
    ([0, 0, 0, 0, 0, 1, 0, 1], [0, 1, 1])
    """
    if isinstance(data, bytes | bytearray | memoryview):
        return np.unpackbits(np.frombuffer(data, np.uint8))
    if isinstance(data, str):
        if set(data) - {"0", "1"}:
            raise ParameterError(f"bits: expected a str of 0 and 1, got {data[:20]!r}…")
        return np.frombuffer(data.encode(), np.uint8) - np.uint8(48)
    if hasattr(data, "detach"):
        data = data.detach().cpu().numpy()
    array = np.asarray(data)
    if array.ndim != 1:
        raise ParameterError(
            f"bits: expected one sequence (n,), got shape {array.shape}; battery takes many"
        )
    if packed:
        if array.dtype != np.uint8:
            raise ParameterError(f"bits: packed bits are uint8, got {array.dtype}")
        return np.unpackbits(array)
    if array.dtype.kind not in "bui":
        raise ParameterError(f"bits: expected bool or integers 0 and 1, got {array.dtype}")
    if array.size and (array.min() < 0 or array.max() > 1):
        raise ParameterError(
            f"bits: expected 0 and 1, got values from {array.min()} to {array.max()}; "
            f"bytes of eight bits each need packed=True"
        )
    return array.astype(np.uint8)


def take(data, least: int, name: str, strict: bool, floor: int = 1) -> np.ndarray:
    """The bits, if they are as many as the standard asks for (or, not ``strict``, the floor)."""
    bits = data if isinstance(data, Checked) else to_bits(data).view(Checked)
    wanted = max(least, floor) if strict else floor
    if len(bits) < wanted:
        asks = "SP 800-22 asks for" if strict else "it needs"
        raise TooShort(f"bits: {name}: {asks} {wanted:,} bits or more, got {len(bits):,}")
    return bits.view(np.ndarray)


class Checked(np.ndarray):
    """Bits that ``to_bits`` made, so that a battery converts them once."""


def gamma_q(a: float, x):
    """Upper regularised incomplete gamma function, the standard's igamc; x a number or an array."""
    from scipy.special import gammaincc

    found = gammaincc(a, x)
    return found if np.ndim(x) else float(found)


def erfc(x: float) -> float:
    """Complementary error function."""
    return math.erfc(x)


def chi_square(counts, expected) -> float:
    """Σ (count − expected)² / expected."""
    counts, expected = np.asarray(counts, float), np.asarray(expected, float)
    return float(((counts - expected) ** 2 / expected).sum())
