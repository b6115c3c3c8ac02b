"""Local entropy, histogram variance, co-occurrence, correlation: naive references, intervals."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from gansec_lib import metrics
from gansec_lib.errors import ParameterError
from gansec_lib.metrics import texture


def noise(shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


def photo():
    from skimage.data import camera

    return torch.from_numpy(camera()[::2, ::2].copy())[None, None]


# ---------------------------------------------------------------- local entropy


def test_entropy_deviation_by_enumeration():
    """Three bytes: one, two or three different values; entropies and chances by hand."""
    same, pair = 1 / 256**2, 3 * 255 / 256**2
    two = -(2 / 3) * math.log2(2 / 3) - (1 / 3) * math.log2(1 / 3)
    values = np.array([0.0, two, math.log2(3)])
    chances = np.array([same, pair, 1 - same - pair])
    mean = chances @ values
    assert metrics.expected_entropy(3) == pytest.approx(mean, abs=1e-12)
    expected = math.sqrt(chances @ (values - mean) ** 2)
    assert metrics.entropy_deviation(3) == pytest.approx(expected, rel=1e-9)
    assert metrics.entropy_deviation(1) == 0


def test_entropy_deviation_by_simulation():
    values = metrics.entropy_values(noise((20000, 1, 20, 30), 5))
    assert values.std().item() == pytest.approx(metrics.entropy_deviation(600), rel=0.03)
    # 4 sigma of a sample deviation of 20,000 is 2 %.


@pytest.mark.parametrize(
    ("alpha", "right", "published"),
    [
        (0.05, (7.899358, 7.905580), (7.901901305, 7.903037329)),
        (0.01, (7.898381, 7.906558), None),
        (0.001, (7.897246, 7.907693), None),
    ],
)
def test_local_entropy_intervals(alpha, right, published):
    found = texture.local_entropy(noise((1, 1, 256, 256)), alpha=alpha)
    ours = found["local_entropy"]
    assert ours.ideal == pytest.approx(7.902469317, abs=1e-9)
    assert (ours.low, ours.high) == pytest.approx(right, abs=1.5e-6)
    if published:
        # Printed from simulated deviations, good to four digits of the half-width.
        other = found["local_entropy_published"]
        assert (other.low, other.high) == pytest.approx(published, abs=1e-6)


def test_local_entropy_intervals_hold_what_they_promise():
    """Right interval: 5 % of ideal pictures outside; the published one: about 73 %."""
    values = texture.local_entropy_values(noise((900, 1, 100, 132), 2), blocks=6)
    mean, sd = metrics.expected_entropy(1936), metrics.entropy_deviation(1936)
    off = (values - mean).abs() / sd
    outside = (off > 1.959964 / math.sqrt(6)).double().mean().item()
    assert 0.05 - 3 * 0.00727 < outside < 0.05 + 3 * 0.00727
    wrong = (off > 1.959964 / 6).double().mean().item()
    share = 2 * (1 - 0.5 * (1 + math.erf(1.959964 / math.sqrt(6) / math.sqrt(2))))
    assert wrong == pytest.approx(share, abs=0.05) and wrong > 0.3


def test_local_blocks_do_not_overlap_and_repeat():
    """Every pixel of a picture with all values different is used at most once."""
    picture = torch.arange(256).to(torch.uint8).reshape(1, 1, 8, 32)
    squares = texture.local_blocks(picture, 6, 4, seed=3)
    assert squares.shape == (1, 6, 4, 4)
    assert len(set(squares.flatten().tolist())) == 6 * 16
    assert torch.equal(squares, texture.local_blocks(picture, 6, 4, seed=3))
    assert not torch.equal(squares, texture.local_blocks(picture, 6, 4, seed=4))
    rows = squares[0].to(torch.int64)
    assert (rows[:, :, 1:] - rows[:, :, :-1] == 1).all()  # squares of the picture, not a shuffle
    with pytest.raises(ParameterError, match="blocks"):
        texture.local_blocks(picture, 17, 4, 0)
    wide = texture.local_blocks(noise((2, 1, 256, 256)), 30, 44, 0)
    assert wide.shape == (2, 30, 16, 121)  # 30 squares of 44 do not fit
    with pytest.raises(ParameterError, match="side"):
        texture.local_blocks(picture, 1, 0, 0)


def test_local_entropy_sees_what_global_entropy_does_not():
    """All bytes equally often, but sorted: globally 8 bits, locally next to none."""
    ramp = torch.arange(256).repeat_interleave(256).to(torch.uint8).reshape(1, 1, 256, 256)
    assert metrics.entropy_values(ramp).item() == pytest.approx(8)
    assert texture.local_entropy(ramp)["local_entropy"].verdict == "fail"
    small = texture.local_entropy(noise((1, 1, 64, 40)), blocks=4, side=8)["local_entropy"]
    assert small.verdict == "info" and "no verdict" in small.convention


# ---------------------------------------------------------------- histogram variance


def test_histogram_variance():
    images = noise((4, 3, 30, 25))
    for picture, value in zip(images, metrics.histogram_variance_values(images), strict=True):
        counts = np.bincount(picture.numpy().ravel(), minlength=256).astype(float)
        by_pairs = ((counts[:, None] - counts[None, :]) ** 2).sum() / 2 / 256**2
        assert value.item() == pytest.approx(by_pairs, rel=1e-12)
    many = noise((800, 1, 64, 48), 8)
    one = metrics.histogram_variance(many[:1])
    values = metrics.histogram_variance_values(many)
    outside = ((values < one.low) | (values > one.high)).sum().item()
    assert 21 <= outside <= 59  # 40 and 3 sigma
    assert metrics.histogram_variance(photo()).verdict == "fail"
    assert metrics.histogram_variance(noise((1, 1, 9, 9))).verdict == "info"


# ---------------------------------------------------------------- co-occurrence


@pytest.mark.parametrize("offset", [(0, 1), (1, 0), (1, 1), (-2, 3), (0, -1)])
@pytest.mark.parametrize("levels", [256, 16])
def test_glcm_agrees_with_a_plain_loop_and_with_torch(offset, levels):
    images = torch.cat([noise((1, 3, 13, 9)), noise((1, 3, 13, 9), 1) // 60])
    counts = metrics.glcm(images, offset, levels)
    naive = np.zeros((2, 3, levels, levels), int)
    for n, c, y, x in np.ndindex(2, 3, 13, 9):
        v, w = y + offset[0], x + offset[1]
        if 0 <= v < 13 and 0 <= w < 9:
            one, two = int(images[n, c, y, x]), int(images[n, c, v, w])
            naive[n, c, one * levels // 256, two * levels // 256] += 1
    assert np.array_equal(counts.numpy(), naive)
    shift = 8 - levels.bit_length() + 1
    other = texture._glcm_torch(images, *offset, shift).reshape(counts.shape)
    assert torch.equal(counts, other)
    assert (
        metrics.glcm(images, offset, levels, normed=True)
        .sum((2, 3))
        .allclose(torch.ones(2, 3, dtype=torch.float64))
    )


@pytest.mark.parametrize("shape", [(2, 1, 300, 700), (1, 1, 2, 140000), (1, 1, 140000, 1)])
def test_glcm_of_large_flat_pictures(shape):
    """More pairs in one cell than 16 bits hold."""
    flat = torch.full(shape, 255, dtype=torch.uint8)
    offset = (0, 1) if shape[3] > 1 else (1, 0)
    pairs = (shape[2] - offset[0]) * (shape[3] - offset[1])
    counts = metrics.glcm(flat, offset)
    assert counts[:, 0, 255, 255].eq(pairs).all() and counts.sum() == pairs * shape[0]


def test_glcm_features_agree_with_scikit_image():
    from skimage.feature import graycomatrix, graycoprops

    images = torch.cat([noise((1, 1, 40, 33)), photo()[:, :, :40, :33]])
    ours = metrics.glcm_feature_values(images)
    for index, picture in enumerate(images.numpy()[:, 0]):
        table = graycomatrix(picture, [1], [0], 256, normed=True)
        for name, theirs in (("contrast", "contrast"), ("energy", "ASM"), ("correlation",) * 2):
            expected = graycoprops(table, theirs)[0, 0]
            assert ours[name][index, 0].item() == pytest.approx(expected, rel=1e-9)
        i, j = np.indices((256, 256))
        expected = (table[..., 0, 0] / (1 + np.abs(i - j))).sum()
        assert ours["homogeneity"][index, 0].item() == pytest.approx(expected, rel=1e-12)


def test_glcm_of_uniform_bytes():
    """The ideals of the specification, and 5 % of ideal pictures outside."""
    found = metrics.glcm_features(noise((1, 1, 256, 256)))
    assert found["glcm_contrast"].ideal == pytest.approx(10922.5)
    assert found["glcm_homogeneity"].ideal == pytest.approx(0.036315, abs=1e-6)
    assert found["glcm_energy"].ideal == pytest.approx(1 / 65536 + 1 / 65280, rel=1e-4)
    many = noise((600, 1, 64, 48), 9)
    for offset, levels in (((0, 1), 64), ((1, 1), 256)):
        one = metrics.glcm_features(many[:1], offset, levels)
        for name, values in metrics.glcm_feature_values(many, offset, levels).items():
            low, high = one[f"glcm_{name}"].low, one[f"glcm_{name}"].high
            outside = ((values < low) | (values > high)).sum().item()
            assert 12 <= outside <= 49, (name, offset, levels, outside)  # 30 and 3.5 sigma
    for metric in metrics.glcm_features(photo()).values():
        assert metric.verdict == "fail", metric


def test_glcm_refuses():
    images = noise((1, 1, 6, 5))
    for offset in ((0, 0), (6, 0), (0, -5), "x", (1,)):
        with pytest.raises(ParameterError, match="offset"):
            metrics.glcm(images, offset)
    with pytest.raises(ParameterError, match="levels"):
        metrics.glcm(images, levels=10)
    flat = torch.zeros(1, 1, 40, 40, dtype=torch.uint8)
    assert math.isnan(metrics.glcm_features(flat)["glcm_correlation"].value)
    assert metrics.glcm_features(images)["glcm_contrast"].verdict == "info"


# ---------------------------------------------------------------- correlation


def test_sampled_correlation():
    images = torch.cat([photo()[:, :, :60, :44], noise((1, 1, 60, 44))])
    pairs = 60 * 43
    everything = metrics.correlation_values(images, "horizontal")
    sampled = metrics.correlation_values(images, "horizontal", sample=pairs)
    assert torch.allclose(everything, sampled, atol=1e-12)
    some = metrics.correlation_values(images, "horizontal", sample=500, seed=1)
    assert torch.equal(some, metrics.correlation_values(images, "horizontal", 500, 1))
    assert not torch.equal(some, metrics.correlation_values(images, "horizontal", 500, 2))
    wide = metrics.adjacent_correlation(images[1:], "diagonal", sample=400)
    assert wide.high == pytest.approx(1.959964 / 20, rel=1e-6) and "400 of" in wide.convention
    for wrong in (1, pairs + 1, 2.5):
        with pytest.raises(ParameterError, match="sample"):
            metrics.correlation_values(images, "horizontal", wrong)


def test_normalised_correlation():
    plain, other = photo(), noise((1, 1, 256, 256))
    value = metrics.normalised_correlation_values(plain, other).item()
    expected = np.corrcoef(plain.numpy().ravel(), other.numpy().ravel())[0, 1]
    assert value == pytest.approx(expected, abs=1e-12)
    assert metrics.normalised_correlation(plain, other, 0.001).verdict == "pass"
    assert metrics.normalised_correlation(plain, plain).verdict == "fail"
    flat = torch.zeros_like(plain)
    assert math.isnan(metrics.normalised_correlation(plain, flat).value)
    tiny = noise((1, 1, 3, 4))
    assert metrics.normalised_correlation(tiny, tiny).verdict == "info"
    a, b = noise((900, 1, 20, 17), 1), noise((900, 1, 20, 17), 2)
    one = metrics.normalised_correlation(a[:1], b[:1])
    outside = (metrics.normalised_correlation_values(a, b).abs() > one.high).sum().item()
    assert 26 <= outside <= 64  # 45 and 3 sigma


# ---------------------------------------------------------------- batches, views, imports


def test_a_batch_gives_what_its_pictures_give():
    first, second = noise((5, 3, 50, 91)), noise((5, 3, 50, 91), 1)
    for function in (
        metrics.entropy_values,
        lambda x: metrics.local_entropy_values(x, 5, 12),
        metrics.histogram_variance_values,
        lambda x: metrics.glcm(x, (1, 0)),
        lambda x: metrics.correlation_values(x, "vertical", 100),
        metrics.compression_values,
    ):
        assert torch.equal(function(first), torch.cat([function(p[None]) for p in first]))
    for function in (
        metrics.npcr_values,
        metrics.uaci_values,
        metrics.bit_error_values,
        metrics.normalised_correlation_values,
    ):
        single = [function(a[None], b[None]) for a, b in zip(first, second, strict=True)]
        assert torch.equal(function(first, second), torch.cat(single))


def test_views_are_read_as_they_look():
    """Channels last, every second column, turned: not contiguous, same figures; nothing written."""
    base = noise((2, 60, 40, 3))
    view = base.permute(0, 3, 1, 2)[:, :, ::2].flip(3).transpose(2, 3)
    copy, before = view.contiguous(), base.clone()
    other = noise(tuple(view.shape), 1)
    assert torch.equal(metrics.histogram(view), metrics.histogram(copy))
    assert torch.equal(metrics.glcm(view), metrics.glcm(copy))
    assert torch.equal(metrics.uaci_values(view, other), metrics.uaci_values(copy, other))
    assert torch.equal(base, before)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 4095, 4096, 4097, 9001])
def test_kernels_at_odd_lengths(n):
    first, second = noise((2, 1, 1, n)), noise((2, 1, 1, n), 1)
    first[1], second[1] = 255, 0  # the largest sums
    one, two = first.numpy().astype(int), second.numpy().astype(int)
    counts = metrics.pair_counts(first, second).numpy()
    assert np.array_equal(counts[:, 0], (one != two).sum((1, 2, 3)))
    assert np.array_equal(counts[:, 1], np.abs(one - two).sum((1, 2, 3)))
    tables = metrics.histogram(first).numpy()
    assert np.array_equal(tables[0], np.bincount(one[0].ravel(), minlength=256))


@pytest.mark.parametrize("levels, planes", [(256, 1), (32, 3), (8, 3)])
def test_energy_of_random_bytes_lies_inside_as_often_as_promised(levels, planes):
    """Few levels: pixels that two pairs share widen the law; many: it is skewed like Poisson's."""
    trials, alpha = 1500, 0.05
    values = metrics.glcm_feature_values(noise((trials * planes, 1, 34, 40)), (0, 1), levels)
    means = values["energy"].reshape(trials, planes).mean(1)
    pictures = noise((planes, 1, 34, 40))
    metric = metrics.glcm_features(pictures, (0, 1), levels, alpha)["glcm_energy"]
    share = ((means < metric.low) | (means > metric.high)).double().mean().item()
    assert abs(share - alpha) < 3.5 * math.sqrt(alpha * (1 - alpha) / trials)
    assert means.mean().item() == pytest.approx(metric.ideal, rel=2e-3)


