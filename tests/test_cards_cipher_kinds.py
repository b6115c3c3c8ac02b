"""Ciphers of every kind get a whole page: lossy ones, part of the bytes, networks, other sizes."""

import json
from dataclasses import replace

import pytest
import torch
from report_cases import DoesNothing, Grows, Halves, LowerHalf, card, pictures

from gansec_lib import systems
from gansec_lib.attacks import Attempt
from gansec_lib.errors import ParameterError
from gansec_lib.images import ImageSet
from gansec_lib.report import figures, page, study
from gansec_lib.scorecards.cipher import exhibits, measures, shapes
from gansec_lib.scorecards.cipher.bench import CipherBench
from gansec_lib.scorecards.cipher.questions import PANELS

SMALL = (2, 64_000)  # sequences and bits for SP 800-22
QUESTIONS = {question.name for _, asked in PANELS.values() for question in asked}


@pytest.fixture(scope="module")
def halves():
    return card(Halves(), pictures(), randomness=SMALL)


@pytest.fixture(scope="module")
def lower():
    return card(LowerHalf(), pictures(), randomness=SMALL)


def shown(made):
    """Everything a report shows of one card, as one text."""
    pieces = ("system", "tiles", "side_by_side", "attempts", "claims")
    parts = [page.piece(name, made if name == "system" else [made]) for name in pieces]
    return "".join([*parts, *(page.together([made], panel) for panel in made.panels)])


def table(made, panel):
    """The numbers behind a panel's table."""
    return made.panel(panel).tables[0].data


def test_a_lossy_cipher_is_measured_and_not_blamed_for_it(halves):
    figures_ = halves.metrics
    assert set(figures_) == QUESTIONS
    for name in ("psnr_decrypted", "ssim_decrypted", "key_flip_decrypt"):
        assert figures_[name].verdict == "info" and "lossy by design" in figures_[name].convention
    assert 10 < figures_["psnr_decrypted"].value < 60
    assert "Lossy by design" in halves.overall()
    assert "lossy by design" in page.piece("tiles", [halves])
    assert figures_["entropy"].verdict == figures_["npcr"].verdict == "pass"
    assert figures_["expansion"].value < 0.6
    broken = type("Broken", (Halves,), {"lossless": True})()
    judged = card(broken, pictures(), attacks=False, randomness=SMALL).metrics
    assert judged["psnr_decrypted"].verdict == "fail", "who promises every bit is held to it"


def test_what_has_no_picture_beside_it_gets_a_reason(halves):
    for name in ("psnr_cipher", "ssim_cipher", "normalised_correlation"):
        metric = halves.metrics[name]
        assert metric.value is None and metric.verdict == "info"
        assert "4,608 cipher bytes for 9,216 of the picture" in metric.convention
    areas = [row for row in table(halves, "robustness") if row["damage"] in shapes.AREAS]
    noise = [row for row in table(halves, "robustness") if row["damage"] not in shapes.AREAS]
    assert {row["outcome"] for row in areas} == {shapes.NO_AREA}
    assert {row["outcome"] for row in noise} == {"decrypted"}
    assert "of 9 damaged" in halves.metrics["damage_refused"].convention
    assert "two_time_pad" not in {attempt.name for attempt in halves.attempts}
    assert halves.left_out and halves.succeeded("as used") == []
    assert "no attack was tried" in page.piece("tiles", [replace(halves, attempts=[])])
    text = shown(halves)
    assert "bytes in a line" in text
    assert "Not tried: " in text
    # half the bytes a picture, so twice the pictures for a sequence of the full length
    assert table(halves, "randomness")["bits"] == 64_000
    json.dumps(halves.to_dict(), allow_nan=False)


def test_a_strip_is_shown_as_a_field():
    plain = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    strip = torch.arange(2 * 50).reshape(2, 1, 1, 50).to(torch.uint8)
    field = shapes.to_look_at(plain, strip)
    assert field.shape == (2, 1, 7, 7) and field[1, 0, 0].tolist() == list(range(50, 57))
    assert shapes.to_look_at(plain, plain) is plain
    assert not shapes.is_strip(strip, strip), "a picture that is one line stays one"


def test_bytes_in_the_clear_are_said_and_are_no_success_of_an_attack(lower):
    assert measures.in_clear(CipherBench(LowerHalf(), ImageSet(pictures()))) == pytest.approx(
        0.5, abs=0.01
    )
    assert "50 % of the bytes travel in the clear" in lower.overall()
    assert "50 % in the clear" in page.piece("tiles", [lower])
    assert lower.metrics["entropy"].verdict == "fail"
    read = {a.name: a.score for a in lower.attempts if a.setting == "as used"}
    assert max(read.values()) > 0.4, "what is in the clear is right in some guesses"
    assert [a for a in lower.succeeded("as used") if not a.tells] == []
    assert "two_time_pad" in {attack.name for attack in lower.succeeded("nonce held")}
    nothing = card(DoesNothing(), attacks=False, randomness=SMALL)
    assert "100 % in the clear" in page.piece("tiles", [nothing])


