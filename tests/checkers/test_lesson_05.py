"""Lesson 05's checkers accept what is right and refuse what is nearly right."""

import math
from itertools import pairwise

import numpy as np
import torch
from checker_cases import checker_tests

from gansec_lib import metrics
from gansec_lib.metrics import quality


def chi_by_numpy(pictures):
    found = []
    for picture in pictures.numpy():
        counts = np.bincount(picture.ravel(), minlength=256)
        expected = picture.size / 256
        found.append(np.sum((counts - expected) ** 2) / expected)
    return torch.tensor(found)


def chi_seen_values_only(pictures):
    found = []
    for picture in pictures:
        counts = torch.unique(picture, return_counts=True)[1].double()
        expected = picture.numel() / 256
        found.append(((counts - expected) ** 2 / expected).sum())
    return torch.stack(found)


def chi_over_observed(pictures):
    counts = torch.stack([torch.bincount(p.flatten().long(), minlength=256) for p in pictures])
    expected = pictures[0].numel() / 256
    return ((counts - expected) ** 2 / counts.clamp_min(1)).sum(1)


def chi_of_the_batch(pictures):
    return chi_by_numpy(pictures.reshape(1, 1, 1, -1)).expand(len(pictures))


def entropy_by_numpy(pictures):
    found = []
    for picture in pictures.numpy():
        share = np.unique(picture, return_counts=True)[1] / picture.size
        found.append(-(share * np.log2(share)).sum())
    return torch.tensor(found)


def entropy_with_nan(pictures):
    counts = torch.stack([torch.bincount(p.flatten().long(), minlength=256) for p in pictures])
    share = counts / pictures[0].numel()
    return -(share * share.log2()).sum(1)


def entropy_in_nats(pictures):
    return torch.as_tensor(entropy_by_numpy(pictures)) * math.log(2)


def entropy_of_channels(pictures):
    planes = pictures.flatten(0, 1)[:, None]
    return torch.as_tensor(entropy_by_numpy(planes)).reshape(*pictures.shape[:2]).mean(1)


def correlation_by_numpy(pictures, down, right):
    height, width = pictures.shape[2:]
    found = np.empty(pictures.shape[:2])
    for n, picture in enumerate(pictures.numpy()):
        for c, channel in enumerate(picture):
            first, second = channel[: height - down, : width - right], channel[down:, right:]
            found[n, c] = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    return torch.from_numpy(found)


def correlation_by_library(pictures, down, right):
    if (down, right) == (0, 2):
        return correlation_by_numpy(pictures, down, right)
    name = {(0, 1): "horizontal", (1, 0): "vertical", (1, 1): "diagonal"}[down, right]
    return metrics.correlation_values(pictures, name)


def correlation_by_rolling(pictures, down, right):
    moved = pictures.roll((-down, -right), (2, 3))
    pair = torch.stack([pictures.flatten(2).double(), moved.flatten(2).double()], 2)
    return torch.stack([torch.stack([torch.corrcoef(c)[0, 1] for c in p]) for p in pair])


def correlation_swapped(pictures, down, right):
    return correlation_by_numpy(pictures, right, down)


def correlation_without_means(pictures, down, right):
    height, width = pictures.shape[2:]
    first = pictures[:, :, : height - down, : width - right].flatten(2).double()
    second = pictures[:, :, down:, right:].flatten(2).double()
    return (first * second).sum(2) / (first.square().sum(2) * second.square().sum(2)).sqrt()


def psnr_by_numpy(plain, cipher):
    gap = plain.numpy().astype(float) - cipher.numpy().astype(float)
    with np.errstate(divide="ignore"):
        return torch.from_numpy(20 * np.log10(255) - 10 * np.log10((gap**2).mean(axis=(1, 2, 3))))


def psnr_wraps(plain, cipher):
    error = ((plain - cipher) ** 2).float().mean(dim=(1, 2, 3))
    return 10 * torch.log10(255**2 / error)


def psnr_by_brightest(plain, cipher):
    error = (plain.double() - cipher.double()).square().mean(dim=(1, 2, 3))
    return 10 * torch.log10(plain.amax(dim=(1, 2, 3)).double() ** 2 / error)


def psnr_over_the_batch(plain, cipher):
    error = (plain.double() - cipher.double()).square().mean()
    return (10 * torch.log10(255**2 / error)).expand(len(plain))


def smoothest_by_numpy(candidates):
    steps = np.abs(np.diff(candidates.numpy().astype(int), axis=1)).mean(axis=1)
    return int(np.argmin(steps))


def smoothest_by_loop(candidates):
    rows = [[int(v) for v in row] for row in candidates]
    total = [sum(abs(b - a) for a, b in pairwise(row)) for row in rows]
    return total.index(min(total))


def smoothest_wraps(candidates):
    return int(candidates.diff(dim=1).float().mean(dim=1).argmin())


def smoothest_signed(candidates):
    return int(candidates.to(torch.int16).diff(dim=1).float().mean(dim=1).argmin())


def smoothest_largest(candidates):
    return int(candidates.to(torch.int16).diff(dim=1).abs().float().mean(dim=1).argmax())


def smoothest_by_worst_step(candidates):
    return int(candidates.to(torch.int16).diff(dim=1).abs().amax(dim=1).argmin())


RIGHT = {
    "05.1": [chi_by_numpy, metrics.chi_square_values],
    "05.2": [entropy_by_numpy, metrics.entropy_values],
    "05.3": [lambda h: 127.5 / math.log(2) / (8 - h), lambda h: 183.94361 / (8 - h)],
    "05.4": [correlation_by_numpy, correlation_by_library],
    "05.5": [psnr_by_numpy, quality.psnr_values],
    "05.6": [smoothest_by_numpy, smoothest_by_loop],
}
WRONG = {
    "05.1": [chi_seen_values_only, chi_over_observed, chi_of_the_batch],
    "05.2": [entropy_with_nan, entropy_in_nats, entropy_of_channels],
    "05.3": [lambda h: 255 / (2 * (8 - h)), lambda h: (8 - h) / 255, lambda h: 256**2],
    "05.4": [correlation_by_rolling, correlation_swapped, correlation_without_means],
    "05.5": [psnr_wraps, psnr_by_brightest, psnr_over_the_batch],
    "05.6": [smoothest_wraps, smoothest_signed, smoothest_largest, smoothest_by_worst_step],
}  # fmt: skip
test_right, test_wrong, test_stub, test_complete = checker_tests("05", RIGHT, WRONG)
