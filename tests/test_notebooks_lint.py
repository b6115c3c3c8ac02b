"""The house style, enforced: how every lesson is built, and what its stored notebooks hold."""

from __future__ import annotations

import ast
import itertools
import json
import re
import statistics
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import build_notebooks as builder  # noqa: E402

MASTERS = [m for m in builder.masters(None) if m.stem[:2].isdigit()]
MOST_LINES, MEDIAN_LINES, MOST_WORDS, MOST_BYTES = 25, 8, 150, 1_500_000
CODE_CELLS, EXERCISES, PARAMETERS = (20, 40), (4, 6), 8
LEAST_COMPARED = 0.6
SECTIONS = ("Objectives", "Threat box", "Break it", "Results", "Recap", "Quiz", "References")
FORBIDDEN = {  # in code
    r"^\s*[!%]\s*(pip|conda|wget|curl|apt)": "installs or downloads",
    r"https?://|urllib|\brequests\.|download=True": "uses the network",
    r"[\"'](/(home|root|tmp|work|Users|mnt|usr|content)\b|[A-Z]:\\)": "has an absolute path",
    r"plt\.show\(": "uses plt.show: take gansec_lib.show.figures.show, which works in every engine",
}


@cache
def lesson(master: Path):
    """The master as a notebook, solutions inside."""
    return builder.read_master(master)


def code(master):
    return [c for c in lesson(master).cells if c.cell_type == "code"]


def text(master):
    return [c for c in lesson(master).cells if c.cell_type == "markdown"]


@cache
def stored(path: Path):
    return builder.read(path)


def files(master):
    return builder.paths(master)


def short(cell) -> str:
    return f"…{cell.source[:70]!r}…"


each_master = pytest.mark.parametrize("master", MASTERS, ids=lambda m: m.stem)
each_notebook = pytest.mark.parametrize(
    "path", [p for m in MASTERS for p in files(m)], ids=lambda p: f"{p.parent.name}/{p.stem}"
)


def test_there_are_lessons():
    assert [m.stem[:2] for m in MASTERS][:1] == ["00"]


# ---------------------------------------------------------------- the master


@each_master
def test_code_cells_are_short(master):
    lengths = {short(c): len(c.source.splitlines()) for c in code(master)}
    assert not {k: v for k, v in lengths.items() if v > MOST_LINES}
    assert statistics.median(lengths.values()) <= MEDIAN_LINES
    assert CODE_CELLS[0] <= len(code(master)) <= CODE_CELLS[1]


@each_master
def test_code_lines_fit_the_page(master):
    assert not [line for c in code(master) for line in c.source.splitlines() if len(line) > 100]


@each_master
def test_text_cells_are_short(master):
    counts = {short(c): words(c.source) for c in text(master)}
    assert not {k: v for k, v in counts.items() if v > MOST_WORDS}


