"""The downloader against a real server on the loopback: mirrors, resume, hashes, no network."""

import hashlib
import http.server
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import zipfile

import numpy as np
import pytest

from gansec_lib.errors import DataMissingError, IntegrityError
from gansec_lib.images.files import download
from gansec_lib.images.files.download import RemoteFile, fetch, unpack

DATA = np.random.default_rng(7).integers(0, 256, 900_001, np.uint8).tobytes()
SHA = "sha256:" + hashlib.sha256(DATA).hexdigest()
MD5 = "md5:" + hashlib.md5(DATA).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Answers by the first part of the path: /range, /plain, /cut, /slow, /wrong, /busy, /gone."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag = DATA, '"one"'
        self.requests: list[tuple[str, str, int]] = []  # path, Range asked for, bytes sent
        self.cuts = 3  # /cut breaks so many times

    def url(self, kind):
        return f"http://127.0.0.1:{self.server_address[1]}/{kind}/file.bin"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        kind, server = self.path.split("/")[1], self.server
        asked = self.headers.get("Range", "")
        if kind in ("gone", "busy"):
            server.requests.append((kind, asked, 0))
            self.send_error(404 if kind == "gone" else 503)
            return
        data = DATA[::-1] if kind == "wrong" else server.content
        start = 0
        if asked and kind != "plain" and self.headers.get("If-Range") in (None, server.etag):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(data):
            server.requests.append((kind, asked, 0))
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if kind != "plain":
            self.send_header("ETag", server.etag)
        if kind == "page":
            self.send_header("Content-Type", "text/html; charset=utf-8")
        body = data[start:]
        self.send_header("Content-Length", str(len(body)))
        if kind == "cut" and server.cuts:
            server.cuts -= 1
            body = body[:200_000]
        # Before the headers go out: a client may leave at once and look.
        server.requests.append((kind, asked, len(body)))
        self.end_headers()
        try:
            for at in range(0, len(body), 20_000):
                self.wfile.write(body[at : at + 20_000])
                if kind == "slow":
                    time.sleep(0.05)
        except ConnectionError:
            pass
        self.close_connection = True


@pytest.fixture
def server(monkeypatch):
    monkeypatch.delenv("GANSEC_OFFLINE", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "PAUSE", 0.0)
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def leftovers(folder):
    return sorted(p.name for p in folder.iterdir() if ".part" in p.name or ".tmp" in p.name)


@pytest.mark.parametrize("digest", [SHA, MD5, ""])
def test_download_has_its_name_only_when_its_hash_is_right(server, tmp_path, digest):
    path = fetch(RemoteFile("file.bin", (server.url("range"),), digest), tmp_path)
    assert path.read_bytes() == DATA
    assert leftovers(tmp_path) == []
    record = json.loads((tmp_path / "file.bin.sha256").read_text())
    assert "sha256:" + record["sha256"] == SHA
    assert record["trust"] == {SHA: "sha256 as published", MD5: "md5 as published"}.get(
        digest, "first use"
    )


def test_second_call_downloads_nothing_and_hashes_nothing(server, tmp_path, monkeypatch):
    file = RemoteFile("file.bin", (server.url("range"),), SHA)
    fetch(file, tmp_path)
    monkeypatch.setattr(download, "file_digest", lambda *a: pytest.fail("hashed again"))
    fetch(file, tmp_path)
    assert len(server.requests) == 1


