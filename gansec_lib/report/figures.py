"""The report's own figures. Each is pure: exhibits and cards in, one matplotlib figure out."""

from __future__ import annotations

import math
import textwrap

import numpy as np
import torch

from gansec_lib import metrics
from gansec_lib.scorecards.card import Cell, Exhibit
from gansec_lib.show.figures import COLOURS
from gansec_lib.survey.printed import TABLE_8

WIDE = 9.6
BLUE, ORANGE, GREEN, GREY = COLOURS[0], COLOURS[1], COLOURS[2], "#666666"
TINTS = {"fail": "#b42318", "pass": "#1a7f37"}


def _new(rows: int, columns: int, height: float, width: float = WIDE, **options):
    """A figure with a fixed size and its axes as a 2-D array."""
    import matplotlib.pyplot as plt

    return plt.subplots(
        rows, columns, figsize=(width, height), squeeze=False, layout="constrained", **options
    )


def _draw(ax, cell: Cell) -> None:
    """One picture without axes, the words under it; a grey field where there is only text."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if isinstance(cell, str):
        ax.set_facecolor("#e9ecef")
        ax.set_box_aspect(1)
        said = _text(cell)
        ax.text(0.5, 0.5, said, ha="center", va="center", fontsize=10, transform=ax.transAxes)
        return
    pixels = _pixels(cell).permute(1, 2, 0).numpy()
    ax.imshow(pixels[..., 0] if pixels.shape[2] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
    if isinstance(cell, tuple):
        said = cell[1]
        ax.set_xlabel(_text(said.text), fontsize=8, color=TINTS.get(said.verdict, "#333333"))


def _pixels(cell: Cell) -> torch.Tensor:
    """The picture of a cell that has one, uint8 (C, H, W)."""
    return cell[0] if isinstance(cell, tuple) else cell


def _text(words: str) -> str:
    """Words that matplotlib takes as they are: a dollar sign starts no formula."""
    return words.replace("$", r"\$")


def _head(ax, text: str) -> None:
    ax.set_title(text, loc="center", fontsize=9, fontweight="normal", color="#333333")


def pictures(exhibits: list[tuple[str, Exhibit]], title: str):
    """Rows of pictures, one or more a system, under the columns' names.

    Parameters
    ----------
    exhibits : list of (label, Exhibit)
        One a system. Columns are laid together by their names; where an exhibit has no such
        column, its field stays grey. Exhibits of one or two columns are turned: a column a system.
    """
    heads = list(dict.fromkeys(head for _, exhibit in exhibits for head in exhibit.head))
    lines = [
        ("\n".join(filter(None, (label, name))), dict(zip(exhibit.head, cells, strict=True)))
        for label, exhibit in exhibits
        for name, cells in exhibit.rows
    ]
    table = [[cells.get(head, "does not apply") for head in heads] for _, cells in lines]
    names = [name for name, _ in lines]
    if len(heads) <= 2 < len(lines):
        table, names, heads = list(map(list, zip(*table, strict=True))), heads, names
    columns = len(heads)
    captioned = any(isinstance(cell, tuple) for row in table for cell in row)
    width = min(WIDE, 2.4 * columns + 0.6) if columns < 7 else 1.75 * columns + 0.4
    shapes = [_pixels(cell).shape for row in table for cell in row if not isinstance(cell, str)]
    tall = max((shape[1] / shape[2] for shape in shapes), default=1.0)
    side = (width - 0.4) / columns * min(tall, 2.0)
    title = _text(textwrap.fill(title, int(9.5 * width)))
    height = len(table) * (side + (0.45 if captioned else 0.06)) + 0.6 + 0.2 * title.count("\n")
    figure, axes = _new(len(table), columns, height, width)
    for line, name, cells in zip(axes, names, table, strict=True):
        for ax, cell in zip(line, cells, strict=True):
            _draw(ax, cell)
        line[0].set_ylabel(_text(name), fontsize=8.5)
    for ax, head in zip(axes[0], heads, strict=True):
        _head(ax, _text(textwrap.fill(head, max(12, int(13 * width / columns)))))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def histograms(exhibit: Exhibit, title: str, seed: int = 0):
    """One picture a row: its histogram, and 2,000 pairs of neighbours in three directions."""
    figure, axes = _new(len(exhibit.rows), 4, 2.3 * len(exhibit.rows), width_ratios=(1.35, 1, 1, 1))
    rng = np.random.default_rng(seed)
    for row, (line, (name, cells)) in enumerate(zip(axes, exhibit.rows, strict=True)):
        image, colour = _pixels(cells[0])[None], BLUE if row else GREY
        counts = metrics.histogram(image)[0].numpy()
        expected = counts.sum() / 256
        line[0].fill_between(np.arange(256), counts, step="mid", color=colour, alpha=0.75, lw=0)
        spread = 3 * math.sqrt(expected * 255 / 256)
        band = (max(0, expected - spread), expected + spread)
        line[0].axhspan(*band, color=ORANGE, alpha=0.3, lw=0)
        top = band[1] * 1.6 if row else max(min(counts.max(), 6 * expected), band[1]) * 1.08
        line[0].set(xlim=(0, 255), ylim=(0, top), ylabel=name, xticks=[0, 64, 128, 192, 255])
        for ax, direction in zip(line[1:], metrics.DIRECTIONS, strict=True):
            first, second = metrics.adjacent_pairs(image, direction)
            first, second = first.reshape(-1).numpy(), second.reshape(-1).numpy()
            if len(first):
                chosen = rng.integers(len(first), size=min(2000, len(first)))
                ax.plot(first[chosen], second[chosen], ".", ms=2.2, alpha=0.45, color=colour, mew=0)
            value = metrics.correlation_values(image, direction)
            value = value[~value.isnan()]
            said = f"r = {value.mean():.4f}" if len(value) else "r undefined"
            box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5}
            ax.text(0.04, 0.93, said, transform=ax.transAxes, fontsize=8, va="top", bbox=box)
            ax.set(xlim=(-4, 259), ylim=(-4, 259), aspect="equal", xticks=[0, 255], yticks=[0, 255])
    heads = ("histogram (band: 3σ of flat)", *(f"neighbour, {name}" for name in metrics.DIRECTIONS))
    for ax, head in zip(axes[0], heads, strict=True):
        _head(ax, head)
    figure.suptitle(_text(title), x=0.01, ha="left")
    return figure


def published_window(cards, n: int, title: str):
    """NPCR against UACI: the survey's Table 8, the window of chance for ``n`` bytes, and ours."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    printed, used, held = {}, {}, {}
    for row in TABLE_8.values():
        if row.npcr and row.uaci:
            printed.setdefault((row.uaci, row.npcr), []).append(row.reference)
    for card in cards:
        for spots, suffix in ((used, ""), (held, "_nonce_held")):
            pair = card.metrics.get("uaci" + suffix), card.metrics.get("npcr" + suffix)
            if None not in pair:
                spots.setdefault((pair[0].value, pair[1].value), []).append(brief(card.label))
    figure, axes = _new(1, 2, 4.0, width_ratios=(1.15, 1))
    whole, close = axes[0]
    low_n, high_n = metrics.npcr_critical(n, 0.001, "two")
    low_u, high_u = metrics.uaci_critical(n, 0.001)
    for ax in axes[0]:
        ax.fill_between([low_u, high_u], low_n, high_n, color=GREEN, alpha=0.25, lw=0)
        ax.plot(*zip(*printed, strict=True), "x", color=ORANGE, ms=7, mew=1.8)
        for spots, fill in ((used, BLUE), (held, "white")):
            if spots:
                ax.plot(*zip(*spots, strict=True), "o", color=BLUE, mfc=fill, ms=6)
        ax.set_xlabel("UACI, %")
    whole.set(ylabel="NPCR, %", ylim=(-14, 112), xlim=(-4, 50), yticks=range(0, 101, 20))
    close.set(xlim=(32.6, 34.4), ylim=(99.35, 99.85))
    _head(whole, "everything")
    _head(close, "around the ideal")
    far = {spot: names for spot, names in printed.items() if not low_u - 1 < spot[0] < high_u + 1}
    _name_spots(whole, far, 1.0, 8.0)
    low = {spot: names for spot, names in held.items() if spot[1] < 98}
    _name_spots(whole, low, 8.0, 12.0, beside=True)
    _name_spots(close, printed, 0.14, 0.03)
    handles = [
        Patch(color=GREEN, alpha=0.25, label=f"chance, {n:,} bytes, 99.9 %"),
        Line2D([], [], marker="x", ls="", color=ORANGE, mew=1.8, label="printed in the survey"),
        Line2D([], [], marker="o", ls="", color=BLUE, label="measured, fresh nonces"),
        Line2D([], [], marker="o", ls="", color=BLUE, mfc="white", label="measured, nonce held"),
    ]
    whole.legend(handles=handles, loc="center right")
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def brief(label: str) -> str:
    """A system's label, its options shortened to what tells it from others.

    >>> brief("one:plaintext_related=true"), brief("other:transmit=quarter")
    ('one (related)', 'other (quarter)')
    """
    name, *options = label.split(":")
    said = []
    for option in options:
        key, _, value = option.partition("=")
        said.append(value if value not in ("", "true", "false") else key.split("_")[-1])
    return f"{name} ({', '.join(said)})" if said else name


def _name_spots(
    ax,
    spots: dict[tuple[float, float], list[str]],
    wide: float,
    tall: float,
    beside: bool = False,
) -> None:
    """Write names below points (or to their right), one text for points close to each other.

    Points are close that lie within (wide, tall) of another.
    """
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    groups: list[list] = []
    for (x, y), names in sorted(spots.items()):
        if not (left <= x <= right and bottom <= y <= top):
            continue
        for group in groups:
            if abs(group[0] - x) <= wide and abs(group[1] - y) <= tall:
                group[2] += names
                break
        else:
            groups.append([x, y, list(names)])
    for x, y, names in groups:
        beside_it = beside and y < 20  # near 100 % there is room below
        row = 2 if beside_it else 1 if beside else 3
        text = "\n".join(", ".join(names[i : i + row]) for i in range(0, len(names), row))
        place = {"xytext": (0, -8), "ha": "center", "va": "top"}
        if beside_it:
            place = {"xytext": (9, 0), "ha": "left", "va": "center"}
        ax.annotate(text, (x, y), textcoords="offset points", fontsize=7.5, **place)
