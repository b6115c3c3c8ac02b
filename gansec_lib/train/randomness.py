"""torch's global random numbers during a run: dropout, or a loss that calls torch.randn."""

from __future__ import annotations

import contextlib

import torch

from gansec_lib.train.inputs import derived_seed


@contextlib.contextmanager
def own_random_numbers(trainer):
    """Run with the trainer's global random state; hand the caller's back afterwards."""
    theirs = global_random()
    if trainer.random is None:
        torch.manual_seed(derived_seed(trainer.seed, "global", trainer.rank))
    else:
        set_global_random(trainer.random)
    try:
        yield
    finally:
        trainer.random = global_random()
        set_global_random(theirs)


def random_states(trainer) -> list[dict]:
    """The global random states of all processes, in the order of their ranks."""
    mine = global_random()
    if trainer.processes == 1:
        return [mine]
    gathered = {
        kind: trainer.accelerator.gather(state.to(trainer.device)[None]).cpu()
        for kind, state in mine.items()
    }
    return [{kind: rows[r] for kind, rows in gathered.items()} for r in range(trainer.processes)]


def global_random() -> dict[str, torch.Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def set_global_random(state: dict[str, torch.Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
