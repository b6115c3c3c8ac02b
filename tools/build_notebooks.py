"""Make the learner and the solution notebook of each lesson from its master, and run them.

usage: python tools/build_notebooks.py [--only 05] [--profile laptop] [--no-execute] [--force]
       python tools/build_notebooks.py --check
       python tools/build_notebooks.py --only 05 --nbgrader FOLDER

notebooks/_src/05_name.py (jupytext py:percent, solutions included)
    -> notebooks/05_name.ipynb             solutions cut out, outputs stored
    -> notebooks/solutions/05_name.ipynb   solutions left in, outputs stored
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

import nbformat

from gansec_lib.files import atomic_write

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "notebooks" / "_src"
NOTEBOOKS = ROOT / "notebooks"
REPOSITORY, BRANCH = "OWNER/REPOSITORY", "main"  # for the Colab and Binder links: set once
MOST_BYTES = 1_500_000
CELL_SECONDS = {"smoke": 120, "laptop": 900, "gpu": 7200}
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
CHECK_CALL = re.compile(r"\bcheck\(\s*[\"'](\d\d\.\d+)[\"']")
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class BuildError(Exception):
    """A master or a run that is not right; the message says where."""


# ---------------------------------------------------------------- master -> cells


def read_master(path: Path):
    """A master as a notebook: solutions inside, ids, exercise tags and nbgrader metadata set."""
    import jupytext

    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    lesson = path.stem.split("_")[0]
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    if lesson.isdigit():
        _add_links(notebook, path.stem)
    _name_cells(notebook, lesson)
    _mark_exercises(notebook, path.name)
    return notebook


def learner_version(notebook):
    """Solutions cut out, cells tagged ``solution`` dropped."""
    notebook = copy.deepcopy(notebook)
    notebook.cells = [c for c in notebook.cells if "solution" not in tags(c)]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = cut_solution(cell.source)
    return notebook


def solution_version(notebook):
    """Everything left in; the markers too, so that a reader sees where the solution stands."""
    return copy.deepcopy(notebook)


def cut_solution(source: str) -> str:
    """Replace each solution by ``# YOUR CODE HERE``; inside a function also by a raise.

    >>> print(cut_solution("def f(x):\\n    ### BEGIN SOLUTION\\n    pass\\n    ### END SOLUTION"))
    def f(x):
        # YOUR CODE HERE
        raise NotImplementedError()
    """
    kept, inside = [], False
    for line in source.splitlines():
        word = line.strip()
        if word == BEGIN:
            if inside:
                raise BuildError(f"{BEGIN} twice without {END}:\n{source}")
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            kept.append(f"{indent}# YOUR CODE HERE")
            if indent:
                kept.append(f"{indent}raise NotImplementedError()")
        elif word == END:
            if not inside:
                raise BuildError(f"{END} without {BEGIN}:\n{source}")
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise BuildError(f"{BEGIN} without {END}:\n{source}")
    return "\n".join(kept)


def tags(cell) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _add_links(notebook, stem):
    """Colab and Binder links under the title. Words, not pictures: nothing is fetched."""
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        raise BuildError(f"{stem}: the first cell must be text that begins with `# Title`")
    colab = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{BRANCH}/notebooks/{stem}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{REPOSITORY}/{BRANCH}?labpath=notebooks/{stem}.ipynb"
    title, _, rest = first.source.partition("\n")
    first.source = f"{title}\n\n[Open in Colab]({colab}) · [Open in Binder]({binder})\n{rest}"


def _name_cells(notebook, lesson):
    """Ids from what a cell says: they stay when cells are put in before it."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        text = f"{lesson}|{cell.cell_type}|{cell.source}"
        key = hashlib.sha256(text.encode()).hexdigest()[:10]
        seen[key] = seen.get(key, 0) + 1
        cell.metadata.pop("lines_to_next_cell", None)  # jupytext's own note
        cell.id = f"l{lesson}-{key}" + (f"-{seen[key]}" if seen[key] > 1 else "")
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def _mark_exercises(notebook, name):
    """Tie each solution cell to the check cell after it: one tag, nbgrader's metadata."""
    waiting = None
    for cell in notebook.cells:
        if cell.cell_type != "code" or "demo" in tags(cell):
            continue
        ids = CHECK_CALL.findall(cell.source)
        if BEGIN in cell.source:
            if waiting is not None:
                raise BuildError(f"{name}: no check cell after the exercise\n{waiting.source}")
            if ids:
                raise BuildError(f"{name}: put check({ids[0]!r}, …) into a cell of its own")
            waiting = cell
        elif ids:
            if len(ids) > 1:
                raise BuildError(f"{name}: one check a cell, found {', '.join(ids)}")
            if waiting is None:
                raise BuildError(f"{name}: check({ids[0]!r}, …) has no exercise cell before it")
            _mark(waiting, cell, ids[0])
            waiting = None
    if waiting is not None:
        raise BuildError(f"{name}: no check cell after the exercise\n{waiting.source}")


