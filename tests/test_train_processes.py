"""Two CPU processes under ``accelerate launch`` compute what one does."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from train_worker import sgd, trainer

from gansec_lib.errors import ParameterError

WORKER = Path(__file__).with_name("train_worker.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_two_processes_give_the_losses_and_weights_of_one(tmp_path):
    # ``accelerate launch --cpu`` alone starts one process; this is its way to start two.
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"]
    command += ["--num_processes", "2", "--num_machines", "1", "--mixed_precision", "no"]
    command += ["--dynamo_backend", "no", "--main_process_ip", "127.0.0.1"]
    command += ["--main_process_port", str(free_port()), WORKER, "shard", tmp_path / "two"]
    quiet = {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = subprocess.run(
        command, env=os.environ | quiet, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    two = json.loads((tmp_path / "two.json").read_text())
    assert two["processes"] == 2

    one = trainer(tmp_path / "one", normalised=False, optimizer=sgd)
    history = one.fit(20)
    assert two["values"].keys() == history.values.keys()
    for name, column in history.values.items():
        assert torch.allclose(torch.tensor(two["values"][name]), torch.tensor(column), atol=1e-4)
        assert len(set(column)) > 15  # it is no constant that agrees
    ours, theirs = (
        load_file(tmp_path / run / "step-00000020" / "state.safetensors") for run in ("one", "two")
    )
    for name in ours:
        if name.startswith(("/networks", "/ema")):
            assert torch.allclose(ours[name], theirs[name], atol=1e-5), name
    assert sum(name.startswith("/random") for name in theirs) == 2

    # What two processes began, one may finish.
    resumed = trainer(tmp_path / "two", normalised=False, optimizer=sgd)
    assert resumed.fit(22).steps == list(range(1, 23))


def test_a_batch_that_cannot_be_shared_is_refused():
    from gansec_lib.train.inputs import Feed

    with pytest.raises(ParameterError, match="batch_size: expected a multiple of the 3 processes"):
        Feed(torch.zeros(9, 2), 4, 0, torch.device("cpu"), processes=3)
