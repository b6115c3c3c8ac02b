"""The flows of the course, each defined once: specs ``encryption.md`` §19.1.

A step takes the state and the parameters as tuples and gives the derivative of the state, which
Runge and Kutta's rule of fourth order (``orbits``) integrates. It uses only ``+ − ×`` and ``abs``,
so that plain Python and numba give the same bits.
"""

from __future__ import annotations

from gansec_lib.chaos.definition import Chaos


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