def _mark(exercise_cell, check_cell, id):
    slug = id.replace(".", "-")
    base = {"locked": False, "schema_version": 3, "task": False}
    exercise_cell.metadata["nbgrader"] = {
        **base, "grade": False, "grade_id": f"exercise-{slug}", "solution": True,
    }  # fmt: skip
    check_cell.metadata["nbgrader"] = {
        **base, "grade": True, "grade_id": f"check-{slug}", "locked": True, "solution": False,
        "points": points(id),
    }  # fmt: skip
    exercise_cell.metadata["tags"] = [*tags(exercise_cell), f"exercise-{id}"]
    check_cell.metadata["tags"] = [*tags(check_cell), f"check-{id}"]


def points(id: str) -> int:
    """Points of an exercise: its difficulty."""
    from gansec_lib.course.check import registry
    from gansec_lib.errors import ParameterError

    try:
        return registry.find(id).difficulty
    except ParameterError as error:
        raise BuildError(str(error)) from None


# ---------------------------------------------------------------- running


def execute(notebook, profile: str, name: str):
    """Run all cells in a fresh kernel; outputs land in the notebook, timings do not."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    os.environ.update(GANSEC_STATIC="1", GANSEC_PROFILE=profile, PYTHONHASHSEED="0")
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS[profile],
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=40"],
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
        raise BuildError(f"{name}: a cell failed\n{plain}") from None
    _tidy_outputs(notebook, name)
    return notebook


def _tidy_outputs(notebook, name):
    home = (str(ROOT), str(Path.home()) + "/")
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            text = json.dumps({k: v for k, v in output.items() if k != "metadata"})
            if output.output_type == "stream" and output.name == "stderr":
                raise BuildError(
                    f"{name}: a cell writes to stderr:\n{cell.source}\n---\n{output.text[:2000]}"
                )
            if any(place in text for place in home):
                raise BuildError(f"{name}: an output holds a path of this machine:\n{cell.source}")
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})


# ---------------------------------------------------------------- files


def paths(master: Path) -> list[Path]:
    """The files that a master becomes: learner and solution, or the report alone."""
    name = f"{master.stem}.ipynb"
    first = NOTEBOOKS / name
    return [first] if master.stem == "report" else [first, NOTEBOOKS / "solutions" / name]


def targets(master: Path) -> dict[Path, object]:
    """What a master becomes: {file: notebook without outputs}."""
    notebook = read_master(master)
    versions = learner_version(notebook), solution_version(notebook)
    return dict(zip(paths(master), versions, strict=False))


def write(notebook, path: Path) -> int:
    """Write a notebook as a whole or not at all; its size in bytes."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook, version=4)
    text = text if text.endswith("\n") else text + "\n"
    size = len(text.encode())
    if size > MOST_BYTES:
        raise BuildError(f"{path.name}: {size / 1e6:.2f} MB, more than {MOST_BYTES / 1e6} MB")
    atomic_write(path, text)
    return size


def fingerprint(notebook, profile: str) -> dict[str, str]:
    """What the outputs depend on: the text, the profile, and the library."""
    text = json.dumps([(c.cell_type, c.source, tags(c)) for c in notebook.cells])
    library = hashlib.sha256()
    for file in sorted((ROOT / "gansec_lib").rglob("*")):
        if file.suffix in (".py", ".mplstyle"):
            library.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return {
        "text": hashlib.sha256(f"{profile}|{text}".encode()).hexdigest()[:16],
        "library": library.hexdigest()[:16],
    }


def read(path: Path):
    return nbformat.read(path, as_version=4) if path.exists() else None


def is_fresh(stored, marks: dict[str, str], lazy: bool) -> bool:
    known = stored.metadata.get("gansec", {}) if stored is not None else {}
    return known.get("text") == marks["text"] and (lazy or known.get("library") == marks["library"])


def keep_outputs(notebook, stored) -> None:
    """Take over the outputs of cells that have not changed."""
    old = {c.id: c for c in stored.cells} if stored is not None else {}
    for cell in notebook.cells:
        twin = old.get(cell.id)
        if cell.cell_type == "code" and twin is not None and twin.source == cell.source:
            cell.outputs, cell.execution_count = twin.outputs, twin.execution_count


