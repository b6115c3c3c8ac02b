"""The family of lesson 03: shapes, sizes, gradients, and the properties their papers promise."""

import itertools
import math

import pytest
import torch
from torch import nn

from gansec_lib.course import family
from gansec_lib.errors import ParameterError
from gansec_lib.nets import attention, conditional, features, progressive, small, stack, style


def parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("size", [8, 16, 32, 64, 128])
def test_small_pair_doubles_from_four_pixels(size):
    generator, discriminator = (
        small.SmallGenerator(size=size, width=8),
        small.SmallDiscriminator(8, size),
    )
    pictures = generator(torch.randn(3, 64))
    assert pictures.shape == (3, 3, size, size)
    assert float(pictures.detach().abs().max()) <= 1
    assert discriminator(pictures).shape == (3,)


def test_small_pair_takes_grey_and_a_batch_of_one():
    generator = small.SmallGenerator(size=16, channels=1).eval()
    discriminator = small.SmallDiscriminator(size=16, channels=1)
    assert discriminator(generator(torch.randn(1, 64))).shape == (1,)


def test_parameter_counts_by_hand():
    # linear 64 → 16 · 64, transposed 4 × 4 kernels 64 → 32 → 16 → 3, two per batch-normed channel
    by_hand = (
        65 * 16 * 64 + 2 * 64 + 64 * 32 * 16 + 2 * 32 + 32 * 16 * 16 + 2 * 16 + 16 * 3 * 16 + 3
    )
    assert parameters(small.SmallGenerator()) == by_hand == 108_515
    by_hand = (3 * 16 + 1) * 16 + (16 * 16 + 1) * 32 + (32 * 16 + 1) * 64 + 64 * 16 + 1
    assert parameters(small.SmallDiscriminator()) == by_hand == 42_865
    assert parameters(small.SmallDiscriminator(spectral=True)) == by_hand


@pytest.mark.parametrize("key", list(family.FAMILY))
def test_every_member_is_small_and_every_weight_learns(key):
    chosen = family.member(key)
    torch.manual_seed(0)
    generator = chosen.assemble(chosen.build())
    assert parameters(generator) <= 500_000
    if key == "attention":  # γ starts at 0 and hides the attention weights on purpose
        for layer in generator.modules():
            if isinstance(layer, attention.SelfAttention):
                nn.init.ones_(layer.gamma)
    if key == "style":
        for layer in generator.modules():
            if isinstance(layer, style.NoiseInjection):
                nn.init.constant_(layer.strength, 0.1)
    latent = torch.randn(4, 64)
    if key == "conditional":
        pictures = generator(latent, torch.tensor([0, 1, 2, 3]))
    else:
        pictures = generator(latent)
    assert pictures.shape == (4, 3, chosen.size, chosen.size)
    pictures.square().sum().backward()
    skipped = {"progressive": [f"to_rgb.{i}" for i in range(4)]}.get(key, [])
    for name, parameter in generator.named_parameters():
        if not any(name.startswith(s) for s in skipped):
            assert parameter.grad is not None, name
            assert bool(torch.isfinite(parameter.grad).all()), name


@pytest.mark.parametrize(
    "make",
    [
        small.SmallDiscriminator,
        progressive.ProgressiveDiscriminator,
        style.StyleDiscriminator,
        attention.AttentionDiscriminator,
        features.FeatureNetwork,
    ],
)
def test_pictures_that_are_not_square_are_refused(make):
    network = make()
    with pytest.raises(ParameterError, match="images: expected"):
        network(torch.zeros(2, 3, 32, 48))


@pytest.mark.parametrize("latent", [torch.zeros(2, 63), torch.zeros(2, 64, 1, 1), torch.zeros(64)])
def test_latents_of_another_shape_are_refused(latent):
    for generator in (
        small.SmallGenerator(),
        style.StyleGenerator(),
        attention.AttentionGenerator(),
    ):
        with pytest.raises(ParameterError, match="latent: expected"):
            generator(latent)


