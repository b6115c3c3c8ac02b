"""How fast generator metrics are, against peers in the same run: results/generative.json.

usage: python benchmarks/generative_speed.py [--repeats 3] [--width 2048]

Peers: scipy's ``sqrtm`` and torchmetrics' eigenvalues for the trace of the FID root (goal 16 of
the specification: at least 5 × scipy, equal to 1e-6, rank-deficient handled), scikit-learn's
neighbours for precision and recall, torchmetrics' MMD for KID. One core, medians; each ratio is the
peer's time over ours. Times alone mean little on a shared machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import scipy.linalg
import torch
from table import row

from gansec_lib.files import atomic_write
from gansec_lib.metrics import generative, neighbours

RESULTS = Path(__file__).parent / "results" / "generative.json"


def timed(function, repeats: int):
    """Median CPU seconds of one call, and what it returned."""
    seconds, value = [], None
    for _ in range(repeats):
        start = time.process_time()
        value = function()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), value


def covariance(width: int, rows: int, seed: int) -> torch.Tensor:
    """A covariance whose eigenvalues fall like those of Inception features."""
    rng = torch.Generator().manual_seed(seed)
    scale = torch.arange(1, width + 1).double().pow(-0.5)
    data = torch.randn(rows, width, generator=rng, dtype=torch.float64) * scale
    mixing, _ = torch.linalg.qr(torch.randn(width, width, generator=rng, dtype=torch.float64))
    _, found = generative.moments(data @ mixing)
    return found


def root(width: int, repeats: int) -> dict:
    """The trace of the root by four ways, full rank and not."""
    a, b = covariance(width, 2 * width, 1), covariance(width, 2 * width, 2)
    ours, value = timed(lambda: generative.trace_of_root(a, b), repeats)
    scipys, theirs = timed(
        lambda: float(np.trace(scipy.linalg.sqrtm(a.numpy() @ b.numpy())).real), 1
    )
    eigen, others = timed(lambda: float(torch.linalg.eigvals(a @ b).sqrt().real.sum()), 1)
    low_a, low_b = covariance(width, width // 4, 3), covariance(width, width // 4, 4)
    low, low_value = timed(lambda: generative.trace_of_root(low_a, low_b), 1)
    half = low_a.shape[0]
    spectrum = np.linalg.eigvalsh(low_b.numpy())
    rank = int((spectrum > half * np.finfo(float).eps * spectrum[-1]).sum())
    return {
        "width": width,
        "seconds": {
            "ours": ours,
            "scipy sqrtm": scipys,
            "torch eigvals": eigen,
            "ours, low rank": low,
        },
        "trace": {"ours": value, "scipy sqrtm": theirs, "torch eigvals": others},
        "relative_difference_to_scipy": abs(value - theirs) / theirs,
        "low_rank": {"rank": rank, "trace": low_value, "finite": bool(np.isfinite(low_value))},
    }


def few_rows(width: int, repeats: int) -> dict:
    """500 pictures and many features: nuclear norm against the covariance way."""
    rng = torch.Generator().manual_seed(5)
    a, b = (torch.randn(500, width, generator=rng) for _ in range(2))
    ours, value = timed(lambda: generative.frechet(a, b), repeats)
    full, other = timed(
        lambda: generative.frechet_distance(*generative.moments(a), *generative.moments(b)), 1
    )
    return {
        "rows": 500,
        "seconds": {"nuclear norm": ours, "covariances": full},
        "relative_difference": abs(value - other) / other,
    }


def manifolds(repeats: int) -> dict:
    """Precision and recall of 2,000 × 64 features against scikit-learn's neighbours."""
    from sklearn.neighbors import NearestNeighbors

    rng = torch.Generator().manual_seed(6)
    a, b = torch.randn(2000, 64, generator=rng), torch.randn(2000, 64, generator=rng) * 0.9

    def by_sklearn():
        def covered(centres, points):
            radius = NearestNeighbors(n_neighbors=4).fit(centres).kneighbors(centres)[0][:, 3]
            squares = (points**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * points @ centres.T
            return float((np.sqrt(np.maximum(squares, 0)) <= radius).any(1).mean())

        return covered(a.numpy(), b.numpy()), covered(b.numpy(), a.numpy())

    ours, value = timed(lambda: neighbours.precision_recall(a, b), repeats)
    theirs, other = timed(by_sklearn, repeats)
    gap = max(abs(value["precision"] - other[0]), abs(value["recall"] - other[1]))
    return {"seconds": {"ours": ours, "scikit-learn": theirs}, "largest_difference": gap}


def kernels(repeats: int) -> dict:
    """One KID subset of 1,000 × 2,048 features against torchmetrics."""
    from torchmetrics.image.kid import poly_mmd

    rng = torch.Generator().manual_seed(7)
    a, b = (torch.randn(1000, 2048, generator=rng, dtype=torch.float64) for _ in range(2))
    ours, value = timed(lambda: generative.polynomial_mmd(a, b), repeats)
    theirs, other = timed(lambda: float(poly_mmd(a, b)), repeats)
    return {"seconds": {"ours": ours, "torchmetrics": theirs}, "difference": abs(value - other)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--width", type=int, default=2048)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = {
        "root": root(options.width, options.repeats),
        "few_rows": few_rows(options.width, options.repeats),
        "precision_recall": manifolds(options.repeats),
        "kid": kernels(options.repeats),
        "versions": {
            "torch": torch.__version__, "scipy": scipy.__version__, "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }  # fmt: skip
    seconds = found["root"]["seconds"]
    found["ratios"] = {
        "FID root over scipy sqrtm": seconds["scipy sqrtm"] / seconds["ours"],
        "FID root over torch eigvals": seconds["torch eigvals"] / seconds["ours"],
        "FID of 500 pictures over covariances": found["few_rows"]["seconds"]["covariances"]
        / found["few_rows"]["seconds"]["nuclear norm"],
        "precision and recall over scikit-learn": found["precision_recall"]["seconds"][
            "scikit-learn"
        ]
        / found["precision_recall"]["seconds"]["ours"],
    }
    few, near = found["few_rows"]["seconds"], found["precision_recall"]["seconds"]
    kid, ours = found["kid"]["seconds"], seconds["ours"]
    found["table"] = [
        row(f"FID root, width {options.width}", "scipy", ours, seconds["scipy sqrtm"], 5),
        row(f"FID root, width {options.width}", "torch eigvals", ours, seconds["torch eigvals"]),
        row("FID of 500 pictures", "by covariances", few["nuclear norm"], few["covariances"]),
        row("precision and recall", "scikit-learn", near["ours"], near["scikit-learn"], 1),
        row("KID subset of 1,000", "torchmetrics", kid["ours"], kid["torchmetrics"]),
    ]
    assert found["root"]["relative_difference_to_scipy"] < 1e-6
    RESULTS.parent.mkdir(exist_ok=True)
    atomic_write(RESULTS, json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
