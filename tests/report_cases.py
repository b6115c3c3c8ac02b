"""Pictures, bad ciphers and three cards that the tests of the report share."""

from dataclasses import replace
from functools import lru_cache

import torch

from gansec_lib import report, systems
from gansec_lib.roles import Cipher, Ciphertext


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


@lru_cache(maxsize=1)
def measured():
    """Cards of three systems, measured once a process."""
    return {
        label: replace(report.scorecard(systems.build(label), pictures()), label=label)
        for label in ("aes_gcm", "logistic", "logistic:plaintext_related=true")
    }
