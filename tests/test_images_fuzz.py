"""Damaged pictures: a picture or an ``ImageError`` that names the file, nothing else.

``python -m tools.fuzz --only pictures`` tries 10,000, and other ones with ``--seed``.
"""

import pytest

from gansec_lib.errors import ImageError
from tools import fuzz
from tools.fuzz import pictures

FILES = pictures.valid_files()


@pytest.mark.parametrize("name", FILES)
def test_what_is_damaged_is_a_valid_picture_first(tmp_path, name):
    (tmp_path / name).write_bytes(FILES[name])
    assert pictures.load_one(tmp_path / name)


def test_damaged_files_give_a_picture_or_a_documented_error():
    tally = fuzz.run("pictures", count=1500)
    assert tally.undocumented == []
    assert tally.opened > tally.cases // 20, "mild enough to reach the decoders' depths"
    assert tally.refused["ImageError"] > tally.cases // 5
    assert set(tally.refused) == {"ImageError"}


@pytest.mark.parametrize("name", ["rgb.png", "rgb.jpg", "lzw.tif", "lossy.webp", "explicit.dcm"])
def test_cut_at_every_length(tmp_path, name):
    """All the ways a download can stop: up to 250 lengths a format."""
    data, path, refused = FILES[name], tmp_path / name, 0
    lengths = range(0, len(data), max(1, len(data) // 250))
    for length in lengths:
        path.write_bytes(data[:length])
        try:
            pictures.load_one(path)
        except ImageError:
            refused += 1
    assert refused > 0.7 * len(lengths)
