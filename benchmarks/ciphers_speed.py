"""How fast the first ciphers are, against peers in the same run: benchmarks/results/ciphers.json.

usage: python benchmarks/ciphers_speed.py [--repeats 7]

Peers: AES-256-CTR and ChaCha20 of the ``cryptography`` package into a buffer (``update_into``),
and the logistic cipher as a plain Python loop, as course code writes it. Each ratio is ours over
a peer in one process on one core; medians of CPU time of the thread (the machine may be shared).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from table import row

from gansec_lib import systems
from gansec_lib.files import atomic_write, versions
from gansec_lib.roles import derive_key

RESULTS = Path(__file__).parent / "results" / "ciphers.json"
SHAPES = {
    "256x256": (1, 1, 256, 256),
    "512x512x3": (1, 3, 512, 512),
    "100 x 256x256": (100, 1, 256, 256),
}
KEY = derive_key(b"benchmark key of at least 16 bytes")


def raw(name: str, plain: np.ndarray):
    """A function that encrypts ``plain`` into one buffer with the bare library."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    out = np.empty(plain.size + 15, np.uint8)
    if name == "aes_ctr":
        cipher = Cipher(algorithms.AES(KEY), modes.CTR(bytes(16)))
    else:
        cipher = Cipher(algorithms.ChaCha20(KEY, bytes(16)), None)

    def encrypt():
        cipher.encryptor().update_into(memoryview(plain), memoryview(out))

    return encrypt


def python_loop(plain: np.ndarray, seeds, starts) -> list[int]:
    """The logistic cipher one byte at a time."""

    def orbit(x, r):
        for _ in range(1000):
            x = r * x * (1 - x)
        values = []
        for _ in range(len(data)):
            x = r * x * (1 - x)
            values.append(x)
        return values

    data = plain.tolist()
    first = orbit(seeds[0], seeds[1])
    order = sorted(range(len(data)), key=first.__getitem__)
    forward = [int(x * 2**40) & 255 for x in orbit(seeds[2], seeds[3])]
    backward = [int(x * 2**40) & 255 for x in orbit(seeds[4], seeds[5])]
    out, carry = [0] * len(data), int(starts[0])
    for i, source in enumerate(order):
        carry = (data[source] + forward[i] + carry) & 255
        out[i] = carry
    carry = int(starts[1])
    for i in range(len(out) - 1, -1, -1):
        carry = (out[i] + backward[i] + carry) & 255
        out[i] = carry
    return out


def cpu_seconds(function, repeats: int) -> float:
    """Median CPU seconds of this thread for one call, after a warm-up; short calls in bundles."""
    function()
    start = time.thread_time()
    function()
    bundle = max(1, int(0.005 / max(1e-6, time.thread_time() - start)))
    taken = []
    for _ in range(repeats):
        start = time.thread_time()
        for _ in range(bundle):
            function()
        taken.append((time.thread_time() - start) / bundle)
    return median(taken)


def measure(repeats: int) -> dict:
    """Milliseconds and ratios for each picture size."""
    torch.set_num_threads(1)
    logistic = systems.get("logistic")
    start = time.perf_counter()
    logistic.encrypt(torch.zeros(1, 1, 4, 3, dtype=torch.uint8), KEY)
    found = {"first_logistic_call_seconds": time.perf_counter() - start, "pictures": {}}
    rng = torch.Generator().manual_seed(0)
    for name, shape in SHAPES.items():
        images = torch.randint(256, shape, generator=rng).to(torch.uint8)
        plain = images.numpy().reshape(-1)
        jobs = {
            "aes_ctr_raw": raw("aes_ctr", plain),
            "chacha20_raw": raw("chacha20", plain),
            **{
                key: partial(systems.get(key).encrypt, images, KEY)
                for key in ("aes_gcm", "chacha20", "logistic")
            },
        }
        seconds = {job: cpu_seconds(function, repeats) for job, function in jobs.items()}
        ratios = {
            "aes_gcm / aes_ctr_raw": seconds["aes_gcm"] / seconds["aes_ctr_raw"],
            "chacha20 / chacha20_raw": seconds["chacha20"] / seconds["chacha20_raw"],
            "logistic / aes_ctr_raw": seconds["logistic"] / seconds["aes_ctr_raw"],
        }
        if shape[0] == 1 and shape[1] == 1:
            nonce = bytes(16)
            seeds, starts = logistic._schedule(KEY, nonce, logistic.labels([b""]))
            slow = python_loop(plain, seeds[0].tolist(), starts[0].tolist())
            fast = logistic.encrypt(images, KEY, nonce=nonce).payload.tolist()
            assert slow == fast, "the loop and the compiled cipher give different bytes"
            slow_job = partial(python_loop, plain, seeds[0].tolist(), starts[0].tolist())
            seconds["logistic_python"] = cpu_seconds(slow_job, 5)
            ratios["logistic_python / logistic"] = seconds["logistic_python"] / seconds["logistic"]
        found["pictures"][name] = {
            "bytes": plain.size,
            "milliseconds": {job: round(1e3 * value, 4) for job, value in seconds.items()},
            "ratios": {job: round(value, 2) for job, value in ratios.items()},
        }
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    record = {
        "benchmark": "ciphers",
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "versions": versions(),
        **measure(arguments.repeats),
    }
    record["table"] = rows = []
    for size, entry in record["pictures"].items():
        seconds = {job: value / 1e3 for job, value in entry["milliseconds"].items()}
        pairs = {"aes_gcm": "aes_ctr_raw", "chacha20": "chacha20_raw", "logistic": "aes_ctr_raw"}
        for ours, theirs in pairs.items():
            rows.append(row(f"cipher {ours}, {size}", theirs, seconds[ours], seconds[theirs]))
        if "logistic_python" in seconds:
            pair = seconds["logistic"], seconds["logistic_python"]
            rows.append(row(f"cipher logistic, {size}", "plain Python", *pair))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(arguments.out, json.dumps(record, indent=1) + "\n")
    for name, entry in record["pictures"].items():
        print(name, entry["milliseconds"], entry["ratios"], sep="\n  ")
    return 0


def cpu() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