def test_a_size_that_does_not_fit_is_refused_with_words():
    with pytest.raises(ParameterError, match="grows makes 27,649 bytes"):
        card(Grows(), attacks=False)


def test_a_quick_look_says_what_it_left_out():
    quick = card("logistic", pictures(), thorough=False, randomness=SMALL)
    names = {attack.name for attack in quick.attempts}
    assert "twister_shuffle" not in names and "two_time_pad" in names
    assert "32 of 256 key bits" in quick.metrics["key_space_effective"].convention
    why = next(why for why in quick.left_out if "twister shuffle" in why)
    assert "it takes minutes" in why and f"Not tried: {why}" in shown(quick)
    assert quick.to_dict()["left_out"] == list(quick.left_out)
    assert quick.metrics["key_space_effective"].value == 256


def test_key_bits_of_a_quick_look_are_spread():
    asked = []

    class Counts(DoesNothing):
        def encrypt(self, images, key, nonce=None):
            asked.append(key)
            return super().encrypt(images, key, nonce)

    found = measures.key_space(Counts(), 1, [], thorough=False)["key_space_effective"]
    assert found.value == 256 - measures.SOME_BITS
    changed = [int.from_bytes(asked[0], "little") ^ int.from_bytes(k, "little") for k in asked[1:]]
    places = sorted(value.bit_length() - 1 for value in changed)
    assert len(set(places)) == 32 and {place // 8 for place in places} == set(range(32))
    assert {place % 8 for place in places} == set(range(8))


def test_a_wrapped_key_is_no_dead_key():
    """Where only the header depends on the key, its bits are not dead."""

    class Wraps(DoesNothing):
        def encrypt(self, images, key, nonce=None):
            made = super().encrypt(images, key, nonce)
            return replace(made, extra={"wrapped": key.hex()})

    found = measures.key_space(Wraps(), 1, [], thorough=False)
    assert found["key_space_effective"].value == 256


def test_the_figure_prefers_attacks_that_were_told_nothing():
    blank = torch.zeros(1, 1, 2, 2, dtype=torch.uint8)
    told = Attempt("a", "as used", 0.005, 0.004, 1, 0.1, "", blank, {"known_bytes": 9})
    blind = Attempt("b", "as used", 0.004, 0.004, 1, 0.1, "", blank)
    read = Attempt("c", "as used", 1.0, 0.004, 1, 0.1, "", blank, {"known_bytes": 9})
    apart = Attempt("d", "as used", 1.0, 0.001, 0, 0.1, "", tells=True)
    order = sorted((read, told, apart, blind), key=exhibits.rank)
    assert [attack.name for attack in order] == ["d", "a", "b", "c"]


def test_claims_stand_beside_what_was_measured(lower):
    claim = {"value": 99.6, "conditions": "nobody knows", "source": "a table"}
    made = replace(lower, published={"npcr_nonce_held": claim, "uaci": claim, "other": claim})
    table = page.piece("claims", [made])
    assert table.count("99.6") == 2 and table.count("nobody knows (a table)") == 1
    assert "What is printed for these systems" in table
    assert page.piece("claims", [lower]) == ""


def test_networks_get_the_thorough_look_on_a_gpu_alone(monkeypatch):
    asked = {}

    def note(system, images, *, thorough, **rest):
        asked[system.key_name] = thorough
        return card("aes_gcm", images, attacks=False, randomness=SMALL)

    monkeypatch.setattr(study, "card_of", note)
    for profile, network in (("smoke", False), ("laptop", False), ("gpu", True)):
        study.Study(["lsgan_rng"], profile=profile, size=32, count=1).measure()
        assert asked == {"aes_gcm": True, "lsgan_rng": network}


@pytest.mark.parametrize("name", [n for n, e in systems.TABLE.items() if e.role == "Cipher"])
def test_every_system_gets_a_card(name):
    plain = pictures((1, 1, 40, 40 if name == "arnold_xor" else 32))  # a map of the square
    made = card(name, plain, attacks=False, thorough=False, randomness=(1, 12_800))
    assert set(made.metrics) == QUESTIONS
    assert set(made.published) <= QUESTIONS, "every printed figure can be compared"
    lossless = systems.get(name).lossless
    assert ("lossy by design" in {fact.text for fact in made.facts}) == (not lossless)
    back = made.metrics["psnr_decrypted"]
    assert back.verdict == ("pass" if lossless else "info")
    text = shown(made)
    assert page.external_requests(text) == []
    for claim in made.published.values():
        assert f"{claim['value']:g}" in text
    json.dumps(made.to_dict(), allow_nan=False)


def test_codes_are_attacked_where_bytes_are_no_picture():
    made = card("gan_compression", pictures((4, 1, 48, 64)), randomness=SMALL)
    assert "known_codes" in {attack.name for attack in made.attempts}
    assert "two_time_pad" not in {attack.name for attack in made.attempts}
    assert made.succeeded("nonce held") and not made.succeeded("as used")
    assert figures.pictures([("", made.shown[0])], "title").axes
