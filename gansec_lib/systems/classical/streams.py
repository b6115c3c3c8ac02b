"""``aes_ctr``: the key stream of AES-256 in counter mode, beside which every other one stands.

The nonce is the first 12 bytes of the first counter block, whose last 4 are zero, or the whole
block of 16 (NIST SP 800-38A).
"""

from __future__ import annotations

import torch
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gansec_lib.ciphers.kdf import check_key
from gansec_lib.errors import ParameterError
from gansec_lib.roles import KeyGenerator


class AesCtr(KeyGenerator):
    """Key bytes that nobody tells from random ones without the key.

    >>> AesCtr().keystream(bytes(32), bytes(12), 4).tolist()
    [220, 149, 192, 120]
    """

    key_name = "aes_ctr"
    title = "AES-256 in counter mode"
    paper = "NIST FIPS 197, SP 800-38A"
    standard = True
    limits = ("One nonce twice under one key gives one key stream twice.",)

    def keystream(self, key: bytes, nonce: bytes, n: int) -> torch.Tensor:
        """``n`` key bytes, uint8 (n,), at most 64 GiB."""
        if type(n) is not int or not 1 <= n <= 2**36:
            raise ParameterError(f"n: expected 1 to 2³⁶ bytes, got {n!r}")
        whole = isinstance(nonce, bytes) and len(nonce) == 16
        block = nonce if whole else check_key(nonce, 12, "nonce") + bytes(4)
        worker = Cipher(algorithms.AES(check_key(key, 32)), modes.CTR(block)).encryptor()
        return torch.frombuffer(bytearray(worker.update(bytes(n))), dtype=torch.uint8)
