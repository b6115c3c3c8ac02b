"""``System``: what every system has whatever its role, its options, and how it is kept in files.

Options are the fields of a dataclass, checked by type when a system is built. A saved system is a
JSON file with its name and options, and, where it has weights of its own, a ``.safetensors`` file
beside it whose SHA-256 stands in the JSON.
"""

from __future__ import annotations

import inspect
import json
import math
import re
import sys
from abc import ABC
from contextlib import nullcontext
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import ClassVar

import numpy as np
import safetensors.torch
import torch

from gansec_lib import files
from gansec_lib.errors import DataMissingError, IntegrityError, ParameterError, shown

LARGEST = {int: 2**63 - 1, float: sys.float_info.max}  # what a tensor, or a float, holds
LARGEST_RECORD = 1_000_000  # bytes of a saved system's JSON; a real one has some hundred


def one_of(default, *others):
    """An option that takes one of these values; the first is its default.

    >>> @dataclass(repr=False)
    ... class Sketch(System):
    ...     extraction: str = one_of("modular", "raw")
    >>> Sketch("raw")
    Sketch(extraction='raw')
    """
    return field(default=default, metadata={"one_of": (default, *others)})


def between(default, low, high=math.inf):
    """An option that takes numbers of the default's type from ``low`` to ``high``, both included.

    >>> @dataclass(repr=False)
    ... class Sketch(System):
    ...     rounds: int = between(4, 1, 16)
    >>> Sketch(rounds=17)
    Traceback (most recent call last):
    gansec_lib.errors.ParameterError: rounds: expected a whole number from 1 to 16, got 17
    """
    return field(default=default, metadata={"between": (low, high)})


@dataclass(eq=False, repr=False)
class System(ABC):  # noqa: B024  (its roles hold the abstract methods)
    """What every system has, whatever its role.

    A system's options are the fields of a dataclass. A default of True or False takes a bool, a
    whole number takes whole numbers from 0, a float takes finite numbers, ``one_of`` and
    ``between`` say more. NumPy's scalars become Python's; nothing else is converted, so that
    ``"no"`` never means True.

    Class attributes
    ----------------
    key_name : str
        What ``systems.get`` finds it by.
    title : str
        One line for a table.
    paper : str
        Bibliography key and row, or the standard.
    published : dict of str to dict
        The paper's own values: ``{"npcr": {"value": 99.6, "conditions": "…", "source": "…"}}``.
    learns : bool
        Whether ``train`` changes anything.
    limits : tuple of str
        What it does not protect, one sentence each.
    standard : bool
        A method the world relies on, or (False) one for study only.
    own_weights : bool
        Whether the weights of its networks have to be saved. False where its options say which
        ones they are: shipped weights, or those of an untrained twin.
    """

    key_name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    paper: ClassVar[str] = ""
    published: ClassVar[dict[str, dict]] = {}
    learns: ClassVar[bool] = False
    limits: ClassVar[tuple[str, ...]] = ()
    standard: ClassVar[bool] = False
    version: ClassVar[int] = 1
    role: ClassVar[str] = ""
    own_weights: ClassVar[bool] = True

    def __post_init__(self):
        for option in fields(self):
            setattr(self, option.name, _checked(option, getattr(self, option.name)))

    @classmethod
    def from_options(cls, options: dict) -> System:
        """A system with these options; ``cls(**options)`` with an error that names what is wrong.

        Raises
        ------
        ParameterError
            An option that it does not have, or a value of the wrong type or range.
        """
        takes = inspect.signature(cls)
        try:
            takes.bind(**options)
        except TypeError as problem:
            names = ", ".join(takes.parameters) or "none"
            raise ParameterError(
                f"options: {cls.key_name} cannot be built with {shown(options)}: {problem}; "
                f"its options: {names}"
            ) from None
        return cls(**options)

    def options(self) -> dict:
        """The constructor's arguments, as JSON can hold them."""
        return {option.name: getattr(self, option.name) for option in fields(self)}

    def networks(self) -> dict[str, torch.nn.Module]:
        """The networks it computes with, by name; empty where it has none."""
        return {}

    def train(self, images=None, profile: str = "laptop") -> System:
        """Learn from pictures, uint8 (N, C, H, W), or from bundled ones where left out.

        Raises
        ------
        ParameterError
            Pictures for a system whose ``learns`` is False: its steps are fixed.
        """
        if images is not None:
            raise ParameterError(
                f"images: expected None, because every step of {self.key_name} is fixed and it "
                f"has nothing to learn, got {type(images).__name__}"
            )
        return self

    def save(self, path: str | Path) -> Path:
        """Write name, version and options as JSON, and its own weights in a file beside it.

        The weights' file is named after its content (``NAME-0123456789abcdef.safetensors``), so
        the former pair of files stays whole until the JSON takes the new one's place. The former
        weights are then removed, unless another saved system in the folder names them. A lock file
        lets one process at a time save into a folder.

        Raises
        ------
        ParameterError
            A path that no file can have, or a weight is NaN or infinite: training has diverged.
        WriteError
            The disk is full or failing; what was saved there before is still there.
        """
        path = files.as_path(path)
        record = {"system": self.key_name, "version": self.version, "options": self.options()}
        networks = self.networks() if self.own_weights else {}
        content = _packed(networks) if networks else b""
        with files.lock(path.parent / ".lock") if networks or path.exists() else nullcontext():
            if networks:
                digest = files.sha256(content)
                stem = path.name.removesuffix(".json").replace("\\", "_")
                name = f"{stem}-{digest[:16]}.safetensors"
                record["weights"] = {"file": name, "sha256": digest}
                files.atomic_write(path.with_name(name), content)
            former = _weights_beside(path)
            files.atomic_write(path, json.dumps(record, indent=1, sort_keys=True) + "\n")
            if former is not None and not _is_named(former):
                files.remove(former)
        return path

    @classmethod
    def load(cls, path: str | Path) -> System:
        """Read what ``save`` wrote.

        Raises
        ------
        DataMissingError
            There is no such file.
        IntegrityError
            The file is no such record, or of another system or version, holds options that the
            system does not take, or its weights are missing, changed, or of other networks.
        """
        path = files.as_path(path)
        record = read_record(path)
        try:
            return _loaded(cls, path, record)
        except IntegrityError:
            if read_record(path) == record:
                raise
            return cls.load(path)  # somebody saved there between its two files

    def __repr__(self) -> str:
        inner = ", ".join(f"{key}={value!r}" for key, value in self.options().items())
        return f"{type(self).__name__}({inner})"


