"""The key generators: exact arithmetic, the same bytes everywhere, and the ciphers around them."""

import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gansec_lib import metrics, systems
from gansec_lib.errors import DataMissingError, IntegrityError, ParameterError
from gansec_lib.metrics import randomness
from gansec_lib.nets.resnet import PatchDiscriminator, ResnetGenerator
from gansec_lib.nets.sequences import KINDS, DenseGenerator, MatrixGenerator, WaveGenerator
from gansec_lib.roles import Ciphertext
from gansec_lib.systems.keygen import exact, sources
from gansec_lib.systems.keygen.gan_cipher import GanCipher
from gansec_lib.systems.keygen.image_keys import secret_pictures
from gansec_lib.systems.keygen.key_gan import digest_of, extract, fresh_weights, latents

KEY = bytes(range(32))
NAMES = [name for name in systems.names("Cipher") if issubclass(systems.find(name), GanCipher)]
GENERATORS = [name for name in systems.names("KeyGenerator") if systems.find(name).learns]
SIX = "keygan_six_systems"


def pictures(shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


# ---------------------------------------------------------------- networks


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_deepkeygens_generator_has_the_patents_size():
    assert count(ResnetGenerator(3, 64, 6)) == 7_837_699
    assert PatchDiscriminator(3)(torch.zeros(1, 3, 256, 256)).shape == (1, 1, 30, 30)


@pytest.mark.parametrize("kind", KINDS)
def test_generator_and_discriminator_fit(kind):
    make, make_other = KINDS[kind]
    generator, discriminator = make(), make_other()
    made = generator.eval()(torch.zeros(3, generator.latent))
    assert made.shape == (3, generator.size) and made.abs().max() <= 1
    assert discriminator(made).shape == (3, 1)


def test_matrix_generator_has_the_papers_channels():
    wide = [m.out_channels for m in MatrixGenerator() if isinstance(m, nn.ConvTranspose2d)]
    assert wide == [128, 64, 1]


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ParameterError, match="size: expected 16 times a power of two, got 200"):
        WaveGenerator(200)
    with pytest.raises(ParameterError, match="size: expected 1024"):
        MatrixGenerator(256)
    with pytest.raises(ParameterError, match="width: expected a whole number"):
        ResnetGenerator(1, width=0)


# ---------------------------------------------------------------- exact arithmetic

NETWORKS = {
    "dense": (lambda: DenseGenerator(64, (32, 48)), (5, 100)),
    "wave": (lambda: WaveGenerator(64, 8), (5, 100)),
    "matrix": (lambda: MatrixGenerator(width=4), (5, 100)),
    "resnet": (lambda: ResnetGenerator(1, 8, 2), (2, 1, 32, 48)),
}


