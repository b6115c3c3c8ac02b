"""Drawn pictures whose truth is known exactly: faces, X-rays, textures."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submodules=["faces", "noise", "textures", "xrays"]
)
