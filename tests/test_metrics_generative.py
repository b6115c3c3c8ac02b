"""Generator metrics against closed forms, scipy, scikit-learn and torchmetrics."""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import torch

from gansec_lib.errors import DataMissingError, ParameterError
from gansec_lib.metrics import generative, memorisation, neighbours
from gansec_lib.nets.features import FeatureNetwork


def normal_rows(count, width, seed=0, mean=0.0, scale=1.0):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed)) * scale + mean


def covariance(width, rank, seed):
    rows = torch.randn(rank, width, generator=torch.Generator().manual_seed(seed)).double()
    return rows.T @ rows / rank


# ---------------------------------------------------------------- Fréchet distance


def test_two_gaussians_with_commuting_covariances_have_a_closed_form():
    a, b = torch.tensor([1.0, 4.0, 9.0]), torch.tensor([4.0, 4.0, 1.0])
    shift = torch.tensor([1.0, -2.0, 0.5])
    by_hand = float(shift.square().sum() + (a.sqrt() - b.sqrt()).square().sum())
    got = generative.frechet_distance(torch.zeros(3), a.diag(), shift, b.diag())
    assert got == pytest.approx(by_hand, abs=1e-9)


@pytest.mark.parametrize(("rank_a", "rank_b"), [(90, 90), (90, 20), (20, 90), (20, 25)])
def test_trace_of_root_equals_scipy_also_without_full_rank(rank_a, rank_b):
    a, b = covariance(40, rank_a, 1), covariance(40, rank_b, 2)
    # the symmetric form is exact where sqrtm of a singular product is not
    half = scipy.linalg.sqrtm(a.numpy() + 0j)
    eigenvalues = np.linalg.eigvalsh(half @ b.numpy() @ half.conj().T)
    expected = float(np.sqrt(np.clip(eigenvalues, 1e-12, None)).sum())
    got = generative.trace_of_root(a, b)
    assert got == pytest.approx(expected, rel=1e-6, abs=1e-4)
    if min(rank_a, rank_b) == 90:
        direct = float(np.trace(scipy.linalg.sqrtm(a.numpy() @ b.numpy())).real)
        assert got == pytest.approx(direct, rel=1e-6)


@pytest.mark.parametrize("count", [15, 40, 41, 300])
def test_frechet_of_few_rows_equals_the_covariance_formula(count):
    a, b = normal_rows(count, 40, 1), normal_rows(count, 40, 2, mean=0.3, scale=1.5)
    by_moments = generative.frechet_distance(*generative.moments(a), *generative.moments(b))
    assert generative.frechet(a, b) == pytest.approx(by_moments, rel=1e-6)


def test_frechet_is_zero_for_equal_sets_symmetric_and_feels_a_shift():
    a, b = normal_rows(200, 8, 1), normal_rows(300, 8, 2)
    assert generative.frechet(a, a) == pytest.approx(0, abs=1e-8)
    assert generative.frechet(a, b) == pytest.approx(generative.frechet(b, a), rel=1e-9)
    assert generative.frechet(a, a + 3) == pytest.approx(8 * 9, rel=1e-6)


def test_frechet_equals_torchmetrics():
    from torchmetrics.image.fid import _compute_fid

    a, b = normal_rows(400, 16, 1), normal_rows(300, 16, 2, mean=0.2, scale=1.3)
    (ma, sa), (mb, sb) = generative.moments(a), generative.moments(b)
    assert generative.frechet(a, b) == pytest.approx(float(_compute_fid(ma, sa, mb, sb)), rel=1e-6)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    width, shift, hits = 4, 0.5, 0
    real = normal_rows(20_000, width, 99)
    truth = width * shift**2
    for seed in range(20):
        made = normal_rows(400, width, seed, mean=shift)
        low, high = generative.frechet_interval(real, made, draws=60, seed=seed)
        hits += low <= truth <= high
    assert 14 <= hits <= 20


def test_distance_at_infinity_takes_the_bias_out():
    real = normal_rows(20_000, 32, 1)
    made = normal_rows(400, 32, 2)
    plain = generative.frechet(real, made)
    endless, curve = generative.frechet_at_infinity(real, made)
    assert plain > 0.5
    assert abs(endless) < 0.35 * plain
    assert curve[0][1] > curve[-1][1] == pytest.approx(plain)


def test_wrong_shapes_are_refused():
    with pytest.raises(ParameterError, match="covariance_b"):
        generative.frechet_distance(torch.zeros(3), torch.eye(3), torch.zeros(2), torch.eye(2))
    with pytest.raises(ParameterError, match="features like real"):
        generative.frechet(torch.zeros(5, 3), torch.zeros(5, 4))
    with pytest.raises(ParameterError, match="give features, not pictures"):
        generative.frechet(torch.zeros(5, 3, 8, 8), torch.zeros(5, 3))
    with pytest.raises(ParameterError, match="NaN"):
        generative.frechet(torch.full((5, 3), math.nan), torch.zeros(5, 3))


