"""The questions put to a system, role by role: ``card_of(system, pictures)`` asks them all.

``card`` is the shape of the answer, ``bench`` what a system is measured with. Each role has a
module with ``measure(system, pictures, **how) -> Card``: ``cipher``, ``keystream``, ``hider``,
``protector``.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.images.imageset import ImageSet
from gansec_lib.roles import System, check_images
from gansec_lib.scorecards.bench import Bench
from gansec_lib.scorecards.card import Card, Exhibit, Fact, Panel, Question, Table, Words

__all__ = [
    "Bench",
    "Card",
    "Exhibit",
    "Fact",
    "Panel",
    "Question",
    "Table",
    "Words",
    "card_of",
]

MODULES = {  # role: the module that measures it
    "Cipher": "gansec_lib.scorecards.cipher.card",
    "KeyGenerator": "gansec_lib.scorecards.keystream",
    "Hider": "gansec_lib.scorecards.hider.card",
    "Protector": "gansec_lib.scorecards.protector.card",
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
        ``seed`` (int): keys, nonces and every choice follow from it. ``attacks`` (bool): also try
        the attacks. ``thorough`` (bool): also the long ones. ``profile`` (str) and, for bytes,
        ``randomness`` (sequences, bits of each): how much is measured. ``yardstick`` (System): the
        standard of this role that time is compared with. ``progress`` (callable): is told what is
        going on. A role's module takes those that mean something to it.

    Raises
    ------
    ParameterError
        No system, wrong pictures, a role without a card, or a yardstick of another role.
    """
    if not isinstance(system, System):
        hint = "; systems.build makes one of a label" if isinstance(system, str) else ""
        raise ParameterError(f"system: expected a System, got {type(system).__name__}{hint}")
    if system.role not in MODULES:
        raise ParameterError(
            f"system: expected a role of {', '.join(MODULES)}, got {system.role or 'none'} "
            f"({system.key_name or type(system).__name__})"
        )
    yardstick = how.get("yardstick")
    if yardstick is not None and getattr(yardstick, "role", "") != system.role:
        raise ParameterError(
            f"yardstick: expected a {system.role} like the system, got {yardstick!r}"
        )
    if not isinstance(pictures, ImageSet):
        pictures = ImageSet(check_images(pictures, "pictures"))
    check_images(pictures.images, "pictures")
    pictures = replace(pictures, images=pictures.images.cpu())
    card = import_module(MODULES[system.role]).measure(system, pictures, **how)
    return replace(card, label=label or system.key_name)
