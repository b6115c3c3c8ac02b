"""Write what the README takes from the course: the table of lessons and the gallery.

The table is ``gansec_lib/course/lessons.py``. A cell tagged ``gallery`` gives its first picture,
captioned with its lesson's title. Run it after ``make notebooks``; a test compares.
"""

import base64
import json
import re
import sys
from pathlib import Path

from gansec_lib.course.lessons import LESSONS
from gansec_lib.files import atomic_write

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
FOLDER = ROOT / "docs" / "gallery"
BEGIN, END = "<!-- {}: written by tools/make_readme.py -->", "<!-- end of {} -->"
COLUMNS = 3


def pictures():
    """(file name, lesson's notebook, title, PNG bytes) of every tagged figure, in lesson order."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        heading = next("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        title = re.sub(r"^#\s*", "", heading.splitlines()[0])
        number = 0
        for cell in cells:
            if "gallery" not in cell["metadata"].get("tags", []):
                continue
            for output in cell.get("outputs", []):
                if "image/png" in output.get("data", {}):
                    number += 1
                    name = f"{path.stem}_{number}.png"
                    yield name, path.name, title, base64.b64decode(output["data"]["image/png"])
                    break


def gallery():
    """(markdown, {file name: PNG bytes})."""
    found = list(pictures())
    tiles = [
        f'<td align="center"><a href="notebooks/{notebook}"><img src="docs/gallery/{name}" '
        f'width="270" alt="{title}"></a><br>{title}</td>'
        for name, notebook, title, _ in found
    ]
    rows = [tiles[start : start + COLUMNS] for start in range(0, len(tiles), COLUMNS)]
    table = "<table>\n" + "\n".join("<tr>" + "".join(row) + "</tr>" for row in rows) + "\n</table>"
    return table, {name: data for name, _, _, data in found}


def lessons():
    """The table of lessons as Markdown; a lesson without a notebook is planned."""
    rows = ["| lesson | title | builds | where it lives | state |", "|---|---|---|---|---|"]
    for number, lesson in LESSONS.items():
        there = any((ROOT / "notebooks").glob(f"{number}_*.ipynb"))
        where = ", ".join(f"`{place}`" for place in lesson.where)
        state = "ready" if there else "planned"
        rows.append(f"| {number} | {lesson.title} | {lesson.builds} | {where} | {state} |")
    return "\n".join(rows)


def put(text, part, markdown):
    """The README with ``markdown`` between the marks of that part."""
    begin, end = BEGIN.format(part), END.format(part)
    if begin not in text or end not in text:
        sys.exit(f"README.md: expected the marks {begin} and {end}")
    return f"{text.split(begin)[0]}{begin}\n{markdown}\n{end}{text.split(end)[1]}"


def main():
    table, pictures_of = gallery()
    text = put(put(README.read_text("utf-8"), "gallery", table), "lessons", lessons())
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in pictures_of.items():
        atomic_write(FOLDER / name, data)
    for old in FOLDER.glob("*.png"):
        if old.name not in pictures_of:
            old.unlink()
    atomic_write(README, text.encode())
    print(len(pictures_of), "figures,", len(LESSONS), "lessons")


if __name__ == "__main__":
    main()
