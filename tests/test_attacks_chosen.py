"""Chosen pictures: the tables read are the cipher's own, in exactly as many queries as promised."""

import numpy as np
import pytest
import torch
import weak_ciphers
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from skimage.data import camera

from gansec_lib import attacks, systems
from gansec_lib.attacks.on_ciphers import chosen_plaintext as chosen
from gansec_lib.attacks.on_ciphers import structures, targets
from gansec_lib.attacks.oracle import Oracle
from gansec_lib.errors import ParameterError
from gansec_lib.roles import derive_key

KEY = derive_key(b"a key for the tests, 32 bytes ok")
VICTIM = torch.from_numpy(camera()[::2, ::2].copy())[None, None]  # 256 × 256
SMALL = VICTIM[..., ::2, ::4].contiguous()  # 128 × 64
TINY = SMALL[..., ::2, ::2].contiguous()
CHANCE = 0.02  # a blind guess gets 1/256


class Woven(targets.PermutationFeedback):
    """Feedback through a square: no chaining that the attacks undo."""

    def _forward(self, flat, key):
        flat = targets.PermutationXor._forward(self, flat, key)
        carry, out = 0, []
        for byte in flat.tolist():
            carry = byte ^ (carry * carry + 3 * carry + 7) >> 2 & 255
            out.append(carry)
        return np.array(out, np.uint8)


OPENS = [  # attack, what it opens, queries at 256 × 256
    (attacks.chosen_plaintext_sbox_feedback, weak_ciphers.PermutationSboxFeedback(), 4),
    (chosen.chosen_plaintext_xor, targets.XorStream(), 1),
    (chosen.permutation_only, weak_ciphers.PermutationOnly(), 2),
    (chosen.chosen_plaintext_permutation_xor, targets.PermutationXor(), 3),
    (chosen.chosen_plaintext_permutation_xor, targets.XorStream(), 3),
    (chosen.chosen_plaintext_feedback, targets.PermutationFeedback("add"), 3),
    (chosen.chosen_plaintext_feedback, targets.PermutationFeedback("xor"), 3),
    (chosen.chosen_plaintext_feedback, targets.PermutationFeedback("xor_of_sum"), 3),
    (chosen.chosen_plaintext_two_way, systems.get("logistic"), 3),
    (chosen.chosen_plaintext_substitution, weak_ciphers.PermutationSubstitution(), 258),
    (chosen.chosen_plaintext_substitution, targets.PermutationFeedback("xor_of_sum"), 258),
]


@pytest.mark.parametrize(("attack", "cipher", "queries"), OPENS)
def test_opens_what_it_must_bit_for_bit_and_nothing_when_nonces_are_fresh(attack, cipher, queries):
    spare = 3 * (attack is attacks.chosen_plaintext_sbox_feedback)  # where edges are too few
    held = attack(cipher, KEY, VICTIM, "nonce held")
    assert held.succeeded and held.score == 1
    assert queries <= held.queries <= queries + spare
    assert torch.equal(held.shown, VICTIM)
    fresh = attack(cipher, KEY, SMALL, "as used")
    assert not fresh.succeeded and fresh.score < CHANCE


@pytest.mark.parametrize(("attack", "cipher", "_"), OPENS)
def test_a_keystream_that_depends_on_the_picture_stops_it(attack, cipher, _):
    related = type(cipher)(**{**cipher.options(), "plaintext_related": True})
    result = attack(related, KEY, SMALL, "nonce held")
    assert not result.succeeded and result.score < CHANCE


@pytest.mark.parametrize("name", ["aes_gcm", "chacha20"])
@pytest.mark.parametrize("attack", sorted({row[0] for row in OPENS}, key=lambda one: one.__name__))
def test_standard_ciphers_as_used_give_nothing(attack, name):
    result = attack(systems.get(name), KEY, SMALL, "as used")
    assert not result.succeeded and result.score < CHANCE


@pytest.mark.parametrize(
    ("attack", "cipher"),
    [
        (chosen.chosen_plaintext_xor, targets.PermutationXor()),
        (chosen.permutation_only, targets.PermutationXor()),
        (chosen.chosen_plaintext_permutation_xor, targets.PermutationFeedback("add")),
        (chosen.chosen_plaintext_permutation_xor, weak_ciphers.PermutationSubstitution()),
        (chosen.chosen_plaintext_feedback, systems.get("logistic")),
        (chosen.chosen_plaintext_two_way, targets.PermutationFeedback("add")),
        (chosen.chosen_plaintext_substitution, Woven()),
        (chosen.chosen_plaintext_feedback, weak_ciphers.PermutationSboxFeedback()),
        (attacks.chosen_plaintext_sbox_feedback, Woven()),
        (chosen.chosen_plaintext_two_way, weak_ciphers.TwoWaySum()),
        (attacks.chosen_plaintext_sbox_feedback, targets.PermutationXor()),
        (attacks.chosen_plaintext_sbox_feedback, systems.get("logistic")),
    ],
)
def test_another_structure_is_noticed_and_not_read(attack, cipher):
    result = attack(cipher, KEY, TINY, "nonce held")
    assert not result.succeeded and result.score < CHANCE
    assert result.details.get("structure", "none fits") == "none fits"


