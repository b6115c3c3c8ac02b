"""Chaotic maps and flows: one definition each, as orbits, and as key bytes.

``maps`` and ``flows`` hold the definitions and ``table`` finds them by name; ``orbits`` runs them,
in plain Python or compiled, with the same bits. ``keys`` turns key and nonce into starting points
and states into bytes. ``lanes`` gives every column of a picture an orbit of its own, which is fast.
``study`` measures them: Lyapunov exponents, bifurcation data, cycles.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "definition",
        "flows",
        "keys",
        "lane_kernels",
        "lanes",
        "maps",
        "orbits",
        "study",
        "table",
    ],
    submod_attrs={
        "keys": ["keystream", "seeds", "to_bytes"],
        "lanes": ["lane_keystream", "lane_seeds", "xor_lanes"],
        "orbits": ["orbit"],
        "study": ["bifurcation", "find_cycle", "lyapunov"],
        "flows": ["FLOWS"],
        "maps": ["MAPS"],
        "table": ["get", "validate"],
    },
)
