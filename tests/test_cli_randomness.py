"""``gansec randomness FILE``: the table, the exit codes, the refusals."""

import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from typer.testing import CliRunner

from gansec_lib.cli import app


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("bits") / "good.bin"
    path.write_bytes(
        Cipher(algorithms.AES(b"k" * 16), modes.CTR(bytes(16))).encryptor().update(bytes(500_000))
    )
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["randomness", *map(str, arguments)])


def test_good_bytes_pass_and_everything_is_written(good, tmp_path):
    found = run(good, "--sequences", 4, "--json", tmp_path / "p.json")
    assert found.exit_code == 0, found.output
    assert "4 sequences of 1,000,000 bits" in found.output
    assert "STATISTICAL TEST" in found.output and "linear_complexity" in found.output
    record = json.loads((tmp_path / "p.json").read_text())
    assert record["passed"] and record["bits"] == [1_000_000] * 4
    assert len(record["rows"][0]["p_values"]) == 4


def test_bad_bytes_fail_with_exit_code_1(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"plain English text is no key. " * 5000)
    found = run(path)
    assert found.exit_code == 1 and "fail  frequency" in found.output


def test_what_cannot_be_tested_is_refused(good, tmp_path):
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    byte = tmp_path / "byte"
    byte.write_bytes(b"x")
    for arguments, words in (
        ((tmp_path / "none.bin",), "cannot read"),
        ((empty,), f"{empty} is empty"),
        ((empty, "--sequences", 3, "--length", 5), f"{empty} is empty"),
        ((byte, "--sequences", 9), "9 sequences need 9 bits or more, "),
        ((byte, "--length", 9), "1 sequence of 9 bits needs 9 bits, "),
        ((good, "--length", 4_000_001), "holds 4,000,000"),
        ((good, "--sequences", 0), "--sequences"),
        ((good, "--length", 8), "too few for any test"),
        ((good, "--length", 1000, "--json", empty / "p.json"), "--json"),
    ):
        found = run(*arguments)
        assert found.exit_code == 2 and words in found.output, (arguments, found.output)
