"""Everything that is measured: one figure, its convention, the interval chance allows, a verdict.

``metric`` holds the container, ``cipher`` the figures of a cipher image (``texture`` its finer
ones), ``avalanche`` what one bit changes, ``key_space`` how long the key really is, ``robustness``
what a damaged cipher image still gives, ``cost`` what encryption costs, ``quality`` how alike two
pictures look (``perceptual`` and ``hvs`` to the eye), ``generative`` how good a generator is
(``neighbours`` its precision and recall), ``memorisation`` whether it copies, ``randomness`` the
fifteen tests of SP 800-22, ``kernels`` the compiled loops.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "avalanche",
        "cipher",
        "cost",
        "generative",
        "hvs",
        "kernels",
        "key_space",
        "memorisation",
        "metric",
        "neighbours",
        "perceptual",
        "quality",
        "randomness",
        "robustness",
        "texture",
    ],
    submod_attrs={"metric": ["Metric"]},
)
