"""The command line: exit codes, what lands on disk, what a wrong word is answered with."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from gansec_lib import cli, doctor
from gansec_lib.report import page

RUNNER = CliRunner()


def invoke(*arguments):
    return RUNNER.invoke(cli.app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One whole report, as a user makes it."""
    out = tmp_path_factory.mktemp("report")
    command = [sys.executable, "-m", "gansec_lib.cli", "report", "logistic"]
    command += ["--profile", "smoke", "--size", "32", "--count", "2", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    return done, out


def test_report_ends_well_and_says_where_it_is(finished):
    done, out = finished
    assert done.returncode == 0, done.stderr
    assert str(out / "report.html") in done.stdout
    assert re.search(r"^logistic: \d+ of \d+ judged metrics", done.stdout, re.MULTILINE)
    assert sorted(p.name for p in out.iterdir()) == ["report.html", "report.ipynb", "results.json"]


def test_page_is_one_file_that_asks_for_nothing(finished):
    text = (finished[1] / "report.html").read_text(encoding="utf-8")
    assert page.external_requests(text) == []
    assert text.count("data:image/png;base64") >= 6
    assert "No description has been provided" not in text
    assert "def " not in text and "import " not in text, "no code in the page"
    for words in (
        "AES-256-GCM",
        "What is not secure",
        "two time pad",
        "DeepKeyGen",
        "gansec report",
    ):
        assert words in text, words
    assert "gansec report aes_gcm logistic --images photos" in text


def test_results_hold_both_systems(finished):
    results = json.loads((finished[1] / "results.json").read_text(encoding="utf-8"))
    assert {"systems", "images", "profile", "seed", "versions"} == set(results)
    assert list(results["systems"]) == ["aes_gcm", "logistic"]
    assert results["images"]["shape"] == [2, 3, 32, 32] and results["profile"] == "smoke"
    tried = {entry["name"] for entry in results["systems"]["logistic"]["attempts"]}
    assert tried >= {"two_time_pad", "chosen_plaintext_two_way", "known_plaintext"}


def test_notebook_holds_its_parameters(finished):
    import nbformat

    cells = nbformat.read(finished[1] / "report.ipynb", as_version=4).cells
    injected = [c for c in cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert len(injected) == 1 and 'PROFILE = "smoke"' in injected[0].source


def test_a_system_that_raises_ends_with_1_and_keeps_the_notebook(tmp_path, monkeypatch):
    """The kernel imports the library afresh, so the fault is put into the notebook."""
    import nbformat

    from gansec_lib.report import run as runner

    broken = nbformat.read(runner.notebook_path(), as_version=4)
    at = next(i for i, c in enumerate(broken.cells) if "study.measure" in c.source)
    broken.cells[at].source = "raise RuntimeError('the system broke')"
    before = os.environ.get("GANSEC_STATIC")
    path = tmp_path / "broken.ipynb"
    nbformat.write(broken, path)
    monkeypatch.setattr(runner, "notebook_path", lambda: path)
    arguments = ("--profile", "smoke", "--size", "32", "--count", "1", "--out", tmp_path / "out")
    done = invoke("report", "aes_gcm", *arguments)
    assert done.exit_code == 1
    assert "the system broke" in done.output and "report.ipynb" in done.output
    assert (tmp_path / "out" / "unfinished" / "report.ipynb").is_file()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["unfinished"]
    assert not (tmp_path / "out" / "unfinished" / "results.json").exists()
    assert os.environ.get("GANSEC_STATIC") == before, "the environment is left as it was"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "logisitc"), "did you mean 'logistic'"),
        (("report", "--profile", "huge"), "smoke, laptop, gpu"),
        (("report", "--seed", "-1"), "0 or more"),
        (("report", "--images", "/no/such/folder"), "/no/such/folder"),
        (("report", "--images", "fotos"), "photos"),
        (("report", "--size", "4", "--profile", "smoke"), "size"),
        (("report", "logistic:rounds=3", "--profile", "smoke"), "rounds"),
        (("report", "LSB"), "did you mean 'lsb'"),
        (("report", "no such thing"), "gansec list"),
        (("report", "blur:sigma=1" + "0" * 400), "sigma: expected a number"),
        (("report", "keygan_logistic:seed=1" + "0" * 400), "seed: expected a whole number"),
        (("report", "lsb:order=keyed:order=keyed"), "order: given twice"),
        (("report", "--count", "99999999999"), "count: expected"),
        (("report", "--count", "9999999", "--size", "2048"), "GiB"),
        (("report", "--nonsense"), "nonsense"),
        (("list", "everything"), "systems, images or all"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_arguments_end_with_2(arguments, said, tmp_path):
    done = invoke(*arguments, *(("--out", tmp_path) if arguments[0] == "report" else ()))
    assert done.exit_code == 2
    assert said in done.output
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_says_what_is_kept_and_ends_with_130(tmp_path):
    """As a terminal sends it: to the command and to the kernel that it started."""
    out = tmp_path / "out"
    command = [sys.executable, "-m", "gansec_lib", "report", "logistic", "--out", str(out)]
    going = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    kept = out / "unfinished" / "report.ipynb"
    try:
        end = time.monotonic() + 120
        while not (kept.is_file() and '"status": "running"' in kept.read_text("utf-8")):
            assert going.poll() is None and time.monotonic() < end
            time.sleep(0.1)
        time.sleep(1)  # into a cell, where the kernel answers the signal itself
        errors = None
        while errors is None:  # between two cells the notebook's engine may miss it: press again
            os.killpg(going.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                _, errors = going.communicate(timeout=15)
            assert time.monotonic() < end + 120
    finally:
        going.kill()
    assert going.returncode == 130
    assert errors.splitlines() == [
        f"gansec: stopped; what was done until then is kept in {kept}, and a former report is as "
        f"it was"
    ]
    assert kept.is_file() and not (out / "report.html").exists()


def test_ctrl_c_before_anything_is_made_says_so(tmp_path, monkeypatch):
    from gansec_lib.report import study

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "Study", stop)
    done = invoke("report", "aes_gcm", "--out", tmp_path)
    assert done.exit_code == 130 and done.output == "gansec: stopped; nothing was written\n"


def test_the_package_is_the_command():
    done = [
        subprocess.run([sys.executable, "-m", *name, "list", "systems"], capture_output=True)
        for name in (["gansec_lib"], ["gansec_lib.cli"])
    ]
    assert [one.returncode for one in done] == [0, 0] and done[0].stdout == done[1].stdout
    assert b"aes_gcm" in done[0].stdout


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_report_stops_at_the_plural(project):
    """``SYSTEMS`` would be passed over, and the report would be one of four other systems."""
    ask = ["make", "--dry-run", "report"]
    done = subprocess.run([*ask, "SYSTEMS=blur"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 2 and 'SYSTEM="blur"' in done.stderr
    done = subprocess.run([*ask, "SYSTEM=blur"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0 and "report blur" in done.stdout


def test_a_folder_that_cannot_be_written_ends_with_2(tmp_path):
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "deeper"
    done = invoke("report", "aes_gcm", "--profile", "smoke", "--count", "1", "--out", out)
    assert done.exit_code == 2 and "cannot write" in done.output


def test_list_names_systems_and_sources():
    done = invoke("list")
    assert done.exit_code == 0
    for word in ("aes_gcm", "chacha20", "logistic", "photos", "faces", "celeba"):
        assert word in done.output
    assert "photos" not in invoke("list", "systems").output
    assert "aes_gcm" not in invoke("list", "images").output


def test_help_and_list_import_no_torch():
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom gansec_lib import cli\n"
        "done = CliRunner().invoke(cli.app, ['list', 'systems'])\n"
        "print(done.exit_code, 'torch' in sys.modules, 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False", "False"]


def test_doctor_finds_this_machine_well():
    found = {check.name: check for check in doctor.examine()}
    assert set(found) == {
        "Python",
        "packages",
        "torch and torchvision",
        "GPU",
        "data",
        "forward pass",
        "ciphers",
        "Jupyter kernel",
    }
    wrong = [c for c in found.values() if c.state == "fail" and c.name != "data"]
    assert wrong == []


def test_doctor_sees_changed_and_missing_data(tmp_path, monkeypatch):
    import hashlib

    monkeypatch.setenv("GANSEC_DATA", str(tmp_path))
    assert next(doctor._data()).state == "fail"
    (tmp_path / "good.bin").write_bytes(b"good")
    (tmp_path / "bad.bin").write_bytes(b"changed")
    digest = hashlib.sha256(b"good").hexdigest()
    files = {name: {"sha256": digest} for name in ("good.bin", "bad.bin", "gone.bin")}
    (tmp_path / "MANIFEST.json").write_text(json.dumps({"files": files}))
    said = next(doctor._data())
    assert said.state == "fail" and "bad.bin" in said.found and "gone.bin" in said.found
    del files["bad.bin"], files["gone.bin"]
    (tmp_path / "MANIFEST.json").write_text(json.dumps({"files": files}))
    assert next(doctor._data()) == doctor.Check("data", "pass", "1 files, every sha256 right")


def test_doctor_ends_with_1_when_something_fails(monkeypatch):
    checks = [doctor.Check("a", "pass", "fine"), doctor.Check("b", "fail", "broken")]
    monkeypatch.setattr(doctor, "examine", lambda: iter(checks))
    done = invoke("doctor")
    assert done.exit_code == 1 and "1 failed" in done.output
    monkeypatch.setattr(doctor, "examine", lambda: iter(checks[:1]))
    assert invoke("doctor").exit_code == 0


def test_a_check_that_raises_is_a_failed_check(monkeypatch):
    def fall():
        raise OSError("no such disk")
        yield

    monkeypatch.setattr(doctor, "_gpu", fall)
    monkeypatch.setattr(doctor, "_kernel", lambda: iter(()))
    assert doctor.Check("GPU", "fail", "OSError: no such disk") in list(doctor.examine())


def test_the_default_profile_of_make_report_is_understood(project, monkeypatch):
    """`make report` passes its own PROFILE: the command must take it, and go on to the pictures."""
    import re

    from typer.testing import CliRunner

    from gansec_lib.cli import app

    default = re.search(r"^PROFILE \?= (\w+)$", (project / "Makefile").read_text("utf-8"), re.M)[1]
    monkeypatch.setenv("GANSEC_PROFILE", "smoke")
    asked = ["report", "--profile", default, "--images", "no_such_pictures"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2
    assert "no_such_pictures" in done.output and "--profile" not in done.output
