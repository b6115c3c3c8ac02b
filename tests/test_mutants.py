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


def plant(project, *options):
    """Plant in a process that has not imported the library."""
    return subprocess.run(
        [sys.executable, "-m", "tools.mutants", *map(str, options)],
        cwd=project, env=dict(os.environ, PYTHONPATH=str(project)), capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(project, tmp_path_factory):
    """What became of the fast faults."""
    path = tmp_path_factory.mktemp("mutants") / "outcomes.json"
    run = plant(project, "--fast", "--json", path)
    assert path.exists(), run.stderr
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("name", systems.TABLE)
def test_a_broken_step_is_told(name, outcomes):
    mine = [one for one in outcomes if one["mutant"]["system"] == name]
    assert len(mine) >= 2
    for one in mine:
        assert one["told"], f"{one['mutant']['name']}: {one['why'] or 'survived'}"


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


TABLE = """
[pixelate blur] gansec_lib/systems/privacy/{}.py
* a comment more
- from __future__ import annotations
+ from __future__ import annotations  # no fault
"""


def test_what_is_no_fault_survives_and_is_named(project, tmp_path):
    (tmp_path / "own.txt").write_text(TABLE.format("pixelate"), "utf-8")
    run = plant(project, "--tables", tmp_path, "--only", "pixelate")
    assert run.returncode == 1, run.stderr
    assert "1 planted, 0 told, survived: pixelate: a comment more" in run.stdout


def test_a_mutant_whose_line_is_gone_has_to_be_mended(tmp_path, capsys):
    (tmp_path / "own.txt").write_text(TABLE.format("blur").replace("- from", "- gone"), "utf-8")
    assert command(["--tables", str(tmp_path)]) == 2
    assert "pixelate: a comment more: mend the mutant: 'gone __f" in capsys.readouterr().err
