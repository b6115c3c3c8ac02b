"""Everything that is measured: one value, its convention, the interval chance allows, a verdict.

The functions stand here under one name, ``from gansec_lib import metrics``, then ``metrics.npcr``.
Each idea has a file of its own:

* ``metric`` holds the container ``Metric``, ``checks`` what every function asks of its arguments.
* ``uniformity`` asks whether all byte values are equally frequent (histogram, entropy, χ²),
  ``compression`` whether bytes still compress.
* ``correlation`` asks whether a byte tells its neighbour, ``texture`` the same in finer ways
  (local entropy, co-occurrence).
* ``difference`` compares two cipher images (NPCR, UACI, bits).
* ``quality`` says how alike two pictures are, ``perceptual`` and ``hvs`` how alike to the eye.
* ``generative`` says how good a generator is, ``mmd`` its kernel distance, ``neighbours`` its
  precision and recall, ``memorisation`` whether it copies its training pictures.
* ``detection`` says how well a score tells two kinds apart (ROC, P_E), ``identity`` how often a
  person is named correctly (rank-1, CMC), ``payload`` what hiding bits must change.
* ``randomness`` holds the fifteen tests of SP 800-22; ``streams`` asks whether streams under
  different keys are related, and how far numbers follow the source they imitate.
* ``kernels`` holds the compiled loops.

Nothing here knows a role or a system: what a cipher is asked stands in ``scorecards``.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "checks",
        "compression",
        "correlation",
        "detection",
        "difference",
        "generative",
        "hvs",
        "identity",
        "kernels",
        "memorisation",
        "metric",
        "mmd",
        "neighbours",
        "payload",
        "perceptual",
        "quality",
        "randomness",
        "streams",
        "texture",
        "uniformity",
    ],
    submod_attrs={
        "compression": ["compression_ratio", "compression_values"],
        "correlation": [
            "DIRECTIONS",
            "adjacent_correlation",
            "adjacent_pairs",
            "correlation_values",
            "normalised_correlation",
            "normalised_correlation_values",
        ],
        "difference": [
            "NPCR_IDEAL",
            "UACI_IDEAL",
            "bit_error_rate",
            "bit_error_values",
            "design_effect",
            "npcr",
            "npcr_critical",
            "npcr_values",
            "pair_counts",
            "uaci",
            "uaci_critical",
            "uaci_values",
        ],
        "hvs": ["psnr_hvs", "psnr_hvs_m", "psnr_hvs_m_values", "psnr_hvs_values"],
        "metric": ["Metric"],
        "perceptual": ["lpips", "lpips_values", "ms_ssim", "ms_ssim_values"],
        "quality": [
            "lossless",
            "mse",
            "mse_values",
            "psnr",
            "psnr_values",
            "ssim",
            "ssim_values",
            "unlike",
        ],
        "texture": [
            "glcm",
            "glcm_feature_values",
            "glcm_features",
            "local_entropy",
            "local_entropy_values",
        ],
        "uniformity": [
            "LEVELS",
            "SMALLEST",
            "chi_square",
            "chi_square_critical",
            "chi_square_pooled",
            "chi_square_values",
            "entropy",
            "entropy_deviation",
            "entropy_interval",
            "entropy_values",
            "expected_entropy",
            "histogram",
            "histogram_variance",
            "histogram_variance_values",
        ],
    },
)
