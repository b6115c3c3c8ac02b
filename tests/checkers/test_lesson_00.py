"""Lesson 00's checkers let right answers through, and no mutant."""

import hashlib

import numpy as np
import torch
from checker_cases import checker_tests


def invert_by_flipping_bits(images):
    return ~images


def invert_by_numpy(images):
    return torch.from_numpy(np.uint8(255) - images.numpy())


def invert_one_too_many(images):
    return (256 - images.int()).to(torch.uint8)


def invert_in_place(images):
    images.bitwise_not_()
    return images


def invert_to_float(images):
    return 255.0 - images


def invert_half(images):
    return 127 - images


def count_by_numpy(images):
    return torch.from_numpy(np.bincount(images.numpy().ravel(), minlength=256))


def count_by_comparing(images):
    return torch.stack([(images == value).sum() for value in range(256)])


def count_without_minlength(images):
    return torch.bincount(images.flatten())


def count_first_picture_only(images):
    return torch.bincount(images[0].flatten(), minlength=256)


def count_as_shares(images):
    return torch.bincount(images.flatten(), minlength=256) / images.numel()


def count_255_bins(images):
    return torch.histc(images.float(), bins=256, min=0, max=256).long()[:255]


def read_in_another_order(cipher_a, cipher_b, plain_a):
    stream = cipher_a ^ plain_a
    return cipher_b ^ stream


def read_by_numpy(cipher_a, cipher_b, plain_a):
    parts = (t.numpy() for t in (cipher_a, cipher_b, plain_a))
    return torch.from_numpy(np.bitwise_xor.reduce(list(parts)))


def read_with_minus(cipher_a, cipher_b, plain_a):
    return (cipher_b - cipher_a) + plain_a


def read_only_the_xor(cipher_a, cipher_b, plain_a):
    return cipher_a ^ cipher_b


def read_the_keystream(cipher_a, cipher_b, plain_a):
    return cipher_a ^ plain_a


def keystream_nonce_first(key, nonce, n):
    return torch.tensor(list(hashlib.shake_256(nonce + key).digest(n)), dtype=torch.uint8)


def keystream_by_blocks(key, nonce, n):
    blocks = (
        hashlib.sha256(key + nonce + number.to_bytes(8, "big")).digest()
        for number in range(n // 32 + 1)
    )
    return torch.tensor(list(b"".join(blocks)[:n]), dtype=torch.uint8)


def keystream_still_broken(key, nonce, n):
    stream = hashlib.shake_256(key + bytes(len(nonce))).digest(n)
    return torch.tensor(list(stream), dtype=torch.uint8)


def keystream_without_the_key(key, nonce, n):
    return torch.tensor(list(hashlib.shake_256(nonce).digest(n)), dtype=torch.uint8)


def keystream_not_reproducible(key, nonce, n):
    return torch.randint(0, 256, (n,), dtype=torch.uint8)


def keystream_never_255(key, nonce, n):
    return keystream_nonce_first(key, nonce, n) % 255


def keystream_ends_of_the_nonce(key, nonce, n):
    return keystream_nonce_first(key, nonce[:4], n)


RIGHT = {
    "00.1": [invert_by_flipping_bits, invert_by_numpy],
    "00.2": [count_by_numpy, count_by_comparing],
    "00.3": ["nothing", "".join(["no", "thing"])],
    "00.4": [read_in_another_order, read_by_numpy],
    "00.5": [keystream_nonce_first, keystream_by_blocks],
}
WRONG = {
    "00.1": [invert_one_too_many, invert_in_place, invert_to_float, invert_half],
    "00.2": [
        count_without_minlength,
        count_first_picture_only,
        count_as_shares,
        count_255_bins,
    ],
    "00.3": ["noise", "almost the picture", None],
    "00.4": [read_with_minus, read_only_the_xor, read_the_keystream],
    "00.5": [
        keystream_still_broken,
        keystream_without_the_key,
        keystream_not_reproducible,
        keystream_never_255,
        keystream_ends_of_the_nonce,
    ],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("00", RIGHT, WRONG)
