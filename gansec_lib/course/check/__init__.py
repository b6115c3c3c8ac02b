"""Exercises: ``check`` an answer, ask for a ``hint``, ``reveal`` the reference, see ``progress``.

``psnr = check("05.2", psnr)`` prints one of *passed*, *not attempted (reference used below)*,
*wrong: …* and *error: …*. It never stops the notebook: where the answer does not pass, the
reference comes back, so that the lesson goes on.
"""

from __future__ import annotations

import contextlib
import inspect
import random
import re
import textwrap
import traceback
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gansec_lib.course import session
from gansec_lib.course.check import registry
from gansec_lib.course.check.compare import describe, difference, fresh
from gansec_lib.course.check.registry import UNSET, Exercise, case, exercise, value
from gansec_lib.show.notebook import source_of

__all__ = [
    "Exercise", "Outcome", "case", "check", "exercise", "hint", "passed", "progress",
    "reveal", "try_answer", "value",
]  # fmt: skip

PASSED = "passed"
NOT_ATTEMPTED = "not attempted (reference used below)"


@dataclass(frozen=True)
class Outcome:
    """How an answer did: ``status`` is passed, not attempted, wrong or error."""

    status: str
    message: str = ""

    def __str__(self) -> str:
        if self.status == "not attempted":
            return NOT_ATTEMPTED
        return f"{self.status}: {self.message}" if self.message else self.status


_outcomes: dict[str, Outcome] = {}
_handed_back: dict[str, Any] = {}
_hints_shown: dict[str, int] = {}


def check(id: str, answer: Any, strict: bool = False) -> Any:
    """Try an answer, print how it did, and hand back something that works.

    Parameters
    ----------
    id : str
        The exercise, as in ``"05.2"``.
    answer : function, class or value
        The learner's. ``...``, or a function that only raises NotImplementedError: not attempted.
    strict : bool
        Raise AssertionError unless it passes (for graders).

    Returns
    -------
    The answer where it passes, else the reference.

    Raises
    ------
    ParameterError
        There is no such exercise.
    """
    found = registry.find(id)
    # A check cell that is run again brings the reference back: that is not the learner's work.
    again = _is_handed_back(id, answer)
    outcome = _outcomes[id] if again else try_answer(found, answer)
    _outcomes[id] = outcome
    print(f"{id} {outcome}")
    if outcome.status in ("wrong", "error"):
        print(f'     The reference is used below. hint("{id}") helps.')
    if strict and outcome.status != PASSED:
        raise AssertionError(f"{id} {outcome}")
    if outcome.status == PASSED:
        _handed_back.pop(id, None)
        return answer
    _handed_back[id] = _marked(found.reference)
    return _handed_back[id]


def passed(id: str) -> bool:
    """Whether the last answer to an exercise passed (for graders)."""
    registry.find(id)
    return id in _outcomes and _outcomes[id].status == PASSED


def hint(id: str) -> None:
    """Print the next hint of an exercise; each call shows one more."""
    found = registry.find(id)
    shown = _hints_shown.get(id, 0)
    if shown < len(found.hints):
        print(f"{id} hint {shown + 1} of {len(found.hints)}: {found.hints[shown]}")
        _hints_shown[id] = shown + 1
    else:
        print(f'{id} that was the last hint. reveal("{id}") shows the reference.')


def reveal(id: str) -> None:
    """Print the reference of an exercise: its source, or its value."""
    found = registry.find(id)
    print(reference_source(found))
    if found.explain:
        print("\n" + textwrap.fill(found.explain, 88))


def progress(lesson: str | None = None) -> None:
    """Print how the exercises of a lesson stand (by default the one that was started)."""
    lesson = lesson or session.current_lesson or _last_lesson()
    exercises = registry.of_lesson(lesson) if lesson else []
    if not exercises:
        print('no exercises here; progress takes a lesson, as in progress("05")')
        return
    width = max(len(e.title) for e in exercises)
    for one in exercises:
        status = _outcomes[one.id].status if one.id in _outcomes else "not checked yet"
        stars = "●" * one.difficulty + "○" * (3 - one.difficulty)
        print(f"{one.id}  {one.title:<{width}}  {stars}  {status}")
    done = sum(passed(e.id) for e in exercises)
    print(f"{done} of {len(exercises)} passed")


def reference_source(found: Exercise) -> str:
    """What ``reveal`` prints: source without the checker's decorator, or the value."""
    if not found.is_call:
        return f"{found.id} answer: {found.reference!r}"
    return source_of(found.reference)


