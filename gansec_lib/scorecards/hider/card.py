"""``measure``: everything that is asked of a hider.

A hider is measured full, because that is the payload its paper prints; what a smaller payload
changes stands in the table of the analysers.
"""

from __future__ import annotations

import math
import time

import torch

from gansec_lib.attacks.on_hiders.evaluate import (
    ALPHA,
    CONTROL,
    Evaluation,
    evaluate,
    fill,
    random_secrets,
)
from gansec_lib.attacks.oracle import Attempt
from gansec_lib.images.imageset import ImageSet
from gansec_lib.metrics import payload
from gansec_lib.metrics.metric import info, with_verdict
from gansec_lib.roles import Hider
from gansec_lib.scorecards.bench import Bench
from gansec_lib.scorecards.card import Exhibit, Fact, Table
from gansec_lib.scorecards.hider import measures
from gansec_lib.scorecards.measuring import Found, How, listed

HALF = 0.5  # of the capacity, in the pictures that are shown
GAIN = 100  # of the difference that is shown


def measure(system: Hider, pictures: ImageSet, how: How) -> Found:
    """What there is to say of a hider that hides bytes; ``pictures`` are the covers.

    The more covers, the nearer to ½ a P_E that proves something.

    Raises
    ------
    ParameterError
        Pictures too small to hold one byte.
    """
    bench = Bench(system, pictures, how.seed)
    covers, key = bench.images, bench.key
    capacity = system.capacity(tuple(covers.shape[1:]))
    secrets = random_secrets(covers, capacity, how.seed)

    how.say("hiding and revealing")
    began = time.perf_counter()
    stegos = system.hide(covers, secrets, key)
    hid = time.perf_counter()
    seconds = {"hide": hid - began}
    files = measures.saved(stegos)
    began = time.perf_counter()
    back = measures.come_back(system, files, secrets, key)
    seconds["reveal"] = time.perf_counter() - began
    metrics = measures.invisibility(system, covers, stegos, capacity)
    metrics |= measures.carries(covers, capacity)
    metrics["messages_back"] = measures.share(
        "messages_back", back, "full stegos, saved as PNG and read again"
    )
    metrics |= measures.recovery(bench, stegos, secrets)

    how.say("damaging stegos")
    rows, handed_out = measures.damage(bench, stegos, secrets)
    metrics["wrong_handed_out"] = with_verdict(
        "wrong_handed_out", float(handed_out), 0.0, 0.0, 0.0, "of all damaged stegos in the table"
    )
    survived = [row["damage"] for row in rows if row["back"] >= 0.5 * row["stegos"]]
    words = f"{', '.join(survived) or 'none'}, of {len(rows)} tried"
    metrics["survives"] = info("survives", float(len(survived)), words)
    for name in ("hide", "reveal"):
        speed = covers.numel() / 1e6 / seconds[name]
        each = "together" if name == "hide" else "one by one"
        words = f"{len(covers)} full covers of {tuple(covers.shape[1:])}, {each}"
        metrics[f"{name}_speed"] = info(f"{name}_speed", speed, words, unit="MB/s")

    found = Evaluation([], [], {"the analysers": "no attack was asked for"})
    if how.attacks:
        how.say("looking for it")
        found = evaluate(system, covers, key, seed=how.seed)
    metrics |= measures.detectability(found, len(covers))
    tables = {"robustness": [damage_table(rows)]}
    if how.attacks:
        tables["detectability"] = [sweep(found)]
    return Found(
        metrics=metrics,
        facts=_facts(found, survived),
        tables=tables,
        exhibits={"invisibility": [walk(bench)]},
        attempts=found.attempts,
        left_out=listed(found.left_out),
        seconds=seconds,
    )


