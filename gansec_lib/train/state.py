"""Everything a run must remember to go on bit for bit, and how to tell two runs apart."""

from __future__ import annotations

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.train.precision import Arithmetic
from gansec_lib.train.randomness import random_states


def collect(trainer) -> dict:
    """The whole state of a trainer as nested dicts of tensors, numbers and strings."""
    history = trainer.history
    return {
        "config": describe_run(trainer),
        "decided": trainer.decided,
        "step": trainer.step,
        "networks": {name: net.state_dict() for name, net in trainer.networks.items()},
        "ema": {name: net.state_dict() for name, net in trainer.ema.items()},
        "optimizers": {name: opt.state_dict() for name, opt in trainer.optimizers.items()},
        "random": random_states(trainer),
        "history": {
            "steps": torch.tensor(history.steps, dtype=torch.int64),
            "values": {
                name: torch.tensor(column, dtype=torch.float64)
                for name, column in history.values.items()
            },
            "seconds": history.seconds,
            "samples": list(history.samples),
            "sample_steps": list(history.sample_steps),
            "trial": dict(history.trial),
        },
    }


def restore(trainer, state: dict) -> None:
    """Put a collected state back.

    Raises
    ------
    ParameterError
        Where the state is another run's; the message lists what differs.
    """
    refuse_other_run(trainer, state["config"])
    for name, network in trainer.networks.items():
        network.load_state_dict(state["networks"][name])
    for name, network in trainer.ema.items():
        network.load_state_dict(state["ema"][name])
    for name, optimizer in trainer.optimizers.items():
        optimizer.load_state_dict(state["optimizers"][name])
    if trainer.rank < len(state["random"]):
        trainer.random = state["random"][trainer.rank]
    trainer.step, config = state["step"], state["config"]
    trainer.arithmetic = Arithmetic(config["precision"], config.get("channels_last", False))
    trainer.decided = trainer.decided or state.get("decided", True)
    saved, history = state["history"], trainer.history
    history.steps = saved["steps"].tolist()
    history.values = {name: column.tolist() for name, column in saved["values"].items()}
    history.seconds = saved["seconds"]
    history.samples, history.sample_steps = saved["samples"], saved["sample_steps"]
    history.trial = saved.get("trial", {})


# -- which run is it ------------------------------------------------------------------------


def describe_run(trainer) -> dict:
    """Whatever must be the same for a checkpoint to be continued."""
    return {
        "seed": trainer.seed,
        "batch_size": trainer.feed.batch_size,
        "precision": trainer.arithmetic.precision,
        "channels_last": trainer.arithmetic.channels_last,
        "data": trainer.feed.fingerprint(),
        "augment": trainer.augment is not None,
        "ema": trainer.decay,
        "networks": {
            name: {key: _kind(value) for key, value in network.state_dict().items()}
            for name, network in trainer.networks.items()
        },
        "players": {
            player.name: {
                "place": place + 1,
                "networks": list(player.networks),
                "steps": player.steps,
                "optimizer": trainer.settings[player.name],
            }
            for place, player in enumerate(trainer.players)
        },
    }


def optimizer_settings(optimizer) -> dict:
    """An optimiser's class and hyperparameters, as they were before the first step."""
    groups = [
        {key: repr(value) for key, value in group.items() if key != "params"}
        for group in optimizer.param_groups
    ]
    return {"class": type(optimizer).__name__, "groups": groups}


def refuse_other_run(trainer, saved: dict) -> None:
    """Raise where a checkpoint's description is not this trainer's."""
    now, then = dict(_flat(describe_run(trainer))), dict(_flat(saved))
    decided = {"channels_last"} | ({"precision"} if trainer.wanted_precision == "auto" else set())
    for key in decided:  # by the checkpoint
        now[key] = then.get(key)
    differences = [
        f"{key}: {then.get(key, 'nothing')} in the checkpoint, {now.get(key, 'nothing')} here"
        for key in dict.fromkeys([*now, *then])
        if now.get(key) != then.get(key)
    ]
    if differences:
        shown = "; ".join(differences[:6])
        more = f"; and {len(differences) - 6} more" if len(differences) > 6 else ""
        raise ParameterError(
            f"out: {trainer.out} holds a checkpoint of another run ({shown}{more}). "
            "Choose another folder, or delete this one to start again from step 0."
        )


def _kind(value) -> str:
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    return type(value).__name__


def _flat(tree, path: str = ""):
    """(path, leaf) pairs of nested dicts and lists."""
    if isinstance(tree, dict | list) and tree:
        items = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, value in items:
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, tree