# ---------------------------------------------------------------- inception score


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_inception_score_reaches_both_ends_and_nothing_beyond(classes):
    perfect = torch.eye(classes)
    assert generative.score_of(perfect)[0] == pytest.approx(classes)
    assert generative.score_of(torch.full((5, classes), 1 / classes))[0] == pytest.approx(1)
    assert generative.score_of(perfect[:1].repeat(9, 1))[0] == pytest.approx(1)
    rows = torch.softmax(normal_rows(50, classes, 3), 1)
    assert 1 <= generative.score_of(rows)[0] <= classes


def test_inception_score_equals_scipy_entropies():
    rows = torch.softmax(3 * normal_rows(64, 7, 1).double(), 1)
    marginal = rows.mean(0).numpy()
    mutual = scipy.stats.entropy(marginal) - scipy.stats.entropy(rows.numpy(), axis=1).mean()
    assert generative.score_of(rows)[0] == pytest.approx(math.exp(mutual), rel=1e-9)


def test_logits_are_refused():
    with pytest.raises(ParameterError, match="softmax"):
        generative.score_of(torch.randn(5, 3))


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.68, "fail"), (0.6, "fail"), (1.0, "pass"), (1001, "fail")]
)
def test_impossible_published_scores_are_flagged(value, verdict):
    assert generative.published_score(value).verdict == verdict


# ---------------------------------------------------------------- kernel distance


def test_mmd_equals_torchmetrics_and_the_double_loop():
    from torchmetrics.image.kid import poly_mmd

    a, b = normal_rows(30, 5, 1).double(), normal_rows(30, 5, 2, mean=0.4).double()
    got = generative.polynomial_mmd(a, b)
    assert got == pytest.approx(float(poly_mmd(a, b)), rel=1e-9)

    def k(x, y):
        return (float(x @ y) / 5 + 1) ** 3

    within = [
        sum(k(s[i], s[j]) for i in range(30) for j in range(30) if i != j) / 870 for s in (a, b)
    ]
    across = sum(k(x, y) for x in a for y in b) / 900
    assert got == pytest.approx(sum(within) - 2 * across, rel=1e-9)


def test_kid_is_unbiased_where_frechet_is_not():
    values = [
        generative.polynomial_mmd(normal_rows(40, 6, 2 * s), normal_rows(40, 6, 2 * s + 1))
        for s in range(200)
    ]
    error = np.std(values) / math.sqrt(200)
    assert abs(np.mean(values)) < 3.5 * error
    assert min(values) < 0 < max(values)


def test_kernel_distance_cuts_subsets_to_the_smaller_set():
    value, error = generative.kernel_distance(
        normal_rows(80, 6, 1), normal_rows(50, 6, 2, mean=1), subsets=10, size=500
    )
    assert value > 1 and 0 < error < value


# ---------------------------------------------------------------- neighbours


@pytest.mark.parametrize("width", [3, 300])
def test_nearest_equals_scikit_learn(width):
    from sklearn.neighbors import NearestNeighbors

    a, b = normal_rows(30, width, 1), normal_rows(70, width, 2)
    theirs = NearestNeighbors(n_neighbors=4).fit(b.numpy())
    assert np.allclose(
        neighbours.nearest(a, b, 3, batch=7), theirs.kneighbors(a)[0][:, 2], atol=1e-4
    )
    assert np.allclose(
        neighbours.nearest(b, b, 3, same=True, batch=7), theirs.kneighbors(b)[0][:, 3], atol=1e-4
    )


def test_a_copy_is_at_distance_zero():
    rows = normal_rows(50, 64, 1, mean=1000.0)
    assert float(neighbours.nearest(rows[:10], rows).max()) == 0.0


def brute_force(a, b, k):
    """Precision, recall, density and coverage straight from their definitions."""

    def radius(rows):
        d = np.linalg.norm(rows[:, None] - rows[None], axis=2)
        return np.sort(d, axis=1)[:, k]

    d, ra, rb = np.linalg.norm(b[:, None] - a[None], axis=2), radius(a), radius(b)
    return {
        "precision": np.mean([(d[i] <= ra).any() for i in range(len(b))]),
        "recall": np.mean([(d[:, j] <= rb).any() for j in range(len(a))]),
        "density": (d <= ra).sum() / (k * len(b)),
        "coverage": np.mean([(d[:, j] <= ra[j]).any() for j in range(len(a))]),
    }


@pytest.mark.parametrize(("n", "m", "k"), [(60, 40, 3), (25, 90, 1), (40, 40, 5)])
def test_precision_and_recall_equal_their_definitions(n, m, k):
    a, b = normal_rows(n, 2, 1), normal_rows(m, 2, 2, mean=0.7)
    got = neighbours.precision_recall(a, b, k, batch=16)
    for name, value in brute_force(a.numpy(), b.numpy(), k).items():
        assert got[name] == pytest.approx(value, abs=1e-6), name