def build(master: Path, options) -> bool:
    """Both notebooks of one master. True when all is well."""
    for path, notebook in targets(master).items():
        started, name = time.time(), str(path.relative_to(ROOT))
        marks, stored = fingerprint(notebook, options.profile), read(path)
        if not options.force and not options.no_execute and is_fresh(stored, marks, options.lazy):
            print(f"{name}: unchanged")
            continue
        if options.no_execute or master.stem == "report":
            keep_outputs(notebook, stored)
            marks = {}
        else:
            execute(notebook, options.profile, name)
        if marks:
            notebook.metadata["gansec"] = {**marks, "profile": options.profile}
        size = write(notebook, path)
        print(f"{name}: {size / 1000:.0f} kB, {time.time() - started:.0f} s")
    return True


def differences(master: Path) -> list[str]:
    """Where the committed notebooks are not what the master gives (outputs aside)."""
    found = []
    for path, notebook in targets(master).items():
        stored, name = read(path), str(path.relative_to(ROOT))
        if stored is None:
            found.append(f"{name}: missing")
            continue
        wanted = [_skeleton(c) for c in notebook.cells]
        there = [_skeleton(c) for c in stored.cells]
        if wanted != there:
            place = next(
                (i for i, (a, b) in enumerate(zip(wanted, there, strict=False)) if a != b),
                min(len(wanted), len(there)),
            )
            found.append(f"{name}: differs from its master at cell {place}")
    return found


def _skeleton(cell):
    return cell.cell_type, cell.id, cell.source, json.loads(json.dumps(cell.metadata))


def orphans() -> list[str]:
    """Notebooks without a master."""
    names = {m.stem for m in masters(None)}
    files = [*NOTEBOOKS.glob("*.ipynb"), *(NOTEBOOKS / "solutions").glob("*.ipynb")]
    return [f"{f.relative_to(ROOT)}: has no master" for f in files if f.stem not in names]


def masters(only: list[str] | None) -> list[Path]:
    every = sorted(p for p in SOURCES.glob("*.py") if re.match(r"(\d\d_|report$)", p.stem))
    if not only:
        return every
    chosen = [p for p in every if p.stem.split("_")[0] in only or p.stem in only]
    known = {p.stem.split("_")[0] for p in every} | {p.stem for p in every}
    for name in only:
        if name not in known:
            raise BuildError(f"--only {name}: no such master in notebooks/_src")
    return chosen


# ---------------------------------------------------------------- nbgrader


def nbgrader_source(master: Path):
    """The solution notebook with hidden tests: what nbgrader starts from."""
    notebook = read_master(master)
    notebook.cells = [c for c in notebook.cells if "solution" not in tags(c)]
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("grade"):
            id = CHECK_CALL.findall(cell.source)[0]
            cell.source += (
                "\n### BEGIN HIDDEN TESTS\n"
                "from gansec_lib.course.check import passed\n"
                f'assert passed("{id}"), "exercise {id} does not pass"\n'
                "### END HIDDEN TESTS"
            )
    return notebook


def write_nbgrader(master: Path, folder: Path) -> Path:
    """Lay out FOLDER/source/lessonNN/… and the configuration nbgrader needs."""
    lesson = master.stem.split("_")[0]
    path = folder / "source" / f"lesson{lesson}" / f"{master.stem}.ipynb"
    write(nbgrader_source(master), path)
    shutil.copy(ROOT / "tools" / "nbgrader_config.py", folder)
    return path


# ---------------------------------------------------------------- command line


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="NN", help="a lesson; can be repeated")
    parser.add_argument("--profile", choices=("smoke", "laptop", "gpu"), default="laptop")
    parser.add_argument("--no-execute", action="store_true", help="write sources, keep outputs")
    parser.add_argument("--force", action="store_true", help="run what has not changed, too")
    parser.add_argument("--lazy", action="store_true", help="do not rerun for library changes")
    parser.add_argument("--missing", action="store_true", help="only what is not there yet")
    parser.add_argument("--check", action="store_true", help="compare with what is there")
    parser.add_argument("--nbgrader", type=Path, metavar="FOLDER", help="lay out a course folder")
    options = parser.parse_args(arguments)
    try:
        chosen = masters(options.only)
        if options.check:
            found = [line for master in chosen for line in differences(master)]
            found += [] if options.only else orphans()
            print("\n".join(found) or f"{len(chosen)} masters, all notebooks match")
            return 1 if found else 0
        if options.nbgrader:
            for master in chosen:
                if master.stem != "report":
                    print(write_nbgrader(master, options.nbgrader))
            return 0
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    if options.missing:
        chosen = [master for master in chosen if not all(p.exists() for p in paths(master))]
    failed = 0
    for master in chosen:
        try:
            build(master, options)
        except BuildError as error:
            print(f"FAILED {error}", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
