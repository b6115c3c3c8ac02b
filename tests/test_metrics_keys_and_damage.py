"""Key space, robustness, compression, throughput: known answers and ciphers made to fail them."""

import math

import pytest
import torch

from gansec_lib import metrics, systems
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher, Ciphertext, derive_key
from gansec_lib.scorecards.cipher import robustness as damages
from gansec_lib.scorecards.cipher.cost import throughput
from gansec_lib.scorecards.cipher.key_space import key_space

KEY = derive_key(b"a key for the tests, 32 bytes ok")


class Repeated(Cipher):
    """XOR with the first half of the key, over and over: half the key bits do nothing."""

    key_name = "test_repeated"
    key_length, nonce_length = 16, 4

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        stream = torch.tensor(list(key[:8]), dtype=torch.uint8)
        flat = images.reshape(-1)
        payload = flat ^ stream.repeat(flat.numel() // 8 + 1)[: flat.numel()]
        return Ciphertext(payload, tuple(images.shape), self.key_name, nonce=nonce)

    def decrypt(self, ciphertext, key):
        key = self._accept(ciphertext, key)
        shape = ciphertext.shape
        return self.encrypt(ciphertext.payload.reshape(shape), key).payload.reshape(shape)


def picture(shape=(2, 1, 40, 56), seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


def test_key_space_counts_dead_bits():
    found = key_space(Repeated())
    assert found["key_space_nominal"].value == 128 and found["key_space_nominal"].verdict == "pass"
    effective = found["key_space_effective"]
    assert effective.value == 64 and effective.verdict == "fail"
    assert "64 change nothing" in effective.convention and "64, 65" in effective.convention


def test_key_space_of_sound_ciphers_and_of_cheap_attacks():
    aes = systems.get("aes_gcm")
    sound = key_space(aes, bits=range(0, 256, 16))["key_space_effective"]
    assert sound.value == 256 and sound.verdict == "pass" and "16 of 256" in sound.convention
    small = key_space(aes, attack_bits=53, bits=[0])["key_space_effective"]
    assert small.value == 53 and small.verdict == "fail"
    assert "decided by: the best known attack costs 53 bits" in small.convention
    assert "also: 1 of 256 key bits" in small.convention
    assert key_space(aes, attack_bits=100, bits=[1])["key_space_effective"].verdict == "pass"


def test_key_space_refuses():
    aes = systems.get("aes_gcm")
    for wrong in (-1, math.inf, math.nan):
        with pytest.raises(ParameterError, match="attack_bits"):
            key_space(aes, attack_bits=wrong, bits=[0])
    with pytest.raises(ParameterError, match="bits"):
        key_space(aes, bits=[256])


# ---------------------------------------------------------------- robustness


def test_stream_cipher_errors_stay_where_they_are():
    """XOR streams pass damage through: bit errors equal those of the damaged cipher image."""
    images = picture()
    made = Repeated().encrypt(images, KEY[:16], nonce=b"1234")
    rows = damages.robustness(Repeated(), images, KEY[:16], ciphertext=made, seed=3)
    assert len(rows) == sum(len(strengths) for strengths in damages.DAMAGES.values())
    sent = made.as_images()
    for row in rows:
        arrived = damages.damage(sent, row["damage"], row["strength"], 3)
        expected = metrics.bit_error_values(sent, arrived).mean().item()
        assert row["outcome"] == "decrypted"
        assert row["ber"] == pytest.approx(expected, abs=1e-12)
        assert row["psnr"] > 0 and -1 <= row["ssim"] <= 1
    for kind in damages.DAMAGES:
        ber = [row["ber"] for row in rows if row["damage"] == kind]
        assert ber == sorted(ber) and ber[0] < ber[-1], kind


def test_authenticated_ciphers_refuse():
    rows = damages.robustness(systems.get("aes_gcm"), picture(), KEY, ["crop", "gaussian"])
    assert [row["outcome"] for row in rows] == ["refused"] * 6
    assert all(row["psnr"] is row["ssim"] is row["ber"] is None for row in rows)
    made = systems.get("aes_gcm").encrypt(picture(), KEY)
    undamaged = damages.damaged_decryption(systems.get("aes_gcm"), made, KEY, "crop", 0.0)
    assert torch.equal(undamaged, picture())


def test_chained_diffusion_spreads_damage():
    images = torch.zeros(1, 1, 40, 56, dtype=torch.uint8)
    kinds = ["salt_and_pepper"]
    chained = damages.robustness(systems.get("logistic"), images, KEY, kinds)[-1]["ber"]
    stream = damages.robustness(Repeated(), images, KEY[:16], kinds)[-1]["ber"]
    assert chained > 1.5 * stream


def test_damages_are_what_they_say():
    grey = torch.full((2, 3, 200, 100), 128, dtype=torch.uint8)
    salted = damages.damage(grey, "salt_and_pepper", 0.1)
    for value in (0, 255):
        assert (salted == value).double().mean().item() == pytest.approx(0.05, abs=0.004)
    light = damages.damage(grey, "gaussian", 0.001).double() / 255
    assert light.var().item() == pytest.approx(0.001, rel=0.03)
    light = damages.damage(grey, "speckle", 0.001).double() / 255
    assert light.var().item() == pytest.approx(0.001 * (128 / 255) ** 2, rel=0.03)
    assert light.max().item() <= 128 / 255 * (1 + math.sqrt(0.003)) + 0.002  # uniform, not normal
    cropped = damages.damage(grey, "crop", 0.25)
    assert (cropped[:, :, :100, :50] == 0).all() and (cropped == 128).double().mean() == 0.75
    hidden = damages.damage(grey, "occlusion", 0.25, 4)
    assert (hidden == 255).double().mean() == 0.25
    rows = (hidden[0, 0] == 255).any(1).nonzero()
    assert len(rows) == rows[-1] - rows[0] + 1 == 100
    assert (grey == 128).all()
    for kind in damages.DAMAGES:
        assert torch.equal(damages.damage(grey, kind, 0.0), grey)
        assert torch.equal(damages.damage(grey, kind, 0.3, 1), damages.damage(grey, kind, 0.3, 1))
    pixel = torch.zeros(1, 1, 1, 1, dtype=torch.uint8)
    assert damages.damage(pixel, "occlusion", 1.0).item() == 255


def test_robustness_refuses():
    with pytest.raises(ParameterError, match="kind"):
        damages.damage(picture(), "rain", 0.1)
    for kind, strength in (("crop", 1.1), ("gaussian", -1), ("occlusion", math.nan)):
        with pytest.raises(ParameterError, match="strength"):
            damages.damage(picture(), kind, strength)
    for wrong in ("crop", ["crop", "rain"]):
        with pytest.raises(ParameterError, match="kinds"):
            damages.robustness(Repeated(), picture(), KEY[:16], wrong)
    tiny = damages.robustness(Repeated(), picture((1, 1, 5, 6)), KEY[:16], ["crop"])
    assert tiny[-1]["ssim"] is None and tiny[-1]["psnr"] > 0


# ---------------------------------------------------------------- cost


@pytest.mark.parametrize("method", ["zlib", "lzma", "huffman-bound"])
def test_compression(method):
    from skimage.data import camera

    noise = picture((4, 1, 64, 90), 2)
    photo = torch.from_numpy(camera()[::4, ::4].copy())[None, None]
    assert metrics.compression_ratio(noise, method, 0.001).verdict == "pass"
    found = metrics.compression_ratio(photo, method, 0.001)
    assert found.verdict == "fail" and found.value > 1.05
    assert metrics.compression_ratio(picture((1, 1, 5, 6)), method).verdict == "info"
    with pytest.raises(ParameterError, match="method"):
        metrics.compression_values(noise, "zip")


def test_huffman_bound_is_not_exceeded():
    """A Huffman code built here is at most one bit a byte longer than the bound, never shorter."""
    import heapq

    skewed = (picture((1, 1, 50, 70)) // 16).pow(2).to(torch.uint8)
    heap = [(int(n), [s]) for s, n in enumerate(metrics.histogram(skewed)[0]) if n]
    heapq.heapify(heap)
    bits = 0
    while len(heap) > 1:
        one, two = heapq.heappop(heap), heapq.heappop(heap)
        bits += one[0] + two[0]
        heapq.heappush(heap, (one[0] + two[0], one[1] + two[1]))
    ratio = 8 * skewed.numel() / bits
    bound = metrics.compression_values(skewed, "huffman-bound").item()
    assert ratio <= bound and 8 / ratio < 8 / bound + 1


def test_throughput():
    found = throughput(systems.get("aes_gcm"), picture(), KEY, repeats=1)
    assert set(found) == {"encrypt_speed", "decrypt_speed"}
    assert all(metric.value > 0 and metric.unit == "MB/s" for metric in found.values())
