"""Every key-generation scheme as published falls to an attack; its repaired form does not."""

import hashlib

import numpy as np
import pytest
import torch

from gansec_lib import attacks, images, systems
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.attacks.on_ciphers.shuffle_seed import rank_values
from gansec_lib.attacks.oracle import Oracle
from gansec_lib.ciphers import permute, twister
from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.roles import Cipher
from gansec_lib.roles.per_picture import picture_key
from gansec_lib.systems.keygen.ledger import Ledger
from gansec_lib.systems.keygen.medical_hash import twister_seed

KEY = hashlib.sha256(b"a key for the attacks").digest()
SCANS = images.load("xrays", size=64, count=12, colour=False).images
CHANCE = 0.03
PUBLISHED = {"trained": False, "use_nonce": False, "plaintext_related": False}


def get(name, **options):
    return systems.get(name, **(PUBLISHED | options))


AS_PUBLISHED = [  # attack, scheme, options, queries at 64 × 64, share read at least
    (attacks.chosen_plaintext_xor, "deepkeygen", {}, 1, 1.0),
    (attacks.chosen_plaintext_permutation_xor, "blockchain_gan", {}, 3, 1.0),
    (attacks.chosen_plaintext_feedback, "medical_hash", {}, 3, 1.0),
    (attacks.chosen_plaintext_permutation_xor, "logistic_henon_sr", {}, 3, 1.0),
    (attacks.chosen_plaintext_blocks, "dcgan_blocks", {}, 3, 1.0),
    (attacks.chosen_plaintext_converge, "lsgan_rng", {"plain_feedback": True}, 24, 0.97),
]


@pytest.mark.parametrize(("attack", "name", "options", "queries", "share"), AS_PUBLISHED)
def test_a_fixed_key_gives_way_to_chosen_pictures(attack, name, options, queries, share):
    """Without a nonce "as used" is the published use; with one, or a hash, nothing is read."""
    found = attack(get(name, **options), KEY, SCANS[:1], "as used")
    assert found.score >= share and found.queries == queries
    assert found.succeeded or share < 1
    for repaired in ({"use_nonce": True}, {"plaintext_related": True}):
        other = attack(get(name, **options, **repaired), KEY, SCANS[:1], "as used")
        assert other.score < CHANCE, repaired


def test_two_time_pad_opens_every_other_picture_of_a_deepkeygen_key():
    for extraction in ("raw", "modular"):
        cipher = get("deepkeygen", extraction=extraction)
        assert attacks.two_time_pad(cipher, KEY, SCANS[:1], SCANS[1:2], "as used").succeeded
    repaired = get("deepkeygen", use_nonce=True)
    assert not attacks.two_time_pad(repaired, KEY, SCANS[:1], SCANS[1:2], "as used").succeeded


def test_converge_with_its_box_and_other_structures_are_noticed():
    for cipher in (get("lsgan_rng"), get("medical_hash"), systems.get("aes_gcm")):
        found = attacks.chosen_plaintext_converge(cipher, KEY, SCANS[:1], "as used")
        assert found.score < CHANCE and found.details["structure"] == "none fits"
    with pytest.raises(ParameterError, match="image: expected 8 bytes or more, got 4"):
        attacks.chosen_plaintext_converge(get("lsgan_rng"), KEY, SCANS[:1, :, :2, :2], "as used")


