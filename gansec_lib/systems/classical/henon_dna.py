"""``henon_dna``: a Hénon permutation, then DNA coding with rules that change from pixel to pixel.

The DNA family of the survey's classical schemes: bytes become four bases each, bases are added to
key bases, some are complemented, and the result is read back under another rule.

| part | choice | from |
|---|---|---|
| permutation by the sorting order of a Hénon orbit | | paper (the family) |
| eight coding rules, one for each pixel from the keystream | | paper (the family) |
| base addition of a Hénon keystream, complement where a key bit says so | | paper (the family) |
| seeds by HKDF-SHA256 from key, nonce and picture number | | ours |

For one key, nonce and place all of this is one fixed table of 256 entries for each byte: no byte
ever touches its neighbour. So with the nonce held NPCR is 1/n, and chosen pictures read the tables
off (``attacks.chosen_plaintext_substitution``). The biology adds names, not strength.
"""

from __future__ import annotations

import numpy as np

from gansec_lib import chaos
from gansec_lib.ciphers import dna, permute
from gansec_lib.roles.per_picture import UNCHECKED, PerPictureCipher


class HenonDna(PerPictureCipher):
    """Hénon permutation and dynamic DNA coding; see the module."""

    key_name = "henon_dna"
    title = "Hénon permutation + DNA coding"
    paper = "classical baseline (DNA coding, Hénon map)"
    limits = (
        UNCHECKED,
        "With the nonce held, every byte goes through one table of its own: nothing is diffused.",
        "258 chosen pictures of 256 × 256 pixels read all tables and the permutation.",
        "Its bytes depend on float64 arithmetic being done in one exact order.",
    )

    def _encrypt_one(self, plain, key, nonce):
        order, stream, rules = _schedule(key, nonce, plain.size)
        bases = dna.encode(permute.apply(plain.reshape(-1), order), _first(rules))
        bases = dna.add(bases, dna.encode(stream, 1))
        bases = _complement_where(bases, rules)
        return dna.decode(bases, _second(rules)).reshape(plain.shape)

    def _decrypt_one(self, cipher, key, nonce):
        order, stream, rules = _schedule(key, nonce, cipher.size)
        bases = _complement_where(dna.encode(cipher.reshape(-1), _second(rules)), rules)
        bases = dna.subtract(bases, dna.encode(stream, 1))
        return permute.undo(dna.decode(bases, _first(rules)), order).reshape(cipher.shape)


def _schedule(key: bytes, nonce: bytes, n: int):
    """Permutation, key bytes and rule bytes of one picture of ``n`` bytes."""
    start = chaos.seeds("henon", key, nonce, 0)[0]
    order = permute.order_from(chaos.orbit("henon", n, start=start)[:, 0])
    stream = chaos.keystream("henon", key, nonce, n, index=1)
    return order, stream, chaos.keystream("henon", key, nonce, n, index=2)


def _first(rules):
    """Rule 1–8 by which each byte is encoded."""
    return 1 + (rules & 7)


def _second(rules):
    """Rule 1–8 by which each byte is decoded."""
    return 1 + (rules >> 3 & 7)


def _complement_where(bases, rules):
    """A–T and C–G swapped in every byte whose rule bit 6 is set; its own inverse."""
    return np.where((rules >> 6 & 1).astype(bool)[:, None], dna.complement(bases), bases)
