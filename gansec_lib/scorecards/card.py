"""``Card``: what was measured on one system, the same shape for every role.

A card is plain data. The role's module (``scorecards.cipher``, ``keystream``, ``hider``,
``protector``) writes every word that depends on the role, and the report only lays the card out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.metric import Metric, json_number


@dataclass(frozen=True)
class Question:
    """One thing that is asked of a system, and what the answer's metric is called.

    Parameters
    ----------
    name : str
        The metric's name.
    title : str
        What a table calls it.
    says : str
        What the value tells, in one line.
    telling : bool
        Whether it stands in the short table that lays all systems side by side.
    note : str
        What the reader must know beside the value itself.
    counted : bool
        False where the system is used in a way that its rules forbid (a nonce twice): the metric
        is judged and shown, but does not count against the system.
    reasoned : bool
        Whether the metric's convention is printed beside it: the reasoning is the result.
    """

    name: str
    title: str
    says: str
    telling: bool = False
    note: str = ""
    counted: bool = True
    reasoned: bool = False


@dataclass(frozen=True)
class Fact:
    """A short statement with a verdict: "tampering is refused", "for study only", "12.3 dB".

    Parameters
    ----------
    text : str
        A few words, for a coloured mark or for the cell of a table.
    verdict : {"pass", "fail", "info", ""}
        Empty: no mark.
    says : str
        A whole sentence: ``Card.overall`` repeats it, and a table shows it as small print.

    Raises
    ------
    ParameterError
        Something that is no text, such as a Fact inside a Fact.
    """

    text: str
    verdict: str = "info"
    says: str = ""

    def __post_init__(self):
        for name in ("text", "verdict", "says"):
            value = getattr(self, name)
            if not isinstance(value, str):
                raise ParameterError(
                    f"{name}: expected text, got {type(value).__name__} {value!r}; a page could "
                    f"not show it"
                )


@dataclass(frozen=True)
class Table:
    """Rows that belong to a panel; a cell is text or a :class:`Fact`.

    Parameters
    ----------
    title : str
    head : sequence of str
    rows : sequence of sequences
        The first cell names the row, so that the rows of several systems can be laid together.
    note : str
        What stands below the table.
    data : list or dict, optional
        The same numbers in full, for ``results.json``.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | Fact]]
    note: str = ""
    data: list | dict | None = None


Cell = torch.Tensor | str | tuple[torch.Tensor, Fact]


