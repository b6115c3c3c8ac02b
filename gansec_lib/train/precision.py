"""bf16 or fp32? Measured, because neither is faster everywhere."""

from __future__ import annotations

import time

import torch
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.train.state import global_random, set_global_random

WORTH = 1.2  # bf16 must be this much faster
WORTHLESS_BELOW = 0.005  # seconds: steps this short spend their time on calls, not on arithmetic
PROBE_STEPS = 4  # two of each at most: the first warms up
LONG = 0.5  # seconds: a step this long is its own warm-up, and is not repeated
PROBE_SHARE = 0.05  # of the steps to come, at most


def choose(trainer, steps_left: int) -> str:
    """ "bf16" where this device runs the players' losses at least 1.2 times as fast, else "fp32".

    Nothing is trained meanwhile: no optimiser moves, and buffers (running means) and random
    states are put back. Short runs are not measured: they would lose more than they win.
    """
    if not has_bf16(trainer.device) or steps_left * PROBE_SHARE < PROBE_STEPS:
        return "fp32"
    buffers = [(b, b.clone()) for net in trainer.networks.values() for b in net.buffers()]
    random = global_random()
    try:
        fp32 = _two_steps(trainer, "fp32")
        if fp32 < WORTHLESS_BELOW:
            return "fp32"
        return "bf16" if fp32 >= WORTH * _two_steps(trainer, "bf16") else "fp32"
    finally:
        set_global_random(random)
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
        for parameter in trainer.everything:
            parameter.grad = None


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
    if precision not in ("auto", "fp32", "bf16"):
        raise ParameterError(f"precision: expected 'auto', 'fp32' or 'bf16', got {precision!r}")


def prefer_channels_last(network: nn.Module, device: torch.device) -> bool:
    """Whether a network's weights go into channels-last order: CUDA convolutions want it."""
    convolutions = (nn.Conv2d, nn.ConvTranspose2d)
    return device.type == "cuda" and any(isinstance(m, convolutions) for m in network.modules())


def _two_steps(trainer, precision: str) -> float:
    """Seconds for every player's forward and backward pass: the better of two, if short."""
    trainer.precision = precision
    times = []
    while not times or (len(times) < 2 and times[0] < LONG):
        _wait(trainer.device)
        started = time.perf_counter()
        for player in trainer.players:
            for turn in range(player.steps):
                context = trainer.context(player, turn)
                trainer.freeze_all_but(player)
                with trainer.autocast():
                    loss, _ = trainer.ask(player, context)
                trainer.accelerator.backward(loss)
        _wait(trainer.device)
        times.append(time.perf_counter() - started)
    best = torch.tensor(min(times), device=trainer.device)
    return float(trainer.accelerator.reduce(best, reduction="mean"))  # all decide alike


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
