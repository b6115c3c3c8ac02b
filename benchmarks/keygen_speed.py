"""Key generation: many short keys in one call against one call a key.

usage: python benchmarks/keygen_speed.py [--repeats 5] [--keys 256]

One key of 32 bytes for each of many pictures, by every trained generator in the
table of systems: ``keystreams`` (together) beside ``keystream`` (one by one),
equal bytes asserted first. CPU time of one thread, because the machine may be shared; the two are
taken in turn. Beside it the speed of one long key, and that of HKDF-SHA256 and ChaCha20.
Writes benchmarks/results/keygen_speed.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from gansec_lib import systems
from gansec_lib.ciphers import kdf
from gansec_lib.files import atomic_write, versions
from gansec_lib.systems.keygen import exact
from gansec_lib.systems.keygen.image_keys import AT_ONCE, SIDE, ImageKeyGAN
from gansec_lib.systems.keygen.key_gan import BATCH

sys.path.insert(0, str(Path(__file__).parent))
from ciphers_speed import cpu  # the processor's name
from table import row

RESULTS = Path(__file__).parent / "results" / "keygen_speed.json"
KEY_BYTES, LONG = 32, 1 << 18
GOAL = 20


def seconds(function) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def own_keys(count: int) -> tuple[list[bytes], list[bytes]]:
    """Keys and nonces, the same in every run."""
    made = [kdf.hkdf(b"benchmark", 44, info=row.to_bytes(4, "big")) for row in range(count)]
    return [one[:32] for one in made], [one[32:] for one in made]


def standard_keys(keys, nonces):
    """What the generators stand in for: HKDF-SHA256 of key and nonce."""
    return [kdf.hkdf(key, KEY_BYTES, nonce) for key, nonce in zip(keys, nonces, strict=True)]


def network_share(keys, one_by_one: float) -> tuple[float, float]:
    """Seconds a key in the network alone with full batches, and its share of one call."""
    network = keys.generator
    picture = isinstance(keys, ImageKeyGAN)
    rows = AT_ONCE if picture else BATCH
    inputs = torch.zeros(rows, 1, SIDE, SIDE) if picture else torch.randn(rows, network.latent)
    taken = median(seconds(lambda: exact.run(network, inputs)) for _ in range(3)) / rows
    return taken, taken / one_by_one


def reason(picture: bool, share: float, ratio: float, joint: float, own: float) -> str:
    """Why a generator stays under the goal, from what was measured."""
    if ratio >= GOAL:
        return ""
    if 1 / share >= GOAL:
        return (
            f"together, {1e6 * own:.0f} µs of a key's {1e6 * joint:.0f} are the network's, the "
            f"rest is HKDF and ChaCha20, which every key needs"
        )
    bound = f"{100 * share:.0f} % of one call is the network, so no more than ×{1 / share:.1f}"
    if picture:
        return f"every key is a whole picture of {SIDE} × {SIDE} bytes; {bound}"
    return f"every key costs all of the network's outputs, {KEY_BYTES} are used; {bound}"


def measure(name: str, count: int, repeats: int) -> dict:
    """One generator."""
    made = systems.get(name)
    picture = isinstance(made, ImageKeyGAN)
    keys, nonces = own_keys(16 if picture else count)
    few = min(len(keys), 4 if picture else 32)

    def one_by_one():
        pairs = zip(keys[:few], nonces[:few], strict=True)
        return torch.stack([made.keystream(*pair, KEY_BYTES) for pair in pairs])

    def together():
        return made.keystreams(keys, nonces, KEY_BYTES)

    assert torch.equal(together()[:few], one_by_one()), f"{name}: other bytes"
    alone, joint, long = [], [], []
    for _ in range(repeats):
        alone.append(seconds(one_by_one) / few)
        joint.append(seconds(together) / len(keys))
        long.append(seconds(lambda: made.keystream(keys[0], nonces[0], LONG)))
    ratio = median(alone) / median(joint)
    own, share = network_share(made, median(alone))
    return {
        "outputs_of_a_call": SIDE**2 if picture else made.generator.size,
        "keys_together": len(keys),
        "ms_a_key_one_by_one": round(1e3 * median(alone), 4),
        "ms_a_key_together": round(1e3 * median(joint), 4),
        "ms_a_key_network_alone": round(1e3 * own, 4),
        "ratio": round(ratio, 2),
        "goal": GOAL,
        "reason": reason(picture, share, ratio, median(joint), own),
        "long_key_mb_per_s": round(LONG / 1e6 / median(long), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--keys", type=int, default=256)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keys, nonces = own_keys(arguments.keys)
    standard = median(seconds(lambda: standard_keys(keys, nonces)) for _ in range(5))
    table = {}
    for key_name in (n for n in systems.names("KeyGenerator") if systems.find(n).learns):
        name = key_name.removeprefix("keygan_")
        table[name] = measure(key_name, arguments.keys, arguments.repeats)
        print(name, table[name], flush=True)
    record = {
        "benchmark": "keygen_speed",
        "command": "python benchmarks/keygen_speed.py",
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "versions": versions(),
        "key_bytes": KEY_BYTES,
        "hkdf_ms_a_key": round(1e3 * standard / len(keys), 4),
        "measured": table,
        "ratios": {f"{name}: one by one / together": one["ratio"] for name, one in table.items()},
        "table": [
            row(
                f"a key of {one['keys_together']} made together, {name}",
                "one by one",
                one["ms_a_key_together"] / 1e3,
                one["ms_a_key_one_by_one"] / 1e3,
                None if one["reason"] else GOAL,
                one["reason"],
            )
            for name, one in table.items()
        ],
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(arguments.out, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
