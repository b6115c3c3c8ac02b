"""How fast the metrics are, against peers in the same run: benchmarks/results/metrics.json.

usage: python benchmarks/metrics_speed.py [--repeats 7] [--pictures 32]

Peers: scikit-image (entropy, GLCM, SSIM), a numpy loop over pictures (NPCR and UACI), torchmetrics
and, where it is installed, kornia (SSIM). One core; medians of wall-clock time, ours and the peer's
runs taken in turn, because the machine may be shared. Values are compared before times are.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from gansec_lib import metrics
from gansec_lib.files import atomic_write, versions
from gansec_lib.metrics import quality

sys.path.insert(0, str(Path(__file__).parent))
from ciphers_speed import cpu  # the processor's name
from table import row

RESULTS = Path(__file__).parent / "results" / "metrics.json"
GOALS = {("glcm", "scikit-image"): 2.5, ("npcr and uaci", "numpy loop"): 15}


def numpy_loop(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """NPCR and UACI of each pair, as course code writes them."""
    found = []
    for one, two in zip(first, second, strict=True):
        changed = 100 * np.mean(one != two)
        gap = 100 * np.mean(np.abs(one.astype(np.int16) - two.astype(np.int16))) / 255
        found.append((changed, gap))
    return np.array(found)


def both(first: torch.Tensor, second: torch.Tensor) -> np.ndarray:
    """NPCR and UACI from one pass."""
    scale = torch.tensor([100.0, 100 / 255], dtype=torch.float64) / first[0].numel()
    return (metrics.pair_counts(first, second).to(torch.float64) * scale).numpy()


def jobs(pictures: int) -> dict[str, dict]:
    """Each comparison: ours, its peers, and how near the values must be."""
    from skimage.feature import graycomatrix
    from skimage.measure import shannon_entropy
    from skimage.metrics import structural_similarity
    from torchmetrics.functional.image import structural_similarity_index_measure as torchmetrics

    rng = torch.Generator().manual_seed(0)
    grey = torch.randint(256, (pictures, 1, 256, 256), generator=rng).to(torch.uint8)
    other = torch.randint(256, (pictures, 1, 256, 256), generator=rng).to(torch.uint8)
    base = torch.nn.functional.interpolate(
        torch.rand(pictures, 3, 32, 32, generator=rng), size=256, mode="bicubic"
    )
    colour = (255 * base).clamp(0, 255).to(torch.uint8)
    noise = torch.randint(-20, 21, colour.shape, generator=rng)
    noisy = (colour + noise).clamp(0, 255).to(torch.uint8)
    one, two = grey.numpy()[:, 0], other.numpy()[:, 0]
    a, b = colour.float(), noisy.float()
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}

    def scikit_ssim():
        return np.array(
            [
                structural_similarity(x, y, data_range=255, channel_axis=0, **gaussian)
                for x, y in zip(colour.numpy(), noisy.numpy(), strict=True)
            ]
        )

    ssim_peers = {
        "scikit-image": (scikit_ssim, 1e-5),
        # Reflected borders are counted there: another convention, some 1e-3 apart.
        "torchmetrics": (lambda: torchmetrics(a, b, data_range=255.0, reduction="none"), 1e-2),
    }
    if importlib.util.find_spec("kornia"):
        from kornia.metrics import ssim

        ssim_peers["kornia"] = (
            lambda: ssim(a / 255, b / 255, 11, 1.0).flatten(1).mean(1),
            1e-2,
        )
    return {
        "entropy": {
            "ours": lambda: metrics.entropy_values(grey),
            "peers": {"scikit-image": (lambda: np.array([shannon_entropy(x) for x in one]), 1e-9)},
        },
        "glcm": {
            "ours": lambda: metrics.glcm(grey),
            "peers": {
                "scikit-image": (
                    lambda: np.stack([graycomatrix(x, [1], [0], 256)[..., 0] for x in one]),
                    0,
                )
            },
        },
        "npcr and uaci": {
            "ours": lambda: both(grey, other),
            "peers": {"numpy loop": (lambda: numpy_loop(one, two), 1e-9)},
        },
        "ssim": {
            "ours": lambda: quality.ssim_values(colour, noisy, "gaussian"),
            "peers": ssim_peers,
        },
    }


def in_turn(functions: dict, repeats: int) -> dict[str, float]:
    """Median seconds of each function, all of them once a round, after a warm-up."""
    taken = {name: [] for name in functions}
    for turn in range(repeats + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            if turn:
                taken[name].append(time.perf_counter() - start)
    return {name: median(seconds) for name, seconds in taken.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--pictures", type=int, default=32)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    small = torch.zeros(1, 1, 16, 16, dtype=torch.uint8)
    for first_call in (metrics.entropy_values, metrics.glcm):
        first_call(small)
    both(small, small)
    quality.ssim_values(small, small, "gaussian")
    cold = time.perf_counter() - start

    table, ratios, rows = {}, {}, []
    for name, job in jobs(arguments.pictures).items():
        ours = np.asarray(job["ours"]())
        apart = {}
        for peer, (function, allowed) in job["peers"].items():
            theirs = np.asarray(function()).reshape(ours.shape)
            apart[peer] = float(np.abs(ours - theirs).max())
            assert apart[peer] <= allowed, f"{name}: {peer} differs by {apart[peer]}"
        functions = {"ours": job["ours"]} | {p: f for p, (f, _) in job["peers"].items()}
        seconds = in_turn(functions, arguments.repeats)
        table[name] = {
            "milliseconds": {key: round(1e3 * value, 4) for key, value in seconds.items()},
            "largest_difference": apart,
        }
        for peer in job["peers"]:
            ratios[f"{name}: {peer} / ours"] = round(seconds[peer] / seconds["ours"], 2)
            what = f"{name}, {arguments.pictures} pictures"
            goal = GOALS.get((name, peer))
            rows.append(row(what, peer, seconds["ours"], seconds[peer], goal))
    record = {
        "benchmark": "metrics",
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "versions": versions(),
        "pictures": arguments.pictures,
        "first_calls_seconds": round(cold, 2),
        "measured": table,
        "ratios": ratios,
        "table": rows,
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(arguments.out, json.dumps(record, indent=1) + "\n")
    for name, entry in table.items():
        print(name, entry["milliseconds"], entry["largest_difference"], sep="\n  ")
    print(json.dumps(ratios, indent=1), f"first calls {cold:.2f} s", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
