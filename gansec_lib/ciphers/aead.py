"""AES-256-GCM and ChaCha20-Poly1305 on buffers, from the ``cryptography`` package (OpenSSL).

Authenticated: a changed ciphertext, header, nonce or key raises ``IntegrityError`` and not one
decrypted byte is handed out. (``WrongKeyError`` and ``TamperedError`` are its kinds.)
"""

from __future__ import annotations

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gansec_lib.errors import TamperedError, WrongKeyError

TAG = 16
NONCE = 12
REFUSAL = "{}: the tag does not match; changed, cut, or the wrong key (nothing was decrypted)"
NO_TAG = "{}: expected a tag of 16 and a nonce of 12 bytes, got {} and {}; changed or cut"


def aes_gcm_seal(key: bytes, nonce: bytes, plain, header: bytes) -> tuple[np.ndarray, bytes]:
    """Encrypt a uint8 buffer; NIST SP 800-38D, 96-bit nonce, 128-bit tag.

    Returns
    -------
    (uint8 array (n,), tag) : ``update_into`` one buffer, because the fresh output that ``update``
    allocates costs several times what the cipher does on large pictures.
    """
    worker = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    worker.authenticate_additional_data(header)
    out = np.empty(len(plain) + 15, np.uint8)
    written = worker.update_into(memoryview(plain), memoryview(out))
    worker.finalize()
    return out[:written], worker.tag


def aes_gcm_open(key: bytes, nonce: bytes, payload, tag: bytes, header: bytes) -> np.ndarray:
    """Decrypt what ``aes_gcm_seal`` made, or raise ``WrongKeyError``."""
    if len(tag) != TAG or len(nonce) != NONCE:
        raise TamperedError(NO_TAG.format("AES-GCM", len(tag), len(nonce)))
    worker = Cipher(algorithms.AES(key), modes.GCM(nonce, tag)).decryptor()
    worker.authenticate_additional_data(header)
    out = np.empty(len(payload) + 15, np.uint8)
    written = worker.update_into(memoryview(payload), memoryview(out))
    try:
        worker.finalize()
    except InvalidTag:
        out[:] = 0
        raise WrongKeyError(REFUSAL.format("AES-GCM")) from None
    return out[:written]


def chacha20_seal(key: bytes, nonce: bytes, plain, header: bytes) -> tuple[np.ndarray, bytes]:
    """Encrypt a uint8 buffer with ChaCha20-Poly1305 (RFC 8439); returns bytes and tag."""
    cipher = ChaCha20Poly1305(key)
    out = np.empty(len(plain) + TAG, np.uint8)
    if hasattr(cipher, "encrypt_into"):  # newer releases: no second copy
        cipher.encrypt_into(nonce, memoryview(plain), header, memoryview(out))
    else:
        out[:] = np.frombuffer(cipher.encrypt(nonce, memoryview(plain), header), np.uint8)
    return out[:-TAG], out[-TAG:].tobytes()


def chacha20_open(key: bytes, nonce: bytes, payload, tag: bytes, header: bytes) -> np.ndarray:
    """Decrypt what ``chacha20_seal`` made, or raise ``WrongKeyError``."""
    if len(tag) != TAG or len(nonce) != NONCE:
        raise TamperedError(NO_TAG.format("ChaCha20-Poly1305", len(tag), len(nonce)))
    try:
        plain = ChaCha20Poly1305(key).decrypt(nonce, bytes(memoryview(payload)) + tag, header)
    except InvalidTag:
        raise WrongKeyError(REFUSAL.format("ChaCha20-Poly1305")) from None
    return np.frombuffer(bytearray(plain), np.uint8)
