"""What surveys print about GAN-based image ciphers: each number once, with its table and row.

The source is O. P. Singh, K. N. Singh, A. K. Singh and A. K. Agrawal, *Deep learning-based image
encryption techniques: Fundamentals, current trends, challenges and future directions*,
Neurocomputing: Table 4 says what is asked of any scheme, Table 8 what thirteen papers report.
Their picture sizes are not printed; ``audit`` says for which common sizes a row is possible.
"""

from __future__ import annotations

from dataclasses import dataclass

SURVEY = "survey (Singh et al. 2024)"


@dataclass(frozen=True)
class Row:
    """One paper's line of Table 8: its number in that survey, a name, and the values as printed.

    NPCR and UACI are in per cent, PSNR in dB, times in seconds on machines that are not named;
    ``horizontal``, ``vertical`` and ``diagonal`` are correlations of neighbours. ``pictures`` are
    those that the survey's comparative table names for the paper.
    """

    reference: str
    name: str
    pictures: str
    npcr: float | None = None
    uaci: float | None = None
    psnr: float | None = None
    ssim: float | None = None
    chi_square: float | None = None
    entropy: float | None = None
    encrypt: float | None = None
    decrypt: float | None = None
    horizontal: float | None = None
    vertical: float | None = None
    diagonal: float | None = None


_COLUMNS = (
    "npcr", "uaci", "psnr", "ssim", "chi_square", "entropy",
    "encrypt", "decrypt", "horizontal", "vertical", "diagonal",
)  # fmt: skip

# Row by row as printed; a dash is a value that the survey does not give.
_PRINTED = """
[65] 99.60 33.46 34.62 0.9068 256.88 7.9993 0.3772 0.3774  0.0007  0.0017  0.0018
[66] -     -     35.0  0.930  -      7.9700 0.273  0.272   -       -       -
[67] 99.60 33.45 24.48 0.9915 -      -      -      -      -0.0001  0.0003 -0.0002
[68] 99.60 33.51 -     -      -      7.9902 22.706 -       0.0104 -0.0063  0.0127
[69] 99.42 13.84 26.81 0.9799 -      7.9770 -      -       0.0044  0.0172  0.0151
[70] 99.60 33.45 9.64  -      -      7.9975 0.9437 -      -0.0019  0.0474 -0.0068
[71] 99.56 20.87 -     0.9983 -      7.9807 -      -       0.0627  0.2557  0.0203
[72] -     -     39.97 0.9972 -      7.4000 -      -       0.4812  0.4584  0.2169
[73] 99.69 33.42 -     -      213.24 7.8091 1.822  -       0.0003  0.0009  0.0019
[74] -     -     -     0.9460 -      -      -      -       -       -       -
[75] 99.60 33.86 -     0.9720 -      7.980  0.2500 0.2500  -       -       -
[76] 99.70 36.48 30.75 0.9772 -      7.9957 1.8500 1.9200  -       -       -
[77] 99.59 -     -     -      -      7.9974 2.8600 -       -       -       -
"""

_SCHEMES = {  # row: (what the scheme is, the pictures that the survey's Table 7 names for it)
    "[65]": ("GAN + CSRNet", "COCO 2017"),
    "[66]": ("DeepEDN", "chest X-rays"),
    "[67]": ("Robust GAN", "a set called SETs"),
    "[68]": ("Hyperchaos + Feistel", "pictures not stated"),
    "[69]": ("Scrambling autoencoder", "Corel-1000"),
    "[70]": ("LSGAN generator", "pictures not stated"),
    "[71]": ("DeepKeyGen", "ultrasonic pictures, chest X-rays and BraTS18, unsaid which"),
    "[72]": ("Encipher GAN", "skin cancer"),
    "[73]": ("DCGAN blocks", "pictures not stated"),
    "[74]": ("GAN transformation", "CIFAR-10 and CIFAR-100"),
    "[75]": ("Blockchain GAN", "BraTS18"),
    "[76]": ("GAN compression", "pictures not stated"),
    "[77]": ("U-Net + AES", "chest X-rays"),
}


