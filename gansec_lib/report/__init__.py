"""The report: every figure of a system beside what was published and what is possible.

``scorecard`` measures one system, ``published`` holds the survey's tables, ``figures`` draws,
``html`` makes the page, ``run`` runs the notebook from the command line.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["figures", "html", "run", "study"],
)
