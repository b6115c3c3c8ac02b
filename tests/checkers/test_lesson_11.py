"""Lesson 11's checkers accept what is right and refuse what is nearly right."""

import numpy as np
import torch
from checker_cases import checker_tests

from gansec_lib.ciphers import diffuse, feistel
from gansec_lib.course.check import lesson_11 as reference


def schedule_by_numpy(stream, height, width):
    array, out = stream.numpy(), []
    for size in (height, width, height):
        out.append(np.ascontiguousarray(array[: 4 * size]).view("<u4"))
        array = array[4 * size :]
    rows, columns = (torch.from_numpy(np.argsort(v, kind="stable")) for v in out[:2])
    shifts = torch.from_numpy(out[2].astype(np.int64) % width)
    return rows, columns, shifts, torch.from_numpy(array[:2]), torch.from_numpy(array[2:])


def schedule_by_loop(stream, height, width):
    data = bytes(stream.tolist())
    words = [int.from_bytes(data[i : i + 4], "little") for i in range(0, 8 * height + 4 * width, 4)]
    rows, columns = words[:height], words[height : height + width]
    orders = [torch.tensor(sorted(range(len(v)), key=v.__getitem__)) for v in (rows, columns)]
    rest = stream[8 * height + 4 * width :]
    shifts = torch.tensor([w % width for w in words[height + width :]])
    return *orders, shifts, rest[:2], rest[2:]


def schedule_big_endian(stream, height, width):
    head = 8 * height + 4 * width
    flipped = torch.cat([stream[:head].reshape(-1, 4).flip(1).flatten(), stream[head:]])
    return reference.schedule(flipped, height, width)


def schedule_ranks(stream, height, width):
    rows, columns, *rest = reference.schedule(stream, height, width)
    return rows.argsort(), columns.argsort(), *rest


def schedule_one_byte(stream, height, width):
    _, columns, shifts, starts, keys = reference.schedule(stream, height, width)
    return stream[: 4 * height : 4].argsort(stable=True), columns, shifts, starts, keys


def schedule_shifts_not_reduced(stream, height, width):
    rows, columns, _, starts, keys = reference.schedule(stream, height, width)
    piece = stream[4 * height + 4 * width : 8 * height + 4 * width]
    whole = piece.reshape(-1, 4).long() @ 256 ** torch.arange(4)
    return rows, columns, whole, starts, keys


def converge_by_library(flat, key, starts, box):
    given = (flat.numpy(), key.numpy(), starts.tolist(), box.numpy())
    return torch.from_numpy(diffuse.converge(*given))


def converge_by_index(flat, key, starts, box):
    n, out, box = len(flat), flat.tolist(), box.tolist()
    key, half = key.tolist(), len(flat) // 2

    def go(places, keys, c):
        for i, k in zip(places, keys, strict=True):
            c = out[i] = (out[i] + k) % 256 ^ box[c]

    go(range(half), key[:half], int(starts[0]))
    go(range(n - 1, half - 1, -1), key[half:][::-1], int(starts[1]))
    go(range(half - 1, -1, -1), [key[n - 1 - i] for i in range(half - 1, -1, -1)], out[half])
    go(range(half, n), [key[n - 1 - i] for i in range(half, n)], out[0])
    return torch.tensor(out, dtype=torch.uint8)


def converge_inwards_only(flat, key, starts, box):
    half = len(flat) // 2
    left = reference._sweep(flat[:half], key[:half], starts[0], box)
    right = reference._sweep(flat[half:].flip(0), key[half:].flip(0), starts[1], box).flip(0)
    return torch.cat([left, right])


def converge_same_key_twice(flat, key, starts, box):
    half = len(flat) // 2
    both = converge_inwards_only(flat, key, starts, box)
    left, right = both[:half], both[half:]
    left = reference._sweep(left.flip(0), key[:half].flip(0), right[0], box).flip(0)
    return torch.cat([left, reference._sweep(right, key[half:], left[0], box)])


def converge_never_turns(flat, key, starts, box):
    half, mirrored = len(flat) // 2, key.flip(0)
    left = reference._sweep(flat[:half], key[:half], starts[0], box)
    right = reference._sweep(flat[half:], key[half:], starts[1], box)
    left = reference._sweep(left, mirrored[:half], right[0], box)
    return torch.cat([left, reference._sweep(right, mirrored[half:], left[0], box)])


def converge_without_box(flat, key, starts, box):
    return reference.converge(flat, key, starts, torch.arange(256).to(torch.uint8))


def unconverge_by_library(cipher, key, starts, box):
    given = (cipher.numpy(), key.numpy(), starts.tolist(), box.numpy())
    return torch.from_numpy(diffuse.undo_converge(*given))


def unconverge_by_loop(cipher, key, starts, box):
    n, half, box = len(cipher), len(cipher) // 2, box.tolist()
    out, key = cipher.tolist(), key.tolist()
    mirrored = key[::-1]

    def back(places, keys, first):
        before = [int(first), *(out[i] for i in places[:-1])]
        for i, k, b in zip(places, keys, before, strict=True):
            out[i] = ((out[i] ^ box[b]) - k) % 256

    inner = list(range(half))
    back(list(range(half, n)), mirrored[half:], out[0])
    back(inner[::-1], mirrored[:half][::-1], out[half])
    back(inner, key[:half], starts[0])
    back(list(range(n - 1, half - 1, -1)), key[half:][::-1], starts[1])
    return torch.tensor(out, dtype=torch.uint8)


