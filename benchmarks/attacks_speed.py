"""What the attacks cost: benchmarks/results/attacks.json.

usage: python benchmarks/attacks_speed.py [--bits 24]

Every attack on the small cipher that it opens, one 256 × 256 picture, nonce held; the seed search
at ``--bits`` with its cost a key, and against the same search in plain Python (a sample of keys,
one thread both) in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the weak ciphers of the tests

import numpy as np
import torch
import weak_ciphers
from table import row

from gansec_lib import attacks, systems
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.ciphers.logistic import orbit_bytes
from gansec_lib.files import versions
from gansec_lib.roles import derive_key

RESULTS = Path(__file__).parent / "results" / "attacks.json"
KEY = b"benchmark key of at least 16 bytes"
RATE, BURN = 3.99995, targets.ShortSeed.BURN


def table() -> list[dict]:
    """One row an attack on its own target."""
    rows, columns = torch.meshgrid(torch.arange(256), torch.arange(256), indexing="ij")
    image = ((rows * rows // 300 + columns) % 256).to(torch.uint8)[None, None]
    known = torch.randint(256, (4, 1, 256, 256), generator=torch.Generator().manual_seed(1))
    known = known.to(torch.uint8)
    plain = {
        "chosen_plaintext_xor": targets.XorStream(),
        "permutation_only": weak_ciphers.PermutationOnly(),
        "chosen_plaintext_permutation_xor": targets.PermutationXor(),
        "chosen_plaintext_feedback": targets.PermutationFeedback(),
        "chosen_plaintext_two_way": systems.get("logistic"),
        "chosen_plaintext_sbox_feedback": weak_ciphers.PermutationSboxFeedback(),
        "chosen_plaintext_substitution": weak_ciphers.PermutationSubstitution(),
        "effective_key_search": targets.TerribleButUniform(),
        "twister_state": weak_ciphers.TwisterStream(),
    }
    with_known = {
        "two_time_pad": (targets.XorStream(), known[:1]),
        "seed_search": (targets.ShortSeed(16), known[:1]),
        "known_plaintext": (targets.PermutationXor(), known),
    }
    found = []
    for _ in range(2):  # the first round compiles
        found = []
        for name, cipher in plain.items():
            key = derive_key(KEY, cipher.key_length)
            found.append(getattr(attacks, name)(cipher, key, image, "nonce held"))
        for name, (cipher, pictures) in with_known.items():
            key = derive_key(KEY, cipher.key_length)
            found.append(getattr(attacks, name)(cipher, key, image, pictures, "nonce held"))
    return [result.to_dict() for result in found]


def python_search(known, keys: int, bits: int) -> float:
    """Seconds a key of the same search as course code writes it."""
    start = time.perf_counter()
    for seed in range(keys):
        x = (seed + 0.5) / 2 ** (bits + 1)
        for _ in range(BURN + 1):
            x = RATE * x * (1.0 - x)
        if int(x * 2.0**40) & 255 == known[0]:
            continue
    return (time.perf_counter() - start) / keys


def seeds(bits: int) -> dict:
    """The seed search on one thread and on all cores."""
    seed = 2**bits * 5 // 7
    known = orbit_bytes((seed + 0.5) / 2.0 ** (bits + 1), RATE, 8, BURN)
    hits, one = attacks.search_seeds(known, RATE, bits, threads=1)
    _, all_cores = attacks.search_seeds(known, RATE, bits)
    python = python_search(known.tolist(), 3000, bits)
    return {
        "bits": bits,
        "found": hits == [seed],
        "one_thread": one,
        "all_cores": all_cores,
        "ratio_to_python": python / (one["seconds"] / 2**bits),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bits", type=int, default=24)
    bits = parser.parse_args().bits
    noise = np.random.default_rng(1).integers(0, 256, (4, 1, 256, 256), dtype=np.uint8)
    attacks.distinguisher(torch.from_numpy(noise))
    start = time.perf_counter()
    attacks.distinguisher(torch.from_numpy(noise))
    distinguisher = time.perf_counter() - start
    record = {
        "attacks": table(),
        "seed_search": seeds(bits),
        "distinguisher_seconds_4x256x256": distinguisher,
        "cores": os.cpu_count(),
        "versions": versions(),
    }
    search = record["seed_search"]
    ours = search["one_thread"]["seconds"] / 2**bits
    record["table"] = [
        row("seed search, a key", "plain Python", ours, ours * search["ratio_to_python"])
    ]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for one in record["attacks"]:
        print(
            f"{one['name']:36s} {one['score']:7.2%} {one['queries']:4d} queries "
            f"{1e3 * one['seconds']:9.2f} ms"
        )
    for name in ("one_thread", "all_cores"):
        cost = search[name]
        print(
            f"2^{bits} keys, {name}: {cost['seconds']:.2f} s, "
            f"{cost['nanoseconds_per_key']:.1f} ns a key"
        )
    print(f"found: {search['found']}; {search['ratio_to_python']:.0f} × plain Python")


if __name__ == "__main__":
    main()
