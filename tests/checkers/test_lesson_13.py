"""Lesson 13's checkers accept what is right and refuse what is nearly right."""

import hashlib
import hmac

import numpy as np
import torch
from checker_cases import checker_tests

from gansec_lib.errors import IntegrityError


def pad_by_key(known, known_cipher, cipher):
    return torch.bitwise_xor(torch.bitwise_xor(known, known_cipher), cipher)


def pad_by_numpy(known, known_cipher, cipher):
    return torch.from_numpy(known.numpy() ^ known_cipher.numpy() ^ cipher.numpy())


def pad_in_place(known, known_cipher, cipher):
    cipher ^= known
    cipher ^= known_cipher
    return cipher


def pad_by_sums(known, known_cipher, cipher):
    return cipher - known_cipher + known


def receiver_of_zeros(decrypt, cipher):
    return decrypt(torch.zeros_like(cipher)) ^ cipher


def receiver_of_complement(decrypt, cipher):
    return ~decrypt(~cipher)


def receiver_forgets(decrypt, cipher):
    return decrypt(cipher ^ 1)


def receiver_adds(decrypt, cipher):
    return decrypt(cipher + 1) - 1


def shift_by_bits(y, k):
    bits = [y >> (31 - i) & 1 for i in range(32)]
    for i in range(k, 32):
        bits[i] ^= bits[i - k]
    return int("".join(map(str, bits)), 2)


def shift_by_doubling(y, k):
    while k < 32:
        y ^= y >> k
        k *= 2
    return y


def shift_once(y, k):
    return y ^ (y >> k)


def shift_twice(y, k):
    return y ^ ((y ^ (y >> k)) >> k)


def which_by_list(encrypt, seen, candidates):
    made = [encrypt(one[None]) for one in candidates]
    return next((i for i, cipher in enumerate(made) if (cipher == seen).all()), -1)


def which_by_numpy(encrypt, seen, candidates):
    for i in range(candidates.shape[0]):
        if np.array_equal(encrypt(candidates[i].unsqueeze(0)).numpy(), seen.numpy()):
            return i
    return -1


def which_nearest(encrypt, seen, candidates):
    made = [(encrypt(one[None]) != seen).sum().item() for one in candidates]
    return int(np.argmin(made))


def which_any_byte(encrypt, seen, candidates):
    for i, one in enumerate(candidates):
        if (encrypt(one[None]) == seen).any():
            return i
    return -1


def smoothest_by_numpy(pictures):
    steps = np.abs(np.diff(pictures.numpy().astype(float), axis=-1))
    return int(np.argmin([one.mean() for one in steps]))


def smoothest_by_slices(pictures):
    light = pictures.float()
    return int((light[..., 1:] - light[..., :-1]).abs().flatten(1).mean(1).argmin())


def smoothest_in_bytes(pictures):
    return int(pictures.diff(dim=-1).double().mean(dim=(1, 2, 3)).argmin())


def smoothest_downwards(pictures):
    return int(pictures.short().diff(dim=-2).abs().double().mean(dim=(1, 2, 3)).argmin())


def smoothest_signed(pictures):
    return int(pictures.short().diff(dim=-1).double().mean(dim=(1, 2, 3)).argmin())


def genuine_by_equals(content, tag, key):
    if hmac.new(key, content, hashlib.sha256).digest() != tag:
        raise IntegrityError("changed")
    return content


def genuine_by_verify(content, tag, key):
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import hmac as library

    check = library.HMAC(key, hashes.SHA256())
    check.update(content)
    try:
        check.verify(tag)
    except InvalidSignature:
        raise IntegrityError("changed") from None
    return content


def genuine_prefix(content, tag, key):
    if not hmac.digest(key, content, "sha256").startswith(tag):
        raise IntegrityError("changed")
    return content


def genuine_without_key(content, tag, key):
    if hashlib.sha256(content).digest() != tag:
        raise IntegrityError("changed")
    return content


def genuine_none(content, tag, key):
    return content if hmac.compare_digest(hmac.digest(key, content, "sha256"), tag) else None


RIGHT = {
    "13.1": [pad_by_key, pad_by_numpy],
    "13.2": [receiver_of_zeros, receiver_of_complement],
    "13.3": [shift_by_bits, shift_by_doubling],
    "13.4": [which_by_list, which_by_numpy],
    "13.5": [smoothest_by_numpy, smoothest_by_slices],
    "13.6": [genuine_by_equals, genuine_by_verify],
}
WRONG = {
    "13.1": [pad_in_place, pad_by_sums, lambda known, known_cipher, cipher: known ^ cipher],
    "13.2": [receiver_forgets, receiver_adds, lambda decrypt, cipher: decrypt(cipher)],
    "13.3": [shift_once, shift_twice, lambda y, k: y << k & 0xFFFFFFFF],
    "13.4": [which_nearest, which_any_byte, lambda encrypt, seen, candidates: 0],
    "13.5": [smoothest_in_bytes, smoothest_downwards, smoothest_signed],
    "13.6": [genuine_prefix, genuine_without_key, genuine_none, lambda content, tag, key: content],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("13", RIGHT, WRONG)
