"""Everything that is measured: one figure, its convention, the interval chance allows, a verdict.

``metric`` holds the container, ``cipher`` the figures of a cipher image, ``avalanche`` what one bit
changes, ``quality`` how alike two pictures look, ``generative`` how good a generator is
(``neighbours`` its precision and recall), ``memorisation`` whether it copies,
``randomness`` the fifteen tests of SP 800-22.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "avalanche",
        "cipher",
        "generative",
        "memorisation",
        "metric",
        "neighbours",
        "quality",
        "randomness",
    ],
    submod_attrs={"metric": ["Metric"]},
)
