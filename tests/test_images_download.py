"""The downloader against a real server on the loopback: mirrors, resume, hashes, no network."""

import errno
import hashlib
import http.server
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from gansec_lib.errors import DataMissingError, IntegrityError, WriteError
from gansec_lib.images.files import download
from gansec_lib.images.files.catalogue import RemoteFile
from gansec_lib.images.files.download import fetch, remember

DATA = np.random.default_rng(7).integers(0, 256, 900_001, np.uint8).tobytes()
SHA = "sha256:" + hashlib.sha256(DATA).hexdigest()
MD5 = "md5:" + hashlib.md5(DATA).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Answers by the first part of the path: /range, /plain, /cut, /slow, /wrong, /busy, /gone,
    /page, /endless (a body without end or length), /drip (little a connection)."""

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
        if kind == "endless":
            server.requests.append((kind, asked, -1))
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(100_000))
            except ConnectionError:
                return
        self.send_header("Content-Length", str(len(body)))
        if kind == "drip":
            body = body[: download.CHUNK + 1]
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
    return sorted(p.name for p in folder.iterdir() if ".part" in p.name)


@pytest.mark.parametrize("digest", [SHA, MD5, ""])
def test_download_has_its_name_only_when_its_hash_is_right(server, tmp_path, digest):
    file = RemoteFile("file.bin", (server.url("range"),), digest)
    path = fetch(file, tmp_path)
    assert path.read_bytes() == DATA
    remember(file, path)
    recorded = [] if digest else ["file.bin.sha256"]
    assert sorted(os.listdir(tmp_path)) == ["file.bin", *recorded]


def test_a_second_call_downloads_nothing(server, tmp_path):
    file = RemoteFile("file.bin", (server.url("range"),), SHA)
    fetch(file, tmp_path)
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
    starts = [int(asked[6:-1]) if asked else 0 for _, asked, _ in server.requests]
    assert len(starts) == 4, "three breaks"
    for before, after in itertools.pairwise(starts):
        assert 200_000 - download.CHUNK <= after - before <= 200_000, "goes on where it broke"


def test_killed_process_is_resumed(server, tmp_path):
    code = (
        "import sys, pathlib; from gansec_lib.images.files.download import *; "
        "from gansec_lib.images.files.catalogue import RemoteFile; "
        "fetch(RemoteFile('file.bin', (sys.argv[1],), sys.argv[2]), pathlib.Path(sys.argv[3]))"
    )
    command = [sys.executable, "-c", code, server.url("slow"), SHA, str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    part = tmp_path / ".file.bin.part"
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
    (tmp_path / ".file.bin.part").write_bytes(b"x" * 1000)
    (tmp_path / ".file.bin.part.json").write_text(json.dumps([server.url("plain"), '"one"']))
    assert fetch(RemoteFile("file.bin", (server.url("plain"),), ""), tmp_path).read_bytes() == DATA
    assert server.requests[-1][1] == "bytes=1000-", "it was asked to continue and would not"


def test_part_of_another_version_or_mirror_is_not_continued(server, tmp_path):
    for state in ([server.url("range"), '"old"'], ["http://b/", '"one"'], {}, "xy", [1], None):
        (tmp_path / ".file.bin.part").write_bytes(b"x" * 1000)
        (tmp_path / ".file.bin.part.json").write_text(json.dumps(state))
        path = fetch(RemoteFile("file.bin", (server.url("range"),), ""), tmp_path)
        assert path.read_bytes() == DATA
        path.unlink()


def test_whole_part_that_only_missed_its_name_is_not_fetched_again(server, tmp_path):
    (tmp_path / ".file.bin.part").write_bytes(DATA)
    (tmp_path / ".file.bin.part.json").write_text(json.dumps([server.url("range"), '"one"']))
    fetch(RemoteFile("file.bin", (server.url("range"),), SHA), tmp_path)
    assert server.requests == [("range", f"bytes={len(DATA)}-", 0)]


def test_wrong_hash_is_removed_and_the_next_mirror_is_asked(server, tmp_path):
    urls = (server.url("wrong"), server.url("range"))
    assert fetch(RemoteFile("file.bin", urls, SHA), tmp_path).read_bytes() == DATA


def test_wrong_hash_everywhere_is_an_error_and_nothing_stays(server, tmp_path):
    with pytest.raises(IntegrityError, match=r"file\.bin: expected sha256:.* was removed"):
        fetch(RemoteFile("file.bin", (server.url("wrong"),), SHA), tmp_path)
    assert not (tmp_path / "file.bin").exists()
    assert leftovers(tmp_path) == []


def test_first_use_is_said_remembered_and_held_to(server, tmp_path, capsys):
    file = RemoteFile("file.bin", (server.url("range"),), "")
    path = fetch(file, tmp_path)
    remember(file, path)
    assert "no published hash" in capsys.readouterr().err
    assert (tmp_path / "file.bin.sha256").read_text() == f"{SHA[7:]}  file.bin\n"
    path.unlink()
    server.content, server.etag = DATA[:-1] + b"?", '"two"'
    with pytest.raises(IntegrityError, match=r"expected .* \(recorded in .*bin\.sha256\)"):
        fetch(file, tmp_path)
    server.content = DATA
    remember(file, fetch(file, tmp_path))
    assert "no published hash" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "record", [b"", b"[]", b'{"sha256": 5}', b"\xff\xfe", b"null", b"5" * 63, bytes(5000)]
)
def test_a_damaged_record_is_said_and_made_anew(server, tmp_path, record):
    file = RemoteFile("file.bin", (server.url("range"),), "")
    (tmp_path / "file.bin").write_bytes(DATA)
    (tmp_path / "file.bin.sha256").write_bytes(record)
    with pytest.warns(UserWarning, match=r"sha256: damaged, holds no sha256.*Delete both"):
        remember(file, fetch(file, tmp_path))
    assert (tmp_path / "file.bin.sha256").read_text().split()[0] == SHA[7:]


def test_the_record_of_an_earlier_release_still_counts(server, tmp_path):
    record = {"sha256": "0" * 64, "trust": "first use", "seen": [1, 2]}
    (tmp_path / "file.bin.sha256").write_text(json.dumps(record))
    (tmp_path / "file.bin").write_bytes(DATA)
    with pytest.raises(IntegrityError, match="expected sha256:0000"):
        fetch(RemoteFile("file.bin", (server.url("range"),), ""), tmp_path)


def test_a_published_hash_wins_over_a_recorded_one(server, tmp_path):
    """Trusted on first use, untouched since; then the publisher's hash becomes known."""
    path = tmp_path / "file.bin"
    path.write_bytes(DATA[::-1])
    remember(RemoteFile("file.bin", (server.url("range"),), ""), path)
    assert fetch(RemoteFile("file.bin", (server.url("range"),), ""), tmp_path) == path
    for digest in (SHA, MD5):
        with pytest.raises(IntegrityError, match=r"published.*delete .*file\.bin and load again"):
            fetch(RemoteFile("file.bin", (server.url("range"),), digest), tmp_path)
    path.unlink()
    assert fetch(RemoteFile("file.bin", (server.url("range"),), MD5), tmp_path).exists()
    fetch(RemoteFile("file.bin", (server.url("range"),), MD5), tmp_path)
    assert os.listdir(tmp_path) == ["file.bin"], "the record no longer speaks"


