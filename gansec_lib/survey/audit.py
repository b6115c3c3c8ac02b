"""Whether a printed row can be what a random-looking cipher image of some common size shows."""

from __future__ import annotations

import math

from gansec_lib import metrics
from gansec_lib.survey.printed import Row

SIZES = {
    "128²": 128**2,
    "256²": 256**2,
    "256² colour": 3 * 256**2,
    "512²": 512**2,
    "512² colour": 3 * 512**2,
    "1024²": 1024**2,
}


def problems(row: Row, n: int, alpha: float = 0.001) -> list[str]:
    """What in a printed row an ideal cipher image of ``n`` bytes would not show, one phrase each.

    NPCR two-sided, because a share above what chance allows is as telling as one below; a printed
    value gets half a unit of its last digit as grace.

    >>> from gansec_lib.survey.printed import TABLE_8
    >>> problems(TABLE_8["[69]"], 256 * 256)
    ['NPCR 99.42 is too low', 'UACI 13.84 is too low', 'entropy 7.977 is too low']
    """
    found = []
    for name, value, (low, high), grace in (
        ("NPCR", row.npcr, metrics.npcr_critical(n, alpha, "two"), 0.005),
        ("UACI", row.uaci, metrics.uaci_critical(n, alpha), 0.005),
        ("entropy", row.entropy, metrics.entropy_interval(n, alpha), 0.00005),
    ):
        if value is not None and not low - grace <= value <= high + grace:
            found.append(f"{name} {value:g} is too {'low' if value < low else 'high'}")
    return found


def audit(row: Row, alpha: float = 0.001) -> tuple[list[str], list[str]]:
    """The picture sizes a printed row is possible for, and what stands against it otherwise.

    The sizes of the papers are not printed, so common ones are tried. Where no size fits, the
    problems are those at the size that fits best. Entropy and χ² of one picture of n bytes are
    tied by H ≈ 8 − χ² / (2 n ln 2): together they say how large it was.

    >>> from gansec_lib.survey.printed import TABLE_8
    >>> audit(TABLE_8["[65]"])[0]
    ['256² colour', '512²']
    """
    against = {name: problems(row, n, alpha) for name, n in SIZES.items()}
    fits = [name for name, found in against.items() if not found]
    if fits:
        return fits, []
    nearest = min(against, key=lambda name: len(against[name]))
    said = [f"{found} for {nearest}" for found in against[nearest] if "entropy" not in found]
    if row.entropy:
        n = round(255 / (2 * math.log(2) * (8 - row.entropy)))
        side = math.isqrt(n)
        said.append(f"entropy {row.entropy:g} is that of {n:,} random bytes ({side} × {side})")
    if row.entropy and row.chi_square:
        n = round(row.chi_square / (2 * math.log(2) * (8 - row.entropy)))
        said.append(f"χ² {row.chi_square:g} beside this entropy means {n:,} bytes")
    return [], said
