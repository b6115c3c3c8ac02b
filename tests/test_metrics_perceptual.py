"""SSIM kernel, MS-SSIM, PSNR-HVS(-M) and LPIPS against plain loops and other programs."""

import math

import numpy as np
import pytest
import torch

from gansec_lib import metrics
from gansec_lib.errors import DataMissingError, ParameterError
from gansec_lib.metrics import perceptual, quality
from gansec_lib.metrics.hvs import QUANTISATION


def pair(shape, seed=2, reach=25):
    """A photo-like picture and a noisy copy."""
    from skimage.data import astronaut

    count, channels, height, width = shape
    base = torch.from_numpy(astronaut().copy()).permute(2, 0, 1)[None, :channels, :height, :width]
    base = torch.cat([base.roll(17 * index, 3) for index in range(count)])
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randint(-reach, reach + 1, base.shape, generator=rng)
    return base, (base.int() + noise).clamp(0, 255).to(torch.uint8)


# ---------------------------------------------------------------- SSIM


@pytest.mark.parametrize("shape", [(1, 1, 11, 11), (1, 1, 12, 40), (2, 3, 37, 19), (1, 3, 64, 65)])
def test_ssim_kernel_agrees_with_scikit_image_and_torch(shape):
    from skimage.metrics import structural_similarity

    first, second = pair(shape)
    ours = quality.ssim_values(first, second, "gaussian")
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    for one, two, value in zip(first.numpy(), second.numpy(), ours, strict=True):
        theirs = np.mean(
            [
                structural_similarity(a.astype(float), b.astype(float), data_range=255, **settings)
                for a, b in zip(one, two, strict=True)
            ]
        )
        assert value.item() == pytest.approx(theirs, abs=1e-9)
    single = [
        quality.ssim_values(a[None], b[None], "gaussian")
        for a, b in zip(first, second, strict=True)
    ]
    assert torch.equal(ours, torch.cat(single))


# ---------------------------------------------------------------- MS-SSIM


def naive_ms_ssim(one, two):
    """Wang, Simoncelli, Bovik 2003 with full two-dimensional windows, one channel at a time."""
    from scipy.signal import convolve2d

    place = np.arange(-5, 6)
    line = np.exp(-(place**2) / (2 * 1.5**2))
    window = np.outer(line, line) / line.sum() ** 2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    result = 1.0
    for scale, exponent in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        scores = []
        for a, b in zip(one, two, strict=True):
            m, n = (convolve2d(x, window, "valid") for x in (a, b))
            va = convolve2d(a * a, window, "valid") - m * m
            vb = convolve2d(b * b, window, "valid") - n * n
            cov = convolve2d(a * b, window, "valid") - m * n
            structure = (2 * cov + c2) / (va + vb + c2)
            light = (2 * m * n + c1) / (m * m + n * n + c1)
            scores.append((structure * light if scale == 4 else structure).mean())
        result *= max(0.0, np.mean(scores)) ** exponent
        one, two = (
            x[:, : x.shape[1] // 2 * 2, : x.shape[2] // 2 * 2]
            .reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2)
            .mean((2, 4))
            for x in (one, two)
        )
    return result


def test_ms_ssim_agrees_with_a_naive_one():
    first, second = pair((2, 3, 179, 200))
    ours = metrics.ms_ssim_values(first, second)
    for one, two, value in zip(first.numpy(), second.numpy(), ours, strict=True):
        assert value.item() == pytest.approx(naive_ms_ssim(one / 1.0, two / 1.0), abs=1e-9)
    assert torch.equal(ours[1:], metrics.ms_ssim_values(first[1:], second[1:]))
    assert metrics.ms_ssim_values(first, first).allclose(torch.ones(2, dtype=torch.float64))
    assert metrics.ms_ssim_values(first, 255 - first).eq(0).all()
    assert "five scales" in metrics.ms_ssim(first, second).convention


def test_ms_ssim_is_near_torchmetrics():
    """They reflect the borders, we crop them: near, not equal."""
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as peer

    first, second = pair((1, 3, 200, 256))
    theirs = peer(first.double(), second.double(), data_range=255.0).item()
    assert metrics.ms_ssim_values(first, second).item() == pytest.approx(theirs, abs=5e-3)


def test_ms_ssim_refuses_small_pictures():
    small = torch.zeros(1, 1, 175, 400, dtype=torch.uint8)
    with pytest.raises(ParameterError, match="176"):
        metrics.ms_ssim_values(small, small)


# ---------------------------------------------------------------- PSNR-HVS


def naive_hvs(one, two, masked):
    """Ponomarenko's program, block by block and coefficient by coefficient."""
    from scipy.fft import dctn

    def variance(block):
        return block.var(ddof=1) * block.size

    def mask(block, spectrum):
        total = sum(
            spectrum[k, l] ** 2 * (10 / QUANTISATION[k][l]) ** 2
            for k in range(8)
            for l in range(8)  # noqa: E741
            if (k, l) != (0, 0)
        )
        whole = variance(block)
        if whole:
            parts = (block[:4, :4], block[:4, 4:], block[4:, 4:], block[4:, :4])
            whole = sum(variance(part) for part in parts) / whole
        return math.sqrt(total * whole) / 32

    total, cells = 0.0, 0
    for y in range(0, one.shape[0] - 7, 8):
        for x in range(0, one.shape[1] - 7, 8):
            a, b = one[y : y + 8, x : x + 8], two[y : y + 8, x : x + 8]
            da, db = dctn(a, norm="ortho"), dctn(b, norm="ortho")
            limit = max(mask(a, da), mask(b, db))
            for k, l in np.ndindex(8, 8):  # noqa: E741
                gap = abs(da[k, l] - db[k, l])
                if masked and (k, l) != (0, 0):
                    gap = max(0.0, gap - limit / (10 / QUANTISATION[k][l]) ** 2)
                total += (gap * 25.735088 / QUANTISATION[k][l]) ** 2
            cells += 64
    return 10 * math.log10(255**2 / (total / cells))


