"""Fully connected networks: the players of lesson 01's two-dimensional game."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from gansec_lib.errors import ParameterError


class MLP(nn.Sequential):
    """Linear layers with LeakyReLU(0.2) between them; the last layer is linear.

    Parameters
    ----------
    sizes : sequence of int
        Widths from input to output, for example ``(2, 64, 64, 1)``.
    slope : float
        Slope of LeakyReLU for negative inputs; 0 gives ReLU.

    Raises
    ------
    ParameterError
        Fewer than two sizes, or a size below 1.

    Examples
    --------
    >>> import torch
    >>> MLP((2, 16, 1))(torch.zeros(5, 2)).shape
    torch.Size([5, 1])
    """

    def __init__(self, sizes, slope: float = 0.2):
        sizes = tuple(sizes)
        if len(sizes) < 2 or any(int(size) != size or size < 1 for size in sizes):
            raise ParameterError(
                f"sizes: expected at least two widths of 1 or more, such as (2, 64, 1), got {sizes}"
            )
        layers = []
        for wide_in, wide_out in pairwise(sizes):
            layers += [nn.Linear(wide_in, wide_out), nn.LeakyReLU(slope)]
        super().__init__(*layers[:-1])
