"""Short keys and the Mersenne Twister: found where they are, not where they are not."""

import random

import numpy as np
import pytest
import torch
import weak_ciphers
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import camera, moon

from gansec_lib import systems
from gansec_lib.attacks import (
    effective_key_search,
    recover_mt19937,
    recover_seed,
    search_seeds,
    seed_search,
    twister_state,
)
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.attacks.on_ciphers import twister as twister_file
from gansec_lib.attacks.oracle import SETTINGS
from gansec_lib.errors import ParameterError
from gansec_lib.roles import derive_key
from gansec_lib.scorecards import card_of

SECRET = b"a key for the tests, 32 bytes ok"
KEY = derive_key(SECRET)
VICTIM = torch.from_numpy(camera()[::4, ::4].copy())[None, None]
KNOWN = torch.from_numpy(moon()[::4, ::4].copy())[None, None]
CHANCE = 0.02


# ------------------------------------------------------------------ short keys


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("related", [False, True])
def test_a_short_key_falls_whatever_nonce_and_hash(setting, related):
    cipher = targets.ShortSeed(16, plaintext_related=related)
    for secret in (b"\x00\x00", b"\xff\xff", derive_key(SECRET, 2)):
        result = seed_search(cipher, secret, VICTIM, KNOWN, setting)
        assert result.succeeded and result.queries == 1 and torch.equal(result.shown, VICTIM)
        assert result.details["keys_tried"] == 2**16
        assert result.nanoseconds_per_key == 1e9 * result.seconds / 2**16


@pytest.mark.parametrize(
    "cipher",
    [
        systems.get("aes_gcm"),
        systems.get("chacha20"),
        systems.get("logistic", plaintext_related=True),
        targets.XorStream(),  # the same orbit, a long key
        targets.ShortSeed(32),  # the same method, 2³² keys
    ],
)
def test_a_long_key_does_not_fall(cipher):
    key = derive_key(SECRET, cipher.key_length)
    for setting in SETTINGS:
        result = seed_search(cipher, key, VICTIM, KNOWN, setting)
        assert not result.succeeded and result.score < CHANCE and not result.details["hits"]


def naive(known, rate, bits, burn):
    """Every seed in plain Python."""
    hits = []
    for seed in range(2**bits):
        x = (seed + 0.5) / 2 ** (bits + 1)
        for _ in range(burn):
            x = rate * x * (1.0 - x)
        stream = []
        for _ in known:
            x = rate * x * (1.0 - x)
            stream.append(int(x * 2.0**40) & 255)
        hits += [seed] if stream == list(known) else []
    return hits


@pytest.mark.parametrize("known", [[7], [0], [255], [7, 200]])
@pytest.mark.parametrize(("bits", "burn"), [(10, 20), (7, 0), (1, 3)])
def test_hits_are_those_of_plain_python(known, bits, burn):
    assert search_seeds(known, 3.99995, bits, burn)[0] == naive(known, 3.99995, bits, burn)


def test_twenty_bits_are_found_too():
    from gansec_lib.ciphers.logistic import orbit_bytes

    seed = 987_654
    known = orbit_bytes((seed + 0.5) / 2.0**21, 3.99991, 8, 100)
    found, cost = search_seeds(known, 3.99991, 20)
    assert found == [seed] and cost["keys_tried"] == 2**20 and cost["years_for_128_bits"] > 1e12
    assert search_seeds(known, 3.99992, 20)[0] == []


def test_short_key_arguments_are_checked():
    with pytest.raises(ParameterError, match="stream"):
        search_seeds([], 3.9999)
    for bits in (0, 41, 3.5):
        with pytest.raises(ParameterError, match="bits"):
            search_seeds([1], 3.9999, bits)
    with pytest.raises(ParameterError, match="bits"):
        targets.ShortSeed(20)
    with pytest.raises(ParameterError, match="known"):
        seed_search(targets.ShortSeed(), b"ab", VICTIM, KNOWN[..., 1:], "as used")


