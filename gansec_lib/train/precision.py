"""Which arithmetic is fastest here? Measured, because the answer differs from device to device.

A step may run in float32 or in bfloat16, and the weights of its convolutions may lie in memory as
torch makes them or *channels last*, the channels of a pixel side by side, which many convolution
kernels read faster. Only the speed of the second choice matters. The first one also rounds more.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.train.randomness import global_random, set_global_random

BF16_WORTH = 1.2  # bf16 must be this much faster than the best of fp32, because it rounds more
ORDER_WORTH = 1.1  # another order of the weights must be this much faster
WORTHLESS_BELOW = 0.005  # seconds: steps this short spend their time on calls, not on arithmetic
PROBE_STEPS = 4  # what the probe needs at least: two steps of fp32 and of one other
LONG = 0.5  # seconds: a step this long is its own warm-up, and is not repeated
PROBE_SHARE = 0.05  # of the steps or seconds to come, at most


class Arithmetic(NamedTuple):
    """How a step is computed."""

    precision: str = "fp32"
    channels_last: bool = False

    def __str__(self) -> str:
        return self.precision + (", channels-last" if self.channels_last else "")


PLAIN = Arithmetic()


def choose(trainer, steps_left: int) -> dict[Arithmetic, float]:
    """The seconds of one step in each arithmetic that was tried; :func:`fastest` picks one.

    Nothing is trained meanwhile: no optimiser moves, and weights, buffers (running means) and
    random states are as they were. The trial takes at most a twentieth of the steps to come, so
    that a short run tries fewer candidates or, below 80 steps, none (the answer is then empty).
    """
    candidates = offered(trainer)
    if not candidates or steps_left * PROBE_SHARE < PROBE_STEPS:
        return {}
    with _untouched(trainer):
        step, spent = _seconds(trainer, PLAIN)
        trial = {PLAIN: step}
        if step < WORTHLESS_BELOW:
            return trial
        budget = PROBE_SHARE * steps_left * step
        for candidate in candidates:
            if spent + step * (1 if step >= LONG else 2) > budget:
                break
            trial[candidate], took = _seconds(trainer, candidate)
            spent += took
    return trial


def fastest(trial: dict[Arithmetic, float]) -> Arithmetic:
    """The arithmetic that a trial recommends.

    >>> fastest({PLAIN: 4.5, Arithmetic("bf16"): 2.4, Arithmetic("bf16", True): 2.1})
    Arithmetic(precision='bf16', channels_last=True)
    >>> fastest({PLAIN: 4.5, Arithmetic("bf16"): 3.9})
    Arithmetic(precision='fp32', channels_last=False)
    """
    best = PLAIN
    for rival in (Arithmetic("fp32", True), Arithmetic("bf16"), Arithmetic("bf16", True)):
        worth = ORDER_WORTH if rival.precision == best.precision else BF16_WORTH
        if rival in trial and trial[best] >= worth * trial[rival]:
            best = rival
    return best


def offered(trainer) -> list[Arithmetic]:
    """What this device and these networks offer beside plain float32, the likeliest first."""
    half = has_bf16(trainer.device)
    orders = any(p.ndim == 4 for p in trainer.everything)
    every = [Arithmetic("bf16", True), Arithmetic("bf16"), Arithmetic("fp32", True)]
    return [a for a in every if (half or a.precision == "fp32") and (orders >= a.channels_last)]


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bf16 in hardware.

    >>> has_bf16(torch.device("meta"))
    False
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        return torch.backends.mkldnn.is_available() and bool(
            torch.ops.mkldnn._is_mkldnn_bf16_supported()
        )
    return False


def check_precision(precision: str) -> None:
    """One of the three words, or a ParameterError."""
    if precision not in ("auto", "fp32", "bf16"):
        raise ParameterError(f"precision: expected 'auto', 'fp32' or 'bf16', got {precision!r}")


@contextlib.contextmanager
def channels_last(networks: Iterable[nn.Module]):
    """Hold the convolutions' weights in channels-last order inside; their values stay.

    Afterwards every weight lies where it lay before, with the value it has then.
    """
    weights = {id(p): p for network in networks for p in network.parameters() if p.ndim == 4}
    given = [(p, p.data) for p in weights.values()]
    try:
        for p, data in given:
            p.data = data.contiguous(memory_format=torch.channels_last)
        yield
    finally:
        for p, data in given:
            if p.data is not data:
                data.copy_(p.data)
                p.data = data


def follow_weights(optimizers: Iterable[torch.optim.Optimizer]) -> None:
    """Give the optimisers' averages the memory order of their weights.

    torch's fused optimisers walk weight, gradient and averages side by side in memory. On the CPU
    they do not notice that the orders differ, and compute nonsense.
    """
    for optimizer in optimizers:
        for weight, state in optimizer.state.items():
            for name, value in state.items():
                if (
                    isinstance(value, torch.Tensor)
                    and value.shape == weight.shape
                    and value.stride() != weight.stride()
                ):
                    state[name] = torch.empty_like(weight, dtype=value.dtype).copy_(value)


@contextlib.contextmanager
def _untouched(trainer):
    """Put back whatever forward and backward passes change."""
    buffers = [(b, b.clone()) for net in trainer.networks.values() for b in net.buffers()]
    random, arithmetic = global_random(), trainer.arithmetic
    try:
        yield
    finally:
        trainer.arithmetic = arithmetic
        set_global_random(random)
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
        for parameter in trainer.everything:
            parameter.grad = None


def _seconds(trainer, arithmetic: Arithmetic) -> tuple[float, float]:
    """Seconds of one step, the better of two if it is short, and seconds spent to learn it.

    A step here is every player's forward and backward pass.
    """
    trainer.arithmetic = arithmetic
    order = channels_last(trainer.networks.values() if arithmetic.channels_last else ())
    times = []
    with order:
        while not times or (len(times) < 2 and times[0] < LONG):
            _wait(trainer.device)
            started = time.perf_counter()
            for player in trainer.players:
                for turn in range(player.steps):
                    context = trainer.context(player, turn)
                    trainer.freeze_all_but(player)
                    with trainer.autocast():
                        loss, _ = trainer.ask(player, context)
                    loss.backward()
            _wait(trainer.device)
            times.append(time.perf_counter() - started)
    both = torch.tensor([min(times), sum(times)], device=trainer.device)
    if trainer.processes > 1:
        both = trainer.accelerator.reduce(both, reduction="mean")  # all decide alike
    best, spent = both.tolist()
    return best, spent


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
