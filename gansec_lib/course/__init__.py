"""What a learner meets: ``start`` opens a lesson, ``check`` looks at her answers.

``session`` resolves profile and seed, ``check`` holds the exercises' checkers, ``mixtures`` and
``family`` the small worlds that lessons 01 and 03 train on.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["check", "family", "mixtures", "session"],
    submod_attrs={
        "session": [
            "LESSONS",
            "PROFILES",
            "Course",
            "check_injected_parameters",
            "near_miss",
            "resolve_profile",
            "start",
        ],
    },
)
