"""Trained weights that travel with the course: saved small, checked by sha256, never pickled.

``data/MANIFEST.json`` lists every file under ``data/`` with its sha256, licence, shape, how it was
made and what it reached. ``load`` reads a file once, hashes those very bytes and only then uses
them, so a changed or cut file raises instead of drawing slightly wrong pictures.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansec_lib.errors import DataMissingError, IntegrityError, ParameterError
from gansec_lib.files import atomic_write, data_dir, flush, lock, reading, replacing, sha256

if TYPE_CHECKING:
    import torch

FILE_LIMIT = 4_000_000  # bytes a weight file may have
TOTAL_LIMIT = 40_000_000  # bytes all weight files may have together
SCALE = "::scale"  # suffix of the tensor that holds an int8 tensor's scales
DTYPES = ("float32", "float16", "int8")


def manifest() -> dict[str, dict[str, Any]]:
    """Everything ``MANIFEST.json`` says: path inside the data folder → entry. Empty if no file."""
    path = data_dir() / "MANIFEST.json"
    if not path.exists():
        return {}
    with reading(path, "restore it with git checkout"):
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        if any(len(facts["sha256"]) != 64 for facts in files.values()):
            raise ValueError("an entry without its sha256")
        return files


def exists(name: str) -> bool:
    """Whether weights called ``name`` are listed and their file is here (not yet hashed)."""
    return _key(name) in manifest() and (data_dir() / _key(name)).exists()


def entry(name: str) -> dict[str, Any]:
    """The manifest's entry of the weights called ``name``: sha256, metrics, made_by …

    Raises
    ------
    DataMissingError
        No such weights; the message says which command makes them.
    """
    try:
        return manifest()[_key(name)]
    except KeyError:
        raise _missing(name, "they are not in data/MANIFEST.json") from None


def load(name: str, network: torch.nn.Module) -> torch.nn.Module:
    """Fill ``network`` with the shipped weights ``name`` and return it in evaluation mode.

    int8 tensors are multiplied by their per-output-channel scales; everything is cast to the
    dtype and device the network already has.

    Raises
    ------
    DataMissingError
        No such weights; the message says which command makes them.
    IntegrityError
        The manifest is damaged, or the file is not the one it lists, or holds no weights.
    ParameterError
        The weights belong to a network of another shape.
    """
    from safetensors.torch import load as parse

    facts, path = entry(name), data_dir() / _key(name)
    if not path.exists():
        raise _missing(name, f"{path.name} is not in data/weights")
    with reading(path, f"make it again: python tools/make_weights.py {name}"):
        content = path.read_bytes()
        found = sha256(content)
        if found != facts["sha256"]:
            raise IntegrityError(
                f"weights {name!r}: sha256 of {path.name} is {found[:12]}…, the manifest says "
                f"{facts['sha256'][:12]}…; the file was changed or cut (git checkout restores it)"
            )
        stored = parse(content)
        state = {
            key: tensor.float() * stored[key + SCALE] if key + SCALE in stored else tensor
            for key, tensor in stored.items()
            if not key.endswith(SCALE)
        }
    _match(name, state, network)
    network.load_state_dict(state)
    return network.eval()


def save(
    name: str,
    network: torch.nn.Module,
    dtype: str = "float32",
    made_by: str = "",
    metrics: dict[str, Any] | None = None,
    licence: str = "MIT",
) -> Path:
    """Write ``data/weights/NAME.safetensors`` and its manifest entry, both atomically.

    Parameters
    ----------
    name : str
        Letters, digits, ``_`` and ``-``.
    network : nn.Module
        Its ``state_dict`` is stored; every weight must be finite.
    dtype : {"float32", "float16", "int8"}
        int8 stores each weight tensor of two or more dimensions as round(w / s), with one scale
        s = max|w| / 127 for each output channel; vectors (biases, norms) stay float32.
    made_by : str
        The command and data that made it: what someone types to make it again.
    metrics : dict
        What was measured: steps, seconds, quality.

    Raises
    ------
    ParameterError
        Bad name or dtype, a weight that is not finite, a file above 4 MB or a total above 40 MB.
    WriteError
        The disk is full or failing; the former file and manifest are unchanged.
    """
    from safetensors.torch import save as serialise

    if not name or not name.replace("_", "").replace("-", "").isalnum():
        raise ParameterError(f"name: expected letters, digits, '_' or '-', got {name!r}")
    if dtype not in DTYPES:
        raise ParameterError(f"dtype: expected one of {', '.join(DTYPES)}, got {dtype!r}")
    content = serialise(_encode(network, dtype))
    if len(content) > FILE_LIMIT:
        raise ParameterError(
            f"network: {name!r} takes {len(content):,} bytes as {dtype}, the limit is "
            f"{FILE_LIMIT:,}; use a smaller dtype or network"
        )
    path = data_dir() / _key(name)
    facts = {
        "dtype": dtype,
        "parameters": sum(p.numel() for p in network.parameters()),
        "shape": {
            key: "x".join(map(str, tensor.shape)) or "scalar"
            for key, tensor in network.state_dict().items()
        },
    }
    with lock(data_dir() / ".manifest.lock"):
        others = sum(
            known.get("bytes", 0)
            for key, known in manifest().items()
            if key.startswith("weights/") and key != _key(name)
        )
        if others + len(content) > TOTAL_LIMIT:
            raise ParameterError(
                f"network: with {name!r} all weights take {others + len(content):,} bytes, the "
                f"limit is {TOTAL_LIMIT:,}"
            )
        with replacing(path) as temporary:  # on a full disk neither file nor manifest changes
            temporary.write_bytes(content)
            flush(temporary)
            _enter(path, content, licence, made_by, facts | {"metrics": metrics or {}})
    return path


def record(path: str | Path, *, licence: str, made_by: str, **facts: Any) -> dict[str, Any]:
    """Enter a data file that already lies under the data folder in the manifest.

    Parameters
    ----------
    path : path
        A file inside ``data_dir()``.
    licence, made_by : str
        Its licence and the command that made it.
    **facts
        Anything else worth knowing (``shape=…``, ``metrics=…``); must fit JSON.
    """
    path = Path(path).resolve()
    if not path.is_relative_to(data_dir().resolve()):
        raise ParameterError(f"path: expected a file inside {data_dir()}, got {path}")
    with lock(data_dir() / ".manifest.lock"):
        return _enter(path, path.read_bytes(), licence, made_by, facts)


def verify() -> dict[str, str]:
    """Check every file of the manifest: path → "ok", "missing" or "changed"."""
    verdicts = {}
    for key, facts in manifest().items():
        path = data_dir() / key
        if not path.exists():
            verdicts[key] = "missing"
        else:
            verdicts[key] = "ok" if sha256(path) == facts["sha256"] else "changed"
    return verdicts


def _key(name: str) -> str:
    return f"weights/{name}.safetensors"


def _missing(name: str, why: str) -> DataMissingError:
    return DataMissingError(
        f"weights {name!r}: {why}. Make them with: python tools/make_weights.py {name}"
    )


def _encode(network: torch.nn.Module, dtype: str) -> dict[str, torch.Tensor]:
    """The state dict in the storage type, scales beside the int8 tensors."""
    import torch

    transposed = {
        f"{prefix}."
        for prefix, module in network.named_modules()
        if isinstance(module, torch.nn.modules.conv._ConvTransposeNd) and module.groups == 1
    }
    encoded = {}
    for key, tensor in network.state_dict().items():
        tensor = tensor.detach().cpu().clone().contiguous()
        if not tensor.is_floating_point():
            encoded[key] = tensor
            continue
        if not torch.isfinite(tensor).all():
            raise ParameterError(f"network: {key} holds NaN or infinity; training has diverged")
        if dtype == "int8" and tensor.ndim >= 2:
            # The output channel is axis 0, but axis 1 of a transposed convolution.
            axis = 1 if any(key.startswith(prefix) for prefix in transposed) else 0
            others = [i for i in range(tensor.ndim) if i != axis]
            scale = tensor.float().abs().amax(others, keepdim=True).clamp_min(1e-12) / 127
            encoded[key] = (tensor.float() / scale).round_().clamp_(-127, 127).to(torch.int8)
            encoded[key + SCALE] = scale
        else:
            encoded[key] = tensor.to(torch.float16 if dtype == "float16" else torch.float32)
    return encoded


def _match(name: str, state: dict[str, torch.Tensor], network: torch.nn.Module) -> None:
    """Raise ParameterError unless the stored tensors are those of the network."""
    wanted = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    stored = {key: tuple(tensor.shape) for key, tensor in state.items()}
    if wanted == stored:
        return
    wrong = sorted(k for k in wanted.keys() | stored.keys() if wanted.get(k) != stored.get(k))
    key = wrong[0]
    raise ParameterError(
        f"network: {type(network).__name__} does not fit weights {name!r}: {len(wrong)} tensors "
        f"differ, first {key!r}: expected {wanted.get(key)}, stored {stored.get(key)}"
    )


def _enter(path: Path, content: bytes, licence: str, made_by: str, facts: dict) -> dict:
    """Put one entry in the manifest. The lock must be held."""
    files = manifest()
    key = path.resolve().relative_to(data_dir().resolve()).as_posix()
    files[key] = {
        "sha256": sha256(content),
        "bytes": len(content),
        "licence": licence,
        "made_by": made_by,
        **facts,
    }
    text = json.dumps({"files": files}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    atomic_write(data_dir() / "MANIFEST.json", text)
    return files[key]
