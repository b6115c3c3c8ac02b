"""``chaos_lanes``: a stream cipher of many logistic orbits that run side by side. Ours.

Key and nonce start one orbit for every two columns of every picture, and step t of all of them
makes the key bytes of row t (``chaos.lanes`` has the definition). The picture is XORed with them.

| part | choice | from |
|---|---|---|
| key bytes from a chaotic map, c = p ⊕ k | | the family of classical chaos ciphers |
| an orbit for every two columns, two bytes a step | | ours |
| starting points by HKDF-SHA256 and ChaCha20 from key and nonce | | ours |
| the map: logistic, or another one without sin and cos | | ours |

Pictures on a CPU are worked on by compiled code, pictures on a GPU by torch there; the bytes are
the same, because only +, −, × and ÷ of float64 are used, in one order. It is here to show how fast
chaos can be. It is no safer for that, see ``limits``; AES in counter mode does the same work, with
decades of analysis behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gansec_lib.chaos.lanes import xor_lanes
from gansec_lib.chaos.maps import MAPS
from gansec_lib.roles import Cipher, Ciphertext
from gansec_lib.roles.system import one_of

PORTABLE = tuple(name for name, one in MAPS.items() if one.portable and name != "logistic")


@dataclass(eq=False, repr=False)
class ChaosLanes(Cipher):
    """Pictures XOR the lanes of a chaotic map.

    Parameters
    ----------
    chaos_map : str
        The map; one that gives the same bytes on every device (``chaos.MAPS``).
    """

    key_name = "chaos_lanes"
    title = "Chaotic orbits side by side, XOR"
    paper = "ours: a fast stream cipher of the classical family"
    nonce_length = 16
    limits = (
        "For study only: no proof and no serious analysis stands behind it.",
        "Not authenticated: a changed ciphertext or a wrong key gives a wrong picture, no error, "
        "and a flipped bit of the ciphertext flips that bit of the picture.",
        "With the nonce held, one known picture gives the key bytes of all others away.",
        "Whoever knows some rows of two neighbouring columns finds their orbit by trying 2²⁴ "
        "starts, and reads the rest of these columns.",
        "Orbits of 53 bits meet: beyond about 2²⁷ bytes under one nonce key bytes may repeat.",
    )

    chaos_map: str = one_of("logistic", *PORTABLE)

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        payload = self._xor(images, key, nonce).reshape(-1)
        return Ciphertext(payload, tuple(images.shape), self.key_name, self.version, nonce)

    def decrypt(self, ciphertext, key):
        key = self._accept(ciphertext, key)
        return self._xor(ciphertext.as_images(), key, ciphertext.nonce)

    def _xor(self, images: torch.Tensor, key: bytes, nonce: bytes) -> torch.Tensor:
        """On the device of the pictures, with as many threads as torch would use."""
        engine = "numba" if images.device.type == "cpu" else "torch"
        return xor_lanes(
            images, key, nonce, self.chaos_map, engine, threads=torch.get_num_threads()
        )