def test_a_body_without_end_is_cut_off_and_the_next_mirror_asked(server, tmp_path):
    urls = (server.url("endless"), server.url("range"))
    path = fetch(RemoteFile("file.bin", urls, SHA, megabytes=1), tmp_path)
    assert path.read_bytes() == DATA
    with pytest.raises(IntegrityError, match=r"sends more than 1 MB.*was removed"):
        fetch(RemoteFile("other.bin", urls[:1], "", megabytes=1), tmp_path)
    assert os.listdir(tmp_path) == ["file.bin"]


def test_a_body_that_is_announced_too_long_is_not_taken(server, tmp_path):
    with pytest.raises(IntegrityError, match=r"sends more than 0\.5 MB"):
        fetch(RemoteFile("file.bin", (server.url("range"),), SHA, megabytes=0.5), tmp_path)
    assert leftovers(tmp_path) == []


def test_a_server_that_sends_little_a_connection_is_given_up(server, tmp_path):
    urls = (server.url("drip"), server.url("range"))
    assert fetch(RemoteFile("file.bin", urls, SHA), tmp_path).read_bytes() == DATA
    assert [kind for kind, _, _ in server.requests].count("drip") == download.TRIES


@pytest.mark.parametrize("way", ["full", "announced"])
def test_a_full_disk_is_one_error_that_names_the_file(server, tmp_path, monkeypatch, way):
    if way == "announced":
        usage = type("Usage", (), {"free": 1000})
        monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: usage)
    else:

        def full(self, chunk):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(download._Part, "write", full)
    urls = (server.url("range"), server.url("plain"))
    with pytest.raises(
        WriteError, match=r"file\.bin: could not be written .*free some space"
    ) as said:
        fetch(RemoteFile("file.bin", urls, SHA), tmp_path)
    assert said.value.errno == errno.ENOSPC
    assert len(server.requests) == 1, "no other mirror helps"
    assert not (tmp_path / "file.bin").exists() and leftovers(tmp_path) == []


