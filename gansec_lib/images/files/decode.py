"""One picture file to bytes: every format, every pixel kind, one error class.

What happens to each kind of file:

==================  ===============================================================
palette, 1-bit      expanded to RGB or grey
alpha               laid over white
CMYK, YCbCr         converted to RGB without colour management
16-bit grey         scaled by 255/65535 and rounded, never cut off
48-bit colour       the high byte of each sample (at most one level from exact)
float, 32-bit       [0, 1], [0, 255] and [0, 65535] recognised, else its own min to max
EXIF orientation    turned upright
DICOM               rescale slope and intercept, window (else min to max), MONOCHROME1
                    inverted, first frame of several (said in a warning)
several pages       the first (TIFF, GIF, animated WebP)
not square          centre crop: the middle square, nothing stretched, nothing padded
smaller or larger   Lanczos down, bicubic up
==================  ===============================================================
"""

from __future__ import annotations

import contextlib
import errno
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gansec_lib.errors import ImageError
from gansec_lib.files import printable
from gansec_lib.images.files.dicom import read_dicom
from gansec_lib.images.files.limits import MAX_PIXELS, MIN_SIDE, check_memory, refuse_bomb

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "PPM", "WEBP", "GIF")
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".gif"),
    *(".pgm", ".ppm", ".pbm", ".pnm", ".dcm", ".dicom", ".ima"),
)

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*", b"GIF8")


def looks_like_picture(path: Path) -> bool:
    """Whether the first bytes are those of a known format (for files without a known suffix)."""
    try:
        with open(path, "rb") as file:
            head = file.read(132)
    except OSError:
        return False
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    return head[128:132] == b"DICM" or head.startswith(_MAGIC)


def read_picture(
    path: str | os.PathLike, size: int | None = 64, colour: bool = True
) -> tuple[np.ndarray, str]:
    """Decode one file.

    Parameters
    ----------
    path : path
        The content decides the format, not the suffix.
    size : int, optional
        Side of the square that is returned; ``None`` keeps the native height and width.
    colour : bool
        3 channels (grey is repeated) or 1 (ITU-R 601 luma).

    Returns
    -------
    uint8 array (C, H, W), and a note ("" or what had to be left out)

    Raises
    ------
    ImageError
        The file is empty, cut short, not a picture, too large or too small, or unreadable.
    """
    path = Path(path)
    note = ""
    with _one_error(path):
        if path.stat().st_size == 0:
            raise ImageError(f"{path}: the file is empty (0 bytes)")
        with open(path, "rb") as file:
            file.seek(128)
            dicom = file.read(4) == b"DICM"
        if dicom:
            (image, note), kind = read_dicom(path), "DICOM"
        else:
            image, kind = _open_with_pillow(path, size)
        return _fit(path, image, kind, size, colour), printable(note)


def read_mask(path: Path, size: int | None) -> np.ndarray:
    """A mask file, cropped and resized as its picture is: bool (size, size), true where the area
    under a pixel is at least half inside.

    Raises
    ------
    ImageError
        As :func:`read_picture` does.
    """
    with _one_error(path):
        image = _open_with_pillow(path, None)[0].convert("L")
        if size is not None:
            from PIL import Image

            image = image.resize((size, size), Image.Resampling.BOX, box=middle(*image.size))
        return np.asarray(image) >= 128


@contextlib.contextmanager
def _one_error(path: Path) -> Iterator[None]:
    """Whatever a decoder raises becomes an ``ImageError`` of one line that names the file."""
    try:
        yield
    except ImageError as error:
        raise ImageError(printable(error)) from error.__cause__
    except OSError as error:
        raise ImageError(printable(f"{path}: {_reason(error)}")) from error
    except MemoryError as error:
        raise ImageError(printable(f"{path}: not enough memory to decode it")) from error
    except Exception as error:  # decoders fed with broken bytes raise almost anything
        raise ImageError(
            printable(
                f"{path}: could not be decoded, the file is damaged or of an unusual kind "
                f"({type(error).__name__}: {_one_line(error)})"
            )
        ) from error


def middle(width: int, height: int) -> tuple[int, int, int, int]:
    """The centre crop: (left, top, right, bottom) of the middle square.

    >>> middle(451, 300)
    (75, 0, 375, 300)
    """
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


def resize(image, box: tuple[int, int, int, int], size: int):
    """A square box of a Pillow image at another size: Lanczos down, bicubic up."""
    from PIL import Image

    down = box[2] - box[0] > size
    method = Image.Resampling.LANCZOS if down else Image.Resampling.BICUBIC
    return image.resize((size, size), method, box=box)


