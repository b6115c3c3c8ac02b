"""What a trainer refuses, and what it says when it does."""

from __future__ import annotations

import torch
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.images.convert import check_bytes


def check_names(networks, players, ema) -> None:
    """Every name refers to a network, and no network has two masters.

    Raises
    ------
    ParameterError
    """
    if not isinstance(networks, dict) or not networks:
        raise ParameterError(
            f"networks: expected a non-empty dict of name to network, got {type(networks).__name__}"
        )
    for name, network in networks.items():
        if not isinstance(network, nn.Module):
            came = type(network).__name__
            raise ParameterError(f"networks[{name!r}]: expected an nn.Module, got {came}")
    known = ", ".join(repr(name) for name in networks)
    if not players:
        raise ParameterError("players: expected at least one Player, got none")
    trained_by, names = {}, set()
    for player in players:
        if player.name in names:
            raise ParameterError(f"players: two of them are called {player.name!r}")
        names.add(player.name)
        for name in player.networks:
            if name not in networks:
                raise ParameterError(
                    f"players: {player.name!r} trains {name!r}, which is not among the networks "
                    f"({known})"
                )
            if name in trained_by:
                raise ParameterError(
                    f"players: {name!r} is trained by {trained_by[name]!r} and by {player.name!r}; "
                    "a network has one trainer (did you copy a Player and forget its networks?)"
                )
            trained_by[name] = player.name
    for name, decay in ema.items():
        if name not in networks:
            raise ParameterError(f"ema: {name!r} is not among the networks ({known})")
        if not isinstance(decay, int | float) or not 0 <= decay < 1:
            raise ParameterError(f"ema[{name!r}]: expected a decay in [0, 1), got {decay!r}")


def check_count(argument: str, value, least: int | None = 0) -> None:
    """An integer, not below ``least``."""
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or (least is not None and value < least)
    ):
        wanted = "an integer" if least is None else f"an integer ≥ {least}"
        raise ParameterError(f"{argument}: expected {wanted}, got {value!r}")


def check_minutes(minutes) -> None:
    """No limit (None), or a number of minutes that is not negative."""
    number = isinstance(minutes, int | float) and not isinstance(minutes, bool)
    if minutes is not None and not (number and minutes >= 0):
        raise ParameterError(f"minutes: expected None or a number ≥ 0, got {minutes!r}")


def device_of(device: str, accelerator) -> torch.device:
    """The device that was asked for, if it is there."""
    if device == "auto":
        return accelerator.device
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:  # torch without CUDA raises the latter
        reason = str(error).splitlines()[0][:120]
        raise ParameterError(
            f"device: expected 'auto', 'cpu', or one that is here, got {device!r} ({reason})"
        ) from error


def parameters_of(player, networks: dict[str, nn.Module]) -> list[nn.Parameter]:
    """The weights a player may change: those of its networks that are not frozen."""
    modules = (networks[name] for name in player.networks)
    mine = [p for module in modules for p in module.parameters() if p.requires_grad]
    if not mine:
        raise ParameterError(
            f"players: {player.name!r} has nothing to train; all weights of "
            f"{', '.join(player.networks)} are frozen, or there are none"
        )
    return mine


def check_shared(trained: dict[str, list[nn.Parameter]]) -> None:
    """No weight is moved by two players, not even through two networks that share a layer."""
    owner = {}
    for name, parameters in trained.items():
        for parameter in parameters:
            other = owner.setdefault(id(parameter), name)
            if other != name:
                raise ParameterError(
                    f"players: {other!r} and {name!r} train the same weight "
                    f"{tuple(parameter.shape)}; their networks share a layer"
                )


@torch.no_grad()
def sizes(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """The Euclidean norm of each tensor, a float32 scalar each.

    A cheap first look: a NaN or an infinity anywhere makes a norm NaN or infinite. Finite numbers
    beyond 1e19 do so too, because their squares overflow; :func:`all_finite` tells the two apart.
    """
    if not tensors:
        return []
    return [norm.float() for norm in torch._foreach_norm(tensors)]


def all_finite(tensors: list[torch.Tensor]) -> bool:
    """Whether no entry of any tensor is NaN or infinite.

    >>> all_finite([torch.zeros(2, 3), torch.tensor([float("nan")])])
    False
    """
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)


def check_loss(player, loss, notes, players) -> None:
    """A loss is one number with a gradient; its notes do not take a player's name."""
    if not isinstance(loss, torch.Tensor):
        came = type(loss).__name__
    elif loss.numel() != 1:
        came = f"a tensor {tuple(loss.shape)} (take its mean)"
    elif not loss.requires_grad:
        came = "a number without gradient (was the output of its own network detached?)"
    else:
        came = None
    if came:
        raise ParameterError(
            f"loss: player {player.name!r} must return one number that depends on the weights of "
            f"{', '.join(player.networks)}, got {came}"
        )
    for name in notes:
        if any(name == other.name for other in players):
            raise ParameterError(
                f"loss: player {player.name!r} reports {name!r}, but a player has that name"
            )


def check_samples(images) -> torch.Tensor:
    """What ``sample`` returned, on the CPU."""
    found = check_bytes(images, "sample", "; end it with to_bytes(...)")
    return found.detach().cpu().contiguous()


def explain_stop(trainer, player, what: str) -> str:
    """The message of a TrainingError: who, when, what was last fine, what to try."""
    last = ", ".join(f"{name} {value:.4g}" for name, value in trainer.history.last().items())
    rates = sorted({group["lr"] for group in trainer.optimizers[player.name].param_groups})
    advice = [f"a lower learning rate for {player.name!r} (now {', '.join(map(str, rates))})"]
    if trainer.arithmetic.precision == "bf16":
        advice.append("precision='fp32' (now bf16)")
    advice += [
        "a gradient penalty or R1 on the discriminator",
        "looking for log(0), a division by zero or a square root at 0 in the loss",
    ]
    kept = f"The history up to step {len(trainer.history)} is kept"
    if trainer.out is not None and trainer.saved_step >= 0:
        kept += f", and so is the checkpoint of step {trainer.saved_step} in {trainer.out}"
    return (
        f"player {player.name!r}, step {trainer.step + 1}: {what}. "
        f"Last finite values: {last or 'none, this was the first step'}. "
        f"Try: {'; '.join(advice)}. {kept}."
    )
