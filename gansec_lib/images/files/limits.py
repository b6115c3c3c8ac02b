"""How large a picture may be, and how many of them: asked before any pixel is decoded or drawn."""

from __future__ import annotations

from pathlib import Path

from gansec_lib.errors import ImageError, ParameterError

MAX_PIXELS = 100_000_000  # 100 megapixels: about 400 MB while decoding
MIN_SIDE = 8  # pixels; anything smaller shows nothing


def refuse_bomb(path: Path, width: int, height: int) -> None:
    """Refuse a picture that would take too much memory, or that claims far more than it holds.

    Raises
    ------
    ImageError
        More than 100 megapixels, or 10,000 pixels for each byte of the file.
    """
    pixels = width * height
    if pixels > MAX_PIXELS:
        raise ImageError(
            f"{path}: {width}×{height} is more than {MAX_PIXELS // 10**6} megapixels; "
            "make it smaller first, or it is a decompression bomb"
        )
    if pixels > 4_000_000 and pixels > 10_000 * path.stat().st_size:
        raise ImageError(
            f"{path}: claims {width}×{height} pixels in {path.stat().st_size} bytes, "
            "a decompression bomb or a damaged header"
        )


def check_memory(needed: int) -> None:
    """Refuse pictures that would take more than 0.7 of the memory that is free.

    Parameters
    ----------
    needed : int
        Bytes. Below a GiB nothing is asked.

    Raises
    ------
    ParameterError
    """
    if needed < 1 << 30:
        return
    import psutil

    free = psutil.virtual_memory().available
    if needed > 0.7 * free:
        raise ParameterError(
            f"count: the pictures would take {needed / 2**30:,.1f} GiB and {free / 2**30:,.1f} GiB "
            "are free; use a smaller count or size"
        )
