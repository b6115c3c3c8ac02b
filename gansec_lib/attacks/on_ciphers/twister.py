"""MT19937: 624 outputs are its state, and its state is its future and its past.

The generator is linear over GF(2) and its tempering is a bijection of 32-bit words, so each output
undone is one word of the state (M. Matsumoto and T. Nishimura, ACM TOMACS 8(1), 1998, say so
themselves: not for cryptography). The words obey, at any offset,

    x[n+624] = x[n+397] ⊕ A(upper bit of x[n] | lower 31 bits of x[n+1]),

so any 624 consecutive outputs do, wherever the generator's own blocks begin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from gansec_lib.attacks.oracle import Attempt, blind, run
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher

N, M = 624, 397
TOLD = 4 * N  # bytes that the attacker must know
_A = np.uint32(0x9908B0DF)
_UPPER, _LOWER = np.uint32(0x80000000), np.uint32(0x7FFFFFFF)


def temper(x: np.ndarray) -> np.ndarray:
    """State words to outputs, uint32."""
    y = x ^ (x >> np.uint32(11))
    y ^= (y << np.uint32(7)) & np.uint32(0x9D2C5680)
    y ^= (y << np.uint32(15)) & np.uint32(0xEFC60000)
    return y ^ (y >> np.uint32(18))


def untemper(y: np.ndarray) -> np.ndarray:
    """Outputs to state words, uint32: each of the four steps undone, a few bits at a time.

    >>> int(untemper(temper(np.array([123456789], np.uint32)))[0])
    123456789
    """
    y = y ^ (y >> np.uint32(18))
    y ^= (y << np.uint32(15)) & np.uint32(0xEFC60000)
    x = y
    for _ in range(4):  # 7 right bits more each time
        x = y ^ ((x << np.uint32(7)) & np.uint32(0x9D2C5680))
    y, out = x, x
    for _ in range(2):  # 11 right bits more each time
        out = y ^ (out >> np.uint32(11))
    return out


class RecoveredTwister:
    """The generator, as its outputs gave it away.

    Parameters
    ----------
    state : uint32 (624,)
        The state words behind the last 624 outputs seen.
    """

    def __init__(self, state: np.ndarray):
        self._start = np.array(state, dtype=np.uint32)

    def predict(self, n: int) -> np.ndarray:
        """The next ``n`` outputs after those seen, uint32 (n,)."""
        blocks, state = [], self._start
        for _ in range(-(-n // N)):
            state = _twist(state)
            blocks.append(temper(state))
        return np.concatenate([*blocks, np.empty(0, np.uint32)])[:n]


def _twist(x: np.ndarray) -> np.ndarray:
    """The next 624 words; in slices of at most 227, since word i needs word i − 227 of the new."""
    new = np.empty(N, np.uint32)
    following = np.empty(N, np.uint32)
    following[:-1] = x[1:]
    near, far = 0, N - M
    for start in range(0, N - 1, far):
        stop = min(start + far, N - 1)
        part = slice(start, stop)
        base = x[M : M + stop - start] if start == near else new[start - far : stop - far]
        new[part] = base ^ _a((x[part] & _UPPER) | (following[part] & _LOWER))
    new[-1] = new[M - 1] ^ _a((x[-1:] & _UPPER) | (new[:1] & _LOWER))[0]
    return new


def _a(y: np.ndarray) -> np.ndarray:
    return (y >> np.uint32(1)) ^ np.where(y & np.uint32(1), _A, np.uint32(0))


def _untwist(x: np.ndarray) -> np.ndarray:
    """The 624 words before; from the last to the first, in plain integers."""
    mt = [int(word) for word in x]
    for i in range(N - 1, -1, -1):
        this = mt[i] ^ mt[(i + M) % N]
        other = mt[i - 1] ^ mt[(i + M - 1) % N]
        low = other >> 31  # A's top bit is set: it tells whether the lowest bit was
        this ^= int(_A) if this >> 31 else 0
        other ^= int(_A) if low else 0
        mt[i] = ((this << 1) & 0x80000000) | ((other << 1) & 0x7FFFFFFF) | low
    return np.array(mt, np.uint32)


def recover_mt19937(outputs: Sequence[int]) -> RecoveredTwister:
    """The generator behind 624 or more consecutive 32-bit outputs.

    Outputs beyond 624 are checked against what the recurrence says.

    Raises
    ------
    ParameterError
        Too few, not 32-bit words, or not consecutive outputs of MT19937.

    >>> import random
    >>> source = random.Random(5)
    >>> twin = recover_mt19937([source.getrandbits(32) for _ in range(624)])
    >>> twin.predict(3).tolist() == [source.getrandbits(32) for _ in range(3)]
    True
    """
    words = _words(outputs)
    twin = RecoveredTwister(untemper(words[:N]))
    if not np.array_equal(twin.predict(len(words) - N), words[N:]):
        raise ParameterError(
            "outputs: expected consecutive 32-bit outputs of MT19937, got words that break its "
            "recurrence; another generator, or some left out?"
        )
    return RecoveredTwister(untemper(words[-N:]))


def recover_seed(outputs: Sequence[int]) -> int | None:
    """The 32-bit seed behind the *first* 624 outputs since seeding; None where there is none.

    The state before them, rewound, was filled by x[1] = 1812433253 (x[0] ⊕ x[0] >> 30) + 1, which
    can be undone. (Seeding by an array, as Python does, gives None.)

    >>> source = np.random.RandomState(2026)  # numpy fills MT19937 from a number this way
    >>> recover_seed(source.randint(0, 2**32, 624, dtype=np.uint32))
    2026
    """
    initial = [int(word) for word in _untwist(untemper(_words(outputs)[:N]))]
    inverse = pow(1812433253, -1, 2**32)
    mixed = (initial[1] - 1) * inverse % 2**32
    seed = mixed ^ (mixed >> 30)
    word = seed
    for i in range(1, N):
        word = (1812433253 * (word ^ (word >> 30)) + i) % 2**32
        if word != initial[i]:
            return None
    return seed


def _words(outputs) -> np.ndarray:
    words = np.asarray(outputs).reshape(-1)
    if len(words) < N:
        raise ParameterError(f"outputs: expected {N} or more words of 32 bits, got {len(words)}")
    if words.dtype.kind not in "ui" or int(words.min()) < 0 or int(words.max()) >= 2**32:
        raise ParameterError(f"outputs: expected integers 0 to 2³² − 1, got {words.dtype}")
    return words.astype(np.uint32)


def twister_state(cipher: Cipher, key: bytes, image: torch.Tensor, setting: str) -> Attempt:
    """The first 2,496 bytes of a picture (a dark margin, a known header) tell all that follow.

    Little-endian words of MT19937 exclusive-ored onto the bytes. A fresh nonce does not help: the
    stream is read off the victim itself. Only the bytes after the known ones are scored.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture, of more than 2,496 bytes.

    Raises
    ------
    ParameterError
    """
    if image.numel() <= TOLD:
        raise ParameterError(f"image: expected more than {TOLD} bytes, got {image.numel()}")

    def read(oracle, seen):
        oracle.queries += 1  # the part she knows counts as a known picture
        flat, told = seen.reshape(-1), image.cpu().reshape(-1)[:TOLD]
        words = (flat[:TOLD] ^ told).numpy().view("<u4").astype(np.uint32)
        rest = len(flat) - TOLD
        later = recover_mt19937(words).predict(-(-rest // 4)).astype("<u4").view(np.uint8)[:rest]
        guess = blind((len(flat),))
        guess[:TOLD] = told
        guess[TOLD:] = flat[TOLD:] ^ torch.from_numpy(later.copy())
        return guess.reshape(image.shape), {"known_bytes": TOLD}

    words = "624 words of the generator read off a known margin, the rest predicted"
    return run("twister_state", words, read, cipher, key, image, setting, told=TOLD)
