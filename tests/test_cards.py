"""The shape of a card: no metric without its question, no question without its metric."""

import pytest
import torch

from gansec_lib import systems
from gansec_lib.attacks import Attempt
from gansec_lib.errors import ParameterError
from gansec_lib.images import ImageSet
from gansec_lib.metrics.metric import info, with_verdict
from gansec_lib.profiles import PROFILES
from gansec_lib.scorecards import ROLES, Bench, Card, Fact, Panel, Question, Words, card_of
from gansec_lib.scorecards.cipher import measures

WORDS = Words("hider", "hiders", "opening", "each", "attempts", "closing")
GOOD = with_verdict("good", 1.0, 1.0, 0.0, 2.0, "demo")
BAD = with_verdict("bad", 9.0, 1.0, 0.0, 2.0, "demo")


def panel(*metrics, name="panel", **questions):
    asked = [Question(m.name, m.name.title(), "says", **questions) for m in metrics]
    return Panel(name, "A panel", asked, {metric.name: metric for metric in metrics})


def card(*panels, **more):
    given = {"facts": [Fact("a fact")], "panels": list(panels)} | more
    return Card(system="demo", role="Hider", title="Demo", paper="a paper", words=WORDS, **given)


def test_a_metric_without_its_question_raises_and_so_does_the_reverse():
    question = Question("good", "Good", "says")
    with pytest.raises(ParameterError, match="no Question for 'bad'"):
        Panel("panel", "A panel", [question], {"good": GOOD, "bad": BAD})
    with pytest.raises(ParameterError, match="asks for 'good' and got no such metric"):
        Panel("panel", "A panel", [question], {})
    with pytest.raises(ParameterError, match="twice"):
        Panel("panel", "A panel", [question, question], {"good": GOOD})
    with pytest.raises(ParameterError, match="'good' stands in two panels"):
        card(panel(GOOD, name="one"), panel(GOOD, name="two"))


def test_a_card_counts_and_speaks_of_any_role():
    whole = card(panel(GOOD, BAD, info("read", 3.0, "demo")))
    assert [metric.verdict for metric in whole.metrics.values()] == ["pass", "fail", "info"]
    assert whole.overall() == (
        "1 of 2 judged metrics lie where an ideal hider's would; outside: Bad."
    )
    assert list(whole.metrics) == list(whole.questions) == ["good", "bad", "read"]
    assert whole.label == "demo" and whole.panel("panel").title == "A panel"


def test_what_breaks_the_rules_of_use_is_judged_and_not_counted():
    whole = card(panel(GOOD, name="one"), panel(BAD, name="two", counted=False))
    assert "1 of 1" in whole.overall() and whole.metrics["bad"].verdict == "fail"


def test_attempts_are_counted_by_setting():
    tried = [
        Attempt("look", "as used", 0.5, 0.5, 1, 0.1, "looks"),
        Attempt("two_time", "held", 0.83, 0.004, 2, 0.1, "adds"),
    ]
    whole = card(panel(GOOD), attempts=tried)
    assert whole.succeeded() == [tried[1]] and whole.succeeded("as used") == []
    assert whole.settings() == ["as used", "held"]
    assert "Attacks that succeeded: two time (held, 83 %)." in whole.overall()
    whole.attempts = tried[:1]
    assert "None of the 1 attacks tried succeeded." in whole.overall()
    assert whole.to_dict()["attempts"] == [tried[0].to_dict()]


def test_card_of_refuses_what_no_role_measures():
    with pytest.raises(ParameterError, match=r"expected a System, got str; systems\.build"):
        card_of("aes_gcm", torch.zeros(1, 1, 8, 8, dtype=torch.uint8))


def test_a_yardstick_of_another_role_is_refused():
    given = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    with pytest.raises(ParameterError, match="yardstick: expected a KeyGenerator"):
        card_of(systems.get("aes_ctr"), given, yardstick=systems.get("aes_gcm"))


def test_an_unknown_choice_is_refused_and_the_nearest_is_named():
    given = torch.zeros(1, 1, 16, 16, dtype=torch.uint8)
    for name in ("aes_ctr", "aes_gcm", "lsb", "blur"):
        with pytest.raises(ParameterError, match="profil: no such choice; did you mean 'profile'"):
            card_of(systems.get(name), given, profil="gpu")
    with pytest.raises(ParameterError, match="profile: expected one of smoke, laptop, gpu, got"):
        card_of(systems.get("blur"), given, profile="gpuu")


def test_a_fact_holds_text_and_no_other_fact():
    for wrong in (Fact("refused", "pass"), 3, None):
        with pytest.raises(ParameterError, match="text: expected text, got"):
            Fact(wrong)
    with pytest.raises(ParameterError, match="says: expected text, got Fact"):
        Fact("refused", "pass", Fact("why"))


def test_each_role_has_its_row():
    assert set(ROLES) == {entry.role for entry in systems.TABLE.values()}
    for role, row in ROLES.items():
        assert set(row.pictures) == set(PROFILES)
        assert not row.yardstick or systems.TABLE[row.yardstick].role == role


def test_only_thorough_flips_every_key_bit_and_only_gpu_takes_minutes(monkeypatch):
    asked = []

    def attacked(bench, budget):
        asked.append(budget)
        return [], []

    monkeypatch.setattr(measures, "attacked", attacked)
    given = torch.randint(256, (1, 1, 16, 16)).to(torch.uint8)
    for how in ({}, {"profile": "laptop", "thorough": False}, {"profile": "gpu"}):
        card = card_of(systems.get("aes_gcm"), given, **how)
        flipped = "32 of 256" if how.get("thorough") is False else "256 of 256"
        assert flipped in card.metrics["key_space_effective"].convention
    assert asked == ["seconds", "seconds", "minutes"]


def test_a_bench_gives_the_same_key_and_nonces_in_every_run():
    pictures = ImageSet(torch.zeros(1, 1, 8, 8, dtype=torch.uint8))
    system = systems.get("aes_gcm")
    one, same, other = (Bench(system, pictures, seed) for seed in (3, 3, 4))
    assert one.key == same.key != other.key and len(one.key) == system.key_length
    assert one.nonce("a") == same.nonce("a") != one.nonce("b")
    assert len(one.nonce("a")) == system.nonce_length