@pytest.mark.parametrize("size", [0, 31, 33, 256])
def test_sizes_that_do_not_double_are_refused(size):
    with pytest.raises(ParameterError, match="size"):
        small.SmallGenerator(size=size)
    with pytest.raises(ParameterError, match="size"):
        progressive.ProgressiveGenerator(size=size)


# ---------------------------------------------------------------- conditional


def test_projection_term_is_the_inner_product_of_the_paper():
    torch.manual_seed(1)
    network = conditional.ProjectionDiscriminator(classes=3).eval()  # no power iteration
    pictures, labels = torch.randn(5, 3, 32, 32), torch.tensor([0, 1, 2, 1, 0])
    real_or_fake, fits = network.terms(pictures, labels)
    pooled = network.network.layers(pictures).sum((2, 3))
    by_hand = torch.stack(
        [network.projection.weight[y] @ p for y, p in zip(labels, pooled, strict=True)]
    )
    assert torch.allclose(fits, by_hand, atol=1e-5)
    assert torch.allclose(real_or_fake, network.network(pictures), atol=1e-6)
    assert torch.allclose(network(pictures, labels), real_or_fake + fits)


def test_only_the_projection_depends_on_the_label():
    network = conditional.ProjectionDiscriminator(classes=3).eval()  # no power iteration
    pictures = torch.randn(2, 3, 32, 32)
    one, other = torch.tensor([0, 0]), torch.tensor([2, 2])
    assert torch.equal(network.terms(pictures, one)[0], network.terms(pictures, other)[0])
    assert not torch.allclose(network.terms(pictures, one)[1], network.terms(pictures, other)[1])
    nn.init.zeros_(network.projection.weight)
    assert torch.equal(network(pictures, one), network(pictures, other))


@pytest.mark.parametrize(
    "labels",
    [torch.tensor([0, 4]), torch.tensor([-1, 0]), torch.tensor([0.0, 1.0]), torch.tensor([0])],
)
def test_labels_out_of_range_are_refused(labels):
    with pytest.raises(ParameterError, match="labels"):
        conditional.ConditionalGenerator(classes=4)(torch.zeros(2, 64), labels)


# ---------------------------------------------------------------- progressive


def test_pixel_norm_leaves_root_mean_square_one():
    normed = progressive.pixel_norm(torch.randn(2, 7, 3, 5) * 9)
    assert torch.allclose(normed.square().mean(1), torch.ones(2, 3, 5), atol=1e-5)


def test_minibatch_std_is_zero_for_equal_pictures_and_the_spread_otherwise():
    equal = progressive.minibatch_std(torch.ones(4, 2, 3, 5))
    assert float(equal[:, 2].max()) < 2e-4
    features_ = torch.randn(4, 2, 3, 5)
    by_hand = features_.std(0, unbiased=False).mean()
    assert torch.allclose(
        progressive.minibatch_std(features_)[:, 2], by_hand.expand(4, 3, 5), atol=1e-5
    )


def test_minibatch_std_looks_inside_each_group():
    calm, wild = torch.zeros(4, 1, 2, 2), torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 1, 2, 2)
    mixed = torch.stack([calm, wild], 1).reshape(8, 1, 2, 2)  # calm, wild, calm, wild …
    channel = progressive.minibatch_std(mixed)[:, 1, 0, 0]
    assert float(channel[0]) < 1e-3 < 1.0 < float(channel[1])


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_fade_in_ends_equal_the_two_sizes(level):
    torch.manual_seed(level)
    generator, latent = progressive.ProgressiveGenerator(), torch.randn(2, 64)
    generator.grow(level - 1)
    before = torch.atanh(generator(latent).double().clamp(-0.999999, 0.999999))
    generator.grow(level, 0.0)
    start = torch.atanh(generator(latent).double().clamp(-0.999999, 0.999999))
    assert torch.allclose(start, progressive.upsample(before.float()).double(), atol=1e-3)
    generator.grow(level, 1.0)
    end = generator(latent)
    generator.grow(level, 0.999999)
    assert torch.allclose(generator(latent), end, atol=1e-3)


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_discriminator_fades_in_the_same_way(level):
    torch.manual_seed(level)
    discriminator, side = progressive.ProgressiveDiscriminator(), 4 * 2**level
    pictures = torch.randn(4, 3, side, side)
    discriminator.grow(level, 0.0)
    faded = discriminator(pictures)
    discriminator.grow(level - 1)
    assert torch.allclose(faded, discriminator(progressive.halve(pictures)), atol=1e-4)


