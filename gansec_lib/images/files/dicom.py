"""DICOM files: stored values to grey levels as a viewer shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gansec_lib.errors import ImageError
from gansec_lib.images.files.limits import refuse_bomb


def read_dicom(path: Path):
    """First frame of a DICOM file as an 8-bit Pillow image, and a note.

    Stored values pass the modality stage (rescale slope and intercept or table), then the
    window (DICOM PS3.3 C.11.2.1: LINEAR, LINEAR_EXACT, SIGMOID), or their own minimum to
    maximum where the file has none; MONOCHROME1 is inverted.

    Raises
    ------
    ImageError
        No pixels, more than 100 megapixels, or a compression without its decoder.
    """
    import pydicom
    from PIL import Image
    from pydicom.pixels import apply_modality_lut, pixel_array

    dataset = pydicom.dcmread(path)
    if "PixelData" not in dataset:
        raise ImageError(f"{path}: a DICOM file without pixels (a report or a directory?)")
    columns, rows = int(dataset.Columns), int(dataset.Rows)
    refuse_bomb(path, columns, rows)
    try:
        values = pixel_array(dataset, index=0)
    except (RuntimeError, NotImplementedError) as error:
        syntax = getattr(dataset.file_meta, "TransferSyntaxUID", None)
        if syntax is not None and syntax.is_compressed:
            raise ImageError(
                f"{path}: compressed as {syntax.name}, and no decoder for it is installed; "
                "install pylibjpeg with its plug-ins, or decompress the file (gdcmconv --raw)"
            ) from error
        raise
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    note = f"{path}: the first of {frames} frames is used" if frames > 1 else ""

    kind = str(dataset.get("PhotometricInterpretation", "MONOCHROME2"))
    if kind == "PALETTE COLOR":
        from pydicom.pixels import apply_color_lut

        values = apply_color_lut(values, dataset)
    if values.ndim == 3:  # colour: pydicom has already turned YBR into RGB
        if values.dtype != np.uint8:
            values = (values.astype(np.float64) * (255 / np.iinfo(values.dtype).max)).round()
        return Image.fromarray(values.astype(np.uint8)[..., :3]), note

    values = np.asarray(apply_modality_lut(values, dataset), dtype=np.float64)
    grey = _window(values, dataset)
    if kind == "MONOCHROME1":
        grey = 1.0 - grey
    return Image.fromarray(np.floor(grey * 255 + 0.5).astype(np.uint8)), note


def _window(values: np.ndarray, dataset) -> np.ndarray:
    """Values to [0, 1] by the file's first window, else by minimum and maximum."""
    centre, width = _first(dataset, "WindowCenter"), _first(dataset, "WindowWidth")
    if centre is None or width is None or not width >= 1 or not np.isfinite(centre):
        seen = values
        padding = dataset.get("PixelPaddingValue")
        if padding is not None:
            slope = float(dataset.get("RescaleSlope", 1) or 1)
            inside = values != float(padding) * slope + float(dataset.get("RescaleIntercept", 0))
            seen = values[inside] if inside.any() else values
        low, high = float(seen.min()), float(seen.max())
    else:
        kind = str(dataset.get("VOILUTFunction", "LINEAR") or "LINEAR").upper()
        if kind == "SIGMOID":
            return 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - centre) / width, -60, 60)))
        if kind == "LINEAR_EXACT":
            low, high = centre - width / 2, centre + width / 2
        else:
            low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    if not np.isfinite([low, high]).all():
        raise ValueError("a window or rescale slope that is not a number")
    if high <= low:
        return (values > low).astype(np.float64)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _first(dataset, name: str) -> float | None:
    value = dataset.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, list | tuple) or (
        hasattr(value, "__len__") and not isinstance(value, str)
    ):
        value = value[0] if len(value) else None
    return None if value is None else float(value)
