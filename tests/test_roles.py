"""Roles, the ciphertext file, keys, and the table of systems."""

import importlib
import random

import pytest
import torch

from gansec_lib import roles, systems
from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.roles import Ciphertext, derive_key


def sample() -> Ciphertext:
    payload = torch.arange(2 * 3 * 5 * 4, dtype=torch.uint8)
    return Ciphertext(
        payload, (2, 3, 5, 4), "logistic", 1, b"n" * 16, b"tag bytes", {"hashes": "00ff"}
    )


def test_ciphertext_survives_its_file():
    made = sample()
    read = Ciphertext.from_bytes(made.to_bytes())
    assert torch.equal(read.payload, made.payload)
    for name in ("shape", "system", "version", "nonce", "tag", "extra"):
        assert getattr(read, name) == getattr(made, name)
    assert read.as_images().shape == (2, 3, 5, 4)
    read.payload[0] = 9  # a tensor of its own, not a view of the file
    assert made.payload[0] == 0


def test_every_cut_of_a_ciphertext_file_is_refused():
    data = sample().to_bytes()
    for length in range(len(data)):
        with pytest.raises(IntegrityError):
            Ciphertext.from_bytes(data[:length])
    with pytest.raises(IntegrityError, match="too long"):
        Ciphertext.from_bytes(data + b"x")
    with pytest.raises(IntegrityError, match="cut short, expected"):
        Ciphertext.from_bytes(data[:-1])


def test_every_flipped_bit_of_a_ciphertext_file_is_refused():
    data = sample().to_bytes()
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(IntegrityError):
            Ciphertext.from_bytes(bytes(changed))


def test_another_format_version_says_so():
    data = bytearray(sample().to_bytes())
    data[6] = 2
    with pytest.raises(IntegrityError, match="format version 2"):
        Ciphertext.from_bytes(bytes(data))


def test_a_header_with_a_recomputed_checksum_is_still_checked():
    import hashlib

    data = sample().to_bytes()
    rng = random.Random(5)
    wrong = 0
    for _ in range(2000):
        body = bytearray(data[:-32])
        for _ in range(rng.randint(1, 3)):
            body[rng.randrange(20, 120)] = rng.randrange(256)
        forged = bytes(body) + hashlib.sha256(body).digest()
        try:
            Ciphertext.from_bytes(forged)
        except IntegrityError:
            wrong += 1
    assert wrong > 500  # and nothing but IntegrityError escaped


def test_a_payload_of_another_size_is_no_picture():
    with pytest.raises(ParameterError, match="do not fill"):
        Ciphertext(torch.zeros(5, dtype=torch.uint8), (1, 1, 2, 2), "x").as_images()


def test_derive_key_separates_and_refuses():
    assert derive_key("pass") == derive_key("pass")
    made = {derive_key("pass"), derive_key("pass", salt=b"other"), derive_key("pass", purpose="b")}
    assert len(made) == 3
    assert derive_key("pass", 16) != derive_key("pass", 32)[:0] and len(derive_key("a", 16)) == 16
    assert len(derive_key(bytes(16), 64)) == 64
    for bad in ("", b"short", 5, None):
        with pytest.raises(ParameterError, match="secret"):
            derive_key(bad)
    with pytest.raises(ParameterError, match="length"):
        derive_key("pass", 0)


def test_hkdf_is_rfc_5869_test_case_1():
    from gansec_lib.ciphers.kdf import hkdf

    made = hkdf(b"\x0b" * 22, 42, bytes(range(13)), bytes(range(0xF0, 0xFA)))
    assert made.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_unit_numbers_are_open_and_spread():
    from gansec_lib.ciphers.kdf import unit_numbers

    units = unit_numbers(b"k" * 32, 1000)
    assert min(units) > 0 and max(units) < 1 and len(set(units)) == 1000
    assert abs(sum(units) / 1000 - 0.5) < 0.05


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(2, 3, 4, 5),
        torch.zeros(3, 4, 5, dtype=torch.uint8),
        torch.zeros(0, 3, 4, 5, dtype=torch.uint8),
        torch.zeros(1, 4, 5, 3, dtype=torch.uint8),
        [[1, 2]],
    ],
)
def test_images_of_the_wrong_kind_are_refused(images):
    with pytest.raises(ParameterError, match="images"):
        roles.check_images(images)


def test_table_rows_are_what_the_classes_say():
    assert [row["key_name"] for row in systems.table()] == list(systems.TABLE)
    for entry in systems.TABLE.values():
        module, name = entry.where.split(":")
        found = getattr(importlib.import_module(module), name)
        assert issubclass(found, getattr(roles, entry.role))
        assert (found.key_name, found.role, found.title, found.paper) == (
            entry.key_name,
            entry.role,
            entry.title,
            entry.paper,
        )
        assert found.limits and all(limit.endswith(".") for limit in found.limits)


def test_a_near_miss_is_suggested():
    with pytest.raises(ParameterError, match="did you mean 'logistic'"):
        systems.get("logisitc")
    with pytest.raises(ParameterError, match="table"):
        systems.get("qqqqq")
    with pytest.raises(ParameterError, match="options"):
        systems.get("aes_gcm", rounds=2)
    with pytest.raises(ParameterError, match="plaintext_related"):
        systems.get("logistic", plaintext_related=1)


def test_the_table_imports_no_torch():
    import subprocess
    import sys

    code = (
        "import sys; from gansec_lib import systems; systems.table(); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_save_and_load(tmp_path):
    made = systems.get("logistic", plaintext_related=True)
    path = made.save(tmp_path / "deep" / "system.json")
    assert type(made).load(path).plaintext_related is True
    assert repr(made) == "Logistic(plaintext_related=True)"
    assert made.train() is made
    with pytest.raises(IntegrityError, match="expected aes_gcm"):
        type(systems.get("aes_gcm")).load(path)
    path.write_text("{")
    with pytest.raises(IntegrityError, match="it is no system"):
        type(made).load(path)


def test_a_system_without_a_network_says_that_it_cannot_learn():
    fixed = [name for name in systems.TABLE if not systems.get(name).learns]
    assert {"aes_gcm", "logistic", "lsb", "blur", "aes_ctr"} <= set(fixed)
    for name in fixed:
        system = systems.get(name)
        assert system.train() is system
        with pytest.raises(ParameterError, match=f"images: .* {name} .*nothing to learn"):
            system.train(torch.zeros(2, 1, 8, 8, dtype=torch.uint8))
