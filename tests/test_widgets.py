"""``explore``: one PNG where nobody can move a slider, live controls where someone can."""

import matplotlib.pyplot as plt
import pytest
import torch

from gansec_lib.errors import ParameterError
from gansec_lib.show import notebook as pages
from gansec_lib.show import widgets
from gansec_lib.show.widgets import explore


class Shell:
    kernel = object()
    execution_count = 1


@pytest.fixture
def page(monkeypatch):
    """A notebook that keeps what is put on it."""
    published = []
    shell = Shell()
    monkeypatch.setattr(pages, "notebook", lambda: shell)
    monkeypatch.setattr(pages, "publish", lambda data, text, mime=None: published.append(data))
    return published


def draw(level=2, picture="cat", grey=False):
    figure, ax = plt.subplots(figsize=(2, 1))
    ax.set_title(f"{picture} {level} {grey}")
    return figure


CONTROLS = {"level": (0, 7), "picture": ["cat", "rocket"], "grey": False}


# ---------------------------------------------------------------- nobody there


def test_static_is_one_png_at_the_default_values(page, monkeypatch, capsys):
    monkeypatch.setenv("GANSEC_STATIC", "1")
    assert explore(draw, **CONTROLS) is None
    assert len(page) == 1 and page[0].startswith(b"\x89PNG")
    figure = draw()
    assert page[0] == pages.png_bytes(figure)
    plt.close(figure)
    assert capsys.readouterr().out == ""
    assert not plt.get_fignums()


def test_a_broken_render_is_an_error_of_the_cell(page, monkeypatch):
    monkeypatch.setenv("GANSEC_STATIC", "1")

    def broken(level=1):
        raise RuntimeError("no picture")

    with pytest.raises(RuntimeError, match="no picture"):
        explore(broken, level=(0, 3))
    with pytest.raises(ParameterError, match=r"got None .is the `return` missing"):
        explore(lambda level=1: None, level=(0, 3))
    assert page == []


def test_pictures_will_do(page, monkeypatch):
    monkeypatch.setenv("GANSEC_STATIC", "1")
    explore(lambda n: torch.zeros(n, 3, 4, 6, dtype=torch.uint8), n=(1, 3))
    assert len(page) == 1


@pytest.mark.parametrize(
    ("static", "shell", "live"),
    [("1", Shell(), False), ("0", Shell(), True), (None, Shell(), True), (None, None, False)],
)
def test_who_is_there(static, shell, live, monkeypatch):
    monkeypatch.delenv("GANSEC_STATIC", raising=False)
    if static is not None:
        monkeypatch.setenv("GANSEC_STATIC", static)
    monkeypatch.setattr(pages, "notebook", lambda: shell)
    assert widgets.is_live() is live


# ---------------------------------------------------------------- someone there


@pytest.fixture
def live(page, monkeypatch):
    """Call ``explore`` as in JupyterLab; gives the box that it shows."""
    monkeypatch.delenv("GANSEC_STATIC", raising=False)
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *things, **kw: shown.extend(things))

    def call(render, **controls):
        explore(render, **controls)
        (box,) = shown
        return box

    return call


def test_moving_a_control_redraws_the_picture(live, page):
    box = live(draw, **CONTROLS)
    slider, menu, tick, trouble, picture = box.children
    assert "widget-interact" in box._dom_classes
    assert page == [], "no still beside the live one"
    assert (slider.min, slider.max, slider.value, slider.continuous_update) == (0, 7, 2, False)
    seen = {bytes(picture.value)}
    slider.value = 5
    seen.add(bytes(picture.value))
    menu.value = "rocket"
    seen.add(bytes(picture.value))
    tick.value = True
    seen.add(bytes(picture.value))
    assert len(seen) == 4 and trouble.value == ""
    wanted = draw(5, "rocket", True)
    assert picture.value == pages.png_bytes(wanted)
    plt.close(wanted)
    assert not plt.get_fignums()


def test_an_error_while_moving_is_shown_and_goes_away(live):
    def touchy(level=1):
        if level == 3:
            raise ValueError("three <is> too many")
        return draw(level)

    box = live(touchy, level=(0, 7))
    slider, trouble, picture = box.children
    before = picture.value
    slider.value = 3
    assert "ValueError" in trouble.value and "three &lt;is&gt; too many" in trouble.value
    assert picture.value == before
    slider.value = 4
    assert trouble.value == "" and picture.value != before


def test_kinds_of_controls(live):
    def many(steps, share, mode, name, on):
        return draw(steps)

    box = live(
        many,
        steps=(10, 50, 10),
        share=(0.0, 1.0),
        mode={"fast": 1, "slow": 2},
        name=["a", "b"],
        on=True,
    )
    steps, share, mode, name, on = box.children[:5]
    assert (steps.value, steps.step, type(steps).__name__) == (10, 10, "IntSlider")
    assert (share.value, share.step, type(share).__name__) == (0.0, 0.01, "FloatSlider")
    assert (mode.value, name.value, on.value) == (1, "a", True)


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({"levle": (0, 7)}, "levle: draw takes no such value; did you mean 'level'"),
        ({"level": 3}, "level: expected (low, high)"),
        ({"level": (7, 0)}, "expected (low, high) or (low, high, step), got"),
        ({"level": (0, 7, 1, 2)}, "expected (low, high) or (low, high, step), got"),
        ({"level": ("a", "b")}, "expected (low, high) or (low, high, step), got"),
        ({"level": (3, 7)}, "level: the default 2 lies outside (3, 7)"),
        ({"picture": ["dog"]}, "picture: the default 'cat' is not among the choices"),
        ({"picture": []}, "picture: expected (low, high)"),
    ],
)
def test_wrong_controls_are_errors(controls, words, page):
    with pytest.raises(ParameterError) as error:
        explore(draw, **controls)
    assert words in str(error.value)
    assert page == []
