"""How long ``import gansec_lib`` takes, as a ratio to ``import torch`` in the same run."""

import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from table import row

RESULT = Path(__file__).resolve().parent / "results" / "import_time.json"
PAIRS = 7


def seconds(statement):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def main():
    empty, torch, library, course = [], [], [], []
    for _ in range(PAIRS):  # interleaved, so that a busy moment hits all of them
        empty.append(seconds("pass"))
        torch.append(seconds("import torch"))
        library.append(seconds("import gansec_lib"))
        course.append(
            seconds("import gansec_lib.course, gansec_lib.course.check, gansec_lib.show.figures")
        )
    middle = {
        "empty": statistics.median(empty),
        "import torch": statistics.median(torch),
        "import gansec_lib": statistics.median(library),
        "import course, check, figures": statistics.median(course),
    }
    base = middle["import torch"]
    result = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "seconds": middle,
        "ratios": {
            "import gansec_lib / import torch (goal <= 1.2)": middle["import gansec_lib"] / base,
            "import of a lesson's layer / import torch": middle["import course, check, figures"]
            / base,
        },
        "table": [
            row("import gansec_lib", "import torch", middle["import gansec_lib"], base, 1 / 1.2),
            row(
                "a lesson's imports", "import torch", middle["import course, check, figures"], base
            ),
        ],
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["ratios"], indent=1))


if __name__ == "__main__":
    main()
