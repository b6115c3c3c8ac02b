"""One report's work: load the pictures, build the systems, measure, draw. The notebook calls it."""

from __future__ import annotations

import math
import os
import time
import warnings
from dataclasses import replace
from pathlib import Path

import torch

from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.files import versions
from gansec_lib.report import figures, html
from gansec_lib.report.system_page import system_page
from gansec_lib.roles import derive_key
from gansec_lib.scorecards.cipher import avalanche, shapes, words
from gansec_lib.scorecards.cipher import randomness as sp800_22
from gansec_lib.scorecards.cipher.card import Scorecard, scorecard, write_results
from gansec_lib.scorecards.cipher.robustness import damaged_decryption
from gansec_lib.survey.printed import TABLE_8, audit

PROFILES = {"smoke": (4, 64), "laptop": (12, 256), "gpu": (48, 512)}  # pictures, side in pixels
DEFAULT_SYSTEMS = ("aes_gcm", "chacha20", "logistic", "logistic:plaintext_related=true")
REFERENCE = "aes_gcm"
SPACES = str.maketrans("_=:", "   ")
ABREAST = 5  # systems beside each other in one figure, at most
SHOWN_DAMAGE = (  # a strip of pictures; the table holds all strengths
    ("salt_and_pepper", 0.05),
    ("gaussian", 0.001),
    ("speckle", 0.001),
    ("crop", 0.25),
    ("occlusion", 0.25),
)


