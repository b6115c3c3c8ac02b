"""SP 800-22 against the standard's own examples and against slow code that cannot be wrong."""

import hashlib
import itertools
import json
import math

import numpy as np
import pytest
from randomness_digits import digits_of

from gansec_lib.errors import ParameterError
from gansec_lib.metrics import randomness
from gansec_lib.metrics.randomness import kernels, patterns

# Appendix B of SP 800-22 rev. 1a, first 10^6 bits; as published but for e's cumulative sums and
# linear complexity, whose last digit differs between the text and NIST's own program.
APPENDIX_B = {
    "frequency": (0.578211, 0.953749),
    "block_frequency": (0.380615, 0.211072),
    "cusum_forward": (0.628308, 0.669886),
    "cusum_backward": (0.663369, 0.724265),
    "runs": (0.419268, 0.561917),
    "longest_run": (0.024390, 0.718945),
    "rank": (0.083553, 0.306156),
    "dft": (0.010186, 0.847187),
    "non_overlapping": (0.165757, 0.078790),
    "overlapping": (0.296897, 0.110434),
    "universal": (0.669012, 0.282568),
    "approximate_entropy": (0.361595, 0.700073),
    "random_excursions": (0.844143, 0.786868),
    "random_excursions_variant": (0.760966, 0.826009),
    "linear_complexity": (0.255475, 0.826335),
    "serial": (0.143005, 0.766182),
}


def appendix_b(bits):
    """The parameters of appendix B: one figure a row."""
    p = {name: test(bits).p_values for name, test in randomness.TESTS.items()}
    first = {name: values[0] for name, values in p.items()}
    first["cusum_forward"], first["cusum_backward"] = p["cumulative_sums"]
    first["random_excursions"] = p["random_excursions"][4]  # x = +1
    first["random_excursions_variant"] = p["random_excursions_variant"][8]  # x = −1
    return first


@pytest.mark.parametrize("column, name", [(0, "pi"), (1, "e")])
def test_appendix_b(column, name):
    found = appendix_b(digits_of(name))
    for row, published in APPENDIX_B.items():
        assert found[row] == pytest.approx(published[column], abs=2e-6), row


@pytest.fixture(scope="module")
def vectors(shared_data):
    path = shared_data.parent / "specs" / "vectors.json"
    if not path.is_file():
        pytest.skip("vectors.json is not here")
    return json.loads(path.read_text("utf-8"))


def test_the_digits_are_those_of_the_standard(vectors):
    for name in ("pi", "e"):
        packed = np.packbits(digits_of(name)).tobytes()
        assert hashlib.sha256(packed).hexdigest() == vectors["bits_sha256"][name]


def run_row(row):
    """The p-value of one row of section 2 of ``vectors.json``."""
    name, given = row["test"].split(), row["params"]
    bits = row["input"]
    if bits.startswith("e, first"):
        bits = digits_of("e")[: int(bits.split()[2])]
    slack = {"strict": False}
    label = name[-1].removeprefix("x=")
    match name[0]:
        case "frequency" | "runs" | "dft":
            return getattr(randomness, name[0])(bits, **slack).p_values[0]
        case "block_frequency":
            return randomness.block_frequency(bits, block=given["M"], **slack).p_values[0]
        case "longest_run":
            return randomness.longest_run(bits, block=given["M"], **slack).p_values[0]
        case "rank":
            chances = (0.2888, 0.5776, 0.1336) if given["M"] == 3 else None
            return randomness.rank(bits, size=given["M"], chances=chances, **slack).p_values[0]
        case "nonoverlapping":
            given = {"template": given["template"], "blocks": given["N"]}
            return randomness.non_overlapping(bits, **given, **slack).p_values[0]
        case "overlapping":
            chances = None if given["pi"] == "STS" else given["pi"]
            given = {"length": given["m"], "block": given["M"], "chances": chances}
            return randomness.overlapping(bits, **given, **slack).p_values[0]
        case "universal":
            given = {"length": given["L"], "start": given["Q"], "plain_sigma": True}
            return randomness.universal(bits, **given, **slack).p_values[0]
        case "linear_complexity" if "M" not in given:  # the complexity itself
            return kernels.complexities(randomness.to_bits(bits), len(bits), 1)[0]
        case "linear_complexity":
            return randomness.linear_complexity(bits, block=given["M"]).p_values[0]
        case "serial":
            which = 0 if name[1] == "p1" else 1
            return randomness.serial(bits, length=given["m"], **slack).p_values[which]
        case "approximate_entropy":
            return randomness.approximate_entropy(bits, length=given["m"], **slack).p_values[0]
        case "cusum":
            which = 0 if name[1] == "forward" else 1
            return randomness.cumulative_sums(bits, **slack).p_values[which]
        case "random_excursions":
            found = randomness.random_excursions(bits, **slack)
            return found.p_values[found.labels.index(f"x = {int(label):+d}")]
        case "rand_exc_variant":
            found = randomness.random_excursions_variant(bits, **slack)
            return found.p_values[found.labels.index(f"x = {int(label):+d}")]
    raise AssertionError(f"no test for {row['test']}")


