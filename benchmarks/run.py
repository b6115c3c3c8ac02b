"""Run every benchmark and print one table of ratios.

usage: python benchmarks/run.py [NAME …]     (NAME without .py; default: all)

Each benchmark is a script that writes benchmarks/results/NAME.json; figures worth quoting stand
under "ratios" (name -> number), measured against a peer in the same run.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    scripts = {p.stem: p for p in sorted(HERE.glob("*.py")) if p.stem != "run"}
    chosen = sys.argv[1:] or list(scripts)
    unknown = [name for name in chosen if name not in scripts]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; known: {', '.join(scripts)}")
    failed = []
    for name in chosen:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, str(scripts[name])]).returncode:
            failed.append(name)
    print(f"\n{'measured':<58} {'ratio':>10}")
    for path in sorted((HERE / "results").glob("*.json")):
        for name, ratio in json.loads(path.read_text("utf-8")).get("ratios", {}).items():
            print(f"{path.stem + ': ' + name:<58} {ratio:>10.3g}")
    if failed:
        sys.exit("failed: " + ", ".join(failed))


if __name__ == "__main__":
    main()
