"""How good is a generator? Inception score, FID, KID, precision and recall, and their small twins.

The mathematics works on any features: (N, D) rows, one a picture. ``…_lite`` functions take uint8
pictures and use the course's own feature network (:mod:`gansec_lib.nets.features`); the names
without ``lite`` use the Inception network everybody quotes, through torchmetrics, and ask for its
weights where they are missing. Values from different feature networks cannot be compared.
"""

from __future__ import annotations

import math
from importlib.util import find_spec

import torch

from gansec_lib.errors import DataMissingError, ParameterError
from gansec_lib.files import data_dir
from gansec_lib.metrics.metric import Metric, info, with_verdict
from gansec_lib.metrics.mmd import kernel_distance, kernel_error, polynomial_mmd
from gansec_lib.metrics.neighbours import precision_recall, rows_of, same_width
from gansec_lib.nets import features

__all__ = [
    "fid",
    "fid_lite",
    "frechet",
    "frechet_at_infinity",
    "frechet_distance",
    "frechet_interval",
    "inception_score",
    "inception_score_lite",
    "kernel_distance",
    "kid",
    "kid_lite",
    "lite_metrics",
    "moments",
    "polynomial_mmd",
    "precision_recall",
    "published_score",
    "score_of",
    "trace_of_root",
]

INCEPTION_FILE = "inception/weights-inception-2015-12-05-6726825d.pth"
INCEPTION_FEATURES = 2048

# ---------------------------------------------------------------- Fréchet distance


