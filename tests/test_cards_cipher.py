"""A cipher's card: what it measures, what it makes of good and bad ciphers, what it writes."""

import json
import secrets

import numpy as np
import pytest
import torch
import weak_ciphers
from markupsafe import escape
from report_cases import DoesNothing, LosesABit, card, measured, pictures

from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.errors import ParameterError
from gansec_lib.images import ImageSet
from gansec_lib.metrics.randomness import Battery, battery
from gansec_lib.metrics.randomness.many import Row
from gansec_lib.report import page
from gansec_lib.roles import System
from gansec_lib.scorecards import randomness
from gansec_lib.scorecards.cipher import measures
from gansec_lib.scorecards.cipher.bench import CipherBench
from gansec_lib.scorecards.cipher.card import KEY_BITS
from gansec_lib.scorecards.cipher.questions import DAMAGES as NAMED
from gansec_lib.scorecards.cipher.questions import PANELS
from gansec_lib.scorecards.cipher.robustness import DAMAGES
from gansec_lib.scorecards.cipher.sequences import cipher_sequences
from gansec_lib.scorecards.measuring import flip_key_bit

QUESTIONS = {question.name: question for _, asked in PANELS.values() for question in asked}


@pytest.fixture(scope="module")
def cards():
    return measured()


def table(card, panel):
    """The numbers behind a panel's table."""
    return card.panel(panel).tables[0].data


def test_ideal_ciphers_pass_what_is_measured_as_used(cards):
    for made in cards.values():
        failed = [n for n, m in made.metrics.items() if m.verdict == "fail" and "held" not in n]
        assert failed == []
        assert list(made.metrics) == list(QUESTIONS), "every metric has its words and its place"
    assert cards["aes_gcm"].metrics["npcr_nonce_held"].verdict == "fail"
    assert cards["logistic"].metrics["uaci_nonce_held"].verdict == "fail"
    related = cards["logistic:plaintext_related=true"].metrics
    assert related["npcr_nonce_held"].verdict == related["uaci_nonce_held"].verdict == "pass"


def test_attacks_stand_in_the_card(cards):
    opened = {
        label: {(a.name, a.setting) for a in card.attempts if a.verdict == "opened"}
        for label, card in cards.items()
    }
    assert {("two_time_pad", "nonce held"), ("chosen_plaintext_xor", "nonce held")} <= opened[
        "aes_gcm"
    ]
    assert {name for name, _ in opened["logistic"]} >= {"chosen_plaintext_two_way"}
    assert not any(setting == "as used" for found in opened.values() for _, setting in found)
    related = cards["logistic:plaintext_related=true"]
    assert opened[related.label] == set()
    assert ("chosen_ciphertext", "chosen ciphertexts") in opened["logistic"]
    assert related.succeeded("as used") == []
    assert [a.name for a in related.succeeded("nonce held")] == ["dictionary"], "equals show"
    assert {"as used", "nonce held"} <= set(related.settings())
    assert "Attacks that succeeded: two time pad (nonce held, 100 %)" in cards["aes_gcm"].overall()
    assert "chosen ciphertext (chosen ciphertexts, 100 %)" in cards["logistic"].overall()
    for refusing in (cards["aes_gcm"], related):  # a tag, and a picture's hash that is verified
        assert refusing.succeeded("chosen ciphertexts") == [], "it refuses them all"


def test_a_cipher_that_does_nothing_fails_everything_that_matters():
    made = card(DoesNothing(), attacks=False)
    for name in ("entropy", "chi_square", "correlation_horizontal", "psnr_cipher", "npcr", "uaci"):
        assert made.metrics[name].verdict == "fail", name
    for name in ("key_flip_npcr", "key_flip_decrypt", "histogram_variance", "compression_ratio"):
        assert made.metrics[name].verdict == "fail", name
    for name in ("contrast", "energy", "homogeneity", "correlation"):
        assert made.metrics[f"glcm_{name}"].verdict == "fail", name
    for name in ("normalised_correlation", "local_entropy", "randomness", "key_space_effective"):
        assert made.metrics[name].verdict == "fail", name
    assert (
        made.metrics["key_space_effective"].value == 0 and not table(made, "randomness")["passed"]
    )
    assert made.metrics["damage_refused"].value == 0
    assert made.metrics["psnr_decrypted"].verdict == "pass"
    assert "outside: Entropy" in made.overall()