def test_every_example_of_section_2(vectors):
    """All 56 rows; where the document errs (three rows) or rounds (one), the right figure."""
    rows = vectors["sp800_22_section2"]
    assert len(rows) == 56
    wrong = []
    for row in rows:
        found = run_row(row)
        if found != pytest.approx(row["computed"], abs=2e-6):
            wrong.append((row["test"], row["source"], row["computed"], found))
    assert wrong == []
    erring = [row for row in rows if abs(row["published"] - row["computed"]) > 1e-3]
    assert len(erring) == 3


def test_corrected_chances():
    bits = digits_of("e")
    table = (0.364091, 0.185659, 0.139381, 0.100571, 0.0704323, 0.139865)  # rev. 1a, six digits
    assert randomness.overlapping(bits, chances=table).p_values[0] == pytest.approx(
        0.159032, abs=2e-6
    )
    assert patterns._exact_overlaps(9, 1032) == pytest.approx(table, abs=1e-6)
    exact = randomness.overlapping(bits, corrected=True).p_values[0]
    assert exact == pytest.approx(0.159032, abs=1e-5)
    # 0.844716 with 1/96 alone; we take 1/48 for 0.020833 as well
    exact = randomness.linear_complexity(bits, block=1000, corrected=True)
    assert exact.p_values[0] == pytest.approx(0.844716, abs=5e-5) != 0.845406


# ---------------------------------------------------------------- slow twins


def massey(bits):
    """Linear complexity as the textbook has it, on lists."""
    c, b, length, since = [1], [1], 0, 1
    for n, bit in enumerate(bits):
        past = sum(c[i] * bits[n - i] for i in range(1, min(len(c), length + 1)))
        if (bit + past) % 2 == 0:
            since += 1
            continue
        before = c[:]
        c = c + [0] * (len(b) + since - len(c))
        for i, value in enumerate(b):
            c[i + since] ^= value
        if 2 * length <= n:
            length, b, since = n + 1 - length, before, 1
        else:
            since += 1
    return length


@pytest.mark.parametrize("block", [4, 13, 63, 64, 65, 127, 128, 129, 200])
def test_linear_complexity_equals_the_textbook(block):
    rng = np.random.default_rng(block)
    count = 37  # two full sets of lanes and a part of one
    bits = rng.integers(0, 2, block * count, dtype=np.uint8)
    bits[:block] = 0
    bits[block : 2 * block] = 0
    bits[2 * block - 1] = 1  # the longest register of all
    found = kernels.complexities(bits, block, count)
    slow = [massey(part.tolist()) for part in bits.reshape(count, block)]
    assert found.tolist() == slow
    assert found[:2].tolist() == [0, block]


def test_shift_registers_have_their_length():
    state, bits = 0b1011011101111, []
    for _ in range(1000):  # x^13 + x^4 + x^3 + x + 1
        bits.append(state & 1)
        state = state >> 1 | ((state ^ state >> 1 ^ state >> 3 ^ state >> 4) & 1) << 12
    assert kernels.complexities(np.array(bits, np.uint8), 500, 2).tolist() == [13, 13]


def rank_of(matrix):
    rows = [int("".join(map(str, row)), 2) for row in matrix]
    rank = 0
    while rows:
        pivot = rows.pop()
        if pivot:
            rank += 1
            low = pivot & -pivot
            rows = [row ^ pivot if row & low else row for row in rows]
    return rank


def test_ranks_equal_elimination_on_integers():
    rng = np.random.default_rng(3)
    matrices = rng.integers(0, 2, (40, 32, 32), dtype=np.uint8)
    matrices[0] = 0
    matrices[1, 5] = matrices[1, 9]
    words = np.packbits(matrices.reshape(-1)).view(">u4").astype(np.uint32)
    slow = np.bincount([rank_of(m.tolist()) for m in matrices], minlength=33)
    assert kernels.matrix_ranks(words, 40).tolist() == slow.tolist()


