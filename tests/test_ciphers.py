"""The first ciphers: exact inverses, refusals, known answers, what the structure gives away."""

import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gansec_lib import systems
from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.roles import Ciphertext, derive_key

KEY = derive_key(b"a key for the tests, 32 bytes ok")
MAKERS = {
    "aes_gcm": lambda: systems.get("aes_gcm"),
    "chacha20": lambda: systems.get("chacha20"),
    "logistic": lambda: systems.get("logistic"),
    "logistic related": lambda: systems.get("logistic", plaintext_related=True),
}
SHAPES = [(1, 1, 1, 1), (1, 3, 1, 1), (1, 1, 7, 5), (3, 3, 9, 16), (2, 1, 1, 33), (5, 3, 32, 24)]


def pictures(shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, shape, generator=rng).to(torch.uint8)


@pytest.fixture(params=MAKERS)
def cipher(request):
    return MAKERS[request.param]()


@pytest.mark.parametrize("shape", SHAPES)
def test_decryption_is_exact(cipher, shape):
    plain = pictures(shape)
    before = plain.clone()
    ciphertext = cipher.encrypt(plain, KEY)
    again = Ciphertext.from_bytes(ciphertext.to_bytes())
    assert torch.equal(cipher.decrypt(ciphertext, KEY), plain)
    assert torch.equal(cipher.decrypt(again, KEY), plain)
    assert torch.equal(plain, before)
    assert ciphertext.as_images().shape == plain.shape


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(list(MAKERS)),
    st.tuples(st.integers(1, 4), st.sampled_from([1, 3]), st.integers(1, 12), st.integers(1, 12)),
    st.integers(0, 2**31),
    st.binary(min_size=32, max_size=32),
)
def test_decryption_is_exact_for_any_shape_and_key(name, shape, seed, key):
    cipher = MAKERS[name]()
    plain = pictures(shape, seed)
    assert torch.equal(cipher.decrypt(cipher.encrypt(plain, key), key), plain)


def test_pictures_that_are_not_contiguous(cipher):
    plain = pictures((2, 3, 8, 6)).transpose(2, 3)
    assert torch.equal(cipher.decrypt(cipher.encrypt(plain, KEY), KEY), plain)


def test_every_encryption_draws_a_fresh_nonce(cipher):
    plain = pictures((1, 1, 16, 12))
    first, second = cipher.encrypt(plain, KEY), cipher.encrypt(plain, KEY)
    assert first.nonce != second.nonce and len(first.nonce) == cipher.nonce_length
    assert (first.payload != second.payload).float().mean() > 0.9
    fixed = bytes(cipher.nonce_length)
    assert torch.equal(
        cipher.encrypt(plain, KEY, nonce=fixed).payload,
        cipher.encrypt(plain, KEY, nonce=fixed).payload,
    )


def test_equal_pictures_of_a_batch_encrypt_differently(cipher):
    plain = torch.zeros(2, 1, 16, 12, dtype=torch.uint8)
    images = cipher.encrypt(plain, KEY).as_images()
    assert (images[0] != images[1]).float().mean() > 0.9


def test_wrong_arguments_are_refused(cipher):
    plain = pictures((1, 1, 4, 3))
    for key in (b"short", KEY + b"x", "a passphrase", None):
        with pytest.raises(ParameterError, match="key"):
            cipher.encrypt(plain, key)
        with pytest.raises(ParameterError, match="key"):
            cipher.decrypt(cipher.encrypt(plain, KEY), key)
    with pytest.raises(ParameterError, match="nonce"):
        cipher.encrypt(plain, KEY, nonce=b"123")
    with pytest.raises(ParameterError, match="images"):
        cipher.encrypt(plain.float(), KEY)
    with pytest.raises(ParameterError, match="ciphertext"):
        cipher.decrypt(b"bytes", KEY)