@pytest.mark.parametrize("shape", [(1, 3, 24, 40), (1, 1, 9, 15), (1, 1, 12, 18)])
def test_blocks_of_any_side_and_colour(shape):
    picture = torch.randint(256, shape, generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    cipher = get("dcgan_blocks")
    side = cipher._schedule(KEY, shape[1:])[0]
    if side == 1:
        found = attacks.chosen_plaintext_feedback(cipher, KEY, picture, "as used")
    else:
        found = attacks.chosen_plaintext_blocks(cipher, KEY, picture, "as used")
        assert found.details["structure"] == f"blocks of {side}"
    assert found.succeeded


def test_a_picture_without_blocks_is_refused():
    with pytest.raises(ParameterError, match="image: expected sides with a common divisor"):
        attacks.chosen_plaintext_blocks(get("dcgan_blocks"), KEY, SCANS[:1, :, :7, :8], "as used")


# ---------------------------------------------------------------- chosen ciphertexts

ASKED = "chosen ciphertexts"

BYTES = [  # scheme, options, decryptions at 64 × 64
    ("deepkeygen", {}, 3),
    ("blockchain_gan", {}, 3),
    ("logistic_henon_sr", {}, 3),
    ("medical_hash", {}, 7),
]


@pytest.mark.parametrize(("name", "options", "queries"), BYTES)
def test_nonces_do_not_stop_chosen_ciphertexts_and_verified_hashes_do(name, options, queries):
    cipher = get(name, use_nonce=True, **options)
    found = attacks.chosen_ciphertext(cipher, KEY, SCANS[:1], ASKED)
    assert found.succeeded and found.queries == queries
    checked = get(name, use_nonce=True, plaintext_related=True, **options)
    refused = attacks.chosen_ciphertext(checked, KEY, SCANS[:1], ASKED)
    assert (refused.verdict, refused.says, refused.queries) == ("held", "refused", 1)


def test_blocks_and_both_directions_too():
    for name, structure in (("dcgan_blocks", "blocks of 32"), ("logistic", "sums_both_ways")):
        cipher = systems.get(name)
        found = attacks.chosen_ciphertext(cipher, KEY, SCANS[:1], ASKED)
        assert found.succeeded and found.details["structure"] == structure


@pytest.mark.parametrize("attack", [attacks.chosen_ciphertext, attacks.chosen_ciphertext_bits])
def test_a_tag_stops_chosen_ciphertexts_and_other_structures_are_noticed(attack):
    tagged = attack(systems.get("aes_gcm"), KEY, SCANS[:1], ASKED)
    assert (tagged.verdict, tagged.says, tagged.queries) == ("held", "refused", 1)
    other = attack(get("lsgan_rng"), KEY, SCANS[:1], ASKED)
    assert other.score < CHANCE and other.details["structure"] == "none fits"


def test_moved_bits_are_numbered_in_as_many_answers_as_their_number_has_digits():
    """[7]-like boxes: 2 + ⌈log₂ 8n⌉ = 17 at 64 × 64, and 21 at 256 × 256."""
    plain = attacks.chosen_ciphertext_bits(systems.get("logistic_henon_sr"), KEY, SCANS[:1], ASKED)
    assert plain.score < CHANCE  # + mod 256 is not ⊕: bits carry
    chained = attacks.chosen_ciphertext_bits(targets.BitBoxes(), KEY, SCANS[:1], ASKED)
    assert chained.succeeded and chained.queries == 17
    bare = attacks.chosen_ciphertext_bits(get("blockchain_gan"), KEY, SCANS[:1], ASKED)
    assert bare.succeeded and bare.queries == 17
    large = SCANS[:1].repeat(1, 1, 4, 4)
    xor = attacks.chosen_ciphertext_bits(targets.XorStream(), KEY, large, ASKED)
    assert xor.succeeded and xor.queries == 21


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 5, 7)])
def test_boxes_of_bits_come_back(shape):
    plain = torch.randint(256, shape, generator=torch.Generator().manual_seed(2)).to(torch.uint8)
    cipher = targets.BitBoxes()
    assert torch.equal(cipher.decrypt(cipher.encrypt(plain, KEY), KEY), plain)


def test_the_victim_itself_is_not_decrypted_for_the_attacker():
    oracle = Oracle(targets.XorStream(), KEY, ASKED)
    seen = oracle.victim(SCANS[:1])
    with pytest.raises(ParameterError, match="cipher_image: expected another than the victim's"):
        oracle.decrypt(seen)
    assert torch.equal(oracle.decrypt(seen ^ 1), SCANS[:1] ^ 1) and oracle.queries == 1


# ---------------------------------------------------------------- guesses


@pytest.mark.parametrize(
    "name", ["lsgan_rng", "immense_random", "feistel_gan", "dcgan_blocks", "chen_plaintext"]
)
def test_without_a_nonce_a_guess_is_confirmed(name):
    """Also where the key follows from the picture: equal pictures, equal ciphertexts."""
    for related in (False, True):
        cipher = get(name, plaintext_related=related)
        found = attacks.dictionary(cipher, KEY, SCANS[7:8], SCANS, "as used")
        assert found.succeeded and found.details == {"found": 7, "offline": False}
        assert attacks.dictionary(cipher, KEY, SCANS[7:8], SCANS[:7], "as used").score < CHANCE
    repaired = attacks.dictionary(get(name, use_nonce=True), KEY, SCANS[7:8], SCANS, "as used")
    assert repaired.score < CHANCE and repaired.details["found"] == -1


def test_a_key_made_from_the_region_confirms_guesses_without_any_key():
    published = systems.get("roi_aes", trained=False)
    found = attacks.dictionary(published, KEY, SCANS[7:8], SCANS, "as used")
    assert found.succeeded and found.queries == 0 and found.details["offline"]
    repaired = systems.get("roi_aes", trained=False, seed_from="random")
    assert attacks.dictionary(repaired, KEY, SCANS[7:8], SCANS, "as used").details["found"] == -1


