"""SP 800-22 on the key bytes of every generator: trained, untrained twin, both extractions.

usage: python benchmarks/keygen_randomness.py [--sequences 100] [--raw 20] [--fresh]

Sequences of 10⁶ bits, each under a key of its own, from three trainings and three untrained twins
of each generator; ``modular`` extraction in full, ``raw`` with fewer sequences (it fails at once).
The image-to-image generator is some forty times as slow and gives fewer. ChaCha20 goes through the
same. A run that was broken off continues where it stopped.
Writes benchmarks/results/keygen_randomness.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from gansec_lib import systems
from gansec_lib.ciphers import kdf
from gansec_lib.files import atomic_write, versions
from gansec_lib.metrics import randomness
from gansec_lib.metrics.randomness.bits import ALPHA
from gansec_lib.systems.keygen import exact
from gansec_lib.systems.keygen.image_keys import ImageKeyGAN

sys.path.insert(0, str(Path(__file__).parent))
from ciphers_speed import cpu  # the processor's name

RESULTS = Path(__file__).parent / "results" / "keygen_randomness.json"
BITS = 1_000_000
SEEDS = (0, 1, 2)
LAST_BITS = exact.VALUE_BITS + exact.WEIGHT_BITS  # the grid of the last layer's sums
OUTPUTS = 100_000  # numbers of the network looked at before extraction


def chacha20(key: bytes) -> np.ndarray:
    """The same number of key bytes from a sound cipher."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    engine = Cipher(algorithms.ChaCha20(key, bytes(16)), None).encryptor()
    return np.frombuffer(engine.update(bytes(BITS // 8)), np.uint8)


def own_key(run: str, number: int) -> bytes:
    return kdf.hkdf(run.encode().ljust(16), 32, info=number.to_bytes(4, "big"))


def sequences(stream, run: str, count: int):
    """uint8 bit arrays, packed; ``stream(key)`` gives the bytes of one."""
    return [stream(own_key(run, number)) for number in range(count)]


def plan(few: int, full: int):
    """(run's name, facts, function key -> bytes) of everything to measure."""
    for seed in SEEDS:
        facts = {"generator": "chacha20", "kind": "standard", "seed": seed, "extraction": ""}
        yield facts | {"sequences": full}, lambda: (chacha20, "", None)
    for key_name in (n for n in systems.names("KeyGenerator") if systems.find(n).learns):
        slow = issubclass(systems.find(key_name), ImageKeyGAN)
        for extraction, count in (("modular", full), ("raw", few)):
            if slow:  # 60: enough for the uniformity of the p-values
                count = min(count, 60 if extraction == "modular" else 10)
            for seed in SEEDS:
                for trained in (True, False):

                    def make(name=key_name, x=extraction, t=trained, s=seed):
                        made = systems.get(name, trained=t, extraction=x, seed=s)
                        stream = lambda key: made.keystream(key, b"", BITS // 8).numpy()  # noqa: E731
                        return stream, exact.fingerprint(made.generator), made

                    facts = {
                        "generator": key_name.removeprefix("keygan_"),
                        "kind": "trained" if trained else "twin",
                        "seed": seed,
                        "extraction": extraction,
                        "sequences": count,
                    }
                    yield facts, make


def measure(stream, run: str, count: int) -> dict:
    """The battery on ``count`` sequences; the verdicts and the worst of each test."""
    start = time.process_time()
    keys = sequences(stream, run, count)
    made = time.process_time() - start
    bits = int(np.unpackbits(np.concatenate(keys)).sum())
    found = randomness.battery(keys, packed=True, threads=2)
    tests = {
        row["test"]: {"worst_share": row["worst"], "passes": row["verdict"] == "pass"}
        for row in found.table()
        if row["verdict"] != "refused"
    }
    for test, entry in tests.items():
        uniform = [p for (name, _), p in found.uniformity.items() if name == test and p is not None]
        entry["least_uniformity"] = min(uniform) if uniform else None
    return {
        "bits_each": BITS,
        "passed": found.passed,
        "failed": [test for test, entry in tests.items() if not entry["passes"]],
        "not_run": sorted(found.refused),
        "share_of_ones": bits / (count * BITS),
        "tests": tests,
        "cpu_seconds_keys": round(made, 2),
        "cpu_seconds_all": round(time.process_time() - start, 2),
    }


def outputs(made) -> dict[str, float]:
    """What the network gives before extraction: how often its numbers repeat themselves."""
    found = made.numbers(own_key("outputs", made.seed), b"", OUTPUTS)
    values, counts = torch.unique(found, return_counts=True)
    last = [layer for layer in made.generator.modules() if getattr(layer, "bias", None) is not None]
    silent = exact.tanh(exact.on_grid(last[-1].bias.detach(), LAST_BITS))
    return {
        "deviation": float(found.std()),
        "repeated_share": 1 - len(counts) / OUTPUTS,
        "commonest_share": int(counts.max()) / OUTPUTS,
        # The number that comes where all units before the last layer are silent: its bias.
        "commonest_is_bias": bool((silent == values[counts.argmax()]).any()),
    }


def write(record: dict, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sequences", type=int, default=100)
    parser.add_argument("--raw", type=int, default=20)
    parser.add_argument("--fresh", action="store_true", help="measure everything again")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    runs = {}
    if arguments.out.exists() and not arguments.fresh:
        runs = json.loads(arguments.out.read_text("utf-8"))["runs"]
    record = {
        "benchmark": "keygen_randomness",
        "command": "python benchmarks/keygen_randomness.py",
        "machine": {"cpu": cpu(), "cores": os.cpu_count()},
        "versions": versions(),
        "alpha": ALPHA,
        "runs": runs,
    }
    for facts, make in plan(arguments.raw, arguments.sequences):
        run = "/".join(str(facts[key]) for key in ("generator", "kind", "extraction", "seed"))
        stream, fingerprint, made = make()
        facts = facts | {"fingerprint": fingerprint}
        known = runs.get(run, {})
        if any(known.get(key) != value for key, value in facts.items()):
            runs[run] = facts | measure(stream, run, facts["sequences"])
            runs[run]["outputs"] = outputs(made) if made else {}
            write(record, arguments.out)
            shown = runs[run]
            print(run, "pass" if shown["passed"] else shown["failed"], shown["cpu_seconds_all"])
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
