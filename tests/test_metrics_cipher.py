"""Figures of cipher images against numpy, scikit-image, and Wu, Noonan, Agaian's tables."""

import math

import numpy as np
import pytest
import torch

from gansec_lib import metrics, systems
from gansec_lib.errors import ParameterError
from gansec_lib.metrics.metric import Metric, info, json_number, number, with_verdict
from gansec_lib.roles import derive_key
from gansec_lib.scorecards.cipher import avalanche
from gansec_lib.scorecards.measuring import flip_key_bit

KEY = derive_key(b"a key for the tests, 32 bytes ok")

# Wu, Noonan, Agaian 2011, critical values of grey pictures, as recalled from the paper and derived
# again from its formulas: (NPCR one-sided, UACI low, UACI high) in percent.
PUBLISHED = {
    (256, 0.05): (99.5693, 33.2824, 33.6447),
    (256, 0.01): (99.5527, 33.2255, 33.7016),
    (256, 0.001): (99.5341, 33.1594, 33.7677),
    (512, 0.05): (99.5893, 33.3730, 33.5541),
    (512, 0.01): (99.5810, 33.3445, 33.5826),
    (512, 0.001): (99.5717, 33.3115, 33.6156),
    (1024, 0.05): (99.5994, 33.4183, 33.5088),
    (1024, 0.01): (99.5952, 33.4040, 33.5231),
    (1024, 0.001): (99.5906, 33.3875, 33.5396),
}
# Mean entropy of n uniform bytes, exact binomial sum, computed with another program.
EXPECTED_ENTROPY = {
    16384: 7.988743150295303,
    65536: 7.997191401492898,
    262144: 7.999298196019388,
    1048576: 7.999824570528542,
}
CHI_SQUARE_255 = {0.1: 284.3359078, 0.05: 293.2478351, 0.01: 310.4573882, 0.001: 330.5197436}


def pictures(shape, seed=0, high=256):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(high, shape, generator=rng).to(torch.uint8)


@pytest.mark.parametrize(("side", "alpha"), PUBLISHED)
def test_critical_values_are_the_published_ones(side, alpha):
    lowest, low, high = PUBLISHED[side, alpha]
    exact = metrics.npcr_critical(side * side, alpha)[0]  # theirs is a normal law, and lies higher
    assert lowest - 0.006 < exact < lowest
    assert metrics.uaci_critical(side * side, alpha) == pytest.approx((low, high), abs=1.01e-4)


def test_critical_values_for_odd_sizes_and_sides():
    low, high = metrics.npcr_critical(97 * 31 * 3, 0.05, "two")
    assert low < metrics.NPCR_IDEAL < high <= 100
    assert metrics.npcr_critical(9797, 0.05)[0] > metrics.npcr_critical(9797, 0.05, "two")[0]
    assert metrics.uaci_critical(97, 0.05, "one")[1] == 100
    assert metrics.npcr_critical(1)[0] >= 0
    with pytest.raises(ParameterError, match="side"):
        metrics.npcr_critical(10, 0.05, "both")
    for alpha in (0, 1, -1):
        with pytest.raises(ParameterError, match="alpha"):
            metrics.uaci_critical(10, alpha)


def test_ideal_values_by_enumerating_all_pairs():
    level = np.arange(256)
    gap = np.abs(level[:, None] - level[None, :])
    assert pytest.approx(100 * (gap > 0).mean(), abs=1e-12) == metrics.NPCR_IDEAL
    assert pytest.approx(100 * gap.mean() / 255, abs=1e-12) == metrics.UACI_IDEAL
    n = 65536
    spread = 100 * (gap / 255).std() / math.sqrt(n)
    low, high = metrics.uaci_critical(n, 0.05)
    assert (high - low) / 2 == pytest.approx(1.959963985 * spread, rel=1e-8)


@pytest.mark.parametrize("n", EXPECTED_ENTROPY)
def test_expected_entropy_is_exact(n):
    assert metrics.expected_entropy(n) == pytest.approx(EXPECTED_ENTROPY[n], abs=1e-10)


def test_expected_entropy_of_few_bytes_by_hand():
    assert metrics.expected_entropy(1) == 0
    assert metrics.expected_entropy(2) == pytest.approx(255 / 256, abs=1e-12)


@pytest.mark.parametrize("alpha", CHI_SQUARE_255)
def test_chi_square_limits(alpha):
    assert metrics.chi_square_critical(alpha) == pytest.approx(CHI_SQUARE_255[alpha], abs=1e-6)


