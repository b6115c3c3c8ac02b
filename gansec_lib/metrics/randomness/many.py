"""All fifteen tests over one sequence or many, and the standard's final table."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.randomness import counting, patterns, structure
from gansec_lib.metrics.randomness.bits import ALPHA, Checked, TestResult, TooShort, to_bits

TESTS = {
    test.__name__: test
    for test in (
        counting.frequency,
        counting.block_frequency,
        counting.runs,
        counting.longest_run,
        structure.rank,
        structure.dft,
        patterns.non_overlapping,
        patterns.overlapping,
        patterns.universal,
        structure.linear_complexity,
        patterns.serial,
        patterns.approximate_entropy,
        counting.cumulative_sums,
        counting.random_excursions,
        counting.random_excursions_variant,
    )
}
UNIFORM_LEAST = 1e-4  # the standard's limit for the p-value of the p-values
UNIFORM_COUNT = 55  # sequences below which it asks for no such p-value


@dataclass(frozen=True)
class Row:
    """One line of the final table: one p-value of each sequence that has it.

    ``passing`` of ``count`` sequences have p ≥ alpha; ``uniformity`` is the p-value of the
    p-values, None for fewer than 55.
    """

    test: str
    label: str
    p_values: np.ndarray
    alpha: float

    @property
    def count(self) -> int:
        return len(self.p_values)

    def to_dict(self) -> dict:
        """Plain values for JSON, without the p-values."""
        names = ("test", "label", "passing", "count", "uniformity")
        return {name: getattr(self, name) for name in names}

    @property
    def passing(self) -> int:
        return int((self.p_values >= self.alpha).sum())

    @property
    def bins(self) -> np.ndarray:
        """How many p-values lie in each tenth of [0, 1], int64 (10,)."""
        return np.bincount(np.minimum((self.p_values * 10).astype(int), 9), minlength=10)

    @property
    def uniformity(self) -> float | None:
        """P-value of the p-values; None for fewer than 55 sequences.

        Approximate entropy's p-values are not quite uniform below 10⁶ bits, as its docstring says.
        """
        from scipy.special import gammaincc

        if self.count < UNIFORM_COUNT:
            return None
        expected = self.count / 10
        return float(gammaincc(4.5, ((self.bins - expected) ** 2 / expected).sum() / 2))


def least_passing(count: int, alpha: float = ALPHA) -> int:
    """Sequences of ``count`` that must pass: the standard's 1 − alpha − 3σ.

    >>> least_passing(100), least_passing(1000)
    (97, 981)
    """
    share = 1 - alpha - 3 * math.sqrt(alpha * (1 - alpha) / count)
    return math.ceil(share * count - 1e-9)


@dataclass(frozen=True)
class Battery:
    """What all tests say.

    Parameters
    ----------
    results : list of dict of str to TestResult
        One dict a sequence.
    refused : dict of str to str
        Tests without a p-value, and why; for many sequences, why the first one had none.
    lengths : list of int
        Bits of each sequence.
    alpha : float
    """

    results: list[dict[str, TestResult]]
    refused: dict[str, str]
    lengths: list[int]
    alpha: float = ALPHA
    rows: list[Row] = field(default_factory=list, repr=False)

    def verdict(self, test: str) -> bool | None:
        """Whether the sequences pass a test; None where it has no p-value.

        One sequence: ``TestResult.passed``. Many: enough of them pass, and their p-values are
        uniform, both at the standard's limits divided by the rows of the test (Bonferroni; ours,
        as one of 148 templates would fail for random bits more often than not).
        """
        rows = [row for row in self.rows if row.test == test]
        if not rows:
            return None
        if len(self.results) == 1:
            return self.results[0][test].passed(self.alpha)
        from scipy.stats import binom

        rare = 0.00135 / len(rows)  # 3 σ, one side
        for row in rows:
            if binom.cdf(row.passing, row.count, 1 - self.alpha) < rare:
                return False
            uniform = row.uniformity
            if uniform is not None and uniform < UNIFORM_LEAST / len(rows):
                return False
        return True

    @property
    def passed(self) -> bool:
        """Whether at least one test could be run, and none that could be run fails."""
        verdicts = {self.verdict(name) for name in TESTS}
        return True in verdicts and False not in verdicts

    @property
    def proportions(self) -> dict[tuple[str, str], float]:
        """Share of sequences with p ≥ alpha, for each test and label."""
        return {(row.test, row.label): row.passing / row.count for row in self.rows}

    @property
    def uniformity(self) -> dict[tuple[str, str], float | None]:
        """P-value of the p-values, for each test and label."""
        return {(row.test, row.label): row.uniformity for row in self.rows}

    def table(self) -> list[dict]:
        """One row a test: its p-values' number, the least (or the worst share), the verdict."""
        found = []
        for name in TESTS:
            rows = [row for row in self.rows if row.test == name]
            if not rows:
                if name in self.refused:
                    found.append({"test": name, "p-values": 0, "worst": None, "verdict": "refused"})
                continue
            if len(self.results) == 1:
                worst = float(min(row.p_values.min() for row in rows))
            else:
                worst = min(row.passing / row.count for row in rows)
            verdict = "pass" if self.verdict(name) else "fail"
            found.append({"test": name, "p-values": len(rows), "worst": worst, "verdict": verdict})
        return found

    def final_analysis(self) -> str:
        """The standard's table: ten bins, p-value of the p-values, proportion, test."""
        heads = "".join(f"{f'C{i}':>4}" for i in range(1, 11))
        lines = [f"{heads}  {'P-VALUE':>9}  {'PROPORTION':>11}  STATISTICAL TEST", "-" * 90]
        for row in self.rows:
            bins = "".join(f"{count:>4}" for count in row.bins)
            uniform = "   ----   " if row.uniformity is None else f"{row.uniformity:>9.6f} "
            mark = "*" if row.passing < least_passing(row.count, self.alpha) else " "
            if row.uniformity is not None and row.uniformity < UNIFORM_LEAST:
                uniform = uniform[:-1] + "*"
            share = f"{row.passing:>5}/{row.count:<5}{mark}"
            lines.append(f"{bins}  {uniform} {share:>12}  {row.test} {row.label}".rstrip())
        for name, why in self.refused.items():
            lines.append(f"not run: {name}: {why}")
        counts = sorted({row.count for row in self.rows})
        lines += ["-" * 90, f"least passing at alpha = {self.alpha:g}: "]
        lines[-1] += ", ".join(f"{least_passing(c, self.alpha)} of {c}" for c in counts)
        return "\n".join(lines)

    def to_dict(self) -> dict:
        """Plain values for JSON."""
        return {
            "sequences": len(self.results),
            "bits": self.lengths,
            "alpha": self.alpha,
            "passed": self.passed,
            "tests": self.table(),
            "rows": [
                {**row.to_dict(), "p_values": [float(p) for p in row.p_values]} for row in self.rows
            ],
            "refused": self.refused,
        }

    def _repr_html_(self) -> str:
        many = len(self.results) > 1
        head = ("test", "p-values", "least share passing" if many else "least p", "verdict")
        cells = "".join(f"<th>{name}</th>" for name in head)
        body = ""
        for row in self.table():
            worst = "" if row["worst"] is None else f"{row['worst']:.6g}"
            kind = {"pass": "pass", "fail": "fail"}.get(row["verdict"], "info")
            why = html.escape(self.refused.get(row["test"], ""))
            body += (
                f"<tr><td>{row['test']}</td><td>{row['p-values']}</td><td>{worst}</td>"
                f'<td class="gs-{kind}" title="{why}">{row["verdict"]}</td></tr>'
            )
        return (
            f'<table class="gs-table"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>'
        )


