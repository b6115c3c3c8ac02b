"""Damaged and hostile ciphertext files: each is refused by name or opens, nothing else happens.

``python -m tools.fuzz --only containers`` tries 20,000, and other ones with ``--seed``.
"""

import time
import tracemalloc
from dataclasses import replace

import pytest
import torch

from gansec_lib import systems
from gansec_lib.ciphers.container import (
    BYTES_A_PICTURE,
    MOST_BYTES,
    SMALL_PICTURES,
    sides_of,
    too_many,
)
from gansec_lib.errors import (
    IntegrityError,
    ParameterError,
    TamperedError,
    TruncatedError,
    VersionError,
    WrongKeyError,
)
from gansec_lib.roles import Cipher, Ciphertext, derive_key
from tools import fuzz
from tools.fuzz import containers
from tools.fuzz.containers import FIXED, joined, parts, sealed

NAMES = [name for name, entry in systems.TABLE.items() if entry.role == "Cipher"]
KEY = derive_key(b"k" * 32)


def a_file(name):
    rng = torch.Generator().manual_seed(5)
    pictures = torch.randint(256, (2, 1, 9, 9), generator=rng).to(torch.uint8)
    cipher = systems.get(name)
    return cipher, pictures, cipher.encrypt(pictures, KEY).to_bytes()


def test_nothing_but_integrity_errors_escapes():
    """A thinned selection: every way of changing a file, every system of the table."""
    tally = fuzz.run("containers", count=900)
    assert tally.undocumented == []
    assert tally.opened > 20 and tally.refused.total() > 450


def test_the_selection_has_every_cipher_and_notices_an_authenticated_one_that_opens(monkeypatch):
    every = containers.valid(("logistic plaintext_related", "aes_gcm"))
    assert [one.label for one in every[::2]] == ["aes_gcm", "logistic plaintext_related"]
    related = every[2].cipher
    monkeypatch.setattr(type(related), "_check_pictures", lambda *_: None)
    monkeypatch.setattr(type(related), "_check_tag", lambda *_: None)
    broken = 0
    for number in range(300):
        try:
            containers.attempt(every[2], every, containers.random.Random(number))
        except IntegrityError:
            pass
        except AssertionError as found:
            assert "handed out what nobody encrypted" in str(found)
            broken += 1
    assert broken > 3


def test_a_header_written_otherwise_is_refused():
    """The same fields with a space between them: one meaning, one tag, another file."""
    for name in ("aes_gcm", "roi_aes"):
        cipher, pictures, good = a_file(name)
        assert torch.equal(cipher.decrypt(Ciphertext.from_bytes(good), KEY), pictures)
        place = good.index(b'":') + 2
        with pytest.raises(IntegrityError):
            Ciphertext.from_bytes(_longer_header(good, place))


def _longer_header(data: bytes, place: int) -> bytes:
    """One space more in the header, its length told and the checksum made to fit."""
    magic, version, header, tag, payload = FIXED.unpack_from(data)
    body = FIXED.pack(magic, version, header + 1, tag, payload) + data[FIXED.size : -32]
    return sealed(body[:place] + b" " + body[place:])


def test_each_kind_of_damage_has_its_own_error():
    cipher, _, good = a_file("aes_gcm")
    with pytest.raises(TruncatedError, match="cut short"):
        Ciphertext.from_bytes(good[:-5])
    with pytest.raises(TruncatedError, match="too long"):
        Ciphertext.from_bytes(good + b"x")
    flipped = bytearray(good)
    flipped[-40] ^= 1
    with pytest.raises(TamperedError, match="checksum"):
        Ciphertext.from_bytes(bytes(flipped))
    with pytest.raises(WrongKeyError, match="tag"):
        cipher.decrypt(Ciphertext.from_bytes(sealed(bytes(flipped)[:-32])), KEY)
    with pytest.raises(WrongKeyError, match="wrong key"):
        cipher.decrypt(Ciphertext.from_bytes(good), bytes([KEY[0] ^ 1]) + KEY[1:])
    newer = bytearray(good)
    newer[6] = 9
    with pytest.raises(VersionError, match="format version 9"):
        Ciphertext.from_bytes(bytes(newer))
    with pytest.raises(VersionError, match="aes_gcm version 7"):
        cipher.decrypt(Ciphertext(**{**vars(Ciphertext.from_bytes(good)), "version": 7}), KEY)


@pytest.mark.parametrize("name", ["aes_gcm", "logistic"])
def test_a_passphrase_locks_with_a_salt_of_its_own(name):
    cipher, pictures, _ = a_file(name)
    first, second = cipher.lock(pictures, "correct horse"), cipher.lock(pictures, "correct horse")
    assert len(first.salt) == 16 and first.salt != second.salt
    again = Ciphertext.from_bytes(first.to_bytes())
    assert again.salt == first.salt
    assert torch.equal(cipher.unlock(again, "correct horse"), pictures)
    if cipher.authenticated:
        with pytest.raises(WrongKeyError):
            cipher.unlock(again, "correct horsf")
        with pytest.raises(WrongKeyError):
            cipher.unlock(Ciphertext(**{**vars(again), "salt": bytes(16)}), "correct horse")
    with pytest.raises(IntegrityError, match="salt"):
        cipher.unlock(cipher.encrypt(pictures, KEY), "correct horse")


# ---------------------------------------------------------------- sizes, before memory is taken


HUGE = (2**31 - 1, 1, 2**31 - 1, 2**31 - 1)


