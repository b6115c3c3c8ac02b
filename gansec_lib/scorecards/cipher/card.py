"""``scorecard(system, images)``: everything the survey's tables ask of a system, measured.

Figures are judged at the 0.1 % level: a report holds some twenty-five of them for each system, and
at the customary 5 % an ideal cipher would fail one in most reports.
"""

from __future__ import annotations

import html
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from gansec_lib.ciphers.kdf import hkdf
from gansec_lib.errors import ParameterError
from gansec_lib.files import atomic_write, versions
from gansec_lib.metrics.metric import Metric, json_number, number
from gansec_lib.roles import Cipher, Ciphertext, System, check_images, derive_key
from gansec_lib.scorecards.cipher import avalanche, measures, shapes, words
from gansec_lib.scorecards.cipher import randomness as sp800_22

ALPHA = 0.001
TRIALS = 4  # one-bit twins of every picture
KEY_BITS = (0, 85, 170, 255)  # the key bits that are flipped
HELD = "_nonce_held"  # ends the names of figures measured with one nonce used twice
HEADINGS = ("figure", "measured", "expected", "published", "verdict")
MARKS = {"pass": "✓", "fail": "✗", "info": "·"}
CLEAR = 0.05  # share of bytes in the cipher image as they are that is no chance any more


@dataclass
class Scorecard:
    """What was measured on one system.

    Parameters
    ----------
    system, title, role, paper : str
    metrics : dict of str to Metric
        In the order of the report.
    published : dict
        The paper's own figures with their conditions.
    attacks : list of Attempt
    seconds : dict of str to float
        ``encrypt`` and ``decrypt`` one batch, ``aes_encrypt`` the same batch, ``total`` measuring.
    limits : tuple of str
        What the system does not protect.
    authenticated : bool
        Whether a changed ciphertext is refused.
    standard : bool
        Whether it is a cipher that the world relies on, or one for study only.
    label : str
        What a report calls it; the key name by default.
    robustness : list of dict
        One row a damage and strength, as ``metrics.robustness`` gives them.
    tested : sp800_22.Tested or None
        SP 800-22 on the cipher's bytes.
    in_clear : float
        Share of its bytes that stand in the cipher image as they are; about 1/256 by chance.
    lossless : bool
        Whether the pictures are to come back bit for bit.
    left_out : tuple of str
        What was not tried, and why; one sentence each.
    """

    system: str
    title: str
    role: str
    paper: str
    metrics: dict[str, Metric]
    published: dict[str, dict] = field(default_factory=dict)
    attacks: list = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    authenticated: bool = False
    standard: bool = False
    label: str = ""
    robustness: list[dict] = field(default_factory=list)
    tested: sp800_22.Tested | None = None
    in_clear: float = 1 / 256
    lossless: bool = True
    left_out: tuple[str, ...] = ()

    def __post_init__(self):
        self.label = self.label or self.system

    def count(self, verdict: str) -> int:
        """How many figures have this verdict."""
        return sum(metric.verdict == verdict for metric in self.metrics.values())

    def reading(self, attack) -> tuple[str, str]:
        """Verdict on one attack, and what it got, in two words.

        *fail* where it read the picture or a part of it, or told the cipher from noise.
        """
        share = f"{100 * attack.score:.3g} %"
        return {
            "told": ("fail", "told from noise"),
            "not told": ("pass", "looks like noise"),
            "opened": ("fail", "reads all"),
            "in part": ("fail", f"reads {share}"),
            "held": ("pass", share),
        }[attack.verdict]

    def shows_clear(self) -> bool:
        """Whether more bytes than by chance stand in the cipher image as they are."""
        return self.in_clear > CLEAR

    def opened_by(self, setting: str | None = None) -> list:
        """The attacks of a setting (or of all) that read the picture or a part of it."""
        return [
            attack
            for attack in self.attacks
            if attack.beyond_chance and not attack.tells and setting in (None, attack.setting)
        ]

    def overall(self) -> str:
        """The card in two sentences."""
        used = [m for m in self.metrics.values() if m.verdict != "info" and HELD not in m.name]
        failed = [words.title(m.name) for m in used if m.verdict == "fail"]
        said = f"{len(used) - len(failed)} of {len(used)} judged figures lie where an ideal "
        said += f"cipher's would; outside: {', '.join(failed)}." if failed else "cipher's would."
        held = [metric for name, metric in self.metrics.items() if HELD in name]
        if any(metric.verdict == "fail" for metric in held):
            said += " A nonce used twice shows in NPCR and UACI."
        elif held:
            said += " Not even a nonce used twice shows in NPCR and UACI."
        if self.shows_clear():
            said += f" {100 * self.in_clear:.0f} % of the bytes travel in the clear."
        if not self.lossless:
            said += " Lossy by design: what comes back is not judged."
        if not self.attacks:
            return said
        opened = self.opened_by()
        if not opened:
            return f"{said} None of the {len(self.attacks)} attacks tried read anything."
        parts = {"every byte": [], "a part": []}
        for attack in opened:
            pictures = f"{attack.queries} picture{'s' * (attack.queries != 1)}"
            share = "" if attack.succeeded else f", {100 * attack.score:.3g} %"
            words_ = f"{attack.name.replace('_', ' ')} ({attack.setting}, {pictures}{share})"
            parts["every byte" if attack.succeeded else "a part"].append(words_)
        for what, found in parts.items():
            if found:
                said += f" Attacks that read {what}: {'; '.join(found)}."
        return said

    def to_dict(self) -> dict:
        """As ``results.json`` keeps it; non-finite numbers as strings."""
        return {
            "title": self.title,
            "role": self.role,
            "authenticated": self.authenticated,
            "lossless": self.lossless,
            "in_clear": self.in_clear,
            "paper": self.paper,
            "metrics": {name: metric.to_dict() for name, metric in self.metrics.items()},
            "published": self.published,
            "robustness": [
                {key: json_number(value) for key, value in row.items()} for row in self.robustness
            ],
            "randomness": self.tested.to_dict() if self.tested else None,
            "attacks": [attack.to_dict() for attack in self.attacks],
            "left_out": list(self.left_out),
            "seconds": {key: json_number(value) for key, value in self.seconds.items()},
            "limits": list(self.limits),
            "overall": self.overall(),
        }

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """(figure, measured, expected, published, verdict) as text."""
        found = []
        for name, metric in self.metrics.items():
            shown = shown_value(metric)
            printed = self.published.get(name, {})
            found.append(
                (
                    words.title(name),
                    shown,
                    shown_interval(metric),
                    printed.get("shown", number(printed.get("value"))),
                    metric.verdict,
                )
            )
        return found

    def table(self):
        """The card as a ``rich`` table for a terminal."""
        from rich.table import Table

        table = Table(title=f"{self.title} ({self.system})", caption=self.overall())
        for heading in HEADINGS:
            table.add_column(heading, justify="right" if heading == "measured" else "left")
        colours = {"pass": "green", "fail": "red", "info": "dim"}
        for *cells, verdict in self.rows():
            colour = colours[verdict]
            table.add_row(*cells, f"[{colour}]{MARKS[verdict]} {verdict}[/{colour}]")
        return table

    def _repr_html_(self) -> str:
        from gansec_lib.report.system_page import system_page

        heading = f"<h3>{html.escape(self.title)}</h3><p>{html.escape(self.overall())}</p>"
        return f'<div class="gs-card">{heading}{system_page(self)}</div>'