@dataclass(frozen=True)
class Exhibit:
    """Pictures in rows and columns that the report draws as one figure.

    Parameters
    ----------
    title : str
        What the figure shows: the finding.
    head : sequence of str
        One name a column.
    rows : sequence of (str, sequence)
        A name and one cell a column: a picture, uint8 (C, H, W); text where there is none; or a
        picture and the :class:`Fact` that stands under it.
    kind : str
        How it is drawn: ``"pictures"``, or ``"histograms"`` with one picture a row.
    shared : bool
        Whether all systems of the role stand in one figure, one below the other.
    says : str
        How to read the figure: one paragraph.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    kind: str = "pictures"
    shared: bool = False
    says: str = ""


@dataclass(frozen=True)
class Panel:
    """Some questions that belong together, with their answers.

    Raises
    ------
    ParameterError
        A metric that no question asks for would vanish from the page, and a question without a
        metric would leave a gap in it; either is named.
    """

    name: str
    title: str
    questions: Sequence[Question]
    metrics: dict[str, Metric]
    tables: Sequence[Table] = ()
    exhibits: Sequence[Exhibit] = ()

    def __post_init__(self):
        asked = {question.name for question in self.questions}
        if len(asked) < len(self.questions):
            raise ParameterError(f"questions: panel {self.name!r} asks for one metric twice")
        for name in self.metrics.keys() - asked:
            raise ParameterError(
                f"metrics: panel {self.name!r} has no Question for {name!r}, so no page would show "
                f"it; add one beside {sorted(asked)}"
            )
        for name in asked - self.metrics.keys():
            raise ParameterError(
                f"questions: panel {self.name!r} asks for {name!r} and got no such metric; where "
                f"it cannot be measured, hand in a Metric of value None whose convention says why"
            )

    def judged(self) -> list[Metric]:
        """The metrics whose verdict counts for or against the system."""
        counted = [self.metrics[question.name] for question in self.questions if question.counted]
        return [metric for metric in counted if metric.verdict != "info"]


Panels = dict[str, tuple[str, tuple[Question, ...]]]  # panel: (title, its questions), in order


@dataclass(frozen=True)
class Words:
    """What a report says about a role as a whole; every paragraph is plain text.

    Parameters
    ----------
    one, many : str
        "cipher", "ciphers".
    opening : str
        What is measured and how to read the first tables.
    each : str
        How to read the pages of the single systems.
    attempts : str
        Who attacks, what she knows, and what her score means.
    closing : str
        What the measurements do not show, and what to use where it matters.
    """

    one: str
    many: str
    opening: str
    each: str
    attempts: str
    closing: str


@dataclass
class Card:
    """What was measured on one system.

    Parameters
    ----------
    system, role, title, paper : str
    words : Words
        What the report says about the role.
    facts : list of Fact
        What the system is and does, in marks.
    panels : list of Panel
        In the order of the page.
    attempts : list of attacks.Attempt
    misuse : tuple of str
        The attempts' settings in which the rules of use are broken (a nonce twice).
    limits : tuple of str
        What the system does not protect.
    left_out : tuple of str
        What was not tried, and why; one sentence each.
    seconds : dict of str to float
    published : dict of str to dict
        The paper's own values with their conditions, by metric.
    label : str
        What a report calls it; the key name by default.
    shown : sequence of Exhibit
        What the attempts got, as pictures.
    """

    system: str
    role: str
    title: str
    paper: str
    words: Words
    facts: list[Fact]
    panels: list[Panel]
    attempts: list = field(default_factory=list)
    misuse: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    published: dict[str, dict] = field(default_factory=dict)
    label: str = ""
    shown: Sequence[Exhibit] = ()

    def __post_init__(self):
        self.label = self.label or self.system
        names = [name for panel in self.panels for name in panel.metrics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ParameterError(f"panels: {twice[0]!r} stands in two panels of {self.system}")

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by name, in the order of the page."""
        return {
            question.name: panel.metrics[question.name]
            for panel in self.panels
            for question in panel.questions
        }

    @property
    def questions(self) -> dict[str, Question]:
        """Every question by its metric's name, in the order of the page."""
        return {question.name: question for panel in self.panels for question in panel.questions}

    def panel(self, name: str) -> Panel:
        """The panel of this name."""
        return next(panel for panel in self.panels if panel.name == name)

    def judged(self) -> list[Metric]:
        """The metrics whose verdict counts for or against the system."""
        return [metric for panel in self.panels for metric in panel.judged()]

    def succeeded(self, setting: str | None = None) -> list:
        """The attempts of a setting (or of all) that succeeded, at least in part."""
        return [
            attempt
            for attempt in self.attempts
            if attempt.beyond_chance and setting in (None, attempt.setting)
        ]

    def settings(self) -> list[str]:
        """The attempts' settings, in order of appearance."""
        return list(dict.fromkeys(attempt.setting for attempt in self.attempts))

    def overall(self) -> str:
        """The card in a few sentences."""
        judged = self.judged()
        failed = [self.questions[m.name].title for m in judged if m.verdict == "fail"]
        said = f"{len(judged) - len(failed)} of {len(judged)} judged metrics lie where an ideal "
        said += (
            f"{self.words.one}'s would; outside: {', '.join(failed)}."
            if failed
            else (f"{self.words.one}'s would.")
        )
        said = said if judged else "No metric could be judged on these pictures."
        said = " ".join([said, *(fact.says for fact in self.facts if fact.says)])
        if not self.attempts:
            return said
        found = self.succeeded()
        if not found:
            return f"{said} None of the {len(self.attempts)} attacks tried succeeded."
        listed = "; ".join(
            f"{attempt.name.replace('_', ' ')} ({attempt.setting}, {percent(attempt.score)})"
            for attempt in found
        )
        return f"{said} Attacks that succeeded: {listed}."

    def to_dict(self) -> dict:
        """As ``results.json`` keeps it; non-finite numbers as strings."""
        return {
            "title": self.title,
            "role": self.role,
            "paper": self.paper,
            "overall": self.overall(),
            "facts": [{"text": fact.text, "verdict": fact.verdict} for fact in self.facts],
            "metrics": {name: metric.to_dict() for name, metric in self.metrics.items()},
            "panels": {
                panel.name: {
                    "title": panel.title,
                    "metrics": [question.name for question in panel.questions],
                    "tables": {t.title: plain(t.data) for t in panel.tables if t.data is not None},
                }
                for panel in self.panels
            },
            "published": self.published,
            "attempts": [attempt.to_dict() for attempt in self.attempts],
            "left_out": list(self.left_out),
            "limits": list(self.limits),
            "seconds": plain(self.seconds),
        }


def lay_out(
    panels: Panels,
    metrics: dict[str, Metric],
    tables: dict[str, Sequence[Table]] | None = None,
    exhibits: dict[str, Sequence[Exhibit]] | None = None,
) -> list[Panel]:
    """A role's panels, each with its metrics, tables and exhibits.

    Parameters
    ----------
    panels : dict of name to (title, questions)
        In the order of the page.
    metrics : dict of str to Metric
    tables, exhibits : dict of panel to sequence

    Raises
    ------
    ParameterError
        A metric without a question, a question without a metric, or an unknown panel.
    """
    tables, exhibits = tables or {}, exhibits or {}
    asked = {question.name for _, questions in panels.values() for question in questions}
    for what, found, known in (
        ("metrics", metrics, asked),
        ("tables", tables, panels),
        ("exhibits", exhibits, panels),
    ):
        if lost := [name for name in found if name not in known]:
            raise ParameterError(
                f"{what}: {lost[0]!r} has no place among the questions, so no page would show it; "
                f"add it to the role's table of panels"
            )
    return [
        Panel(
            name,
            title,
            questions,
            {q.name: metrics[q.name] for q in questions if q.name in metrics},
            tables.get(name, ()),
            exhibits.get(name, ()),
        )
        for name, (title, questions) in panels.items()
    ]


def percent(share: float) -> str:
    """A share of 1 as a table prints it.

    >>> percent(0.12345)
    '12.3 %'
    """
    return f"{100 * share:.3g} %"


def plain(value):
    """The same lists and dicts with every number as strict JSON can carry it."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return json_number(value)
