"""Maps and flows: the same bits in both engines, the exponents of the literature, refusals."""

import hashlib

import numpy as np
import pytest

from gansec_lib import chaos
from gansec_lib.errors import ParameterError

NAMES = [*chaos.MAPS, *chaos.FLOWS]
KEY = bytes(range(32))

# Largest exponents as the specifications list them: name -> (parameters, exponents, tolerance)
EXPONENTS = {
    "logistic": ({"r": 4.0}, [0.693], 0.01),
    "tent": ({}, [0.693], 0.01),
    "pwlcm": ({}, [1.367], 0.03),
    "sine": ({"r": 1.0}, [0.689], 0.02),
    "cubic": ({}, [0.650], 0.02),
    "chebyshev": ({}, [1.386], 0.01),
    "icmic": ({}, [2.71], 0.05),
    "logistic_tent": ({"r": 2.0}, [0.678], 0.02),
    "logistic_sine": ({}, [0.704], 0.02),
    "henon": ({}, [0.425, -1.629], 0.02),
    "coupled_logistic_2d": ({}, [0.311, 0.066], 0.04),
    "coupled_map_logistic": ({}, [0.509, 0.439], 0.03),
    "logistic_3d": ({}, [0.425, 0.397, 0.352], 0.03),
    "slmm_2d": ({}, [0.462, 0.169], 0.03),
    "lasm_2d": ({}, [1.075, 0.674], 0.08),
    "lscm_2d": ({}, [1.301, 1.263], 0.04),
    "lorenz": ({}, [0.85, 0.0, -14.5], 0.2),
    "chen": ({}, [2.05, 0.0, -12.1], 0.3),
    "lu": ({}, [1.3, 0.0, -20.3], 0.3),
    "hyper_chen": ({}, [0.557, 0.195, 0.0, -26.2], 0.2),
    "hyper_lorenz": ({}, [0.44, 0.20, 0.0, -15.3], 0.2),
    "hyper_lorenz_5d": ({}, [0.46, 0.29, 0.07, 0.0, -12.4], 0.2),
}
DIVERGENCE = {  # sum of all exponents: the trace of the Jacobian, constant for these flows
    "lorenz": -10 - 1 - 8 / 3,
    "chen": -35 - 3 + 28,
    "lu": -36 - 3 + 20,
    "hyper_chen": -35 + 12 - 3 + 0.5,
    "hyper_chen_gao": -36 + 28 - 3,
    "hyper_lorenz": -10 - 1 - 8 / 3 - 1,
    "hyper_lu": -36 + 20 - 3 + 1,
    "hyper_lorenz_5d": -10 - 1 - 8 / 3 + 2,
}
KNOWN = {  # sha256 of 1,000 key bytes; polynomial maps and flows give the same everywhere
    "logistic": "7cd13a4bada17a96e4a84fb3278c17797050b870f26d7747fe803eda5310dae7",
    "henon": "12bd0e28942f692e667260ba8decb377600b7d1267dc559fcff105c0af14851e",
    "hyper_chen": "a0054e64b57baba31d851bd4724646a12090e07c13dc88ae4e0c97ed4f385e13",
}


@pytest.mark.parametrize("name", NAMES)
def test_plain_python_and_numba_give_the_same_bits(name):
    compiled = chaos.orbit(name, 40, burn=60)
    assert compiled.tobytes() == chaos.orbit(name, 40, burn=60, engine="python").tobytes()
    assert compiled.shape == (40, chaos.get(name).dimension) and np.isfinite(compiled).all()


@pytest.mark.parametrize("name", NAMES)
def test_orbits_stay_in_their_ranges_from_any_seed(name):
    low, high = np.array(chaos.get(name).ranges).T
    for start in chaos.seeds(name, KEY, b"ranges", count=5):
        states = chaos.orbit(name, 3000, start=start)
        assert (states >= low - 0.05).all() and (states <= high + 0.05).all()
        assert (states.std(0) > 1e-3).all(), "it came to rest"


@pytest.mark.parametrize("name", EXPONENTS)
def test_lyapunov_exponents(name):
    params, expected, tolerance = EXPONENTS[name]
    found = chaos.lyapunov(name, params, steps=20_000)
    assert found[: len(expected)] == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("name", DIVERGENCE)
def test_exponents_of_a_flow_sum_to_its_divergence(name):
    assert chaos.lyapunov(name, steps=4000).sum() == pytest.approx(DIVERGENCE[name], abs=0.1)


@pytest.mark.parametrize("name", KNOWN)
def test_known_answers(name):
    stream = chaos.keystream(name, KEY, b"nonce", 1000)
    assert hashlib.sha256(stream.tobytes()).hexdigest() == KNOWN[name]


