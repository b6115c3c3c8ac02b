"""Adversarial losses, written on logits: what the discriminator says before any sigmoid.

Every function returns the mean over the batch, a scalar to be *minimised* by the player whose
name it carries. A high logit means "this is real". Logits may have any shape and any floating
type; half-precision logits are summed in float32, so nothing is lost here.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import relu, softplus

from gansec_lib.errors import ParameterError


def bce_discriminator(logits_real: torch.Tensor, logits_fake: torch.Tensor) -> torch.Tensor:
    """The discriminator's side of the minimax game.

    ``−E[log σ(D(x))] − E[log(1 − σ(D(G(z))))]``: seed 000 eq. 1 with its sign turned, because
    optimisers go downhill (Goodfellow et al. 2014). With the best discriminator and equal
    distributions it is ``log 4`` (the value of the game is ``−log 4``).

    >>> bce_discriminator(torch.zeros(4, 1), torch.zeros(6, 1)).item()  # doctest: +ELLIPSIS
    1.386...
    """
    real, fake = _logits(logits_real=logits_real, logits_fake=logits_fake)
    return softplus(-real).mean() + softplus(fake).mean()


def bce_generator_minimax(logits_fake: torch.Tensor) -> torch.Tensor:
    """The generator's side of the same game: ``E[log(1 − σ(D(G(z))))]``, to be minimised.

    Exactly seed 000 eq. 1, and a poor teacher: where the discriminator wins, ``D(G(z)) → −∞``,
    its gradient vanishes (Goodfellow et al. 2014, section 3).

    >>> bce_generator_minimax(torch.zeros(4, 1)).item()  # doctest: +ELLIPSIS
    -0.693...
    """
    (fake,) = _logits(logits_fake=logits_fake)
    return -softplus(fake).mean()


def bce_generator(logits_fake: torch.Tensor) -> torch.Tensor:
    """The non-saturating generator loss: ``−E[log σ(D(G(z)))]`` (Goodfellow et al. 2014).

    Same fixed point as :func:`bce_generator_minimax`, and the strongest gradient where the
    generator is worst.

    >>> bce_generator(torch.zeros(4, 1)).item()  # doctest: +ELLIPSIS
    0.693...
    """
    (fake,) = _logits(logits_fake=logits_fake)
    return softplus(-fake).mean()


def lsgan_discriminator(logits_real: torch.Tensor, logits_fake: torch.Tensor) -> torch.Tensor:
    """Least squares: ``½E[(D(x) − 1)²] + ½E[D(G(z))²]`` (Mao et al. 2017, eq. 9: a = 0, b = c = 1).

    >>> lsgan_discriminator(torch.tensor([1.0, 1.0]), torch.tensor([0.0, 2.0])).item()
    1.0
    """
    real, fake = _logits(logits_real=logits_real, logits_fake=logits_fake)
    return 0.5 * (real - 1).square().mean() + 0.5 * fake.square().mean()


def lsgan_generator(logits_fake: torch.Tensor) -> torch.Tensor:
    """Least squares: ``½E[(D(G(z)) − 1)²]`` (Mao et al. 2017, eq. 9).

    >>> lsgan_generator(torch.tensor([1.0, 3.0])).item()
    1.0
    """
    (fake,) = _logits(logits_fake=logits_fake)
    return 0.5 * (fake - 1).square().mean()


def wgan_discriminator(logits_real: torch.Tensor, logits_fake: torch.Tensor) -> torch.Tensor:
    """The critic's side: ``E[D(G(z))] − E[D(x)]`` (Arjovsky et al. 2017).

    Its negative estimates the Wasserstein-1 distance, as long as D is 1-Lipschitz: add
    :func:`gradient_penalty`.

    >>> wgan_discriminator(torch.tensor([3.0]), torch.tensor([1.0])).item()
    -2.0
    """
    real, fake = _logits(logits_real=logits_real, logits_fake=logits_fake)
    return fake.mean() - real.mean()


def wgan_generator(logits_fake: torch.Tensor) -> torch.Tensor:
    """The generator's side: ``−E[D(G(z))]`` (Arjovsky et al. 2017; also the hinge loss's).

    >>> wgan_generator(torch.tensor([1.0, 3.0])).item()
    -2.0
    """
    (fake,) = _logits(logits_fake=logits_fake)
    return -fake.mean()


def hinge_discriminator(logits_real: torch.Tensor, logits_fake: torch.Tensor) -> torch.Tensor:
    """Hinge: ``E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))]`` (Lim and Ye 2017; SAGAN, eq. 4).

    >>> hinge_discriminator(torch.tensor([2.0, 0.0]), torch.tensor([-3.0, 0.0])).item()
    1.0
    """
    real, fake = _logits(logits_real=logits_real, logits_fake=logits_fake)
    return relu(1 - real).mean() + relu(1 + fake).mean()


def hinge_generator(logits_fake: torch.Tensor) -> torch.Tensor:
    """Hinge, generator's side: ``−E[D(G(z))]`` (SAGAN, eq. 4).

    >>> hinge_generator(torch.tensor([-2.0])).item()
    2.0
    """
    return wgan_generator(logits_fake)


def gradient_penalty(
    discriminator: Callable[[torch.Tensor], torch.Tensor],
    real: torch.Tensor,
    fake: torch.Tensor,
    generator=None,
    weight: float = 10.0,
) -> torch.Tensor:
    """WGAN-GP: ``λ E[(‖∇D(x̂)‖₂ − 1)²]`` with ``x̂ = εx + (1 − ε)G(z)``, ``ε ~ U(0, 1)``.

    One ε an example (Gulrajani et al. 2017, eq. 3; λ = 10).

    Parameters
    ----------
    discriminator : callable (N, …) -> (N, …) logits
        Each example's logits may depend on that example alone: no BatchNorm inside.
    real, fake : float tensors of one shape (N, …)
    generator : torch.Generator or a training context, optional
        Where ε comes from. A context (``ctx``) draws the same ε on one process as on several.
    weight : float
        λ.

    Raises
    ------
    ParameterError
        Where the shapes differ.

    >>> pictures = torch.zeros(2, 3, 4, 6)
    >>> slope_two = lambda x: 2 * x[:, 0, 0, 0]  # a linear critic with ‖∇D‖ = 2
    >>> gradient_penalty(slope_two, pictures, pictures).item()
    10.0
    """
    if real.shape != fake.shape:
        raise ParameterError(
            f"fake: expected the shape of real, {tuple(real.shape)}, got {tuple(fake.shape)}; "
            "the penalty mixes the two, example by example"
        )
    real, fake = real.detach().float(), fake.detach().float()
    shape = (len(real),) + (1,) * (real.ndim - 1)
    if hasattr(generator, "uniform"):
        epsilon = generator.uniform(*shape)
    else:
        epsilon = torch.rand(shape, generator=generator, device=real.device)
    mixed = (fake + epsilon * (real - fake)).requires_grad_()
    slopes = _input_gradient(discriminator, mixed).norm(dim=1)
    return weight * (slopes - 1).square().mean()


def r1_penalty(
    discriminator: Callable[[torch.Tensor], torch.Tensor], real: torch.Tensor, weight: float = 10.0
) -> torch.Tensor:
    """R1: ``(γ/2) E[‖∇D(x)‖²]`` on real examples (Mescheder et al. 2018, eq. 9; γ = 10).

    >>> pictures = torch.zeros(2, 3, 4, 6)
    >>> r1_penalty(lambda x: 2 * x[:, 0, 0, 0], pictures, weight=1.0).item()
    2.0
    """
    real = real.detach().float().requires_grad_()
    return 0.5 * weight * _input_gradient(discriminator, real).square().sum(dim=1).mean()


def _input_gradient(discriminator, images: torch.Tensor) -> torch.Tensor:
    """∇D at each example, flattened to (N, everything else), itself differentiable."""
    with torch.enable_grad():
        logits = discriminator(images)
        (slope,) = torch.autograd.grad(logits.float().sum(), images, create_graph=True)
    return slope.float().flatten(1)


def _logits(**named: torch.Tensor) -> list[torch.Tensor]:
    for name, logits in named.items():
        if not isinstance(logits, torch.Tensor) or not logits.is_floating_point():
            came = getattr(logits, "dtype", type(logits).__name__)
            raise ParameterError(f"{name}: expected a floating-point tensor of logits, got {came}")
        if logits.numel() == 0:
            raise ParameterError(f"{name}: expected at least one logit, got none (empty batch?)")
    half = (torch.bfloat16, torch.float16)
    return [value.float() if value.dtype in half else value for value in named.values()]
