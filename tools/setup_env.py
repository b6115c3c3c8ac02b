"""Make the virtual environment and install exactly what requirements.lock names.

Runs on any Python that can start it, and needs nothing but the standard library: it is the first
thing a new machine runs. ``make setup`` calls it; a second call finds the stamp and does nothing.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
OLDEST = (3, 11)


def stop(line):
    """End with one clear line, not a traceback."""
    sys.exit("gansec setup: " + line)


def run(*command):
    if subprocess.run([str(part) for part in command], cwd=ROOT).returncode:
        stop("failed: " + " ".join(str(part) for part in command))


def pip_install(python, *what):
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)


def venv_python(venv):
    folder = "Scripts" if sys.platform == "win32" else "bin"
    return venv / folder / ("python.exe" if sys.platform == "win32" else "python")


def make_venv(venv):
    if sys.version_info < OLDEST:
        stop(
            "Python {}.{} or newer is needed, this is {}.{}. Install one and run: "
            "make setup PYTHON=python3.12".format(*OLDEST, *sys.version_info[:2])
        )
    python = venv_python(venv)
    if not python.exists():
        print("making", venv.name, "with Python", sys.version.split()[0], flush=True)
        run(sys.executable, "-m", "venv", venv)
    return python


def stale_lines(project_text, lock_text):
    """What pyproject.toml asks for and the lock does not give: one line each.

    >>> stale_lines('dependencies = ["numpy>=2.0"]', "numpy==1.26.4")
    ['numpy 1.26.4 is locked, pyproject.toml asks for >=2.0']
    """
    import tomllib

    from pip._vendor.packaging.requirements import Requirement
    from pip._vendor.packaging.utils import canonicalize_name

    toml = tomllib.loads(project_text)
    project = toml.get("project", toml)
    asked = list(project.get("dependencies", []))
    for extra in project.get("optional-dependencies", {}).values():
        asked += extra
    locked = {}
    for line in lock_text.splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)\s*(?:;.*)?$", line)
        if found:
            locked.setdefault(canonicalize_name(found[1]), []).append(found[2])
    lines = []
    for text in asked:
        need = Requirement(text)
        versions = locked.get(canonicalize_name(need.name), [])
        if not versions:
            lines.append(f"{need.name} is not locked")
        for version in versions:
            if not need.specifier.contains(version, prereleases=True):
                lines.append(
                    f"{need.name} {version} is locked, pyproject.toml asks for {need.specifier}"
                )
    return lines


def install(python, venv):
    check = "import sys; sys.path.insert(0, 'tools'); import setup_env; setup_env.check_lock()"
    if subprocess.run([str(python), "-c", check], cwd=ROOT).returncode:
        sys.exit(1)
    pip_install(python, "uv")
    print("installing the locked versions (about 5 GB with a CUDA torch; once)", flush=True)
    uv = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    fast = subprocess.run([*map(str, uv), "-r", str(LOCK)], cwd=ROOT)
    if fast.returncode:  # a registry that only pip is set up for
        print("uv could not install the lock, trying pip", flush=True)
        pip_install(python, "-r", LOCK)
    pip_install(python, "--no-deps", "-e", ".")
    (venv / ".installed").write_text("made by tools/setup_env.py\n")
    print("ready", flush=True)


def check_lock():
    """Runs inside the new environment, whose pip carries the version rules."""
    lines = stale_lines((ROOT / "pyproject.toml").read_text("utf-8"), LOCK.read_text("utf-8"))
    if lines:
        stop("requirements.lock is stale (" + "; ".join(lines) + "). Run: make lock")


def relock(python):
    """Resolve the ranges of pyproject.toml for every platform and Python, without addresses."""
    run(
        *(
            python,
            "-m",
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--python-version",
            "3.11",
        ),
        *("--no-header", "--no-emit-index-url", "--no-annotate", "--extra", "dev", "--upgrade"),
        *("pyproject.toml", "-o", LOCK),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    parser.add_argument("--lock", action="store_true", help="write requirements.lock anew")
    arguments = parser.parse_args()
    venv = arguments.venv.resolve()
    if not LOCK.exists() and not arguments.lock:
        stop("requirements.lock is missing. Restore it, or run: make lock")
    python = make_venv(venv)
    if arguments.lock:
        pip_install(python, "uv")
        relock(python)
    install(python, venv)


if __name__ == "__main__":
    main()