def test_entropy_agrees_with_scikit_image():
    from skimage.measure import shannon_entropy

    images = torch.cat([pictures((2, 3, 40, 33), high=256), pictures((2, 3, 40, 33), 1, high=9)])
    ours = metrics.entropy_values(images)
    theirs = [shannon_entropy(picture.numpy()) for picture in images]
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-9)
    assert metrics.entropy_values(torch.full((1, 1, 5, 4), 7, dtype=torch.uint8)).item() == 0


def test_chi_square_agrees_with_scipy():
    from scipy.stats import chisquare

    images = pictures((3, 1, 64, 50))
    theirs = [chisquare(np.bincount(p.numpy().ravel(), minlength=256)).statistic for p in images]
    np.testing.assert_allclose(metrics.chi_square_values(images).numpy(), theirs, rtol=1e-12)


@pytest.mark.parametrize("direction", metrics.DIRECTIONS)
def test_correlation_agrees_with_numpy(direction):
    smooth = (torch.arange(40)[:, None] * 3 + torch.arange(28)).to(torch.uint8).expand(1, 1, 40, 28)
    images = torch.cat([pictures((2, 1, 40, 28)), smooth])
    ours = metrics.correlation_values(images, direction)
    down, right = metrics.DIRECTIONS[direction]
    for picture, value in zip(images.numpy()[:, 0].astype(float), ours[:, 0], strict=True):
        first = picture[: 40 - down, : 28 - right].ravel()
        second = picture[down:, right:].ravel()
        assert value.item() == pytest.approx(np.corrcoef(first, second)[0, 1], abs=1e-9)


def test_correlation_without_a_meaning_is_said_so():
    flat = torch.zeros(1, 1, 20, 20, dtype=torch.uint8)
    assert math.isnan(metrics.adjacent_correlation(flat, "vertical").value)
    pixel = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
    assert metrics.adjacent_correlation(pixel, "diagonal").verdict == "info"
    assert metrics.adjacent_correlation(pictures((1, 1, 8, 5)), "horizontal").verdict == "info"
    with pytest.raises(ParameterError, match="direction"):
        metrics.adjacent_pairs(pixel, "up")


def test_npcr_and_uaci_agree_with_numpy():
    first, second = pictures((4, 3, 21, 34)), pictures((4, 3, 21, 34), 1)
    one, two = first.numpy().astype(float), second.numpy().astype(float)
    np.testing.assert_allclose(
        metrics.npcr_values(first, second).numpy(),
        100 * (one != two).mean(axis=(1, 2, 3)),
        atol=1e-9,
    )
    np.testing.assert_allclose(
        metrics.uaci_values(first, second).numpy(),
        100 * (np.abs(one - two) / 255).mean(axis=(1, 2, 3)),
        atol=1e-9,
    )


def test_bit_error_rate_agrees_with_numpy():
    first, second = pictures((2, 1, 9, 14)), pictures((2, 1, 9, 14), 1)
    theirs = np.unpackbits(first.numpy() ^ second.numpy(), axis=None).reshape(2, -1).mean(1)
    np.testing.assert_allclose(metrics.bit_error_values(first, second).numpy(), theirs, atol=1e-12)
    assert metrics.bit_error_rate(first, first).verdict == "fail"


def test_random_bytes_pass_and_pictures_fail():
    from skimage.data import camera

    noise = pictures((8, 1, 128, 96))
    other = pictures((8, 1, 128, 96), 9)
    photo = torch.from_numpy(camera()[::4, ::4].copy())[None, None]
    for alpha in (0.001,):
        assert metrics.entropy(noise, alpha).verdict == "pass"
        assert metrics.chi_square(noise, alpha).verdict == "pass"
        assert metrics.npcr(noise, other, alpha).verdict == "pass"
        assert metrics.uaci(noise, other, alpha).verdict == "pass"
        assert metrics.bit_error_rate(noise, other, alpha).verdict == "pass"
        assert metrics.entropy(photo, alpha).verdict == "fail"
        assert metrics.chi_square(photo, alpha).verdict == "fail"
        for direction in metrics.DIRECTIONS:
            assert metrics.adjacent_correlation(noise, direction, alpha).verdict == "pass"
            assert metrics.adjacent_correlation(photo, direction, alpha).verdict == "fail"


def test_intervals_hold_what_they_promise():
    """Of 600 ideal pictures about 5 % fall outside the 5 % interval: 12 to 53 in 3 sigma."""
    noise, other = pictures((600, 1, 64, 48), 3), pictures((600, 1, 64, 48), 4)
    n = 64 * 48
    low, high = metrics.entropy_interval(n)
    entropies = metrics.entropy_values(noise)
    outside = {"entropy": ((entropies < low) | (entropies > high)).sum().item()}
    outside["chi_square"] = (
        (metrics.chi_square_values(noise) > metrics.chi_square_critical()).sum().item()
    )
    low, high = metrics.uaci_critical(n)
    values = metrics.uaci_values(noise, other)
    outside["uaci"] = ((values < low) | (values > high)).sum().item()
    values = metrics.npcr_values(noise, other)
    outside["npcr"] = (values < metrics.npcr_critical(n)[0]).sum().item()
    assert all(12 <= count <= 53 for count in outside.values()), outside


