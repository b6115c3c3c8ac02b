"""Lanes: one definition, three engines, the same bytes; known answers, inverse, refusals."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gansec_lib import chaos
from gansec_lib.chaos import lanes
from gansec_lib.errors import ParameterError
from gansec_lib.metrics import randomness

KEY = bytes(range(32))
NONCE = b"nonce"
SHAPE = (3, 21, 19)  # an odd width: the tenth lane gives one byte; no whole vector registers
KNOWN = {  # sha256 of the key bytes of that shape, the same in every engine, on every machine
    "logistic": "95e74e8ec94856e73f4344af57d02510aa4287ee57dd78f15dbcf102fbf0b187",
    "tent": "e6bba30b6cb527e83542fb42f150c912526d1e93d16e6724665fb9bba9c26ce5",
    "pwlcm": "c1181c8ffab85bb8dba1347b53dcfdeee8a946dad90fe1aefc31f1f38b337cdc",
    "cubic": "b7f6ac2ff0225200b699b9aba28d9cbf7172afc15937513cee5a51ea48faeda3",
    "logistic_tent": "63db0af456ed892fa8f27d514e0f98868a1eaa7f3ca89f64bced73fdd540366e",
    "henon": "90d4f722f752868542a5b6b0136ab7085e49482cc5d35ffda922e302d3c35ac3",
    "coupled_logistic_2d": "0099f57daa09ac548adf5fcb0e76fed28aef5e6edacf154e9cd442f5d1602104",
    "coupled_map_logistic": "878eeda3f00cce2edfe23cede60672cc8bd5c92fc7ffd40275b8749e490e2573",
    "logistic_3d": "4408ccb24875e961692e7b5329757a2b715b4f87fc640abb2f5c2cbc525e23bb",
}


def pictures(*shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


def digest(stream):
    return hashlib.sha256(stream.cpu().numpy().tobytes()).hexdigest()


@pytest.mark.parametrize("engine", lanes.ENGINES)
@pytest.mark.parametrize("name", KNOWN)
def test_known_answers_in_every_engine(name, engine):
    assert digest(chaos.lane_keystream(name, KEY, NONCE, SHAPE, engine)) == KNOWN[name]


@pytest.mark.gpu
@pytest.mark.parametrize("name", KNOWN)
def test_known_answers_on_cuda(name):
    assert digest(chaos.lane_keystream(name, KEY, NONCE, SHAPE, "torch", "cuda")) == KNOWN[name]
    picture = pictures(2, 3, 65, 33)
    on_device = chaos.xor_lanes(picture.cuda(), KEY, NONCE, name, "torch").cpu()
    assert torch.equal(on_device, chaos.xor_lanes(picture, KEY, NONCE, name))


def test_every_portable_map_has_a_known_answer():
    assert set(KNOWN) == {one.name for one in chaos.MAPS.values() if one.portable}


def test_maps_with_sin_agree_on_the_processor_and_torch_refuses_them(name="lasm_2d"):
    compiled = chaos.lane_keystream(name, KEY, NONCE, (1, 9, 7))
    assert torch.equal(compiled, chaos.lane_keystream(name, KEY, NONCE, (1, 9, 7), "python"))
    with pytest.raises(ParameterError, match=r"engine: .* sin or cos"):
        chaos.lane_keystream(name, KEY, NONCE, (1, 9, 7), "torch")


@pytest.mark.parametrize("name", ["logistic", "henon", "logistic_3d"])
def test_a_lane_is_an_orbit_of_its_own(name):
    """The sentence of the module's docstring, lane by lane."""
    stream = chaos.lane_keystream(name, KEY, NONCE, (2, 10, 5)).numpy()
    start = chaos.lane_seeds(name, KEY, NONCE, 2, 5)
    assert start.shape[2] == 3
    for b, lane in np.ndindex(2, 3):
        states = chaos.orbit(name, 10, start=start[b, :, lane], burn=64)[:, 0]
        assert (stream[b, :, 2 * lane] == chaos.to_bytes(states)).all()
        if lane < 2:
            next_byte = np.floor(np.abs(states) * 2.0**32) % 256
            assert (stream[b, :, 2 * lane + 1] == next_byte).all()


