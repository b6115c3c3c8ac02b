"""Make the shipped weights again, from bundled data only.

    python tools/make_weights.py --list
    python tools/make_weights.py faces_dcgan --minutes 60

Training is resumable: run the same command again and it continues where it stopped. A finished
recipe writes data/weights/NAME.safetensors and its entry in data/MANIFEST.json.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gansec_lib.nets import weights  # noqa: E402
from tools.recipes import collect  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 all finished, 3 stopped at the time limit (run again), 2 bad arguments."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="recipes to run; default: all")
    parser.add_argument("--profile", choices=("laptop", "gpu"), default="laptop")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "weights", help="folder for checkpoints"
    )
    parser.add_argument("--minutes", type=float, help="stop (resumably) after this many minutes")
    parser.add_argument("--list", action="store_true", help="list the recipes and stop")
    options = parser.parse_args(arguments)
    recipes = collect()
    if options.list:
        for name, recipe in recipes.items():
            state = "made" if weights.exists(name) else "missing"
            print(f"{name:24} {state:8} {recipe.laptop_minutes:6.1f} min  {recipe.about}")
        return 0
    if options.minutes is not None and not options.minutes > 0:
        parser.error(f"--minutes: expected a positive number, got {options.minutes}")
    unknown = [name for name in options.names if name not in recipes]
    if unknown:
        parser.error(f"no recipe {', '.join(unknown)}; there are: {', '.join(recipes)}")
    began, finished = time.monotonic(), True
    for name in options.names or recipes:
        left = None
        if options.minutes is not None:
            left = options.minutes - (time.monotonic() - began) / 60
            if left <= 0:
                print(f"{name}: not started, the {options.minutes:g} minutes are over")
                finished = False
                continue
        out = options.out / name
        out.mkdir(parents=True, exist_ok=True)
        done = recipes[name].train(options.profile, out, left)
        finished &= done
        if done:
            facts = weights.entry(name)
            print(f"{name}: {facts['bytes']:,} bytes, sha256 {facts['sha256'][:12]}…")
        else:
            print(f"{name}: stopped at the time limit; the same command continues")
    return 0 if finished else 3


if __name__ == "__main__":
    sys.exit(main())
