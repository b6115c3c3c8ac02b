"""Pictures, bad ciphers and three cards that the tests of the report share."""

from dataclasses import replace
from functools import lru_cache

import torch

from gansec_lib import systems
from gansec_lib.roles import Cipher, Ciphertext
from gansec_lib.scorecards import ROLES, card_of


def pictures(shape=(3, 3, 64, 48)):
    """Smooth and dark, so that a cipher that does nothing is caught."""
    ramp = torch.arange(shape[2])[:, None] + 2 * torch.arange(shape[3])
    every = [(ramp // (index + 2)).clamp(0, 255) for index in range(shape[0] * shape[1])]
    return torch.stack(every).reshape(shape).to(torch.uint8)


class DoesNothing(Cipher):
    """The worst cipher: hands back the picture."""

    key_name = "does_nothing"
    title = "Does nothing"
    limits = ("It protects nothing.",)

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        return Ciphertext(images.reshape(-1).clone(), tuple(images.shape), self.key_name, 1, nonce)

    def decrypt(self, ciphertext, key):
        self._accept(ciphertext, key)
        return ciphertext.as_images()


class LosesABit(DoesNothing):
    """Not lossless: the lowest bit of one byte goes missing."""

    def decrypt(self, ciphertext, key):
        images = super().decrypt(ciphertext, key).clone()
        images[0, 0, 0, 0] ^= 1
        return images


def card(system, given=None, **how):
    """The card of a system (or of a label) on the pictures above, its role's standard beside it."""
    system = systems.build(system) if isinstance(system, str) else system
    given = pictures() if given is None else given
    row = ROLES.get(system.role)
    standard = systems.get(row.yardstick) if row and row.yardstick else None
    return card_of(system, given, yardstick=standard, **how)


@lru_cache(maxsize=1)
def measured():
    """Cards of three systems, measured once a process."""
    labels = ("aes_gcm", "logistic", "logistic:plaintext_related=true")
    return {label: card(label, label=label) for label in labels}


class Halves(DoesNothing):
    """Lossy: every second byte is sent, ⊕ key bytes, in a line; the receiver doubles them."""

    key_name = "halves"
    title = "Half of the bytes"
    lossless = False

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        sent = images.reshape(len(images), -1)[:, ::2]
        rest = tuple(images.shape[1:])
        mask = self._mask(key, nonce, sent.numel()).reshape(sent.shape)
        shape = (len(images), 1, 1, sent.shape[1])
        extra = {"shape": ",".join(map(str, rest))}
        return Ciphertext((sent ^ mask).reshape(-1), shape, self.key_name, 1, nonce, b"", extra)

    def decrypt(self, ciphertext, key):
        key = self._accept(ciphertext, key)
        rest = tuple(int(side) for side in ciphertext.extra["shape"].split(","))
        mask = self._mask(key, ciphertext.nonce, ciphertext.payload.numel())
        back = (ciphertext.payload ^ mask).reshape(ciphertext.shape[0], -1)
        size = rest[0] * rest[1] * rest[2]
        return back.repeat_interleave(2, 1)[:, :size].reshape(-1, *rest).contiguous()

    @staticmethod
    def _mask(key, nonce, n):
        """ChaCha20's bytes, uint8 (n,)."""
        from cryptography.hazmat.primitives.ciphers import Cipher as Stream
        from cryptography.hazmat.primitives.ciphers import algorithms

        worker = Stream(algorithms.ChaCha20(key, bytes(4) + nonce), None).encryptor()
        return torch.frombuffer(bytearray(worker.update(bytes(n))), dtype=torch.uint8)


class LowerHalf(Halves):
    """A region cipher: the upper half of each picture stays as it is."""

    key_name = "lower_half"
    title = "Lower half only"
    lossless = True

    def encrypt(self, images, key, nonce=None):
        images, key, nonce = self._begin(images, key, nonce)
        payload = self._change(images, key, nonce).reshape(-1)
        return Ciphertext(payload, tuple(images.shape), self.key_name, 1, nonce)

    def decrypt(self, ciphertext, key):
        key = self._accept(ciphertext, key)
        return self._change(ciphertext.as_images(), key, ciphertext.nonce)

    def _change(self, images, key, nonce):
        out = images.clone()
        low = out[:, :, images.shape[2] // 2 :]
        low ^= self._mask(key, nonce, low.numel()).reshape(low.shape)
        return out


class Grows(DoesNothing):
    """States a shape that its bytes do not fill."""

    key_name = "grows"
    title = "Grows"

    def encrypt(self, images, key, nonce=None):
        made = super().encrypt(images, key, nonce)
        return replace(made, payload=torch.cat([made.payload, made.payload[:1]]))

    def decrypt(self, ciphertext, key):
        return super().decrypt(replace(ciphertext, payload=ciphertext.payload[:-1]), key)