def battery(
    bits,
    tests: Sequence[str] | None = None,
    *,
    alpha: float = ALPHA,
    packed: bool = False,
    corrected: bool = False,
    threads: int = 1,
) -> Battery:
    """Run the tests of SP 800-22 on one sequence or on many.

    Parameters
    ----------
    bits : as ``to_bits`` takes them, or a list of such, or an array (sequences, n)
    tests : names, optional
        All fifteen by default.
    alpha : float
        The level, 0.01 in the standard.
    packed : bool
        uint8 arrays hold eight bits an element.
    corrected : bool
        The exact chances where the standard's are rounded (overlapping, linear_complexity).
    threads : int
        Sequences worked on at once.

    Raises
    ------
    ParameterError
        No sequence, an unknown test, or bits that are none. A sequence that is too short for a
        test is no error: the test stands in ``refused``.

    >>> import secrets
    >>> found = battery(secrets.token_bytes(200), ["frequency", "universal"])
    >>> found.refused["universal"]
    'bits: universal: SP 800-22 asks for 387,840 bits or more, got 1,600'
    """
    chosen = list(TESTS) if tests is None else list(tests)
    for name in chosen:
        if name not in TESTS:
            raise ParameterError(f"tests: no test is called {name!r}; known: {', '.join(TESTS)}")
    if not 0 < alpha < 0.5:
        raise ParameterError(f"alpha: expected a level between 0 and 0.5, got {alpha!r}")
    sequences = [to_bits(one, packed).view(Checked) for one in _sequences(bits)]
    if not sequences:
        raise ParameterError("bits: expected at least one sequence, got none")

    def run(sequence):
        found, refused = {}, {}
        for name in chosen:
            exact = {"corrected": corrected} if name in ("overlapping", "linear_complexity") else {}
            try:
                found[name] = TESTS[name](sequence, **exact)
            except TooShort as problem:
                refused[name] = str(problem)
        return found, refused

    if threads > 1 and len(sequences) > 1:
        with ThreadPoolExecutor(threads) as pool:
            done = list(pool.map(run, sequences))
    else:
        done = [run(sequence) for sequence in sequences]
    results = [found for found, _ in done]
    refused: dict[str, str] = {}
    for _, why in done:
        for name, reason in why.items():
            refused.setdefault(name, reason)
    rows = []
    for name in chosen:
        having = [found[name] for found in results if name in found]
        if having:
            values = np.array([one.p_values for one in having])
            rows += [
                Row(name, label, values[:, i], alpha) for i, label in enumerate(having[0].labels)
            ]
    return Battery(results, refused, [len(one) for one in sequences], alpha, rows)


def _sequences(bits) -> list:
    """One or many: a list of sequences."""
    if isinstance(bits, list | tuple):
        single = len(bits) > 0 and isinstance(bits[0], int | bool | np.integer)
        return [np.asarray(bits)] if single else list(bits)
    return list(bits) if getattr(bits, "ndim", 1) == 2 else [bits]
