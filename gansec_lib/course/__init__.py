"""What a learner meets: ``start`` opens a lesson, ``check`` looks at her answers.

``session`` resolves profile and seed, ``lessons`` lists them all, ``check`` holds the exercises'
checkers, ``mixtures`` and ``family`` (with its ``members``) the small worlds that lessons 01 and 03
train on.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["check", "family", "lessons", "members", "mixtures", "session"],
    submod_attrs={
        "lessons": ["LESSONS"],
        "session": [
            "Course",
            "check_injected_parameters",
            "resolve_profile",
            "start",
        ],
    },
)
