"""What is shown, to whom, and that it costs and changes nothing."""

import io
import sys
import types

import pytest
import torch
from rich.console import Console
from train_worker import trainer

from gansec_lib.train import display as train_display
from gansec_lib.train.display import BarDisplay, LiveDisplay, NoDisplay, audience, open_display
from gansec_lib.train.history import History


@pytest.fixture
def somebody(monkeypatch):
    """No GANSEC_STATIC; a stand-in for IPython's shell and for the terminal."""
    monkeypatch.delenv("GANSEC_STATIC", raising=False)

    def place(kernel=None, shell=True, tty=False):
        it = types.SimpleNamespace(kernel=kernel) if kernel else types.SimpleNamespace()
        fake = types.SimpleNamespace(get_ipython=lambda: it if shell else None)
        monkeypatch.setitem(sys.modules, "IPython", fake)
        monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(isatty=lambda: tty))

    return place


def kernel(asks: bool):
    return types.SimpleNamespace(_allow_stdin=asks)


def test_a_learner_in_front_of_a_notebook_gets_the_plot(somebody):
    somebody(kernel(True))
    assert audience() == "live"


def test_nbval_and_papermill_get_nothing(somebody):
    somebody(kernel(False), tty=True)
    assert audience() == "none"


@pytest.mark.parametrize("shell", [True, False])
def test_a_terminal_gets_the_bar_and_a_pipe_nothing(somebody, shell):
    somebody(shell=shell, tty=True)
    assert audience() == "bar"
    somebody(shell=shell, tty=False)
    assert audience() == "none"


def test_static_means_nobody(somebody, monkeypatch):
    monkeypatch.setenv("GANSEC_STATIC", "1")
    somebody(kernel(True), tty=True)
    assert audience() == "none"


def test_a_real_kernel_run_by_nbclient_shows_nothing(tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.delenv("GANSEC_STATIC", raising=False)
    cell = "from gansec_lib.train.display import audience\nprint(audience())"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    assert book.cells[0].outputs[0].text.strip() == "none"


def test_a_real_kernel_whose_front_end_can_answer_is_live(monkeypatch):
    from jupyter_client.manager import start_new_kernel

    monkeypatch.delenv("GANSEC_STATIC", raising=False)
    manager, client = start_new_kernel(kernel_name="python3")
    printed = []
    try:
        client.execute_interactive(
            "from gansec_lib.train.display import audience; print(audience())",
            allow_stdin=True,
            timeout=120,
            output_hook=lambda m: printed.append(m["content"].get("text", "")),
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "".join(printed).strip() == "live"


def test_only_the_main_process_shows():
    assert type(open_display("bar", 10, 0, main=False)) is NoDisplay
    assert type(open_display("none", 10, 0, main=True)) is NoDisplay


def test_the_bar_shows_steps_and_losses():
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=120)
    bar = BarDisplay(3, 0, console)
    history = History()
    for step in range(1, 4):
        history.record(step, {"critic": 0.5 * step})
        bar.update(history)
    bar.close(history)
    assert "3/3" in text.getvalue() and "critic 1.5" in text.getvalue()


def long_history(steps: int, samples: bool = True) -> History:
    history = History(seconds=3.0)
    for step in range(1, steps + 1):
        history.record(step, {"discriminator": 1 / step, "generator": step / steps})
    if samples:
        history.samples.append(torch.zeros(9, 3, 8, 6, dtype=torch.uint8))
        history.sample_steps.append(steps)
    return history


def test_the_plot_is_drawn_in_place_rarely_and_once_at_the_end(monkeypatch):
    shown, clock = [], [100.0]
    monkeypatch.setattr(train_display.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(train_display, "draw_png", lambda history: len(history))
    live, history = LiveDisplay(shown.append), History()
    for step in range(1, 1001):
        clock[0] += 0.01
        history.record(step, {"critic": 0.5})
        live.update(history)
    live.close(history)
    assert 9 <= len(shown) <= 12
    assert shown[0] == 1 and shown[-1] == 1000


def test_a_slow_plot_takes_a_twentieth_of_the_time(monkeypatch):
    clock, spent = [0.0], [0.0]

    def slow(history):
        clock[0] += 0.5
        spent[0] += 0.5
        return b""

    monkeypatch.setattr(train_display.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(train_display, "draw_png", slow)
    live, history = LiveDisplay(lambda png: None), long_history(1)
    while clock[0] < 200:
        clock[0] += 0.1
        live.update(history)
    assert spent[0] / clock[0] < 0.07


@pytest.mark.parametrize("steps", [1, 2, 60, 3000])
@pytest.mark.parametrize("samples", [True, False])
def test_the_plot_is_a_png_of_any_history(steps, samples):
    from PIL import Image

    picture = Image.open(io.BytesIO(train_display.draw_png(long_history(steps, samples))))
    assert picture.size == ((840, 320) if samples else (640, 320))
    assert len(picture.convert("RGB").getcolors(maxcolors=1 << 20)) > 20


def test_drawing_leaves_pyplot_and_its_settings_alone():
    import matplotlib
    from matplotlib import pyplot

    before, figures = dict(matplotlib.rcParams), pyplot.get_fignums()
    train_display.draw_png(long_history(5))
    assert dict(matplotlib.rcParams) == before and pyplot.get_fignums() == figures


def test_grid_keeps_pictures_apart_and_whole():
    pictures = torch.arange(5 * 3 * 4 * 6).remainder(200).view(5, 3, 4, 6).to(torch.uint8)
    canvas = train_display.grid(pictures)
    height, width = canvas.shape[1:]
    found = sum(
        torch.equal(canvas[:, top : top + 4, left : left + 6], picture)
        for picture in pictures
        for top in range(height - 3)
        for left in range(width - 5)
    )
    assert found == 5
    assert (canvas[:, 0] == 255).all() and (canvas[:, :, -1] == 255).all()


def test_looking_changes_no_number_and_prints_nothing(capsys, monkeypatch):
    quiet = trainer(None).fit(6)
    monkeypatch.setattr(train_display, "_notebook_picture", lambda: lambda png: None)
    watched = trainer(None)
    watched.show = "live"
    assert watched.fit(6).values == quiet.values
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