def test_the_ledger_names_pictures_only_where_plain_hashes_are_on_it():
    cipher, ledger, sealed = get("blockchain_gan", use_nonce=True), Ledger(KEY), Ledger(KEY)
    entered = [4, 9, 4]
    for row in entered:
        picture = SCANS[row : row + 1]
        made = cipher.encrypt(picture, KEY)
        cipher.record(ledger, made, attacks.plain_hashes(picture)[0])
        cipher.record(sealed, made, "scan")
    labels = [block.label for block in ledger.blocks]
    assert attacks.ledger_guesses(labels, SCANS) == dict(enumerate(entered))
    assert attacks.equal_entries(labels) == [(0, 2)]
    for public in ("ciphertext", "hash"):
        clean = [getattr(block, public) for block in sealed.blocks]
        assert attacks.ledger_guesses(clean, SCANS) == {} and attacks.equal_entries(clean) == []
    with pytest.raises(ParameterError, match="labels: expected a list"):
        attacks.equal_entries("abc")


# ---------------------------------------------------------------- what the weights give away


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_uneven_key_bytes_give_a_picture_away_though_each_key_is_fresh(seed):
    raw, modular = (
        attacks.uneven_key(
            systems.get("deepkeygen", extraction=extraction, seed=seed),
            KEY,
            SCANS[:1],
            "many messages",
        )
        for extraction in ("raw", "modular")
    )
    assert raw.score > 0.3 > 0.17 > modular.score and modular.chance < 0.14
    assert raw.queries == 0 and (raw.verdict, modular.verdict) == ("in part", "held")


def test_even_keys_give_nothing_and_one_sending_little():
    aes = attacks.uneven_key(systems.get("aes_gcm"), KEY, SCANS[:1], "many messages")
    assert aes.score < 0.17
    system = systems.get("deepkeygen")
    once = attacks.uneven_key(system, KEY, SCANS[:1], "many messages", sendings=1)
    often = attacks.uneven_key(system, KEY, SCANS[:1], "many messages", sendings=32)
    assert often.score > once.score + 0.1
    with pytest.raises(ParameterError, match="sendings: expected 1 or more, got 0"):
        attacks.uneven_key(system, KEY, SCANS[:1], "many messages", sendings=0)


def test_a_short_seed_is_found_behind_any_network():
    keys = get("lsgan_rng").keys
    secret = (777).to_bytes(8, "little").ljust(32, b"\0")
    known = keys.keystream(secret, b"n", 16)
    found, cost = attacks.generator_search(keys, known, attacks.short_seeds(10), b"n")
    assert found == [secret] and cost["keys_tried"] == 1024
    assert attacks.generator_search(keys, known ^ 1, attacks.short_seeds(10), b"n")[0] == []
    full = keys.keystream(KEY, b"n", 16)
    assert attacks.generator_search(keys, full, attacks.short_seeds(10), b"n")[0] == []
    with pytest.raises(ParameterError, match="known: expected 4 to 64 key bytes, got 3"):
        attacks.generator_search(keys, known[:3], attacks.short_seeds(4))
    with pytest.raises(ParameterError, match="bits: expected 1 to 40"):
        attacks.short_seeds(64)


def test_a_secret_picture_from_a_public_set_is_found():
    for extraction in ("raw", "modular"):
        keys = get("deepkeygen", extraction=extraction).keys
        seen = SCANS[:1] ^ keys.image_key(SCANS[5:6])
        best, plain, roughness = attacks.source_search(keys.image_key, seen, SCANS[1:])
        assert best == 4 and torch.equal(plain, SCANS[:1]) and len(roughness) == 11
    with pytest.raises(ParameterError, match="secret: expected"):
        keys.image_key(SCANS[:1, :, :18, :18])


class FromASet(type(systems.get("deepkeygen", trained=False))):
    """Takes its secret picture from the X-rays that everyone has, as the paper does."""

    def _encrypt_one(self, plain, key, nonce):
        return plain ^ self.keys.image_key(SCANS[5:6])[0].numpy()

    _decrypt_one = _encrypt_one


def test_public_sources_and_short_seeds_are_attempts_too():
    given = (KEY, SCANS[:1], SCANS[4:7], "weights known")
    opened = attacks.public_source(FromASet(**PUBLISHED), *given)
    assert opened.verdict == "opened" and opened.details["source"] == 1
    assert attacks.public_source(get("deepkeygen"), *given).verdict == "held"
    short = (777).to_bytes(8, "little").ljust(32, b"\0")
    for key, verdict in ((short, "opened"), (KEY, "held")):
        found = attacks.short_generator_seed(
            get("lsgan_rng"), key, SCANS[:1], "weights known", bits=10
        )
        assert found.verdict == verdict and found.details["keys_tried"] == 1024


