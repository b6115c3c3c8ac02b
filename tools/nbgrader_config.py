"""Settings for nbgrader in a course folder made by ``tools/build_notebooks.py --nbgrader FOLDER``.

Run in that folder: ``nbgrader generate_assignment lesson05``, hand out ``release/``, collect into
``submitted/STUDENT/lesson05/``, then ``nbgrader autograde lesson05``.
"""

import os
import sys
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

# Graders run in the small profile, and nobody moves a slider there. A JupyterLab opened in the
# course folder reads this file too (nbgrader's server extension): its learners keep their sliders.
program = Path(sys.argv[0])
if "nbgrader" in (program.stem, program.parent.name):
    os.environ.setdefault("GANSEC_PROFILE", "smoke")
    os.environ.setdefault("GANSEC_STATIC", "1")
# nbgrader calls `alembic` by name: find the one of this environment, activated or not.
os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")


class ClearSolutionsWithoutStopping(ClearSolutions):
    """As nbgrader's own, but a stub at the left margin does not raise: the lesson runs on."""

    def _replace_solution_region(self, cell, language):
        replaced = super()._replace_solution_region(cell, language)
        if replaced and cell.cell_type == "code":
            lines = cell.source.split("\n")
            cell.source = "\n".join(s for s in lines if s != "raise NotImplementedError()")
        return replaced


c = get_config()  # noqa: F821  (traitlets gives it)
c.CourseDirectory.course_id = "gansec"
c.GenerateAssignment.preprocessors = [
    ClearSolutionsWithoutStopping if step is ClearSolutions else step
    for step in GenerateAssignment.preprocessors.default_args[0]
]
c.Execute.timeout = 600
c.ExecutePreprocessor.timeout = 600
