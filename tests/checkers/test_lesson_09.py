"""Lesson 09's checkers accept what is right and refuse what is nearly right."""

import numpy as np
import torch
from checker_cases import checker_tests

from gansec_lib.course.check import lesson_09 as reference
from gansec_lib.systems.keygen.key_gan import extract
from gansec_lib.train import losses


def windows_by_numpy(orbit, size):
    states = orbit.numpy()
    low, high = states.min(0), states.max(0)
    flat = ((states - low) / (high - low) * 2 - 1).astype(np.float32).ravel()
    return torch.from_numpy(flat[: len(flat) // size * size].reshape(-1, size))


def windows_by_unfold(orbit, size):
    low = orbit.amin(0, keepdim=True)
    scaled = (orbit - low) / (orbit.amax(0, keepdim=True) - low) * 2 - 1
    return scaled.flatten().unfold(0, size, size).float()


def windows_one_scale(orbit, size):
    flat = orbit.flatten()
    flat = (2 * (flat - flat.min()) / (flat.max() - flat.min()) - 1).float()
    return flat[: len(flat) // size * size].reshape(-1, size)


def windows_column_after_column(orbit, size):
    low, high = orbit.min(0).values, orbit.max(0).values
    flat = (2 * (orbit - low) / (high - low) - 1).float().T.flatten()
    return flat[: len(flat) // size * size].reshape(-1, size)


def windows_from_zero(orbit, size):
    return (reference.windows(orbit, size) + 1) / 2


def windows_overlapping(orbit, size):
    low, high = orbit.min(0).values, orbit.max(0).values
    return (2 * (orbit - low) / (high - low) - 1).float().flatten().unfold(0, size, 1)


def _step(g, d, og, od, real, latent, *, clear=True, detach=True, first="d", targets=(1, 0)):
    def discriminator():
        fake = g(latent)
        fake = fake.detach() if detach else fake
        right, wrong = targets
        loss = 0.5 * (d(real) - right).square().mean() + 0.5 * (d(fake) - wrong).square().mean()
        if clear:
            od.zero_grad()
        loss.backward()
        od.step()
        return loss.item()

    def fool():
        loss = 0.5 * (d(g(latent)) - 1).square().mean()
        if clear:
            og.zero_grad()
        loss.backward()
        og.step()
        return loss.item()

    if first == "d":
        return discriminator(), fool()
    loss_g = fool()
    return discriminator(), loss_g


def step_by_hand(g, d, og, od, real, latent):
    return _step(g, d, og, od, real, latent)


def step_no_grad(g, d, og, od, real, latent):
    with torch.no_grad():
        fake = g(latent)
    loss_d = losses.lsgan_discriminator(d(real), d(fake))
    od.zero_grad(set_to_none=True)
    loss_d.backward()
    od.step()
    loss_g = losses.lsgan_generator(d(g(latent)))
    og.zero_grad(set_to_none=True)
    loss_g.backward()
    og.step()
    return loss_d, loss_g


def step_keeps_gradients(g, d, og, od, real, latent):
    return _step(g, d, og, od, real, latent, clear=False)


def step_generator_first(g, d, og, od, real, latent):
    return _step(g, d, og, od, real, latent, first="g")


def step_swapped_targets(g, d, og, od, real, latent):
    return _step(g, d, og, od, real, latent, targets=(0, 1))


def step_forgets_generator(g, d, og, od, real, latent):
    loss_g = losses.lsgan_generator(d(g(latent)))
    loss_d = losses.lsgan_discriminator(d(real), d(g(latent).detach()))
    od.zero_grad()
    loss_d.backward()
    od.step()
    return loss_d.item(), loss_g.item()


def step_bce(g, d, og, od, real, latent):
    loss_d = losses.bce_discriminator(d(real), d(g(latent).detach()))
    od.zero_grad()
    loss_d.backward()
    od.step()
    loss_g = losses.bce_generator(d(g(latent)))
    og.zero_grad()
    loss_g.backward()
    og.step()
    return loss_d.item(), loss_g.item()


def latents_by_struct(stream, count, width):
    import struct

    words = struct.unpack(f"<{12 * count * width}H", stream)
    sums = [sum(words[i : i + 12]) / 65536 - 6 for i in range(0, len(words), 12)]
    return torch.tensor(sums, dtype=torch.float64).reshape(count, width)


def latents_by_float(stream, count, width):
    words = np.frombuffer(stream, np.uint16).astype(np.float64) / 65536
    return torch.from_numpy(words.reshape(count, width, 12).sum(-1) - 6)


def latents_overflow(stream, count, width):
    words = np.frombuffer(stream, "<u2").reshape(count, width, 12)
    return torch.from_numpy(words.sum(axis=2, dtype=np.uint16) / 65536 - 6)


def latents_big_endian(stream, count, width):
    words = np.frombuffer(stream, ">u2").reshape(count, width, 12)
    return torch.from_numpy(words.sum(axis=2, dtype=np.int64) / 65536 - 6)


def latents_not_centred(stream, count, width):
    return reference.latents_from(stream, count, width) + 6


def latents_strided(stream, count, width):
    words = np.frombuffer(stream, "<u2").reshape(12, count, width)
    return torch.from_numpy(words.sum(axis=0, dtype=np.int64) / 65536 - 6)


def modular_by_numpy(values, digits=10):
    whole = np.floor(np.abs(values.numpy()) * 10.0**digits).astype(np.int64)
    return torch.from_numpy((whole & 255).astype(np.uint8))


def modular_by_library(values, digits=10):
    return extract(values / 10.0 ** (10 - digits), "modular") if digits == 10 else (
        reference.modular(values, digits)
    )  # fmt: skip


def modular_float32(values, digits=10):
    return reference.modular(values.float(), digits)


def modular_signed(values, digits=10):
    return (values * 10**digits).floor().long().remainder(256).to(torch.uint8)


def modular_fixed_digits(values, digits=10):
    return reference.modular(values, 10)


def modular_255(values, digits=10):
    return (values.abs() * 10**digits).floor().long().remainder(255).to(torch.uint8)


def turns_by_numpy(values, digits):
    low, high = np.quantile(np.abs(values.numpy()), (0.25, 0.75))
    return (high - low) * 10.0**digits / 256


def turns_by_one_call(values, digits):
    low, high = values.abs().quantile(torch.tensor([0.25, 0.75], dtype=torch.float64))
    return ((high - low) / 256 * 10**digits).item()


def turns_signed(values, digits):
    return float(values.quantile(0.75) - values.quantile(0.25)) * 10**digits / 256


def turns_by_spread(values, digits):
    return float(values.abs().std()) * 10**digits / 256


def turns_of_steps(values, digits):
    return reference.turns(values, digits) * 256


def find_by_loop(stream_of, known, seeds):
    for seed in seeds:
        if torch.equal(stream_of([seed])[0], known):
            return seed
    return None


def find_in_small_blocks(stream_of, known, seeds):
    for start in range(0, len(seeds), 500):
        block = list(seeds)[start : start + 500]
        equal = (stream_of(block) ^ known).sum(1) == 0
        if equal.any():
            return block[int(equal.long().argmax())]
    return None


def find_all_at_once(stream_of, known, seeds):
    return int((stream_of(seeds) == known).all(1).nonzero()[0])


def find_place_not_seed(stream_of, known, seeds):
    found = find_by_loop(stream_of, known, seeds)
    return None if found is None else found - seeds[0]


def find_any_byte(stream_of, known, seeds):
    for start in range(0, len(seeds), 4096):
        block = seeds[start : start + 4096]
        hits = (stream_of(block) == known).any(1).nonzero()
        if len(hits):
            return block[int(hits[0])]
    return None


def find_skips_the_rest(stream_of, known, seeds):
    for start in range(0, len(seeds) - 4096, 4096):
        block = seeds[start : start + 4096]
        hits = (stream_of(block) == known).all(1).nonzero()
        if len(hits):
            return block[int(hits[0])]
    return None


def find_last(stream_of, known, seeds):
    return find_by_loop(stream_of, known, seeds[::-1])


RIGHT = {
    "09.1": [windows_by_numpy, windows_by_unfold],
    "09.2": [step_by_hand, step_no_grad],
    "09.3": [latents_by_struct, latents_by_float],
    "09.4": [modular_by_numpy, modular_by_library],
    "09.5": [turns_by_numpy, turns_by_one_call],
    "09.6": [find_by_loop, find_in_small_blocks],
}
WRONG = {
    "09.1": [
        windows_one_scale,
        windows_column_after_column,
        windows_from_zero,
        windows_overlapping,
    ],
    "09.2": [
        step_keeps_gradients,
        step_generator_first,
        step_swapped_targets,
        step_forgets_generator,
        step_bce,
    ],
    "09.3": [latents_overflow, latents_big_endian, latents_not_centred, latents_strided],
    "09.4": [modular_float32, modular_signed, modular_fixed_digits, modular_255],
    "09.5": [turns_signed, turns_by_spread, turns_of_steps],
    "09.6": [
        find_all_at_once,
        find_place_not_seed,
        find_any_byte,
        find_skips_the_rest,
        find_last,
    ],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("09", RIGHT, WRONG)
