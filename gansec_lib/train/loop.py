"""The one adversarial training loop of the course.

Read :meth:`Trainer.fit`: it is the whole algorithm. Everything around it (batches, noise,
checkpoints, plots) stands in the files beside this one.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import math
import time
import warnings
from pathlib import Path

import torch
from torch import nn

from gansec_lib import files
from gansec_lib.errors import TrainingError
from gansec_lib.train import checkpoints
from gansec_lib.train.checks import (
    all_finite,
    check_count,
    check_loss,
    check_minutes,
    check_names,
    check_samples,
    check_shared,
    device_of,
    explain_stop,
    parameters_of,
    sizes,
)
from gansec_lib.train.display import check_show, open_display
from gansec_lib.train.history import History
from gansec_lib.train.inputs import Context, Feed, Player, adam, derived_seed
from gansec_lib.train.precision import (
    PLAIN,
    Arithmetic,
    channels_last,
    check_precision,
    choose,
    fastest,
    follow_weights,
)
from gansec_lib.train.randomness import own_random_numbers
from gansec_lib.train.state import collect, optimizer_settings, restore

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
        "auto" tries bf16 and, for convolutions, the channels-last order of the weights, and takes
        what is faster (``history.arithmetic`` tells). The two others keep the weights as they lie.
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

        check_names(networks, players, ema or {})
        check_precision(precision)
        check_show(show)
        self.out = None if out is None else files.as_path(out, "out", of="folder")
        check_count("seed", seed, least=None)
        check_count("sample_every", sample_every)
        check_count("checkpoint_every", checkpoint_every)
        self.accelerator = Accelerator()
        self.device = device_of(device, self.accelerator)
        self.rank, self.processes = self.accelerator.process_index, self.accelerator.num_processes
        self.feed = Feed(data, batch_size, seed, self.device, self.processes)
        self.networks = {name: network.to(self.device) for name, network in networks.items()}
        self.players, self.seed, self.augment, self.show = list(players), seed, augment, show
        self.sample, self.sample_every = sample, sample_every
        self.checkpoint_every = checkpoint_every
        self.wanted_precision = precision
        self.decided = precision != "auto"
        self.arithmetic = Arithmetic(precision) if self.decided else PLAIN
        self.history, self.step = History(), 0
        self.trained, self.optimizers, self.settings = {}, {}, {}
        for player in self.players:
            mine = parameters_of(player, self.networks)
            optimizer = player.optimizer(mine)
            self.trained[player.name] = mine
            self.settings[player.name] = optimizer_settings(optimizer)
            # Not accelerator.prepare(optimizer): its wrapper serves fp16 scaling and accumulation,
            # which are not used here, and doubles the time of a small network's step.
            self.optimizers[player.name] = optimizer
        check_shared(self.trained)
        self._moving = [p for mine in self.trained.values() for p in mine]
        turns = list(itertools.accumulate((p.steps for p in self.players), initial=0))
        self._turns = turns.pop()  # of all players together, in one step
        self._first_turn = {p.name: first for p, first in zip(self.players, turns, strict=True)}
        weights = (p for network in self.networks.values() for p in network.parameters())
        self.everything = [p for p in weights if p.requires_grad]
        self._others = {
            name: [p for p in self.everything if all(p is not q for q in mine)]
            for name, mine in self.trained.items()
        }
        self._share_initial_weights()
        self.decay = dict(ema or {})
        self.ema = {
            name: copy.deepcopy(self.networks[name]).eval().requires_grad_(False)
            for name in self.decay
        }
        self._averaged = {  # (averages, weights, buffers of the average, buffers), listed once
            name: tuple(
                list(part)
                for part in (
                    self.ema[name].parameters(),
                    self.networks[name].parameters(),
                    self.ema[name].buffers(),
                    self.networks[name].buffers(),
                )
            )
            for name in self.decay
        }
        self.random = None  # torch's global random state, the trainer's own
        self._rng = torch.Generator(self.device)
        self.saved_step, self._halfway, self._clock, self._deadline = -1, False, 0.0, None

    def fit(self, steps: int, minutes: float | None = None) -> History:
        """Train until ``steps`` steps are done in all, and return the history.

        With ``out`` it first goes on from the last checkpoint there, exactly as if it had never
        stopped. Where ``minutes`` are given it stops when they are over, after a whole step, and
        saves: ``run.step < steps`` then says that the same call again would go on.

        Raises
        ------
        TrainingError
            As soon as a loss, gradient or weight is NaN or infinite.
        """
        with self._session(steps, minutes) as display:
            while self.step < steps and not self._time_is_over():
                self._halfway, row = True, {}
                for player in self.players:  # the order matters: discriminator first
                    for turn in range(player.steps):  # a critic may move several times a step
                        ctx = self.context(player, turn)  # a fresh batch, fresh noise
                        self.freeze_all_but(player)  # gradients for who moves, from zero
                        with self.autocast():
                            loss, notes = self.ask(player, ctx)
                        loss.backward()
                        numbers = self._agree(player, loss, notes)  # mean over all processes
                        self.optimizers[player.name].step()  # never with a NaN: _agree raises
                        for name, number in numbers.items():
                            row[name] = row.get(name, 0.0) + number / player.steps
                self._refuse_nonfinite_weights()
                self._average_weights()
                self.step += 1
                self._halfway = False
                self.history.record(self.step, row)
                if self.sample_every and self.step % self.sample_every == 0:
                    self._draw_samples()
                if self.checkpoint_every and self.step % self.checkpoint_every == 0:
                    self._save()
                display.update(self.history)
        return self.history

    # -- one turn ---------------------------------------------------------------------------

    def context(self, player: Player, turn: int) -> Context:
        """The batch and the noise of this turn: they depend on seed, step, player and turn only."""
        draw = self.step * self._turns + self._first_turn[player.name] + turn
        self._rng.manual_seed(derived_seed(self.seed, "turn", draw))
        batch = self.feed.batch(draw)
        if self.augment:
            batch = self.augment(batch, self._rng)
            batch = (batch,) if isinstance(batch, torch.Tensor) else tuple(batch)
        if self.processes > 1:
            share = self.feed.batch_size // self.processes
            batch = tuple(t[self.rank * share : (self.rank + 1) * share] for t in batch)
        return Context(
            self.networks, batch, self._rng, self.step, self.device, self.rank, self.processes
        )

    def freeze_all_but(self, player: Player) -> None:
        """Only the player's weights collect gradients in this turn; they start with none."""
        for parameter in self._others[player.name]:
            parameter.requires_grad_(False)
        for parameter in self.trained[player.name]:
            parameter.requires_grad_(True)
            parameter.grad = None

    def autocast(self):
        """Where a loss is computed: under bf16, or (as the whole session is) without autocast."""
        if self.arithmetic.precision == "bf16":
            torch.clear_autocast_cache()  # else the weights' copies of the last turn are used again
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def ask(self, player: Player, ctx: Context):
        """The player's loss and what else it wants written down."""
        answer = player.loss(ctx)
        loss, notes = answer if isinstance(answer, tuple) else (answer, {})
        check_loss(player, loss, notes, self.players)
        return loss, notes

    def _agree(self, player: Player, loss, notes: dict) -> dict[str, float]:
        """Average gradients and numbers over all processes; the numbers as floats.

        A loss, note or gradient that is NaN or infinite stops the run here, before it reaches a
        weight. Numbers and the sizes of the gradients leave the device together, in one transfer.
        """
        values = (loss, *notes.values())
        numbers = [
            torch.as_tensor(v, device=self.device).detach().float().reshape(()) for v in values
        ]
        gradients = [p.grad for p in self.trained[player.name] if p.grad is not None]
        if self.processes > 1:
            packed = torch.cat([torch.stack(numbers), *(g.flatten() for g in gradients)])
            packed = self.accelerator.reduce(packed, reduction="mean")
            mean, *parts = packed.split([len(numbers), *(g.numel() for g in gradients)])
            numbers = list(mean)
            for gradient, part in zip(gradients, parts, strict=True):
                gradient.copy_(part.view_as(gradient))
        floats = torch.stack([*numbers, *sizes(gradients)]).tolist()
        numbers = dict(zip((player.name, *notes), floats, strict=False))
        if not all(map(math.isfinite, floats)):
            bad = [
                f"{name} is {value}" for name, value in numbers.items() if not math.isfinite(value)
            ]
            if not bad and not all_finite(gradients):
                bad = ["a gradient is NaN or infinite (its loss is still finite)"]
            if bad:
                raise TrainingError(explain_stop(self, player, " and ".join(bad)))
        return numbers

    def _refuse_nonfinite_weights(self) -> None:
        if math.isfinite(torch.stack(sizes(self._moving)).sum().item()):
            return
        for player in self.players:
            if not all_finite(self.trained[player.name]):
                raise TrainingError(explain_stop(self, player, "a weight is NaN or infinite"))

    # -- between steps ----------------------------------------------------------------------

    @torch.no_grad()
    def _average_weights(self) -> None:
        for name, decay in self.decay.items():
            # Early on the average must forget the initial weights faster (ours, as TensorFlow).
            decay = min(decay, (1 + self.step) / (10 + self.step))
            averages, weights, kept, now = self._averaged[name]
            torch._foreach_lerp_(averages, weights, 1 - decay)
            for buffer, newest in zip(kept, now, strict=True):
                buffer.copy_(newest)

    def _draw_samples(self) -> None:
        if self.sample is None or not self.accelerator.is_main_process:
            return
        networks = self.networks | self.ema
        modes = {module: module.training for net in networks.values() for module in net.modules()}
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices), torch.no_grad():
            torch.manual_seed(derived_seed(self.seed, "sample"))
            for network in networks.values():
                network.eval()
            images = self.sample(networks)
        for module, mode in modes.items():
            module.training = mode
        self.history.samples.append(check_samples(images))
        self.history.sample_steps.append(self.step)

    @contextlib.contextmanager
    def _session(self, steps: int, minutes: float | None):
        """Everything around the loop: resume before, save and draw after, clean up always."""
        check_count("steps", steps)
        check_minutes(minutes)
        self._deadline = None if minutes is None else time.monotonic() + 60 * minutes
        with contextlib.ExitStack() as stack:
            if self.out and self.accelerator.is_main_process:
                stack.enter_context(checkpoints.lock(self.out))
            self._resume()
            stack.enter_context(own_random_numbers(self))
            stack.enter_context(torch.autocast(self.device.type, enabled=False))
            stack.callback(lambda: [p.requires_grad_(True) for p in self.everything])
            for name in {name for player in self.players for name in player.networks}:
                self.networks[name].train()
            if not (self.decided or self._time_is_over()):
                self._choose_arithmetic(steps - self.step)
            self.history.arithmetic = str(self.arithmetic)
            if self.arithmetic.channels_last:
                stack.enter_context(channels_last([*self.networks.values(), *self.ema.values()]))
            follow_weights(self.optimizers.values())
            if self.saved_step < 0:
                self._save()  # the initial weights too are the run's
            self._clock = time.perf_counter()
            main = self.accelerator.is_main_process
            display = open_display(self.show, steps, self.step, main)
            try:
                yield display
                # A run that was stopped early draws nothing that the unbroken run would not.
                if self.step >= steps and self.history.sample_steps[-1:] != [self.step]:
                    self._draw_samples()
                self._save()
            finally:
                self._count_seconds()
                display.close(self.history)

    def _choose_arithmetic(self, steps_left: int) -> None:
        """Once a run, as soon as enough of it is left to be worth a trial."""
        trial = choose(self, steps_left)
        self.decided, self.arithmetic = bool(trial), fastest(trial)
        self.history.trial = {str(each): seconds for each, seconds in trial.items()}

    def _save(self) -> None:
        """Write a checkpoint into ``out``."""
        if self.out is None or self.saved_step == self.step:
            return
        self._count_seconds()
        state = collect(self)  # all processes take part
        if self.accelerator.is_main_process:
            checkpoints.save(self.out, self.step, state)
        self.accelerator.wait_for_everyone()
        self.saved_step = self.step

    def _resume(self) -> None:
        """Go on from the newest whole checkpoint, unless this trainer is already further."""
        if self.out is None or (self.step and not self._halfway):
            return
        found = checkpoints.load(self.out)
        if found is None:
            return
        state, problems = found
        for problem in problems:
            warnings.warn(f"going back to the checkpoint before: {problem}", stacklevel=4)
        restore(self, state)
        self.saved_step = -1 if problems else self.step
        self._halfway = False

    def _time_is_over(self) -> bool:
        """Whether the minutes of this call are used up; all processes get the same answer."""
        if self._deadline is None:
            return False
        over = torch.tensor(float(time.monotonic() >= self._deadline), device=self.device)
        return bool(self.accelerator.reduce(over, reduction="sum") if self.processes > 1 else over)

    def _share_initial_weights(self) -> None:
        """All processes start from the weights of the first."""
        if self.processes > 1:
            from accelerate.utils import broadcast

            for network in self.networks.values():
                for tensor in network.state_dict().values():
                    tensor.copy_(broadcast(tensor.clone()))

    def _count_seconds(self) -> None:
        now = time.perf_counter()
        self.history.seconds += now - self._clock if self._clock else 0.0
        self._clock = now
