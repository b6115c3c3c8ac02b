"""Attacks: one file a family. They know roles, not systems, and count their queries.

Each attack returns an ``Attempt``. It is tested with a positive control, where it reads everything
bit for bit, and with negative ones (AES-GCM, a plaintext-related keystream, fresh nonces), where it
reads no more than chance. Each room has a ``table`` of its attacks: ``on_ciphers.table.TABLE``
says where each belongs, what it needs and what it opens, and ``attacks.suite`` tries them all;
``on_hiders.table`` lists who looks for hidden bits, ``on_people.table`` who names faces.

``attacks.NAME`` is a name of the oracle, of the suite, or of a file from which an attack stands in
the table of attacks on ciphers. Nothing is listed here: a row is all that a new attack needs.
"""

from functools import cache
from importlib import import_module

ROOMS = ("on_ciphers", "on_hiders", "on_people", "oracle")


@cache
def _names() -> dict[str, object]:
    """What ``attacks.NAME`` means, read off the table: imported when first asked for."""
    table = import_module(f"{__name__}.on_ciphers.table").TABLE
    places = {row.attack.__module__: None for row in table.values()}
    oracle = import_module(f"{__name__}.oracle")
    found = {"TABLE": table, "SETTINGS": oracle.SETTINGS, "MISUSE": oracle.MISUSE}
    for place in (oracle.__name__, f"{__name__}.on_ciphers.suite", *places):
        for name, thing in vars(import_module(place)).items():
            if not name.startswith("_") and getattr(thing, "__module__", "") == place:
                found[name] = thing
    return found


def __getattr__(name: str):
    if name in ROOMS:
        return import_module(f"{__name__}.{name}")
    if name.startswith("_") or name not in _names():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _names()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *ROOMS, *_names()})
