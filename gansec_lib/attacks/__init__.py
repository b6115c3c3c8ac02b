"""Attacks: one file a family. They know roles, not systems, and count their queries.

Each returns an ``AttackResult`` and is tested with a positive control, where it reads everything
bit for bit, and a negative one, where it reads no more than chance.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submodules=["nonce_reuse"], submod_attrs={"nonce_reuse": ["AttackResult"]}
)
