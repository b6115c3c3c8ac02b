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


def read(text, public_key=None, zeros=1):
    """What a reader has who brings the signer's key herself."""
    return Ledger.from_json(text, public_key or Ledger(SIGNER).public_key, zeros)


def test_a_whole_chain_verifies(ledger):
    ledger.verify(3, files=dict(enumerate(FILES)))
    assert ledger.blocks[0].previous == GENESIS
    assert all(block.hash.startswith("0") for block in ledger.blocks)
    copy = read(ledger.to_json())
    assert copy.blocks == ledger.blocks
    for length, block in enumerate(copy.blocks, 1):  # a chain may have grown since she looked
        copy.verify(length, block.hash)
    copy.verify(0)
    with pytest.raises(ParameterError, match="can only be verified"):
        copy.append(b"more")


@pytest.mark.parametrize("name", [field.name for field in fields(Block)])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_change_is_found(ledger, name, place):
    block = ledger.blocks[place]
    value = getattr(block, name)
    other = value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")
    ledger.blocks[place] = replace(block, **{name: other})
    with pytest.raises(IntegrityError, match=f"block {place}"):
        read(ledger.to_json()).verify(3)


def test_cutting_inside_and_swapping_are_found(ledger):
    whole = list(ledger.blocks)
    ledger.blocks = [whole[0], whole[2]]
    with pytest.raises(IntegrityError, match="block 1: its index is 2"):
        ledger.verify(2)
    ledger.blocks = [whole[1], whole[0], whole[2]]
    with pytest.raises(IntegrityError):
        ledger.verify(3)


def test_a_block_of_the_signers_other_chain_is_found(ledger):
    """Hers, with the right number and enough work: only the hash before it does not fit."""
    other = Ledger(SIGNER, zeros=1)
    for content in (b"another first file", *FILES[1:]):
        other.append(content, time="2026-01-01T00:00:00+00:00")
    ledger.blocks[1] = other.blocks[1]
    with pytest.raises(IntegrityError, match="block 1: does not follow the block before it"):
        ledger.verify(3)


def test_a_chain_forged_under_another_key_is_refused(ledger):
    """Whole in itself, and it says so itself; the reader's own key is what counts."""
    forger = Ledger(bytes(32), zeros=1)
    for content in FILES:
        forger.append(content)
    forger.verify(3, files=dict(enumerate(FILES)))
    with pytest.raises(IntegrityError, match="block 0: not signed by this ledger's key"):
        read(forger.to_json()).verify(3)
    record = json.loads(forger.to_json())  # as earlier releases wrote it, key and work in the file
    record |= {"public_key": forger.public_key.hex(), "zeros": 0}
    with pytest.raises(IntegrityError, match="not signed"):
        read(json.dumps(record)).verify(3)


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_truncated_or_emptied_chain_is_refused(ledger, left):
    record = json.loads(ledger.to_json())
    record["blocks"] = record["blocks"][:left]
    cut = read(json.dumps(record))
    cut.verify(left)  # nothing in a chain tells that it was longer
    with pytest.raises(IntegrityError, match=f"block {left}: missing; 3 blocks were known"):
        cut.verify(3)
    with pytest.raises(IntegrityError, match="missing"):
        cut.verify(3, ledger.blocks[2].hash)


def test_a_signer_who_rewrites_her_own_chain_is_found_by_its_head(ledger):
    head = ledger.blocks[2].hash
    other = Ledger(SIGNER, zeros=1)
    for content in (*FILES[:2], b"another third", b"and a fourth"):
        other.append(content, time="2026-01-01T00:00:00+00:00")
    other = read(other.to_json())
    other.verify(3)
    with pytest.raises(IntegrityError, match="block 2: not the one that was known"):
        other.verify(3, head)


def test_work_is_demanded_by_the_reader():
    lazy = Ledger(SIGNER, zeros=0)
    while all(block.hash.startswith("00") for block in lazy.blocks):
        lazy.append(b"a file")
    text = lazy.to_json()
    read(text, zeros=0).verify(len(lazy.blocks))
    with pytest.raises(IntegrityError, match="proof of work missing"):
        read(text, zeros=2).verify(len(lazy.blocks))
    with pytest.raises(IntegrityError, match="proof of work missing"):  # a file without work
        Ledger.from_json(text, lazy.public_key).verify(len(lazy.blocks))


def test_files_are_compared(ledger):
    with pytest.raises(IntegrityError, match="file 1: not the file that was entered"):
        ledger.verify(3, files={1: b"second file."})
    with pytest.raises(IntegrityError, match="file 7: the ledger has 3 blocks"):
        ledger.verify(3, files={7: b""})


