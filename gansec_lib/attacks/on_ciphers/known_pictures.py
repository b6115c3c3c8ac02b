"""Known pictures against permutation ciphers: partial recovery, with the candidates for each byte.

The attacker holds K plain pictures and their cipher images. Plain positions that carry the same K
values form a set. (Where a mask is in the way, differences take the place of values.) The cipher
positions that carry the same values are where the set went, and a set of one is a position found
for certain. In pictures of random bytes a share of about (1 − 256^−K)^(n−1) of all positions is
alone in its set. Real pictures have flat parts, and need more (C. Li and K.-T. Lo, Signal
Processing 91, 2011).
"""

from __future__ import annotations

import numpy as np
import torch

from gansec_lib.attacks.on_ciphers.structures import STRUCTURES, Structure
from gansec_lib.attacks.oracle import Attempt, blind, check_known, run
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher

ALL = ("permutation", "stream", *STRUCTURES)


def known_plaintext(
    cipher: Cipher,
    key: bytes,
    image: torch.Tensor,
    known: torch.Tensor,
    setting: str,
    structure_name: str | None = None,
) -> Attempt:
    """Read what known pictures give away; ``details`` says how much of it is certain.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    known : uint8 (K, C, H, W)
        Pictures that the attacker knows; K ≥ 2 where there is a mask.
    structure_name : str, optional
        ``"permutation"`` (alone), ``"stream"`` (a mask alone), or one of
        ``chosen_plaintext.STRUCTURES``: then e[i] = p[π(i)] ⊞ k[i] after unchaining, and
        differences of two pictures cancel the mask. By default all are tried on the same answers,
        and the first that fits is taken.

    Returns
    -------
    Attempt
        ``details``: ``certain``, the share of bytes whose value is proven; ``candidates``, the
        mean size of a byte's candidate set; ``consistent``, whether the structure fits at all.

    Raises
    ------
    ParameterError
    """
    known = check_known(known, image)
    names = ALL if structure_name is None else (structure_name,)
    if any(name not in ALL for name in names):
        raise ParameterError(f"structure_name: expected one of {ALL}, got {structure_name!r}")
    if structure_name not in (None, "permutation") and len(known) < 2:
        raise ParameterError("known: expected 2 or more pictures to cancel a mask, got 1")
    if len(known) < 2:
        names = ("permutation",)

    def read(oracle, seen):
        plain = known.reshape(len(known), -1)
        answers = [oracle.encrypt(one[None]).reshape(-1) for one in known]
        first = None
        for name in names:
            method = STRUCTURES.get(name)
            unchain = torch.clone if method is None else method.unchain
            cipher_rows = torch.stack([unchain(answer) for answer in answers])
            explain = _in_place if name == "stream" else match_sets
            guess, details = explain(plain, cipher_rows, unchain(seen.reshape(-1)), method)
            fits = name if details["consistent"] else "none fits"
            first = first or (guess.reshape(image.shape), {**details, "structure": fits})
            if details["consistent"]:
                return guess.reshape(image.shape), {**details, "structure": fits}
        return first

    words = f"positions told apart by the values of {len(known)} known pictures"
    return run("known_plaintext", words, read, cipher, key, image, setting)


def _in_place(plain, cipher, victim, _) -> tuple[torch.Tensor, dict]:
    """No permutation: one mask, added or exclusive-ored, explains all pairs."""
    for method in (STRUCTURES["permutation_xor"], STRUCTURES["permutation_add"]):
        masks = method.remove(cipher, plain)
        if bool((masks == masks[:1]).all()):
            details = {"certain": 1.0, "candidates": 1.0, "consistent": True}
            return method.remove(victim, masks[0]), details
    n = len(victim)
    return blind((n,)), {"certain": 0.0, "candidates": float(n), "consistent": False}


def match_sets(plain, cipher, victim, method: Structure | None) -> tuple[torch.Tensor, dict]:
    """What known pictures tell of a permutation, and of a mask where ``method`` has one.

    Both sides are sorted by the vector of values that each position carries in the known pictures.
    Equal runs are the candidate sets: what lies in one on the plain side lies in the same one on
    the cipher side.

    Parameters
    ----------
    plain, cipher : uint8 (K, n)
        The known pictures and their unchained cipher bytes.
    victim : uint8 (n,)
        The victim's unchained cipher bytes.
    method : Structure or None
        None: a permutation alone.

    Returns
    -------
    guess : uint8 (n,)
    details : dict
        ``certain``, ``candidates`` and ``consistent``, as ``known_plaintext`` explains them.
    """
    n = plain.shape[1]
    if method is None:
        sides, spread = (plain, cipher), victim
    else:
        sides = tuple(method.remove(side[1:], side[:1]) for side in (plain, cipher))
        spread = method.remove(victim, cipher[0])  # what is added to the first known picture
    orders = [np.lexsort(side.numpy()) for side in sides]
    rows = [side.numpy()[:, order] for side, order in zip(sides, orders, strict=True)]
    consistent = bool((rows[0] == rows[1]).all())
    if not consistent:
        return blind((n,)), {"certain": 0.0, "candidates": float(n), "consistent": False}
    new = np.r_[True, (rows[0][:, 1:] != rows[0][:, :-1]).any(axis=0)]
    group = np.cumsum(new) - 1
    sizes = np.bincount(group)
    candidates = spread.numpy()[orders[1]]
    best, votes = _most_frequent(group, candidates, len(sizes))
    value = torch.empty(n, dtype=torch.uint8)
    value[torch.from_numpy(orders[0])] = torch.from_numpy(best[group])
    guess = value if method is None else method.put(value, plain[0])
    certain = float(sizes[votes == sizes].sum() / n)
    mean = float((sizes.astype(float) ** 2).sum() / n)
    return guess, {"certain": certain, "candidates": mean, "consistent": True}


def _most_frequent(group, values, count) -> tuple[np.ndarray, np.ndarray]:
    """The best bet in each set: its most frequent value, uint8 (G,), and how often it occurs."""
    pairs, votes = np.unique(group * 256 + values, return_counts=True)
    order = np.lexsort((votes, pairs >> 8))
    last = np.searchsorted(pairs[order] >> 8, np.arange(count), side="right") - 1
    return (pairs[order][last] & 255).astype(np.uint8), votes[order][last]
