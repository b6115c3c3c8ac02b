"""The scorecard: what it measures, what it makes of good and bad ciphers, what it writes."""

import json
import secrets

import numpy as np
import pytest
import torch
from report_cases import DoesNothing, LosesABit, measured, pictures

from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.errors import ParameterError
from gansec_lib.metrics.randomness import Battery, battery
from gansec_lib.metrics.randomness.many import Row
from gansec_lib.report import html, system_page
from gansec_lib.scorecards.cipher import card as old_card
from gansec_lib.scorecards.cipher import measures, words
from gansec_lib.scorecards.cipher import randomness as sp800_22
from gansec_lib.scorecards.cipher.robustness import DAMAGES


@pytest.fixture(scope="module")
def cards():
    return measured()


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
        label: {(a.name, a.setting) for a in card.attacks if a.verdict == "opened"}
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
    card = old_card.scorecard(DoesNothing(), pictures(), attacks=False)
    for name in ("entropy", "chi_square", "correlation_horizontal", "psnr_cipher", "npcr", "uaci"):
        assert card.metrics[name].verdict == "fail", name
    for name in ("key_flip_npcr", "key_flip_decrypt", "histogram_variance", "compression_ratio"):
        assert card.metrics[name].verdict == "fail", name
    for name in ("contrast", "energy", "homogeneity", "correlation"):
        assert card.metrics[f"glcm_{name}"].verdict == "fail", name
    for name in ("normalised_correlation", "local_entropy", "randomness", "key_space_effective"):
        assert card.metrics[name].verdict == "fail", name
    assert card.metrics["key_space_effective"].value == 0 and not card.tested.to_dict()["passed"]
    assert card.metrics["damage_refused"].value == 0
    assert card.metrics["psnr_decrypted"].verdict == "pass"
    assert "outside: Entropy" in card.overall()


def test_every_figure_has_its_words_and_its_place():
    for name, (title, meaning) in words.FIGURES.items():
        assert title and meaning and len(title) <= 32, name
    placed = [name for _, names in words.GROUPS.values() for name in names]
    assert placed == list(words.FIGURES) and all(names for _, names in words.GROUPS.values())
    assert set(words.TELLING) | set(words.NOTES) | set(words.COMPARED) <= set(words.FIGURES)
    assert set(words.DAMAGES) == set(DAMAGES)


def test_the_card_says_which_local_entropy_interval_is_right(cards):
    for card in cards.values():
        right = card.metrics["local_entropy"]
        quoted = card.metrics["local_entropy_published"]
        assert right.verdict == "pass" and quoted.verdict == "info"
        assert right.high - right.low > 3 * (quoted.high - quoted.low) > 0
        assert "σ/30 where σ/√30 is right" in quoted.convention
        assert "not judged" in system_page.system_page(card)


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
    moved = old_card.scorecard(targets.PermutationOnly(), pictures(), attacks=False).metrics
    for name in ("histogram_variance", "local_entropy", "compression_ratio", "randomness"):
        assert moved[name].verdict == "fail", name
    short = old_card.scorecard(targets.ShortSeed(16), pictures(), attacks=False).metrics
    assert short["key_space_nominal"].value == 16
    assert short["key_space_nominal"].verdict == short["key_space_effective"].verdict == "fail"


def test_a_successful_search_shortens_the_effective_key():
    """Every byte is AES's, so only the attack knows: sixteen bits."""
    card = old_card.scorecard(targets.TerribleButUniform(), pictures())
    assert card.metrics["randomness"].verdict == "pass"
    assert card.metrics["key_space_nominal"].value == 256
    effective = card.metrics["key_space_effective"]
    assert effective.value == 16 and effective.verdict == "fail"
    assert "best known attack costs 16 bits" in effective.convention
    assert "16 bits" in card._repr_html_()
    assert old_card.scorecard(targets.TerribleButUniform(), pictures(), attacks=False).metrics[
        "key_space_effective"
    ].value == pytest.approx(256)


def test_sp800_22_gets_black_and_given_pictures_under_fresh_nonces():
    asked = []

    def nonce(label):
        asked.append(label)
        return label.encode()[-12:].rjust(12)

    plain = pictures((2, 1, 32, 40))
    found = sp800_22.cipher_sequences(DoesNothing(), plain, bytes(32), nonce, 4, 80_000)
    assert [len(one) for one in found] == [10_000] * 4 and len(set(asked)) == 4
    assert not found[0].any() and not found[2].any()
    twice = plain.reshape(-1).repeat(4)[:10_000].numpy()
    assert (found[1] == twice).all() and (found[3] == twice).all()


