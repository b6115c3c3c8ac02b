"""The composed classical ciphers: exact, keyed, judged, and opened by the attack that should."""

import pytest
import torch

from gansec_lib import attacks, metrics, systems
from gansec_lib.errors import ParameterError, TamperedError, WrongKeyError
from gansec_lib.roles import Ciphertext, derive_key

KEY = derive_key(b"a key for the classical ciphers")
OPENED_BY = {
    "henon_dna": {"chosen_plaintext_substitution"},
    "arnold_xor": {"chosen_plaintext_permutation_xor", "chosen_plaintext_substitution"},
    "hyperchen_two_way": set(),  # all but a few bytes in a thousand, see below
}


def pictures(shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


@pytest.mark.parametrize("name", OPENED_BY)
@pytest.mark.parametrize("related", [False, True])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 8, 8), (1, 1, 33, 33), (2, 3, 7, 12)])
def test_decryption_is_exact(name, related, shape):
    cipher = systems.get(name, plaintext_related=related)
    plain = pictures(shape)
    if name == "arnold_xor" and shape[2] != shape[3]:
        with pytest.raises(ParameterError, match="square pictures"):
            cipher.encrypt(plain, KEY)
        return
    made = cipher.encrypt(plain, KEY)
    back = Ciphertext.from_bytes(made.to_bytes())
    assert torch.equal(cipher.decrypt(back, KEY), plain)
    other = bytes([KEY[0] ^ 1]) + KEY[1:]
    if related:
        with pytest.raises(WrongKeyError):
            cipher.decrypt(back, other)
    elif plain.numel() > 100:
        assert (cipher.decrypt(back, other) == plain).double().mean() < 0.05


def test_a_forged_shape_is_refused():
    made = systems.get("arnold_xor").encrypt(pictures((1, 1, 6, 6)), KEY)
    forged = Ciphertext(**{**vars(made), "shape": (1, 1, 4, 9)})
    with pytest.raises(TamperedError, match="square"):
        systems.get("arnold_xor").decrypt(forged, KEY)


@pytest.mark.parametrize("name", OPENED_BY)
def test_cipher_images_look_random(name):
    plain = torch.zeros(2, 1, 128, 128, dtype=torch.uint8)
    cipher = systems.get(name).encrypt(plain, KEY, nonce=bytes(16)).as_images()
    for metric in (
        metrics.entropy(cipher, 0.001),
        metrics.chi_square(cipher, 0.001),
        metrics.adjacent_correlation(cipher, "horizontal", 0.001),
    ):
        assert metric.verdict == "pass", metric


def differential(name, related):
    """NPCR and UACI of one-bit twins with the nonce held, worst of several places."""
    cipher = systems.get(name, plaintext_related=related)
    plain = pictures((1, 1, 128, 128), 3)
    found = []
    for place in (0, 5000, 16383):
        twin = plain.clone()
        twin.view(-1)[place] ^= 1
        pair = [cipher.encrypt(p, KEY, nonce=bytes(16)).as_images() for p in (plain, twin)]
        found.append((metrics.npcr_values(*pair).item(), metrics.uaci_values(*pair).item()))
    return found


def test_one_bit_shows_the_structure_and_the_picture_hash_hides_it():
    for name in ("henon_dna", "arnold_xor"):  # no diffusion: exactly one byte
        assert all(n == pytest.approx(100 / 128**2) for n, _ in differential(name, False))
    spread = [u for _, u in differential("hyperchen_two_way", False)]
    low, high = metrics.uaci_critical(128 * 128, 0.001)
    assert any(not low <= value <= high for value in spread)
    for name in OPENED_BY:
        for npcr, uaci in differential(name, True):
            assert npcr > metrics.npcr_critical(128 * 128, 0.001)[0] and low <= uaci <= high


@pytest.mark.parametrize("name", OPENED_BY)
def test_the_attack_that_should_open_it_does(name):
    images = pictures((3, 1, 32, 32), 7)
    found, _ = attacks.suite(systems.get(name), KEY, images)
    opened = {(a.name, a.setting) for a in found if a.verdict == "opened"}
    assert {attack for attack, setting in opened if setting == "nonce held"} >= OPENED_BY[name]
    assert {setting for _, setting in opened} <= {"nonce held", "chosen ciphertexts"}
    if name == "hyperchen_two_way":
        best = max(a.score for a in found if a.setting == "nonce held")
        assert best > 0.9
    related = systems.get(name, plaintext_related=True)
    found, _ = attacks.suite(related, KEY, images, ("as used", "nonce held"))
    assert not any(a.beyond_chance and not a.tells for a in found)
