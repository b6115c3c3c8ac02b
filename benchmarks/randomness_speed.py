"""SP 800-22 against peers in the same run: benchmarks/results/randomness.json.

usage: python benchmarks/randomness_speed.py [--aes 1000] [--skip-nistrng]

The full battery on the first 10^6 bits of e on one core, in processor time, beside nistrng
(minutes) and sp80022suite (NIST's C code), each in the peers' own environment (`make bench` builds
it; PEERS names its Python; without it the ratios are left out and the file says so). Then 100
sequences on two cores, the first battery of a fresh process (compiled code cold and warm), and the
false rejections on AES-256-CTR.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from randomness_digits import digits_of  # noqa: E402
from table import row  # noqa: E402

from gansec_lib.files import versions  # noqa: E402
from gansec_lib.metrics import randomness  # noqa: E402
from gansec_lib.metrics.randomness.patterns import aperiodic  # noqa: E402

RESULTS = HERE / "results" / "randomness.json"
GOALS = {"sp80022suite": 120, "nistrng": 500}
PEERS = os.environ.get("PEERS", str(HERE.parent / ".venv-peers" / "bin" / "python"))


def milliseconds(call, repeats=15):
    """Least processor time of several runs, after one for the compiler.

    One thread works, here and in the peers; the clock on the wall would count what other programs
    do meanwhile.
    """
    call()
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return 1000 * min(taken)


def peer(library, bits):
    """Milliseconds of each test in a peer, or why it could not be run."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "bits.npy", bits)
        templates = Path(folder) / "templates"
        templates.mkdir()
        lines = (" ".join(f"{word:09b}") for word in aperiodic(9))
        (templates / "template9").write_text("\n".join(lines) + "\n")
        try:
            done = subprocess.run(
                [PEERS, HERE / "peers" / "randomness.py", "bits.npy", library],
                cwd=folder, capture_output=True, text=True, check=True,
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError) as problem:
            return None, f"{library} was not run: {str(problem)[:150]}"
    found = json.loads(done.stdout)
    return {name: {**row, "seconds": round(row["seconds"], 6)} for name, row in found.items()}, ""


def fresh_process():
    """Processor time from starting Python to the end of one battery: compiling, then cached."""
    code = (
        "import sys, secrets; from gansec_lib.metrics import randomness;"
        "randomness.battery(secrets.token_bytes(125000))"
    )
    with tempfile.TemporaryDirectory() as cache:
        taken = []
        for _ in range(2):
            start = os.times()
            environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
            subprocess.run([sys.executable, "-c", code], check=True, env=environment)
            used = [now - then for now, then in zip(os.times()[2:4], start[2:4], strict=True)]
            taken.append(round(sum(used), 2))  # of the finished child, user and system
    return dict(zip(("cold", "cached"), taken, strict=True))


def false_rejections(count):
    """Per cent of AES-256-CTR sequences rejected at 0.01 by each test, all its p-values pooled."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    worker = Cipher(algorithms.AES(bytes(range(32))), modes.CTR(bytes(16))).encryptor()
    start = time.perf_counter()
    found = randomness.battery([worker.update(bytes(125_000)) for _ in range(count)], threads=2)
    seconds = time.perf_counter() - start
    share = {}
    for name in randomness.TESTS:
        rows = [row for row in found.rows if row.test == name]
        failing = sum(row.count - row.passing for row in rows)
        share[name] = round(100 * failing / sum(row.count for row in rows), 3)
    outside = [
        f"{row.test} {row.label}".strip()
        for row in found.rows
        if row.passing < randomness.least_passing(row.count)
    ]
    return {
        "sequences": count,
        "seconds_two_threads": round(seconds, 2),
        "per_cent_rejected": share,
        "rows_below_the_standards_three_sigma": outside,
        "rows": len(found.rows),
        "passed": found.passed,
    }


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--aes", type=int, default=1000, help="AES sequences to judge")
    asked.add_argument("--skip-nistrng", action="store_true", help="it takes a minute or more")
    asked = asked.parse_args()

    bits = digits_of("e")
    ours = {
        name: round(milliseconds(lambda t=t: t(bits)), 3) for name, t in randomness.TESTS.items()
    }
    whole = milliseconds(lambda: randomness.battery(bits))
    rng = np.random.default_rng(0)
    hundred = [rng.bytes(125_000) for _ in range(100)]
    start = time.perf_counter()
    randomness.battery(hundred, threads=2)
    hundred_seconds = time.perf_counter() - start
    ratios, peers, missing, rows = {}, {}, [], []
    for library in ("sp80022suite", "nistrng")[: 1 if asked.skip_nistrng else 2]:
        peers[library], why = peer(library, bits)
        if why:
            missing.append(why)
            continue
        total = 1000 * sum(row["seconds"] for row in peers[library].values())
        peers[library]["total_milliseconds"] = round(total, 1)
        ratios[f"{library} / full battery on 10^6 bits"] = total / whole
        goal = GOALS[library]
        rows.append(row("SP 800-22 on 10^6 bits", library, whole / 1e3, total / 1e3, goal))
    if peers.get("sp80022suite"):
        templates = peers["sp80022suite"]["non_overlapping_template_matchings"]["seconds"]
        rows.append(row("148 templates", "sp80022suite", ours["non_overlapping"] / 1e3, templates))
        ratios["148 templates over sp80022suite's"] = ours["non_overlapping"] / (1000 * templates)
    record = {
        "ratios": ratios,
        "table": rows,
        "milliseconds": {**ours, "battery": round(whole, 2)},
        "100_sequences_two_threads_seconds": round(hundred_seconds, 2),
        "fresh_process_seconds": fresh_process(),
        "aes_256_ctr": false_rejections(asked.aes),
        "peers": peers,
        "not_run": missing,
        "versions": versions(),
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps({k: record[k] for k in list(record)[:5]}, indent=1))


if __name__ == "__main__":
    main()
