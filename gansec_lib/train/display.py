"""What is shown while a run goes on: a plot in a notebook, a bar in a terminal, or nothing.

Nothing here changes a number: a run with a display and a run without give the same weights.
"""

from __future__ import annotations

import io
import os
import sys
import time

import torch

from gansec_lib.errors import ParameterError

MODES = ("auto", "none", "bar", "live")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SHARE = 0.05  # of the time may go into drawing


class NoDisplay:
    """Shows nothing."""

    def update(self, history) -> None:
        """Called after every step."""

    def close(self, history) -> None:
        """Called once, also when training stops with an error."""


class BarDisplay(NoDisplay):
    """A rich progress bar with the newest losses, for terminals."""

    def __init__(self, steps: int, done: int, console=None):
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("training"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}"),
            console=console,
        )
        self._task = self._progress.add_task("training", total=steps, completed=done, losses="")
        self._next = 0.0
        self._progress.start()

    def update(self, history) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + 0.1
        self._show(history)

    def close(self, history) -> None:
        self._show(history)
        self._progress.stop()

    def _show(self, history) -> None:
        losses = "  ".join(f"{name} {value:.3g}" for name, value in history.last().items())
        self._progress.update(self._task, completed=len(history), losses=losses)


class LiveDisplay(NoDisplay):
    """Losses and the newest samples, redrawn in place; the last drawing stays in the notebook."""

    def __init__(self, show_png=None):
        self._show_png = show_png or _notebook_picture()
        self._next = 0.0

    def update(self, history) -> None:
        if time.monotonic() >= self._next:
            self._draw(history)

    def close(self, history) -> None:
        if len(history):
            self._draw(history)

    def _draw(self, history) -> None:
        started = time.monotonic()
        self._show_png(draw_png(history))
        took = time.monotonic() - started
        self._next = time.monotonic() + max(1.0, took / SHARE)


def open_display(show: str, steps: int, done: int, main: bool) -> NoDisplay:
    """The display for this place; ``show="auto"`` looks who is there to see it."""
    if not main:
        return NoDisplay()
    kind = audience() if show == "auto" else show
    if kind == "live":
        return LiveDisplay()
    return BarDisplay(steps, done) if kind == "bar" else NoDisplay()


def check_show(show: str) -> None:
    if show not in MODES:
        raise ParameterError(f"show: expected one of {', '.join(MODES)}, got {show!r}")


def audience() -> str:
    """ "live" in a notebook with someone in front, "bar" in a terminal, else "none".

    A kernel tells the two kinds of notebook apart: JupyterLab lets a cell ask for input, while
    nbval, papermill and nbconvert do not. ``GANSEC_STATIC=1`` means nobody is there.
    """
    if os.environ.get("GANSEC_STATIC", "") not in ("", "0"):
        return "none"
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return "live" if getattr(kernel, "_allow_stdin", False) else "none"
    return "bar" if sys.stdout is not None and sys.stdout.isatty() else "none"


def draw_png(history) -> bytes:
    """Losses, and beside them the newest samples, as one PNG of 100 dpi."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    samples = history.samples[-1] if history.samples else None
    with rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(8.4, 3.2) if samples is not None else (6.4, 3.2), dpi=100)
        figure.set_layout_engine("constrained")
        widths = (1,) if samples is None else (1.6, 1)
        losses, *rest = figure.subplots(1, len(widths), squeeze=False, width_ratios=widths)[0]
        _draw_losses(losses, history)
        for axes in rest:
            _draw_samples(axes, samples, history.sample_steps[-1])
        target = io.BytesIO()
        figure.savefig(target, format="png")
    return target.getvalue()


def grid(images: torch.Tensor, most: int = 64) -> torch.Tensor:
    """Pictures uint8 (N, C, H, W) side by side as one uint8 (C, H', W'), with white lines between.

    >>> grid(torch.zeros(5, 3, 8, 6, dtype=torch.uint8)).shape
    torch.Size([3, 19, 22])
    """
    images = images[:most]
    count, channels, height, width = images.shape
    columns = max(1, round((count * height / width) ** 0.5))
    rows = -(-count // columns)
    canvas = torch.full((channels, rows * (height + 1) + 1, columns * (width + 1) + 1), 255)
    canvas = canvas.to(torch.uint8)
    for index, image in enumerate(images):
        top, left = divmod(index, columns)
        top, left = top * (height + 1) + 1, left * (width + 1) + 1
        canvas[:, top : top + height, left : left + width] = image
    return canvas


def _draw_losses(axes, history) -> None:
    stride = max(1, len(history) // 1000)
    smooth = max(1, len(history) // 50)
    for colour, (name, column) in zip(COLOURS * 9, history.values.items(), strict=False):
        values = torch.tensor(column, dtype=torch.float64)
        axes.plot(
            history.steps[::stride], values[::stride], color=colour, alpha=0.25, linewidth=0.8
        )
        if smooth > 1:
            values = torch.nn.functional.avg_pool1d(values[None], smooth, stride=1)[0]
        steps = history.steps[smooth - 1 :]
        axes.plot(steps[::stride], values[::stride], color=colour, linewidth=1.6, label=name)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.grid(True, color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8)
    axes.set_title(_headline(history), loc="left", fontsize=10)


def _headline(history) -> str:
    """Step, seconds and arithmetic, for the title of the losses."""
    parts = [f"step {len(history)}", f"{history.seconds:.0f} s", history.arithmetic]
    return ", ".join(part for part in parts if part)


def _draw_samples(axes, samples, step: int) -> None:
    picture = grid(samples).permute(1, 2, 0).numpy()
    axes.imshow(
        picture if picture.shape[2] == 3 else picture[..., 0], cmap="gray", vmin=0, vmax=255
    )
    axes.set_axis_off()
    axes.set_title(f"samples at step {step}", loc="left", fontsize=10)


def _notebook_picture():
    """A function that shows a PNG in this cell and replaces it at every call."""
    from IPython.display import DisplayHandle, Image

    handle, shown = DisplayHandle(), False

    def show(png: bytes) -> None:
        nonlocal shown
        put = handle.update if shown else handle.display
        put(Image(data=png, format="png"))
        shown = True

    return show
