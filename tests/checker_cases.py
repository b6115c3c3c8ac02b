"""One harness for every lesson's checkers: right variants pass, mutants do not, stubs wait.

In ``tests/checkers/test_lesson_05.py``::

    from checker_cases import checker_tests

    RIGHT = {"05.2": [by_numpy, by_loop]}
    WRONG = {"05.2": [forgot_to_convert, over_the_batch, natural_log]}
    test_right, test_wrong, test_stub, test_complete = checker_tests("05", RIGHT, WRONG)

A variant is a function, class or value. ``checker_cases`` is found because pytest puts ``tests/``
on the path.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from gansec_lib.course.check import registry, try_answer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

LEAST_RIGHT, LEAST_WRONG = 2, 3
SECOND_ARGUMENT = re.compile(r"\bcheck\(\s*[\"']\d\d\.\d+[\"']\s*,\s*(.+?)\s*\)", re.DOTALL)


def checker_tests(lesson: str, right: dict, wrong: dict, context: dict | None = None):
    """The four tests of a lesson's checkers.

    Parameters
    ----------
    right, wrong : dict id -> list of answers
    context : dict, optional
        Names that a stub needs to be defined, beside the lesson's imports.
    """
    ids = [found.id for found in registry.of_lesson(lesson)]

    @pytest.mark.parametrize(("id", "answer"), _pairs(right))
    def test_right(id, answer):
        outcome = try_answer(registry.find(id), answer)
        assert str(outcome) == "passed"

    @pytest.mark.parametrize(("id", "answer"), _pairs(wrong))
    def test_wrong(id, answer):
        outcome = try_answer(registry.find(id), answer)
        assert outcome.status in ("wrong", "error"), f"a mutant got through: {outcome}"
        assert outcome.message, "a learner has to be told what is wrong"

    @pytest.mark.parametrize("id", ids)
    def test_stub(id):
        outcome = try_answer(registry.find(id), untouched_stub(lesson, id, context))
        assert str(outcome) == "not attempted (reference used below)"

    def test_complete():
        assert sorted(ids) == sorted(notebook_ids(lesson)), "registry and notebook differ"
        assert sorted(right) == sorted(wrong) == sorted(ids), "an exercise has no variants"
        assert not {i: len(v) for i, v in right.items() if len(v) < LEAST_RIGHT}
        assert not {i: len(v) for i, v in wrong.items() if len(v) < LEAST_WRONG}
        for id in ids:
            found = registry.find(id)
            assert try_answer(found, found.reference).status == "passed", f"{id}: the reference"

    return test_right, test_wrong, test_stub, test_complete


def _pairs(variants: dict) -> list:
    return [
        pytest.param(id, answer, id=f"{id}-{getattr(answer, '__name__', type(answer).__name__)}")
        for id, answers in variants.items()
        for answer in answers
    ]


# ---------------------------------------------------------------- the generated learner notebook


def learner_notebook(lesson: str):
    """The learner notebook as the builder makes it now from the master, not run."""
    import build_notebooks

    (master,) = build_notebooks.masters([lesson])
    return build_notebooks.learner_version(build_notebooks.read_master(master))


def notebook_ids(lesson: str) -> list[str]:
    """Exercise ids in the tags of a lesson's check cells."""
    return [
        tag.removeprefix("check-")
        for cell in learner_notebook(lesson).cells
        for tag in cell.metadata.get("tags", [])
        if tag.startswith("check-")
    ]


def untouched_stub(lesson: str, id: str, context: dict | None = None):
    """What the learner hands to ``check`` without having written anything."""
    cells = [c for c in learner_notebook(lesson).cells if c.cell_type == "code"]
    imports = cells[0].source
    by_tag = {tag: c.source for c in cells for tag in c.metadata.get("tags", [])}
    names: dict = {"__name__": "stub"}
    exec(imports, names)
    names.update(context or {})
    exec(by_tag[f"exercise-{id}"], names)
    expression = SECOND_ARGUMENT.search(by_tag[f"check-{id}"]).group(1)
    return eval(expression, names)
