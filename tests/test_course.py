"""``start``: parameters are checked, everything is seeded, papermill's typos are caught."""

import random

import numpy as np
import pytest
import torch

from gansec_lib.course import check_injected_parameters, session, start
from gansec_lib.errors import ParameterError

PARAMETERS = 'PROFILE: str = "auto"  # help\nSEED: int = 0  # help\nRATE: float = 0.1  # help'


@pytest.fixture(autouse=True)
def as_before():
    """Settings of the whole process are put back."""
    import matplotlib as mpl

    settings = dict(mpl.rcParams)
    yield
    torch.set_deterministic_debug_mode("default")
    mpl.rcParams.update(settings)


def test_it_says_where_you_are(capsys):
    found = start("01", "smoke", 7)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Lesson 01: The minimax game"
    assert lines[1].startswith("profile smoke (asked for), CPU, seed 7")
    assert f"{torch.get_num_threads()} threads" in lines[2] and torch.__version__ in lines[2]
    assert len(lines) == 3
    assert (found.profile, found.seed, found.device.type) == ("smoke", 7, "cpu")
    assert torch.are_deterministic_algorithms_enabled()
    assert session.current_lesson == "01"


def test_everything_is_seeded():
    def draw(seed):
        start("01", "smoke", seed)
        return random.random(), float(np.random.rand()), float(torch.rand(1))  # noqa: NPY002

    assert draw(3) == draw(3)
    assert len(set(draw(3)) | set(draw(4))) == 6


def test_streams_of_generators_differ():
    found = start("01", "smoke", 3)
    first, second = (torch.rand(5, generator=found.generator(stream)) for stream in (0, 1))
    again = torch.rand(5, generator=found.generator(0))
    assert torch.equal(first, again) and not torch.equal(first, second)


@pytest.mark.parametrize("profile", ["smoke", "laptop"])
def test_pick(profile):
    found = start("01", profile, 0)
    assert found.pick(smoke=1, laptop=2, gpu=3) == {"smoke": 1, "laptop": 2}[profile]


def test_auto_asks_the_environment_first(monkeypatch, capsys):
    monkeypatch.setenv("GANSEC_PROFILE", "smoke")
    assert start("01").profile == "smoke"
    assert "from GANSEC_PROFILE" in capsys.readouterr().out
    monkeypatch.setenv("GANSEC_PROFILE", "")
    assert start("01").profile == ("gpu" if torch.cuda.is_available() else "laptop")
    monkeypatch.setenv("GANSEC_PROFILE", "smok")
    with pytest.raises(ParameterError, match=r"GANSEC_PROFILE: .*did you mean 'smoke'"):
        start("01")
    assert start("01", "laptop").profile == "laptop", "what is asked for wins"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("01", "laptpo", 0), "did you mean 'laptop'"),
        (("01", "huge", 0), "expected one of smoke, laptop, gpu, auto"),
        (("01", 3, 0), "profile: expected text"),
        (("1", "smoke", 0), "did you mean '01'"),
        (("77", "smoke", 0), 'lessons go from "00" to "31"'),
        (("reprot", "smoke", 0), "did you mean 'report'"),
        ((1, "smoke", 0), "lesson: expected text"),
        (("01", "smoke", "0"), "seed: expected a whole number, got '0' (str)"),
        (("01", "smoke", True), "seed: expected a whole number"),
        (("01", "smoke", 1.0), "seed: expected a whole number"),
        (("01", "smoke", -1), "from 0 to"),
        (("01", "smoke", 2**32), "from 0 to"),
    ],
)
def test_wrong_arguments_are_errors(arguments, words):
    with pytest.raises(ParameterError) as error:
        start(*arguments)
    assert words in str(error.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_gpu_without_a_gpu_is_one_clear_line():
    with pytest.raises(ParameterError, match="torch finds none"):
        start("01", "gpu")


def test_with_a_gpu_auto_takes_it_and_only_warns(monkeypatch, capsys):
    monkeypatch.delenv("GANSEC_PROFILE", raising=False)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # put back afterwards
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Imaginary 9000")
    found = start("01")
    assert (found.profile, found.device.type) == ("gpu", "cuda")
    assert found.pick(smoke=1, laptop=2, gpu=3) == 3
    assert "profile gpu (auto: a GPU is here), GPU Imaginary 9000" in capsys.readouterr().out
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert start("01", "laptop").device.type == "cpu", "laptop stays on the processor"
    assert not torch.is_deterministic_algorithms_warn_only_enabled()


# ---------------------------------------------------------------- injected parameters


@pytest.mark.parametrize(
    ("injected", "words"),
    [
        ('PROFLE = "smoke"', "PROFLE: this notebook has no such parameter; did you mean 'PROFILE'"),
        ('SEED = "7"', "SEED: expected int such as 0, got '7' (str)"),
        ("SEED = 1.5", "SEED: expected int"),
        ("SEED = True", "SEED: expected int"),
        ("SEED = None", "SEED: expected int"),
        ("PROFILE = 3", "PROFILE: expected str"),
        ('RATE = "fast"', "RATE: expected float"),
    ],
)
def test_injected_parameters_must_be_known(injected, words):
    history = ["", "import torch", PARAMETERS, f"# Parameters\n{injected}\n", "start()"]
    with pytest.raises(ParameterError) as error:
        check_injected_parameters(history)
    assert words in str(error.value)


@pytest.mark.parametrize(
    "injected", ['PROFILE = "smoke"', "SEED = 7", "RATE = 1", "RATE = 1e-3", "SEED = 3\nRATE = 2"]
)
def test_good_parameters_pass(injected):
    check_injected_parameters(["", PARAMETERS, f"# Parameters\n{injected}\n", "start()"])


def test_no_parameters_cell_at_all():
    with pytest.raises(ParameterError, match="SEED: this notebook has no such parameter"):
        check_injected_parameters(["", "x = 1", "# Parameters\nSEED = 1\n"])


def test_optional_and_lists():
    cell = "PROFILE: str = 'auto'\nCOUNT: int | None = None\nNAMES: list = []"
    check_injected_parameters([cell, "# Parameters\nCOUNT = 3\nNAMES = ['a']"])
    check_injected_parameters([cell, "# Parameters\nCOUNT = None"])
    with pytest.raises(ParameterError, match="NAMES: expected list"):
        check_injected_parameters([cell, "# Parameters\nNAMES = 'a'"])
    with pytest.raises(ParameterError, match="COUNT: expected int"):
        check_injected_parameters([cell, "# Parameters\nCOUNT = 'three'"])


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"SEED": 5}, None),
        ({"PROFLE": "smoke"}, "did you mean 'PROFILE'"),
    ],
)
def test_with_real_papermill(parameters, words, tmp_path):
    import nbformat
    import papermill

    cells = [
        nbformat.v4.new_code_cell("from gansec_lib.course import start"),
        nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell('course = start("01", "smoke", SEED)\nprint("done")'),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "p", "language": "python"}
    source, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(notebook, source)

    def run():
        papermill.execute_notebook(source, target, parameters, progress_bar=False)
        return nbformat.read(target, 4).cells[-1].outputs[0].text

    if words is None:
        assert "seed 5" in run() and run().endswith("done\n")
    else:
        with pytest.raises(papermill.PapermillExecutionError, match=words):
            run()
