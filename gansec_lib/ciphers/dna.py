"""DNA coding: a byte is four bases, written under one of eight rules.

Inside, a base is its number under rule 1 (A 0, C 1, G 2, T 3); A pairs with T, C with G. Of the 24
ways to write two bits as a base, eight keep the pairing: those are the rules.
"""

from __future__ import annotations

import numpy as np

from gansec_lib.errors import ParameterError

BASES = "ACGT"
RULES = ("ACGT", "AGCT", "CATG", "GATC", "CTAG", "GTAC", "TCGA", "TGCA")  # of 00, 01, 10, 11
_SHIFTS = np.array([6, 4, 2, 0], np.uint8)  # the upper bits first
_WRITE = np.array([[BASES.index(base) for base in rule] for rule in RULES], np.uint8)
_READ = np.argsort(_WRITE, axis=1).astype(np.uint8)
# rule × byte -> four bases, and the place of two bits in a byte
_ENCODED = _WRITE[:, np.arange(256)[:, None] >> _SHIFTS & 3]


def encode(data, rule) -> np.ndarray:
    """Bytes to bases, uint8 (…, 4) with values 0–3.

    Parameters
    ----------
    data : uint8 array
    rule : int or array of the shape of ``data``
        1 to 8; an array gives each byte its own (*dynamic* coding).

    >>> "".join(BASES[base] for base in encode(np.array([0b00011011], np.uint8), 2)[0])
    'AGCT'
    """
    data = np.asarray(data)
    if data.dtype != np.uint8 or data.size == 0:
        raise ParameterError(
            f"data: expected a non-empty uint8 array, got {data.dtype} {data.shape}"
        )
    return _ENCODED[_rule(rule, data.shape), data]


def decode(bases, rule) -> np.ndarray:
    """Bases to bytes, uint8; under another rule than they were written with, other bytes."""
    bases = _check(bases)
    pairs = _READ[np.asarray(_rule(rule, bases.shape[:-1]))[..., None], bases]
    return np.bitwise_or.reduce(pairs << _SHIFTS, axis=-1)


def complement(bases) -> np.ndarray:
    """A–T and C–G swapped."""
    return 3 - _check(bases)


def add(first, second) -> np.ndarray:
    """Bases added mod 4, under rule 1."""
    return (_check(first) + _check(second)) & 3


def subtract(first, second) -> np.ndarray:
    """Undo ``add``."""
    return (_check(first) - _check(second)) & 3


def xor(first, second) -> np.ndarray:
    """Exclusive-or of the bases' bits under rule 1; its own inverse."""
    return _check(first) ^ _check(second)


def _rule(rule, shape):
    rule = np.asarray(rule)
    if rule.dtype.kind not in "iu" or rule.size == 0 or rule.min() < 1 or rule.max() > 8:
        raise ParameterError(f"rule: expected 1 to 8, got {rule.dtype} {rule.ravel()[:4]}")
    if rule.ndim and rule.shape != shape:
        raise ParameterError(f"rule: expected one or an array {shape}, got {rule.shape}")
    return rule.astype(np.intp) - 1


def _check(bases) -> np.ndarray:
    bases = np.asarray(bases)
    if bases.dtype != np.uint8 or bases.ndim < 1 or bases.shape[-1] != 4:
        raise ParameterError(f"bases: expected uint8 (…, 4), got {bases.dtype} {bases.shape}")
    if bases.size and bases.max() > 3:
        raise ParameterError(f"bases: expected 0 to 3, got {bases.max()}")
    return bases
