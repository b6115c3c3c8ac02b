"""Finer looks at a cipher image: local entropy, histogram variance, co-occurrence of grey levels.

Images are uint8 ``(N, C, H, W)``; every judged figure carries the interval that independent uniform
bytes of that size would hit with probability 1 − alpha.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_bytes, tail_z
from gansec_lib.metrics.metric import Metric, info, judge
from gansec_lib.metrics.uniformity import (
    LEVELS,
    entropy_deviation,
    entropy_values,
    expected_entropy,
)

# ---------------------------------------------------------------- local entropy


def block_shape(images: torch.Tensor, blocks: int, side: int) -> tuple[int, int]:
    """(height, width) of blocks of ``side``² bytes, as square as ``blocks`` of them fit on a grid.

    30 squares of 44 do not fit into 256 × 256 grey bytes (5 · 5 = 25 do); 30 blocks of 16 × 121 do.
    Independent bytes do not care for the shape, so the interval stays. The choice is `ours`.

    >>> block_shape(torch.zeros(1, 1, 256, 256, dtype=torch.uint8), 30, 44)
    (16, 121)
    """
    channels, height, width = check_bytes(images).shape[1:]
    if not (isinstance(side, int) and side >= 1 and isinstance(blocks, int) and blocks >= 1):
        raise ParameterError(f"blocks, side: expected whole numbers ≥ 1, got {blocks}, {side}")
    shapes = [(side * side // w, w) for w in range(1, side * side + 1) if side * side % w == 0]
    fitting = [(h, w) for h, w in shapes if channels * (height // h) * (width // w) >= blocks]
    if not fitting:
        raise ParameterError(
            f"blocks: a picture of {channels} × {height} × {width} does not hold {blocks} blocks "
            f"of {side * side} bytes that do not overlap; take fewer or a smaller side"
        )
    return min(fitting, key=lambda shape: (max(shape) / min(shape), -shape[1]))


def local_blocks(images: torch.Tensor, blocks: int, side: int, seed: int) -> torch.Tensor:
    """``blocks`` blocks of ``side``² bytes, at random places of a grid so that none overlap.

    The grid itself is shifted at random. A block lies in one channel; the places are the same in
    every picture.

    Returns
    -------
    uint8 (N, blocks, h, w) with h · w = side²; see ``block_shape``

    Raises
    ------
    ParameterError
        If the picture does not hold that many blocks.
    """
    high, wide = block_shape(images, blocks, side)
    height, width = images.shape[2:]
    down, across = height // high, width // wide
    rng = torch.Generator().manual_seed(seed)
    top = int(torch.randint(height - down * high + 1, (1,), generator=rng))
    left = int(torch.randint(width - across * wide + 1, (1,), generator=rng))
    part = images[:, :, top : top + down * high, left : left + across * wide]
    cells = part.unfold(2, high, high).unfold(3, wide, wide).reshape(len(images), -1, high, wide)
    chosen = torch.randperm(cells.shape[1], generator=rng)[:blocks]
    return cells[:, chosen.to(cells.device)]


def local_entropy_values(
    images: torch.Tensor, blocks: int = 30, side: int = 44, seed: int = 0
) -> torch.Tensor:
    """Mean entropy of ``blocks`` random blocks of each picture, in bits, float64 (N,).

    Wu et al. 2013, (k, T_B)-local Shannon entropy: k = 30 blocks of T_B = 44 · 44 bytes.
    """
    squares = local_blocks(images, blocks, side, seed)
    return entropy_values(squares.flatten(0, 1)[:, None]).reshape(-1, blocks).mean(1)


def local_entropy(
    images: torch.Tensor, blocks: int = 30, side: int = 44, seed: int = 0, alpha: float = 0.05
) -> dict[str, Metric]:
    """Local entropy with the right interval, and with the one papers quote.

    The mean of k blocks spreads by σ/√k. The interval usually printed (7.901901 to 7.903037 at
    5 %, Wu et al. 2013) divides σ by k: about 73 of 100 ideal pictures fall outside it. So it is
    shown and judged, and never trusted.

    Returns
    -------
    dict with ``local_entropy`` and ``local_entropy_published``
    """
    value = local_entropy_values(images, blocks, side, seed).mean().item()
    n, count = side * side, len(images)
    mean, sd = expected_entropy(n), entropy_deviation(n)
    z = tail_z(alpha / 2)
    high, wide = block_shape(images, blocks, side)
    words = f"{blocks} blocks of {high} × {wide} that do not overlap, mean over pictures; "
    words += f"two-sided at {alpha:g}"
    right, wrong = z * sd / math.sqrt(blocks * count), z * sd / blocks
    published = words + f"; as published for one picture: σ/{blocks} where σ/√{blocks} is right"
    spans = {
        "local_entropy": (words, mean - right, mean + right),
        "local_entropy_published": (published, mean - wrong, mean + wrong),
    }
    if n < LEVELS:  # fewer bytes than bins: the normal law does not hold
        reason = f"; fewer than {LEVELS} bytes a block, so no verdict"
        return {
            name: info(name, value, span[0] + reason, mean, "bit") for name, span in spans.items()
        }
    return {
        name: judge(name, value, mean, low, high, said, "bit")
        for name, (said, low, high) in spans.items()
    }


# ---------------------------------------------------------------- co-occurrence


def glcm(
    images: torch.Tensor,
    offset: tuple[int, int] = (0, 1),
    levels: int = 256,
    normed: bool = False,
) -> torch.Tensor:
    """Grey-level co-occurrence: how often level i has level j at ``offset`` from it.

    Haralick et al. 1973, not made symmetric (as scikit-image's ``graycomatrix`` by default).

    Parameters
    ----------
    offset : (down, right)
    levels : {2, 4, …, 256}
        Bytes are cut to so many levels by whole division.
    normed : bool
        Shares (float64) in place of counts (int32).

    Returns
    -------
    (N, C, levels, levels)

    >>> rows = torch.tensor([[[[0, 0, 1], [1, 1, 0]]]], dtype=torch.uint8) * 128
    >>> glcm(rows, levels=2)[0, 0].tolist()
    [[1, 1], [1, 1]]
    """
    height, width = check_bytes(images).shape[2:]
    if levels not in (2, 4, 8, 16, 32, 64, 128, 256):
        raise ParameterError(f"levels: expected a power of two from 2 to 256, got {levels!r}")
    try:
        down, right = (int(step) for step in offset)
    except (TypeError, ValueError):
        raise ParameterError(f"offset: expected (down, right), got {offset!r}") from None
    if abs(down) >= height or abs(right) >= width or (down, right) == (0, 0):
        raise ParameterError(
            f"offset: expected (down, right) other than (0, 0) inside {height} × {width}, "
            f"got {offset!r}"
        )
    shift = 8 - levels.bit_length() + 1
    if images.is_cuda:
        counts = _glcm_torch(images, down, right, shift)
    else:
        from gansec_lib.metrics.kernels import cooccurrences

        planes = images.flatten(0, 1).contiguous().numpy()
        counts = torch.from_numpy(cooccurrences(planes, down, right, shift))
    counts = counts.reshape(*images.shape[:2], levels, levels)
    return counts / counts.sum((2, 3), keepdim=True).to(torch.float64) if normed else counts


def _glcm_torch(images: torch.Tensor, down: int, right: int, shift: int) -> torch.Tensor:
    """The same counts with one ``bincount`` on any device."""
    levels = 256 >> shift
    planes = images.flatten(0, 1)
    height, width = planes.shape[1:]
    top, left = max(0, -down), max(0, -right)
    bottom, end = height - max(0, down), width - max(0, right)
    here = planes[:, top:bottom, left:end].to(torch.int64) >> shift
    there = planes[:, top + down : bottom + down, left + right : end + right]
    cell = here * levels + (there.to(torch.int64) >> shift)
    cell = cell + levels**2 * torch.arange(len(planes), device=cell.device)[:, None, None]
    return torch.bincount(cell.reshape(-1), minlength=levels**2 * len(planes)).to(torch.int32)


AT_ONCE = 16  # pictures whose tables are held together: 25 MB in colour
FEATURES = ("contrast", "energy", "homogeneity", "correlation")


def glcm_feature_values(
    images: torch.Tensor, offset: tuple[int, int] = (0, 1), levels: int = 256
) -> dict[str, torch.Tensor]:
    """Contrast, energy, homogeneity and correlation of each channel, float64 (N, C) each.

    With p the shares: contrast Σ p (i − j)²; energy Σ p² (MATLAB's; scikit-image calls it ASM);
    homogeneity Σ p / (1 + |i − j|) (MATLAB's; scikit-image squares the gap); correlation
    Σ p (i − μ_i)(j − μ_j) / (σ_i σ_j), NaN where a channel is flat.
    """
    parts = [_features(part, offset, levels) for part in check_bytes(images).split(AT_ONCE)]
    return {name: torch.cat([part[name] for part in parts]) for name in FEATURES}


def _features(images: torch.Tensor, offset, levels: int) -> dict[str, torch.Tensor]:
    """The four features of a few pictures; a 256 × 256 table of float64 each channel."""
    share = glcm(images, offset, levels, normed=True)
    level = torch.arange(levels, dtype=torch.float64, device=share.device)
    gap = (level[:, None] - level[None, :]).abs()
    rows, columns = share.sum(3), share.sum(2)
    mean_i, mean_j = rows @ level, columns @ level
    var_i = rows @ level.square() - mean_i.square()
    var_j = columns @ level.square() - mean_j.square()
    product = ((share @ level) * level).sum(2) - mean_i * mean_j
    return {
        "contrast": (share * gap.square()).sum((2, 3)),
        "energy": share.square().sum((2, 3)),
        "homogeneity": (share / (1 + gap)).sum((2, 3)),
        "correlation": product / (var_i * var_j).clamp_min(0).sqrt(),
    }


def glcm_features(
    images: torch.Tensor,
    offset: tuple[int, int] = (0, 1),
    levels: int = 256,
    alpha: float = 0.05,
) -> dict[str, Metric]:
    """The four features of a cipher image, each with the interval of uniform bytes.

    Means and variances are exact for pairs that share pixels: a pair (u, v) and the next pair
    (v, w) are uncorrelated only in part, and that part is added (``_chain_variance``). Energy's
    ideal is 1/L² + (1 − 1/L²)/pairs: a small picture cannot reach 1/L². Its law is no normal one
    (``_energy_interval``).

    Returns
    -------
    dict with ``glcm_contrast``, ``glcm_energy``, ``glcm_homogeneity``, ``glcm_correlation``
    """
    values = glcm_feature_values(images, offset, levels)
    height, width = images.shape[2:]
    down, right = abs(int(offset[0])), abs(int(offset[1]))
    pairs = (height - down) * (width - right)
    chained = max(0, height - 2 * down) * max(0, width - 2 * right)  # pairs of touching pairs
    planes = values["contrast"].numel()
    level = np.arange(levels, dtype=np.float64)
    gap = np.abs(level[:, None] - level[None, :])
    expected = {}
    for name, table in (("contrast", gap**2), ("homogeneity", 1 / (1 + gap))):
        spread = _chain_variance(table, pairs, chained)
        expected[name] = (float(table.mean()), math.sqrt(spread / planes))
    expected["correlation"] = (0.0, 1 / math.sqrt(pairs * planes))
    z, found = tail_z(alpha / 2), {}
    spans = {name: (mean, mean - z * sd, mean + z * sd) for name, (mean, sd) in expected.items()}
    spans["energy"] = _energy_interval(levels, pairs, chained, planes, alpha)
    said = f"{levels} levels, offset {tuple(offset)}, {pairs} pairs a channel, mean over channels "
    said += f"and pictures; two-sided at {alpha:g}"
    for name in FEATURES:
        ideal, low, high = spans[name]
        defined = values[name][~values[name].isnan()]
        label = f"glcm_{name}"
        if len(defined) == 0:
            found[label] = info(label, math.nan, said + "; undefined: flat", ideal)
            continue
        value = defined.mean().item()
        if pairs < 1000:
            found[label] = info(label, value, said + "; under 1000 pairs, no verdict", ideal)
            continue
        found[label] = judge(label, value, ideal, low, high, said)
    return found


def _energy_interval(
    levels: int, pairs: int, chained: int, planes: int, alpha: float
) -> tuple[float, float, float]:
    """(ideal, low, high) of the mean energy Σ p² over ``planes`` channels of uniform levels.

    Σ p² counts the pairs of pairs that fall into one cell. Their number C has mean and variance
    pairs²/(2 cells), and is skewed: as a Poisson number where cells are many, as χ² where they are
    few. A gamma law with these three moments is right for both. Pairs that share a pixel
    add to the variance in the 2 (levels − 1) directions of the margins (Good 1953 for a chain).
    """
    from scipy.special import gammaincinv

    cells = levels * levels
    mean = pairs * (pairs - 1) / (2 * cells)
    shared = (chained / pairs) ** 2 * 4 * (levels - 1) / (2 * (cells - 1))
    sd = math.sqrt(mean * (1 - 1 / cells) * (1 + shared) / planes)
    skew = (mean + pairs**3 / cells**2) / mean**1.5 / math.sqrt(planes)
    shape = 4 / skew**2
    low, high = (
        mean + sd * (float(gammaincinv(shape, p)) - shape) / math.sqrt(shape)
        for p in (alpha / 2, 1 - alpha / 2)
    )
    return tuple((2 * count + pairs) / pairs**2 for count in (mean, low, high))


def _chain_variance(table: np.ndarray, pairs: int, chained: int) -> float:
    """Variance of the mean of ``table[u, v]`` over pairs of uniform levels that share pixels.

    ``chained`` pairs of pairs share one pixel, as (u, v) and (v, w) do.
    """
    centre = table - table.mean()
    shared = float((centre.mean(0) * centre.mean(1)).mean())
    return float((centre**2).mean()) / pairs + 2 * chained * shared / pairs**2
