"""One report's work: load the pictures, build the systems, measure, lay out. The notebook calls it.

The role of a system decides what is asked of it, and every word about a role comes from its card.
"""

from __future__ import annotations

import json
import math
import os
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from IPython.display import display

from gansec_lib import files, images
from gansec_lib import systems as catalogue
from gansec_lib.errors import ParameterError
from gansec_lib.files import printable
from gansec_lib.images.files.limits import check_memory
from gansec_lib.images.imageset import ImageSet
from gansec_lib.profiles import check_profile
from gansec_lib.report import figures
from gansec_lib.report.names import quoted, restored
from gansec_lib.report.page import Html, piece, settings, together
from gansec_lib.scorecards import ROLES, Card, Exhibit, card_of
from gansec_lib.show.figures import show, show_grid
from gansec_lib.survey.audit import audit
from gansec_lib.survey.printed import TABLE_8

SPACES = str.maketrans("_=:", "   ")
ABREAST = 5  # systems beside each other in one figure, at most


@dataclass(frozen=True)
class Failure:
    """Why a system has no card: the error's type, its message, and where it was raised."""

    error: str
    message: str
    where: str


class Study:
    """What one report is about.

    Making one checks the arguments and reads one picture; the others are read when first needed.

    Parameters
    ----------
    systems : sequence of str
        Labels as ``systems.build`` reads them, of any role. The standard of a role is put first
        where it is missing, and an empty sequence means all of ``systems.EXAMPLES``.
    source : str
        What ``images.load`` takes, or the ``file:`` address of a folder.
    profile : {"smoke", "laptop", "gpu"}
        How many pictures of what size, and how many bits SP 800-22 gets. Only ``gpu`` also tries
        the attacks that take minutes, and looks thoroughly at what a network computes.
    size, count : int
        Instead of the profile's; 0 leaves it. Some roles need a crowd of pictures; beside them,
        systems of the others are measured on the ``first`` few of it.
    colour : bool
        Pictures that are grey all the same (X-rays) are measured as such: a third of the work, and
        no metric counts a byte three times.
    seed : int

    Raises
    ------
    ParameterError, DataMissingError, ImageError
        Before anything is measured.
    """

    def __init__(
        self,
        systems=(),
        source: str = "photos",
        profile: str = "laptop",
        seed: int = 0,
        size: int = 0,
        count: int = 0,
        colour: bool = True,
    ):
        check_profile(profile)
        labels = list(dict.fromkeys(systems)) or list(catalogue.EXAMPLES)
        built = {label: catalogue.build(label) for label in labels}
        rows = {system.role: ROLES[system.role] for system in built.values()}
        first = [row.yardstick for row in rows.values() if row.yardstick not in ("", *built)]
        self.systems = {name: catalogue.build(name) for name in first} | built
        self.source, self.profile, self.seed, self.colour = restored(source), profile, seed, colour
        most, side = max(row.pictures[profile] for row in rows.values())
        self.size, self.count = size or side, count or most
        own = {role: row.pictures[profile][0] for role, row in rows.items()}
        self.first = {  # role: how many of the pictures; all, where no role wants more
            role: self.count if one == most else min(self.count, one) for role, one in own.items()
        }
        self._load(1)
        if self.count > images.MAX_COUNT:
            raise ParameterError(f"count: expected at most {images.MAX_COUNT:,}, got {self.count}")
        if self.source in ("photos", *images.PROCEDURAL):  # as many as asked for
            check_memory(3 * self.count * self.size**2)
        self.cards: list[Card] = []
        self.failures: dict[str, Failure] = {}

    @cached_property
    def pictures(self) -> ImageSet:
        """The pictures, with whatever truth is known about them."""
        found = self._load(self.count)
        grey = found.images.shape[1] == 3 and bool((found.images == found.images[:, :1]).all())
        return replace(found, images=found.images[:, :1].contiguous()) if grey else found

    @property
    def images(self) -> torch.Tensor:
        """The pictures alone, uint8 (N, C, H, W)."""
        return self.pictures.images

    def _load(self, count: int) -> ImageSet:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="count: asked for")
            warnings.filterwarnings("ignore", message=".*left out")  # the page lists them
            return images.load(self.source, self.size, count, self.colour, self.seed, split="all")

    def measure(self, progress: Callable[[str], None] | None = None) -> list[Card]:
        """A card of every system; ``progress`` is told what is going on.

        A system that raises costs its own card only: ``failures`` says what went wrong.
        """
        say = progress or (lambda text: None)
        self.cards, self.failures = [], {}
        for label, system in self.systems.items():
            options = label.partition(":")[2].replace("=true", "").translate(SPACES)
            try:
                card = card_of(
                    system,
                    self.pictures[: self.first[system.role]],
                    label=label,
                    seed=self.seed,
                    profile=self.profile,
                    thorough=self.profile == "gpu" or not system.learns,
                    yardstick=self.systems.get(ROLES[system.role].yardstick),
                    progress=lambda text, label=label: say(f"{label}: {text}"),
                )
            except Exception as problem:  # whatever a system does, the others are measured
                last = traceback.extract_tb(problem.__traceback__)[-1]
                where = f"{Path(last.filename).name}, line {last.lineno}"
                self.failures[label] = Failure(type(problem).__name__, str(problem), where)
                continue
            title = f"{card.title}, {options}" if options else card.title
            self.cards.append(replace(card, title=title))
        return self.cards

    def roles(self) -> dict[str, list[Card]]:
        """The cards, role by role."""
        found: dict[str, list[Card]] = {}
        for card in self.cards:
            found.setdefault(card.role, []).append(card)
        return found

    # ------------------------------------------------------------ what the page shows

    def heading(self) -> Html:
        """The band on top: what, how many, when."""
        count, channels, height, width = self.images.shape
        kind = "colour" if channels == 3 else "grey"
        fewer = {ROLES[role].words.many: few for role, few in self.first.items() if few < count}
        some = f" ({' and '.join(fewer)}: the first {min(fewer.values())})" if fewer else ""
        facts = {
            "pictures": f"{count} × {height} × {width}, {kind}{some}",
            "from": printable(Path(self.source).name if os.sep in self.source else self.source),
            "systems": str(len(self.systems)),
            "profile": self.profile,
            "seed": str(self.seed),
            "made": time.strftime("%Y-%m-%d %H:%M"),
        }
        text = (
            "What these systems do to these pictures, measured, beside what was published and what "
            "chance allows; then attacked."
        )
        return piece("heading", "Security report", text, facts)

    def opening(self) -> Html:
        """What failed; then for each role its words, a tile a system, and the short table."""
        parts = [piece("failures", self.failures)]
        parts += [piece("opening", cards) for cards in self.roles().values()]
        return Html("".join(parts))

    def show_pictures(self) -> Html:
        """The pictures measured, at most 12, and the files that could not be read."""
        shown = self.images[:12]
        count = f"{len(self.images)} pictures measured"
        show_grid(
            _thumbnails(shown),
            ncols=6,
            labels=[_short(name) for name in self.pictures.names[:12]] or None,
            size=1.55,
            title=f"{len(shown)} of the {count}"
            if len(shown) < len(self.images)
            else f"The {count}",
        )
        return self.skipped()

    def skipped(self) -> Html:
        """Which files of the folder were left out, and why."""
        listed = [(printable(Path(name).name), why) for name, why in self.pictures.skipped]
        return piece("skipped", listed)

    def show_systems(self) -> None:
        """Each system: its words, what it does to pictures, its panels."""
        for cards in self.roles().values():
            display(piece("paragraph", cards[0].words.many.capitalize(), cards[0].words.each))
            for card in cards:
                display(piece("title", card))
                for panel in card.panels:
                    for exhibit in panel.exhibits:
                        if not exhibit.shared:
                            self._draw([(card.label, exhibit)], f"{card.label}: {exhibit.title}")
                display(piece("system", card))

    def show_together(self) -> None:
        """All systems of a role side by side: one figure a panel, and its table."""
        for cards in self.roles().values():
            for panel in cards[0].panels:
                for place, exhibit in enumerate(panel.exhibits):
                    if exhibit.shared:
                        display(piece("paragraph", panel.title, exhibit.says))
                        rows = [(c.label, c.panel(panel.name).exhibits[place]) for c in cards]
                        self._draw(rows, exhibit.title)
                        display(together(cards, panel))

    def show_published(self) -> Html:
        """The survey's table against chance and this report's values, then the papers' own."""
        found = ""
        if cards := [card for card in self.cards if ROLES[card.role].surveyed]:
            rows = [row for row in TABLE_8.values() if row.npcr and row.uaci]
            bad = sum(not audit(row)[0] for row in rows)
            title = (
                f"{bad} of {len(rows)} printed rows fit random-looking pictures of no usual size"
            )
            show(figures.published_window(cards, 256 * 256, title))
            judged = [row for row in TABLE_8.values() if row.npcr or row.entropy]
            found = piece("survey", judged, audit)
        return Html(found + piece("claims", self.cards))

    def show_attempts(self) -> None:
        """What every attack got, as pictures and as numbers."""
        for cards in self.roles().values():
            display(piece("paragraph", cards[0].words.many.capitalize(), cards[0].words.attempts))
            for place, exhibit in enumerate(next((c.shown for c in cards if c.shown), ())):
                rows = [(c.label, c.shown[place]) for c in cards if len(c.shown) > place]
                counts = [
                    f"{setting} {sum(bool(c.succeeded(setting)) for c in cards)}"
                    for setting in settings(cards)
                ]
                fallen = f"of {len(cards)} systems fall: {', '.join(counts)}"
                self._draw(rows, f"{exhibit.title}; {fallen}")
            display(piece("attempts", cards))

    def _draw(self, rows: list[tuple[str, Exhibit]], title: str) -> None:
        """One figure, or several where there are many systems; who hands out nothing is named."""
        if rows[0][1].kind == "histograms":
            show(figures.histograms(rows[0][1], title, self.seed))
            return
        silent: dict[str, list[str]] = {}
        drawn = []
        for label, exhibit in rows:
            said = {cell for _, cells in exhibit.rows for cell in cells[1:] if _is_text(cell)}
            pictured = any(not _is_text(cell) for _, cells in exhibit.rows for cell in cells[1:])
            if pictured or len(rows) == 1 or len(exhibit.head) == 1:
                drawn.append((label.replace(":", ":\n") if len(rows) > 1 else "", exhibit))
            else:
                silent.setdefault(", ".join(sorted(said)), []).append(label)
        title += "".join(f"; {', '.join(labels)}: {said}" for said, labels in silent.items())
        parts = math.ceil(len(drawn) / ABREAST)
        each = math.ceil(len(drawn) / parts) if parts else 1
        for first in range(0, len(drawn), each):
            show(figures.pictures(drawn[first : first + each], title if first == 0 else ""))

    def command(self) -> str:
        """The command line that makes this report again, ready to be pasted."""
        count, channels, height, _ = self.images.shape
        words = ["gansec", "report", *self.systems, "--images", self.source]
        words += ["--profile", self.profile, "--size", str(height), "--count", str(count)]
        words += ["--colour" if channels == 3 else "--grey", "--seed", str(self.seed)]
        return " ".join(map(quoted, words))

    def small_print(self) -> Html:
        """Versions, and the command that makes this report again."""
        return piece("key_values", {"again": self.command(), **files.versions()})

    def record(self) -> dict:
        """What ``results.json`` holds: systems by label, then pictures, profile, seed, versions."""
        systems = {
            label: {"failed": asdict(self.failures[label])} if label in self.failures else None
            for label in self.systems
        }
        systems |= {card.label: card.to_dict() for card in self.cards}
        return {
            "systems": {label: entry for label, entry in systems.items() if entry},
            "images": {
                "source": printable(self.source),
                "shape": list(self.images.shape),
                "names": [printable(name) for name in self.pictures.names],
                "skipped": [[printable(name), why] for name, why in self.pictures.skipped],
            },
            "profile": self.profile,
            "seed": self.seed,
            "versions": files.versions(),
        }

    def write(self, folder: str | Path) -> Path:
        """``results.json`` in ``folder``, strict JSON: infinite values are the string ``"inf"``."""
        text = json.dumps(self.record(), indent=1, allow_nan=False, ensure_ascii=False)
        return files.atomic_write(Path(folder) / "results.json", text + "\n")


def _is_text(cell) -> bool:
    return isinstance(cell, str)


def _short(name: str, most: int = 18) -> str:
    """A file or set name that fits under a picture; a dollar sign starts no formula there."""
    name = printable(Path(name).name.split("[")[0])
    name = name if len(name) <= most else name[: most - 1] + "…"
    return name.replace("$", r"\$")


def _thumbnails(pictures: torch.Tensor, side: int = 160) -> torch.Tensor:
    """At most ``side`` pixels, by whole-pixel averaging, so that the page stays small."""
    factor = math.ceil(max(pictures.shape[2:]) / side)
    if factor == 1:
        return pictures
    small = torch.nn.functional.avg_pool2d(pictures.float(), factor)
    return small.round().to(torch.uint8)
