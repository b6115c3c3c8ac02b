"""Archives become folders that are whole or absent, whatever is in them and whoever unpacks."""

import errno
import gzip
import io
import json
import os
import struct
import tarfile
import zipfile

import pytest

from gansec_lib.errors import IntegrityError, WriteError
from gansec_lib.images.files import archives
from gansec_lib.images.files.archives import MARK, is_whole, unpack, unpacked

FILES = {"s1/1.pgm": b"P5 1 1 255\n.", "s1/2.pgm": b"two" * 1000, "README": b"", "deep/er/x": b"x"}


def make_zip(path, files=FILES, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def make_tar(path, files=FILES):
    with tarfile.open(path, "w:gz") as file:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    return path


MAKE = {"set.zip": make_zip, "set.tgz": make_tar}


@pytest.fixture(params=MAKE)
def archive(request, tmp_path):
    return MAKE[request.param](tmp_path / request.param)


def content(folder):
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != MARK]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def nothing_left(archive):
    assert os.listdir(archive.parent) == [archive.name]


def test_all_files_and_a_mark(archive):
    folder = unpack(archive)
    assert folder == unpacked(archive) == archive.with_name(archive.name + ".unpacked")
    assert content(folder) == FILES
    size = sum(map(len, FILES.values()))
    assert json.loads((folder / MARK).read_text()) == {"files": 4, "bytes": size, "digest": ""}
    assert is_whole(folder)
    (folder / "s1" / ".DS_Store").write_bytes(b"left by a file manager")
    (folder / "s1" / "1.pgm").touch()
    before = (folder / MARK).stat().st_mtime_ns
    assert unpack(archive) == folder and (folder / MARK).stat().st_mtime_ns == before


