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
import struct
from dataclasses import dataclass, field

import torch

from gansec_lib.errors import ParameterError, TamperedError, TruncatedError, VersionError

MAGIC = b"GANSEC"
FORMAT = 1
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
        """
        header = make_header(
            self.system, self.version, self.shape, self.nonce, self.extra, self.salt
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
        if hashlib.sha256(data[:-32]).digest() != data[-32:]:
            raise TamperedError("ciphertext: its checksum does not match; a bit was changed")
        start = _FIXED.size + header_size
        fields = _read_header(data[_FIXED.size : start])
        payload = bytearray(data[start + tag_size : -32])
        return cls(
            payload=torch.frombuffer(payload, dtype=torch.uint8)
            if payload
            else torch.empty(0, dtype=torch.uint8),
            tag=data[start : start + tag_size],
            **fields,
        )


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


def _read_header(raw: bytes) -> dict:
    """The fields of a header, each checked: its checksum may have been recomputed."""
    try:
        fields = json.loads(raw)
        found = {
            "system": fields["system"],
            "version": fields["version"],
            "shape": tuple(fields["shape"]),
            "nonce": bytes.fromhex(fields["nonce"]),
            "extra": fields["extra"],
            "salt": bytes.fromhex(fields.get("salt", "")),
        }
        sane = (
            isinstance(found["system"], str)
            and type(found["version"]) is int
            and len(found["shape"]) == 4
            and all(type(side) is int and 0 < side < 2**31 for side in found["shape"])
            and isinstance(found["extra"], dict)
            and all(isinstance(value, str) for value in found["extra"].values())
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise TamperedError(f"ciphertext: its header cannot be read ({problem})") from None
    if not sane:
        raise TamperedError("ciphertext: its header holds values that cannot be true")
    if raw != make_header(**found):  # one header, one form: no second file with the same tag
        raise TamperedError("ciphertext: its header is not in the form that this library writes")
    return found
