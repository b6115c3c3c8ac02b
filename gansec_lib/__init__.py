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
        "ciphers",
        "course",
        "errors",
        "images",
        "metrics",
        "nets",
        "report",
        "roles",
        "scorecards",
        "show",
        "survey",
        "systems",
        "train",
    ],
)
