"""Everything a run must remember to go on bit for bit, and how to tell two runs apart."""

from __future__ import annotations

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.files import reading
from gansec_lib.train.checkpoints import CURE
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
    IntegrityError
        Where it is no state of a run at all, although its hashes are right.
    """
    with reading(trainer.out, CURE):
        refuse_other_run(trainer, state["config"])
        if state["config"]["precision"] not in ("fp32", "bf16"):
            raise ValueError(f"precision {state['config']['precision']!r}")
        for name, optimizer in trainer.optimizers.items():
            _restore_optimizer(optimizer, state["optimizers"][name])  # moves weights: comes first
        for name, network in trainer.networks.items():
            network.load_state_dict(state["networks"][name])
        for name, network in trainer.ema.items():
            network.load_state_dict(state["ema"][name])
        if trainer.rank < len(state["random"]):
            random = state["random"][trainer.rank]
            torch.Generator().set_state(random["cpu"])  # refuses what is no generator's state
            trainer.random = random
        saved, history = state["history"], trainer.history
        history.steps = saved["steps"].long().tolist()
        columns = saved["values"].items()
        history.values = {name: column.double().tolist() for name, column in columns}
        if any(len(column) != len(history.steps) for column in history.values.values()):
            raise ValueError("a history whose columns differ in length")
        history.seconds = float(saved["seconds"])
        history.samples = [images.byte() for images in saved["samples"]]
        history.sample_steps = [int(step) for step in saved["sample_steps"]]
        history.trial = {str(name): float(time) for name, time in saved.get("trial", {}).items()}
        config = state["config"]
        order = bool(config.get("channels_last", False))
        trainer.arithmetic = Arithmetic(config["precision"], order)
        trainer.decided = trainer.decided or bool(state.get("decided", True))
        trainer.step = int(state["step"])


def _restore_optimizer(optimizer, saved: dict) -> None:
    """Load an optimiser's state, and refuse one that its next step could not use.

    torch takes any state, and the step after it fails or computes nonsense. A step with gradients
    of zero shows which entries this optimiser keeps; the weights it moves are loaded afterwards.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    settings = [_form(group) for group in optimizer.param_groups]
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter)
    try:
        optimizer.step()
    except TypeError:  # LBFGS asks for a closure: its state is taken as it is
        parameters = []
    optimizer.zero_grad(set_to_none=True)
    wanted = [_form(optimizer.state[parameter]) for parameter in parameters]
    optimizer.load_state_dict(saved)
    found = [_form(optimizer.state.get(parameter, {})) for parameter in parameters]
    strangers = any(not isinstance(key, torch.Tensor) for key in optimizer.state)
    if strangers or any(e and e != form for e, form in zip(found, wanted, strict=True)):
        raise ValueError("an optimiser's state of another form")
    if [_form(group) for group in optimizer.param_groups] != settings:
        raise ValueError("an optimiser's settings of another form")


def _form(value):
    """Names, types and shapes without the values."""
    if isinstance(value, dict):
        return {key: _form(item) for key, item in value.items() if key != "params"}
    if isinstance(value, list | tuple):
        return [_form(item) for item in value]
    if isinstance(value, torch.Tensor):
        return tuple(value.shape), value.is_floating_point()
    if isinstance(value, bool):  # a switch, such as amsgrad, is part of the form
        return value
    return "number" if isinstance(value, int | float) else type(value).__name__


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
