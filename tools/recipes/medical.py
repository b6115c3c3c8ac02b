"""Lesson 12: the networks of the medical pipelines: lungs, super-resolution, compression."""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F

from gansec_lib import images
from gansec_lib.images.convert import to_bytes, to_network
from gansec_lib.metrics import quality
from gansec_lib.nets import weights
from gansec_lib.nets.resnet import PatchDiscriminator
from gansec_lib.nets.restore import CompressionGAN, CSRNet, enlarge
from gansec_lib.nets.unet import UNet
from gansec_lib.train import Player, Trainer, losses
from tools.recipes import Recipe

CHUNK = 100
STEPS = {
    "unet_lungs": {"laptop": 500, "gpu": 5_000},
    "csrnet": {"laptop": 3_500, "gpu": 40_000},
    "compression_gan": {"laptop": 2_500, "gpu": 60_000},
}


def faster(parameters):
    """Adam at 0.001: these networks do not play against each other (the codec hardly does)."""
    return torch.optim.Adam(parameters, lr=1e-3)


def fading(steps: int):
    """Adam at 0.001, down to nothing along a cosine."""

    def make(parameters):
        optimizer = torch.optim.Adam(parameters, lr=1e-3)

        def fade(optimizer, *_):
            for group in optimizer.param_groups:
                state = optimizer.state.get(group["params"][0], {})
                share = min(1.0, float(state.get("step", 0)) / steps)
                group["lr"] = 5e-4 * (1 + math.cos(math.pi * share))

        optimizer.register_step_pre_hook(fade)
        return optimizer

    return make


def patches(photos: int, scans: int, size: int = 64):
    """Grey crops of photographs and X-rays, uint8 (photos + scans, 1, size, size)."""
    parts = [("photos", photos), ("xrays", scans)]
    return torch.cat(
        [images.load(kind, size=size, count=n, colour=False).images for kind, n in parts]
    )


def smooth(count: int, size: int = 64):
    """Photographs enlarged twofold: large pictures from cameras are as smooth as these."""
    small = images.load("photos", size=size // 2, count=count, colour=False, seed=1).images
    large = F.interpolate(to_network(small), scale_factor=2, mode="bicubic").clamp(-1, 1)
    return to_bytes(large)


def turned(batch, rng):
    """One of the eight positions of a square, the same for the whole batch."""
    draw = int(torch.randint(8, (), generator=rng, device=rng.device))
    pictures = torch.rot90(batch[0], draw // 2, (2, 3))
    return (pictures.flip(3) if draw % 2 else pictures, *batch[1:])


def lungs(_):
    """U-Net, its data and its player."""
    drawn = images.load("xrays", size=64, count=1024, colour=False)
    network = UNet(1, (8, 16, 32))

    def loss(ctx):
        logits, truth = ctx.networks["network"](ctx.real), ctx.batch[1].float()[:, None]
        share = torch.sigmoid(logits)
        overlap = 2 * (share * truth).sum() / (share.sum() + truth.sum() + 1)
        return F.binary_cross_entropy_with_logits(logits, truth) + 1 - overlap

    data = (drawn.images, drawn.masks["lungs"])
    return {"network": network}, [Player("network", ("network",), loss, faster)], data, {}


def super_resolution(steps):
    """CSRNet on every second pixel."""

    def loss(ctx):
        return F.l1_loss(ctx.networks["network"](ctx.real[:, :, ::2, ::2]), ctx.real)

    players = [Player("network", ("network",), loss, fading(steps))]
    sharp = patches(1152, 512)
    data = torch.cat([sharp[:1152], smooth(384), sharp[1152:]])
    settings = {"augment": turned, "ema": {"network": 0.99}}
    return {"network": CSRNet(32, 5)}, players, data, settings


def codec(_):
    """The codec against a patch discriminator: LSGAN and 100 MSE (ours)."""

    def discriminate(ctx):
        judge, real = ctx.networks["discriminator"], ctx.real
        with torch.no_grad():
            fake = ctx.networks["network"](real)
        return losses.lsgan_discriminator(judge(real), judge(fake))

    def compress(ctx):
        made = ctx.networks["network"](ctx.real)
        fooled = losses.lsgan_generator(ctx.networks["discriminator"](made))
        return 100 * F.mse_loss(made, ctx.real) + 0.1 * fooled

    players = [
        Player("discriminator", ("discriminator",), discriminate),
        Player("network", ("network",), compress, faster),
    ]
    networks = {"network": CompressionGAN(1, 24, 12, 3), "discriminator": PatchDiscriminator(1, 8)}
    return networks, players, patches(512, 512), {}


def judge(name: str, network) -> dict:
    """What the finished network reaches on pictures it has not seen."""
    with torch.no_grad():
        if name == "unet_lungs":
            held = images.load("xrays", size=64, count=64, colour=False, split="test")
            found = network(to_network(held.images))[:, 0] > 0
            truth = held.masks["lungs"]
            return {"dice": (2 * (found & truth).sum() / (found.sum() + truth.sum())).item()}
        held = images.load("photos", size=256, count=8, colour=False, split="test").images
        light = to_network(held)
        made = {"": network(light[:, :, ::2, ::2] if name == "csrnet" else light)}
        if name == "csrnet":
            made["bicubic_"] = enlarge(light[:, :, ::2, ::2])
        found = {}
        for prefix, picture in made.items():
            bytes_ = to_bytes(picture.clamp(-1, 1))
            found[f"{prefix}psnr"] = quality.psnr_values(held, bytes_).mean().item()
            found[f"{prefix}ssim"] = quality.ssim_values(held, bytes_).mean().item()
        return found


def train(name: str, setting, profile: str, out: Path, minutes: float | None) -> bool:
    """One network, resumable."""
    deadline = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    torch.manual_seed(0)
    steps = STEPS[name][profile]
    networks, players, data, settings = setting(steps)
    trainer = Trainer(
        networks, players, data, 16, seed=0, precision="fp32", out=out, checkpoint_every=CHUNK,
        show="none", **settings,
    )  # fmt: skip
    until, began = 0, time.process_time()
    while until < steps:
        if time.monotonic() > deadline:
            return False
        until = steps if deadline == float("inf") else min(steps, until + CHUNK)
        trainer.fit(until)
    network = trainer.ema.get("network", trainer.networks["network"]).cpu().eval()
    facts = {"steps": steps, "cpu_seconds": round(time.process_time() - began, 1)}
    command = f"python tools/make_weights.py {name} --profile {profile}"
    weights.save(name, network, "float16", command, facts | judge(name, network))
    return True


RECIPES = {
    "unet_lungs": Recipe(partial(train, "unet_lungs", lungs), "lesson 12: lungs on X-rays", 1.0),
    "csrnet": Recipe(
        partial(train, "csrnet", super_resolution), "lesson 12: twice the size, photographs", 6.5
    ),
    "compression_gan": Recipe(
        partial(train, "compression_gan", codec), "lesson 12: codec of 12 symbols a block", 8.0
    ),
}
