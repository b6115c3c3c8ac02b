"""``roles.conform``: every system of the table keeps its promises, and whoever breaks one is told
which method is wrong, and why."""

import hmac
import re
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from cryptography.hazmat.primitives.ciphers import Cipher as Worker
from cryptography.hazmat.primitives.ciphers import algorithms
from torch import nn

from gansec_lib import roles, systems
from gansec_lib.errors import ConformError, IntegrityError, ParameterError, TamperedError
from gansec_lib.roles import Ciphertext, check_images, check_key
from gansec_lib.systems.classical.aead import AesGcm


@pytest.mark.parametrize("name", systems.TABLE)
def test_every_system_of_the_table_keeps_its_promises(name):
    found = roles.conform(systems.get(name)).raise_if_failed()
    assert found.role == systems.TABLE[name].role and len(found.checks) >= 6


LABORATORIES = (
    "chen_plaintext:use_nonce=false:trained=false",
    "logistic:plaintext_related=true",
    "roi_aes:seed_from=random:region=all:salted=false",
    "logistic_henon_sr:transmit=quarter",
    "gan_compression:use_nonce=false",
    "keygan_even_noise:use_nonce=false:extraction=raw:trained=false",
)


@pytest.mark.parametrize("label", LABORATORIES)
def test_laboratories_keep_theirs(label):
    roles.conform(systems.build(label)).raise_if_failed()


# ---------------------------------------------------------------- honest systems, one a role


def stream(key: bytes, nonce: bytes, n: int) -> np.ndarray:
    """ChaCha20's first bytes."""
    worker = Worker(algorithms.ChaCha20(key, nonce.ljust(16, b"\0")), None).encryptor()
    return np.frombuffer(worker.update(bytes(n)), np.uint8)


@dataclass(eq=False, repr=False)
class Stream(roles.Cipher):
    """Exclusive-or with ChaCha20: right in every promise, and quick."""

    key_name = "a_stream"
    title = "A stranger's cipher"
    limits = ("Not authenticated.",)

    added: int = 0
    loud: bool = False

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        payload = torch.from_numpy(self.mix(images.numpy().reshape(-1), key, nonce))
        return Ciphertext(payload, tuple(images.shape), self.key_name, self.version, nonce)

    def decrypt(self, ciphertext, key):
        key = self._accept(ciphertext, key)
        if len(ciphertext.nonce) != 12 or ciphertext.payload.numel() != np.prod(ciphertext.shape):
            raise TamperedError("ciphertext: cut")
        plain = self.mix(ciphertext.payload.numpy(), key, ciphertext.nonce)
        return torch.from_numpy(plain).reshape(ciphertext.shape)

    def mix(self, flat, key, nonce):
        return flat ^ stream(key, nonce, flat.size) ^ np.uint8(self.added)


class Keys(roles.KeyGenerator):
    """ChaCha20's bytes through a network that keeps them."""

    key_name = "a_generator"
    title = "A stranger's key generator"
    limits = ("It is ChaCha20.",)

    def __init__(self, width=3):
        self.width = width
        self.net = nn.Linear(width, 1).eval()

    def options(self):
        return {"width": self.width}

    def networks(self):
        return {"net": self.net}

    def keystream(self, key, nonce, n):
        key = check_key(key, 32)
        if not isinstance(nonce, bytes) or type(n) is not int or n < 1:
            raise ParameterError(f"nonce, n: expected bytes and 1 or more, got {nonce!r}, {n!r}")
        mark = np.uint8(int(self.net.weight.detach().abs().sum() * 1e4) % 256)
        return torch.from_numpy(stream(key, nonce[:12], n) ^ mark)

    def keystreams(self, keys, nonces, n):
        return torch.stack([self.keystream(k, s, n) for k, s in zip(keys, nonces, strict=True)])


