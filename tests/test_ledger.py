"""The ledger: whole chains verify, and no change to any of them does."""

import json
from dataclasses import fields, replace

import pytest
import torch

from gansec_lib import systems
from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.systems.keygen.ledger import GENESIS, Block, Ledger

SIGNER = bytes(range(32))
FILES = [b"first file", b"second file", b"third"]


@pytest.fixture
def ledger():
    made = Ledger(SIGNER, zeros=1)
    for number, content in enumerate(FILES):
        made.append(content, f"scan {number}", time="2026-01-01T00:00:00+00:00")
    return made


def test_a_whole_chain_verifies(ledger):
    ledger.verify(dict(enumerate(FILES)))
    assert ledger.blocks[0].previous == GENESIS
    assert all(block.hash.startswith("0") for block in ledger.blocks)
    read = Ledger.from_json(ledger.to_json())
    read.verify()
    assert read.blocks == ledger.blocks
    with pytest.raises(ParameterError, match="can only be verified"):
        read.append(b"more")


@pytest.mark.parametrize("name", [field.name for field in fields(Block)])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_change_is_found(ledger, name, place):
    block = ledger.blocks[place]
    value = getattr(block, name)
    other = value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")
    ledger.blocks[place] = replace(block, **{name: other})
    with pytest.raises(IntegrityError, match=f"block {place}"):
        ledger.verify()


def test_cutting_swapping_and_rewriting_are_found(ledger):
    whole = list(ledger.blocks)
    ledger.blocks = [whole[0], whole[2]]
    with pytest.raises(IntegrityError, match="block 1: its index is 2"):
        ledger.verify()
    ledger.blocks = [whole[1], whole[0], whole[2]]
    with pytest.raises(IntegrityError):
        ledger.verify()
    forger = Ledger(bytes(32), zeros=1)  # rewrites the whole chain, with another key
    for content in FILES:
        forger.append(content)
    forger.public_key = ledger.public_key
    with pytest.raises(IntegrityError, match="not signed by this ledger's key"):
        forger.verify()


def test_files_are_compared(ledger):
    with pytest.raises(IntegrityError, match="file 1: not the file that was entered"):
        ledger.verify({1: b"second file."})
    with pytest.raises(IntegrityError, match="file 7: the ledger has 3 blocks"):
        ledger.verify({7: b""})


def test_work_is_demanded(ledger):
    ledger.zeros = 4
    with pytest.raises(IntegrityError, match="proof of work missing"):
        ledger.verify()


def test_bad_arguments_and_records_are_refused():
    with pytest.raises(ParameterError, match="zeros: expected 0 to 5"):
        Ledger(SIGNER, zeros=9)
    with pytest.raises(ParameterError, match="signing_key: expected 32 bytes"):
        Ledger(b"short")
    with pytest.raises(ParameterError, match="expected it or public_key"):
        Ledger()
    with pytest.raises(ParameterError, match="does not belong"):
        Ledger(SIGNER, bytes(32))
    for text in ("{}", "[]", "no", json.dumps({"public_key": "zz", "zeros": 1, "blocks": []})):
        with pytest.raises(IntegrityError, match="not a ledger"):
            Ledger.from_json(text)


def test_it_keeps_cipher_files_of_the_system():
    cipher = systems.get("blockchain_gan", trained=False)
    made = cipher.encrypt(torch.zeros(1, 1, 16, 16, dtype=torch.uint8), SIGNER)
    ledger = Ledger(SIGNER, zeros=0)
    cipher.record(ledger, made, "scan")
    ledger.verify({0: made.to_bytes()})
    changed = bytearray(made.to_bytes())
    changed[-1] ^= 1
    with pytest.raises(IntegrityError, match="file 0"):
        ledger.verify({0: bytes(changed)})
