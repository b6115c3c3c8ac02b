"""Procedural covers for steganography: textures and small scenes with exact ground truth.

A cover that is smooth makes hidden bits easy to find, one that is pure noise makes them impossible
to find; photographs are neither. So each picture is built as light is: a scene (1/f fields
[fractal sums of octaves], dead leaves [overlapping shapes whose sizes follow 1/r³, Lee, Mumford
and Huang 2001], bricks, cloth, water, …), a little blur of the lens, then a sensor whose noise
grows with the signal and is correlated between neighbours as demosaicing leaves it. How close
that comes to photographs is measured in ``tests/test_textures.py``.

Every operation is exact (``images/drawn/noise.py``): the same bytes on every machine.
"""

from __future__ import annotations

import numpy as np
import torch

from gansec_lib.images.drawn.noise import Draws, check_arguments, root, smooth_field, soften
from gansec_lib.images.drawn.texture_scenes import LABELS, RECIPES, Scene
from gansec_lib.images.imageset import ImageSet

MASKS = ("edges", "smooth")
_F = np.float32
_NAME = 0x54455854  # "TEXT"
_CELLS = (3, 6, 12, 24, 48, 96, 192)
# Dark, middle and light colour of each class; every picture moves away from them.
_PALETTES = np.asarray(
    [
        [(0.30, 0.45, 0.68), (0.62, 0.70, 0.80), (0.95, 0.95, 0.94)],
        [(0.20, 0.18, 0.17), (0.45, 0.41, 0.37), (0.78, 0.74, 0.68)],
        [(0.46, 0.37, 0.26), (0.67, 0.57, 0.43), (0.86, 0.78, 0.64)],
        [(0.05, 0.10, 0.04), (0.22, 0.36, 0.12), (0.62, 0.68, 0.30)],
        [(0.22, 0.21, 0.21), (0.50, 0.46, 0.42), (0.82, 0.80, 0.76)],
        [(0.16, 0.19, 0.27), (0.60, 0.42, 0.34), (0.88, 0.84, 0.74)],
        [(0.36, 0.16, 0.11), (0.58, 0.30, 0.21), (0.78, 0.66, 0.55)],
        [(0.18, 0.14, 0.30), (0.60, 0.24, 0.28), (0.90, 0.86, 0.78)],
        [(0.04, 0.12, 0.17), (0.14, 0.33, 0.40), (0.72, 0.82, 0.84)],
        [(0.12, 0.13, 0.04), (0.38, 0.42, 0.14), (0.76, 0.70, 0.40)],
        [(0.14, 0.15, 0.09), (0.44, 0.42, 0.26), (0.66, 0.76, 0.88)],
        [(0.14, 0.22, 0.24), (0.62, 0.34, 0.20), (0.90, 0.82, 0.62)],
    ],
    dtype=_F,
)
# How far a colour may lie from its palette: things that people dye may have any.
_FREEDOM = (0.07, 0.10, 0.08, 0.10, 0.10, 0.60, 0.12, 0.75, 0.10, 0.10, 0.10, 0.60)


def _film(s, tone, tint, detail, label, grain):
    """Colour, lens and sensor: uint8 (n, 3, H, W), masks and attributes of one class's batch."""
    c, size = s.draw, s.size
    micro = s.fractal(c(0.8, 1.3), 3)
    tone = tone * (_F(1) + micro * detail) + s.x * c(-0.08, 0.08) + s.y * c(-0.08, 0.08)
    tone = np.maximum(tone * c(0.85, 1.5), _F(0.03))
    tint = np.clip(tint + micro * detail * _F(0.4), _F(0), _F(1))
    palette = _PALETTES[label] * (_F(0.9) + _F(0.2) * c.block(3)[:, None])
    palette = palette + (c.block(9).reshape(-1, 3, 3) - _F(0.5)) * _F(_FREEDOM[label])
    grey = (palette[..., :1] + palette[..., 1:2] + palette[..., 2:]) * _F(1 / 3)
    palette = grey + (palette - grey) * c(0.35, 1.2)
    other = _F(1) - tint
    parts = (other * other * tone, (tint + tint) * other * tone, tint * tint * tone)
    blur, smear = c(0.04, 0.2), c(0.0, 0.2)
    read, shot = c(0.001, 0.006), c(0.02, 1.0)
    shot = shot * shot * _F(0.0022)
    images = np.empty((s.rows, 3, size, size), np.uint8)
    clean = _F(0)
    for k, weight in enumerate((0.299, 0.587, 0.114)):
        light = _F(0)
        for j, part in enumerate(parts):
            light = light + palette[:, j, k, None, None] * part
        over = np.maximum(light - _F(0.7), _F(0))  # bright light bends towards white
        light = light - over + over / (_F(1) + over * _F(3.5))
        light = soften(light, blur)
        clean = clean + light * _F(weight)
        light = light * light
        mixed = smear * _F(0.6 if k == 1 else 1.0)  # green is measured twice as often
        noise = soften(grain[:, k], mixed) * np.sqrt(read * read + shot * light)
        images[:, k] = root(np.clip(light + noise, _F(0), _F(1))) * _F(255) + _F(0.5)
    across = np.abs(clean[:, 1:-1, 2:] - clean[:, 1:-1, :-2])
    down = np.abs(clean[:, 2:, 1:-1] - clean[:, :-2, 1:-1])
    slope = np.pad(across + down, [(0, 0), (1, 1), (1, 1)], "edge")
    masks = {"edges": slope > _F(0.16), "smooth": slope < _F(0.03)}
    attributes = {"blur": blur, "smear": smear, "read_noise": read, "shot_noise": shot}
    return images, masks, {name: value[:, 0, 0] for name, value in attributes.items()}