class Study:
    """What one report is about.

    Parameters
    ----------
    systems : sequence of str
        Labels as ``systems.build`` reads them; AES-GCM is put first where it is missing, and an
        empty sequence means all of ``DEFAULT_SYSTEMS``.
    source : str
        What ``images.load`` takes.
    profile : {"smoke", "laptop", "gpu"}
        How many pictures of what size, and how many bits SP 800-22 gets. Only ``gpu`` also tries
        the attack of 256 pictures, and flips every key bit, where a network makes the key bytes.
    size, count : int
        Instead of the profile's; 0 leaves it.
    colour : bool
        Pictures that are grey all the same (X-rays) are measured as such: a third of the work, and
        no figure counts a byte three times.
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
        from gansec_lib import images
        from gansec_lib import systems as catalogue

        if profile not in PROFILES:
            raise ParameterError(f"profile: expected one of {list(PROFILES)}, got {profile!r}")
        labels = list(dict.fromkeys(systems)) or list(DEFAULT_SYSTEMS)
        if REFERENCE not in labels:
            labels.insert(0, REFERENCE)
        self.systems = {label: catalogue.build(label) for label in labels}
        for system in self.systems.values():
            if system.role != "Cipher":
                raise ParameterError(
                    f"systems: the report measures ciphers, {system.key_name} is a {system.role}"
                )
        self.source, self.profile, self.seed = source, profile, seed
        most, side = PROFILES[profile]
        with warnings.catch_warnings():
            if not count:  # asking for more than a folder has is the profile's doing
                warnings.filterwarnings("ignore", message="count: asked for")
            warnings.filterwarnings("ignore", message=".*left out")  # the page lists them
            self.pictures = images.load(
                source, size or side, count or most, colour, seed, split="all"
            )
        self.images = _one_channel(self.pictures.images)
        self.cards: list[Scorecard] = []
        self.key = derive_key(b"gansec report pictures" + bytes(10) + str(seed).encode())

    def measure(self, progress=None) -> list[Scorecard]:
        """A scorecard of every system; ``progress`` is told what is going on."""
        say = progress or (lambda text: None)
        self.cards = []
        for label, system in self.systems.items():
            card = scorecard(
                system,
                self.images,
                seed=self.seed,
                randomness=sp800_22.SIZES[self.profile],
                thorough=self.profile == "gpu" or not system.learns,
                progress=lambda text, label=label: say(f"{label}: {text}"),
            )
            options = label.partition(":")[2].replace("=true", "").translate(SPACES)
            title = f"{card.title}, {options}" if options else card.title
            self.cards.append(replace(card, label=label, title=title))
        return self.cards

    # ------------------------------------------------------------ what the page shows

    def heading(self) -> html.Html:
        """The band on top: what, how many, when."""
        count, channels, height, width = self.images.shape
        kind = "colour" if channels == 3 else "grey"
        facts = {
            "pictures": f"{count} × {height} × {width}, {kind}",
            "from": Path(self.source).name if os.sep in self.source else self.source,
            "systems": str(len(self.systems)),
            "profile": self.profile,
            "SP 800-22": "{} × {:,} bits".format(*sp800_22.SIZES[self.profile]),
            "seed": str(self.seed),
            "made": time.strftime("%Y-%m-%d %H:%M"),
        }
        listed = "".join(f"<span>{k} <b>{html.escape(v)}</b></span>" for k, v in facts.items())
        return html.Html(
            '<div class="gs-head"><h1>Security report</h1><p>What image ciphers do to these '
            "pictures, measured, beside what was published and what chance allows; then attacked. "
            "AES-256-GCM stands beside every scheme.</p>"
            f'<div class="gs-facts">{listed}</div></div>'
        )

    def show_pictures(self):
        """The pictures measured, at most 12, and the files that could not be read."""
        from gansec_lib.show.figures import show_grid

        shown = self.images[:12]
        names = [_short(name) for name in self.pictures.names[:12]] or None
        show_grid(
            _thumbnails(shown),
            ncols=6,
            labels=names,
            size=1.55,
            title=f"The {len(self.images)} pictures measured"
            if len(shown) == len(self.images)
            else f"{len(shown)} of the {len(self.images)} pictures measured",
        )
        return self.skipped()

    def skipped(self) -> html.Html:
        """Which files of the folder were left out, and why."""
        if not self.pictures.skipped:
            return html.Html("")
        items = "".join(
            f"<li><code>{html.escape(Path(name).name)}</code>: {html.escape(reason)}</li>"
            for name, reason in self.pictures.skipped
        )
        count = len(self.pictures.skipped)
        return html.Html(
            f'<div class="gs-skipped"><b>{count} file{"s" * (count > 1)} could not be read and '
            f"{'is' if count == 1 else 'are'} not in this report.</b><ul>{items}</ul></div>"
        )

    def show_system(self, label: str):
        """One system: what it does to two pictures, its statistics, its card."""
        from IPython.display import display

        from gansec_lib.show.figures import show

        card = next(card for card in self.cards if card.label == label)
        system, plain = self.systems[label], self.images[:2]
        ciphertext = system.encrypt(plain, self._key(system), nonce=self._nonce(system))
        cipher = ciphertext.as_images()
        seen = shapes.to_look_at(plain, cipher)
        decrypted = system.decrypt(ciphertext, self._key(system))
        try:
            wrong = system.decrypt(ciphertext, avalanche.flip_key_bit(self._key(system), 100))
        except IntegrityError:
            wrong = None
        display(
            html.Html(
                f'<h3 id="{html.anchor(label)}">{html.escape(card.title)}</h3>'
                f"<p>{html.escape(card.overall())}</p>"
            )
        )
        exact = torch.equal(decrypted, plain)
        lossy = "Not lossless" if system.lossless else "Alike, not the same"
        title = "Back bit for bit" if exact else lossy
        if wrong is None:
            ending = "; a wrong key is refused"
        elif not system.lossless:
            ending = "; a wrong key gives something else"
        elif card.metrics["key_flip_decrypt"].verdict == "fail":
            ending = "; a wrong key gives noise that is not even"
        else:
            ending = "; a wrong key gives noise"
        show(figures.walk(plain, seen, decrypted, wrong, f"{card.label}: {title}{ending}"))
        flat = card.metrics["chi_square"].verdict
        said = "nothing left to see" if flat != "fail" else "the histogram is not flat"
        show(figures.statistics(plain[:1], cipher[:1], f"{card.label}: {said}", self.seed))
        display(system_page(card))

    def show_fingerprints(self):
        """Difference of two cipher images after one plain bit changed, all systems."""
        from gansec_lib.show.figures import show

        plain = self.images[:1]
        twin = avalanche.flip_one_bit(plain, self.seed)
        found = {}
        for label, system in self.systems.items():
            key, nonce = self._key(system), self._nonce(system)
            base = system.encrypt(plain, key, nonce=nonce).as_images().to(torch.int16)
            other = bytes([nonce[0] ^ 1]) + nonce[1:]
            pair = []
            for used in (other, nonce):
                changed = system.encrypt(twin, key, nonce=used).as_images().to(torch.int16)
                apart = (changed - base).abs().to(torch.uint8)
                pair.append(shapes.to_look_at(plain, apart)[0])
            found[label.replace(":", ":\n")] = tuple(pair)
        title = "One plain bit changed: where cipher bytes differ"
        abreast = math.ceil(len(found) / math.ceil(len(found) / ABREAST))
        for first in range(0, len(found), abreast):
            some = dict(list(found.items())[first : first + abreast])
            show(figures.fingerprints(some, title if first == 0 else ""))

    def show_damage(self) -> html.Html:
        """What the ciphers that notice nothing make of a damaged cipher image, and the table."""
        from gansec_lib.show.figures import show

        plain, strips, refusing = self.images[:1], {}, []
        for label, system in self.systems.items():
            key = self._key(system)
            made = system.encrypt(plain, key, nonce=self._nonce(system))
            line = shapes.is_strip(plain, made.as_images())
            opened = [
                "cipher bytes\nlie in a line"
                if line and case[0] in shapes.AREAS
                else damaged_decryption(system, made, key, *case)
                for case in SHOWN_DAMAGE
            ]
            if all(picture is None for picture in opened):
                refusing.append(label)
                continue
            strips[label.replace(":", ":\n")] = [
                picture[0] if isinstance(picture, torch.Tensor) else picture for picture in opened
            ]
        if strips:
            heads = [f"{words.DAMAGES[kind][0]}, {strength:g}" for kind, strength in SHOWN_DAMAGE]
            title = f"Decrypted after damage; {' and '.join(refusing)} refuse all of it"
            show(figures.damaged(plain[0], strips, heads, title))
        return html.damage_table(self.cards)

    def show_published(self) -> html.Html:
        """Table 8 of the survey against chance, and this report's own figures."""
        from gansec_lib.show.figures import show

        rows = [row for row in TABLE_8 if row.npcr and row.uaci]
        bad = sum(not audit(row)[0] for row in rows)
        title = f"{bad} of {len(rows)} printed rows fit random-looking pictures of no common size"
        show(figures.published_window(self.cards, 256 * 256, title))
        return html.Html(html.published_table(TABLE_8, audit) + html.claims_table(self.cards))

    def show_attacks(self) -> html.Html:
        """What every attack read, as pictures and as figures."""
        from gansec_lib.show.figures import show

        tried = [card for card in self.cards if card.attacks]
        held, used = (
            sum(bool(card.opened_by(setting)) for card in tried)
            for setting in ("nonce held", "as used")
        )
        title = f"With one nonce twice, {held} of {len(tried)} systems are read; "
        title += f"used as intended, {used or 'none'}"
        show(figures.attacks(self.images[:1], tried, title))
        return html.attack_table(self.cards)

    def command(self) -> str:
        """The command line that makes this report again."""
        labels = " ".join(self.systems)
        count, channels, height, _ = self.images.shape
        return (
            f"gansec report {labels} --images {self.source} --profile {self.profile} "
            f"--size {height} --count {count} --{'colour' if channels == 3 else 'grey'} "
            f"--seed {self.seed}"
        )

    def small_print(self) -> html.Html:
        """Versions, and the command that makes this report again."""
        return html.key_values({"again": self.command(), **versions()})

    def write(self, folder: str | Path) -> Path:
        """``results.json`` in ``folder``."""
        shape = list(self.images.shape)
        described = {
            "source": self.source,
            "shape": shape,
            "names": list(self.pictures.names),
            "skipped": [list(entry) for entry in self.pictures.skipped],
        }
        return write_results(
            Path(folder) / "results.json",
            self.cards,
            images=described,
            profile=self.profile,
            seed=self.seed,
        )

    def _key(self, system) -> bytes:
        return derive_key(self.key, system.key_length)

    def _nonce(self, system) -> bytes:
        return derive_key(self.key, system.nonce_length, purpose="nonce")


def _short(name: str, most: int = 18) -> str:
    """A file or set name that fits under a picture."""
    name = Path(name).name.split("[")[0]
    return name if len(name) <= most else name[: most - 1] + "…"


def _thumbnails(images: torch.Tensor, side: int = 160) -> torch.Tensor:
    """At most ``side`` pixels, by whole-pixel averaging, so that the page stays small."""
    factor = math.ceil(max(images.shape[2:]) / side)
    if factor == 1:
        return images
    small = torch.nn.functional.avg_pool2d(images.float(), factor)
    return small.round().to(torch.uint8)


def _one_channel(images: torch.Tensor) -> torch.Tensor:
    """The pictures, or their first channel where all three are the same in all of them."""
    grey = images.shape[1] == 3 and bool((images == images[:, :1]).all())
    return images[:, :1].contiguous() if grey else images
