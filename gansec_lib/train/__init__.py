"""One adversarial training loop for every network of the course.

``loop`` is the algorithm (read ``Trainer.fit``), ``losses`` the objectives it minimises. What
surrounds them: ``inputs`` (batches, noise, players), ``state`` and ``checkpoints`` (resuming after
a kill), ``randomness``, ``precision``, ``display`` and ``history`` (what one sees), ``checks``.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "checkpoints",
        "checks",
        "display",
        "history",
        "inputs",
        "loop",
        "losses",
        "precision",
        "randomness",
        "state",
    ],
    submod_attrs={
        "loop": ["Trainer"],
        "history": ["History"],
        "inputs": ["Context", "Player", "adam"],
    },
)