def test_every_metric_has_its_words_and_its_place():
    for question in QUESTIONS.values():
        assert question.title and question.says and len(question.title) <= 32, question.name
    assert sum(len(asked) for _, asked in PANELS.values()) == len(QUESTIONS)
    assert {"differential", "key_sensitivity"} <= PANELS.keys(), "two questions, two panels"
    assert set(NAMED) == set(DAMAGES)


def test_the_card_says_which_local_entropy_interval_is_right(cards):
    for made in cards.values():
        right = made.metrics["local_entropy"]
        quoted = made.metrics["local_entropy_published"]
        assert right.verdict == "pass" and quoted.verdict == "info"
        assert right.high - right.low > 3 * (quoted.high - quoted.low) > 0
        assert "σ/30 where σ/√30 is right" in quoted.convention
        assert "not judged" in page.show(made)


def test_likeness_stands_beside_that_of_noise():
    """Sizes that hold five scales; a cipher image that is the picture is far from noise."""
    plain = pictures((1, 1, 176, 184))
    noise = torch.randint(256, plain.shape, generator=torch.Generator().manual_seed(5))
    for metric in measures.alike(plain, noise.to(torch.uint8)):
        spread = 0.3 if metric.unit == "dB" else 0.05
        assert metric.value == pytest.approx(metric.ideal, abs=spread), metric.name
    for metric in measures.alike(plain, plain):
        assert metric.value > metric.ideal + 0.5, metric.name


def test_bad_ciphers_are_caught_by_the_figures_meant_for_them():
    moved = card(weak_ciphers.PermutationOnly(), attacks=False).metrics
    for name in ("histogram_variance", "local_entropy", "compression_ratio", "randomness"):
        assert moved[name].verdict == "fail", name
    short = card(targets.ShortSeed(16), attacks=False).metrics
    assert short["key_space_nominal"].value == 16
    assert short["key_space_nominal"].verdict == short["key_space_effective"].verdict == "fail"


def test_a_successful_search_shortens_the_effective_key():
    """Every byte is AES's, so only the attack knows: sixteen bits."""
    made = card(targets.TerribleButUniform())
    assert made.metrics["randomness"].verdict == "pass"
    assert made.metrics["key_space_nominal"].value == 256
    effective = made.metrics["key_space_effective"]
    assert effective.value == 16 and effective.verdict == "fail"
    assert "best known attack costs 16 bits" in effective.convention
    assert "16 bits" in page.show(made)
    assert card(targets.TerribleButUniform(), attacks=False).metrics[
        "key_space_effective"
    ].value == pytest.approx(256)


def test_sp800_22_gets_black_and_given_pictures_under_fresh_nonces():
    asked = []

    def nonce(label):
        asked.append(label)
        return label.encode()[-12:].rjust(12)

    plain = pictures((2, 1, 32, 40))
    found = cipher_sequences(DoesNothing(), plain, bytes(32), nonce, 4, 80_000)
    assert [len(one) for one in found] == [10_000] * 4 and len(set(asked)) == 4
    assert not found[0].any() and not found[2].any()
    twice = plain.reshape(-1).repeat(4)[:10_000].numpy()
    assert (found[1] == twice).all() and (found[3] == twice).all()


def test_sp800_22_counts_its_comparisons():
    """One row that fails by chance is no fault of a cipher; sequences that all fail are."""
    good = [secrets.token_bytes(12_500) for _ in range(8)]
    tested = randomness.Tested(battery(good, packed=True), 0.001)
    least = min(min(values) for values in tested.p_values.values())
    assert tested.corrected() == pytest.approx(min(1, tested.comparisons * least))
    assert tested.metrics()["randomness"].verdict == "pass"
    assert "8 sequences of 100,000 bits" in tested.metrics()["randomness"].convention
    assert 5 < tested.expected < 20, "the standard's own limits are left by chance in many rows"
    odd = [bytes(byte | 1 for byte in one) for one in good]
    tested = randomness.Tested(battery(odd, packed=True), 0.001)
    assert tested.metrics()["randomness"].verdict == "fail"
    table = {row["test"]: row for row in tested.tests()}
    assert table["frequency"]["verdict"] == "fail" and table["frequency"]["rows_outside"] == 1
    assert table["universal"]["verdict"] == "info" and "387,840" in table["universal"]["reason"]
    # One row of 188 with six of eight: p = 0.0027, rare alone and usual in such a table.
    row = Row("frequency", "", np.array([0.5] * 6 + [0.001] * 2), 0.01)
    others = [Row("non_overlapping", str(i), np.full(8, 0.5), 0.01) for i in range(187)]
    lucky = Battery([{}] * 8, {}, [100_000] * 8, 0.01, [row, *others])
    tested = randomness.Tested(lucky, 0.001)
    assert tested.p_values["frequency"][0] < 0.003
    assert tested.corrected() == pytest.approx(188 * tested.p_values["frequency"][0])
    assert tested.metrics()["randomness"].verdict == "pass" and tested.outside["frequency"] == 1


