"""Figures, page, and the runner: what they show, what they refuse."""

import ast
import json
import math
import os
import shlex
import subprocess
from dataclasses import replace

import jupytext
import nbformat
import pytest
import torch
from markupsafe import escape
from PIL import Image
from report_cases import DoesNothing, measured, pictures

from gansec_lib.attacks import Attempt
from gansec_lib.errors import GansecError, ParameterError
from gansec_lib.files import printable
from gansec_lib.profiles import PROFILES
from gansec_lib.report import figures, page
from gansec_lib.report import run as runner
from gansec_lib.report import study as study_module
from gansec_lib.report.names import quoted
from gansec_lib.report.study import Study
from gansec_lib.scorecards import Exhibit, Fact, measuring
from gansec_lib.scorecards.cipher.questions import PANELS
from gansec_lib.scorecards.cipher.robustness import DAMAGES


@pytest.fixture(scope="module")
def cards():
    return measured()


def test_attacks_that_read_a_part_are_not_called_harmless(cards):
    blank = torch.zeros(1, 1, 2, 2, dtype=torch.uint8)
    part = Attempt("known_plaintext", "nonce held", 0.83, 0.1, 3, 0.1, "words", blank)
    card = replace(cards["aes_gcm"], attempts=[part])
    assert card.succeeded("nonce held") == [part] and card.succeeded("as used") == []
    assert "Attacks that succeeded: known plaintext (nonce held, 83 %)" in card.overall()
    said = "· 1 of 1 attacks succeeds, nonce held"  # it breaks the rules of use: no accusation
    assert said in page.piece("tiles", [card]) and "gs-fail" not in page.piece("tried", card)
    assert "in part" in page.piece("attempts", [card])
    used = replace(card, attempts=[replace(part, setting="as used")])
    assert "✗ 1 of 1 attacks succeeds, as used" in page.piece("tiles", [used])
    black = replace(card, attempts=[replace(part, chance=0.8)])  # a blind guess gets as much
    assert black.succeeded() == [] and "None of the 1 attacks tried" in black.overall()


def test_page_of_a_system_holds_every_metric_and_panel(cards):
    for label, card in cards.items():
        shown = page.piece("system", card)
        for title, questions in PANELS.values():
            assert all(escape(text) in shown for text in (title, *(q.title for q in questions)))
        assert "8 sequences of 1,000,000 bits" in shown and "a small run" in shown
        refuses = label in ("aes_gcm", "logistic:plaintext_related=true")
        assert ("Every damaged cipher image is refused" in shown) == refuses
        assert page.external_requests(shown) == []
    every = list(cards.values())
    table = page.together(every, every[0].panel("robustness"))
    assert table.count("refused") == 30 and "corner cut off" in table and "dB" in table
    compared = page.piece("side_by_side", every)
    count = sum(len(questions) for _, questions in PANELS.values())
    assert "Attacks that succeed, as used" in compared and f"All {count}" in compared


def test_card_as_html(cards):
    assert "close to 8" in page.show(cards["logistic"])
    shown = page.show(cards["aes_gcm"])._repr_html_()
    assert "refused" in shown and page.external_requests(shown) == []


def test_figures_hold_what_they_say(cards):
    plain = pictures((2, 1, 40, 30))
    noise = torch.randint(256, plain.shape, generator=torch.Generator().manual_seed(0))
    noise = noise.to(torch.uint8)
    heads = ("plain", "cipher", "decrypted", "one key bit wrong")
    rows = [("", (plain[i], noise[i], plain[i], "refused:\nnothing")) for i in range(2)]
    walk = figures.pictures([("", Exhibit("title", heads, rows))], "title")
    assert len(walk.axes) == 8 and "refused" in walk.axes[3].texts[0].get_text()
    assert [ax.get_title() for ax in walk.axes[:4]] == list(heads)

    def histograms(first, second):
        rows = [("plain", (first,)), ("cipher", (second,))]
        return figures.histograms(Exhibit("", ("",), rows, "histograms"), "title")

    stats = histograms(plain[0], noise[0])
    assert "r = 1.0" in stats.axes[1].texts[0].get_text()
    pixel = torch.zeros(1, 1, 1, dtype=torch.uint8)
    assert "undefined" in histograms(pixel, pixel).axes[1].texts[0].get_text()
    cells = ((plain[0], Fact("NPCR 12 %", "fail")), noise[0])
    two = Exhibit("title", ("fresh", "held"), [("", cells)])
    turned = figures.pictures([("a", two), ("b", two), ("c", two)], "title")
    assert [ax.get_title() for ax in turned.axes[:3]] == ["a", "b", "c"], "a column a system"
    assert turned.axes[0].get_ylabel() == "fresh" and turned.axes[3].get_ylabel() == "held"
    label = turned.axes[0].xaxis.label
    assert label.get_text() == "NPCR 12 %" and label.get_color() == figures.TINTS["fail"]
    window = figures.published_window(list(cards.values()), 65536, "title")
    assert any("[69]" in text.get_text() for text in window.axes[0].texts)
    shown = [(label, card.shown[0]) for label, card in cards.items()]
    attacked = figures.pictures(shown, "title")
    said = {ax.get_title(): ax.get_xlabel() for ax in attacked.axes if ax.get_title()}
    assert "opened, 100.0 %" in said["best attack, nonce held"]
    other = Exhibit("title", ("fresh", "more"), [("", (plain[0], "refused"))])
    mixed = figures.pictures([("a", two), ("b", other)], "title")
    assert len(mixed.axes) == 6 and mixed.axes[2].texts[0].get_text() == "does not apply"
    for figure in (walk, stats, turned, window, attacked, mixed):
        figure.canvas.draw()


