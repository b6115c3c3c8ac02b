"""The README shows figures that the lessons drew, not older ones."""

import sys


def test_gallery_is_what_the_notebooks_hold(project):
    sys.path.insert(0, str(project / "tools"))
    try:
        import make_gallery
    finally:
        sys.path.pop(0)
    markdown, files = make_gallery.gallery()
    assert len(files) >= 5
    assert markdown in (project / "README.md").read_text("utf-8"), "run tools/make_gallery.py"
    stored = {path.name: path.read_bytes() for path in (project / "docs" / "gallery").glob("*.png")}
    assert stored == files
