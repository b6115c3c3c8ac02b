"""Lesson 12's checkers accept what is right and refuse what is nearly right."""

import hashlib

import numpy as np
import torch
from checker_cases import checker_tests

from gansec_lib.ciphers import permute
from gansec_lib.course.check import lesson_12 as reference


def dice_by_floats(found, truth):
    a, b = found.double(), truth.double()
    total = a.sum((1, 2)) + b.sum((1, 2))
    return torch.where(total > 0, 2 * (a * b).sum((1, 2)) / total, 1.0)


def dice_by_loop(found, truth):
    out = []
    for a, b in zip(found, truth, strict=True):
        total = int(a.sum()) + int(b.sum())
        out.append(2 * int((a & b).sum()) / total if total else 1.0)
    return torch.tensor(out)


def dice_is_iou(found, truth):
    return (found & truth).sum((1, 2)) / (found | truth).sum((1, 2)).clamp(min=1)


def dice_over_batch(found, truth):
    one = reference.dice(found.reshape(1, -1, 1), truth.reshape(1, -1, 1))
    return one.expand(len(found))


def dice_nan(found, truth):
    return 2 * (found & truth).sum((1, 2)) / (found.sum((1, 2)) + truth.sum((1, 2)))


def broken_by_questions(blocks, files):
    for place, block in enumerate(blocks):
        before = blocks[place - 1]["hash"] if place else "0" * 64
        if block["previous"] != before or reference._link(block) != block["hash"]:
            return place
        if hashlib.sha256(files[place]).hexdigest() != block["file"]:
            return place


def broken_by_list(blocks, files):
    before = ["0" * 64, *(reference._link(block) for block in blocks)]
    bad = [
        place
        for place, (block, content) in enumerate(zip(blocks, files, strict=True))
        if block["hash"] != before[place + 1]
        or block["previous"] != (blocks[place - 1]["hash"] if place else before[0])
        or block["file"] != hashlib.sha256(content).hexdigest()
    ]
    return min(bad, default=None)


def broken_ignores_files(blocks, files):
    previous = "0" * 64
    for place, block in enumerate(blocks):
        if block["previous"] != previous or reference._link(block) != block["hash"]:
            return place
        previous = block["hash"]
    return None


def broken_ignores_links(blocks, files):
    for place, (block, content) in enumerate(zip(blocks, files, strict=True)):
        wrong = hashlib.sha256(content).hexdigest() != block["file"]
        if wrong or reference._link(block) != block["hash"]:
            return place
    return None


def broken_never_hashes(blocks, files):
    previous = "0" * 64
    for place, (block, content) in enumerate(zip(blocks, files, strict=True)):
        if block["previous"] != previous or hashlib.sha256(content).hexdigest() != block["file"]:
            return place
        previous = block["hash"]
    return None


def broken_says_zero(blocks, files):
    return reference.first_broken(blocks, files) or 0


def strengthen_by_numpy(drawn, table, p):
    k0 = drawn.numpy()
    place = (np.arange(len(k0)) * p + k0) & 255
    return torch.from_numpy(k0 ^ table.numpy()[place])


def strengthen_by_loop(drawn, table, p):
    made = [k ^ int(table[(p * i + k) % 256]) for i, k in enumerate(drawn.tolist())]
    return torch.tensor(made, dtype=torch.uint8)


def strengthen_without_place(drawn, table, p):
    return drawn ^ table[drawn.long()]


def strengthen_without_key(drawn, table, p):
    return drawn ^ table[(p * torch.arange(len(drawn))) % 256]


def strengthen_adds(drawn, table, p):
    return drawn + table[(p * torch.arange(len(drawn)) + drawn.long()) % 256]


def strengthen_without_p(drawn, table, p):
    return reference.strengthen(drawn, table, 1)


def rebuild_by_numpy(steps):
    return torch.from_numpy(np.add.accumulate(steps.numpy(), dtype=np.uint8))


def rebuild_by_loop(steps):
    out, last = [], 0
    for step in steps.tolist():
        last = (last + step) % 256
        out.append(last)
    return torch.tensor(out, dtype=torch.uint8)


