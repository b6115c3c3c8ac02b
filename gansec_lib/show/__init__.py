"""What reaches the eye: ``figures``, the ``notebook``'s page and its style, ``widgets``."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submodules=["figures", "notebook", "widgets"]
)
