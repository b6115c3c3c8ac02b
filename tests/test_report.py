"""Figures, page, and the runner: what they show, what they refuse."""

import json
import math
from dataclasses import replace

import nbformat
import pytest
import torch
from report_cases import measured, pictures

from gansec_lib.attacks import Attempt
from gansec_lib.errors import GansecError, ParameterError
from gansec_lib.report import figures, html, system_page
from gansec_lib.report import run as runner
from gansec_lib.report.study import Study
from gansec_lib.scorecards.cipher import words
from gansec_lib.survey import printed as published


@pytest.fixture(scope="module")
def cards():
    return measured()


def test_attacks_that_read_a_part_are_not_called_harmless(cards):
    blank = torch.zeros(1, 1, 2, 2, dtype=torch.uint8)
    part = Attempt("known_plaintext", "nonce held", 0.83, 0.1, 3, 0.1, "words", blank)
    card = replace(cards["aes_gcm"], attacks=[part])
    assert card.reading(part) == ("fail", "reads 83 %") and card.opened_by("nonce held") == [part]
    assert "Attacks that read a part: known plaintext (nonce held, 3 pictures, 83 %)" in (
        card.overall()
    )
    assert "read if a nonce comes twice" in html.summary([card])
    assert "reads a part" in html.attack_table([card])
    black = replace(card, attacks=[replace(part, chance=0.8)])  # a blind guess gets as much
    assert black.opened_by() == [] and "read anything" in black.overall()


def test_page_of_a_system_holds_every_figure_and_group(cards):
    for label, card in cards.items():
        page = system_page.system_page(card)
        for title in [title for title, _ in words.FIGURES.values()]:
            assert html.escape(title) in page, title
        assert all(html.escape(title) in page for title, _ in words.GROUPS.values())
        assert "8 sequences of 1,000,000 bits" in page and "a small run" in page
        assert ("Every damaged cipher image is refused" in page) == (label == "aes_gcm")
        assert html.external_requests(page) == []
    table = html.damage_table(list(cards.values()))
    assert table.count("refused") == 15 and "corner cut off" in table and "dB" in table
    compared = html.side_by_side(list(cards.values()))
    assert "Attacks that succeed, as used" in compared and f"All {len(words.FIGURES)}" in compared


def test_card_as_text_and_as_html(cards):
    from rich.console import Console

    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(cards["logistic"].table())
    text = console.export_text()
    assert "NPCR, nonce held" in text and "✗ fail" in text and "close to 8" in text
    shown = cards["aes_gcm"]._repr_html_()
    assert "refused" in shown and html.external_requests(shown) == []


def test_what_is_printed_in_the_survey_is_judged_by_size():
    rows = {row.reference: row for row in published.TABLE_8}
    assert len(rows) == len(published.TABLE_8) == 12
    assert "512²" in published.audit(rows["[65]"])[0]
    assert published.audit(rows["[70]"])[0] == ["256²"]
    sizes, problems = published.audit(rows["[73]"])
    assert sizes == [] and any("means 806 bytes" in problem for problem in problems)
    sizes, problems = published.audit(rows["[69]"])
    assert sizes == [] and any("UACI 13.84 is too low" in problem for problem in problems)


def test_figures_hold_what_they_say(cards):
    import matplotlib.pyplot as plt

    plain = pictures((2, 1, 40, 30))
    noise = torch.randint(256, plain.shape, generator=torch.Generator().manual_seed(0))
    noise = noise.to(torch.uint8)
    walk = figures.walk(plain, noise, plain, None, "title")
    assert len(walk.axes) == 8 and "refused" in walk.axes[3].texts[0].get_text()
    stats = figures.statistics(plain[:1], noise[:1], "title")
    assert "r = 1.0" in stats.axes[1].texts[0].get_text()
    pixel = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
    assert "undefined" in figures.statistics(pixel, pixel, "title").axes[1].texts[0].get_text()
    prints = figures.fingerprints({"a": (plain[0], noise[0])}, "title")
    assert "NPCR" in prints.axes[0].get_xlabel()
    window = figures.published_window(list(cards.values()), 65536, "title")
    assert any("[69]" in text.get_text() for text in window.axes[0].texts)
    attacked = figures.attacks(pictures()[:1], list(cards.values()), "title")
    assert "reads all" in attacked.axes[1].get_xlabel()
    strips = {"a": [noise[0], None], "b": [plain[0], noise[0]]}
    hurt = figures.damaged(plain[0], strips, ("crop", "noise"), "title")
    assert len(hurt.axes) == 6 and hurt.axes[2].texts[0].get_text() == "refused"
    for figure in (walk, stats, prints, window, attacked, hurt):
        figure.canvas.draw()
    plt.close("all")


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
        assert html.external_requests(bad), bad
    for good in (
        '<img alt="a" src="data:image/png;base64,AAAA">',
        '<a href="#part">x</a>',
        "<div style='background: url(#gradient)'>",
        "<p>src is a word, url (too)</p>",
    ):
        assert html.external_requests(good) == [], good


