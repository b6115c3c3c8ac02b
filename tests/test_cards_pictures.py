"""Cards of hiders and protectors: every question is answered, or its silence is explained."""

import json

import pytest
import torch

from gansec_lib import images, systems
from gansec_lib.errors import IntegrityError
from gansec_lib.images.imageset import ImageSet
from gansec_lib.report.page import external_requests, show
from gansec_lib.report.study import Study
from gansec_lib.roles.conform import conform
from gansec_lib.scorecards import card_of
from gansec_lib.systems.privacy.blur import Blur
from gansec_lib.systems.steganography.lsb import Lsb

KEY = bytes(range(32))
NEW = [name for name in systems.TABLE if systems.TABLE[name].role in ("Hider", "Protector")]


@pytest.fixture(scope="module")
def faces():
    return images.load("faces", size=64, count=128)


@pytest.fixture(scope="module")
def cards(faces):
    """Each system's card on the same drawn faces."""
    return {name: card_of(systems.get(name), faces) for name in NEW}


@pytest.mark.parametrize("name", NEW)
def test_every_new_system_conforms_and_is_drawn(name, cards):
    conform(systems.get(name)).raise_if_failed()
    card = cards[name]
    assert card.role == systems.TABLE[name].role and card.limits and card.facts[0].verdict
    assert all(question.says for question in card.questions.values())
    assert external_requests(f"<p>{show(card)}</p>") == []
    record = json.loads(json.dumps(card.to_dict(), allow_nan=False))
    assert set(record["metrics"]) == set(card.questions)
    for panel in card.panels:
        for table in panel.tables:
            assert table.rows and all(len(row) == len(table.head) for row in table.rows)


def test_a_card_is_the_same_twice(faces, cards):
    again = card_of(systems.get("lsb"), faces)
    for name, metric in cards["lsb"].metrics.items():
        if not name.endswith("speed"):
            assert again.metrics[name] == metric


def test_replacement_and_matching_differ_in_nothing_but_being_found(cards):
    one, other = cards["lsb"], cards["lsb_matching"]
    for card in (one, other):
        assert card.metrics["psnr"].verdict == "pass"
        assert card.metrics["psnr"].value == pytest.approx(51.14, abs=0.02)
        for name in ("messages_back", "forms_back", "wrong_key", "empty_refused"):
            assert card.metrics[name].value == 100 and card.metrics[name].verdict == "pass"
        assert card.metrics["wrong_handed_out"].value == 0
        assert "saved as PNG" in card.metrics["survives"].convention
        assert card.metrics["survives"].value == 1  # nothing else does
    assert one.metrics["p_e_rs"].verdict == "fail" and one.metrics["p_e_rs"].value < 0.02
    assert other.metrics["p_e_rs"].verdict == "pass"
    assert one.facts[0].verdict == "fail" and other.facts[0].text == "not found here"
    assert one.succeeded() and not other.succeeded()


def test_sixteen_covers_are_too_few_and_the_card_says_so():
    few = card_of(systems.get("lsb"), images.load("photos", size=64, count=8))
    silent = [why for why in few.left_out if why.startswith("chi square")]
    assert "prove nothing" in silent[0]
    assert few.metrics["p_e_chi_square"].value is None
    assert f"chi square: {few.metrics['p_e_chi_square'].convention}" == silent[0]


class Careless(Lsb):
    """Reveals what is there under any key: its message is in clear, without a checksum."""

    key_name = "careless"

    def hide(self, covers, secrets, key):
        rows = secrets if isinstance(secrets, torch.Tensor) else torch.zeros(len(covers), 0)
        self.length = rows[0].numel()
        flat = covers.flatten(1).clone()
        for row, secret in zip(flat, rows.to(torch.uint8).flatten(1), strict=True):
            bits = (secret[:, None] >> torch.arange(7, -1, -1) & 1).flatten()
            row[: len(bits)] = row[: len(bits)] & 254 | bits
        return flat.view_as(covers)

    def reveal(self, stegos, key):
        bits = stegos.flatten(1)[:, : 8 * self.length] & 1
        weights = 2 ** torch.arange(7, -1, -1)
        return (bits.view(len(stegos), -1, 8).long() * weights).sum(2).to(torch.uint8)


def test_a_hider_without_key_and_checksum_is_seen_through(faces):
    card = card_of(Careless(), faces[:32])
    assert card.metrics["messages_back"].verdict == "pass"
    assert card.metrics["wrong_key"].value == 0 and card.metrics["wrong_key"].verdict == "fail"
    assert card.metrics["empty_refused"].verdict == "fail"
    assert card.metrics["wrong_handed_out"].verdict == "fail"
    assert card.metrics["forms_back"].verdict == "fail"


