"""Folders of pictures: every format and pixel kind, broken files, labels, splits, real sets."""

import os
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from gansec_lib import images
from gansec_lib.errors import DataMissingError, ImageError, ParameterError
from gansec_lib.images.files import decode, limits

HEIGHT, WIDTH = 40, 56


@pytest.fixture
def scene() -> np.ndarray:
    """A smooth picture, wider than high, different in every channel: uint8 (40, 56, 3)."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    red = 30 + 180 * x / WIDTH
    green = 40 + 170 * y / HEIGHT
    blue = 220 - 100 * x / WIDTH - 60 * y / HEIGHT
    return np.stack([red, green, blue], -1).round().astype(np.uint8)


def one(path, **options):
    """The only picture of a file, as float (C, H, W)."""
    return images.load(path, split="all", **options).images[0].float()


def middle(pixels):
    """Centre crop of (H, W[, 3]) as float (C, H, H)."""
    left = (pixels.shape[1] - pixels.shape[0]) // 2
    cut = torch.from_numpy(pixels[:, left : left + pixels.shape[0]].copy()).float()
    return cut.permute(2, 0, 1) if cut.ndim == 3 else cut[None]


LOSSLESS = {"png": {}, "bmp": {}, "tif": {}, "ppm": {}, "webp": {"lossless": True}}
LOSSY = {"jpg": {"quality": 95}, "webp": {"quality": 95}}


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_are_read_bit_for_bit(tmp_path, scene, suffix):
    Image.fromarray(scene).save(tmp_path / f"a.{suffix}", **LOSSLESS[suffix])
    assert torch.equal(one(tmp_path, size=HEIGHT), middle(scene))


@pytest.mark.parametrize("suffix", LOSSY)
def test_lossy_formats_come_close(tmp_path, scene, suffix):
    Image.fromarray(scene).save(tmp_path / f"a.{suffix}", **LOSSY[suffix])
    assert (one(tmp_path, size=HEIGHT) - middle(scene)).abs().mean() < 3


def test_native_size_is_kept_where_asked(tmp_path, scene):
    Image.fromarray(scene).save(tmp_path / "a.png")
    assert torch.equal(one(tmp_path, size=None).permute(1, 2, 0), torch.tensor(scene).float())
    Image.fromarray(scene[:20]).save(tmp_path / "b.png")
    with pytest.raises(ParameterError, match=r"a\.png is 56×40 and .*b\.png is 56×20; give a size"):
        images.load(tmp_path, size=None, split="all")


def test_grey_from_colour_is_luma_and_colour_from_grey_repeats(tmp_path, scene):
    Image.fromarray(scene).save(tmp_path / "a.png")
    luma = (middle(scene) * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0)
    grey = one(tmp_path, size=HEIGHT, colour=False)
    assert grey.shape == (1, HEIGHT, HEIGHT)
    assert (grey[0] - luma).abs().max() <= 1
    Image.fromarray(scene[..., 0]).save(tmp_path / "a.png")
    repeated = one(tmp_path, size=HEIGHT)
    assert repeated.shape[0] == 3
    assert torch.equal(repeated[0], repeated[2])
    assert torch.equal(repeated[0], middle(scene[..., 0])[0])


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_sixteen_bits_are_scaled_not_cut(tmp_path, suffix):
    ramp = np.linspace(0, 65535, 32 * 48).round().astype(np.uint16).reshape(32, 48)
    Image.fromarray(ramp).save(tmp_path / f"a.{suffix}")
    got = one(tmp_path, size=None, colour=False)[0].numpy()
    assert np.array_equal(got, np.floor(ramp * (255 / 65535) + 0.5))
    assert got.max() == 255


def test_pgm_with_a_small_maximum_fills_the_range(tmp_path):
    ramp = np.linspace(0, 4095, 32 * 48).round().astype(">u2").reshape(32, 48)
    (tmp_path / "a.pgm").write_bytes(b"P5 48 32 4095\n" + ramp.tobytes())
    got = one(tmp_path, size=None, colour=False)[0].numpy()
    assert np.abs(got - ramp * (255 / 4095)).max() <= 1
    assert got.max() == 255


def test_dark_sixteen_bits_stay_dark(tmp_path):
    """A wide picture whose values happen to be small is not taken for an 8-bit one."""
    dark = np.full((16, 16), 200)
    (tmp_path / "a.pgm").write_bytes(b"P5 16 16 65535\n" + dark.astype(">u2").tobytes())
    Image.fromarray(dark.astype(np.uint16)).save(tmp_path / "b.png")
    Image.fromarray(dark.astype(np.uint16)).save(tmp_path / "c.tif")
    big = Image.frombytes("I;16B", (16, 16), dark.astype(">u2").tobytes())
    big.save(tmp_path / "d.tif")
    assert images.load(tmp_path, size=None, split="all").images.unique().tolist() == [1]


def test_sixteen_bits_a_colour(tmp_path, scene):
    """48-bit PNG, written by hand because Pillow cannot."""
    import struct
    import zlib

    wide = scene.astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in wide)

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    assert torch.equal(one(tmp_path, size=HEIGHT), middle(scene))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.float32([0, 0.5, 1]), [0, 128, 255]),
        (np.float32([0, 100, 255]), [0, 100, 255]),
        (np.float32([-3, 0, 3]), [0, 128, 255]),
        (np.int32([0, 257, 65535]), [0, 1, 255]),
        (np.int32([0, 100000, 200000]), [0, 128, 255]),
    ],
)
def test_float_and_wide_tiffs(tmp_path, values, expected):
    Image.fromarray(np.repeat(values[None], 9, 0).repeat(4, 1)).save(tmp_path / "a.tif")
    assert one(tmp_path, size=None, colour=False)[0, 0, ::4].tolist() == expected


def test_float_tiff_with_nan_is_refused(tmp_path):
    pixels = np.zeros((9, 9), np.float32)
    pixels[3, 3] = np.nan
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    with pytest.raises(ImageError, match=r"a\.tif: holds NaN"):
        images.load(tmp_path, split="all")


def test_alpha_is_laid_over_white(tmp_path, scene):
    alpha = np.zeros((HEIGHT, WIDTH, 1), np.uint8)
    alpha[:20] = 255
    alpha[20:30] = 128
    Image.fromarray(np.concatenate([scene, alpha], -1)).save(tmp_path / "a.png")
    got, whole = one(tmp_path, size=HEIGHT), middle(scene)
    assert torch.equal(got[:, :20], whole[:, :20])
    assert (got[:, 30:] == 255).all()
    half = whole[:, 20:30] * (128 / 255) + 255 * (127 / 255)
    assert (got[:, 20:30] - half).abs().max() <= 1


def test_grey_alpha_palette_transparency_and_one_bit(tmp_path):
    grey = np.full((16, 16, 2), 90, np.uint8)
    grey[8:, :, 1] = 0
    Image.fromarray(grey, "LA").save(tmp_path / "la.png")
    got = one(tmp_path / "la.png", size=16, colour=False)[0]
    assert got[12, 3] == 255
    assert got[0, 0] == round(90 * 90 / 255 + 255 * 165 / 255)

    palette = Image.new("P", (16, 16), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255, 9, 9, 9])
    palette.paste(0, (0, 0, 16, 8))
    palette.save(tmp_path / "p.png", transparency=1)
    got = one(tmp_path / "p.png", size=16)
    assert got[:, 0, 0].tolist() == [255, 0, 0]
    assert got[:, 15, 0].tolist() == [255, 255, 255], "the transparent colour becomes white"

    Image.fromarray(np.eye(16, dtype=bool)).save(tmp_path / "bit.png")
    assert torch.equal(one(tmp_path / "bit.png", size=16)[1], torch.eye(16) * 255)


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_becomes_rgb(tmp_path, suffix):
    Image.new("CMYK", (20, 20), (0, 255, 255, 0)).save(tmp_path / f"a.{suffix}")
    got = one(tmp_path, size=20).mean((1, 2))
    assert got[0] > 240
    assert got[1] < 15
    assert got[2] < 15


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_exif_orientation_turns_upright(tmp_path, scene, orientation, suffix):
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    stored = Image.fromarray(np.ascontiguousarray(undo(scene)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {}
    stored.save(tmp_path / f"a.{suffix}", exif=exif, **options)
    got = one(tmp_path, size=None)
    assert torch.equal(got.permute(1, 2, 0), torch.tensor(scene).float())


def test_big_jpeg_by_draft_equals_the_full_decode(tmp_path):
    photo = images.load("photos", size=1024, count=1).images[0].permute(1, 2, 0).numpy()
    Image.fromarray(photo).save(tmp_path / "a.jpg", quality=95)
    got = one(tmp_path, size=64)
    with Image.open(tmp_path / "a.jpg") as file:
        full = np.asarray(file.resize((64, 64), Image.Resampling.LANCZOS)).astype(np.float32)
    assert (got.permute(1, 2, 0) - torch.from_numpy(full)).abs().mean() < 1.5


def test_shrinking_does_not_alias(tmp_path):
    """A one-pixel checkerboard has to become flat grey, not a pattern."""
    board = np.indices((512, 512)).sum(0) % 2 * 255
    Image.fromarray(board.astype(np.uint8)).save(tmp_path / "a.png")
    assert one(tmp_path, size=64, colour=False).std() < 2


def test_content_decides_not_the_suffix(tmp_path, scene):
    Image.fromarray(scene).save(tmp_path / "wrong.jpg", format="PNG")
    Image.fromarray(scene).save(tmp_path / "none", format="BMP")
    (tmp_path / "notes.txt").write_text("passed over")
    (tmp_path / ".hidden.png").write_bytes(b"passed over")
    pictures = images.load(tmp_path, size=HEIGHT, split="all")
    assert pictures.names == ("none", "wrong.jpg")
    assert torch.equal(pictures.images[0], pictures.images[1])
    assert pictures.skipped == ()


def truncated(data):
    return data[: len(data) // 2]


BROKEN = {
    "cut.png": lambda ok: truncated(ok["png"]),
    "cut.jpg": lambda ok: truncated(ok["jpg"]),
    "cut.tif": lambda ok: truncated(ok["tif"]),
    "cut.bmp": lambda ok: truncated(ok["bmp"]),
    "cut.webp": lambda ok: truncated(ok["webp"]),
    "cut.pgm": lambda ok: b"P5 56 40 255\n" + bytes(99),
    "empty.png": lambda ok: b"",
    "page.png": lambda ok: b"<html><body>404 not found</body></html>",
    "text.jpg": lambda ok: "Ünïcode, kein Bild".encode(),
    "zeros.bmp": lambda ok: bytes(4000),
    "bomb.pgm": lambda ok: b"P5 20000 20000 255\n" + bytes(1000),
    "bomb2.pgm": lambda ok: b"P5 9000 9000 255\n" + bytes(1000),
    "bomb3.pgm": lambda ok: b"P5 10500 10500 255\n" + bytes(1000),
    "header.png": lambda ok: ok["png"][:24],
    "stub.dcm": lambda ok: bytes(128) + b"DICM",
}


@pytest.fixture
def valid_bytes(tmp_path, scene):
    made = {}
    for suffix in ("png", "jpg", "tif", "bmp", "webp"):
        Image.fromarray(scene).save(tmp_path / f"ok.{suffix}")
        made[suffix] = (tmp_path / f"ok.{suffix}").read_bytes()
        (tmp_path / f"ok.{suffix}").unlink()
    return made


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_alone_is_named_in_the_error(tmp_path, valid_bytes, name):
    (tmp_path / name).write_bytes(BROKEN[name](valid_bytes))
    with pytest.raises(ImageError) as caught:
        images.load(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("empty.png", "the file is empty"),
        ("page.png", "not a picture"),
        ("cut.jpg", "cut short"),
        ("bomb.pgm", "more than 100 megapixels"),
        ("bomb3.pgm", "10500×10500 is more than 100 megapixels"),
        ("bomb2.pgm", "claims 9000×9000 pixels in 1017 bytes"),
    ],
)
def test_the_reason_is_the_right_one(tmp_path, valid_bytes, name, says):
    (tmp_path / name).write_bytes(BROKEN[name](valid_bytes))
    with pytest.raises(ImageError, match=says):
        images.load(tmp_path / name)


def test_a_few_bad_files_are_listed_and_the_rest_load(tmp_path, scene, valid_bytes):
    for index in range(4):
        Image.fromarray(scene).save(tmp_path / f"good{index}.png")
    for name, make in BROKEN.items():
        (tmp_path / name).write_bytes(make(valid_bytes))
    Image.new("L", (1, 1)).save(tmp_path / "dot.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "again").symlink_to(tmp_path)
    with pytest.warns(UserWarning, match=r"18 file\(s\) left out: .*and 15 more in \.skipped"):
        pictures = images.load(tmp_path, split="all")
    assert pictures.names == tuple(f"good{i}.png" for i in range(4))
    skipped = dict(pictures.skipped)
    assert set(skipped) == {*BROKEN, "dot.png", "dangling.png", "loop.png"}
    assert "only 1×1 pixels; expected at least 8×8" in skipped["dot.png"]
    assert "broken link" in skipped["dangling.png"]
    assert "points to itself" in skipped["loop.png"]


def test_all_bad_lists_them_all(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_text("no picture")
    with pytest.raises(ImageError, match=r"(?s)none of 2 files.*\n  a\.png: .*\n  b\.png: "):
        images.load(tmp_path, split="all")


def test_empty_folder_and_folder_without_pictures(tmp_path):
    with pytest.raises(DataMissingError, match="holds no pictures"):
        images.load(tmp_path)
    (tmp_path / "readme.md").write_text("hello")
    with pytest.raises(DataMissingError, match="holds no pictures"):
        images.load(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_said(tmp_path, scene):
    Image.fromarray(scene).save(tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    with pytest.raises(ImageError, match="no permission"):
        images.load(tmp_path, split="all")


def test_no_permission_is_said_whoever_runs(tmp_path, scene, monkeypatch):
    Image.fromarray(scene).save(tmp_path / "a.png")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ImageError, match="no permission to read it"):
        decode.read_picture(tmp_path / "a.png")


def test_sub_folder_that_cannot_be_read_is_listed(tmp_path, scene, monkeypatch):
    for name in ("open", "shut"):
        numbered(tmp_path / name, scene, 2)
    scandir = os.scandir

    def refuse(place="."):
        if str(place).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.warns(UserWarning, match="shut: folder cannot be read"):
        pictures = images.load(tmp_path, split="all")
    assert len(pictures) == 2
    assert pictures.skipped == (("shut", "folder cannot be read (Permission denied)"),)


def test_unicode_names_and_natural_order(tmp_path, scene):
    for name in ("Bild10.png", "Bild9.png", "bild1.png", "Ångström 图片.png", "😀.png"):
        Image.fromarray(scene).save(tmp_path / name)
    names = images.load(tmp_path, split="all").names
    assert names[:3] == ("bild1.png", "Bild9.png", "Bild10.png")
    assert set(names[3:]) == {"Ångström 图片.png", "😀.png"}


ODD = {  # name on disk: how it is shown
    "cost$5_{$6.png": "cost$5_{$6.png",
    "<img src=q onerror=x>.png": "<img src=q onerror=x>.png",
    "two\nlines.png": "two\\nlines.png",
    "tab\tred\x1b[31m.png": "tab\\tred\\x1b[31m.png",
    "turned\u202egnp.png": "turned\\u202egnp.png",
    b"caf\xe9.png": "caf\\xe9.png",
    "x" * 251 + ".png": "x" * 251 + ".png",
    "ü" * 125 + "y.png": "ü" * 125 + "y.png",
    " .png": " .png",
}


@pytest.mark.skipif(os.name == "nt", reason="Windows allows none of these names")
def test_odd_names_are_loaded_and_can_be_shown(tmp_path, scene):
    for name in ODD:
        Image.fromarray(scene).save(os.path.join(os.fsencode(tmp_path), os.fsencode(name)), "PNG")
    pictures = images.load(tmp_path, size=16, split="all")
    assert set(pictures.names) == set(ODD.values())
    for name in pictures.names:
        name.encode("utf-8")
        assert name.isprintable()


@pytest.mark.skipif(os.name == "nt", reason="Windows allows none of these names")
@pytest.mark.parametrize("name", ODD)
def test_odd_names_of_broken_files_can_be_shown(tmp_path, scene, name):
    folder = os.path.join(os.fsencode(tmp_path), os.fsencode(name))
    os.mkdir(folder)  # the folder, too, has that name
    path = os.path.join(folder, os.fsencode(name))
    with open(path, "wb") as file:
        file.write(b"no picture")
    with pytest.raises(ImageError) as said:
        images.load(os.fsdecode(folder), split="all")
    assert str(said.value).isprintable() and ODD[name] in str(said.value)
    Image.fromarray(scene).save(os.path.join(folder, b"good.png"), "PNG")
    with pytest.warns(UserWarning, match=r"1 file\(s\) left out") as warned:
        pictures = images.load(os.fsdecode(folder), split="all")
    assert str(warned[0].message).isprintable()
    assert pictures.skipped[0][0] == ODD[name] and pictures.source.isprintable()
    with pytest.raises(DataMissingError) as said:
        images.load(os.fsdecode(folder) + "/nothing", split="all")
    assert str(said.value).isprintable()


def numbered(folder, scene, count):
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        Image.fromarray(np.roll(scene, index, 1)).save(folder / f"{index}.png")


def test_split_is_every_fifth_and_never_overlaps(tmp_path, scene):
    numbered(tmp_path, scene, 12)
    train, test = (images.load(tmp_path, split=s).names for s in ("train", "test"))
    assert test == ("4.png", "9.png")
    assert not set(train) & set(test)
    assert sorted(train + test) == sorted(images.load(tmp_path, split="all").names)
    with pytest.raises(ParameterError, match="no sub-folder valid"):
        images.load(tmp_path, split="valid")
    with pytest.raises(ParameterError, match="nothing is left for 'test' of the 1 picture"):
        images.load(tmp_path / "0.png", split="test")


def test_train_and_test_folders_are_used_and_classes_lie_below(tmp_path, scene):
    for split, count in (("train", 3), ("Test", 2), ("val", 1)):
        for name in ("cat", "dog"):
            numbered(tmp_path / split / name, scene, count)
    for split, count in (("train", 6), ("test", 4), ("valid", 2), ("all", 12)):
        pictures = images.load(tmp_path, split=split)
        assert len(pictures) == count
        assert pictures.label_names == ("cat", "dog")
        assert torch.bincount(pictures.labels).tolist() == [count // 2] * 2
        assert pictures.identities is None


def test_numbered_folders_are_people(tmp_path, scene):
    for name in ("s1", "s2", "s10"):
        numbered(tmp_path / name, scene, 5)
    pictures = images.load(tmp_path, split="train")
    assert pictures.label_names == ("s1", "s2", "s10")
    assert pictures.identities.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    (tmp_path / "loose.png").write_bytes((tmp_path / "s1" / "0.png").read_bytes())
    mixed = images.load(tmp_path, split="all")
    assert mixed.labels is None, "a picture outside every class leaves the classes undefined"


def test_count_is_a_seeded_choice_in_order(tmp_path, scene):
    numbered(tmp_path, scene, 30)
    one_seed = images.load(tmp_path, count=7, split="all")
    assert one_seed.names == images.load(tmp_path, count=7, split="all").names
    assert list(one_seed.names) == sorted(one_seed.names, key=lambda n: int(n[:-4]))
    assert one_seed.names != images.load(tmp_path, count=7, seed=1, split="all").names
    every = images.load(tmp_path, split="all")
    for name, picture in zip(one_seed.names, one_seed.images, strict=True):
        assert torch.equal(picture, every.images[every.names.index(name)])


def test_count_is_filled_past_bad_files(tmp_path, scene):
    numbered(tmp_path, scene, 10)
    for index in range(10, 20):
        (tmp_path / f"{index}.png").write_text("bad")
    with pytest.warns(UserWarning, match="left out"):
        pictures = images.load(tmp_path, count=10, split="all")
    assert len(pictures) == 10
    with pytest.warns(UserWarning) as caught:
        assert len(images.load(tmp_path, count=15, split="all")) == 10
    assert any("asked for 15 pictures" in str(w.message) for w in caught)


def test_too_much_memory_is_refused_before_it_is_taken(tmp_path, scene, monkeypatch):
    import psutil

    numbered(tmp_path, scene, 3)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("M", (), {"available": 10**6}))
    with pytest.raises(ParameterError, match="smaller count or size"):
        limits.check_memory(2 << 30)
    assert len(images.load(tmp_path, split="all")) == 3


def test_warnings_of_decoders_do_not_leak(tmp_path, scene):
    """Pillow warns about odd EXIF; whoever reads a folder cannot do anything about it."""
    Image.fromarray(scene).save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(images.load(tmp_path, split="all")) == 1


@pytest.mark.parametrize(
    ("name", "count", "people"),
    [
        ("orl_faces", 390, 39),
        ("chest_xray", 45, 0),
        ("colour14", 13, 0),
        ("bsd68", 68, 0),
        ("standard256", 12, 0),
    ],
)
def test_real_folders(shared_data, name, count, people):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pictures = images.load(shared_data / name, size=64, split="all")
    assert pictures.images.shape == (count, 3, 64, 64)
    assert pictures.skipped == ()
    assert len(pictures.label_names) == people
    assert pictures.images.float().std((1, 2, 3)).min() > 10
    if people:
        assert torch.bincount(pictures.identities).tolist() == [10] * 39


def test_threads_give_the_same_pictures_as_one_by_one(shared_data):
    pictures = images.load(shared_data / "bsd68", size=48, split="all")
    for index in range(0, 68, 9):
        alone, note = decode.read_picture(shared_data / "bsd68" / pictures.names[index], 48)
        assert np.array_equal(pictures.images[index].numpy(), alone)
        assert note == ""