def generate(
    count: int, size: int = 64, seed: int = 0, colour: bool = True, split: str = "train"
) -> ImageSet:
    """Draw texture covers with everything known about them.

    Parameters
    ----------
    count : int
        How many. Picture k of a seed is the same however many are drawn.
    size : int
        Side in pixels, 32 to 256.
    seed : int
        0 or more.
    colour : bool
        True gives RGB, False their luma (77 R + 150 G + 29 B)/256.
    split : {"train", "validation", "test"}
        Splits share no picture.

    Returns
    -------
    ImageSet
        ``images`` uint8 (count, 3 or 1, size, size); ``labels`` the class of texture (LABELS);
        ``masks``: ``edges`` and ``smooth``, from the slope of the light before the sensor's
        noise; ``attributes``: blur (weight of each neighbour in the lens), smear (the same for
        the noise), read_noise and shot_noise (variance = read² + shot · light, light in [0, 1]).

    Raises
    ------
    ParameterError
        An argument of the wrong type or out of range.

    >>> generate(3, size=40, colour=False).images.shape
    torch.Size([3, 1, 40, 40])
    """
    number = check_arguments(count, size, seed, split)
    tables = Draws(seed, number, _NAME, 1)
    grains = Draws(seed, number, _NAME, 2, size)
    cells = [k for k in _CELLS if k <= size]
    lattices = [Draws(seed, number, _NAME, 3, k) for k in cells]
    images = np.empty((count, 3, size, size), np.uint8)
    masks = {name: np.empty((count, size, size), bool) for name in MASKS}
    labels = np.empty(count, np.int64)
    names = ("blur", "smear", "read_noise", "shot_noise")
    attributes = {name: np.empty(count, _F) for name in names}
    together = max(12, 786432 // (size * size))  # pictures read at once, then sorted by class
    most = max(1, 49152 // (size * size))
    for first in range(0, count, together):
        n = min(together, count - first)
        table = tables.unit(n, 4352)
        grain = grains.bell(n, 3, size, size)
        nodes = [d.unit(n, k + 3, k + 3) for d, k in zip(lattices, cells, strict=True)]
        chosen = np.floor(table[:, 0] * _F(len(LABELS))).astype(np.int64)
        labels[first : first + n] = chosen
        for label, recipe in enumerate(RECIPES):
            members = np.flatnonzero(chosen == label)
            for start in range(0, len(members), most):
                rows = members[start : start + most]
                octaves = [smooth_field((k[rows] - _F(0.5)) * _F(7), size) for k in nodes]
                scene = Scene(table[rows, 1:], octaves, size)
                tone, tint, detail = recipe(scene)
                made = _film(scene, tone, tint, detail, label, grain[rows])
                images[first + rows] = made[0]
                for name in MASKS:
                    masks[name][first + rows] = made[1][name]
                for name in names:
                    attributes[name][first + rows] = made[2][name]
    if not colour:
        wide = images.astype(np.uint16)
        luma = (wide[:, :1] * 77 + wide[:, 1:2] * 150 + wide[:, 2:] * 29 + 128) >> 8
        images = luma.astype(np.uint8)
    return ImageSet(
        images=torch.from_numpy(images),
        attributes={name: torch.from_numpy(value) for name, value in attributes.items()},
        masks={name: torch.from_numpy(mask) for name, mask in masks.items()},
        labels=torch.from_numpy(labels),
        label_names=LABELS,
        names=tuple(f"textures/{split}/{seed}/{k}" for k in range(count)),
        source="textures",
    )
