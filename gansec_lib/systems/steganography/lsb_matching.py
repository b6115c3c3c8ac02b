"""``lsb_matching``: where the last bit does not fit, the sample moves by ±1, and a coin says which.

| part | choice | from |
|---|---|---|
| ±1 by a coin where the last bit differs | | paper (Sharp 2001) |
| 0 moves up and 255 down | | the usual reading |
| the coin: ChaCha20 under the key and this message's bytes | | ours |
| message, header, places | as in ``lsb`` | ours |

It changes as many samples by as much as replacement does, so its PSNR is the same. But 2i + 1 may
become 2i + 2, so the two values of a pair are not evened out, and what finds replacement hardly
finds it: RS sees nothing, and χ² sees only that ±1 smooths the histogram a little. Its detectors
look at how neighbouring pixels depend on each other.
"""

from __future__ import annotations

import numpy as np

from gansec_lib.ciphers import kdf
from gansec_lib.systems.steganography.lsb import Lsb


class LsbMatching(Lsb):
    """LSB matching; parameters and places as in ``Lsb``."""

    key_name = "lsb_matching"
    title = "LSB matching (±1)"
    paper = "Sharp 2001, Information Hiding, LNCS 2137"
    limits = (
        "RS does not see it and χ² hardly does, but detectors that learn how neighbouring pixels "
        "depend on each other see it well; none of them is tried here.",
        *Lsb.limits[1:],
    )

    def _embed(self, samples, bits, key, travels):
        coins = kdf.keystream(key, (len(bits) + 7) // 8, b"gansec/lsb coins" + travels[:8])
        up = np.unpackbits(np.frombuffer(coins, np.uint8))[: len(bits)].astype(bool)
        up = (up | (samples == 0)) & (samples != 255)
        moved = np.where(up, samples + np.uint8(1), samples - np.uint8(1))
        return np.where(samples & 1 == bits, samples, moved)
