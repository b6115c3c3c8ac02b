"""A teacher's afternoon: a master becomes an assignment, two students hand in, both are graded."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import build_notebooks as builder  # noqa: E402

MASTER = '''\
# %% [markdown]
# # 00 · For a class

# %%
from gansec_lib.course.check import check

# %%
def invert(images):
    """The negative."""
    ### BEGIN SOLUTION
    return 255 - images
    ### END SOLUTION

# %%
invert = check("00.1", invert)

# %%
answer = ...
### BEGIN SOLUTION
answer = "nothing"
### END SOLUTION

# %%
answer = check("00.3", answer)

# %%
def read_other(cipher_a, cipher_b, plain_a):
    """Picture b."""
    ### BEGIN SOLUTION
    return cipher_a ^ cipher_b ^ plain_a
    ### END SOLUTION

# %%
read_other = check("00.4", read_other)
'''
POINTS = {"00.1": 1, "00.3": 1, "00.4": 2}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """generate_assignment, two submissions, autograde: the real programs, once."""
    folder = tmp_path_factory.mktemp("course")
    master = folder / "00_class.py"
    master.write_text(MASTER, encoding="utf-8")
    builder.write_nbgrader(master, folder)
    nbgrader(folder, "generate_assignment", "lesson00")
    release = folder / "release" / "lesson00" / "00_class.ipynb"
    for student in ("untouched", "solved"):
        notebook = nbformat.read(release, as_version=4)
        if student == "solved":
            solutions = [c.source for c in builder.read_master(master).cells]
            for cell, solution in zip(notebook.cells, solutions, strict=True):
                if cell.metadata.get("nbgrader", {}).get("solution"):
                    cell.source = solution
        target = folder / "submitted" / student / "lesson00" / "00_class.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    nbgrader(folder, "autograde", "lesson00", "--create")
    return folder


def nbgrader(folder, *arguments):
    environment = dict(os.environ, JUPYTER_CONFIG_DIR=str(folder / "jupyter"))
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_release_holds_no_solution_and_no_hidden_test(course):
    text = (course / "release" / "lesson00" / "00_class.ipynb").read_text(encoding="utf-8")
    for secret in ("255 - images", "nothing", "cipher_b ^ plain_a", "HIDDEN", "assert passed"):
        assert secret not in text, secret
    cells = nbformat.reads(text, as_version=4).cells
    code = [c.source for c in cells if c.cell_type == "code"]
    assert code[1].endswith("    # YOUR CODE HERE\n    raise NotImplementedError()")
    assert code[3] == "answer = ...\n# YOUR CODE HERE", "the release stops at a value"


def score(course, student):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook("00_class", "lesson00", student)
        grades = {g.name: (g.auto_score, g.max_score) for g in notebook.grades}
    return grades


def test_an_untouched_stub_gets_nothing(course):
    assert score(course, "untouched") == {
        f"check-{id.replace('.', '-')}": (0, points) for id, points in POINTS.items()
    }


def test_the_solved_lesson_gets_full_points(course):
    assert score(course, "solved") == {
        f"check-{id.replace('.', '-')}": (points, points) for id, points in POINTS.items()
    }
