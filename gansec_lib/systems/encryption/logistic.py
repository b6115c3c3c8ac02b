"""``logistic``: the classic chaos cipher that Table 4 of seed 001 is written for.

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
constant. NPCR and UACI see that fingerprint, and ``attacks.nonce_reuse`` needs 1 + ⌈log₂₅₆ n⌉
chosen pictures to read everything. ``plaintext_related=True`` mixes a keyed hash of each picture
into its seeds, which hides the fingerprint and stops that attack. Neither makes it secure.
"""

from __future__ import annotations

import hashlib
import hmac

import torch

from gansec_lib.ciphers import kdf
from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.roles import Cipher, Ciphertext

_TABLE_4 = "seed 001, Table 4"
_CONDITIONS = "what the survey asks of any scheme, nobody's measurement; picture size not stated"


class Logistic(Cipher):
    """Chaotic permutation and two-way chained diffusion, as ``ciphers.logistic`` defines them.

    Parameters
    ----------
    plaintext_related : bool
        Mix HMAC-SHA256(key, picture) into each picture's seeds; the hash travels in the header.
    """

    key_name = "logistic"
    title = "Logistic permutation + two-way diffusion"
    paper = "the classic behind seed 001, Table 4"
    nonce_length = 16
    published = {  # noqa: RUF012
        name: {"value": value, "shown": shown, "conditions": _CONDITIONS, "source": _TABLE_4}
        for name, value, shown in (
            ("entropy", 8.0, "close to 8"),
            ("correlation_horizontal", 0.0, "near 0"),
            ("correlation_vertical", 0.0, "near 0"),
            ("correlation_diagonal", 0.0, "near 0"),
            ("npcr_nonce_held", 99.60, "99.60"),
            ("uaci_nonce_held", 33.40, "33.40"),
            ("psnr_decrypted", 28.0, "> 28"),
            ("key_bits", 100.0, "≥ 100"),
        )
    }
    limits = (
        "Not authenticated: a changed ciphertext or a wrong key gives a wrong picture, no error.",
        "Without a fresh nonce a handful of chosen pictures open every other one "
        "(the attack below does it).",
        "No proof and no serious analysis stands behind it; passing statistics is not security.",
        "Its bytes depend on float64 arithmetic being done in one exact order.",
    )

    def __init__(self, plaintext_related: bool = False):
        if not isinstance(plaintext_related, bool):
            raise ParameterError(f"plaintext_related: expected a bool, got {plaintext_related!r}")
        self.plaintext_related = plaintext_related

    def options(self):
        return {"plaintext_related": self.plaintext_related}

    def encrypt(self, images, key, nonce=None):
        from gansec_lib.ciphers.logistic import BURN, encrypt_rows

        images, key, nonce = self._begin(images, key, nonce)
        plain = images.contiguous().cpu().numpy().reshape(len(images), -1)
        extra = {}
        hashes = [b""] * len(plain)
        if self.plaintext_related:
            hashes = [hmac.digest(key, b"picture" + row.tobytes(), "sha256") for row in plain]
            extra["hashes"] = b"".join(hashes).hex()
        cipher = torch.empty(plain.shape, dtype=torch.uint8)
        encrypt_rows(plain, *self._schedule(key, nonce, hashes), BURN, cipher.numpy())
        return Ciphertext(
            cipher.reshape(-1), tuple(images.shape), self.key_name, self.version, nonce, b"", extra
        )

    def decrypt(self, ciphertext, key):
        from gansec_lib.ciphers.logistic import BURN, decrypt_rows

        key = self._accept(ciphertext, key)
        count = ciphertext.shape[0]
        if ciphertext.payload.numel() != torch.Size(ciphertext.shape).numel():
            raise IntegrityError(
                f"ciphertext: {ciphertext.payload.numel()} bytes for pictures of shape "
                f"{ciphertext.shape}; cut or changed"
            )
        cipher = ciphertext.payload.contiguous().cpu().numpy().reshape(count, -1)
        plain = torch.empty(cipher.shape, dtype=torch.uint8)
        hashes = self._hashes(ciphertext.extra, count)
        schedule = self._schedule(key, ciphertext.nonce, hashes)
        decrypt_rows(cipher, *schedule, BURN, plain.numpy())
        return plain.reshape(ciphertext.shape)

    @staticmethod
    def _hashes(extra: dict[str, str], count: int) -> list[bytes]:
        """One picture hash a picture; empty ones where the sender used none."""
        if "hashes" not in extra:
            return [b""] * count
        try:
            joined = bytes.fromhex(extra["hashes"])
        except ValueError:
            joined = b""
        if len(joined) != 32 * count:
            raise IntegrityError("ciphertext: the pictures' hashes in its header are damaged")
        return [joined[32 * row : 32 * row + 32] for row in range(count)]

    @staticmethod
    def _schedule(key: bytes, nonce: bytes, hashes: list[bytes]):
        """Seeds float64 (N, 6) and starting bytes uint8 (N, 2) from key, nonce, number, hash."""
        import numpy as np

        salt = hashlib.sha256(nonce).digest()
        seeds = np.empty((len(hashes), 6))
        starts = np.empty((len(hashes), 2), np.uint8)
        for row, picture_hash in enumerate(hashes):
            label = b"gansec/logistic/1/" + row.to_bytes(4, "big") + picture_hash
            units = kdf.unit_numbers(key, 7, salt, label)
            seeds[row, 0::2] = units[0:6:2]
            seeds[row, 1::2] = 3.9999 + 1e-4 * np.array(units[1:6:2])
            starts[row] = int(units[6] * 65536) >> 8, int(units[6] * 65536) & 255
        return seeds, starts
