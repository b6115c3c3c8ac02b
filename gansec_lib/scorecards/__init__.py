"""The questions put to a system, role by role: ``card_of(system, pictures)`` asks them all.

``card`` is the shape of the answer, ``measuring`` says how much is asked and what comes back,
``bench`` is what a system is measured with. ``ROLES`` has a row a role: who measures it
(``cipher``, ``keystream``, ``hider``, ``protector``), in which words, on how many pictures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.images.imageset import ImageSet
from gansec_lib.roles import System, check_images
from gansec_lib.scorecards import keystream
from gansec_lib.scorecards.bench import Bench
from gansec_lib.scorecards.card import (
    Card,
    Exhibit,
    Fact,
    Panel,
    Panels,
    Question,
    Table,
    Words,
    lay_out,
)
from gansec_lib.scorecards.cipher import questions as of_ciphers
from gansec_lib.scorecards.cipher.card import measure as measure_cipher
from gansec_lib.scorecards.hider import questions as of_hiders
from gansec_lib.scorecards.hider.card import measure as measure_hider
from gansec_lib.scorecards.measuring import Found, How
from gansec_lib.scorecards.protector import questions as of_protectors
from gansec_lib.scorecards.protector.card import measure as measure_protector

__all__ = [
    "ROLES",
    "Bench",
    "Card",
    "Exhibit",
    "Fact",
    "How",
    "Panel",
    "Question",
    "Table",
    "Words",
    "card_of",
]

# profile: how many pictures, and their side in pixels
FEW = {"smoke": (4, 64), "laptop": (12, 256), "gpu": (48, 512)}
CROWD = {"smoke": (128, 64), "laptop": (384, 128), "gpu": (1000, 256)}


@dataclass(frozen=True)
class Row:
    """How the systems of one role are measured.

    Parameters
    ----------
    measure : callable
        ``measure(system, pictures, how) -> Found``.
    panels : dict of name to (title, questions)
    words : Words
    pictures : dict of profile to (int, int)
        How many pictures a report takes, and their side. It is a crowd where an attacker is right
        or wrong once a picture.
    yardstick : str
        Label of the standard that stands beside every such system; empty where there is none.
    surveyed : bool
        Whether the survey's Table 8 prints NPCR and UACI of such systems.
    """

    measure: Callable[[System, ImageSet, How], Found]
    panels: Panels
    words: Words
    pictures: dict[str, tuple[int, int]]
    yardstick: str = ""
    surveyed: bool = False


ROLES = {
    "Cipher": Row(measure_cipher, of_ciphers.PANELS, of_ciphers.WORDS, FEW, "aes_gcm", True),
    "KeyGenerator": Row(keystream.measure, keystream.PANELS, keystream.WORDS, FEW, "aes_ctr"),
    "Hider": Row(measure_hider, of_hiders.PANELS, of_hiders.WORDS, CROWD),
    "Protector": Row(measure_protector, of_protectors.PANELS, of_protectors.WORDS, CROWD),
}


def card_of(system: System, pictures: ImageSet | torch.Tensor, *, label: str = "", **how) -> Card:
    """Everything that is asked of a system of this role, measured on pictures.

    Parameters
    ----------
    system : System
    pictures : ImageSet, or uint8 (N, C, H, W)
        A protector is measured on identities, which only an ``ImageSet`` carries.
    label : str
        What the card calls the system; its key name by default.
    **how
        ``seed``, ``attacks``, ``thorough``, ``profile``, ``randomness``, ``yardstick`` and
        ``progress``, as :class:`How` has them. A role takes those that mean something to it.

    Raises
    ------
    ParameterError
        No system, wrong pictures, a role without a card, a choice that there is not, or a
        yardstick of another role.

    >>> from gansec_lib import systems
    >>> card_of(systems.get("blur"), torch.zeros(1, 1, 16, 16, dtype=torch.uint8), profil="gpu")
    Traceback (most recent call last):
    gansec_lib.errors.ParameterError: profil: no such choice; did you mean 'profile'?
    """
    if not isinstance(system, System):
        hint = "; systems.build makes one of a label" if isinstance(system, str) else ""
        raise ParameterError(f"system: expected a System, got {type(system).__name__}{hint}")
    if system.role not in ROLES:
        raise ParameterError(
            f"system: expected a role of {', '.join(ROLES)}, got {system.role or 'none'} "
            f"({system.key_name or type(system).__name__})"
        )
    asked = How.of(how)
    if asked.yardstick is not None and getattr(asked.yardstick, "role", "") != system.role:
        raise ParameterError(
            f"yardstick: expected a {system.role} like the system, got {asked.yardstick!r}"
        )
    if not isinstance(pictures, ImageSet):
        pictures = ImageSet(check_images(pictures, "pictures"))
    check_images(pictures.images, "pictures")
    pictures = replace(pictures, images=pictures.images.cpu())
    row, start = ROLES[system.role], time.perf_counter()
    found = row.measure(system, pictures, asked)
    return Card(
        system=system.key_name,
        role=system.role,
        title=system.title,
        paper=system.paper,
        words=row.words,
        facts=found.facts,
        panels=lay_out(row.panels, found.metrics, found.tables, found.exhibits),
        attempts=found.attempts,
        misuse=found.misuse,
        limits=tuple(system.limits),
        left_out=tuple(found.left_out),
        seconds=found.seconds | {"total": time.perf_counter() - start},
        published=dict(system.published),
        label=label,
        shown=found.shown,
    )
