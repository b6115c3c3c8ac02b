"""Every map and flow of the course, defined once: specs ``encryption.md`` §19.1.

A step takes the state and the parameters as tuples and gives the next state; a flow gives its
derivative. They use only ``+ − × ÷ %``, comparison and functions of ``math``, so that plain Python
and numba evaluate them in the same order and give the same bits. (Maps with sin, cos or arccos
differ between machines in the last bit; polynomial ones do not: ``portable`` says which.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from math import acos, cos, pi, sin

from gansec_lib.errors import ParameterError


@dataclass(frozen=True)
class Chaos:
    """A map or a flow.

    Parameters
    ----------
    name, equation : str
    step : callable (state, parameters) -> state
        Of a flow: its derivative.
    parameters : dict of str to (default, low, high)
        The values for which it is chaotic, ends included.
    start : tuple of (low, high)
        Starting points, one interval a coordinate, all in the basin.
    ranges : tuple of (low, high)
        Where the orbit stays, for scaling to [0, 1).
    flow : bool
        Integrated by Runge and Kutta's fourth-order rule, dt = 0.001.
    portable : bool
        Whether every machine gives the same bits.
    refuses : tuple of (parameter, low, high, why)
        Intervals inside the admissible ones that are not chaotic.
    """

    name: str
    equation: str
    step: Callable
    parameters: dict[str, tuple[float, float, float]]
    start: tuple[tuple[float, float], ...]
    ranges: tuple[tuple[float, float], ...]
    flow: bool = False
    portable: bool = True
    refuses: tuple[tuple[str, float, float, str], ...] = ()

    @property
    def dimension(self) -> int:
        return len(self.start)

    @property
    def burn(self) -> int:
        """Steps to discard: 1,000 of a map, 5,000 of a flow."""
        return 5000 if self.flow else 1000

    @property
    def every(self) -> int:
        """Steps from one sample to the next: neighbours on a flow are alike."""
        return 10 if self.flow else 1

    @property
    def default_start(self) -> tuple[float, ...]:
        """A starting point, no coordinate like another: symmetric systems would stay symmetric."""
        return tuple(
            low + (0.51 + 0.07 * k) * (high - low) for k, (low, high) in enumerate(self.start)
        )

    def values(self, params: dict | None = None) -> tuple[float, ...]:
        """The parameters in order, defaults filled in, checked by ``validate``."""
        return validate(self.name, params)


# ---------------------------------------------------------------- maps


def _logistic(s, p):
    x = s[0]
    return (p[0] * x * (1.0 - x),)


def _tent(s, p):
    x = s[0]
    return (p[0] * min(x, 1.0 - x),)


def _pwlcm(s, p):
    x = min(s[0], 1.0 - s[0])
    # Both branches, one of them times 0: the same bits as with ``if``, and tensors run it too.
    return ((x < p[0]) * (x / p[0]) + (x >= p[0]) * ((x - p[0]) / (0.5 - p[0])),)


def _sine(s, p):
    return (p[0] * sin(pi * s[0]),)


def _cubic(s, p):
    x = s[0]
    return (p[0] * x * (1.0 - x * x),)


def _chebyshev(s, p):
    return (cos(p[0] * acos(max(-1.0, min(1.0, s[0])))),)


def _icmic(s, p):
    return (sin(p[0] / s[0]) if s[0] != 0.0 else 0.5,)


def _logistic_tent(s, p):
    x = s[0]
    return ((p[0] * x * (1.0 - x) + (4.0 - p[0]) * min(x, 1.0 - x) / 2.0) % 1.0,)


def _logistic_sine(s, p):
    x = s[0]
    return ((p[0] * x * (1.0 - x) + (4.0 - p[0]) * sin(pi * x) / 4.0) % 1.0,)


def _henon(s, p):
    return (1.0 - p[0] * s[0] * s[0] + s[1], p[1] * s[0])


def _coupled_logistic_2d(s, p):
    x, y = s[0], s[1]
    return (
        p[0] * x * (1.0 - x) + p[2] * y * y,
        p[1] * y * (1.0 - y) + p[3] * (x * x + x * y),
    )


def _coupled_map_logistic(s, p):
    f = p[0] * s[0] * (1.0 - s[0])
    g = p[1] * s[1] * (1.0 - s[1])
    return ((1.0 - p[2]) * f + p[2] * g, (1.0 - p[2]) * g + p[2] * f)


def _logistic_3d(s, p):
    x, y, z = s[0], s[1], s[2]
    return (
        p[0] * x * (1.0 - x) + p[1] * y * y * x + p[2] * z * z * z,
        p[0] * y * (1.0 - y) + p[1] * z * z * y + p[2] * x * x * x,
        p[0] * z * (1.0 - z) + p[1] * x * x * z + p[2] * y * y * y,
    )


def _slmm_2d(s, p):
    x = p[0] * (sin(pi * s[1]) + p[1]) * s[0] * (1.0 - s[0])
    return (x, p[0] * (sin(pi * x) + p[1]) * s[1] * (1.0 - s[1]))


def _lasm_2d(s, p):
    x = sin(pi * p[0] * (s[1] + 3.0) * s[0] * (1.0 - s[0]))
    return (x, sin(pi * p[0] * (x + 3.0) * s[1] * (1.0 - s[1])))


def _lscm_2d(s, p):
    x = sin(pi * (4.0 * p[0] * s[0] * (1.0 - s[0]) + (1.0 - p[0]) * sin(pi * s[1])))
    return (x, sin(pi * (4.0 * p[0] * s[1] * (1.0 - s[1]) + (1.0 - p[0]) * sin(pi * x))))


# ---------------------------------------------------------------- flows


def _lorenz(s, p):
    x, y, z = s[0], s[1], s[2]
    return (p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z)


def _chen(s, p):
    x, y, z = s[0], s[1], s[2]
    return (p[0] * (y - x), (p[2] - p[0]) * x - x * z + p[2] * y, x * y - p[1] * z)


def _lu(s, p):
    x, y, z = s[0], s[1], s[2]
    return (p[0] * (y - x), -x * z + p[2] * y, x * y - p[1] * z)


def _rossler(s, p):
    x, y, z = s[0], s[1], s[2]
    return (-y - z, x + p[0] * y, p[1] + z * (x - p[2]))


def _hyper_chen(s, p):
    x, y, z, w = s[0], s[1], s[2], s[3]
    return (
        p[0] * (y - x) + w,
        p[3] * x - x * z + p[2] * y,
        x * y - p[1] * z,
        y * z + p[4] * w,
    )


def _hyper_chen_gao(s, p):
    x, y, z, w = s[0], s[1], s[2], s[3]
    return (p[0] * (y - x), -x * z + p[3] * x + p[2] * y - w, x * y - p[1] * z, x + p[4])


def _hyper_lorenz(s, p):
    x, y, z, w = s[0], s[1], s[2], s[3]
    return (p[0] * (y - x) + w, p[2] * x - y - x * z, x * y - p[1] * z, -y * z + p[3] * w)


def _hyper_lu(s, p):
    x, y, z, w = s[0], s[1], s[2], s[3]
    return (p[0] * (y - x) + w, -x * z + p[2] * y, x * y - p[1] * z, x * z + p[3] * w)


def _hyper_rossler(s, p):
    x, y, z, w = s[0], s[1], s[2], s[3]
    return (-y - z, x + p[0] * y + w, p[1] + x * z, -p[2] * z + p[3] * w)


def _hyper_lorenz_5d(s, p):
    x, y, z, w, v = s[0], s[1], s[2], s[3], s[4]
    return (
        p[0] * (y - x) + w,
        p[1] * x - y - x * z - v,
        -p[2] * z + x * y,
        p[3] * w - x * z,
        p[4] * y,
    )


def _cnn_6d(s, p):
    x1, x2, x3, x4, x5, x6 = s[0], s[1], s[2], s[3], s[4], s[5]
    return (
        -x3 - x4,
        2.0 * x2 + x3,
        14.0 * x1 - 14.0 * x2,
        p[0] * x1 - p[0] * x4 + p[0] * (abs(x4 + 1.0) - abs(x4 - 1.0)),
        18.0 * x2 + x1 - x5,
        4.0 * x5 - 4.0 * x6 + p[0] * x2,
    )


# ---------------------------------------------------------------- the tables

_UNIT = ((0.0, 1.0),)
_INNER = ((0.05, 0.95),)
_SIGNED = ((-1.0, 1.0),)

MAPS: dict[str, Chaos] = {
    one.name: one
    for one in (
        Chaos(
            "logistic", "x' = r x (1 − x)", _logistic, {"r": (3.99, 3.57, 4.0)}, _INNER, _UNIT,
            refuses=(("r", 3.82, 3.86, "the window of period 3"),),
        ),
        Chaos(
            "tent", "x' = μ min(x, 1 − x)", _tent, {"mu": (1.9999, 1.0001, 2.0)}, _INNER, _UNIT,
            refuses=(("mu", 2.0, 2.0, "in binary arithmetic it falls to 0 within 60 steps"),),
        ),
        Chaos(
            "pwlcm", "x' = x/p, (x − p)/(½ − p), mirrored at ½", _pwlcm, {"p": (0.3, 0.01, 0.49)},
            _INNER, _UNIT,
        ),
        Chaos(
            "sine", "x' = r sin πx", _sine, {"r": (0.99, 0.87, 1.0)}, _INNER, _UNIT,
            portable=False,
        ),
        Chaos("cubic", "x' = ρ x (1 − x²)", _cubic, {"rho": (2.59, 2.3, 2.5981)}, _INNER, _UNIT),
        Chaos(
            "chebyshev", "x' = cos(k arccos x)", _chebyshev, {"k": (4.0, 2.0, 64.0)},
            ((-0.95, 0.95),), _SIGNED, portable=False,
        ),
        Chaos(
            "icmic", "x' = sin(a / x)", _icmic, {"a": (3.0, 0.5, 100.0)}, ((0.1, 0.95),), _SIGNED,
            portable=False,
        ),
        Chaos(
            "logistic_tent", "x' = (r x (1 − x) + (4 − r) min(x, 1 − x) / 2) mod 1",
            _logistic_tent, {"r": (3.9, 0.01, 4.0)}, _INNER, _UNIT,
        ),
        Chaos(
            "logistic_sine", "x' = (r x (1 − x) + (4 − r) sin(πx) / 4) mod 1", _logistic_sine,
            {"r": (2.0, 0.01, 4.0)}, _INNER, _UNIT, portable=False,
        ),
        Chaos(
            "henon", "x' = 1 − a x² + y, y' = b x", _henon,
            {"a": (1.4, 1.38, 1.4), "b": (0.3, 0.29, 0.3)}, ((-0.1, 0.1), (-0.1, 0.1)),
            ((-1.3, 1.3), (-0.39, 0.39)),
        ),
        Chaos(
            "coupled_logistic_2d",
            "x' = μ₁ x (1 − x) + γ₁ y², y' = μ₂ y (1 − y) + γ₂ (x² + x y)", _coupled_logistic_2d,
            {
                "mu1": (3.2, 3.1, 3.25), "mu2": (3.3, 3.25, 3.35),
                "gamma1": (0.17, 0.165, 0.175), "gamma2": (0.14, 0.135, 0.145),
            },
            ((0.1, 0.4), (0.1, 0.4)), ((0.0, 1.0), (0.0, 1.0)),
        ),
        Chaos(
            "coupled_map_logistic", "x' = (1 − ε) f(x) + ε g(y), y' = (1 − ε) g(y) + ε f(x)",
            _coupled_map_logistic,
            {"mu": (3.99, 3.9, 4.0), "nu": (3.97, 3.9, 4.0), "epsilon": (0.05, 0.0, 0.2)},
            _INNER * 2, _UNIT * 2,
        ),
        Chaos(
            "logistic_3d", "x' = a x (1 − x) + b y² x + g z³, cyclic", _logistic_3d,
            {"a": (3.76, 3.7, 3.77), "b": (0.0125, 0.01, 0.013), "g": (0.0157, 0.01, 0.0157)},
            ((0.1, 0.4),) * 3, _UNIT * 3,
        ),
        Chaos(
            "slmm_2d", "x' = a (sin πy + b) x (1 − x), y' = a (sin πx' + b) y (1 − y)", _slmm_2d,
            {"a": (1.0, 0.9, 1.0), "b": (3.0, 2.9, 3.0)}, _INNER * 2, _UNIT * 2, portable=False,
        ),
        Chaos(
            "lasm_2d", "x' = sin(πμ (y + 3) x (1 − x)), y' = sin(πμ (x' + 3) y (1 − y))",
            _lasm_2d, {"mu": (0.9, 0.85, 0.93)}, _INNER * 2, _UNIT * 2, portable=False,
        ),
        Chaos(
            "lscm_2d", "x' = sin(π (4θ x (1 − x) + (1 − θ) sin πy)), y' with x'", _lscm_2d,
            {"theta": (0.99, 0.9, 0.999)}, _INNER * 2, _SIGNED * 2, portable=False,
        ),
    )
}  # fmt: skip

_ABC = {"a": (35.0, 34.5, 35.5), "b": (3.0, 2.9, 3.1)}
FLOWS: dict[str, Chaos] = {
    one.name: one
    for one in (
        Chaos(
            "lorenz", "σ (y − x); x (ρ − z) − y; x y − β z", _lorenz,
            {"sigma": (10.0, 9.5, 10.5), "rho": (28.0, 27.0, 30.0), "beta": (8 / 3, 2.6, 2.7)},
            ((-10.0, 10.0), (-10.0, 10.0), (15.0, 30.0)), ((-20, 20), (-28, 28), (0, 50)),
            flow=True,
        ),
        Chaos(
            "chen", "a (y − x); (c − a) x − x z + c y; x y − b z", _chen,
            {**_ABC, "c": (28.0, 27.5, 28.5)},
            ((-5.0, 5.0), (-5.0, 5.0), (15.0, 25.0)), ((-30, 30), (-32, 32), (0, 55)), flow=True,
        ),
        Chaos(
            "lu", "a (y − x); −x z + c y; x y − b z", _lu,
            {"a": (36.0, 35.5, 36.5), "b": (3.0, 2.9, 3.1), "c": (20.0, 19.5, 20.5)},
            ((-5.0, 5.0), (-5.0, 5.0), (15.0, 25.0)), ((-25, 25), (-27, 27), (0, 45)), flow=True,
        ),
        Chaos(
            "rossler", "−y − z; x + a y; b + z (x − c)", _rossler,
            {"a": (0.2, 0.19, 0.21), "b": (0.2, 0.19, 0.21), "c": (5.7, 5.6, 5.8)},
            ((-1.0, 1.0), (-1.0, 1.0), (0.0, 0.5)), ((-11, 13), (-12, 9), (0, 25)), flow=True,
        ),
        Chaos(
            "hyper_chen", "a (y − x) + w; d x − x z + c y; x y − b z; y z + r w", _hyper_chen,
            {**_ABC, "c": (12.0, 11.8, 12.2), "d": (7.0, 6.9, 7.1), "r": (0.5, 0.2, 0.7)},
            ((-2.0, 2.0), (-2.0, 2.0), (10.0, 16.0), (-5.0, 5.0)),
            ((-26, 26), (-33, 33), (0, 50), (-250, 250)), flow=True,
        ),
        Chaos(
            "hyper_chen_gao", "a (y − x); −x z + d x + c y − w; x y − b z; x + k",
            _hyper_chen_gao,
            {
                "a": (36.0, 35.8, 36.2), "b": (3.0, 2.95, 3.05), "c": (28.0, 27.8, 28.2),
                "d": (-16.0, -16.2, -15.8), "k": (0.2, -0.7, 0.7),
            },
            ((-2.0, 2.0), (-2.0, 2.0), (10.0, 16.0), (-1.0, 1.0)),
            ((-25, 25), (-28, 28), (0, 40), (-14, 14)), flow=True,
        ),
        Chaos(
            "hyper_lorenz", "a (y − x) + w; c x − y − x z; x y − b z; −y z + r w", _hyper_lorenz,
            {
                "a": (10.0, 9.8, 10.2), "b": (8 / 3, 2.6, 2.7), "c": (28.0, 27.5, 28.5),
                "r": (-1.0, -1.5, -0.1),
            },
            ((-5.0, 5.0), (-5.0, 5.0), (15.0, 25.0), (-5.0, 5.0)),
            ((-35, 35), (-38, 38), (0, 60), (-260, 260)), flow=True,
        ),
        Chaos(
            "hyper_lu", "a (y − x) + w; −x z + c y; x y − b z; x z + d w", _hyper_lu,
            {
                "a": (36.0, 35.8, 36.2), "b": (3.0, 2.95, 3.05), "c": (20.0, 19.8, 20.2),
                "d": (1.0, 0.5, 1.25),
            },
            ((-3.0, 3.0), (-3.0, 3.0), (12.0, 20.0), (-3.0, 3.0)),
            ((-32, 32), (-38, 38), (0, 60), (-230, 230)), flow=True,
        ),
        Chaos(
            "hyper_rossler", "−y − z; x + a y + w; b + x z; −c z + d w", _hyper_rossler,
            {
                "a": (0.25, 0.25, 0.25), "b": (3.0, 3.0, 3.0), "c": (0.5, 0.5, 0.5),
                "d": (0.05, 0.05, 0.05),
            },
            ((-20.5, -19.5), (-0.2, 0.2), (0.0, 0.2), (14.8, 15.2)),
            ((-130, 40), (-80, 50), (0, 300), (0, 120)), flow=True,
        ),
        Chaos(
            "hyper_lorenz_5d", "σ (y − x) + w; r x − y − x z − v; −b z + x y; k₁ w − x z; k₂ y",
            _hyper_lorenz_5d,
            {
                "sigma": (10.0, 10.0, 10.0), "r": (28.0, 28.0, 28.0), "b": (8 / 3, 8 / 3, 8 / 3),
                "k1": (2.0, 2.0, 2.0), "k2": (10.0, 10.0, 10.0),
            },
            ((0.5, 1.5),) * 5,
            ((-60, 60), (-70, 70), (0, 120), (-300, 300), (-120, 120)), flow=True,
        ),
        Chaos(
            "cnn_6d", "six cells of a cellular neural network, eq. in the specs", _cnn_6d,
            {"gain": (100.0, 100.0, 100.0)}, ((0.05, 0.2),) * 6,
            ((-10, 10), (-10, 10), (-20, 20), (-10, 10), (-40, 40), (-250, 250)), flow=True,
        ),
    )
}  # fmt: skip


def get(name: str) -> Chaos:
    """A map or a flow by its name.

    Raises
    ------
    ParameterError
        Unknown; the nearest names are given.

    >>> get("henon").equation
    "x' = 1 − a x² + y, y' = b x"
    """
    found = MAPS.get(name) or FLOWS.get(name)
    if found is None:
        near = get_close_matches(str(name), [*MAPS, *FLOWS], n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see MAPS and FLOWS"
        raise ParameterError(f"name: no map or flow is called {name!r}; {hint}")
    return found


def validate(
    name: str, params: dict | None = None, start=None, dtype: str = "float64"
) -> tuple[float, ...]:
    """The parameters in order, if key bytes may be drawn with them.

    Raises
    ------
    ParameterError
        A parameter that the system does not have, outside its chaotic interval, or inside one that
        is periodic or collapses; a starting point outside the basin or on a fixed point of the
        map's usual partition; any type but float64, since float32 orbits soon repeat.

    >>> validate("logistic", {"r": 3.9999})
    (3.9999,)
    """
    chaos = get(name)
    if str(dtype).removeprefix("torch.") != "float64":
        raise ParameterError(
            f"dtype: expected float64, got {dtype}; float32 orbits repeat within 65,536 steps"
        )
    params = dict(params or {})
    unknown = set(params) - set(chaos.parameters)
    if unknown:
        raise ParameterError(
            f"params: {name} has {', '.join(chaos.parameters)}, got {', '.join(sorted(unknown))}"
        )
    values = []
    for key, (default, low, high) in chaos.parameters.items():
        value = float(params.get(key, default))
        if not low <= value <= high:
            raise ParameterError(
                f"params: {name}: expected {key} from {low} to {high}, got {value}"
            )
        for refused, bad_low, bad_high, why in chaos.refuses:
            if refused == key and bad_low <= value <= bad_high:
                raise ParameterError(f"params: {name}: {key} = {value} is refused: {why}")
        values.append(value)
    if start is not None:
        _check_start(chaos, start)
    return tuple(values)


def _check_start(chaos: Chaos, start) -> None:
    point = [float(value) for value in start]
    if len(point) != chaos.dimension:
        raise ParameterError(
            f"start: {chaos.name} has {chaos.dimension} coordinates, got {len(point)}"
        )
    for value, (low, high) in zip(point, chaos.start, strict=True):
        if not (math.isfinite(value) and low <= value <= high):
            raise ParameterError(
                f"start: {chaos.name}: expected coordinates in {chaos.start}, got {tuple(point)}"
            )
    if chaos.ranges == _UNIT and point[0] in (0.25, 0.5, 0.75):
        raise ParameterError(f"start: {chaos.name}: {point[0]} leads to a fixed point; move it")
