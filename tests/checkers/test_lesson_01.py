"""Lesson 01's checkers accept what is right and refuse what is nearly right."""

import numpy as np
import torch
import torch.nn.functional as F
from checker_cases import checker_tests


def value_by_bce(logits_real, logits_fake):
    bce = F.binary_cross_entropy_with_logits
    real, fake = torch.ones_like(logits_real), torch.zeros_like(logits_fake)
    return -bce(logits_real, real) - bce(logits_fake, fake)


def value_by_numpy(logits_real, logits_fake):
    real, fake = logits_real.double().numpy(), logits_fake.double().numpy()
    return float(-np.logaddexp(0, -real).mean() - np.logaddexp(0, fake).mean())


def value_naive(logits_real, logits_fake):
    real, fake = torch.sigmoid(logits_real), torch.sigmoid(logits_fake)
    return real.log().mean() + (1 - fake).log().mean()


def best_by_where(density_real, density_fake):
    best = density_real / (density_real + density_fake)
    return torch.where(torch.isnan(best), torch.tensor(0.5), best)


def best_by_nan_to_num(density_real, density_fake):
    return torch.nan_to_num(density_real / (density_real + density_fake), nan=0.5)


def loss_by_bce(logits_fake):
    return F.binary_cross_entropy_with_logits(logits_fake, torch.ones_like(logits_fake))


def loss_by_logsigmoid(logits_fake):
    return -F.logsigmoid(logits_fake).mean()


def modes_by_loop(points, centres, std, share=0.01):
    covered = 0
    distances = torch.cdist(points, centres)
    for mode in range(len(centres)):
        mine = distances.argmin(1) == mode
        covered += bool((mine & (distances[:, mode] <= 4 * std)).float().mean() >= share)
    return covered


def modes_by_numpy(points, centres, std, share=0.01):
    gap = np.linalg.norm(points.numpy()[:, None] - centres.numpy()[None], axis=2)
    inside = gap <= 4 * std
    nearest = gap == gap.min(1, keepdims=True)
    return int(((inside & nearest).mean(0) >= share).sum())


def modes_any_distance(points, centres, std, share=0.01):
    which = torch.cdist(points, centres).argmin(1)
    return int((torch.bincount(which, minlength=len(centres)) / len(points) >= share).sum())


def modes_any_count(points, centres, std, share=0.01):
    nearest, which = torch.cdist(points, centres).min(1)
    return len(which[nearest <= 4 * std].unique())


def modes_of_the_close(points, centres, std, share=0.01):
    nearest, which = torch.cdist(points, centres).min(1)
    close = which[nearest <= 4 * std]
    return int((torch.bincount(close, minlength=len(centres)) / len(close) > share).sum())


def turn_by_bce(generator, discriminator, real, latent):
    with torch.no_grad():
        fake = generator(latent)
    logits_real, logits_fake = discriminator(real), discriminator(fake)
    bce = F.binary_cross_entropy_with_logits
    return bce(logits_real, torch.ones_like(logits_real)) + bce(
        logits_fake, torch.zeros_like(logits_fake)
    )


def turn_by_value(generator, discriminator, real, latent):
    fake = generator(latent).detach()
    return -(F.logsigmoid(discriminator(real)).mean() + F.logsigmoid(-discriminator(fake)).mean())


def turn_not_detached(generator, discriminator, real, latent):
    fake = generator(latent)
    return F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()


def turn_wrong_sign(generator, discriminator, real, latent):
    fake = generator(latent).detach()
    return F.softplus(discriminator(real)).mean() + F.softplus(-discriminator(fake)).mean()


def turn_without_reals(generator, discriminator, real, latent):
    return F.softplus(discriminator(generator(latent).detach())).mean()


def advantage_by_accuracy(logits_real, logits_fake):
    right = (logits_real > 0).double().mean() + (logits_fake <= 0).double().mean()
    return float(right - 1)


RIGHT = {
    "01.1": [value_by_bce, value_by_numpy],
    "01.2": [best_by_where, best_by_nan_to_num],
    "01.3": [loss_by_bce, loss_by_logsigmoid],
    "01.4": [modes_by_loop, modes_by_numpy],
    "01.5": [turn_by_bce, turn_by_value],
    "01.6": [
        advantage_by_accuracy,
        lambda real, fake: np.mean(real.numpy() > 0) - np.mean(fake.numpy() > 0),
    ],
}
WRONG = {
    "01.1": [
        value_naive,
        lambda real, fake: F.logsigmoid(real).mean() + F.logsigmoid(fake).mean(),
        lambda real, fake: -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean(),
        lambda real, fake: F.logsigmoid(real).sum() + F.logsigmoid(-fake).sum(),
    ],
    "01.2": [
        lambda real, fake: real / (real + fake),
        lambda real, fake: torch.nan_to_num(fake / (real + fake), nan=0.5),
        lambda real, fake: real / (real + fake + 1e-8),
        lambda real, fake: torch.nan_to_num(real / (real + fake), nan=0.0),
    ],
    "01.3": [
        lambda logits: -F.softplus(logits).mean(),
        lambda logits: F.softplus(logits).mean(),
        lambda logits: -torch.sigmoid(logits).log().mean(),
        lambda logits: F.softplus(-logits).sum(),
    ],
    "01.4": [modes_any_distance, modes_any_count, modes_of_the_close],
    "01.5": [turn_not_detached, turn_wrong_sign, turn_without_reals],
    "01.6": [
        lambda real, fake: abs((real > 0).float().mean().item() - (fake > 0).float().mean().item()),
        lambda real, fake: (real > 0).float().mean().item(),
        lambda real, fake: (torch.cat([real > 0, fake <= 0]).float().mean() * 2 - 1).item(),
    ],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("01", RIGHT, WRONG)
