"""Pictures: every format and pixel kind that ``images.load`` promises, small and valid, damaged."""

from __future__ import annotations

import io
import random
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gansec_lib import images
from gansec_lib.errors import ImageError
from tools.fuzz.damage import damaged

COUNT = 10_000
SECONDS = 5.0


def prepare(folder: Path) -> Callable[[random.Random], bool]:
    """Damage one of the files and load it: a picture, or an ``ImageError`` that names the file."""
    made = valid_files()
    names = sorted(made)
    for name in names:
        (folder / name).write_bytes(made[name])
        load_one(folder / name)
    others = [made[name] for name in names]

    def attempt(rng: random.Random) -> bool:
        name = rng.choice(names)
        path = folder / name
        path.write_bytes(damaged(made[name], rng, others))
        return load_one(path)

    return attempt


def load_one(path: Path) -> bool:
    """Load one file and check all that is promised of the result, the error and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            pictures = images.load(path, size=16, split="all")
        except ImageError as error:
            assert str(path) in str(error), f"the message does not name the file: {error}"
            assert "\n" not in str(error), f"more than one line: {error}"
            raise
    assert pictures.images.dtype == torch.uint8
    assert pictures.images.shape == (1, 3, 16, 16)
    for warning in caught:
        assert "frames is used" in str(warning.message), f"a decoder's warning: {warning.message}"
    return True


def valid_files() -> dict[str, bytes]:
    """Name to content, made in memory: every format and pixel kind that is promised."""
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

    y, x = np.mgrid[0:20, 0:24]
    rgb = np.stack([x * 10, y * 12, (x + y) * 5], -1).astype(np.uint8)
    rgba = np.concatenate([rgb, rgb[..., :1]], -1)
    wide = (x * 2000 + y * 800).astype(np.uint16)
    exif = Image.Exif()
    exif[0x0112] = 6
    plain = " ".join(map(str, rgb[..., 0].ravel()))
    return {
        "rgb.png": _encode(rgb, "PNG"),
        "rgba.png": _encode(rgba, "PNG"),
        "wide.png": _encode(wide, "PNG"),
        "palette.png": _encode(rgb, "PNG", "P", transparency=3),
        "bit.png": _encode(rgb, "PNG", "1"),
        "rgb.jpg": _encode(rgb, "JPEG", exif=exif),
        "progressive.jpg": _encode(rgb, "JPEG", progressive=True, quality=60),
        "cmyk.jpg": _encode(rgb, "JPEG", "CMYK"),
        "rgb.bmp": _encode(rgb, "BMP"),
        "palette.bmp": _encode(rgb, "BMP", "P"),
        "raw.tif": _encode(rgb, "TIFF"),
        "lzw.tif": _encode(rgb, "TIFF", compression="tiff_lzw"),
        "deflate.tif": _encode(wide, "TIFF", compression="tiff_deflate"),
        "jpeg.tif": _encode(rgb, "TIFF", compression="jpeg"),
        "fax.tif": _encode(rgb, "TIFF", "1", compression="group4"),
        "float.tif": _encode(wide.astype(np.float32) / 65535, "TIFF"),
        "grey.pgm": _encode(rgb[..., 0], "PPM"),
        "wide.pgm": b"P5 24 20 4095\n" + (wide >> 4).astype(">u2").tobytes(),
        "text.pgm": f"P2\n# made here\n24 20\n255\n{plain}\n".encode(),
        "rgb.ppm": _encode(rgb, "PPM"),
        "bit.pbm": _encode(rgb, "PPM", "1"),
        "lossy.webp": _encode(rgb, "WEBP"),
        "lossless.webp": _encode(rgba, "WEBP", lossless=True, exif=exif),
        "palette.gif": _encode(rgb, "GIF"),
        "explicit.dcm": _dicom(wide, ExplicitVRLittleEndian),
        "implicit.dcm": _dicom(wide, ImplicitVRLittleEndian),
        "rle.dcm": _dicom(wide, RLELossless),
    }


def _encode(pixels, format, mode=None, **options) -> bytes:
    image = Image.fromarray(pixels)
    file = io.BytesIO()
    (image.convert(mode) if mode else image).save(file, format, **options)
    return file.getvalue()


def _dicom(values, syntax) -> bytes:
    import pydicom
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, RLELossless

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == RLELossless else syntax
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    dataset.Rows, dataset.Columns = values.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME1"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    dataset.RescaleSlope, dataset.RescaleIntercept = 2, -100
    dataset.WindowCenter, dataset.WindowWidth = 400, 900
    dataset.PixelData = values.tobytes()
    if syntax == RLELossless:
        dataset.compress(RLELossless)
    file = io.BytesIO()
    pydicom.dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()
