"""What the networks learn, and by which loss: as each paper's file says, computed here by hand."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from gansec_lib import chaos, images, systems
from gansec_lib.metrics import chi_square
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.learned import grey_squares
from gansec_lib.train.inputs import Context

PAPERS = {  # key generator: (loss, the discriminator's turns, source)
    "keygan_xray_to_noise": ("bce", 1, None),
    "keygan_six_systems": ("lsgan", 1, sources.six_systems),
    "keygan_logistic": ("bce", 1, lambda *a: sources.logistic_family(*a, size=1024)),
    "keygan_hyper_chen_wave": ("bce", 1, sources.hyper_chen),
    "keygan_hyper_chen_matrix": ("bce", 1, lambda *a: sources.hyper_chen(*a, size=1024)),
    "keygan_coupled_henon": ("bce", 1, sources.coupled_and_henon),
    "keygan_hyper_chen": ("wgan-gp", 5, sources.hyper_chen),
    "keygan_even_noise": ("bce", 1, sources.even_noise),
}
BY_HAND = {  # loss: (the discriminator's, the generator's), of logits of real and of fake
    "bce": (lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda f: softplus(-f).mean()),
    "lsgan": (
        lambda r, f: ((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2,
        lambda f: ((f - 1) ** 2).mean() / 2,
    ),
    # the critic below has slope 2 everywhere, which costs 10 (2 − 1)²
    "wgan-gp": (lambda r, f: f.mean() - r.mean() + 10, lambda f: -f.mean()),
}


def test_every_key_generator_is_in_the_list():
    learners = [name for name in systems.names("KeyGenerator") if systems.find(name).learns]
    assert sorted(PAPERS) == sorted(learners)


def plan_of(name, slot="generator", pictures=None, profile="smoke"):
    return systems.get(name).slots[slot].plan(pictures, profile, 1, 0)


def context(networks, *batch):
    rng = torch.Generator().manual_seed(0)
    return Context(networks, batch, rng, 0, torch.device("cpu"))


@pytest.mark.parametrize("name", PAPERS)
def test_the_players_play_their_papers_loss(name):
    loss, turns, _ = PAPERS[name]
    plan = plan_of(name)
    assert [(p.name, p.networks, p.steps) for p in plan.players] == [
        ("discriminator", ("discriminator",), turns),
        ("generator", ("generator",), 1),
    ]
    assert next(iter(plan.networks)) == "generator", "the first one is kept"
    slope, real, given = torch.tensor([1.2, 1.6]), torch.rand(5, 2), torch.rand(5, 2)
    latents = []

    def generator(z):
        latents.append(z)
        return z[:, :2] / 2

    ctx = context({"generator": generator, "discriminator": lambda x: x @ slope}, real, given)
    found = []
    for player in plan.players:
        ctx.rng.manual_seed(1)
        found.append(player.loss(ctx))
    if name == "keygan_xray_to_noise":  # its input is a picture of the source domain
        assert all(torch.equal(z, given) for z in latents)
    else:
        assert all(z.shape == (5, 100) and abs(z.mean()) < 0.2 for z in latents)
    fake = latents[0][:, :2] / 2
    discriminator, generator = BY_HAND[loss]
    torch.testing.assert_close(found[0], discriminator(real @ slope, fake @ slope))
    torch.testing.assert_close(found[1], generator(fake @ slope))


@pytest.mark.parametrize("name", [name for name in PAPERS if PAPERS[name][2]])
def test_windows_of_its_papers_source_are_what_it_learns(name):
    source = PAPERS[name][2]
    plan = plan_of(name)
    assert torch.equal(plan.data, source(256, 0)) and plan.batch == 64
    assert torch.equal(plan_of(name, profile="laptop").data[:3], source(8192, 0)[:3])


def test_an_image_generator_turns_pictures_into_even_noise():
    scans = images.load("xrays", size=64, count=8, colour=False)
    target, source = plan_of("keygan_xray_to_noise", pictures=scans).data
    assert torch.equal(source, grey_squares(scans)) and target.shape == source.shape
    assert chi_square(target, 0.0001).verdict == "pass"


# ---------------------------------------------------------------- sources


def window(name, count, size, seed, params=None):
    """Windows of one orbit, worked out again: every coordinate from −1 to 1."""
    start = chaos.seeds(name, b"a source of numbers", seed.to_bytes(4, "big"))[0]
    states = chaos.orbit(name, -(-count * size // chaos.get(name).dimension), start, params)
    low, high = states.min(0), states.max(0)
    flat = (2 * (states - low) / (high - low) - 1).astype(np.float32).reshape(-1)
    return torch.from_numpy(flat[: count * size].reshape(count, size))


def test_six_systems_are_six_and_mixed():
    wanted = ("logistic", "henon", "slmm_2d", "lorenz", "hyper_chen", "hyper_lorenz_5d")
    rows = sources.six_systems(60, 3)
    each = torch.cat([window(name, 10, 256, 3) for name in wanted])
    assert {tuple(row.tolist()) for row in rows} == {tuple(row.tolist()) for row in each}
    assert not torch.equal(rows, each), "mixed"


def test_hyper_chen_is_that_flow():
    assert torch.equal(sources.hyper_chen(7, 2, 64), window("hyper_chen", 7, 64, 2))


def test_two_coupled_coordinates_stand_beside_henons():
    rows = sources.coupled_and_henon(4, 1).reshape(4, 64, 3)
    pair = window("coupled_map_logistic", 4, 128, 1).reshape(4, 64, 2)
    henon = window("henon", 4, 128, 1).reshape(4, 64, 2)
    assert torch.equal(rows[..., :2], pair) and torch.equal(rows[..., 2], henon[..., 0])


def test_even_noise_is_even():
    noise = sources.even_noise(256, 0)
    picture = ((noise + 1) * 128).to(torch.uint8).reshape(1, 1, 256, 256)
    assert chi_square(picture, 0.0001).verdict == "pass"


# ---------------------------------------------------------------- the medical networks


def test_the_super_resolver_guesses_pictures_from_every_second_pixel():
    plan = plan_of("logistic_henon_sr", "csrnet")
    real, seen = torch.rand(2, 1, 8, 12), []

    def csrnet(x):
        seen.append(x)
        return torch.zeros_like(real)

    (player,) = plan.players
    loss = player.loss(context({"csrnet": csrnet}, real))
    assert torch.equal(seen[0], real[:, :, ::2, ::2]) and loss == real.abs().mean()


def test_the_codec_plays_lsgan_and_keeps_the_picture():
    plan = plan_of("gan_compression", "codec")
    assert [player.name for player in plan.players] == ["discriminator", "codec"]
    assert next(iter(plan.networks)) == "codec"
    real, slope = torch.rand(5, 2), torch.tensor([1.2, 1.6])
    networks = {"codec": lambda x: x / 2, "discriminator": lambda x: x @ slope}
    found = [player.loss(context(networks, real)) for player in plan.players]
    discriminator, generator = BY_HAND["lsgan"]
    torch.testing.assert_close(found[0], discriminator(real @ slope, real @ slope / 2))
    wanted = 100 * ((real / 2) ** 2).mean() + 0.1 * generator(real @ slope / 2)
    torch.testing.assert_close(found[1], wanted)


def test_the_region_finder_learns_masks():
    scans = images.load("xrays", size=64, count=4, colour=False)
    plan = plan_of("roi_aes", "unet", scans)
    assert torch.equal(plan.data[0], grey_squares(scans))
    assert torch.equal(plan.data[1], scans.masks["lungs"])
    (player,) = plan.players
    logits, truth = torch.randn(2, 1, 8, 8), torch.rand(2, 8, 8) > 0.5
    found = player.loss(context({"unet": lambda x: logits}, logits, truth))
    share, true = torch.sigmoid(logits)[:, 0], truth.float()
    dice = 2 * (share * true).sum() / (share.sum() + true.sum() + 1)
    wanted = binary_cross_entropy_with_logits(logits[:, 0], true) + 1 - dice
    torch.testing.assert_close(found, wanted)


# ---------------------------------------------------------------- what training leaves behind


@pytest.mark.parametrize("name", ["lsgan_rng", "gan_compression"])
def test_a_cipher_that_is_trained_after_use_says_that_its_network_is_another(name):
    system = systems.get(name)
    before = system.fingerprint
    system.train(profile="smoke", steps=1, show="none")
    assert system.fingerprint != before