def _loaded(cls: type, path: Path, record: dict) -> System:
    """The system of a record, and of the weights that it names."""
    if (record["system"], record["version"]) != (cls.key_name, cls.version):
        raise IntegrityError(
            f"{path}: expected {cls.key_name} version {cls.version}, "
            f"got {record['system']} version {record['version']}"
        )
    try:
        system = cls.from_options(record["options"])
    except ParameterError as problem:
        raise IntegrityError(f"{path}: {problem}") from None
    if record["weights"]:
        system.own_weights = True
    if system.own_weights and (networks := system.networks()):
        if not record["weights"]:
            raise IntegrityError(f"{path}: names no weights, and {cls.key_name} needs them")
        _fill(networks, path.with_name(record["weights"]["file"]), record["weights"]["sha256"])
    elif record["weights"]:
        raise IntegrityError(f"{path}: names weights, and {cls.key_name} has no networks")
    return system


def read_record(path: str | Path) -> dict:
    """What a saved system's JSON says: ``system``, ``version``, ``options`` and ``weights``.

    ``weights`` is None, or a dict of ``file`` (a name in the same folder) and ``sha256``.

    Raises
    ------
    DataMissingError
    IntegrityError
    """
    path = files.as_path(path)
    if not path.exists():
        raise DataMissingError(f"{path}: no such file; System.save writes one")
    with files.reading(path, "it is no system that System.save wrote"):
        if path.stat().st_size > LARGEST_RECORD:
            raise ValueError(f"{path.stat().st_size:,} bytes")
        record = json.loads(path.read_text(encoding="utf-8"))
        found = {key: record[key] for key in ("system", "version", "options")}
        found["weights"] = record.get("weights")
        kinds = {"system": str, "version": int, "options": dict}
        wrong = [key for key, kind in kinds.items() if type(found[key]) is not kind]
        if found["weights"] is not None and not _is_beside(found["weights"]):
            wrong.append("weights")
        if wrong:
            raise ValueError(f"{wrong[0]} is {found[wrong[0]]!r}")
    return found


