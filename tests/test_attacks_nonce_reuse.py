"""Both attacks read everything where they must and nothing where they must not."""

import pytest
import torch
from skimage.data import camera, moon

from gansec_lib import attacks, systems
from gansec_lib.errors import ParameterError
from gansec_lib.roles import derive_key

KEY = derive_key(b"a key for the tests, 32 bytes ok")
VICTIM = torch.from_numpy(camera()[::2, ::4].copy())[None, None]
KNOWN = torch.from_numpy(moon()[::2, ::4].copy())[None, None]
CHANCE = 0.01  # a blind guess gets 1/256


@pytest.mark.parametrize("name", ["aes_gcm", "chacha20"])
def test_two_time_pad_reads_all_when_the_nonce_is_held_and_nothing_otherwise(name):
    cipher = systems.get(name)
    held = attacks.two_time_pad(cipher, KEY, VICTIM, KNOWN, "nonce held")
    assert held.succeeded and held.score == 1 and held.queries == 1
    assert torch.equal(held.shown, VICTIM)
    used = attacks.two_time_pad(cipher, KEY, VICTIM, KNOWN, "as used")
    assert not used.succeeded and used.score < CHANCE


@pytest.mark.parametrize(
    ("shape", "queries"), [((256, 256), 3), ((128, 97), 3), ((16, 16), 2), ((1, 1), 1), ((9, 7), 2)]
)
def test_chosen_pictures_open_the_classic_in_as_many_queries_as_promised(shape, queries):
    rng = torch.Generator().manual_seed(1)
    victim = torch.randint(256, (1, 1, *shape), generator=rng).to(torch.uint8)
    held = attacks.chosen_plaintext_two_way(systems.get("logistic"), KEY, victim, "nonce held")
    assert held.succeeded and held.queries == queries
    assert torch.equal(held.shown, victim)


def test_chosen_pictures_open_colour_in_one_query_more():
    rng = torch.Generator().manual_seed(1)
    victim = torch.randint(256, (1, 3, 256, 190), generator=rng).to(torch.uint8)
    held = attacks.chosen_plaintext_two_way(systems.get("logistic"), KEY, victim, "nonce held")
    assert held.succeeded and held.queries == 4


@pytest.mark.parametrize(
    ("system", "setting"),
    [
        (("logistic", {}), "as used"),
        (("logistic", {"plaintext_related": True}), "nonce held"),
        (("aes_gcm", {}), "as used"),
        (("aes_gcm", {}), "nonce held"),  # another structure: this attack is not for it
        (("chacha20", {}), "as used"),
    ],
)
def test_chosen_pictures_read_nothing_elsewhere(system, setting):
    name, options = system
    result = attacks.chosen_plaintext_two_way(systems.get(name, **options), KEY, VICTIM, setting)
    assert not result.succeeded and result.score < CHANCE


def test_two_time_pad_does_not_read_the_classic():
    for setting in ("as used", "nonce held"):
        result = attacks.two_time_pad(systems.get("logistic"), KEY, VICTIM, KNOWN, setting)
        assert result.score < CHANCE


def test_results_are_plain_and_arguments_checked():
    cipher = systems.get("aes_gcm")
    result = attacks.two_time_pad(cipher, KEY, VICTIM, KNOWN, "as used").to_dict()
    assert set(result) == {
        "name",
        "setting",
        "verdict",
        "score",
        "chance",
        "queries",
        "seconds",
        "says",
        "details",
    }
    with pytest.raises(ParameterError, match="setting"):
        attacks.two_time_pad(cipher, KEY, VICTIM, KNOWN, "sometimes")
    with pytest.raises(ParameterError, match="known"):
        attacks.two_time_pad(cipher, KEY, VICTIM, KNOWN[..., :4], "as used")
    with pytest.raises(ParameterError, match="one victim"):
        attacks.chosen_plaintext_two_way(cipher, KEY, VICTIM.repeat(2, 1, 1, 1), "as used")
