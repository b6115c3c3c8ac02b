"""Files are whole or absent: on a full disk, on a failing one, and with many writers at once."""

import errno
import os
import subprocess
import sys
import threading

import pytest

from gansec_lib import files
from gansec_lib.errors import GansecError, WriteError

OLD, NEW = b"the former file", b"the new one" * 1000


def leftovers(folder):
    return [path.name for path in folder.rglob("*.part")]


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "results.json"
    path.write_bytes(OLD)
    return path


def test_bytes_and_text_are_written_as_they_come(tmp_path):
    assert files.atomic_write(tmp_path / "deep" / "er" / "a", b"\0\r\n") == tmp_path / "deep/er/a"
    assert (tmp_path / "deep/er/a").read_bytes() == b"\0\r\n"
    files.atomic_write(str(tmp_path / "b"), "Größe\r\n")
    assert (tmp_path / "b").read_bytes() == "Größe\r\n".encode()
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="no umask")
def test_an_ordinary_file_has_the_ordinary_rights(tmp_path):
    made = os.umask(0o027)
    try:
        files.atomic_write(tmp_path / "a", b"")
    finally:
        os.umask(made)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_the_file_behind_a_link_is_replaced(target, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(target)
    files.atomic_write(link, NEW)
    assert link.is_symlink() and target.read_bytes() == NEW


@pytest.mark.parametrize(
    "name", ["x" * 255, "ü" * 127, "a\nb", "$<>", b"caf\xe9".decode("utf8", "surrogateescape")]
)
def test_odd_names_can_be_written(tmp_path, name):
    files.atomic_write(tmp_path / name, NEW)
    assert (tmp_path / name).read_bytes() == NEW
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("of", ["file", "folder"])
def test_a_failing_flush_leaves_the_former_file(target, monkeypatch, number, of):
    import stat

    fsync = os.fsync

    def failing(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode) == (of == "folder"):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(
        WriteError, match=r"results\.json: could not be written .*unchanged"
    ) as said:
        files.atomic_write(target, NEW)
    assert said.value.errno == number and os.strerror(number) in str(said.value)
    assert isinstance(said.value, GansecError) and isinstance(said.value, OSError)
    assert ("free some space" in str(said.value)) == (number != errno.EIO)
    assert target.read_bytes() == OLD and leftovers(target.parent) == []


def test_a_name_that_the_disk_does_not_confirm_is_said_truly(target, monkeypatch):
    """Only the flush after the rename fails: the new file is there, and the message says so."""
    replace, fsync = os.replace, os.fsync

    def replaced(*names):
        replace(*names)
        monkeypatch.setattr(os, "fsync", broken)

    def broken(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", replaced)
    with pytest.raises(WriteError, match="is written, but the disk did not confirm"):
        files.atomic_write(target, NEW)
    monkeypatch.setattr(os, "fsync", fsync)
    assert target.read_bytes() == NEW


def test_a_file_system_that_cannot_flush_folders_is_no_error(target, monkeypatch):
    import stat

    def unable(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", unable)
    files.atomic_write(target, NEW)
    assert target.read_bytes() == NEW


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from gansec_lib import files
from gansec_lib.errors import WriteError
try:
    files.atomic_write(sys.argv[1], b"x" * 100_000)
except WriteError as error:
    print(error.errno, error)
"""


@pytest.mark.skipif(os.name == "nt", reason="no limit on file sizes")
def test_a_real_limit_on_the_file_size(target):
    """The system itself refuses the bytes, as a full disk does; another process, a real limit."""
    ran = subprocess.run(
        [sys.executable, "-c", FULL, target], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"{errno.EFBIG} {target}: could not be written (File too large)")
    assert target.read_bytes() == OLD and os.listdir(target.parent) == [target.name]


def test_a_block_that_raises_leaves_nothing(target):
    with pytest.raises(KeyboardInterrupt), files.replacing(target) as temporary:
        temporary.write_bytes(NEW)
        raise KeyboardInterrupt
    with pytest.raises(ZeroDivisionError), files.replacing(target) as temporary:
        (temporary / "sub").mkdir(parents=True)
        1 / 0  # noqa: B018
    assert target.read_bytes() == OLD and os.listdir(target.parent) == [target.name]


def test_a_folder_takes_its_name_whole(tmp_path):
    with files.replacing(tmp_path / "set") as temporary:
        temporary.mkdir()
        (temporary / "one").write_text("1")
        assert not (tmp_path / "set").exists()
    assert (tmp_path / "set" / "one").read_text() == "1"
    with (
        pytest.raises(WriteError, match="set: could not be written"),
        files.replacing(tmp_path / "set") as temporary,
    ):
        temporary.mkdir()  # a folder that holds something is never overwritten
    assert (tmp_path / "set" / "one").read_text() == "1" and leftovers(tmp_path) == []


def test_where_nothing_can_be_written_it_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "below", tmp_path):
        with pytest.raises(WriteError, match="could not be written"):
            files.atomic_write(path, b"")


def test_many_writers_never_mix(tmp_path):
    """Readers see one writer's whole file at every moment."""
    path, bad, stop = tmp_path / "shared", [], threading.Event()
    files.atomic_write(path, b"0" * 50_000)

    def write(digit):
        for _ in range(20):
            files.atomic_write(path, digit * 50_000)

    def read():
        while not stop.is_set():
            content = path.read_bytes()
            if len(content) != 50_000 or len(set(content)) != 1:
                bad.append(content[:20])

    writers = [threading.Thread(target=write, args=(bytes([48 + k]),)) for k in range(3)]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert not bad and leftovers(tmp_path) == []


def test_a_lock_keeps_others_out_and_is_dropped_with_its_owner(tmp_path):
    path = tmp_path / "new" / "lock"
    hold = (
        "import sys, time; from gansec_lib import files\n"
        "with files.lock(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", hold, path], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(TimeoutError, match="held by another process for 0 s"),
            files.lock(path, 0),
        ):
            pass
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    with files.lock(path, seconds=5):
        pass


def test_a_lock_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError), files.lock(tmp_path / "file" / "lock"):
        pass


def test_hash_of_a_file_is_that_of_its_bytes(target):
    assert files.sha256(target) == files.sha256(str(target)) == files.sha256(OLD)
    assert files.sha256(memoryview(OLD)) == files.sha256(OLD)


def test_versions_name_what_decides_numbers():
    found = files.versions()
    assert {"python", "machine", "torch", "numpy"} <= set(found)
    assert all(isinstance(value, str) and value for value in found.values())


# -- everything that writes, on a full disk --------------------------------------------------------


def write_system(folder):
    from gansec_lib import systems

    return systems.get("logistic").save(folder / "system.json")


def write_results(folder):
    from gansec_lib.report.study import Study

    return Study(profile="smoke", size=16, count=1).write(folder)


def write_weights(folder):
    from torch import nn

    from gansec_lib.nets import weights

    return weights.save("n", nn.Linear(2, 2))


def write_checkpoint(folder):
    import torch

    from gansec_lib.train import checkpoints

    return checkpoints.save(folder, 1, {"a": torch.ones(2)})


@pytest.mark.parametrize("write", [write_system, write_results, write_weights, write_checkpoint])
def test_whatever_the_library_writes_stays_as_it_was_on_a_full_disk(tmp_path, monkeypatch, write):
    monkeypatch.setenv("GANSEC_DATA", str(tmp_path))

    def everything():
        paths = [path for path in tmp_path.rglob("*") if path.is_file() and "lock" not in path.name]
        return {path.relative_to(tmp_path): path.read_bytes() for path in paths}

    write(tmp_path)
    before = everything()
    assert before

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"could not be written \(No space left") as said:
        write(tmp_path)
    assert str(tmp_path) in str(said.value)
    assert everything() == before and leftovers(tmp_path) == []
