"""Runs that the tests of the training loop start in processes of their own.

``python train_worker.py kills DIR SEED``  kills one run again and again, and one never
``python train_worker.py shard OUT``       one run, to be launched on one or several processes
"""

import importlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import psutil
import torch
from torch import nn

from gansec_lib.train import Player, Trainer, adam, losses

STEPS = 60


def networks(normalised: bool) -> dict:
    """Two small networks; the normalised pair also has BatchNorm, dropout and buffers."""
    torch.manual_seed(7)
    extra = [nn.BatchNorm1d(16), nn.Dropout(0.2)] if normalised else []
    generator = nn.Sequential(nn.Linear(4, 16), *extra, nn.LeakyReLU(0.2), nn.Linear(16, 2))
    discriminator = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return {"generator": generator, "discriminator": discriminator}


def discriminator_loss(ctx):
    discriminator = ctx.networks["discriminator"]
    fake = ctx.networks["generator"](ctx.noise(len(ctx.real), 4))
    loss = losses.wgan_discriminator(discriminator(ctx.real), discriminator(fake))
    penalty = losses.gradient_penalty(discriminator, ctx.real, fake, ctx)
    return loss + penalty, {"penalty": penalty}


def generator_loss(ctx):
    fake = ctx.networks["generator"](ctx.noise(len(ctx.real), 4))
    return losses.wgan_generator(ctx.networks["discriminator"](fake))


def sgd(parameters):
    """Unlike Adam it does not blow rounding up: Adam turns a gradient of 1e-9 into a full step."""
    return torch.optim.SGD(parameters, lr=0.02, momentum=0.9)


def trainer(out, normalised=True, optimizer=adam, **options) -> Trainer:
    data = torch.randn(97, 2, generator=torch.Generator().manual_seed(1))
    return Trainer(
        networks(normalised),
        [
            Player("discriminator", ["discriminator"], discriminator_loss, optimizer, 2),
            Player("generator", ["generator"], generator_loss, optimizer),
        ],
        data,
        batch_size=16,
        seed=3,
        ema={"generator": 0.9},
        out=out,
        augment=lambda batch, rng: batch[0] + 0.01 * torch.randn(2, generator=rng),
        device="cpu",
        precision="fp32",
        show="none",
        **options,
    )


def whole_run(out) -> None:
    torch.rand(int(time.time() * 1e6) % 10)  # the caller's random state must not matter
    run = trainer(
        out,
        checkpoint_every=1,
        sample=lambda nets: (
            (torch.sigmoid(nets["generator"](torch.randn(4, 4))) * 255)
            .to(torch.uint8)
            .reshape(4, 1, 1, 2)
        ),
        sample_every=20,
    )
    run.fit(STEPS)


def fork(work, *arguments) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work(*arguments)
        status = 0
    finally:
        os._exit(status)


def wait_until_it_worked(child: int, seconds: float) -> None:
    """Until a process has used so much processor time, however busy the machine is, or ended."""
    process = psutil.Process(child)
    while process.status() != psutil.STATUS_ZOMBIE:
        spent = process.cpu_times()
        if spent.user + spent.system >= seconds:
            return
        time.sleep(0.003)


def kills(folder: Path, seed: int, enough: int = 24) -> dict:
    """One run left alone; others killed with SIGKILL at random moments until they get through."""
    _, status = os.waitpid(fork(whole_run, folder / "unbroken"), 0)
    assert status == 0
    clock = random.Random(seed)
    killed = while_writing = rounds = 0
    while killed < enough:
        rounds += 1
        out = folder / f"killed-{rounds}"
        while True:
            child = fork(whole_run, out)
            if killed < enough:
                wait_until_it_worked(child, clock.uniform(0.02, 0.2))
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            if status == 0:
                break
            if not os.WIFSIGNALED(status):
                raise SystemExit("a resumed run failed")
            killed += 1
            names = [path.name for path in out.glob("*")]
            while_writing += any(name.startswith((".step-", ".latest")) for name in names)
    return {"kills": killed, "while_writing": while_writing, "rounds": rounds}


def main() -> None:
    torch.set_num_threads(1)
    verb, target = sys.argv[1], Path(sys.argv[2])
    if verb == "kills":
        for module in ("accelerate", "safetensors.torch", "torch._dynamo", "filelock"):
            importlib.import_module(module)  # once, before the forks
        target.mkdir(parents=True, exist_ok=True)
        print(json.dumps(kills(target, int(sys.argv[3]))))
    elif verb == "shard":
        run = trainer(target, normalised=False, optimizer=sgd)
        history = run.fit(20)
        if run.accelerator.is_main_process:
            answer = {"processes": run.processes, "values": history.values}
            target.with_suffix(".json").write_text(json.dumps(answer))
        run.accelerator.wait_for_everyone()
        run.accelerator.end_training()
        # Under load gloo's threads may outlive the interpreter and abort it on its way out.
        os._exit(0)


if __name__ == "__main__":
    main()
