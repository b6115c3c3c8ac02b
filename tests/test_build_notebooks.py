"""The builder: one master becomes two notebooks, the same ones every time."""

import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import build_notebooks as builder  # noqa: E402

MASTER = '''\
# %% [markdown]
# # 00 · A small one
# It promises little.

# %%
def check(id, answer):
    """Stands in for the real one: no library is imported."""
    print(id, "given" if answer is not ... else "not attempted")
    return answer

# %% tags=["parameters"]
SEED: int = 0  # any

# %% tags=["solution"]
secret = "only in the solution"

# %%
def double(x):
    """Twice x."""
    y = x
    ### BEGIN SOLUTION
    y = 2 * x
    return y
    ### END SOLUTION

# %%
double = check("00.1", double)

# %%
word = ...
### BEGIN SOLUTION
word = "nothing"
### END SOLUTION

# %%
word = check("00.3", word)
'''


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A project with that one master."""
    monkeypatch.setattr(builder, "ROOT", tmp_path)
    monkeypatch.setattr(builder, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(builder, "SOURCES", tmp_path / "notebooks" / "_src")
    for name in ("GANSEC_STATIC", "GANSEC_PROFILE", "PYTHONHASHSEED"):
        monkeypatch.setenv(name, "")  # the builder sets them; put back afterwards
    builder.SOURCES.mkdir(parents=True)
    (tmp_path / "gansec_lib").mkdir()
    (builder.SOURCES / "00_small.py").write_text(MASTER, encoding="utf-8")
    return tmp_path


def write(text, name="00_small"):
    (builder.SOURCES / f"{name}.py").write_text(text, encoding="utf-8")


def read(name="notebooks/00_small.ipynb"):
    return nbformat.read(builder.ROOT / name, as_version=4)


def sources(notebook):
    return [c.source for c in notebook.cells if c.cell_type == "code"]


# ---------------------------------------------------------------- learner and solution


def test_the_learner_gets_stubs_and_the_solution_stays(course):
    assert builder.main(["--no-execute"]) == 0
    learner, solution = sources(read()), sources(read("notebooks/solutions/00_small.ipynb"))
    assert learner[2] == (
        'def double(x):\n    """Twice x."""\n    y = x\n'
        "    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert learner[4] == "word = ...\n# YOUR CODE HERE", "a value's stub does not stop the lesson"
    assert not [s for s in learner if "nothing" in s or "secret" in s]
    assert "    y = 2 * x" in solution[3] and builder.BEGIN in solution[3]
    assert 'secret = "only in the solution"' in solution


def test_exercise_and_check_cells_are_tied_together(course):
    builder.main(["--no-execute"])
    cells = [c for c in read().cells if "nbgrader" in c.metadata]
    assert [c.metadata.tags for c in cells] == [
        ["exercise-00.1"], ["check-00.1"], ["exercise-00.3"], ["check-00.3"],
    ]  # fmt: skip
    exercise, graded = (c.metadata.nbgrader for c in cells[:2])
    assert (exercise.grade_id, exercise.solution, exercise.grade) == ("exercise-00-1", True, False)
    assert (graded.grade_id, graded.locked, graded.grade) == ("check-00-1", True, True)
    assert graded.points == 1 and graded.schema_version == 3


def test_links_stand_under_the_title(course):
    builder.main(["--no-execute"])
    lines = read().cells[0].source.splitlines()
    assert lines[0] == "# 00 · A small one" and "Open in Colab" in lines[2]
    assert "/notebooks/00_small.ipynb" in lines[2] and lines[3] == "It promises little."


def test_ids_stay_when_a_cell_is_put_in_before(course):
    builder.main(["--no-execute"])
    before = [c.id for c in read().cells]
    write(MASTER.replace('# %% tags=["parameters"]', '# %%\nnew = 1\n\n# %% tags=["parameters"]'))
    builder.main(["--no-execute"])
    after = [c.id for c in read().cells]
    assert len(after) == len(before) + 1 and [i for i in after if i in before] == before
    assert len(set(after)) == len(after)


def test_twins_get_ids_of_their_own(course):
    write(MASTER + "\n# %%\n1 + 1\n\n# %%\n1 + 1\n")
    builder.main(["--no-execute"])
    ids = [c.id for c in read().cells]
    assert len(set(ids)) == len(ids) and ids[-1] == ids[-2] + "-2"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    ### END SOLUTION\n\n", "\n", "without ### END SOLUTION"),
        ('# %%\ndouble = check("00.1", double)\n', "", "no check cell after the exercise"),
        ("word = check(", 'check("00.2", 1); word = check(', "one check a cell"),
        ('double = check("00.1"', 'double = check("00.77"', "there is no exercise '00.77'"),
        ("# # 00 · A small one", "# hello", "must be text that begins with `# Title`"),
        ("    y = x\n", '    y = check("00.1", x)\n', "into a cell of its own"),
        ("SEED: int = 0  # any", 'check("00.1", 1)', "has no exercise cell before it"),
    ],
)
def test_masters_that_are_not_right_are_named(course, old, new, words, capsys):
    assert old in MASTER
    write(MASTER.replace(old, new))
    assert builder.main(["--no-execute"]) == 1
    assert words in capsys.readouterr().err
    assert not list(builder.NOTEBOOKS.glob("*.ipynb")), "half a result was written"


# ---------------------------------------------------------------- running


def test_run_store_and_run_again(course, capsys):
    assert builder.main(["--profile", "smoke"]) == 0
    first = (builder.NOTEBOOKS / "00_small.ipynb").read_bytes()
    notebook = read()
    counts = [c.execution_count for c in notebook.cells if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert [c.outputs[0].text for c in notebook.cells if c.get("outputs")] == [
        "00.1 given\n", "00.3 not attempted\n",
    ]  # fmt: skip
    assert "given" in read("notebooks/solutions/00_small.ipynb").cells[-1].outputs[0].text
    assert notebook.metadata.language_info == builder.LANGUAGE, "the Python version is stored"
    assert not [c for c in notebook.cells if "execution" in c.metadata], "timings are stored"

    capsys.readouterr()
    assert builder.main(["--profile", "smoke"]) == 0
    assert capsys.readouterr().out.count("unchanged") == 2
    assert (builder.NOTEBOOKS / "00_small.ipynb").read_bytes() == first

    # a new library file: everything is stale, unless one is lazy
    (course / "gansec_lib" / "new.py").write_text("x = 1\n")
    marks = builder.fingerprint(builder.targets(builder.masters(None)[0]).popitem()[1], "smoke")
    stored = read("notebooks/solutions/00_small.ipynb")
    assert not builder.is_fresh(stored, marks, lazy=False)
    assert builder.is_fresh(stored, marks, lazy=True)

    # a text cell changes: --no-execute keeps every output
    write(MASTER.replace("promises little", "promises more"))
    assert builder.main(["--no-execute"]) == 0
    assert read().cells[-1].outputs[0].text == "00.3 not attempted\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; print('careful', file=sys.stderr)", "writes to stderr"),
        ("import os; print(os.getcwd())", "holds a path of this machine"),
    ],
)
def test_a_run_that_is_not_right_is_shown_and_nothing_is_written(course, line, words, capsys):
    write(MASTER.replace('secret = "only in the solution"', "pass").replace("SEED: int = 0", line))
    assert builder.main(["--profile", "smoke"]) == 1
    message = capsys.readouterr().err
    assert words in message and line.split(";")[0] in message and "\x1b[" not in message
    assert not list(builder.NOTEBOOKS.rglob("*.ipynb"))


def test_too_large_is_refused_and_the_old_file_stays(course, monkeypatch):
    builder.main(["--no-execute"])
    path = builder.NOTEBOOKS / "00_small.ipynb"
    before = path.read_bytes()
    monkeypatch.setattr(builder, "MOST_BYTES", 100)
    with pytest.raises(builder.BuildError, match="more than"):
        builder.write(read(), path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in builder.NOTEBOOKS.iterdir()) == [
        "00_small.ipynb", "_src", "solutions",
    ]  # fmt: skip


# ---------------------------------------------------------------- comparing


def test_check_sees_every_difference(course, capsys):
    assert builder.main(["--check"]) == 1, "nothing is built yet"
    builder.main(["--no-execute"])
    assert builder.main(["--check"]) == 0
    path = builder.NOTEBOOKS / "00_small.ipynb"
    good = path.read_text(encoding="utf-8")
    for old, new in (
        ("It promises little.", "It promises a lot."),
        ('"check-00.1"', '"check-00.2"'),
        ('"points": 1', '"points": 5'),
    ):
        assert old in good
        path.write_text(good.replace(old, new, 1), encoding="utf-8")
        assert builder.main(["--check"]) == 1, new
        assert "differs from its master" in capsys.readouterr().out
    path.write_text(good, encoding="utf-8")
    (builder.NOTEBOOKS / "01_gone.ipynb").write_text(good, encoding="utf-8")
    assert builder.main(["--check"]) == 1
    assert "01_gone.ipynb: has no master" in capsys.readouterr().out


def test_missing_builds_only_what_is_not_there(course, capsys):
    builder.main(["--no-execute"])
    capsys.readouterr()
    assert builder.main(["--missing"]) == 0
    assert capsys.readouterr().out == ""


def test_report_becomes_one_notebook_that_is_not_run(course):
    write('# %% [markdown]\n# # Report\n\n# %% tags=["parameters"]\nSEED: int = 0\n', "report")
    assert builder.main(["--only", "report"]) == 0
    assert sources(read("notebooks/report.ipynb")) == ["SEED: int = 0"]
    assert not (builder.NOTEBOOKS / "solutions").exists()


def test_unknown_lesson_is_one_line(course, capsys):
    assert builder.main(["--only", "07"]) == 1
    assert capsys.readouterr().err == "--only 07: no such master in notebooks/_src\n"