def test_failed_mirror_gives_way_to_the_next(server, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{free.getsockname()[1]}/file.bin"
    urls = (dead, server.url("gone"), server.url("busy"), server.url("range"))
    assert fetch(RemoteFile("file.bin", urls, SHA), tmp_path).read_bytes() == DATA
    kinds = [kind for kind, _, _ in server.requests]
    assert kinds == ["gone"] + ["busy"] * download.TRIES + ["range"]


def test_broken_connection_is_resumed_where_it_broke(server, tmp_path):
    fetch(RemoteFile("file.bin", (server.url("cut"),), SHA), tmp_path)
    asked = [asked for _, asked, _ in server.requests]
    assert asked == ["", "bytes=200000-", "bytes=400000-", "bytes=600000-"]
    assert sum(sent for _, _, sent in server.requests) == len(DATA), "no byte twice"


def test_killed_process_is_resumed(server, tmp_path):
    code = (
        "import sys, pathlib; from gansec_lib.images.files.download import *; "
        "fetch(RemoteFile('file.bin', (sys.argv[1],), sys.argv[2]), pathlib.Path(sys.argv[3]))"
    )
    command = [sys.executable, "-c", code, server.url("slow"), SHA, str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    part = tmp_path / "file.bin.part"
    while process.poll() is None and not (part.exists() and part.stat().st_size > 0):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    have = part.stat().st_size
    assert 0 < have < len(DATA)
    assert not (tmp_path / "file.bin").exists(), "half a file never has the file's name"
    path = fetch(RemoteFile("file.bin", (server.url("slow"),), SHA), tmp_path)
    assert path.read_bytes() == DATA
    assert server.requests[-1][1:] == (f"bytes={have}-", len(DATA) - have)


def test_server_without_range_starts_over(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"x" * 1000)
    (tmp_path / "file.bin.part.json").write_text(
        json.dumps({"url": server.url("plain"), "validator": '"one"'})
    )
    assert fetch(RemoteFile("file.bin", (server.url("plain"),), ""), tmp_path).read_bytes() == DATA
    assert server.requests[-1][1] == "bytes=1000-", "it was asked to continue and would not"


def test_part_of_another_version_or_mirror_is_not_continued(server, tmp_path):
    for state in ({"url": server.url("range"), "validator": '"old"'}, {"url": "http://b/"}):
        (tmp_path / "file.bin.part").write_bytes(b"x" * 1000)
        (tmp_path / "file.bin.part.json").write_text(json.dumps(state))
        path = fetch(RemoteFile("file.bin", (server.url("range"),), ""), tmp_path)
        assert path.read_bytes() == DATA
        path.unlink()


def test_whole_part_that_only_missed_its_name_is_not_fetched_again(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(DATA)
    (tmp_path / "file.bin.part.json").write_text(
        json.dumps({"url": server.url("range"), "validator": '"one"'})
    )
    fetch(RemoteFile("file.bin", (server.url("range"),), SHA), tmp_path)
    assert server.requests == [("range", f"bytes={len(DATA)}-", 0)]


def test_wrong_hash_is_removed_and_the_next_mirror_is_asked(server, tmp_path):
    urls = (server.url("wrong"), server.url("range"))
    assert fetch(RemoteFile("file.bin", urls, SHA), tmp_path).read_bytes() == DATA


def test_wrong_hash_everywhere_is_an_error_and_nothing_stays(server, tmp_path):
    with pytest.raises(IntegrityError, match=r"file\.bin: expected sha256 .* was removed"):
        fetch(RemoteFile("file.bin", (server.url("wrong"),), SHA), tmp_path)
    assert not (tmp_path / "file.bin").exists()
    assert leftovers(tmp_path) == []


def test_first_use_is_said_remembered_and_held_to(server, tmp_path, capsys):
    file = RemoteFile("file.bin", (server.url("range"),), "")
    path = fetch(file, tmp_path)
    assert "no published hash" in capsys.readouterr().err
    path.unlink()
    server.content, server.etag = DATA[:-1] + b"?", '"two"'
    with pytest.raises(IntegrityError, match="expected sha256"):
        fetch(file, tmp_path)
    server.content = DATA
    assert fetch(file, tmp_path).read_bytes() == DATA
    assert "no published hash" not in capsys.readouterr().err


def test_file_put_there_by_hand_is_used_and_checked(server, tmp_path):
    file = RemoteFile("file.bin", (server.url("range"),), SHA)
    (tmp_path / "file.bin").write_bytes(DATA)
    assert fetch(file, tmp_path).read_bytes() == DATA
    (tmp_path / "file.bin").write_bytes(DATA[:-5])
    with pytest.raises(IntegrityError, match=r"delete .*file\.bin and load again"):
        fetch(file, tmp_path)
    assert (tmp_path / "file.bin").exists(), "what a person put there is not deleted"
    assert server.requests == []


def test_web_page_instead_of_an_archive_is_not_trusted_on_first_use(server, tmp_path):
    with pytest.raises(IntegrityError, match=r"set\.zip: not an archive"):
        fetch(RemoteFile("set.zip", (server.url("range"),), ""), tmp_path)
    assert not list(tmp_path.glob("set.zip*[!k]")), "neither file nor remembered hash"


def test_web_page_instead_of_a_file_is_answered_with_where_to_put_it(server, tmp_path):
    """What a site that asks to log in, or is over its quota, answers."""
    with pytest.raises(DataMissingError, match=r"a web page, not the file.*put file\.bin"):
        fetch(RemoteFile("file.bin", (server.url("page"),), SHA), tmp_path)
    assert len(server.requests) == 1


def test_no_network_is_one_line_that_says_what_to_put_where(server, tmp_path, monkeypatch):
    def no_network(*args, **kwargs):
        raise download.urllib.error.URLError("Temporary failure in name resolution")

    monkeypatch.setattr(download.urllib.request, "urlopen", no_network)
    file = RemoteFile("set.zip", ("https://a.example/set.zip", "https://b.example/set.zip"))
    with pytest.raises(DataMissingError) as caught:
        fetch(file, tmp_path / "sets")
    text = str(caught.value)
    assert "\n" not in text
    assert f"put set.zip (from https://a.example/set.zip) into {tmp_path / 'sets'}" in text
    assert "Temporary failure in name resolution" in text


def test_offline_asks_nobody(server, tmp_path, monkeypatch):
    monkeypatch.setenv("GANSEC_OFFLINE", "1")
    with pytest.raises(DataMissingError, match="GANSEC_OFFLINE is set"):
        fetch(RemoteFile("file.bin", (server.url("range"),), SHA), tmp_path)
    assert server.requests == []


def test_full_disk_is_said_before_it_fills(server, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(DataMissingError, match="do not fit on the disk"):
        fetch(RemoteFile("file.bin", (server.url("range"),), SHA), tmp_path)


def test_only_http_addresses_are_opened(server, tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(DataMissingError, match="expected an http address"):
        fetch(RemoteFile("file.bin", (f"file://{tmp_path}/secret",), ""), tmp_path)


def test_two_at_a_time_download_once(server, tmp_path):
    file = RemoteFile("file.bin", (server.url("range"),), SHA)
    results = []
    threads = [threading.Thread(target=lambda: results.append(fetch(file, tmp_path)))] * 1
    threads += [threading.Thread(target=lambda: results.append(fetch(file, tmp_path)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() == DATA for path in results] == [True, True]
    assert len(server.requests) == 1


def test_progress_is_drawn_where_it_is_asked_for(server, tmp_path, capsys):
    fetch(RemoteFile("file.bin", (server.url("range"),), SHA), tmp_path, show=True)
    shown = capsys.readouterr().err
    assert "file.bin" in shown
    assert "900.0" in shown, "kilobytes done and in all"
    (tmp_path / "file.bin").unlink()
    fetch(RemoteFile("file.bin", (server.url("range"),), SHA), tmp_path, show=False)
    assert capsys.readouterr().err == ""


def make_zip(path, names):
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, "content")


def test_unpack_is_all_or_nothing(tmp_path):
    make_zip(tmp_path / "a.zip", ["one/x.txt", "one/y.txt"])
    folder = unpack(tmp_path / "a.zip", tmp_path / "a")
    assert sorted(p.name for p in (folder / "one").iterdir()) == ["x.txt", "y.txt"]
    with tarfile.open(tmp_path / "b.tgz", "w:gz") as file:
        entry = tarfile.TarInfo("two/z.txt")
        entry.size = 7
        file.addfile(entry, io.BytesIO(b"content"))
    assert (unpack(tmp_path / "b.tgz", tmp_path / "b") / "two" / "z.txt").read_text() == "content"

    whole = (tmp_path / "b.tgz").read_bytes()
    (tmp_path / "c.tgz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(IntegrityError, match=r"c\.tgz: cannot be unpacked"):
        unpack(tmp_path / "c.tgz", tmp_path / "c")
    assert not (tmp_path / "c").exists()
    assert not (tmp_path / "c.unpacking").exists()


@pytest.mark.parametrize("name", ["../evil.txt", "/tmp/evil.txt", "a/../../evil.txt"])
def test_archive_cannot_write_outside_its_folder(tmp_path, name):
    make_zip(tmp_path / "a.zip", [name])
    with pytest.raises(IntegrityError, match="a path outside itself"):
        unpack(tmp_path / "a.zip", tmp_path / "in" / "a")
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        file.addfile(tarfile.TarInfo("../evil.txt"), io.BytesIO())
    with pytest.raises(IntegrityError, match="a path outside itself"):
        unpack(tmp_path / "a.tar", tmp_path / "in" / "b")
    with tarfile.open(tmp_path / "l.tar", "w") as file:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        file.addfile(link)
    with pytest.raises(IntegrityError, match="a link or device"):
        unpack(tmp_path / "l.tar", tmp_path / "in" / "c")
    assert not list(tmp_path.rglob("evil.txt"))


def test_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("GANSEC_CACHE", str(tmp_path / "here"))
    assert download.cache_dir() == tmp_path / "here"
    monkeypatch.delenv("GANSEC_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert download.cache_dir() == tmp_path / "gansec"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert download.cache_dir().parts[-3:] == ("Library", "Caches", "gansec")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert download.cache_dir() == tmp_path / "local" / "gansec"
    assert os.environ["LOCALAPPDATA"]
