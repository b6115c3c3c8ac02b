"""Networks in exact arithmetic: the same bytes on every machine, device and number of threads.

A key that differs in one bit decrypts nothing, and floating-point networks do differ: sums of
products depend on their order, which depends on threads, processor and library. So keys are made
on a grid. Weights are rounded to multiples of 2⁻¹², activations to 2⁻¹⁶; every product and every
partial sum is then a multiple of 2⁻²⁸ below 2²⁵ and fits the 53 bits of a double *exactly*, in any
order. The last layer, whose lowest digits become key bytes, has weights on 2⁻²⁰ and sums below 2¹⁷
that keep all of their 36 bits. What is left (square roots, divisions, a tanh out of + and ×) is
done element by element, where IEEE 754 leaves no choice. (Ours: no paper of this family says how a
key is made twice.)
"""

from __future__ import annotations

import hashlib

import torch
from torch import nn
from torch.nn import functional as F

from gansec_lib.errors import ParameterError
from gansec_lib.nets.resnet import ResidualBlock

WEIGHT_BITS, VALUE_BITS = 12, 16
LAST_WEIGHT_BITS = 20
DOUBLE_BITS = 53
WINDOWS = 2**20  # numbers that a convolution lays out at once: 8 MiB


def on_grid(values: torch.Tensor, bits: int) -> torch.Tensor:
    """Rounded to multiples of 2^−bits, float64."""
    scale = 2.0**bits
    return (values.to(torch.float64) * scale).round_().mul_(1 / scale)


def tanh(x: torch.Tensor) -> torch.Tensor:
    """tanh from sums, products and one division, so that no library's version matters.

    e^u by its Taylor polynomial at u / 1024, squared ten times; within 1e-12 of the truth.

    >>> x = torch.linspace(-30, 30, 601, dtype=torch.float64)
    >>> bool((tanh(x) - torch.tanh(x)).abs().max() < 1e-12)
    True
    """
    u = x.abs().clamp(max=20.0) * (-2.0 / 1024)
    power = torch.ones_like(u)
    for k in range(8, 0, -1):  # Horner
        power = power * u / k
        power = power + 1.0
    for _ in range(10):
        power = power * power
    return torch.sign(x) * ((1.0 - power) / (1.0 + power))


@torch.no_grad()
def run(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The network's output in exact arithmetic, float64.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode, made of the layers that this file knows.
    x : tensor
        Its input; rounded to the grid.

    Raises
    ------
    ParameterError
        A layer without an exact form, or sums too large for 53 bits.
    """
    return _apply(network, on_grid(x, VALUE_BITS))


def fingerprint(network: nn.Module) -> str:
    """SHA-256 of the network's rounded weights, 16 hex digits: which generator makes the key."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        if tensor.is_floating_point():
            digest.update(name.encode() + str(tuple(tensor.shape)).encode())
            grid = torch.round(tensor.detach().cpu().to(torch.float64) * 2.0**LAST_WEIGHT_BITS)
            digest.update(grid.to(torch.int64).numpy().tobytes())
    return digest.hexdigest()[:16]


def _apply(layer: nn.Module, x: torch.Tensor, last: bool = False) -> torch.Tensor:
    """One layer; the ``last`` one's sums are exact already and keep all of their bits."""
    if isinstance(layer, ResidualBlock):
        return x + _apply(layer.body, x)
    if isinstance(layer, nn.Sequential):
        for place, inner in enumerate(layer):
            last = all(
                isinstance(later, nn.Flatten | nn.Tanh) for later in list(layer)[place + 1 :]
            )
            x = _apply(inner, x, last)
        return x
    if isinstance(layer, nn.Flatten | nn.Unflatten | nn.ReLU | nn.ReflectionPad2d):
        return layer(x)
    if isinstance(layer, nn.LeakyReLU):
        return torch.where(x > 0, x, on_grid(x * layer.negative_slope, VALUE_BITS))
    if isinstance(layer, nn.Tanh):
        return tanh(x)
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        return _batch_norm(layer, x)
    if isinstance(layer, nn.InstanceNorm2d) and not layer.affine:
        return _instance_norm(layer, x)
    if isinstance(layer, nn.Linear):
        return _products(layer, x, F.linear, last)
    if isinstance(layer, nn.Conv1d) and layer.padding_mode == "zeros":
        given = {"stride": layer.stride, "padding": layer.padding}
        return _products(layer, x, lambda *inputs: F.conv1d(*inputs, **given), last)
    if isinstance(layer, nn.Conv2d) and layer.padding_mode == "zeros":
        return _products(layer, x, lambda *inputs: _in_strips(layer, *inputs), last)
    if isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d):
        convolve = (
            F.conv_transpose1d if isinstance(layer, nn.ConvTranspose1d) else F.conv_transpose2d
        )
        given = {"stride": layer.stride, "padding": layer.padding}
        given["output_padding"] = layer.output_padding
        return _products(layer, x, lambda *inputs: convolve(*inputs, **given), last, axis=1)
    raise ParameterError(f"network: {type(layer).__name__} has no exact form")


