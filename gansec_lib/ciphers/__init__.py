"""Keyed, lossless building blocks that the systems are composed of.

* ``container`` is the ciphertext file, ``kdf`` makes keys and seeds.
* ``aead`` has AES-GCM and ChaCha20-Poly1305.
* ``logistic`` is a chaotic permutation and chained diffusion in one compiled loop.
* Other schemes are put together from ``permute``, ``diffuse``, ``dna``, ``substitute`` (S-boxes),
  ``feistel``, ``cbc`` (chaining both ways), ``twister`` (MT19937) and ``huffman``.
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
