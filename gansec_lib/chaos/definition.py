"""What a chaotic map or flow is: its step, its parameters, and where an orbit may start.

``maps`` and ``flows`` fill this form in, one entry a system; ``table`` finds an entry by its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gansec_lib.errors import ParameterError

UNIT = ((0.0, 1.0),)  # the range of the maps of [0, 1]


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
        """The parameters in order, with the defaults where ``params`` gives nothing else.

        Raises
        ------
        ParameterError
            A parameter that the system does not have, outside its chaotic interval, or inside one
            that is periodic or collapses.
        """
        params = dict(params or {})
        unknown = set(params) - set(self.parameters)
        if unknown:
            has, came = ", ".join(self.parameters), ", ".join(sorted(unknown))
            raise ParameterError(f"params: {self.name} has {has}, got {came}")
        values = []
        for key, (default, low, high) in self.parameters.items():
            value = float(params.get(key, default))
            if not low <= value <= high:
                raise ParameterError(
                    f"params: {self.name}: expected {key} from {low} to {high}, got {value}"
                )
            for refused, bad_low, bad_high, why in self.refuses:
                if refused == key and bad_low <= value <= bad_high:
                    raise ParameterError(f"params: {self.name}: {key} = {value} is refused: {why}")
            values.append(value)
        return tuple(values)

    def check_start(self, start) -> None:
        """Refuse a starting point outside the basin, or on the way to a fixed point.

        Raises
        ------
        ParameterError
        """
        point = [float(value) for value in start]
        if len(point) != self.dimension:
            raise ParameterError(
                f"start: {self.name} has {self.dimension} coordinates, got {len(point)}"
            )
        for value, (low, high) in zip(point, self.start, strict=True):
            if not (math.isfinite(value) and low <= value <= high):
                raise ParameterError(
                    f"start: {self.name}: expected coordinates in {self.start}, got {tuple(point)}"
                )
        if self.ranges == UNIT and point[0] in (0.25, 0.5, 0.75):
            raise ParameterError(f"start: {self.name}: {point[0]} leads to a fixed point; move it")