def test_damage_table_tells_what_each_cipher_does(cards):
    assert {row["outcome"] for row in table(cards["aes_gcm"], "robustness")} == {"refused"}
    assert cards["aes_gcm"].metrics["damage_refused"].value == 100
    logistic = cards["logistic"]
    assert {row["outcome"] for row in table(logistic, "robustness")} == {"decrypted"}
    crops = [r["psnr"] for r in table(logistic, "robustness") if r["damage"] == "crop"]
    assert crops == sorted(crops, reverse=True) and crops[0] > crops[-1] + 3


def test_one_lost_bit_is_found():
    made = card(LosesABit(), attacks=False)
    assert made.metrics["psnr_decrypted"].verdict == "fail"
    assert made.metrics["ssim_decrypted"].verdict == "fail"


def test_same_seed_same_figures():
    first, second, other = (
        card("logistic", pictures((2, 1, 32, 24)), seed=seed, attacks=False) for seed in (3, 3, 4)
    )
    timed = ("encrypt_speed", "decrypt_speed", "aes_ratio")

    def numbers(card):
        return [m.value for name, m in card.metrics.items() if name not in timed]

    assert numbers(first) == numbers(second) != numbers(other)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 3, 5, 40), (2, 1, 9, 7)])
def test_small_pictures_get_a_card_too(shape):
    made = card("logistic", pictures(shape))
    for name in ("entropy", "local_entropy", "glcm_energy", "randomness", "compression_ratio"):
        assert made.metrics[name].verdict == "info", name
    missing = {name: m.convention for name, m in made.metrics.items() if m.value is None}
    assert "under 1,024 bytes" in missing["randomness"] and "30 blocks" in missing["local_entropy"]
    assert "five scales" in missing["ms_ssim_cipher"] and not made.panel("randomness").tables
    shown = page.show(made)
    assert all(escape(why) in shown for why in missing.values())
    json.dumps(made.to_dict(), allow_nan=False)


def test_strange_roles_and_wrong_pictures_are_refused():
    class Painter(System):
        key_name, role = "painter", "Painter"

    with pytest.raises(ParameterError, match=r"expected a role of Cipher, .*, got Painter"):
        card(Painter())
    with pytest.raises(ParameterError, match="pictures"):
        card("aes_gcm", pictures().float())
    with pytest.raises(ParameterError, match="did you mean 'aes_gcm'"):
        card("aes_gmc")


def test_measuring_drawing_and_attacking_share_one_bench(monkeypatch):
    """What the page shows is what the numbers were taken from, under one key."""
    keys = set()

    class Notes(DoesNothing):
        def encrypt(self, images, key, nonce=None):
            if images.shape[2:] == (64, 48):  # the key's bits are flipped on a ramp
                keys.add(key)
            return super().encrypt(images, key, nonce)

    bench = CipherBench(Notes(), ImageSet(pictures()), 5)
    attacked = []
    monkeypatch.setattr(
        measures, "suite", lambda system, key, images, **how: (attacked.append(key), ([], []))[1]
    )
    made = card(Notes(), seed=5, randomness=(1, 64_000))
    walk = made.panel("statistics").exhibits[0]
    assert torch.equal(walk.rows[0][1][1], bench.cipher[0])
    turned = {flip_key_bit(bench.key, bit) for bit in KEY_BITS}
    assert keys == {bench.key} | turned and attacked == [bench.key]