@pytest.mark.parametrize("key", [bytes([number]) * 32 for number in range(12)])
def test_the_secret_box_takes_one_picture_more_seldom_two(key):
    result = attacks.chosen_plaintext_sbox_feedback(
        weak_ciphers.PermutationSboxFeedback(), key, SMALL, "nonce held"
    )
    assert result.succeeded and 4 <= result.queries <= 7


def test_sums_and_exclusive_ors_both_ways_hide_a_few_bytes_in_a_thousand():
    attack, cipher = attacks.chosen_plaintext_two_way_sum, weak_ciphers.TwoWaySum()
    assert torch.equal(cipher.decrypt(cipher.encrypt(SMALL, KEY), KEY), SMALL)
    held = attack(cipher, KEY, VICTIM, "nonce held")
    assert held.score > 0.98 and held.queries == 28
    for other, setting in (
        (cipher, "as used"),
        (weak_ciphers.TwoWaySum(plaintext_related=True), "nonce held"),
        (systems.get("logistic"), "nonce held"),
        (systems.get("aes_gcm"), "as used"),
    ):
        result = attack(other, KEY, SMALL, setting)
        assert not result.succeeded and result.score < CHANCE
        assert result.details["structure"] == "none fits"


def test_the_equivalent_key_is_the_cipher_s_own_tables():
    from gansec_lib.roles.per_picture import picture_key

    cipher = targets.PermutationXor()
    oracle = Oracle(cipher, KEY, "nonce held")
    fits, source, mask = chosen.equivalent_key(
        oracle, SMALL.shape, structures.named("permutation_xor")
    )
    inner = picture_key(KEY, oracle.nonce, cipher.labels([b""])[0])
    first, second = targets.seeds_of(inner, 2)
    assert fits == "permutation_xor" and structures.is_permutation(source)
    assert np.array_equal(source, targets.order_of(first, SMALL.numel()))
    assert np.array_equal(mask, targets.stream_of(second, SMALL.numel()))


@pytest.mark.parametrize("levels", [2, 3, 16, 256])
def test_permutation_alone_falls_to_the_fewest_pictures_possible(levels):
    n = SMALL.numel()
    result = chosen.permutation_only(
        weak_ciphers.PermutationOnly(), KEY, SMALL, "nonce held", levels
    )
    assert result.succeeded
    assert levels ** (result.queries - 1) < n <= levels**result.queries


@given(
    n=st.integers(1, 5000),
    base=st.integers(2, 256),
)
def test_digits_number_every_position(n, base):
    count = structures.digits(n, base)
    assert base**count >= n and (count == 0 or base ** (count - 1) < n)
    pictures = structures.digit_pictures((1, 1, 1, n), base)
    assert len(pictures) == count and all(int(one.max()) < base for one in pictures)
    read = structures.positions((one.reshape(-1) for one in pictures), n, base)
    assert torch.equal(read, torch.arange(n))


@settings(max_examples=40, deadline=None)
@given(
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    seed=st.integers(0, 2**31),
    which=st.integers(3, len(OPENS) - 3),
)
def test_any_shape(channels, height, width, seed, which):
    attack, cipher, _ = OPENS[which]
    later = isinstance(cipher, targets.PermutationFeedback) and cipher.rule != "add"
    assume(not later or channels * height * width >= 64)  # else "add" may fit by chance
    rng = torch.Generator().manual_seed(seed)
    victim = torch.randint(256, (1, channels, height, width), generator=rng).to(torch.uint8)
    result = attack(cipher, KEY, victim, "nonce held")
    assert result.succeeded and result.queries == 1 + structures.digits(victim.numel())


def test_arguments_are_checked():
    cipher = weak_ciphers.PermutationOnly()
    for levels in (1, 257, 2.5):
        with pytest.raises(ParameterError, match="levels"):
            chosen.permutation_only(cipher, KEY, SMALL, "nonce held", levels)
    with pytest.raises(ParameterError, match="setting"):
        attacks.chosen_plaintext_xor(cipher, KEY, SMALL, "whenever")
    with pytest.raises(ParameterError, match="one victim"):
        attacks.chosen_plaintext_feedback(cipher, KEY, SMALL.repeat(2, 1, 1, 1), "as used")
    with pytest.raises(ParameterError, match="uint8"):
        attacks.chosen_plaintext_two_way(cipher, KEY, SMALL.float(), "as used")
    with pytest.raises(ParameterError, match="rule"):
        targets.PermutationFeedback("sideways")
