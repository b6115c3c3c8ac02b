"""Fresh keys, and still read: key bytes that are not evenly spread give a picture sent often away.

RC4's broadcast attack (AlFardan, Bernstein, Paterson et al., USENIX Security 2013) on pictures. The
generator is public, so the attacker draws keys of her own and learns what bytes each place prefers.
Under c = p ⊕ k, every ciphertext of the same picture then votes for the plain bytes that would make
its key bytes likely ones. No key is used twice and no nonce is wrong: the bytes are uneven.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import torch

from gansec_lib.attacks.oracle import Attempt, for_nothing, run
from gansec_lib.errors import ParameterError
from gansec_lib.roles import Cipher

NEAR = 16  # grey levels: what an eye takes for the same


def uneven_key(
    cipher: Cipher,
    key: bytes,
    image: torch.Tensor,
    setting: str,
    sendings: int = 16,
    own: int = 64,
    period: int = 4,
) -> Attempt:
    """One picture sent several times under fresh keys; the likeliest bytes are read.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    sendings : int
        How many ciphertexts of it the attacker sees.
    own : int
        Key pictures that she draws under a key of her own.
    period : int
        Places that far apart, both ways, share their habits: an up-sampling network's step.

    Returns
    -------
    Attempt
        A byte within 16 grey levels counts as read, since the eye sees no difference. ``score``
        and ``chance`` are shares of such bytes; a blind guess gets about 0.13.

    Raises
    ------
    ParameterError
    """
    for name, value in (("sendings", sendings), ("own", own), ("period", period)):
        if not isinstance(value, int) or value < 1:
            raise ParameterError(f"{name}: expected 1 or more, got {value!r}")

    def read(oracle, seen):
        ciphers = [seen] + [oracle.victim(image) for _ in range(sendings - 1)]
        habits, place = _habits(cipher, image.shape, own, period)
        likelihood = torch.zeros(image.numel(), 256)
        byte = torch.arange(256)
        for one in ciphers:  # log-likelihood of each plain byte at each place
            keys = one.reshape(-1, 1).to(torch.int64) ^ byte
            likelihood += habits[place].gather(1, keys)
        guess = likelihood.argmax(dim=1).to(torch.uint8).reshape(image.shape)
        plain = image.cpu().int()
        near = (guess.int() - plain).abs() <= NEAR
        reach = (plain + NEAR).clamp(max=255) - (plain - NEAR).clamp(min=0) + 1
        hidden = 1 - for_nothing(image.cpu(), seen)[0]
        return guess, {
            "sendings": sendings,
            "near": float(near.double().mean()),
            "near_blind": 1 - hidden + hidden * float(reach.double().mean()) / 256,
        }

    words = f"{sendings} ciphertexts of one picture and the habits of the key bytes"
    made = run("uneven_key", words, read, cipher, key, image, setting)
    details = dict(made.details)
    score, chance = details.pop("near"), details.pop("near_blind")
    return replace(made, score=score, chance=chance, details=details)


def _habits(cipher, shape, own: int, period: int) -> tuple[torch.Tensor, torch.Tensor]:
    """log share of each key byte by class of places (classes, 256), and each place's class."""
    _, channels, height, width = shape
    rows, columns = torch.arange(height) % period, torch.arange(width) % period
    plane = (rows[:, None] * period + columns).reshape(-1)
    place = (torch.arange(channels)[:, None] * period**2 + plane).reshape(-1)
    black = torch.zeros(own, channels, height, width, dtype=torch.uint8)
    mine = hashlib.sha256(b"the attacker's own key").digest()[: cipher.key_length]
    keys = cipher.encrypt(black, mine).as_images().reshape(own, -1).to(torch.int64)
    pairs = (place * 256 + keys).reshape(-1)
    counts = torch.bincount(pairs, minlength=256 * (int(place.max()) + 1)).reshape(-1, 256) + 1.0
    return (counts / counts.sum(1, keepdim=True)).log(), place