def test_external_requests_are_found():
    for bad in (
        '<script src="a.js"></script>',
        '<link rel="stylesheet" href="x.css">',
        "<img src='https://a.b/c.png'>",
        "<img src=picture.png>",
        "<div style=\"background: url('//a.b/c')\">",
        '<style>@import "x.css"</style>',
        "<iframe></iframe>",
    ):
        assert page.external_requests(bad), bad
    for good in (
        '<img alt="a" src="data:image/png;base64,AAAA">',
        '<a href="#part">x</a>',
        "<div style='background: url(#gradient)'>",
        "<p>src is a word, url (too)</p>",
        "<code>&lt;img src=q onerror=alert(1)&gt;.png</code>",
    ):
        assert page.external_requests(good) == [], good


def notebook(*cells, parameters="SYSTEMS: list[str] = []\nSEED = 0\nCOLOUR = True\nIMAGES = 'x'"):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    first = nbformat.v4.new_code_cell(parameters)
    first.metadata["tags"] = ["parameters"]
    made.cells = [first, *(nbformat.v4.new_code_cell(cell) for cell in cells)]
    return made


def test_parameters_are_checked_by_name_and_type():
    declared = runner.declared_parameters(notebook())
    values = {name: value for name, (value, _) in declared.items()}
    assert values == {"SYSTEMS": [], "SEED": 0, "COLOUR": True, "IMAGES": "x"}
    runner.check_parameters({"SYSTEMS": ["a"], "SEED": 4, "COLOUR": False}, declared)
    for wrong, said in (
        ({"SEDD": 1}, "did you mean 'SEED'"),
        ({"SEED": "1"}, "expected int"),
        ({"SEED": True}, "expected int"),
        ({"COLOUR": 1}, "expected bool"),
        ({"SYSTEMS": "aes_gcm"}, "expected list"),
        ({"SYSTEMS": [1]}, r"expected list\[str\]"),
    ):
        with pytest.raises(ParameterError, match=said):
            runner.check_parameters(wrong, declared)
    with pytest.raises(ParameterError, match="one cell tagged"):
        runner.declared_parameters(nbformat.v4.new_notebook())
    with pytest.raises(ParameterError, match="NAME = literal"):
        runner.declared_parameters(notebook(parameters="import os"))


def test_a_cell_that_raises_keeps_what_was_done_and_the_former_report(tmp_path):
    path = tmp_path / "n.ipynb"
    nbformat.write(notebook("print('before')", "raise ValueError('too bad')", "print(3)"), path)
    out = tmp_path / "out"
    out.mkdir()
    for name in runner.OUTPUTS:
        (out / name).write_text("old")
    with pytest.raises(runner.RunFailed, match=r"ValueError: too bad.*report\.ipynb"):
        runner.run({"SEED": 5}, out, notebook=path)
    kept = nbformat.read(out / "unfinished" / "report.ipynb", as_version=4)
    assert any("SEED = 5" in cell.source for cell in kept.cells)
    assert any("before" in str(cell.get("outputs")) for cell in kept.cells)
    shown = (out / "unfinished" / "report.html").read_text()
    assert "This run did not finish" in shown and "too bad" in shown
    assert not (out / "unfinished" / "results.json").exists()
    assert [(out / name).read_text() for name in runner.OUTPUTS] == ["old"] * 3

    nbformat.write(notebook("print('again')"), path)
    runner.run({"SEED": 6}, out, notebook=path)
    assert "again" in (out / "report.html").read_text()
    assert "SEED = 6" in (out / "report.ipynb").read_text()
    assert not (out / "unfinished").exists()


