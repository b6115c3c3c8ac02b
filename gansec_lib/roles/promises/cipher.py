"""What a ``Cipher`` promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from gansec_lib.ciphers.container import Ciphertext
from gansec_lib.ciphers.kdf import derive_key
from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.roles.contracts import Cipher
from gansec_lib.roles.promises.asking import (
    Promise,
    came,
    flipped,
    has,
    key_of,
    refusals,
    tensor_problem,
    variants,
    wrong_keys,
    wrong_pictures,
)
from gansec_lib.roles.promises.every import keeping

METHODS = ("encrypt", "decrypt")
SMALL = 16  # side of the crop whose every byte is changed


def promises(system, images: torch.Tensor) -> Iterator[Promise]:
    """What ``encrypt`` and ``decrypt`` promise."""
    key, length = key_of(system), getattr(system, "nonce_length", Cipher.nonce_length)
    nonce, small = bytes(range(1, length + 1)), images[:1, :, :SMALL, :SMALL].contiguous()
    lossless = getattr(system, "lossless", Cipher.lossless)
    authenticated = getattr(system, "authenticated", Cipher.authenticated)

    def contract():
        made = system.encrypt(images, key, nonce)
        if not isinstance(made, Ciphertext):
            return f"expected a Ciphertext, got {type(made).__name__}"
        payload = made.payload
        if problem := tensor_problem(payload, (getattr(payload, "numel", int)(),)):
            return f"payload: {problem}"
        wanted = {"system": system.key_name, "version": getattr(system, "version", 1)}
        wanted["nonce"] = nonce
        if lossless:  # a lossy system may send less than the pictures, and say what it sends
            wanted["shape"] = tuple(images.shape)
        for name, value in wanted.items():
            if getattr(made, name) != value:
                return f"{name}: expected {value!r}, got {getattr(made, name)!r}"
        again = Ciphertext.from_bytes(made.to_bytes())
        return "" if again.to_bytes() == made.to_bytes() else "its file reads as another ciphertext"

    yield "encrypt", "it returns a Ciphertext that says what it is", contract

    def gives_back():
        for words, plain in variants(images):
            kept = plain.clone()
            try:
                made = system.encrypt(plain, key)
            except ParameterError as problem:  # a size that it does not take, and says so
                if words == "the pictures":
                    return f"{words} {tuple(plain.shape)} were refused: {problem}"
                continue
            back = system.decrypt(Ciphertext.from_bytes(made.to_bytes()), key)
            if problem := tensor_problem(back, tuple(plain.shape)):
                return f"{words}: {problem}"
            if lossless and not torch.equal(back, kept):
                wrong = int((back != kept).sum())
                return (
                    f"{words}: {wrong} of {plain.numel()} bytes came back changed; "
                    f"a system that loses some says lossless = False"
                )
        return ""

    exactly = "bit for bit, " if lossless else ""
    yield "decrypt", f"it gives the pictures back, {exactly}in their shape", gives_back

    def untouched():
        plain = images.clone()
        made = system.encrypt(plain, key)
        if not torch.equal(plain, images):
            return "encrypt changed the pictures it was given"
        before = made.to_bytes()
        system.decrypt(made, key)
        return "" if made.to_bytes() == before else "decrypt changed the ciphertext it was given"

    yield "encrypt", "what it is given stays as it was", untouched

    def repeats():
        one, two = (system.encrypt(images, key, nonce).to_bytes() for _ in range(2))
        return "" if one == two else "the second call with one nonce gave another ciphertext"

    yield "encrypt", "pictures, key and nonce decide the ciphertext", repeats

    def fresh():
        one, two = (system.encrypt(images, key) for _ in range(2))
        if len(one.nonce) != length:
            return f"expected a nonce of {length} bytes (nonce_length), got {len(one.nonce)}"
        if one.nonce == two.nonce:
            return "two calls drew one nonce"
        same = torch.equal(one.payload, two.payload)
        return "two calls gave one payload: the nonce is drawn and not used" if same else ""

    if length and getattr(system, "use_nonce", True):
        yield "encrypt", "each call draws a fresh nonce, and uses it", fresh

    def depends():
        if torch.equal(system.encrypt(images, key, nonce).payload, images.reshape(-1)):
            return "the payload is the pictures themselves"
        base = system.encrypt(small, key, nonce).to_bytes()
        for place in range(len(key)):
            if system.encrypt(small, flipped(key, place), nonce).to_bytes() == base:
                return f"byte {place} of the key changes nothing"
        return ""

    yield "encrypt", "every byte of the key changes the ciphertext", depends

    def refuses():
        made, calls = system.encrypt(images, key), {}
        for words, wrong in wrong_pictures(images):
            calls[f"encrypt {words}"] = lambda wrong=wrong: system.encrypt(wrong, key)
        for words, wrong in wrong_keys(key):
            calls[f"encrypt with {words}"] = lambda wrong=wrong: system.encrypt(images, wrong)
            calls[f"decrypt with {words}"] = lambda wrong=wrong: system.decrypt(made, wrong)
        for words, wrong in (("a nonce too long", nonce + b"x"), ("a nonce of text", "nonce")):
            calls[f"encrypt with {words}"] = lambda wrong=wrong: system.encrypt(images, key, wrong)
        calls["decrypt bytes"] = lambda: system.decrypt(made.to_bytes(), key)
        return refusals(calls, ParameterError)

    yield "encrypt", "wrong pictures, keys and nonces are refused", refuses

    def refuses_ciphertexts():
        made = system.encrypt(images, key)
        wrong = {
            "another system's": replace(made, system="another"),
            "of another version": replace(made, version=made.version + 1),
            "with a payload cut short": replace(made, payload=made.payload[:-1]),
            "with a payload twice as long": replace(made, payload=made.payload.repeat(2)),
            "for one picture more": replace(made, shape=(made.shape[0] + 1, *made.shape[1:])),
        }
        if length:
            wrong["with a nonce cut short"] = replace(made, nonce=made.nonce[:-1])
        calls = {
            f"a ciphertext {w}": lambda one=one: system.decrypt(one, key)
            for w, one in wrong.items()
        }
        return refusals(calls, IntegrityError)

    yield "decrypt", "a ciphertext that it cannot open is refused", refuses_ciphertexts

    def wrong_key():
        richest = max(range(len(images)), key=lambda row: len(images[row].unique()))
        made = system.encrypt(images[richest : richest + 1], key)
        right = system.decrypt(made, key)
        for place in (0, len(key) // 2, len(key) - 1):
            try:
                wrong = system.decrypt(made, flipped(key, place))
            except IntegrityError:
                continue
            if authenticated:
                return "a wrong key was accepted, though authenticated is True"
            if (wrong == right).double().mean() > 0.5:
                return f"a key with another byte {place} gives the picture"
        return ""

    yield "decrypt", "a wrong key does not give the picture", wrong_key

    def changed():
        made = system.encrypt(small, key)
        for words, other in changes(made):
            try:
                back = system.decrypt(other, key)
            except IntegrityError:
                continue
            except Exception as problem:
                return f"{words}: expected an IntegrityError, got {came(problem)}"
            if authenticated:
                return f"{words}: accepted, though authenticated is True"
            if problem := tensor_problem(back, tuple(getattr(back, "shape", ()))):
                return f"{words}: {problem}"
        return ""

    words = "is refused" if authenticated else "gives some picture or an IntegrityError"
    yield "decrypt", f"every changed byte {words}", changed

    def passphrases():
        made = system.lock(images, "open sesame")
        derived = derive_key("open sesame", len(key), salt=made.salt)
        same = torch.equal(system.unlock(made, "open sesame"), system.decrypt(made, derived))
        return "" if made.salt and same else "unlock gives another picture than the derived key"

    if has(system, "lock"):
        yield "unlock", "a passphrase opens what it locked", passphrases

    def same_work(loaded):
        made = system.encrypt(images, key, nonce)
        if loaded.encrypt(images, key, nonce).to_bytes() != made.to_bytes():
            return "the loaded system makes another ciphertext from the same key and nonce"
        same = torch.equal(loaded.decrypt(made, key), system.decrypt(made, key))
        return "" if same else "the loaded system gives other pictures back"

    yield keeping(system, same_work)


def changes(made: Ciphertext) -> Iterator[tuple[str, Ciphertext]]:
    """The ciphertext with one byte of payload, tag, nonce or header changed, each in turn."""
    for place in range(made.payload.numel()):
        payload = made.payload.clone()
        payload[place] ^= 1 << place % 8
        yield f"byte {place} of the payload changed", replace(made, payload=payload)
    for name in ("tag", "nonce"):
        for place in range(len(getattr(made, name))):
            other = {name: flipped(getattr(made, name), place)}
            yield f"byte {place} of the {name} changed", replace(made, **other)
    for name, text in made.extra.items():
        for place, letter in enumerate(text):
            other = text[:place] + ("1" if letter == "0" else "0") + text[place + 1 :]
            yield f"{name}: place {place} changed", replace(made, extra=made.extra | {name: other})
        without = {key: value for key, value in made.extra.items() if key != name}
        yield f"{name} left out of the header", replace(made, extra=without)
    count, channels, height, width = made.shape
    if height % 2 == 0:
        turned = (count, channels, height // 2, 2 * width)
        yield "half the height, twice the width", replace(made, shape=turned)