class Loud(Lsb):
    """Also touches samples that carry nothing."""

    key_name = "loud"

    def hide(self, covers, secrets, key):
        stegos = super().hide(covers, secrets, key)
        stegos[:, :, ::2, ::2] ^= 2
        return stegos


def test_a_hider_that_changes_more_than_theory_says_fails(faces):
    card = card_of(Loud(), faces[:16], attacks=False)
    assert card.metrics["psnr"].verdict == "fail"
    assert card.metrics["p_e_rs"].value is None and not card.attempts


class Forgetful(Lsb):
    """Every fourth stego cannot be opened."""

    key_name = "forgetful"

    def reveal(self, stegos, key):
        if int(stegos.long().sum()) % 4 == 0:
            raise IntegrityError("lost")
        return super().reveal(stegos, key)


def test_a_lost_message_costs_the_verdict_and_not_the_card(faces):
    card = card_of(Forgetful(), faces[:32], attacks=False)
    assert 50 < card.metrics["messages_back"].value < 95
    assert card.metrics["messages_back"].verdict == "fail"


# ---------------------------------------------------------------- protectors


class Field(Blur):
    """Everybody becomes the same grey field."""

    key_name = "field"

    def protect(self, images):
        return torch.full_like(images, 127)


def test_blurred_people_are_named_and_grey_fields_are_not(faces, cards):
    blurred, grey = cards["blur"], card_of(Field(), faces)
    names = [name for name in blurred.metrics if name.startswith("rank_one")]
    assert len(names) == 6
    assert all(blurred.metrics[name].verdict == "fail" for name in names)
    assert all(grey.metrics[name].verdict == "pass" for name in names)
    assert blurred.metrics[names[0]].ideal == 1 / 32
    adapted, naive = (blurred.metrics[f"rank_one_fisherfaces_{s}"] for s in ("adapted", "naive"))
    assert adapted.value > naive.value > naive.high
    assert grey.metrics["attributes_adapted"].value == 0.5
    assert grey.metrics["landmarks_adapted"].value == pytest.approx(
        grey.metrics["landmarks_guess"].value
    )
    assert [fact.verdict for fact in grey.facts] == ["pass", "pass"]
    assert [fact.verdict for fact in blurred.facts] == ["fail", "fail"]
    assert not grey.succeeded() and len(blurred.succeeded()) == 6


def test_without_identities_a_card_says_which_question_it_left_out(faces):
    bare = ImageSet(faces.images[:20])
    card = card_of(systems.get("blur"), bare)
    assert not card.attempts and card.facts[0].text == "nobody could be asked who it is"
    for name, metric in card.metrics.items():
        if name.startswith(("rank_one", "attributes", "landmarks", "psnr_")):
            assert metric.value is None and len(metric.convention) > 20
    assert [why.split(":")[0] for why in card.left_out] == [
        "naming people", "reading attributes", "finding landmarks"
    ]  # fmt: skip
    assert "expected identities" in card.left_out[0]
    assert card.metrics["psnr"].value is not None


def test_a_report_of_such_systems_takes_a_crowd():
    assert Study(["lsb", "blur"], "faces", "smoke").count == 128
    assert Study(["lsb", "blur"], "faces", "smoke", count=40).count == 40
    assert Study(["aes_gcm"], "faces", "smoke").count == 4


def test_the_whole_page_of_such_systems_is_laid_out(monkeypatch):
    """Every section of the report, figures too, with all four systems of both roles."""
    study = Study(NEW, "faces", "smoke")
    study.measure()
    assert not study.failures and len(study.cards) == len(NEW)
    figures = []
    monkeypatch.setattr("gansec_lib.report.study.show", figures.append)
    for section in (study.show_systems, study.show_together, study.show_attempts):
        section()
    assert len(figures) >= len(NEW)
    assert "of 0" not in study.opening() and study.record()["systems"].keys() == set(study.systems)


def test_beside_such_systems_a_cipher_is_measured_on_the_first_few():
    study = Study(["lsb", "aes_gcm"], "faces", "smoke", count=40)
    assert (study.count, study.first) == (40, {"Hider": 40, "Cipher": 4})
    study.measure()
    assert not study.failures
    alone = card_of(systems.get("aes_gcm"), study.pictures[:4], profile="smoke")
    cipher = next(card for card in study.cards if card.label == "aes_gcm")
    assert cipher.metrics["entropy"] == alone.metrics["entropy"]
    assert "(ciphers: the first 4)" in study.heading()


def test_orl_is_recognised_by_its_folders(shared_data):
    study = Study(["blur"], str(shared_data / "orl_faces"), "smoke", count=195)
    (card,) = study.measure()
    assert not study.failures
    assert card.metrics["rank_one_fisherfaces_adapted"].value > 0.6
    assert any("landmarks" in why for why in card.left_out)
