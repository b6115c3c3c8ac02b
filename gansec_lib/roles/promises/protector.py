"""What a ``Protector`` promises."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.roles.promises.asking import (
    Promise,
    refusals,
    tensor_problem,
    variants,
    wrong_pictures,
)
from gansec_lib.roles.promises.every import keeping

METHODS = ("protect",)


def promises(system, images: torch.Tensor) -> Iterator[Promise]:
    """What ``protect`` promises."""

    def contract():
        for words, plain in variants(images):
            given = plain.clone()
            made = system.protect(given)
            if problem := tensor_problem(made, tuple(plain.shape)):
                return f"{words}: {problem}"
            if not torch.equal(given, plain):
                return f"{words}: the pictures it was given were changed"
        return ""

    yield "protect", "pictures in the same shape; those given stay as they were", contract

    def refuses():
        calls = {
            words: lambda wrong=wrong: system.protect(wrong)
            for words, wrong in wrong_pictures(images)
        }
        return refusals(calls, ParameterError)

    yield "protect", "what is no batch of pictures is refused", refuses

    def same_work(loaded):
        one, again, other = (each.protect(images) for each in (system, system, loaded))
        chance = not torch.equal(one, again)  # a system that draws lots need not repeat itself
        return "" if chance or torch.equal(one, other) else "the loaded system protects otherwise"

    yield keeping(system, same_work)
