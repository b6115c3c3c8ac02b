"""A cipher's metrics, one function a group; ``card.measure`` puts them together."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from gansec_lib import metrics
from gansec_lib.attacks import reasons, suite
from gansec_lib.attacks.oracle import Attempt, for_nothing
from gansec_lib.ciphers.kdf import hkdf
from gansec_lib.errors import ParameterError
from gansec_lib.metrics import hvs, perceptual, quality
from gansec_lib.metrics.metric import Metric, info, with_verdict
from gansec_lib.metrics.texture import FEATURES, block_shape
from gansec_lib.roles import Cipher
from gansec_lib.scorecards.cipher import shapes
from gansec_lib.scorecards.cipher.bench import CipherBench
from gansec_lib.scorecards.cipher.cost import throughput
from gansec_lib.scorecards.cipher.key_space import key_space as effective_key_space
from gansec_lib.scorecards.cipher.robustness import DAMAGES, robustness
from gansec_lib.scorecards.measuring import ssim

ALIKE = ("ssim_cipher", "ms_ssim_cipher", "psnr_hvs_cipher")
BLOCKS, LARGEST_BLOCK, SMALLEST_BLOCK = 30, 44, 16  # of the local entropy
LOSSY = "lossy by design, so no verdict"
SOME_BITS = 32  # key bits that a quick look flips


def statistics(
    plain: torch.Tensor, cipher: torch.Tensor, alpha: float, why_no_picture: str = ""
) -> dict[str, Metric]:
    """What cipher images show by themselves and beside their plain pictures.

    ``why_no_picture`` says why the two cannot be laid beside each other, where they cannot.
    """
    found = [metrics.entropy(cipher, alpha), metrics.chi_square(cipher, alpha)]
    found.append(metrics.chi_square_pooled(cipher, alpha))
    found += local_entropy(cipher, alpha)
    found.append(metrics.histogram_variance(cipher, alpha))
    found += [metrics.adjacent_correlation(cipher, way, alpha) for way in metrics.DIRECTIONS]
    if cipher.shape[3] > 1:
        found += metrics.glcm_features(cipher, alpha=alpha).values()
    else:
        why = "one pixel wide: no neighbours to the right"
        found += [info(f"glcm_{name}", None, why) for name in FEATURES]
    if why_no_picture:
        found.append(info("normalised_correlation", None, why_no_picture, 0.0))
        found += [info(name, None, why_no_picture) for name in ("psnr_cipher", *ALIKE)]
    else:
        found.append(metrics.normalised_correlation(plain, cipher, alpha))
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
    of = (
        (quality.ssim, quality.WINDOWS["box"], "hold no window"),
        (perceptual.ms_ssim, perceptual.SMALLEST_SIDE, "have no five scales"),
        (hvs.psnr_hvs, 8, "hold no block"),
    )
    for name, (measure, least, why) in zip(ALIKE, of, strict=True):
        if min(plain.shape[2:]) < least:
            found.append(info(name, None, f"pictures under {least} pixels a side {why}"))
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
        right = metrics.local_entropy(cipher, BLOCKS, side, alpha=alpha)[names[0]]
        quoted = metrics.local_entropy(cipher[:1], BLOCKS, side, alpha=0.05)[names[1]]
        said = quoted.convention.replace("mean over pictures", "first picture")
        bounds = quoted.low, quoted.high
        return [
            right,
            Metric(names[1], quoted.value, quoted.ideal, *bounds, "info", said, quoted.unit),
        ]
    why = f"pictures do not hold {BLOCKS} blocks of {SMALLEST_BLOCK**2} bytes"
    return [info(name, None, why, unit="bit") for name in names]


def fidelity(plain: torch.Tensor, decrypted: torch.Tensor, lossless: bool) -> dict[str, Metric]:
    """What comes back; no verdict on a cipher that is lossy by design."""
    back = quality.lossless(plain, decrypted)
    if not lossless:
        back = replace(quality.psnr(plain, decrypted, "psnr_decrypted"), ideal=math.inf)
        back = replace(back, convention=f"{back.convention}; {LOSSY}")
    name = "ssim_decrypted"
    alike = replace(ssim(plain, decrypted, name, "box"), ideal=1.0)
    if alike.value is not None and lossless:
        alike = with_verdict(name, alike.value, 1.0, 1.0, 1.0, alike.convention)
    elif alike.value is not None:
        alike = replace(alike, convention=f"{alike.convention}; {LOSSY}")
    return {"psnr_decrypted": back, name: alike}


def wrong_key(metric: Metric, lossless: bool) -> Metric:
    """Wrong bits after a wrong key bit; where a decoder paints the rest, noise is not the aim."""
    if lossless or metric.value is None:
        return metric
    words = f"{metric.convention}; {LOSSY}: a wrong key gives another picture, not noise"
    return info(metric.name, metric.value, words, 0.5)


def in_clear(bench: CipherBench) -> float:
    """Share of the first picture's bytes that the cipher image shows as they are; 1/256 by chance.

    0 where no cipher image can be laid beside the picture.
    """
    if bench.why_no_picture:
        return 0.0
    return for_nothing(bench.images[0], bench.cipher[0])[0]


def damage(bench: CipherBench, seed: int) -> tuple[dict[str, Metric], list[dict]]:
    """How much of the damage was noticed, and a row for each damage and strength."""
    shown = bench.images[: bench.some.shape[0]]
    kinds = [kind for kind in DAMAGES if not (bench.is_strip and kind in shapes.AREAS)]
    rows = robustness(bench.system, shown, bench.key, kinds, ciphertext=bench.some, seed=seed)
    refused = sum(row["outcome"] == "refused" for row in rows)
    words = f"{refused} of {len(rows)} damaged cipher images refused; nothing damaged is handed out"
    if refused < len(rows):
        words = f"{refused} of {len(rows)} damaged cipher images refused; the others decrypted"
    share = info("damage_refused", 100 * refused / len(rows), words, 100.0, "%")
    nothing = {"outcome": shapes.NO_AREA, "psnr": None, "ssim": None, "ber": None, "shown": None}
    for kind in DAMAGES:
        if kind not in kinds:
            rows += [{"damage": kind, "strength": much, **nothing} for much in DAMAGES[kind]]
    return {"damage_refused": share}, rows


def attacked(bench: CipherBench, budget: str) -> tuple[list[Attempt], list[str]]:
    """Every attack in every setting where it belongs, on the first picture; what was left out."""
    found, left_out = suite(bench.system, bench.key, bench.images, budget=budget)
    return found, reasons(left_out)


def key_space(system, channels: int, attacks: list, thorough: bool = True) -> dict[str, Metric]:
    """Nominal and effective key, with the best successful search of the attacks counted.

    The bits (all, or 32 of them spread over the key) are tried on a ramp of 32 × 32, whatever the
    pictures: on a flat or a tiny one a bit may look dead by chance.
    """
    nominal = 8 * system.key_length
    places = (i * nominal // SOME_BITS + i % 8 for i in range(SOME_BITS))
    some = None if thorough else sorted({place % nominal for place in places})
    tried = [
        attack.details["keys_tried"]
        for attack in attacks
        if attack.succeeded and attack.setting == "as used" and attack.details.get("keys_tried")
    ]
    ramp = torch.arange(channels * 32 * 32).reshape(1, channels, 32, 32).to(torch.uint8)
    bits = math.log2(min(tried)) if tried else None
    return effective_key_space(system, attack_bits=bits, images=ramp, bits=some)


def cost(
    bench: CipherBench, yardstick: Cipher | None, alpha: float
) -> tuple[dict[str, Metric], dict[str, float]]:
    """Compression, file size, speed, and the time against AES-GCM on the same pictures."""
    images, ciphertext = bench.images, bench.ciphertext
    found = {"compression_ratio": metrics.compression_ratio(bench.cipher, alpha=alpha)}
    size = len(ciphertext.to_bytes()) / images.numel()
    found["expansion"] = info("expansion", size, "file with header over picture bytes", 1.0)
    found |= throughput(bench.system, images, bench.key)
    megabytes = images.numel() / 1e6
    seconds = {way: megabytes / found[f"{way}_speed"].value for way in ("encrypt", "decrypt")}
    if yardstick is None:
        found["aes_ratio"] = info("aes_ratio", None, "no AES-GCM was handed in", 1.0, "×")
        return found, seconds
    if yardstick.key_name == bench.system.key_name:
        found["aes_ratio"] = info("aes_ratio", 1.0, "the yardstick itself", 1.0, "×")
        return found, seconds
    other = throughput(yardstick, images, hkdf(bench.key, yardstick.key_length))
    seconds["aes_encrypt"] = megabytes / other["encrypt_speed"].value
    ratio = seconds["encrypt"] / seconds["aes_encrypt"]
    words = f"{found['encrypt_speed'].convention}; {yardstick.title} in the same run"
    found["aes_ratio"] = info("aes_ratio", ratio, words, 1.0, "×")
    return found, seconds
