"""Time SP 800-22 in other people's libraries; run by randomness_speed.py with the peers' Python.

usage: python randomness.py BITS.npy LIBRARY      (prints one JSON object: test -> seconds)

``sp80022suite`` is NIST's C code behind Python; it reads its templates from the working folder,
which the caller has prepared.
"""

import contextlib
import io
import json
import sys
import time

import numpy as np


def timed(found, name, call):
    """Seconds of processor time of one call, or what it raised."""
    start = time.process_time()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            call()
    except Exception as problem:
        found[name] = {"failed": f"{type(problem).__name__}: {problem}"[:120]}
        found[name]["seconds"] = time.process_time() - start
        return
    found[name] = {"seconds": time.process_time() - start}


def nistrng(bits):
    """nistrng 1.2.3, one test after the other on a fresh copy (its rank test changes its input)."""
    from nistrng import SP800_22R1A_BATTERY, run_by_name_battery

    found = {}
    for name in SP800_22R1A_BATTERY:
        fresh = bits.astype(np.int64)
        timed(
            found,
            name,
            lambda name=name, fresh=fresh: run_by_name_battery(
                name, fresh, SP800_22R1A_BATTERY, False
            ),
        )
    return found


def sp80022suite(bits):
    """NIST's C code, at the parameters of the standard's appendix B."""
    import sp80022suite as suite

    arguments = {
        "block_frequency": (128,),
        "non_overlapping_template_matchings": (9,),
        "overlapping_template_matchings": (9,),
        "approximate_entropy": (10,),
        "serial": (16,),
        "linear_complexity": (500,),
    }
    raw, found = bits.astype(np.uint8).tobytes(), {}
    for name in dir(suite):
        if not name.startswith("_"):
            extra = arguments.get(name, ())
            timed(found, name, lambda name=name, extra=extra: getattr(suite, name)(*extra, raw))
    return found


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[2]](np.load(sys.argv[1]))))
