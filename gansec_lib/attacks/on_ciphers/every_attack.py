"""``suite``: every attack of this package on one cipher, as the report shows it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from gansec_lib.attacks.on_ciphers import (
    chosen_plaintext,
    ciphertext_only,
    converge,
    known_pictures,
    nonce_reuse,
    sbox_feedback,
    short_keys,
    twister,
    two_way_sum,
)
from gansec_lib.attacks.oracle import SETTINGS, Attempt, Oracle, blind
from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.roles import Cipher, check_images

LEVEL = 0.001  # of the distinguisher
LARGEST = 2**18  # bytes for which 256 flat pictures are asked for


def suite(
    system: str | Cipher,
    key: bytes,
    images: torch.Tensor,
    settings: Sequence[str] = SETTINGS,
    *,
    thorough: bool = True,
) -> list[Attempt]:
    """Try every attack that applies, in each setting.

    The first picture is the victim; the attacker knows the others (up to four), or, where there
    are none, two pictures of noise. An attack that the system refuses, or that cannot be run at
    this size, is left out; a system whose ciphertexts are no pictures gives an empty list.

    Parameters
    ----------
    system : str or Cipher
    key : bytes
    images : uint8 (N, C, H, W)
    settings : of "nonce held", "as used"
    thorough : bool
        Also the attack of 256 + ⌈log₂₅₆ n⌉ queries, for pictures of up to 2¹⁸ bytes.

    Returns
    -------
    list of Attempt
        The distinguisher reads nothing: it ``tells`` the ciphertexts from random bytes, or not.

    Raises
    ------
    ParameterError

    >>> noise = torch.randint(256, (3, 1, 12, 20)).to(torch.uint8)
    >>> found = suite("aes_gcm", b"k" * 32, noise, ("nonce held",), thorough=False)
    >>> [result.name for result in found if result.succeeded]
    ['two_time_pad', 'chosen_plaintext_xor', 'chosen_plaintext_permutation_xor', 'known_plaintext']
    >>> any(result.succeeded for result in suite("aes_gcm", b"k" * 32, noise, ("as used",)))
    False
    """
    if isinstance(system, str):
        from gansec_lib import systems

        system = systems.build(system)
    if not isinstance(system, Cipher):
        raise ParameterError(f"system: expected a Cipher, got {type(system).__name__}")
    images = check_images(images).cpu()
    victim = images[:1]
    known = images[1:5] if len(images) > 1 else blind((2, *victim.shape[1:]))
    try:
        system.encrypt(victim, key).as_images()
    except ParameterError as problem:
        if "changes the size" in str(problem):
            return []
        raise
    found = []
    for setting in settings:
        for attack in _attacks(system, key, victim, known, setting, thorough):
            try:
                found.append(attack())
            except IntegrityError:  # a system may refuse what the attacker hands in
                continue
        if images.numel() >= ciphertext_only.SMALLEST:
            found.append(_distinguish(system, key, images, setting))
    return found


def _attacks(system, key, victim, known, setting, thorough):
    """The calls, cheapest first."""
    given = (system, key, victim)
    yield lambda: nonce_reuse.two_time_pad(*given, known[:1], setting)
    yield lambda: chosen_plaintext.chosen_plaintext_xor(*given, setting)
    yield lambda: chosen_plaintext.permutation_only(*given, setting)
    yield lambda: chosen_plaintext.chosen_plaintext_permutation_xor(*given, setting)
    yield lambda: chosen_plaintext.chosen_plaintext_feedback(*given, setting)
    yield lambda: chosen_plaintext.chosen_plaintext_two_way(*given, setting)
    yield lambda: sbox_feedback.chosen_plaintext_sbox_feedback(*given, setting)
    yield lambda: two_way_sum.chosen_plaintext_two_way_sum(*given, setting)
    if chosen_plaintext.block_sides(victim.shape):
        yield lambda: chosen_plaintext.chosen_plaintext_blocks(*given, setting)
    if victim.numel() >= converge.SMALLEST:
        yield lambda: converge.chosen_plaintext_converge(*given, setting)
    if thorough and victim.numel() <= LARGEST:
        yield lambda: chosen_plaintext.chosen_plaintext_substitution(*given, setting)
    yield lambda: known_pictures.known_plaintext(*given, known, setting)
    yield lambda: short_keys.seed_search(*given, known[:1], setting)
    yield lambda: short_keys.effective_key_search(*given, setting)
    if victim.numel() > twister.TOLD:
        yield lambda: twister.twister_state(*given, setting)


def _distinguish(system, key, images, setting) -> Attempt:
    """The pictures encrypted one by one, and what their ciphertexts alone give away."""
    oracle = Oracle(system, key, setting)
    seen = torch.cat([oracle.victim(one[None]) for one in images])
    start = time.perf_counter()
    verdict = ciphertext_only.distinguisher(seen)
    seconds = time.perf_counter() - start
    told = verdict.distinguished(LEVEL)
    words = (
        f"{len(images)} ciphertexts told from random bytes by {verdict.strongest.name}"
        if told
        else f"{len(images)} ciphertexts not told from random bytes"
    )
    details = {"p_value": verdict.p_value}
    return Attempt(
        "distinguisher", setting, float(told), LEVEL, 0, seconds, words, None, details, tells=True
    )
