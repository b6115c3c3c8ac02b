"""The figures of a scorecard, one function a group; ``scorecard`` puts them together."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from gansec_lib.ciphers.kdf import hkdf
from gansec_lib.errors import ParameterError
from gansec_lib.metrics import cipher as figures
from gansec_lib.metrics import hvs, perceptual, quality
from gansec_lib.metrics.metric import Metric, info, judge
from gansec_lib.metrics.texture import FEATURES, block_shape

BLOCKS, LARGEST_BLOCK, SMALLEST_BLOCK = 30, 44, 16  # of the local entropy
DAMAGED = 4  # pictures that are damaged, at most


def missing(name: str, ideal: float | None, why: str, unit: str = "") -> Metric:
    """A figure that these pictures have not, and why."""
    return Metric(name, None, ideal, None, None, "info", why, unit)


def statistics(plain: torch.Tensor, cipher: torch.Tensor, alpha: float) -> dict[str, Metric]:
    """What cipher images show by themselves and beside their plain pictures."""
    found = [figures.entropy(cipher, alpha), figures.chi_square(cipher, alpha)]
    found += local_entropy(cipher, alpha)
    found.append(figures.histogram_variance(cipher, alpha))
    found += [figures.adjacent_correlation(cipher, way, alpha) for way in figures.DIRECTIONS]
    if cipher.shape[3] > 1:
        found += figures.glcm_features(cipher, alpha=alpha).values()
    else:
        why = "one pixel wide: no neighbours to the right"
        found += [missing(f"glcm_{name}", None, why) for name in FEATURES]
    found.append(figures.normalised_correlation(plain, cipher, alpha))
    found.append(quality.unlike(plain, cipher, alpha))
    found += alike(plain, cipher)
    return {metric.name: metric for metric in found}


def alike(plain: torch.Tensor, cipher: torch.Tensor) -> list[Metric]:
    """How alike plain and cipher image look: SSIM, MS-SSIM, PSNR-HVS.

    The ideal is what random bytes give beside these very pictures: over five scales the mean grey
    of a picture and that of noise are alike, so MS-SSIM does not come down to 0.
    """
    rng = torch.Generator().manual_seed(0)
    noise = torch.randint(256, plain.shape, generator=rng).to(torch.uint8)
    found = []
    for measure, name, least, why in (
        (quality.ssim, "ssim_cipher", quality.WINDOWS["box"], "hold no window"),
        (perceptual.ms_ssim, "ms_ssim_cipher", perceptual.SMALLEST_SIDE, "have no five scales"),
        (hvs.psnr_hvs, "psnr_hvs_cipher", 8, "hold no block"),
    ):
        if min(plain.shape[2:]) < least:
            found.append(missing(name, None, f"pictures under {least} pixels a side {why}"))
            continue
        ideal = measure(plain, noise).value
        found.append(replace(measure(plain, cipher, name), ideal=ideal))
    return found


def local_entropy(cipher: torch.Tensor, alpha: float) -> list[Metric]:
    """Local entropy of all pictures, judged; and of the first in the interval that papers print.

    The papers' interval is no verdict on a cipher (about 73 of 100 ideal pictures lie outside), so
    it is shown and not judged. 30 blocks of 44² bytes, or of the largest square number that fits.
    """
    names = ("local_entropy", "local_entropy_published")
    for side in range(LARGEST_BLOCK, SMALLEST_BLOCK - 1, -1):
        try:
            block_shape(cipher, BLOCKS, side)
        except ParameterError:
            continue
        right = figures.local_entropy(cipher, BLOCKS, side, alpha=alpha)[names[0]]
        quoted = figures.local_entropy(cipher[:1], BLOCKS, side, alpha=0.05)[names[1]]
        said = quoted.convention.replace("mean over pictures", "first picture")
        bounds = quoted.low, quoted.high
        return [
            right,
            Metric(names[1], quoted.value, quoted.ideal, *bounds, "info", said, quoted.unit),
        ]
    why = f"pictures do not hold {BLOCKS} blocks of {SMALLEST_BLOCK**2} bytes"
    return [missing(name, None, why, "bit") for name in names]


def fidelity(plain: torch.Tensor, decrypted: torch.Tensor) -> dict[str, Metric]:
    """What comes back."""
    name, least = "ssim_decrypted", quality.WINDOWS["box"]
    if min(plain.shape[2:]) < least:
        alike = missing(name, 1.0, f"pictures under {least} pixels a side hold no window")
    else:
        measured = quality.ssim(plain, decrypted, name)
        alike = judge(name, measured.value, 1.0, 1.0, 1.0, measured.convention)
    return {"psnr_decrypted": quality.lossless(plain, decrypted), name: alike}


def damage(system, images: torch.Tensor, key: bytes, nonce: bytes, seed: int):
    """The robustness table, and how much of the damage was noticed."""
    rows = figures.robustness(system, images[:DAMAGED], key, nonce=nonce, seed=seed)
    refused = sum(row["outcome"] == "refused" for row in rows)
    words = f"{refused} of {len(rows)} damaged cipher images refused; nothing damaged is handed out"
    if refused < len(rows):
        words = f"{refused} of {len(rows)} damaged cipher images refused; the others decrypted"
    share = info("damage_refused", 100 * refused / len(rows), words, 100.0, "%")
    return {"damage_refused": share}, rows


def key_space(system, channels: int, attacks: list) -> dict[str, Metric]:
    """Nominal and effective key, with the best successful search of the attacks counted.

    The bits are tried on a ramp of 32 × 32, whatever the pictures: on a flat or a tiny one a bit
    may look dead by chance.
    """
    tried = [
        attack.details["keys_tried"]
        for attack in attacks
        if attack.succeeded and attack.setting == "as used" and attack.details.get("keys_tried")
    ]
    ramp = torch.arange(channels * 32 * 32).reshape(1, channels, 32, 32).to(torch.uint8)
    bits = math.log2(min(tried)) if tried else None
    return figures.key_space(system, attack_bits=bits, images=ramp)


def cost(system, images, ciphertext, key: bytes, alpha: float):
    """Compression, file size, speed, and the time against AES-GCM on the same pictures."""
    from gansec_lib import systems

    aes = systems.get("aes_gcm")
    found = {"compression_ratio": figures.compression_ratio(ciphertext.as_images(), alpha=alpha)}
    size = len(ciphertext.to_bytes()) / images.numel()
    found["expansion"] = info("expansion", size, "file with header over picture bytes", 1.0)
    found |= figures.throughput(system, images, key)
    other = figures.throughput(aes, images, hkdf(key, aes.key_length))
    ratio = other["encrypt_speed"].value / found["encrypt_speed"].value
    words = f"{found['encrypt_speed'].convention}; AES-256-GCM in the same run"
    found["aes_ratio"] = info("aes_ratio", ratio, words, 1.0, "×")
    megabytes = images.numel() / 1e6
    seconds = {
        "encrypt": megabytes / found["encrypt_speed"].value,
        "decrypt": megabytes / found["decrypt_speed"].value,
        "aes_encrypt": megabytes / other["encrypt_speed"].value,
    }
    return found, seconds