def words(source: str) -> int:
    """Words a reader reads: no markup, no link targets, a formula is one."""
    source = re.sub(r"\$\$.*?\$\$|\$[^$]+\$", " formula ", source, flags=re.DOTALL)
    source = re.sub(r"<[^>]+>|\]\([^)]*\)", " ", source)
    return len(re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", source))


@each_master
def test_text_stands_between_code(master):
    cells = lesson(master).cells
    for before, after in itertools.pairwise(cells):
        if before.cell_type == after.cell_type == "code":
            pair = [t for c in (before, after) for t in builder.tags(c)]
            assert any(t.startswith("exercise-") for t in pair), short(after)
            assert any(t.startswith("check-") for t in pair), short(after)


@each_master
def test_imports_stand_in_one_cell(master):
    first, *others = code(master)
    assert "import" in first.source
    for cell in others:
        found = [n for n in ast.walk(parse(cell)) if isinstance(n, (ast.Import, ast.ImportFrom))]
        assert not found, f"import outside the import cell: {short(cell)}"


def parse(cell):
    lines = ("pass" if re.match(r"\s*[%!]", s) else s for s in cell.source.splitlines())
    return ast.parse("\n".join(lines))


@each_master
def test_nothing_from_outside(master):
    for cell in code(master):
        for pattern, what in FORBIDDEN.items():
            assert not re.search(pattern, cell.source, re.MULTILINE), f"{short(cell)} {what}"


@each_master
def test_parameters_are_few_annotated_literals(master):
    cells = [c for c in code(master) if "parameters" in builder.tags(c)]
    assert len(cells) == 1
    assert cells[0].source.strip().splitlines()[0] != "# Parameters", "papermill's own mark"
    nodes = parse(cells[0]).body
    assert len(nodes) <= PARAMETERS
    lines = cells[0].source.splitlines()
    for node in nodes:
        assert isinstance(node, ast.AnnAssign), f"not annotated: {ast.unparse(node)}"
        ast.literal_eval(node.value)
        assert "#" in lines[node.end_lineno - 1], f"no help text: {ast.unparse(node)}"
    assert {"PROFILE", "SEED"} <= {n.target.id for n in nodes}


@each_master
def test_sections_are_there_in_order(master):
    heads = re.findall(r"^## (.+)$", "\n\n".join(c.source for c in text(master)), re.MULTILINE)
    places = [[i for i, h in enumerate(heads) if h.startswith(name)] for name in SECTIONS]
    assert not [n for n, p in zip(SECTIONS, places, strict=True) if len(p) != 1], heads
    assert places == sorted(places), heads
    numbered = [h for h in heads if re.match(r"\d+[.·] ", h)]
    assert 3 <= len(numbered) <= 5, f"3 to 5 numbered sections, found {numbered}"
    everything = "\n".join(c.source for c in text(master))
    assert "Predict first" in everything
    assert everything.count("Reading the figure") >= 3


@each_master
def test_first_cell_promises(master):
    first = text(master)[0].source
    assert re.match(rf"# {master.stem[:2]} · ", first)
    assert "Open in Colab" in first and "Open in Binder" in first
    assert re.search(r"\|\s*minutes\s*\|", first)


def section(master, name: str) -> str:
    everything = "\n".join(c.source for c in text(master))
    return re.search(rf"^## {name}.*?(?=^## |\Z)", everything, re.MULTILINE | re.DOTALL).group(0)


@each_master
def test_objectives_name_the_exercises(master):
    bullets = re.split(r"^- ", section(master, "Objectives"), flags=re.MULTILINE)[1:]
    assert 3 <= len(bullets) <= 5
    assert not [b for b in bullets if not re.search(r"\d\d\.\d", b)], "an objective is not checked"


@each_master
def test_quiz_has_five_questions_with_folded_answers(master):
    quiz = section(master, "Quiz")
    assert len(re.findall(r"^\d\. ", quiz, re.MULTILINE)) == 5
    assert quiz.count("<details>") == quiz.count("</details>") == 5


@each_master
def test_one_widget(master):
    assert sum(len(re.findall(r"\bexplore\(", c.source)) for c in code(master)) == 1


@each_master
def test_exercise_boxes_tell_what_the_registry_knows(master):
    from gansec_lib.course.check import registry

    cells = lesson(master).cells
    boxes = {}
    for before, cell in itertools.pairwise(cells):
        for tag in builder.tags(cell):
            if tag.startswith("exercise-"):
                boxes[tag.removeprefix("exercise-")] = before.source
    known = {e.id: e for e in registry.of_lesson(master.stem[:2])}
    assert sorted(boxes) == sorted(known)
    assert EXERCISES[0] <= len(boxes) <= EXERCISES[1]
    for id, box in boxes.items():
        box = box[box.index(f"### Exercise {id}") :]
        stars = "●" * known[id].difficulty + "○" * (3 - known[id].difficulty)
        assert f"Difficulty {stars}" in box, id
        assert f"{known[id].minutes} minutes" in box, id
        assert "out:" in box, id
        assert box.count("<details>") >= 2 or known[id].difficulty == 1, f"{id}: two folded hints"
    assert "find the bug" in "\n".join(boxes.values()).lower()


def test_every_exercise_id_of_the_registry_is_in_a_notebook():
    from gansec_lib.course.check import registry

    in_notebooks = {
        tag.removeprefix("check-")
        for master in MASTERS
        for cell in code(master)
        for tag in builder.tags(cell)
        if tag.startswith("check-")
    }
    assert {e.id for e in registry.every()} == in_notebooks


# ---------------------------------------------------------------- the stored notebooks


@each_master
def test_notebooks_are_what_the_master_gives(master):
    assert builder.differences(master) == []


def test_no_notebook_without_a_master():
    assert builder.orphans() == []


@each_notebook
def test_outputs_are_stored_and_clean(path):
    notebook = stored(path)
    assert notebook is not None, "not built"
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    assert all(c.execution_count for c in cells), "a cell was not run"
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
    outputs = [o for c in cells for o in c.outputs]
    assert not [o for o in outputs if o.output_type == "error"]
    assert not [o for o in outputs if o.get("name") == "stderr"]
    assert "widgets" not in notebook.metadata, "widget state is stored"
    assert not [c for c in notebook.cells if "execution" in c.metadata], "timings are stored"
    assert path.stat().st_size <= MOST_BYTES
    raw = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|tmp|work)/[\w.]", raw), "a path of some machine is stored"
    assert sum("image/png" in o.get("data", {}) for o in outputs) >= 4, "figures are missing"


@each_notebook
def test_most_outputs_are_compared(path):
    shown = [c for c in stored(path).cells if c.cell_type == "code" and c.outputs]
    skipped = {"nbval-ignore-output", "nbval-skip", "raises-exception"}
    compared = [c for c in shown if not skipped & set(builder.tags(c))]
    assert len(compared) >= LEAST_COMPARED * len(shown)
    assert not [c for c in shown if {"nbval-skip", "raises-exception"} & set(builder.tags(c))]


@each_notebook
def test_exercises_stand_as_they_should(path):
    solved = path.parent.name == "solutions"
    for cell in stored(path).cells:
        ids = [t.removeprefix("check-") for t in builder.tags(cell) if t.startswith("check-")]
        if ids:
            said = "".join(o.get("text", "") for o in cell.outputs)
            wanted = "passed" if solved else "not attempted (reference used below)"
            assert said.startswith(f"{ids[0]} {wanted}"), said
        has_solution = builder.BEGIN in cell.source
        assert not (has_solution and not solved), "a solution is left in the learner's notebook"


@each_notebook
def test_nbgrader_metadata_is_complete(path):
    marks = [c.metadata["nbgrader"] for c in stored(path).cells if "nbgrader" in c.metadata]
    assert len({m["grade_id"] for m in marks}) == len(marks)
    assert {m["schema_version"] for m in marks} == {3}
    graded = [m for m in marks if m["grade"]]
    assert len(graded) * 2 == len(marks) and all(m["points"] > 0 and m["locked"] for m in graded)
    json.dumps(marks)
