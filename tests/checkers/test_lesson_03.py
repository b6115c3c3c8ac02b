"""Lesson 03's checkers accept what is right and refuse what is nearly right."""

import numpy as np
import torch
import torch.nn.functional as F
from checker_cases import checker_tests

from gansec_lib.train import losses


def squares_by_library(logits_real, logits_fake):
    return losses.lsgan_discriminator(logits_real, logits_fake), losses.lsgan_generator(logits_fake)


def squares_by_mse(logits_real, logits_fake):
    ones, zeros = torch.ones_like, torch.zeros_like
    discriminator = F.mse_loss(logits_real, ones(logits_real)) + F.mse_loss(
        logits_fake, zeros(logits_fake)
    )
    return discriminator / 2, F.mse_loss(logits_fake, ones(logits_fake)) / 2


def squares_without_half(logits_real, logits_fake):
    return tuple(2 * x for x in squares_by_mse(logits_real, logits_fake))


def squares_of_sigmoid(logits_real, logits_fake):
    return squares_by_mse(torch.sigmoid(logits_real), torch.sigmoid(logits_fake))


def squares_fake_to_zero(logits_real, logits_fake):
    return squares_by_mse(logits_real, logits_fake)[0], logits_fake.square().mean() / 2


def penalty_by_library(critic, real, fake, epsilon):
    class Fixed:
        def uniform(self, *shape):
            return epsilon

    return losses.gradient_penalty(critic, real, fake, Fixed())


def penalty_by_loop(critic, real, fake, epsilon):
    total = 0
    for x, y, e in zip(real, fake, epsilon, strict=True):
        between = (e * x + (1 - e) * y)[None].requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        total = total + 10 * (slope.square().sum().sqrt() - 1) ** 2
    return total / len(real)


def penalty_broken(critic, real, fake, epsilon):
    between = (epsilon * real + (1 - epsilon) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between)
    return 10 * (slope.norm() - 1).square()


def penalty_of_batch(critic, real, fake, epsilon):
    between = (epsilon * real + (1 - epsilon) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return 10 * (slope.norm() - 1).square()


def penalty_not_taught(critic, real, fake, epsilon):
    between = (epsilon * real + (1 - epsilon) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between)
    return 10 * (slope.flatten(1).norm(dim=1) - 1).square().mean()


def penalty_on_mean(critic, real, fake, epsilon):
    between = (epsilon * real + (1 - epsilon) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).mean(), between, create_graph=True)
    return 10 * (slope.flatten(1).norm(dim=1) - 1).square().mean()


def projection_by_einsum(features, labels, vectors, psi):
    return psi(features) + torch.einsum("nd,nd->n", vectors[labels], features)


def projection_by_one_hot(features, labels, vectors, psi):
    chosen = F.one_hot(labels, len(vectors)).float()
    return psi(features) + (chosen * (features @ vectors.T)).sum(1)


def projection_all_classes(features, labels, vectors, psi):
    return psi(features)[:, None] + features @ vectors.T


def projection_only(features, labels, vectors, psi):
    return (vectors[labels] * features).sum(1)


def projection_in_order(features, labels, vectors, psi):
    rows = vectors[torch.arange(len(labels)) % len(vectors)]
    return psi(features) + (rows * features).sum(1)


def fade_by_repeat(old, new, alpha):
    enlarged = old.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return (1 - alpha) * enlarged + alpha * new


def fade_by_kron(old, new, alpha):
    enlarged = torch.kron(old, torch.ones(1, 1, 2, 2))
    return enlarged + alpha * (new - enlarged)


def fade_bilinear(old, new, alpha):
    return torch.lerp(F.interpolate(old, scale_factor=2, mode="bilinear"), new, alpha)


def fade_swapped(old, new, alpha):
    return fade_by_repeat(old, new, 1 - alpha)


def fade_tiled(old, new, alpha):
    return torch.lerp(old.repeat(1, 1, 2, 2), new, alpha)


def demodulated_by_norm(weight, factors):
    modulated = torch.einsum("oikl,ni->noikl", weight, factors)
    return modulated / (modulated.flatten(2).square().sum(2) + 1e-8).sqrt()[:, :, None, None, None]


def demodulated_by_loop(weight, factors):
    out = []
    for factor in factors:
        modulated = weight * factor[None, :, None, None]
        energy = modulated.square().sum((1, 2, 3), keepdim=True) + 1e-8
        out.append(modulated / energy.sqrt())
    return torch.stack(out)


def only_modulated(weight, factors):
    return weight[None] * factors[:, None, :, None, None]


def demodulated_per_input(weight, factors):
    modulated = only_modulated(weight, factors)
    return modulated / (modulated.square().sum((1, 3, 4), keepdim=True) + 1e-8).sqrt()


def demodulated_without_root(weight, factors):
    modulated = only_modulated(weight, factors)
    return modulated / (modulated.square().sum((2, 3, 4), keepdim=True) + 1e-8)


def fingerprint_by_numpy(pictures):
    grey = pictures.numpy().astype(np.float64).mean(1)
    padded = np.pad(grey, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    height, width = grey.shape[1:]
    blurred = sum(padded[:, i : i + height, j : j + width] for i in range(3) for j in range(3)) / 9
    return torch.from_numpy(np.log1p(np.abs(np.fft.rfft2(grey - blurred)) ** 2)).float()


def fingerprint_by_conv(pictures):
    grey = pictures.double().mean(1, keepdim=True)
    kernel = -torch.ones(1, 1, 3, 3, dtype=torch.float64) / 9
    kernel[0, 0, 1, 1] += 1
    residual = F.conv2d(F.pad(grey, (1, 1, 1, 1), mode="reflect"), kernel)[:, 0]
    return torch.log1p(
        torch.fft.fft2(residual)[..., : residual.shape[2] // 2 + 1].abs() ** 2
    ).float()


def fingerprint_of_content(pictures):
    return torch.fft.rfft2(pictures.float().mean(1)).abs().square().log1p()


def fingerprint_zero_border(pictures):
    grey = pictures.float().mean(1, keepdim=True)
    return torch.fft.rfft2((grey - F.avg_pool2d(grey, 3, 1, 1))[:, 0]).abs().square().log1p()


def fingerprint_not_squared(pictures):
    grey = pictures.float().mean(1, keepdim=True)
    residual = grey - F.avg_pool2d(F.pad(grey, (1, 1, 1, 1), mode="reflect"), 3, 1)
    return torch.fft.rfft2(residual[:, 0]).abs().log1p()


RIGHT = {
    "03.1": [squares_by_library, squares_by_mse],
    "03.2": [penalty_by_library, penalty_by_loop],
    "03.3": [projection_by_einsum, projection_by_one_hot],
    "03.4": [fade_by_repeat, fade_by_kron],
    "03.5": [demodulated_by_norm, demodulated_by_loop],
    "03.6": [fingerprint_by_numpy, fingerprint_by_conv],
}
WRONG = {
    "03.1": [squares_without_half, squares_of_sigmoid, squares_fake_to_zero],
    "03.2": [penalty_broken, penalty_of_batch, penalty_not_taught, penalty_on_mean],
    "03.3": [projection_all_classes, projection_only, projection_in_order],
    "03.4": [fade_bilinear, fade_swapped, fade_tiled],
    "03.5": [only_modulated, demodulated_per_input, demodulated_without_root],
    "03.6": [fingerprint_of_content, fingerprint_zero_border, fingerprint_not_squared],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("03", RIGHT, WRONG)
