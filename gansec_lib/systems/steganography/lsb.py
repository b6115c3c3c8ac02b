"""``lsb``: the last bit of a sample replaced by a bit of the message. Everybody's first hider.

| part | choice | from |
|---|---|---|
| last bit of a sample := bit of the message | | the classic |
| places: the first samples, or a keyed permutation of all | | the classic, both |
| sealed by ChaCha20 with a CRC-32 (``embedding.message``) | | ours |
| permutation: samples sorted by 8 bytes of ChaCha20 each | | ours |

Half the bits fit already, so a payload of α bits a sample changes α / 2 of them by one: the PSNR is
10 log₁₀(255² · 2 / α), 51.14 dB when every sample is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from gansec_lib.ciphers import kdf, permute
from gansec_lib.embedding import message
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Hider, check_images, check_key, one_of


@dataclass(eq=False, repr=False)
class Lsb(Hider):
    """LSB replacement in grey or colour pictures of any size.

    Parameters
    ----------
    order : {"keyed", "sequential"}
        Which samples carry the message: spread by the key over the whole picture, or one after
        the other from the first sample on (channel by channel, row by row).
    """

    key_name = "lsb"
    title = "LSB replacement"
    paper = "the classic of steganography (Johnson, Jajodia 1998 review it)"
    limits = (
        "RS analysis and χ² tell its stegos from covers (the attacks do it).",
        "Any change of the picture after hiding (JPEG, resizing, noise) destroys the message.",
        "A CRC-32 finds accidents; somebody who means to change the message can mend it.",
        "One key puts messages in the same places of every picture of one size.",
    )

    order: str = one_of("keyed", "sequential")

    def capacity(self, shape):
        return max(0, int(np.prod(shape)) // 8 - message.OVERHEAD)

    def change_rate(self, bits):
        return bits / 2

    def hide(self, covers, secrets, key):
        check_images(covers, "covers")
        key = check_key(key, self.key_length)
        samples = covers.cpu().flatten(1).numpy().copy()
        sealed = [
            message.seal(secret, key, cover.tobytes())
            for secret, cover in zip(message.split(secrets, len(samples)), samples, strict=True)
        ]
        longest = max(map(len, sealed))
        if 8 * longest > samples.shape[1]:
            raise ParameterError(
                f"secrets: the longest needs {longest:,} bytes with its header, and a cover of "
                f"{tuple(covers.shape[1:])} carries {samples.shape[1] // 8:,}; "
                f"capacity(shape) tells how long a secret may be"
            )
        order = self._order(samples.shape[1], key)
        for row, (cover, travels) in enumerate(zip(samples, sealed, strict=True)):
            bits = np.unpackbits(np.frombuffer(travels, np.uint8))
            places = order[: len(bits)]
            samples[row, places] = self._embed(cover[places], bits, key, travels)
        return torch.from_numpy(samples).reshape(covers.shape).to(covers.device)

    def reveal(self, stegos, key):
        check_images(stegos, "stegos")
        key = check_key(key, self.key_length)
        samples = stegos.cpu().flatten(1).numpy()
        bits = samples[:, self._order(samples.shape[1], key)] & 1
        return message.join([message.unseal(row.tobytes(), key) for row in np.packbits(bits, 1)])

    def _order(self, count: int, key: bytes) -> np.ndarray:
        """In which order samples carry bits, int64 (count,)."""
        if self.order == "sequential":
            return np.arange(count)
        words = np.frombuffer(kdf.keystream(key, 8 * count, b"gansec/lsb order"), "<u8")
        return permute.order_from(words)

    def _embed(self, samples: np.ndarray, bits: np.ndarray, key: bytes, travels: bytes):
        """The samples with these last bits, uint8."""
        return samples & 254 | bits
