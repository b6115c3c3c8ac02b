"""The fast ways of counting against slow ones: bytes, lanes and split transforms change nothing."""

import itertools
import math

import numpy as np
import pytest

from gansec_lib.metrics import randomness
from gansec_lib.metrics.randomness import kernels, structure


def sequences(n, seed=0):
    """Random, lopsided and regular bits: what a table of bytes or a lane could get wrong."""
    rng = np.random.default_rng(seed)
    yield rng.integers(0, 2, n, dtype=np.uint8)
    yield (rng.random(n) < 0.9).astype(np.uint8)
    yield np.zeros(n, np.uint8)
    yield np.ones(n, np.uint8)
    yield np.resize(np.array([0, 1, 1, 0, 1], np.uint8), n)


def runs_of_ones(bits):
    return [len(list(run)) for bit, run in itertools.groupby(bits.tolist()) if bit]


@pytest.mark.parametrize("block", [8, 128])
def test_longest_runs_over_bytes(block):
    for bits in sequences(37 * block + 3):
        found = kernels.longest_runs(bits, block, 37)
        parts = bits[: 37 * block].reshape(37, block)
        assert found.tolist() == [max(runs_of_ones(part), default=0) for part in parts]


@pytest.mark.parametrize("length, block", [(1, 9), (2, 20), (9, 1032), (10, 64), (5, 4)])
def test_overlapping_runs_by_doubling(length, block):
    for bits in sequences(7 * block + 5):
        parts = bits[: 7 * block].reshape(7, block)
        hits = [sum(max(0, run - length + 1) for run in runs_of_ones(part)) for part in parts]
        slow = np.bincount(np.minimum(hits, 5), minlength=6)
        assert kernels.overlapping_counts(bits, length, block, 7, 5).tolist() == slow.tolist()


@pytest.mark.parametrize("n", [1, 7, 8, 9, 63, 64, 65, 1001])
def test_walks_of_any_length_and_far_from_zero(n):
    for bits in (*sequences(n), np.r_[np.ones(n // 2, np.uint8), np.zeros(n - n // 2, np.uint8)]):
        steps = 2 * bits.astype(int) - 1
        walk = np.cumsum(steps)
        backward = np.abs(np.cumsum(steps[::-1])).max()
        assert kernels.walk_extent(bits).tolist() == [np.abs(walk).max(), backward]
        cycles, visits, totals = kernels.excursions(bits)
        assert cycles == (walk == 0).sum() + (walk[-1] != 0)
        assert totals.tolist() == [(walk == x).sum() for x in range(-9, 10)]
        ends = [*(np.flatnonzero(walk == 0) + 1), *([n] if walk[-1] else [])]
        for row, state in zip(visits, (-4, -3, -2, -1, 1, 2, 3, 4), strict=True):
            each = [(part == state).sum() for part in np.split(walk, ends)[: len(ends)]]
            assert row.tolist() == np.bincount(np.minimum(each, 5), minlength=6).tolist()


@pytest.mark.parametrize("length", [2, 3, 8, 9, 10, 16, 17])
@pytest.mark.parametrize("n", [97, 104])
def test_windows_eight_a_byte(length, n):
    for bits in sequences(n, length):
        text = "".join(map(str, bits))
        around = text + text[: length - 1]
        slow = np.zeros(1 << length, np.int64)
        for i in range(n):
            slow[int(around[i : i + length], 2)] += 1
        assert (kernels.window_histogram(bits, length) == slow).all()
        slow[:] = 0
        for part in (text[: n // 2], text[n // 2 : n // 2 * 2]):
            for i in range(len(part) - length + 1):
                slow[int(part[i : i + length], 2)] += 1
        blocks = kernels.window_histograms(bits, length, n // 2, 2)
        assert blocks.shape == (2, 1 << length) and (blocks.sum(0) == slow).all()


def test_distances_beyond_the_table_of_logarithms():
    bits = np.zeros(2 * 10_000, np.uint8)
    bits[:2] = bits[-2:] = 1  # the word 11 comes again after 9,999 words
    found = kernels.word_distances(bits, 2, 4, 9_996)
    assert found == pytest.approx(math.log2(9_999), abs=1e-12)


def test_lanes_of_linear_complexity_do_not_touch_each_other():
    """Blocks of every kind in one word give what each gives alone."""
    rng = np.random.default_rng(1)
    blocks = rng.integers(0, 2, (70, 150), dtype=np.uint8)
    blocks[3] = 0
    blocks[4] = 1
    blocks[5] = np.resize([1, 0, 0], 150)
    blocks[6, :149] = 0
    blocks[6, 149] = 1
    blocks[66] = 0
    together = kernels.complexities(blocks.reshape(-1), 150, 70)
    alone = [kernels.complexities(block, 150, 1)[0] for block in blocks]
    assert together.tolist() == alone
    assert together[3:7].tolist() == [0, 1, 3, 150] and together[66] == 0


@pytest.mark.parametrize(
    "n, p",
    [
        (1_000_000, 1000),
        (1 << 16, 256),
        (70_000, 250),
        (66_300, 204),  # an odd number of columns
        (2 * 32_771, 0),  # twice a prime: no table
        (255 * 257, 0),  # odd
        (99_856, 316),
    ],
)
def test_spectrum_in_short_transforms(n, p):
    assert structure._rows(n) == p
    for bits in sequences(n, n):
        moduli = np.abs(np.fft.rfft(2.0 * bits - 1.0)[: n // 2]) ** 2
        for limit in (math.log(20) * n, 0.3 * n):
            # Rounding alone may put a value on the other side, so close to the limit none may be
            assert not np.count_nonzero(np.abs(moduli - limit) < 1e-9 * n)
            assert structure._below(bits, limit) == np.count_nonzero(moduli < limit)


def test_spectrum_of_two_threads_and_two_sizes():
    from concurrent.futures import ThreadPoolExecutor

    rng = np.random.default_rng(2)
    many = [rng.integers(0, 2, n, dtype=np.uint8) for n in (70_000, 99_856) * 6]
    alone = [randomness.dft(bits).p_values for bits in many]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda bits: randomness.dft(bits).p_values, many)) == alone
