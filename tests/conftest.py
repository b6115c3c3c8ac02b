"""What every test shares: where the real pictures are, one thread, no display."""

import os
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
def one_thread():
    """Two workers on two cores: one torch thread each. Runs only where torch is loaded."""
    import sys

    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def pytest_collection_modifyitems(items):
    """Tests marked gpu run where CUDA is, and say why they do not elsewhere."""
    gpu = [item for item in items if "gpu" in item.keywords]
    if gpu:
        import torch

        if not torch.cuda.is_available():
            for item in gpu:
                item.add_marker(pytest.mark.skip(reason="no CUDA device"))
