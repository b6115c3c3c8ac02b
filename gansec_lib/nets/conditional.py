"""Conditional GAN: ask for a class, get a picture of it.

Mirza and Osindero, *Conditional generative adversarial nets* (2014) for the idea; the
discriminator joins label and picture by projection, Miyato and Koyama, *cGANs with projection
discriminator* (2018), eq. 4:

    D(x, y) = ψ(φ(x)) + ⟨V[y], φ(x)⟩

The first term asks *is it real?*, the second *does it fit the label?*
"""

from __future__ import annotations

import torch
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.nets.small import SmallDiscriminator, SmallGenerator, expect_latent


def expect_labels(labels: torch.Tensor, count: int, classes: int) -> torch.Tensor:
    """Return ``labels`` if they are int64 (count,) in [0, classes), else raise ParameterError."""
    if labels.dtype != torch.int64 or tuple(labels.shape) != (count,):
        raise ParameterError(
            f"labels: expected int64 of shape ({count},), got {labels.dtype} {tuple(labels.shape)}"
        )
    if count and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise ParameterError(
            f"labels: expected values in [0, {classes}), got {int(labels.min())} "
            f"to {int(labels.max())}"
        )
    return labels


class ConditionalGenerator(nn.Module):
    """``SmallGenerator`` whose latent is joined by a learned vector for each class.

    ``frequencies`` remembers how often each class came in training, (classes,), summing to 1.

    >>> generator = ConditionalGenerator(classes=4)
    >>> generator(torch.randn(2, 64), torch.tensor([0, 3])).shape
    torch.Size([2, 3, 32, 32])
    """

    def __init__(
        self, classes: int, latent: int = 64, embedding: int = 16, width: int = 16, size: int = 32
    ):
        super().__init__()
        if classes < 2:
            raise ParameterError(f"classes: expected at least 2, got {classes}")
        self.classes, self.latent, self.size = classes, latent, size
        self.embedding = nn.Embedding(classes, embedding)
        self.register_buffer("frequencies", torch.full((classes,), 1.0 / classes))
        self.network = SmallGenerator(latent + embedding, width, size)

    def forward(self, latent: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        expect_latent(latent, self.latent)
        expect_labels(labels, len(latent), self.classes)
        return self.network(torch.cat([latent, self.embedding(labels)], dim=1))


class ProjectionDiscriminator(nn.Module):
    """One logit for a picture *with* its label: unconditional term plus projection.

    φ(x) is the sum over positions of the last feature map, as in the paper.

    >>> discriminator = ProjectionDiscriminator(classes=4)
    >>> discriminator(torch.zeros(2, 3, 32, 32), torch.tensor([0, 3])).shape
    torch.Size([2])
    """

    def __init__(self, classes: int, width: int = 16, size: int = 32):
        super().__init__()
        if classes < 2:
            raise ParameterError(f"classes: expected at least 2, got {classes}")
        self.classes, self.size = classes, size
        self.network = SmallDiscriminator(width, size, spectral=True)
        self.projection = nn.Embedding(classes, self.network.wide)
        nn.init.normal_(self.projection.weight, 0.0, 0.02)

    def terms(self, images: torch.Tensor, labels: torch.Tensor):
        """The two terms of eq. 4, each (N,): ψ(φ(x)) and ⟨V[y], φ(x)⟩."""
        expect_labels(labels, len(images), self.classes)
        flat = self.network.features(images)
        pooled = flat.unflatten(1, (self.network.wide, 16)).sum(2)
        return self.network.end(flat).squeeze(1), (self.projection(labels) * pooled).sum(1)

    def forward(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        real_or_fake, fits_label = self.terms(images, labels)
        return real_or_fake + fits_label
