"""What goes into the measuring of a system, ``How``, and what comes out of it, ``Found``.

Below them stands what the roles share in measuring: a flipped key bit, a time, an SSIM.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from statistics import median

import torch

from gansec_lib.errors import ParameterError, near_miss
from gansec_lib.metrics import quality
from gansec_lib.metrics.metric import Metric, info
from gansec_lib.profiles import check_profile
from gansec_lib.roles import System
from gansec_lib.scorecards.card import Exhibit, Fact, Table

ALPHA = 0.001  # a card holds many metrics: at 5 % an ideal system would fail one on most cards
SEQUENCES = {  # profile: sequences for SP 800-22, bits of each
    "smoke": (8, 1_000_000),
    "laptop": (55, 1_000_000),
    "gpu": (100, 1_000_000),
}


@dataclass(frozen=True)
class How:
    """How much is asked of a system, and what stands beside it.

    Parameters
    ----------
    seed : int
        Keys, nonces and every choice follow from it; two runs give the same metrics, times aside.
    attacks : bool
        Also try the attacks.
    thorough : bool
        Flip every key bit of a cipher, and not only 32 of them.
    profile : {"smoke", "laptop", "gpu"}
        How many bits SP 800-22 gets; ``gpu`` also tries the attacks that take minutes.
    randomness : (int, int), optional
        Sequences for SP 800-22 and bits of each, instead of the profile's.
    yardstick : System, optional
        The standard of this role that time is compared with.
    progress : callable, optional
        Is told what is going on.

    Raises
    ------
    ParameterError
        An unknown profile.
    """

    seed: int = 0
    attacks: bool = True
    thorough: bool = True
    profile: str = "smoke"
    randomness: tuple[int, int] | None = None
    yardstick: System | None = None
    progress: Callable[[str], None] | None = None

    def __post_init__(self):
        check_profile(self.profile)

    @classmethod
    def of(cls, given: dict) -> How:
        """The same by name.

        >>> How.of({"profil": "gpu"})
        Traceback (most recent call last):
        gansec_lib.errors.ParameterError: profil: no such choice; did you mean 'profile'?
        """
        known = [one.name for one in fields(cls)]
        for name in given:
            if name not in known:
                raise ParameterError(f"{name}: no such choice; {near_miss(name, known)}")
        return cls(**given)

    @property
    def sequences(self) -> tuple[int, int]:
        """Sequences for SP 800-22, and bits of each."""
        return self.randomness or SEQUENCES[self.profile]

    def say(self, text: str) -> None:
        """Tell whoever listens what is going on."""
        if self.progress:
            self.progress(text)


@dataclass
class Found:
    """What was measured on a system, before it is laid out as a :class:`Card`.

    Parameters
    ----------
    metrics : dict of str to Metric
    facts : list of Fact
    tables, exhibits : dict of panel to list
    attempts, misuse, left_out, seconds, shown
        As a ``Card`` has them.
    """

    metrics: dict[str, Metric]
    facts: list[Fact]
    tables: dict[str, list[Table]] = field(default_factory=dict)
    exhibits: dict[str, list[Exhibit]] = field(default_factory=dict)
    attempts: list = field(default_factory=list)
    misuse: tuple[str, ...] = ()
    left_out: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    shown: list[Exhibit] = field(default_factory=list)


def flip_key_bit(key: bytes, bit: int) -> bytes:
    """The key with bit ``bit`` flipped (bit 0: lowest of the first byte).

    >>> flip_key_bit(b"AB", 9)
    b'A@'
    """
    changed = bytearray(key)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


def seconds_of(function, repeats: int = 5) -> float:
    """Median wall-clock seconds of ``function()`` over ``repeats`` calls, after one warm-up."""
    function()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return median(taken)


def listed(reasons: dict[str, str]) -> list[str]:
    """What was left out and why, one sentence each.

    >>> listed({"chi_square": "too few covers"})
    ['chi square: too few covers']
    """
    return [f"{name.replace('_', ' ')}: {why}" for name, why in reasons.items()]


def standing(system: System) -> Fact:
    """Whether it is for use or for study, as a mark."""
    if system.standard:
        return Fact("a standard: use it", "pass")
    return Fact("for study only: no proof", "fail")


def ssim(first: torch.Tensor, second: torch.Tensor, name="ssim", window="gaussian") -> Metric:
    """SSIM of two batches of pictures; where they hold no window, no value and why."""
    least = quality.WINDOWS[window]
    if min(first.shape[2:]) < least:
        return info(name, None, f"pictures under {least} pixels a side hold no window")
    return quality.ssim(first, second, name, window)