def test_wide_pictures_are_cut_into_blocks_that_cannot_be_seen():
    """Wider than a block, with a rest: numba's blocks against torch's whole rows."""
    shape = (2, 5, 2 * (2 * lanes.BLOCK + 37))
    for name in ("logistic", "henon", "logistic_3d"):
        stream = chaos.lane_keystream(name, KEY, NONCE, shape)
        assert torch.equal(stream, chaos.lane_keystream(name, KEY, NONCE, shape, "torch"))
        for threads in (2, 3, 50):
            again = chaos.lane_keystream(name, KEY, NONCE, shape, threads=threads)
            assert torch.equal(stream, again)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["logistic", "pwlcm", "henon", "logistic_3d"]),
    engine=st.sampled_from(["numba", "torch"]),
    n=st.integers(1, 3),
    channels=st.sampled_from([None, 1, 3]),
    height=st.integers(1, 40),
    width=st.integers(1, 70),
    in_place=st.booleans(),
    seed=st.integers(0, 10),
)
def test_twice_is_the_picture_again(name, engine, n, channels, height, width, in_place, seed):
    shape = (n, height, width) if channels is None else (n, channels, height, width)
    picture = pictures(*shape, seed=seed)
    kept = picture.clone()
    stream = chaos.lane_keystream(name, KEY, NONCE, shape, engine)
    out = picture if in_place else None
    cipher = chaos.xor_lanes(picture, KEY, NONCE, name, engine, out=out)
    assert torch.equal(cipher, kept ^ stream) and cipher.shape == shape
    assert (cipher is picture) == in_place
    assert torch.equal(chaos.xor_lanes(cipher, KEY, NONCE, name, engine), kept)
    assert in_place or torch.equal(picture, kept), "the caller's picture was written to"


def test_memory_that_begins_at_an_odd_address():
    """torch may start a picture anywhere; the compiled loop wants whole pairs of bytes."""
    memory, width = pictures(200), 6
    picture = memory[1 : 1 + 5 * width].view(1, 5, width)
    expected = picture ^ chaos.lane_keystream("logistic", KEY, NONCE, picture.shape)
    assert torch.equal(chaos.xor_lanes(picture, KEY, NONCE), expected)
    out = torch.zeros(200, dtype=torch.uint8)[101 : 101 + 5 * width].view(1, 5, width)
    assert torch.equal(chaos.xor_lanes(picture, KEY, NONCE, out=out), expected)
    assert torch.equal(chaos.xor_lanes(picture, KEY, NONCE, out=picture), expected)


def test_strided_pictures_and_buffers():
    whole = pictures(2, 3, 12, 12)
    for view in (whole.transpose(2, 3), whole[:, :, ::2], whole[:, :1].expand(2, 3, 12, 12)):
        expected = view.contiguous() ^ chaos.lane_keystream("tent", KEY, NONCE, view.shape)
        assert torch.equal(chaos.xor_lanes(view, KEY, NONCE, "tent"), expected)
    out = torch.empty_like(whole)
    assert chaos.xor_lanes(whole.transpose(2, 3), KEY, NONCE, out=out) is out
    turned = whole.transpose(2, 3)  # the memory of ``whole`` itself, read another way
    assert torch.equal(chaos.xor_lanes(turned, KEY, NONCE, out=whole), out)


def test_everything_matters_and_pictures_do_not_depend_on_the_batch():
    base = chaos.lane_keystream("logistic", KEY, NONCE, (4, 64, 48))
    for other in (
        chaos.lane_keystream("logistic", KEY[:-1] + b"x", NONCE, (4, 64, 48)),
        chaos.lane_keystream("logistic", KEY, b"nonc2", (4, 64, 48)),
        chaos.lane_keystream("cubic", KEY, NONCE, (4, 64, 48)),
        chaos.lane_keystream("logistic", KEY, NONCE, (4, 64, 48), params={"r": 3.999}),
        base.roll(1, 0),
        base.roll(1, 1),
        base.roll(1, 2),
    ):
        same = (base == other).float().mean()
        assert abs(float(same) - 1 / 256) < 5 * (1 / 256 / base.numel()) ** 0.5
    assert torch.equal(base[:2], chaos.lane_keystream("logistic", KEY, NONCE, (2, 64, 48)))
    colour = chaos.lane_keystream("logistic", KEY, NONCE, (2, 2, 64, 48))
    assert torch.equal(base.view(2, 2, 64, 48), colour)


