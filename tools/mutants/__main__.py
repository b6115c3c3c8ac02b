"""``make mutants``, or ``python -m tools.mutants --only logistic --fast``."""

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path

from tools import mutants


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 every fault was told, 1 some survived, 2 a mutant has to be mended."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=mutants.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", nargs="+", metavar="SYSTEM", default=())
    parser.add_argument("--fast", action="store_true", help="only the faults that the suite plants")
    parser.add_argument("--tables", type=Path, default=mutants.TABLES, help="a folder of .txt")
    parser.add_argument("--json", type=Path, help="write the outcomes to this file, too")
    chosen = parser.parse_args(arguments)
    outcomes, start = [], time.monotonic()
    print(f"{'system':<26}{'mutant':<58}{'seconds':>8}  told by")
    try:
        for one in mutants.run(mutants.mutants(chosen.only, chosen.fast, chosen.tables)):
            outcomes.append(one)
            told = one.told.removeprefix("tests/") or one.why or "SURVIVED"
            print(
                f"{one.mutant.system:<26}{one.mutant.name:<58}{one.seconds:>8.1f}  {told}",
                flush=True,
            )
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    survived = [one.mutant for one in outcomes if not one.told]
    names = "; ".join(f"{mutant.system}: {mutant.name}" for mutant in survived) or "none"
    print(
        f"{len(outcomes)} planted, {len(outcomes) - len(survived)} told, survived: {names} "
        f"({time.monotonic() - start:.0f} s)"
    )
    if chosen.json:
        rows = [dataclasses.asdict(one) for one in outcomes]
        chosen.json.write_text(json.dumps(rows, indent=1), "utf-8")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
