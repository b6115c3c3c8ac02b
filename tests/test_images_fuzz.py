"""Mutated files of every format: a picture or an ImageError that names the file, nothing else.

``GANSEC_FUZZ=20000 pytest tests/test_images_fuzz.py`` for a longer look.
"""

import io
import os
import time
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gansec_lib import images
from gansec_lib.errors import ImageError

CASES = int(os.environ.get("GANSEC_FUZZ", "2400"))
SLOWEST = 5.0  # seconds of processor time for one file
MEMORY = 900  # MB that the whole run may add to the process


def encode(pixels, format, mode=None, **options):
    image = Image.fromarray(pixels)
    file = io.BytesIO()
    (image.convert(mode) if mode else image).save(file, format, **options)
    return file.getvalue()


def dicom(values, syntax):
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


def seeds() -> dict[str, bytes]:
    """Small valid files, made in memory: every format and pixel kind that is promised."""
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

    y, x = np.mgrid[0:20, 0:24]
    rgb = np.stack([x * 10, y * 12, (x + y) * 5], -1).astype(np.uint8)
    rgba = np.concatenate([rgb, rgb[..., :1]], -1)
    wide = (x * 2000 + y * 800).astype(np.uint16)
    exif = Image.Exif()
    exif[0x0112] = 6
    plain = " ".join(map(str, rgb[..., 0].ravel()))
    return {
        "rgb.png": encode(rgb, "PNG"),
        "rgba.png": encode(rgba, "PNG"),
        "wide.png": encode(wide, "PNG"),
        "palette.png": encode(rgb, "PNG", "P", transparency=3),
        "bit.png": encode(rgb, "PNG", "1"),
        "rgb.jpg": encode(rgb, "JPEG", exif=exif),
        "progressive.jpg": encode(rgb, "JPEG", progressive=True, quality=60),
        "cmyk.jpg": encode(rgb, "JPEG", "CMYK"),
        "rgb.bmp": encode(rgb, "BMP"),
        "palette.bmp": encode(rgb, "BMP", "P"),
        "raw.tif": encode(rgb, "TIFF"),
        "lzw.tif": encode(rgb, "TIFF", compression="tiff_lzw"),
        "deflate.tif": encode(wide, "TIFF", compression="tiff_deflate"),
        "jpeg.tif": encode(rgb, "TIFF", compression="jpeg"),
        "fax.tif": encode(rgb, "TIFF", "1", compression="group4"),
        "float.tif": encode(wide.astype(np.float32) / 65535, "TIFF"),
        "grey.pgm": encode(rgb[..., 0], "PPM"),
        "wide.pgm": b"P5 24 20 4095\n" + (wide >> 4).astype(">u2").tobytes(),
        "text.pgm": f"P2\n# made here\n24 20\n255\n{plain}\n".encode(),
        "rgb.ppm": encode(rgb, "PPM"),
        "bit.pbm": encode(rgb, "PPM", "1"),
        "lossy.webp": encode(rgb, "WEBP"),
        "lossless.webp": encode(rgba, "WEBP", lossless=True, exif=exif),
        "palette.gif": encode(rgb, "GIF"),
        "explicit.dcm": dicom(wide, ExplicitVRLittleEndian),
        "implicit.dcm": dicom(wide, ImplicitVRLittleEndian),
        "rle.dcm": dicom(wide, RLELossless),
    }


SEEDS = seeds()
PLACE = st.floats(0, 1, exclude_max=True)
WORDS = [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\xff\xff", b"\xff\xff\0\0"]
MUTATION = st.one_of(
    st.tuples(st.just("flip"), PLACE, st.integers(0, 7)),
    st.tuples(st.just("set"), PLACE, st.sampled_from([0, 1, 127, 128, 254, 255])),
    st.tuples(st.just("word"), PLACE, st.sampled_from(WORDS)),
    st.tuples(st.just("insert"), PLACE, st.binary(min_size=1, max_size=9)),
    st.tuples(st.just("delete"), PLACE, st.integers(1, 40)),
    st.tuples(st.just("cut"), PLACE, st.none()),
    st.tuples(st.just("repeat"), PLACE, st.integers(1, 60)),
    st.tuples(st.just("splice"), PLACE, st.sampled_from(sorted(SEEDS))),
)


def mutate(data: bytes, kind: str, place: float, value) -> bytes:
    """One change. Half of them fall into the first 64 bytes, where headers are."""
    at = int(place * 2 * min(64, len(data))) if place < 0.5 else int((place - 0.5) * 2 * len(data))
    at = min(at, max(0, len(data) - 1))
    head, tail = data[:at], data[at:]
    if not data:
        return b"?"
    if kind == "flip":
        return head + bytes([tail[0] ^ (1 << value)]) + tail[1:]
    if kind == "set":
        return head + bytes([value]) + tail[1:]
    if kind == "word":
        return head + value + tail[4:]
    if kind == "insert":
        return head + value + tail
    if kind == "delete":
        return head + tail[value:]
    if kind == "cut":
        return head
    if kind == "repeat":
        return head + tail[:value] * 2 + tail[value:]
    return head + SEEDS[value][at:]


def peak_memory() -> int:
    """Largest size of this process so far, in MB."""
    import resource
    import sys

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


def attempt(path, data, tally):
    """Read one file; anything but a picture or a documented error fails the test."""
    path.write_bytes(data)
    start = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            pictures = images.load(path, size=16, split="all")
            assert pictures.images.dtype == torch.uint8
            assert pictures.images.shape == (1, 3, 16, 16)
            tally["pictures"] += 1
        except ImageError as error:
            assert str(path) in str(error), "the message names the file"
            assert "\n" not in str(error)
            tally["errors"] += 1
    assert time.process_time() - start < SLOWEST
    for warning in caught:
        assert "frames is used" in str(warning.message), f"a decoder's warning: {warning.message}"


@pytest.mark.parametrize("name", SEEDS)
def test_seed_is_a_valid_picture(tmp_path, name):
    tally = {"pictures": 0, "errors": 0}
    attempt(tmp_path / name, SEEDS[name], tally)
    assert tally == {"pictures": 1, "errors": 0}


def test_mutated_files_give_a_picture_or_a_documented_error(tmp_path):
    pytest.importorskip("resource")
    before, tally = peak_memory(), {"pictures": 0, "errors": 0}

    @settings(
        max_examples=CASES,
        derandomize=CASES <= 2400,  # a longer look is another look each time
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(name=st.sampled_from(sorted(SEEDS)), changes=st.lists(MUTATION, min_size=1, max_size=4))
    def run(name, changes):
        data = SEEDS[name]
        for change in changes:
            data = mutate(data, *change)
        attempt(tmp_path / name, data, tally)

    run()
    total = tally["pictures"] + tally["errors"]
    assert total >= CASES
    assert tally["pictures"] > total // 20, "mutations mild enough to reach the decoders' depths"
    assert tally["errors"] > total // 5
    assert peak_memory() - before < MEMORY


@pytest.mark.parametrize("name", ["rgb.png", "rgb.jpg", "lzw.tif", "lossy.webp", "explicit.dcm"])
def test_cut_at_every_length(tmp_path, name):
    """All the ways a download can stop: up to 250 lengths a format."""
    data, tally = SEEDS[name], {"pictures": 0, "errors": 0}
    for length in range(0, len(data), max(1, len(data) // 250)):
        attempt(tmp_path / name, data[:length], tally)
    assert tally["errors"] > 0.7 * sum(tally.values()), tally
