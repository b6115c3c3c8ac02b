"""``ANALYSERS``: who tries to tell a stego from a cover. A new one is a function and a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from gansec_lib.attacks.on_hiders import chi_square, rs


@dataclass(frozen=True)
class Analyser:
    """Somebody who scores pictures.

    Parameters
    ----------
    name : str
    says : str
        What it looks for, in one sentence.
    score : callable
        uint8 (N, C, H, W) to float64 (N,); larger where a picture looks more like a stego.
    """

    name: str
    says: str
    score: Callable[[torch.Tensor], torch.Tensor]


ANALYSERS: dict[str, Analyser] = {row.name: row for row in (
    Analyser("chi_square", "asks whether the values 2i and 2i + 1 occur equally often, as random "
             "last bits make them", chi_square.score),
    Analyser("rs", "estimates the payload from what flipping last bits does to the roughness of "
             "small squares", rs.payload),
)}  # fmt: skip
