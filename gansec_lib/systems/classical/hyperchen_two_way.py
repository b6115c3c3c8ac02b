"""``hyperchen_two_way``: rows and columns permuted, then diffusion in both directions, all driven
by the hyperchaotic Chen flow.

The scheme that specs §0.2 measure as a class: permutation, then c[i] = (p[i] + k[i] mod 256) ⊕
c[i−1] forwards and the same again backwards.

| part | choice | from |
|---|---|---|
| hyperchaotic Chen flow (Li, Tang, Chen), RK4 | | paper (the family) |
| rows and columns permuted by sorting orders | | paper (the family) |
| diffusion by sum and exclusive-or, forwards and backwards | | paper (the family) |
| seeds by HKDF-SHA256 from key, nonce and picture number | | ours |

With a fixed keystream NPCR comes out near 99.6 % and UACI wanders far from 33.46 %: the mark of a
structure, not noise. ``plaintext_related`` pulls it in.
"""

from __future__ import annotations

from math import prod

from gansec_lib import chaos
from gansec_lib.ciphers import diffuse, permute
from gansec_lib.roles.per_picture import UNCHECKED, PerPictureCipher


class HyperchenTwoWay(PerPictureCipher):
    """Hyperchaotic Chen keys, row and column permutation, two-way diffusion; see the module."""

    key_name = "hyperchen_two_way"
    title = "Hyperchaotic Chen + two-way diffusion"
    paper = "classical baseline (hyperchaotic Chen system)"
    limits = (
        UNCHECKED,
        "With a fixed keystream UACI shows its structure; mixing in the picture hides it.",
        "No proof and no serious analysis stands behind it; passing statistics is not security.",
        "Its bytes depend on float64 arithmetic being done in one exact order.",
    )

    def _encrypt_one(self, plain, key, nonce):
        rows, columns, forward, backward = _schedule(key, nonce, plain.shape)
        flat = permute.rows_columns(plain, rows, columns).reshape(-1)
        return diffuse.two_way(flat, forward, backward[::-1]).reshape(plain.shape)

    def _decrypt_one(self, cipher, key, nonce):
        rows, columns, forward, backward = _schedule(key, nonce, cipher.shape)
        flat = diffuse.undo_two_way(cipher.reshape(-1), forward, backward[::-1])
        return permute.undo_rows_columns(flat.reshape(cipher.shape), rows, columns)


def _schedule(key: bytes, nonce: bytes, shape):
    """Row order, column order, and two keystreams, for one picture (C, H, W)."""
    start = chaos.seeds("hyper_chen", key, nonce, 0)[0]
    states = chaos.orbit("hyper_chen", max(shape[1:]), start=start)
    rows = permute.order_from(states[: shape[1], 0])
    columns = permute.order_from(states[: shape[2], 1])
    stream = chaos.keystream("hyper_chen", key, nonce, 2 * prod(shape), index=1)
    return rows, columns, stream[: prod(shape)], stream[prod(shape) :]
