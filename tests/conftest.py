"""What every test shares: where the real pictures are, one thread, no display, nothing left over.

``GANSEC_SHUFFLE=7 python -m pytest tests`` runs files and the tests in them in another order.
"""

import os
import random
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("GANSEC_PROFILE", "smoke")
os.environ.setdefault("GANSEC_STATIC", "1")  # nobody moves a slider here

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real pictures beside the project: read by path, never copied in."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real pictures are not on this machine: no ../shared/data beside the project")
    return folder


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(autouse=True)
def nothing_left_over():
    """Whatever a test sets for the whole process is put back: a later test must not notice.

    That is one torch thread (two workers share two cores), environment variables, the working
    folder, the states of the global random numbers, and in matplotlib open figures and settings.
    Modules that a test is the first to import are left as they are.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    before, folder = dict(os.environ), os.getcwd()
    restore = [restorer(sys.modules[name]) for name, restorer in RESTORERS if name in sys.modules]
    yield
    for put_back in restore:
        put_back()
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    os.chdir(folder)
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)


def _of_numpy(numpy):
    state = numpy.random.get_state()
    return lambda: numpy.random.set_state(state)


def _of_torch(torch):
    state, deterministic = torch.get_rng_state(), torch.are_deterministic_algorithms_enabled()

    def put_back():
        torch.set_rng_state(state)
        if torch.are_deterministic_algorithms_enabled() != deterministic:  # imports for seconds
            torch.use_deterministic_algorithms(deterministic)

    return put_back


def _of_python(random):
    state = random.getstate()
    return lambda: random.setstate(state)


def _of_matplotlib(matplotlib):
    settings = matplotlib.rcParams.copy()
    return lambda: dict.update(matplotlib.rcParams, settings)


RESTORERS = (
    ("random", _of_python),
    ("numpy", _of_numpy),
    ("torch", _of_torch),
    ("matplotlib", _of_matplotlib),
)


def pytest_collection_modifyitems(items):
    """Tests marked gpu run where CUDA is and say why not elsewhere; a seed shuffles the order."""
    gpu = [item for item in items if "gpu" in item.keywords]
    if gpu:
        import torch

        if not torch.cuda.is_available():
            for item in gpu:
                item.add_marker(pytest.mark.skip(reason="no CUDA device"))
    if os.environ.get("GANSEC_SHUFFLE"):
        shuffle(items, random.Random(os.environ["GANSEC_SHUFFLE"]))


def shuffle(items, rng) -> None:
    """Another order of the files, and of the tests in a file; a notebook's cells keep theirs."""
    files: dict[Path, list] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    order = list(files)
    rng.shuffle(order)
    for path in order:
        if path.suffix == ".py":
            rng.shuffle(files[path])
    items[:] = [item for path in order for item in files[path]]