# ------------------------------------------------------------------ a long key that is short inside


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_terrible_cipher_opens_from_its_ciphertext_alone(setting):
    result = effective_key_search(targets.TerribleButUniform(), KEY, VICTIM, setting)
    assert result.succeeded and result.queries == 0


def test_and_others_do_not():
    for cipher in (systems.get("aes_gcm"), systems.get("logistic", plaintext_related=True)):
        result = effective_key_search(cipher, KEY, VICTIM, "as used")
        assert not result.succeeded and result.score < CHANCE


def test_the_terrible_cipher_passes_the_statistics():
    card = card_of(targets.TerribleButUniform(), torch.cat([VICTIM, KNOWN]), attacks=False)
    asked = ("entropy", "chi_square", "correlation", "npcr", "uaci", "key_flip", "psnr_cipher")
    judged = {name: m.verdict for name, m in card.metrics.items() if name.startswith(asked)}
    assert len(judged) >= 8 and "fail" not in judged.values()


# ------------------------------------------------------------------ Mersenne Twister


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), skipped=st.integers(0, 1500), extra=st.integers(0, 700))
def test_numpy_s_generator_is_told_forwards_and_backwards(seed, skipped, extra):
    source = np.random.RandomState(seed)
    stream = source.randint(0, 2**32, skipped + 624 + extra + 900, dtype=np.uint32)
    seen = stream[skipped : skipped + 624 + extra]
    twin = recover_mt19937(seen)
    assert np.array_equal(twin.predict(900), stream[-900:])
    assert recover_seed(stream[:624]) == seed
    assert len(twin.predict(0)) == 0


def test_python_s_generator_too():
    source = random.Random("any seed")
    twin = recover_mt19937([source.getrandbits(32) for _ in range(624)])
    assert twin.predict(2000).tolist() == [source.getrandbits(32) for _ in range(2000)]
    first = random.Random(9)
    assert recover_seed([first.getrandbits(32) for _ in range(624)]) is None  # seeded by an array


def test_other_words_are_no_twister():
    stream = np.random.RandomState(1).randint(0, 2**32, 700, dtype=np.uint32)
    for wrong in (
        np.delete(stream, 300),
        np.where(np.arange(700) == 650, stream ^ np.uint32(1), stream),
        np.random.default_rng(1).integers(0, 2**32, 700),
    ):
        with pytest.raises(ParameterError, match="recurrence"):
            recover_mt19937(wrong)
    for few in (stream[:623], []):
        with pytest.raises(ParameterError, match="624"):
            recover_mt19937(few)
    for odd in (stream.astype(float), stream.astype(np.int64) - 2**31, [2**32] * 624):
        with pytest.raises(ParameterError, match="integers"):
            recover_mt19937(odd)


@given(st.integers(0, 2**32 - 1))
def test_tempering_is_undone(word):
    words = np.array([word], np.uint32)
    assert twister_file.untemper(twister_file.temper(words)) == words
    assert twister_file.temper(twister_file.untemper(words)) == words


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("shape", [(1, 128, 128), (3, 40, 21), (1, 1, 2497), (1, 51, 49)])
def test_a_known_margin_opens_the_rest(setting, shape):
    rng = torch.Generator().manual_seed(4)
    victim = torch.randint(256, (1, *shape), generator=rng).to(torch.uint8)
    for related in (False, True):
        stream = weak_ciphers.TwisterStream(plaintext_related=related)
        result = twister_state(stream, KEY, victim, setting)
        assert result.succeeded and torch.equal(result.shown, victim) and result.queries == 1


@pytest.mark.parametrize("name", ["aes_gcm", "chacha20", "logistic"])
def test_no_margin_opens_others(name):
    for setting in SETTINGS:
        result = twister_state(systems.get(name), KEY, VICTIM, setting)
        assert not result.succeeded and result.score < CHANCE
    with pytest.raises(ParameterError, match="2496"):
        twister_state(systems.get(name), KEY, VICTIM[..., :19], "as used")
