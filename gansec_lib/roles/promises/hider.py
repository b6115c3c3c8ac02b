"""What a ``Hider`` promises."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.roles.contracts import Hider
from gansec_lib.roles.promises.asking import (
    Promise,
    flipped,
    key_of,
    refusals,
    tensor_problem,
    variants,
    wrong_keys,
    wrong_pictures,
)
from gansec_lib.roles.promises.every import keeping

METHODS = ("hide", "reveal", "capacity")


def promises(system, images: torch.Tensor) -> Iterator[Promise]:
    """What ``hide``, ``reveal`` and ``capacity`` promise."""
    key, exact = key_of(system), getattr(system, "exact", getattr(Hider, "exact", True))
    secrets, shape = _secrets(images, exact), tuple(images.shape[1:])

    def contract():
        covers = images.clone()
        stegos = system.hide(covers, secrets, key)
        if not torch.equal(covers, images):
            return "the covers it was given were changed"
        return tensor_problem(stegos, tuple(images.shape))

    yield "hide", "stegos are uint8 in the covers' shape; the covers stay as they were", contract

    def reveals():
        for words, covers in variants(images):
            hidden = _secrets(covers, exact)
            try:
                stegos = system.hide(covers, hidden, key)
            except ParameterError as problem:  # covers that it does not take, and says so
                if words == "the pictures":
                    return f"{words} {tuple(covers.shape)} were refused: {problem}"
                continue
            before = stegos.clone()
            back = system.reveal(stegos, key)
            if not torch.equal(stegos, before):
                return "reveal changed the stegos it was given"
            if exact and not _equal(back, hidden):
                return f"{words}: the secrets came back changed; exact is True"
            if not exact and (problem := tensor_problem(back, tuple(hidden.shape))):
                return f"{words}: {problem}"
        return ""

    yield "reveal", "it gives what was hidden", reveals

    def carries():
        room = system.capacity(shape)
        if type(room) is not int or room < 1:
            return f"expected 1 byte or more for {shape}, got {room!r}"
        several = [bytes(range(1 + row)) for row in range(len(images))]
        for words, hidden in (
            ("bytes of several lengths", several),
            ("as many bytes as it says", [b"\xa5" * room] * len(images)),
        ):
            if not _equal(system.reveal(system.hide(images, hidden, key), key), hidden):
                return f"{words}: the secrets came back changed"
        return ""

    if exact:
        yield "capacity", "a cover carries as many bytes as it says", carries

    def wrong_key():
        stegos = system.hide(images, secrets, key)
        for place in (0, len(key) // 2, len(key) - 1):
            try:
                back = system.reveal(stegos, flipped(key, place))
            except IntegrityError:
                continue
            if exact:
                return f"a key with another byte {place} was accepted; exact is True"
            if _equal(back, system.reveal(stegos, key)):
                return f"a key with another byte {place} reveals the secrets"
        return ""

    yield "reveal", "a wrong key reveals nothing", wrong_key

    def empty():
        return refusals({"covers": lambda: system.reveal(images, key)}, IntegrityError)

    if exact:
        yield "reveal", "where nothing is hidden it says so", empty

    def refuses():
        stegos, calls = system.hide(images, secrets, key), {}
        for words, wrong in wrong_pictures(images):
            calls[f"hide in {words}"] = lambda wrong=wrong: system.hide(wrong, secrets, key)
            calls[f"reveal from {words}"] = lambda wrong=wrong: system.reveal(wrong, key)
        for words, wrong in wrong_keys(key):
            calls[f"hide with {words}"] = lambda wrong=wrong: system.hide(images, secrets, wrong)
            calls[f"reveal with {words}"] = lambda wrong=wrong: system.reveal(stegos, wrong)
        calls["hide one secret too few"] = lambda: system.hide(images, secrets[1:], key)
        calls["hide a text"] = lambda: system.hide(images, "secret", key)
        if exact:
            long = [bytes(system.capacity(shape) + 1)] * len(images)
            calls["hide a byte more than capacity"] = lambda: system.hide(images, long, key)
        return refusals(calls, ParameterError)

    yield "hide", "wrong covers, secrets and keys are refused", refuses

    def same_work(loaded):
        stegos = system.hide(images, secrets, key)
        same = _equal(loaded.reveal(stegos, key), system.reveal(stegos, key))
        return "" if same else "the loaded system reveals something else"

    yield keeping(system, same_work)


def _secrets(covers: torch.Tensor, exact: bool) -> torch.Tensor:
    """A secret for each cover: four bytes, or the covers in reverse order where not exact."""
    if exact:
        return (torch.arange(4 * len(covers)) * 31).to(torch.uint8).reshape(len(covers), 4)
    return covers.flip(0).contiguous()


def _equal(one, two) -> bool:
    """Whether two answers of ``reveal`` are the same secrets in the same form."""
    if isinstance(one, torch.Tensor) and isinstance(two, torch.Tensor):
        return torch.equal(one, two)
    return type(one) is type(two) and one == two
