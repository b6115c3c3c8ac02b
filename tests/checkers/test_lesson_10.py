"""Lesson 10's checkers accept what is right and refuse what is nearly right."""

import numpy as np
import torch
from checker_cases import checker_tests
from torch import nn
from torch.nn import functional as F

from gansec_lib.course.check import lesson_10 as reference
from gansec_lib.nets.resnet import ResidualBlock


class BlockByHand(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3)
        self.second = nn.Conv2d(channels, channels, 3)

    def forward(self, x):
        inner = F.relu(F.instance_norm(self.first(F.pad(x, (1, 1, 1, 1), mode="reflect"))))
        return F.instance_norm(self.second(F.pad(inner, (1, 1, 1, 1), mode="reflect"))) + x


class BlockPaddingMode(nn.Module):
    def __init__(self, channels):
        super().__init__()
        reflected = {"padding": 1, "padding_mode": "reflect"}
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, **reflected),
            nn.InstanceNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, **reflected),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x):
        return x + self.body(x)


class BlockZeroPadding(BlockPaddingMode):
    def __init__(self, channels):
        super().__init__(channels)
        for layer in (self.body[0], self.body[3]):
            layer.padding_mode = "zeros"


class BlockWithoutSkip(ResidualBlock):
    def forward(self, x):
        return self.body(x)


class BlockFinalReLU(ResidualBlock):
    def forward(self, x):
        return F.relu(super().forward(x))


class BlockWithoutNorm(BlockByHand):
    def forward(self, x):
        inner = F.relu(self.first(F.pad(x, (1, 1, 1, 1), mode="reflect")))
        return self.second(F.pad(inner, (1, 1, 1, 1), mode="reflect")) + x


class BlockInPlace(ResidualBlock):
    def forward(self, x):
        x += self.body(x)
        return x


class BlockAffine(ResidualBlock):
    def __init__(self, channels):
        super().__init__(channels)
        self.body[2] = nn.InstanceNorm2d(channels, affine=True)


def field_by_strides(layers):
    jump, side = 1, 1
    for kernel, stride in layers:
        side += (kernel - 1) * jump
        jump *= stride
    return side


def field_recursive(layers):
    if not layers:
        return 1
    *front, (kernel, _) = layers
    return _spread(front, kernel)


def _spread(layers, side):
    return side if not layers else _spread(
        layers[:-1], (side - 1) * layers[-1][1] + layers[-1][0]
    )  # fmt: skip


def field_forwards(layers):
    side = 1
    for kernel, stride in layers:
        side = (side - 1) * stride + kernel
    return side


def field_without_strides(layers):
    return 1 + sum(kernel - 1 for kernel, _ in layers)


def field_product(layers):
    return int(np.prod([kernel for kernel, _ in layers]))


def hide_by_numpy(plain, numbers):
    key = np.minimum(np.floor(128 * (numbers.numpy() + 1)), 255).astype(np.uint8)
    return torch.from_numpy(plain.numpy() ^ key)


def hide_by_minimum(plain, numbers):
    whole = (numbers * 128 + 128).long()
    return plain.bitwise_xor(whole.clamp_max(255).to(torch.uint8))


def hide_wraps(plain, numbers):
    return plain ^ (128 * (numbers + 1)).floor().long().remainder(256).to(torch.uint8)


def hide_one_key(plain, numbers):
    return plain ^ (128 * (numbers + 1)).floor().clamp(0, 255).to(torch.uint8)[:1]


def hide_rounds(plain, numbers):
    return plain ^ (127.5 * (numbers + 1)).round().to(torch.uint8)


def hide_in_place(plain, numbers):
    plain ^= (128 * (numbers + 1)).floor().clamp(0, 255).to(torch.uint8)
    return plain


def npcr_by_numpy(counts):
    share = counts.numpy() / counts.numpy().sum()
    return float((1 - share @ share) * 100)


def npcr_by_outer(counts):
    share = counts.double() / counts.sum()
    joint = torch.outer(share, share)
    return ((joint.sum() - joint.trace()) * 100).item()


def npcr_share(counts):
    return reference.npcr_of_fresh_keys(counts) / 100


def npcr_ideal(counts):
    return 100 * 255 / 256


def npcr_largest(counts):
    return 100 * (1 - (counts.max() / counts.sum()).item())


def npcr_complement(counts):
    return 100 - reference.npcr_of_fresh_keys(counts)


def open_by_key(own, own_cipher, others):
    return (own ^ own_cipher).expand_as(others) ^ others


def open_by_numpy(own, own_cipher, others):
    key = np.bitwise_xor(own.numpy(), own_cipher.numpy())
    return torch.from_numpy(np.stack([other ^ key[0] for other in others.numpy()]))


def open_by_difference(own, own_cipher, others):
    return others - (own_cipher - own)


def open_forgets_own(own, own_cipher, others):
    return others ^ own_cipher


def open_first_only(own, own_cipher, others):
    return (others ^ own ^ own_cipher)[:1]


def open_in_place(own, own_cipher, others):
    others ^= own ^ own_cipher
    return others


def likeliest_by_loop(ciphers, log_q):
    n = ciphers.shape[1]
    out = torch.empty(n, dtype=torch.uint8)
    for place in range(n):
        column = ciphers[:, place].long()
        scores = [log_q[place, column ^ guess].sum() for guess in range(256)]
        out[place] = int(torch.stack(scores).argmax())
    return out


def likeliest_at_once(ciphers, log_q):
    keys = ciphers.long()[:, :, None] ^ torch.arange(256)
    scores = log_q[None].expand(len(ciphers), -1, -1).gather(2, keys).sum(0)
    return scores.max(1).indices.to(torch.uint8)


def likeliest_votes(ciphers, log_q):
    best = log_q.argmax(1)
    return (ciphers.long() ^ best).mode(0).values.to(torch.uint8)


def likeliest_one_histogram(ciphers, log_q):
    return reference.likeliest(ciphers, log_q.exp().mean(0).log().expand_as(log_q))


def likeliest_last_message(ciphers, log_q):
    return reference.likeliest(ciphers[-1:], log_q)


def likeliest_key_not_plain(ciphers, log_q):
    return log_q.argmax(1).to(torch.uint8)


def likeliest_adds_probabilities(ciphers, log_q):
    return reference.likeliest(ciphers, log_q.exp())


RIGHT = {
    "10.1": [BlockByHand, BlockPaddingMode],
    "10.2": [field_by_strides, field_recursive],
    "10.3": [hide_by_numpy, hide_by_minimum],
    "10.4": [npcr_by_numpy, npcr_by_outer],
    "10.5": [open_by_key, open_by_numpy],
    "10.6": [likeliest_by_loop, likeliest_at_once],
}
WRONG = {
    "10.1": [
        BlockZeroPadding,
        BlockWithoutSkip,
        BlockFinalReLU,
        BlockWithoutNorm,
        BlockInPlace,
        BlockAffine,
    ],
    "10.2": [field_forwards, field_without_strides, field_product],
    "10.3": [hide_wraps, hide_one_key, hide_rounds, hide_in_place],
    "10.4": [npcr_share, npcr_ideal, npcr_largest, npcr_complement],
    "10.5": [open_by_difference, open_forgets_own, open_first_only, open_in_place],
    "10.6": [
        likeliest_votes,
        likeliest_one_histogram,
        likeliest_last_message,
        likeliest_key_not_plain,
        likeliest_adds_probabilities,
    ],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("10", RIGHT, WRONG)
