"""Every lesson runs in a second engine, with parameters set from outside.

nbval compares stored outputs; papermill sets parameters and keeps the partial notebook. Each is
blind where the other sees, so both run.
"""

import json
from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).parent.parent / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def test_there_are_lessons():
    assert [path.name[:2] for path in LESSONS][:5] == ["00", "01", "02", "03", "04"]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_lesson_runs_with_parameters_from_outside(lesson, tmp_path):
    import papermill

    done = tmp_path / lesson.name
    papermill.execute_notebook(
        lesson, done, {"PROFILE": "smoke", "SEED": 5}, cwd=lesson.parent, progress_bar=False
    )
    cells = json.loads(done.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    printed = "".join("".join(output.get("text", "")) for output in outputs)
    assert "smoke" in printed, "start() did not report the profile that was asked for"
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert pictures, "no figure came out"
