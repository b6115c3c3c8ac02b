"""Permutation, DNA coding and diffusion: exact inverses, slow twins, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansec_lib.ciphers import diffuse, dna, permute
from gansec_lib.errors import ParameterError

shapes = st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 7))


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(0, 2**32), st.integers(0, 255))
def test_every_block_is_undone_exactly(shape, seed, start):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, shape, dtype=np.uint8)
    flat, n = image.reshape(-1), image.size
    order = permute.order_from(rng.random(n))
    assert (permute.undo(permute.apply(flat, order), order) == flat).all()
    rows, columns = rng.permutation(shape[1]), rng.permutation(shape[2])
    moved = permute.rows_columns(image, rows, columns)
    assert (permute.undo_rows_columns(moved, rows, columns) == image).all()
    square = image[:, :1, :1] if min(shape[1:]) == 1 else image[:, :2, :2]
    a, b, rounds = (int(value) for value in rng.integers(0, 50, 3))
    assert (permute.undo_arnold(permute.arnold(square, a, b, rounds), a, b, rounds) == square).all()
    key = rng.integers(0, 256, n, dtype=np.uint8)
    for name in ("chained", "xor_of_sum"):
        there, back = getattr(diffuse, name), getattr(diffuse, f"undo_{name}")
        assert (back(there(flat, key, start), key, start) == flat).all()
    rules = rng.integers(1, 9, n)
    bases = dna.encode(flat, rules)
    assert (dna.decode(bases, rules) == flat).all()
    other = dna.encode(key, 3)
    assert (dna.subtract(dna.add(bases, other), other) == bases).all()
    assert (dna.xor(dna.xor(bases, other), other) == bases).all()
    assert (dna.complement(dna.complement(bases)) == bases).all()


def test_diffusion_equals_the_loop():
    rng = np.random.default_rng(1)
    p, k = rng.integers(0, 256, (2, 300), dtype=np.uint8)
    add, mix = 9, 9
    for i, (x, y) in enumerate(zip(p.tolist(), k.tolist(), strict=True)):
        add = (x + y + add) % 256
        mix = (x + y) % 256 ^ mix
        assert diffuse.chained(p, k, 9)[i] == add and diffuse.xor_of_sum(p, k, 9)[i] == mix


def test_dna_as_the_tables_have_it():
    byte = np.array([0b00011011], np.uint8)
    for rule, word in enumerate(dna.RULES, 1):
        bases = dna.encode(byte, rule)[0]
        assert "".join(dna.BASES[base] for base in bases) == word
        pairs = {word[0] + word[3], word[1] + word[2]}  # 00 pairs with 11, 01 with 10
        assert pairs <= {"AT", "TA", "CG", "GC"}
        assert dna.decode(dna.complement(dna.encode(byte, rule)), rule) == 255 - byte
    assert dna.decode(dna.encode(byte, 1), 2) != byte


def test_the_cat_map_moves_one_pixel_at_a_time():
    image = np.arange(25, dtype=np.uint8).reshape(5, 5)
    slow = np.empty_like(image)
    for y in range(5):
        for x in range(5):
            slow[(3 * x + 7 * y) % 5, (x + 2 * y) % 5] = image[y, x]
    assert (permute.arnold(image, 2, 3) == slow).all()
    periods = {64: 48, 100: 150, 124: 15, 128: 96, 256: 192, 512: 384}
    assert {side: permute.arnold_period(side) for side in periods} == periods
    big = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    assert (permute.arnold(big, rounds=48) == big).all()
    assert not (permute.arnold(big, rounds=47) == big).all()


def test_wrong_arguments_are_refused():
    byte = np.zeros(4, np.uint8)
    for call, words in (
        (lambda: permute.arnold(np.zeros((1, 4, 5))), "square"),
        (lambda: permute.apply(byte, [0, 1, 1, 2]), "once"),
        (lambda: permute.apply(byte, [0, 1, 2]), "expected 4 whole numbers"),
        (lambda: permute.undo(byte, [0, 1, 2, 4]), "once"),
        (lambda: permute.order_from([]), "non-empty"),
        (lambda: diffuse.chained(byte, byte[:3]), "shape of flat"),
        (lambda: diffuse.chained(byte[:0], byte[:0]), "non-empty"),
        (lambda: diffuse.xor_of_sum(byte, byte, 256), "a byte"),
        (lambda: dna.encode(byte, 9), "1 to 8"),
        (lambda: dna.encode(byte, [1, 2]), "array"),
        (lambda: dna.decode(np.full((1, 4), 4, np.uint8), 1), "0 to 3"),
        (lambda: dna.encode(byte.astype(int), 1), "uint8"),
    ):
        with pytest.raises(ParameterError, match=words):
            call()