def channels_first(image, colour: bool) -> np.ndarray:
    """Pillow image in mode L or RGB to uint8 (3, H, W) or (1, H, W)."""
    pixels = np.asarray(image)
    if pixels.ndim == 3:
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))
    return pixels[None].repeat(3, 0) if colour else pixels[None].copy()


def resize_all(pictures: np.ndarray, size: int | None, colour: bool) -> np.ndarray:
    """Arrays (N, H, W) or (N, H, W, 3) of bytes to (N, C, size, size); H = W."""
    from PIL import Image

    size = size or pictures.shape[1]
    check_memory(len(pictures) * (3 if colour else 1) * size * size)
    result = np.empty((len(pictures), 3 if colour else 1, size, size), np.uint8)
    for index, picture in enumerate(pictures):
        image = Image.fromarray(picture)
        if not colour and image.mode != "L":
            image = image.convert("L")
        result[index] = channels_first(resize(image, middle(*image.size), size), colour)
    return result


def quiet() -> warnings.catch_warnings:
    """Context in which decoders' own warnings are held back (not safe inside a thread:
    enter it once, around the pool)."""
    context = warnings.catch_warnings()
    context.__enter__()
    warnings.simplefilter("ignore")
    return context


def _open_with_pillow(path, size):
    """The decoded picture, upright, and the name of its format."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        image = Image.open(path, formats=FORMATS)
    except UnidentifiedImageError:
        raise ImageError(
            f"{path}: not a picture (none of {', '.join(FORMATS)}, DICOM), or damaged at its start"
        ) from None
    except Image.DecompressionBombError:
        raise ImageError(
            f"{path}: more than {MAX_PIXELS // 10**6} megapixels, a decompression bomb"
        ) from None
    with image:
        kind = image.format
        refuse_bomb(path, *image.size)
        if size is not None and kind == "JPEG":
            image.draft(None, (2 * size, 2 * size))  # decode at 1/2, 1/4, 1/8 where that suffices
        image.load()
        try:
            image = ImageOps.exif_transpose(image)
        except Exception:  # damaged EXIF: the picture itself is fine
            image = image.copy()
    return image, kind


def _fit(path, image, kind, size, colour):
    """Pillow image of any mode to uint8 (C, H, W), cropped and resized."""
    if min(image.size) < MIN_SIDE:
        raise ImageError(
            f"{path}: only {image.width}×{image.height} pixels; expected at least "
            f"{MIN_SIDE}×{MIN_SIDE}"
        )
    image = _eight_bits(path, image, kind, colour)
    if size is not None:
        image = resize(image, middle(*image.size), size)
    return channels_first(image, colour)


def _eight_bits(path, image, kind, colour):
    """To mode L or RGB, by the table at the top of this file."""
    from PIL import Image

    mode = image.mode
    if mode.startswith("I") or mode == "F":
        # PNG and PGM have no other wide kind than 16 bits, whichever mode Pillow gives it
        sixteen = mode.startswith("I;16") or kind in ("PNG", "PPM")
        return Image.fromarray(_scale(path, np.asarray(image), sixteen))
    if mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        upright = image.convert("RGBA")
        white = Image.new("RGBA", upright.size, "white")
        image = Image.alpha_composite(white, upright).convert("RGB")
    elif mode not in ("L", "RGB"):
        image = image.convert("L" if mode == "1" else "RGB")
    if not colour and image.mode != "L":
        image = image.convert("L")
    return image


def _scale(path, values: np.ndarray, sixteen: bool) -> np.ndarray:
    """Wide grey values to bytes."""
    if sixteen:
        top = 65535.0
    else:
        if not np.isfinite(values).all():
            raise ImageError(f"{path}: holds NaN or infinite pixels")
        low, high = float(values.min()), float(values.max())
        if low >= 0 and high <= 1 and values.dtype.kind == "f":
            top = 1.0
        elif low >= 0 and high <= 255:
            top = 255.0
        elif low >= 0 and high <= 65535:
            top = 65535.0
        else:
            values, top = values.astype(np.float64) - low, high - low
    # exact rational rounding: half goes up on every machine
    return np.floor(values.astype(np.float64) * (255.0 / top) + 0.5).astype(np.uint8)


def _reason(error: OSError) -> str:
    known = {
        errno.ENOENT: "no such file (a broken link?)",
        errno.EACCES: "no permission to read it",
        errno.ELOOP: "a link that points to itself",
        errno.EISDIR: "a folder, not a file",
    }
    if error.errno in known:
        return known[error.errno]
    text = _one_line(error)
    if "truncated" in text.lower() or "unexpected end" in text.lower():
        return f"cut short or damaged ({text})"
    return f"could not be read, the file is damaged ({text})"


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else text[:157] + "…"
