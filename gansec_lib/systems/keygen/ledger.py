"""A hash-chained, signed ledger: who stored which cipher image, and whether anyone changed it.

Each block holds the hash of the one before, the SHA-256 of a ciphertext file, a time, a proof of
work and an Ed25519 signature (RFC 8032). It gives integrity and a history, no confidentiality: a
hash of the *plain* picture in it would tell everyone which pictures are equal, so none is stored.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from gansec_lib.errors import IntegrityError, ParameterError

GENESIS = "0" * 64
MOST_WORK = 5  # hex zeros: a sixteenfold of work each


@dataclass(frozen=True)
class Block:
    """One entry; ``hash`` is over everything but the signature, which is over ``hash``."""

    index: int
    previous: str
    ciphertext: str  # SHA-256 of the file, hex
    label: str
    time: str
    work: int
    hash: str = ""
    signature: str = ""

    def content(self) -> bytes:
        """What is hashed."""
        known = {k: v for k, v in asdict(self).items() if k not in ("hash", "signature")}
        return json.dumps(known, sort_keys=True, separators=(",", ":")).encode()


class Ledger:
    """A chain of blocks that one signer extends and anyone can verify.

    Parameters
    ----------
    signing_key : bytes (32,), optional
        Ed25519 private key; without it the ledger can only be read and verified.
    public_key : bytes (32,), optional
        Ed25519 public key; follows from ``signing_key`` where that is given.
    zeros : int
        Leading hex zeros every block's hash must have (proof of work), 0 to 5.

    >>> ledger = Ledger(bytes(32), zeros=1)
    >>> ledger.append(b"a ciphertext file", "scan 1", time="2026-01-01").index
    0
    >>> ledger.verify() is None
    True
    """

    def __init__(
        self,
        signing_key: bytes | None = None,
        public_key: bytes | None = None,
        zeros: int = 2,
    ):
        from cryptography.hazmat.primitives.asymmetric import ed25519

        if not isinstance(zeros, int) or not 0 <= zeros <= MOST_WORK:
            raise ParameterError(f"zeros: expected 0 to {MOST_WORK}, got {zeros!r}")
        for name, key in (("signing_key", signing_key), ("public_key", public_key)):
            if key is not None and (not isinstance(key, bytes) or len(key) != 32):
                raise ParameterError(f"{name}: expected 32 bytes, got {key!r:.40}")
        if signing_key is None and public_key is None:
            raise ParameterError("signing_key: expected it or public_key, got neither")
        self._signer = None
        if signing_key is not None:
            self._signer = ed25519.Ed25519PrivateKey.from_private_bytes(signing_key)
            own = self._signer.public_key().public_bytes_raw()
            if public_key not in (None, own):
                raise ParameterError("public_key: does not belong to signing_key")
            public_key = own
        self.public_key, self.zeros, self.blocks = public_key, zeros, []

    def append(self, ciphertext: bytes, label: str = "", time: str = "") -> Block:
        """Enter a ciphertext file; hashing until the proof of work holds.

        Parameters
        ----------
        time : str
            ISO 8601, the caller's; now (UTC) where left out.
        """
        from datetime import UTC, datetime

        if self._signer is None:
            raise ParameterError("signing_key: this ledger has none; it can only be verified")
        previous = self.blocks[-1].hash if self.blocks else GENESIS
        fields = {
            "index": len(self.blocks),
            "previous": previous,
            "ciphertext": hashlib.sha256(ciphertext).hexdigest(),
            "label": str(label),
            "time": time or datetime.now(UTC).isoformat(timespec="seconds"),
        }
        work = 0
        while True:
            block = Block(**fields, work=work)
            found = hashlib.sha256(block.content()).hexdigest()
            if found.startswith("0" * self.zeros):
                break
            work += 1
        signature = self._signer.sign(bytes.fromhex(found)).hex()
        block = Block(**fields, work=work, hash=found, signature=signature)
        self.blocks.append(block)
        return block

    def verify(self, files: dict[int, bytes] | None = None) -> None:
        """Check every block, and the files of those that are given.

        Raises
        ------
        IntegrityError
            Names the first block that does not hold, and why.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ed25519

        public = ed25519.Ed25519PublicKey.from_public_bytes(self.public_key)
        previous = GENESIS
        for place, block in enumerate(self.blocks):
            if block.index != place:
                raise IntegrityError(f"block {place}: its index is {block.index}: moved or cut out")
            if block.previous != previous:
                raise IntegrityError(f"block {place}: does not follow the block before it")
            found = hashlib.sha256(block.content()).hexdigest()
            if found != block.hash:
                raise IntegrityError(f"block {place}: its content is not what was hashed")
            if not found.startswith("0" * self.zeros):
                raise IntegrityError(f"block {place}: proof of work missing")
            try:
                public.verify(bytes.fromhex(block.signature), bytes.fromhex(block.hash))
            except (InvalidSignature, ValueError):
                raise IntegrityError(f"block {place}: not signed by this ledger's key") from None
            previous = block.hash
        for place, content in (files or {}).items():
            if not 0 <= place < len(self.blocks):
                raise IntegrityError(f"file {place}: the ledger has {len(self.blocks)} blocks")
            if hashlib.sha256(content).hexdigest() != self.blocks[place].ciphertext:
                raise IntegrityError(f"file {place}: not the file that was entered")

    def to_json(self) -> str:
        """The chain and the public key, as text."""
        chain = [asdict(block) for block in self.blocks]
        record = {"public_key": self.public_key.hex(), "zeros": self.zeros, "blocks": chain}
        return json.dumps(record, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Ledger:
        """Read a chain to verify it (``verify`` is not called).

        Raises
        ------
        IntegrityError
            Not such a record.
        """
        try:
            record = json.loads(text)
            ledger = cls(public_key=bytes.fromhex(record["public_key"]), zeros=record["zeros"])
            ledger.blocks = [Block(**block) for block in record["blocks"]]
        except (ValueError, KeyError, TypeError) as problem:
            raise IntegrityError(f"text: not a ledger ({problem})") from None
        return ledger
