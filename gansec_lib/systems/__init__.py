"""The one table of all systems; each is found by its key name.

>>> get("aes_gcm").title
'AES-256-GCM'
"""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict, dataclass
from difflib import get_close_matches

from gansec_lib.errors import ParameterError


@dataclass(frozen=True)
class Entry:
    """One row: enough to list the systems without importing any of them."""

    key_name: str
    role: str
    title: str
    paper: str
    lesson: str
    where: str  # "module:Class"


TABLE: dict[str, Entry] = {
    entry.key_name: entry
    for entry in (
        Entry(
            "aes_gcm",
            "Cipher",
            "AES-256-GCM",
            "NIST FIPS 197, SP 800-38D",
            "08",
            "gansec_lib.systems.encryption.aead:AesGcm",
        ),
        Entry(
            "chacha20",
            "Cipher",
            "ChaCha20-Poly1305",
            "RFC 8439",
            "08",
            "gansec_lib.systems.encryption.aead:ChaCha20",
        ),
        Entry(
            "logistic",
            "Cipher",
            "Logistic permutation + two-way diffusion",
            "the classic behind seed 001, Table 4",
            "08",
            "gansec_lib.systems.encryption.logistic:Logistic",
        ),
        Entry(
            "henon_dna",
            "Cipher",
            "Hénon permutation + DNA coding",
            "classical baseline (DNA coding, Hénon map)",
            "08",
            "gansec_lib.systems.encryption.henon_dna:HenonDna",
        ),
        Entry(
            "hyperchen_two_way",
            "Cipher",
            "Hyperchaotic Chen + two-way diffusion",
            "classical baseline (hyperchaotic Chen system)",
            "08",
            "gansec_lib.systems.encryption.hyperchen_two_way:HyperchenTwoWay",
        ),
        Entry(
            "arnold_xor",
            "Cipher",
            "Arnold map + XOR",
            "classical baseline (Arnold's cat map)",
            "08",
            "gansec_lib.systems.encryption.arnold_xor:ArnoldXor",
        ),
    )
}


def get(name: str, **options):
    """A system by its key name, built with ``options``.

    Raises
    ------
    ParameterError
        Unknown name (the nearest ones are named) or an option that the system does not have.
    """
    if name not in TABLE:
        near = get_close_matches(str(name), TABLE, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see systems.table()"
        raise ParameterError(f"name: no system is called {name!r}; {hint}")
    module, class_name = TABLE[name].where.split(":")
    system = getattr(importlib.import_module(module), class_name)
    try:
        return system(**options)
    except TypeError as problem:
        raise ParameterError(f"options: {name} cannot be built with {options}: {problem}") from None


def build(label: str):
    """A system from one word, options after colons: ``logistic:plaintext_related=true``.

    Values are read as JSON and taken as text where they are none; a bare name is ``true``.

    Raises
    ------
    ParameterError
        Unknown system or option.

    >>> build("logistic:plaintext_related=true")
    Logistic(plaintext_related=True)
    """
    name, *parts = str(label).split(":")
    options = {}
    for part in parts:
        option, _, text = part.partition("=")
        try:
            options[option.strip()] = json.loads(text or "true")
        except ValueError:
            options[option.strip()] = text
    return get(name.strip(), **options)


def table() -> list[dict]:
    """All systems as rows: key_name, role, title, paper, lesson, where."""
    return [asdict(entry) for entry in TABLE.values()]