def test_few_bytes_get_no_verdict():
    tiny = pictures((3, 1, 8, 5))
    assert metrics.entropy(tiny).verdict == metrics.chi_square(tiny).verdict == "info"
    assert "no verdict" in metrics.entropy(tiny).convention


def test_one_bit_flips():
    images = pictures((50, 3, 7, 5))
    twin = avalanche.flip_one_bit(images, 3)
    assert metrics.bit_error_values(images, twin).mul(8 * 105).round().eq(1).all()
    assert torch.equal(twin, avalanche.flip_one_bit(images, 3))
    assert not torch.equal(twin, avalanche.flip_one_bit(images, 4))
    assert flip_key_bit(b"AB", 0) == b"@B"  # bit 0 is the lowest of the first byte
    assert flip_key_bit(b"AB", 15) == b"A\xc2"
    keys = {flip_key_bit(KEY, bit) for bit in range(256)}
    assert len(keys) == 256 and KEY not in keys


def test_the_nonce_held_shows_the_structure():
    """Fixed nonce: the classic fails both, its plaintext-related form passes both."""
    from skimage.data import camera

    images = torch.from_numpy(camera()[::4, ::4].copy())[None, None]

    def measure(cipher, alpha=0.001):
        held = [(bytes(cipher.nonce_length),) * 2] * 6
        return avalanche.plaintext_sensitivity(cipher, images, KEY, held, alpha, suffix="_held")

    classic = measure(systems.get("logistic"))
    assert classic["npcr_held"].verdict == classic["uaci_held"].verdict == "fail"
    related = measure(systems.get("logistic", plaintext_related=True))
    assert related["npcr_held"].verdict == related["uaci_held"].verdict == "pass"
    aes = measure(systems.get("aes_gcm"))
    assert aes["npcr_held"].value == pytest.approx(100 / images.numel(), rel=1e-9)
    fresh = [(bytes(16), bytes([1] * 16))] * 6
    used = avalanche.plaintext_sensitivity(systems.get("logistic"), images, KEY, fresh, 0.001)
    assert used["npcr"].verdict == used["uaci"].verdict == "pass"


def test_key_sensitivity_of_both_sides():
    images = pictures((2, 1, 64, 48), high=40)
    chaos = avalanche.key_sensitivity(
        systems.get("logistic"), images, KEY, b"n" * 16, [0, 100, 255], 0.001
    )
    assert [m.verdict for m in chaos.values()] == ["pass"] * 3
    aes = avalanche.key_sensitivity(systems.get("aes_gcm"), images, KEY, bytes(12), [0, 255], 0.001)
    assert aes["key_flip_decrypt"].value is None and aes["key_flip_decrypt"].verdict == "pass"
    assert "refused 2 of 2" in aes["key_flip_decrypt"].convention


def test_wrong_pictures_are_refused():
    with pytest.raises(ParameterError, match="uint8"):
        metrics.entropy(torch.zeros(1, 1, 4, 4))
    with pytest.raises(ParameterError, match="non-empty"):
        metrics.entropy_values(torch.zeros(0, 1, 4, 4, dtype=torch.uint8))
    with pytest.raises(ParameterError, match="second"):
        metrics.npcr_values(pictures((1, 1, 4, 4)), pictures((1, 1, 4, 5)))


def test_metric_holds_its_promises():
    assert with_verdict("a", math.nan, 0, None, None, "").verdict == "fail"
    assert with_verdict("a", 2.0, 0, 1, 2, "").verdict == "pass"
    assert with_verdict("a", None, 0, None, None, "").verdict == "fail"
    assert info("a", 1.0, "").verdict == "info"
    with pytest.raises(ParameterError, match="verdict"):
        Metric("a", 1, 1, 0, 1, "maybe", "")
    assert json_number(math.nan) == "nan" and json_number(-math.inf) == "-inf"
    assert number(1234567.0) == "1.23457e+06" and number(0.05) == "0.0500"
    assert with_verdict("a", math.inf, math.inf, math.inf, None, "").to_dict()["value"] == "inf"
    assert "≤ 3" in str(with_verdict("a", 2.0, 1, None, 3, "c", "dB"))
    assert (
        with_verdict("a", 2.0, 1, 1, 3, "").interval == "1 to 3"
        and info("a", 1.0, "").interval == ""
    )