def test_growth_visits_every_size_once_and_ends_full():
    seen = [progressive.growth(step, 500) for step in range(500)]
    levels = [level for level, _ in seen]
    assert levels == sorted(levels) and set(levels) == set(range(5))
    assert all(0 <= alpha <= 1 for _, alpha in seen)
    assert seen[-1] == (4, 1.0) and seen[0] == (0, 1.0)
    for (l0, a0), (l1, a1) in itertools.pairwise(seen):
        assert l1 > l0 or a1 >= a0


def test_shrink_shows_real_pictures_as_sharp_as_the_fakes():
    real = torch.randn(2, 3, 64, 64)
    assert torch.equal(progressive.shrink(real, 64), real)
    assert torch.allclose(progressive.shrink(real, 8), nn.functional.avg_pool2d(real, 8))
    blurred = progressive.shrink(real, 16, 0.0)
    assert torch.allclose(blurred, progressive.upsample(progressive.shrink(real, 8)), atol=1e-6)


def test_equalised_layers_keep_the_variance():
    torch.manual_seed(0)
    layer = progressive.EqualisedConv2d(64, 128, 3, padding=1)
    out = layer(torch.randn(8, 64, 12, 12))[:, :, 1:-1, 1:-1]
    assert float(out.var()) == pytest.approx(2.0, rel=0.05)  # gain 2, made 1 by a rectifier
    assert float(layer.weight.detach().std()) == pytest.approx(1.0, rel=0.02)


# ---------------------------------------------------------------- style


def effective_weight(layer, w):
    """The weights that each picture really sees: (N, after, before, kernel, kernel)."""
    weight = layer.scale * layer.weight[None] * layer.affine(w)[:, None, :, None, None]
    return weight * torch.rsqrt(weight.square().sum((2, 3, 4), keepdim=True) + 1e-8)


@pytest.mark.parametrize("up", [False, True])
def test_modulation_without_a_weight_a_picture_is_the_same_map(up):
    torch.manual_seed(0)
    layer = style.ModulatedConv2d(6, 5, 4 if up else 3, style=8, up=up)
    nn.init.normal_(layer.bias)
    pictures, w = torch.randn(3, 6, 7, 9), torch.randn(3, 8)
    slow = []
    for picture, weight in zip(pictures, effective_weight(layer, w), strict=True):
        if up:
            out = 2 * nn.functional.conv_transpose2d(
                picture[None], weight.transpose(0, 1), stride=2, padding=1
            )
        else:
            out = nn.functional.conv2d(picture[None], weight, padding=1)
        slow.append(out + layer.bias[:, None, None])
    assert torch.allclose(layer(pictures, w), torch.cat(slow), atol=1e-4)


def test_scaling_the_style_changes_nothing_after_demodulation():
    torch.manual_seed(0)
    layer = style.ModulatedConv2d(6, 5, 3, style=8)
    nn.init.zeros_(layer.affine.bias)
    pictures, w = torch.randn(2, 6, 8, 8), torch.randn(2, 8)
    assert torch.allclose(layer(pictures, w), layer(pictures, 3 * w), atol=1e-4)


def test_mixing_at_the_ends_gives_the_parents():
    torch.manual_seed(0)
    generator = style.StyleGenerator().eval()
    coarse, fine = torch.randn(2, 64), torch.randn(2, 64)
    noise = generator.noise(2, torch.Generator().manual_seed(1))
    assert torch.equal(generator(coarse, fine, 4, noise), generator(coarse, noise=noise))
    assert torch.equal(generator(coarse, fine, 0, noise), generator(fine, noise=noise))
    middle = generator(coarse, fine, 2, noise)
    assert not torch.allclose(middle, generator(coarse, noise=noise), atol=1e-3)
    with pytest.raises(ParameterError, match="crossover"):
        generator(coarse, fine, 5)


