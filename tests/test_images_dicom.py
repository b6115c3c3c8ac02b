"""DICOM: stored values, rescale, window, photometric interpretation, frames, compression."""

import warnings

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless

from gansec_lib import images
from gansec_lib.errors import ImageError
from gansec_lib.images.files import decode

ROWS, COLUMNS = 24, 32


def write(path, values, syntax=ExplicitVRLittleEndian, **tags):
    """A minimal secondary-capture file of ``values`` (H, W), (F, H, W) or (H, W, 3)."""
    values = np.asarray(values)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    meta.TransferSyntaxUID = syntax
    dataset = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    colour = values.ndim == 3 and values.shape[-1] == 3
    dataset.Rows, dataset.Columns = values.shape[-3:-1] if colour else values.shape[-2:]
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    elif values.ndim == 3:
        dataset.NumberOfFrames = len(values)
    dataset.BitsAllocated = dataset.BitsStored = values.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    dataset.PixelData = values.tobytes()
    for name, value in tags.items():
        setattr(dataset, name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(path, enforce_file_format=True)
    return path


def grey(path):
    return images.load(path, size=None, colour=False, split="all").images[0, 0].numpy()


@pytest.fixture
def ramp():
    return np.linspace(-1000, 3000, ROWS * COLUMNS).round().astype(np.int16).reshape(ROWS, COLUMNS)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_without_a_window_the_range_is_filled(tmp_path, ramp, syntax):
    got = grey(write(tmp_path / "a.dcm", ramp, syntax))
    assert np.abs(got - (ramp + 1000.0) / 4000 * 255).max() <= 0.5
    assert (got.min(), got.max()) == (0, 255)


def test_window_is_the_standard_linear_function(tmp_path, ramp):
    """PS3.3 C.11.2.1.2.1, on values after slope 2 and intercept -100."""
    path = write(
        *(tmp_path / "a.dcm", ramp),
        **{"RescaleSlope": 2, "RescaleIntercept": -100, "WindowCenter": 400, "WindowWidth": 800},
    )
    x = ramp * 2.0 - 100
    expected = np.clip(((x - 399.5) / 799 + 0.5) * 255, 0, 255)
    assert np.abs(grey(path) - expected).max() <= 0.51


@pytest.mark.parametrize("kind", ["LINEAR_EXACT", "SIGMOID"])
def test_other_window_functions(tmp_path, ramp, kind):
    tags = {"WindowCenter": [40, 99], "WindowWidth": [400, 1], "VOILUTFunction": kind}
    got = grey(write(tmp_path / "a.dcm", ramp, **tags))
    if kind == "SIGMOID":
        expected = 255 / (1 + np.exp(-4 * (ramp - 40.0) / 400))
    else:
        expected = np.clip((ramp - 40.0) / 400 + 0.5, 0, 1) * 255
    assert np.abs(got - expected).max() <= 0.51


def test_monochrome1_is_inverted(tmp_path, ramp):
    path = write(tmp_path / "a.dcm", ramp, PhotometricInterpretation="MONOCHROME1")
    plain = grey(write(tmp_path / "b.dcm", ramp))
    assert np.abs(grey(path).astype(int) + plain - 255).max() <= 1
    assert grey(path)[0, 0] == 255


def test_padding_does_not_stretch_the_range(tmp_path, ramp):
    padded = ramp.copy()
    padded[0] = -2000
    got = grey(write(tmp_path / "a.dcm", padded, PixelPaddingValue=-2000))
    inside = ramp[1:].astype(float)
    expected = (inside - inside.min()) / (inside.max() - inside.min()) * 255
    assert np.abs(got[1:] - expected).max() <= 0.51
    assert (got[0] == 0).all()


def test_flat_and_eight_bit_pictures(tmp_path):
    flat = np.full((ROWS, COLUMNS), 7, np.uint16)
    assert len(np.unique(grey(write(tmp_path / "a.dcm", flat)))) == 1
    byte = np.arange(256, dtype=np.uint8).reshape(8, 32)
    assert np.array_equal(grey(write(tmp_path / "b.dcm", byte)), byte)


def test_colour(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (ROWS, COLUMNS, 3), np.uint8)
    path = write(tmp_path / "a.dcm", picture)
    got = images.load(path, size=None, split="all").images[0].permute(1, 2, 0).numpy()
    assert np.array_equal(got, picture)


def test_wide_colour_is_scaled(tmp_path):
    picture = np.random.default_rng(1).integers(0, 65536, (ROWS, COLUMNS, 3)).astype(np.uint16)
    path = write(tmp_path / "a.dcm", picture)
    got = images.load(path, size=None, split="all").images[0].permute(1, 2, 0).numpy()
    assert np.abs(got - picture * (255 / 65535)).max() <= 0.5


def test_palette_colour(tmp_path):
    index = np.arange(256, dtype=np.uint8).reshape(8, 32)
    tables = {}
    for name, step in (("Red", 257), ("Green", 128), ("Blue", 0)):
        tables[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        values = (np.arange(256) * step).astype(np.uint16)
        tables[f"{name}PaletteColorLookupTableData"] = values.tobytes()
    path = write(tmp_path / "a.dcm", index, PhotometricInterpretation="PALETTE COLOR", **tables)
    got = images.load(path, size=None, split="all").images[0].numpy().astype(float)
    assert np.array_equal(got[0], index)
    assert np.abs(got[1] - index.astype(float) * 128 / 257).max() <= 0.5
    assert (got[2] == 0).all()


def test_window_that_is_not_a_number_names_the_file(tmp_path, ramp):
    path = write(tmp_path / "a.dcm", ramp, RescaleSlope="1e308", RescaleIntercept="1e308")
    with warnings.catch_warnings(), pytest.raises(ImageError, match=r"a\.dcm: .*not a number"):
        warnings.simplefilter("ignore")
        decode.read_picture(path)


def test_first_of_several_frames_and_it_is_said(tmp_path, ramp):
    path = write(tmp_path / "a.dcm", np.stack([ramp, ramp[::-1], ramp]))
    with pytest.warns(UserWarning, match=r"a\.dcm: the first of 3 frames is used"):
        assert np.array_equal(grey(path), grey(write(tmp_path / "b.dcm", ramp)))


def test_rle_is_decoded(tmp_path, ramp):
    dataset = pydicom.dcmread(write(tmp_path / "a.dcm", ramp))
    plain = grey(tmp_path / "a.dcm")
    dataset.compress(RLELossless)
    dataset.save_as(tmp_path / "a.dcm")
    assert np.array_equal(grey(tmp_path / "a.dcm"), plain)


def test_compression_without_its_decoder_says_what_to_install(tmp_path, ramp):
    path = write(tmp_path / "a.dcm", ramp)
    dataset = pydicom.dcmread(path)
    dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8not really" * 4])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = JPEGLSLossless
    dataset.save_as(path)
    with pytest.raises(ImageError, match=r"a\.dcm: compressed as JPEG-LS .*install pylibjpeg"):
        images.load(path)


def test_no_pixels_cut_short_and_too_large(tmp_path, ramp):
    path = write(tmp_path / "a.dcm", ramp)
    whole = path.read_bytes()
    path.write_bytes(whole[:-500])
    with pytest.raises(ImageError, match=r"a\.dcm"):
        images.load(path)
    dataset = pydicom.dcmread(write(tmp_path / "b.dcm", ramp))
    del dataset.PixelData
    dataset.save_as(tmp_path / "b.dcm")
    with pytest.raises(ImageError, match=r"b\.dcm: a DICOM file without pixels"):
        images.load(tmp_path / "b.dcm")
    write(tmp_path / "c.dcm", ramp, Rows=60000, Columns=60000)
    with pytest.raises(ImageError, match=r"c\.dcm: 60000×60000 is more than 100 megapixels"):
        images.load(tmp_path / "c.dcm")


def test_folder_mixes_dicom_and_png_and_knows_dicom_without_a_suffix(tmp_path, ramp):
    from PIL import Image

    write(tmp_path / "IM000001", ramp)
    Image.fromarray(np.zeros((30, 20), np.uint8)).save(tmp_path / "b.png")
    assert images.load(tmp_path, split="all").names == ("b.png", "IM000001")
