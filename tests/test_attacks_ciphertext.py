"""The distinguisher accuses what it must, and random bytes no oftener than it says."""

import json

import numpy as np
import pytest
import torch
import weak_ciphers
from skimage.data import camera, moon

from gansec_lib import systems
from gansec_lib.attacks import distinguisher
from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.errors import ParameterError
from gansec_lib.roles import derive_key

KEY = derive_key(b"a key for the tests, 32 bytes ok")
PICTURES = torch.stack([torch.from_numpy(p[::4, ::4].copy()) for p in (camera(), moon())])[:, None]


def noise(seed, *shape):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


@pytest.mark.parametrize(
    ("shape", "draws"),
    [((1, 1, 16, 16), 2000), ((1, 1, 96, 64), 1000), ((2, 3, 33, 50), 500), ((5, 1, 1, 300), 500)],
)
def test_random_bytes_are_accused_as_rarely_as_promised(shape, draws):
    p = np.array([distinguisher(noise(seed, *shape)).p_value for seed in range(draws)])
    for level in (0.05, 0.01):
        allowed = level + 3 * (level * (1 - level) / draws) ** 0.5
        assert (p < level).mean() <= allowed
    assert (p < 0.05).mean() > 0.01 and (p < 0.5).mean() > 0.25  # and not by never accusing


def short_cycle(n=128 * 128, period=3000):
    block = np.random.default_rng(1).integers(0, 256, period, dtype=np.uint8)
    return torch.from_numpy(np.resize(block, n)).reshape(1, 1, 128, 128)


def too_even(n=128 * 128):
    flat = np.random.default_rng(1).permutation(np.arange(n) % 256).astype(np.uint8)
    return torch.from_numpy(flat).reshape(1, 1, 128, 128)


def raw_orbit(n=128 * 128):
    x, out = 0.3, []
    for _ in range(n):
        x = 3.99 * x * (1 - x)
        out.append(int(256 * x))
    return torch.tensor(out, dtype=torch.uint8).reshape(1, 1, 128, 128)


def sticky(plane):
    image = noise(2, 1, 1, 128, 128)
    rng = np.random.default_rng(3)
    bits = torch.from_numpy((rng.random((1, 1, 128, 128)) < 0.55).astype(np.uint8))
    return image & (255 - (1 << plane)) | bits << plane


WEAK = {
    "plain pictures": (PICTURES, ""),
    "permuted": (weak_ciphers.PermutationOnly().encrypt(PICTURES, KEY).as_images(), "χ²"),
    "one keystream": (PICTURES ^ noise(5, 1, 1, 128, 128), "of ⊕"),
    "one added keystream": (PICTURES + noise(5, 1, 1, 128, 128), "of pictures"),
    "short cycle": (short_cycle(), ""),
    "too even": (too_even(), "χ²"),
    "raw orbit": (raw_orbit(), ""),
    "one biased plane": (sticky(3), "ones in bit plane 3"),
    "constant": (torch.full((1, 1, 16, 16), 7, dtype=torch.uint8), ""),
}


@pytest.mark.parametrize("name", WEAK)
def test_weak_ciphertexts_are_accused_by_the_feature_that_sees_them(name):
    images, feature = WEAK[name]
    found = distinguisher(images)
    assert found.distinguished() and found.p_value < 1e-6
    assert feature in found.strongest.name
    rows = found.table()
    assert rows[0]["p_value"] <= rows[-1]["p_value"] and rows[0]["name"] == found.strongest.name
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "cipher",
    [*(systems.get(n) for n in ("aes_gcm", "chacha20", "logistic")), targets.TerribleButUniform()],
)
def test_good_bytes_are_not_accused(cipher):
    nonce = bytes(range(cipher.nonce_length))  # the same bytes at every run
    images = cipher.encrypt(PICTURES, KEY, nonce=nonce).as_images()
    assert not distinguisher(images).distinguished()


def test_statistics_are_those_of_numpy_and_scipy():
    from scipy import stats

    image = noise(8, 1, 1, 128, 100)
    array = image.numpy()[0, 0]
    features = {feature.name: feature for feature in distinguisher(image).features}
    chi = stats.chisquare(np.bincount(array.reshape(-1), minlength=256))
    assert features["χ²"].statistic == pytest.approx(chi.statistic)
    assert features["χ²"].p_value == pytest.approx(2 * min(chi.pvalue, 1 - chi.pvalue))
    entropy = stats.entropy(np.bincount(array.reshape(-1)), base=2)
    assert features["entropy"].statistic == pytest.approx(entropy)
    x = array.astype(float) - 127.5
    r = (x[:, 1:] * x[:, :-1]).mean() / ((256**2 - 1) / 12)
    assert features["correlation, right"].statistic == pytest.approx(r)
    flat = x.reshape(-1)
    lags = [
        abs((flat[:-lag] * flat[lag:]).sum()) / (65535 / 12 * np.sqrt(len(flat) - lag))
        for lag in range(1, len(flat) // 2 + 1)
    ]
    assert features["largest autocorrelation"].statistic == pytest.approx(max(lags))
    for plane in range(8):
        bits = array >> plane & 1
        assert features[f"ones in bit plane {plane}"].statistic == pytest.approx(bits.mean())
        moved = (bits[1:] != bits[:-1]).mean()
        assert features[f"changes below in bit plane {plane}"].statistic == pytest.approx(moved)
    differ = ((array >> 4 & 1) != (array >> 5 & 1)).mean()
    assert features["differences to the next of bit plane 4"].statistic == pytest.approx(differ)


def test_arguments_are_checked():
    with pytest.raises(ParameterError, match="256 bytes"):
        distinguisher(noise(1, 1, 1, 5, 51))
    with pytest.raises(ParameterError, match="uint8"):
        distinguisher(torch.rand(1, 1, 32, 32))
