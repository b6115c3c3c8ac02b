"""Lesson 12: the networks of the medical pipelines: lungs, super-resolution, compression."""

from __future__ import annotations

import torch

from gansec_lib import images
from gansec_lib.images.convert import to_bytes, to_network
from gansec_lib.metrics import quality
from gansec_lib.nets.restore import enlarge
from tools.recipes import of_system


def overlap(network) -> dict:
    """How well lungs are found on X-rays that the network has not seen: Dice, 1 is perfect."""
    held = images.load("xrays", size=64, count=64, colour=False, split="test")
    found, truth = network(to_network(held.images))[:, 0] > 0, held.masks["lungs"]
    return {"dice": (2 * (found & truth).sum() / (found.sum() + truth.sum())).item()}


def likeness(made: dict, held: torch.Tensor) -> dict:
    """PSNR in dB and SSIM of pictures made from held-out photographs, under each name."""
    figures = {}
    for name, picture in made.items():
        bytes_ = to_bytes(picture.clamp(-1, 1))
        figures[f"{name}psnr"] = quality.psnr_values(held, bytes_).mean().item()
        figures[f"{name}ssim"] = quality.ssim_values(held, bytes_).mean().item()
    return figures


def photographs() -> torch.Tensor:
    """Eight photographs that no network has seen, uint8 (8, 1, 256, 256)."""
    return images.load("photos", size=256, count=8, colour=False, split="test").images


def restored(network) -> dict:
    """How well CSRNet guesses three of four pixels, beside bicubic interpolation."""
    held = photographs()
    small = to_network(held)[:, :, ::2, ::2]
    return likeness({"": network(small), "bicubic_": enlarge(small)}, held)


def coded(network) -> dict:
    """How like the codec's pictures are."""
    held = photographs()
    return likeness({"": network(to_network(held))}, held)


RECIPES = {
    "unet_lungs": of_system("unet_lungs", "roi_aes", "unet", 1.0, overlap),
    "csrnet": of_system("csrnet", "logistic_henon_sr", "csrnet", 6.5, restored),
    "compression_gan": of_system("compression_gan", "gan_compression", "codec", 8.0, coded),
}
