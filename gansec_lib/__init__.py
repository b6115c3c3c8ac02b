"""GANs for image security: the library the lessons import.

Nothing heavy is imported here. Each room loads when it is first used (SPEC 1), so
``import gansec_lib`` costs little more than ``import torch`` does.
"""

import lazy_loader as _lazy

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "attacks",
        "chaos",
        "check",
        "ciphers",
        "course",
        "errors",
        "figures",
        "images",
        "losses",
        "metrics",
        "nets",
        "page",
        "report",
        "roles",
        "systems",
        "train",
        "weights",
        "widgets",
    ],
)
