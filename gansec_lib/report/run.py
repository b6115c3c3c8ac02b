"""Run ``notebooks/report.ipynb`` with parameters and make the page of it."""

from __future__ import annotations

import ast
import logging
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat

from gansec_lib import files
from gansec_lib.course.session import check_parameters, literals
from gansec_lib.errors import DataMissingError, GansecError, ParameterError
from gansec_lib.files import printable
from gansec_lib.report.names import restored, storable
from gansec_lib.report.page import page

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


def declared_parameters(notebook) -> dict[str, tuple[object, str]]:
    """Names, default values and annotations in the cell tagged ``parameters``.

    Raises
    ------
    ParameterError
        If there is no such cell, or something in it is not a plain ``NAME = literal``.
    """
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ParameterError(f"notebook: expected one cell tagged parameters, found {len(cells)}")
    found = literals(cells[0].source)
    if len(found) != len(ast.parse(cells[0].source).body):
        raise ParameterError("notebook: its parameters cell holds more than NAME = literal")
    return found


def run(parameters: dict, out: str | Path, *, notebook: Path | None = None) -> Report:
    """Execute the report notebook and make the page.

    Everything is made in ``out/unfinished`` and takes its place when the page is there. A run that
    fails leaves a former report in ``out`` as it was.

    Parameters
    ----------
    parameters : dict
        For the cell tagged ``parameters``; checked by name and type.
    out : path
        Folder for ``report.html``, ``report.ipynb``, ``results.json``.
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
        A cell raised. ``unfinished/report.ipynb`` holds everything up to there, and a page of it
        is kept.
    """
    source = Path(notebook) if notebook else notebook_path()
    node = nbformat.read(source, as_version=4)
    declared = declared_parameters(node)
    folder = Path(out).expanduser().resolve()
    made = Report(folder / "unfinished")
    if storable(str(folder)) != str(folder):
        raise ParameterError(f"out: expected a name in UTF-8, got {printable(str(folder))}")
    if "IMAGES" in parameters:
        parameters = {**parameters, "IMAGES": storable(str(parameters["IMAGES"]))}
    if "OUT" in declared:
        parameters = {**parameters, "OUT": str(made.folder)}
    check_parameters(parameters, declared)
    try:
        files.remove(made.folder)
        made.folder.mkdir(parents=True)
    except OSError as problem:
        raise ParameterError(f"out: cannot write into {folder} ({problem})") from None

    failure = _execute(source, made.notebook, parameters)
    done = nbformat.read(made.notebook, as_version=4)
    title = f"Security report: {printable(restored(parameters.get('IMAGES', '')))}"
    files.atomic_write(made.page, page(done, title, failed=failure))
    if failure:
        raise RunFailed(f"{failure}. What was done until then is kept in {made.notebook}")
    for name in OUTPUTS:
        if (made.folder / name).exists():
            os.replace(made.folder / name, folder / name)
    files.remove(made.folder)
    return Report(folder)


def _execute(source: Path, target: Path, parameters: dict) -> str:
    """Run the notebook with papermill; returns what went wrong, or nothing."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    asked = {"GANSEC_STATIC": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    before = {name: os.environ.get(name) for name in asked}
    os.environ.update(asked)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Critical only: a kernel that Ctrl-C stops tells its broken sockets in twenty lines.
            papermill.execute_notebook(
                source,
                target,
                parameters=parameters,
                kernel_name="python3",
                progress_bar=False,
                extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
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
