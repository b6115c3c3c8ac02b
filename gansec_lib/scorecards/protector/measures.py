"""A protector's metrics, one function a panel; ``card`` puts them together."""

from __future__ import annotations

import math

import torch

from gansec_lib.attacks.on_people import readable
from gansec_lib.attacks.on_people.reidentify import ADAPTED, ALPHA, NAIVE, Reidentification
from gansec_lib.attacks.on_people.table import RECOGNISERS
from gansec_lib.images.imageset import ImageSet
from gansec_lib.metrics import identity
from gansec_lib.metrics.metric import Metric, info
from gansec_lib.scorecards.measuring import ssim


def people(found: Reidentification | None, why: str) -> dict[str, Metric]:
    """Rank-1 of every recogniser, naive and adapted; none, and why, where nobody was asked."""
    reported = {(a.name, a.setting): a for a in found.attempts} if found else {}
    metrics = {}
    for setting in (NAIVE, ADAPTED):
        for recogniser in RECOGNISERS:
            name = f"rank_one_{recogniser}_{setting}"
            if (recogniser, setting) not in reported:
                left_out = found.left_out if found else {}
                metrics[name] = info(name, None, left_out.get(recogniser, why))
                continue
            places = found.places[recogniser, setting]
            metrics[name] = identity.rank_one(name, places, found.gallery.people, ALPHA)
    return metrics


def utility(pictures: ImageSet, protected: torch.Tensor, seed: int):
    """What is still read, as metrics and as rows; and which questions cannot be asked."""
    read = readable.attributes(pictures, protected, seed)
    points = readable.landmarks(pictures, protected, seed)
    left_out, found = {}, {}
    words = f"{len(read)} attributes, people apart: {', '.join(r.name for r in read)}"
    if not read:
        words = "these pictures come without yes-or-no attributes that enough of them show"
        left_out["reading attributes"] = words
    for who in ("clear", "naive", "adapted"):
        name = f"attributes_{who}"
        mean = sum(getattr(r, who) for r in read) / len(read) if read else None
        found[name] = info(name, mean, words)
    words = "ridge regression, people apart; in % of the distance of the eyes"
    if points is None:
        words = "these pictures come without landmarks"
        left_out["finding landmarks"] = words
    for who in ("clear", "adapted", "guess"):
        name = f"landmarks_{who}"
        value = getattr(points, who) if points else None
        found[name] = info(name, value, words, unit="%")
    return found, read, left_out


def fidelity(pictures: ImageSet, protected: torch.Tensor) -> dict[str, Metric]:
    """PSNR and SSIM of the whole picture; PSNR inside and outside the face where it is known."""
    clear = pictures.images
    found = {"ssim": ssim(clear, protected)}
    mask = (pictures.masks or {}).get("face")
    gaps = (clear.to(torch.int32) - protected.to(torch.int32)).square().double().mean(1)
    everywhere = torch.ones_like(gaps, dtype=torch.bool)
    parts = {"psnr_face": mask, "psnr_outside": None if mask is None else ~mask}
    for name, chosen in ({"psnr": everywhere} | parts).items():
        if chosen is None or not chosen.any():
            found[name] = info(
                name, None, "these pictures come without masks of the face", unit="dB"
            )
            continue
        error = gaps[chosen].mean().item()
        value = 10 * math.log10(255**2 / error) if error else math.inf
        found[name] = info(name, value, "all pictures pooled; data range 255", unit="dB")
    return found