def _row(line: str) -> Row:
    reference, *cells = line.split()
    values = (None if cell == "-" else float(cell) for cell in cells)
    name, pictures = _SCHEMES[reference]
    return Row(reference, name, pictures, **dict(zip(_COLUMNS, values, strict=True)))


TABLE_8 = {row.reference: row for row in map(_row, _PRINTED.split("\n")[1:-1])}

# key name of the system here: (its row, what else is known about the values)
SYSTEMS = {
    "deepkeygen": ("[71]", "size not stated"),
    "lsgan_rng": ("[70]", "size not stated"),
    "blockchain_gan": ("[75]", "size not stated; UACI outside what chance allows at 256²"),
    "immense_random": (
        "[67]",
        "the paper has 789 pictures of 128, 256 and 512 pixels; what PSNR and SSIM compare is not "
        "stated",
    ),
    "feistel_gan": ("[68]", "size not stated; the entropy fits 19,000 bytes only"),
    "dcgan_blocks": (
        "[73]",
        "256 × 256 by its χ²; the entropy printed beside contradicts it (7.9977 would fit)",
    ),
    "logistic_henon_sr": ("[65]", "the entropy fits 512 × 512; PSNR and SSIM of what comes back"),
    "gan_compression": ("[76]", "size not stated; UACI outside what chance allows at 256²"),
    "roi_aes": ("[77]", "size not stated"),
}

# What Table 4 asks of any scheme: (metric, value, as printed)
ASKED = (
    ("entropy", 8.0, "close to 8"),
    ("correlation_horizontal", 0.0, "near 0"),
    ("correlation_vertical", 0.0, "near 0"),
    ("correlation_diagonal", 0.0, "near 0"),
    ("npcr_nonce_held", 99.60, "99.60"),
    ("uaci_nonce_held", 33.40, "33.40"),
    ("psnr_decrypted", 28.0, "> 28"),
    ("key_space_nominal", 100.0, "≥ 100"),
)

# A paper's cipher has no nonce: its NPCR and UACI are those with one nonce held.
_METRICS = {
    "npcr": "npcr_nonce_held",
    "uaci": "uaci_nonce_held",
    "psnr": "psnr_decrypted",
    "ssim": "ssim_decrypted",
    "chi_square": "chi_square",
    "entropy": "entropy",
    "horizontal": "correlation_horizontal",
    "vertical": "correlation_vertical",
    "diagonal": "correlation_diagonal",
}


def published(key_name: str, **named: str) -> dict[str, dict]:
    """What Table 8 prints for the paper of a system, by metric: value, conditions, source.

    Parameters
    ----------
    key_name : str
        One of ``SYSTEMS``.
    **named
        A column and the metric it belongs to, where this paper means another:
        ``psnr="psnr_cipher"`` for a PSNR between plain and cipher image.

    >>> published("deepkeygen")["entropy"]["value"], published("deepkeygen")["entropy"]["source"]
    (7.9807, 'survey (Singh et al. 2024), Table 8, row [71]')
    """
    reference, known = SYSTEMS[key_name]
    row = TABLE_8[reference]
    said = {
        "conditions": f"{row.pictures}; {known}",
        "source": f"{SURVEY}, Table 8, row {reference}",
    }
    return {
        name: {"value": getattr(row, column), **said}
        for column, name in (_METRICS | named).items()
        if getattr(row, column) is not None
    }


def asked() -> dict[str, dict]:
    """What Table 4 asks of any scheme, by metric: nobody's measurement."""
    said = {
        "conditions": "what the survey asks of any scheme, nobody's measurement; size not stated",
        "source": f"{SURVEY}, Table 4",
    }
    return {name: {"value": value, "shown": shown, **said} for name, value, shown in ASKED}
