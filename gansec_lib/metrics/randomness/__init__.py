"""NIST SP 800-22 rev. 1a: all fifteen tests, one by one or as a battery.

``bits`` reads any kind of input, ``counting`` holds the tests that count and walk, ``patterns``
those that look for words, ``structure`` rank, spectrum and linear complexity, ``battery`` all of
them over one sequence or many, ``kernels`` the compiled loops.

>>> from gansec_lib.metrics import randomness
>>> round(randomness.frequency("1011010101", strict=False).p_values[0], 6)
0.527089
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["bits", "counting", "kernels", "patterns", "structure"],
    submod_attrs={
        "bits": ["TestResult", "TooShort", "to_bits"],
        "counting": [
            "block_frequency",
            "cumulative_sums",
            "frequency",
            "longest_run",
            "random_excursions",
            "random_excursions_variant",
            "runs",
        ],
        "patterns": [
            "approximate_entropy",
            "non_overlapping",
            "overlapping",
            "serial",
            "universal",
        ],
        "structure": ["dft", "linear_complexity", "rank"],
        "many": ["TESTS", "Battery", "battery", "least_passing"],
    },
)
