"""``arnold_xor``: Arnold's cat map on the pixels, then XOR with a logistic keystream.

The combination that most course work and many papers begin with (specs: the survey's classical
baselines). A square picture only, because the cat map is a map of the square.

| part | choice | from |
|---|---|---|
| (x, y) → (x + a y, b x + (a b + 1) y) mod N, all channels alike | | paper (the family) |
| c = p ⊕ k, k bytes of a logistic orbit | | paper (the family) |
| a, b in 1…N − 1 and 5–20 rounds from the key | | ours |
| seeds by HKDF-SHA256 from key, nonce and picture number | | ours |

The map is linear and periodic (256 × 256 with a = b = 1 is back after 192 rounds), leaves the
corner pixel where it is, and XOR moves a change to one single byte: NPCR is 1/n with the nonce
held, and 1 + ⌈log₂₅₆ n⌉ chosen pictures open every other one.
"""

from __future__ import annotations

from math import prod

from gansec_lib import chaos
from gansec_lib.ciphers import kdf, permute
from gansec_lib.errors import ParameterError
from gansec_lib.roles.per_picture import UNCHECKED, PerPictureCipher


class ArnoldXor(PerPictureCipher):
    """Cat map and XOR; see the module."""

    key_name = "arnold_xor"
    title = "Arnold map + XOR"
    paper = "classical baseline (Arnold's cat map)"
    limits = (
        UNCHECKED,
        "With the nonce held, one bit of the picture changes one byte of the cipher image.",
        "One known picture and its cipher image give the keystream away; a few give the map.",
        "The cat map leaves the corner where it is and is back after a short, known period.",
    )

    def _check_shape(self, shape):
        if shape[2] != shape[3]:
            raise ParameterError(
                f"images: expected square pictures (the cat map is a map of the square), "
                f"got {shape[2]} × {shape[3]}; crop them, or use henon_dna"
            )

    def _encrypt_one(self, plain, key, nonce):
        return permute.arnold(plain, *_map(key, plain.shape[-1])) ^ _stream(key, nonce, plain.shape)

    def _decrypt_one(self, cipher, key, nonce):
        moved = cipher ^ _stream(key, nonce, cipher.shape)
        return permute.undo_arnold(moved, *_map(key, cipher.shape[-1]))


def _map(key: bytes, side: int) -> tuple[int, int, int]:
    """a, b and rounds of one picture."""
    units = kdf.unit_numbers(key, 3, info=b"gansec/arnold")
    reach = max(1, side - 1)
    return 1 + int(units[0] * reach), 1 + int(units[1] * reach), 5 + int(units[2] * 16)


def _stream(key: bytes, nonce: bytes, shape):
    """Keystream bytes in the picture's shape (C, N, N)."""
    return chaos.keystream("logistic", key, nonce, prod(shape)).reshape(shape)
