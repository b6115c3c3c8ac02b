"""How hard are the SynthFaces? A small attribute classifier, a small recogniser, and the speed.

    OMP_NUM_THREADS=1 python benchmarks/faces_recognition.py [--people 100] [--out FILE]

Attributes are learned on train people and judged on test people. The recogniser (softmax over
the enrolled, cosine of the layer before) is judged by rank-1 on unseen pictures of the enrolled
and by verification (equal error rate, true accepts at 1 % false accepts) on people never seen.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from gansec_lib.files import atomic_write
from gansec_lib.images.convert import to_network
from gansec_lib.images.drawn import faces

ATTRIBUTES = ("smile", "glasses", "beard", "long_hair", "male", "bald", "grey_hair")


def small_cnn(outputs: int) -> nn.Sequential:
    """Four strided convolutions and a 128-number embedding, then a linear head."""
    layers, width = [], 3
    for wider in (24, 48, 96, 128):
        layers += [nn.Conv2d(width, wider, 3, 2, 1, bias=False), nn.BatchNorm2d(wider), nn.ReLU()]
        width = wider
    embed = [nn.Flatten(), nn.Linear(128 * 16, 128), nn.BatchNorm1d(128)]
    return nn.Sequential(*layers, *embed, nn.Linear(128, outputs))


def fit(network, images, targets, loss, epochs, seed=0, batch=64):
    """Adam with a one-cycle rate, mirrored and shifted pictures."""
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3, weight_decay=1e-4)
    steps = len(images) // batch
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps * epochs)
    network.train()
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=rng)
        for i in range(steps):
            rows = order[i * batch : (i + 1) * batch]
            shift = torch.randint(-3, 4, (2,), generator=rng).tolist()
            x = torch.roll(to_network(images[rows]), shift, (2, 3))
            optimizer.zero_grad()
            loss(network(x), targets[rows]).backward()
            optimizer.step()
            cycle.step()
    return network.eval()


@torch.no_grad()
def outputs(network, images):
    return torch.cat([network(to_network(part)) for part in images.split(256)])


def repeat(people, each, first=0):
    return np.repeat(np.arange(first, first + people), each)


def attributes(people, epochs):
    """Balanced accuracy (mean of both classes' recall) of each attribute on unseen people."""
    train = faces.generate(people * 8, seed=1, identities=repeat(people, 8))
    test = faces.generate(1200, seed=2, split="test", identities=repeat(300, 4, 1_000_000))
    truth = {s: torch.stack([d.attributes[a] for a in ATTRIBUTES], 1).float()
             for s, d in (("train", train), ("test", test))}  # fmt: skip
    torch.manual_seed(0)
    share = truth["train"].mean(0).clamp(0.02, 0.98)
    bce = nn.BCEWithLogitsLoss(pos_weight=(1 - share) / share)
    network = fit(small_cnn(len(ATTRIBUTES)), train.images, truth["train"], bce, epochs)
    hit = ((outputs(network, test.images) > 0) == (truth["test"] > 0.5)).float()
    out = {}
    for i, name in enumerate(ATTRIBUTES):
        yes = truth["test"][:, i] > 0.5
        both = [float(hit[m, i].mean()) for m in (yes, ~yes)]
        out[name] = {
            "accuracy": round(float(hit[:, i].mean()), 4),
            "balanced": round(sum(both) / 2, 4),
            "share": round(float(yes.float().mean()), 4),
        }
    return out


def recognition(people, each, epochs):
    """Rank-1 over the enrolled, and verification of strangers."""
    who = repeat(people, each)
    train = faces.generate(len(who), seed=3, identities=who)
    probe = faces.generate(people * 8, seed=4, identities=repeat(people, 8))
    torch.manual_seed(0)
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    network = fit(small_cnn(people), train.images, train.identities, loss, epochs)
    rank1 = float((outputs(network, probe.images).argmax(1) == probe.identities).float().mean())
    strangers = faces.generate(1200, seed=5, split="test", identities=repeat(150, 8, 1_000_000))
    code = functional.normalize(outputs(network[:-1], strangers.images), dim=1)
    score = code @ code.T
    upper = torch.triu(torch.ones_like(score, dtype=torch.bool), 1)
    same = strangers.identities[:, None] == strangers.identities[None, :]
    genuine = score[upper & same].sort().values
    impostor = score[upper & ~same].sort().values
    at = impostor[int(0.99 * len(impostor))]
    marks = torch.linspace(-1, 1, 2001)
    refused = torch.searchsorted(genuine, marks).float() / len(genuine)
    accepted = 1 - torch.searchsorted(impostor, marks).float() / len(impostor)
    best = int((refused - accepted).abs().argmin())
    # one picture each enrolled, the other seven searched: people the network never saw
    first = torch.arange(0, 1200, 8)
    rest = torch.tensor([k for k in range(1200) if k % 8])
    near = score[rest][:, first].argmax(1)
    return {
        "people": people,
        "pictures_each": each,
        "rank1": round(rank1, 4),
        "rank1_chance": round(1 / people, 4),
        "strangers": 150,
        "strangers_rank1": round(float((near == rest // 8).float().mean()), 4),
        "verification_eer": round(float((refused[best] + accepted[best]) / 2), 4),
        "verification_tar_at_far_0.01": round(float((genuine > at).float().mean()), 4),
    }


def speed(size, count):
    """Pictures a second of CPU time, best of five."""
    faces.generate(8, size)
    seconds = []
    for k in range(5):
        start = time.process_time()
        faces.generate(count, size, seed=k)
        seconds.append(time.process_time() - start)
    return round(count / min(seconds), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--each", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=8)
    default = Path(__file__).parent / "results" / "faces.json"
    parser.add_argument("--out", type=Path, default=default)
    args = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    sizes = ((32, 512), (64, 256), (128, 64), (256, 16))
    result = {"images_per_second_one_core": {str(s): speed(s, n) for s, n in sizes}}
    print(result, flush=True)
    result["attributes_on_unseen_people"] = attributes(500, args.epochs)
    print(result["attributes_on_unseen_people"], flush=True)
    result["recognition"] = recognition(args.people, args.each, args.epochs)
    result["seconds"] = round(time.perf_counter() - start, 1)
    result["versions"] = {
        "torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
    }  # fmt: skip
    args.out.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(args.out, json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
