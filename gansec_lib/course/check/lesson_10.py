"""Exercises of lesson 10: DeepKeyGen."""

from __future__ import annotations

import torch

from gansec_lib.course.check.registry import case, exercise
from gansec_lib.nets.resnet import ResidualBlock


def _bytes(*shape, seed=1):
    return torch.randint(256, shape, generator=_rng(seed)).to(torch.uint8)


def _rng(seed):
    return torch.Generator().manual_seed(seed)


def _numbers(*shape, seed=1):
    return 2 * torch.rand(*shape, generator=_rng(seed), dtype=torch.float64) - 1


def _block(block, channels, shape, seed):
    """What a block with known weights does; its parameters, too."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        built = block(channels)
        with torch.no_grad():
            for parameter in built.parameters():
                parameter.copy_(0.3 * torch.randn(parameter.shape))
        x = torch.randn(shape)
        before = x.clone()
        with torch.no_grad():
            out = built(x)
    return {
        "shapes of the parameters": [tuple(p.shape) for p in built.parameters()],
        "output": out,
        "the input afterwards": (x - before).abs().sum(),
    }


exercise(
    "10.1",
    title="a residual block",
    difficulty=2,
    minutes=10,
    hints=(
        "body: pad, conv, norm, relu, pad, conv, norm; forward returns x + self.body(x).",
        "nn.Conv2d(channels, channels, 3) with its bias, nn.InstanceNorm2d(channels) as it comes.",
    ),
    cases=lambda: [
        case("four channels, not square", 4, (2, 4, 6, 9), 1),
        case("batch of one", 3, (1, 3, 5, 4), 2),
        case("one channel", 1, (2, 1, 8, 8), 3),
        case("large values", 2, (1, 2, 3, 7), 4),
    ],
    probe=_block,
    rtol=1e-3,
    atol=1e-4,
)(ResidualBlock)


@exercise(
    "10.2",
    title="what one output sees",
    difficulty=1,
    minutes=5,
    hints=(
        "Begin with 1 at the output and go through the layers from the last to the first.",
        "side = (side - 1) * stride + kernel for kernel, stride in reversed(layers).",
    ),
    cases=lambda: [
        case("one layer", [(4, 2)], expected=4),
        case("two of 3 × 3", [(3, 1), (3, 1)], expected=5),
        case("stride first, then 3 × 3", [(4, 2), (3, 1)], expected=8),
        case("3 × 3 first, then stride", [(3, 1), (4, 2)], expected=6),
        case("no layer: the pixel itself", [], expected=1),
        case("a 7 × 7 with stride 3 between", [(5, 2), (7, 3), (2, 1)], expected=23),
    ],
)
def field(layers):
    side = 1
    for kernel, stride in reversed(layers):
        side = (side - 1) * stride + kernel
    return side


def _edges(*shape):
    numbers = _numbers(*shape, seed=5)
    numbers.flatten()[::3] = 1.0
    numbers.flatten()[1::3] = -1.0
    return numbers


@exercise(
    "10.3",
    title="find the bug",
    difficulty=2,
    minutes=8,
    hints=(
        "Two things are wrong. One: y = 1 gives 256; clamp(0, 255), do not wrap to 0.",
        "Two: [:1] gives every picture of the batch the first one's key picture.",
    ),
    cases=lambda: [
        case("one grey picture", _bytes(1, 1, 4, 6), _numbers(1, 1, 4, 6)),
        case("three pictures: a key each", _bytes(3, 1, 4, 5), _numbers(3, 1, 4, 5)),
        case("colour", _bytes(2, 3, 3, 4), _numbers(2, 3, 3, 4)),
        case("exactly 1 and −1", _bytes(1, 1, 3, 4), _edges(1, 1, 3, 4)),
        case("a white picture", torch.full((1, 1, 2, 3), 255, dtype=torch.uint8),
             _numbers(1, 1, 2, 3)),
    ],
    pure=True,
)  # fmt: skip
def hide(plain, numbers):
    key_pictures = (128 * (numbers + 1)).floor().clamp(0, 255).to(torch.uint8)
    return plain ^ key_pictures


def _counts(seed, top=1000):
    return torch.randint(1, top, (256,), generator=_rng(seed))


@exercise(
    "10.4",
    title="NPCR of two fresh keys",
    difficulty=1,
    minutes=5,
    hints=(
        "share = counts / counts.sum(); two draws are equal with probability (share²).sum().",
        "100 * (1 - share.square().sum().item()).",
    ),
    cases=lambda: [
        case("equal counts", torch.full((256,), 40)),
        case("one byte only", torch.eye(256, dtype=torch.long)[7] * 99, expected=0.0),
        case("two bytes", (torch.arange(256) < 2).long() * 5, expected=50.0),
        case("any histogram", _counts(1)),
        case("few and many", _counts(2) ** 2),
    ],
    pure=True,
)
def npcr_of_fresh_keys(counts):
    share = counts.double() / counts.sum()
    return 100 * (1 - share.square().sum().item())


def _pad(label, count, *shape):
    pictures, key = _bytes(count + 1, *shape, seed=2), _bytes(1, *shape, seed=3)
    ciphers = pictures ^ key
    return case(label, pictures[:1], ciphers[:1], ciphers[1:], expected=pictures[1:])


@exercise(
    "10.5",
    title="one picture opens all",
    difficulty=1,
    minutes=5,
    hints=(
        "own ⊕ own_cipher is the key picture.",
        "others ^ own ^ own_cipher; one key broadcasts over the batch.",
    ),
    cases=lambda: [
        _pad("three grey pictures", 3, 1, 4, 6),
        _pad("one picture", 1, 1, 5, 3),
        _pad("colour", 2, 3, 4, 4),
        _pad("one pixel", 4, 1, 1, 1),
    ],
    pure=True,
)
def open_all(own, own_cipher, others):
    return others ^ own ^ own_cipher


def _listen(label, messages, n, seed):
    """Cipher bytes under keys that prefer some values, others at each place."""
    rng = _rng(seed)
    plain = torch.randint(256, (n,), generator=rng).to(torch.uint8)
    weight = torch.rand(n, 256, generator=rng, dtype=torch.float64) ** 6 + 0.001
    q = weight / weight.sum(1, keepdim=True)
    keys = torch.multinomial(q, messages, replacement=True, generator=rng).T
    return case(label, plain ^ keys.to(torch.uint8), q.log())


@exercise(
    "10.6",
    title="the likeliest pixel",
    difficulty=3,
    minutes=12,
    hints=(
        "For each message: which key byte would each of the 256 guesses mean? c ^ guess.",
        "score += log_q.gather(1, c.long()[:, None] ^ torch.arange(256)); argmax(1) at the end.",
    ),
    cases=lambda: [
        _listen("nine messages, thirty places", 9, 30, 1),
        _listen("one message", 1, 20, 2),
        _listen("one place", 7, 1, 3),
        _listen("two messages: sums of logarithms", 2, 200, 4),
        _listen("more messages than values", 300, 6, 5),
    ],
    pure=True,
)
def likeliest(ciphers, log_q):
    guesses, score = torch.arange(256), torch.zeros_like(log_q)
    for c in ciphers:
        score += log_q.gather(1, c.long()[:, None] ^ guesses)
    return score.argmax(1).to(torch.uint8)
