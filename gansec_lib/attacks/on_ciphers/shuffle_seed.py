"""The 32-bit seed inside [10]: a Mersenne Twister shuffle found under a Hénon permutation.

Three chosen pictures give the permutation of the whole cipher, σ[i] = first[second[i]] (the Twister
shuffles, then the sorting order of a Hénon orbit). The two look inseparable, and are not. A seed's
first outputs say where Fisher and Yates put the last places, and σ then says which *rank* the
orbit's last states x[n−1], x[n−2], … have. Ranks are values, since how a Hénon orbit spreads is
public; and the values of the right seed obey x[t+1] = 1 − 1.4 x[t]² + 0.3 x[t−1]. Wrong seeds obey
nothing. All 2³² seeds take minutes on a laptop, whatever the key's 256 bits.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch

from gansec_lib import chaos
from gansec_lib.attacks.on_ciphers.chosen_plaintext import equivalent_key
from gansec_lib.attacks.on_ciphers.structures import (
    FEEDBACK,
    is_permutation,
    named,
    place,
)
from gansec_lib.attacks.oracle import Attempt, blind, run
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher

SMALLEST = 1024  # bytes: below, ranks say too little of the values
WORDS = 16  # outputs of each seed looked at, at most
ALL_SEEDS = (0, 2**32)


def shuffle_seeds(
    source: np.ndarray, seeds: tuple[int, int] = ALL_SEEDS, threads: int = 0
) -> tuple[list[int], dict]:
    """The Twister seeds whose shuffle leaves a Hénon orbit's sorting order of σ.

    Parameters
    ----------
    source : int64 (n,)
        σ: cipher place i holds plain byte σ[i]; n of 1,024 or more.
    seeds : (first, last)
        The seeds first … last − 1 are tried.
    threads : int
        0: one for each core.

    Returns
    -------
    found : list of int
    cost : dict
        ``keys_tried``, ``seconds``, ``minutes_for_32_bits``.

    Raises
    ------
    ParameterError
    """
    from gansec_lib.attacks.on_ciphers.shuffle_seed_kernel import match_shuffles

    n = len(source)
    if n < SMALLEST or not is_permutation(torch.as_tensor(source)):
        raise ParameterError(
            f"source: expected a permutation of {SMALLEST} or more, got {n} places"
        )
    first, last = seeds
    if not 0 <= first < last <= 2**32:
        raise ParameterError(f"seeds: expected 0 ≤ first < last ≤ 2³², got {seeds}")
    values = rank_values(n)[np.argsort(source)]  # of x[t], were the shuffle undone: by plain place
    tolerance = 8 / n**0.5  # ranks of n bytes scatter by about a hundredth of this
    threads = threads or os.cpu_count() or 1
    match_shuffles(0, 1, values, tolerance, WORDS)  # compiled before the clock starts
    edges = np.linspace(first, last, 4 * threads + 1).astype(np.int64)
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(
            lambda span: match_shuffles(*span, values, tolerance, WORDS), pairwise(edges)
        )
        found = [int(seed) for part in parts for seed in part]
    seconds = time.perf_counter() - start
    return found, {
        "keys_tried": last - first,
        "seconds": seconds,
        "minutes_for_32_bits": seconds / (last - first) * 2**32 / 60,
    }


def rank_values(n: int) -> np.ndarray:
    """What value the state of each rank among n Hénon states has, about; float64 (n,)."""
    orbit = np.sort(chaos.orbit("henon", 16 * n)[:, 0])
    return orbit[8::16].copy()


def twister_shuffle(
    cipher: Cipher,
    key: bytes,
    image: torch.Tensor,
    setting: str,
    seeds: tuple[int, int] = ALL_SEEDS,
) -> Attempt:
    """Chosen pictures, then the Twister's seed: 1 + ⌈log₂₅₆ n⌉ queries and 2³² trials.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture, of 1,024 bytes or more.
    seeds : (first, last)
        Which seeds are tried.

    Returns
    -------
    Attempt
        ``details``: ``seeds`` found and ``keys_tried``.

    Raises
    ------
    ParameterError
    """
    if image.numel() < SMALLEST:
        raise ParameterError(f"image: expected {SMALLEST} bytes or more, got {image.numel()}")
    structures = named(*FEEDBACK)

    def read(oracle, seen):
        fits, source, mask = equivalent_key(oracle, image.shape, structures)
        if not is_permutation(source):
            return blind(image.shape), {"seeds": [], "keys_tried": 0}
        found, cost = shuffle_seeds(source.numpy(), seeds)
        values = structures[fits].remove(structures[fits].unchain(seen.reshape(-1)), mask)
        details = {"seeds": found, "keys_tried": cost["keys_tried"]}
        return place(values, source, image.shape), details

    words = "the permutation read off chosen pictures, then every seed of its Twister tried"
    return run("twister_shuffle", words, read, cipher, key, image, setting)
