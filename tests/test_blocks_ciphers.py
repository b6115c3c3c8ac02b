"""S-boxes, Feistel, chaining, Mersenne Twister, Huffman: known answers, slow twins, refusals."""

import heapq
import random
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansec_lib.ciphers import cbc, feistel, huffman, substitute, twister
from gansec_lib.errors import IntegrityError, ParameterError


def random_bytes(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


# ---- S-boxes


def test_aes_table_as_published():
    table = substitute.AES_SBOX
    assert bytes(table[:16]).hex() == "637c777bf26b6fc53001672bfed7ab76"  # FIPS 197, figure 7
    assert table[0x53] == 0xED and table[0xFF] == 0x16
    assert substitute.inverse_sbox(table)[0x00] == 0x52
    measured = substitute.report(table)
    assert measured["nonlinearity"] == measured["nonlinearity_single"] == 112
    assert measured["differential_uniformity"] == 4 and measured["bijective"]
    assert measured["fixed_points"] == 0
    assert abs(measured["strict_avalanche"] - 0.5049) < 5e-5


def test_measures_equal_their_definitions():
    sbox = substitute.key_sbox(np.random.default_rng(5).random(256))
    parity = [bin(value).count("1") & 1 for value in range(256)]
    worst = 0
    for mask in (1, 3, 77, 255):  # a few of the output combinations, all linear functions
        for line in range(256):
            agree = sum(parity[x & line] == parity[int(sbox[x]) & mask] for x in range(256))
            worst = max(worst, abs(2 * agree - 256))
    assert substitute.nonlinearity(sbox) <= 128 - worst // 2
    counts = {}
    for d in range(1, 256):
        for x in range(256):
            pair = d, int(sbox[x] ^ sbox[x ^ d])
            counts[pair] = counts.get(pair, 0) + 1
    assert substitute.differential_uniformity(sbox) == max(counts.values())
    chance = substitute.strict_avalanche(sbox)
    flips = sum(int(sbox[x] ^ sbox[x ^ 4]) >> 6 & 1 for x in range(256))
    assert chance[2, 6] == flips / 256
    assert 80 <= substitute.nonlinearity(sbox) <= substitute.nonlinearity(sbox, "single") <= 108


def test_a_linear_table_is_found_out():
    identity = np.arange(256, dtype=np.uint8)
    assert substitute.nonlinearity(identity) == 0
    assert substitute.differential_uniformity(identity) == 256
    assert substitute.nonlinearity(substitute.affine(77, 5)) == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(-300, 600), st.integers(-300, 600))
def test_substitution_is_undone(seed, a, b):
    data = random_bytes((1, 3, 1 + seed % 4, 1 + seed % 5), seed)
    sbox = substitute.key_sbox(np.random.default_rng(seed).random(256))
    for table in (sbox, substitute.affine(2 * a + 1, b)):
        assert (substitute.undo(substitute.apply(data, table), table) == data).all()


# ---- Feistel and chaining


def slow_feistel(block, weights, sbox, keys):
    w = len(block) // 4
    branches = [list(map(int, block[i * w : (i + 1) * w])) for i in range(4)]
    for pair in keys.tolist():
        for half, key in zip((0, 2), pair, strict=True):
            x = branches[half]
            for i in range(w):
                total = sum(int(weights[i, j]) * x[j] for j in range(w)) + key[i]
                branches[half + 1][i] ^= int(sbox[total % 256])
        branches = [*branches[1:], branches[0]]
    return [byte for branch in branches for byte in branch]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 4, 16]), st.integers(1, 9), st.integers(1, 3))
