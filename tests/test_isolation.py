"""Nothing that a test leaves behind reaches the next one, and another order is another order."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

DIRTY = """
import os, random
import matplotlib, matplotlib.pyplot as plt, numpy, torch

def state():
    return (
        os.environ.get("LEFT_OVER"), os.getcwd(), len(plt.get_fignums()), random.random(),
        numpy.random.rand(), torch.rand(1).item(), matplotlib.rcParams["figure.dpi"],
        torch.are_deterministic_algorithms_enabled(),
    )

def test_first():
    random.seed(5); numpy.random.seed(5); torch.manual_seed(5)

SEEN = []

def test_leaves_everything_behind(tmp_path):
    SEEN.append(state())
    os.environ["LEFT_OVER"] = "1"
    os.chdir(tmp_path)
    plt.figure()
    torch.use_deterministic_algorithms(True)
    matplotlib.rcParams["figure.dpi"] = 7

def test_finds_nothing():
    assert SEEN == [state()]
"""


def run(folder, *arguments, **environment):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "GANSEC_SHUFFLE": "", **environment},
        capture_output=True,
        text=True,
    )


def test_what_a_test_leaves_behind_is_put_back(tmp_path):
    (tmp_path / "test_dirty.py").write_text(DIRTY)
    assert run(tmp_path).returncode, "without the fixture the second test must see the first"
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_seed_shuffles_files_and_tests(tmp_path):
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    for name in "abcdef":
        body = "".join(f"def test_{number}():\n    assert {number} + 1\n" for number in range(6))
        (tmp_path / f"test_{name}.py").write_text(body)

    def order(seed):
        listed = run(tmp_path, "--collect-only", GANSEC_SHUFFLE=seed).stdout
        return re.findall(r"test_(\w)\.py::test_(\d)", listed)

    usual, one, again, two = order(""), order("1"), order("1"), order("2")
    assert usual == sorted(usual) and len(usual) == 36
    assert one == again and sorted(one) == sorted(two) == usual
    assert len({tuple(usual), tuple(one), tuple(two)}) == 3
    assert [len({f for f, _ in one[i : i + 6]}) for i in range(0, 36, 6)] == [1] * 6  # files whole
