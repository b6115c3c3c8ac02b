"""Scorecard, figures, page, and the runner: what they show, what they refuse."""

import json
import math
from dataclasses import replace

import nbformat
import pytest
import torch

from gansec_lib import report, systems
from gansec_lib.errors import GansecError, ParameterError
from gansec_lib.report import figures, html, published, words
from gansec_lib.report import run as runner
from gansec_lib.report.study import Study
from gansec_lib.roles import Cipher, Ciphertext


def pictures(shape=(3, 3, 48, 40)):
    """Smooth and dark, so that a cipher that does nothing is caught."""
    ramp = torch.arange(shape[2])[:, None] + 2 * torch.arange(shape[3])
    every = [(ramp // (index + 2)).clamp(0, 255) for index in range(shape[0] * shape[1])]
    return torch.stack(every).reshape(shape).to(torch.uint8)


class DoesNothing(Cipher):
    """The worst cipher: hands back the picture."""

    key_name = "does_nothing"
    title = "Does nothing"
    limits = ("It protects nothing.",)

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        return Ciphertext(images.reshape(-1).clone(), tuple(images.shape), self.key_name, 1, nonce)

    def decrypt(self, ciphertext, key):
        self._accept(ciphertext, key)
        return ciphertext.as_images()


class LosesABit(DoesNothing):
    """Not lossless: the lowest bit of one byte goes missing."""

    def decrypt(self, ciphertext, key):
        images = super().decrypt(ciphertext, key).clone()
        images[0, 0, 0, 0] ^= 1
        return images


@pytest.fixture(scope="module")
def cards():
    return {
        label: replace(report.scorecard(systems.build(label), pictures()), label=label)
        for label in ("aes_gcm", "logistic", "logistic:plaintext_related=true")
    }


def test_ideal_ciphers_pass_what_is_measured_as_used(cards):
    for card in cards.values():
        failed = [n for n, m in card.metrics.items() if m.verdict == "fail" and "held" not in n]
        assert failed == []
        assert set(card.metrics) == set(words.FIGURES), "every figure has its words"
    assert cards["aes_gcm"].metrics["npcr_nonce_held"].verdict == "fail"
    assert cards["logistic"].metrics["uaci_nonce_held"].verdict == "fail"
    related = cards["logistic:plaintext_related=true"].metrics
    assert related["npcr_nonce_held"].verdict == related["uaci_nonce_held"].verdict == "pass"


def test_attacks_stand_in_the_card(cards):
    opened = {
        label: {(a.name, a.setting) for a in card.attacks if a.succeeded}
        for label, card in cards.items()
    }
    assert {("two_time_pad", "nonce held"), ("chosen_plaintext_xor", "nonce held")} <= opened[
        "aes_gcm"
    ]
    assert {name for name, _ in opened["logistic"]} >= {"chosen_plaintext_two_way"}
    assert not any(setting == "as used" for found in opened.values() for _, setting in found)
    related = cards["logistic:plaintext_related=true"]
    assert opened[related.label] == set() and related.attacks
    assert "Attacks that read every byte: two time pad" in cards["aes_gcm"].overall()
    assert f"None of the {len(related.attacks)} attacks" in related.overall()


def test_a_cipher_that_does_nothing_fails_everything_that_matters():
    card = report.scorecard(DoesNothing(), pictures(), attacks=False)
    for name in ("entropy", "chi_square", "correlation_horizontal", "psnr_cipher", "npcr", "uaci"):
        assert card.metrics[name].verdict == "fail", name
    for name in ("key_flip_npcr", "key_flip_decrypt"):
        assert card.metrics[name].verdict == "fail", name
    assert card.metrics["psnr_decrypted"].verdict == "pass"
    assert "outside: Entropy" in card.overall()


def test_one_lost_bit_is_found():
    card = report.scorecard(LosesABit(), pictures(), attacks=False)
    assert card.metrics["psnr_decrypted"].verdict == "fail"
    assert card.metrics["ssim_decrypted"].verdict == "fail"


def test_same_seed_same_figures():
    first, second, other = (
        report.scorecard("logistic", pictures((2, 1, 32, 24)), seed=seed, attacks=False)
        for seed in (3, 3, 4)
    )
    timed = ("encrypt_speed", "decrypt_speed", "aes_ratio")

    def numbers(card):
        return [m.value for name, m in card.metrics.items() if name not in timed]

    assert numbers(first) == numbers(second) != numbers(other)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 3, 5, 40), (2, 1, 9, 7)])
def test_small_pictures_get_a_card_too(shape):
    card = report.scorecard("logistic", pictures(shape))
    assert card.metrics["entropy"].verdict == "info"
    json.dumps(card.to_dict(), allow_nan=False)


def test_other_roles_and_wrong_pictures_are_refused():
    from gansec_lib.roles import Protector

    class Blur(Protector):
        key_name = "blur"

        def protect(self, images):
            return images

    with pytest.raises(ParameterError, match="measures the role Cipher, got Protector"):
        report.scorecard(Blur(), pictures())
    with pytest.raises(ParameterError, match="images"):
        report.scorecard("aes_gcm", pictures().float())
    with pytest.raises(ParameterError, match="did you mean 'aes_gcm'"):
        report.scorecard("aes_gmc", pictures())


def test_results_are_strict_json_of_the_promised_form(cards, tmp_path):
    described = {"source": "here", "shape": [3, 3, 48, 40], "names": [], "skipped": []}
    path = report.write_results(
        tmp_path / "new" / "results.json",
        list(cards.values()),
        images=described,
        profile="smoke",
        seed=7,
    )

    def refuse(token):
        raise AssertionError(f"{token} is not JSON")

    read = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert {"aes_gcm", "logistic", "images", "profile", "seed", "versions"} <= set(read)
    assert read["seed"] == 7 and read["profile"] == "smoke" and "torch" in read["versions"]
    entry = read["aes_gcm"]
    assert {"metrics", "published", "attacks", "seconds"} <= set(entry)
    for metric in entry["metrics"].values():
        assert {"value", "ideal", "low", "high", "verdict", "convention"} <= set(metric)
    assert entry["metrics"]["psnr_decrypted"]["value"] == "inf"
    assert entry["metrics"]["key_flip_decrypt"]["value"] is None
    assert read["logistic"]["published"]["npcr_nonce_held"]["value"] == 99.6
    assert not list(tmp_path.rglob("*.part"))


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
    for figure in (walk, stats, prints, window, attacked):
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