def test_a_ciphertext_of_another_system_or_version_is_refused(cipher):
    from dataclasses import replace

    made = cipher.encrypt(pictures((1, 1, 4, 3)), KEY)
    with pytest.raises(IntegrityError, match="made by 'other'"):
        cipher.decrypt(replace(made, system="other"), KEY)
    with pytest.raises(IntegrityError, match="version 9"):
        cipher.decrypt(replace(made, version=9), KEY)


@pytest.mark.parametrize("name", ["aes_gcm", "chacha20"])
def test_authenticated_ciphers_refuse_every_change(name):
    from dataclasses import replace

    cipher = systems.get(name)
    made = cipher.encrypt(pictures((2, 3, 6, 5)), KEY)
    size = made.payload.numel()
    for place in range(0, size, 7):
        payload = made.payload.clone()
        payload[place] ^= 1 << place % 8
        with pytest.raises(IntegrityError):
            cipher.decrypt(replace(made, payload=payload), KEY)
    flipped_tag = bytes([made.tag[0] ^ 1]) + made.tag[1:]
    for changed in (
        replace(made, payload=made.payload[: size - 1]),
        replace(made, payload=made.payload[:0]),
        replace(made, tag=flipped_tag),
        replace(made, tag=made.tag[:12]),
        replace(made, tag=b""),
        replace(made, nonce=bytes(12)),
        replace(made, nonce=b""),
        replace(made, shape=(2, 3, 5, 6)),
        replace(made, extra={"more": "1"}),
    ):
        with pytest.raises(IntegrityError):
            cipher.decrypt(changed, KEY)
    for bit in range(256):
        wrong = bytearray(KEY)
        wrong[bit // 8] ^= 1 << bit % 8
        with pytest.raises(IntegrityError, match="nothing was decrypted"):
            cipher.decrypt(made, bytes(wrong))


def test_aes_gcm_is_the_published_cipher():
    """GCM specification (McGrew, Viega), test case 16 carries 96-bit nonce, AAD and 60 bytes."""
    from gansec_lib.ciphers import aead

    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    header = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    payload, tag = aead.aes_gcm_seal(key, nonce, np.frombuffer(plain, np.uint8), header)
    assert payload.tobytes().hex() == (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    )
    assert tag.hex() == "76fc6ece0f4e1768cddf8853bb2d551b"
    assert aead.aes_gcm_open(key, nonce, payload, tag, header).tobytes() == plain


def test_aes_ctr_is_the_published_generator():
    """NIST SP 800-38A, F.5.5: the first two output blocks, from a whole counter block."""
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    stream = systems.get("aes_ctr").keystream(key, bytes(range(0xF0, 0x100)), 32)
    wanted = "0bdf7df1591716335e9a8b15c860c5025a6e699d536119065433863c8f657b94"
    assert bytes(stream.tolist()).hex() == wanted


def python_logistic(plain: bytes, seeds, starts) -> bytes:
    """The cipher as its definition reads, one byte at a time."""

    def orbit(x, r):
        for _ in range(1000):
            x = r * x * (1 - x)
        values = []
        for _ in plain:
            x = r * x * (1 - x)
            values.append(x)
        return values

    first = orbit(seeds[0], seeds[1])
    order = sorted(range(len(plain)), key=lambda i: first[i])
    forward = [int(x * 2**40) % 256 for x in orbit(seeds[2], seeds[3])]
    backward = [int(x * 2**40) % 256 for x in orbit(seeds[4], seeds[5])]
    out, carry = [], int(starts[0])
    for i, source in enumerate(order):
        carry = (plain[source] + forward[i] + carry) % 256
        out.append(carry)
    carry = int(starts[1])
    for i in reversed(range(len(out))):
        carry = (out[i] + backward[i] + carry) % 256
        out[i] = carry
    return bytes(out)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 1, 16, 11), (2, 3, 8, 5)])
def test_logistic_bytes_equal_plain_python(shape):
    cipher = systems.get("logistic")
    plain = pictures(shape)
    nonce = b"0123456789abcdef"
    seeds, starts = cipher._schedule(KEY, nonce, cipher.labels([b""] * shape[0]))
    ciphertext = cipher.encrypt(plain, KEY, nonce=nonce)
    assert torch.equal(cipher.decrypt(ciphertext, KEY), plain)
    made = ciphertext.as_images()
    for row in range(shape[0]):
        expected = python_logistic(plain[row].numpy().tobytes(), seeds[row], starts[row])
        assert made[row].numpy().tobytes() == expected


