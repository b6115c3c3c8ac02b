"""Lesson 07's checkers accept what is right and refuse what is nearly right."""

import math

import numpy as np
import torch
from checker_cases import checker_tests

from gansec_lib.course.check import lesson_07 as reference
from gansec_lib.metrics import randomness


def frequency_by_count(bits):
    return math.erfc(abs(2 * int(bits.sum()) - len(bits)) / math.sqrt(2 * len(bits)))


def frequency_by_library(bits):
    return randomness.frequency(bits, strict=False).p_values[0]


def frequency_wraps(bits):
    total = (2 * bits - 1).double().sum().item()
    return math.erfc(abs(total) / math.sqrt(2 * len(bits)))


def frequency_one_sided(bits):
    total = (2 * bits.double() - 1).sum().item()
    return math.erfc(total / math.sqrt(2 * len(bits)))


def frequency_without_2(bits):
    total = (2 * bits.double() - 1).sum().item()
    return math.erfc(abs(total) / math.sqrt(len(bits)))


def runs_by_library(bits):
    return randomness.runs(bits, strict=False).p_values[0]


def runs_by_numpy(bits):
    array, n = bits.numpy().astype(int), len(bits)
    share = array.mean()
    if abs(share - 0.5) >= 2 / n**0.5:
        return 0.0
    count = 1 + np.abs(np.diff(array)).sum()
    spread = share * (1 - share)
    return math.erfc(abs(count - 2 * n * spread) / (2 * (2 * n) ** 0.5 * spread))


def runs_changes_only(bits):
    n, share = len(bits), bits.double().mean().item()
    if abs(share - 0.5) >= 2 / n**0.5:
        return 0.0
    count = (bits[1:] != bits[:-1]).sum().item()
    spread = share * (1 - share)
    return math.erfc(abs(count - 2 * n * spread) / (2 * (2 * n) ** 0.5 * spread))


def runs_fair_coin(bits):
    n = len(bits)
    if abs(bits.double().mean().item() - 0.5) >= 2 / n**0.5:
        return 0.0
    count = 1 + (bits[1:] != bits[:-1]).sum().item()
    return math.erfc(abs(count - n / 2) / (n / 2) ** 0.5)


def runs_without_condition(bits):
    n, share = len(bits), bits.double().mean().item()
    count = 1 + (bits[1:] != bits[:-1]).sum().item()
    spread = share * (1 - share) or 1e-9
    return math.erfc(abs(count - 2 * n * spread) / (2 * (2 * n) ** 0.5 * spread))


def rank_by_words(matrix):
    rows = [int("".join(str(int(b)) for b in row), 2) for row in matrix]
    basis = {}
    for row in rows:
        while row and row.bit_length() in basis:
            row ^= basis[row.bit_length()]
        if row:
            basis[row.bit_length()] = row
    return len(basis)


def rank_by_minima(matrix):
    rows = [int("".join(str(int(b)) for b in row), 2) for row in matrix]
    count = 0
    while rows:
        row = rows.pop()
        if row:
            count += 1
            low = row & -row
            rows = [other ^ row if other & low else other for other in rows]
    return count


def rank_of_reals(matrix):
    return int(torch.linalg.matrix_rank(matrix.double()))


def rank_without_search(matrix):
    rows, found = matrix.clone(), 0
    for column in range(rows.shape[1]):
        if found < len(rows) and rows[found, column]:
            rows[found + 1 :] ^= rows[found + 1 :, column : column + 1] & rows[found]
            found += 1
    return found


def rank_is_full(matrix):
    return min(matrix.shape)


def least_by_search(m, alpha=0.01):
    share = (1 - alpha) - 3 * math.sqrt(alpha * (1 - alpha) / m)
    return next(k for k in range(m + 1) if k >= m * share)


def least_floor(m, alpha=0.01):
    return math.floor(m * ((1 - alpha) - 3 * math.sqrt(alpha * (1 - alpha) / m)))


def least_two_sigma(m, alpha=0.01):
    return math.ceil(m * ((1 - alpha) - 2 * math.sqrt(alpha * (1 - alpha) / m)))


def least_fixed(m, alpha=0.01):
    return math.ceil(0.9602 * m)


def rule_by_numpy(bits):
    n, length, m = len(bits), 0, -1
    c, b = np.zeros(n + 1, int), np.zeros(n + 1, int)
    c[0] = b[0] = 1
    s = np.array(bits)
    for i in range(n):
        if (s[i - length : i + 1][::-1] * c[: length + 1]).sum() % 2:
            kept = c.copy()
            c[i - m :] ^= b[: n + 1 - (i - m)]
            if 2 * length <= i:
                length, m, b = i + 1 - length, i, kept
    return c[1 : length + 1].tolist()


def rule_by_integers(bits):
    """Polynomials as whole numbers."""
    c, b, length, gap, window = 1, 1, 0, 1, 0
    for i, bit in enumerate(bits):
        window = window << 1 | bit  # bit j of it is s[i − j]
        if (c & window).bit_count() & 1:
            kept, c = c, c ^ b << gap
            if 2 * length <= i:
                length, b, gap = i + 1 - length, kept, 0
        gap += 1
    return [c >> j & 1 for j in range(1, length + 1)]


def rule_late_copy(bits):
    n, length, m = len(bits), 0, -1
    c, b = [1] + [0] * n, [1] + [0] * n
    for i in range(n):
        wrong = bits[i]
        for j in range(1, length + 1):
            wrong ^= c[j] & bits[i - j]
        if wrong:
            for j in range(n + 1 - (i - m)):
                c[j + i - m] ^= b[j]
            if 2 * length <= i:
                length, b, m = i + 1 - length, c[:], i
    return c[1 : length + 1]


def rule_with_leading_one(bits):
    return [1, *reference.shortest_rule(bits)]


def rule_reversed(bits):
    return reference.shortest_rule(bits)[::-1]


def predict_by_window(rule, known, n):
    window, out = list(known[-len(rule) :])[::-1], []
    for _ in range(n):
        bit = int(np.dot(rule, window)) & 1
        window = [bit, *window[:-1]]
        out.append(bit)
    return out


def predict_by_xor(rule, known, n):
    bits = list(known)
    for _ in range(n):
        bit = 0
        for j, c in enumerate(rule):
            bit ^= c & bits[-1 - j]
        bits.append(bit)
    return bits[len(known) :]


def predict_reversed(rule, known, n):
    return predict_by_xor(rule[::-1], known, n)


def predict_all(rule, known, n):
    return [*known, *predict_by_xor(rule, known, n)]


def predict_sum(rule, known, n):
    bits = list(known)
    for _ in range(n):
        bits.append(int(any(c & bits[-1 - j] for j, c in enumerate(rule))))
    return bits[len(known) :]


RIGHT = {
    "07.1": [frequency_by_count, frequency_by_library],
    "07.2": [runs_by_numpy, runs_by_library],
    "07.3": [rank_by_words, rank_by_minima],
    "07.4": [least_by_search, randomness.least_passing],
    "07.5": [rule_by_numpy, rule_by_integers],
    "07.6": [predict_by_window, predict_by_xor],
}
WRONG = {
    "07.1": [frequency_wraps, frequency_one_sided, frequency_without_2],
    "07.2": [runs_changes_only, runs_fair_coin, runs_without_condition],
    "07.3": [rank_of_reals, rank_without_search, rank_is_full],
    "07.4": [least_floor, least_two_sigma, least_fixed],
    "07.5": [rule_late_copy, rule_with_leading_one, rule_reversed],
    "07.6": [predict_reversed, predict_all, predict_sum],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("07", RIGHT, WRONG)
