"""Write the README's gallery from figures that the lessons really drew.

A cell tagged ``gallery`` gives its first picture, captioned with its lesson's title. Run it after
``make notebooks``; a test compares.
"""

import base64
import json
import re
import sys
from pathlib import Path

from gansec_lib.files import atomic_write

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
FOLDER = ROOT / "docs" / "gallery"
BEGIN, END = "<!-- gallery: written by tools/make_gallery.py -->", "<!-- end of gallery -->"
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
    return f"{BEGIN}\n{table}\n{END}", {name: data for name, _, _, data in found}


def main():
    text = README.read_text("utf-8")
    if BEGIN not in text or END not in text:
        sys.exit(f"README.md: expected the markers {BEGIN} and {END}")
    markdown, files = gallery()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        atomic_write(FOLDER / name, data)
    for old in FOLDER.glob("*.png"):
        if old.name not in files:
            old.unlink()
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    atomic_write(README, (head + markdown + tail).encode())
    print(len(files), "figures")


if __name__ == "__main__":
    main()
