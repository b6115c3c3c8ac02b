"""Ciphertexts, key bytes and stegos stay what they were; who changes one raises the version."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
try:
    import make_known_answers
finally:
    sys.path.pop(0)

ANSWERS = json.loads(make_known_answers.ANSWERS.read_text("utf-8"))


def test_every_system_and_switch_is_pinned():
    assert sorted(ANSWERS) == sorted(make_known_answers.labels())
    assert all(ANSWERS.values()), "each takes one of the shapes at least"
    digests = [digest for answers in ANSWERS.values() for digest in answers.values()]
    assert len(set(digests)) == len(digests), "no two systems or variants write the same file"


@pytest.mark.parametrize("label", sorted(ANSWERS))
def test_made_as_known(label):
    assert make_known_answers.answer(label) == ANSWERS[label], (
        "if what it makes was meant to change: raise the version, tools/make_known_answers.py"
    )
