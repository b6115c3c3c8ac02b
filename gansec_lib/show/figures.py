"""The figures of the course: one style, fixed sizes, and a title that states the finding.

Every ``show_*`` function draws, shows exactly one picture in a notebook, and returns the
matplotlib ``Figure``. Pictures come in as uint8 tensors or arrays (N, C, H, W) or (C, H, W).
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from gansec_lib.errors import ParameterError
from gansec_lib.show import notebook as page
from gansec_lib.show.notebook import png_bytes, show, show_source, show_table, use_style

__all__ = [
    "grid_figure", "png_bytes", "show", "show_animation", "show_curves", "show_grid",
    "show_histograms", "show_panels", "show_scatter", "show_source", "show_table", "use_style",
]  # fmt: skip

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
NICE_GAINS = (1, 2, 5, 10, 20, 50, 100, 200)
MOST_PICTURES = 36
MOST_ANIMATION_BYTES = 400_000


# ---------------------------------------------------------------- pictures


def show_grid(images, *, ncols=None, title="", labels=None, size=1.1):
    """Pictures side by side.

    Parameters
    ----------
    images : uint8 (N, C, H, W) or (N, H, W)
        At most 36; C is 1 or 3. A list of pictures of different sizes is fine too.
    ncols : int, optional
        Pictures in a row; by default as square as it gets, at most 6.
    title : str
        The finding, in words.
    labels : sequence of str, optional
        One under each picture.
    size : float
        Width of one picture in inches.

    Returns
    -------
    matplotlib.figure.Figure

    >>> import torch
    >>> figure = show_grid(torch.zeros(3, 1, 8, 6, dtype=torch.uint8), labels=["a", "b", "c"])
    >>> [ax.get_xlabel() for ax in figure.axes]
    ['a', 'b', 'c']
    """
    return show(grid_figure(images, ncols=ncols, title=title, labels=labels, size=size))


def grid_figure(images, *, ncols=None, title="", labels=None, size=1.1):
    """What ``show_grid`` shows, as a figure that is not shown yet."""
    pictures = _pictures("images", images)
    if len(pictures) > MOST_PICTURES:
        raise ParameterError(
            f"images: expected at most {MOST_PICTURES} pictures, got {len(pictures)}; "
            f"show a part, as in images[:{MOST_PICTURES}]"
        )
    labels = _labels("labels", labels, len(pictures))
    ncols = ncols or min(6, int(np.ceil(np.sqrt(len(pictures)))) if len(pictures) > 6 else 6)
    ncols = min(ncols, len(pictures))
    nrows = -(-len(pictures) // ncols)
    tallest = max(p.shape[0] / p.shape[1] for p in pictures)
    height = nrows * (size * tallest + (0.22 if any(labels) else 0.06)) + (0.35 if title else 0.1)
    figure, axes = _subplots(nrows, ncols, (max(ncols * size + 0.2, 0.085 * len(title)), height))
    for ax, picture, label in zip(axes.flat, pictures, labels, strict=False):
        _draw(ax, picture)
        ax.set_xlabel(label, fontsize=8)
    for ax in axes.flat[len(pictures) :]:
        ax.set_visible(False)
    return _titled(figure, title)


def show_panels(original, processed, *, gain=None, verdict=None, title="", names=None):
    """Original | processed | difference × gain | verdict, one row a picture.

    Parameters
    ----------
    original, processed : uint8 (N, C, H, W) or (C, H, W), the same shape
        At most 4 rows.
    gain : float, optional
        What the absolute difference is multiplied with, so that it can be seen; by default the
        largest of 1, 2, 5, 10 … that keeps 99 % of the pixels below 255. It stands in the title.
    verdict : str, mapping, sequence of those (one a row), or function (ax, row) -> None
        The last panel: text, or ``{"PSNR": "8.1 dB", …}``, or your own drawing.
    names : pair of str, optional
        Names of the first two panels; ``("original", "processed")`` by default.

    Returns
    -------
    matplotlib.figure.Figure

    >>> import torch
    >>> plain = torch.zeros(1, 3, 4, 6, dtype=torch.uint8)
    >>> figure = show_panels(plain, plain + 25, verdict={"largest change": 25})
    >>> [ax.get_title() for ax in figure.axes]
    ['original', 'processed', 'difference × 10', 'verdict']
    """
    first, second = _pictures("original", original), _pictures("processed", processed)
    shapes = [p.shape for p in first], [p.shape for p in second]
    if shapes[0] != shapes[1]:
        raise ParameterError(
            f"processed: expected the shapes of original, {shapes[0][:2]}…, got {shapes[1][:2]}…"
        )
    if len(first) > 4:
        raise ParameterError(f"original: expected at most 4 pictures, got {len(first)}")
    verdicts = None if verdict is None else _verdicts(verdict, len(first))
    differences = [
        np.abs(a.astype(int) - b.astype(int)) for a, b in zip(first, second, strict=True)
    ]
    if gain is None:
        peak = max(float(np.percentile(d, 99)) for d in differences)
        gain = max(g for g in NICE_GAINS if g == 1 or g * peak <= 255)
    names = tuple(names or ("original", "processed"))
    heads = (*names, f"difference × {gain:g}", "verdict")
    ncols = 4 if verdict is not None else 3
    rows = len(first)
    tall = first[0].shape[0] / first[0].shape[1]
    figure, axes = _subplots(rows, ncols, (6.8, rows * 1.6 * tall + 0.6))
    for row in range(rows):
        seen = np.clip(differences[row] * gain, 0, 255).astype(np.uint8)
        for ax, picture in zip(axes[row], (first[row], second[row], seen), strict=False):
            _draw(ax, picture)
        if verdict is not None:
            axes[row, 3].set_box_aspect(tall)
            verdicts[row](axes[row, 3])
    for ax, head in zip(axes[0], heads, strict=False):
        ax.set_title(head, loc="center", fontsize=9, fontweight="normal")
    return _finish(figure, title)


def _verdicts(verdict, rows) -> list:
    """One function (ax) a row that draws the last panel."""
    if callable(verdict):
        return [lambda ax, row=row: verdict(ax, row) for row in range(rows)]
    if isinstance(verdict, (str, Mapping)):
        verdict = [verdict, *[""] * (rows - 1)]
    if len(verdict) != rows:
        raise ParameterError(f"verdict: expected {rows} entries, got {len(verdict)}")
    return [lambda ax, words=words: _write(ax, words) for words in verdict]


def _write(ax, words):
    if isinstance(words, Mapping):
        words = "\n".join(f"{name}: {value}" for name, value in words.items())
    ax.axis("off")
    text = "\n".join(textwrap.fill(line, 24) for line in words.splitlines())
    ax.text(0.0, 0.5, text, va="center", ha="left", fontsize=8.5, transform=ax.transAxes)


def show_histograms(images, *, title="", labels=None):
    """How often each byte value occurs, one panel a picture, one line a channel.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        At most 6 pictures.
    """
    pictures = _pictures("images", images)[:6]
    labels = _labels("labels", labels, len(pictures))
    figure, axes = _subplots(1, len(pictures), (max(3.2, 2.4 * len(pictures)), 2.0))
    for ax, picture, label in zip(axes.flat, pictures, labels, strict=True):
        channels = picture.reshape(*picture.shape[:2], -1)
        tints = ("#D55E00", "#009E73", "#0072B2") if channels.shape[-1] == 3 else ("#333333",)
        top = 0
        for channel, tint in enumerate(tints):
            counts = np.bincount(channels[..., channel].ravel(), minlength=256)
            top = max(top, counts[1:-1].max(), counts.max() / 4)  # black and white may run out
            ax.fill_between(np.arange(256), counts, step="mid", alpha=0.25, color=tint, lw=0)
            ax.step(np.arange(256), counts, where="mid", lw=0.7, color=tint)
        ax.set(
            xlim=(0, 255), ylim=(0, 1.1 * top), xlabel="byte value", xticks=[0, 64, 128, 192, 255]
        )
        ax.set_title(label, loc="center", fontsize=9, fontweight="normal")
    axes.flat[0].set_ylabel("pixels")
    return _finish(figure, title)


# ---------------------------------------------------------------- curves, clouds


def show_curves(history, *, title="", ylabel="", xlabel="step", x=None, log=False, floor=None):
    """Lines over time; several seeds become a line (the mean) in a band (lowest to highest).

    Parameters
    ----------
    history : History or mapping name -> (T,) or (seeds, T)
        A ``train.History`` (its ``steps`` and ``values``) or your own numbers.
    x : (T,), optional
        Places on the horizontal axis.
    log : bool
        Logarithmic vertical axis.
    floor : float or mapping name -> float, optional
        Dashed line(s): what is possible at best, or demanded.

    >>> figure = show_curves({"loss": [[3, 2, 1], [5, 2, 0]]}, title="It falls")
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [4.0, 2.0, 0.5]
    """
    values = getattr(history, "values", history)
    if callable(values):  # a plain mapping: its .values is a method
        values = history
    if x is None and not isinstance(history, Mapping):
        x = history.steps
    figure, axes = _subplots(1, 1, (6.4, 3.0))
    ax = axes.flat[0]
    for (name, line), colour in zip(values.items(), _endless(COLOURS)):  # noqa: B905
        line = np.atleast_2d(np.asarray([_array(row) for row in line], dtype=float))
        places = np.arange(line.shape[1]) if x is None else np.asarray(x)[-line.shape[1] :]
        ax.plot(places, line.mean(0), label=name, color=colour)
        if len(line) > 1:
            ax.fill_between(places, line.min(0), line.max(0), alpha=0.2, color=colour, lw=0)
    floors = floor if isinstance(floor, Mapping) else {"": floor} if floor is not None else {}
    for name, level in floors.items():
        ax.axhline(level, ls="--", lw=1, color="#555555", label=name or None)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if log:
        ax.set_yscale("log")
    if len(values) > 1 or any(floors):
        ax.legend()
    return _finish(figure, title)


def show_scatter(clouds, *, title="", limits=None, ncols=None, background=None, labels=("x", "y")):
    """Clouds of points in the plane, in one panel or several.

    Parameters
    ----------
    clouds : mapping name -> (N, 2), or mapping panel -> such a mapping
        The second form draws one panel for each.
    limits : (low, high) or (left, right, bottom, top), optional
        The same for every panel.
    background : function (grid: float32 tensor (M, 2)) -> (M,), optional
        Drawn as colours behind the points, for example a discriminator's probability.

    >>> figure = show_scatter({"real": [[0, 0], [1, 2]], "fake": [[2, 1]]})
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['real', 'fake']
    """
    nested = all(isinstance(value, Mapping) for value in clouds.values())
    panels = clouds if nested else {"": clouds}
    ncols = min(ncols or 4, len(panels))
    nrows = -(-len(panels) // ncols)
    side = 3.4 if len(panels) == 1 else max(1.7, 6.8 / ncols)
    figure, axes = _subplots(nrows, ncols, (ncols * side, nrows * side + 0.35))
    if limits is None:
        every = np.concatenate([_array(c) for p in panels.values() for c in p.values()])
        low, high = every.min(0), every.max(0)
        edge = 0.05 * (high - low) + 1e-9
        limits = (low[0] - edge[0], high[0] + edge[0], low[1] - edge[1], high[1] + edge[1])
    elif len(limits) == 2:
        limits = (*limits, *limits)
    for number, (ax, (name, panel)) in enumerate(zip(axes.flat, panels.items(), strict=False)):
        if background is not None:
            _draw_background(ax, background, limits)
        for (cloud, points), colour in zip(panel.items(), _endless(COLOURS)):  # noqa: B905
            points = _array(points)
            ax.plot(points[:, 0], points[:, 1], ".", ms=3, alpha=0.6, color=colour, label=cloud)
        ax.set(xlim=limits[:2], ylim=limits[2:], aspect="equal")
        ax.set_title(name, loc="center", fontsize=9, fontweight="normal")
        if number == 0:
            ax.legend(markerscale=3, loc="upper right")
            ax.set(xlabel=labels[0], ylabel=labels[1])
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    return _finish(figure, title)


def _draw_background(ax, background, limits, side=80):
    import torch

    left, right, bottom, top = limits
    xs, ys = np.meshgrid(np.linspace(left, right, side), np.linspace(bottom, top, side))
    grid = np.stack([xs.ravel(), ys.ravel()], 1).astype(np.float32)
    values = _array(background(torch.from_numpy(grid))).reshape(side, side)
    ax.imshow(values, origin="lower", extent=limits, cmap="PuOr", alpha=0.6, aspect="auto")
    ax.grid(False)


# ---------------------------------------------------------------- moving pictures


def show_animation(frames, *, seconds=0.15, text="animation") -> int:
    """A short film as an animated PNG: it plays in the notebook, on the web and on paper (still).

    Parameters
    ----------
    frames : uint8 (T, C, H, W), or sequence of matplotlib figures
        2 to 80 frames; at most 400 kB as a film.
    seconds : float
        How long a frame stays.

    Returns
    -------
    int
        Size of the film in bytes.
    """
    from PIL import Image

    if hasattr(frames, "ndim"):
        pictures = [Image.fromarray(p.squeeze()) for p in _pictures("frames", frames)]
    else:
        pictures = [_figure_picture(f) for f in frames]
    if not 2 <= len(pictures) <= 80:
        raise ParameterError(f"frames: expected 2 to 80 frames, got {len(pictures)}")
    palette = pictures[-1].convert("RGB").quantize(128)
    pictures = [p.convert("RGB").quantize(palette=palette, dither=0) for p in pictures]
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, format="PNG", save_all=True, append_images=pictures[1:],
        duration=round(seconds * 1000), loop=0, optimize=True,
    )  # fmt: skip
    size = buffer.tell()
    if size > MOST_ANIMATION_BYTES:
        raise ParameterError(
            f"frames: the film takes {size / 1000:.0f} kB, more than "
            f"{MOST_ANIMATION_BYTES // 1000} kB; use fewer or smaller frames"
        )
    page.publish(buffer.getvalue(), f"<{text}: {len(pictures)} frames>")
    return size


def _figure_picture(figure):
    import matplotlib.pyplot as plt
    from PIL import Image

    picture = Image.open(io.BytesIO(png_bytes(figure))).convert("RGB")
    plt.close(figure)
    return picture


# ---------------------------------------------------------------- small parts


def _array(value) -> np.ndarray:
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def _pictures(name: str, images) -> list[np.ndarray]:
    """uint8 pictures as a list of (H, W) or (H, W, 3) arrays."""
    images = getattr(images, "images", images)
    if not hasattr(images, "ndim") and isinstance(images, Sequence):
        return [p for one in images for p in _pictures(name, one)]
    array = _array(images)
    if array.dtype != np.uint8:
        raise ParameterError(
            f"{name}: expected uint8 pictures, got {array.dtype}; "
            "networks' outputs go through gansec_lib.images.to_bytes first"
        )
    if array.ndim == 2:
        array = array[None, None]
    elif array.ndim == 3:
        array = array[None] if array.shape[0] in (1, 3) else array[:, None]
    if array.ndim != 4 or array.shape[1] not in (1, 3) or not len(array):
        raise ParameterError(
            f"{name}: expected (N, C, H, W) with C = 1 or 3, got {tuple(_array(images).shape)}"
        )
    return [p[0] if len(p) == 1 else p.transpose(1, 2, 0) for p in array]


def _labels(name, labels, count):
    labels = [""] * count if labels is None else [str(label) for label in labels]
    if len(labels) != count:
        raise ParameterError(f"{name}: expected {count} labels, got {len(labels)}")
    return labels


def _subplots(nrows, ncols, size):
    import matplotlib.pyplot as plt

    size = [round(side, 1) for side in size]
    return plt.subplots(nrows, ncols, figsize=size, squeeze=False, layout="constrained")


def _draw(ax, picture):
    ax.imshow(picture, vmin=0, vmax=255)
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _titled(figure, title):
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return figure


def _finish(figure, title):
    return show(_titled(figure, title))


def _endless(items):
    while True:
        yield from items
