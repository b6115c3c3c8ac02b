"""What goes into a training step: players, batches in a fixed order, and seeded noise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.images.convert import to_network
from gansec_lib.train.checks import check_count


def adam(parameters) -> torch.optim.Optimizer:
    """Adam as DCGAN uses it: learning rate 0.0002, β₁ = 0.5 (Radford et al. 2016)."""
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999), fused=True)


@dataclass
class Player:
    """One side of the game: what it may change, what it wants, how it moves.

    Parameters
    ----------
    name : str
        Its loss stands in the history under this name.
    networks : tuple of str
        The networks it trains; all others are frozen while it moves.
    loss : callable
        ``loss(ctx)`` returns a scalar tensor to minimise, or ``(scalar, {"name": scalar})`` with
        more to write down. See :class:`Context` for what ``ctx`` holds.
    optimizer : callable
        ``optimizer(parameters) -> torch.optim.Optimizer``.
    steps : int
        Turns in each training step, each with a fresh batch (WGAN-GP's critic takes 5).
    """

    name: str
    networks: Sequence[str]
    loss: Callable
    optimizer: Callable = adam
    steps: int = 1

    def __post_init__(self):
        if isinstance(self.networks, str):
            self.networks = (self.networks,)
        self.networks = tuple(self.networks)
        if not isinstance(self.name, str) or not self.name:
            raise ParameterError(f"name: expected a non-empty string, got {self.name!r}")
        if not self.networks:
            raise ParameterError(f"networks: player {self.name!r} trains none; name at least one")
        for argument in ("loss", "optimizer"):
            if not callable(getattr(self, argument)):
                came = type(getattr(self, argument)).__name__
                hint = " (give a function of the parameters)" if argument == "optimizer" else ""
                raise ParameterError(f"{argument}: expected a function, got {came}{hint}")
        check_count("steps", self.steps, least=1)


@dataclass
class Context:
    """What a player's loss function sees in one turn.

    Attributes
    ----------
    networks : dict of str to nn.Module
    batch : tuple of tensors
        This process's share of the batch, on the device; byte images already in [−1, 1].
    rng : torch.Generator
        On the device, seeded afresh for every turn from (seed, step, player, turn).
    step : int
        Finished steps: 0 in the first one.
    """

    networks: dict[str, nn.Module]
    batch: tuple[torch.Tensor, ...]
    rng: torch.Generator
    step: int
    device: torch.device
    rank: int = 0
    processes: int = 1

    @property
    def real(self) -> torch.Tensor:
        """The first tensor of the batch."""
        return self.batch[0]

    def noise(self, *shape: int) -> torch.Tensor:
        """Standard normal numbers, float32; the first dimension is the (local) batch."""
        return self._draw(torch.randn, shape)

    def uniform(self, *shape: int) -> torch.Tensor:
        """Numbers from U[0, 1), float32; the first dimension is the (local) batch."""
        return self._draw(torch.rand, shape)

    def _draw(self, distribution, shape) -> torch.Tensor:
        if self.processes == 1:
            return distribution(shape, generator=self.rng, device=self.device)
        # All processes draw the noise of the whole batch and keep their share: two processes
        # then compute exactly what one would.
        whole = (shape[0] * self.processes, *shape[1:])
        numbers = distribution(whole, generator=self.rng, device=self.device)
        return numbers[self.rank * shape[0] : (self.rank + 1) * shape[0]]


def derived_seed(*parts) -> int:
    """A 63-bit seed from anything printable: the same on every machine and in every session.

    >>> derived_seed(0, "order", 3) == derived_seed(0, "order", 3) != derived_seed(0, "order", 4)
    True
    """
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Feed:
    """Batches in an order that depends on the seed and on the number of the draw, nothing else.

    Each epoch is one permutation of the data; the last rows that do not fill a batch sit that
    epoch out. ``batch(draw)`` can be asked in any order, so resuming needs no iterator state.
    """

    def __init__(self, data, batch_size: int, seed: int, device: torch.device, processes: int = 1):
        self.tensors = as_tensors(data)
        self.count = len(self.tensors[0])
        check_count("batch_size", batch_size, least=1)
        if batch_size > self.count:
            raise ParameterError(
                f"batch_size: expected at most {self.count} (the size of data), got {batch_size}"
            )
        if batch_size % processes:
            raise ParameterError(
                f"batch_size: expected a multiple of the {processes} processes, got {batch_size}"
            )
        self.batch_size, self.seed, self.device = batch_size, seed, device
        if sum(t.nbytes for t in self.tensors) < 2**31:  # what fits goes to the device once
            self.tensors = tuple(tensor.to(device) for tensor in self.tensors)
        self._epoch, self._order = -1, None

    def batch(self, draw: int) -> tuple[torch.Tensor, ...]:
        """The global batch of that number, on the device, byte images in [−1, 1]."""
        epoch, slot = divmod(draw, self.count // self.batch_size)
        if epoch != self._epoch:
            rng = torch.Generator().manual_seed(derived_seed(self.seed, "order", epoch))
            self._epoch, self._order = epoch, torch.randperm(self.count, generator=rng)
        rows = self._order[slot * self.batch_size : (slot + 1) * self.batch_size]
        chosen = (t.index_select(0, rows.to(t.device)).to(self.device) for t in self.tensors)
        return tuple(to_network(t) if t.dtype == torch.uint8 and t.ndim == 4 else t for t in chosen)

    def fingerprint(self) -> dict:
        """What tells this data set from another: shapes, types and a hash of some rows."""
        rows = torch.linspace(0, self.count - 1, min(self.count, 64)).long()
        digest = hashlib.sha256()
        for tensor in self.tensors:
            digest.update(tensor[rows.to(tensor.device)].cpu().contiguous().numpy().tobytes())
        kinds = [f"{str(t.dtype).removeprefix('torch.')} {tuple(t.shape)}" for t in self.tensors]
        return {"tensors": kinds, "rows": digest.hexdigest()[:16]}


def as_tensors(data) -> tuple[torch.Tensor, ...]:
    """Data as a tuple of tensors of one length, checked.

    Raises
    ------
    ParameterError
        Empty, different lengths, a type that is not uint8, float32, int64 or bool, NaN or infinity.
    """
    if hasattr(data, "images"):  # an ImageSet: pictures, and labels where they are known
        data = (data.images,) if data.labels is None else (data.images, data.labels)
    if isinstance(data, torch.Tensor):
        data = (data,)
    if not isinstance(data, tuple | list) or not data:
        raise ParameterError(
            f"data: expected a tensor, a tuple of tensors or an ImageSet, got {type(data).__name__}"
        )
    for index, tensor in enumerate(data):
        if not isinstance(tensor, torch.Tensor):
            raise ParameterError(f"data[{index}]: expected a tensor, got {type(tensor).__name__}")
        if tensor.ndim == 0 or len(tensor) == 0:
            raise ParameterError(f"data[{index}]: expected at least one row, got an empty tensor")
        if tensor.dtype not in (torch.uint8, torch.float32, torch.int64, torch.bool):
            raise ParameterError(
                f"data[{index}]: expected uint8 images, float32, int64 or bool, got {tensor.dtype}"
                " (numpy gives float64 where nothing else is said: use .float())"
            )
        if len(tensor) != len(data[0]):
            raise ParameterError(
                f"data[{index}]: expected {len(data[0])} rows like data[0], got {len(tensor)}"
            )
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            bad = int((~torch.isfinite(tensor)).sum())
            raise ParameterError(
                f"data[{index}]: expected finite numbers, got {bad} NaN or infinite "
                "(a division by zero while scaling?)"
            )
    return tuple(tensor.detach() for tensor in data)