@pytest.mark.parametrize("masked", [False, True])
def test_psnr_hvs_agrees_with_a_naive_one(masked):
    first, second = pair((2, 1, 45, 70))
    first[0, 0, :8, :8] = 77  # a flat block masks nothing
    ours = (metrics.psnr_hvs_m_values if masked else metrics.psnr_hvs_values)(first, second)
    for one, two, value in zip(first.numpy(), second.numpy(), ours, strict=True):
        expected = naive_hvs(one[0].astype(float), two[0].astype(float), masked)
        assert value.item() == pytest.approx(expected, abs=1e-9)


def test_psnr_hvs_tables_are_the_authors():
    """Corners of the published tables CSFCof and MaskCof."""
    sensitivity = 25.735088 / np.array(QUANTISATION)
    assert sensitivity[0, 0] == pytest.approx(1.608443, abs=1e-6)
    assert sensitivity[0, 2] == pytest.approx(2.573509, abs=1e-6)
    assert sensitivity[7, 0] == pytest.approx(0.357432, abs=1e-6)
    assert sensitivity[7, 7] == pytest.approx(0.259950, abs=1e-6)
    assert (10 / QUANTISATION[0][1]) ** 2 == pytest.approx(0.826446, abs=1e-6)


def test_psnr_hvs_behaves():
    first, second = pair((2, 3, 48, 40))
    assert metrics.psnr_hvs_values(first, first).eq(math.inf).all()
    plain, masked = (f(first, second) for f in (metrics.psnr_hvs_values, metrics.psnr_hvs_m_values))
    assert (masked > plain).all()  # masking only forgives
    grey = first[:, :1].expand(-1, 3, -1, -1), second[:, :1].expand(-1, 3, -1, -1)
    one = metrics.psnr_hvs_m_values(first[:, :1], second[:, :1])
    assert metrics.psnr_hvs_m_values(*grey).allclose(one, atol=1e-9)
    # An error of the mean alone is weighed like any mean: 10 grey levels everywhere.
    flat = torch.full((1, 1, 16, 24), 90, dtype=torch.uint8)
    expected = 10 * math.log10(255**2 / ((80 * 25.735088 / 16) ** 2 / 64))
    assert metrics.psnr_hvs_m_values(flat, flat + 10).item() == pytest.approx(expected, abs=1e-9)
    with pytest.raises(ParameterError, match="8"):
        metrics.psnr_hvs_values(first[:, :, :7], second[:, :, :7])
    with pytest.raises(ParameterError, match="channels"):
        metrics.psnr_hvs_values(first[:, :2], second[:, :2])
    assert metrics.psnr_hvs(first, second).unit == metrics.psnr_hvs_m(first, second).unit == "dB"


# ---------------------------------------------------------------- LPIPS


def test_lpips_says_what_to_put_where(tmp_path, monkeypatch):
    monkeypatch.setenv("GANSEC_DATA", str(tmp_path))
    first, second = pair((1, 3, 40, 40))
    with pytest.raises(DataMissingError, match=perceptual.LPIPS_FILE):
        metrics.lpips(first, second)
    (tmp_path / perceptual.LPIPS_FILE).write_bytes(b"no weights")
    with pytest.raises(DataMissingError, match="does not hold"):
        metrics.lpips(first, second)
    with pytest.raises(ParameterError, match="32"):
        metrics.lpips(first[:, :, :20], second[:, :, :20])


def test_lpips_agrees_with_torchmetrics(tmp_path, monkeypatch):
    """With random AlexNet weights in the file: layers, scaling and learned weights are right."""
    from torchmetrics.functional.image.lpips import _LPIPS
    from torchvision.models import alexnet

    torch.manual_seed(0)
    network = alexnet(weights=None)
    torch.save(network.state_dict(), tmp_path / perceptual.LPIPS_FILE)
    monkeypatch.setenv("GANSEC_DATA", str(tmp_path))
    peer = _LPIPS(pretrained=True, net="alex", pnet_rand=True)
    ours = network.features.state_dict()
    for name, value in peer.net.state_dict().items():
        value.copy_(ours[name.split(".", 1)[1]])
    first, second = pair((3, 3, 70, 53))
    with torch.no_grad():
        theirs = peer.eval()(first / 127.5 - 1, second / 127.5 - 1).flatten()
    values = metrics.lpips_values(first, second, batch=2)
    assert values.numpy() == pytest.approx(theirs.numpy(), rel=1e-5)
    assert metrics.lpips_values(first, first).eq(0).all()
    grey = metrics.lpips_values(first[:, :1], second[:, :1])
    colour = (side[:, :1].expand(-1, 3, -1, -1) for side in (first, second))
    assert torch.allclose(grey, metrics.lpips_values(*colour))