def test_a_page_that_would_ask_for_something_is_refused():
    made = notebook()
    data = {"text/html": '<img src="https://a.b/c.png">'}
    made.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data)]
    with pytest.raises(GansecError, match="would ask for"):
        page.page(made, "t")
    made.cells[0].outputs = [nbformat.v4.new_output("display_data", data={"text/html": "<b>x</b>"})]
    assert "<b>x</b>" in page.page(made, "t")


def test_study_refuses_before_it_measures(tmp_path):
    with pytest.raises(ParameterError, match="profile"):
        Study(profile="big")
    with pytest.raises(ParameterError, match="no system"):
        Study(["nothing_like_it"], profile="smoke")
    study = Study(["logistic"], profile="smoke", size=32, count=2)
    assert list(study.systems) == ["aes_gcm", "logistic"]
    assert study.images.shape == (2, 3, 32, 32)
    assert "--seed 0" in study.command()


def test_checking_reads_one_picture_and_not_the_folder(tmp_path, monkeypatch):
    from gansec_lib.images.files import folder

    for number in range(6):
        Image.new("L", (32, 32), number).save(tmp_path / f"{number}.png")
    read = []
    decode = folder.read_picture
    monkeypatch.setattr(folder, "read_picture", lambda p, *r: read.append(p) or decode(p, *r))
    study = Study(["aes_gcm"], str(tmp_path), "smoke")
    assert len(read) == 1
    assert len(study.images) == 4 and len(read) >= 5


def test_real_pictures_and_skipped_files(shared_data, tmp_path):
    import shutil

    for name in sorted((shared_data / "chest_xray").iterdir())[:3]:
        shutil.copy(name, tmp_path / name.name)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    study = Study(["aes_gcm"], str(tmp_path), "smoke", colour=False)
    assert study.images.shape == (3, 1, 64, 64)
    assert "broken.png" in study.skipped() and "1 file could not be read" in study.skipped()
    card = study.measure()[0]
    assert all(m.verdict != "fail" for n, m in card.metrics.items() if "held" not in n)
    assert math.isinf(card.metrics["psnr_decrypted"].value)
    path = study.write(tmp_path / "out")
    assert json.loads(path.read_text())["images"]["skipped"][0][0].endswith("broken.png")