def _is_beside(weights) -> bool:
    """Whether this is a name and a digest as ``save`` writes them: never another folder's file."""
    return (
        isinstance(weights, dict)
        and all(isinstance(weights.get(key), str) for key in ("file", "sha256"))
        and Path(weights["file"]).name == weights["file"]
        and re.fullmatch(r"[^/\\\0]*-[0-9a-f]{16}\.safetensors", weights["file"]) is not None
    )


def _weights_beside(path: Path) -> Path | None:
    """The weights' file of the system that is saved at ``path`` now, if there is one."""
    try:
        weights = read_record(path)["weights"]
    except (DataMissingError, IntegrityError):
        return None
    return path.with_name(weights["file"]) if weights else None


def _is_named(weights: Path) -> bool:
    """Whether a saved system in the folder names this file."""
    beside = (file for file in weights.parent.iterdir() if file != weights and file.is_file())
    return any(_weights_beside(file) == weights for file in beside)


def _packed(networks: dict[str, torch.nn.Module]) -> bytes:
    """All weights of all networks as one safetensors file, under ``network/tensor``."""
    tensors = {}
    for name, network in networks.items():
        for key, tensor in network.state_dict().items():
            if not torch.isfinite(tensor).all():
                raise ParameterError(
                    f"networks: {name} {key} holds NaN or infinity; training has diverged"
                )
            tensors[f"{name}/{key}"] = tensor.detach().cpu().clone().contiguous()
    return safetensors.torch.save(tensors)


def _fill(networks: dict[str, torch.nn.Module], path: Path, digest: str) -> None:
    """Put the weights of a file into networks, if they are exactly these networks' weights."""
    wanted = {
        f"{name}/{key}": tensor
        for name, network in networks.items()
        for key, tensor in network.state_dict().items()
    }
    with files.reading(path, "a saved system's weights belong beside its JSON, under this name"):
        if path.stat().st_size > sum(t.nbytes for t in wanted.values()) + LARGEST_RECORD:
            raise IntegrityError(f"{path}: larger than the weights of {', '.join(networks)}")
        content = path.read_bytes()
        if files.sha256(content) != digest:
            raise IntegrityError(f"{path}: changed or cut; its sha256 is not the one in the JSON")
        found = safetensors.torch.load(content)
    for key in dict.fromkeys([*wanted, *found]):
        kinds = [
            f"{str(tensors[key].dtype).removeprefix('torch.')} {tuple(tensors[key].shape)}"
            if key in tensors
            else "nothing"
            for tensors in (wanted, found)
        ]
        if kinds[0] != kinds[1]:
            raise IntegrityError(f"{path}: {key}: expected {kinds[0]}, got {kinds[1]}")
        if not torch.isfinite(found[key]).all():
            raise IntegrityError(f"{path}: {key}: holds NaN or infinity")
    for name, network in networks.items():
        head = f"{name}/"
        mine = {key.removeprefix(head): t for key, t in found.items() if key.startswith(head)}
        network.load_state_dict(mine)
        network.eval()


def _checked(option: Field, value):
    """The value in Python's own type, if it is one that the option takes."""
    if isinstance(value, np.generic):
        value = value.item()
    default, kind = option.default, type(option.default)
    if "one_of" in option.metadata:
        allowed = option.metadata["one_of"]
        good = any(type(value) is type(one) and value == one for one in allowed)
        wanted = f"one of {allowed}"
    elif kind is bool:
        good, wanted = isinstance(value, bool), "a bool, true or false"
    elif kind in (int, float):
        low, high = option.metadata.get("between", (0 if kind is int else -math.inf, math.inf))
        number = type(value) is int or (kind is float and type(value) is float)
        most = LARGEST[kind]
        good = number and max(low, -most) <= value <= min(high, most)
        wanted = "a whole number" if kind is int else "a number"
        wanted += f" from {low} to {high}" if high < math.inf else f" from {low} to {most}"
    elif kind is str:
        good, wanted = isinstance(value, str), "text"
    else:  # a default of another kind, or none at all: the system looks at it itself
        return value
    if not good:
        raise ParameterError(f"{option.name}: expected {wanted}, got {shown(value)}")
    return value if default is MISSING or kind is not float else float(value)
