"""Known pictures: candidate sets against a naive count, and theory for pictures of noise."""

from collections import Counter, defaultdict

import pytest
import torch
import weak_ciphers
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import camera, coins, moon

from gansec_lib import systems
from gansec_lib.attacks import known_plaintext
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.attacks.oracle import blind
from gansec_lib.errors import ParameterError
from gansec_lib.roles import derive_key

KEY = derive_key(b"a key for the tests, 32 bytes ok")
VICTIM = torch.from_numpy(camera()[::4, ::4].copy())[None, None]  # 128 × 128
KNOWN = torch.stack(
    [
        torch.from_numpy(picture[: 128 * step : step, : 128 * step : step].copy())
        for picture, step in ((moon(), 4), (coins(), 2), (moon()[::-1], 4), (coins()[:, ::-1], 2))
    ]
)[:, None]
CHANCE = 0.03  # a blind guess gets 1/256


def noise(seed, *shape, levels=256):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(levels, shape, generator=rng).to(torch.uint8)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_noise_is_recovered_as_theory_says(count):
    n = 64 * 64
    known = noise(1, count, 1, 64, 64)
    cipher, victim = weak_ciphers.PermutationOnly(), noise(2, 1, 1, 64, 64)
    result = known_plaintext(cipher, KEY, victim, known, "nonce held", "permutation")
    alone = (1 - 256.0**-count) ** (n - 1)
    assert result.queries == count and result.details["consistent"]
    assert abs(result.details["certain"] - alone) < 0.01 + 3 * (alone * (1 - alone) / n) ** 0.5
    pairs = n * (n - 1) / 256.0**count  # ordered pairs of positions that look alike
    assert abs(result.details["candidates"] - 1 - pairs / n) < 5 * (2 * pairs) ** 0.5 / n
    assert result.score >= result.details["certain"]
    assert count < 3 or result.score > 0.999


@pytest.mark.parametrize(
    ("cipher", "structure"),
    [
        (weak_ciphers.PermutationOnly(), "permutation"),
        (targets.XorStream(), "stream"),
        (targets.PermutationXor(), "permutation_xor"),
        (targets.PermutationFeedback("add"), "feedback_add"),
        (targets.PermutationFeedback("xor"), "feedback_xor"),
        (targets.PermutationFeedback("xor_of_sum"), "feedback_xor_of_sum"),
        (systems.get("logistic"), "two_way_add"),
    ],
)
def test_real_pictures_give_a_part_and_more_pictures_a_larger_one(cipher, structure):
    few, more = (
        known_plaintext(cipher, KEY, VICTIM, KNOWN[:count], "nonce held") for count in (2, 4)
    )
    assert few.details["structure"] == more.details["structure"] == structure
    assert CHANCE < few.score <= more.score and few.score >= few.details["certain"]
    assert few.details["candidates"] >= more.details["candidates"]
    noisy = known_plaintext(cipher, KEY, VICTIM, noise(3, 6, 1, 128, 128), "nonce held")
    assert noisy.succeeded and torch.equal(noisy.shown, VICTIM)


@pytest.mark.parametrize(
    ("cipher", "setting"),
    [
        (systems.get("aes_gcm"), "as used"),
        (systems.get("chacha20"), "as used"),
        (systems.get("logistic"), "as used"),
        (systems.get("logistic", plaintext_related=True), "nonce held"),
        (targets.PermutationXor(plaintext_related=True), "nonce held"),
        (targets.PermutationXor(), "as used"),
        (weak_ciphers.PermutationSubstitution(), "nonce held"),  # another structure
    ],
)
def test_reads_nothing_elsewhere(cipher, setting):
    result = known_plaintext(cipher, KEY, VICTIM, noise(3, 4, 1, 128, 128), setting)
    assert not result.succeeded and result.score < CHANCE
    assert result.details["certain"] == 0 and result.details["structure"] == "none fits"


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    count=st.integers(1, 3),
    levels=st.integers(1, 6),
    seed=st.integers(0, 2**31),
)
def test_candidate_sets_equal_a_naive_count(height, width, count, levels, seed):
    known = noise(seed, count, 1, height, width, levels=levels)
    victim = noise(seed + 1, 1, 1, height, width, levels=levels)
    cipher = weak_ciphers.PermutationOnly()
    result = known_plaintext(cipher, KEY, victim, known, "nonce held", "permutation")
    vectors = [tuple(column) for column in known.reshape(count, -1).T.tolist()]
    sets = Counter(vectors)
    values = defaultdict(set)
    for vector, value in zip(vectors, victim.reshape(-1).tolist(), strict=True):
        values[vector].add(value)
    n = len(vectors)
    assert result.details["candidates"] == pytest.approx(sum(sets[v] for v in vectors) / n)
    certain = sum(len(values[vector]) == 1 for vector in vectors) / n
    assert result.details["certain"] == pytest.approx(certain)
    best = defaultdict(Counter)
    for vector, value in zip(vectors, victim.reshape(-1).tolist(), strict=True):
        best[vector][value] += 1
    hits = sum(counter.most_common(1)[0][1] for counter in best.values())
    assert result.score == pytest.approx(hits / n)  # the best bet for every byte


def test_arguments_are_checked():
    cipher = targets.PermutationXor()
    with pytest.raises(ParameterError, match="known"):
        known_plaintext(cipher, KEY, VICTIM, KNOWN[..., :4], "nonce held")
    with pytest.raises(ParameterError, match="2 or more"):
        known_plaintext(cipher, KEY, VICTIM, KNOWN[:1], "nonce held", "permutation_xor")
    with pytest.raises(ParameterError, match="structure_name"):
        known_plaintext(cipher, KEY, VICTIM, KNOWN, "nonce held", "spiral")
    one = known_plaintext(cipher, KEY, VICTIM, KNOWN[:1], "nonce held")
    assert one.details["structure"] == "none fits" and torch.equal(one.shown, blind(VICTIM.shape))