def notebook(*cells, parameters="SYSTEMS = []\nSEED = 0\nCOLOUR = True\nIMAGES = 'x'"):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    first = nbformat.v4.new_code_cell(parameters)
    first.metadata["tags"] = ["parameters"]
    made.cells = [first, *(nbformat.v4.new_code_cell(cell) for cell in cells)]
    return made


def test_parameters_are_checked_by_name_and_type():
    declared = runner.declared_parameters(notebook())
    assert declared == {"SYSTEMS": [], "SEED": 0, "COLOUR": True, "IMAGES": "x"}
    runner.check_parameters({"SYSTEMS": ["a"], "SEED": 4, "COLOUR": False}, declared)
    for wrong, said in (
        ({"SEDD": 1}, "did you mean SEED"),
        ({"SEED": "1"}, "expected int"),
        ({"SEED": True}, "expected int"),
        ({"COLOUR": 1}, "expected bool"),
        ({"SYSTEMS": "aes_gcm"}, "expected list"),
        ({"SYSTEMS": [1]}, "list of str"),
    ):
        with pytest.raises(ParameterError, match=said):
            runner.check_parameters(wrong, declared)
    with pytest.raises(ParameterError, match="one cell tagged"):
        runner.declared_parameters(nbformat.v4.new_notebook())
    with pytest.raises(ParameterError, match="NAME = literal"):
        runner.declared_parameters(notebook(parameters="import os"))


def test_a_cell_that_raises_keeps_what_was_done_and_says_where(tmp_path):
    path = tmp_path / "n.ipynb"
    nbformat.write(notebook("print('before')", "raise ValueError('too bad')", "print(3)"), path)
    out = tmp_path / "out"
    out.mkdir()
    for name in runner.OUTPUTS:
        (out / name).write_text("old")
    with pytest.raises(runner.RunFailed, match=r"ValueError: too bad.*report\.ipynb"):
        runner.run({"SEED": 5}, out, notebook=path)
    kept = nbformat.read(out / "report.ipynb", as_version=4)
    assert any("SEED = 5" in cell.source for cell in kept.cells)
    assert any("before" in str(cell.get("outputs")) for cell in kept.cells)
    page = (out / "report.html").read_text()
    assert "This run did not finish" in page and "too bad" in page
    assert not (out / "results.json").exists(), "an old result must not look like this run's"


def test_a_page_that_would_ask_for_something_is_refused():
    made = notebook()
    data = {"text/html": '<img src="https://a.b/c.png">'}
    made.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data)]
    with pytest.raises(GansecError, match="would ask for"):
        html.page(made, "t")
    made.cells[0].outputs = [nbformat.v4.new_output("display_data", data={"text/html": "<b>x</b>"})]
    assert "<b>x</b>" in html.page(made, "t")


def test_study_refuses_before_it_measures(tmp_path):
    with pytest.raises(ParameterError, match="profile"):
        Study(profile="big")
    with pytest.raises(ParameterError, match="no system"):
        Study(["nothing_like_it"], profile="smoke")
    study = Study(["logistic"], profile="smoke", size=32, count=2)
    assert list(study.systems) == ["aes_gcm", "logistic"]
    assert study.images.shape == (2, 3, 32, 32)
    assert "--seed 0" in study.command()


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


def test_every_cell_of_the_report_runs_in_this_process_too(project, tmp_path, capsys):
    """The notebook runs in a kernel of its own; here its cells run where faults can be seen."""
    import jupytext
    import matplotlib.pyplot as plt

    notebook = jupytext.read(project / "notebooks" / "_src" / "report.py")
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    namespace: dict = {}
    for number, source in enumerate(code):
        exec(compile(source, f"cell {number}", "exec"), namespace)
        if number == 0:
            namespace |= {"PROFILE": "smoke", "SIZE": 32, "COUNT": 2, "OUT": str(tmp_path)}
            namespace["SYSTEMS"] = ["logistic"]
    plt.close("all")
    study, page = namespace["study"], namespace["html"]
    assert (tmp_path / "results.json").is_file()
    assert "Security report" in study.heading()
    assert "tampering goes unnoticed" in page.summary(namespace["cards"])
    assert "✗" in page.side_by_side(namespace["cards"])
    assert "Not authenticated" in page.limits(namespace["cards"])
    assert "gansec report aes_gcm logistic" in study.small_print()
    for shown in (page.side_by_side(study.cards), study.small_print(), page.verdict_words()):
        assert page.external_requests(shown._repr_html_()) == []
