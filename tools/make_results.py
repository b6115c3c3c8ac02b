"""Write docs/results.md from what the benchmarks measured; no value is typed by hand.

    python tools/make_results.py            (--check: only say whether the page is up to date)

Reads benchmarks/results/keygen_{quality,randomness,speed}.json; a test compares.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gansec_lib import metrics, systems  # noqa: E402
from gansec_lib.files import atomic_write  # noqa: E402
from tools.result_cells import (  # noqa: E402
    NAMES,
    about_published,
    published_value,
    spread,
    table,
    why,
    window,
)

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "results.md"
PARTS = ("key", "encrypt", "decrypt")


def key_facts(runs: dict, place: str, measured: dict) -> dict:
    """What the reasons need: the key's own values (median of the trainings) and NPCR."""
    found = [entry["key"] for run, entry in runs.items() if run.startswith(place + "/")]
    facts = {"npcr": float(measured["npcr"]["median"])}
    for name in ("entropy", *(f"correlation_{way}" for way in metrics.DIRECTIONS)):
        values = sorted(one[name] for one in found if name in one)
        if values:
            facts[name] = values[len(values) // 2]
    return facts


def one_system(name: str, quality: dict) -> tuple[str, list[str]]:
    """The section of one system, and its row of the overview."""
    measured = quality["metrics"]
    trained = measured[f"{name}/published/trained"]
    twin = measured.get(f"{name}/published/twin", {})
    repaired = measured.get(f"{name}/related/trained", {})
    published = quality["published"][name]
    facts = key_facts(quality["runs"], f"{name}/published/trained", trained)
    size = 128 * 128 if name == "gan_compression" else 256 * 256
    rows = []
    for metric in NAMES:
        value, conditions = published_value(published, metric)
        entry = trained.get(metric)
        if not entry or (value is None and metric.startswith(("psnr", "ssim"))):
            continue
        if metric.endswith("decrypted") and name == "logistic_henon_sr":
            continue  # of the restored quarter: another table
        remarks = []
        if entry.get("verdict") == "fail":
            remarks.append(why(metric, entry, facts, size))
        remarks.append(about_published(metric, value, conditions, entry))
        both = (entry, repaired.get(metric, {}))
        rows.append(
            [
                NAMES[metric],
                "" if value is None else str(value).replace("-", "−"),
                spread(metric, entry),
                spread(metric, twin.get(metric)),
                spread(metric, repaired.get(metric)),
                window(metric, entry.get("low"), entry.get("high")),
                " / ".join(one["verdict"] for one in both if "verdict" in one),
                "; ".join(remark for remark in remarks if remark),
            ]
        )
    heads = ["metric", "published", "as published", "untrained twin", "repaired"]
    heads += ["chance allows", "verdict", "why"]
    entry = systems.TABLE[name]
    body = f"### `{name}`: {entry.title}\n\n{entry.paper}\n\n{table(heads, rows)}"
    return body, [f"`{name}`", entry.paper, *(tally(part) for part in (trained, twin, repaired))]


def tally(measured: dict) -> str:
    """How many of the judged metrics pass, and which fail."""
    judged = {name: one["verdict"] for name, one in measured.items() if "verdict" in one}
    if not judged:
        return ""
    failed = [NAMES[name].split(",")[0] for name, verdict in judged.items() if verdict == "fail"]
    failed = list(dict.fromkeys(failed))
    return f"{sum(v == 'pass' for v in judged.values())} of {len(judged)}" + (
        f" (not {', '.join(failed)})" if failed else ""
    )


def cipher_metrics(quality: dict) -> str:
    names = list(dict.fromkeys(place.split("/")[0] for place in quality["metrics"]))
    parts = [one_system(name, quality) for name in names]
    heads = ["system", "paper", "as published", "untrained twin", "repaired"]
    pictures = " and ".join(quality["pictures"])
    return f"""## Metrics of the ciphers

`{quality["command"]}`. Pictures: {pictures}, 256 × 256, grey;
three trainings and three untrained twins of each generator. *As published*: no nonce, related to
the picture only where the paper is. *Repaired*: a keyed hash of the picture goes into the key, and
key bytes are extracted modularly. NPCR and UACI flip the lowest bit of one pixel under the same key
and nonce. Cells are median [least … most] over pictures and seeds. *Chance allows*: where ideal
bytes of that number lie in 99 % of pictures. *Verdict* (as published / repaired): fail where fewer
pictures lie inside than ideal ones would in 999 of 1000 benchmarks.

{table(heads, [row for _, row in parts])}

{chr(10).join(chr(10) + body for body, _ in parts).strip()}"""


def restorations(quality: dict) -> str:
    rows = []
    papers = {
        "logistic_henon_sr": "[9] CSRNet",
        "bicubic": "bicubic",
        "gan_compression": "[76] codec",
    }
    for place, found in quality["restored"].items():
        name, size = place.split("/")
        published = quality["published"].get(name, {})
        cells = [papers.get(name, name), f"{size}²"]
        for metric in ("psnr", "ssim"):
            value, _ = published_value(published, f"{metric}_decrypted")
            values = sorted(found[metric])
            entry = {"median": sum(values) / len(values), "least": values[0], "most": values[-1]}
            cells += ["" if value is None else str(value), spread(f"{metric}_decrypted", entry)]
        rows.append(cells)
    heads = ["restored by", "size", "PSNR published", "PSNR measured", "SSIM published"]
    heads.append("SSIM measured")
    return f"""## Restored pictures

What the receiver sees where a scheme is lossy by design: [9] sends every fourth pixel, [76] two
bits a pixel. Thirteen photographs in grey; mean [least … most]. [9] prints values of COCO
photographs, [76] names no picture, and our networks are small (weights of at most 1 MB, minutes
of training on one core): the comparison that counts is the one with bicubic interpolation.

{table(heads, rows)}"""


def randomness(found: dict) -> str:
    groups: dict[tuple, list[dict]] = {}
    for run in found["runs"].values():
        place = (run["generator"], run["extraction"], run["kind"])
        groups.setdefault(place, []).append(run)
    rows = []
    for (generator, extraction, kind), runs in groups.items():
        failed: dict[str, int] = {}
        for run in runs:
            for test in run["failed"]:
                failed[test] = failed.get(test, 0) + 1
        worst = min(entry["worst_share"] for run in runs for entry in run["tests"].values())
        tests = sum(len(run["tests"]) for run in runs)
        passed = tests - sum(failed.values())
        listed = ", ".join(f"{test} ×{count}" for test, count in sorted(failed.items()))
        rows.append(
            [
                f"`{generator}`",
                extraction or "–",
                kind,
                f"{len(runs)} × {runs[0]['sequences']}",
                f"{passed} of {tests}",
                f"{worst:.3f}",
                commonest(runs),
                listed or "–",
            ]
        )
    heads = ["generator", "extraction", "weights", "sequences", "tests passed", "least share"]
    heads += ["commonest output", "failed"]
    return f"""## Randomness of the key bytes

`{found["command"]}`. SP 800-22, all fifteen tests
where they apply, sequences of 10⁶ bits, level {found["alpha"]}; three trainings and three twins.
*Least share*: of sequences that pass, in the worst row of all tests. A test fails where that share
(limit: three standard deviations) or the uniformity of its p-values (limit: 0.0001) is too rare for
the number of its rows: ideal bits fail about one test in 700. *Commonest output*: how often the
most frequent of the network's numbers comes, before extraction (worst of the three).

{table(heads, rows)}

{said(found)}"""


def commonest(runs: list[dict]) -> str:
    shares = [run["outputs"]["commonest_share"] for run in runs if run["outputs"]]
    return f"{100 * max(shares):.3f} %" if shares else ""


def said(found: dict) -> str:
    """What the table shows, in a sentence made from it."""
    flat = [run for run in found["runs"].values() if run["extraction"] == "modular"]
    raw = [run for run in found["runs"].values() if run["extraction"] == "raw"]
    bad = [run for run in flat if len(run["failed"]) > 1]
    names = [f"`{run['generator']}` {run['kind']} {run['seed']}" for run in bad]
    shares = [100 * run["outputs"]["commonest_share"] for run in bad]
    rest = max(100 * run["outputs"]["commonest_share"] for run in flat if run not in bad)
    silent = ""
    if all(run["outputs"]["commonest_is_bias"] for run in bad):
        silent = (
            ": the last layer's bias, which is all that is left where every unit before is silent"
        )
    words = (
        f"Under `raw` {sum(run['passed'] for run in raw)} of {len(raw)} runs pass. Under `modular` "
        f"{len(flat) - len(bad)} of {len(flat)} runs fail at most one test"
    )
    if not bad:
        return words + ", trained or not."
    return words + (
        f", trained or not; the others are {' and '.join(names)}, where one number makes up "
        f"{' and '.join(f'{share:.2f} %' for share in shares)} of the network's outputs (elsewhere "
        f"at most {rest:.2f} %){silent}. No extraction mends a number that comes again and again."
    )


def speed(found: dict, quality: dict) -> str:
    rows = [
        [
            f"`{name}`",
            f"{row['ms_a_key_one_by_one']:.3f}",
            f"{row['ms_a_key_together']:.3f}",
            f"{row['ratio']:.1f}",
            f"{row['long_key_mb_per_s']:.1f}",
            row["reason"],
        ]
        for name, row in found["measured"].items()
    ]
    heads = ["generator", "one by one, ms", "together, ms", "ratio", "one long key, MB/s"]
    heads.append(f"why under {next(iter(found['measured'].values()))['goal']}")
    own = []
    for name, taken in quality["times_ms"].items():
        seconds = quality["published_seconds"].get(name, (None, None))
        own.append(
            [
                f"`{name}`",
                *(
                    f"{taken[part]:.4g}" if part in taken else ""
                    for part in ("key", "encrypt", "decrypt")
                ),
                *(f"{1e3 * one:.0f}" if one else "" for one in seconds),
            ]
        )
    own_heads = ["system", "key, ms", "encrypt, ms", "decrypt, ms"]
    own_heads += ["published encryption, ms", "published decryption, ms"]
    return f"""## Speed

`{found["command"]}`. Keys of {found["key_bytes"]} bytes, one for each of many pictures: one call a
key against all in one call; CPU time of one thread. HKDF-SHA256 makes such a key in
{found["hkdf_ms_a_key"]:.3f} ms.

{table(heads, rows)}

One grey picture of 256 × 256, CPU milliseconds with the key made anew; AES-256-CTR on the same
bytes. The papers name no machine, so their times are no yardstick.

{table(own_heads, own)}"""


def machine(*records: dict) -> str:
    lines = []
    for record in records:
        names = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
        place = record["machine"]
        lines.append(f"- `{record['benchmark']}`: {place['cpu']}, {place['cores']} cores; {names}")
    return "## Measured on\n\n" + "\n".join(lines)


def page() -> str:
    """The whole page."""
    quality, bits, fast = (
        json.loads((RESULTS / f"keygen_{name}.json").read_text("utf-8"))
        for name in ("quality", "randomness", "speed")
    )
    parts = [
        "# Key generation by GANs: published and measured",
        "Written by `python tools/make_results.py` from `benchmarks/results/keygen_*.json`; not by "
        "hand.\nThe published values are those that the surveys print; where each comes from "
        "stands in the system's\n`published`.",
        cipher_metrics(quality),
        restorations(quality),
        randomness(bits),
        speed(fast, quality),
        machine(quality, bits, fast),
    ]
    return "\n\n".join(parts) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 written or up to date, 1 out of date (``--check``)."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    made = page()
    if options.check:
        same = PAGE.exists() and PAGE.read_text("utf-8") == made
        print(f"{PAGE.name} is {'up to date' if same else 'out of date'}")
        return 0 if same else 1
    atomic_write(PAGE, made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
