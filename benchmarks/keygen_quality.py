"""The eleven key-generation systems on real pictures: cipher figures, restored pictures, times.

usage: python benchmarks/keygen_quality.py [--images ../shared/data] [--fresh]

Four photographs (folder ``standard256``) and four X-rays (``chest_xray``) of 256 × 256, grey; three
trainings and three untrained twins of each generator. Two settings:

published  as the paper has it: no nonce, related to the picture only where the paper is
related    ``plaintext_related=True`` and modular extraction: repaired

NPCR and UACI flip the lowest bit of one pixel; key and nonce are held. Each picture has a key of
its own. Verdicts: each picture against the interval that chance allows for so many bytes at the
1 % level, and the number of pictures inside against the binomial law. Restored pictures of [9] and
[76] on ``colour14`` at 512 × 512 too. Times are CPU milliseconds of a 256 × 256 picture.
A run that was broken off continues. Writes benchmarks/results/keygen_quality.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from functools import lru_cache
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from scipy.stats import binom

from gansec_lib import images, metrics, systems
from gansec_lib.ciphers import kdf
from gansec_lib.files import atomic_write, versions
from gansec_lib.images.convert import to_bytes, to_network
from gansec_lib.metrics import quality
from gansec_lib.nets.restore import enlarge
from gansec_lib.survey.printed import PRINTED, SECONDS
from gansec_lib.systems.keygen import exact

sys.path.insert(0, str(Path(__file__).parent))
from ciphers_speed import cpu  # the processor's name

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "keygen_quality.json"
NAMES = [name for name in systems.names("Cipher") if ".keygen." in systems.TABLE[name].where]
SEEDS = (0, 1, 2)
ALPHA = 0.01
RARE = 0.001  # fewer pictures inside than this chance: fail
FOLDERS = (("standard256", 4), ("chest_xray", 4))
# Encryption and decryption in seconds, the survey's Table 8; no paper's machine is known.
PUBLISHED_SECONDS = {
    name: tuple(found.get(way) for way in SECONDS)
    for name in NAMES
    if (found := {one.quantity: one.value for one in PRINTED if one.system == name}).get(SECONDS[0])
}


def settings(name: str) -> dict[str, dict]:
    """The options of each setting."""
    if name == "gan_compression":
        return {"published": {"use_nonce": False}}
    if name == "roi_aes":  # the whole picture, so that the figures are those of a cipher image
        return {"published": {"region": "all", "salted": False}}
    repaired = {"plaintext_related": True, "extraction": "modular"}
    return {"published": {"use_nonce": False}, "related": repaired}


def generators(name: str):
    """(kind, options) of every training and twin; the codec has one training and no twin."""
    if name == "gan_compression":
        return [("trained", 0, {})]
    return [
        (kind, seed, {"trained": kind == "trained", "seed": seed})
        for kind in ("trained", "twin")
        for seed in SEEDS
    ]


def pictures(root: Path) -> torch.Tensor:
    """uint8 (8, 1, 256, 256)."""
    parts = [
        images.load(root / folder, size=256, count=count, colour=False, split="all").images
        for folder, count in FOLDERS
    ]
    return torch.cat(parts)


def own_key(number: int) -> bytes:
    return kdf.hkdf(b"keygen quality", 32, info=number.to_bytes(4, "big"))


def flipped(plain: torch.Tensor, number: int) -> torch.Tensor:
    """The picture with the lowest bit of one pixel turned."""
    place = int.from_bytes(kdf.hkdf(b"place", 4, info=number.to_bytes(4, "big")), "big")
    twin = plain.clone().reshape(-1)
    twin[place % twin.numel()] ^= 1
    return twin.reshape(plain.shape)


def remember(system) -> None:
    """Keep the last key streams: a picture and its flipped twin share theirs where they may."""
    if hasattr(system, "keys"):
        for method in ("keystream", "key_image"):
            if hasattr(system.keys, method):
                setattr(system.keys, method, lru_cache(8)(getattr(system.keys, method)))


def cipher_image(system, plain, key) -> torch.Tensor:
    """Cipher bytes as a picture, nonce held; a codec's bytes as a square, what is over left out."""
    payload = system.encrypt(plain, key, nonce=bytes(system.nonce_length)).payload
    if payload.numel() == plain.numel():
        return payload.reshape(plain.shape)
    side = int(payload.numel() ** 0.5)
    return payload[: side * side].reshape(1, 1, side, side)


