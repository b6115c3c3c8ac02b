"""A hash-chained, signed ledger: who stored which cipher image, and whether anyone changed it.

Each block holds the hash of the one before, the SHA-256 of a ciphertext file, a time, a proof of
work and an Ed25519 signature (RFC 8032). It gives integrity and a history, no confidentiality: a
hash of the *plain* picture in it would tell everyone which pictures are equal, so none is stored.

A chain cannot vouch for itself. Whoever forges one signs it with her own key, writes that key into
the file, and may leave blocks out at the end; all of it would hold together. So the file carries
blocks only, and the reader brings what she knows from elsewhere: whose signature it must be
(``public_key``), how much work a block costs (``zeros``), and how many blocks there were when she
last looked (``length``), best with the last one's hash (``head``).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from gansec_lib.errors import IntegrityError, ParameterError, shown

GENESIS = "0" * 64
SIGNATURE = re.compile("[0-9a-f]{128}")  # bytes.fromhex would pass over blanks
BYTES = bytes | bytearray | memoryview
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
    >>> known = ledger.blocks[0].hash
    >>> copy = Ledger.from_json(ledger.to_json(), ledger.public_key, zeros=1)
    >>> copy.verify(length=1, head=known) is None
    True
    """

    def __init__(
        self,
        signing_key: bytes | None = None,
        public_key: bytes | None = None,
        zeros: int = 2,
    ):
        if type(zeros) is not int or not 0 <= zeros <= MOST_WORK:
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

        Raises
        ------
        ParameterError
            A ciphertext, label or time of another type, or a ledger without ``signing_key``.
        """
        if self._signer is None:
            raise ParameterError(
                "signing_key: this ledger has none; it can only be verified. "
                "Ledger.from_json(text, signing_key=…) reads one that can go on"
            )
        if not isinstance(ciphertext, BYTES):
            raise ParameterError(
                f"ciphertext: expected the bytes of a file, got {type(ciphertext).__name__}; "
                f"Ciphertext.to_bytes gives them"
            )
        for name, text in (("label", label), ("time", time)):
            if not isinstance(text, str):
                raise ParameterError(f"{name}: expected a text, got {shown(text)}")
        previous = self.blocks[-1].hash if self.blocks else GENESIS
        fields = {
            "index": len(self.blocks),
            "previous": previous,
            "ciphertext": hashlib.sha256(ciphertext).hexdigest(),
            "label": label,
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

    def verify(
        self, length: int, head: str | None = None, files: dict[int, bytes] | None = None
    ) -> None:
        """Check every block, that none is missing, and the files of those that are given.

        Parameters
        ----------
        length : int
            How many blocks the reader knows of; a chain may have more of them, never fewer.
        head : str, optional
            Hash of block ``length − 1``. It fixes every block up to there: not even the holder of
            the signing key can have rewritten one of them.
        files : dict of int to bytes, optional
            Ciphertext files by the number of their block.

        Raises
        ------
        IntegrityError
            Names the first block that does not hold, and why.
        ParameterError
            A length that is no whole number from 0, a head without a block, or files that are no
            dict of block numbers to bytes.
        """
        if type(length) is not int or length < 0:
            raise ParameterError(f"length: expected how many blocks you know of, got {length!r}")
        if head is not None and (length == 0 or not isinstance(head, str)):
            raise ParameterError(
                "head: expected the hash of block length − 1, a str, with length ≥ 1"
            )
        files = {} if files is None else files
        if not isinstance(files, dict) or not all(
            type(place) is int and isinstance(content, BYTES) for place, content in files.items()
        ):
            raise ParameterError(
                f"files: expected a dict of block number to bytes, got {shown(files)}"
            )

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
                if not SIGNATURE.fullmatch(block.signature):
                    raise ValueError("not 128 lower-case hex digits")
                public.verify(bytes.fromhex(block.signature), bytes.fromhex(block.hash))
            except (InvalidSignature, ValueError, TypeError):
                raise IntegrityError(f"block {place}: not signed by this ledger's key") from None
            previous = block.hash
        if len(self.blocks) < length:
            raise IntegrityError(
                f"block {len(self.blocks)}: missing; {length} blocks were known, here are "
                f"{len(self.blocks)}: the chain was cut, or replaced by an older one"
            )
        if head is not None and self.blocks[length - 1].hash != head:
            raise IntegrityError(f"block {length - 1}: not the one that was known; rewritten")
        for place, content in files.items():
            if not 0 <= place < len(self.blocks):
                raise IntegrityError(f"file {place}: the ledger has {len(self.blocks)} blocks")
            if hashlib.sha256(content).hexdigest() != self.blocks[place].ciphertext:
                raise IntegrityError(f"file {place}: not the file that was entered")

    def to_json(self) -> str:
        """The chain as text: the blocks, and nothing that a reader would have to believe."""
        return json.dumps({"blocks": [asdict(block) for block in self.blocks]}, indent=1)

    @classmethod
    def from_json(
        cls,
        text: str,
        public_key: bytes | None = None,
        zeros: int = 2,
        *,
        signing_key: bytes | None = None,
    ) -> Ledger:
        """Read a chain to verify it, or to go on with it. ``verify`` is not called: the signer
        calls it before she appends, because her next block vouches for all before it.

        Parameters
        ----------
        public_key : bytes (32,)
            Whose signature the blocks must have; it comes from the signer, not with the chain.
            It follows from ``signing_key`` where that is given.
        zeros : int
            The work that a block must show. (A key or a number of zeros in the text, which earlier
            releases wrote, is not looked at.)
        signing_key : bytes (32,), optional
            The signer's, to append to a chain that was stored.

        Raises
        ------
        IntegrityError
            Not such a record.
        ParameterError
            A key or a number of zeros that cannot be.
        """
        ledger = cls(signing_key, public_key, zeros)
        try:
            blocks = json.loads(text)["blocks"]
            if not isinstance(blocks, list):
                raise TypeError(f"blocks: expected a list, got {type(blocks).__name__}")
            ledger.blocks = [Block(**block) for block in blocks]
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise IntegrityError(f"text: not a ledger ({problem})") from None
        for place, block in enumerate(ledger.blocks):
            for name, value in asdict(block).items():
                if type(value) is not (int if name in ("index", "work") else str):
                    raise IntegrityError(f"block {place}: its {name} has the wrong type")
        return ledger
