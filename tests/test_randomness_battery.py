"""The battery: good bits pass at the promised rate, bad ones fail, tables say what was found."""

import json

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from randomness_digits import digits_of
from scipy.stats import binom

from gansec_lib.errors import ParameterError
from gansec_lib.metrics import randomness

SEQUENCES = 200  # of 10^6 bits; benchmarks/randomness_speed.py judges 1,000


@pytest.fixture(scope="module")
def aes():
    """The battery over AES-256-CTR's bytes under a fixed key: always the same sequences."""
    worker = Cipher(algorithms.AES(bytes(range(32))), modes.CTR(bytes(16))).encryptor()
    return randomness.battery([worker.update(bytes(125_000)) for _ in range(SEQUENCES)], threads=2)


def test_aes_passes_and_is_rejected_as_often_as_it_should_be(aes):
    assert aes.passed and not aes.refused.keys() - {
        "random_excursions",
        "random_excursions_variant",
    }
    for row in aes.rows:
        failing = row.count - row.passing
        # 3 sigma, both sides, shared among the 188 rows: random bits break it once in 370 runs
        assert binom.sf(failing - 1, row.count, 0.01) > 0.00135 / 188, (row.test, row.label)
    for name in randomness.TESTS:
        rows = [row for row in aes.rows if row.test == name]
        share = sum(row.count - row.passing for row in rows) / sum(row.count for row in rows)
        assert share < 0.032, f"{name}: {share:.3f} rejected at 0.01"
    everything = sum(r.count - r.passing for r in aes.rows) / sum(r.count for r in aes.rows)
    assert 0.007 < everything < 0.013


def test_the_walk_tests_have_fewer_sequences(aes):
    counts = {row.test: row.count for row in aes.rows}
    assert counts["frequency"] == SEQUENCES
    assert 0.5 * SEQUENCES < counts["random_excursions"] < 0.75 * SEQUENCES
    assert len(aes.rows) == 188  # 148 templates, 8 + 18 states, 2 + 2, and ten single ones


def test_final_analysis_is_the_standards_table(aes):
    lines = aes.final_analysis().splitlines()
    assert lines[0].split()[:10] == [f"C{i}" for i in range(1, 11)]
    first = lines[2].split()
    assert sum(map(int, first[:10])) == SEQUENCES and first[-1] == "frequency"
    assert lines[-1].startswith("least passing at alpha = 0.01: ")
    assert json.loads(json.dumps(aes.to_dict(), allow_nan=False))["sequences"] == SEQUENCES


def test_a_shift_register_fails_where_it_must():
    """x^31 + x^3 + 1: period 2^31 − 1, and 31 bits are all there is to know."""
    bits = np.zeros(1_000_000, np.uint8)
    bits[:31] = np.random.default_rng(0).integers(0, 2, 31)
    for i in range(31, len(bits)):
        bits[i] = bits[i - 31] ^ bits[i - 28]
    found = randomness.battery(bits)
    assert found.verdict("linear_complexity") is False
    assert found.results[0]["linear_complexity"].least < 1e-300
    assert found.verdict("frequency") and found.verdict("runs") and not found.passed


@pytest.mark.parametrize(
    "make, failing",
    [
        (lambda rng: np.zeros(1_000_000, np.uint8), "frequency"),
        (lambda rng: np.tile([0, 1], 500_000).astype(np.uint8), "runs"),
        (lambda rng: (rng.random(1_000_000) < 0.503).astype(np.uint8), "frequency"),
        (lambda rng: np.tile(rng.integers(0, 2, 5000, dtype=np.uint8), 200), "dft"),
        (lambda rng: np.repeat(rng.integers(0, 2, 500_000, dtype=np.uint8), 2), "serial"),
        (
            lambda rng: np.unpackbits(rng.integers(0, 128, 125_000, dtype=np.uint8)),
            "block_frequency",
        ),
    ],
)
def test_bad_bits_fail(make, failing):
    found = randomness.battery(make(np.random.default_rng(1)))
    assert found.verdict(failing) is False and not found.passed


def test_order_threads_and_company_do_not_matter():
    rng = np.random.default_rng(2)
    many = [rng.integers(0, 2, 60_000, dtype=np.uint8) for _ in range(5)]
    straight = randomness.battery(many)
    assert randomness.battery(many, threads=3).results == straight.results
    assert randomness.battery(np.stack(many)).results == straight.results
    assert randomness.battery([np.packbits(m).tobytes() for m in many]).results == straight.results
    backwards = randomness.battery(many[::-1], list(randomness.TESTS)[::-1])
    assert backwards.results[::-1] == straight.results
    assert randomness.battery(many[2]).results[0] == straight.results[2]
    assert set(straight.refused) >= {"universal", "overlapping", "linear_complexity"}
    assert straight.verdict("universal") is None


def test_table_and_page_of_one_sequence():
    found = randomness.battery(digits_of("e"))
    rows = {row["test"]: row for row in found.table()}
    assert len(rows) == 15 and found.passed
    assert rows["frequency"]["worst"] == pytest.approx(0.953749, abs=2e-6)
    assert rows["non_overlapping"]["p-values"] == 148
    page = found._repr_html_()
    assert page.count("<tr>") == 16 and "gs-pass" in page
    short = randomness.battery("01" * 100)._repr_html_()
    assert "refused" in short and "asks for" in short


def test_wrong_arguments_are_refused():
    with pytest.raises(ParameterError, match="known: frequency"):
        randomness.battery("01" * 100, ["freqency"])
    with pytest.raises(ParameterError, match="alpha"):
        randomness.battery("01" * 100, alpha=1)
    with pytest.raises(ParameterError, match="at least one"):
        randomness.battery([])