def test_feistel_and_two_way_chaining(seed, w, rounds, batch):
    weights, keys = random_bytes((w, w), seed) | np.eye(w, dtype=np.uint8), None
    sbox = substitute.key_sbox(np.random.default_rng(seed).random(256))
    keys = random_bytes((rounds, 2, w), seed + 1)
    f = feistel.neural_round(weights, sbox)
    blocks = random_bytes((batch, 3, 4 * w), seed + 2)
    there = feistel.generalised(blocks, f, keys)
    assert (feistel.undo_generalised(there, f, keys) == blocks).all()
    assert there[0, 0].tolist() == slow_feistel(blocks[0, 0], weights, sbox, keys)

    first, last = random_bytes((2, 4 * w), seed + 3)
    chained = cbc.two_way(blocks, lambda x: feistel.generalised(x, f, keys), first, last)
    before = blocks.copy()
    back = cbc.undo_two_way(chained, lambda x: feistel.undo_generalised(x, f, keys), first, last)
    assert (back == blocks).all() and (blocks == before).all()
    assert (chained[0] == cbc.two_way(blocks[0], lambda x: feistel.generalised(x, f, keys),
                                      first, last)).all()  # fmt: skip
    flat = random_bytes(1 + seed % 40, seed)
    padded = cbc.pad(flat, 4 * w).reshape(-1)
    assert (padded[: len(flat)] == flat).all() and set(padded[len(flat) :]) == {padded[-1]}
    assert 1 <= padded[-1] == len(padded) - len(flat) <= 4 * w


def test_a_change_reaches_every_block_both_ways():
    sbox, keys = substitute.AES_SBOX, random_bytes((8, 2, 4), 1)
    f = feistel.neural_round(random_bytes((4, 4), 2) | np.eye(4, dtype=np.uint8), sbox)
    blocks, start = random_bytes((50, 16), 3), np.zeros(16, np.uint8)

    def cipher(data):
        return cbc.two_way(data, lambda x: feistel.generalised(x, f, keys), start, start)

    for place in (0, 25, 49):
        other = blocks.copy()
        other[place, 5] ^= 1
        assert (cipher(blocks) != cipher(other)).mean() > 0.98
    one = feistel.generalised(blocks, f, keys[:1]) != feistel.generalised(other, f, keys[:1])
    assert one.sum() < 8  # one round is not enough


# ---- Mersenne Twister


@pytest.mark.parametrize("seed", [0, 1, 5489, 2**32 - 1])
def test_twister_equals_numpy(seed):
    ours, theirs = twister.MT19937(seed), np.random.RandomState(seed)
    for n in (1, 623, 5, 2000):
        expected = theirs.randint(0, 2**32, n, dtype=np.uint32)
        assert (ours.random_uint32(n) == expected).all()
    words, place = ours.state
    _, their_words, their_place = theirs.get_state()[:3]
    assert (words == their_words).all() and place == their_place


@pytest.mark.parametrize("seed", [0, 7, 2**40 + 3, 2**31000 + 5], ids=["0", "1", "2", "969 words"])
def test_twister_equals_python(seed):
    key, rest = [], seed
    while rest or not key:
        key.append(rest & 0xFFFFFFFF)
        rest >>= 32
    ours, theirs = twister.MT19937(key), random.Random(seed)
    assert ours.random_uint32(1500).tolist() == [theirs.getrandbits(32) for _ in range(1500)]


def test_twister_as_its_authors_have_it():
    words = twister.MT19937([0x123, 0x234, 0x345, 0x456]).random_uint32(5)  # mt19937ar.out
    assert words.tolist() == [1067595299, 955945823, 477289528, 4107218783, 4228976476]


# ---- Huffman


def plain_huffman_bits(counts):
    heap = [int(count) for count in counts if count]
    heapq.heapify(heap)
    total = heap[0] if len(heap) == 1 else 0
    while len(heap) > 1:
        pair = heapq.heappop(heap) + heapq.heappop(heap)
        total += pair
        heapq.heappush(heap, pair)
    return total


@settings(max_examples=80, deadline=None)
@given(st.binary(min_size=1, max_size=300), st.booleans())
def test_huffman_round_trip_and_no_shorter_than_the_best_code(data, differences):
    stream = huffman.encode(data, differences)
    assert huffman.decode(stream).tobytes() == data
    symbols = np.frombuffer(data, np.uint8)
    if differences:
        symbols = np.array([b - a for a, b in zip([0, *data[:-1]], data, strict=True)]) % 256
    counts = np.bincount(symbols, minlength=256)
    assert 8 * (len(stream) - 15) >= plain_huffman_bits(counts)