def test_sp800_22_counts_its_comparisons():
    """One row that fails by chance is no fault of a cipher; sequences that all fail are."""
    good = [secrets.token_bytes(12_500) for _ in range(8)]
    tested = sp800_22.Tested(battery(good, packed=True), 0.001)
    least = min(min(values) for values in tested.p_values.values())
    assert tested.corrected() == pytest.approx(min(1, tested.comparisons * least))
    assert tested.metrics()["randomness"].verdict == "pass"
    assert "8 sequences of 100,000 bits" in tested.metrics()["randomness"].convention
    assert 5 < tested.expected < 20, "the standard's own limits are left by chance in many rows"
    odd = [bytes(byte | 1 for byte in one) for one in good]
    tested = sp800_22.Tested(battery(odd, packed=True), 0.001)
    assert tested.metrics()["randomness"].verdict == "fail"
    table = {row["test"]: row for row in tested.tests()}
    assert table["frequency"]["verdict"] == "fail" and table["frequency"]["rows_outside"] == 1
    assert table["universal"]["verdict"] == "info" and "387,840" in table["universal"]["reason"]
    # One row of 188 with six of eight: p = 0.0027, rare alone and usual in such a table.
    row = Row("frequency", "", np.array([0.5] * 6 + [0.001] * 2), 0.01)
    others = [Row("non_overlapping", str(i), np.full(8, 0.5), 0.01) for i in range(187)]
    lucky = Battery([{}] * 8, {}, [100_000] * 8, 0.01, [row, *others])
    tested = sp800_22.Tested(lucky, 0.001)
    assert tested.p_values["frequency"][0] < 0.003
    assert tested.corrected() == pytest.approx(188 * tested.p_values["frequency"][0])
    assert tested.metrics()["randomness"].verdict == "pass" and tested.outside["frequency"] == 1


def test_damage_table_tells_what_each_cipher_does(cards):
    assert {row["outcome"] for row in cards["aes_gcm"].robustness} == {"refused"}
    assert cards["aes_gcm"].metrics["damage_refused"].value == 100
    logistic = cards["logistic"]
    assert {row["outcome"] for row in logistic.robustness} == {"decrypted"}
    crops = [row["psnr"] for row in logistic.robustness if row["damage"] == "crop"]
    assert crops == sorted(crops, reverse=True) and crops[0] > crops[-1] + 3


def test_one_lost_bit_is_found():
    card = old_card.scorecard(LosesABit(), pictures(), attacks=False)
    assert card.metrics["psnr_decrypted"].verdict == "fail"
    assert card.metrics["ssim_decrypted"].verdict == "fail"


def test_same_seed_same_figures():
    first, second, other = (
        old_card.scorecard("logistic", pictures((2, 1, 32, 24)), seed=seed, attacks=False)
        for seed in (3, 3, 4)
    )
    timed = ("encrypt_speed", "decrypt_speed", "aes_ratio")

    def numbers(card):
        return [m.value for name, m in card.metrics.items() if name not in timed]

    assert numbers(first) == numbers(second) != numbers(other)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 3, 5, 40), (2, 1, 9, 7)])
def test_small_pictures_get_a_card_too(shape):
    card = old_card.scorecard("logistic", pictures(shape))
    for name in ("entropy", "local_entropy", "glcm_energy", "randomness", "compression_ratio"):
        assert card.metrics[name].verdict == "info", name
    missing = {name: m.convention for name, m in card.metrics.items() if m.value is None}
    assert "under 1,024 bytes" in missing["randomness"] and "30 blocks" in missing["local_entropy"]
    assert "five scales" in missing["ms_ssim_cipher"] and card.tested is None
    shown = system_page.system_page(card)
    assert all(html.escape(why) in shown for why in missing.values())
    json.dumps(card.to_dict(), allow_nan=False)


def test_other_roles_and_wrong_pictures_are_refused():
    from gansec_lib.roles import Protector

    class Blur(Protector):
        key_name = "blur"

        def protect(self, images):
            return images

    with pytest.raises(ParameterError, match="measures the role Cipher, got Protector"):
        old_card.scorecard(Blur(), pictures())
    with pytest.raises(ParameterError, match="images"):
        old_card.scorecard("aes_gcm", pictures().float())
    with pytest.raises(ParameterError, match="did you mean 'aes_gcm'"):
        old_card.scorecard("aes_gmc", pictures())


def test_results_are_strict_json_of_the_promised_form(cards, tmp_path):
    described = {"source": "here", "shape": [3, 3, 64, 48], "names": [], "skipped": []}
    path = old_card.write_results(
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
    assert entry["randomness"]["sequences"] == 8 and entry["randomness"]["bits"] == 1_000_000
    assert len(entry["randomness"]["tests"]) == 15 and entry["randomness"]["passed"] is True
    assert {row["damage"] for row in entry["robustness"]} == set(DAMAGES)
    assert read["logistic"]["published"]["npcr_nonce_held"]["value"] == 99.6
    assert not list(tmp_path.rglob("*.part"))
