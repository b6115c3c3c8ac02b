"""The first binary digits of π and e, the sequences that the standard's appendix B is made of."""

import math
from functools import lru_cache

import numpy as np


@lru_cache(maxsize=2)
def digits_of(name: str, n: int = 1_000_000) -> np.ndarray:
    """The first ``n`` bits of "pi" or "e", their integer part first, uint8 (n,)."""
    number = {"pi": _pi, "e": _e}[name](n)
    return np.frombuffer(bin(number)[2 : 2 + n].encode(), np.uint8) - np.uint8(48)


def _pi(bits: int) -> int:
    """⌊π · 2^bits⌋ by the Chudnovskys' series, summed by splitting in halves."""

    def split(first, last):
        if last - first > 1:
            middle = (first + last) // 2
            p, q, t = split(first, middle)
            p2, q2, t2 = split(middle, last)
            return p * p2, q * q2, t * q2 + p * t2
        if first == 0:
            return 1, 1, 13591409
        p = (6 * first - 5) * (2 * first - 1) * (6 * first - 1)
        term = (13591409 + 545140134 * first) * p
        return p, 10939058860032000 * first**3, -term if first % 2 else term

    _, q, t = split(0, bits // 47 + 3)
    root = math.isqrt(10005 << 2 * (bits + 64))
    return (q * 426880 * root // t) >> 64


def _e(bits: int) -> int:
    """⌊e · 2^bits⌋ from Σ 1/k!, summed by splitting in halves."""

    def split(first, last):
        if last - first == 1:
            return 1, last
        middle = (first + last) // 2
        p, q = split(first, middle)
        p2, q2 = split(middle, last)
        return p * q2 + p2, q * q2

    terms, size = 1, 0.0
    while size < bits + 64:
        size += math.log2(terms + 1)
        terms += 1
    p, q = split(0, terms)
    return ((p + q) << bits) // q