@pytest.mark.parametrize("name", KNOWN)
def test_starting_points_are_inside_and_no_lane_rests(name):
    """10,000 lanes: after the burn-in each goes on moving, and no two columns are alike."""
    start = chaos.lane_seeds(name, KEY, NONCE, 20, 1000)
    for k, (low, high) in enumerate(chaos.get(name).start):
        assert ((start[:, k] > low) & (start[:, k] < high)).all()
    assert len(np.unique(start[:, 0])) == 10_000
    stream = chaos.lane_keystream(name, KEY, NONCE, (20, 24, 1000)).numpy()
    columns = stream.transpose(0, 2, 1).reshape(20_000, 24)
    assert len(np.unique(columns, axis=0)) == 20_000
    moves = (np.diff(columns.astype(int), axis=1) != 0).sum(1)
    assert moves.min() >= 17  # of 23; by chance six and more repeats come once in 10⁹ lanes


def test_points_that_lead_to_fixed_points_are_moved():
    words = np.array([[[0, -1, (1 << 63) - 1, -(1 << 63)]]], np.int64)
    found = lanes.place(words, 0.0, 1.0)
    assert (found > 0).all() and (found < 1).all()
    half = np.int64(2**62)  # unit 1/4 + 2⁻⁵³; an interval shifted down puts it on 1/4 itself
    for weak in (0.25, 0.5, 0.75):
        moved = lanes.place(half, weak - 0.25 - 2.0**-53, 1.0)
        assert moved == weak + 2.0**-20
        orbit = chaos.orbit("logistic", 200, start=[moved], params={"r": 4.0}, burn=64)
        assert len(np.unique(orbit)) == 200, "it came to rest"


@pytest.mark.parametrize("name", ["logistic", "pwlcm", "henon"])  # all: benchmarks/chaos_speed.py
def test_key_bytes_pass_the_battery_by_rows_and_by_columns(name):
    stream = chaos.lane_keystream(name, KEY, NONCE, (4, 400, 250)).numpy()
    for data in (stream, stream.transpose(0, 2, 1)):
        found = randomness.battery([one.tobytes() for one in data])
        assert found.passed, found.final_analysis()


def test_the_battery_sees_a_slope_of_five_down_a_column():
    """Why ``PARAMS`` has another p than the table for pwlcm: b' − 5 b is 0 to 4 too often."""
    stream = chaos.lane_keystream("pwlcm", KEY, NONCE, (1, 400, 250), params={"p": 0.3}).numpy()
    above, below = stream[0, :-1].astype(int), stream[0, 1:].astype(int)
    counts = np.bincount(((below - 5 * above) % 256).reshape(-1), minlength=256)
    assert counts[:5].sum() > 0.15 * counts.sum()  # 0.02 by chance
    assert not randomness.battery(stream.transpose(0, 2, 1).tobytes(), ["serial"]).passed
    assert randomness.battery(stream.tobytes(), ["serial"]).passed  # rows are other lanes


def test_lanes_that_leave_for_infinity_are_refused():
    henon = chaos.get("henon")
    words = lanes._words(henon, KEY, NONCE, 1, 8)
    blank = torch.zeros(1, 6, 8, dtype=torch.uint8)
    with pytest.raises(ParameterError, match="infinity"):
        lanes._torch_lanes(henon, (9.0, 0.3), words, blank, blank)
    with pytest.raises(ParameterError, match="infinity"):
        lanes._numba_lanes(henon, (9.0, 0.3), words, blank, blank, 1)


