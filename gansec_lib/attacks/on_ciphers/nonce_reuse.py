"""What a nonce used twice costs: the two-time pad.

The attacker sees the ciphertext of a victim picture and knows one other picture that was encrypted
under the same key. That AES-GCM falls to her where its nonce is held is no weakness of AES: its
standard forbids the reuse, and the library draws a fresh nonce for each encryption.
"""

from __future__ import annotations

import torch

from gansec_lib.attacks.oracle import Attempt, check_known, run
from gansec_lib.roles import Cipher


def two_time_pad(
    cipher: Cipher, key: bytes, image: torch.Tensor, known: torch.Tensor, setting: str
) -> Attempt:
    """One known picture under the same key opens another: p = c ⊕ (known ⊕ its cipher image).

    Parameters
    ----------
    image, known : uint8 (1, C, H, W)
        The victim picture, and the one that the attacker knows.
    """
    known = check_known(known, image, one=True)

    def read(oracle, seen):
        return seen ^ known ^ oracle.encrypt(known)

    words = "exclusive-or with the keystream read off one known picture"
    return run("two_time_pad", words, read, cipher, key, image, setting)