def test_noise_starts_silent_and_then_matters():
    generator, latent = style.StyleGenerator().eval(), torch.randn(2, 64)
    assert torch.equal(generator(latent), generator(latent))
    for layer in generator.styled:
        nn.init.ones_(layer.noise.strength)
    assert not torch.equal(generator(latent), generator(latent))
    noise = generator.noise(2)
    assert torch.equal(generator(latent, noise=noise), generator(latent, noise=noise))


def test_mapping_ignores_the_length_of_the_latent():
    network, latent = style.MappingNetwork(), torch.randn(3, 64)
    assert torch.allclose(network(latent), network(5 * latent), atol=1e-5)


# ---------------------------------------------------------------- attention


def test_attention_with_gamma_zero_is_the_identity():
    layer, hidden = attention.SelfAttention(16), torch.randn(2, 16, 4, 6)
    assert torch.equal(layer(hidden), hidden)


def test_attention_rows_are_distributions_and_weigh_the_values():
    torch.manual_seed(0)
    layer, hidden = attention.SelfAttention(16), torch.randn(2, 16, 4, 6)
    weights = layer.attention(hidden)
    assert weights.shape == (2, 24, 24)
    assert torch.allclose(weights.sum(2), torch.ones(2, 24), atol=1e-5)
    nn.init.ones_(layer.gamma)
    values = layer.value(hidden).flatten(2)
    seen = torch.einsum("njk,nck->ncj", weights, values).unflatten(2, (4, 6))
    assert torch.allclose(layer(hidden), hidden + layer.out(seen), atol=1e-5)


def test_spectral_norm_holds_every_layer_to_slope_one():
    torch.manual_seed(0)
    network = attention.AttentionDiscriminator()
    for _ in range(30):
        network(torch.randn(2, 3, 32, 32))
    network.eval()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
            assert float(largest) == pytest.approx(1.0, abs=0.02)


def test_truncated_normal_has_the_closed_form_spread():
    rng = torch.Generator().manual_seed(0)
    for threshold in (0.3, 1.0, 2.0):
        values = attention.truncated_normal((200, 500), threshold, rng)
        edge = threshold
        density = math.exp(-(edge**2) / 2) / math.sqrt(2 * math.pi)
        inside = math.erf(edge / math.sqrt(2))
        assert float(values.abs().max()) <= threshold
        assert float(values.var()) == pytest.approx(1 - 2 * edge * density / inside, rel=0.02)
    with pytest.raises(ParameterError, match="threshold"):
        attention.truncated_normal((2,), 0.0)


# ---------------------------------------------------------------- stack


def test_stage_two_without_paint_shows_the_sketch():
    stage_two = stack.StageTwoGenerator().eval()
    nn.init.zeros_(stage_two.paint[-1].weight)
    nn.init.zeros_(stage_two.paint[-1].bias)
    sketches = torch.rand(2, 3, 16, 16) * 1.8 - 0.9
    shown = stage_two(sketches, torch.randn(2, 64))
    enlarged = nn.functional.interpolate(sketches, size=64, mode="bilinear", align_corners=False)
    assert torch.allclose(shown, enlarged, atol=1e-5)


def test_stage_two_wants_one_latent_a_sketch():
    with pytest.raises(ParameterError, match="latent"):
        stack.StageTwoGenerator()(torch.zeros(2, 3, 16, 16), torch.zeros(3, 64))
    with pytest.raises(ParameterError, match="sketches"):
        stack.StageTwoGenerator()(torch.zeros(2, 3, 16, 24), torch.zeros(2, 64))


# ---------------------------------------------------------------- features


def test_feature_size_ignores_how_large_a_flat_picture_is():
    for shape in ((2, 1, 20, 44), (2, 3, 64, 64)):
        light = features.at_feature_size(torch.full(shape, 255, dtype=torch.uint8))
        assert light.shape == (2, 3, 32, 32)
        assert torch.allclose(light, torch.ones_like(light), atol=1e-5)
    with pytest.raises(ParameterError, match="images"):
        features.at_feature_size(torch.zeros(2, 3, 32, 32))


