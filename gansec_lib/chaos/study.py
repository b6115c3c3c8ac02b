"""How chaotic is it? Lyapunov exponents, bifurcation data, and the cycles of finite precision."""

from __future__ import annotations

import numpy as np

from gansec_lib.chaos.orbits import DT, orbit, walker
from gansec_lib.chaos.table import get
from gansec_lib.errors import ParameterError

NUDGE = 1e-7  # of the central difference for slopes; third-order error about 1e-14


def lyapunov(name: str, params: dict | None = None, steps: int = 20_000, start=None) -> np.ndarray:
    """The Lyapunov spectrum: growth rates of small distances, largest first, in nats.

    Per step of a map, per unit of time of a flow; Benettin's method, the tangent vectors made
    orthogonal again by QR at every step (of a flow: every 10). Slopes by central differences.

    Returns
    -------
    float64 array (dimension,)
    """
    chaos = get(name)
    every = chaos.every
    values = chaos.values(params)
    states = orbit(name, steps + 1, start=start, params=params)
    d = chaos.dimension
    step = walker(name, True)
    frame, growth, one = np.eye(d), np.zeros(d), np.empty((1, d))
    for state in states[:-1]:
        size = NUDGE * np.maximum(1.0, np.abs(state).max())
        tangent = np.empty((d, d))
        for k in range(d):
            ends = []
            for sign in (1, -1):
                step(tuple(state + sign * size * frame[:, k]), values, 0, every, one)
                ends.append(one[0].copy())
            tangent[:, k] = (ends[0] - ends[1]) / (2 * size)
        frame, triangle = np.linalg.qr(tangent)
        growth += np.log(np.abs(np.diag(triangle)) + 1e-300)
    time = steps * (every * DT if chaos.flow else 1)
    return np.sort(growth / time)[::-1]


def bifurcation(name: str, parameter: str, values, keep: int = 200, coordinate: int = 0):
    """Where the orbit goes for each value of one parameter, ready to scatter.

    Periodic windows are part of the picture, so the values are not refused here.

    Returns
    -------
    (float64 (len(values) · keep,), the same) : parameter and coordinate
    """
    chaos = get(name)
    if parameter not in chaos.parameters:
        raise ParameterError(
            f"parameter: {name} has {', '.join(chaos.parameters)}, got {parameter!r}"
        )
    if not 0 <= coordinate < chaos.dimension:
        raise ParameterError(f"coordinate: expected 0 to {chaos.dimension - 1}, got {coordinate}")
    walk = walker(name, True)
    values = np.asarray(values, float)
    states = np.empty((len(values), keep, chaos.dimension))
    for row, value in zip(states, values, strict=True):
        chosen = tuple(
            float(value) if key == parameter else default
            for key, (default, _, _) in chaos.parameters.items()
        )
        walk(chaos.default_start, chosen, chaos.burn, chaos.every, row)
    return np.repeat(values, keep), states[:, :, coordinate].reshape(-1)


def find_cycle(
    name: str, start=None, params: dict | None = None, dtype: str = "float32", limit: int = 10**6
) -> tuple[int, int] | None:
    """Steps until an orbit of a one-dimensional map repeats itself, and its period (Brent).

    In floating point every orbit is periodic in the end. In float32 the end comes within 65,536
    steps; in float64 usually not within any picture.

    Parameters
    ----------
    dtype : {"float32", "float64"}
    limit : int
        Steps after which to give up.

    Returns
    -------
    (tail, period), or None where none was found within the limit
    """
    chaos = get(name)
    if chaos.flow or chaos.dimension != 1:
        raise ParameterError(f"name: expected a map of one dimension, got {name}")
    if dtype not in ("float32", "float64"):
        raise ParameterError(f"dtype: expected float32 or float64, got {dtype!r}")
    kind = np.dtype(dtype).type
    chosen = {key: default for key, (default, _, _) in chaos.parameters.items()} | (params or {})
    values = tuple(kind(chosen[key]) for key in chaos.parameters)
    point = kind(start if start is not None else 0.37)

    def step(x):
        return kind(chaos.step((x,), values)[0])

    power = period = 1
    slow, fast, steps = point, step(point), 1
    while slow != fast:
        if power == period:
            slow, power, period = fast, 2 * power, 0
        fast = step(fast)
        period += 1
        steps += 1
        if steps > limit:
            return None
    tail, slow, fast = 0, point, point
    for _ in range(period):
        fast = step(fast)
    while slow != fast:
        slow, fast, tail = step(slow), step(fast), tail + 1
    return tail, period