def moments(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean (D,) and unbiased covariance (D, D) of feature rows (N, D), in float64.

    >>> mean, covariance = moments(torch.tensor([[0.0, 1.0], [2.0, 1.0]]))
    >>> mean.tolist(), covariance[0, 0].item()
    ([1.0, 1.0], 2.0)
    """
    rows = rows_of("features", features, least=2)
    mean = rows.mean(0)
    centred = rows - mean
    return mean, centred.T @ centred / (len(rows) - 1)


def trace_of_root(covariance_a: torch.Tensor, covariance_b: torch.Tensor) -> float:
    """tr (A B)^½ of two covariances (D, D), without ever forming the root.

    With A = L Lᵀ (Cholesky) the eigenvalues of A B are those of the symmetric Lᵀ B L, so the trace
    is Σ √λ. Where A has not full rank (fewer pictures than features) the symmetric root of A takes
    L's place, and eigenvalues below D · ε · λ_max, which are rounding and not rank, count as 0.
    """
    a, b = covariance_a.double(), covariance_b.double()
    half, failed = torch.linalg.cholesky_ex(a)
    if int(failed):
        values, vectors = torch.linalg.eigh(a)
        half = vectors * values.clamp_min(0).sqrt()
    spectrum = torch.linalg.eigvalsh(half.T @ b @ half)
    floor = len(a) * torch.finfo(torch.float64).eps * float(spectrum[-1].clamp_min(0))
    return float(spectrum[spectrum > floor].sqrt().sum())


def frechet_distance(mean_a, covariance_a, mean_b, covariance_b) -> float:
    """Squared Fréchet distance between two normal distributions (Heusel et al. 2017, eq. 6).

        d² = |μ_a − μ_b|² + tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½)

    >>> eye = torch.eye(3)
    >>> round(frechet_distance(torch.zeros(3), eye, torch.ones(3), 4 * eye), 6)
    6.0
    """
    mean_a, mean_b = torch.as_tensor(mean_a).double(), torch.as_tensor(mean_b).double()
    a, b = torch.as_tensor(covariance_a).double(), torch.as_tensor(covariance_b).double()
    width = len(mean_a)
    if mean_b.shape != (width,) or a.shape != (width, width) or b.shape != (width, width):
        raise ParameterError(
            f"covariance_b: expected means ({width},) and covariances ({width}, {width}), got "
            f"{tuple(mean_b.shape)}, {tuple(a.shape)}, {tuple(b.shape)}"
        )
    traces = float(a.trace() + b.trace())
    distance = float((mean_a - mean_b).square().sum()) + traces - 2 * trace_of_root(a, b)
    return max(0.0, distance)


def frechet(real: torch.Tensor, generated: torch.Tensor) -> float:
    """Fréchet distance between two sets of feature rows (N, D) and (M, D).

    With fewer rows than features tr (Σ_a Σ_b)^½ is the nuclear norm of the centred A Bᵀ, divided
    by √((N − 1)(M − 1)): exact, and no D × D matrix is made.
    """
    a, b = rows_of("real", real, least=2), rows_of("generated", generated, least=2)
    same_width(a, b)
    if min(len(a), len(b)) > a.shape[1]:
        return frechet_distance(*moments(a), *moments(b))
    mean_a, mean_b = a.mean(0), b.mean(0)
    a, b = a - mean_a, b - mean_b
    root = float(torch.linalg.svdvals(a @ b.T).sum()) / math.sqrt((len(a) - 1) * (len(b) - 1))
    traces = float(a.square().sum()) / (len(a) - 1) + float(b.square().sum()) / (len(b) - 1)
    return max(0.0, float((mean_a - mean_b).square().sum()) + traces - 2 * root)


def frechet_interval(
    real: torch.Tensor,
    generated: torch.Tensor,
    draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Where the distance would lie with as many other generated rows: (low, high), by bootstrap.

    The interval lies around :func:`frechet` itself, which is too large for few rows, and so is the
    interval; :func:`frechet_at_infinity` takes that bias out. Drawing rows again with replacement
    adds a second bias, so only the deviations q − q̄ of the drawn values from their mean are used:
    θ − (q − q̄). It covers 95 % or more (all, where both sets have one distribution).

    Parameters
    ----------
    real, generated : float (N, D), (M, D)
        The real rows stay as they are; generated ones are drawn ``draws`` times.
    level : float
        Share of intervals that cover the mean distance of M generated rows.
    """
    a, b = rows_of("real", real, least=2), rows_of("generated", generated, least=2)
    same_width(a, b)
    mean, covariance = moments(a)
    rng = torch.Generator().manual_seed(seed)
    values = []
    for _ in range(draws):
        rows = torch.randint(len(b), (len(b),), generator=rng)
        values.append(frechet_distance(mean, covariance, *moments(b[rows])))
    values = torch.tensor(values, dtype=torch.float64)
    tails = torch.tensor([(1 + level) / 2, (1 - level) / 2], dtype=torch.float64)
    low, high = frechet(a, b) + values.mean() - torch.quantile(values, tails)
    return max(0.0, float(low)), float(high)


