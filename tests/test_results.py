"""docs/results.md says what the committed measurements say, and these say what the course says."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import make_results, result_cells  # noqa: E402


def load(name):
    return json.loads((make_results.RESULTS / f"keygen_{name}.json").read_text("utf-8"))


def test_the_page_is_what_the_tool_makes():
    assert make_results.PAGE.read_text("utf-8") == make_results.page(), (
        "docs/results.md is not what the measurements say; run python tools/make_results.py"
    )
    assert make_results.main(["--check"]) == 0


def test_the_tool_notices_a_changed_page(tmp_path, monkeypatch):
    changed = tmp_path / "results.md"
    changed.write_text(make_results.PAGE.read_text("utf-8").replace("7.99", "8.00"), "utf-8")
    monkeypatch.setattr(make_results, "PAGE", changed)
    assert make_results.main(["--check"]) == 1
    assert make_results.main([]) == 0 and make_results.main(["--check"]) == 0


def test_every_system_setting_and_seed_was_measured():
    runs = load("quality")["runs"]
    from gansec_lib import systems

    names = {n for n in systems.names("Cipher") if ".keygen." in systems.TABLE[n].where}
    assert {run.split("/")[0] for run in runs} == names and len(names) == 11
    for name in names - {"gan_compression"}:
        for kind in ("trained", "twin"):
            for seed in range(3):
                assert f"{name}/published/{kind}/{seed}" in runs
    for run in runs.values():
        assert all(len(rows["pictures"]) == 8 for rows in run["rows"].values())


def test_extraction_makes_the_bytes_flat_and_training_does_not():
    """Unless the network repeats itself: then nothing after it helps."""
    runs = load("randomness")["runs"].values()
    assert {run["kind"] for run in runs} == {"trained", "twin", "standard"}
    for run in runs:
        place = (run["generator"], run["kind"], run["seed"], run["failed"])
        if run["extraction"] == "raw":
            assert not run["passed"], place
        elif run["outputs"] and run["outputs"]["commonest_share"] > 4e-4:
            assert len(run["failed"]) > 1 and run["outputs"]["commonest_is_bias"], place
        else:
            assert len(run["failed"]) <= 1, place


def test_exclusive_or_stays_at_one_byte():
    table = load("quality")["metrics"]
    for name in ("deepkeygen", "blockchain_gan"):
        assert table[f"{name}/published/trained"]["npcr"]["most"] == pytest.approx(100 / 256**2)
        assert table[f"{name}/related/trained"]["npcr"]["verdict"] == "pass"


def test_csrnet_is_better_than_interpolation():
    restored = load("quality")["restored"]
    for size in (256, 512):
        for figure in ("psnr", "ssim"):
            ours, bicubic = (
                sum(restored[f"{name}/{size}"][figure]) for name in ("logistic_henon_sr", "bicubic")
            )
            assert ours > bicubic


@pytest.mark.parametrize(
    ("figure", "value", "side", "inside"),
    [("uaci", 33.46, 256, True), ("uaci", 36.48, 256, False), ("entropy", 7.9993, 512, True)],
)
def test_published_figures_are_held_against_their_size(figure, value, side, inside):
    low, high = result_cells.possible(figure, side)
    assert (low <= value <= high) is inside
    said = result_cells.about_published(figure, value, f"at {side}", None)
    assert (said == "") is inside


def test_keys_together_are_quick_or_the_page_says_why_not():
    measured = load("speed")["measured"]
    quick = [name for name, row in measured.items() if row["ratio"] >= row["goal"]]
    assert len(quick) >= 4
    assert all(row["reason"] for name, row in measured.items() if name not in quick)


def test_cells():
    cells = result_cells
    assert cells.text("correlation_vertical", -0.00001) == "0.0000"
    assert cells.text("correlation_vertical", -0.0123) == "−0.0123"
    assert cells.text("psnr_decrypted", "inf") == "∞" and cells.text("npcr", 0.0015259) == "0.0015"
    assert (
        cells.spread("uaci", {"median": 33.4, "least": 33.0, "most": 34}) == "33.40 [33.00 … 34.00]"
    )
    assert cells.window("chi_square", None, 310.457) == "≤ 310.5"
    assert cells.window("npcr", 99.5527, 100.0) == "≥ 99.553"
    entry = {"median": 0.23, "least": 0.1, "most": 0.4}
    assert "differ by 1.0 levels" in cells.why("uaci", entry, {"npcr": 59.7}, 65536)
    assert "changes 1 of 65,536" in cells.why("npcr", entry, {"npcr": 100 / 65536}, 65536)
    assert cells.table(["a", "b"], [["1", "2"]]) == "| a | b |\n|---|---|\n| 1 | 2 |"