def test_huffman_reaches_the_best_code_and_uses_nothing_but_frequencies():
    rng = np.random.default_rng(0)
    skewed = rng.choice(8, 12_000, p=[0.4, 0.2, 0.15, 0.1, 0.06, 0.05, 0.03, 0.01]).astype(np.uint8)
    best = plain_huffman_bits(np.bincount(skewed, minlength=256)) / 8
    assert best <= len(huffman.encode(skewed)) - 15 <= 1.01 * best + 60  # and its table
    repeated = np.tile(rng.permutation(256).astype(np.uint8), 40)
    assert len(huffman.encode(repeated)) > repeated.size  # a search for repetitions would find it


def test_differences_help_a_smooth_picture_and_no_cipher_image():
    y, x = np.mgrid[:64, :80]
    smooth = (128 + 60 * np.sin(x / 17) + 40 * np.cos(y / 11)).astype(np.uint8)
    assert len(huffman.encode(smooth, True)) < 0.7 * len(huffman.encode(smooth))
    noise = random_bytes((256, 256))
    assert len(huffman.encode(noise, True)) > noise.size


def test_garbled_streams_raise_integrity_error_and_nothing_else():
    rng = np.random.default_rng(3)
    good = huffman.encode(np.repeat(random_bytes(60, 4) % 7, 9), True)
    tried = 0
    for cut in range(len(good)):
        with pytest.raises(IntegrityError):
            huffman.decode(good[:cut])
    for _ in range(600):
        bad = bytearray(good)
        for _ in range(rng.integers(1, 4)):
            bad[rng.integers(len(bad))] ^= 1 << rng.integers(8)
        if bytes(bad) != good:
            with pytest.raises(IntegrityError):
                huffman.decode(bytes(bad))
        body = bytes(bad[:-4])  # the same damage with its checksum repaired
        try:
            huffman.decode(body + struct.pack(">I", zlib.crc32(body)))
        except IntegrityError:
            tried += 1
    assert tried > 50
    huge = bytearray(good[:-4])
    huge[3:11] = struct.pack(">Q", 2**60)
    with pytest.raises(IntegrityError):
        huffman.decode(bytes(huge) + struct.pack(">I", zlib.crc32(bytes(huge))))


def test_wrong_arguments_are_refused():
    byte, start = np.zeros(4, np.uint8), np.zeros(2, np.uint8)
    for call, words in (
        (lambda: substitute.affine(4), "odd"),
        (lambda: substitute.key_sbox(np.arange(255)), "256"),
        (lambda: substitute.inverse_sbox(np.zeros(256, np.uint8)), "no inverse"),
        (lambda: substitute.apply(byte, byte), "256"),
        (lambda: substitute.apply(byte[:0], substitute.AES_SBOX), "non-empty"),
        (lambda: substitute.nonlinearity(substitute.AES_SBOX, "few"), "'all'"),
        (lambda: feistel.generalised(byte[:3], max, np.zeros((1, 2, 1), np.uint8)), "4 w"),
        (lambda: feistel.generalised(byte[:0], max, np.zeros((1, 2, 1), np.uint8)), "non-empty"),
        (lambda: feistel.generalised(byte, max, np.zeros((1, 3), np.uint8)), "two a round"),
        (lambda: feistel.generalised(byte, lambda x, k: 0, np.zeros((1, 2), np.uint8)), "back"),
        (lambda: feistel.neural_round(np.zeros((2, 2), np.uint8), substitute.AES_SBOX), "odd"),
        (lambda: cbc.two_way(byte, max, byte, byte), "n, size"),
        (lambda: cbc.two_way(byte.reshape(2, 2), max, byte, start), "first"),
        (lambda: cbc.undo_two_way(byte.reshape(2, 2), lambda x: x[:1], start, start), "back"),
        (lambda: cbc.pad(byte[:0], 4), "non-empty"),
        (lambda: cbc.pad(byte, 256), "255"),
        (lambda: twister.MT19937(-1), "2³²"),
        (lambda: twister.MT19937([]), "2³²"),
        (lambda: twister.MT19937("a seed"), "2³²"),
        (lambda: twister.MT19937(1).random_uint32(-1), "0 or more"),
        (lambda: huffman.encode(b""), "non-empty"),
        (lambda: huffman.encode(np.zeros(3)), "uint8"),
    ):
        with pytest.raises(ParameterError, match=words):
            call()
