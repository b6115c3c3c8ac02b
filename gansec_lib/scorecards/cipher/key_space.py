"""How long a key really is: what is printed, and what an attacker has to search."""

from __future__ import annotations

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.metrics.metric import Metric, with_verdict
from gansec_lib.scorecards.measuring import flip_key_bit

ENOUGH = 100.0  # bits; Alvarez, Li 2006, rule 15 (2^100); today's standards ask for 128
PROBE = (32, 33)  # a small picture that is not square


def key_space(
    cipher, *, attack_bits: float | None = None, images: torch.Tensor | None = None, bits=None
) -> dict[str, Metric]:
    """Nominal and effective length of a cipher's key, in bits, and the reasoning.

    Nominal: the bits that ``encrypt`` takes. Effective: the smaller of the nominal bits less those
    that change nothing (each is flipped here, under one nonce), and ``attack_bits``.

    A measurement can show that bits are dead; it cannot show that none are shared, so the effective
    value is an upper limit.

    Parameters
    ----------
    cipher : roles.Cipher
    attack_bits : float, optional
        log2 of the keys that the best attack known tries.
    images : uint8 (N, C, H, W), optional
        Pictures to try the bits on; a small ramp by default.
    bits : sequence of int, optional
        Which key bits to flip; all by default.

    Returns
    -------
    dict with ``key_space_nominal`` and ``key_space_effective``; the conventions hold the reasoning.
    """
    nominal = 8 * cipher.key_length
    if attack_bits is not None and not 0 <= attack_bits < float("inf"):
        raise ParameterError(
            f"attack_bits: expected a number of bits ≥ 0 or None, got {attack_bits!r}"
        )
    tried, dead = _dead_bits(cipher, images, range(nominal) if bits is None else bits)
    limits = [(float(nominal - len(dead)), _bits_words(nominal, tried, dead))]
    if attack_bits is not None:
        limits.append((float(attack_bits), f"the best known attack costs {attack_bits:g} bits"))
    effective, reason = min(limits, key=lambda limit: limit[0])
    others = [words for value, words in limits if words != reason]
    said = f"an upper limit; decided by: {reason}"
    said += f"; also: {'; '.join(others)}" if others else ""
    takes = f"{cipher.key_length} bytes of key, all counted"
    return {
        name: with_verdict(name, value, 256.0, ENOUGH, None, words, "bit")
        for name, value, words in (
            ("key_space_nominal", float(nominal), takes),
            ("key_space_effective", effective, said),
        )
    }


def _dead_bits(cipher, images, bits) -> tuple[int, list[int]]:
    """How many key bits were tried, and which of them left the ciphertext as it was.

    What travels in the header counts too: a key may be there, wrapped under this one.
    """
    if images is None:
        height, width = PROBE
        images = torch.arange(height * width).reshape(1, 1, height, width).to(torch.uint8)
    nominal = 8 * cipher.key_length
    bits = list(dict.fromkeys(bits))
    if any(not isinstance(bit, int) or not 0 <= bit < nominal for bit in bits):
        raise ParameterError(f"bits: expected key bits from 0 to {nominal - 1}, got {bits}")
    # Fixed and unremarkable: no byte 0 or 255, on which weak key schedules may be special.
    key = bytes((37 * place + 91) % 254 + 1 for place in range(cipher.key_length))
    nonce = bytes(range(1, cipher.nonce_length + 1))
    made = cipher.encrypt(images, key, nonce=nonce)
    dead = []
    for bit in bits:
        other = cipher.encrypt(images, flip_key_bit(key, bit), nonce=nonce)
        if torch.equal(made.payload, other.payload) and made.extra == other.extra:
            dead.append(bit)
    return len(bits), dead


def _bits_words(nominal: int, tried: int, dead: list[int]) -> str:
    words = f"{tried} of {nominal} key bits flipped one by one, "
    if not dead:
        return words + "each changes the cipher image"
    shown = ", ".join(map(str, dead[:8])) + (" …" if len(dead) > 8 else "")
    return words + f"{len(dead)} change nothing ({shown})"
