"""What the survey prints about GAN-based image ciphers, and whether it can be.

Rows of seed 001, Table 8, as printed. Picture sizes are not stated there; ``audit`` says for which
common sizes a random-looking cipher image could have all of a row's figures.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "seed 001, Table 8"


@dataclass(frozen=True)
class Row:
    """One scheme: its reference in seed 001, a name, and the figures as printed."""

    reference: str
    name: str
    npcr: float | None = None
    uaci: float | None = None
    entropy: float | None = None
    chi_square: float | None = None


TABLE_8 = (
    Row("[65]", "GAN + CSRNet", 99.60, 33.46, 7.9993, 256.88),
    Row("[66]", "DeepEDN", entropy=7.9700),
    Row("[67]", "Robust GAN", 99.60, 33.45),
    Row("[68]", "Hyperchaos + Feistel", 99.60, 33.51, 7.9902),
    Row("[69]", "Scrambling autoencoder", 99.42, 13.84, 7.9770),
    Row("[70]", "LSGAN generator", 99.60, 33.45, 7.9975),
    Row("[71]", "DeepKeyGen", 99.56, 20.87, 7.9807),
    Row("[72]", "Encipher GAN", entropy=7.4000),
    Row("[73]", "DCGAN blocks", 99.69, 33.42, 7.8091, 213.24),
    Row("[75]", "Blockchain GAN", 99.60, 33.86, 7.980),
    Row("[76]", "GAN compression", 99.70, 36.48, 7.9957),
    Row("[77]", "U-Net + AES", 99.59, None, 7.9974),
)
