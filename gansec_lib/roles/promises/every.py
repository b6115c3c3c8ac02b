"""What every system promises: its words, its options, its networks, its files."""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from torch import nn

from gansec_lib.errors import shown
from gansec_lib.roles.promises.asking import STRANGE, Promise, came

METHODS = ("options", "networks", "save", "load")


def unfit(system, roles: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Class attributes that no promise can be asked with, and why; those left out are the role's.

    Parameters
    ----------
    roles : sequence of str
        The names of the roles there are.
    """
    wanted = {
        "role": (f"one of {', '.join(roles)}", lambda said: said == "" or _in(said, roles)),
        "key_length": ("a whole number from 1 to 64", lambda said: _in(said, range(1, 65))),
        "nonce_length": ("a whole number from 0 to 255", lambda said: _in(said, range(256))),
    }
    for name in ("lossless", "authenticated", "exact", "use_nonce"):
        wanted[name] = ("True or False", lambda said: isinstance(said, bool))
    for name, (words, good) in wanted.items():
        try:
            said = getattr(system, name)
            if not good(said):
                yield name, f"expected {words}, got {shown(said)}"
        except AttributeError:
            continue
        except STRANGE as problem:
            yield name, f"raised {came(problem)}"


def _in(said, known: Sequence) -> bool:
    """Whether it is one of these, and of their very type: True is no 1."""
    return type(said) is type(known[0]) and said in known


def promises(system) -> Iterator[Promise]:
    """What does not depend on the role."""

    def words():
        for name in ("key_name", "title"):
            said = getattr(system, name, "")
            if not isinstance(said, str) or not said:
                return f"{name}: expected a text, got {said!r}"
        limits = getattr(system, "limits", ())
        if not isinstance(limits, tuple) or not limits:
            return (
                f"limits: expected a tuple of sentences, what it does not protect; got {limits!r}"
            )
        wrong = [one for one in limits if not isinstance(one, str) or not one.endswith(".")]
        return f"limits: expected sentences that end with a full stop, got {wrong}" if wrong else ""

    yield "key_name", "it has a name, a title and limits in words", words

    def options():
        said = system.options()
        if json.loads(json.dumps(said)) != said:
            return f"expected what JSON can hold and give back, got {said}"
        untold = [name for name in _constructor(type(system)) if name not in said]
        if untold:
            return f"the constructor takes {', '.join(untold)}, which options() does not tell"
        rebuilt = type(system)(**said).options()
        return "" if rebuilt == said else f"rebuilt from {said} it has the options {rebuilt}"

    yield "options", "the same system can be built from them", options

    def kept():
        said = system.options()
        for name, value in _others(system, said):
            try:
                other = type(system)(**(said | {name: value}))
            except (ValueError, TypeError):  # a value that this option does not take
                continue
            with tempfile.TemporaryDirectory() as folder:
                loaded = type(system).load(other.save(Path(folder) / "system.json"))
            if loaded.options() != other.options():
                return f"saved with {other.options()}, loaded with {loaded.options()}"
        return ""

    yield "load", "what was saved with other options comes back with them", kept

    def shown():
        text = repr(system)
        said = [type(system).__name__, *(f"{k}={v!r}" for k, v in system.options().items())]
        lacking = [part for part in said if part not in text]
        return f"expected {', '.join(lacking)} in it, got {text}" if lacking else ""

    yield "__repr__", "it names the class and every option", shown

    def networks():
        found = system.networks()
        if not isinstance(found, dict) or not all(
            isinstance(name, str) and isinstance(net, nn.Module) for name, net in found.items()
        ):
            return f"expected a dict of name to nn.Module, got {found!r}"
        training = [name for name, net in found.items() if net.training]
        return f"{', '.join(training)}: in training mode, expected eval()" if training else ""

    yield "networks", "they have names and are in evaluation mode", networks


def keeping(system, same_work: Callable) -> Promise:
    """That a saved and loaded system does the same work, which the role says how to tell."""

    def there_and_back():
        with tempfile.TemporaryDirectory() as folder:
            loaded = type(system).load(system.save(Path(folder) / "system.json"))
        if loaded.options() != system.options():
            return f"saved with {system.options()}, loaded with {loaded.options()}"
        return same_work(loaded)

    return "load", "what was saved and loaded does the same work", there_and_back


def _others(system, said: dict) -> Iterator[tuple[str, object]]:
    """Each option with another value than the system's, where it is clear what that may be."""
    known = getattr(type(system), "__dataclass_fields__", {})
    for name, value in said.items():
        allowed = known[name].metadata.get("one_of", ()) if name in known else ()
        if allowed:
            yield name, next(one for one in allowed if one != value)
        elif isinstance(value, bool):
            yield name, not value
        elif isinstance(value, int | float):
            yield name, value + 1 if isinstance(value, int) else value / 2


def _constructor(kind: type) -> list[str]:
    """Names of the constructor's parameters."""
    various = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in inspect.signature(kind).parameters.values() if p.kind not in various]
