"""Small ciphers that exist to be broken: the attacks' positive controls. Use none of them.

Each is as its papers have it: a keyed orbit, a permutation by its sorting order, one or two rules.
A nonce is added (ours), so that both settings can be shown. ``TerribleButUniform`` is the
counter-example: good bytes, every statistic passed, and 65,536 keys. The lessons use these; the
tests have a few more of their own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gansec_lib.ciphers import kdf
from gansec_lib.roles import one_of
from gansec_lib.roles.per_picture import PerPictureCipher

_LIMITS = ("Made to be broken: an attack of this library reads every byte.",)


def seeds_of(key: bytes, count: int) -> list[tuple[float, float]]:
    """``count`` pairs (x in (0, 1), r in (3.9999, 4)) from the key of one picture."""
    units = kdf.unit_numbers(key, 2 * count, info=b"gansec/target")
    return [(units[2 * i], 3.9999 + 1e-4 * units[2 * i + 1]) for i in range(count)]


def stream_of(seed: tuple[float, float], n: int) -> np.ndarray:
    """``n`` key bytes of the logistic orbit that starts there."""
    from gansec_lib.ciphers.logistic import BURN, orbit_bytes

    return orbit_bytes(*seed, n, BURN)


def order_of(seed: tuple[float, float], n: int) -> np.ndarray:
    """The sorting order of ``n`` states of that orbit."""
    from gansec_lib.ciphers.logistic import BURN, orbit_order

    return orbit_order(*seed, n, BURN)


class Target(PerPictureCipher):
    """A cipher of flat bytes: a subclass says how they go ``_forward`` and ``_backward``."""

    paper = "a demonstration"
    limits = _LIMITS

    def _encrypt_one(self, plain, key, nonce):
        return self._forward(plain.reshape(-1), key).reshape(plain.shape)

    def _decrypt_one(self, cipher, key, nonce):
        return self._backward(cipher.reshape(-1), key).reshape(cipher.shape)


class XorStream(Target):
    """c = p ⊕ k, k the bytes of a logistic orbit."""

    key_name = "target_xor"
    title = "XOR with a chaotic keystream"

    def _forward(self, flat, key):
        return flat ^ stream_of(*seeds_of(key, 1), len(flat))

    _backward = _forward


class PermutationXor(Target):
    """c[i] = p[π(i)] ⊕ k[i]."""

    key_name = "target_permutation_xor"
    title = "Chaotic permutation, then XOR"

    def _forward(self, flat, key):
        first, second = seeds_of(key, 2)
        return flat[order_of(first, len(flat))] ^ stream_of(second, len(flat))

    def _backward(self, flat, key):
        first, second = seeds_of(key, 2)
        plain = np.empty_like(flat)
        plain[order_of(first, len(flat))] = flat ^ stream_of(second, len(flat))
        return plain


@dataclass(eq=False, repr=False)
class PermutationFeedback(Target):
    """Permutation, then one pass of feedback from the byte before; the first has 0 before it.

    Parameters
    ----------
    rule : {"add", "xor", "xor_of_sum"}
        c[i] = p[π(i)] + k[i] + c[i−1] mod 256; the same with ⊕; (p[π(i)] + k[i] mod 256) ⊕ c[i−1].
    """

    key_name = "target_feedback"
    title = "Chaotic permutation, then one-way feedback"
    RULES = ("add", "xor", "xor_of_sum")
    rule: str = one_of(*RULES)

    def _forward(self, flat, key):
        first, second = seeds_of(key, 2)
        moved, stream = flat[order_of(first, len(flat))], stream_of(second, len(flat))
        mixed = moved ^ stream if self.rule == "xor" else moved + stream
        chain = np.add if self.rule == "add" else np.bitwise_xor
        return chain.accumulate(mixed, dtype=np.uint8)

    def _backward(self, flat, key):
        first, second = seeds_of(key, 2)
        before = np.concatenate([np.zeros(1, np.uint8), flat[:-1]])
        mixed = flat - before if self.rule == "add" else flat ^ before
        stream = stream_of(second, len(flat))
        plain = np.empty_like(flat)
        plain[order_of(first, len(flat))] = mixed ^ stream if self.rule == "xor" else mixed - stream
        return plain


class BitBoxes(Target):
    """Upper and lower half bytes: the bits of each moved over the whole picture; ⊕; ⊕ chained.

    The boxes of bits of the [7] family with the boxes of bytes left out (specs §4, §20).
    """

    key_name = "target_bits"
    title = "Chaotic permutation of bits"

    def _forward(self, flat, key):
        orders, stream = self._parts(key, len(flat))
        bits = np.unpackbits(flat).reshape(-1, 2, 4)
        for half, order in enumerate(orders):
            bits[:, half] = bits[:, half].reshape(-1)[order].reshape(-1, 4)
        return np.bitwise_xor.accumulate(np.packbits(bits) ^ stream)

    def _backward(self, flat, key):
        orders, stream = self._parts(key, len(flat))
        before = np.concatenate([np.zeros(1, np.uint8), flat[:-1]])
        bits = np.unpackbits(flat ^ before ^ stream).reshape(-1, 2, 4)
        for half, order in enumerate(orders):
            moved = np.empty(4 * len(flat), np.uint8)
            moved[order] = bits[:, half].reshape(-1)
            bits[:, half] = moved.reshape(-1, 4)
        return np.packbits(bits)

    @staticmethod
    def _parts(key, n):
        seeds = seeds_of(key, 3)
        return [order_of(seed, 4 * n) for seed in seeds[:2]], stream_of(seeds[2], n)


@dataclass(eq=False, repr=False)
class ShortSeed(PerPictureCipher):
    """c = p ⊕ the orbit of x₀ = (key + ½) / 2^(bits+1): a key of 16 to 32 bits is the seed itself.

    r in (3.9999, 4) follows from the nonce (and the picture's hash, if any), which are public:
    neither makes the key longer.

    Parameters
    ----------
    bits : {16, 24, 32}
    """

    key_name = "target_short_seed"
    title = "XOR with an orbit of a short seed"
    paper = "a demonstration"
    limits = _LIMITS
    BURN = 100

    bits: int = one_of(16, 24, 32)

    @property
    def key_length(self) -> int:
        """Bytes of the key: all of it is the seed."""
        return self.bits // 8

    def rates(self, nonce: bytes, extra: dict[str, str], count: int) -> list[float]:
        """r of each picture, from what a ciphertext shows to everyone."""
        return [_rate(nonce, label) for label in self.labels(self.hashes_in(extra, count))]

    def start(self, seed: int) -> float:
        """x₀ of a key taken as an integer, below ½ because x and 1 − x share their orbit."""
        return (seed + 0.5) / 2.0 ** (self.bits + 1)

    def _encrypt_all(self, plain, labels, key, nonce, out):
        from gansec_lib.ciphers.logistic import orbit_bytes

        start = self.start(int.from_bytes(key, "big"))
        for row, label in enumerate(labels):
            stream = orbit_bytes(start, _rate(nonce, label), plain[row].size, self.BURN)
            out[row] = plain[row] ^ stream.reshape(plain[row].shape)

    _decrypt_all = _encrypt_all


def _rate(nonce: bytes, label: bytes) -> float:
    unit = int.from_bytes(hashlib.sha256(nonce + label).digest()[:6], "big") / 2**48
    return 3.9999 + 1e-4 * unit


@dataclass(eq=False, repr=False)
class TerribleButUniform(PerPictureCipher):
    """AES-256-CTR with nonce, picture hash and a 32-byte key of which 16 bits are used.

    Entropy, χ², correlation, NPCR, UACI, key flips, SP 800-22: every statistic passes, since they
    look at the bytes, and the bytes are AES's. ``attacks.effective_key_search`` tries the 65,536
    keys there are.
    """

    key_name = "target_terrible"
    title = "AES-CTR with 16 bits of key inside"
    paper = "a demonstration"
    limits = _LIMITS

    plaintext_related: bool = True

    @staticmethod
    def effective(key: bytes) -> int:
        """The 16 bits that the whole key comes to."""
        return int.from_bytes(hashlib.sha256(key).digest()[:2], "big")

    @staticmethod
    def stream(effective: int, nonce: bytes, label: bytes, n: int) -> bytes:
        """``n`` keystream bytes; all but ``effective`` is public."""
        inner = hashlib.sha256(effective.to_bytes(2, "big") + nonce + label).digest()
        return Cipher(algorithms.AES(inner), modes.CTR(bytes(16))).encryptor().update(bytes(n))

    def _encrypt_all(self, plain, labels, key, nonce, out):
        inside = self.effective(key)
        for row, label in enumerate(labels):
            stream = self.stream(inside, nonce, label, plain[row].size)
            out[row] = plain[row] ^ np.frombuffer(stream, np.uint8).reshape(plain[row].shape)

    _decrypt_all = _encrypt_all
