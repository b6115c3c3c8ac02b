"""The README shows figures that the lessons drew, and the lessons that there are."""

import sys

import pytest


@pytest.fixture(scope="module")
def make_readme(project):
    sys.path.insert(0, str(project / "tools"))
    try:
        import make_readme
    finally:
        sys.path.pop(0)
    return make_readme


def test_gallery_is_what_the_notebooks_hold(project, make_readme):
    markdown, files = make_readme.gallery()
    assert len(files) >= 5
    assert markdown in (project / "README.md").read_text("utf-8"), "run tools/make_readme.py"
    stored = {path.name: path.read_bytes() for path in (project / "docs" / "gallery").glob("*.png")}
    assert stored == files


def test_lessons_are_listed_where_they_live(project, make_readme):
    assert make_readme.lessons() in (project / "README.md").read_text("utf-8"), (
        "run tools/make_readme.py"
    )
    for path in (project / "notebooks").glob("[0-9][0-9]_*.ipynb"):
        lesson = make_readme.LESSONS[path.name[:2]]
        for place in lesson.where:
            assert (project / "gansec_lib" / place).exists(), f"{path.name}: {place}"
        first = path.read_text("utf-8")
        assert f"# {path.name[:2]} · {lesson.title}" in first, "the title is the notebook's"
