"""The report: cards of any role, laid out beside what was published and what is possible.

``study`` measures and lays out, ``page`` fills the templates, ``figures`` draws, ``names`` quotes
file names for shells and notebooks, ``run`` runs the notebook from the command line.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["figures", "names", "page", "run", "study"],
    submod_attrs={"page": ["show"], "study": ["Study"]},
)
