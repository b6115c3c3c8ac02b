"""``conform``: does a system keep what its role promises? Every promise is asked for, one by one.

It takes any system: one of the table, a stranger's subclass of a role, or any object that has a
role's methods. A promise that is broken names the method that broke it and says what was expected
and what came. The promises of a role stand in
``roles.promises``, one file a role.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from gansec_lib.errors import ConformError, ParameterError, shown
from gansec_lib.roles.contracts import check_images
from gansec_lib.roles.promises import cipher, every, hider, key_generator, protector
from gansec_lib.roles.promises.asking import STRANGE, Promise, came, has

ROLES = {
    "KeyGenerator": key_generator,
    "Cipher": cipher,
    "Hider": hider,
    "Protector": protector,
}


@dataclass(frozen=True)
class Check:
    """One promise, and whether it was kept.

    Parameters
    ----------
    method : str
        The method, or class attribute, that makes the promise.
    name : str
        The promise in words.
    passed : bool
    why : str
        What was expected and what came; empty where it passed.
    """

    method: str
    name: str
    passed: bool
    why: str = ""

    def __str__(self) -> str:
        return f"{'ok  ' if self.passed else 'FAIL'} {self.method}: {self.name}" + (
            f"\n     {self.why}" if self.why else ""
        )


@dataclass(frozen=True)
class Conformity:
    """What ``conform`` found.

    Parameters
    ----------
    system : str
        The system's ``repr``.
    role : str
    checks : tuple of Check
    """

    system: str
    role: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The promises that were broken."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.failed

    def raise_if_failed(self) -> Conformity:
        """Itself where every promise was kept.

        Raises
        ------
        ConformError
            With every broken promise: the method, what was expected, what came.
        """
        if self.failed:
            raise ConformError(
                f"{self.system} breaks {len(self.failed)} of {len(self.checks)} promises of a "
                f"{self.role}:\n" + "\n".join(map(str, self.failed))
            )
        return self

    def __str__(self) -> str:
        head = f"{self.system}: {len(self.checks) - len(self.failed)} of {len(self.checks)} "
        return "\n".join([f"{head}promises of a {self.role} kept", *map(str, self.checks)])


def conform(system, pictures: torch.Tensor | None = None) -> Conformity:
    """Ask a system for everything that its role promises.

    Parameters
    ----------
    system : System, or any object with a role's methods
    pictures : uint8 (N, C, H, W), optional
        What to try it on, two or more of 16 × 16 pixels at least; drawn shapes of 32 × 32 where
        left out. Small ones are enough, and soon done.

    Returns
    -------
    Conformity
        Print it, or call ``raise_if_failed``.

    Raises
    ------
    ParameterError
        The pictures are none, or the object has no role's methods.

    Examples
    --------
    >>> from gansec_lib import systems
    >>> conform(systems.get("aes_gcm")).passed
    True
    """
    images = drawn() if pictures is None else check_images(pictures, "pictures")
    if len(images) < 2 or min(images.shape[2:]) < 16:
        raise ParameterError(
            f"pictures: expected two or more of 16 × 16 pixels at least, got {tuple(images.shape)}"
        )
    if isinstance(system, str):
        raise ParameterError(
            f"system: expected a system, got a text; systems.get({shown(system)}) builds the one "
            f"of this name"
        )
    if issubclass(type(system), type):  # isinstance would ask the object, which may raise
        raise ParameterError(
            f"system: expected a system, got the class {system.__name__}; build it first"
        )
    role = _role_of(system)
    checks, given = [], images.cpu().clone()  # the caller's own are never handed out
    for method, name, ask in _promises(role, system, given):
        try:
            why = ask()
        except STRANGE as problem:  # whatever a stranger's method raises is told, not passed on
            why = f"raised {came(problem)}"
        if given.shape != images.shape or not torch.equal(given, images.cpu()):
            given.data = images.cpu().clone()  # of the right size, whatever became of the old ones
            why = why or "the pictures that it was given are no longer what they were"
        checks.append(Check(method, name, not why, why))
    try:
        words = repr(system)
    except STRANGE:
        words = f"a {type(system).__name__}"
    return Conformity(words, role, tuple(checks))


def _role_of(system) -> str:
    """The role that a system says it has, or that its methods show."""
    try:
        said = getattr(system, "role", "")
    except STRANGE:
        said = ""
    if isinstance(said, str) and said in ROLES:
        return said
    for role, module in ROLES.items():
        if any(has(system, method) for method in module.METHODS):
            return role
    raise ParameterError(
        f"system: {type(system).__name__} has no role's methods; a Cipher has encrypt and "
        f"decrypt, a KeyGenerator keystream, a Hider hide and reveal, a Protector protect"
    )


def _promises(role: str, system, images: torch.Tensor) -> Iterator[Promise]:
    """All promises of a system of this role; where it lacks what they are asked with, only that."""
    missing = [name for name in (*ROLES[role].METHODS, *every.METHODS) if not has(system, name)]
    for name in missing:
        yield name, f"a {role} has it", lambda name=name: f"there is no method {name}"
    unfit = dict(every.unfit(system, tuple(ROLES)))
    for name, why in unfit.items():
        yield name, f"a {role} can work with it", lambda why=why: why
    if not missing and not unfit:
        try:
            yield from every.promises(system)
            yield from ROLES[role].promises(system, images)
        except STRANGE as problem:  # between two promises: an attribute that cannot be read twice
            why = f"raised {came(problem)}"
            yield ROLES[role].METHODS[0], "it can be asked", lambda: why


def drawn() -> torch.Tensor:
    """Three grey pictures with large even parts and a slope, uint8 (3, 1, 32, 32)."""
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    disc = 200 * ((rows - 13) ** 2 + (columns - 17) ** 2 < 90)
    return torch.stack([disc, 7 * rows + columns, 40 + 3 * columns])[:, None].to(torch.uint8)
