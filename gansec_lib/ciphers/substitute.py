"""Substitution: one byte becomes another by a table (S-box), and how good such a table is.

An S-box is a uint8 array (256,). The measures are the usual ones: nonlinearity (Walsh spectrum),
strict avalanche criterion (Webster and Tavares, CRYPTO '85), differential uniformity (Nyberg,
EUROCRYPT '93). A table sorted out of a chaotic orbit is at best a random one, well below AES in all
three.
"""

from __future__ import annotations

import numpy as np

from gansec_lib.ciphers import permute
from gansec_lib.errors import ParameterError


def _aes_sbox() -> np.ndarray:
    """FIPS 197 §5.1.1: the inverse in GF(2⁸) mod x⁸+x⁴+x³+x+1, then an affine map over GF(2)."""
    powers, x = [], 1
    for _ in range(255):  # 3 generates the multiplicative group
        powers.append(x)
        x ^= (x << 1) ^ (0x11B if x & 0x80 else 0)
    inverse = [0] * 256
    for place, value in enumerate(powers):
        inverse[value] = powers[-place % 255]
    doubled = np.array(inverse, np.uint16) * 257  # a byte beside itself: rotations are shifts
    return ((doubled ^ (doubled >> 4) ^ (doubled >> 5) ^ (doubled >> 6) ^ (doubled >> 7)) & 255 ^ 99
            ).astype(np.uint8)  # fmt: skip


AES_SBOX = _aes_sbox()
AES_SBOX.flags.writeable = False


def key_sbox(values) -> np.ndarray:
    """The stable sorting order of 256 key values: a keyed, bijective S-box.

    >>> key_sbox(np.arange(256)[::-1])[:3].tolist()
    [255, 254, 253]
    """
    order = permute.order_from(values)
    if len(order) != 256:
        raise ParameterError(f"values: expected 256, got {len(order)}")
    return order.astype(np.uint8)


def affine(a: int, b: int = 0) -> np.ndarray:
    """S[x] = a x + b mod 256, ``a`` odd (an even one has no inverse): nonlinearity 0.

    >>> affine(3, 1)[:4].tolist()
    [1, 4, 7, 10]
    """
    if a % 2 == 0:
        raise ParameterError(f"a: expected an odd number (an even one has no inverse), got {a}")
    return ((a % 256 * np.arange(256) + b % 256) & 255).astype(np.uint8)


def apply(data, sbox) -> np.ndarray:
    """``sbox[data]``, uint8 of any shape.

    >>> apply(np.array([[0, 83]], np.uint8), AES_SBOX).tolist()
    [[99, 237]]
    """
    data = np.asarray(data)
    if data.dtype != np.uint8 or data.size == 0:
        raise ParameterError(
            f"data: expected a non-empty uint8 array, got {data.dtype} {data.shape}"
        )
    return check_sbox(sbox)[data]


def undo(data, sbox) -> np.ndarray:
    """Undo ``apply``."""
    return apply(data, inverse_sbox(sbox))


def inverse_sbox(sbox) -> np.ndarray:
    """The table that undoes ``sbox``.

    Raises
    ------
    ParameterError
        Where two bytes become the same one.
    """
    sbox = check_sbox(sbox)
    if not is_bijective(sbox):
        raise ParameterError("sbox: expected each byte once, got some twice; it has no inverse")
    return np.argsort(sbox).astype(np.uint8)


def check_sbox(sbox) -> np.ndarray:
    """``sbox`` as an array if it is uint8 (256,)."""
    sbox = np.asarray(sbox)
    if sbox.dtype != np.uint8 or sbox.shape != (256,):
        raise ParameterError(f"sbox: expected uint8 (256,), got {sbox.dtype} {sbox.shape}")
    return sbox


def is_bijective(sbox) -> bool:
    """Whether every byte comes out once."""
    return len(np.unique(check_sbox(sbox))) == 256


def nonlinearity(sbox, outputs: str = "all") -> int:
    """Least Hamming distance from any affine function: 128 − max |Walsh| / 2. AES: 112.

    Parameters
    ----------
    outputs : str
        ``all`` the 255 combinations of output bits (what linear cryptanalysis may use), or
        ``single`` bits only, which many papers report: a higher, weaker figure.
    """
    if outputs not in ("all", "single"):
        raise ParameterError(f"outputs: expected 'all' or 'single', got {outputs!r}")
    masks = np.arange(1, 256) if outputs == "all" else 1 << np.arange(8)
    bits = np.bitwise_count(check_sbox(sbox)[:, None] & masks.astype(np.uint8)) & 1
    spectrum = 1 - 2 * bits.astype(np.int32)
    half = 1
    while half < 256:  # the fast Walsh–Hadamard transform
        pairs = spectrum.reshape(-1, 2, half, len(masks))
        spectrum = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1)
        half *= 2
    return 128 - int(np.abs(spectrum).max()) // 2


def strict_avalanche(sbox) -> np.ndarray:
    """Chance that input bit i flips output bit j, float64 (8, 8); each should be ½."""
    sbox = check_sbox(sbox)
    flipped = np.stack([sbox ^ sbox[np.arange(256) ^ (1 << bit)] for bit in range(8)])
    return np.stack([(flipped >> bit & 1).mean(axis=1) for bit in range(8)], axis=1)


def differential_uniformity(sbox) -> int:
    """Most often that one input difference gives one output difference; AES 4, affine 256."""
    sbox = check_sbox(sbox)
    places = np.arange(256)
    return max(int(np.bincount(sbox ^ sbox[places ^ d], minlength=256).max()) for d in places[1:])


def report(sbox) -> dict[str, float]:
    """All measures by name.

    >>> sorted(report(AES_SBOX).items())[:2]
    [('bijective', True), ('differential_uniformity', 4)]
    """
    avalanche = strict_avalanche(sbox)
    return {
        "bijective": is_bijective(sbox),
        "nonlinearity": nonlinearity(sbox),
        "nonlinearity_single": nonlinearity(sbox, "single"),
        "differential_uniformity": differential_uniformity(sbox),
        "strict_avalanche": float(avalanche.mean()),
        "strict_avalanche_worst": float(np.abs(avalanche - 0.5).max()),
        "fixed_points": int((check_sbox(sbox) == np.arange(256)).sum()),
    }