def frechet_at_infinity(
    real: torch.Tensor, generated: torch.Tensor, points: int = 10, seed: int = 0
) -> tuple[float, list[tuple[int, float]]]:
    """What the distance would be with endless generated pictures (Chong and Forsyth 2020).

    The bias falls like 1/N, so a line through the distance of ever larger subsets, against 1/N, is
    read at 0. Returns (value, [(N, distance of the first N shuffled rows), …]).
    """
    a, b = rows_of("real", real, least=2), rows_of("generated", generated, least=4)
    same_width(a, b)
    rng = torch.Generator().manual_seed(seed)
    b = b[torch.randperm(len(b), generator=rng)]
    sizes = torch.linspace(max(2, len(b) // 4), len(b), points).long().unique().tolist()
    curve = [(size, frechet(a, b[:size])) for size in sizes]
    x = torch.tensor([1.0 / size for size, _ in curve], dtype=torch.float64)
    y = torch.tensor([value for _, value in curve], dtype=torch.float64)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return float(y.mean() - slope * x.mean()), curve


# ---------------------------------------------------------------- inception score


def score_of(probabilities: torch.Tensor, splits: int = 1) -> tuple[float, float]:
    """Inception score of p(y|x), rows (N, K) that sum to 1: mean and spread over ``splits``.

        IS = exp( E_x KL( p(y|x) ‖ p(y) ) )        (Salimans et al. 2016, § 4)

    KL is at least 0 and at most log K, so 1 ≤ IS ≤ K whatever the pictures are.

    >>> score_of(torch.eye(4).repeat(3, 1))[0], score_of(torch.full((6, 4), 0.25))[0]
    (4.0, 1.0)
    """
    rows = rows_of("probabilities", probabilities, least=splits)
    if not bool(((rows >= 0) & (rows <= 1 + 1e-6)).all()) or not torch.allclose(
        rows.sum(1), torch.ones(len(rows), dtype=rows.dtype), atol=1e-4
    ):
        raise ParameterError(
            "probabilities: expected rows in [0, 1] that sum to 1, got others "
            "(logits? apply softmax)"
        )
    scores = []
    for part in rows.tensor_split(splits):
        marginal = part.mean(0, keepdim=True)
        terms = torch.where(part > 0, part * (part.clamp_min(1e-300) / marginal).log(), 0.0)
        scores.append(math.exp(max(0.0, float(terms.sum(1).mean()))))
    spread = float(torch.tensor(scores).std()) if splits > 1 else 0.0
    return min(sum(scores) / len(scores), float(rows.shape[1])), spread


def published_score(value: float, classes: int = 1000) -> Metric:
    """Can a published inception score be true? It fails outside [1, classes].

    >>> published_score(0.68).verdict, published_score(1.0).verdict
    ('fail', 'pass')
    """
    return with_verdict(
        "inception_score_published", float(value), float(classes), 1.0, float(classes),
        "exp of a mean of KL divergences; each lies in [0, log K]",
    )  # fmt: skip


# ---------------------------------------------------------------- pictures, small network


def fid_lite(real: torch.Tensor, generated: torch.Tensor, network=None, draws: int = 0) -> Metric:
    """FID-lite of uint8 pictures (N, C, H, W): Fréchet distance in the course's 64 features.

    ``draws`` > 0 adds the interval of :func:`frechet_interval` to the convention. The value cannot
    be compared with any FID, and only with an FID-lite of as many pictures.
    """
    a, b = _embedded(real, generated, network)
    words = f"Fréchet distance, 64 features of features_lite, {len(a)} real and {len(b)} generated"
    if draws:
        low, high = frechet_interval(a, b, draws)
        words += f"; 95 % bootstrap interval for so many pictures: {low:.3g} to {high:.3g}"
    return info("fid_lite", frechet(a, b), words, ideal=0.0)


def kid_lite(real: torch.Tensor, generated: torch.Tensor, network=None) -> Metric:
    """KID-lite of uint8 pictures: unbiased kernel distance in the course's 64 features."""
    a, b = _embedded(real, generated, network)
    value, error = kernel_distance(a, b)
    size = min(500, len(a), len(b))
    subsets = f"50 subsets of {size}" if size < max(len(a), len(b)) else f"all {size} pictures"
    words = f"(x·y/64 + 1)³, {subsets}, standard error {error:.2g}"
    return info("kid_lite", value, words, ideal=0.0)


def inception_score_lite(images: torch.Tensor, of: str = "digit", network=None) -> Metric:
    """Inception score of uint8 pictures with the course's own classifier."""
    network = network or features.load()
    rows = features.probabilities(features.embed(images, network), network, of)
    value, _ = score_of(rows)
    words = (
        f"classes of features_lite: {of}; 1 split of {len(images)}; possible: 1 to {rows.shape[1]}"
    )
    return info("inception_score_lite", value, words, ideal=float(rows.shape[1]))


def lite_metrics(real: torch.Tensor, generated: torch.Tensor, network=None) -> dict[str, float]:
    """Every lite metric of uint8 portraits at once: the row of a table.

    fid_lite and kid_lite in the 64 features (what is shown and how well it is drawn); precision,
    recall, density and coverage in the 18 numbers of ``features.describe`` (what is shown).
    """
    network = network or features.load()
    a, b = _embedded(real, generated, network)
    kid, _ = kernel_distance(a, b)
    contents = (features.describe(pictures, network) for pictures in (real, generated))
    return {"fid_lite": frechet(a, b), "kid_lite": kid, **precision_recall(*contents)}


# ---------------------------------------------------------------- pictures, Inception


def fid(real: torch.Tensor, generated: torch.Tensor, extractor=None) -> Metric:
    """FID as published values mean it: torchmetrics' metric on Inception features.

    Parameters
    ----------
    real, generated : uint8 (N, 3, H, W)
        More than 2,048 of each, or the covariance has not full rank and the value misleads.
    extractor : nn.Module, optional
        uint8 pictures to features (N, D); by default the Inception network.

    Raises
    ------
    DataMissingError
        torch-fidelity or its Inception weights are not here; the message says what to put where.
    """
    extractor = extractor or inception()
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = _fed(FrechetInceptionDistance(feature=extractor), real, generated)
    few = min(len(real), len(generated))
    warning = "" if few > INCEPTION_FEATURES else f"; only {few} pictures, biased upwards"
    return info("fid", float(metric.compute()), f"torchmetrics, Inception 2048{warning}", ideal=0.0)


def kid(real: torch.Tensor, generated: torch.Tensor, extractor=None) -> Metric:
    """KID as published values mean it: torchmetrics' metric, 100 subsets of at most 1,000.

    torchmetrics' own spread is that of the subsets, which share pictures, or are all of them; the
    standard error stated here is :func:`mmd.kernel_error`.
    """
    extractor = extractor or inception()
    from torchmetrics.image.kid import KernelInceptionDistance
    from torchmetrics.utilities import dim_zero_cat

    size = min(1000, len(real), len(generated))
    metric = _fed(KernelInceptionDistance(feature=extractor, subset_size=size), real, generated)
    mean, spread = metric.compute()
    rows = (dim_zero_cat(side).double() for side in (metric.real_features, metric.fake_features))
    error = kernel_error(*rows, float(spread) ** 2 / 100)
    words = f"torchmetrics, 100 subsets of {size}, standard error {error:.2g}"
    return info("kid", float(mean), words, ideal=0.0)


def inception_score(generated: torch.Tensor, extractor=None) -> Metric:
    """Inception score as published values mean it (torchmetrics, 10 splits, 1,008 logits)."""
    extractor = extractor or inception("logits_unbiased")
    from torchmetrics.image.inception import InceptionScore

    metric = InceptionScore(feature=extractor)
    for part in generated.split(64):
        metric.update(part)
    mean, spread = metric.compute()
    return info("inception_score", float(mean), f"torchmetrics, spread {float(spread):.2g}", 1008.0)


def inception(layer: str = "2048"):
    """The Inception network of the FID paper, through torchmetrics; weights in the data folder."""
    path = data_dir() / INCEPTION_FILE
    if find_spec("torch_fidelity") is None:
        raise DataMissingError(
            "inception: the package torch-fidelity, which holds the FID Inception network, is not "
            "installed: pip install torch-fidelity. fid_lite needs neither package nor download."
        )
    if not path.exists():
        raise DataMissingError(
            f"inception: no weights; put torch-fidelity's release file {path.name} (about 95 MB) "
            f"in {path.parent}. fid_lite needs no download."
        )
    from torchmetrics.image.fid import NoTrainInceptionV3

    return NoTrainInceptionV3("inception-v3-compat", [layer], str(path))


def _fed(metric, real, generated):
    for pictures, is_real in ((real, True), (generated, False)):
        for part in pictures.split(64):
            metric.update(part, real=is_real)
    return metric


def _embedded(real, generated, network):
    network = network or features.load()
    return features.embed(real, network), features.embed(generated, network)