def rebuild_as_found(steps):
    signed = steps.to(torch.int8).long()
    return (128 + signed.cumsum(0)).clamp(0, 255).to(torch.uint8)


def rebuild_clamped(steps):
    return steps.to(torch.int8).long().cumsum(0).clamp(0, 255).to(torch.uint8)


def rebuild_from_128(steps):
    return ((128 + steps.long().cumsum(0)) % 256).to(torch.uint8)


def rebuild_mod_255(steps):
    return (steps.long().cumsum(0) % 255).to(torch.uint8)


def parts_by_library(picture, orders, streams):
    moved = torch.from_numpy(permute.polyphase(picture.numpy(), 2, orders.numpy()))
    for r in (0, 1):
        for c in (0, 1):
            piece = moved[r::2, c::2]
            moved[r::2, c::2] = piece + streams[2 * r + c].reshape(piece.shape)
    return moved


def parts_by_index(picture, orders, streams):
    places = torch.arange(picture.numel()).reshape(picture.shape)
    out = torch.empty(picture.numel(), dtype=torch.uint8)
    for number in range(4):
        own = places[number // 2 :: 2, number % 2 :: 2].flatten()
        out[own] = picture.flatten()[own][orders[number]] + streams[number]
    return out.reshape(picture.shape)


def parts_columns_first(picture, orders, streams):
    turned = [0, 2, 1, 3]
    return reference.encrypt_parts(picture, orders[turned], streams[turned])


def parts_written_to_order(picture, orders, streams):
    return reference.encrypt_parts(picture, orders.argsort(dim=1), streams)


def parts_added_first(picture, orders, streams):
    moved = torch.stack([s[o] for s, o in zip(streams, orders, strict=True)])
    return reference.encrypt_parts(picture, orders, moved)


def parts_quadrants(picture, orders, streams):
    out = picture.clone()
    h, w = picture.shape[0] // 2, picture.shape[1] // 2
    for number in range(4):
        r, c = number // 2 * h, number % 2 * w
        piece = picture[r : r + h, c : c + w]
        made = piece.flatten()[orders[number]] + streams[number]
        out[r : r + h, c : c + w] = made.reshape(h, w)
    return out


def patient_by_next(archive, mask, salt, make, opens):
    places = range(len(archive))
    return next((i for i in places if opens(make(archive[i][:, mask], salt))), None)


def patient_by_list(archive, mask, salt, make, opens):
    right = [opens(make(one.flatten(1)[:, mask.flatten()], salt)) for one in archive]
    return right.index(True) if True in right else None


def patient_outside(archive, mask, salt, make, opens):
    return reference.name_patient(archive, ~mask, salt, make, opens)


def patient_without_salt(archive, mask, salt, make, opens):
    return reference.name_patient(archive, mask, b"", make, opens)


def patient_zero_is_none(archive, mask, salt, make, opens):
    return reference.name_patient(archive, mask, salt, make, opens) or None


def patient_only_first(archive, mask, salt, make, opens):
    return reference.name_patient(archive[:1], mask, salt, make, opens)


RIGHT = {
    "12.1": [dice_by_floats, dice_by_loop],
    "12.2": [broken_by_questions, broken_by_list],
    "12.3": [strengthen_by_numpy, strengthen_by_loop],
    "12.4": [rebuild_by_numpy, rebuild_by_loop],
    "12.5": [parts_by_library, parts_by_index],
    "12.6": [patient_by_next, patient_by_list],
}
WRONG = {
    "12.1": [dice_is_iou, dice_over_batch, dice_nan],
    "12.2": [
        broken_ignores_files,
        broken_ignores_links,
        broken_never_hashes,
        broken_says_zero,
    ],
    "12.3": [
        strengthen_without_place,
        strengthen_without_key,
        strengthen_adds,
        strengthen_without_p,
    ],
    "12.4": [rebuild_as_found, rebuild_clamped, rebuild_from_128, rebuild_mod_255],
    "12.5": [parts_columns_first, parts_written_to_order, parts_added_first, parts_quadrants],
    "12.6": [patient_outside, patient_without_salt, patient_zero_is_none, patient_only_first],
}
test_right, test_wrong, test_stub, test_complete = checker_tests("12", RIGHT, WRONG)
