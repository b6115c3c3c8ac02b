"""The picture hash that travels is verified: what was changed, or opened with another key, is not
handed out. Every system that can mix the picture into its key is asked, with and without it."""

from dataclasses import replace

import pytest
import torch

from gansec_lib import attacks, systems
from gansec_lib.attacks.oracle import Oracle
from gansec_lib.errors import IntegrityError, TamperedError, WrongKeyError
from gansec_lib.roles import Ciphertext
from gansec_lib.roles.per_picture import UNCHECKED, PerPictureCipher
from gansec_lib.scorecards.cipher.robustness import robustness
from gansec_lib.systems.keygen.gan_cipher import GanCipher

KEY = bytes(range(32))
OTHER = bytes([KEY[0] ^ 1]) + KEY[1:]


def built(name, **options):
    cipher = systems.get(name, **options)
    untrained = {"trained": False} if isinstance(cipher, GanCipher) else {}
    return systems.get(name, **options, **untrained)


NAMES = [n for n in systems.TABLE if isinstance(systems.get(n), PerPictureCipher)]


def pictures(shape=(2, 1, 12, 12), seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


def changes(made):
    """What someone without the key can make of a ciphertext of two pictures."""
    extra, half, each = made.extra, made.payload.numel() // 2, len(made.extra["hashes"]) // 2
    first, second = extra["hashes"][:each], extra["hashes"][each:]
    for place in (0, half - 1, half, 2 * half - 1):
        payload = made.payload.clone()
        payload[place] ^= 1 << place % 8
        yield f"byte {place}", replace(made, payload=payload)
    swapped = torch.cat([made.payload[half:], made.payload[:half]])
    yield "swapped", replace(made, payload=swapped)
    yield (
        "swapped with hashes",
        replace(made, payload=swapped, extra=extra | {"hashes": second + first}),
    )
    yield (
        "the first alone",
        replace(
            made, payload=made.payload[:half], shape=(1, 1, 12, 12), extra=extra | {"hashes": first}
        ),
    )
    yield "taller", replace(made, shape=(2, 1, 24, 6))
    yield "nonce", replace(made, nonce=bytes(16))
    yield "hash", replace(made, extra=extra | {"hashes": second + second})
    yield "one field more", replace(made, extra=extra | {"more": "1"})
    yield "no tag", replace(made, tag=b"")
    yield "other tag", replace(made, tag=bytes(32))
    bare = {name: text for name, text in extra.items() if name != "hashes"}
    yield "no hashes", replace(made, extra=bare, tag=b"")


@pytest.mark.parametrize("name", NAMES)
def test_no_changed_ciphertext_is_opened(name):
    plain, cipher = pictures(), built(name, plaintext_related=True)
    made = cipher.encrypt(plain, KEY)
    assert cipher.authenticated and torch.equal(cipher.decrypt(made, KEY), plain)
    for what, changed in changes(made):
        with pytest.raises(IntegrityError):
            pytest.fail(f"{what}: handed out {cipher.decrypt(changed, KEY).shape}")
    with pytest.raises(WrongKeyError, match="the wrong key"):
        cipher.decrypt(made, OTHER)


@pytest.mark.parametrize("name", NAMES)
def test_without_the_hash_nothing_is_checked_and_limits_say_so(name):
    plain, cipher = pictures(), built(name, plaintext_related=False)
    made = cipher.encrypt(plain, KEY)
    assert not cipher.authenticated and UNCHECKED in cipher.limits and made.tag == b""
    wrong = cipher.decrypt(made, OTHER)
    assert wrong.shape == plain.shape and not torch.equal(wrong, plain)
    with pytest.raises(WrongKeyError):
        cipher.decrypt(replace(made, tag=bytes(32)), KEY)
    related = built(name, plaintext_related=True)
    assert UNCHECKED in related.limits
    with pytest.raises(IntegrityError, match="brings no hashes"):
        related.decrypt(made, KEY)
    checked = related.encrypt(plain, KEY)  # the header says what to check, whoever opens it
    assert torch.equal(cipher.decrypt(checked, KEY), plain)
    for _, changed in list(changes(checked))[:-1]:
        with pytest.raises(IntegrityError):
            cipher.decrypt(changed, KEY)


def test_without_a_nonce_the_tag_still_binds_the_pictures_to_their_message():
    """Equal pictures have equal hashes then, so only the header's tag keeps messages apart."""
    cipher = built("feistel_gan", plaintext_related=True, use_nonce=False)
    plain = pictures()
    one, two = cipher.encrypt(plain, KEY), cipher.encrypt(plain.flip(0), KEY)
    assert not torch.equal(one.payload, two.payload)
    with pytest.raises(WrongKeyError):
        cipher.decrypt(replace(one, payload=two.payload, extra=two.extra), KEY)
    with pytest.raises(TamperedError, match="picture 0 has not the hash"):
        cipher.decrypt(replace(one, payload=two.payload), KEY)


def test_of_a_quarter_what_was_sent_is_authenticated():
    cipher = built("logistic_henon_sr", transmit="quarter", plaintext_related=True)
    plain = pictures((2, 3, 11, 14))
    made = cipher.encrypt(plain, KEY)
    assert torch.equal(cipher.decrypt_small(made, KEY), plain[:, :, ::2, ::2])
    assert cipher.decrypt(made, KEY).shape == plain.shape
    payload = made.payload.clone()
    payload[5] ^= 4
    with pytest.raises(TamperedError, match="picture 0 has not the hash"):
        cipher.decrypt(replace(made, payload=payload), KEY)
    with pytest.raises(WrongKeyError):  # a size whose quarter is the same
        cipher.decrypt(replace(made, extra=made.extra | {"size": "12,14"}), KEY)
    twin = plain.clone()
    twin[:, :, 1::2] ^= 255  # pixels that are not sent are not hashed: same hashes, same bytes
    again = cipher.encrypt(twin, KEY, nonce=made.nonce)
    assert again.tag == made.tag and torch.equal(again.payload, made.payload)


@pytest.mark.parametrize("name", ["deepkeygen", "medical_hash", "dcgan_blocks", "logistic"])
def test_chosen_ciphertexts_are_refused_where_the_nonce_alone_does_not_help(name):
    image = pictures((1, 1, 32, 32))
    asked = "chosen ciphertexts"
    read = attacks.chosen_ciphertext(built(name), KEY, image, asked)
    assert read.succeeded
    refused = attacks.chosen_ciphertext(built(name, plaintext_related=True), KEY, image, asked)
    assert (refused.verdict, refused.says, refused.queries) == ("held", "refused", 1)


def test_damage_is_refused_and_an_oracle_answers_nothing():
    cipher = built("logistic", plaintext_related=True)
    rows = robustness(cipher, pictures(), KEY, ["crop"])
    assert [row["outcome"] for row in rows] == ["refused"] * 3
    oracle = Oracle(cipher, KEY, "chosen ciphertexts")
    seen = oracle.victim(pictures((1, 1, 8, 8)))
    with pytest.raises(IntegrityError):
        oracle.decrypt(seen ^ 1)


def test_the_file_keeps_hashes_and_tag():
    cipher = built("chen_plaintext")
    made = Ciphertext.from_bytes(cipher.encrypt(pictures(), KEY).to_bytes())
    assert len(made.tag) == 32 and len(made.extra["hashes"]) == 2 * 64
    assert torch.equal(cipher.decrypt(made, KEY), pictures())


def test_a_laboratory_that_does_not_verify_says_so():
    cipher, images = built("logistic", plaintext_related=True), pictures()
    made = cipher.encrypt(images, KEY)
    payload = made.payload.clone()
    payload[-1] ^= 1
    changed = replace(made, payload=payload)
    with pytest.raises(TamperedError):
        cipher.decrypt(changed, KEY)
    cipher.verifies = False
    assert not cipher.authenticated and not torch.equal(cipher.decrypt(changed, KEY), images)
    assert built("logistic", plaintext_related=True).authenticated, "no other system is touched"