def measure(system, plain: torch.Tensor) -> dict[str, dict]:
    """Every figure: its window and, a picture each, [value, whether inside]."""
    rows: dict[str, dict] = {}
    remember(system)
    for number, one in enumerate(plain.split(1)):
        key = own_key(number)
        image = cipher_image(system, one, key)
        twin = cipher_image(system, flipped(one, number), key)
        found = [
            metrics.entropy(image, ALPHA),
            metrics.chi_square(image, ALPHA),
            *(metrics.adjacent_correlation(image, way, ALPHA) for way in metrics.DIRECTIONS),
        ]
        for metric in (metrics.npcr(image, twin, ALPHA), metrics.uaci(image, twin, ALPHA)):
            found.append(metric)
        for metric in found:
            name = metric.name.removesuffix("_nonce_held")
            entry = rows.setdefault(name, {"low": metric.low, "high": metric.high, "pictures": []})
            entry["pictures"].append([round(metric.value, 8), metric.verdict == "pass"])
        unjudged = {}
        if image.shape == one.shape:
            unjudged["psnr_cipher"] = quality.psnr_values(one, image).item()
        back = system.decrypt(system.encrypt(one, key), key)
        for name, value in (unjudged | restored(one, back)).items():
            rows.setdefault(name, {"pictures": []})["pictures"].append([round(value, 8), None])
    return rows


def restored(plain, back) -> dict[str, float]:
    return {
        "psnr_decrypted": quality.psnr_values(plain, back).item(),
        "ssim_decrypted": quality.ssim_values(plain, back).item(),
    }


def key_facts(system) -> dict[str, float]:
    """The key bytes themselves, as a picture of 256 × 256."""
    if not hasattr(system, "keys"):
        return {}
    if hasattr(system.keys, "key_image"):
        key = system.keys.key_image(own_key(0), (1, 256, 256))[None]
    else:
        key = system.keys.keystream(own_key(0), b"", 1 << 16).reshape(1, 1, 256, 256)
    ways = {
        f"correlation_{way}": metrics.correlation_values(key, way).item()
        for way in metrics.DIRECTIONS
    }
    return {"entropy": metrics.entropy_values(key).item()} | ways


def fingerprint(system) -> str:
    return exact.fingerprint(system.keys.generator) if hasattr(system, "keys") else ""


def restorations(root: Path) -> dict:
    """[9] and [76] on thirteen photographs at two sizes, and the interpolation beside [9]."""
    found = {}
    for size in (256, 512):
        plain = images.load(root / "colour14", size=size, colour=False, split="all").images
        nine = systems.get("logistic_henon_sr", transmit="quarter")
        codec = systems.get("gan_compression")
        small = to_network(plain[:, :, ::2, ::2])
        made = {
            "logistic_henon_sr": nine.decrypt(nine.encrypt(plain, own_key(0)), own_key(0)),
            "bicubic": to_bytes(enlarge(small)),
            "gan_compression": codec.decrypt(codec.encrypt(plain, own_key(0)), own_key(0)),
        }
        for name, back in made.items():
            found[f"{name}/{size}"] = {
                "psnr": quality.psnr_values(plain, back).tolist(),
                "ssim": quality.ssim_values(plain, back).tolist(),
            }
    return found


def times(name: str, plain: torch.Tensor, repeats: int = 3) -> dict:
    """CPU milliseconds of one picture: key bytes alone, all of encryption, all of decryption."""
    system = systems.get(name)
    spent = {"key": [], "encrypt": [], "decrypt": []}
    inside = [0.0]

    def timed(function):
        def run(*given):
            start = time.process_time()
            made = function(*given)
            inside[0] += time.process_time() - start
            return made

        return run

    if hasattr(system, "keys"):
        for method in ("keystream", "key_image"):
            if hasattr(system.keys, method):
                setattr(system.keys, method, timed(getattr(system.keys, method)))
    for turn in range(repeats + 1):
        inside[0] = 0.0
        start = time.process_time()
        made = system.encrypt(plain, own_key(turn))
        middle, key = time.process_time(), inside[0]
        system.decrypt(made, own_key(turn))
        end = time.process_time()
        if turn:  # the first call loads and compiles
            for part, seconds in (("key", key), ("encrypt", middle - start)):
                spent[part].append(1e3 * seconds)
            spent["decrypt"].append(1e3 * (end - middle))
    return {part: round(median(values), 3) for part, values in spent.items()}


