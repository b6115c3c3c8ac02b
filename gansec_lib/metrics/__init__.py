"""Everything that is measured: one figure, its convention, the interval chance allows, a verdict.

``metric`` holds the container, ``cipher`` the figures of a cipher image, ``quality`` how alike two
pictures look, ``generative`` how good a generator is.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["cipher", "generative", "metric", "quality"],
    submod_attrs={"metric": ["Metric"]},
)
