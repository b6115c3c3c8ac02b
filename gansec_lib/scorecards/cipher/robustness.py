"""What is still seen after a cipher image was damaged on its way.

Robustness and authentication exclude each other: a cipher that detects changes hands out nothing,
and then the table says *refused*. That is a merit, whatever papers with PSNR tables suggest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch

from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.metrics.checks import check_bytes
from gansec_lib.metrics.difference import bit_error_values
from gansec_lib.metrics.quality import WINDOWS, psnr_values, ssim_values
from gansec_lib.roles import Ciphertext

# Strengths that papers use most; which of them is `ours` to choose.
DAMAGES = {
    "salt_and_pepper": (0.01, 0.05, 0.1),
    "gaussian": (0.0001, 0.001, 0.01),
    "speckle": (0.0001, 0.001, 0.01),
    "crop": (0.0625, 0.25, 0.5),
    "occlusion": (0.0625, 0.25, 0.5),
}


def damage(images: torch.Tensor, kind: str, strength: float, seed: int = 0) -> torch.Tensor:
    """A damaged copy, uint8 of the same shape and device.

    Parameters
    ----------
    kind : {"salt_and_pepper", "gaussian", "speckle", "crop", "occlusion"}
        Noise as MATLAB's ``imnoise`` has it. ``crop``: the upper left corner is black.
        ``occlusion``: a white rectangle at a random place.
    strength : float
        Share of bytes replaced, half by 0 and half by 255 (salt and pepper); variance for values
        in [0, 1] (Gaussian; speckle v + v·u, u uniform); share of the area (crop, occlusion).
    seed : int
        The same damage for the same seed and shape.

    >>> grey = torch.full((1, 1, 8, 4), 9, dtype=torch.uint8)
    >>> int((damage(grey, "crop", 0.25) == 0).sum())
    8
    """
    check_bytes(images)
    if kind not in DAMAGES:
        raise ParameterError(f"kind: expected one of {list(DAMAGES)}, got {kind!r}")
    areas = kind in ("salt_and_pepper", "crop", "occlusion")
    if not (0 <= strength <= 1 if areas else 0 <= strength < math.inf):
        wanted = "a share from 0 to 1" if areas else "a variance ≥ 0"
        raise ParameterError(f"strength: expected {wanted} for {kind}, got {strength!r}")
    rng = torch.Generator().manual_seed(seed)
    out = images.cpu().clone()
    if kind == "salt_and_pepper":
        chance = torch.rand(out.shape, generator=rng)
        out[chance < strength / 2] = 0
        out[(chance >= strength / 2) & (chance < strength)] = 255
    elif kind in ("gaussian", "speckle"):
        light = out.to(torch.float64) / 255
        if kind == "gaussian":
            noise = torch.randn(out.shape, generator=rng, dtype=torch.float64)
            light = light + math.sqrt(strength) * noise
        else:
            noise = torch.rand(out.shape, generator=rng, dtype=torch.float64) - 0.5
            light = light + light * math.sqrt(12 * strength) * noise
        out = (255 * light).round().clamp(0, 255).to(torch.uint8)
    else:
        height, width = out.shape[2:]
        down, across = (round(side * math.sqrt(strength)) for side in (height, width))
        top = left = 0
        if kind == "occlusion":
            top = int(torch.randint(height - down + 1, (1,), generator=rng))
            left = int(torch.randint(width - across + 1, (1,), generator=rng))
        out[:, :, top : top + down, left : left + across] = 0 if kind == "crop" else 255
    return out.to(images.device)


def damaged_decryption(
    cipher, ciphertext, key: bytes, kind: str, strength: float, seed: int = 0
) -> torch.Tensor | None:
    """What decryption hands out after ``damage`` to the cipher image; None where it refuses.

    Returns
    -------
    uint8 (N, C, H, W) or None
    """
    arrived = damage(ciphertext.as_images(), kind, strength, seed)
    try:
        return cipher.decrypt(replace(ciphertext, payload=arrived.reshape(-1)), key)
    except IntegrityError:
        return None


def robustness(
    cipher,
    images: torch.Tensor,
    key: bytes,
    kinds: Sequence[str] = tuple(DAMAGES),
    *,
    ciphertext: Ciphertext | None = None,
    seed: int = 0,
) -> list[dict]:
    """Encrypt, damage the cipher image, decrypt, compare with the plain picture.

    Parameters
    ----------
    kinds : sequence of str
        Which of ``DAMAGES``, each at its three strengths.
    ciphertext : Ciphertext, optional
        The pictures under this key, where they are encrypted already.

    Returns
    -------
    list of dict
        ``damage``, ``strength``, ``outcome`` (``"decrypted"`` or ``"refused"``), and ``psnr`` (dB),
        ``ssim`` (7 × 7 box), ``ber`` (share of wrong bits): means over pictures, ``None`` where
        refused (``ssim`` also where a side is under 7 pixels). ``shown`` is the first picture as
        decrypted, uint8 (C, H, W), or ``None``.

    Raises
    ------
    ParameterError
        Unknown damage, or a cipher that changes the number of bytes.
    """
    if isinstance(kinds, str) or not set(kinds) <= DAMAGES.keys():
        raise ParameterError(f"kinds: expected some of {list(DAMAGES)}, got {kinds!r}")
    if ciphertext is None:
        ciphertext = cipher.encrypt(images, key)
    rows = []
    for kind in kinds:
        for strength in DAMAGES[kind]:
            row = {"damage": kind, "strength": strength, "outcome": "refused"}
            row |= {"psnr": None, "ssim": None, "ber": None, "shown": None}
            rows.append(row)
            opened = damaged_decryption(cipher, ciphertext, key, kind, strength, seed)
            if opened is None:
                continue
            row["outcome"], row["shown"] = "decrypted", opened[0]
            row["psnr"] = psnr_values(images, opened).mean().item()
            row["ber"] = bit_error_values(images, opened).mean().item()
            if min(images.shape[2:]) >= WINDOWS["box"]:
                row["ssim"] = ssim_values(images, opened).mean().item()
    return rows
