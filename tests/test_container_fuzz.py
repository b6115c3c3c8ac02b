"""Thousands of damaged ciphertext files: each is refused by name or opens, nothing else happens."""

import hashlib
import random

import pytest
import torch

from gansec_lib import systems
from gansec_lib.ciphers.container import _FIXED
from gansec_lib.errors import (
    IntegrityError,
    TamperedError,
    TruncatedError,
    VersionError,
    WrongKeyError,
)
from gansec_lib.roles import Ciphertext, derive_key

NAMES = [name for name, entry in systems.TABLE.items() if entry.role == "Cipher"]
KEY = derive_key(b"k" * 32)
MUTATIONS = 6000 // len(NAMES) + 1  # for each cipher; 6,000 in all


def a_file(name):
    rng = torch.Generator().manual_seed(5)
    pictures = torch.randint(256, (2, 1, 9, 9), generator=rng).to(torch.uint8)
    cipher = systems.get(name)
    return cipher, pictures, cipher.encrypt(pictures, KEY).to_bytes()


def damage(data: bytes, rng: random.Random) -> bytes:
    """A flipped bit, a cut, an addition, a run deleted, doubled or overwritten, a new character."""
    changed = bytearray(data)
    place = rng.randrange(len(changed))
    head = rng.randrange(min(len(changed), 220))  # fixed part and header, where most can go wrong
    kind = rng.randrange(7)
    if kind == 0:
        changed[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del changed[place:]
    elif kind == 2:
        changed += rng.randbytes(1 + rng.randrange(40))
    elif kind == 3:
        del changed[head : head + 1 + rng.randrange(8)]
    elif kind == 4:
        changed[head:head] = changed[head : head + 1 + rng.randrange(8)]
    elif kind == 5:
        changed[head] = rng.choice(b'0123456789-.eE"[]{},:nulltrue\x00\xff')
    else:
        changed[head : head + 4] = rng.randbytes(4)
    return bytes(changed)


def resealed(data: bytes) -> bytes:
    """The same file with lengths and checksum made to fit, as an attacker would do it."""
    if len(data) < _FIXED.size + 32:
        return data
    magic, version, header, tag, payload = _FIXED.unpack_from(data)
    payload = max(0, len(data) - _FIXED.size - 32 - header - tag)
    body = _FIXED.pack(magic, version, header, tag, payload) + data[_FIXED.size : -32]
    return body + hashlib.sha256(body).digest()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_integrity_errors_escapes(name):
    cipher, _, good = a_file(name)
    rng = random.Random(name)
    refused = {"as damaged": 0, "resealed": 0}
    opened = 0
    for _ in range(MUTATIONS):
        bad = damage(good, rng)
        for way, data in (("as damaged", bad), ("resealed", resealed(bad))):
            if data == good:
                continue
            try:
                found = cipher.decrypt(Ciphertext.from_bytes(data), KEY)
            except IntegrityError as problem:
                assert str(problem)
                refused[way] += 1
                continue
            assert way == "resealed", "a damaged file with its old checksum was opened"
            assert not cipher.authenticated, "an authenticated cipher opened a changed file"
            assert found.dtype == torch.uint8 and found.ndim == 4
            opened += 1
    assert refused["as damaged"] > 0.9 * MUTATIONS
    assert cipher.authenticated or opened > 0, "the fuzzer never got past the checksum"


def test_a_header_written_otherwise_is_refused():
    """The same fields with a space between them: one meaning, one tag, another file."""
    for name in ("aes_gcm", "roi_aes"):
        cipher, pictures, good = a_file(name)
        assert torch.equal(cipher.decrypt(Ciphertext.from_bytes(resealed(good)), KEY), pictures)
        place = good.index(b'":') + 2
        with pytest.raises(IntegrityError):
            Ciphertext.from_bytes(resealed(_longer_header(good, place)))


def _longer_header(data: bytes, place: int) -> bytes:
    """One space more in the header, its length told."""
    magic, version, header, tag, payload = _FIXED.unpack_from(data)
    body = _FIXED.pack(magic, version, header + 1, tag, payload) + data[_FIXED.size :]
    return body[:place] + b" " + body[place:]


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
        cipher.decrypt(Ciphertext.from_bytes(resealed(bytes(flipped))), KEY)
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
