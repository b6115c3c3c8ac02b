"""Seed 003's DCGAN: noise → 64×64 face, and face → real or fake.

Raj Kumar, *Meaningful Encryption of the Real Images*, M.Tech. report, IIT Jodhpur 2023, prints two
Keras summaries: a generator of 3,750,275 and a discriminator of 404,801 parameters. They are built
here so that every layer has the printed number. Where the report's prose disagrees with its own
summaries (batch normalisation, ReLU, 64×64×128 at the last up-sampling), the summaries win: they
were printed by the program that ran.

Keras's ``padding="same"`` pads a 4×4 kernel of stride 2 by one pixel on each side when the input
has an even size, and all sizes here are even, so ``padding=1`` is the same arithmetic. The 5×5
convolution of stride 1 pads by 2. Keras reshapes to (8, 8, 128), channels last; here the same 8,192
numbers are read channels first, which only renumbers the units of the first layer.
"""

from __future__ import annotations

import torch
from torch import nn

from gansec_lib.errors import ParameterError


class DCGANGenerator(nn.Module):
    """Noise → face. Layer by layer seed 003's printed summary: no batch normalisation.

    Parameters
    ----------
    latent : int
        Length of the noise vector; 100 in the report.
    slope : float
        Negative slope of LeakyReLU. The report does not print it: 0.2 is ours (Radford et al.).

    Notes
    -----
    The output activation is not printed either; tanh is ours, since networks work in [−1, 1].

    Examples
    --------
    >>> generator = DCGANGenerator()
    >>> sum(p.numel() for p in generator.parameters())
    3750275
    >>> generator(torch.zeros(2, 100)).shape
    torch.Size([2, 3, 64, 64])
    """

    def __init__(self, latent: int = 100, slope: float = 0.2):
        super().__init__()
        if latent < 1:
            raise ParameterError(f"latent: expected a positive length, got {latent}")
        self.latent = latent
        self.dense = nn.Linear(latent, 8 * 8 * 128)
        self.up16 = nn.ConvTranspose2d(128, 128, 4, stride=2, padding=1)
        self.up32 = nn.ConvTranspose2d(128, 256, 4, stride=2, padding=1)
        self.up64 = nn.ConvTranspose2d(256, 512, 4, stride=2, padding=1)
        self.paint = nn.Conv2d(512, 3, 5, padding=2)
        self.act = nn.LeakyReLU(slope)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        """Noise (N, latent) to pictures (N, 3, 64, 64) in [−1, 1]."""
        if latent.ndim != 2 or latent.shape[1] != self.latent:
            raise ParameterError(
                f"latent: expected (N, {self.latent}), got {tuple(latent.shape)}; noise here is a "
                "flat vector, not (N, latent, 1, 1)"
            )
        x = self.dense(latent).view(-1, 128, 8, 8)
        x = self.act(self.up16(x))
        x = self.act(self.up32(x))
        x = self.act(self.up64(x))
        return torch.tanh(self.paint(x))


class DCGANDiscriminator(nn.Module):
    """Face → one logit: positive means "real". Seed 003's printed summary.

    The report ends in a sigmoid. Here the network returns the *logit* and the sigmoid belongs to
    the loss (``gansec_lib.train.losses``): log σ(ℓ) computed from the logit stays finite where
    log(sigmoid(ℓ)) becomes log(0). A sigmoid has no parameters, so the count is unchanged.

    Parameters
    ----------
    dropout : float
        The report prints a dropout layer, not its rate; 0.2 is ours.
    slope : float
        Negative slope of LeakyReLU; 0.2 is ours.

    Examples
    --------
    >>> discriminator = DCGANDiscriminator()
    >>> sum(p.numel() for p in discriminator.parameters())
    404801
    >>> discriminator(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2])
    """

    def __init__(self, dropout: float = 0.2, slope: float = 0.2):
        super().__init__()
        self.down32 = nn.Conv2d(3, 64, 4, stride=2, padding=1)
        self.down16 = nn.Conv2d(64, 128, 4, stride=2, padding=1)
        self.down8 = nn.Conv2d(128, 128, 4, stride=2, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(8 * 8 * 128, 1)
        self.act = nn.LeakyReLU(slope)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, 64, 64) in [−1, 1] to logits (N,)."""
        if images.ndim != 4 or images.shape[1:] != (3, 64, 64):
            raise ParameterError(
                f"images: expected (N, 3, 64, 64) in [-1, 1], got {tuple(images.shape)}"
            )
        x = self.act(self.down32(images))
        x = self.act(self.down16(x))
        x = self.act(self.down8(x))
        return self.dense(self.dropout(x.flatten(1))).squeeze(1)


def layer_table(network: nn.Sequential, example: torch.Tensor) -> list[dict]:
    """Keras's ``summary()`` as rows: each layer's name, output shape and parameters.

    >>> layer_table(nn.Sequential(nn.Conv2d(3, 2, 1)), torch.zeros(1, 3, 4, 6))
    [{'layer': 'Conv2d', 'output': '2×4×6', 'parameters': 8}]
    """
    rows = []
    for layer in network:
        example = layer(example)
        count = sum(p.numel() for p in layer.parameters())
        shape = "×".join(str(n) for n in example.shape[1:]) or "one number"
        rows.append({"layer": type(layer).__name__, "output": shape, "parameters": count})
    return rows


def initialise(network: nn.Module, seed: int = 0) -> nn.Module:
    """Keras's defaults: Glorot-uniform weights, zero biases, from their own random stream.

    Glorot and Bengio 2010: U(−a, a) with a = √(6 / (fan_in + fan_out)). Returns the network.

    >>> initialise(DCGANDiscriminator(), seed=1).dense.bias.tolist()
    [0.0]
    """
    rng = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.xavier_uniform_(module.weight, generator=rng)
            nn.init.zeros_(module.bias)
    return network
