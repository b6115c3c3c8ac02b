"""MSE, PSNR and SSIM against scikit-image, to 1e-9, with the conventions named."""

import math

import numpy as np
import pytest
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics import quality


def pair(shape=(3, 3, 41, 29)):
    rng = torch.Generator().manual_seed(2)
    first = torch.randint(256, shape, generator=rng)
    noise = torch.randint(-20, 21, shape, generator=rng)
    return first.to(torch.uint8), (first + noise).clamp(0, 255).to(torch.uint8)


def test_mse_and_psnr_agree_with_scikit_image():
    from skimage.metrics import mean_squared_error, peak_signal_noise_ratio

    first, second = pair()
    for index, (mse, psnr) in enumerate(
        zip(quality.mse_values(first, second), quality.psnr_values(first, second), strict=True)
    ):
        one, two = first[index].numpy(), second[index].numpy()
        assert mse.item() == pytest.approx(mean_squared_error(one, two), abs=1e-9)
        theirs = peak_signal_noise_ratio(one, two, data_range=255)
        assert psnr.item() == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("window", ["box", "gaussian"])
def test_ssim_agrees_with_scikit_image(window, channels):
    from skimage.metrics import structural_similarity

    first, second = pair((2, channels, 33, 47))
    settings = {}
    if window == "gaussian":
        settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    ours = quality.ssim_values(first, second, window)
    theirs = [
        structural_similarity(
            one.numpy().astype(float),
            two.numpy().astype(float),
            data_range=255,
            channel_axis=0,
            **settings,
        )
        for one, two in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-9)


def test_equal_pictures():
    first, _ = pair()
    assert quality.psnr_values(first, first).eq(math.inf).all()
    assert quality.ssim_values(first, first).eq(1).all()
    assert quality.lossless(first, first).verdict == "pass"
    changed = first.clone()
    changed[1, 0, 0, 0] ^= 1
    assert quality.lossless(first, first).to_dict()["value"] == "inf"
    only = quality.lossless(first[1:2], changed[1:2])
    assert only.verdict == "fail" and math.isfinite(only.value)


def test_one_lossy_picture_of_many_is_not_hidden_by_the_mean():
    first, _ = pair()
    changed = first.clone()
    changed[1, 0, 0, 0] ^= 1
    assert quality.lossless(first, changed).verdict == "fail"


def test_black_against_white_is_zero_decibel():
    black = torch.zeros(1, 1, 8, 9, dtype=torch.uint8)
    assert quality.psnr_values(black, black + 255).item() == 0
    assert quality.mse(black, black + 255).value == 65025


def test_random_cipher_image_lands_where_it_must():
    from skimage.data import camera

    plain = torch.from_numpy(camera()[::2, ::4].copy())[None, None]
    rng = torch.Generator().manual_seed(0)
    noise = torch.randint(256, plain.shape, generator=rng).to(torch.uint8)
    assert quality.unlike(plain, noise, 0.001).verdict == "pass"
    assert quality.unlike(plain, plain, 0.001).verdict == "fail"
    assert quality.unlike(plain, plain // 2, 0.001).verdict == "fail"
    uniform = torch.arange(256).to(torch.uint8).reshape(1, 1, 16, 16)
    assert quality.unlike(uniform, uniform.flip(2)).ideal == pytest.approx(7.7475830748630425)


def test_small_or_odd_requests_are_refused():
    small = torch.zeros(1, 1, 6, 40, dtype=torch.uint8)
    with pytest.raises(ParameterError, match="at least 7"):
        quality.ssim_values(small, small)
    with pytest.raises(ParameterError, match="window"):
        quality.ssim_values(small, small, "round")
    assert quality.ssim(*pair()).convention.startswith("box 7")
    assert quality.psnr(*pair()).unit == "dB"
