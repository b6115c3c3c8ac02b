"""``suite``: every attack of ``TABLE`` on one cipher, each under the setting where it belongs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch

from gansec_lib.attacks.on_ciphers.table import BUDGETS, TABLE, Given
from gansec_lib.attacks.oracle import SETTINGS, Attempt
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher, check_images


class LeftOut(NamedTuple):
    """An attack that was not tried in one of its settings, and why."""

    name: str
    setting: str
    reason: str


def suite(
    system: Cipher,
    key: bytes,
    images: torch.Tensor,
    settings: Sequence[str] = tuple(SETTINGS),
    budget: str = "seconds",
) -> tuple[list[Attempt], list[LeftOut]]:
    """Try every attack of ``TABLE`` on one cipher, in each setting where the attack belongs.

    Nothing is left out in silence: each attack stands, for each of its settings, either among the
    attempts or among what was left out. A system that refuses what an attacker hands in has held,
    and the attempt's ``words`` are "refused".

    Parameters
    ----------
    system : Cipher
    key : bytes
    images : uint8 (N, C, H, W)
        The first picture is the victim; the attacker knows up to four of the others.
    settings : of ``SETTINGS``
        Which settings are tried; all of them by default.
    budget : {"seconds", "minutes"}
        Attacks that take longer than this, each by itself, are left out.

    Returns
    -------
    attempts : list of Attempt
        Setting by setting, in the order of ``TABLE``.
    left_out : list of LeftOut
        ``reasons`` puts it in words.

    Raises
    ------
    ParameterError

    >>> from gansec_lib.attacks.on_ciphers import targets
    >>> noise = torch.randint(256, (3, 1, 12, 20)).to(torch.uint8)
    >>> attempts, left_out = suite(targets.XorStream(), b"k" * 32, noise, ("nonce held",))
    >>> [attempt.name for attempt in attempts if attempt.verdict == "opened"][:2]
    ['two_time_pad', 'chosen_plaintext_xor']
    >>> [(one.name, one.reason) for one in left_out if one.setting == "nonce held"][-1]
    ('known_codes', 'it encrypts pictures and no codes')
    """
    if not isinstance(system, Cipher):
        raise ParameterError(
            f"system: expected a Cipher, got {type(system).__name__}; systems.build makes one of a "
            f"label"
        )
    unknown = [setting for setting in settings if setting not in SETTINGS]
    if unknown:
        raise ParameterError(f"settings: expected some of {tuple(SETTINGS)}, got {unknown[0]!r}")
    if budget not in BUDGETS:
        raise ParameterError(f"budget: expected one of {BUDGETS}, got {budget!r}")
    given = Given(system, key, check_images(images).cpu())
    attempts, left_out = [], []
    for setting in SETTINGS:
        for row in TABLE.values():
            if setting not in row.settings:
                continue
            if setting not in settings:
                why = "this setting was not asked for"
            else:
                why = row.why_not(given, budget)
            if why:
                left_out.append(LeftOut(row.name, setting, why))
            else:
                attempts.append(row.run(given, setting))
    return attempts, left_out


def reasons(left_out: Iterable[LeftOut]) -> list[str]:
    """What was left out, one entry a reason, for a list or a page.

    >>> reasons([LeftOut("a", "as used", "too long"), LeftOut("b_c", "as used", "too long")])
    ['a, b c (as used): too long']
    """
    names: dict[tuple[str, str], list[str]] = {}
    for name, setting, reason in left_out:
        names.setdefault((reason, name), []).append(setting)
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (reason, name), settings in names.items():
        groups.setdefault((reason, tuple(settings)), []).append(name.replace("_", " "))
    return [
        f"{', '.join(found)} ({', '.join(settings)}): {reason}"
        for (reason, settings), found in groups.items()
    ]