def try_answer(found: Exercise, answer: Any) -> Outcome:
    """Judge an answer without printing or remembering anything."""
    if answer is ...:
        return Outcome("not attempted")
    if not found.is_call:
        return _try_value(found, answer)
    if not callable(answer):
        return Outcome("wrong", f"expected a function, got {describe(answer)}")
    for one in found.all_cases():
        outcome = _try_case(found, answer, one)
        if outcome.status != PASSED:
            return outcome
    return Outcome(PASSED)


# ---------------------------------------------------------------- one case


def _try_value(found, answer) -> Outcome:
    if answer is None and found.reference is not None:
        return Outcome("wrong", "the value is None; put your answer in its place")
    try:
        if found.grade is not None:
            wrong = found.grade(fresh(answer))
        else:
            wrong = difference(found.reference, answer, found.rtol, found.atol)
    except Exception as error:
        return Outcome("error", f"{type(error).__name__}: {error}")
    if wrong is None:
        return Outcome(PASSED)
    if found.grade is None and not hasattr(found.reference, "shape"):
        wrong = f"{describe(answer)} is not it"  # the right value is not given away
    return Outcome("wrong", wrong)


def _try_case(found, answer, one) -> Outcome:
    on = f" (on: {one.label})"
    args, kwargs = fresh(one.args), fresh(one.kwargs)
    try:
        with _own_randomness():
            got = _call(found, answer, args, kwargs)
    except NotImplementedError as error:
        if error.args == () and not _forgot_the_raise(answer):
            return Outcome("not attempted")
        return Outcome("error", _forgot_text if error.args == () else _error(error, one) + on)
    except AssertionError as error:
        return Outcome("wrong", (str(error) or "an assertion failed") + on)
    except Exception as error:
        return Outcome("error", _error(error, one) + on)
    try:
        wrong = _judge(found, one, got)
    except Exception as error:
        return Outcome("wrong", f"{describe(got)} cannot be used: {error}{on}")
    if wrong is None and found.pure and not _unchanged(one, args, kwargs):
        wrong = "your function changes its input in place; work on a clone"
    return Outcome(PASSED) if wrong is None else Outcome("wrong", wrong + on)


def _call(found, function, args, kwargs):
    if found.probe is not None:
        return found.probe(function, *args, **kwargs)
    return function(*args, **kwargs)


def _judge(found, one, got):
    if found.grade is not None:
        if got is None:
            return "your function returned None (is the `return` missing?)"
        return found.grade(got, *fresh(one.args), **fresh(one.kwargs))
    expected = one.expected
    if expected is UNSET:
        with _own_randomness():
            expected = _call(found, found.reference, fresh(one.args), fresh(one.kwargs))
    return difference(expected, got, found.rtol, found.atol)


@contextlib.contextmanager
def _own_randomness():
    """The same random numbers for the answer and the reference; the lesson's are not used up."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])


def _unchanged(one, args, kwargs) -> bool:
    return difference((one.args, one.kwargs), (args, kwargs), 0.0, 0.0) is None


_forgot_text = "the line `raise NotImplementedError()` still stands in your function; delete it"


def _forgot_the_raise(answer) -> bool:
    """Whether the learner wrote code and left the stub's last line where it was."""
    try:
        source = inspect.getsource(answer)
    except (OSError, TypeError):
        return False
    between = re.search(r"# YOUR CODE HERE\n(.*?)raise NotImplementedError", source, re.DOTALL)
    if between is None:
        return False
    lines = [line.strip() for line in between.group(1).splitlines()]
    return any(line and not line.startswith("#") for line in lines)


def _error(error: Exception, one) -> str:
    inputs = [describe(a) for a in one.args]
    inputs += [f"{k}={describe(v)}" for k, v in one.kwargs.items()]
    return (
        f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
        f"{_line_of(error)}; called with {', '.join(inputs) or 'nothing'}"
    )


def _line_of(error) -> str:
    """The line of the learner's own code where it went wrong."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "ipykernel" in frame.filename or frame.filename.startswith("<")
    ]
    return f", at `{own[-1].line}`" if own and own[-1].line else ""


# ---------------------------------------------------------------- the reference, marked


def _marked(reference):
    """The reference, as an object of its own, so that it is known when it comes back."""
    if type(reference) in (int, float, str):
        return type(f"reference_{type(reference).__name__}", (type(reference),), {})(reference)
    return reference if callable(reference) else fresh(reference)


def _is_handed_back(id, answer) -> bool:
    if id not in _handed_back:
        return callable(answer) and answer is registry.find(id).reference and id in _outcomes
    if isinstance(answer, bool) or answer is None:
        return False  # there is only one True: nobody can tell whose it is
    return answer is _handed_back[id]


def _last_lesson() -> str | None:
    return next(reversed(_outcomes)).split(".")[0] if _outcomes else None