def test_file_put_there_by_hand_is_used_and_checked(server, tmp_path):
    file = RemoteFile("file.bin", (server.url("range"),), SHA)
    (tmp_path / "file.bin").write_bytes(DATA)
    assert fetch(file, tmp_path).read_bytes() == DATA
    (tmp_path / "file.bin").write_bytes(DATA[:-5])
    with pytest.raises(IntegrityError, match=r"delete .*file\.bin and load again"):
        fetch(file, tmp_path)
    assert (tmp_path / "file.bin").exists(), "what a person put there is not deleted"
    assert server.requests == []


def test_web_page_instead_of_an_archive_is_not_kept(server, tmp_path):
    with pytest.raises(IntegrityError, match=r"set\.zip: 127.* sent no archive .*was removed"):
        fetch(RemoteFile("set.zip", (server.url("range"),), ""), tmp_path)
    assert os.listdir(tmp_path) == []


def test_web_page_instead_of_a_file_is_answered_with_where_to_put_it(server, tmp_path):
    """What a site that asks to log in, or is over its quota, answers."""
    with pytest.raises(DataMissingError, match=r"a web page, not the file.*put file\.bin"):
        fetch(RemoteFile("file.bin", (server.url("page"),), SHA), tmp_path)
    assert len(server.requests) == 1


def test_no_network_is_one_line_that_says_what_to_put_where(server, tmp_path, monkeypatch):
    import requests

    def no_network(*args, **kwargs):
        raise requests.ConnectionError("Temporary failure in name resolution")

    monkeypatch.setattr(requests, "get", no_network)
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


def test_only_http_addresses_are_opened(server, tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(DataMissingError, match="No connection adapters"):
        fetch(RemoteFile("file.bin", (f"file://{tmp_path}/secret",), ""), tmp_path)


def test_progress_is_drawn_where_it_is_asked_for(server, tmp_path, capsys):
    fetch(RemoteFile("file.bin", (server.url("range"),), SHA), tmp_path, show=True)
    shown = capsys.readouterr().err
    assert "100%" in shown and "900" in shown, "kilobytes done and in all"
    (tmp_path / "file.bin").unlink()
    fetch(RemoteFile("file.bin", (server.url("range"),), SHA), tmp_path, show=False)
    assert capsys.readouterr().err == ""


def test_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("GANSEC_CACHE", "~/here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert download.cache_dir() == tmp_path / "here"
    monkeypatch.delenv("GANSEC_CACHE")
    assert download.cache_dir().parts[-1] == "gansec"