def _in_strips(layer, x, weight, bias) -> torch.Tensor:
    """A convolution, so many rows at once: torch lays out every window of a float64 picture first,
    which at 7 × 7 is 49 times the picture and gigabytes for a picture of a megapixel."""
    height, stride = weight.shape[2], layer.stride[0]
    down, across = layer.padding
    x = F.pad(x, (across, across, down, down))
    rows = (x.shape[2] - height) // stride + 1
    each = max(1, WINDOWS // (weight[0].numel() * x.shape[3]))
    strips = (
        x[:, :, first * stride : (min(rows, first + each) - 1) * stride + height]
        for first in range(0, rows, each)
    )
    return torch.cat([F.conv2d(part, weight, bias, layer.stride) for part in strips], 2)


def _products(layer, x, operation, last: bool, axis: int = 0) -> torch.Tensor:
    """A linear layer: exact whatever the order of its sums."""
    weight_bits = LAST_WEIGHT_BITS if last else WEIGHT_BITS
    bits = VALUE_BITS + weight_bits if last else VALUE_BITS
    weight = on_grid(layer.weight, weight_bits)
    others = [a for a in range(weight.ndim) if a != axis]
    largest = weight.abs().sum(others).max() * x.abs().max()
    limit = 2.0 ** (DOUBLE_BITS - VALUE_BITS - weight_bits)
    if not float(largest) < limit:
        raise ParameterError(
            f"network: sums of {type(layer).__name__} may reach {float(largest):.3g}, the exact "
            f"grid holds {limit:.3g}; train with smaller weights"
        )
    bias = None if layer.bias is None else on_grid(layer.bias, bits)
    return on_grid(operation(x, weight, bias), bits)


def _batch_norm(layer, x) -> torch.Tensor:
    shape = (1, -1) + (1,) * (x.ndim - 2)
    spread = layer.running_var.to(torch.float64) + layer.eps
    scale = on_grid(layer.weight.to(torch.float64) / torch.sqrt(spread), WEIGHT_BITS)
    shift = layer.running_mean.to(torch.float64) * scale
    shift = on_grid(layer.bias.to(torch.float64) - shift, VALUE_BITS)
    return on_grid(x * scale.reshape(shape) + shift.reshape(shape), VALUE_BITS)


def _instance_norm(layer, x) -> torch.Tensor:
    """Sums over a plane of multiples of 2⁻¹⁶ (of squares: 2⁻²⁰) are exact, too."""
    count = x.shape[-2] * x.shape[-1]
    mean = on_grid(x.sum((2, 3), keepdim=True) / count, VALUE_BITS)
    centred = x - mean
    coarse = on_grid(centred, 10)
    largest = float(coarse.abs().max()) ** 2 * count
    if not largest < 2.0**33:
        raise ParameterError(f"network: a plane's squares may sum to {largest:.3g}, too large")
    variance = (coarse * coarse).sum((2, 3), keepdim=True) / count
    return on_grid(centred / torch.sqrt(variance + layer.eps), VALUE_BITS)
