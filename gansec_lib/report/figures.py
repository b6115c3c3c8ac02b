"""The report's own figures. Each is pure: pictures and cards in, one matplotlib figure out."""

from __future__ import annotations

import math

import numpy as np
import torch

from gansec_lib import metrics
from gansec_lib.show.figures import COLOURS
from gansec_lib.survey.printed import TABLE_8

WIDE = 9.6
BLUE, ORANGE, GREEN, GREY = COLOURS[0], COLOURS[1], COLOURS[2], "#666666"


def _new(rows: int, columns: int, height: float, width: float = WIDE, **options):
    """A figure with a fixed size and its axes as a 2-D array."""
    import matplotlib.pyplot as plt

    return plt.subplots(
        rows, columns, figsize=(width, height), squeeze=False, layout="constrained", **options
    )


def _draw(ax, picture: torch.Tensor | None, words: str = "nothing") -> None:
    """One uint8 picture (C, H, W) without axes; a grey field with words where there is none."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if picture is None:
        ax.set_facecolor("#e9ecef")
        ax.set_box_aspect(1)
        ax.text(0.5, 0.5, words, ha="center", va="center", fontsize=10, transform=ax.transAxes)
        return
    pixels = picture.permute(1, 2, 0).numpy()
    ax.imshow(pixels[..., 0] if pixels.shape[2] == 1 else pixels, cmap="gray", vmin=0, vmax=255)


def _head(ax, text: str) -> None:
    ax.set_title(text, loc="center", fontsize=9, fontweight="normal", color="#333333")


def walk(plain, cipher, decrypted, wrong, title: str):
    """Plain | cipher | decrypted | decrypted with one key bit wrong, one row a picture.

    Parameters
    ----------
    plain, cipher, decrypted : uint8 (N, C, H, W)
    wrong : uint8 (N, C, H, W) or None
        None where the system refused the wrong key.
    """
    figure, axes = _new(len(plain), 4, 2.45 * len(plain) + 0.45)
    for row, line in enumerate(axes):
        for ax, pictures in zip(line, (plain, cipher, decrypted, wrong), strict=True):
            _draw(ax, None if pictures is None else pictures[row], "refused:\nnothing is returned")
    heads = ("plain", "cipher", "decrypted", "one key bit wrong")
    for ax, head in zip(axes[0], heads, strict=True):
        _head(ax, head)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def statistics(plain, cipher, title: str, seed: int = 0):
    """Histograms of one picture and its cipher image, and 2,000 pairs of neighbours of each.

    Parameters
    ----------
    plain, cipher : uint8 (1, C, H, W)
    """
    figure, axes = _new(2, 4, 4.6, width_ratios=(1.35, 1, 1, 1))
    rng = np.random.default_rng(seed)
    for line, image, name, colour in zip(
        axes, (plain, cipher), ("plain", "cipher"), (GREY, BLUE), strict=True
    ):
        counts = metrics.histogram(image)[0].numpy()
        expected = counts.sum() / 256
        line[0].fill_between(np.arange(256), counts, step="mid", color=colour, alpha=0.75, lw=0)
        spread = 3 * math.sqrt(expected * 255 / 256)
        band = (max(0, expected - spread), expected + spread)
        line[0].axhspan(*band, color=ORANGE, alpha=0.3, lw=0)
        top = max(min(counts.max(), 6 * expected), band[1]) * 1.08
        top = top if name == "plain" else band[1] * 1.6
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
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def fingerprints(differences: dict[str, tuple[torch.Tensor, torch.Tensor]], title: str):
    """Where two cipher images differ after one plain bit changed: fresh nonce, nonce held.

    Parameters
    ----------
    differences : dict of name to (fresh, held)
        Each uint8 (C, H, W), the absolute difference of the two cipher images.
    """
    columns = len(differences)
    width = min(WIDE, 2.4 * columns + 0.6)
    figure, axes = _new(2, columns, 2 * (width - 0.4) / columns + 1.1, width=width)
    for column, (name, pair) in enumerate(differences.items()):
        for ax, difference in zip(axes[:, column], pair, strict=True):
            _draw(ax, difference)
            share = 100 * (difference != 0).double().mean().item()
            mean = 100 * difference.double().mean().item() / 255
            ax.set_xlabel(f"NPCR {share:.4g} %\nUACI {mean:.4g} %", fontsize=8)
        _head(axes[0, column], name)
    axes[0, 0].set_ylabel("fresh nonces", fontsize=9)
    axes[1, 0].set_ylabel("one nonce twice", fontsize=9)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def damaged(plain, strips: dict[str, list], heads, title: str):
    """What each system decrypts from a damaged cipher image, one row a system.

    Parameters
    ----------
    plain : uint8 (C, H, W)
    strips : dict of name to list of uint8 (C, H, W), None or str
        One entry a damage; None where the system refused, words where there was nothing to damage.
    heads : sequence of str
        The damages.
    """
    columns = len(heads) + 1
    width = min(WIDE, 1.75 * columns + 0.4)
    side = (width - 0.4) / columns
    figure, axes = _new(len(strips), columns, side * len(strips) + 0.75, width=width)
    for line, (name, pictures) in zip(axes, strips.items(), strict=True):
        _draw(line[0], plain)
        line[0].set_ylabel(name, fontsize=8.5)
        for ax, picture in zip(line[1:], pictures, strict=True):
            if isinstance(picture, str):
                _draw(ax, None, picture)
            else:
                _draw(ax, picture, "refused")
    for ax, head in zip(axes[0], ("sent", *heads), strict=True):
        _head(ax, head)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def published_window(cards, n: int, title: str):
    """NPCR against UACI: the survey's Table 8, the window of chance for ``n`` bytes, and ours."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    printed, used, held = {}, {}, {}
    for row in TABLE_8:
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

    >>> brief("logistic:plaintext_related=true"), brief("logistic_henon_sr:transmit=quarter")
    ('logistic (related)', 'logistic_henon_sr (quarter)')
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


