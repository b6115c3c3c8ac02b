"""What a nonce used twice costs: the two-time pad.

That AES-GCM falls to it with its nonce held is no weakness of AES: its standard forbids it, and
the library draws a fresh one.

Threat model: the attacker sees the ciphertext of a victim picture, knows the method, and may know
pictures, or have pictures of her own encrypted, under the same key.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from gansec_lib.attacks.on_ciphers.chosen_plaintext import chosen_plaintext_two_way
from gansec_lib.attacks.oracle import SETTINGS, Attempt, Oracle, check_known, run
from gansec_lib.roles import Cipher

__all__ = ["SETTINGS", "Attempt", "Oracle", "chosen_plaintext", "two_time_pad"]


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


def chosen_plaintext(cipher: Cipher, key: bytes, image: torch.Tensor, setting: str) -> Attempt:
    """``chosen_plaintext_two_way`` under the name that the report has used from the start."""
    found = chosen_plaintext_two_way(cipher, key, image, setting)
    return replace(found, name="chosen_plaintext")