def test_entropy_interval_holds_for_few_bytes_too():
    """At five bytes a bin the plain χ² law would accuse twice as many ideal pictures."""
    n, alpha = metrics.SMALLEST, 0.001
    rng = np.random.default_rng(2)
    counts = rng.multinomial(n, np.full(256, 1 / 256), 60_000) / n
    entropy = -(counts * np.log2(np.where(counts > 0, counts, 1))).sum(1)
    low, high = metrics.entropy_interval(n, alpha)
    share = ((entropy < low) | (entropy > high)).mean()
    assert abs(share - alpha) < 4 * math.sqrt(alpha / 60_000)


def test_local_entropy_of_tiny_blocks_is_not_judged():
    found = metrics.local_entropy(noise((2, 1, 40, 40)), blocks=20, side=8)
    assert {metric.verdict for metric in found.values()} == {"info"}


def test_features_of_many_pictures_are_those_of_each():
    many = noise((37, 1, 12, 9))
    whole, parts = metrics.glcm_feature_values(many), metrics.glcm_feature_values(many[20:])
    for name, values in whole.items():
        assert torch.equal(values[20:], parts[name]), name


def test_metrics_import_nothing_heavy():
    code = (
        "import sys, gansec_lib, gansec_lib.metrics\n"
        "bad = {'torch', 'numba', 'scipy', 'torchmetrics', 'torchvision'} & set(sys.modules)\n"
        "assert not bad, bad\n"
        "from gansec_lib import metrics\n"
        "assert metrics.npcr and metrics.glcm and metrics.entropy and metrics.lpips\n"
        "bad = {'numba', 'scipy', 'torchmetrics', 'torchvision'} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError):
        metrics.no_such_metric  # noqa: B018


@pytest.mark.gpu
def test_same_numbers_on_the_gpu():
    first, second = noise((3, 3, 61, 44)), noise((3, 3, 61, 44), 1)
    a, b = first.cuda(), second.cuda()
    assert torch.equal(metrics.histogram(a).cpu(), metrics.histogram(first))
    assert torch.equal(metrics.pair_counts(a, b).cpu(), metrics.pair_counts(first, second))
    assert torch.equal(metrics.glcm(a).cpu(), metrics.glcm(first))
    assert torch.equal(
        metrics.local_entropy_values(a, 4).cpu().round(decimals=12),
        metrics.local_entropy_values(first, 4).round(decimals=12),
    )
