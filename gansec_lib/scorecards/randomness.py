"""SP 800-22 on bytes: all tests together, judged as one table, and what is asked about them."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from gansec_lib.metrics.metric import Metric, info, with_verdict
from gansec_lib.metrics.randomness import TESTS, Battery, battery, least_passing
from gansec_lib.metrics.randomness.many import UNIFORM_COUNT
from gansec_lib.scorecards.card import Fact, Question, Table

PANEL = (
    "SP 800-22",
    (
        Question("randomness", "SP 800-22, corrected p", "least p-value of the whole table times "
                 "the number of them; small accuses", telling=True),
        Question("randomness_share", "SP 800-22, p ≥ 0.01",
                 "ideal bytes have 99 % of their p-values there"),
        Question("randomness_rows", "SP 800-22, rows outside",
                 "the standard's limits are for one row: ideal bytes leave them in some"),
    ),
)  # fmt: skip
NAMES = tuple(question.name for question in PANEL[1])


def run(sequences: Sequence[np.ndarray], alpha: float) -> Tested:
    """All tests on sequences of packed bytes, judged at ``alpha`` for the whole table."""
    threads = min(4, os.cpu_count() or 1)
    return Tested(battery(sequences, packed=True, corrected=True, threads=threads), alpha)


class Tested:
    """A battery's table, judged with all its comparisons counted.

    A table for 55 sequences holds some 350 p-values (a proportion and, from 55 on, a uniformity in
    each of 188 rows), so an ideal cipher leaves the standard's own limits in a few rows of most
    tables. Here a p-value counts only after it is multiplied by the number of them (Bonferroni).

    Parameters
    ----------
    found : Battery
    alpha : float
        The level of the whole table.
    """

    def __init__(self, found: Battery, alpha: float):
        from scipy.stats import binom

        self.found, self.alpha = found, alpha
        self.p_values: dict[str, list[float]] = {}
        self.outside: dict[str, int] = {}
        self.expected = 0.0  # rows outside the standard's limits for an ideal cipher
        for row in found.rows:
            least = least_passing(row.count, found.alpha)
            values = self.p_values.setdefault(row.test, [])
            values.append(float(binom.cdf(row.passing, row.count, 1 - found.alpha)))
            self.expected += float(binom.cdf(least - 1, row.count, 1 - found.alpha))
            uniform = row.uniformity
            if uniform is not None:
                values.append(uniform)
            broken = row.passing < least or (uniform is not None and uniform < 1e-4)
            self.outside[row.test] = self.outside.get(row.test, 0) + broken
        self.comparisons = sum(map(len, self.p_values.values()))

    def corrected(self, test: str | None = None) -> float:
        """The least p-value of a test (or of all) times the number of comparisons, at most 1."""
        names = self.p_values if test is None else [test]
        return min(1.0, self.comparisons * min(min(self.p_values[name]) for name in names))

    def floor(self, test: str | None = None) -> float:
        """The least ``corrected`` that bytes without any randomness could get.

        Of two sequences of zeros both fail, which for a row that ideal bytes fail once in 100 times
        happens once in 10,000; times 159 comparisons that is 0.016, which accuses nobody.
        """
        rows = [row for row in self.found.rows if test in (None, row.test)]
        return self.comparisons * self.found.alpha ** max(row.count for row in rows)

    def size(self) -> str:
        """How much was tested, in words."""
        bits = " or ".join(f"{length:,}" for length in sorted(set(self.found.lengths)))
        return f"{len(self.found.lengths)} sequences of {bits} bits"

    def metrics(self) -> dict[str, Metric]:
        """``randomness`` (judged), ``randomness_share`` and ``randomness_rows`` (to read)."""
        rows, level = self.found.rows, self.found.alpha
        passing, count = (sum(getattr(row, name) for row in rows) for name in ("passing", "count"))
        words = f"{self.size()}, {len(rows)} rows; "
        least = (
            f"least of {self.comparisons} p-values (proportions, and uniformities from 55 "
            f"sequences on) times {self.comparisons}; a single row may fail by chance, the table "
            f"at {self.alpha:g}"
        )
        p, said = self.corrected(), words + least
        if self.floor() < self.alpha:
            whole = with_verdict("randomness", p, 1.0, self.alpha, None, said)
        else:  # a verdict that no bytes could fail
            whole = info("randomness", p, f"{said}; too few sequences for a verdict", 1.0)
        band = "rows outside the standard's own limits, which allow for chance in one row, not in "
        band += f"{len(rows)}; an ideal cipher has {self.expected:.1f} of them on average"
        share = f"share of all {count:,} p-values that are {level:g} or more; rows depend on each "
        return {
            "randomness": whole,
            "randomness_share": info(
                "randomness_share",
                100 * passing / count,
                words + share + "other, so no verdict",
                100 * (1 - level),
                "%",
            ),
            "randomness_rows": info(
                "randomness_rows",
                float(sum(self.outside.values())),
                words + band,
                round(self.expected, 1),
            ),
        }

    def tests(self) -> list[dict]:
        """One row a test, in the standard's order: rows, worst proportion, corrected p, verdict."""
        table = []
        for name in TESTS:
            rows = [row for row in self.found.rows if row.test == name]
            if not rows:
                reason = self.found.refused.get(name, "not run")
                table.append({"test": name, "rows": 0, "verdict": "info", "reason": reason})
                continue
            uniform = [row.uniformity for row in rows if row.uniformity is not None]
            p = self.corrected(name)
            table.append(
                {
                    "test": name,
                    "rows": len(rows),
                    "worst_proportion": min(row.passing / row.count for row in rows),
                    "least_uniformity": min(uniform) if uniform else None,
                    "rows_outside": int(self.outside[name]),
                    "corrected_p": p,
                    "verdict": "info"
                    if self.floor(name) >= self.alpha
                    else "pass"
                    if p >= self.alpha
                    else "fail",
                }
            )
        return table

    def to_dict(self) -> dict:
        """Plain values for JSON: sizes, a row a test, a row a p-value; single p-values left out."""
        return {
            "sequences": len(self.found.lengths),
            "bits": self.found.lengths[0],
            "level_of_a_sequence": self.found.alpha,
            "level_of_the_table": self.alpha,
            "comparisons": self.comparisons,
            "corrected_p": self.corrected(),
            "passed": self.corrected() >= self.alpha,
            "tests": self.tests(),
            "rows": [row.to_dict() for row in self.found.rows],
        }


