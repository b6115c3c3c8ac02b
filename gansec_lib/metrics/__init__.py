"""Everything that is measured: one figure, its convention, the interval chance allows, a verdict.

``metric`` holds the container, ``cipher`` the figures of a cipher image under one name: those of
its ``histogram``, the ``correlation`` of neighbours, the ``difference`` of two of them (NPCR, UACI,
bits), finer ones (``texture``), what one bit changes (``avalanche``), how long the key really is
(``key_space``), what a damaged cipher image still gives (``robustness``), what it costs (``cost``).
``quality`` is how alike two pictures look (``perceptual`` and ``hvs`` to the eye), ``generative``
how good a generator is (``neighbours`` its precision and recall), ``memorisation`` whether it
copies, ``randomness`` the fifteen tests of SP 800-22, ``kernels`` the compiled loops, ``checks``
what all ask of their arguments.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "checks",
        "cipher",
        "correlation",
        "difference",
        "generative",
        "histogram",
        "hvs",
        "kernels",
        "memorisation",
        "metric",
        "neighbours",
        "perceptual",
        "quality",
        "randomness",
        "texture",
    ],
    submod_attrs={"metric": ["Metric"]},
)
