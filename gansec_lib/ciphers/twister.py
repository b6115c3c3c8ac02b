"""The Mersenne Twister MT19937 (Matsumoto and Nishimura, ACM TOMACS 8(1), 1998), seed to words.

Some image ciphers take their permutation from it. Its authors warn that it is not for cryptography:
``attacks.recover_mt19937`` reads its whole state off 624 outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gansec_lib.errors import ParameterError

_WORD = 0xFFFFFFFF


class MT19937:
    """A generator of 32-bit words.

    Parameters
    ----------
    seed : int in 0 … 2³² − 1, or a sequence of such
        A number fills the state as the authors' ``init_genrand`` does (numpy's ``RandomState``), a
        sequence as ``init_by_array`` (Python's ``random``).

    >>> MT19937(5489).random_uint32(2).tolist()  # the authors' own example
    [3499211612, 581869302]
    """

    def __init__(self, seed: int | Sequence[int]):
        if isinstance(seed, int | np.integer):
            self._state = np.array(_from_number(_checked([seed])[0]), np.uint32)
        else:
            self._state = np.array(_from_array(_checked(list(seed))), np.uint32)
        self._place = 624

    @property
    def state(self) -> tuple[np.ndarray, int]:
        """The 624 state words (a copy) and how many of them are used, as numpy has them."""
        return self._state.copy(), self._place

    def random_uint32(self, n: int) -> np.ndarray:
        """The next ``n`` words, uint32 (n,)."""
        from gansec_lib.ciphers.block_kernels import twist

        if n < 0:
            raise ParameterError(f"n: expected 0 or more, got {n}")
        out, filled = np.empty(n, np.uint32), 0
        while filled < n:
            if self._place == 624:
                twist(self._state)
                self._place = 0
            size = min(n - filled, 624 - self._place)
            out[filled : filled + size] = self._state[self._place : self._place + size]
            filled, self._place = filled + size, self._place + size
        out ^= out >> np.uint32(11)
        out ^= (out << np.uint32(7)) & np.uint32(0x9D2C5680)
        out ^= (out << np.uint32(15)) & np.uint32(0xEFC60000)
        out ^= out >> np.uint32(18)
        return out


def _checked(words: list) -> list[int]:
    if not words or not all(isinstance(w, int | np.integer) and 0 <= w <= _WORD for w in words):
        raise ParameterError("seed: expected whole numbers 0 … 2³² − 1 (one, or a sequence)")
    return [int(word) for word in words]


def _from_number(seed: int) -> list[int]:
    state = [seed]
    for i in range(1, 624):
        state.append((1812433253 * (state[-1] ^ (state[-1] >> 30)) + i) & _WORD)
    return state


def _from_array(key: list[int]) -> list[int]:
    state, i, j = _from_number(19650218), 1, 0
    for _ in range(max(624, len(key))):
        mixed = (state[i - 1] ^ (state[i - 1] >> 30)) * 1664525
        state[i] = ((state[i] ^ mixed) + key[j] + j) & _WORD
        i, j = i + 1, (j + 1) % len(key)
        if i == 624:
            state[0], i = state[623], 1
    for _ in range(623):
        mixed = (state[i - 1] ^ (state[i - 1] >> 30)) * 1566083941
        state[i] = ((state[i] ^ mixed) - i) & _WORD
        i += 1
        if i == 624:
            state[0], i = state[623], 1
    state[0] = 0x80000000
    return state
