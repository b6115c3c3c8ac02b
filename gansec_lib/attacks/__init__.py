"""Attacks: one file a family. They know roles, not systems, and count their queries.

Each attack returns an ``Attempt``. It is tested with a positive control, where it reads everything
bit for bit, and with negative ones (AES-GCM, a plaintext-related keystream, fresh nonces), where it
reads no more than chance. ``on_ciphers.targets`` holds the small ciphers that the positive controls
need. ``attacks.table()`` lists all attacks on ciphers: where each belongs, what it needs, and what
it opens. ``attacks.suite`` tries them all.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "on_ciphers",
        "oracle",
    ],
    submod_attrs={
        "oracle": ["MISUSE", "SETTINGS", "Attempt", "Oracle"],
        "on_ciphers.suite": ["LeftOut", "reasons", "suite"],
        "on_ciphers.table": ["TABLE", "table"],
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
        "on_ciphers.ciphertext_only": ["Distinguished", "distinguish", "distinguisher"],
        "on_ciphers.converge": ["chosen_plaintext_converge"],
        "on_ciphers.guesses": [
            "dictionary",
            "equal_entries",
            "ledger_guesses",
            "named_by_hash",
            "plain_hashes",
        ],
        "on_ciphers.known_pictures": ["known_plaintext"],
        "on_ciphers.public_codec": ["known_codes"],
        "on_ciphers.public_generator": [
            "generator_search",
            "near_weights",
            "public_source",
            "short_generator_seed",
            "short_seeds",
            "source_search",
            "weights_nearly_right",
        ],
        "on_ciphers.sbox_feedback": ["chosen_plaintext_sbox_feedback"],
        "on_ciphers.short_keys": ["effective_key_search", "search_seeds", "seed_search"],
        "on_ciphers.shuffle_seed": ["shuffle_seeds", "twister_shuffle"],
        "on_ciphers.twister": ["recover_mt19937", "recover_seed", "twister_state"],
        "on_ciphers.two_way_sum": ["chosen_plaintext_two_way_sum"],
        "on_ciphers.uneven_keys": ["uneven_key"],
    },
)