def table(tested: Tested, origin: str = "") -> Table:
    """One row a test of SP 800-22, with its verdict, and what the whole run can and cannot show.

    ``origin`` says what the sequences were made of.
    """
    rows = []
    for row in tested.tests():
        name = row["test"].replace("_", " ")
        if not row["rows"]:
            rows.append((Fact(name, "info", row["reason"]), "", "", ""))
            continue
        worst, p = f"{row['worst_proportion']:.3f}", f"{row['corrected_p']:.3g}"
        rows.append((Fact(name, row["verdict"]), str(row["rows"]), worst, p))
    found = int(sum(tested.outside.values()))
    note = (
        f"{tested.size()}{origin}. {found} of {len(tested.found.rows)} "
        f"rows leave the standard's own limits; for an ideal cipher about {tested.expected:.1f} "
        f"do, by chance. The verdicts count all {tested.comparisons} comparisons together."
    )
    if len(tested.found.lengths) < UNIFORM_COUNT:
        note += (
            f" Fewer than {UNIFORM_COUNT} sequences: a small run, in which only gross faults show "
            f"and the uniformity of the p-values is not judged. The profile laptop takes 55."
        )
    head = ("test", "rows", "worst proportion", "corrected p")
    return Table("SP 800-22, test by test", head, rows, note, tested.to_dict())
