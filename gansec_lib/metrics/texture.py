"""Finer looks at a cipher image: local entropy, co-occurrence of grey levels.

Images are uint8 ``(N, C, H, W)``; every judged metric carries the interval that independent uniform
bytes of that size would hit with probability 1 − alpha.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_bytes, tail_z
from gansec_lib.metrics.metric import Metric, info, with_verdict
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
    5 %, Wu et al. 2013) divides σ by k instead, so that about 73 of 100 ideal pictures fall outside
    it. Both are given here, and only the first is a verdict on a cipher.

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
        name: with_verdict(name, value, mean, low, high, said, "bit")
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
FEW_PAIRS = 1000  # pairs of neighbours below which the features get no verdict
FEW_LEVELS = 8  # levels below which energy gets none: its law is far from a gamma law


def glcm_feature_values(
    images: torch.Tensor, offset: tuple[int, int] = (0, 1), levels: int = 256
) -> dict[str, torch.Tensor]:
    """Contrast, energy, homogeneity and correlation of each channel, float64 (N, C) each.

    With p the shares: contrast Σ p (i − j)²; energy Σ p² (MATLAB's; scikit-image calls it ASM);
    homogeneity Σ p / (1 + |i − j|) (MATLAB's; scikit-image squares the gap); correlation
    Σ p (i − μ_i)(j − μ_j) / (σ_i σ_j). Correlation is NaN where all pairs have one level on either
    side: it is undefined there, while scikit-image says 1.

    >>> flat = torch.zeros(1, 1, 3, 4, dtype=torch.uint8)
    >>> values = glcm_feature_values(flat)
    >>> values["energy"].item(), values["correlation"].item()
    (1.0, nan)
    """
    parts = [_features(part, offset, levels) for part in check_bytes(images).split(AT_ONCE)]
    return {name: torch.cat([part[name] for part in parts]) for name in FEATURES}


def _features(images: torch.Tensor, offset, levels: int) -> dict[str, torch.Tensor]:
    """The four features of a few pictures; a 256 × 256 table of float64 each channel."""
    share = glcm(images, offset, levels, normed=True)
    level = torch.arange(levels, dtype=torch.float64, device=share.device)
    gap = (level[:, None] - level[None, :]).abs()
    rows, columns = share.sum(3), share.sum(2)
    i, j = (level - (side @ level)[..., None] for side in (rows, columns))
    product = ((share @ j[..., None])[..., 0] * i).sum(2)
    scale = ((rows * i.square()).sum(2) * (columns * j.square()).sum(2)).sqrt()
    flat = ((rows > 0).sum(2) == 1) | ((columns > 0).sum(2) == 1)
    return {
        "contrast": (share * gap.square()).sum((2, 3)),
        "energy": share.square().sum((2, 3)),
        "homogeneity": (share / (1 + gap)).sum((2, 3)),
        "correlation": (product / scale).masked_fill(flat, math.nan),
    }


def glcm_features(
    images: torch.Tensor,
    offset: tuple[int, int] = (0, 1),
    levels: int = 256,
    alpha: float = 0.05,
) -> dict[str, Metric]:
    """The four features of a cipher image, each with the interval of uniform bytes.

    The intervals count the pixels that pairs share, as (u, v) and (v, w) do: such pairs are not
    independent. Energy's ideal is 1/L² + (1 − 1/L²)/pairs for L levels, because a small picture
    cannot reach 1/L²; its law is not the normal one (``_energy_interval``).

    Returns
    -------
    dict with ``glcm_contrast``, ``glcm_energy``, ``glcm_homogeneity``, ``glcm_correlation``
        No verdict under 1,000 pairs a channel, nor on energy under 8 levels, nor on a correlation
        that is NaN because every channel is flat.
    """
    values = glcm_feature_values(images, offset, levels)
    height, width = images.shape[2:]
    down, right = abs(int(offset[0])), abs(int(offset[1]))
    pairs = (height - down) * (width - right)
    chained = max(0, height - 2 * down) * max(0, width - 2 * right)  # pairs of touching pairs
    planes = values["contrast"].numel()
    said = f"{levels} levels, offset {tuple(offset)}, {pairs} pairs a channel, mean over channels "
    said += f"and pictures; two-sided at {alpha:g}"
    level = np.arange(levels, dtype=np.float64)
    gap = np.abs(level[:, None] - level[None, :])
    tables = {"contrast": gap**2, "homogeneity": 1 / (1 + gap)}
    ideals = {name: float(table.mean()) for name, table in tables.items()}
    ideals |= {"energy": 1 / levels**2 + (1 - 1 / levels**2) / pairs, "correlation": 0.0}
    found = {}
    for name in FEATURES:
        label, ideal = f"glcm_{name}", ideals[name]
        defined = values[name][~values[name].isnan()]
        value = defined.mean().item() if len(defined) else math.nan
        why = "" if len(defined) else "; undefined: flat"
        if pairs < FEW_PAIRS:
            why += f"; under {FEW_PAIRS} pairs, no verdict"
        elif name == "energy" and levels < FEW_LEVELS:
            why += f"; under {FEW_LEVELS} levels, no verdict"
        if why:
            found[label] = info(label, value, said + why, ideal)
            continue
        if name == "energy":
            low, high = _energy_interval(levels, pairs, chained, planes, alpha)
        else:
            table = tables.get(name)
            spread = 1 / pairs if table is None else _chain_variance(table, pairs, chained)
            reach = tail_z(alpha / 2) * math.sqrt(spread / len(defined))
            low, high = ideal - reach, ideal + reach
        found[label] = with_verdict(label, value, ideal, low, high, said)
    return found


def _energy_interval(
    levels: int, pairs: int, chained: int, planes: int, alpha: float
) -> tuple[float, float]:
    """Where the mean energy Σ p² over ``planes`` channels of uniform levels lies.

    Σ p² counts the pairs of pairs that fall into one cell: with C of them in all planes it is
    (2 C / planes + pairs) / pairs². C has the mean pairs (pairs − 1)/2 over the cells, a plane. It
    is skewed: like a Poisson number where cells are many, like χ² where they are few. A gamma law
    with C's first three moments is near enough to both, read at half numbers because C is whole.

    Pixels that two pairs share tie the two margins of the table. With s the share of pairs that
    have a successor, χ² of the table is Σ λ z² with λ = 1 + s and 1 − s in L − 1 directions each
    and λ = 1 in the other (L − 1)² (Good 1953 for a chain), which gives the second and third
    moments below.
    """
    from scipy.special import gammaincinv

    cells, side, s = levels * levels, levels - 1, chained / pairs
    mean = planes * pairs * (pairs - 1) / (2 * cells)
    squares = 2 * side * (1 + s**2) + side**2  # Σ λ²
    cubes = 2 * side * (1 + 3 * s**2) + side**2  # Σ λ³
    sd = math.sqrt(mean * squares / cells)
    third = mean + planes * (pairs / cells) ** 3 * cubes
    shape = 4 * sd**6 / third**2
    low, high = (
        math.ceil(mean + sd * (float(gammaincinv(shape, p)) - shape) / math.sqrt(shape) - 0.5)
        for p in (alpha / 2, 1 - alpha / 2)
    )
    slack = 1e-9  # the value is a mean of rounded shares, the bounds are whole numbers
    low, high = ((2 * count / planes + pairs) / pairs**2 for count in (low, high))
    return low * (1 - slack), high * (1 + slack)


def _chain_variance(table: np.ndarray, pairs: int, chained: int) -> float:
    """Variance of the mean of ``table[u, v]`` over pairs of uniform levels that share pixels.

    ``chained`` pairs of pairs share one pixel, as (u, v) and (v, w) do.
    """
    centre = table - table.mean()
    shared = float((centre.mean(0) * centre.mean(1)).mean())
    return float((centre**2).mean()) / pairs + 2 * chained * shared / pairs**2
