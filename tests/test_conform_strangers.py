"""``roles.conform`` and objects that misbehave: whatever they do is told, and nothing is raised."""

import sys

import pytest
import torch
from test_conform import Dim, Keys, LastBits, Stream, expect

from gansec_lib import roles, systems
from gansec_lib.errors import ParameterError


def broken(kind=Stream, **body):
    return type("Broken", (kind,), body)()


def raising(problem):
    def asked(self, *_, **__):
        raise problem

    return asked


ATTRIBUTES = {
    "a key of 300 bytes": ({"key_length": 300}, "key_length", "from 1 to 64, got 300"),
    "a key of text": ({"key_length": "32"}, "key_length", "from 1 to 64, got '32'"),
    "a key of no bytes": ({"key_length": 0}, "key_length", "from 1 to 64, got 0"),
    "a key of True bytes": ({"key_length": True}, "key_length", "from 1 to 64, got True"),
    "a key of many digits": ({"key_length": 10**5000}, "key_length", "got a value of type int"),
    "a key length that raises": (
        {"key_length": property(raising(RuntimeError("no length")))},
        "key_length", "raised RuntimeError: no length"),
    "a key length that leaves": (
        {"key_length": property(raising(SystemExit(3)))}, "key_length", "raised SystemExit"),
    "a nonce of 256 bytes": ({"nonce_length": 256}, "nonce_length", "from 0 to 255, got 256"),
    "a nonce of None bytes": ({"nonce_length": None}, "nonce_length", "from 0 to 255, got None"),
    "lossless in words": ({"lossless": "yes"}, "lossless", "True or False, got 'yes'"),
    "authenticated raises": (
        {"authenticated": property(raising(KeyError("tag")))}, "authenticated", "raised KeyError"),
    "a list of roles": ({"role": ["Cipher"]}, "role", r"one of .*Cipher.*, got \['Cipher'\]"),
    "a role of another world": ({"role": "Oracle"}, "role", "got 'Oracle'"),
    "a role that is a dict": ({"role": {}}, "role", "got {}"),
}  # fmt: skip


@pytest.mark.parametrize("fault", ATTRIBUTES)
def test_an_attribute_that_no_role_can_work_with_is_told(fault):
    body, method, why = ATTRIBUTES[fault]
    expect(roles.conform(broken(**body)), method, why)


@pytest.mark.parametrize("kind", [Keys, LastBits])
def test_every_role_is_asked_for_its_attributes(kind):
    expect(roles.conform(broken(kind, key_length=300)), "key_length", "got 300")


def test_a_generator_has_no_nonce_length_to_be_wrong():
    assert roles.conform(Keys()).passed and roles.conform(Stream()).passed


LEAVING = {
    "encrypt": (Stream, "encrypt", raising(SystemExit("bye"))),
    "decrypt": (Stream, "decrypt", raising(SystemExit(0))),
    "keystream": (Keys, "keystream", raising(SystemExit(1))),
    "reveal": (LastBits, "reveal", raising(SystemExit(1))),
    "protect": (Dim, "protect", lambda self, images: sys.exit()),
    "options": (Stream, "options", raising(SystemExit("bye"))),
    "save": (Dim, "save", raising(SystemExit("bye"))),
}


@pytest.mark.parametrize("method", LEAVING)
def test_a_method_that_leaves_python_is_told(method):
    kind, name, body = LEAVING[method]
    found = roles.conform(broken(kind, **{name: body}))
    assert not found.passed
    assert any("SystemExit" in check.why for check in found.failed), str(found)


def test_refusing_by_leaving_python_is_no_refusal():
    def encrypt(self, images, key, nonce=None):
        try:
            return Stream.encrypt(self, images, key, nonce)
        except ParameterError:
            sys.exit("wrong arguments")

    expect(roles.conform(broken(encrypt=encrypt)), "encrypt", "expected a ParameterError, got Sys")


def test_ctrl_c_is_nobodys_broken_promise():
    with pytest.raises(KeyboardInterrupt):
        roles.conform(broken(encrypt=raising(KeyboardInterrupt())))


@pytest.mark.parametrize("problem", [RuntimeError("who?"), SystemExit(1), KeyError("x")])
def test_an_object_that_raises_for_unknown_attributes_is_told(problem):
    found = roles.conform(broken(__getattr__=raising(problem)))
    assert not found.passed and found.role == "Cipher"
    assert any(type(problem).__name__ in check.why for check in found.failed)


def test_an_object_whose_attributes_break_halfway_is_told():
    """It answers when it is looked at, and raises when it is worked with."""
    asked = []

    def lossless(self):
        asked.append(1)
        if len(asked) > 1:
            raise RuntimeError("once is enough")
        return True

    expect(roles.conform(broken(lossless=property(lossless))), "encrypt", "once is enough")


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def test_an_error_and_an_object_without_words_are_told():
    found = roles.conform(broken(encrypt=raising(Unspeakable()), __repr__=raising(SystemExit(1))))
    assert found.system == "a Broken"
    expect(found, "encrypt", "raised Unspeakable")


def test_pictures_that_are_resized_in_place_are_told():
    def encrypt(self, images, key, nonce=None):
        made = Stream.encrypt(self, images, key, nonce)
        images.resize_(0)
        return made

    pictures = torch.arange(512, dtype=torch.int64).to(torch.uint8).reshape(2, 1, 16, 16)
    before = pictures.clone()
    assert not roles.conform(broken(encrypt=encrypt), pictures).passed
    assert torch.equal(pictures, before)


def test_a_name_is_no_system_and_says_how_to_get_one():
    with pytest.raises(ParameterError, match=r"systems\.get\('aes_gcm'\)"):
        roles.conform("aes_gcm")


# ---------------------------------------------------------------- the nonces of key generators


def with_nonce(change):
    def keystream(self, key, nonce, n):
        return Keys.keystream(self, key, change(nonce) if isinstance(nonce, bytes) else nonce, n)

    return keystream


def only(length, error):
    def checked(nonce):
        if len(nonce) != length:
            raise error(f"nonce: expected {length} bytes, got {len(nonce)}")
        return nonce

    return checked


def test_a_generator_may_take_nonces_of_12_bytes_only():
    found = roles.conform(broken(Keys, keystream=with_nonce(only(12, ParameterError))))
    assert found.passed, str(found)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (only(16, ParameterError), "expected 16 bytes, got 12"),
        (only(12, ValueError), "a nonce of 0 bytes: .* got ValueError"),
    ],
)
def test_a_nonce_is_taken_or_refused(change, why):
    expect(roles.conform(broken(Keys, keystream=with_nonce(change))), "keystream", why)


@pytest.mark.parametrize("name", systems.names("KeyGenerator"))
def test_what_the_contract_says_of_nonces_is_so(name):
    """12 bytes by every one; ``aes_ctr`` 16 besides and no other, all others any number."""
    system = systems.get(name)
    assert len(system.keystream(bytes(32), bytes(12), 8)) == 8
    for length in (0, 1, 13, 16, 300):
        if name == "aes_ctr" and length != 16:
            with pytest.raises(ParameterError, match="nonce: expected 12"):
                system.keystream(bytes(32), bytes(length), 8)
        else:
            assert len(system.keystream(bytes(32), bytes(length), 8)) == 8
