"""More small ciphers to break: positive controls that only tests and benchmarks need."""

import numpy as np

from gansec_lib.attacks.on_ciphers.targets import Target, order_of, seeds_of, stream_of


class PermutationOnly(Target):
    """c[i] = p[π(i)], π the sorting order of a logistic orbit."""

    key_name = "target_permutation"
    title = "Chaotic permutation alone"

    def _forward(self, flat, key):
        return flat[order_of(*seeds_of(key, 1), len(flat))]

    def _backward(self, flat, key):
        plain = np.empty_like(flat)
        plain[order_of(*seeds_of(key, 1), len(flat))] = flat
        return plain


class PermutationSboxFeedback(Target):
    """c[i] = (p[π(i)] + k[i] mod 256) ⊕ S[c[i−1]] with a keyed S-box; the first has 0 before it."""

    key_name = "target_sbox_feedback"
    title = "Chaotic permutation, then feedback through a keyed S-box"

    def _forward(self, flat, key):
        first, second, third = seeds_of(key, 3)
        mixed = flat[order_of(first, len(flat))] + stream_of(second, len(flat))
        box, carry, out = order_of(third, 256).tolist(), 0, bytearray()
        for byte in mixed.tolist():
            carry = byte ^ box[carry]
            out.append(carry)
        return np.frombuffer(bytes(out), np.uint8)

    def _backward(self, flat, key):
        first, second, third = seeds_of(key, 3)
        box = order_of(third, 256).astype(np.uint8)
        before = np.concatenate([np.zeros(1, np.uint8), flat[:-1]])
        plain = np.empty_like(flat)
        plain[order_of(first, len(flat))] = (flat ^ box[before]) - stream_of(second, len(flat))
        return plain


class TwoWaySum(Target):
    """Permutation, then (byte + key byte) ⊕ the one before, forwards and backwards, 0 beyond."""

    key_name = "target_two_way_sum"
    title = "Chaotic permutation, then feedback both ways"

    def _forward(self, flat, key):
        first, second, third = seeds_of(key, 3)
        mixed = flat[order_of(first, len(flat))] + stream_of(second, len(flat))
        middle = np.bitwise_xor.accumulate(mixed) + stream_of(third, len(flat))
        return np.bitwise_xor.accumulate(middle[::-1])[::-1]

    def _backward(self, flat, key):
        first, second, third = seeds_of(key, 3)
        zero = np.zeros(1, np.uint8)
        middle = (flat ^ np.concatenate([flat[1:], zero])) - stream_of(third, len(flat))
        mixed = middle ^ np.concatenate([zero, middle[:-1]])
        plain = np.empty_like(flat)
        plain[order_of(first, len(flat))] = mixed - stream_of(second, len(flat))
        return plain


class PermutationSubstitution(Target):
    """c[i] = S[p[π(i)] ⊕ k[i]] + l[i] mod 256 with a keyed S-box: no chaining, nonlinear."""

    key_name = "target_substitution"
    title = "Chaotic permutation and keyed S-box"

    def _forward(self, flat, key):
        order, box, first, second = self._parts(key, len(flat))
        return box[flat[order] ^ first] + second

    def _backward(self, flat, key):
        order, box, first, second = self._parts(key, len(flat))
        plain = np.empty_like(flat)
        plain[order] = np.argsort(box).astype(np.uint8)[flat - second] ^ first
        return plain

    @staticmethod
    def _parts(key, n):
        seeds = seeds_of(key, 4)
        box = order_of(seeds[1], 256).astype(np.uint8)
        return order_of(seeds[0], n), box, stream_of(seeds[2], n), stream_of(seeds[3], n)


class TwisterStream(Target):
    """c = p ⊕ the output of a Mersenne Twister (numpy's, little-endian words), seeded by HKDF."""

    key_name = "target_twister"
    title = "XOR with a Mersenne Twister"

    def _forward(self, flat, key):
        rng = np.random.RandomState(np.frombuffer(key, "<u4"))
        return flat ^ np.frombuffer(rng.bytes(len(flat)), np.uint8)

    _backward = _forward
