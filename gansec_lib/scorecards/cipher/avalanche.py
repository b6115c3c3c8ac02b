"""What only a cipher can be asked: what one bit of picture or key changes."""

from __future__ import annotations

import torch

from gansec_lib.errors import IntegrityError
from gansec_lib.metrics.checks import check_bytes
from gansec_lib.metrics.difference import bit_error_rate, npcr, uaci
from gansec_lib.metrics.metric import Metric
from gansec_lib.scorecards.measuring import flip_key_bit


def flip_one_bit(images: torch.Tensor, seed: int = 0) -> torch.Tensor:
    """A copy in which one bit of one byte of each picture is flipped, place and bit by ``seed``.

    >>> twin = flip_one_bit(torch.zeros(2, 1, 4, 3, dtype=torch.uint8))
    >>> (twin != 0).flatten(1).sum(1).tolist()
    [1, 1]
    """
    rng = torch.Generator().manual_seed(seed)
    flat = check_bytes(images).clone().reshape(len(images), -1)
    place = torch.randint(flat.shape[1], (len(flat),), generator=rng).to(flat.device)
    bit = torch.randint(8, (len(flat),), generator=rng)
    rows = torch.arange(len(flat), device=flat.device)
    flat[rows, place] ^= (1 << bit).to(torch.uint8).to(flat.device)
    return flat.reshape(images.shape)


def plaintext_sensitivity(
    cipher, images, key, nonces, alpha: float = 0.05, seed: int = 0, suffix: str = "", setting=""
) -> dict[str, Metric]:
    """NPCR and UACI of the cipher images of pictures and of their one-bit twins, under one key.

    Parameters
    ----------
    nonces : list of (bytes, bytes)
        One pair a trial: the nonce for the pictures, the nonce for their twins. Equal nonces ask
        for the differential property that papers claim; different ones show the system in use.
    """
    plain, changed = [], []
    for trial, (nonce, other) in enumerate(nonces):
        twin = flip_one_bit(images, seed + trial)
        plain.append(cipher.encrypt(images, key, nonce=nonce).as_images())
        changed.append(cipher.encrypt(twin, key, nonce=other).as_images())
    pair = torch.cat(plain), torch.cat(changed)
    return {
        f"npcr{suffix}": npcr(*pair, alpha, name=f"npcr{suffix}", setting=setting),
        f"uaci{suffix}": uaci(*pair, alpha, name=f"uaci{suffix}", setting=setting),
    }


def key_sensitivity(cipher, images, key, nonce, bits, alpha: float = 0.05) -> dict[str, Metric]:
    """What flipping one key bit does: to the cipher image, and to the picture decrypted with it.

    Parameters
    ----------
    bits : sequence of int
        Which key bits to flip, one at a time; the nonce stays.

    Returns
    -------
    dict with ``key_flip_npcr``, ``key_flip_uaci`` (encryption side) and ``key_flip_decrypt``
    (share of wrong bits; ``None`` and *pass* where the system refuses the wrong key).
    """
    ciphertext = cipher.encrypt(images, key, nonce=nonce)
    cipher_images = ciphertext.as_images()
    changed, opened, refused = [], [], 0
    for bit in bits:
        wrong = flip_key_bit(key, bit)
        changed.append(cipher.encrypt(images, wrong, nonce=nonce).as_images())
        try:
            opened.append(cipher.decrypt(ciphertext, wrong))
        except IntegrityError:
            refused += 1
    pair = cipher_images.repeat(len(changed), 1, 1, 1), torch.cat(changed)
    setting = f"{len(changed)} single key bits, same nonce"
    if refused == len(changed):
        words = f"refused {refused} of {refused}"
        decrypt = Metric("key_flip_decrypt", None, 0.5, None, None, "pass", words, refused=True)
    elif refused:
        words = f"inconsistent: refused {refused} of {len(changed)} wrong keys"
        decrypt = Metric("key_flip_decrypt", None, 0.5, None, None, "fail", words)
    else:
        truth = images.repeat(len(opened), 1, 1, 1)
        decrypt = bit_error_rate(truth, torch.cat(opened), alpha, "key_flip_decrypt")
    return {
        "key_flip_npcr": npcr(*pair, alpha, name="key_flip_npcr", setting=setting),
        "key_flip_uaci": uaci(*pair, alpha, name="key_flip_uaci", setting=setting),
        "key_flip_decrypt": decrypt,
    }