def _unconverge(cipher, key, starts, box, order=True, flip=True):
    half, mirrored = len(cipher) // 2, key.flip(0)
    left, right = cipher[:half], cipher[half:]
    go = reference._unsweep
    if order:
        right = go(right, mirrored[half:], left[0], box)
    left = go(left.flip(0), mirrored[:half].flip(0), right[0], box).flip(0)
    if not order:
        right = go(right, mirrored[half:], left[0], box)
    left = go(left, key[:half], starts[0], box)
    last = key[half:].flip(0) if flip else key[half:]
    return torch.cat([left, go(right.flip(0), last, starts[1], box).flip(0)])


def unconverge_as_found(cipher, key, starts, box):
    return _unconverge(cipher, key, starts, box, order=False, flip=False)


def unconverge_order_only(cipher, key, starts, box):
    return _unconverge(cipher, key, starts, box, flip=False)


def unconverge_key_only(cipher, key, starts, box):
    return _unconverge(cipher, key, starts, box, order=False)


def unrounds_by_library(blocks, f, keys):
    def of_numpy(x, k):
        return f(torch.from_numpy(x.copy()), torch.from_numpy(k.copy())).numpy()

    return torch.from_numpy(feistel.undo_generalised(blocks.numpy(), of_numpy, keys.numpy()))


def unrounds_by_index(blocks, f, keys):
    parts = list(blocks.chunk(4, -1))
    for r in range(len(keys) - 1, -1, -1):
        parts = [parts[3], parts[0], parts[1], parts[2]]
        parts[1] = parts[1] ^ f(parts[0], keys[r, 0])
        parts[3] = parts[3] ^ f(parts[2], keys[r, 1])
    return torch.cat(parts, -1)


def unrounds_first_round_first(blocks, f, keys):
    return reference.unrounds(blocks, f, keys.flip(0))


def unrounds_not_turned(blocks, f, keys):
    for first, second in keys.flip(0):
        b0, b1, b2, b3 = blocks.chunk(4, -1)
        blocks = torch.cat([b0, b1 ^ f(b0, first), b2, b3 ^ f(b2, second)], -1)
    return blocks


def unrounds_keys_swapped(blocks, f, keys):
    return reference.unrounds(blocks, f, keys.flip(1))


def chain_by_loop(tiles, keys, back=False):
    out, before = [], torch.zeros_like(tiles[0])
    for tile, key in zip(tiles, keys, strict=True):
        out.append(tile - key - before if back else tile + key + before)
        before = tile if back else out[-1]
    return torch.stack(out)


def chain_by_library(tiles, keys, back=False):
    flat = [x.reshape(-1).numpy() for x in (tiles, keys)]
    call = diffuse.undo_block_add if back else diffuse.block_add
    return torch.from_numpy(call(*flat, tiles[0].numel())).reshape(tiles.shape)


def chain_forwards_only(tiles, keys, back=False):
    return reference.block_chain(tiles, keys)


def chain_plain_before(tiles, keys, back=False):
    if not back:
        return reference.block_chain(tiles, keys)
    out, before = [], torch.zeros_like(tiles[0])
    for tile, key in zip(tiles, keys, strict=True):
        before = tile - key - before
        out.append(before)
    return torch.stack(out)


def chain_keys_not_summed(tiles, keys, back=False):
    if back:
        return reference.block_chain(tiles, keys, back=True)
    return (tiles.long().cumsum(0) % 256).to(torch.uint8) + keys


def chain_over_rows(tiles, keys, back=False):
    if back:
        return reference.block_chain(tiles, keys, back=True)
    return ((tiles.long() + keys.long()).cumsum(1) % 256).to(torch.uint8)


def minus_by_diff(one, other):
    gap = one.long() - other.long()
    return (torch.diff(gap, dim=0, prepend=torch.zeros_like(gap[:1])) % 256).to(torch.uint8)


def minus_each_first(one, other):
    zeros = torch.zeros_like(one)
    first, second = (reference.block_chain(x, zeros, back=True) for x in (one, other))
    return first - second


def minus_chain_left(one, other):
    return one - other


def minus_absolute(one, other):
    return (one.long() - other.long()).abs().to(torch.uint8)


def minus_by_xor(one, other):
    gap = one ^ other
    return reference.block_chain(gap, torch.zeros_like(gap), back=True)


RIGHT = {
    "11.1": [schedule_by_numpy, schedule_by_loop],
    "11.2": [converge_by_library, converge_by_index],
    "11.3": [unconverge_by_library, unconverge_by_loop],
    "11.4": [unrounds_by_library, unrounds_by_index],
    "11.5": [chain_by_loop, chain_by_library],
    "11.6": [minus_by_diff, minus_each_first],
}
WRONG = {
    "11.1": [
        schedule_big_endian,
        schedule_ranks,
        schedule_one_byte,
        schedule_shifts_not_reduced,
    ],
    "11.2": [
        converge_inwards_only,
        converge_same_key_twice,
        converge_never_turns,
        converge_without_box,
    ],
    "11.3": [unconverge_as_found, unconverge_order_only, unconverge_key_only],
    "11.4": [unrounds_first_round_first, unrounds_not_turned, unrounds_keys_swapped],
    "11.5": [chain_forwards_only, chain_plain_before, chain_keys_not_summed, chain_over_rows],
    "11.6": [minus_chain_left, minus_absolute, minus_by_xor],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("11", RIGHT, WRONG)
