"""Permutations of parts and the other diffusions: exact inverses, slow twins, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansec_lib.ciphers import diffuse, dna, permute, substitute, twister
from gansec_lib.errors import ParameterError

shapes = st.tuples(st.sampled_from([(), (1,), (3,), (2, 3)]), st.integers(1, 9), st.integers(1, 7))


def random_bytes(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(1, 4), st.integers(0, 2**32))
def test_every_permutation_of_parts_is_undone(shape, side, seed):
    batch, height, width = shape
    rng = np.random.default_rng(seed)
    image = random_bytes((*batch, height * side, width * side), seed)
    cases = {
        "blocks": (side, rng.permutation(height * width)),
        "polyphase": (side, [rng.permutation(height * width) for _ in range(side**2)]),
        "bit_planes": (rng.permutation(8),),
        "cyclic_shifts": (
            rng.integers(-(2**40), 2**40, image.shape[-2]),
            rng.integers(0, 2**64, image.shape[-1], dtype=np.uint64),
        ),
    }
    for name, arguments in cases.items():
        there, back = getattr(permute, name), getattr(permute, f"undo_{name}")
        moved = there(image, *arguments)
        assert moved.shape == image.shape
        assert (back(moved, *arguments) == image).all(), name
        if name != "bit_planes":
            assert (np.sort(moved, axis=None) == np.sort(image, axis=None)).all()
        if batch:  # a batch is its pictures one by one
            assert (there(image[0], *arguments) == moved[0]).all(), name
    read = permute.zigzag(image)
    assert (permute.undo_zigzag(read, *image.shape[-2:]) == image).all()


def test_parts_equal_their_slow_twins():
    image = np.arange(6 * 9, dtype=np.uint8).reshape(6, 9)
    rng = np.random.default_rng(2)
    order, rows, columns = rng.permutation(6), rng.integers(0, 50, 6), rng.integers(0, 50, 9)
    moved = permute.blocks(image, 3, order)
    for place, source in enumerate(order):
        y, x, v, u = *divmod(place, 3), *divmod(int(source), 3)
        block = image[3 * v : 3 * v + 3, 3 * u : 3 * u + 3]
        assert (moved[3 * y : 3 * y + 3, 3 * x : 3 * x + 3] == block).all()
    slow = np.stack([np.roll(row, shift) for row, shift in zip(image, rows, strict=True)])
    slow = np.stack([np.roll(slow[:, x], columns[x]) for x in range(9)], axis=1)
    assert (permute.cyclic_shifts(image, rows, columns) == slow).all()
    planes = rng.permutation(8)
    mixed = permute.bit_planes(image, planes)
    for i, source in enumerate(planes):
        assert ((mixed >> i & 1) == (image >> source & 1)).all()
    orders = [rng.permutation(6) for _ in range(9)]
    phased = permute.polyphase(image, 3, orders)
    assert (phased[1::3, 2::3].reshape(-1) == image[1::3, 2::3].reshape(-1)[orders[5]]).all()
    jpeg = permute.zigzag_order(8, 8)  # ITU-T T.81, figure 5
    assert jpeg[:10].tolist() == [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]
    assert jpeg[-3:].tolist() == [55, 62, 63]


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64])
def test_fisher_yates_equals_the_loop(dtype):
    for n in (1, 2, 7, 1000):
        words = np.random.default_rng(n).integers(0, np.iinfo(dtype).max, n, dtype=dtype)
        slow = list(range(n))
        for t, i in enumerate(range(n - 1, 0, -1)):
            j = int(words[t]) % (i + 1)
            slow[i], slow[j] = slow[j], slow[i]
        assert permute.fisher_yates(words, n).tolist() == slow


def test_fisher_yates_reaches_every_order_alike():
    words = twister.MT19937(7).random_uint32(3 * 24000).reshape(-1, 3)
    codes = [int("".join(map(str, permute.fisher_yates(row, 4)))) for row in words]
    counts = np.unique(codes, return_counts=True)[1]
    assert len(counts) == 24 and ((counts - 1000) ** 2 / 1000).sum() < 49.7  # 99.9 %, 23 degrees


# ---- diffusion


def pairs(n, seed):
    """Every diffusion with its inverse, keyed and started from ``seed``."""
    rng = np.random.default_rng(seed)
    key, other = random_bytes((2, n), seed + 1)
    start, end = (int(value) for value in rng.integers(0, 256, 2))
    sbox = substitute.key_sbox(rng.random(256))
    size = int(rng.choice([d for d in range(1, n + 1) if n % d == 0]))
    return {
        "xor": (key,),
        "mod_add": (key,),
        "rotate": (key,),
        "chained": (key, start),
        "xor_of_sum": (key, start),
        "sbox_feedback": (key, start, sbox),
        "two_way": (key, other, (start, end)),
        "two_way S": (key, other, (start, end), sbox),
        "converge": (key, (start, end)),
        "converge S": (key, (start, end), sbox),
        "block_add": (key, size, start),
    }


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([(), (1,), (3,), (2, 3)]), st.integers(1, 40), st.integers(0, 2**32))
def test_every_diffusion_is_undone(batch, n, seed):
    flat = random_bytes((*batch, n), seed)
    before = flat.copy()
    for name, arguments in pairs(n, seed).items():
        word = name.split()[0]
        there = getattr(diffuse, word)
        back = there if word == "xor" else getattr(diffuse, f"undo_{word}")
        moved = there(flat, *arguments)
        assert moved.dtype == np.uint8 and moved.shape == flat.shape
        assert (back(moved, *arguments) == flat).all(), name
        assert (flat == before).all()
        if batch:
            assert (there(flat[0], *arguments) == moved[0]).all(), name


def slow_run(p, k, start, sbox):
    out = []
    for x, y in zip(p, k, strict=True):
        start = (x + y) % 256 ^ (int(sbox[start]) if sbox is not None else start)
        out.append(start)
    return out


@pytest.mark.parametrize("n", [1, 2, 5, 64])
@pytest.mark.parametrize("with_sbox", [False, True])
def test_diffusions_equal_the_loop(n, with_sbox):
    p, k, other = random_bytes((3, n), n).tolist()
    sbox = substitute.AES_SBOX if with_sbox else None
    arrays = [np.array(values, np.uint8) for values in (p, k, other)]
    once = slow_run(p, k, 7, sbox)
    twice = slow_run(once[::-1], other[::-1], 9, sbox)[::-1]
    assert diffuse.two_way(*arrays, (7, 9), sbox).tolist() == twice
    if with_sbox:
        assert diffuse.sbox_feedback(*arrays[:2], 7).tolist() == once

    h, o = n // 2, [0] * n  # specs §2, index by index
    carry = 7
    for i in range(h):
        carry = o[i] = slow_run([p[i]], [k[i]], carry, sbox)[0]
    carry = 9
    for j in range(n - 1, h - 1, -1):
        carry = o[j] = slow_run([p[j]], [k[j]], carry, sbox)[0]
    carry = o[h]
    for i in range(h - 1, -1, -1):
        carry = o[i] = slow_run([o[i]], [k[n - 1 - i]], carry, sbox)[0]
    carry = o[0] if h else 7
    for j in range(h, n):
        carry = o[j] = slow_run([o[j]], [k[n - 1 - j]], carry, sbox)[0]
    assert diffuse.converge(*arrays[:2], (7, 9), sbox).tolist() == o


def test_simple_diffusions_equal_the_loop():
    p, k = random_bytes((2, 300), 8)
    rolled = [(int(x) << s | int(x) >> (8 - s)) & 255 for x, s in zip(p, k & 7, strict=True)]
    assert diffuse.rotate(p, k).tolist() == rolled
    rows = diffuse.block_add(p, k, 100, 5).reshape(3, 100)
    total = np.full(100, 5)
    for row in range(3):
        total = (total + p.reshape(3, 100)[row] + k.reshape(3, 100)[row]) % 256
        assert (rows[row] == total).all()


def test_an_sbox_repairs_the_cancelling_of_converge():
    p, k = random_bytes((2, 1000), 3)
    q = p.copy()
    q[500] ^= 1  # at h, n even: specs §2 measure half of the bytes
    plain = (diffuse.converge(p, k) != diffuse.converge(q, k)).mean()
    sbox = substitute.AES_SBOX
    boxed = (diffuse.converge(p, k, sbox=sbox) != diffuse.converge(q, k, sbox=sbox)).mean()
    assert 0.4 < plain < 0.6 and boxed > 0.97


def test_wrong_arguments_are_refused():
    byte, picture = np.zeros(6, np.uint8), np.zeros((2, 3), np.uint8)
    none = np.zeros((0, 3), np.uint8)
    for call, words in (
        (lambda: permute.blocks(picture, 2, [0]), "divides"),
        (lambda: permute.blocks(picture, 1, [0, 1]), "6 whole numbers"),
        (lambda: permute.blocks(none, 1, []), "non-empty"),
        (lambda: permute.bit_planes(picture, [0, 1, 2, 3, 4, 5, 6, 6]), "once"),
        (lambda: permute.bit_planes(picture.astype(int), range(8)), "uint8"),
        (lambda: permute.cyclic_shifts(picture, [1], [1, 2, 3]), "row_shifts"),
        (lambda: permute.cyclic_shifts(picture, [1, 2], [1.0, 2, 3]), "column_shifts"),
        (lambda: permute.zigzag(byte), "H, W"),
        (lambda: permute.undo_zigzag(byte, 2, 4), "whole numbers"),
        (lambda: permute.zigzag_order(0, 4), "1 or more"),
        (lambda: permute.polyphase(np.zeros((2, 2)), 2, [[0]]), "one a component"),
        (lambda: permute.fisher_yates(byte, 3), "uint32"),
        (lambda: permute.fisher_yates(np.zeros(1, np.uint32), 3), "or more"),
        (lambda: permute.fisher_yates(np.zeros(1, np.uint32), 0), "1 or more"),
        (lambda: permute.apply(byte, [0, 1, 2, 3, 4, 2**60]), "once"),
        (lambda: permute.apply(byte, [0, 1, 2, 3, 4, -1]), "once"),
        (lambda: diffuse.two_way(byte, byte, byte[:3]), "backward"),
        (lambda: diffuse.converge(byte, byte, (0, 300)), "a byte"),
        (lambda: diffuse.sbox_feedback(byte, byte, 0, byte), "256"),
        (lambda: diffuse.block_add(byte, byte, 4), "divides"),
        (lambda: diffuse.xor(byte[:0], byte[:0]), "non-empty"),
        (lambda: dna.encode(byte[:0], 1), "non-empty"),
    ):
        with pytest.raises(ParameterError, match=words):
            call()
