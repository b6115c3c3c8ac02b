"""Does a generator copy its training pictures? Nearest neighbours decide.

No distance between distributions can tell: a copycat that replays training pictures *has* the
training distribution. What gives it away is where its pictures lie: nearer to the training set
than honest new pictures are. Honest new pictures exist: those held out.
"""

from __future__ import annotations

import math

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.metric import Metric, info, with_verdict
from gansec_lib.metrics.neighbours import nearest
from gansec_lib.nets import features

LIMIT = -3.0  # standard deviations; an honest generator is below it once in 740 trials


def rank_z(first: torch.Tensor, second: torch.Tensor) -> float:
    """Mann–Whitney: by how many standard deviations ``first`` tends to exceed ``second``.

    z = (U − nm/2) / σ_U, U the number of pairs with first > second, ties counting ½, σ_U
    corrected for ties. Normal with mean 0 and deviation 1 where both are one distribution.

    >>> round(rank_z(torch.tensor([4.0, 5.0, 6.0]), torch.tensor([1.0, 2.0, 3.0])), 3)
    1.964
    """
    n, m = len(first), len(second)
    if n < 1 or m < 1:
        raise ParameterError(f"first, second: expected at least one value each, got {n} and {m}")
    values, inverse, counts = torch.unique(
        torch.cat([first, second]).double(), return_inverse=True, return_counts=True
    )
    last = counts.cumsum(0).double()
    ranks = last - (counts.double() - 1) / 2
    u = float(ranks[inverse[:n]].sum()) - n * (n + 1) / 2
    ties = float((counts.double().pow(3) - counts.double()).sum()) / ((n + m) * (n + m - 1))
    variance = n * m / 12 * (n + m + 1 - ties)
    return 0.0 if variance <= 0 or len(values) == 1 else (u - n * m / 2) / math.sqrt(variance)


def copying_z(generated: torch.Tensor, train: torch.Tensor, held_out: torch.Tensor) -> float:
    """C_T of Meehan, Chaudhuri, Dasgupta (2020), over one cell: negative means copying.

    Compares the distance to the nearest *training* row of generated rows with that of held-out
    rows. The paper does it in each cell of a partition and averages; one cell is ``ours``.

    Parameters
    ----------
    generated, train, held_out : float (N, D), (T, D), (M, D)
        Feature rows or flattened pictures. ``held_out`` comes from the same source as ``train``.
    """
    return rank_z(nearest(generated, train), nearest(held_out, train))


def authentic(generated: torch.Tensor, train: torch.Tensor) -> torch.Tensor:
    """Which generated rows are authentic (Alaa et al. 2022): bool (N,).

    A row is not, where it lies nearer to its nearest training row than that row's own nearest
    neighbour in the training set does.
    """
    gap = nearest(train, train, same=True)
    distances, who = [], []
    for part in generated.float().split(512):
        table = torch.cdist(part, train.float(), compute_mode="donot_use_mm_for_euclid_dist")
        smallest = table.min(1)
        distances.append(smallest.values)
        who.append(smallest.indices)
    return torch.cat(distances) > gap[torch.cat(who)]


def distance_ratio(
    generated: torch.Tensor, train: torch.Tensor, held_out: torch.Tensor
) -> torch.Tensor:
    """Nearest training distance over nearest held-out distance of each generated row, (N,).

    Around 1 for honest pictures where both sets have one size; near 0 for a copy. The larger set is
    cut to the size of the smaller one, because more pictures are nearer by chance alone.
    """
    size = min(len(train), len(held_out))
    to_train, to_held_out = nearest(generated, train[:size]), nearest(generated, held_out[:size])
    return to_train / to_held_out.clamp_min(1e-12)


def memorisation(
    generated: torch.Tensor, train: torch.Tensor, held_out: torch.Tensor, network=None
) -> dict[str, Metric]:
    """Does a generator replay its training pictures? uint8 (N, C, H, W) each.

    Features of features_lite, because a copy moved by a pixel is far away in pixels.

    Returns
    -------
    dict of Metric
        ``copying_z`` passes at −3 or more; ``authentic`` is the share of pictures that are; the
        ``distance_ratio`` is the median one.

    Examples
    --------
    >>> from gansec_lib.nets.features import FeatureNetwork
    >>> pictures = torch.randint(0, 256, (60, 3, 24, 20), dtype=torch.uint8)
    >>> train, held_out = pictures[:40], pictures[40:]
    >>> found = memorisation(train[:20], train, held_out, FeatureNetwork().eval())
    >>> found["copying_z"].verdict, found["authentic"].value
    ('fail', 0.0)
    """
    network = network or features.load()
    made, seen, unseen = (features.embed(p, network) for p in (generated, train, held_out))
    words = f"{len(made)} generated, {len(seen)} training, {len(unseen)} held-out pictures"
    return {
        "copying_z": with_verdict(
            "copying_z", copying_z(made, seen, unseen), 0.0, LIMIT, None,
            f"Mann–Whitney z of nearest training distances; {words}",
        ),
        "authentic": info(
            "authentic", float(authentic(made, seen).float().mean()),
            "share further from its training neighbour than that one from its own",
        ),
        "distance_ratio": info(
            "distance_ratio", float(distance_ratio(made, seen, unseen).median()),
            "median of nearest training over nearest held-out distance", ideal=1.0,
        ),
    }  # fmt: skip
