"""The three descriptions of the environment agree, and setting up fails in one clear line."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from packaging.requirements import Requirement

LOCKED = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)\s*(;.*)?")


@pytest.fixture(scope="module")
def setup_env(project):
    sys.path.insert(0, str(project / "tools"))
    try:
        import setup_env
    finally:
        sys.path.pop(0)
    return setup_env


def test_lock_satisfies_pyproject(project, setup_env):
    lock = (project / "requirements.lock").read_text("utf-8")
    assert setup_env.stale_lines((project / "pyproject.toml").read_text("utf-8"), lock) == []


def test_stale_lock_is_named(setup_env):
    asked = 'dependencies = ["numpy>=2.0", "scipy>=1.13"]'
    assert setup_env.stale_lines(asked, "numpy==1.26.4\n") == [
        "numpy 1.26.4 is locked, pyproject.toml asks for >=2.0",
        "scipy is not locked",
    ]


def test_lock_has_exact_versions_and_no_addresses(project):
    lines = (project / "requirements.lock").read_text("utf-8").splitlines()
    assert len(lines) > 50
    assert [line for line in lines if not LOCKED.fullmatch(line.strip())] == []
    assert "://" not in "\n".join(lines)


def test_conda_file_points_at_the_lock(project, setup_env):
    conda = yaml.safe_load((project / "environment.yml").read_text("utf-8"))["dependencies"]
    pip_lines = next(entry["pip"] for entry in conda if isinstance(entry, dict))
    assert pip_lines == ["-r requirements.lock", "-e ."]
    assert "pip" in conda
    oldest = ".".join(map(str, setup_env.OLDEST))
    assert any(str(entry).startswith(f"python>={oldest}") for entry in conda)
    assert f'requires-python = ">={oldest}"' in (project / "pyproject.toml").read_text("utf-8")


def test_torch_and_torchvision_are_a_matching_pair():
    asked = [Requirement(text) for text in importlib.metadata.requires("torchvision")]
    torch = next(requirement for requirement in asked if requirement.name == "torch")
    assert torch.specifier.contains(importlib.metadata.version("torch"))
    code = (  # a pair that does not match fails here: "operator torchvision::nms does not exist"
        "import torch, torchvision; boxes = torch.tensor([[0., 0, 2, 2], [0, 0, 2, 2.1]]); "
        "print(torchvision.ops.nms(boxes, torch.tensor([1., 2]), 0.5).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[1]", done.stderr[-2000:]


def runs(name):
    """Whether that Python is here (a version manager's empty shim is not)."""
    if shutil.which(name) is None:
        return False
    return subprocess.run([name, "--version"], capture_output=True).returncode == 0


def test_old_python_gets_one_clear_line(project, tmp_path):
    old = next((name for name in ("python3.10", "python3.9") if runs(name)), None)
    script = project / "tools" / "setup_env.py"
    if old:
        command = [old, str(script), "--venv", str(tmp_path / "venv")]
    else:  # no old Python here: ask for a version that does not exist yet
        code = (
            f"import sys; sys.path.insert(0, {str(script.parent)!r}); import setup_env; "
            f"setup_env.OLDEST = (4, 0); sys.argv[1:] = ['--venv', {str(tmp_path / 'venv')!r}]; "
            "setup_env.main()"
        )
        command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "or newer is needed" in done.stderr and "make setup PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_second_setup_installs_nothing(project):
    if not (project / ".venv" / ".installed").exists():
        pytest.skip("not run from the project's own .venv (conda, Colab)")
    done = subprocess.run(["make", "-n", "setup"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0
    assert "setup_env.py" not in done.stdout


def test_importing_the_library_loads_nothing_heavy():
    code = (
        "import sys, gansec_lib; heavy = {'torch', 'torchvision', 'torchmetrics', 'numba', "
        "'matplotlib', 'skimage', 'sklearn', 'IPython'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ci_runs_the_readme_command(project):
    readme = (project / "README.md").read_text("utf-8")
    script = (project / ".ci" / "run").read_text("utf-8")
    assert "make test" in readme and "make lab" in readme and "make report" in readme
    assert script.rstrip().endswith("make test")
    assert os.access(project / ".ci" / "run", os.X_OK)


def test_ruff_is_clean(project):
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "."], ["format", "--check", "."]):
        done = subprocess.run([*ruff, *command], cwd=project, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:]
