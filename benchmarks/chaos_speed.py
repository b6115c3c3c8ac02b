"""How fast chaotic key bytes are, against peers in the same run: benchmarks/results/chaos.json.

usage: python benchmarks/chaos_speed.py [--repeats 7] [--battery 20]

Peers: AES-256-CTR of the ``cryptography`` package into a buffer (``update_into``), one compiled
orbit a picture, and the logistic cipher as a plain Python loop (``ciphers_speed``). One core and
CPU time of the thread, but for the batch on two threads, which is wall time. ``xor_lanes`` counts
everything: key derivation, seeds, burn-in, keystream, XOR. Two fair pairs: AES with its key given
beside the kernel alone, and AES with its key derived by the same HKDF beside ``xor_lanes``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from ciphers_speed import KEY, cpu, cpu_seconds, python_loop, raw
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numba import njit

from gansec_lib import chaos, systems
from gansec_lib.chaos import lanes
from gansec_lib.ciphers import kdf
from gansec_lib.files import atomic_write, versions
from gansec_lib.metrics import randomness

RESULTS = Path(__file__).parent / "results" / "chaos.json"
SHAPES = {
    "256x256": (1, 1, 256, 256),
    "512x512x3": (1, 3, 512, 512),
    "4096x4096x3": (1, 3, 4096, 4096),
}
MAPS = ("logistic", "tent", "pwlcm", "cubic", "henon", "logistic_3d")
NONCE = bytes(16)


def pictures(shape) -> torch.Tensor:
    return torch.randint(256, shape, generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def derived(plain):
    """AES-256-CTR into one buffer as a system would use it: key from the secret and the nonce."""
    out = np.empty(plain.size + 15, np.uint8)

    def encrypt():
        inner = kdf.hkdf(KEY, 32, hashlib.sha256(NONCE).digest(), b"benchmark")
        cipher = Cipher(algorithms.AES(inner), modes.CTR(bytes(16)))
        cipher.encryptor().update_into(memoryview(plain), memoryview(out))

    return encrypt


def kernel(name: str, images: torch.Tensor, out: torch.Tensor):
    """The compiled loop alone, its seeds drawn beforehand: burn-in, keystream and XOR."""
    one = chaos.get(name)
    view = (-1, *images.shape[-2:])
    batch = images.view(view)
    words = lanes._words(one, KEY, NONCE, len(batch), view[-1])
    return partial(lanes._numba_lanes, one, one.values(), words, batch, out.view(view), 1)


def measure_lanes(repeats: int) -> dict:
    """Milliseconds of each map and engine, and ratios to AES-256-CTR."""
    found = {}
    for label, shape in SHAPES.items():
        images = pictures(shape)
        out = torch.empty_like(images)
        again = images.clone()
        plain = images.numpy().reshape(-1)
        jobs = {"aes_ctr_raw": raw("aes_ctr", plain), "aes_ctr, key derived": derived(plain)}
        for name in MAPS:
            jobs[name] = partial(lanes.xor_lanes, images, KEY, NONCE, name, out=out)
        jobs["logistic, in place"] = partial(lanes.xor_lanes, again, KEY, NONCE, out=again)
        jobs["logistic, kernel alone"] = kernel("logistic", images, out)
        jobs["logistic, torch"] = partial(lanes.xor_lanes, images, KEY, NONCE, engine="torch")
        seconds = {job: cpu_seconds(function, repeats) for job, function in jobs.items()}
        found[label] = {
            "bytes": images.numel(),
            "milliseconds": {job: round(1e3 * value, 4) for job, value in seconds.items()},
            "gigabytes_a_second": {
                job: round(images.numel() / value / 1e9, 3) for job, value in seconds.items()
            },
            "ratios": {
                f"aes_ctr_raw / {job}": round(seconds["aes_ctr_raw"] / value, 3)
                for job, value in seconds.items()
                if job != "aes_ctr_raw"
            },
            "key derived on both sides": round(
                seconds["aes_ctr, key derived"] / seconds["logistic"], 3
            ),
        }
    return found


def measure_orbit(repeats: int) -> dict:
    """Nanoseconds a byte of one orbit, warm; its first call; the recurrence alone as the floor."""
    start = time.perf_counter()
    chaos.keystream("logistic", KEY, NONCE, 2)
    found = {"first_call_seconds": round(time.perf_counter() - start, 3)}
    for n in (65_536, 1_000_000):
        taken = cpu_seconds(partial(chaos.keystream, "logistic", KEY, NONCE, n), repeats)
        found[f"nanoseconds a byte of {n:,}"] = round(1e9 * taken / n, 3)

    @njit
    def recurrence(x, r, n):
        for _ in range(n):
            x = r * x * (1.0 - x)
        return x

    floor = cpu_seconds(partial(recurrence, 0.3, 3.99, 1_000_000), repeats) / 1_000_000
    found["nanoseconds a bare step"] = round(1e9 * floor, 3)
    found["ratio to the bare step"] = round(taken / n / floor, 3)
    return found


def measure_batch(repeats: int) -> dict:
    """1,000 pictures of 256x256: one call on two threads, against one orbit a picture."""
    images = pictures((1000, 1, 256, 256))
    out = torch.empty_like(images)

    def one_by_one():
        for i in range(len(images)):
            stream = torch.from_numpy(chaos.keystream("logistic", KEY, NONCE, 65_536, index=i))
            torch.bitwise_xor(images[i].view(-1), stream, out=out[i].view(-1))

    def together(threads, into):
        lanes.xor_lanes(images, KEY, NONCE, out=into, threads=threads)

    wall, processor = {}, {}
    for label, job in (
        ("one_by_one", one_by_one),
        ("lanes, 1 thread", partial(together, 1, out)),
        ("lanes, 2 threads", partial(together, 2, out)),
        ("lanes, 1 thread, in place", partial(together, 1, images)),
        ("lanes, 2 threads, in place", partial(together, 2, images)),
    ):
        job()
        taken = []
        for _ in range(repeats):
            start = time.perf_counter(), time.process_time()
            job()
            taken.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        wall[label], processor[label] = (median(one) for one in zip(*taken, strict=True))
    return {
        "wall_milliseconds": {job: round(1e3 * value, 2) for job, value in wall.items()},
        "cpu_milliseconds": {job: round(1e3 * value, 2) for job, value in processor.items()},
        "ratios": {
            f"one_by_one / {job}": round(wall["one_by_one"] / value, 1)
            for job, value in wall.items()
            if job != "one_by_one"
        },
    }


def measure_classic(repeats: int) -> dict:
    """The whole classic cipher against a plain Python loop."""
    logistic = systems.get("logistic")
    images = pictures(SHAPES["256x256"])
    seeds, starts = logistic._schedule(KEY, NONCE, logistic.labels([b""]))
    plain = images.numpy().reshape(-1)
    slow = partial(python_loop, plain, seeds[0].tolist(), starts[0].tolist())
    fast = partial(logistic.encrypt, images, KEY, nonce=NONCE)
    assert slow() == fast().payload.tolist(), "the loop and the compiled cipher differ"
    taken = cpu_seconds(slow, 5), cpu_seconds(fast, repeats)
    return {
        "milliseconds": {"python": round(1e3 * taken[0], 3), "logistic": round(1e3 * taken[1], 4)},
        "ratio": round(taken[0] / taken[1], 1),
    }


def measure_battery(sequences: int) -> dict:
    """The verdict of SP 800-22 on sequences of 10⁶ bits, pictures read by rows and by columns."""
    found = {}
    for name in (one.name for one in chaos.MAPS.values() if one.portable):
        stream = lanes.lane_keystream(name, KEY, NONCE, (sequences, 250, 500)).numpy()
        for way, data in (("rows", stream), ("columns", stream.transpose(0, 2, 1))):
            bits = [one.tobytes() for one in data]
            result = randomness.battery(bits, threads=2)
            failing = [row["test"] for row in result.table() if row["verdict"] == "fail"]
            found[f"{name}, {way}"] = {"sequences": sequences, "failing": failing}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--battery", type=int, default=20, help="sequences; 0 leaves it out")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    record = {
        "benchmark": "chaos",
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "versions": versions(),
        "one_orbit": measure_orbit(arguments.repeats),  # first: it times its own compilation
        "pictures": measure_lanes(arguments.repeats),
        "batch of 1,000": measure_batch(arguments.repeats),
        "classic cipher, 256x256": measure_classic(arguments.repeats),
    }
    if arguments.battery:
        record["battery"] = measure_battery(arguments.battery)
    small, large = record["pictures"]["256x256"], record["pictures"]["4096x4096x3"]
    record["ratios"] = {
        "AES-256-CTR / lanes, keys given, 256x256": small["ratios"][
            "aes_ctr_raw / logistic, kernel alone"
        ],
        "AES-256-CTR / lanes, keys derived, 256x256": small["key derived on both sides"],
        "AES-256-CTR / lanes, key given / derived, 256x256": small["ratios"][
            "aes_ctr_raw / logistic"
        ],
        "AES-256-CTR / lanes, key given / derived, 4096x4096x3": large["ratios"][
            "aes_ctr_raw / logistic"
        ],
        "one orbit a picture / 1,000 in lanes, 2 threads": record["batch of 1,000"]["ratios"][
            "one_by_one / lanes, 2 threads"
        ],
        "the same in place": record["batch of 1,000"]["ratios"][
            "one_by_one / lanes, 2 threads, in place"
        ],
        "one orbit, a byte / a bare step": record["one_orbit"]["ratio to the bare step"],
        "Python loop / classic logistic cipher": record["classic cipher, 256x256"]["ratio"],
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(arguments.out, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    for label, entry in record["pictures"].items():
        print(f"{label:<34} {'ms':>10} {'GB/s':>8} {'AES / it':>9}")
        for job, value in entry["milliseconds"].items():
            ratio = entry["ratios"].get(f"aes_ctr_raw / {job}", 1.0)
            print(f"  {job:<32} {value:>10} {entry['gigabytes_a_second'][job]:>8} {ratio:>9}")
    for label in ("one_orbit", "batch of 1,000", "classic cipher, 256x256", "battery"):
        print(label, json.dumps(record.get(label), ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
