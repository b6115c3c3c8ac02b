"""One broken step at a time, planted in every system: a test of the suite turns red.

Here are two faults of each system; ``make mutants`` plants all of them.
"""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from gansec_lib import systems
from tools import mutants
from tools.mutants.__main__ import main as command

ALL = mutants.mutants()


@pytest.fixture(scope="module")
def outcomes(project, tmp_path_factory):
    """What became of the fast faults: planted in a process that has not imported the library."""
    path = tmp_path_factory.mktemp("mutants") / "outcomes.json"
    environment = dict(os.environ, PYTHONPATH=str(project))
    run = subprocess.run(
        [sys.executable, "-m", "tools.mutants", "--fast", "--json", str(path)],
        cwd=project, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert path.exists(), run.stderr
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("name", systems.TABLE)
def test_a_broken_step_is_told(name, outcomes):
    mine = [one for one in outcomes if one["mutant"]["system"] == name]
    assert len(mine) >= 2
    for one in mine:
        assert one["told"], f"{one['mutant']['name']} survived"


@pytest.mark.parametrize("name", systems.TABLE)
def test_every_system_has_ten_faults_and_each_has_its_place(name):
    mine = [mutant for mutant in ALL if mutant.system == name]
    assert len(mine) >= 10 and sum(mutant.fast for mutant in mine) >= 2
    often = Counter(mutant.name for mutant in mine)
    assert max(often.values()) == 1, often.most_common(1)
    for mutant in mine:
        compile(mutant.text(), mutant.file, "exec")


def test_no_fault_is_planted_in_a_system_that_is_not_there():
    assert {mutant.system for mutant in ALL} == set(systems.TABLE)


def test_a_mutant_whose_line_is_gone_has_to_be_mended(monkeypatch, capsys):
    gone = mutants.Mutant("lsb", "gone", ALL[0].file, "no such line", "x")
    monkeypatch.setattr(mutants, "mutants", lambda only, fast: [gone])
    assert command([]) == 2
    assert "lsb: gone: mend the mutant: 'no such line' stands 0 times" in capsys.readouterr().err
