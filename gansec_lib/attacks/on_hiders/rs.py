"""RS analysis (Fridrich, Goljan and Du 2001): how much LSB replacement has written, estimated.

Neighbouring pixels of a photograph are alike. F₁ flips last bits: 2i ↔ 2i + 1. F₋₁ is the flip
shifted by one: 2i − 1 ↔ 2i. Either makes a small group of pixels rougher more often than smoother,
and in a photograph both do so equally often. Random last bits spoil this for F₁ and not for F₋₁.

R is the share of groups that become rougher (regular), S of those that become smoother (singular),
and d = R − S. It is measured four times: d₀ for F₁ and d₋₀ for F₋₁ on the picture as it is, d₁ and
d₋₁ on the picture with every last bit flipped. Of the two roots of

    2 (d₁ + d₀) z² + (d₋₀ − d₋₁ − d₁ − 3 d₀) z + d₀ − d₋₀ = 0,

z is the one of smaller size, and p = z / (z − ½) is the estimate.

| part | choice | from |
|---|---|---|
| the two flips, the equation | | paper |
| groups: all 2 × 2 squares, both diagonals flipped in turn | 1 × 4 strips, no overlap | ours |
| roughness: sum of the four absolute steps around the square | steps along the strip | ours |
| complex roots: the real part of p | not treated | ours: only near p = 1, where R = S |

Overlapping squares use every pixel eight times, which made the estimate's error a quarter smaller
on 127 photographs of 256 × 256. LSB matching does not flip within pairs, and RS says 0 of it.
"""

from __future__ import annotations

import numpy as np
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.roles import check_images


def payload(images: torch.Tensor) -> torch.Tensor:
    """The share of samples that carry a bit, as RS estimates it for each picture: float64 (N,).

    About 0 for a picture without a message and 1 for a full one; noise makes it leave [0, 1] at
    both ends. Colour pictures: the mean of R − S over the channels.

    Parameters
    ----------
    images : uint8 (N, C, H, W)

    Raises
    ------
    ParameterError
        Under 2 × 2 pixels.

    >>> ramp = torch.arange(40)[:, None] + 2 * torch.arange(60)
    >>> grain = torch.randn(40, 60, generator=torch.Generator().manual_seed(0))
    >>> cover = (ramp + 2 * grain).round().clamp(0, 255).to(torch.uint8)[None, None]
    >>> coin = torch.randint(2, cover.shape, generator=torch.Generator().manual_seed(1))
    >>> stego = cover & 254 | coin.to(torch.uint8)
    >>> abs(payload(cover).item()) < 0.2, abs(payload(stego).item() - 1) < 0.2
    (True, True)
    """
    if min(check_images(images).shape[2:]) < 2:
        raise ParameterError(f"images: RS needs 2 × 2 pixels or more, got {tuple(images.shape)}")
    found = [_one(image.numpy().astype(np.int16)) for image in images.cpu()]
    return torch.tensor(found, dtype=torch.float64)


def _one(image: np.ndarray) -> float:
    """The estimate for one picture, int16 (C, H, W)."""
    (here, shifted), (flipped, flipped_shifted) = (
        [_regular_minus_singular(pixels, by) for by in (1, -1)] for pixels in (image, image ^ 1)
    )
    second = 2 * (flipped + here)
    first = shifted - flipped_shifted - flipped - 3 * here
    if second == 0 and first == 0:  # a flat picture, or every bit random to the last digit
        return 1.0 if here != shifted else 0.0
    root = min(np.roots([second, first, here - shifted]), key=abs)
    return float((root / (root - 0.5)).real)


def _regular_minus_singular(image: np.ndarray, by: int) -> float:
    """R − S over all 2 × 2 squares: the corners of one diagonal flipped, then of the other."""
    corners = [image[:, :-1, :-1], image[:, :-1, 1:], image[:, 1:, 1:], image[:, 1:, :-1]]
    moved = image ^ 1 if by == 1 else ((image + 1) ^ 1) - 1
    other = [moved[:, :-1, :-1], moved[:, :-1, 1:], moved[:, 1:, 1:], moved[:, 1:, :-1]]
    before, total = _roughness(corners), 0
    for first in (0, 1):
        mixed = [(other if place % 2 == first else corners)[place] for place in range(4)]
        after = _roughness(mixed)
        total += int((after > before).sum()) - int((after < before).sum())
    return total / (2 * before.size)


def _roughness(corners: list[np.ndarray]) -> np.ndarray:
    """Sum of the absolute steps around each square."""
    return sum(np.abs(corners[place] - corners[place - 1]) for place in range(4))