def run_cells(project, monkeypatch, **parameters):
    """The notebook runs in a kernel of its own; here its cells run where faults can be seen.

    Returns the last namespace and everything that the cells showed, as one text.
    """
    code = jupytext.read(project / "notebooks" / "_src" / "report.py").cells
    code = [cell.source for cell in code if cell.cell_type == "code"]
    namespace: dict = {}
    shown: list[str] = []
    exec(compile(code[0], "parameters", "exec"), namespace)
    namespace |= parameters
    monkeypatch.setattr(study_module, "display", lambda piece: shown.append(str(piece)))
    for number, source in enumerate(code[1:], 1):
        *lines, last = ast.parse(source).body
        exec(compile(ast.Module(lines, []), f"cell {number}", "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), namespace)
            shown.append(str(value or ""))
        else:
            exec(compile(ast.Module([last], []), f"cell {number}", "exec"), namespace)
    return namespace, "".join(shown)


def test_every_cell_of_the_report_runs_in_this_process_too(project, tmp_path, monkeypatch):
    small = {"PROFILE": "smoke", "SIZE": 32, "COUNT": 2, "OUT": str(tmp_path)}
    _, shown = run_cells(project, monkeypatch, SYSTEMS=["logistic"], **small)
    assert (tmp_path / "results.json").is_file()
    for words in (
        "Security report",
        "tampering goes unnoticed",
        "✗",
        "Not authenticated",
        "gansec report aes_gcm logistic",
    ):
        assert words in shown, words
    assert page.external_requests(shown) == []


class Raises(DoesNothing):
    """Fails at its second picture."""

    key_name = "raises"

    def encrypt(self, images, key, nonce=None):
        raise ValueError("no <picture> for you")


@pytest.fixture
def small_suite(monkeypatch):
    """As little of SP 800-22 as there can be: these tests look at pages."""
    monkeypatch.setattr(measuring, "SEQUENCES", dict.fromkeys(PROFILES, (1, 12_800)))


def test_a_system_that_raises_costs_its_own_card_only(project, tmp_path, monkeypatch, small_suite):
    build = study_module.catalogue.build
    monkeypatch.setattr(
        study_module.catalogue, "build", lambda name: Raises() if name == "raises" else build(name)
    )
    small = {"PROFILE": "smoke", "SIZE": 32, "COUNT": 2, "OUT": str(tmp_path)}
    _, shown = run_cells(project, monkeypatch, SYSTEMS=["raises", "logistic"], **small)
    read = json.loads((tmp_path / "results.json").read_text())["systems"]
    assert list(read) == ["aes_gcm", "raises", "logistic"]
    assert read["raises"]["failed"]["error"] == "ValueError"
    assert read["raises"]["failed"]["message"] == "no <picture> for you"
    assert read["raises"]["failed"]["where"].startswith("test_report.py, line")
    assert "overall" in read["logistic"] and "overall" in read["aes_gcm"]
    assert "raises could not be measured" in shown and "no &lt;picture&gt; for you" in shown


def test_a_report_of_failures_alone_is_still_a_report(project, tmp_path, monkeypatch):
    monkeypatch.setattr(study_module.catalogue, "build", lambda name: Raises())
    small = {"PROFILE": "smoke", "SIZE": 32, "COUNT": 2, "OUT": str(tmp_path)}
    _, shown = run_cells(project, monkeypatch, SYSTEMS=["raises"], **small)
    assert shown.count("could not be measured") == 2


ODD = ("cost$5_{$6.png", "<img src=q onerror=alert(1)>.png", 'it\'s "quoted".png', "new\nline.png")


def test_odd_file_names_go_through_a_whole_report(project, tmp_path, monkeypatch, small_suite):
    folder = tmp_path / "my $pictures_{ <b>"
    folder.mkdir()
    for number, name in enumerate((*ODD, os.fsdecode(b"caf\xe9.png"))):
        Image.effect_noise((40, 40), 60 + number).save(folder / name)
    (folder / "<img src=q>$.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    (folder / os.fsdecode(b"\xff$.png")).write_bytes(b"\x89PNG\r\n\x1a\nno")
    given = {"SYSTEMS": ["aes_gcm"], "IMAGES": str(folder), "OUT": str(tmp_path / "out")}
    namespace, shown = run_cells(project, monkeypatch, PROFILE="smoke", SIZE=32, COUNT=9, **given)
    assert page.external_requests(shown) == [] and "<img" not in shown
    assert "&lt;img src=q&gt;$.png" in shown and r"\xff$.png" in shown
    read = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert r"caf\xe9.png" in read["images"]["names"] and r"new\nline.png" in read["images"]["names"]
    assert ODD[0] in read["images"]["names"]
    words = shlex.split(namespace["study"].command())
    assert words[words.index("--images") + 1] == str(folder)


def test_the_repeat_command_is_one_that_a_shell_understands():
    for name in (*ODD, "plain", "two words", os.fsdecode(b"caf\xe9 \\ 'x'")):
        said = f"printf %s {quoted(name)}"
        done = subprocess.run(["bash", "-c", said], capture_output=True, check=True)
        assert done.stdout == os.fsencode(name)
        assert "\n" not in printable(name) and printable(name).encode("utf-8")


def test_results_are_strict_json_of_the_promised_form(cards, tmp_path):
    study = Study(profile="smoke", seed=7, size=32, count=2)
    study.cards = list(cards.values())
    path = study.write(tmp_path / "new")

    def refuse(token):
        raise AssertionError(f"{token} is not JSON")

    read = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert set(read) == {"systems", "images", "profile", "seed", "versions"}
    assert read["seed"] == 7 and read["profile"] == "smoke" and "torch" in read["versions"]
    assert read["images"]["shape"] == [2, 3, 32, 32]
    entry = read["systems"]["aes_gcm"]
    assert {"metrics", "panels", "published", "attempts", "seconds"} <= set(entry)
    for metric in entry["metrics"].values():
        assert {"value", "ideal", "low", "high", "verdict", "convention"} <= set(metric)
    assert entry["metrics"]["psnr_decrypted"]["value"] == "inf"
    assert entry["metrics"]["key_flip_decrypt"]["value"] is None
    randomness = entry["panels"]["randomness"]["tables"]["SP 800-22, test by test"]
    assert randomness["sequences"] == 8 and randomness["bits"] == 1_000_000
    assert len(randomness["tests"]) == 15 and randomness["passed"] is True
    damage = entry["panels"]["robustness"]["tables"]["Damage"]
    assert {row["damage"] for row in damage} == set(DAMAGES)
    assert read["systems"]["logistic"]["published"]["npcr_nonce_held"]["value"] == 99.6
    assert not list(tmp_path.rglob("*.part"))
