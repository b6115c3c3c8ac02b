"""The Mersenne Twister MT19937 (Matsumoto and Nishimura, ACM TOMACS 8(1), 1998), seed to words.

Some image ciphers take their permutation from it. Its authors warn that it is not for cryptography:
``attacks.recover_mt19937`` reads its whole state off 624 outputs. The generator itself is numpy's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gansec_lib.errors import ParameterError


class MT19937:
    """A generator of 32-bit words.

    Parameters
    ----------
    seed : int in 0 … 2³² − 1, or a sequence of such
        A number fills the state as the authors' ``init_genrand`` does (numpy's ``RandomState``), a
        sequence as ``init_by_array`` (Python's ``random``).

    Raises
    ------
    ParameterError
        A seed that is neither.

    >>> MT19937(5489).random_uint32(2).tolist()  # the authors' own example
    [3499211612, 581869302]
    """

    def __init__(self, seed: int | Sequence[int]):
        number = isinstance(seed, int | np.integer)
        words = [seed] if number else list(seed)
        if not words or not all(isinstance(w, int | np.integer) and 0 <= w < 2**32 for w in words):
            raise ParameterError("seed: expected whole numbers 0 … 2³² − 1 (one, or a sequence)")
        # numpy reads an array of one number as that number, a list of one as a sequence
        self._generator = np.random.RandomState(int(seed) if number else [int(w) for w in words])

    @property
    def state(self) -> tuple[np.ndarray, int]:
        """The 624 state words (a copy) and how many of them are used, as numpy has them."""
        _, words, place = self._generator.get_state()[:3]
        return words, place

    def random_uint32(self, n: int) -> np.ndarray:
        """The next ``n`` words, uint32 (n,)."""
        if n < 0:
            raise ParameterError(f"n: expected 0 or more, got {n}")
        return np.frombuffer(self._generator.bytes(4 * n), "<u4").astype(np.uint32)
