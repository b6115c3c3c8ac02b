"""How hard the procedural X-rays and textures are for a small network, and how fast they come.

    python benchmarks/xrays_classifier.py --only nodules --train 4000 --epochs 6
    python benchmarks/xrays_classifier.py --only lungs --train 1000 --test 400 --epochs 4
    python benchmarks/xrays_classifier.py --only textures --train 2400 --test 1200 --epochs 5
    python benchmarks/xrays_classifier.py --only speed

A small convolutional network learns normal / nodule, another the outline of the lungs, a third
the class of texture. Each is trained on the ``train`` split and measured on the ``test`` split.
Writes ``benchmarks/results/xrays.json``.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from gansec_lib.files import atomic_write
from gansec_lib.images.convert import to_network
from gansec_lib.images.drawn import textures, xrays

RESULTS = Path(__file__).parent / "results" / "xrays.json"


def block(inside, outside, stride=1):
    """Convolution, normalisation, leaky ReLU."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outside),
        nn.LeakyReLU(0.1, inplace=True),
    )


def classifier(channels, classes, width=16):
    """Seven convolutions, two pooled views of the last (mean and largest), one linear layer."""

    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(8 * width, classes)

        def forward(self, features):
            return self.linear(torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1))

    return nn.Sequential(
        block(channels, width),
        block(width, width, 2),
        block(width, 2 * width),
        block(2 * width, 2 * width, 2),
        block(2 * width, 4 * width),
        block(4 * width, 4 * width),
        Head(),
    )


class Segmenter(nn.Module):
    """Three resolutions down and up again, with skips: logits (N, 1, H, W)."""

    def __init__(self, width=12):
        super().__init__()
        self.one, self.two = block(1, width), block(width, 2 * width, 2)
        self.three = nn.Sequential(
            block(2 * width, 4 * width, 2), block(4 * width, 4 * width), block(4 * width, 2 * width)
        )
        self.up_two, self.up_one = block(4 * width, width), block(2 * width, width)
        self.out = nn.Conv2d(width, 1, 1)

    def forward(self, pictures):
        one = self.one(pictures)
        two = self.two(one)
        three = F.interpolate(self.three(two), scale_factor=2)
        two = F.interpolate(self.up_two(torch.cat([two, three], 1)), scale_factor=2)
        return self.out(self.up_one(torch.cat([one, two], 1)))


def train(network, pictures, targets, loss, epochs, batch, rate, mirror=True, log=print):
    """AdamW with one cycle of the learning rate; random mirror and shift of up to 4 pixels."""
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-3)
    steps = epochs * (len(pictures) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    network.train()
    for epoch in range(epochs):
        order = torch.randperm(len(pictures), generator=generator)
        total = 0.0
        for at in range(0, len(order) - batch + 1, batch):
            rows = order[at : at + batch]
            real, target = to_network(pictures[rows]), targets[rows]
            if mirror:
                dx, dy, flip = torch.randint(0, 9, (3,), generator=generator).tolist()
                real = real.roll((dx - 4, dy - 4), (2, 3))
                real = real.flip(3) if flip % 2 else real
            value = loss(network(real), target)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
            schedule.step()
            total += float(value.detach()) * batch / len(pictures)
        log(f"  epoch {epoch + 1}/{epochs}: loss {total:.4f}", flush=True)
    return network.eval()


@torch.no_grad()
def outputs(network, pictures, batch=250):
    return torch.cat([network(to_network(part)) for part in pictures.split(batch)])


def area_under_curve(scores, labels):
    """Chance that a picture with a nodule scores above one without."""
    ranks = scores.argsort().argsort().double() + 1
    ones = int(labels.sum())
    zeros = len(labels) - ones
    return float((ranks[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def speed(module, size, count, repeats=3):
    """Images per second of processor time, best of a few (other jobs may share the core)."""
    module.generate(32, size=size)
    best = 0.0
    for k in range(repeats):
        start = time.process_time()
        module.generate(count, size=size, seed=k, colour=module is textures)
        best = max(best, count / (time.process_time() - start))
    return round(best, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--train", type=int, default=6000)
    parser.add_argument("--test", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--only", choices=["nodules", "lungs", "textures", "speed"])
    chosen = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    result = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    setting = {
        "size": chosen.size,
        "train_pictures": chosen.train,
        "test_pictures": chosen.test,
        "epochs": chosen.epochs,
        "threads": 1,
        "torch": torch.__version__,
        "machine": platform.machine(),
    }

    def wanted(part):
        return chosen.only in (None, part)

    if wanted("speed"):
        result["images_per_second"] = {
            f"{module.__name__.rsplit('.', 1)[1]}_{size}": speed(module, size, count)
            for module in (xrays, textures)
            for size, count in ((64, 512), (128, 128), (256, 32))
        }
        print(result["images_per_second"])
    if wanted("nodules"):
        learn = xrays.generate(chosen.train, chosen.size, seed=0, colour=False)
        test = xrays.generate(chosen.test, chosen.size, seed=0, colour=False, split="test")
        network = train(
            classifier(1, 2), learn.images, learn.labels, F.cross_entropy, chosen.epochs, 32, 3e-3
        )
        logits = outputs(network, test.images)
        margin = logits[:, 1] - logits[:, 0]
        right = (margin > 0).long() == test.labels
        count = test.attributes["nodule_count"]
        result["nodules"] = {
            "accuracy": round(right.float().mean().item(), 4),
            "auc": round(area_under_curve(margin, test.labels), 4),
            "accuracy_by_count": {
                int(k): round(right[count == k].float().mean().item(), 4) for k in range(4)
            },
            "majority_class": round(max(test.labels.float().mean().item(),
                                        1 - test.labels.float().mean().item()), 4),
            "setting": setting,
        }  # fmt: skip
        print(result["nodules"])
    if wanted("lungs"):
        learn = xrays.generate(chosen.train, chosen.size, seed=1, colour=False)
        test = xrays.generate(chosen.test, chosen.size, seed=1, colour=False, split="test")
        network = train(
            Segmenter(),
            learn.images,
            learn.masks["lungs"][:, None].float(),
            F.binary_cross_entropy_with_logits,
            chosen.epochs,
            32,
            3e-3,
            mirror=False,
        )
        found = outputs(network, test.images)[:, 0] > 0
        true = test.masks["lungs"]
        both, either = (found & true).sum((1, 2)), found.sum((1, 2)) + true.sum((1, 2))
        result["lungs"] = {"dice": round((2 * both / either).mean().item(), 4), "setting": setting}
        print(result["lungs"])
    if wanted("textures"):
        learn = textures.generate(chosen.train, chosen.size, seed=0)
        test = textures.generate(chosen.test, chosen.size, seed=0, split="test")
        network = train(
            classifier(3, len(textures.LABELS)),
            learn.images,
            learn.labels,
            F.cross_entropy,
            chosen.epochs,
            64,
            3e-3,
        )
        right = outputs(network, test.images).argmax(1) == test.labels
        result["textures"] = {
            "accuracy": round(right.float().mean().item(), 4),
            "setting": setting,
            "chance": round(1 / len(textures.LABELS), 4),
            "accuracy_by_class": {
                name: round(right[test.labels == k].float().mean().item(), 4)
                for k, name in enumerate(textures.LABELS)
            },
        }
        print(result["textures"])
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(RESULTS, json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
