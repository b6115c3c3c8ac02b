"""``KeyGAN``: one training path and one way from weights, key and nonce to key bytes, for every
GAN key generator of this course.

A generator learns to imitate a source of numbers (mostly chaotic orbits); key bytes are then cut
out of its outputs. Three switches belong to every scheme, because they tell what does the work:
``trained`` (or the untrained twin), ``extraction`` (``raw`` or ``modular``) and ``use_nonce``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

import numpy as np
import torch
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from gansec_lib.ciphers import kdf
from gansec_lib.errors import DataMissingError, IntegrityError, ParameterError
from gansec_lib.nets import sequences, weights
from gansec_lib.roles import KeyGenerator, between, one_of
from gansec_lib.systems.keygen import exact
from gansec_lib.systems.learned import Learned, Slot, Training
from gansec_lib.train import Player, adam, losses

EXTRACTIONS = ("modular", "raw")
BATCH = 256  # latents in one call of the generator: fast, and little memory
LOSSES = ("bce", "lsgan", "wgan-gp")
COMPACT_DENSE = {  # what most papers' dense networks are shrunk to here
    "generator": {"widths": (128, 256, 256)},
    "discriminator": {"widths": (256, 256, 128)},
}
SHIPPED_SEEDS = (0, 1, 2)  # training runs whose weights travel with the course


def extract(values: torch.Tensor, rule: str) -> torch.Tensor:
    """Key bytes from numbers in [−1, 1], uint8 of the same shape.

    ``raw``: ⌊128 (y + 1)⌋, at most 255, which keeps the network's own distribution.
    ``modular``: ⌊|y| · 10¹⁰⌋ mod 256, which keeps its last digits only (specs §2).

    >>> extract(torch.tensor([-1.0, 0.0, 1.0, 3e-10], dtype=torch.float64), "modular").tolist()
    [0, 0, 0, 3]
    """
    if rule not in EXTRACTIONS:
        raise ParameterError(f"extraction: expected one of {EXTRACTIONS}, got {rule!r}")
    if rule == "raw":
        return (torch.floor((values + 1.0) * 128.0)).clamp(0, 255).to(torch.uint8)
    return (torch.floor(values.abs() * 1e10).to(torch.int64) & 255).to(torch.uint8)


def latents(seed: bytes | Sequence[bytes], count: int, width: int) -> torch.Tensor:
    """Nearly normal numbers that follow from a seed of 32 bytes, float64 (count, width).

    Each is the sum of twelve uniform ones less six: mean 0, variance 1, and exact on the grid, as
    no logarithm is (Box and Muller's would be). Bytes come from ChaCha20 under the seed. Of several
    seeds (B · count, width): ``count`` rows each.
    """
    zeros, blank = bytes(24 * count * width), bytes(16)
    seeds = [seed] if isinstance(seed, bytes) else seed
    drawn = b"".join(
        Cipher(algorithms.ChaCha20(one, blank), None).encryptor().update(zeros) for one in seeds
    )
    words = np.frombuffer(drawn, "<u2").reshape(len(seeds) * count, width, 12)
    sums = words.sum(axis=2, dtype=np.int64)
    return torch.from_numpy(sums.astype(np.float64) / 65536 - 6)


def fresh_weights(network: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Fill a network with the untrained twin's weights: N(0, 0.02²), biases 0, norms 1.

    DCGAN's initial weights, made by ``latents`` so that they are the same everywhere.
    """
    for number, (name, parameter) in enumerate(sorted(network.named_parameters())):
        with torch.no_grad():
            if parameter.ndim == 1:
                parameter.fill_(0.0 if name.endswith("bias") else 1.0)
                continue
            label = hashlib.sha256(f"twin {seed} {number} {name}".encode()).digest()
            values = latents(label, parameter.numel(), 1).reshape(parameter.shape)
            parameter.copy_(values * 0.02)
    return network.eval()


def players(loss: str, latent: Callable) -> list[Player]:
    """Discriminator and generator for one of ``LOSSES``; the networks have these names.

    ``latent(ctx)`` gives the generator's input; it imitates ``ctx.real``.
    """
    if loss not in LOSSES:
        raise ParameterError(f"loss: expected one of {LOSSES}, got {loss!r}")
    sides = {
        "bce": (losses.bce_discriminator, losses.bce_generator),
        "lsgan": (losses.lsgan_discriminator, losses.lsgan_generator),
        "wgan-gp": (losses.wgan_discriminator, losses.wgan_generator),
    }
    discriminator_loss, generator_loss = sides[loss]

    def discriminate(ctx):
        discriminator, real = ctx.networks["discriminator"], ctx.real
        with torch.no_grad():
            fake = ctx.networks["generator"](latent(ctx))
        value = discriminator_loss(discriminator(real), discriminator(fake))
        if loss == "wgan-gp":
            value = value + losses.gradient_penalty(discriminator, real, fake, ctx)
        return value

    def generate(ctx):
        fake = ctx.networks["generator"](latent(ctx))
        return generator_loss(ctx.networks["discriminator"](fake))

    turns = 5 if loss == "wgan-gp" else 1
    return [
        Player("discriminator", ("discriminator",), discriminate, adam, turns),
        Player("generator", ("generator",), generate, adam),
    ]


@dataclass(eq=False, repr=False)
class KeyGAN(Learned, KeyGenerator):
    """Key bytes from a generator network.

    The latents follow from key and nonce by HKDF-SHA256 and ChaCha20 (ours), the network runs in
    exact arithmetic (``exact``), so the same weights, key and nonce give the same bytes anywhere.
    A paper's file fills in the class attributes.

    Class attributes
    ----------------
    kind : {"dense", "wave", "matrix"}
        Of ``nets.sequences.KINDS``.
    size : int
        Numbers one latent gives.
    loss : {"bce", "lsgan", "wgan-gp"}
    source : callable
        ``source(count, seed) -> float32 (count, size)`` in [−1, 1]: what it learns to imitate.
    compact, full : dict
        Arguments of the shipped, compact networks and of those of the paper's size, under
        ``generator`` and ``discriminator``; the networks' defaults where left out.

    Parameters
    ----------
    trained : bool
        Shipped weights; else the untrained twin: the same network as it was before training.
    extraction : {"modular", "raw"}
    use_nonce : bool
        Without, as in the papers, every message of a key has one keystream: a laboratory.
    paper_size : bool
        The wide network. No weights of that size are shipped: ``train`` makes them, or take the
        untrained twin.
    seed : int
        Which training run (weights ``NAME_SEED``), or which twin.

    Raises
    ------
    DataMissingError
        When key bytes are asked for: weights that are not there; the message says what to do.
    """

    title = "GAN key generator"
    kind: ClassVar[str] = ""
    size: ClassVar[int] = 0
    loss: ClassVar[str] = "bce"
    source: ClassVar[Callable[[int, int], torch.Tensor]]
    compact: ClassVar[dict[str, dict]] = {}
    full: ClassVar[dict[str, dict]] = {}
    steps: ClassVar[dict[str, int]] = {"smoke": 20, "laptop": 1500, "gpu": 20_000}
    takes_pictures: ClassVar[bool] = False
    limits = (
        "Its strength is that of the key and of HKDF and ChaCha20; the network adds none.",
        "Bytes that pass every test may still be known to whoever has the key: test no secrecy.",
    )

    trained: bool = True
    extraction: str = one_of(*EXTRACTIONS)
    use_nonce: bool = True
    paper_size: bool = False
    seed: int = between(0, 0, 2**32 - 1)

    def __post_init__(self):
        super().__post_init__()
        self.slots["generator"] = Slot(
            self._new_generator,
            self._given,
            self._training,
            self.steps,
            "windows of number sequences",
            self.takes_pictures,
        )

    @property
    def weights_name(self) -> str:
        """The name under which the weights of its seed are shipped."""
        return f"{self.key_name}_{self.seed}"

    @property
    def generator(self) -> torch.nn.Module:
        """The network, in evaluation mode; loaded when first asked for."""
        return self.slots["generator"].network

    def pair(self) -> tuple[torch.nn.Module, torch.nn.Module]:
        """A new generator and its discriminator, of the size that the options ask for."""
        widths = self.full if self.paper_size else self.compact
        generator, discriminator = sequences.KINDS[self.kind]
        return (
            generator(self.size, **widths.get("generator", {})),
            discriminator(self.size, **widths.get("discriminator", {})),
        )

    def _new_generator(self) -> torch.nn.Module:
        return self.pair()[0]

    def _given(self, network: torch.nn.Module) -> torch.nn.Module:
        """The shipped weights, or the untrained twin's."""
        if not self.trained:
            return fresh_weights(network, self.seed)
        if self.paper_size or self.seed not in SHIPPED_SEEDS:
            what = "of the paper's size" if self.paper_size else f"of seed {self.seed}"
            raise DataMissingError(
                f"{self.key_name}: no weights {what} are shipped (seeds "
                f"{', '.join(map(str, SHIPPED_SEEDS))} of the compact size are); train() makes "
                f"them, trained=False gives the untrained twin"
            )
        return weights.load(self.weights_name, network)

    def _training(self, images, profile: str, steps: int) -> Training:
        """Learn the source's distribution from windows of it."""
        data = self.source(256 if profile == "smoke" else 8192, self.seed)
        return self._game(data, 64, lambda ctx, width: ctx.noise(len(ctx.real), width))

    def _game(self, data, batch: int, latent: Callable) -> Training:
        """Fresh networks against each other; ``latent(ctx, width)`` is the generator's input."""
        generator, discriminator = self.pair()
        fresh_weights(generator, self.seed)
        fresh_weights(discriminator, self.seed + 1000)
        width = getattr(generator, "latent", None)
        return Training(
            {"generator": generator, "discriminator": discriminator},
            players(self.loss, lambda ctx: latent(ctx, width)),
            data,
            batch,
        )

    def train(self, images=None, profile: str = "laptop", **settings):
        """Learn the source's distribution, as ``Learned.train`` says it."""
        super().train(images, profile, **settings)
        self.trained = self.slots["generator"].own or self.trained
        return self

    def numbers(self, key: bytes, nonce: bytes, n: int) -> torch.Tensor:
        """The network's outputs before extraction, float64 (n,) in [−1, 1]."""
        return self._numbers([self._seed(key, nonce)], n)[0]

    def _numbers(self, seeds: Sequence[bytes], n: int) -> torch.Tensor:
        """``n`` outputs for each seed, float64 (B, n); all seeds' latents go in together."""
        network = self.generator
        count = ceil(n / network.size)
        z = latents(seeds, count, network.latent)
        return in_parts(network, z, BATCH).reshape(len(seeds), -1)[:, :n]

    def keystream(self, key: bytes, nonce: bytes, n: int, digest: str | None = None):
        """``n`` key bytes, uint8 (n,).

        Parameters
        ----------
        digest : str, optional
            SHA-256 (hex) that the bytes must have: then they are these very bytes, or an error.

        Raises
        ------
        IntegrityError
            The bytes are others: another key or nonce, or other weights.
        """
        _check_count(n)
        stream = extract(self.numbers(key, nonce, n), self.extraction)
        if digest is not None and digest_of(stream) != digest:
            raise IntegrityError(
                f"digest: the key made here has SHA-256 {digest_of(stream)[:16]}…, expected "
                f"{digest[:16]}…: another key, nonce or extraction, or other weights (these are "
                f"{exact.fingerprint(self.generator)})"
            )
        return stream

    def keystreams(self, keys: Sequence[bytes], nonces: Sequence[bytes], n: int) -> torch.Tensor:
        """``n`` key bytes for each of B keys, uint8 (B, n): ``keystream``'s, only sooner.

        One by one, a short key pays for a whole call of the network; together they share it.

        Parameters
        ----------
        keys, nonces : sequences of bytes, B each
        n : int
        """
        _check_count(n)
        if len(keys) != len(nonces) or not keys:
            raise ParameterError(
                f"nonces: expected one for each key, got {len(nonces)} for {len(keys)} keys"
            )
        seeds = [self._seed(*pair) for pair in zip(keys, nonces, strict=True)]
        return extract(self._numbers(seeds, n), self.extraction)

    def check_plane(self, height: int, width: int) -> None:
        """Raise ``ParameterError`` for pictures that no key is made for: here there are none."""

    def _seed(self, key: bytes, nonce: bytes) -> bytes:
        """32 bytes from key and nonce: all that the latents depend on."""
        if not isinstance(nonce, bytes | bytearray | memoryview):
            raise ParameterError(f"nonce: expected bytes, got {type(nonce).__name__}")
        salt = hashlib.sha256(nonce).digest() if self.use_nonce else b""
        label = f"gansec/{self.key_name}/{self.seed}".encode()
        return kdf.hkdf(kdf.check_key(key, 32), 32, salt, label)


def _check_count(n) -> None:
    if type(n) is not int or n < 1:
        raise ParameterError(f"n: expected 1 byte or more, got {n!r}")


def in_parts(network: torch.nn.Module, x: torch.Tensor, rows: int) -> torch.Tensor:
    """Outputs in exact arithmetic, so many rows at once."""
    device = next(network.parameters()).device
    return torch.cat([exact.run(network, part.to(device)).cpu() for part in x.split(rows)])


def digest_of(stream: torch.Tensor) -> str:
    """SHA-256 of key bytes, hex."""
    return hashlib.sha256(stream.contiguous().cpu().numpy().tobytes()).hexdigest()
