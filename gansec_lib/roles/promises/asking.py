"""Tools for asking: pictures in all forms, wrong arguments, and what to say of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from gansec_lib.roles.contracts import Cipher

STRANGE = (Exception, SystemExit)  # what a stranger's code may raise; Ctrl-C is not its doing
Promise = tuple[str, str, Callable[[], str]]  # method, what it promises, why that is broken


def has(system, method: str) -> bool:
    """Whether the system has a method of this name."""
    try:
        return callable(getattr(system, method, None))
    except STRANGE:
        return False


def key_of(system) -> bytes:
    """A key of the length that the system asks for."""
    return bytes(range(7, 7 + getattr(system, "key_length", Cipher.key_length)))


def flipped(secret: bytes, place: int) -> bytes:
    """The same bytes with one bit changed."""
    other = bytearray(secret)
    other[place] ^= 1 << place % 8
    return bytes(other)


def variants(images: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    """The pictures in the forms in which pictures come."""
    yield "the pictures", images
    yield "one picture", images[:1]
    if images.shape[1] == 1:
        yield "in colour", torch.cat([images, images.flip(2), 255 - images], dim=1)
    else:
        yield "in grey", images[:, :1]
    yield "not square", images[:, :, :13, :16].contiguous()
    yield "not contiguous", images.transpose(2, 3)
    yield "all black", torch.zeros_like(images)
    yield "all white", torch.full_like(images, 255)


def wrong_pictures(images: torch.Tensor) -> Iterator[tuple[str, object]]:
    """What no method may take for a batch of pictures."""
    yield "pictures of floats", images.float() / 255
    yield "int64 pictures", images.long()
    yield "a picture without a batch", images[0]
    yield "an empty batch", images[:0]
    yield "pictures of two channels", images[:, :1].repeat(1, 2, 1, 1)
    yield "pictures of no height", images[:, :, :0]
    yield "a NumPy array", images.numpy()
    yield "None for pictures", None


def wrong_keys(key: bytes) -> Iterator[tuple[str, object]]:
    """What no method may take for a key."""
    yield "a key too short", key[:-1]
    yield "a key too long", key + b"x"
    yield "an empty key", b""
    yield "a key of text", "open sesame"
    yield "None for a key", None


def refusals(calls: dict[str, Callable], error: type[Exception]) -> str:
    """Which of the calls did not raise ``error``, and what happened instead."""
    broken = []
    for words, call in calls.items():
        try:
            call()
        except error:
            continue
        except STRANGE as problem:  # told, not passed on
            broken.append(f"{words}: expected a {error.__name__}, got {came(problem)}")
        else:
            broken.append(f"{words}: accepted, expected a {error.__name__}")
    return "; ".join(broken)


def came(problem: BaseException) -> str:
    """An exception in words."""
    try:
        return f"{type(problem).__name__}: {problem}"
    except STRANGE:
        return type(problem).__name__


def tensor_problem(made, shape: tuple[int, ...]) -> str:
    """Why this is no uint8 tensor of that shape on the CPU; empty where it is one."""
    if not isinstance(made, torch.Tensor):
        return f"expected a tensor, got {type(made).__name__}"
    if made.dtype != torch.uint8 or tuple(made.shape) != shape or made.device.type != "cpu":
        kind = f"{str(made.dtype).removeprefix('torch.')} {tuple(made.shape)} on {made.device}"
        return f"expected uint8 {shape} on the CPU, got {kind}"
    return ""