def shown_value(metric: Metric) -> str:
    """The value as a table prints it; a wrong key may be refused, a small picture have none."""
    if metric.value is None:
        return "refused" if metric.convention.startswith("refused") else "none"
    return f"{metric.value:.5g}" if _narrow(metric) else metric.text


def shown_interval(metric: Metric) -> str:
    """The interval, with digits enough to tell its ends apart."""
    return f"{metric.low:.4g} to {metric.high:.4g}" if _narrow(metric) else metric.interval


def _narrow(metric: Metric) -> bool:
    low, high = metric.low, metric.high
    return None not in (low, high) and low != high and number(low) == number(high)


def scorecard(
    system: str | System,
    images: torch.Tensor,
    *,
    seed: int = 0,
    attacks: bool = True,
    thorough: bool = True,
    randomness: tuple[int, int] = sp800_22.SIZES["smoke"],
    progress: Callable[[str], None] | None = None,
) -> Scorecard:
    """Measure a system on pictures.

    Parameters
    ----------
    system : str or System
        A key name (``"aes_gcm"``) or a built system.
    images : uint8 (N, C, H, W)
    seed : int
        Key, nonces and the flipped bits follow from it; two runs give the same figures, times
        and attacks' seconds aside.
    attacks : bool
        Also try the attacks. Without them the effective key is judged on dead bits alone.
    thorough : bool
        Also the attack that asks for 256 flat pictures, and every key bit flipped instead of 32 of
        them. ``left_out`` of the card says what was not tried.
    randomness : (int, int)
        How many sequences of how many bits SP 800-22 gets.
    progress : callable, optional
        Told in a few words what is being measured.

    Returns
    -------
    Scorecard

    Raises
    ------
    ParameterError
        Unknown system, wrong images, or a role whose scorecard does not exist.

    >>> pictures = torch.arange(2 * 40 * 32).reshape(2, 1, 40, 32).to(torch.uint8)
    >>> card = scorecard("aes_gcm", pictures, attacks=False)
    >>> card.metrics["psnr_decrypted"].value, card.metrics["key_flip_decrypt"].convention
    (inf, 'refused 4 of 4')
    """
    if isinstance(system, str):
        from gansec_lib import systems

        system = systems.get(system)
    images = check_images(images).cpu()
    if not isinstance(system, Cipher):
        came = getattr(system, "role", "") or type(system).__name__
        raise ParameterError(
            f"system: the scorecard measures the role Cipher, got {came} "
            f"({getattr(system, 'key_name', '')}); the other roles' scorecards come with their "
            f"lessons"
        )
    say = progress or (lambda text: None)
    start = time.perf_counter()
    key = derive_key(b"gansec report key".ljust(32, b".") + str(seed).encode(), system.key_length)

    def nonce(label: str) -> bytes:
        return hkdf(key, system.nonce_length, info=f"nonce {seed} {label}".encode())

    say("encrypting and decrypting")
    ciphertext = system.encrypt(images, key, nonce=nonce("first"))
    decrypted = system.decrypt(Ciphertext.from_bytes(ciphertext.to_bytes()), key)
    apart = shapes.no_picture(images, ciphertext)
    found = measures.statistics(images, ciphertext.as_images(), ALPHA, apart)

    say("changing single bits of picture and key")
    fresh = [(nonce(f"plain {t}"), nonce(f"twin {t}")) for t in range(TRIALS)]
    held = [(nonce("held"), nonce("held"))] * TRIALS
    one_bit = f"one bit of each picture, {TRIALS} times"
    for pairs, suffix, setting in (
        (fresh, "", f"{one_bit}, fresh nonces"),
        (held, HELD, f"{one_bit}, one nonce"),
    ):
        found |= avalanche.plaintext_sensitivity(
            system, images, key, pairs, ALPHA, seed, suffix, setting
        )
    bits = [bit % (8 * system.key_length) for bit in KEY_BITS]
    found |= avalanche.key_sensitivity(system, images, key, nonce("held"), bits, ALPHA)
    found["key_flip_decrypt"] = measures.wrong_key(found["key_flip_decrypt"], system.lossless)
    found |= measures.fidelity(images, decrypted, system.lossless)

    say("damaging cipher images")
    share, robustness = measures.damage(system, images, key, nonce("damaged"), seed)
    found |= share

    say("testing its bytes with SP 800-22")
    each = ciphertext.payload.numel() // len(images)
    tests, tested = sp800_22.measure(system, images, key, nonce, randomness, ALPHA, each)
    found |= tests

    say("timing")
    times, seconds = measures.cost(system, images, ciphertext, key, ALPHA)
    found |= times

    results, left_out = [], []
    if attacks:
        say("attacking")
        results, left_out = measures.attacked(system, images, seed, thorough)
    say("flipping key bits")
    found |= measures.key_space(system, images.shape[1], results, thorough)
    in_clear = measures.in_clear(images, ciphertext.as_images(), apart)
    seconds["total"] = time.perf_counter() - start
    return Scorecard(
        system.key_name,
        system.title,
        system.role,
        system.paper,
        {name: found[name] for name in words.FIGURES},
        dict(system.published),
        results,
        seconds,
        system.limits,
        system.authenticated,
        system.standard,
        robustness=robustness,
        tested=tested,
        in_clear=in_clear,
        lossless=system.lossless,
        left_out=tuple(left_out),
    )


def write_results(
    path: str | Path, cards: list[Scorecard], *, images: dict, profile: str, seed: int
) -> Path:
    """Write ``results.json``: systems by key name, then images, profile, seed, versions.

    Strict JSON: ``Infinity`` is no JSON number, so infinite values are the string ``"inf"``.
    """
    record = {
        **{card.label: card.to_dict() for card in cards},
        "images": images,
        "profile": profile,
        "seed": seed,
        "versions": versions(),
    }
    text = json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False)
    return atomic_write(path, text + "\n")
