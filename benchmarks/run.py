"""Run every benchmark and print one table: what | peer | ours | ratio | goal, worst first.

usage: python benchmarks/run.py [NAME …] [--show]     (NAME without .py; default: all)

Each benchmark is a script that measures ours and its peers in the same run, and writes
benchmarks/results/*.json: everything it found, and its rows of the table under "table". With
``--show`` nothing is run, and the table is that of the results as they lie there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from table import read, show

HERE = Path(__file__).resolve().parent
NO_SCRIPTS = ("run", "table")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--show", action="store_true", help="run nothing, show the last results")
    asked = parser.parse_args()
    scripts = {p.stem: p for p in sorted(HERE.glob("*.py")) if p.stem not in NO_SCRIPTS}
    unknown = [name for name in asked.names if name not in scripts]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; known: {', '.join(scripts)}")
    failed = []
    for name in [] if asked.show else asked.names or scripts:
        began = time.monotonic()
        print(f"{name} …", end=" ", flush=True)
        done = subprocess.run(
            [sys.executable, scripts[name]],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        print(f"{time.monotonic() - began:.0f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print("\n".join(done.stdout.splitlines()[-20:]))
    print(show(read(HERE / "results")))
    if failed:
        sys.exit("failed: " + ", ".join(failed))


if __name__ == "__main__":
    main()
