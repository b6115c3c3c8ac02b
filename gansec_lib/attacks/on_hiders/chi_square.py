"""χ² on pairs of values (Westfeld and Pfitzmann, Information Hiding 1999): finds LSB replacement.

Replacing the last bit turns 2i into 2i + 1 and back, and no value into any other. Where random bits
were written, both values of each pair therefore occur about equally often; in a photograph they do
not. The statistic sums, over the k pairs that occur more than 8 times,

    χ² = Σ (n_even − n_pair / 2)² / (n_pair / 2),   p = 1 − F(χ²; k − 1 degrees of freedom).

This is the published form. It sums one value of each pair, so under full embedding χ² is about
k / 2 and p almost 1, where a proper p-value would be uniform. So p is no significance level: the
authors call it the "probability of embedding".

The test sees a message that is written from the first sample on, because it also looks at the
beginning of the picture alone. It hardly sees a short message spread over the whole picture. Nor
does it see much of LSB matching, which moves values across the pairs: only that ±1 smooths the
histogram. Pictures whose histogram is smooth (noisy or resampled ones) are accused without reason.
"""

from __future__ import annotations

import numpy as np
import torch

from gansec_lib.roles import check_images

SHARES = tuple(step / 10 for step in range(1, 11))  # of the picture, from its first sample on
LEAST = 8  # occurrences of a pair: the authors ask for more than 4 of each value


def embedding_p(images: torch.Tensor, shares=SHARES) -> torch.Tensor:
    """The p of the first samples of each picture, float64 (N, S): near 1 where bits were written.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        Samples are taken channel by channel, row by row.
    shares : sequence of float in (0, 1]
        How much of the picture each column looks at.

    >>> noise = torch.randint(256, (1, 1, 64, 64), generator=torch.Generator().manual_seed(1))
    >>> p = embedding_p(noise.to(torch.uint8), [1.0])
    >>> bool(p > 0.99), bool(embedding_p((noise // 2 * 2).to(torch.uint8), [1.0]) < 0.01)
    (True, True)
    """
    from scipy.special import chdtrc

    statistic, freedom = _statistics(images, shares)
    p = np.where(freedom > 0, chdtrc(np.maximum(freedom, 1), statistic), 0.0)
    return torch.from_numpy(p)


def score(images: torch.Tensor) -> torch.Tensor:
    """How much each picture looks embedded, float64 (N,): its most suspicious beginning.

    ``embedding_p`` is 0 to the last digit for most photographs. This is p on another scale (Wilson
    and Hilferty's normal value), on which any two pictures can be told apart.
    """
    statistic, freedom = _statistics(images, SHARES)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = 2 / (9 * freedom)
        z = (np.cbrt(statistic / freedom) - 1 + spread) / np.sqrt(spread)
    return torch.from_numpy(np.where(freedom > 0, -z, -np.inf).max(1).clip(min=-1e6))


def _statistics(images: torch.Tensor, shares) -> tuple[np.ndarray, np.ndarray]:
    """χ² and its degrees of freedom, (N, S) each."""
    flat = check_images(images).cpu().flatten(1).numpy()
    ends = [max(1, round(share * flat.shape[1])) for share in shares]
    cuts = np.unique(ends)
    counts = np.zeros((len(flat), len(cuts), 256))
    for place, piece in enumerate(np.split(flat[:, : cuts[-1]], cuts[:-1], axis=1)):
        for row, values in enumerate(piece):
            counts[row, place] = np.bincount(values, minlength=256)
    counts = counts.cumsum(1)[:, np.searchsorted(cuts, ends)]
    even, odd = counts[..., ::2], counts[..., 1::2]
    half = (even + odd) / 2
    used = even + odd > LEAST
    gaps = np.divide((even - half) ** 2, half, out=np.zeros_like(half), where=used)
    return gaps.sum(-1), used.sum(-1) - 1
