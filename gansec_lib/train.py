"""The one adversarial training loop of the course.

Read :meth:`Trainer.fit`: it is the whole algorithm. Everything around it (batches, noise,
checkpoints, plots) is in ``train_inputs``, ``checkpoints`` and ``train_display``.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from pathlib import Path

import torch
from torch import nn

from gansec_lib import checkpoints  # noqa: F401
from gansec_lib.errors import ParameterError, TrainingError
from gansec_lib.history import History
from gansec_lib.train_display import open_display
from gansec_lib.train_inputs import Context, Feed, Player, adam, derived_seed

__all__ = ["Context", "History", "Player", "Trainer", "adam"]


class Trainer:
    """Trains any number of networks against each other.

    Parameters
    ----------
    networks : dict of str to nn.Module
        Moved to the device and trained in place.
    players : list of Player
        They move in this order in every step: discriminator first.
    data : tensor, tuple of tensors, or ImageSet
        In memory, one row an example; uint8 (N, C, H, W) becomes float [−1, 1] batch by batch.
    batch_size : int
        Of the whole batch; several processes share it.
    seed : int
        Order of the data and all noise. (Initial weights are the caller's.)
    ema : dict of str to float, optional
        Networks to average over the steps, with their decay, for example ``{"generator": 0.999}``.
    sample : callable, optional
        ``sample(networks) -> uint8 (N, C, H, W)``, given the averaged networks in eval mode.
        The global random state is the same at every call, so latents drawn inside are fixed.
    sample_every, checkpoint_every : int
        In steps; 0 means only at the end.
    out : path, optional
        Folder for checkpoints. ``fit`` goes on from what it finds there.
    precision : "auto", "fp32" or "bf16"
        "auto" measures and takes bf16 where it is at least 1.2 times as fast.
    device : "auto", "cpu", "cuda", …
    augment : callable, optional
        ``augment(batch, rng) -> batch`` on the whole batch (a tuple), on the device.
    show : "auto", "none", "bar" or "live"
        A plot in a notebook that someone is looking at, a bar in a terminal, else nothing.

    Raises
    ------
    ParameterError
        Before anything is trained, with the argument's name.
    """

    def __init__(
        self,
        networks: dict[str, nn.Module],
        players: list[Player],
        data,
        batch_size: int,
        *,
        seed: int = 0,
        ema: dict[str, float] | None = None,
        sample=None,
        sample_every: int = 0,
        out: str | Path | None = None,
        checkpoint_every: int = 0,
        precision: str = "auto",
        device: str = "auto",
        augment=None,
        show: str = "auto",
    ):
        from accelerate import Accelerator

        self._check(networks, players, ema or {}, seed, precision, show)
        self.accelerator = Accelerator()
        self.device = self.accelerator.device if device == "auto" else torch.device(device)
        self.rank, self.processes = self.accelerator.process_index, self.accelerator.num_processes
        self.feed = Feed(data, batch_size, seed, self.device)
        if batch_size % self.processes:
            raise ParameterError(
                f"batch_size: expected a multiple of {self.processes} processes, got {batch_size}"
            )
        self.networks = {name: network.to(self.device) for name, network in networks.items()}
        self.players, self.seed, self.augment, self.show = list(players), seed, augment, show
        self.sample, self.sample_every = sample, sample_every
        self.out, self.checkpoint_every = Path(out) if out else None, checkpoint_every
        self.precision = precision
        self.history, self.step = History(), 0
        self._rng = torch.Generator(self.device)
        self._trained, self.optimizers = {}, {}
        for player in self.players:
            modules = (self.networks[name] for name in player.networks)
            mine = [p for m in modules for p in m.parameters() if p.requires_grad]
            self._trained[player.name] = mine
            self.optimizers[player.name] = self.accelerator.prepare(player.optimizer(mine))
        self._everything = [p for mine in self._trained.values() for p in mine]
        self._decay = dict(ema or {})
        self.ema = {name: _average_of(self.networks[name]) for name in self._decay}
        self._global_random = None
        self._saved_step = -1
        self._halfway = False

    def fit(self, steps: int) -> History:
        """Train until ``steps`` steps are done in all, and return the history.

        With ``out`` it first goes on from the last checkpoint there, exactly as if it had never
        stopped.

        Raises
        ------
        TrainingError
            As soon as a loss, gradient or weight is NaN or infinite.
        """
        with self._session(steps) as display:
            while self.step < steps:
                self._halfway, row = True, {}
                for player in self.players:  # the order matters: discriminator first
                    for turn in range(player.steps):  # a critic may move several times a step
                        ctx = self._context(player, turn)  # a fresh batch, fresh noise
                        self._freeze_all_but(player)  # no gradients for who does not move
                        with self._autocast():
                            loss, notes = self._ask(player, ctx)
                        optimizer = self.optimizers[player.name]
                        optimizer.zero_grad(set_to_none=True)
                        self.accelerator.backward(loss)
                        numbers = self._agree(player, loss, notes)  # mean over all processes
                        self._refuse_nonfinite(player, numbers)  # before it reaches a weight
                        optimizer.step()
                        for name, number in numbers.items():
                            row[name] = row.get(name, 0.0) + number / player.steps
                self._average_weights()
                self.step += 1
                self._halfway = False
                self.history.record(self.step, row)
                if self.sample_every and self.step % self.sample_every == 0:
                    self._draw_samples()
                if self.checkpoint_every and self.step % self.checkpoint_every == 0:
                    self.save()
                display.update(self.history)
        return self.history

    # -- one turn ---------------------------------------------------------------------------

    def _context(self, player: Player, turn: int) -> Context:
        """The batch and the noise of this turn: they depend on seed, step, player and turn only."""
        place = self.players.index(player)
        before = sum(p.steps for p in self.players[:place]) + turn
        draw = self.step * sum(p.steps for p in self.players) + before
        self._rng.manual_seed(derived_seed(self.seed, "turn", draw))
        batch = self.feed.batch(draw)
        if self.augment:
            batch = self.augment(batch, self._rng)
            batch = (batch,) if isinstance(batch, torch.Tensor) else tuple(batch)
        share = self.feed.batch_size // self.processes
        batch = tuple(t[self.rank * share : (self.rank + 1) * share] for t in batch)
        return Context(
            self.networks, batch, self._rng, self.step, self.device, self.rank, self.processes
        )

    def _freeze_all_but(self, player: Player) -> None:
        for parameter in self._everything:
            parameter.requires_grad_(False)
        for parameter in self._trained[player.name]:
            parameter.requires_grad_(True)

    def _autocast(self):
        bf16 = self.precision == "bf16"
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=bf16)

    def _ask(self, player: Player, ctx: Context):
        """The player's loss and what else it wants written down."""
        answer = player.loss(ctx)
        loss, notes = answer if isinstance(answer, tuple) else (answer, {})
        if not isinstance(loss, torch.Tensor) or loss.numel() != 1 or not loss.requires_grad:
            raise ParameterError(
                f"loss: player {player.name!r} must return one number that depends on the "
                f"weights of {', '.join(player.networks)}, got {_describe(loss)}"
            )
        return loss, notes

    def _agree(self, player: Player, loss, notes: dict) -> dict[str, float]:
        """Average gradients and numbers over all processes; the numbers as floats."""
        names = [player.name, *notes]
        numbers = torch.stack(
            [
                torch.as_tensor(n).detach().float().reshape(()).to(self.device)
                for n in (loss, *notes.values())
            ]
        )
        if self.processes > 1:
            grads = [p.grad for p in self._trained[player.name] if p.grad is not None]
            packed = torch.cat([numbers, *(g.flatten() for g in grads)])
            packed = self.accelerator.reduce(packed, reduction="mean")
            numbers, *parts = packed.split([len(numbers), *(g.numel() for g in grads)])
            for grad, part in zip(grads, parts, strict=True):
                grad.copy_(part.view_as(grad))
        return dict(zip(names, numbers.tolist(), strict=True))

    def _refuse_nonfinite(self, player: Player, numbers: dict[str, float]) -> None:
        bad = [f"{name} is {value}" for name, value in numbers.items() if not math.isfinite(value)]
        if not bad:
            grads = [p.grad for p in self._trained[player.name] if p.grad is not None]
            largest = float(nn.utils.get_total_norm(grads, norm_type=math.inf))
            if math.isfinite(largest):
                return
            bad = ["a gradient is not finite"]
        self._stop(player.name, " and ".join(bad))

    def _stop(self, name: str, what: str) -> None:
        raise TrainingError(f"player {name!r}, step {self.step + 1}: {what}")

    # -- between steps ----------------------------------------------------------------------

    @torch.no_grad()
    def _average_weights(self) -> None:
        for name, decay in self._decay.items():
            # Early on the average must forget the initial weights faster (ours, as TensorFlow).
            decay = min(decay, (1 + self.step) / (10 + self.step))
            averaged, network = self.ema[name], self.networks[name]
            torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), 1 - decay)
            for kept, now in zip(averaged.buffers(), network.buffers(), strict=True):
                kept.copy_(now)

    def _draw_samples(self) -> None:
        if self.sample is None or not self.accelerator.is_main_process:
            return
        networks = self.networks | self.ema
        modes = {module: module.training for net in networks.values() for module in net.modules()}
        with torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(derived_seed(self.seed, "sample"))
            for network in networks.values():
                network.eval()
            images = self.sample(networks)
        for module, mode in modes.items():
            module.training = mode
        self.history.samples.append(images.detach().cpu())
        self.history.sample_steps.append(self.step)

    @contextlib.contextmanager
    def _session(self, steps: int):
        """Everything around the loop: resume before, save and draw after, clean up always."""
        if not isinstance(steps, int) or steps < 0:
            raise ParameterError(f"steps: expected an integer of at least 0, got {steps!r}")
        started = time.perf_counter()
        if self.precision == "auto":
            self.precision = "fp32"
        for name in {name for player in self.players for name in player.networks}:
            self.networks[name].train()
        display = open_display(self.show, steps, self.accelerator.is_main_process)
        try:
            yield display
        finally:
            for parameter in self._everything:
                parameter.requires_grad_(True)
            self.history.seconds += time.perf_counter() - started
            display.close(self.history)
        if self.sample and self.history.sample_steps[-1:] != [self.step]:
            self._draw_samples()

    def save(self) -> None:
        """Write a checkpoint now."""

    # -- checks -----------------------------------------------------------------------------

    @staticmethod
    def _check(networks, players, ema, seed, precision, show) -> None:
        if not isinstance(networks, dict) or not networks:
            raise ParameterError("networks: expected a non-empty dict of name to nn.Module")
        taken = {}
        for player in players:
            for name in player.networks:
                if name not in networks:
                    known = ", ".join(networks)
                    raise ParameterError(
                        f"players: {player.name!r} trains {name!r}; the networks are {known}"
                    )
                if name in taken:
                    raise ParameterError(
                        f"players: {name!r} is trained by both {taken[name]!r} and {player.name!r}"
                    )
                taken[name] = player.name


def _average_of(network: nn.Module) -> nn.Module:
    return copy.deepcopy(network).eval().requires_grad_(False)


def _describe(value) -> str:
    if isinstance(value, torch.Tensor):
        grad = "with" if value.requires_grad else "without"
        return f"a tensor {tuple(value.shape)} {grad} gradient"
    return type(value).__name__
