"""``Ciphertext``: an encrypted batch of pictures and everything a file of it must say.

The file, all integers big-endian::

    GANSEC | format 1 byte | header length 4 | tag length 1 | payload length 8
    header (JSON, sorted keys) | tag | payload | SHA-256 of all that precedes

The hash finds accidents: a cut file, a flipped bit. It does not stop an attacker, who can
recompute it; the tag of an authenticated cipher does, and the header is covered by that tag.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from dataclasses import dataclass, field

import torch

from gansec_lib.errors import (
    GansecError,
    ParameterError,
    TamperedError,
    TruncatedError,
    VersionError,
)

MAGIC = b"GANSEC"
FORMAT = 1
SALT = 16  # bytes of a salt, where there is one
MOST_BYTES = 2**31  # payload of one ciphertext
SMALL_PICTURES = 256  # that many may be of any size; a key of its own costs each some milliseconds
BYTES_A_PICTURE = 256  # that every picture beyond them brings, on average
MOST_HEADER = 2**20  # bytes, and one more for each byte of payload
_FIXED = struct.Struct(">6sBIBQ")


@dataclass(frozen=True)
class Ciphertext:
    """What ``Cipher.encrypt`` returns and ``Cipher.decrypt`` takes.

    Parameters
    ----------
    payload : uint8 tensor (n,)
        The encrypted bytes, picture after picture.
    shape : tuple of four ints
        (N, C, H, W) of the plain pictures.
    system : str
        Key name of the system that made it.
    version : int
        Version of that system's way of encrypting.
    nonce : bytes
    tag : bytes
        Authentication tag; empty where the system has none.
    extra : dict of str to str
        What else the receiver needs, in the clear.
    salt : bytes
        With which the key was made from a passphrase (``Cipher.lock``); empty for a key of bytes.

    Whoever builds one by hand, or reads one that a stranger wrote, has ``check`` look at it first.
    """

    payload: torch.Tensor
    shape: tuple[int, int, int, int]
    system: str
    version: int = 1
    nonce: bytes = b""
    tag: bytes = b""
    extra: dict[str, str] = field(default_factory=dict)
    salt: bytes = b""

    def header(self) -> bytes:
        """Everything but salt, tag and payload, in one canonical form; authenticated as AAD.

        The salt needs no tag: another salt is another key.
        """
        return make_header(self.system, self.version, self.shape, self.nonce, self.extra)

    def check(self, error: type[GansecError] = TamperedError) -> Ciphertext:
        """This ciphertext itself, if every field is one that a system of this library could write.

        It looks at types and sizes only and takes no memory, so that a hostile header costs
        nothing: sides are 1 to 2³¹ − 1, all bytes together at most ``MOST_BYTES``, and of more
        than ``SMALL_PICTURES`` pictures each must bring ``BYTES_A_PICTURE`` bytes on average.

        Parameters
        ----------
        error : type of error
            What to raise; a caller who built the ciphertext herself wants ``ParameterError``.

        Raises
        ------
        TamperedError
        """
        problem = _problem(self)
        if problem:
            raise error(f"ciphertext: {problem}")
        return self

    def as_images(self) -> torch.Tensor:
        """The payload laid out like the pictures, uint8 (N, C, H, W), for metrics and the eye.

        Raises
        ------
        ParameterError
            If the system changes the number of bytes, so that there is no such picture.
        """
        if self.payload.numel() != math.prod(self.shape):
            raise ParameterError(
                f"payload: {self.payload.numel()} bytes do not fill pictures of shape "
                f"{self.shape}; {self.system} changes the size"
            )
        return self.payload.reshape(self.shape)

    def to_bytes(self) -> bytes:
        """The file's content.

        >>> one = Ciphertext(torch.tensor([7, 8], dtype=torch.uint8), (1, 1, 1, 2), "aes_gcm")
        >>> Ciphertext.from_bytes(one.to_bytes()).payload.tolist()
        [7, 8]

        Raises
        ------
        ParameterError
            A field that ``from_bytes`` would not take.
        """
        self.check(ParameterError)
        header = make_header(
            self.system, self.version, self.shape, self.nonce, self.extra, self.salt
        )
        if len(header) > MOST_HEADER + self.payload.numel():
            raise ParameterError(
                f"extra: expected a header of {MOST_HEADER} bytes or less beside "
                f"{self.payload.numel()} bytes of payload, got {len(header)}"
            )
        payload = self.payload.cpu().contiguous().numpy().tobytes()
        fixed = _FIXED.pack(MAGIC, FORMAT, len(header), len(self.tag), len(payload))
        body = b"".join((fixed, header, self.tag, payload))
        return body + hashlib.sha256(body).digest()

    @classmethod
    def from_bytes(cls, data: bytes) -> Ciphertext:
        """Read what ``to_bytes`` wrote.

        Raises
        ------
        TruncatedError
            Cut, or too long.
        VersionError
            Another format version.
        TamperedError
            Not such a file, or changed anywhere. (All three are ``IntegrityError``.)
        """
        if not isinstance(data, bytes | bytearray | memoryview):
            raise ParameterError(f"data: expected the bytes of a file, got {type(data).__name__}")
        data = bytes(data)
        if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
            raise TamperedError("ciphertext: does not begin as a gansec ciphertext; another file?")
        if len(data) < _FIXED.size:
            raise TruncatedError(f"ciphertext: cut short, only {len(data)} bytes are here")
        _, version, header_size, tag_size, payload_size = _FIXED.unpack_from(data)
        if version != FORMAT:
            raise VersionError(
                f"ciphertext: format version {version}, this library reads version {FORMAT}; "
                f"written by another release, or changed"
            )
        expected = _FIXED.size + header_size + tag_size + payload_size + 32
        if len(data) != expected:
            word = "cut short" if len(data) < expected else "too long"
            raise TruncatedError(f"ciphertext: {word}, expected {expected} bytes, got {len(data)}")
        if header_size > MOST_HEADER + payload_size:
            raise TamperedError(f"ciphertext: a header of {header_size} bytes; changed")
        if hashlib.sha256(data[:-32]).digest() != data[-32:]:
            raise TamperedError("ciphertext: its checksum does not match; a bit was changed")
        start = _FIXED.size + header_size
        payload = torch.empty(0, dtype=torch.uint8)
        if payload_size:
            payload = torch.frombuffer(bytearray(data[start + tag_size : -32]), dtype=torch.uint8)
        raw, tag = data[_FIXED.size : start], data[start : start + tag_size]
        made = cls(payload=payload, tag=tag, **_read_header(raw)).check()
        if raw != make_header(
            made.system, made.version, made.shape, made.nonce, made.extra, made.salt
        ):  # one header, one form: no second file with the same tag
            raise TamperedError(
                "ciphertext: its header is not in the form that this library writes"
            )
        return made


def make_header(
    system: str, version: int, shape, nonce: bytes, extra: dict[str, str], salt: bytes = b""
) -> bytes:
    """The canonical header: JSON with sorted keys, no spaces; a salt only where there is one."""
    fields = {
        "extra": extra,
        "nonce": nonce.hex(),
        "shape": [int(side) for side in shape],
        "system": system,
        "version": version,
        **({"salt": salt.hex()} if salt else {}),
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def too_many(shape: tuple[int, int, int, int]) -> str:
    """Why pictures of this shape are too many for one ciphertext, or an empty string.

    Every picture has a key of its own, which costs milliseconds where a network makes it. Without
    this limit a file of a kilobyte that claims a thousand pictures of one pixel is a minute's work.
    """
    size = math.prod(shape)
    if size > MOST_BYTES:
        return f"expected at most {MOST_BYTES} bytes in one ciphertext, got {size}"
    most = SMALL_PICTURES + size // BYTES_A_PICTURE
    if shape[0] > most:
        return (
            f"expected at most {most} pictures of {math.prod(shape[1:])} bytes in one ciphertext, "
            f"got {shape[0]} ({SMALL_PICTURES}, and one for each {BYTES_A_PICTURE} bytes)"
        )
    return ""


def sides_of(text: str, count: int) -> tuple[int, ...]:
    """The ``count`` sides that a header's ``size`` lists, as ``3,480,640``.

    Raises
    ------
    TamperedError
        Another number of them, or not whole numbers from 1 to 2³¹ − 1 in their shortest form.

    >>> sides_of("3,480,640", 3)
    (3, 480, 640)
    """
    parts = text.split(",")
    if len(parts) != count or not all(re.fullmatch("[1-9][0-9]{0,9}", part) for part in parts):
        raise TamperedError("ciphertext: the pictures' size in its header is damaged")
    sides = tuple(int(part) for part in parts)
    if not all(side < 2**31 for side in sides):
        raise TamperedError("ciphertext: the pictures' size in its header is damaged")
    return sides


def _read_header(raw: bytes) -> dict:
    """The fields of a header as they stand there; ``check`` judges them."""
    try:
        fields = json.loads(raw)
        return {
            "system": fields["system"],
            "version": fields["version"],
            "shape": tuple(fields["shape"]),
            "nonce": bytes.fromhex(fields["nonce"]),
            "extra": fields["extra"],
            "salt": bytes.fromhex(fields.get("salt", "")),
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise TamperedError(f"ciphertext: its header cannot be read ({problem})") from None


def _problem(made: Ciphertext) -> str:
    """What is wrong with a ciphertext's fields, or an empty string."""
    payload, shape, extra = made.payload, made.shape, made.extra
    if not isinstance(payload, torch.Tensor) or payload.dtype != torch.uint8 or payload.ndim != 1:
        return "its payload is no uint8 tensor (n,)"
    sides = shape if isinstance(shape, tuple) else ()
    if len(sides) != 4 or not all(type(side) is int and 0 < side < 2**31 for side in sides):
        return "its shape is not four whole numbers from 1 to 2³¹ − 1"
    if sides[1] not in (1, 3):
        return f"its pictures have {sides[1]} channels, not 1 or 3"
    if type(made.version) is not int or not 0 < made.version < 2**31:
        return "its version is not a whole number from 1 to 2³¹ − 1"
    if not isinstance(made.system, str):
        return "its system is not a name"
    if not all(isinstance(field, bytes) for field in (made.nonce, made.tag, made.salt)):
        return "nonce, tag and salt are not bytes"
    if len(made.tag) > 255 or len(made.salt) not in (0, SALT):
        return f"a tag of {len(made.tag)} and a salt of {len(made.salt)} bytes cannot be"
    texts = (*extra, *extra.values()) if isinstance(extra, dict) else (None,)
    if not all(isinstance(text, str) for text in texts):
        return "extra is not a dict of texts"
    return too_many(shape)