def claiming(made: Ciphertext, shape) -> bytes:
    """Its file with another shape in the header, checksum and all."""
    header, tag, payload = parts(made)
    old = str(list(made.shape)).replace(" ", "").encode()
    new = str(list(shape)).replace(" ", "").encode()
    assert header.count(old) == 1
    return joined(header.replace(old, new), tag, payload)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [HUGE, (1, 3, 30_000, 20_000), (1, 1, 1, 2**31 - 1)])
def test_a_shape_that_its_payload_does_not_fill_costs_nothing(name, shape):
    cipher, _, good = a_file(name)
    made = Ciphertext.from_bytes(good)
    tracemalloc.start()
    try:
        with pytest.raises(IntegrityError):
            cipher.decrypt(Ciphertext.from_bytes(claiming(made, shape)), KEY)
        with pytest.raises(IntegrityError):
            cipher.decrypt(replace(made, shape=shape), KEY)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", NAMES)
def test_thousands_of_tiny_pictures_are_refused_at_once(name):
    cipher, _, good = a_file(name)
    tiny = torch.zeros(1024, 1, 1, 1, dtype=torch.uint8)
    many = replace(Ciphertext.from_bytes(good), payload=tiny.reshape(-1), shape=tuple(tiny.shape))
    start = time.process_time()
    with pytest.raises(TamperedError, match="at most 260 pictures of 1 bytes"):
        cipher.decrypt(many, KEY)
    with pytest.raises(ParameterError, match="encrypt them in parts"):
        cipher.encrypt(tiny, KEY)
    assert time.process_time() - start < 1  # a refusal, and no key was made for any of them
    with pytest.raises(TamperedError, match="at most 260 pictures"):
        header, tag, _ = parts(Ciphertext.from_bytes(good))
        old = str(list(Ciphertext.from_bytes(good).shape)).replace(" ", "").encode()
        Ciphertext.from_bytes(joined(header.replace(old, b"[1024,1,1,1]"), tag, bytes(1024)))


def test_how_many_pictures_fit():
    assert too_many((SMALL_PICTURES, 1, 1, 1)) == ""
    assert too_many((10_000, 1, 16, BYTES_A_PICTURE // 16)) == ""
    assert "at most" in too_many((SMALL_PICTURES + 10, 1, 1, 1))
    assert str(MOST_BYTES) in too_many((1, 1, MOST_BYTES, 3))


@pytest.mark.parametrize("name", NAMES)
def test_a_nonce_of_another_length_is_refused(name):
    cipher, _, good = a_file(name)
    made = Ciphertext.from_bytes(good)
    for nonce in (b"", made.nonce[:-1], made.nonce + b"x"):
        with pytest.raises(TamperedError, match="expected a nonce of"):
            cipher.decrypt(replace(made, nonce=nonce), KEY)


@pytest.mark.parametrize("name", ["aes_gcm", "chacha20"])
def test_a_valid_tag_over_a_shape_that_cannot_be_is_an_integrity_error(name):
    """Someone with the key seals a header whose shape is not that of the bytes."""
    cipher = systems.get(name)
    made = Ciphertext(torch.zeros(6, dtype=torch.uint8), (1, 1, 2, 5), name, nonce=bytes(12))
    payload, tag = cipher._seal(KEY, made.nonce, made.payload.numpy(), made.header())
    sealed_by_owner = replace(made, payload=torch.from_numpy(payload.copy()), tag=tag)
    with pytest.raises(TamperedError, match=r"6 bytes for pictures of shape \(1, 1, 2, 5\)"):
        cipher.decrypt(sealed_by_owner, KEY)


def test_a_header_as_large_as_it_likes_is_refused_before_it_is_parsed():
    _, tag, payload = parts(Ciphertext.from_bytes(a_file("aes_gcm")[2]))
    with pytest.raises(TamperedError, match="a header of 2000000 bytes"):
        Ciphertext.from_bytes(joined(b"[" * 2_000_000, tag, payload))
    made = Ciphertext(torch.zeros(1).byte(), (1, 1, 1, 1), "x", extra={"a": "b" * 2_000_000})
    with pytest.raises(ParameterError, match="extra: expected a header of"):
        made.to_bytes()


def test_sides_have_one_form():
    assert sides_of("1,2147483647", 2) == (1, 2**31 - 1)
    for text in ("", "1", "1,2,3", "0,1", "01,1", "+1,1", " 1,1", "1_0,1", "1,2147483648", "٣,1"):
        with pytest.raises(TamperedError, match="size in its header is damaged"):
            sides_of(text, 2)


@pytest.mark.parametrize("data", [None, "text", 10**12, 1.5, [1, 2]])
def test_what_is_no_file_is_said_to_be_none(data):
    with pytest.raises(ParameterError, match="data: expected the bytes of a file"):
        Ciphertext.from_bytes(data)


@pytest.mark.parametrize("name", ["deepkeygen", "blockchain_gan", "medical_hash"])
def test_pictures_whose_key_picture_would_be_far_larger_are_refused(name):
    cipher = systems.get(name, trained=False)
    assert isinstance(cipher, Cipher)
    for shape in ((1, 1, 1, 4096), (1, 1, 4096, 3), (1, 1, 2052, 2052)):
        with pytest.raises(ParameterError, match="encrypt it in tiles"):
            cipher.encrypt(torch.zeros(shape, dtype=torch.uint8), KEY)