def test_dropping_a_mode_costs_recall_and_noise_costs_precision():
    real = torch.cat([normal_rows(300, 2, 1), normal_rows(300, 2, 2, mean=8)])
    dropped = neighbours.precision_recall(real, normal_rows(600, 2, 3))
    sprayed = neighbours.precision_recall(
        real, (torch.rand(600, 2, generator=torch.Generator().manual_seed(1)) - 0.3) * 30
    )
    assert dropped["precision"] > 0.9 and dropped["recall"] < 0.6
    assert sprayed["precision"] < 0.5 and sprayed["recall"] > dropped["recall"]


def test_too_few_rows_for_k_are_refused():
    with pytest.raises(ParameterError):
        neighbours.precision_recall(torch.zeros(3, 2), torch.zeros(9, 2), k=3)


# ---------------------------------------------------------------- memorisation


def test_rank_z_equals_scipy_with_ties():
    first = torch.randint(0, 6, (40,), generator=torch.Generator().manual_seed(1)).float()
    second = torch.randint(0, 7, (50,), generator=torch.Generator().manual_seed(2)).float()
    pair = first.double().numpy(), second.double().numpy()
    theirs = scipy.stats.mannwhitneyu(*pair, method="asymptotic", use_continuity=False)
    z = memorisation.rank_z(first, second)
    assert 2 * scipy.stats.norm.sf(abs(z)) == pytest.approx(theirs.pvalue, rel=1e-9)
    assert memorisation.rank_z(second, first) == pytest.approx(-z)
    assert memorisation.rank_z(torch.ones(5), torch.ones(4)) == 0.0


def test_honest_rows_are_not_accused_more_often_than_chance():
    values = []
    for seed in range(60):
        train, held, made = (normal_rows(100, 5, 3 * seed + i) for i in range(3))
        values.append(memorisation.copying_z(made, train, held))
    assert abs(np.mean(values)) < 0.7
    assert sum(v < memorisation.LIMIT for v in values) <= 2


def test_copies_and_near_copies_are_caught():
    train, held = normal_rows(200, 5, 1), normal_rows(200, 5, 2)
    for blur in (0.0, 0.05, 0.2):
        made = train[:100] + blur * normal_rows(100, 5, 3)
        assert memorisation.copying_z(made, train, held) < memorisation.LIMIT, blur
    assert float(memorisation.authentic(train[:50], train).float().mean()) == 0.0
    assert float(memorisation.authentic(held + 9, train).float().mean()) > 0.9
    assert float(memorisation.distance_ratio(train[:50], train, held).max()) == 0.0
    fresh = memorisation.distance_ratio(normal_rows(300, 5, 5), train, held)
    assert 0.8 < float(fresh.median()) < 1.25


# ---------------------------------------------------------------- pictures


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return FeatureNetwork().eval()


def pictures(count, seed, size=24):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 3, size, size + 6), dtype=torch.uint8, generator=rng)


def test_lite_figures_name_their_convention(network):
    real, made = pictures(90, 1), pictures(90, 2)
    figure = generative.fid_lite(real, made, network, draws=20)
    assert figure.name == "fid_lite" and figure.verdict == "info" and figure.ideal == 0.0
    assert "features_lite" in figure.convention and "interval" in figure.convention
    assert generative.fid_lite(real, real, network).value == pytest.approx(0, abs=1e-6)
    assert "standard error" in generative.kid_lite(real, made, network).convention
    score = generative.inception_score_lite(real, "digit", network)
    assert 1 <= score.value <= 10 == score.ideal
    row = generative.lite_metrics(real, made, network)
    assert set(row) == {"fid_lite", "kid_lite", "precision", "recall", "density", "coverage"}


def test_the_real_metrics_go_through_torchmetrics(network):
    from gansec_lib.nets.features import at_feature_size

    class Extractor(torch.nn.Module):
        num_features = 64

        def forward(self, images):
            with torch.no_grad():
                return network(at_feature_size(images))

    real, made = pictures(90, 1), pictures(90, 2)
    a = generative.fid(real, made, Extractor())
    assert a.value == pytest.approx(generative.fid_lite(real, made, network).value, rel=1e-3)
    assert "only 90 pictures" in a.convention
    assert generative.kid(real, made, Extractor()).name == "kid"
    assert 1 <= generative.inception_score(made, Extractor()).value <= 64


def test_missing_inception_weights_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("GANSEC_DATA", str(tmp_path))
    with pytest.raises(DataMissingError, match="torch-fidelity"):
        generative.fid(pictures(3, 1), pictures(3, 2))
    monkeypatch.setattr(generative, "find_spec", lambda name: object())
    with pytest.raises(DataMissingError, match=r"put .*6726825d.*in"):
        generative.inception()


def test_memorisation_of_pictures(network):
    train, held = pictures(80, 1), pictures(60, 2)
    caught = memorisation.memorisation(train[:50], train, held, network)
    assert caught["copying_z"].verdict == "fail" and caught["authentic"].value == 0.0
    honest = memorisation.memorisation(pictures(50, 7), train, held, network)
    assert honest["copying_z"].verdict == "pass"
    assert honest["distance_ratio"].value == pytest.approx(1.0, abs=0.25)
