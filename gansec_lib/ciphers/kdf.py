"""Keys and seeds: from a passphrase or bytes to a key, from a key to independent numbers."""

from __future__ import annotations

from hashlib import scrypt

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gansec_lib.errors import ParameterError

DEFAULT_SALT = b"gansec_lib course"


def check_key(key: bytes, length: int, name: str = "key") -> bytes:
    """The key as ``bytes`` if it has exactly ``length`` bytes.

    Raises
    ------
    ParameterError
        For another type or length, and says how to make a key of the right one.
    """
    if not isinstance(key, bytes | bytearray | memoryview):
        raise ParameterError(
            f"{name}: expected {length} bytes, got {type(key).__name__}; "
            f"roles.derive_key makes a key from a passphrase"
        )
    key = bytes(key)  # a memoryview may count in larger items than bytes
    if len(key) != length:
        raise ParameterError(
            f"{name}: expected {length} bytes, got {len(key)}; "
            f"roles.derive_key(secret, length={length}) makes one of the right length"
        )
    return key


def hkdf(key: bytes, length: int, salt: bytes = b"", info: bytes = b"") -> bytes:
    """HKDF-SHA256 (RFC 5869): ``length`` bytes that look unrelated for any change of the inputs.

    >>> hkdf(b"k" * 32, 4, info=b"one") == hkdf(b"k" * 32, 4, info=b"two")
    False
    """
    return HKDF(SHA256(), length, salt or None, info).derive(key)


def derive_key(
    secret: str | bytes, length: int = 32, *, salt: bytes = DEFAULT_SALT, purpose: str = "cipher"
) -> bytes:
    """A key of ``length`` bytes from a passphrase (slow on purpose) or from key bytes (fast).

    A ``str`` goes through scrypt (n = 2¹⁴, r = 8, p = 1; about 50 ms), ``bytes`` of at least 16
    go through HKDF-SHA256. ``purpose`` separates keys made from one secret.

    Parameters
    ----------
    salt : bytes
        Give a random one for each user and keep it with the ciphertext: with the default salt,
        the same passphrase is the same key for everybody, good enough for a lesson only.

    Raises
    ------
    ParameterError
        For a passphrase that is empty or no Unicode text, under 16 bytes of key material, a salt
        that is no bytes, or a length outside 1–64.

    >>> len(derive_key(b"sixteen bytes ok", 16)), derive_key("pass") == derive_key("Pass")
    (16, False)
    """
    if not isinstance(length, int) or not 1 <= length <= 64:
        raise ParameterError(f"length: expected 1 to 64 bytes, got {length!r}")
    if not isinstance(salt, bytes | bytearray | memoryview):
        raise ParameterError(f"salt: expected bytes, got {type(salt).__name__}")
    if isinstance(secret, str):
        if not secret:
            raise ParameterError("secret: expected a passphrase, got an empty string")
        try:
            letters = secret.encode()
        except UnicodeEncodeError as problem:
            raise ParameterError(
                f"secret: expected a passphrase of Unicode characters, got half of one at place "
                f"{problem.start} (a lone surrogate); a terminal that is not UTF-8 makes them"
            ) from None
        material = scrypt(letters, salt=salt, n=2**14, r=8, p=1, dklen=32)
    elif isinstance(secret, bytes | bytearray | memoryview):
        material = bytes(secret)
        if len(material) < 16:
            raise ParameterError(
                f"secret: expected at least 16 bytes of key material, got {len(material)}; "
                f"pass a passphrase as str"
            )
    else:
        raise ParameterError(
            f"secret: expected a passphrase (str) or key bytes, got {type(secret).__name__}"
        )
    return hkdf(material, length, bytes(salt), b"gansec/" + purpose.encode())


def keystream(key: bytes, count: int, info: bytes) -> bytes:
    """``count`` bytes that look unrelated for every key and ``info``, however many are asked for.

    ChaCha20 (RFC 8439) under a key that HKDF makes from ``key`` and ``info``; its nonce is all
    zeros, because no two ``info`` share a key.

    >>> keystream(b"k" * 32, 8, b"a") == keystream(b"k" * 32, 9, b"a")[:8]
    True
    """
    inner = hkdf(key, 32, info=info)
    stream = Cipher(algorithms.ChaCha20(inner, bytes(16)), None).encryptor()
    return stream.update(bytes(count))


def unit_numbers(key: bytes, count: int, salt: bytes = b"", info: bytes = b"") -> list[float]:
    """``count`` independent numbers in the open interval (0, 1), 53 bits each, from a key.

    Eight HKDF bytes a number; (u + ½) / 2⁵³ is never 0 or 1.

    >>> all(0 < u < 1 for u in unit_numbers(b"k" * 32, 5))
    True
    """
    stream = hkdf(key, 8 * count, salt, info)
    tops = (int.from_bytes(stream[8 * i : 8 * i + 8], "big") >> 11 for i in range(count))
    return [(top + 0.5) / 2**53 if top + 0.5 < 2**53 - 1 else 1 - 2**-53 for top in tops]
