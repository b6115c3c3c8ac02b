"""Run ``notebooks/report.ipynb`` with parameters and make the page of it."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path

from gansec_lib.errors import DataMissingError, GansecError, ParameterError
from gansec_lib.files import atomic_write

OUTPUTS = ("report.html", "report.ipynb", "results.json")


class RunFailed(GansecError):
    """The notebook stopped; the message says in which cell and what was kept."""


@dataclass(frozen=True)
class Report:
    """Where a finished report lies."""

    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / "report.html"

    @property
    def notebook(self) -> Path:
        return self.folder / "report.ipynb"

    @property
    def results(self) -> Path:
        return self.folder / "results.json"


def notebook_path() -> Path:
    """The report's notebook: in the project this library was installed from.

    Raises
    ------
    DataMissingError
        If it is not there.
    """
    path = Path(__file__).resolve().parents[2] / "notebooks" / "report.ipynb"
    if not path.is_file():
        raise DataMissingError(
            f"{path} is missing: install from a checkout (pip install -e .) and run "
            f"'make notebooks', which builds it from notebooks/_src/report.py"
        )
    return path


def declared_parameters(notebook) -> dict[str, object]:
    """Names and default values in the cell tagged ``parameters``.

    Raises
    ------
    ParameterError
        If there is no such cell, or something in it is not a plain ``NAME = literal``.
    """
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ParameterError(f"notebook: expected one cell tagged parameters, found {len(cells)}")
    found = {}
    for line in ast.parse(cells[0].source).body:
        if not isinstance(line, ast.Assign) or not isinstance(line.targets[0], ast.Name):
            raise ParameterError("notebook: its parameters cell holds more than NAME = literal")
        found[line.targets[0].id] = ast.literal_eval(line.value)
    return found


def check_parameters(given: dict, declared: dict) -> None:
    """Refuse names the notebook does not declare and values of another type.

    papermill itself only warns: a misspelt name would run the default without a word.

    >>> check_parameters({"SEED": 3}, {"SEED": 0})
    """
    for name, value in given.items():
        if name not in declared:
            from difflib import get_close_matches

            near = get_close_matches(name, declared, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(declared)}"
            raise ParameterError(f"{name}: the report has no such parameter; {hint}")
        wanted = type(declared[name])
        if type(value) is not wanted:
            raise ParameterError(
                f"{name}: expected {wanted.__name__} as in {declared[name]!r}, "
                f"got {type(value).__name__} {value!r}"
            )
        if wanted is list and not all(isinstance(entry, str) for entry in value):
            raise ParameterError(f"{name}: expected a list of str, got {value!r}")


def run(parameters: dict, out: str | Path, *, notebook: Path | None = None) -> Report:
    """Execute the report notebook and make the page.

    Parameters
    ----------
    parameters : dict
        For the cell tagged ``parameters``; checked by name and type.
    out : path
        Folder for ``report.html``, ``report.ipynb``, ``results.json``. What an earlier run left
        there under these names is removed first, so that nothing old is taken for new.
    notebook : path, optional
        Another notebook than the report's.

    Returns
    -------
    Report

    Raises
    ------
    ParameterError
        Wrong parameters; nothing was run.
    RunFailed
        A cell raised. ``report.ipynb`` holds everything up to there, and a page of it is kept.
    """
    import nbformat

    source = Path(notebook) if notebook else notebook_path()
    node = nbformat.read(source, as_version=4)
    declared = declared_parameters(node)
    folder = Path(out).expanduser().resolve()
    if "OUT" in declared:
        parameters = {**parameters, "OUT": str(folder)}
    check_parameters(parameters, declared)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in OUTPUTS:
            (folder / name).unlink(missing_ok=True)
    except OSError as problem:
        raise ParameterError(f"out: cannot write into {folder} ({problem})") from None

    report = Report(folder)
    failure = _execute(source, report.notebook, parameters)
    done = nbformat.read(report.notebook, as_version=4)
    from gansec_lib.report import html

    page = html.page(done, f"Security report: {parameters.get('IMAGES', '')}", failed=failure)
    atomic_write(report.page, page)
    if failure:
        raise RunFailed(f"{failure}. What was done until then is kept in {report.notebook}")
    return report


def _execute(source: Path, target: Path, parameters: dict) -> str:
    """Run the notebook with papermill; returns what went wrong, or nothing."""
    import logging
    import warnings

    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    asked = {"GANSEC_STATIC": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    before = {name: os.environ.get(name) for name in asked}
    os.environ.update(asked)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            papermill.execute_notebook(
                source,
                target,
                parameters=parameters,
                kernel_name="python3",
                progress_bar=False,
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
                cwd=Path.cwd(),
            )
    except PapermillExecutionError as problem:
        return f"cell {problem.exec_count} stopped: {problem.ename}: {problem.evalue}"
    except Exception as problem:  # a kernel that dies raises what its engine likes
        if not target.is_file():
            raise RunFailed(f"the notebook did not start: {problem}") from problem
        return f"the kernel stopped: {type(problem).__name__}: {problem}"
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
    return ""
