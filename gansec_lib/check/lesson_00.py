"""Exercises of lesson 00, start here."""

from __future__ import annotations

import torch

from gansec_lib.check.registry import case, exercise, value


def _pictures(*shape):
    return torch.arange(torch.Size(shape).numel()).reshape(shape).mul(37).to(torch.uint8)


@exercise(
    "00.1",
    title="invert a picture",
    difficulty=1,
    minutes=3,
    hints=("Black is 0 and white is 255.", "`255 - images` keeps the dtype uint8."),
    cases=lambda: [
        case("colour, not square", _pictures(2, 3, 5, 7)),
        case("grey, batch of one", _pictures(1, 1, 4, 6)),
        case("all black", torch.zeros(1, 3, 2, 3, dtype=torch.uint8)),
        case("all white", torch.full((1, 1, 3, 2), 255, dtype=torch.uint8)),
    ],
)
def invert(images):
    """The negative of uint8 pictures."""
    return 255 - images


value(
    "00.2",
    256,
    title="how many byte values",
    difficulty=1,
    minutes=1,
    hints=("From 0 to 255.", "Do not forget the 0."),
)