DAMAGE = {
    "no mark": lambda folder: (folder / MARK).unlink(),
    "a mark cut short": lambda folder: (folder / MARK).write_text('{"files"'),
    "a mark of nothing": lambda folder: (folder / MARK).write_text("[]"),
    "a mark of words": lambda folder: (folder / MARK).write_text('{"files": "1", "bytes": 0}'),
    "a file lost": lambda folder: (folder / "deep/er/x").unlink(),
    "a file emptied": lambda folder: (folder / "s1/2.pgm").write_bytes(b""),
    "a file in its place": lambda folder: (folder / "README").unlink() or (folder / "R2").touch(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_folder_that_is_not_whole_is_unpacked_anew(archive, damage):
    folder = unpack(archive)
    DAMAGE[damage](folder)
    if damage != "a file in its place":  # an empty file under another name: nothing is missing
        assert not is_whole(folder)
        assert content(unpack(archive)) == FILES
    assert is_whole(unpack(archive))


def test_a_folder_unpacked_before_the_hash_was_known_is_unpacked_anew(archive):
    folder = unpack(archive)
    assert not is_whole(folder, "sha256:1")
    unpack(archive, "sha256:1")
    assert is_whole(folder, "sha256:1") and not is_whole(folder, "sha256:2")


def test_what_a_killed_process_left_is_swept(archive):
    half = archive.with_name(f".{unpacked(archive).name}.0123abcd.part")
    (half / "s1").mkdir(parents=True)
    unpack(archive)
    assert sorted(os.listdir(archive.parent)) == [archive.name, archive.name + ".unpacked"]


# -- damaged and hostile -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../evil", "/tmp/evil", "a/../../evil", "..\\evil", "C:\\evil", "C:evil", "\\evil", "//h/s/e"],
)
@pytest.mark.parametrize("make", MAKE)
def test_no_path_leads_out(tmp_path, make, name):
    (tmp_path / "in").mkdir()
    bad = MAKE[make](tmp_path / "in" / make, {"ok": b"1", name: b"2"})
    with pytest.raises(IntegrityError, match="a path outside itself"):
        unpack(bad)
    nothing_left(bad)
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_and_devices_in_tar_are_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as file:
        entry = tarfile.TarInfo("link")
        entry.type, entry.linkname = kind, "/etc/passwd"
        file.addfile(entry)
    with pytest.raises(IntegrityError, match="a link or device: 'link'"):
        unpack(tmp_path / "a.tgz")
    nothing_left(tmp_path / "a.tgz")


def test_links_in_zip_are_refused(tmp_path):
    entry = zipfile.ZipInfo("link")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(entry, "/etc/passwd")
    with pytest.raises(IntegrityError, match="a link or device: 'link'"):
        unpack(tmp_path / "a.zip")
    nothing_left(tmp_path / "a.zip")


def encrypted(path):
    """The flag alone: zipfile then asks for a password."""
    data = bytearray(make_zip(path).read_bytes())
    for mark, flags in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        data[data.index(mark) + flags] |= 1
    path.write_bytes(data)


def strange_packing(path, method):
    data = bytearray(make_zip(path).read_bytes())
    for mark, at in ((b"PK\1\2", 10), (b"PK\3\4", 8)):
        struct.pack_into("<H", data, data.index(mark) + at, method)
    path.write_bytes(data)


def no_name(path):
    """The one letter of the name becomes an extra field."""
    data = bytearray(make_zip(path, {"n": b"1"}).read_bytes())
    for mark, at in ((b"PK\1\2", 28), (b"PK\3\4", 26)):
        struct.pack_into("<HH", data, data.index(mark) + at, 0, 1)
    path.write_bytes(data)


def flipped(path):
    data = bytearray(make_zip(path, {"a": os.urandom(5000)}).read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)


def bad_deflate(path):
    data = bytearray(make_zip(path).read_bytes())
    at = data.index(b"1.pgm") + 5
    data[at : at + 8] = b"\xff" * 8
    path.write_bytes(data)


def cut_tar(path):
    whole = make_tar(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def flipped_tar(path):
    """The deflate stream stays readable; only the checksum at its very end tells."""
    raw = gzip.decompress(make_tar(path, {"a": bytes(5000)}).read_bytes())
    good = gzip.compress(raw, 0)
    at = good.index(bytes(600)) + 300
    path.write_bytes(good[:at] + b"\1" + good[at + 1 :])


DAMAGED = {
    "empty.zip": lambda path: path.write_bytes(b""),
    "page.zip": lambda path: path.write_bytes(b"<html>404</html>"),
    "no_files.zip": lambda path: make_zip(path, {}),
    "no_name.zip": no_name,
    "too_long.zip": lambda path: make_zip(path, {"x" * 300: b"1"}),
    "twice.tgz": lambda path: make_tar(path, {"a": b"1", "./a": b"2"}),
    "file_as_folder.tgz": lambda path: make_tar(path, {"a": b"1", "a/b": b"2"}),
    "its_own_mark.zip": lambda path: make_zip(path, {MARK: b"{}", "a": b"1"}),
    "encrypted.zip": encrypted,
    "method_99.zip": lambda path: strange_packing(path, 99),
    "deflate64.zip": lambda path: strange_packing(path, 9),
    "lzma.zip": lambda path: strange_packing(path, 14),
    "flipped.zip": flipped,
    "bad_deflate.zip": bad_deflate,
    "cut.tgz": cut_tar,
    "flipped.tgz": flipped_tar,
    "no_tar.tgz": lambda path: path.write_bytes(gzip.compress(b"no tar" * 1000)),
    "plain.tgz": lambda path: path.write_bytes(b"\x1f\x8b\xff\xff"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_any_damage_is_one_error_and_nothing_stays(tmp_path, name):
    DAMAGED[name](tmp_path / name)
    with pytest.raises(IntegrityError) as said:
        unpack(tmp_path / name)
    assert str(said.value).startswith(f"{tmp_path / name}: ")
    assert "delete" in str(said.value) or "unusual way" in str(said.value)
    assert "\n" not in str(said.value)
    nothing_left(tmp_path / name)


@pytest.mark.parametrize("name", MAKE)
def test_a_bomb_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(archives, "MOST_BYTES", (1 << 20, 20))
    bomb = MAKE[name](tmp_path / name, {"zeros": bytes(8 << 20)})
    assert bomb.stat().st_size < 20_000
    with pytest.raises(IntegrityError, match="a decompression bomb"):
        unpack(bomb)
    nothing_left(bomb)


def test_a_bomb_in_a_header_is_refused(tmp_path, monkeypatch):
    """tar's own headers may be of any size, and tarfile reads them into memory."""
    monkeypatch.setattr(archives, "MOST_BYTES", (1 << 20, 20))
    with tarfile.open(tmp_path / "a.tgz", "w:gz", pax_headers={"comment": "0" * (8 << 20)}) as file:
        file.addfile(tarfile.TarInfo("a"))
    with pytest.raises(IntegrityError, match="a decompression bomb"):
        unpack(tmp_path / "a.tgz")
    nothing_left(tmp_path / "a.tgz")


def test_too_many_files_are_refused(archive, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    with pytest.raises(IntegrityError, match="more than 3 files"):
        unpack(archive)
    nothing_left(archive)


def test_a_full_disk_is_not_the_archives_fault(archive, monkeypatch):
    whole = open

    class Full(io.BytesIO):
        def write(self, chunk):
            raise OSError(errno.ENOSPC, "No space left on device")

    def opened(path, mode="r", *rest, **options):
        return Full() if mode == "xb" else whole(path, mode, *rest, **options)

    monkeypatch.setattr("builtins.open", opened)
    with pytest.raises(
        WriteError, match=r"\.unpacked: could not be written \(No space left"
    ) as said:
        unpack(archive)
    assert said.value.errno == errno.ENOSPC
    nothing_left(archive)
