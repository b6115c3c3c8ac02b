"""How far a picture's bytes still compress; random bytes do not.

Images are uint8 ``(N, C, H, W)``.
"""

from __future__ import annotations

import lzma
import zlib

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.checks import check_bytes
from gansec_lib.metrics.metric import Metric, info, with_verdict
from gansec_lib.metrics.uniformity import (
    SMALLEST,
    entropy_interval,
    entropy_values,
    expected_entropy,
)

METHODS = ("zlib", "lzma", "huffman-bound")


def compression_values(images: torch.Tensor, method: str = "zlib") -> torch.Tensor:
    """Bytes of each picture over its compressed bytes, float64 (N,).

    Parameters
    ----------
    method : {"zlib", "lzma", "huffman-bound"}
        zlib at level 9; lzma as a raw stream (no container), preset 6; or 8 over the entropy of
        single bytes, which no code of single bytes exceeds (∞ for a flat picture).

    >>> flat = torch.zeros(1, 1, 40, 30, dtype=torch.uint8)
    >>> compression_values(flat).item() > 50
    True
    """
    check_bytes(images)
    if method not in METHODS:
        raise ParameterError(f"method: expected one of {list(METHODS)}, got {method!r}")
    if method == "huffman-bound":
        return 8.0 / entropy_values(images)
    sizes = []
    for picture in images.cpu():
        data = picture.contiguous().numpy().tobytes()
        if method == "zlib":
            sizes.append(len(zlib.compress(data, 9)))
        else:
            filters = [{"id": lzma.FILTER_LZMA2, "preset": 6}]
            sizes.append(len(lzma.compress(data, lzma.FORMAT_RAW, filters=filters)))
    return images[0].numel() / torch.tensor(sizes, dtype=torch.float64)


def compression_ratio(images: torch.Tensor, method: str = "zlib", alpha: float = 0.05) -> Metric:
    """Mean compression ratio of cipher images; above 1 something is left to press out.

    Random bytes grow by a few bytes under zlib and lzma, never shrink. The Huffman bound of random
    bytes lies a little above 1 and is judged by the entropy's interval for that size.
    """
    values = compression_values(images, method)
    n, name = images[0].numel(), "compression_ratio"
    words = f"{method}, {n} bytes each, mean over pictures"
    value = values.mean().item()
    if n < SMALLEST:
        words += f"; fewer than {SMALLEST} bytes, so no verdict"
        return info(name, value, words, 1.0, "×")
    if method == "huffman-bound":
        low, high = entropy_interval(n, alpha, len(images))
        words += f"; two-sided at {alpha:g}"
        return with_verdict(name, value, 8 / expected_entropy(n), 8 / high, 8 / low, words, "×")
    return with_verdict(name, value, 1.0, None, 1.0, words, "×")
