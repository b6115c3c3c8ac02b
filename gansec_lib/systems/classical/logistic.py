"""``logistic``: the classic chaos cipher that Table 4 of Singh et al. 2024 is written for.

Permutation of all bytes by the sorting order of a logistic orbit, then diffusion chained through
the picture forwards and backwards with two more orbits (``ciphers.logistic`` has the equations).

| part | choice | from |
|---|---|---|
| permutation + chained diffusion by the logistic map | | paper (the family) |
| r from (3.9999, 4), float64, 1,000 steps discarded | | ours |
| bytes floor(x · 2⁴⁰) mod 256 | | ours |
| seeds by HKDF-SHA256 from key, nonce and picture number | | ours |
| a nonce at all | | ours: no paper of this family mentions one |

Modular addition both ways makes the whole cipher *affine* over the integers mod 256. With the nonce
held (as in the papers, which have none) a change δ of one byte at permuted position j changes
cipher byte i by δ (n − max(i, j)) mod 256, whatever the picture: left of j the difference is one
constant. NPCR and UACI see that fingerprint, and ``attacks.chosen_plaintext_two_way`` needs
1 + ⌈log₂₅₆ n⌉ chosen pictures to read everything. ``plaintext_related=True`` mixes a keyed hash of
each picture into its seeds, which hides the fingerprint and stops that attack. Neither makes it
secure.
"""

from __future__ import annotations

import hashlib

import numpy as np

from gansec_lib.ciphers import kdf
from gansec_lib.roles.per_picture import UNCHECKED, PerPictureCipher
from gansec_lib.survey.printed import ANY, published


class Logistic(PerPictureCipher):
    """Chaotic permutation and two-way chained diffusion, as ``ciphers.logistic`` defines them.

    The whole batch runs in one compiled call, not picture by picture.
    """

    key_name = "logistic"
    title = "Logistic permutation + two-way diffusion"
    paper = "the classic behind Singh et al. 2024, Table 4"
    published = published(ANY)
    limits = (
        UNCHECKED,
        "Without a fresh nonce a handful of chosen pictures open every other one "
        "(the attack does it).",
        "No proof and no serious analysis stands behind it; passing statistics is not security.",
        "Its bytes depend on float64 arithmetic being done in one exact order.",
    )

    def _encrypt_all(self, plain, labels, key, nonce, out):
        from gansec_lib.ciphers.logistic import BURN, encrypt_rows

        rows = len(plain)
        schedule = self._schedule(key, nonce, labels)
        encrypt_rows(plain.reshape(rows, -1), *schedule, BURN, out.reshape(rows, -1))

    def _decrypt_all(self, cipher, labels, key, nonce, out):
        from gansec_lib.ciphers.logistic import BURN, decrypt_rows

        rows = len(cipher)
        schedule = self._schedule(key, nonce, labels)
        decrypt_rows(cipher.reshape(rows, -1), *schedule, BURN, out.reshape(rows, -1))

    @staticmethod
    def _schedule(key: bytes, nonce: bytes, labels: list[bytes]):
        """Seeds float64 (N, 6) and starting bytes uint8 (N, 2) from key, nonce and labels."""
        salt = hashlib.sha256(nonce).digest()
        seeds = np.empty((len(labels), 6))
        starts = np.empty((len(labels), 2), np.uint8)
        for row, label in enumerate(labels):
            units = kdf.unit_numbers(key, 7, salt, label)
            seeds[row, 0::2] = units[0:6:2]
            seeds[row, 1::2] = 3.9999 + 1e-4 * np.array(units[1:6:2])
            starts[row] = int(units[6] * 65536) >> 8, int(units[6] * 65536) & 255
        return seeds, starts