def _rank(attack) -> tuple:
    """How well an attack did; among those that read nothing, last the ones told a part before."""
    told, reads = attack.details.get("known_bytes", 0), not attack.tells
    return reads, attack.verdict == "opened", attack.beyond_chance, not told, attack.score


def attacks(plain, cards, title: str):
    """The victim's picture and the most that any attack reads of it, in each setting.

    One row a system: the picture, then for each setting the attack that got most bytes right.
    """
    cards = [card for card in cards if card.attacks]
    settings = list(dict.fromkeys(attack.setting for card in cards for attack in card.attacks))
    width = 2.5 * (1 + len(settings)) + 0.5
    figure, axes = _new(len(cards), len(settings) + 1, 2.6 * len(cards) + 0.55, width=width)
    for line, card in zip(axes, cards, strict=True):
        _draw(line[0], plain[0])
        line[0].set_ylabel(card.label.replace(":", ":\n"), fontsize=8.5)
        for ax, setting in zip(line[1:], settings, strict=True):
            tried = [attack for attack in card.attacks if attack.setting == setting]
            if not tried:
                _draw(ax, None, "no attack applies")
                continue
            best = max(tried, key=_rank)
            _draw(ax, None if best.shown is None else best.shown[0])
            pictures = f"{best.queries} picture{'s' * (best.queries != 1)}"
            read = "reads all" if best.succeeded else f"reads {100 * best.score:.1f} %"
            said = f"{best.name.replace('_', ' ')}\n{read}, {pictures}"
            colour = "#b42318" if card.reading(best)[0] == "fail" else "#1a7f37"
            ax.set_xlabel(said, fontsize=8, color=colour)
    _head(axes[0, 0], "the victim's picture")
    for ax, setting in zip(axes[0, 1:], settings, strict=True):
        _head(ax, f"best attack, {setting}")
    figure.suptitle(title, x=0.01, ha="left")
    return figure