def test_weights_near_each_other_are_one_key_when_extraction_is_raw():
    noises = (0.0, 1e-3, 1e-2)
    raw, modular = (
        attacks.near_weights(
            get("deepkeygen", extraction=extraction, trained=True), SCANS[:1], KEY, noises
        )
        for extraction in ("raw", "modular")
    )
    assert raw[0]["same_bytes"] == modular[0]["same_bytes"] == 1 and raw[0]["psnr"] is None
    assert raw[1]["psnr"] > 25 and raw[2]["psnr"] > 18  # the picture can be seen
    assert raw[1]["same_bytes"] > 0.4 and modular[1]["same_bytes"] < CHANCE
    assert modular[1]["psnr"] < 10
    with pytest.raises(ParameterError, match="noises: expected numbers of 0 or more"):
        attacks.near_weights(get("deepkeygen"), SCANS[:1], KEY, (-1.0,))


def test_known_pictures_open_the_codes_of_a_public_codec():
    scans = images.load("xrays", size=128, count=12, colour=False).images
    published = systems.get("gan_compression", use_nonce=False)
    found = attacks.known_codes(published, KEY, scans[:1], scans[1:], "public codec")
    received = published.decrypt(published.encrypt(scans[:1], KEY), KEY)
    error = (found.shown.double() - received.double()).abs().mean()
    assert found.score > 0.97 and error < 3
    repaired = systems.get("gan_compression")
    assert attacks.known_codes(repaired, KEY, scans[:1], scans[1:], "public codec").score < CHANCE


# ---------------------------------------------------------------- the Twister inside [10]


def test_ranks_of_a_henon_orbit_are_its_values():
    from gansec_lib import chaos

    x = chaos.orbit("henon", 4096, start=(0.11, 0.07))[:, 0]
    guessed = rank_values(4096)[np.argsort(np.argsort(x))]
    assert np.abs(guessed - x).max() < 0.08
    assert np.abs(guessed[2:] - (1 - 1.4 * guessed[1:-1] ** 2 + 0.3 * guessed[:-2])).mean() < 0.03


@pytest.mark.parametrize("seed", [0, 1, 2**31 + 5, 2**32 - 1])
def test_the_shuffles_seed_is_found_among_its_neighbours(seed):
    from gansec_lib import chaos

    n = 4096
    first = permute.fisher_yates(twister.MT19937(seed).random_uint32(n), n)
    second = permute.order_from(chaos.orbit("henon", n, start=(0.05, 0.02))[:, 0])
    start = min(max(0, seed - 20_000), 2**32 - 40_000)
    found, cost = attacks.shuffle_seeds(first[second], (start, start + 40_000))
    assert found == [seed] and cost["keys_tried"] == 40_000


def test_the_twister_inside_medical_hash():
    cipher = get("medical_hash")
    seed = twister_seed(picture_key(KEY, b"", cipher.labels([b""])[0]))
    span = (max(0, seed - 30_000), min(2**32, seed + 30_000))
    found = attacks.twister_shuffle(cipher, KEY, SCANS[:1], "as used", span)
    assert found.succeeded and found.queries == 3 and found.details["seeds"] == [seed]
    away = attacks.twister_shuffle(cipher, KEY, SCANS[:1], "as used", (seed + 1, seed + 5000))
    assert away.details["seeds"] == []
    repaired = get("medical_hash", use_nonce=True)
    other = attacks.twister_shuffle(repaired, KEY, SCANS[:1], "as used", span)
    assert other.score < CHANCE and other.details["seeds"] == []
    with pytest.raises(ParameterError, match="image: expected 1024 bytes or more"):
        attacks.twister_shuffle(cipher, KEY, SCANS[:1, :, :16, :16], "as used", span)
    with pytest.raises(ParameterError, match="source: expected a permutation"):
        attacks.shuffle_seeds(np.zeros(2000, np.int64))
    with pytest.raises(ParameterError, match="seeds: expected"):
        attacks.shuffle_seeds(np.arange(2000), (5, 5))


def test_authenticated_systems_refuse_what_the_attacker_hands_in():
    oracle = Oracle(systems.get("roi_aes", trained=False), KEY, ASKED)
    seen = oracle.victim(SCANS[:1])
    with pytest.raises(IntegrityError):
        oracle.decrypt(seen ^ 1)
    assert isinstance(oracle.cipher, Cipher)
