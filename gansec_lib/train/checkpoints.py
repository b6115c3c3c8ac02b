"""Checkpoints that are whole or absent: safetensors and JSON, no pickle.

A folder of checkpoints looks like this::

    run/
      latest.json          the pointer: newest generation, the one before, their hashes
      step-00000200/       state.json (structure, numbers) and state.safetensors (tensors)
      step-00000300/

A generation is written beside the others under a temporary name, flushed to disk, renamed, and
only then does the pointer move, in one atomic replace. Whenever the process dies, the pointer
names a whole generation. The hashes chain: pointer → state.json → state.safetensors.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from pathlib import Path

import torch

from gansec_lib.errors import IntegrityError, ParameterError

POINTER = "latest.json"
KEEP = 2


@contextlib.contextmanager
def lock(folder: Path):
    """Hold the folder while training into it; a process that dies lets go of it.

    Raises
    ------
    ParameterError
        Where another process trains into the same folder.
    """
    from filelock import FileLock, Timeout

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise ParameterError(
            f"out: {folder} is in use by another run; wait, stop it, or choose another folder"
        ) from error


def save(folder: Path, step: int, state: dict) -> Path:
    """Write one generation and move the pointer to it; returns the generation's folder.

    ``state`` is any nesting of dicts, lists and tuples over tensors, numbers, strings, bools
    and None: a network's or an optimiser's ``state_dict()`` as it comes.
    """
    from safetensors.torch import save_file

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    known = _generations(folder) if (folder / POINTER).exists() else []
    final, again = folder / f"step-{step:08d}", 1
    while final.exists():  # never touch what the pointer may name: take another name
        final, again = folder / f"step-{step:08d}-{again}", again + 1

    tensors: dict[str, torch.Tensor] = {}
    tree = _encode(state, "", tensors)
    writing = folder / f".writing-{os.getpid()}"
    shutil.rmtree(writing, ignore_errors=True)
    writing.mkdir()
    save_file(tensors, writing / "state.safetensors")
    digest = _sha256(writing / "state.safetensors")
    text = json.dumps({"step": step, "sha256": digest, "state": tree})
    (writing / "state.json").write_text(text, encoding="utf-8")
    for path in (writing / "state.safetensors", writing / "state.json", writing):
        _flush(path)
    os.replace(writing, final)
    _flush(folder)

    entry = {"folder": final.name, "step": step, "sha256": _sha256(final / "state.json")}
    known = [entry, *known][:KEEP]
    pointer = folder / f".{POINTER}-{os.getpid()}"
    pointer.write_text(json.dumps({"generations": known}, indent=1), encoding="utf-8")
    _flush(pointer)
    os.replace(pointer, folder / POINTER)
    _flush(folder)
    _sweep(folder, {entry["folder"] for entry in known})
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
        f"{folder}: no checkpoint is whole: " + "; ".join(problems) + ". "
        "Delete the folder to start again from step 0."
    )


def _read(generation: Path, expected: str) -> dict:
    from safetensors.torch import load_file

    try:
        if _sha256(generation / "state.json") != expected:
            raise IntegrityError(f"{generation / 'state.json'} was changed or cut (sha256)")
        meta = json.loads((generation / "state.json").read_text(encoding="utf-8"))
        if _sha256(generation / "state.safetensors") != meta["sha256"]:
            raise IntegrityError(f"{generation / 'state.safetensors'} was changed or cut (sha256)")
        return _decode(meta["state"], load_file(generation / "state.safetensors"))
    except OSError as error:
        raise IntegrityError(f"{generation} cannot be read ({error})") from error


def _generations(folder: Path) -> list[dict]:
    """What the pointer names, newest first."""
    path = folder / POINTER
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["generations"]
        entries = [{key: entry[key] for key in ("folder", "step", "sha256")} for entry in entries]
        if not entries or any(Path(entry["folder"]).name != entry["folder"] for entry in entries):
            raise ValueError("expected the names of folders beside it")
        return entries
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{path} is not a checkpoint pointer ({error}); delete the folder to start again"
        ) from error


def _sweep(folder: Path, keep: set[str]) -> None:
    """Remove older generations and what dead processes left half-written."""
    for path in folder.iterdir():
        old = path.name.startswith("step-") and path.name not in keep
        if path.is_dir() and (old or path.name.startswith(".writing-")):
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith(f".{POINTER}-"):
            path.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Ask the disk to keep it. Folders cannot be opened for this on Windows."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _encode(value, path: str, tensors: dict[str, torch.Tensor]):
    """Any nesting of containers as JSON, with its tensors laid aside under their path."""
    if isinstance(value, torch.Tensor):
        name = path or "value"
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
