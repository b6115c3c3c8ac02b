"""``make fuzz``, or ``python -m tools.fuzz --only pictures --count 500 --seed 3``."""

import argparse
import sys
import time

from tools import fuzz


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 every case opened or was refused as documented, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=fuzz.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", nargs="+", choices=fuzz.KINDS, default=fuzz.KINDS)
    parser.add_argument("--count", type=int, help="cases of each kind (default: all of them)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=int, default=0, help="number of the first case")
    chosen = parser.parse_args(arguments)
    failed = []
    print(f"{'kind':<12}{'cases':>8}{'opened':>8}{'refused':>9}{'undocumented':>14}{'minutes':>9}")
    for kind in chosen.only:
        start = time.monotonic()
        tally = fuzz.run(kind, chosen.count, chosen.seed, chosen.case)
        print(
            f"{kind:<12}{tally.cases:>8,}{tally.opened:>8,}{tally.refused.total():>9,}"
            f"{len(tally.undocumented):>14,}{(time.monotonic() - start) / 60:>9.1f}   "
            f"slowest {tally.slowest:.1f} s; "
            + ", ".join(f"{name} {often:,}" for name, often in tally.refused.most_common()),
            flush=True,
        )
        failed += [(kind, number, problem) for number, problem in tally.undocumented]
    for kind, number, problem in failed[:20]:
        print(
            f"\n{kind}: {problem}\n    again: python -m tools.fuzz --only {kind} "
            f"--seed {chosen.seed} --case {number} --count 1"
        )
    if len(failed) > 20:
        print(f"\n… and {len(failed) - 20} more")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
