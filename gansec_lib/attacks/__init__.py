"""Attacks: one file a family. They know roles, not systems, and count their queries.

Each returns an ``Attempt`` and is tested with a positive control, where it reads everything
bit for bit, and negative ones (AES-GCM, a plaintext-related keystream, fresh nonces), where it
reads no more than chance. ``targets`` holds the small ciphers that the positive controls need.

==================================== ================================ ============================
attack                               needs                            opens
==================================== ================================ ============================
``two_time_pad``                     1 known picture                  XOR with one keystream
``chosen_plaintext_xor``             1 chosen                         the same
``chosen_plaintext_permutation_xor`` 1 + ⌈log₂₅₆ n⌉ chosen            permutation, then XOR
``chosen_plaintext_feedback``        1 + ⌈log₂₅₆ n⌉ chosen            the same with fed-back bytes
``chosen_plaintext_two_way``         1 + ⌈log₂₅₆ n⌉ chosen            feedback in both directions
``chosen_plaintext_two_way_sum``     28 chosen at 256 × 256           the same, ⊕ and + alternating
``chosen_plaintext_sbox_feedback``   2 + ⌈log₂₅₆ n⌉ chosen            feedback by a secret S-box
``chosen_plaintext_blocks``          1 + ⌈log₂₅₆ n⌉ chosen            blocks added up ([73])
``chosen_plaintext_converge``        28 chosen at 256 × 256           converge diffusion ([5])
``chosen_plaintext_substitution``    256 + ⌈log₂₅₆ n⌉ chosen          a table for every position
``permutation_only``                 ⌈log_L n⌉ chosen                 permutation alone
``known_plaintext``                  a few known pictures             the above, in part
``seed_search``                      1 known picture                  short keys
``effective_key_search``             the ciphertext                   long keys, short inside
``twister_state``                    2,496 known bytes                Mersenne Twister keystreams
``twister_shuffle``                  3 chosen, 2³² trials             the Twister's seed in [10]
``generator_search``                 4 known key bytes                short seeds of a GAN key
``uneven_key``                       a picture sent 16 times          raw GAN keys, fresh each time
``source_search``                    the ciphertext                   public secret pictures
``known_codes``                      a few known pictures             a cipher of codes ([76])
``chosen_ciphertext``                1 + ⌈log₂₅₆ n⌉ decryptions       permutation, mask, chaining
``chosen_ciphertext_bits``           2 + ⌈log₂ 8n⌉ decryptions        the same for single bits
``dictionary``                       candidates                       equal pictures, plain keys
``distinguisher``                    the ciphertext                   (tells it from random bytes)
==================================== ================================ ============================
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "on_ciphers",
        "oracle",
    ],
    submod_attrs={
        "oracle": ["SETTINGS", "Attempt", "Oracle"],
        "on_ciphers.nonce_reuse": ["two_time_pad"],
        "on_ciphers.chosen_ciphertexts": ["chosen_ciphertext", "chosen_ciphertext_bits"],
        "on_ciphers.chosen_plaintext": [
            "chosen_plaintext_blocks",
            "chosen_plaintext_feedback",
            "chosen_plaintext_permutation_xor",
            "chosen_plaintext_substitution",
            "chosen_plaintext_two_way",
            "chosen_plaintext_xor",
            "permutation_only",
        ],
        "on_ciphers.converge": ["chosen_plaintext_converge"],
        "on_ciphers.guesses": ["dictionary", "equal_entries", "ledger_guesses", "plain_hashes"],
        "on_ciphers.known_pictures": ["known_plaintext"],
        "on_ciphers.public_codec": ["known_codes"],
        "on_ciphers.public_generator": [
            "generator_search",
            "near_weights",
            "short_seeds",
            "source_search",
        ],
        "on_ciphers.sbox_feedback": ["chosen_plaintext_sbox_feedback"],
        "on_ciphers.shuffle_seed": ["shuffle_seeds", "twister_shuffle"],
        "on_ciphers.short_keys": ["effective_key_search", "seed_search", "search_seeds"],
        "on_ciphers.twister": ["recover_mt19937", "recover_seed", "twister_state"],
        "on_ciphers.two_way_sum": ["chosen_plaintext_two_way_sum"],
        "on_ciphers.uneven_keys": ["uneven_key"],
        "on_ciphers.ciphertext_only": ["Distinguished", "distinguisher"],
        "on_ciphers.every_attack": ["suite"],
    },
)