def lane_found_by_trying(words, r):
    """Candidates for the first state of a logistic lane, from what it shows in some 40 steps.

    A step shows the bits 24 to 40 of the state. Each of the 2²⁴ numbers above them predicts the
    next step's bits to within 4, so that three steps leave one path. Going back along it, by the
    root that lies near, errors shrink at every step, until only the last bits are open.
    """
    paths = []
    for tops in np.split(np.arange(2**24, dtype=np.int64), 16):
        path = [(tops << 16) + words[0]]
        for word in words[1:]:
            x = (path[-1] + 0.5) * 2.0**-40
            predicted = (r * x * (1 - x) * 2.0**40).astype(np.int64)
            gap = (word - predicted + 2**15) % 2**16 - 2**15
            keep = np.abs(gap) <= 4
            path = [one[keep] for one in path] + [(predicted + gap)[keep]]
        paths += list(np.array(path).T)
    assert len(paths) == 1
    places = (paths[0] + 0.5) * 2.0**-40
    x = places[-1]
    for near in places[-2::-1]:
        root = np.sqrt(max(0.0, 1 - 4 * x / r))
        x = min((1 - root) / 2, (1 + root) / 2, key=lambda one: abs(one - near))
    return np.unique(x + np.arange(-256, 257) * 2.0**-54)


def test_some_rows_of_a_lane_give_the_rest_away():
    """The limit that ``chaos_lanes`` states: 53 bits of state, 16 of them shown in every step."""
    stream = chaos.lane_keystream("logistic", KEY, NONCE, (1, 200, 8)).numpy()[0, :, 4:6]
    words = stream[:, 0].astype(np.int64) + 256 * stream[:, 1].astype(np.int64)
    (r,) = chaos.get("logistic").values()
    for x in lane_found_by_trying(words[:40], r):
        later = chaos.orbit("logistic", 199, start=[x], burn=0)[:, 0]
        shown = (np.concatenate([[x], later]) * 2.0**40).astype(np.int64) & 0xFFFF
        if (shown[:40] == words[:40]).all():
            break
    assert (shown == words).all(), "also the 160 rows that the attacker did not know"


BLANK = torch.zeros(2, 4, 6, dtype=torch.uint8)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"images": BLANK.float()}, "images: expected a uint8 tensor, got torch.float32"),
        ({"images": BLANK.numpy()}, "images: expected a uint8 tensor, got ndarray"),
        ({"images": BLANK[0]}, r"images: .* got \(4, 6\)"),
        ({"images": BLANK[:0]}, r"images: .* got \(0, 4, 6\)"),
        ({"key": b"short"}, "key: expected 16 bytes or more, got 5 bytes"),
        ({"key": "k" * 32}, "key: expected 16 bytes or more, got str"),
        ({"nonce": "nonce"}, "nonce: expected bytes, got str"),
        ({"name": "logistics"}, "did you mean 'logistic'"),
        ({"name": "lorenz"}, "name: expected a map, got the flow 'lorenz'"),
        ({"engine": "cuda"}, "engine: expected one of"),
        ({"params": {"r": 3.83}}, "period 3"),
        ({"threads": 0}, "threads: expected 1 or more, got 0"),
        ({"out": BLANK[:1].clone()}, "out: expected a contiguous uint8 tensor"),
        ({"out": BLANK.transpose(1, 2)}, "out: expected a contiguous"),
        ({"out": "buffer"}, "out: expected a contiguous"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    right = {"images": BLANK.clone(), "key": KEY, "nonce": NONCE}
    with pytest.raises(ParameterError, match=words):
        chaos.xor_lanes(**(right | arguments))


def test_overlapping_buffers_wrong_shapes_and_absent_devices_are_named():
    memory = torch.zeros(60, dtype=torch.uint8)
    with pytest.raises(ParameterError, match=r"out: .* overlap"):
        chaos.xor_lanes(memory[:48].view(2, 4, 6), KEY, NONCE, out=memory[12:].view(2, 4, 6))
    for shape in ((4, 6), (1, 0, 6), (1, 4.0, 6), (1, 1, 1, 4, 6)):
        with pytest.raises(ParameterError, match="shape: expected"):
            chaos.lane_keystream("logistic", KEY, NONCE, shape)
    for device in ("meta", "nowhere"):
        with pytest.raises(ParameterError, match="device"):
            chaos.lane_keystream("logistic", KEY, NONCE, (1, 4, 6), "torch", device)


def test_the_package_loads_without_numba_and_torch():
    code = "import sys, gansec_lib.chaos; print({'numba', 'torch', 'numpy'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
