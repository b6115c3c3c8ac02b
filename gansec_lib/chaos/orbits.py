"""Orbits of the maps and flows: plain Python, or compiled by numba, with the same bits."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gansec_lib.chaos.definition import Chaos
from gansec_lib.chaos.table import get
from gansec_lib.errors import ParameterError

DT = 0.001  # of a flow, in its own time
ENGINES = ("numba", "python")
BUFFER = 1024  # states held before they become bytes: 8 KiB a coordinate


def orbit(
    name: str,
    n: int,
    start=None,
    params: dict | None = None,
    burn: int | None = None,
    every: int | None = None,
    engine: str = "numba",
) -> np.ndarray:
    """``n`` states of an orbit.

    Parameters
    ----------
    start : sequence of float, optional
        Inside the basin; ``Chaos.default_start`` when left out.
    params : dict, optional
        The defaults of the table, changed where given; checked by ``Chaos.values``.
    burn : int, optional
        Steps discarded first: 1,000 of a map, 5,000 of a flow.
    every : int, optional
        Steps from one state to the next, 1 of a map, 10 of a flow.
    engine : {"numba", "python"}

    Returns
    -------
    float64 array (n, dimension)

    Raises
    ------
    ParameterError
        Wrong arguments, or an orbit that left for infinity.

    >>> orbit("logistic", 3, start=[0.3], burn=0).round(4).ravel().tolist()
    [0.8379, 0.5419, 0.9905]
    """
    chaos = get(name)
    values = chaos.values(params)
    point = tuple(float(value) for value in (chaos.default_start if start is None else start))
    if len(point) != chaos.dimension:
        raise ParameterError(f"start: {name} has {chaos.dimension} coordinates, got {len(point)}")
    burn = chaos.burn if burn is None else burn
    every = chaos.every if every is None else every
    if n < 1 or burn < 0 or every < 1:
        raise ParameterError(
            f"n, burn, every: expected n ≥ 1, burn ≥ 0, every ≥ 1, got {n}, {burn}, {every}"
        )
    if engine not in ENGINES:
        raise ParameterError(f"engine: expected one of {ENGINES}, got {engine!r}")
    out = np.empty((n, chaos.dimension))
    walker(name, engine == "numba")(point, values, burn, every, out)
    check_finite(name, out[-1], point, values)
    return out


def check_finite(name: str, last, point, values) -> None:
    """Refuse an orbit whose last state is no number."""
    if not np.isfinite(last).all():
        raise ParameterError(
            f"params, start: the orbit of {name} left for infinity from {point} with {values}"
        )


@lru_cache(maxsize=64)
def walker(name: str, compiled: bool):
    """The function that fills ``out`` with an orbit."""
    jit = _njit if compiled else _as_is
    step = _stepper(name, compiled)

    def walk(state, params, burn, every, out):
        for _ in range(burn):
            state = step(state, params)
        for i in range(len(out)):
            for _ in range(every):
                state = step(state, params)
            for k in range(len(state)):
                out[i, k] = state[k]

    return jit(walk)


@lru_cache(maxsize=64)
def byte_walker(name: str):
    """The compiled function that fills uint8 ``out`` (n,) and gives the last state.

    Bytes are those of ``keys.to_bytes``, each coordinate in turn: scaling by 2⁴⁰ is exact, and
    whole numbers leave no trace mod 256. The orbit waits for its own multiplications, so nothing
    else may stand in its loop: states go to a buffer that stays in the first-level cache, and
    from there to bytes a vector register at a time. (All states at once would be written to memory
    and read back: several times slower.)
    """
    step = _stepper(name, True)
    d = get(name).dimension

    def walk(state, params, burn, every, out):
        for _ in range(burn):
            state = step(state, params)
        buffer = np.empty(BUFFER * d)
        for first in range(0, len(out), BUFFER * d):
            part = out[first : first + BUFFER * d]
            steps = (len(part) + d - 1) // d
            for i in range(steps):
                for _ in range(every):
                    state = step(state, params)
                for k in range(d):
                    buffer[i * d + k] = state[k]
            for i in range(len(part)):
                part[i] = np.uint8(np.int64(abs(buffer[i]) * 2.0**40))
        return state

    return _njit(walk)


@lru_cache(maxsize=64)
def _stepper(name: str, compiled: bool):
    """One step of a map, or of a flow's integration."""
    chaos: Chaos = get(name)
    jit = _njit if compiled else _as_is
    step = jit(chaos.step)
    return _runge_kutta(step, jit(_ALONG[chaos.dimension]), jit) if chaos.flow else step


def _njit(function):
    from numba import njit

    return njit(nogil=True)(function)


def _as_is(function):
    return function


def _runge_kutta(slope, along, jit):
    """One step of the classical fourth-order rule, h = ``DT``."""
    half, whole, sixth, third = DT / 2, DT, DT / 6, DT / 3

    def step(s, p):
        k1 = slope(s, p)
        k2 = slope(along(s, half, k1), p)
        k3 = slope(along(s, half, k2), p)
        k4 = slope(along(s, whole, k3), p)
        return along(along(along(along(s, sixth, k1), third, k2), third, k3), sixth, k4)

    return jit(step)


# Tuples of each length by hand: numba needs their length when it compiles.
def _along3(s, h, k):
    return (s[0] + h * k[0], s[1] + h * k[1], s[2] + h * k[2])


def _along4(s, h, k):
    return (s[0] + h * k[0], s[1] + h * k[1], s[2] + h * k[2], s[3] + h * k[3])


def _along5(s, h, k):
    return (
        s[0] + h * k[0],
        s[1] + h * k[1],
        s[2] + h * k[2],
        s[3] + h * k[3],
        s[4] + h * k[4],
    )


def _along6(s, h, k):
    return (
        s[0] + h * k[0],
        s[1] + h * k[1],
        s[2] + h * k[2],
        s[3] + h * k[3],
        s[4] + h * k[4],
        s[5] + h * k[5],
    )


_ALONG = {3: _along3, 4: _along4, 5: _along5, 6: _along6}
