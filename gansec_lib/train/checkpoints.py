"""Checkpoints that are whole or absent: safetensors and JSON, no pickle.

A folder of checkpoints looks like this::

    run/
      latest.json          the pointer: newest generation, the one before, their hashes
      step-00000200/       state.json (structure, numbers) and state.safetensors (tensors)
      step-00000300/

A generation is written beside the others under a temporary name, flushed to disk, renamed, and
only then does the pointer move, in one atomic replace. Whenever the process dies or the disk is
full, the pointer names a whole generation. The hashes chain: pointer → state.json →
state.safetensors.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from gansec_lib import files
from gansec_lib.errors import IntegrityError, ParameterError

POINTER = "latest.json"
KEEP = 2
CURE = "delete this folder of checkpoints to start again from step 0"


@contextlib.contextmanager
def lock(folder: Path):
    """Hold the folder while training into it; a process that dies lets go of it.

    Raises
    ------
    ParameterError
        Where another process trains into the same folder.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(files.lock(Path(folder) / ".lock", seconds=0))
        except TimeoutError as error:
            raise ParameterError(
                f"out: {folder} is in use by another run; wait, stop it, or choose another folder"
            ) from error
        yield


def save(folder: Path, step: int, state: dict) -> Path:
    """Write one generation and move the pointer to it; returns the generation's folder.

    Whoever calls it holds the folder's lock.

    Parameters
    ----------
    folder : path
    step : int
    state : dict
        Any nesting of dicts, lists and tuples over tensors, numbers, strings, bools and None: a
        network's or an optimiser's ``state_dict()`` as it comes.

    Raises
    ------
    WriteError
        The disk is full or failing. The generations before are still there.
    """
    folder = Path(folder)
    known = _generations(folder) if (folder / POINTER).exists() else []
    tensors: dict[str, torch.Tensor] = {}
    tree = _encode(state, "", tensors)
    _sweep(folder, known)  # first of all: what a dead process left may be what fills the disk
    final, again = folder / f"step-{step:08d}", 1
    while final.exists():  # never touch what the pointer may name: take another name
        final, again = folder / f"step-{step:08d}-{again}", again + 1
    with files.replacing(final) as writing:
        writing.mkdir()
        try:
            save_file(tensors, writing / "state.safetensors")
        except SafetensorError as problem:  # its word for a full disk
            raise files.write_error(final, problem) from problem
        digest = files.sha256(writing / "state.safetensors")
        text = json.dumps({"step": step, "sha256": digest, "state": tree})
        (writing / "state.json").write_text(text, encoding="utf-8")
        for name in ("state.safetensors", "state.json"):
            files.flush(writing / name)

    entry = {"folder": final.name, "step": step, "sha256": files.sha256(final / "state.json")}
    known = [entry, *known][:KEEP]
    files.atomic_write(folder / POINTER, json.dumps({"generations": known}, indent=1))
    _sweep(folder, known)
    return final


def load(folder: Path) -> tuple[dict, list[str]] | None:
    """The newest whole state and a list of what was wrong with newer ones; None where none is.

    Raises
    ------
    IntegrityError
        Where checkpoints exist and none of them is whole.
    """
    folder = Path(folder)
    if not (folder / POINTER).exists():
        return None
    problems = []
    for entry in _generations(folder):
        try:
            return _read(folder / entry["folder"], entry["sha256"]), problems
        except IntegrityError as error:
            problems.append(str(error))
    raise IntegrityError(
        f"{folder}: no checkpoint is whole: " + "; ".join(problems) + f". To go on, {CURE}."
    )


def _read(generation: Path, expected: str) -> dict:
    with files.reading(generation):
        if files.sha256(generation / "state.json") != expected:
            raise IntegrityError(f"{generation / 'state.json'} was changed or cut (sha256)")
        meta = json.loads((generation / "state.json").read_text(encoding="utf-8"))
        if files.sha256(generation / "state.safetensors") != meta["sha256"]:
            raise IntegrityError(f"{generation / 'state.safetensors'} was changed or cut (sha256)")
        state = _decode(meta["state"], load_file(generation / "state.safetensors"))
        if not isinstance(state, dict):
            raise TypeError(f"expected a dict, got {type(state).__name__}")
        return state


def _generations(folder: Path) -> list[dict]:
    """What the pointer names, newest first."""
    path = folder / POINTER
    with files.reading(path, CURE):
        entries = json.loads(path.read_text(encoding="utf-8"))["generations"]
        entries = [{key: entry[key] for key in ("folder", "step", "sha256")} for entry in entries]
        names = [Path(entry["folder"]) for entry in entries]
        if not names or any(n.parts != (n.name,) or n.name[:5] != "step-" for n in names):
            raise ValueError("not a checkpoint pointer: expected names of folders beside it")
        return entries


def _sweep(folder: Path, known: list[dict]) -> None:
    """Remove older generations and what dead processes left half-written."""
    keep = {entry["folder"] for entry in known}
    for path in folder.iterdir() if folder.exists() else ():
        half = path.name.startswith((".step-", f".{POINTER}")) and path.name.endswith(".part")
        of_old = path.name.startswith((".writing-", f".{POINTER}-"))  # earlier releases' names
        if half or of_old or (path.name.startswith("step-") and path.name not in keep):
            files.remove(path)


def _encode(value, path: str, tensors: dict[str, torch.Tensor]):
    """Any nesting of containers as JSON, with its tensors laid aside under their path."""
    if isinstance(value, torch.Tensor):
        name = path or "value"
        while name in tensors:  # "a/b" and b in a, or "1" and 1, have one path
            name += "'"
        # A copy of its own: safetensors refuses tensors that share memory (tied weights).
        tensors[name] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": name}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        pairs = [[key, _encode(item, f"{path}/{key}", tensors)] for key, item in value.items()]
        if any(not isinstance(key, str | int) for key, _ in pairs):
            raise ParameterError(f"{path}: expected string or integer keys, got {list(value)}")
        return {"dict": pairs}
    if isinstance(value, list | tuple):
        items = [_encode(item, f"{path}/{index}", tensors) for index, item in enumerate(value)]
        return {"tuple" if isinstance(value, tuple) else "list": items}
    raise ParameterError(
        f"{path}: a {type(value).__name__} cannot be stored in a checkpoint; expected tensors, "
        "numbers, strings, or lists and dicts of them"
    )


def _decode(tree, tensors: dict[str, torch.Tensor]):
    if not isinstance(tree, dict):
        return tree
    ((kind, value),) = tree.items()
    if kind == "tensor":
        return tensors[value]
    if kind == "dict":
        return {key: _decode(item, tensors) for key, item in value}
    items = [_decode(item, tensors) for item in value]
    return tuple(items) if kind == "tuple" else items
