"""What a cipher's page shows beside the metrics: pictures, and the table of damages."""

from __future__ import annotations

import math

import torch

from gansec_lib.attacks.oracle import Attempt
from gansec_lib.metrics import npcr_values, uaci_values
from gansec_lib.metrics.metric import Metric
from gansec_lib.scorecards.card import Exhibit, Fact, Table
from gansec_lib.scorecards.cipher import avalanche, shapes
from gansec_lib.scorecards.cipher.bench import CipherBench
from gansec_lib.scorecards.cipher.questions import DAMAGED, DAMAGES, FINGERPRINTS

SHOWN = 2  # pictures of a walk
SHOWN_DAMAGE = {  # the table holds all strengths, the figure one of each damage
    "salt_and_pepper": 0.05,
    "gaussian": 0.001,
    "speckle": 0.001,
    "crop": 0.25,
    "occlusion": 0.25,
}


def walk(bench: CipherBench, metrics: dict[str, Metric]) -> list[Exhibit]:
    """Plain, cipher, decrypted, decrypted with one key bit wrong; and the first one's bytes."""
    lossless, wrong = bench.system.lossless, bench.wrong
    exact = torch.equal(bench.decrypted, bench.images)
    title = "back bit for bit" if exact else "not lossless" if lossless else "alike, not the same"
    if wrong is None:
        title += "; a wrong key is refused"
    elif not lossless:
        title += "; a wrong key gives something else"
    elif metrics["key_flip_decrypt"].verdict == "fail":
        title += "; a wrong key gives noise that is not even"
    else:
        title += "; a wrong key gives noise"
    rows = [
        (
            "",
            (
                bench.images[place],
                bench.seen[place],
                bench.decrypted[place],
                "refused:\nnothing is returned" if wrong is None else wrong[place],
            ),
        )
        for place in range(min(SHOWN, len(bench.images)))
    ]
    heads = ("plain", "cipher", "decrypted", "one key bit wrong")
    flat = metrics["chi_square"].verdict != "fail"
    said = "nothing left to see" if flat else "the histogram is not flat"
    pair = [("plain", (bench.images[0],)), ("cipher", (bench.cipher[0],))]
    return [Exhibit(title, heads, rows), Exhibit(said, ("",), pair, kind="histograms")]


def fingerprints(bench: CipherBench, fresh, held) -> Exhibit:
    """Where two cipher images differ after one plain bit changed: fresh nonces, one nonce twice."""
    twin = avalanche.flip_one_bit(bench.images, bench.seed)
    cells = []
    for nonce, other in (fresh, held):
        base = bench.system.encrypt(bench.images, bench.key, nonce=nonce).as_images()[:1]
        changed = bench.system.encrypt(twin, bench.key, nonce=other).as_images()[:1]
        apart = (changed.to(torch.int16) - base.to(torch.int16)).abs().to(torch.uint8)
        said = f"NPCR {npcr_values(base, changed).item():.4g} %\n"
        said += f"UACI {uaci_values(base, changed).item():.4g} %"
        cells.append((shapes.to_look_at(bench.images, apart)[0], Fact(said, "")))
    title = "One plain bit changed: where cipher bytes differ"
    heads = ("fresh nonces", "one nonce twice")
    return Exhibit(title, heads, [("", cells)], shared=True, says=FINGERPRINTS)


def damaged(bench: CipherBench, rows: list[dict]) -> Exhibit:
    """What the cipher makes of damaged cipher images, one strength a damage."""
    found = {(row["damage"], row["strength"]): row for row in rows}
    heads, cells = ["sent"], [bench.images[0]]
    for kind, strength in SHOWN_DAMAGE.items():
        row = found[kind, strength]
        heads.append(f"{DAMAGES[kind][0]}, {strength:g}")
        lines = "cipher bytes\nlie in a line" if row["outcome"] == shapes.NO_AREA else "refused"
        cells.append(lines if row["shown"] is None else row["shown"])
    return Exhibit("Decrypted after damage", heads, [("", cells)], shared=True, says=DAMAGED)


def damage_table(rows: list[dict]) -> Table:
    """PSNR, SSIM and wrong bits after each damage."""
    lines = []
    for kind, (name, unit) in DAMAGES.items():
        given = [row for row in rows if row["damage"] == kind]
        strengths = ", ".join(f"{row['strength']:g}" for row in given)
        lines.append((Fact(name, "", f"{unit} {strengths}"), *map(_damage_cell, given)))
    note = (
        "PSNR of the decrypted picture, SSIM, and share of wrong bits. Damage goes unnoticed: so "
        "would a change made on purpose."
    )
    if all(row["outcome"] == "refused" for row in rows):
        note = (
            "Every damaged cipher image is refused: whoever changes one byte is found out, and "
            "nobody is shown a picture that was not sent."
        )
    data = [{key: value for key, value in row.items() if key != "shown"} for row in rows]
    return Table("Damage", ("damage", "little", "more", "much"), lines, note, data)


def _damage_cell(row: dict) -> Fact:
    if row["outcome"] == shapes.NO_AREA:
        return Fact("", "", "bytes in a line")
    if row["outcome"] == "refused":
        return Fact("refused", "pass")
    decibel = "∞" if math.isinf(row["psnr"]) else f"{row['psnr']:.1f} dB"
    ssim = "" if row["ssim"] is None else f"SSIM {row['ssim']:.2f}, "
    return Fact(decibel, "", f"{ssim}{100 * row['ber']:.2g} % of bits")


def read(bench: CipherBench, attempts: list[Attempt]) -> Exhibit:
    """The victim's picture, and the most that any attack read of it in each setting."""
    heads, cells = ["the victim's picture"], [bench.images[0]]
    for setting in dict.fromkeys(attempt.setting for attempt in attempts):
        best = max((a for a in attempts if a.setting == setting), key=rank)
        pictures = f"{best.queries} picture{'s' * (best.queries != 1)}"
        said = (
            f"{best.name.replace('_', ' ')}\n{best.verdict}, {100 * best.score:.1f} %, {pictures}"
        )
        verdict = "fail" if best.beyond_chance else "pass"
        heads.append(f"best attack, {setting}")
        picture = "no picture" if best.shown is None else (best.shown[0], Fact(said, verdict))
        cells.append(picture)
    title = "The most that an attack read in each setting"
    return Exhibit(title, heads, [("", cells)], shared=True)


def rank(attempt: Attempt) -> tuple:
    """How well an attack did; among those that read nothing, last the ones told a part before."""
    told, reads = attempt.details.get("known_bytes", 0), not attempt.tells
    return reads, attempt.verdict == "opened", attempt.beyond_chance, not told, attempt.score
