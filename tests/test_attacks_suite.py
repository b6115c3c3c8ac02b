"""The targets are ciphers, the suite tries everything and counts every query."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import camera, moon

from gansec_lib import attacks
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.errors import ParameterError
from gansec_lib.roles import derive_key

SECRET = b"a key for the tests, 32 bytes ok"
PICTURES = torch.stack(
    [torch.from_numpy(p[::4, ::6].copy()) for p in (camera(), moon(), camera().T, moon().T)]
)[:, None]

TARGETS = [
    targets.XorStream(),
    targets.PermutationOnly(),
    targets.PermutationXor(),
    *(targets.PermutationFeedback(rule) for rule in targets.PermutationFeedback.RULES),
    targets.PermutationSboxFeedback(),
    targets.PermutationSubstitution(),
    targets.TwisterStream(),
    targets.ShortSeed(16),
    targets.ShortSeed(24),
    targets.TerribleButUniform(),
]

OPENED = {  # target: (attacks that read it as used, one that reads it with its nonce held)
    "target_xor": (set(), "chosen_plaintext_xor"),
    "target_permutation": (set(), "permutation_only"),
    "target_permutation_xor": (set(), "chosen_plaintext_permutation_xor"),
    "target_feedback": (set(), "chosen_plaintext_feedback"),
    "target_sbox_feedback": (set(), "chosen_plaintext_sbox_feedback"),
    "target_substitution": (set(), "chosen_plaintext_substitution"),
    "target_twister": ({"twister_state"}, "two_time_pad"),
    "target_short_seed": ({"seed_search"}, "two_time_pad"),
    "target_terrible": ({"effective_key_search"}, "effective_key_search"),
}


@settings(max_examples=40, deadline=None)
@given(
    which=st.sampled_from(range(len(TARGETS))),
    related=st.booleans(),
    shape=st.tuples(
        st.integers(1, 3), st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 9)
    ),
    seed=st.integers(0, 2**31),
)
def test_targets_come_back_bit_for_bit(which, related, shape, seed):
    cipher = TARGETS[which]
    cipher = type(cipher)(**{**cipher.options(), "plaintext_related": related})
    images = torch.randint(256, shape, generator=torch.Generator().manual_seed(seed))
    images = images.to(torch.uint8)
    key = derive_key(SECRET, cipher.key_length)
    assert torch.equal(cipher.decrypt(cipher.encrypt(images, key), key), images)


@pytest.mark.parametrize("cipher", [one for one in TARGETS if one.options().get("bits") != 24])
def test_suite_opens_each_target_and_counts_its_queries(cipher, monkeypatch):
    key = derive_key(SECRET, cipher.key_length)
    calls = []
    whole = type(cipher).encrypt

    def counted(self, *arguments, **options):
        calls.append(1)
        return whole(self, *arguments, **options)

    monkeypatch.setattr(type(cipher), "encrypt", counted)
    found = attacks.suite(cipher, key, PICTURES)
    queries = sum(result.queries for result in found)
    margins = sum(result.name == "twister_state" for result in found)  # reads the victim itself
    victims = len(found) - 2 + 2 * len(PICTURES)  # one each, all pictures for the distinguisher
    assert len(calls) == 1 + queries - margins + victims
    used, held = OPENED[cipher.key_name]
    opened = {(r.name, r.setting) for r in found if r.verdict == "opened"}
    assert {name for name, setting in opened if setting == "as used"} == used
    assert (held, "nonce held") in opened
    json.dumps([result.to_dict() for result in found], allow_nan=False)


@pytest.mark.parametrize("name", ["aes_gcm", "chacha20"])
def test_standards_fall_only_to_a_nonce_held(name):
    found = attacks.suite(name, derive_key(SECRET), PICTURES, thorough=False)
    assert {result.setting for result in found if result.succeeded} == {"nonce held"}
    assert all(r.score < 0.03 for r in found if r.setting == "as used" and not r.tells)


def test_nothing_opens_the_plaintext_related_classic():
    found = attacks.suite("logistic:plaintext_related=true", derive_key(SECRET), PICTURES)
    assert len(found) >= 20 and not any(r.beyond_chance for r in found if not r.tells)
    assert all(result.score < 0.03 for result in found if not result.tells)
    names = {result.name for result in found}
    plain = attacks.suite("logistic", derive_key(SECRET), PICTURES[:1], ("nonce held",))
    assert {result.name for result in plain} == names
    two_way = {r.name for r in plain if r.verdict == "opened"}
    assert "chosen_plaintext_two_way" in two_way and "two_time_pad" not in two_way


def test_reuse_shows_in_the_ciphertexts_alone():
    found = attacks.suite("chacha20", derive_key(SECRET), PICTURES, thorough=False)
    told = {r.setting: r.verdict for r in found if r.tells}
    assert told == {"nonce held": "told", "as used": "not told"}


def test_small_pictures_and_wrong_arguments():
    tiny = attacks.suite("aes_gcm", derive_key(SECRET), PICTURES[:2, :, :4, :5], ("as used",))
    assert not {"twister_state", "distinguisher"} & {result.name for result in tiny}
    with pytest.raises(ParameterError, match="Cipher"):
        attacks.suite(42, derive_key(SECRET), PICTURES)
    with pytest.raises(ParameterError, match="setting"):
        attacks.suite("aes_gcm", derive_key(SECRET), PICTURES, ("never",))
    with pytest.raises(ParameterError, match="key"):
        attacks.suite("aes_gcm", b"short", PICTURES)


def test_a_cipher_that_changes_the_size_has_no_picture_to_attack():
    from dataclasses import replace

    class Longer(targets.XorStream):
        def encrypt(self, images, key, nonce=None):
            made = super().encrypt(images, key, nonce)
            return replace(made, payload=torch.cat([made.payload, made.payload[:1]]))

    assert attacks.suite(Longer(), derive_key(SECRET), PICTURES) == []
