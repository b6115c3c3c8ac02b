"""The plane of lesson 01: samples follow the stated density, and lesson and library agree."""

import math

import pytest
import torch

from gansec_lib.course.check import lesson_01
from gansec_lib.course.mixtures import mode_shares, normal_density, ring, ring_centres, ring_density
from gansec_lib.errors import ParameterError
from gansec_lib.nets.mlp import MLP
from gansec_lib.train import losses


def grid(limit=3.5, side=701):
    line = torch.linspace(-limit, limit, side, dtype=torch.float64)
    cell = (2 * limit / (side - 1)) ** 2
    return torch.cartesian_prod(line, line), cell


@pytest.mark.parametrize("modes, std", [(8, 0.05), (3, 0.2), (1, 0.4)])
def test_the_density_integrates_to_one(modes, std):
    points, cell = grid()
    total = (ring_density(points, modes=modes, std=std).sum() * cell).item()
    assert math.isclose(total, 1.0, abs_tol=2e-3)


def test_the_density_is_scipys():
    from scipy.stats import multivariate_normal

    points = torch.tensor([[0.3, -0.2], [1.0, 2.0]], dtype=torch.float64)
    expected = multivariate_normal([0.5, 0.5], 0.49).pdf(points.numpy())
    assert torch.allclose(
        normal_density(points, (0.5, 0.5), 0.7), torch.from_numpy(expected), atol=1e-12
    )


def test_samples_have_the_moments_of_the_mixture():
    points = ring(200_000, torch.Generator().manual_seed(1), std=0.3)
    centres = ring_centres()
    assert points.mean(0).abs().max() < 0.02
    spread = points.var(0)
    assert torch.allclose(spread, torch.full((2,), 2.0**2 / 2 + 0.3**2), atol=0.03)
    shares = mode_shares(points, centres, 0.3)
    assert (shares - 1 / 8).abs().max() < 0.005 and shares.sum() > 0.999


def test_shares_count_only_what_is_near():
    centres = ring_centres(4)
    points = torch.cat([centres[:1].repeat(3, 1), torch.zeros(5, 2)])
    assert mode_shares(points, centres).tolist() == [3 / 8, 0, 0, 0]


def test_bad_arguments_are_named():
    with pytest.raises(ParameterError, match="modes"):
        ring_centres(0)
    with pytest.raises(ParameterError, match="std"):
        normal_density(torch.zeros(1, 2), std=0.0)
    with pytest.raises(ParameterError, match="sizes"):
        MLP((2,))
    with pytest.raises(ParameterError, match="sizes"):
        MLP((2, 0, 1))


def test_the_lesson_and_the_library_compute_the_same():
    rng = torch.Generator().manual_seed(4)
    real, fake = 3 * torch.randn(7, 1, generator=rng), 3 * torch.randn(5, 1, generator=rng)
    assert torch.allclose(
        -lesson_01.value_function(real, fake), losses.bce_discriminator(real, fake)
    )
    assert torch.allclose(lesson_01.generator_loss(fake), losses.bce_generator(fake))
    torch.manual_seed(0)
    generator, discriminator = MLP((2, 8, 2)), MLP((2, 8, 1))
    points, latent = torch.randn(6, 2, generator=rng), torch.randn(4, 2, generator=rng)
    lesson = lesson_01.discriminator_loss(generator, discriminator, points, latent)
    library = losses.bce_discriminator(discriminator(points), discriminator(generator(latent)))
    assert torch.allclose(lesson, library)
    points = ring(500, rng)
    shares = mode_shares(points, ring_centres())
    assert lesson_01.modes_covered(points, ring_centres(), 0.05) == int((shares >= 0.01).sum())