def network_and_input(name):
    make, shape = NETWORKS[name]
    network = fresh_weights(make(), 1)
    with torch.no_grad():
        for parameter in network.parameters():  # as large as trained ones
            if parameter.ndim > 1:
                parameter.mul_(5)
    rng = torch.Generator().manual_seed(2)
    return network, torch.randn(shape, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("name", NETWORKS)
def test_exact_is_close_to_the_float_network(name):
    network, x = network_and_input(name)
    found = exact.run(network, x)
    truth = network.double()(x)
    assert found.dtype == torch.float64
    assert (found - truth).abs().mean() < (0.02 if name == "resnet" else 0.002)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_order_of_sums_changes_a_bit(name):
    """Threads, batches, and the channels of a hidden layer in another order."""
    network, x = network_and_input(name)
    once = exact.run(network, x)
    try:
        torch.set_num_threads(2)
        assert torch.equal(exact.run(network, x), once)
    finally:
        torch.set_num_threads(1)
    assert torch.equal(torch.cat([exact.run(network, row[None]) for row in x]), once)
    if name == "dense":
        order = torch.randperm(32, generator=torch.Generator().manual_seed(3))
        first, norm, second = network[0], network[1], network[3]
        with torch.no_grad():
            for tensor in (first.weight, first.bias, norm.weight, norm.bias):
                tensor.copy_(tensor[order])
            for tensor in (norm.running_mean, norm.running_var):
                tensor.copy_(tensor[order])
            second.weight.copy_(second.weight[:, order])
        assert torch.equal(exact.run(network, x), once)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_bytes_on_a_gpu(name):
    network, x = network_and_input(name)
    once = exact.run(network, x)
    assert torch.equal(exact.run(network.cuda(), x.cuda()).cpu(), once)


def test_layers_and_weights_that_cannot_be_exact_are_refused():
    with pytest.raises(ParameterError, match="Sigmoid has no exact form"):
        exact.run(nn.Sequential(nn.Sigmoid()), torch.zeros(1, 2))
    large = nn.Linear(4, 4)
    with torch.no_grad():
        large.weight.fill_(1e6)
    with pytest.raises(ParameterError, match="the exact grid holds"):
        exact.run(nn.Sequential(large), torch.full((1, 4), 100.0))


def test_known_answers():
    """Bytes that must never change: any machine that makes others makes other keys."""
    stream = systems.get(SIX, trained=False).keystream(KEY, b"nonce", 4096)
    assert digest_of(stream)[:32] == "30908b27f40931b7c308ba45a51e1b2b"
    picture = secret_pictures(KEY, 2, 20, 36)
    assert (
        hashlib.sha256(picture.numpy().tobytes()).hexdigest()[:32]
        == "987719b881ada6afec18419d9dddba9b"
    )


def test_latents_are_nearly_normal_and_on_the_grid():
    z = latents(KEY, 400, 100)
    assert torch.equal(exact.on_grid(z, 16), z)
    assert abs(z.mean()) < 0.02 and abs(z.std() - 1) < 0.02 and z.abs().max() <= 6
    kurtosis = ((z / z.std()) ** 4).mean()
    assert abs(kurtosis - 2.9) < 0.1  # twelve uniform numbers: 3 − 1.2/12


# ---------------------------------------------------------------- extraction and sources


def test_extraction_by_hand():
    y = torch.tensor([-1.0, -0.5, 0.0, 0.25, 0.999999, 1.0, 2.56e-8], dtype=torch.float64)
    assert extract(y, "raw").tolist() == [0, 64, 128, 160, 255, 255, 128]
    wanted = [int(np.floor(abs(v) * 1e10)) % 256 for v in y.tolist()]
    assert extract(y, "modular").tolist() == wanted
    with pytest.raises(ParameterError, match="extraction: expected one of"):
        extract(y, "low")


@pytest.mark.parametrize("name", GENERATORS)
def test_sources_are_windows_in_range(name):
    kind = systems.find(name)
    if not hasattr(kind, "source"):
        pytest.skip("its source are pictures")
    rows = kind.source(40, 3)
    assert rows.shape == (40, kind.size) and rows.dtype == torch.float32
    assert rows.abs().max() <= 1 and rows.std() > 0.2
    assert torch.equal(rows, kind.source(40, 3)) and not torch.equal(rows, kind.source(40, 4))


def test_a_logistic_window_obeys_its_map():
    x = (logistic := sources.logistic_family(5, 1).double() + 1) / 2
    assert logistic.min() >= 0
    rate = x[:, 1:] / (x[:, :-1] * (1 - x[:, :-1]))
    middle = rate.median(dim=1).values
    assert ((middle >= 3.9) & (middle < 4.0)).all()
    assert ((rate - middle[:, None]).abs().median(dim=1).values < 1e-4).all()


# ---------------------------------------------------------------- key generators


def test_a_key_is_what_its_digest_says():
    keys = systems.get(SIX, trained=False)
    stream = keys.keystream(KEY, b"n", 1000)
    assert torch.equal(keys.keystream(KEY, b"n", 1000, digest_of(stream)), stream)
    assert torch.equal(keys.keystream(KEY, b"n", 600), stream[:600])
    for other in ((KEY, b"m"), (bytes([1]) + KEY[1:], b"n")):
        changed = keys.keystream(*other, 1000)
        assert (changed == stream).double().mean() < 0.02
        with pytest.raises(IntegrityError, match="digest: the key made here has SHA-256"):
            keys.keystream(*other, 1000, digest_of(stream))
    with pytest.raises(IntegrityError):
        systems.get(SIX, trained=False, seed=1).keystream(KEY, b"n", 1000, digest_of(stream))
    held = systems.get(SIX, trained=False, use_nonce=False)
    assert torch.equal(held.keystream(KEY, b"n", 100), held.keystream(KEY, b"m", 100))


def test_missing_weights_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("GANSEC_DATA", str(tmp_path))
    with pytest.raises(DataMissingError, match=r"make_weights\.py keygan_six_systems_0"):
        _ = systems.get(SIX).generator
    with pytest.raises(DataMissingError, match="no weights of the paper's size"):
        _ = systems.get(SIX, paper_size=True).generator


@pytest.mark.parametrize("name", GENERATORS)
def test_modular_extraction_passes_with_and_without_training_and_raw_fails(name):
    """Specs §0.3: the extractor makes the bytes look random, not the training."""
    for trained in (True, False):
        for extraction, passes in (("modular", True), ("raw", False)):
            keys = systems.get(name, trained=trained, extraction=extraction)
            stream = keys.keystream(KEY, b"nonce", 40_000)
            picture = stream.reshape(1, 1, 200, 200)
            assert (metrics.chi_square(picture, 0.0001).verdict == "pass") is passes
            if passes:
                battery = randomness.battery(np.unpackbits(stream.numpy()), alpha=0.001)
                failed = [test for test in randomness.TESTS if battery.verdict(test) is False]
                assert len(failed) <= 1, failed  # one may fail by chance


def test_training_repeats_itself_and_changes_the_key():
    runs = [systems.get(SIX, trained=False).train(profile="smoke", show="none") for _ in range(2)]
    streams = [keys.keystream(KEY, b"n", 500) for keys in runs]
    assert torch.equal(*streams)
    twin = systems.get(SIX, trained=False).keystream(KEY, b"n", 500)
    assert not torch.equal(streams[0], twin)
    with pytest.raises(ParameterError, match="profile: expected one of"):
        runs[0].train(profile="huge")


# ---------------------------------------------------------------- ciphers

SHAPES = [(1, 1, 1, 1), (2, 3, 7, 12), (1, 1, 33, 5), (1, 3, 32, 64), (3, 1, 16, 16)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_decryption_is_exact(name, shape):
    plain = pictures(shape)
    for switches in ({}, {"plaintext_related": True}, {"use_nonce": False}, {"extraction": "raw"}):
        cipher = systems.get(name, **({"trained": False} | switches))
        made = Ciphertext.from_bytes(cipher.encrypt(plain, KEY).to_bytes())
        assert torch.equal(cipher.decrypt(made, KEY), plain), switches


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    value=st.sampled_from([None, 0, 255]),
)
def test_any_picture_comes_back(name, channels, height, width, value):
    plain = pictures((1, channels, height, width))
    if value is not None:
        plain = torch.full_like(plain, value)
    cipher = systems.get(name, trained=False)
    assert torch.equal(cipher.decrypt(cipher.encrypt(plain, KEY), KEY), plain)


@pytest.mark.parametrize("name", NAMES)
def test_trained_weights_decrypt_and_wrong_keys_do_not(name):
    plain = pictures((1, 1, 48, 32))
    cipher = systems.get(name)
    made = cipher.encrypt(plain, KEY)
    assert torch.equal(cipher.decrypt(made, KEY), plain)
    if not cipher.plaintext_related:
        wrong = cipher.decrypt(made, bytes([KEY[0] ^ 1]) + KEY[1:])
        assert (wrong == plain).double().mean() < 0.1


@pytest.mark.parametrize("name", NAMES)
def test_another_generator_is_refused_and_never_decrypts_wrongly(name):
    made = systems.get(name, trained=False).encrypt(pictures((1, 1, 16, 16)), KEY)
    for other in ({"trained": False, "seed": 1}, {"trained": True}):
        with pytest.raises(IntegrityError, match="the weights differ"):
            systems.get(name, **other).decrypt(made, KEY)
    cipher = systems.get(name, trained=False)
    cipher.fingerprint = cipher.fingerprint[:16] + "0" * 16  # a machine that computes otherwise
    with pytest.raises(IntegrityError, match="this machine computes another key"):
        cipher.decrypt(made, KEY)


@pytest.mark.parametrize("name", NAMES)
def test_the_nonce_is_what_keeps_two_pictures_apart(name):
    plain = pictures((1, 1, 24, 24)).repeat(2, 1, 1, 1)
    cipher = systems.get(name, trained=False)
    first, second = cipher.encrypt(plain, KEY).as_images()
    assert not torch.equal(first, second)
    lab = systems.get(name, trained=False, use_nonce=False)
    first, second = lab.encrypt(plain, KEY).as_images()
    assert torch.equal(first, second)
    assert torch.equal(lab.encrypt(plain, KEY).payload, lab.encrypt(plain, KEY).payload)


@pytest.mark.parametrize("name", NAMES)
def test_related_to_the_picture_means_every_figure_in_its_window(name):
    """Specs §22: only variants that depend on the picture can pass the differential test."""
    size = 96 if name in ("deepkeygen", "blockchain_gan", "medical_hash") else 128
    plain = pictures((2, 1, size, size), 5)
    twin = plain.clone()
    twin[:, :, 40, 50] ^= 1
    cipher = systems.get(name, plaintext_related=True, extraction="modular")
    pair = [cipher.encrypt(p, KEY, nonce=bytes(16)).as_images() for p in (plain, twin)]
    for metric in (
        metrics.entropy(pair[0], 0.0001),
        metrics.chi_square(pair[0], 0.0001),
        *(metrics.adjacent_correlation(pair[0], d, 0.0001) for d in metrics.DIRECTIONS),
        metrics.npcr(*pair, 0.0001),
        metrics.uaci(*pair, 0.0001),
    ):
        assert metric.verdict == "pass", metric


@pytest.mark.parametrize("name", ["deepkeygen", "blockchain_gan"])
def test_exclusive_or_cannot_move_npcr(name):
    plain = pictures((1, 1, 32, 32), 5)
    twin = plain.clone()
    twin[:, :, 3, 4] ^= 1
    cipher = systems.get(name, trained=False)
    pair = [cipher.encrypt(p, KEY, nonce=bytes(16)).as_images() for p in (plain, twin)]
    assert metrics.npcr_values(*pair).item() == pytest.approx(100 / 32**2)


def test_options_travel():
    cipher = systems.get("lsgan_rng", trained=False, plain_feedback=True, extraction="raw")
    assert systems.get("lsgan_rng", **cipher.options()).options() == cipher.options()
    with pytest.raises(ParameterError, match="trained: expected a bool"):
        systems.get("lsgan_rng", trained="no")
    with pytest.raises(ParameterError, match="use_nonce: expected a bool"):
        systems.get("deepkeygen", use_nonce=1)


def test_medical_hash_saves_bytes_only_before_encryption():
    from gansec_lib import images

    scans = images.load("xrays", size=128, count=2, colour=False).images
    cipher = systems.get("medical_hash", trained=False)
    after = cipher.compressed_bytes(scans, KEY)
    before = cipher.compressed_bytes(scans, KEY, "compress_then_encrypt")
    assert after >= scans.numel() > 1.5 * before
    with pytest.raises(ParameterError, match="order: expected one of"):
        cipher.compressed_bytes(scans, KEY, "never")


def test_equal_pictures_show_equal_hashes_only_without_a_nonce():
    plain = pictures((1, 1, 9, 9)).repeat(2, 1, 1, 1)
    for use_nonce in (True, False):
        cipher = systems.get("chen_plaintext", trained=False, use_nonce=use_nonce)
        shown = [cipher.encrypt(plain, KEY).extra["hashes"] for _ in range(2)]
        parts = {text[i : i + 64] for text in shown for i in (0, 64)}
        assert len(parts) == (4 if use_nonce else 1)