def damage_table(rows: list[dict]) -> Table:
    """How many messages came back after each damage, and how many stegos were refused."""
    lines = [
        (
            row["damage"],
            "∞" if row["psnr"] == math.inf else f"{row['psnr']:.1f} dB",
            Fact(f"{row['back']} of {row['stegos']}", "pass" if row["back"] else "fail"),
            f"{row['refused']}",
        )
        for row in rows
    ]
    note = (
        "Full stegos, changed on their way. A message that does not come back has to be refused: "
        "an error is honest, a wrong message would not be."
    )
    return Table("what survives", ("damage", "PSNR", "messages back", "refused"), lines, note, rows)


def sweep(found: Evaluation) -> Table:
    """P_E, AUC and MD5 of every analyser at every payload, and of its positive control."""
    lines, data = [], []
    for attempt in [*found.controls, *found.attempts]:
        said = attempt.details
        lines.append(
            (
                f"{attempt.name.replace('_', ' ')}, {attempt.setting}",
                f"{said['bits']:.3f}",
                Fact(
                    f"{said['p_e']:.3f}",
                    "fail" if attempt.beyond_chance else "pass",
                ),
                Fact(f"{said['auc']:.3f}", "", _span(said["auc_interval"])),
                Fact(f"{said['md5']:.3f}", "", _span(said["md5_interval"])),
            )
        )
        data.append({"analyser": attempt.name, "setting": attempt.setting, **said})
    note = (
        f"P_E: mean of false alarms and missed stegos at the best threshold. AUC: the chance that "
        f"a stego scores above a cover. MD5: stegos missed at 5 % false alarms. Small print: 95 % "
        f"intervals, bootstrap over covers (a smallest error has none). ✗: P_E is lower than "
        f"blind guessing gets once in {1 / ALPHA:,.0f}. First lines: the positive control, "
        f"{CONTROL}."
    )
    head = ("analyser, payload", "bits a sample", "P_E", "AUC", "MD5")
    return Table("every payload", head, lines, note, data)


def _span(interval) -> str:
    return "{:.3f} to {:.3f}".format(*interval)


def _facts(found: Evaluation, survived: list[str]) -> list[Fact]:
    """What the hider is and does, in marks."""
    told: dict[str, list[Attempt]] = {}
    for attempt in found.attempts:
        if attempt.beyond_chance:
            told.setdefault(attempt.name, []).append(attempt)
    by = ", ".join(
        f"{name.replace('_', ' ')} down to {min(a.details['bits'] for a in attempts):.2g} bits a "
        f"sample"
        for name, attempts in told.items()
    )
    facts = []
    if told:
        facts.append(Fact("found", "fail", f"It is found by {by}."))
    elif found.attempts:
        facts.append(
            Fact(
                "not found here",
                "info",
                f"No analyser's P_E is lower than blind guessing gets once in {1 / ALPHA:,.0f}.",
            )
        )
    else:
        facts.append(Fact("not looked for", "info"))
    facts.append(
        Fact("survives JPEG", "pass")
        if any(name.startswith("JPEG") for name in survived)
        else Fact("does not survive JPEG", "info")
    )
    return facts


def walk(bench: Bench) -> Exhibit:
    """Cover, stego, difference and last bits, half full."""
    covers = bench.images[:2]
    stegos, _ = fill(bench.system, covers, bench.key, HALF, bench.seed)
    gaps = (stegos.to(torch.int16) - covers.to(torch.int16)).abs()
    shown = (gaps * GAIN).clamp(0, 255).to(torch.uint8)
    rows = [
        ("", (cover, stego, gap, (cover & 1) * 255, (stego & 1) * 255))
        for cover, stego, gap in zip(covers, stegos, shown, strict=True)
    ]
    largest, changed = int(gaps.max()), payload.change_values(covers, stegos).mean().item()
    title = f"half full: {100 * changed:.1f} % of the samples changed, by at most {largest}"
    heads = ("cover", "stego", f"difference × {GAIN}", "last bits, cover", "last bits, stego")
    return Exhibit(title, heads, rows)
