"""The medical pipelines [9], [76], [77]: what comes back exactly, what comes back nearly, and what
is refused."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gansec_lib import images, metrics, systems
from gansec_lib.errors import (
    IntegrityError,
    ParameterError,
    TamperedError,
    TruncatedError,
    WrongKeyError,
)
from gansec_lib.images.convert import to_bytes, to_network
from gansec_lib.metrics import quality
from gansec_lib.nets.restore import CompressionGAN, CSRNet, enlarge
from gansec_lib.nets.unet import UNet
from gansec_lib.roles import Ciphertext
from gansec_lib.systems.keygen import roi_aes
from gansec_lib.systems.keygen.gan_compression import SYMBOLS, pack, unpack
from gansec_lib.systems.keygen.logistic_henon_sr import super_resolve

KEY = bytes(range(32))
OTHER = bytes([1]) + KEY[1:]
SHAPES = [(1, 1, 1, 1), (1, 1, 1, 9), (2, 3, 7, 12), (1, 1, 33, 5), (3, 1, 16, 16)]
NAMES = ("logistic_henon_sr", "gan_compression", "roi_aes")


def pictures(shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


def scans(count=1, size=96):
    return images.load("xrays", size=size, count=count, colour=False, split="test").images


def photographs(count=4, size=128, colour=False):
    return images.load("photos", size=size, count=count, colour=colour, split="test").images


def through_a_file(ciphertext):
    return Ciphertext.from_bytes(ciphertext.to_bytes())


# ---------------------------------------------------------------- all three


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_shape_goes_there_and_back(name, shape):
    system = systems.get(name)
    plain = pictures(shape)
    back = system.decrypt(through_a_file(system.encrypt(plain, KEY)), KEY)
    assert back.dtype == torch.uint8 and back.shape == plain.shape
    assert torch.equal(back, plain) or not system.lossless


@pytest.mark.parametrize("name", NAMES)
def test_lossless_says_what_is_true(name):
    assert systems.get(name).lossless is (name != "gan_compression")
    assert systems.get("logistic_henon_sr", transmit="quarter").lossless is False


@pytest.mark.parametrize("name", NAMES)
def test_published_figures_name_conditions_and_source(name):
    for entry in systems.get(name).published.values():
        assert set(entry) == {"value", "conditions", "source"}
        assert isinstance(entry["value"], float) and entry["source"].startswith(
            "survey (Singh et al. 2024), Table 8, row ["
        )


OPTIONS = [
    ("logistic_henon_sr", {"transmit": "quarter", "extraction": "raw", "trained": False}),
    ("gan_compression", {"use_nonce": False}),
    ("roi_aes", {"seed_from": "random", "region": "all", "salted": False, "seed": 2}),
]


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_options_travel(name, options, tmp_path):
    system = systems.get(name, **options)
    assert options.items() <= system.options().items()
    again = type(system).load(system.save(tmp_path / "system.json"))
    assert again.options() == system.options()


BAD = [
    ("logistic_henon_sr", {"transmit": "half"}, "transmit: expected one of"),
    ("gan_compression", {"use_nonce": 1}, "use_nonce: expected a bool"),
    ("roi_aes", {"seed_from": "lungs"}, "seed_from: expected one of"),
    ("roi_aes", {"region": "heart"}, "region: expected one of"),
]


@pytest.mark.parametrize(("name", "options", "message"), BAD)
def test_bad_options_are_refused(name, options, message):
    with pytest.raises(ParameterError, match=message):
        systems.get(name, **options)


@pytest.mark.parametrize("name", NAMES)
def test_files_that_are_cut_or_changed_are_refused(name):
    data = systems.get(name).encrypt(scans(), KEY).to_bytes()
    with pytest.raises(TruncatedError):
        Ciphertext.from_bytes(data[:-40])
    for place in (30, len(data) // 2, len(data) - 1):
        flipped = bytearray(data)
        flipped[place] ^= 4
        with pytest.raises(IntegrityError):
            Ciphertext.from_bytes(bytes(flipped))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_another_system_is_refused(name):
    made = systems.get("aes_gcm").encrypt(scans(), KEY)
    with pytest.raises(IntegrityError, match="made by 'aes_gcm'"):
        systems.get(name).decrypt(made, KEY)


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_nonce_gives_another_ciphertext(name):
    system, plain = systems.get(name), scans()
    first, second = (system.encrypt(plain, KEY) for _ in range(2))
    assert first.nonce != second.nonce
    assert (first.payload != second.payload).double().mean() > 0.1
    nonce = first.nonce
    assert torch.equal(system.encrypt(plain, KEY, nonce).payload, first.payload)


# ---------------------------------------------------------------- [9] a quarter is sent


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_quarter_is_every_second_pixel_exactly(shape):
    system = systems.get("logistic_henon_sr", transmit="quarter")
    plain = pictures(shape)
    made = through_a_file(system.encrypt(plain, KEY))
    kept = plain[:, :, ::2, ::2]
    assert made.payload.numel() == kept.numel()
    assert torch.equal(system.decrypt_small(made, KEY), kept)
    back = system.decrypt(made, KEY)
    assert back.shape == plain.shape and torch.equal(back[:, :, ::2, ::2], kept)


def test_the_quarter_is_a_part_of_the_whole_ciphertext():
    """The receiver of the whole file and the receiver of a quarter share one key schedule."""
    plain, nonce = pictures((2, 1, 9, 14)), bytes(16)
    whole = systems.get("logistic_henon_sr").encrypt(plain, KEY, nonce).as_images()
    quarter = systems.get("logistic_henon_sr", transmit="quarter").encrypt(plain, KEY, nonce)
    assert torch.equal(quarter.as_images(), whole[:, :, ::2, ::2])


@pytest.mark.parametrize("colour", [False, True])
def test_csrnet_beats_bicubic_on_photographs_it_never_saw(colour):
    plain = photographs(colour=colour)
    system = systems.get("logistic_henon_sr", transmit="quarter")
    back = system.decrypt(system.encrypt(plain, KEY), KEY)
    light = to_network(plain[:, :, ::2, ::2].reshape(-1, 1, 64, 64))
    bicubic = to_bytes(enlarge(light).clamp(-1, 1)).reshape(plain.shape)
    for values, margin in ((quality.psnr_values, 0.3), (quality.ssim_values, 0.002)):
        assert values(plain, back).mean() > values(plain, bicubic).mean() + margin
    assert quality.psnr_values(plain, back).mean() > 25


def test_a_flat_picture_stays_nearly_flat():
    small = torch.full((1, 1, 12, 12), 90, dtype=torch.uint8)
    assert (super_resolve(small).int() - 90).abs().max() <= 4


def test_damage_to_the_quarter_is_noticed_or_makes_a_wrong_picture():
    """Not authenticated: only what cannot be true raises (specs say so, ``limits`` too)."""
    system = systems.get("logistic_henon_sr", transmit="quarter")
    plain = scans()
    made = system.encrypt(plain, KEY)
    for size in ("", "9", "a,b", "96,200", "96,96,1", "-1,-1"):
        broken = dataclasses.replace(made, extra=made.extra | {"size": size})
        with pytest.raises(TamperedError, match=r"size|quarter"):
            system.decrypt(broken, KEY)
    with pytest.raises(TamperedError, match="cut or changed"):
        system.decrypt(dataclasses.replace(made, payload=made.payload[:-1]), KEY)
    with pytest.raises(IntegrityError, match="transmit='quarter', opened with transmit='all'"):
        systems.get("logistic_henon_sr").decrypt(made, KEY)
    whole = systems.get("logistic_henon_sr").encrypt(plain, KEY)
    with pytest.raises(IntegrityError, match="transmit='all', opened with transmit='quarter'"):
        system.decrypt(whole, KEY)
    with pytest.raises(IntegrityError, match="the weights differ"):
        systems.get("logistic_henon_sr", transmit="quarter", trained=False).decrypt(made, KEY)
    wrong = system.decrypt_small(made, OTHER)
    assert (wrong == plain[:, :, ::2, ::2]).double().mean() < 0.1
    assert "Not authenticated" in " ".join(system.limits)


def test_components_never_touch_each_other():
    """The price of a quarter that opens alone: a changed pixel changes its own component only."""
    plain = pictures((1, 1, 32, 32))
    twin = plain.clone()
    twin[:, :, 4, 7] ^= 1
    system = systems.get("logistic_henon_sr")
    pair = [system.encrypt(p, KEY, nonce=bytes(16)).as_images() for p in (plain, twin)]
    changed = (pair[0] != pair[1])[0, 0]
    assert changed.sum() == 1 and changed[::2, 1::2].sum() == 1
    related = systems.get("logistic_henon_sr", plaintext_related=True)
    pair = [related.encrypt(p, KEY, nonce=bytes(16)).as_images() for p in (plain, twin)]
    assert metrics.npcr_values(*pair).item() > 98


# ---------------------------------------------------------------- [76] compressed


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 3),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(1, 7)),
    seed=st.integers(0, 2**32 - 1),
)
def test_packing_is_undone(count, shape, seed):
    rng = np.random.default_rng(seed)
    symbols = torch.from_numpy(rng.integers(-2, 3, (count, *shape)).astype(np.int8))
    packed = pack(symbols)
    assert packed.dtype == np.uint8 and packed.max() <= 124
    assert packed.shape == (count, -(-symbols[0].numel() // 3))
    assert torch.equal(unpack(packed, shape), symbols)


def test_bytes_that_stand_for_no_symbols_do_not_stop_it():
    every = np.arange(256, dtype=np.uint8)[None]
    found = unpack(every, (1, 1, 768))
    assert found.min() == -2 and found.max() == 2


@pytest.mark.parametrize("channels", [1, 3])
def test_the_codec_sends_a_quarter_of_the_bytes_and_keeps_the_picture(channels):
    plain = photographs(colour=channels == 3)
    system = systems.get("gan_compression")
    made = through_a_file(system.encrypt(plain, KEY))
    assert made.payload.numel() == plain.numel() / 4
    back = system.decrypt(made, KEY)
    assert quality.psnr_values(plain, back).mean() > 22
    assert quality.ssim_values(plain, back).mean() > 0.7
    blocks = torch.nn.functional.avg_pool2d(plain.float(), 2)
    blocks = torch.nn.functional.interpolate(blocks, scale_factor=2).round().to(torch.uint8)
    assert quality.psnr_values(plain, back).mean() > quality.psnr_values(plain, blocks).mean()


def test_damage_to_the_compressed_bytes():
    system, plain = systems.get("gan_compression"), scans()
    made = system.encrypt(plain, KEY)
    for size in ("", "1,96", "1,96,x", "2,96,96", "1,96,200", "1,0,96", "1,-96,-96"):
        broken = dataclasses.replace(made, extra=made.extra | {"size": size})
        with pytest.raises(TamperedError):
            system.decrypt(broken, KEY)
    with pytest.raises(TamperedError, match="2301 bytes for pictures"):
        system.decrypt(dataclasses.replace(made, payload=made.payload[:-3]), KEY)
    with pytest.raises(TamperedError, match="do not fit"):
        shorter = dataclasses.replace(made, payload=made.payload[:-3], shape=(1, 1, 1, 2301))
        system.decrypt(shorter, KEY)
    with pytest.raises(TamperedError):
        system.decrypt(dataclasses.replace(made, tag=b"a tag"), KEY)
    right, wrong = system.decrypt(made, KEY), system.decrypt(made, OTHER)
    assert quality.psnr_values(plain, right) > quality.psnr_values(plain, wrong) + 10
    assert "Not authenticated" in " ".join(system.limits)


def test_compressed_without_a_nonce_is_a_two_time_pad():
    """The ⊕ of two ciphertexts is the ⊕ of their permuted symbols: zeros where those agree."""
    lab = systems.get("gan_compression", use_nonce=False)
    plain = torch.cat([scans(), scans()])
    first, second = lab.encrypt(plain, KEY).payload.chunk(2)
    assert torch.equal(first, second)
    first, second = systems.get("gan_compression").encrypt(plain, KEY).payload.chunk(2)
    assert (first != second).double().mean() > 0.9


# ---------------------------------------------------------------- [77] region of interest


def test_pixels_outside_the_region_are_in_clear_and_bound_to_it():
    plain, system = scans(2), systems.get("roi_aes")
    made = through_a_file(system.encrypt(plain, KEY))
    inside = system.masks(plain)[:, None]
    shown = made.as_images()
    assert 0.1 < inside.double().mean() < 0.7
    assert torch.equal(shown[~inside], plain[~inside])
    assert (shown[inside] == plain[inside]).double().mean() < 0.02
    assert torch.equal(system.decrypt(made, KEY), plain)
    for region in (~inside, inside):  # changed in clear, changed in cipher: both are refused
        place = region.reshape(-1).nonzero()[7]
        payload = made.payload.clone()
        payload[place] ^= 1
        with pytest.raises(TamperedError, match="header or pixels were changed"):
            system.decrypt(dataclasses.replace(made, payload=payload), KEY)


def flip(text, place=0):
    """Another hexadecimal digit at that place."""
    return text[:place] + f"{int(text[place], 16) ^ 1:x}" + text[place + 1 :]


def test_every_field_of_its_header_is_checked():
    plain, system = scans(2), systems.get("roi_aes")
    made = system.encrypt(plain, KEY)
    with pytest.raises(WrongKeyError, match="does not unwrap"):
        system.decrypt(made, OTHER)
    with pytest.raises(IntegrityError):
        system.decrypt(dataclasses.replace(made, nonce=bytes(12)), KEY)
    with pytest.raises(TamperedError):
        system.decrypt(dataclasses.replace(made, nonce=b""), KEY)
    for name, text in made.extra.items():
        changed = [flip(text, len(text) // 2), text[:-2], "", "zz", text + "00"]
        for value in changed:
            with pytest.raises(IntegrityError):
                system.decrypt(dataclasses.replace(made, extra=made.extra | {name: value}), KEY)
        missing = {key: value for key, value in made.extra.items() if key != name}
        with pytest.raises(TamperedError):
            system.decrypt(dataclasses.replace(made, extra=missing), KEY)
    for shape in ((1, 1, 96, 96), (2, 1, 48, 192), (2, 1, 96, 97), (1, 2, 96, 96)):
        with pytest.raises(IntegrityError):
            system.decrypt(dataclasses.replace(made, shape=shape), KEY)
    with pytest.raises(TamperedError):
        system.decrypt(dataclasses.replace(made, payload=made.payload[:-5]), KEY)


def test_pictures_of_a_batch_cannot_change_places():
    plain, system = scans(2), systems.get("roi_aes", region="all")
    made = system.encrypt(plain, KEY)
    swapped = made.as_images().flip(0).reshape(-1)
    halves = {
        name: made.extra[name][len(made.extra[name]) // 2 :]
        + made.extra[name][: len(made.extra[name]) // 2]
        for name in ("wrapped", "tags")
    }
    with pytest.raises(TamperedError):
        system.decrypt(dataclasses.replace(made, payload=swapped, extra=made.extra | halves), KEY)


def test_a_small_mask_that_unpacks_to_much_is_refused():
    import zlib

    made = systems.get("roi_aes").encrypt(scans(), KEY)
    bomb = zlib.compress(bytes(50_000_000), 9).hex()
    with pytest.raises(TamperedError, match="do not fit"):
        systems.get("roi_aes").decrypt(
            dataclasses.replace(made, extra=made.extra | {"mask": bomb}), KEY
        )


def test_where_the_session_key_comes_from():
    inside = np.arange(50, dtype=np.uint8)
    other, nonce = inside ^ 1, bytes(12)
    published = systems.get("roi_aes")
    assert published.session_key(inside, KEY, nonce) != published.session_key(other, KEY, nonce)
    assert published.session_key(inside, KEY, nonce) == published.session_key(inside, OTHER, nonce)
    assert published.session_key(inside, KEY, nonce) != published.session_key(inside, KEY, KEY[:12])
    lab = systems.get("roi_aes", salted=False)
    assert lab.session_key(inside, KEY, nonce) == lab.session_key(inside, KEY, KEY[:12])
    free = systems.get("roi_aes", seed_from="random")
    assert free.session_key(inside, KEY, nonce) == free.session_key(other, KEY, nonce)
    assert free.session_key(inside, KEY, nonce) != free.session_key(inside, OTHER, nonce)
    assert free.session_key(inside, KEY, nonce, 0) != free.session_key(inside, KEY, nonce, 1)
    assert len(free.session_key(inside, KEY, nonce)) == 32


@pytest.mark.parametrize(
    "switches", [{"seed_from": "random"}, {"trained": False}, {"region": "all"}]
)
def test_every_variant_decrypts_exactly(switches):
    plain = scans(2)
    system = systems.get("roi_aes", **switches)
    made = through_a_file(system.encrypt(plain, KEY))
    assert torch.equal(systems.get("roi_aes").decrypt(made, KEY), plain)  # the key travels


def test_lungs_are_found_where_they_are():
    held = images.load("xrays", size=96, count=24, colour=False, split="test")
    found, truth = roi_aes.lungs(held.images), held.masks["lungs"]
    dice = 2 * (found & truth).sum() / (found.sum() + truth.sum())
    assert dice > 0.9
    assert torch.equal(systems.get("roi_aes").masks(held.images), found), "by the same network"
    colour = held.images[:2].repeat(1, 3, 1, 1)
    assert torch.equal(roi_aes.lungs(colour), found[:2])


def test_nothing_found_means_everything_is_hidden(monkeypatch):
    monkeypatch.setattr(
        roi_aes, "lungs", lambda x, network: torch.zeros(len(x), *x.shape[2:], dtype=torch.bool)
    )
    assert systems.get("roi_aes").masks(pictures((1, 3, 8, 9))).all()


def test_its_generator_can_be_trained():
    system = systems.get("roi_aes", trained=False)
    before = system.session_key(np.zeros(4, np.uint8), KEY, bytes(12))
    system.train(profile="smoke", steps=3, show="none")
    assert system.session_key(np.zeros(4, np.uint8), KEY, bytes(12)) != before
    assert system.options()["trained"]


# ---------------------------------------------------------------- networks and key generators


def test_networks_take_any_size():
    for height, width in ((1, 1), (1, 5), (7, 4), (16, 9)):
        light = torch.zeros(1, 1, height, width)
        assert UNet(1, (4, 8)).eval()(light).shape == light.shape
        assert CSRNet(8, 1)(light).shape == (1, 1, 2 * height, 2 * width)
        assert enlarge(light).shape == (1, 1, 2 * height, 2 * width)
    with pytest.raises(ParameterError, match="widths"):
        UNet(1, (4,))


def test_interpolation_keeps_known_pixels_and_straight_lines():
    rows = torch.linspace(-1, 1, 12).reshape(1, 1, 12, 1).expand(1, 1, 12, 10)
    large = enlarge(rows)
    assert torch.equal(large[:, :, ::2, ::2], rows)
    inner = large[0, 0, 3:-5, 4]
    assert (inner.diff() - 1 / 11).abs().max() < 1e-6


def test_symbols_are_whole_numbers_and_let_gradients_pass():
    net = CompressionGAN(width=4, symbols=SYMBOLS, blocks=1)
    x = torch.rand(1, 1, 16, 16) * 2 - 1
    symbols = net.encode(x)
    assert torch.equal(symbols, symbols.round()) and symbols.abs().max() <= 2
    net(x).square().mean().backward()
    assert net.encoder[0].weight.grad.abs().max() > 0


@pytest.mark.parametrize(
    "name", [n for n in systems.names("KeyGenerator") if systems.find(n).learns]
)
def test_many_keys_together_are_the_same_keys(name):
    keys, nonces = [KEY, OTHER, KEY], [b"a", b"a", b"b"]
    for extraction, n in (("modular", 32), ("raw", 1500)):
        made = systems.get(name, trained=False, extraction=extraction)
        together = made.keystreams(keys, nonces, n)
        alone = [made.keystream(*pair, n) for pair in zip(keys, nonces, strict=True)]
        assert together.shape == (3, n) and torch.equal(together, torch.stack(alone))


def test_many_keys_need_as_many_nonces():
    made = systems.get("keygan_even_noise", trained=False)
    with pytest.raises(ParameterError, match="nonces: expected one for each key, got 1 for 2"):
        made.keystreams([KEY, OTHER], [b"a"], 8)
    with pytest.raises(ParameterError, match="nonces"):
        made.keystreams([], [], 8)
    with pytest.raises(ParameterError, match="n: expected 1 byte"):
        made.keystreams([KEY], [b"a"], 0)