class LastBits(roles.Hider):
    """Length, message and tag in the last bits, under ChaCha20."""

    key_name = "last_bits"
    title = "A stranger's hider"
    limits = ("Easily found.",)
    key_length = 32
    exact = True

    def capacity(self, shape):
        return int(np.prod(shape)) // 8 - 19

    def hide(self, covers, secrets, key):
        check_images(covers, "covers")
        key = check_key(key, 32)
        row = isinstance(secrets, torch.Tensor)
        if not row and not (isinstance(secrets, list) and all(type(s) is bytes for s in secrets)):
            raise ParameterError("secrets: expected bytes")
        texts = [bytes(s.tolist()) if row else s for s in secrets]
        room = self.capacity(tuple(covers.shape[1:]))
        if len(texts) != len(covers) or max(map(len, texts)) > room:
            raise ParameterError(f"secrets: expected one a cover, of at most {room} bytes")
        flat = covers.flatten(1).numpy().copy()
        for place, text in enumerate(texts):
            body = bytes([row]) + len(text).to_bytes(2, "big") + text
            body += hmac.digest(key, body, "sha256")[:16]
            sealed = np.frombuffer(body, np.uint8) ^ stream(key, b"", len(body))
            bits = np.unpackbits(sealed)
            flat[place, : len(bits)] = flat[place, : len(bits)] & 254 | bits
        return torch.from_numpy(flat).reshape(covers.shape)

    def reveal(self, stegos, key):
        check_images(stegos, "stegos")
        key = check_key(key, 32)
        found = []
        for flat in stegos.flatten(1).numpy():
            body = np.packbits(flat[: len(flat) // 8 * 8] & 1)
            body = (body ^ stream(key, b"", len(body))).tobytes()
            end = 3 + int.from_bytes(body[1:3], "big")
            if hmac.digest(key, body[:end], "sha256")[:16] != body[end : end + 16]:
                raise IntegrityError("stegos: nothing is hidden here under this key")
            found.append((body[0], body[3:end]))
        if found[0][0]:
            return torch.tensor([list(text) for _, text in found], dtype=torch.uint8)
        return [text for _, text in found]


@dataclass(eq=False, repr=False)
class Dim(roles.Protector):
    """Half as bright."""

    key_name = "dim"
    title = "A stranger's protector"
    limits = ("Everybody is still to be seen.",)

    half: bool = True

    def protect(self, images):
        check_images(images)
        return images // 2 if self.half else images.clone()


@pytest.mark.parametrize("kind", [Stream, Keys, LastBits, Dim, AesGcm])
def test_honest_systems_keep_every_promise(kind):
    found = roles.conform(kind())
    assert found.passed, str(found)
    assert found.raise_if_failed() is found and "FAIL" not in str(found)


# ---------------------------------------------------------------- planted faults


def cipher(**methods):
    return type("Broken", (Stream,), methods)


def with_payload(change):
    """``encrypt`` that changes what the honest one made."""

    def encrypt(self, images, key, nonce=None):
        return change(Stream.encrypt(self, images, key, nonce), images)

    return encrypt


def transposes(self, ciphertext, key):
    plain = Stream.decrypt(self, ciphertext, key)
    if plain.shape[2] == plain.shape[3]:
        return plain
    return plain.transpose(2, 3).reshape(plain.shape)


def blackens(self, images, key, nonce=None):
    """Every later comparison with the same tensor would find nothing wrong."""
    return Stream.encrypt(self, check_images(images).zero_(), key, nonce)


def spoils(self, images, key, nonce=None):
    made = Stream.encrypt(self, images, key, nonce)
    images[0, 0, 0, 0] += 1
    return made


def spends(self, ciphertext, key):
    plain = Stream.decrypt(self, ciphertext, key)
    ciphertext.payload[0] += 1
    return plain


def remembers(self, images, key, nonce=None):
    self.last = images.clone()
    return Stream.encrypt(self, images, key, nonce)


def takes_floats(self, images, key, nonce=None):
    if isinstance(images, torch.Tensor) and images.is_floating_point():
        images = (images * 255).to(torch.uint8)
    return Stream.encrypt(self, images, key, nonce)


def takes_nothing(self, images, key, nonce=None):
    if isinstance(images, torch.Tensor) and images.ndim == 4 and len(images) == 0:
        return Ciphertext(torch.empty(0, dtype=torch.uint8), (1, 1, 1, 1), self.key_name)
    return Stream.encrypt(self, images, key, nonce)


def falls(self, images, key, nonce=None):
    len(key)
    return Stream.encrypt(self, images, key, nonce)


def opens_all(self, ciphertext, key):
    if isinstance(ciphertext, Ciphertext):
        ciphertext = replace(ciphertext, system=self.key_name, version=self.version)
    return Stream.decrypt(self, ciphertext, key)


def pads(self, ciphertext, key):
    if isinstance(ciphertext, Ciphertext):
        size = int(np.prod(ciphertext.shape))
        payload = torch.nn.functional.pad(ciphertext.payload, (0, size))[:size]
        ciphertext = replace(ciphertext, payload=payload)
    return Stream.decrypt(self, ciphertext, key)


def reads_header(self, ciphertext, key):
    plain = Stream.decrypt(self, ciphertext, key)
    {"1": 0}[ciphertext.extra["place"]]
    return plain


def of_its_own(self, images, key, nonce=None):
    made = Stream.encrypt(self, images, key, nonce)
    return replace(made, extra={"place": "1"})


def loses(cls, path):
    return cls()


CIPHERS = {
    "pictures that are not square come back turned": (
        cipher(decrypt=transposes), "decrypt", "not square: .* bytes came back changed"),
    "encrypt changes its input": (cipher(encrypt=spoils), "encrypt", "changed the pictures"),
    "encrypt blackens what it is given": (
        cipher(encrypt=blackens), "decrypt", "bytes came back changed"),
    "decrypt changes its input": (cipher(decrypt=spends), "encrypt", "changed the ciphertext"),
    "one nonce for all": (
        cipher(encrypt=lambda self, images, key, nonce=None: Stream.encrypt(
            self, images, key, nonce or bytes(12))), "encrypt", "two calls drew one nonce"),
    "the nonce is not used": (
        cipher(mix=lambda self, flat, key, nonce: flat ^ stream(key, b"", flat.size)),
        "encrypt", "drawn and not used"),
    "half of the key is not used": (
        cipher(mix=lambda self, flat, key, nonce: flat ^ stream(key[:16] * 2, nonce, flat.size)),
        "encrypt", "byte 16 of the key changes nothing"),
    "no key is used": (
        cipher(mix=lambda self, flat, key, nonce: flat ^ stream(bytes(32), nonce, flat.size)),
        "decrypt", "a key with another byte 0 gives the picture"),
    "nothing is encrypted": (
        cipher(mix=lambda self, flat, key, nonce: flat), "encrypt", "the pictures themselves"),
    "floats are taken": (
        cipher(encrypt=takes_floats), "encrypt", "pictures of floats: accepted"),
    "an empty batch is taken": (
        cipher(encrypt=takes_nothing), "encrypt", "an empty batch: accepted"),
    "a raw error for a wrong key": (
        cipher(encrypt=falls), "encrypt", "None for a key: expected a ParameterError, got TypeE"),
    "another system's file is opened": (
        cipher(decrypt=opens_all), "decrypt", "ciphertext another system's: accepted"),
    "a file cut short is filled up": (
        cipher(decrypt=pads), "decrypt", "a payload cut short: accepted"),
    "a raw error for a changed header": (
        cipher(encrypt=of_its_own, decrypt=reads_header), "decrypt",
        "place: place 0 changed: expected an IntegrityError, got KeyError"),
    "it says that it is authenticated": (
        cipher(authenticated=True), "decrypt", "byte 0 of the payload changed: accepted"),
    "an option that is not told": (
        cipher(options=lambda self: {"loud": self.loud}), "options", "takes added, which options"),
    "options that JSON cannot hold": (
        cipher(options=lambda self: {"added": {1}, "loud": False}), "options", "raised TypeError"),
    "load forgets the options": (
        cipher(load=classmethod(loses)), "load", "saved with .*: 1.*loaded with .*: 0"),
    "chance in the ciphertext": (
        cipher(encrypt=with_payload(lambda made, _: replace(
            made, extra={"at": str(torch.rand(1).item())}))),
        "encrypt", "the second call with one nonce gave another"),
    "a repr that says nothing": (cipher(__repr__=lambda self: "it"), "__repr__", "expected Broken"),
    "no word on what it does not protect": (cipher(limits=()), "key_name", "limits: expected"),
    "the wrong kind of tensor comes back": (
        cipher(decrypt=lambda self, c, key: Stream.decrypt(self, c, key).float()),
        "decrypt", "expected uint8 .* got float32"),
    "a tuple instead of a Ciphertext": (
        cipher(encrypt=lambda self, *a: (Stream.encrypt(self, *a).payload,)),
        "encrypt", "expected a Ciphertext, got tuple"),
    "the picture's shape is not told": (
        cipher(encrypt=with_payload(lambda made, images: replace(made, shape=(1, 1, 1, 1)))),
        "encrypt", "shape: expected"),
    "its pictures are in its memory, not in the ciphertext": (
        cipher(encrypt=remembers, decrypt=lambda self, c, key: self.last),
        "decrypt", "a key with another byte"),
    "a network that is not saved": (
        cipher(__post_init__=lambda self: setattr(self, "net", nn.Linear(2, 1)),
               mix=lambda self, flat, key, nonce: flat ^ stream(key, nonce, flat.size) ^ np.uint8(
                   int(self.net.weight.detach().abs().sum() * 1e5) % 256)),
        "load", "makes another ciphertext"),
    "a network in training mode": (
        cipher(networks=lambda self: {"net": nn.Linear(2, 1)}), "networks", "net: in training"),
}  # fmt: skip


@pytest.mark.parametrize("fault", CIPHERS)
def test_a_broken_cipher_is_told_which_method_is_wrong_and_why(fault):
    kind, method, why = CIPHERS[fault]
    expect(roles.conform(kind()), method, why)


def expect(found, method, why):
    """Among the broken promises there is one of this method, for this reason."""
    assert not found.passed
    told = [check for check in found.failed if check.method == method]
    assert any(re.search(why, check.why) for check in told), str(found)
    with pytest.raises(ConformError, match=re.escape(method)):
        found.raise_if_failed()


def keys(**methods):
    return type("Broken", (Keys,), methods)


def keystream(change):
    return lambda self, key, nonce, n: change(Keys.keystream(self, key, nonce, n), key, nonce, n)


GENERATORS = {
    "another type": (
        keys(keystream=keystream(lambda made, *_: made.long())), "keystream", "got int64"),
    "a byte too many": (
        keys(keystream=lambda self, key, nonce, n: Keys.keystream(
            self, key, nonce, n + 1 if n > 0 else n)), "keystream", r"n = 1: expected uint8"),
    "chance": (
        keys(keystream=keystream(lambda made, *_: made ^ torch.randint(2, made.shape).byte())),
        "keystream", "the second call gave other bytes"),
    "the nonce is not used": (
        keys(keystream=lambda self, key, nonce, n: Keys.keystream(
            self, key, nonce and b"", n)), "keystream", "another nonce changes nothing"),
    "half of the key is not used": (
        keys(keystream=lambda self, key, nonce, n: Keys.keystream(
            self, key and check_key(key, 32)[:16] * 2, nonce, n)), "keystream", "byte 16 of the"),
    "no bytes at all are given": (
        keys(keystream=lambda self, key, nonce, n: Keys.keystream(self, key, nonce, max(n, 1))
             if type(n) is int else Keys.keystream(self, key, nonce, n)),
        "keystream", "n = 0: accepted"),
    "a raw error for a nonce of text": (
        keys(keystream=lambda self, key, nonce, n: Keys.keystream(
            self, key, nonce + b"", n)), "keystream", "a nonce of text: expected a ParameterError"),
    "together is not one by one": (
        keys(keystreams=lambda self, ks, ns, n: Keys.keystreams(self, ks[::-1], ns, n) ^ 1),
        "keystreams", "other bytes than keystream gives"),
    "always the same byte": (
        keys(keystream=keystream(lambda made, *_: made * 0)), "keystream", "all of 1000 bytes"),
    "its network is not named": (keys(networks=lambda self: {}), "load", "gives other bytes"),
}  # fmt: skip


@pytest.mark.parametrize("fault", GENERATORS)
def test_a_broken_key_generator_is_told(fault):
    kind, method, why = GENERATORS[fault]
    expect(roles.conform(kind()), method, why)


def hider(**methods):
    return type("Broken", (LastBits,), methods)


def no_check(self, stegos, key):
    try:
        return LastBits.reveal(self, stegos, key)
    except IntegrityError:
        return torch.zeros(len(stegos), 4, dtype=torch.uint8)


def marks_covers(self, covers, secrets, key):
    stegos = LastBits.hide(self, covers, secrets, key)
    covers[:, :, 0, 0] = 0
    return stegos


HIDERS = {
    "a smaller stego": (
        hider(hide=lambda self, *a: LastBits.hide(self, *a)[:, :, 1:]), "hide", "expected uint8"),
    "the covers are changed": (hider(hide=marks_covers), "hide", "covers it was given were chang"),
    "the secret comes back changed": (
        hider(reveal=lambda self, *a: LastBits.reveal(self, *a)[::1] if False else no_check(
            self, *a)[..., :3] if isinstance(a[0], torch.Tensor) else LastBits.reveal(self, *a)),
        "reveal", "the secrets came back changed"),
    "a wrong key is taken": (hider(reveal=no_check), "reveal", "a key with another byte 0 was acc"),
    "covers reveal something": (hider(reveal=no_check), "reveal", "covers: accepted"),
    "capacity promises too much": (
        hider(capacity=lambda self, shape: int(np.prod(shape))), "capacity", "raised ValueError"),
    "no capacity": (hider(capacity=lambda self, shape: 0), "capacity", "expected 1 byte or more"),
    "stegos only with the memory of the sender": (
        hider(hide=lambda self, c, s, k: setattr(self, "s", s) or LastBits.hide(self, c, s, k),
              reveal=lambda self, stegos, key: LastBits.reveal(self, stegos, key) and None
              if False else getattr(self, "s", None)),
        "load", "reveals something else"),
}  # fmt: skip


@pytest.mark.parametrize("fault", HIDERS)
def test_a_broken_hider_is_told(fault):
    kind, method, why = HIDERS[fault]
    expect(roles.conform(kind()), method, why)


def protector(**methods):
    return type("Broken", (Dim,), methods)


PROTECTORS = {
    "floats come back": (
        protector(protect=lambda self, x: Dim.protect(self, x).float()), "protect", "got float32"),
    "another size": (
        protector(protect=lambda self, x: Dim.protect(self, x)[:, :, ::2]), "protect", "expected"),
    "its input is changed": (
        protector(protect=lambda self, x: check_images(x).floor_divide_(2)), "protect", "changed"),
    "floats are taken": (
        protector(protect=lambda self, x: x if getattr(x, "is_floating_point", bool)() else
                  Dim.protect(self, x)), "protect", "pictures of floats: accepted"),
    "a loaded one does something else": (
        protector(load=classmethod(lambda cls, path: setattr(made := cls(), "half", False) or made),
                  options=lambda self: {"half": True}), "load", "protects otherwise"),
}  # fmt: skip


@pytest.mark.parametrize("fault", PROTECTORS)
def test_a_broken_protector_is_told(fault):
    kind, method, why = PROTECTORS[fault]
    expect(roles.conform(kind()), method, why)


# ---------------------------------------------------------------- what conform itself says


class Duck:
    """A stranger's object that inherits from nothing."""

    def encrypt(self, images, key, nonce=None):
        raise NotImplementedError

    def decrypt(self, ciphertext, key):
        raise NotImplementedError


def test_an_object_that_inherits_from_nothing_is_told_what_it_lacks():
    found = roles.conform(Duck())
    assert found.role == "Cipher"
    assert [check.method for check in found.failed] == ["options", "networks", "save", "load"]
    assert found.failed[0].why == "there is no method options"


def test_an_object_with_every_method_is_as_good_as_a_subclass():
    names = ("encrypt", "decrypt", "mix", "options", "networks", "save", "load", "__repr__")
    names += ("__init__", "__post_init__", "key_name", "title", "limits", "version", "own_weights")
    names += ("_begin", "_accept", "from_options", "__dataclass_fields__", "nonce_length")
    names += ("key_length", "_check_ciphertext", "role", "_loaded")
    body = {}
    for name in names:
        for base in Stream.__mro__:
            if name in vars(base):
                body[name] = vars(base)[name]
                break
    stranger = type("Stranger", (), body)
    assert roles.System not in stranger.__mro__
    found = roles.conform(stranger())
    assert found.passed and found.role == "Cipher", str(found)


@pytest.mark.parametrize("wrong", [3, "aes_gcm", None, object(), AesGcm])
def test_what_is_no_system_is_refused(wrong):
    with pytest.raises(ParameterError, match="system: "):
        roles.conform(wrong)


@pytest.mark.parametrize("shape", [(1, 1, 32, 32), (2, 1, 15, 32), (2, 4, 32, 32), (32, 32)])
def test_pictures_that_are_too_few_or_too_small_are_refused(shape):
    with pytest.raises(ParameterError, match="pictures: "):
        roles.conform(AesGcm(), torch.zeros(shape, dtype=torch.uint8))


def test_colour_pictures_of_ones_own_are_taken():
    rng = torch.Generator().manual_seed(0)
    pictures = torch.randint(256, (2, 3, 20, 20), generator=rng).to(torch.uint8)
    assert roles.conform(AesGcm(), pictures).passed


def test_the_page_on_own_systems_is_true(project):
    """Its code runs, its system keeps every promise, and is found out when a step is left out."""
    page = (project / "docs" / "own_system.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    space = {}
    for code in blocks[:2]:
        exec(compile(code, "own_system.md", "exec"), space)
    compile(blocks[2], "own_system.md", "exec")
    assert roles.conform(space["Spiral"](direction="backwards")).passed
    broken = blocks[0].replace("(flat - np", "(flat + np")
    assert broken != blocks[0]
    exec(compile(broken, "own_system.md", "exec"), space)
    with pytest.raises(ConformError, match="decrypt"):
        roles.conform(space["Spiral"]()).raise_if_failed()


def test_the_callers_pictures_stay_as_they_were():
    mine = torch.full((2, 1, 16, 16), 9, dtype=torch.uint8)
    found = roles.conform(cipher(encrypt=blackens)(), mine)
    assert (mine == 9).all()
    assert any("no longer what they were" in check.why for check in found.failed)
