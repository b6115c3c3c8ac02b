"""Maps and flows by their names, and the check that key bytes may be drawn from one of them."""

from __future__ import annotations

from gansec_lib.chaos.definition import Chaos
from gansec_lib.chaos.flows import FLOWS
from gansec_lib.chaos.maps import MAPS
from gansec_lib.errors import ParameterError, near_miss, shown


def get(name: str) -> Chaos:
    """A map or a flow by its name.

    Raises
    ------
    ParameterError
        Unknown; the nearest names are given.

    >>> get("henon").equation
    "x' = 1 − a x² + y, y' = b x"
    """
    known = MAPS | FLOWS
    if not isinstance(name, str) or name not in known:
        hint = near_miss(name, known, otherwise="see MAPS and FLOWS", most=3)
        raise ParameterError(f"name: no map or flow is called {shown(name)}; {hint}")
    return known[name]


def validate(
    name: str, params: dict | None = None, start=None, dtype: str = "float64"
) -> tuple[float, ...]:
    """The parameters in order, if key bytes may be drawn with them.

    Raises
    ------
    ParameterError
        Parameters that ``Chaos.values`` refuses, a starting point that ``Chaos.check_start``
        refuses, any type but float64, since float32 orbits soon repeat.

    >>> validate("logistic", {"r": 3.9999})
    (3.9999,)
    """
    chaos = get(name)
    if str(dtype).removeprefix("torch.") != "float64":
        raise ParameterError(
            f"dtype: expected float64, got {dtype}; float32 orbits repeat within 65,536 steps"
        )
    values = chaos.values(params)
    if start is not None:
        chaos.check_start(start)
    return values