@pytest.mark.parametrize("name", ["logistic", "henon", "hyper_chen"])
def test_the_one_pass_gives_the_bytes_of_the_states(name):
    """Lengths around the buffer's, and ends inside a state."""
    start = chaos.seeds(name, KEY, b"nonce")[0]
    d = chaos.get(name).dimension
    states = chaos.orbit(name, 2100, start=start)
    for n in (1, d + 1, 1024 * d - 1, 1024 * d, 1024 * d + 1, 2048 * d + 1):
        stream = chaos.keystream(name, KEY, b"nonce", n)
        assert (stream == chaos.to_bytes(states).reshape(-1)[:n]).all() and len(stream) == n


@pytest.mark.parametrize("name", ["logistic", "pwlcm", "henon", "chen", "hyper_chen"])
def test_key_bytes_are_flat_and_depend_on_everything(name):
    stream = chaos.keystream(name, KEY, b"nonce", 200_000)
    counts = np.bincount(stream, minlength=256)
    chi = ((counts - len(stream) / 256) ** 2 / (len(stream) / 256)).sum()
    assert 170 < chi < 360  # 255 on average, beyond these in 1 of 10^5
    others = (
        chaos.keystream(name, KEY[:-1] + b"x", b"nonce", 1000),
        chaos.keystream(name, KEY, b"nonc2", 1000),
        chaos.keystream(name, KEY, b"nonce", 1000, index=1),
    )
    for other in others:
        assert 0 <= (other == stream[:1000]).sum() < 20
    assert (chaos.keystream(name, KEY, b"nonce", 77) == stream[:77]).all()


def test_raw_bytes_keep_the_density_and_extracted_ones_do_not():
    states = chaos.orbit("logistic", 100_000)
    chi = {}
    for rule in ("raw", "decimal5", "decimal14", "binary40"):
        counts = np.bincount(chaos.to_bytes(states, rule).reshape(-1), minlength=256)
        chi[rule] = ((counts - 100_000 / 256) ** 2 / (100_000 / 256)).sum()
    assert chi["raw"] > 50_000 and chi["decimal5"] > 400
    assert chi["decimal14"] < 350 and chi["binary40"] < 350


def test_float32_falls_into_a_short_cycle_and_float64_does_not():
    found = [chaos.find_cycle("logistic", x, {"r": 3.99}) for x in (0.1, 0.37, 0.61)]
    assert all(tail + period < 65_536 for tail, period in found)
    assert max(period for _, period in found) <= 3601
    assert chaos.find_cycle("logistic", 0.37, {"r": 3.99}, "float64", limit=50_000) is None
    assert chaos.find_cycle("tent", 0.37, {"mu": 2.0}, "float64") == (54, 1)


def test_bifurcation_shows_one_two_and_many_branches():
    r, x = chaos.bifurcation("logistic", "r", [2.8, 3.2, 3.9], keep=64)
    assert r.shape == x.shape == (192,)
    branches = [len(np.unique(x[r == value].round(6))) for value in (2.8, 3.2, 3.9)]
    assert branches[:2] == [1, 2] and branches[2] > 50


@pytest.mark.parametrize(
    "name, arguments, words",
    [
        ("logistic", {"params": {"r": 3.83}}, "period 3"),
        ("logistic", {"params": {"r": 3.2}}, "3.57 to 4.0"),
        ("logistic", {"params": {"mu": 4}}, "has r, got mu"),
        ("logistic", {"dtype": "float32"}, "float32 orbits repeat"),
        ("logistic", {"start": [0.5]}, "fixed point"),
        ("logistic", {"start": [1.5]}, "expected coordinates"),
        ("tent", {"params": {"mu": 2.0}}, "falls to 0"),
        ("coupled_logistic_2d", {"params": {"mu1": 3.4, "mu2": 3.45}}, "mu1 from"),
        ("henon", {"start": [0.0]}, "2 coordinates"),
        ("henom", {}, "did you mean 'henon'"),
    ],
)
def test_bad_choices_are_refused(name, arguments, words):
    with pytest.raises(ParameterError, match=words):
        chaos.validate(name, **arguments)


def test_wrong_arguments_of_orbits_and_keys():
    for call, words in (
        (lambda: chaos.orbit("logistic", 0), "n ≥ 1"),
        (lambda: chaos.orbit("logistic", 5, engine="cuda"), "engine"),
        (lambda: chaos.orbit("henon", 500, start=[5.0, 5.0]), "infinity"),
        (lambda: chaos.keystream("logistic", b"short", b"", 5), "16 bytes"),
        (lambda: chaos.keystream("logistic", KEY, b"", 0), "n:"),
        (lambda: chaos.to_bytes(np.zeros(3, np.float32)), "float64"),
        (lambda: chaos.to_bytes(np.zeros(3), "decimal6"), "rule"),
        (lambda: chaos.find_cycle("henon"), "one dimension"),
        (lambda: chaos.bifurcation("henon", "r", [1.0]), "has a, b"),
    ):
        with pytest.raises(ParameterError, match=words):
            call()
