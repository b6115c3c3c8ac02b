"""Right or wrong, in words: compare what a learner's function gave with what it should give."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def fresh(value: Any) -> Any:
    """A copy that shares nothing, so that an answer that changes its input corrupts nothing."""
    if isinstance(value, torch.nn.Module):
        return copy.deepcopy(value)
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, torch.Generator):
        twin = torch.Generator(value.device)
        twin.set_state(value.get_state())
        return twin
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return type(value)(fresh(v) for v in value)
    if type(value) is dict:
        return {k: fresh(v) for k, v in value.items()}
    if callable(value):
        return value
    return copy.deepcopy(value)


def describe(value: Any) -> str:
    """A value in a few characters: shape and dtype for arrays, length for bytes.

    >>> describe(torch.zeros(2, 1, 8, 6, dtype=torch.uint8)), describe(b"abc"), describe(0.5)
    ('uint8 tensor (2, 1, 8, 6)', 'bytes of length 3', '0.5')
    """
    if isinstance(value, torch.Tensor):
        if value.ndim == 0:
            return f"{value.item()!r}"
        return f"{str(value.dtype).removeprefix('torch.')} tensor {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array {value.shape}"
    if isinstance(value, (bytes, bytearray)):
        return f"bytes of length {len(value)}"
    if isinstance(value, (list, tuple)) and len(value) > 8:
        return f"{type(value).__name__} of length {len(value)}"
    if isinstance(value, torch.nn.Module):
        return type(value).__name__
    if callable(value):
        return f"function {getattr(value, '__name__', '?')}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def difference(expected: Any, got: Any, rtol: float, atol: float) -> str | None:
    """None where ``got`` is as good as ``expected``, else what differs, in a few words.

    >>> difference(torch.zeros(2, 3), torch.zeros(3, 2), 1e-5, 1e-6)
    'the shape is (3, 2), expected (2, 3)'
    """
    if got is None and expected is not None:
        return "your function returned None (is the `return` missing?)"
    if got is ... and expected is not ...:
        return "your function returned `...`, expected a result"
    if isinstance(expected, Mapping):
        return _mapping(expected, got, rtol, atol)
    if isinstance(expected, (list, tuple)) and not isinstance(expected, torch.Size):
        return _sequence(expected, got, rtol, atol)
    if isinstance(expected, (torch.Tensor, np.ndarray)) and expected.ndim:
        return _array(expected, got, rtol, atol)
    if _is_scalar(expected):
        return _scalar(expected, got, rtol, atol)
    if isinstance(expected, torch.Size):
        expected, got = tuple(expected), tuple(got) if isinstance(got, (list, tuple)) else got
    if type(expected) is not type(got) and not isinstance(got, type(expected)):
        return f"expected {_kind(expected)}, got {_kind(got)}"
    return None if expected == got else f"expected {describe(expected)}, got {describe(got)}"


def _is_scalar(value) -> bool:
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return value.ndim == 0
    return isinstance(value, (int, float, complex, np.number, np.bool_))


def _scalar(expected, got, rtol, atol):
    if not _is_scalar(got):
        return f"expected one number, got {describe(got)}"
    expected, got = (v.item() if hasattr(v, "item") else v for v in (expected, got))
    if isinstance(expected, bool) != isinstance(got, bool):
        return f"expected {expected!r}, got {got!r}"
    if np.isnan(expected) and np.isnan(got):
        return None
    if np.isnan(got):
        return f"expected {expected:.6g}, got nan (a division by zero, or the log of zero?)"
    exact = isinstance(expected, int) and isinstance(got, int)
    if expected == got or (not exact and np.isclose(got, expected, rtol=rtol, atol=atol)):
        return None
    if isinstance(expected, (bool, int)) and isinstance(got, int):
        return f"expected {expected}, got {got}"
    return f"expected {expected:.6g}, got {got:.6g}"


def _array(expected, got, rtol, atol):
    wanted = "a torch tensor" if isinstance(expected, torch.Tensor) else "a NumPy array"
    kind = torch.Tensor if isinstance(expected, torch.Tensor) else np.ndarray
    if not isinstance(got, kind):
        return f"expected {wanted} {tuple(expected.shape)}, got {_kind(got)}"
    if tuple(got.shape) != tuple(expected.shape):
        return f"the shape is {tuple(got.shape)}, expected {tuple(expected.shape)}"
    right, mine = _numpy(expected), _numpy(got)
    if not _same_dtype(right.dtype, mine.dtype):
        return f"the dtype is {mine.dtype}, expected {right.dtype}"
    if right.dtype.kind in "fc":
        bad_nan = np.isnan(mine) & ~np.isnan(right)
        if bad_nan.any():
            return f"{int(bad_nan.sum())} of {mine.size} values are nan"
        wrong = ~np.isclose(mine, right, rtol=rtol, atol=atol, equal_nan=True)
    else:
        wrong = mine != right
    if not wrong.any():
        return None
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    return (
        f"{int(wrong.sum())} of {wrong.size} values differ, the first at {list(at)}: "
        f"expected {right[at]:.6g}, got {mine[at]:.6g}"
    )


def _numpy(value) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = value.float() if value.dtype == torch.bfloat16 else value
        return value.numpy()
    return np.asarray(value)


def _same_dtype(right, mine) -> bool:
    """Bytes and bools must be just that; widths of other numbers are a matter of taste."""
    if right == mine:
        return True
    narrow = (np.dtype(np.uint8), np.dtype(bool))
    return right not in narrow and mine not in narrow and right.kind == mine.kind


def _sequence(expected, got, rtol, atol):
    if not isinstance(got, (list, tuple)):
        return f"expected {len(expected)} results, got {_kind(got)}"
    if len(got) != len(expected):
        return f"expected {len(expected)} entries, got {len(got)}"
    for position, (right, mine) in enumerate(zip(expected, got, strict=True)):
        if (wrong := difference(right, mine, rtol, atol)) is not None:
            return f"entry {position}: {wrong}"
    return None


def _mapping(expected, got, rtol, atol):
    if not isinstance(got, Mapping):
        return f"expected a dictionary with {', '.join(map(repr, expected))}, got {_kind(got)}"
    for name, right in expected.items():
        if name not in got:
            return f"the entry {name!r} is missing"
        if (wrong := difference(right, got[name], rtol, atol)) is not None:
            return f"entry {name!r}: {wrong}"
    extra = [name for name in got if name not in expected]
    return f"unexpected entry {extra[0]!r}" if extra else None


def _kind(value) -> str:
    names = {str: "text", list: "a list", tuple: "a tuple", dict: "a dictionary"}
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return describe(value)
    return names.get(type(value)) or f"{type(value).__name__} {describe(value)}"
