"""``explore``: move a slider, see the picture change. A thin skin over a pure function."""

from __future__ import annotations

import html
import inspect
import os
from collections.abc import Callable, Mapping

from gansec_lib.errors import ParameterError, near_miss
from gansec_lib.show import notebook as page


def explore(render: Callable, **controls):
    """Draw ``render`` with one control for each named value.

    Where someone can move a slider (JupyterLab, Colab) the controls are live. Everywhere else
    (GANSEC_STATIC=1: tests, papermill, reports; or no notebook) the picture is drawn once, at
    the default values, as exactly one PNG; an error in ``render`` is then an error of the cell.

    Parameters
    ----------
    render : function(**values) -> Figure or uint8 picture(s)
        Pure, under 200 ms. It returns a matplotlib figure, or pictures as ``show_grid`` takes them.
    **controls
        One for each argument of ``render`` that can be moved: ``(low, high)`` or
        ``(low, high, step)`` a slider, a list or a mapping (label -> value) a menu, a bool a box.
        The default value is the one in ``render``'s signature, else the first.

    Raises
    ------
    ParameterError
        A control that ``render`` does not take, or one that is not understood.
    """
    defaults = _defaults(render, controls)
    first = _picture(render, defaults)  # an error shows here, in the cell
    if not is_live():
        page.publish(*first)
        return
    _live(render, controls, defaults, first[0])


def is_live() -> bool:
    """Whether a front end is likely to be there to move a slider."""
    if os.environ.get("GANSEC_STATIC", "") not in ("", "0"):
        return False
    return page.notebook() is not None


def _defaults(render, controls) -> dict:
    known = inspect.signature(render).parameters
    values = {}
    for name, control in controls.items():
        if name not in known:
            raise ParameterError(
                f"{name}: {render.__name__} takes no such value; {near_miss(name, known)}"
            )
        default = known[name].default
        values[name] = _first(name, control) if default is inspect.Parameter.empty else default
        _check_default(name, control, values[name])
    return values


def _first(name, control):
    if isinstance(control, bool):
        return control
    if isinstance(control, Mapping) and control:
        return next(iter(control.values()))
    if isinstance(control, (tuple, list)) and control:
        return control[0]
    raise ParameterError(
        f"{name}: expected (low, high), (low, high, step), a list, a mapping or a bool, "
        f"got {control!r}"
    )


def _check_default(name, control, value):
    _first(name, control)
    if isinstance(control, tuple):
        numbers = all(isinstance(v, (int, float)) for v in control)
        if not (numbers and len(control) in (2, 3) and control[0] < control[1]):
            raise ParameterError(
                f"{name}: expected (low, high) or (low, high, step), got {control}"
            )
        if not control[0] <= value <= control[1]:
            raise ParameterError(f"{name}: the default {value!r} lies outside {control[:2]}")
    elif not isinstance(control, bool):
        choices = control.values() if isinstance(control, Mapping) else control
        if value not in list(choices):
            raise ParameterError(f"{name}: the default {value!r} is not among the choices")


def _picture(render, values) -> tuple[bytes, str]:
    """Call ``render``: PNG bytes and the words that stand for the picture."""
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    result = render(**values)
    if not isinstance(result, Figure):
        if result is None:
            raise ParameterError(
                f"{getattr(render, '__name__', 'render')}: expected a figure or pictures, got None "
                "(is the `return` missing?)"
            )
        from gansec_lib.show.figures import grid_figure

        result = grid_figure(result)
    data = page.png_bytes(result), repr(result)
    plt.close(result)
    return data


def _live(render, controls, values, first: bytes) -> None:
    import ipywidgets
    from IPython.display import display

    values = dict(values)
    natural = {"align_self": "flex-start", "max_width": "100%"}  # not stretched over the page
    picture = ipywidgets.Image(value=first, format="png", layout=natural)
    trouble = ipywidgets.HTML()
    movers = [
        _control(ipywidgets, name, control, values[name]) for name, control in controls.items()
    ]

    def redraw(name, change):
        values[name] = change["new"]
        try:
            picture.value, _ = _picture(render, values)
            trouble.value = ""
        except Exception as error:
            trouble.value = f"<b>{type(error).__name__}</b>: {html.escape(str(error))}"

    for name, mover in zip(controls, movers, strict=True):
        mover.observe(lambda change, name=name: redraw(name, change), names="value")
    box = ipywidgets.VBox([*movers, trouble, picture])
    box.add_class("widget-interact")
    display(box)


def _control(ipywidgets, name, control, value):
    words = {"description": name.replace("_", " "), "style": {"description_width": "initial"}}
    if isinstance(control, bool):
        return ipywidgets.Checkbox(value=value, **words)
    if isinstance(control, tuple):
        whole = all(isinstance(v, int) for v in (*control, value))
        kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
        step = control[2] if len(control) == 3 else 1 if whole else (control[1] - control[0]) / 100
        return kind(value=value, min=control[0], max=control[1], step=step,
                    continuous_update=False, layout={"width": "420px"}, **words)  # fmt: skip
    options = list(control.items()) if isinstance(control, Mapping) else list(control)
    return ipywidgets.Dropdown(options=options, value=value, **words)