def test_bad_arguments_and_records_are_refused():
    with pytest.raises(ParameterError, match="zeros: expected 0 to 5"):
        Ledger(SIGNER, zeros=9)
    with pytest.raises(ParameterError, match="signing_key: expected 32 bytes"):
        Ledger(b"short")
    with pytest.raises(ParameterError, match="expected it or public_key"):
        Ledger()
    with pytest.raises(ParameterError, match="does not belong"):
        Ledger(SIGNER, bytes(32))
    for length in (-1, None, "3", True):
        with pytest.raises(ParameterError, match="length: expected how many blocks"):
            Ledger(SIGNER).verify(length)
    for head in (5, b"00"):
        with pytest.raises(ParameterError, match="head: expected"):
            Ledger(SIGNER).verify(1, head)
    with pytest.raises(ParameterError, match="public_key: expected 32 bytes"):
        Ledger.from_json("{}", b"short")
    deep = '{"blocks": ' + "[" * 100_000
    for text in ("{}", "[]", "no", '{"blocks": 5}', '{"blocks": [5]}', '{"blocks": [{}]}', deep):
        with pytest.raises(IntegrityError, match="not a ledger"):
            read(text)


@pytest.mark.parametrize("name", [field.name for field in fields(Block)])
@pytest.mark.parametrize("value", [None, 1.0, True, [], {"a": 1}, "x", 7, -1, 2**70])
def test_fields_of_another_kind_are_refused(ledger, name, value):
    record = json.loads(ledger.to_json())
    record["blocks"][1][name] = value
    with pytest.raises(IntegrityError, match="block 1"):
        read(json.dumps(record)).verify(3)


def test_it_keeps_cipher_files_of_the_system():
    cipher = systems.get("blockchain_gan", trained=False)
    made = cipher.encrypt(torch.zeros(1, 1, 16, 16, dtype=torch.uint8), SIGNER)
    ledger = Ledger(SIGNER, zeros=0)
    cipher.record(ledger, made, "scan")
    ledger.verify(1, files={0: made.to_bytes()})
    changed = bytearray(made.to_bytes())
    changed[-1] ^= 1
    with pytest.raises(IntegrityError, match="file 0"):
        ledger.verify(1, files={0: bytes(changed)})


# ---------------------------------------------------------------- what is no argument


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("text",), "ciphertext"),
        ((None,), "ciphertext"),
        ((torch.zeros(3, dtype=torch.uint8),), "ciphertext"),
        (([1, 2],), "ciphertext"),
        ((b"x", None), "label"),
        ((b"x", 3), "label"),
        ((b"x", b"scan"), "label"),
        ((b"x", "scan", 2026), "time"),
        ((b"x", "scan", None), "time"),
        ((b"x", "scan", b"2026"), "time"),
    ],
)
def test_what_could_not_be_read_again_is_not_appended(ledger, arguments, name):
    with pytest.raises(ParameterError, match=f"{name}: expected"):
        ledger.append(*arguments)
    assert len(ledger.blocks) == 3


def test_whatever_is_appended_is_read_again(ledger):
    for content in (b"", bytearray(b"ab"), memoryview(b"ab")):
        ledger.append(content, "ein Größerer\n\ud800", time="any time")
    copy = read(ledger.to_json())
    assert copy.blocks == ledger.blocks
    copy.verify(6, ledger.blocks[5].hash, {4: b"ab", 5: b"ab"})


def test_a_stored_ledger_is_continued_with_the_signing_key(ledger):
    stored = ledger.to_json()
    with pytest.raises(ParameterError, match=r"from_json.*signing_key"):
        read(stored).append(b"more")
    for public in (None, ledger.public_key):
        copy = Ledger.from_json(stored, public, zeros=1, signing_key=SIGNER)
        copy.verify(3, ledger.blocks[2].hash)
        assert copy.append(b"more").previous == ledger.blocks[2].hash
        read(copy.to_json()).verify(4, files={3: b"more"})
    with pytest.raises(ParameterError, match="public_key: does not belong"):
        Ledger.from_json(stored, bytes(32), zeros=1, signing_key=SIGNER)
    with pytest.raises(ParameterError, match="signing_key: expected it or public_key"):
        Ledger.from_json(stored)


@pytest.mark.parametrize(
    "files", [{"0": b""}, {True: b""}, {0.0: b""}, [b"x"], {0: "x"}, {0: None}, b"x", 3]
)
def test_files_that_are_no_files_are_refused(ledger, files):
    with pytest.raises(ParameterError, match="files: expected"):
        ledger.verify(3, files=files)


@pytest.mark.parametrize("zeros", [True, False, 1.0, "1", None, -1, 6])
def test_zeros_that_are_no_number_of_zeros_are_refused(zeros):
    with pytest.raises(ParameterError, match="zeros: expected"):
        Ledger(SIGNER, zeros=zeros)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: " " + text,
        lambda text: text + "\n",
        lambda text: " ".join(text[i : i + 2] for i in range(0, 128, 2)),
        str.upper,
        lambda text: text + "00",
        lambda text: text[:-2],
        lambda text: "٠" * 128,
    ],
)
def test_a_signature_has_one_spelling(ledger, change):
    block = ledger.blocks[1]
    changed = change(block.signature)
    assert changed != block.signature
    ledger.blocks[1] = replace(block, signature=changed)
    with pytest.raises(IntegrityError, match="block 1: not signed by this ledger's key"):
        read(ledger.to_json()).verify(3)


@pytest.mark.parametrize("text", ['{"blocks": {}}', '{"blocks": ""}', '{"blocks": null}', "[]"])
def test_what_holds_no_list_of_blocks_is_no_empty_ledger(text):
    with pytest.raises(IntegrityError, match="not a ledger"):
        read(text)
    assert read('{"blocks": []}').blocks == []
