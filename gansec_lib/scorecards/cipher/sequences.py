"""A cipher's bytes for SP 800-22: enough pictures are encrypted, and all tests are run together."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from gansec_lib.metrics.metric import Metric, info
from gansec_lib.scorecards.randomness import NAMES, Tested, run

LEAST = 1024  # bytes of a picture below which one sequence would take over a hundred of them


def cipher_sequences(
    system,
    images: torch.Tensor,
    key: bytes,
    nonce: Callable[[str], bytes],
    count: int,
    bits: int,
    each: int = 0,
) -> list[np.ndarray]:
    """``count`` sequences of cipher bytes, each one encryption of its own under a fresh nonce.

    Black pictures and the given ones take turns: a cipher whose bytes follow the picture shows it
    on black, one that is weak on texture on the others.

    Parameters
    ----------
    system : roles.Cipher
    images : uint8 (N, C, H, W)
        Repeated as often as a sequence needs.
    each : int
        Cipher bytes that one picture gives; as many as it has where left out.
    nonce : callable
        Gives a nonce for a label.
    bits : int
        Of a sequence; a multiple of 8.

    Returns
    -------
    list of uint8 (bits / 8,)
    """
    size = bits // 8
    per = math.ceil(size / (each or images[0].numel()))
    black = torch.zeros((per, *images.shape[1:]), dtype=torch.uint8)
    given = images[torch.arange(per) % len(images)]
    found = []
    for number in range(count):
        plain = given if number % 2 else black
        made = system.encrypt(plain, key, nonce=nonce(f"sequence {number}"))
        found.append(made.payload[:size].cpu().numpy())
    return found


def measure(
    system,
    images: torch.Tensor,
    key: bytes,
    nonce: Callable[[str], bytes],
    size: tuple[int, int],
    alpha: float,
    each: int,
) -> tuple[dict[str, Metric], Tested | None]:
    """The three metrics of a card, and the table; without a table where pictures are too small.

    ``each`` is the number of cipher bytes that one picture gives.
    """
    if each < LEAST:
        why = f"pictures under {LEAST:,} bytes: too many encryptions for one sequence"
        return {name: info(name, None, why) for name in NAMES}, None
    tested = run(cipher_sequences(system, images, key, nonce, *size, each), alpha)
    return tested.metrics(), tested
