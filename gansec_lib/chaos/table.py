"""Maps and flows by their names, and the check that key bytes may be drawn from one of them."""

from __future__ import annotations

from difflib import get_close_matches

from gansec_lib.chaos.definition import Chaos
from gansec_lib.chaos.flows import FLOWS
from gansec_lib.chaos.maps import MAPS
from gansec_lib.errors import ParameterError


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