@pytest.mark.parametrize(("of", "classes"), [("digit", 10), ("source", 5), ("portrait", 8)])
def test_probabilities_sum_to_one(of, classes):
    network = features.FeatureNetwork().eval()
    rows = features.probabilities(torch.randn(6, 64), network, of)
    assert rows.shape == (6, classes)
    assert torch.allclose(rows.sum(1), torch.ones(6, dtype=torch.float64))
    with pytest.raises(ParameterError, match="of"):
        features.probabilities(torch.randn(6, 64), network, "cats")


def test_standardising_changes_the_features_and_no_answer():
    torch.manual_seed(0)
    network = features.FeatureNetwork().eval()
    images = torch.randint(0, 256, (40, 3, 20, 28), dtype=torch.uint8)
    before = network.answers(features.embed(images, network))
    described = features.describe(images, network)
    features.standardise(network, features.embed(images, network))
    spread = features.embed(images, network).std(0)
    assert torch.allclose(spread, torch.ones(64), atol=1e-3)
    after = network.answers(features.embed(images, network))
    for name, answer in before.items():
        assert torch.allclose(answer, after[name], atol=1e-4), name
    assert described.shape == (40, 18)
    assert torch.allclose(described, features.describe(images, network), atol=1e-4)


# ---------------------------------------------------------------- the trainer of all


@pytest.fixture(scope="module")
def faces():
    from gansec_lib.images.drawn import faces

    return faces.generate(64, 64, seed=3)


@pytest.mark.parametrize("key", list(family.FAMILY))
def test_every_member_trains_and_draws_the_same_pictures_again(key, faces):
    generator, history = family.train(key, faces, steps=2)
    assert len(history) >= 1
    assert all(math.isfinite(v[-1]) for v in history.values.values())
    first, second = family.generate(generator, 5, seed=1), family.generate(generator, 5, seed=1)
    side = family.member(key).size
    assert first.shape == (5, 3, side, side) and first.dtype == torch.uint8
    assert torch.equal(first, second)
    assert not torch.equal(first, family.generate(generator, 5, seed=2))


def test_the_seed_decides_the_weights(faces):
    def weights(seed):
        generator, _ = family.train("lsgan", faces, steps=1, seed=seed)
        return torch.cat([p.flatten() for p in generator.parameters()])

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_classes_and_sizes(faces):
    labels = family.classes_of(faces)
    assert int(labels.min()) >= 0 and int(labels.max()) < len(family.CLASSES)
    shrunk = family.at_32(faces.images)
    assert shrunk.shape == (64, 3, 32, 32)
    assert torch.equal(family.at_32(shrunk), shrunk)
    with pytest.raises(ParameterError, match="pictures"):
        family.at_32(torch.zeros(1, 3, 48, 48, dtype=torch.uint8))
    with pytest.raises(ParameterError, match="key: expected one of"):
        family.member("biggan")


def test_shipped_results_hold_three_seeds_of_every_member():
    measured = family.results()
    assert set(measured) == set(family.FAMILY)
    for key, row in measured.items():
        assert [seed["seed"] for seed in row["seeds"]] == [0, 1, 2]
        assert row["parameters"] == parameters(family.load(key))
        assert all(0 < seed["fid_lite"] < 1000 for seed in row["seeds"])
    assert "3 seeds" in family.measured_line()


def test_results_that_are_missing_or_changed_are_refused(monkeypatch, tmp_path):
    from gansec_lib.errors import DataMissingError, IntegrityError

    monkeypatch.setenv("GANSEC_DATA", str(tmp_path))
    with pytest.raises(DataMissingError, match="make_weights"):
        family.results()
    (tmp_path / family.RESULTS).write_text("{}")
    with pytest.raises(IntegrityError, match="changed"):
        family.results()


def test_truncated_and_asked_for_pictures():
    generator = family.load("conditional")
    labels = torch.zeros(6, dtype=torch.int64)
    calm = family.generate(generator, 6, 1, labels=labels, truncation=0.1).float()
    wild = family.generate(generator, 6, 1, labels=labels).float()
    assert float(calm.std(0).mean()) < 0.5 * float(wild.std(0).mean())