def aes_ctr_ms(plain: torch.Tensor, repeats: int = 200) -> float:
    """CPU milliseconds of AES-256-CTR on the same bytes."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    data = plain.numpy().tobytes()
    start = time.process_time()
    for number in range(repeats):
        engine = Cipher(algorithms.AES(own_key(number)), modes.CTR(bytes(16))).encryptor()
        engine.update(data)
    return 1e3 * (time.process_time() - start) / repeats


def summary(rows: dict) -> dict:
    """Median and range over pictures and seeds, the interval, how many lie in it, the verdict."""
    values = [float(value) for value, _ in rows["pictures"]]  # a file holds ∞ as text
    judged = [inside for _, inside in rows["pictures"] if inside is not None]
    found = {
        "median": float(np.median(values)),
        "least": float(min(values)),
        "most": float(max(values)),
        "count": len(values),
    }
    if judged:
        rare = binom.cdf(sum(judged), len(judged), 1 - ALPHA) < RARE
        found |= {"low": rows["low"], "high": rows["high"], "inside": sum(judged)}
        found |= {"verdict": "fail" if rare else "pass"}
    return found


def write(record: dict, path: Path) -> None:
    def plain(value):
        return value if not isinstance(value, float) or np.isfinite(value) else str(value)

    def walk(value):
        if isinstance(value, dict):
            return {key: walk(inner) for key, inner in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else plain(value)

    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(walk(record), ensure_ascii=False, indent=1)
    text = re.sub(r"\[\s+([^\[\]{}]+?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)
    atomic_write(path, text + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--fresh", action="store_true", help="measure everything again")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for folder in ("standard256", "chest_xray", "colour14"):
        if not (arguments.images / folder).is_dir():
            print(f"keygen_quality: skipped, there is no folder {folder} in {arguments.images}")
            return 0
    runs = {}
    if arguments.out.exists() and not arguments.fresh:
        runs = json.loads(arguments.out.read_text("utf-8"))["runs"]
    record = {
        "benchmark": "keygen_quality",
        "command": "python benchmarks/keygen_quality.py",
        "machine": {"cpu": cpu(), "cores": os.cpu_count()},
        "versions": versions(),
        "pictures": [f"{count} of {folder}" for folder, count in FOLDERS],
        "alpha": ALPHA,
        "runs": runs,
    }
    plain = pictures(arguments.images)
    for name in NAMES:
        for setting, options in settings(name).items():
            for kind, seed, own in generators(name):
                system = systems.get(name, **options, **own)
                run, mark = f"{name}/{setting}/{kind}/{seed}", fingerprint(system)
                if runs.get(run, {}).get("fingerprint") == mark and mark:
                    continue
                start = time.process_time()
                rows = measure(system, plain)
                runs[run] = {
                    "fingerprint": mark,
                    "options": {k: v for k, v in system.options().items() if k != "seed"},
                    "key": key_facts(system),
                    "rows": rows,
                    "cpu_seconds": round(time.process_time() - start, 1),
                }
                write(record, arguments.out)
                print(run, runs[run]["cpu_seconds"], flush=True)
    pooled: dict[str, dict] = {}
    for run, entry in runs.items():
        place = pooled.setdefault(run.rsplit("/", 1)[0], {})
        for figure, rows in entry["rows"].items():
            known = place.setdefault(figure, rows | {"pictures": []})
            known["pictures"].extend(rows["pictures"])
    record["metrics"] = {
        place: {figure: summary(rows) for figure, rows in entries.items()}
        for place, entries in pooled.items()
    }
    record["restored"] = restorations(arguments.images)
    record["times_ms"] = {name: times(name, plain[:1]) for name in NAMES}
    record["times_ms"]["aes_256_ctr"] = {"encrypt": round(aes_ctr_ms(plain[:1]), 4)}
    record["published_seconds"] = PUBLISHED_SECONDS
    record["published"] = {name: systems.get(name).published for name in NAMES}
    write(record, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
