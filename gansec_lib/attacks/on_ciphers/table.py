"""``TABLE``: the attacks on ciphers, the settings where each belongs, and what each needs.

This is the one place that says which attacks there are. A new attack on ciphers is a function
``attack(cipher, key, image, [pictures,] setting) -> Attempt`` in a file of its own, and a row here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from gansec_lib.attacks.on_ciphers import (
    chosen_ciphertexts,
    chosen_plaintext,
    ciphertext_only,
    converge,
    guesses,
    known_pictures,
    nonce_reuse,
    public_codec,
    public_generator,
    sbox_feedback,
    short_keys,
    shuffle_seed,
    twister,
    two_way_sum,
    uneven_keys,
)
from gansec_lib.attacks.on_ciphers.structures import block_sides
from gansec_lib.attacks.oracle import Attempt, blind
from gansec_lib.roles import Cipher

BUDGETS = ("seconds", "minutes")
KNOWN, CANDIDATES = 4, 8  # pictures that the attacker knows; that she thinks it might be
HUNDREDS = 2**18  # bytes for which hundreds of pictures are encrypted, at most
CHOSEN = ("nonce held", "as used")  # where it matters whether a nonce comes twice
USED = ("as used",)


class Given:
    """What the suite hands to an attack: the system, its key and the pictures.

    Parameters
    ----------
    system : Cipher
    key : bytes
    images : uint8 (N, C, H, W)
        The first is the victim. The attacker knows the others, up to four; where there are none
        she knows two pictures of noise.
    """

    def __init__(self, system: Cipher, key: bytes, images: torch.Tensor):
        self.system, self.key, self.images = system, key, images
        self.victim = images[:1]
        self.known = images[1 : 1 + KNOWN]
        if not len(self.known):
            self.known = blind((2, *self.victim.shape[1:]))
        self.one_known = self.known[:1]
        self.candidates = torch.cat([images[1:CANDIDATES], self.victim])
        made = system.encrypt(self.victim, key)
        self.cipher_bytes = made.payload.numel()
        self.fixed_size = self.cipher_bytes == torch.Size(made.shape).numel()
        self.is_picture = self.fixed_size and tuple(made.shape) == tuple(self.victim.shape)


@dataclass(frozen=True)
class Need:
    """Something without which an attack makes no sense, and the reason to give where it lacks."""

    met: Callable[[Given], bool]
    otherwise: str


PICTURE = Need(lambda given: given.is_picture, "no cipher byte stands for each byte of the picture")
BYTES = Need(lambda given: given.fixed_size, "the size of its ciphertexts changes")
ENOUGH = Need(
    lambda given: given.cipher_bytes * len(given.images) >= ciphertext_only.SMALLEST,
    f"the ciphertexts have fewer than {ciphertext_only.SMALLEST} bytes together",
)
BLOCKS = Need(lambda given: bool(block_sides(given.victim.shape)), "no square blocks divide them")
GENERATOR = Need(lambda given: hasattr(given.system, "keys"), "no network makes its key bytes")
SOURCE = Need(
    lambda given: hasattr(getattr(given.system, "keys", None), "image_key"),
    "no secret picture is behind its key bytes",
)
SIDES = Need(
    lambda given: all(side >= 16 and side % 4 == 0 for side in given.victim.shape[2:]),
    "the generator takes sides of 16, 20, 24, …",
)
CODEC = Need(lambda given: hasattr(given.system, "coded"), "it encrypts pictures and no codes")
THREE = Need(lambda given: len(given.images) > 3, "three pictures must be known")


@dataclass(frozen=True)
class Row:
    """One attack of the suite.

    Parameters
    ----------
    attack : callable
        Its name is the attack's name.
    settings : tuple of str
        Of ``SETTINGS``: where the attack belongs.
    opens : str
        What falls to it.
    asks : str
        What the attacker needs to see or to ask for.
    takes : str
        The attribute of ``Given`` that the attack takes besides the victim, if any.
    of : str
        The attribute of ``Given`` that is attacked: one victim, or all pictures.
    needs : tuple of Need
    cost : {"seconds", "minutes"}
        How long it may take on two processor cores, for pictures of 64 to 256 pixels a side.
    hundreds : bool
        Whether it has hundreds of pictures encrypted. It then takes minutes where a network makes
        the key bytes, and is left out for large pictures.
    smallest : int
        Bytes that a picture must have.
    """

    attack: Callable[..., Attempt]
    settings: tuple[str, ...]
    opens: str
    asks: str
    takes: str = ""
    of: str = "victim"
    needs: tuple[Need, ...] = (PICTURE,)
    cost: str = "seconds"
    hundreds: bool = False
    smallest: int = 1

    @property
    def name(self) -> str:
        """What the attack, and each attempt of it, is called."""
        return self.attack.__name__

    def why_not(self, given: Given, budget: str) -> str:
        """Why it is left out, or nothing where it can be tried."""
        for need in self.needs:
            if not need.met(given):
                return need.otherwise
        size = given.victim.numel()
        if size < self.smallest:
            return f"pictures of {size} bytes, and it needs {self.smallest} or more"
        if self.hundreds and size > HUNDREDS:
            return f"pictures of {size:,} bytes, and it is tried on {HUNDREDS:,} at most"
        cost = "minutes" if self.hundreds and given.system.learns else self.cost
        if BUDGETS.index(cost) > BUDGETS.index(budget):
            return f"it takes {cost}, and the budget was {budget}"
        return ""

    def run(self, given: Given, setting: str) -> Attempt:
        """Try it."""
        extra = (getattr(given, self.takes),) if self.takes else ()
        return self.attack(given.system, given.key, getattr(given, self.of), *extra, setting)


R = Row
TABLE: dict[str, Row] = {row.name: row for row in (
    R(nonce_reuse.two_time_pad, CHOSEN,
      "XOR with one keystream", "1 known picture", takes="one_known"),
    R(chosen_plaintext.chosen_plaintext_xor, CHOSEN,
      "XOR with one keystream", "1 chosen picture"),
    R(chosen_plaintext.permutation_only, CHOSEN,
      "permutation alone", "⌈log₂₅₆ n⌉ chosen pictures"),
    R(chosen_plaintext.chosen_plaintext_permutation_xor, CHOSEN,
      "permutation, then XOR or sum", "1 + ⌈log₂₅₆ n⌉ chosen pictures"),
    R(chosen_plaintext.chosen_plaintext_feedback, CHOSEN,
      "the same with fed-back bytes", "1 + ⌈log₂₅₆ n⌉ chosen pictures"),
    R(chosen_plaintext.chosen_plaintext_two_way, CHOSEN,
      "feedback in both directions", "1 + ⌈log₂₅₆ n⌉ chosen pictures"),
    R(two_way_sum.chosen_plaintext_two_way_sum, CHOSEN,
      "the same, ⊕ and + alternating", "10 + ⌈log₂ n⌉ + ⌈log₂₅₆ n⌉ chosen pictures"),
    R(sbox_feedback.chosen_plaintext_sbox_feedback, CHOSEN,
      "feedback by a secret S-box", "2 + ⌈log₂₅₆ n⌉ chosen pictures"),
    R(chosen_plaintext.chosen_plaintext_blocks, CHOSEN,
      "blocks added up ([73])", "1 + ⌈log₂₅₆ n⌉ chosen pictures", needs=(PICTURE, BLOCKS)),
    R(converge.chosen_plaintext_converge, CHOSEN,
      "converge diffusion ([5])", "10 + ⌈log₂ n⌉ + ⌈log₂₅₆ n⌉ chosen pictures",
      smallest=converge.SMALLEST),
    R(chosen_plaintext.chosen_plaintext_substitution, CHOSEN,
      "a table for every position", "256 + ⌈log₂₅₆ n⌉ chosen pictures", hundreds=True),
    R(known_pictures.known_plaintext, CHOSEN,
      "the above, in part", "a few known pictures", takes="known"),
    R(shuffle_seed.twister_shuffle, CHOSEN,
      "the Mersenne Twister's seed in [10]", "1 + ⌈log₂₅₆ n⌉ chosen pictures, 2³² trials",
      cost="minutes", smallest=shuffle_seed.SMALLEST),
    R(guesses.dictionary, CHOSEN,
      "equal pictures, keys made from the picture", "candidates",
      takes="candidates", needs=(BYTES,)),
    R(ciphertext_only.distinguish, CHOSEN,
      "bytes that are not like random ones", "the ciphertexts", of="images", needs=(BYTES, ENOUGH)),
    R(guesses.named_by_hash, USED,
      "plain hashes in a header or on a ledger", "candidates",
      takes="candidates", needs=(BYTES,)),
    R(short_keys.seed_search, USED,
      "keys of 16 bits", "1 known picture", takes="one_known"),
    R(short_keys.effective_key_search, USED,
      "long keys of which 16 bits are used", "the ciphertext"),
    R(twister.twister_state, USED,
      "XOR with a Mersenne Twister", "2,496 known bytes of the picture",
      smallest=twister.TOLD + 1),
    R(chosen_ciphertexts.chosen_ciphertext, ("chosen ciphertexts",),
      "permutation, mask, chaining", "1 + ⌈log₂₅₆ n⌉ decryptions"),
    R(chosen_ciphertexts.chosen_ciphertext_bits, ("chosen ciphertexts",),
      "the same for single bits", "2 + ⌈log₂ 8n⌉ decryptions"),
    R(uneven_keys.uneven_key, ("many messages",),
      "XOR with uneven key bytes, fresh each time", "a picture sent 16 times", hundreds=True),
    R(public_generator.short_generator_seed, ("weights known",),
      "short seeds of a GAN key", "16 known key bytes", needs=(GENERATOR,), cost="minutes"),
    R(public_generator.public_source, ("weights known",),
      "secret pictures taken from a public set", "the ciphertext and the set",
      takes="known", needs=(PICTURE, SOURCE, SIDES)),
    R(public_generator.weights_nearly_right, ("weights known",),
      "nothing: weights counted as a second secret are none, if they need not be exact",
      "the key itself, and weights off by a thousandth", needs=(PICTURE, GENERATOR)),
    R(public_codec.known_codes, ("public codec", "nonce held"),
      "a cipher of codes ([76])", "3 or more known pictures", takes="known", needs=(CODEC, THREE)),
)}  # fmt: skip
