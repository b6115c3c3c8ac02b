"""The one list of exercises: ``check/lesson_NN.py`` declares them, everything else asks here."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gansec_lib.errors import ParameterError, near_miss


class _Unset:
    def __repr__(self):
        return "UNSET"


UNSET = _Unset()


@dataclass(frozen=True)
class Case:
    """One call of the learner's function.

    Parameters
    ----------
    label : str
        What is special about it, as the learner will read it: ``"grey, batch of one"``.
    args, kwargs
        The inputs; they are copied before every call.
    expected : optional
        The right result; where it is not given, what the reference returns.
    """

    label: str
    args: tuple
    kwargs: dict = field(default_factory=dict)
    expected: Any = UNSET


def case(label: str, *args, expected: Any = UNSET, **kwargs) -> Case:
    """Short for :class:`Case`.

    >>> case("grey", 3, key=b"k").kwargs
    {'key': b'k'}
    """
    return Case(label, args, kwargs, expected)


@dataclass(frozen=True)
class Exercise:
    """One exercise: what is right, what it is tried on, and what helps.

    Parameters
    ----------
    id : str
        Lesson and number, ``"05.2"``.
    title : str
    difficulty : 1, 2 or 3
    minutes : int
    reference : function, class or value
        The right answer; ``reveal`` shows its source.
    hints : tuple of str
        From gentle to almost the answer.
    cases : sequence of Case, or function () -> such a sequence
        Hostile on purpose: H ≠ W, batch of one, C = 1 and 3, uint8 and float, extremes.
        Not needed for a value.
    rtol, atol : float
        Tolerances for floating point.
    probe : function (answer, *args, **kwargs) -> result, optional
        How to use the answer where it is not simply called: ``lambda cls, x: cls()(x).shape``.
    grade : function (result, *args, **kwargs) -> str or None, optional
        Decides in place of the comparison: None when right, else what is wrong. For a value,
        ``grade(value)``.
    pure : bool
        Whether changing an input in place is wrong.
    explain : str
        Shown by ``reveal`` under the answer: why it is right.
    """

    id: str
    title: str
    difficulty: int
    minutes: int
    reference: Any
    hints: tuple[str, ...]
    cases: Sequence[Case] | Callable[[], Sequence[Case]] = ()
    rtol: float = 1e-5
    atol: float = 1e-6
    probe: Callable | None = None
    grade: Callable | None = None
    pure: bool = False
    explain: str = ""

    def __post_init__(self):
        if not re.fullmatch(r"\d\d\.[1-9]\d?", self.id):
            raise ParameterError(f'id: expected something like "05.2", got {self.id!r}')
        if self.difficulty not in (1, 2, 3):
            raise ParameterError(f"{self.id}: difficulty is 1, 2 or 3, got {self.difficulty!r}")
        if len(self.hints) < 2:
            raise ParameterError(f"{self.id}: expected at least two hints, got {len(self.hints)}")
        if self.is_call and not self.cases:
            raise ParameterError(f"{self.id}: expected cases to try the function on, got none")

    @property
    def lesson(self) -> str:
        return self.id.split(".")[0]

    @property
    def is_call(self) -> bool:
        """Whether the answer is something to call (a function, a class), not a value."""
        return callable(self.reference)

    def all_cases(self) -> list[Case]:
        return list(self.cases() if callable(self.cases) else self.cases)


_exercises: dict[str, Exercise] = {}


def register(new: Exercise) -> Exercise:
    """Add an exercise; an id can be used once."""
    old = _exercises.get(new.id)
    if old is not None and old.title != new.title:
        raise ParameterError(f"id: {new.id!r} is taken by {old.title!r}")
    _exercises[new.id] = new
    return new


def exercise(id: str, *, title: str, difficulty: int, minutes: int, hints, cases, **options):
    """Decorator: the function below is the reference of exercise ``id``."""

    def declare(reference):
        register(
            Exercise(id, title, difficulty, minutes, reference, tuple(hints), cases, **options)
        )
        return reference

    return declare


def value(id: str, right: Any, *, title: str, difficulty: int, minutes: int, hints, **options):
    """Declare an exercise whose answer is a value: a number, a word, a list, a tensor."""
    register(Exercise(id, title, difficulty, minutes, right, tuple(hints), **options))
    return right


def lessons() -> list[str]:
    """Lessons that have a checker file."""
    return sorted(p.stem[-2:] for p in Path(__file__).parent.glob("lesson_[0-9][0-9].py"))


def find(id: str) -> Exercise:
    """The exercise of that id, its lesson's file loaded on the way."""
    if not isinstance(id, str):
        raise ParameterError(f'id: expected text such as "05.2", got {id!r} ({type(id).__name__})')
    of_lesson(id.split(".")[0])
    if id not in _exercises:
        for lesson in lessons():
            of_lesson(lesson)
        raise ParameterError(f"id: there is no exercise {id!r}; {near_miss(id, _exercises)}")
    return _exercises[id]


def of_lesson(lesson: str) -> list[Exercise]:
    """The exercises of one lesson, in order; none where there is no such file."""
    if lesson in lessons():
        importlib.import_module(f"gansec_lib.course.check.lesson_{lesson}")
    found = [e for e in _exercises.values() if e.lesson == lesson]
    return sorted(found, key=lambda e: int(e.id.split(".")[1]))


def every() -> list[Exercise]:
    """All exercises of all lessons."""
    return [e for lesson in lessons() for e in of_lesson(lesson)]
