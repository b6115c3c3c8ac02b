"""Seed 003's networks: the printed parameter counts, Keras's padding, and that they can learn."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gansec_lib.errors import ParameterError
from gansec_lib.nets.dcgan import (
    DCGANDiscriminator,
    DCGANGenerator,
    initialise,
)


def test_layer_by_layer_counts_are_the_printed_ones():
    for network, printed, total in (
        (DCGANGenerator(), [827392, 262272, 524544, 2097664, 38403], 3_750_275),
        (DCGANDiscriminator(), [3136, 131200, 262272, 8193], 404_801),
    ):
        layers = [sum(p.numel() for p in child.parameters()) for child in network.children()]
        assert [count for count in layers if count] == printed and sum(printed) == total


def test_shapes_after_each_module_are_the_printed_ones():
    shapes = {}

    def watch(network):
        for name, child in network.named_children():
            if name not in ("act", "dropout"):
                child.register_forward_hook(
                    lambda _m, _i, out, name=name: shapes.__setitem__(name, tuple(out.shape))
                )

    generator = DCGANGenerator()
    watch(generator)
    fake = generator(torch.randn(3, 100))
    assert shapes == {
        "dense": (3, 8192),
        "up16": (3, 128, 16, 16),
        "up32": (3, 256, 32, 32),
        "up64": (3, 512, 64, 64),
        "paint": (3, 3, 64, 64),
    }
    assert fake.abs().max() <= 1
    shapes.clear()
    discriminator = DCGANDiscriminator()
    watch(discriminator)
    assert discriminator(fake).shape == (3,)
    assert shapes == {
        "down32": (3, 64, 32, 32),
        "down16": (3, 128, 16, 16),
        "down8": (3, 128, 8, 8),
        "dense": (3, 1),
    }


def test_no_batch_normalisation_and_no_sigmoid_inside():
    for network in (DCGANGenerator(), DCGANDiscriminator()):
        kinds = {type(module) for module in network.modules()}
        assert not kinds & {nn.BatchNorm2d, nn.BatchNorm1d, nn.Sigmoid}
    # One picture's fake does not depend on its batch mates, as it would with batch norm.
    generator, z = DCGANGenerator(), torch.randn(4, 100)
    with torch.no_grad():
        assert torch.allclose(generator(z)[:1], generator(z[:1]), atol=1e-5)


@pytest.mark.parametrize("size", [(16, 16), (12, 20)])
def test_padding_is_keras_same(size):
    """Keras "same" for an even size: pad by total = k − s, half on each side; here by hand."""
    torch.manual_seed(0)
    images = torch.randn(2, 3, *size)
    layer = DCGANDiscriminator().down32
    by_hand = F.conv2d(F.pad(images, (1, 1, 1, 1)), layer.weight, layer.bias, stride=2)
    assert torch.allclose(layer(images), by_hand, atol=1e-6)
    assert by_hand.shape[2:] == (size[0] // 2, size[1] // 2)
    # Transposed "same": the full result has size 2(n−1)+4 = 2n+2; Keras crops one on each side.
    up = DCGANGenerator().up16
    x = torch.randn(2, 128, *size)
    full = F.conv_transpose2d(x, up.weight, up.bias, stride=2)
    assert torch.allclose(up(x), full[:, :, 1:-1, 1:-1], atol=1e-5)
    assert up(x).shape[2:] == (2 * size[0], 2 * size[1])


def test_initialise_is_glorot_and_seeded():
    generator = initialise(DCGANGenerator(), seed=3)
    again = initialise(DCGANGenerator(), seed=3)
    other = initialise(DCGANGenerator(), seed=4)
    assert torch.equal(generator.up64.weight, again.up64.weight)
    assert not torch.equal(generator.up64.weight, other.up64.weight)
    bound = (6 / (100 + 8192)) ** 0.5
    assert generator.dense.weight.abs().max() <= bound
    assert generator.dense.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.01)
    assert all(module.bias.abs().max() == 0 for module in (generator.dense, generator.paint))


def test_wrong_shapes_are_named():
    with pytest.raises(ParameterError, match=r"expected \(N, 100\), got \(2, 100, 1, 1\)"):
        DCGANGenerator()(torch.zeros(2, 100, 1, 1))
    with pytest.raises(ParameterError, match=r"expected \(N, 3, 64, 64\)"):
        DCGANDiscriminator()(torch.zeros(2, 1, 64, 64))
    with pytest.raises(ParameterError, match="latent"):
        DCGANGenerator(latent=0)


def test_both_players_can_learn():
    """A few steps lower each player's own loss on a fixed batch: gradients reach every layer."""
    torch.manual_seed(0)
    generator, discriminator = initialise(DCGANGenerator()), initialise(DCGANDiscriminator())
    real, z = torch.rand(2, 3, 64, 64) * 2 - 1, torch.randn(2, 100)

    def loss_d():
        fake = generator(z).detach()
        return F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()

    def loss_g():
        return F.softplus(-discriminator(generator(z))).mean()

    for network, loss in ((discriminator, loss_d), (generator, loss_g)):
        optimizer = torch.optim.Adam(network.parameters(), 2e-4)
        first = loss()
        for _ in range(3):
            optimizer.zero_grad()
            value = loss()
            value.backward()
            optimizer.step()
        assert value.item() < first.item()
        assert all(p.grad is not None and p.grad.abs().max() > 0 for p in network.parameters())