def test_logistic_known_answer():
    """Made here; holds the bytes still across releases, machines and numba versions."""
    plain = torch.arange(256).reshape(1, 1, 8, 32).to(torch.uint8)
    made = systems.get("logistic").encrypt(plain, bytes(range(32)), nonce=bytes(16))
    digest = hashlib.sha256(made.payload.numpy().tobytes()).hexdigest()
    assert digest == "36ff05cae81d7ad54b8ad5e3000d6f5d2208d8c36f9c606736e8f3ad66880ed7"


def test_the_sorting_order_is_a_stable_argsort():
    from gansec_lib.ciphers.logistic import orbit_order

    x, values = 0.37, []
    for _ in range(1000):
        x = 3.99995 * x * (1 - x)
    for _ in range(5000):
        x = 3.99995 * x * (1 - x)
        values.append(x)
    expected = np.argsort(np.array(values), kind="stable")
    assert np.array_equal(orbit_order(0.37, 3.99995, 5000, 1000), expected)


def test_seeds_stay_in_the_chaotic_corner():
    cipher = systems.get("logistic")
    seeds, _ = cipher._schedule(KEY, bytes(16), cipher.labels([b""] * 500))
    assert ((seeds[:, 0::2] > 0) & (seeds[:, 0::2] < 1)).all()
    assert ((seeds[:, 1::2] > 3.9999) & (seeds[:, 1::2] < 4)).all()
    assert len(np.unique(seeds)) == seeds.size


def test_fixed_nonce_difference_is_the_affine_law():
    """d changes by δ (n − max(i, j)) mod 256: the fingerprint that NPCR and UACI see."""
    cipher = systems.get("logistic")
    plain = pictures((1, 1, 20, 13))
    nonce = b"0123456789abcdef"
    base = cipher.encrypt(plain, KEY, nonce=nonce).payload.to(torch.int64)
    n = plain.numel()
    seeds, _ = cipher._schedule(KEY, nonce, cipher.labels([b""]))
    from gansec_lib.ciphers.logistic import BURN, orbit_order

    order = orbit_order(*seeds[0, :2], n, BURN)
    for place, delta in ((0, 1), (100, 64), (n - 1, 255)):
        twin = plain.clone().reshape(-1)
        twin[place] = (int(twin[place]) + delta) % 256
        other = cipher.encrypt(twin.reshape(plain.shape), KEY, nonce=nonce).payload.to(torch.int64)
        j = int(np.flatnonzero(order == place)[0])
        position = torch.arange(n).clamp(min=j)
        assert torch.equal((other - base) % 256, delta * (n - position) % 256)


def test_plaintext_related_breaks_the_affine_law():
    cipher = systems.get("logistic", plaintext_related=True)
    plain = torch.zeros(1, 1, 64, 64, dtype=torch.uint8)
    twin = plain.clone()
    twin[0, 0, 0, 0] = 1
    first = cipher.encrypt(plain, KEY, nonce=bytes(16)).payload
    second = cipher.encrypt(twin, KEY, nonce=bytes(16)).payload
    assert (first != second).float().mean() > 0.98


def test_damaged_hashes_or_payload_are_refused():
    from dataclasses import replace

    cipher = systems.get("logistic", plaintext_related=True)
    made = cipher.encrypt(pictures((2, 1, 4, 3)), KEY)
    for extra in ({"hashes": "zz"}, {"hashes": made.extra["hashes"][:-2]}):
        with pytest.raises(IntegrityError, match="hashes"):
            cipher.decrypt(replace(made, extra=extra), KEY)
    with pytest.raises(IntegrityError, match="cut or changed"):
        cipher.decrypt(replace(made, payload=made.payload[:-1]), KEY)
