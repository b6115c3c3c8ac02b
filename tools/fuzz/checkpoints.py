"""Checkpoints: damaged by a disk, or changed by someone who repaired the hashes afterwards.

A run goes on from the damaged folder. Where the hashes were left alone the damage must be seen,
and what comes out must be the unbroken run. Where they were repaired the checkpoint may open,
or be refused as ``IntegrityError`` or as another run's (``ParameterError``).
"""

from __future__ import annotations

import json
import random
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import nn

from gansec_lib.errors import IntegrityError, TrainingError
from gansec_lib.files import sha256
from gansec_lib.train import Player, Trainer
from tools.fuzz.damage import damaged

COUNT = 3_000
SECONDS = 20.0
STEPS = 3
VALUES = (None, True, -1, 0, 3, 2**70, 1e400, -0.5, "", "tensor", [], {}, [[]], {"dict": 3})


def prepare(folder: Path) -> Callable[[random.Random], bool]:
    """Train for two steps, then damage the checkpoints and train for one more."""
    _trainer(folder / "good", every=1).fit(STEPS - 1)
    expected = _trainer(None).fit(STEPS).values
    run = folder / "run"

    def attempt(rng: random.Random) -> bool:
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(folder / "good", run)
        repaired = rng.random() < 0.7
        rng.choice((_bytes, _tree, _tensors) if repaired else (_bytes,))(run, rng, repaired)
        trainer = _trainer(run)
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            try:
                values = trainer.fit(STEPS).values
            except TrainingError as error:  # weights of NaN or infinity, found by the loop
                raise IntegrityError(str(error)) from None
        if not repaired:
            assert values == expected, "a damaged checkpoint was used"
        return True

    return attempt


def _trainer(out: Path | None, every: int = 100) -> Trainer:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    return Trainer(
        {"net": made},
        [Player("p", ["net"], _loss, lambda p: torch.optim.Adam(p, lr=0.01))],
        torch.linspace(-1, 1, 24).view(12, 2),
        4,
        out=out,
        ema={"net": 0.9},
        checkpoint_every=every,
        sample=lambda networks: torch.zeros(1, 1, 8, 8, dtype=torch.uint8),
        sample_every=1,
        device="cpu",
        precision="fp32",
        show="none",
    )


def _loss(ctx) -> torch.Tensor:
    return (ctx.networks["net"](ctx.real) - 1).square().mean()


def _bytes(run: Path, rng: random.Random, repaired: bool) -> None:
    """Any file, anywhere."""
    path = rng.choice(sorted(path for path in run.rglob("*.*") if path.name != ".lock"))
    path.write_bytes(damaged(path.read_bytes(), rng))
    if repaired and path.parent != run:
        _repair(path.parent)


def _tree(run: Path, rng: random.Random, repaired: bool) -> None:
    """One node of state.json becomes something else, or vanishes."""
    path = _newest(run) / "state.json"
    meta = json.loads(path.read_text())
    nodes = list(_nodes(meta))
    for _ in range(rng.randint(1, 3)):
        holder, key = rng.choice(nodes)
        if rng.random() < 0.3 and isinstance(holder, dict):
            holder.pop(key, None)
        elif isinstance(holder, dict) or key < len(holder):
            holder[key] = rng.choice((*VALUES, meta["state"]))
    try:
        text = json.dumps(meta)
    except (ValueError, RecursionError):  # it now holds itself
        text = "[" * 20_000
    path.write_text(text)
    _repair(path.parent)


def _nodes(tree):
    """Every place of a tree: (dict or list, key or index)."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from _nodes(tree[key])


def _tensors(run: Path, rng: random.Random, repaired: bool) -> None:
    """One tensor gets another shape, type or value, or vanishes."""
    path = _newest(run) / "state.safetensors"
    tensors = load(path.read_bytes())
    name = rng.choice(sorted(tensors))
    value = tensors[name]
    kind = rng.randrange(6)
    if kind == 0:
        del tensors[name]
    elif kind == 1:
        tensors[name] = value.flatten()[: rng.randrange(value.numel() + 1)].clone()
    elif kind == 2:
        kinds = (torch.float64, torch.int8, torch.bool, torch.float16, torch.complex64)
        tensors[name] = value.to(rng.choice(kinds))
    elif kind == 3:
        tensors[name] = torch.full_like(value, rng.choice((0, 1, 255 if value.numel() else 0)))
    elif kind == 4 and value.is_floating_point():
        tensors[name] = torch.full_like(value, rng.choice((float("nan"), float("inf"))))
    else:
        tensors[name] = torch.zeros(3, *value.shape, dtype=value.dtype)
    path.write_bytes(save(tensors))
    _repair(path.parent)


def _newest(run: Path) -> Path:
    return max(path for path in run.iterdir() if path.name.startswith("step-"))


def _repair(generation: Path) -> None:
    """Make the chain of hashes right again, as far as it can still be read."""
    try:
        meta = json.loads((generation / "state.json").read_text())
        meta["sha256"] = sha256(generation / "state.safetensors")
        (generation / "state.json").write_text(json.dumps(meta))
    except (ValueError, TypeError, RecursionError, OSError):
        pass
    pointer = generation.parent / "latest.json"
    entries = json.loads(pointer.read_text())
    for entry in entries["generations"]:
        if entry["folder"] == generation.name:
            entry["sha256"] = sha256(generation / "state.json")
    pointer.write_text(json.dumps(entries))
