"""What a ``KeyGenerator`` promises."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.roles.promises.asking import (
    STRANGE,
    Promise,
    came,
    flipped,
    has,
    key_of,
    refusals,
    tensor_problem,
)
from gansec_lib.roles.promises.every import keeping

METHODS = ("keystream",)
NONCE = bytes(range(12))  # of the length that every generator takes


def promises(system, images: torch.Tensor) -> Iterator[Promise]:
    """What ``keystream`` promises; the pictures are not used."""
    key = key_of(system)

    def contract():
        for n in (1, 7, 1000):
            made = system.keystream(key, NONCE, n)
            if problem := tensor_problem(made, (n,)):
                return f"n = {n}: {problem}"
        return f"all of 1000 bytes are {int(made[0])}" if len(made.unique()) == 1 else ""

    yield "keystream", "it gives n bytes, uint8 (n,)", contract

    def repeats():
        one, two = (system.keystream(key, NONCE, 500) for _ in range(2))
        return "" if torch.equal(one, two) else "the second call gave other bytes"

    yield "keystream", "the same key and nonce give the same bytes", repeats

    def separates():
        base = system.keystream(key, NONCE, 500)
        for place in (*range(0, len(key), 8), len(key) - 1):
            if torch.equal(system.keystream(flipped(key, place), NONCE, 500), base):
                return f"byte {place} of the key changes nothing"
        other = system.keystream(key, flipped(NONCE, 0), 500)
        if getattr(system, "use_nonce", True) and torch.equal(other, base):
            return "another nonce changes nothing"
        return ""

    yield "keystream", "all of the key, and the nonce, change the bytes", separates

    def refuses():
        arguments = {
            "n = 0": (key, NONCE, 0),
            "n = -1": (key, NONCE, -1),
            "n = 1.5": (key, NONCE, 1.5),
            "n = True": (key, NONCE, True),
            "n = '8'": (key, NONCE, "8"),
            "a key too short": (key[:-1], NONCE, 8),
            "a key of text": ("open sesame", NONCE, 8),
            "None for a key": (None, NONCE, 8),
            "a nonce of text": (key, "nonce", 8),
            "None for a nonce": (key, None, 8),
        }
        calls = {words: lambda a=a: system.keystream(*a) for words, a in arguments.items()}
        return refusals(calls, ParameterError)

    yield "keystream", "wrong arguments are refused", refuses

    def nonces():
        for length in (0, 1, 16, 255):
            try:
                made = system.keystream(key, bytes(length), 8)
            except ParameterError:
                continue
            except STRANGE as problem:
                return f"a nonce of {length} bytes: expected a ParameterError, got {came(problem)}"
            if problem := tensor_problem(made, (8,)):
                return f"a nonce of {length} bytes: {problem}"
        return ""

    yield "keystream", "nonces of other lengths than 12 are taken or refused", nonces

    def together():
        keys, nonces = [key, flipped(key, 3), key], [NONCE, NONCE, flipped(NONCE, 5)]
        many = system.keystreams(keys, nonces, 40)
        pairs = zip(keys, nonces, strict=True)
        alone = torch.stack([system.keystream(*pair, 40) for pair in pairs])
        return "" if torch.equal(many, alone) else "other bytes than keystream gives, one by one"

    if has(system, "keystreams"):
        yield "keystreams", "many keys together are what each is alone", together

    def same_work(loaded):
        one, two = (each.keystream(key, NONCE, 500) for each in (system, loaded))
        return "" if torch.equal(one, two) else "the loaded system gives other bytes"

    yield keeping(system, same_work)
