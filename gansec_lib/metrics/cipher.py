"""Every figure of a cipher image, under one name: ``from gansec_lib.metrics import cipher``.

Every ``…_values`` function gives one float64 a picture, the plain name gives a ``Metric`` with the
interval that an ideal cipher would hit with probability 1 − alpha *for that many bytes*.
Images are uint8 ``(N, C, H, W)`` throughout. Each idea has a file of its own: ``histogram``,
``correlation``, ``difference``, ``texture``, ``avalanche``, ``key_space``, ``cost``,
``robustness``.
"""

from gansec_lib.metrics.checks import (
    check_bytes,
    check_pair,
)
from gansec_lib.metrics.correlation import (
    DIRECTIONS,
    adjacent_correlation,
    adjacent_pairs,
    correlation_values,
    normalised_correlation,
    normalised_correlation_values,
)
from gansec_lib.metrics.difference import (
    NPCR_IDEAL,
    UACI_IDEAL,
    bit_error_rate,
    bit_error_values,
    npcr,
    npcr_critical,
    npcr_values,
    pair_counts,
    uaci,
    uaci_critical,
    uaci_values,
)
from gansec_lib.metrics.histogram import (
    LEVELS,
    SMALLEST,
    chi_square,
    chi_square_critical,
    chi_square_values,
    entropy,
    entropy_deviation,
    entropy_interval,
    entropy_values,
    expected_entropy,
    histogram,
)
from gansec_lib.metrics.texture import (
    glcm,
    glcm_feature_values,
    glcm_features,
    histogram_variance,
    histogram_variance_values,
    local_entropy,
    local_entropy_values,
)
from gansec_lib.scorecards.cipher.avalanche import key_sensitivity, plaintext_sensitivity
from gansec_lib.scorecards.cipher.cost import compression_ratio, compression_values, throughput
from gansec_lib.scorecards.cipher.key_space import key_space
from gansec_lib.scorecards.cipher.robustness import robustness

__all__ = [
    "DIRECTIONS",
    "LEVELS",
    "NPCR_IDEAL",
    "SMALLEST",
    "UACI_IDEAL",
    "adjacent_correlation",
    "adjacent_pairs",
    "bit_error_rate",
    "bit_error_values",
    "check_bytes",
    "check_pair",
    "chi_square",
    "chi_square_critical",
    "chi_square_values",
    "compression_ratio",
    "compression_values",
    "correlation_values",
    "entropy",
    "entropy_deviation",
    "entropy_interval",
    "entropy_values",
    "expected_entropy",
    "glcm",
    "glcm_feature_values",
    "glcm_features",
    "histogram",
    "histogram_variance",
    "histogram_variance_values",
    "key_sensitivity",
    "key_space",
    "local_entropy",
    "local_entropy_values",
    "normalised_correlation",
    "normalised_correlation_values",
    "npcr",
    "npcr_critical",
    "npcr_values",
    "pair_counts",
    "plaintext_sensitivity",
    "robustness",
    "throughput",
    "uaci",
    "uaci_critical",
    "uaci_values",
]