def test_words_and_templates_equal_string_search():
    rng = np.random.default_rng(4)
    bits = rng.integers(0, 2, 700, dtype=np.uint8)
    text = "".join(map(str, bits))
    circular = text + text[:4]
    counts = kernels.window_histogram(bits, 5)
    for word in range(32):
        look = f"{word:05b}"
        assert counts[word] == sum(circular[i : i + 5] == look for i in range(700))
    found = randomness.non_overlapping(bits, length=4, blocks=2, strict=False)
    for label in found.labels:  # str.count skips overlaps, as the standard does
        alone = randomness.non_overlapping(bits, template=label, blocks=2, strict=False)
        hits = kernels.count_template(bits, 4, 350, 2, int(label, 2))
        assert hits.tolist() == [text[:350].count(label), text[350:].count(label)]
        assert alone.p_values[0] == found.p_values[found.labels.index(label)]


def test_chances_of_overlapping_runs_by_enumeration():
    length, block = 3, 12
    seen = np.zeros(6)
    for bits in itertools.product("01", repeat=block):
        text = "".join(bits)
        seen[min(5, sum(text[i : i + 3] == "111" for i in range(block - 2)))] += 1
    exact = patterns._exact_overlaps(length, block)
    assert exact == pytest.approx((seen / 2**block).tolist(), abs=1e-12)
    assert math.isclose(sum(patterns._nist_overlaps(9, 1032)), 1)


def test_walks_equal_numpy():
    rng = np.random.default_rng(5)
    for n in (100, 101, 4097):
        bits = rng.integers(0, 2, n, dtype=np.uint8)
        steps = 2 * bits.astype(int) - 1
        forward = np.abs(np.cumsum(steps)).max()
        backward = np.abs(np.cumsum(steps[::-1])).max()
        assert kernels.walk_extent(bits).tolist() == [forward, backward]
        walk = np.cumsum(steps)
        cycles, visits, totals = kernels.excursions(bits)
        assert cycles == (walk == 0).sum() + (walk[-1] != 0)
        assert totals.tolist() == [(walk == x).sum() for x in range(-9, 10)]
        assert visits.sum(1).tolist() == [cycles] * 8


# ---------------------------------------------------------------- inputs


def test_every_kind_of_input_gives_the_same_and_stays_as_it_was():
    import torch

    bits = np.random.default_rng(6).integers(0, 2, 4096).astype(np.uint8)
    packed = np.packbits(bits)
    kinds = [bits, bits.astype(bool), bits.astype(np.int8), bits.astype(np.int64)]
    kinds += [torch.from_numpy(bits.copy()), torch.from_numpy(bits.astype(bool))]
    kinds += [packed.tobytes(), bits.tolist(), "".join(map(str, bits)), bits[::-1][::-1]]
    expected = [randomness.TESTS[n](bits).p_values for n in ("frequency", "dft", "serial")]
    for kind in kinds:
        before = str(kind)
        found = [
            randomness.TESTS[n](kind if not isinstance(kind, list) else np.array(kind)).p_values
            for n in ("frequency", "dft", "serial")
        ]
        assert found == expected, type(kind)
        assert str(kind) == before
    assert randomness.frequency(randomness.to_bits(packed, packed=True)).p_values == expected[0]


def test_rank_does_not_touch_its_input():
    bits = np.random.default_rng(7).integers(0, 2, 50_000).astype(np.uint8)
    before = bits.copy()
    randomness.rank(bits)
    randomness.linear_complexity(np.tile(bits, 20))
    assert (bits == before).all()


@pytest.mark.parametrize("name", randomness.TESTS)
def test_too_short_is_a_refusal_never_a_number(name):
    n = 31 if name == "serial" else 99  # words of two bits need no more
    with pytest.raises(randomness.TooShort, match=f"{name}: .* or more, got {n}"):
        randomness.TESTS[name](np.zeros(n, np.uint8))
    with pytest.raises(randomness.TooShort):
        randomness.TESTS[name]("", strict=False)


def test_walks_that_rarely_return_are_refused():
    bits = np.ones(1_000_000, np.uint8)
    for name in ("random_excursions", "random_excursions_variant"):
        with pytest.raises(randomness.TooShort, match="1 cycles, SP 800-22 asks for 500"):
            randomness.TESTS[name](bits)


@pytest.mark.parametrize(
    "bad, words",
    [
        (np.full(200, 2, np.uint8), "from 2 to 2"),
        (np.full(200, -1, np.int8), "from -1 to -1"),
        (np.zeros(200), "float64"),
        (np.zeros((2, 200), np.uint8), "shape"),
        ("0120" * 50, "str of 0 and 1"),
    ],
)
def test_what_is_no_bits_is_refused(bad, words):
    with pytest.raises(ParameterError, match=words):
        randomness.frequency(bad)
    with pytest.raises(ParameterError, match="uint8"):
        randomness.to_bits(np.zeros(8, np.int64), packed=True)
