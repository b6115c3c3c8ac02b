"""The maps of the course, each defined once: specs ``encryption.md`` §19.1.

A step takes the state and the parameters as tuples and gives the next state. It uses only
``+ − × ÷ %``, comparison and functions of ``math``, so that plain Python and numba evaluate it in
the same order and give the same bits. (Maps with sin, cos or arccos differ between machines in the
last bit; polynomial ones do not: ``portable`` says which.)
"""

from __future__ import annotations

from math import acos, cos, pi, sin

from gansec_lib.chaos.definition import UNIT, Chaos


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


_INNER = ((0.05, 0.95),)
_SIGNED = ((-1.0, 1.0),)

MAPS: dict[str, Chaos] = {
    one.name: one
    for one in (
        Chaos(
            "logistic", "x' = r x (1 − x)", _logistic, {"r": (3.99, 3.57, 4.0)}, _INNER, UNIT,
            refuses=(("r", 3.82, 3.86, "the window of period 3"),),
        ),
        Chaos(
            "tent", "x' = μ min(x, 1 − x)", _tent, {"mu": (1.9999, 1.0001, 2.0)}, _INNER, UNIT,
            refuses=(("mu", 2.0, 2.0, "in binary arithmetic it falls to 0 within 60 steps"),),
        ),
        Chaos(
            "pwlcm", "x' = x/p, (x − p)/(½ − p), mirrored at ½", _pwlcm, {"p": (0.3, 0.01, 0.49)},
            _INNER, UNIT,
        ),
        Chaos(
            "sine", "x' = r sin πx", _sine, {"r": (0.99, 0.87, 1.0)}, _INNER, UNIT,
            portable=False,
        ),
        Chaos("cubic", "x' = ρ x (1 − x²)", _cubic, {"rho": (2.59, 2.3, 2.5981)}, _INNER, UNIT),
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
            _logistic_tent, {"r": (3.9, 0.01, 4.0)}, _INNER, UNIT,
        ),
        Chaos(
            "logistic_sine", "x' = (r x (1 − x) + (4 − r) sin(πx) / 4) mod 1", _logistic_sine,
            {"r": (2.0, 0.01, 4.0)}, _INNER, UNIT, portable=False,
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
            _INNER * 2, UNIT * 2,
        ),
        Chaos(
            "logistic_3d", "x' = a x (1 − x) + b y² x + g z³, cyclic", _logistic_3d,
            {"a": (3.76, 3.7, 3.77), "b": (0.0125, 0.01, 0.013), "g": (0.0157, 0.01, 0.0157)},
            ((0.1, 0.4),) * 3, UNIT * 3,
        ),
        Chaos(
            "slmm_2d", "x' = a (sin πy + b) x (1 − x), y' = a (sin πx' + b) y (1 − y)", _slmm_2d,
            {"a": (1.0, 0.9, 1.0), "b": (3.0, 2.9, 3.0)}, _INNER * 2, UNIT * 2, portable=False,
        ),
        Chaos(
            "lasm_2d", "x' = sin(πμ (y + 3) x (1 − x)), y' = sin(πμ (x' + 3) y (1 − y))",
            _lasm_2d, {"mu": (0.9, 0.85, 0.93)}, _INNER * 2, UNIT * 2, portable=False,
        ),
        Chaos(
            "lscm_2d", "x' = sin(π (4θ x (1 − x) + (1 − θ) sin πy)), y' with x'", _lscm_2d,
            {"theta": (0.99, 0.9, 0.999)}, _INNER * 2, _SIGNED * 2, portable=False,
        ),
    )
}  # fmt: skip
