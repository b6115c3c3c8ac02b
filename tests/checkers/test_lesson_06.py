"""Lesson 06's checkers accept what is right and refuse what is nearly right."""

from statistics import NormalDist

import torch
from checker_cases import checker_tests
from scipy.stats import norm

from gansec_lib import metrics
from gansec_lib.scorecards.measuring import flip_key_bit


def npcr_by_xor(first, second):
    return 100 * ((first ^ second) > 0).flatten(1).sum(1).double() / first[0].numel()


def npcr_as_share(first, second):
    return (first != second).double().mean(dim=(1, 2, 3))


def npcr_of_the_batch(first, second):
    return (100 * (first != second).double().mean()).expand(len(first))


def npcr_of_bits(first, second):
    return 100 * metrics.bit_error_values(first, second)


def uaci_by_int(first, second):
    return (first.int() - second.int()).abs().flatten(1).sum(1) / 2.55 / first[0].numel()


def uaci_wraps(first, second):
    return 100 * (first - second).double().mean(dim=(1, 2, 3)) / 255


def uaci_over_256(first, second):
    return 100 * (first.double() - second.double()).abs().mean(dim=(1, 2, 3)) / 256


def uaci_signed(first, second):
    return 100 * (first.double() - second.double()).mean(dim=(1, 2, 3)) / 255


def lowest_by_scipy(n, alpha=0.05):
    return norm.ppf(alpha, 100 * 255 / 256, 100 * (255 / 256 / 256 / n) ** 0.5)


def lowest_by_statistics(n, alpha=0.05):
    return 100 * NormalDist(255 / 256, (255 / n) ** 0.5 / 256).inv_cdf(alpha)


def lowest_two_sided(n, alpha=0.05):
    return lowest_by_scipy(n, alpha / 2)


def lowest_above(n, alpha=0.05):
    return lowest_by_scipy(n, 1 - alpha)


def lowest_fixed(n, alpha=0.05):
    return 99.5693


def flip_by_int(key, bit):
    value = int.from_bytes(key, "little") ^ 1 << bit
    return value.to_bytes(len(key), "little")


def flip_big_endian(key, bit):
    value = int.from_bytes(key, "big") ^ 1 << bit
    return value.to_bytes(len(key), "big")


def flip_sets(key, bit):
    changed = bytearray(key)
    changed[bit // 8] |= 1 << bit % 8
    return bytes(changed)


def flip_highest_first(key, bit):
    changed = bytearray(key)
    changed[bit // 8] ^= 128 >> bit % 8
    return bytes(changed)


def living_by_loop(cipher, plain, key):
    before, count = cipher(plain, key).clone(), 0
    for bit in range(len(key) * 8):
        if (cipher(plain, flip_key_bit(key, bit)) != before).any():
            count += 1
    return count


def living_by_npcr(cipher, plain, key):
    before = cipher(plain, key)
    after = [cipher(plain, flip_key_bit(key, bit)) for bit in range(8 * len(key))]
    return sum(metrics.npcr_values(before, other).item() > 0 for other in after)


def living_bytes(cipher, plain, key):
    before = cipher(plain, key)
    changed = (bytes([*key[:i], key[i] ^ 255, *key[i + 1 :]]) for i in range(len(key)))
    return 8 * sum(not torch.equal(before, cipher(plain, other)) for other in changed)


def living_first_pixel(cipher, plain, key):
    before = cipher(plain, key).flatten()[0]
    return sum(
        bool(cipher(plain, flip_key_bit(key, bit)).flatten()[0] != before)
        for bit in range(8 * len(key))
    )


def living_all(cipher, plain, key):
    return 8 * len(key)


def read_by_numpy(victim, black, undo):
    return torch.from_numpy(undo(victim).numpy() ^ undo(black).numpy())


def read_in_two_steps(victim, black, undo):
    keystream = undo(black)
    return undo(victim).bitwise_xor(keystream)


RIGHT = {
    "06.1": [npcr_by_xor, metrics.npcr_values],
    "06.2": [uaci_by_int, metrics.uaci_values],
    "06.3": [lowest_by_scipy, lowest_by_statistics],
    "06.4": [flip_by_int, flip_key_bit],
    "06.5": [living_by_loop, living_by_npcr],
    "06.6": [read_by_numpy, read_in_two_steps],
}
WRONG = {
    "06.1": [npcr_as_share, npcr_of_the_batch, npcr_of_bits],
    "06.2": [uaci_wraps, uaci_over_256, uaci_signed],
    "06.3": [lowest_two_sided, lowest_above, lowest_fixed],
    "06.4": [flip_big_endian, flip_sets, flip_highest_first],
    "06.5": [living_bytes, living_first_pixel, living_all],
    "06.6": [
        lambda victim, black, undo: undo(victim ^ black),
        lambda victim, black, undo: victim ^ black,
        lambda victim, black, undo: undo(victim),
    ],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("06", RIGHT, WRONG)
