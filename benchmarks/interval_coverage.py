"""Do the intervals hold what they promise? Ideal pictures outside them, against alpha.

usage: python benchmarks/interval_coverage.py [--pictures 5000] [--seed 0]

An ideal cipher answers each new question with fresh random bytes. Every metric that gives a verdict
on a cipher is asked of it again and again, for small pictures, grey and in colour, 1, 4 or 12 of
them at a time. The share of values outside the interval is laid beside alpha. It fails where chance
gives such a share as rarely as a normal variable beyond 4 standard deviations. Metrics that count
(NPCR, wrong bits, GLCM energy) may stay below alpha, because a count cannot hit a quantile exactly;
they must not exceed it. The result stands in results/coverage.json. (The name coverage.py belongs
to a package that numba imports.)
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from hashlib import blake2b
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from scipy.stats import binom

from gansec_lib import metrics
from gansec_lib.files import atomic_write
from gansec_lib.roles import Ciphertext
from gansec_lib.scorecards.cipher import avalanche

RESULTS = Path(__file__).parent / "results" / "coverage.json"
ALPHAS = (0.05, 0.001)
FOUR_SIGMA = 3.17e-5  # chance of a normal variable beyond 4, on one side
ALONE = (  # channels, height, width, pictures at a time
    (1, 16, 16, 1),
    (1, 40, 33, 1),
    (1, 36, 36, 4),
    (3, 32, 32, 1),
    (3, 32, 32, 4),
    (1, 40, 33, 12),
    (3, 64, 64, 1),
)
COMPARED = ((3, 16, 16, 1), (1, 40, 33, 1), (1, 16, 16, 4), (1, 16, 16, 12))
PARTNERS = 4  # pairs that share a picture, as in a card
COUNTS = ("npcr", "npcr_nonce_held", "key_flip_npcr", "key_flip_decrypt", "glcm_energy")
CERTAIN = ("compression_ratio",)  # random bytes never shrink: nothing outside at any alpha


def noise(shape: tuple[int, ...], rng: np.random.Generator) -> torch.Tensor:
    """Independent uniform bytes of this shape."""
    return torch.from_numpy(rng.integers(0, 256, shape, dtype=np.uint8))


# ---------------------------------------------------------------- cipher images alone


def judged(plain: torch.Tensor, cipher: torch.Tensor, alpha: float) -> dict[str, metrics.Metric]:
    """What cipher images are judged by, alone and beside their plain pictures."""
    blocks, side = _blocks(cipher)
    found = [
        metrics.entropy(cipher, alpha),
        metrics.chi_square(cipher, alpha),
        metrics.chi_square_pooled(cipher, alpha),
        metrics.histogram_variance(cipher, alpha),
        metrics.local_entropy(cipher, blocks, side, alpha=alpha)["local_entropy"],
        *(metrics.adjacent_correlation(cipher, way, alpha) for way in metrics.DIRECTIONS),
        *metrics.glcm_features(cipher, alpha=alpha).values(),
        metrics.normalised_correlation(plain, cipher, alpha),
        metrics.unlike(plain, cipher, alpha),
        metrics.compression_ratio(cipher, alpha=alpha),
    ]
    return {metric.name: metric for metric in found if metric.verdict != "info"}


def many(plain: torch.Tensor, cipher: torch.Tensor, count: int) -> dict[str, np.ndarray]:
    """The values of the same metrics for many trials of ``count`` pictures each, at once."""

    def mean(values: torch.Tensor) -> torch.Tensor:
        return values.reshape(len(cipher) // count, -1).mean(1)

    blocks, side = _blocks(cipher)
    beside = plain.repeat(len(cipher) // count, 1, 1, 1)
    joined = cipher.reshape(len(cipher) // count, 1, 1, -1)
    found = {
        "entropy": mean(metrics.entropy_values(cipher)),
        "chi_square": mean(metrics.chi_square_values(cipher)),
        "chi_square_pooled": metrics.chi_square_values(joined),
        "histogram_variance": mean(metrics.histogram_variance_values(cipher)),
        "local_entropy": mean(metrics.local_entropy_values(cipher, blocks, side)),
        "normalised_correlation": mean(metrics.normalised_correlation_values(beside, cipher)),
        "psnr_cipher": 10 * torch.log10(255**2 / mean(metrics.mse_values(beside, cipher))),
        "compression_ratio": mean(metrics.compression_values(cipher)),
    }
    for way in metrics.DIRECTIONS:
        found[f"correlation_{way}"] = mean(metrics.correlation_values(cipher, way))
    for name, values in metrics.glcm_feature_values(cipher).items():
        found[f"glcm_{name}"] = mean(values)
    return {name: values.numpy() for name, values in found.items()}


def _blocks(cipher: torch.Tensor) -> tuple[int, int]:
    """Number and side of the blocks for local entropy: quarters of each channel."""
    return 4 * cipher.shape[1], min(cipher.shape[2:]) // 2


def alone(design: tuple[int, int, int, int], trials: int, seed: int) -> list[dict]:
    """One row a metric and alpha: how often cipher images by themselves fall outside."""
    channels, height, width, count = design
    rng = np.random.default_rng([seed, *design])
    plain = noise((count, channels, height, width), rng) // 2  # dark, so that bytes are uneven
    cipher = noise((trials * count, channels, height, width), rng)
    values, rows = many(plain, cipher, count), []
    for alpha in ALPHAS:
        for name, metric in judged(plain, cipher[:count], alpha).items():
            if not math.isclose(metric.value, values[name][0], rel_tol=1e-9, abs_tol=1e-12):
                raise AssertionError(
                    f"{name}: {metric.value} alone, {values[name][0]} in the batch"
                )
            rows.append(row(name, design, metric, values[name], alpha))
    return rows


# ---------------------------------------------------------------- cipher images compared


class IdealCipher:
    """A cipher that answers every question with random bytes, the same question alike."""

    def encrypt(self, images: torch.Tensor, key: bytes, nonce: bytes) -> Ciphertext:
        payload = self._answer(images, key, nonce)
        return Ciphertext(payload, tuple(images.shape), "ideal", nonce=nonce)

    def decrypt(self, ciphertext: Ciphertext, key: bytes) -> torch.Tensor:
        return self._answer(ciphertext.payload, key, b"back").reshape(ciphertext.shape)

    def _answer(self, data: torch.Tensor, key: bytes, nonce: bytes) -> torch.Tensor:
        digest = blake2b(key + nonce + data.numpy().tobytes(), digest_size=16).digest()
        return noise((data.numel(),), np.random.default_rng(int.from_bytes(digest, "little")))


def changes(plain: torch.Tensor, key: bytes, alpha: float) -> dict[str, metrics.Metric]:
    """What single bits of picture and key change, by the functions that cards use."""
    cipher, seed = IdealCipher(), int.from_bytes(key[:4], "little")
    fresh = [(b"plain %d" % trial, b"twin %d" % trial) for trial in range(PARTNERS)]
    held = [(b"held", b"held")] * PARTNERS
    found = avalanche.plaintext_sensitivity(cipher, plain, key, fresh, alpha, seed)
    found |= avalanche.plaintext_sensitivity(cipher, plain, key, held, alpha, seed, "_nonce_held")
    return found | avalanche.key_sensitivity(cipher, plain, key, b"held", range(PARTNERS), alpha)


def compared(design: tuple[int, int, int, int], trials: int, seed: int) -> list[dict]:
    """One row a metric and alpha: how often pairs of cipher images fall outside."""
    channels, height, width, count = design
    rng = np.random.default_rng([seed, *design])
    plain = noise((count, channels, height, width), rng) // 2
    # Of one size all intervals are alike, so each alpha needs them once.
    spans = {alpha: changes(plain, rng.bytes(32), alpha) for alpha in ALPHAS}
    found = [changes(plain, rng.bytes(32), ALPHAS[0]) for _ in range(trials)]
    return [
        row(name, design, metric, np.array([one[name].value for one in found]), alpha)
        for alpha in ALPHAS
        for name, metric in spans[alpha].items()
    ]


# ---------------------------------------------------------------- verdict


def row(name: str, design, metric: metrics.Metric, values: np.ndarray, alpha: float) -> dict:
    """The share of values outside a metric's interval, and whether it agrees with alpha.

    Returns
    -------
    dict
        ``metric``, ``pictures``, ``alpha``, ``trials``, ``outside`` (a share) and ``ok``.
    """
    low = -math.inf if metric.low is None else metric.low
    high = math.inf if metric.high is None else metric.high
    trials, missed = len(values), int(((values < low) | (values > high)).sum())
    most = 0.0 if name in CERTAIN else alpha
    least = most / 4 if name in COUNTS else most
    few = binom.cdf(missed, trials, least) < FOUR_SIGMA
    return {
        "metric": name,
        "pictures": "{3} of {0} × {1} × {2}".format(*design),
        "alpha": alpha,
        "trials": trials,
        "outside": missed / trials,
        "ok": bool(not few and binom.sf(missed - 1, trials, most) >= FOUR_SIGMA),
    }


def table(rows: list[dict]) -> str:
    """One line a metric and size: the shares outside at each alpha; ! marks a failure."""
    cells: dict[tuple[str, str], list[str]] = {}
    for one in sorted(rows, key=lambda one: -one["alpha"]):
        shown = f"{one['outside']:>11.5f}{' ' if one['ok'] else '!'}"
        cells.setdefault((one["metric"], one["pictures"]), []).append(shown)
    head = f"{'metric':<24} {'pictures':<18}" + "".join(f"{alpha:>11g} " for alpha in ALPHAS)
    lines = [f"{name:<24} {size:<18}{''.join(shares)}" for (name, size), shares in cells.items()]
    return "\n".join([head, *sorted(lines)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for measure, designs in ((alone, ALONE), (compared, COMPARED)):
        for design in designs:
            trials = max(arguments.pictures // design[3], arguments.pictures // 4)
            rows += measure(design, trials, arguments.seed)
            print(f"{measure.__name__}: {design}", file=sys.stderr, flush=True)
    failed = sum(not one["ok"] for one in rows)
    record = {"pictures": arguments.pictures, "seed": arguments.seed, "failed": failed}
    atomic_write(RESULTS, json.dumps(record | {"rows": rows}, indent=1) + "\n")
    print(table(rows), f"{len(rows)} checks, {failed} fail", sep="\n")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
