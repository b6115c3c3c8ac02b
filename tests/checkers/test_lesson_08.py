"""Lesson 08's checkers accept what is right and refuse what is nearly right."""

import numpy as np
import torch
from checker_cases import checker_tests

from gansec_lib.ciphers import diffuse, permute
from gansec_lib.course.check import lesson_08 as reference


def orbit_by_numpy(x, r, n):
    states = np.empty(n)
    for i in range(n):
        states[i] = x = r * x * (1 - x)
    return torch.from_numpy(states)


def orbit_expanded(x, r, n):
    states = []
    for _ in range(n):
        x = r * (x - x * x)
        states.append(x)
    return torch.tensor(states).double() if n == 0 else torch.tensor(states, dtype=torch.float64)


def orbit_with_start(x, r, n):
    return torch.cat([torch.tensor([x]).double(), reference.logistic_orbit(x, r, n)[:-1]])


def orbit_in_float32(x, r, n):
    x, states = torch.tensor(x), []
    for _ in range(n):
        x = r * x * (1 - x)
        states.append(x.item())
    return torch.tensor(states, dtype=torch.float64)


def orbit_without_r(x, r, n):
    return reference.logistic_orbit(x, 4.0, n)


def lyapunov_by_numpy(orbit, r):
    return float(np.mean(np.log(np.abs(r - 2 * r * orbit.numpy()))))


def lyapunov_by_sum(orbit, r):
    return sum(float(abs(r * (1 - 2 * x)).log()) for x in orbit) / len(orbit)


def lyapunov_log_of_mean(orbit, r):
    return (r * (1 - 2 * orbit)).abs().mean().log().item()


def lyapunov_in_bits(orbit, r):
    return (r * (1 - 2 * orbit)).abs().log2().mean().item()


def lyapunov_positive(orbit, r):
    return abs(reference.lyapunov(orbit, r))


def cycle_by_list(step, x):
    seen = []
    while x not in seen:
        seen.append(x)
        x = step(x)
    tail = seen.index(x)
    return tail, len(seen) - tail


def cycle_by_floyd(step, x):
    slow, fast = step(x), step(step(x))
    while slow != fast:
        slow, fast = step(slow), step(step(fast))
    tail, slow = 0, x
    while slow != fast:
        slow, fast, tail = step(slow), step(fast), tail + 1
    period, fast = 1, step(slow)
    while slow != fast:
        fast, period = step(fast), period + 1
    return tail, period


def cycle_total(step, x):
    tail, period = cycle_by_list(step, x)
    return tail, tail + period


def cycle_off_by_one(step, x):
    tail, period = cycle_by_list(step, x)
    return tail + 1, period


def cycle_swapped(step, x):
    return cycle_by_list(step, x)[::-1]


def undo_by_argsort(moved, order):
    return moved[order.argsort()]


def undo_by_library(moved, order):
    return torch.from_numpy(permute.undo(moved.numpy(), order.numpy()))


def undo_in_place(moved, order):
    moved[order] = moved.clone()
    return moved


def unchain_by_library(cipher, stream):
    return torch.from_numpy(diffuse.undo_chained(cipher.numpy(), stream.numpy()))


def unchain_by_loop(cipher, stream):
    out, last = [], 0
    for c, k in zip(cipher.tolist(), stream.tolist(), strict=True):
        out.append((c - k - last) % 256)
        last = c
    return torch.tensor(out, dtype=torch.uint8)


def unchain_plain_before(cipher, stream):
    out, last = [], 0
    for c, k in zip(cipher.tolist(), stream.tolist(), strict=True):
        last = (c - k - last) % 256
        out.append(last)
    return torch.tensor(out, dtype=torch.uint8)


def unchain_absolute(cipher, stream):
    before = torch.cat([torch.zeros(1), cipher[:-1].float()])
    return (cipher.float() - stream.float() - before).abs().to(torch.uint8)


def unchain_skips_first(cipher, stream):
    return torch.cat([cipher[:1], (cipher[1:] - stream[1:] - cipher[:-1])])


def unchain_by_roll(cipher, stream):
    return cipher - stream - cipher.roll(1)


def places_by_horner(digits):
    total = torch.zeros(len(digits[0]), dtype=torch.int64)
    for digit in reversed(digits):
        total = 256 * total + digit
    return total


def places_by_numpy(digits):
    stacked = np.stack([d.numpy().astype(np.int64) for d in digits])
    return torch.from_numpy(256 ** np.arange(len(digits)) @ stacked)


def places_in_bytes(digits):
    return sum(digit * 256**power for power, digit in enumerate(digits[:1])).long()


def places_high_first(digits):
    return reference.places_from(digits[::-1])


def places_base_255(digits):
    return sum(digit.long() * 255**power for power, digit in enumerate(digits))


RIGHT = {
    "08.1": [orbit_by_numpy, orbit_expanded],
    "08.2": [lyapunov_by_numpy, lyapunov_by_sum],
    "08.3": [cycle_by_list, cycle_by_floyd],
    "08.4": [undo_by_argsort, undo_by_library],
    "08.5": [unchain_by_library, unchain_by_loop],
    "08.6": [places_by_horner, places_by_numpy],
}
WRONG = {
    "08.1": [orbit_with_start, orbit_in_float32, orbit_without_r],
    "08.2": [lyapunov_log_of_mean, lyapunov_in_bits, lyapunov_positive],
    "08.3": [cycle_total, cycle_off_by_one, cycle_swapped],
    "08.4": [lambda moved, order: moved[order], lambda moved, order: moved, undo_in_place],
    "08.5": [unchain_plain_before, unchain_absolute, unchain_skips_first, unchain_by_roll],
    "08.6": [places_in_bytes, places_high_first, places_base_255],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("08", RIGHT, WRONG)
