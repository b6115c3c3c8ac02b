"""Keyed, lossless building blocks that the systems are composed of.

``container`` the ciphertext file, ``kdf`` keys and seeds, ``aead`` AES-GCM and ChaCha20-Poly1305,
``logistic`` the chaotic permutation and chained diffusion in one compiled loop, ``permute``,
``diffuse``, ``dna``, ``substitute`` (S-boxes), ``feistel``, ``cbc`` (chaining both ways),
``twister`` (MT19937) and ``huffman`` the blocks that other schemes are put together from.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "aead",
        "cbc",
        "container",
        "diffuse",
        "dna",
        "feistel",
        "huffman",
        "kdf",
        "logistic",
        "permute",
        "substitute",
        "twister",
    ],
)
