"""What papers and surveys print: each number once, with its table and row, in ``PRINTED``.

So far the one source is O. P. Singh, K. N. Singh, A. K. Singh and A. K. Agrawal, *Deep
learning-based image encryption techniques: Fundamentals, current trends, challenges and future
directions*, Neurocomputing: Table 4 says what is asked of any scheme, Table 8 what thirteen papers
report. Their picture sizes are not printed; ``audit`` says for which common ones a row is possible.
"""

from __future__ import annotations

from dataclasses import dataclass

from gansec_lib.errors import ParameterError, near_miss

SURVEY = "survey (Singh et al. 2024)"
ANY = "any scheme"


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

# A paper's cipher has no nonce: its NPCR and UACI are those with one nonce held.
_METRICS = {
    "npcr": "npcr_nonce_held",
    "uaci": "uaci_nonce_held",
    "psnr": "psnr_decrypted",
    "ssim": "ssim_decrypted",
    "encrypt": "encrypt_seconds",
    "decrypt": "decrypt_seconds",
    "horizontal": "correlation_horizontal",
    "vertical": "correlation_vertical",
    "diagonal": "correlation_diagonal",
}

# row: (key name of the system here, what else is known about the values, columns whose metric is
# another, because this paper compares plain with cipher image, or draws its nonce afresh)
_BUILT: dict[str, tuple[str, str, dict[str, str]]] = {
    "[71]": ("deepkeygen", "size not stated", {}),
    "[70]": ("lsgan_rng", "size not stated", {"psnr": "psnr_cipher"}),
    "[75]": ("blockchain_gan", "size not stated; UACI outside what chance allows at 256²", {}),
    "[67]": (
        "immense_random",
        "the paper has 789 pictures of 128, 256 and 512 pixels; what PSNR and SSIM compare is not "
        "stated",
        {},
    ),
    "[68]": ("feistel_gan", "size not stated; the entropy fits 19,000 bytes only", {}),
    "[73]": (
        "dcgan_blocks",
        "256 × 256 by its χ²; the entropy printed beside contradicts it (7.9977 would fit)",
        {},
    ),
    "[65]": (
        "logistic_henon_sr",
        "the entropy fits 512 × 512; PSNR and SSIM of what comes back",
        {},
    ),
    "[76]": ("gan_compression", "size not stated; UACI outside what chance allows at 256²", {}),
    "[77]": ("roi_aes", "size not stated", {"npcr": "npcr"}),
}


SECONDS = ("encrypt_seconds", "decrypt_seconds")  # on machines that no paper names


@dataclass(frozen=True)
class Printed:
    """One number as it is printed.

    Parameters
    ----------
    system : str
        Key name of the system it is about; the reference where the library has no such system;
        ``ANY`` where it is asked of every scheme.
    quantity : str
        The metric's name in a card, or what else was counted.
    value : float
    where : str
        Paper or survey, table, row.
    conditions : str
        What it was measured on, as far as that is said.
    shown : str
        The words as printed, where the number alone would say something else: "> 28".
    """

    system: str
    quantity: str
    value: float
    where: str
    conditions: str
    shown: str = ""


def _of_table_8(row: Row) -> list[Printed]:
    system, known, named = _BUILT.get(row.reference, (row.reference, "size not stated", {}))
    where, said = f"{SURVEY}, Table 8, row {row.reference}", f"{row.pictures}; {known}"
    found = {column: getattr(row, column) for column in _COLUMNS}
    return [
        Printed(system, (_METRICS | named).get(column, column), value, where, said)
        for column, value in found.items()
        if value is not None
    ]


def _asked(quantity: str, value: float, shown: str) -> Printed:
    """A row of Table 4, which says what is asked of any scheme."""
    said = "what the survey asks of any scheme, nobody's measurement; size not stated"
    return Printed(ANY, quantity, value, f"{SURVEY}, Table 4", said, shown)


# Every number of every paper. A paper that no survey lists adds its own rows: Printed("lsb", …).
PRINTED: tuple[Printed, ...] = (
    *(one for row in TABLE_8.values() for one in _of_table_8(row)),
    _asked("entropy", 8.0, "close to 8"),
    _asked("correlation_horizontal", 0.0, "near 0"),
    _asked("correlation_vertical", 0.0, "near 0"),
    _asked("correlation_diagonal", 0.0, "near 0"),
    _asked("npcr_nonce_held", 99.60, "99.60"),
    _asked("uaci_nonce_held", 33.40, "33.40"),
    _asked("psnr_decrypted", 28.0, "> 28"),
    _asked("key_space_nominal", 100.0, "≥ 100"),
)


def published(system: str) -> dict[str, dict]:
    """What a card lays beside its own metrics, by name: value, conditions, source.

    >>> published("deepkeygen")["entropy"]["value"], published("deepkeygen")["entropy"]["source"]
    (7.9807, 'survey (Singh et al. 2024), Table 8, row [71]')
    """
    return {
        one.quantity: {"value": one.value, "conditions": one.conditions, "source": one.where}
        | ({"shown": one.shown} if one.shown else {})
        for one in PRINTED
        if one.system == system and one.quantity not in SECONDS
    }


def printed(system: str, quantity: str) -> float:
    """One printed number.

    Raises
    ------
    ParameterError
        Nobody prints it.

    >>> printed("gan_compression", "uaci_nonce_held"), printed("[69]", "uaci_nonce_held")
    (36.48, 13.84)
    """
    found = {one.quantity: one.value for one in PRINTED if one.system == system}
    if quantity not in found:
        known = found or dict.fromkeys(one.system for one in PRINTED)
        raise ParameterError(
            f"{'quantity' if found else 'system'}: nothing is printed about "
            f"{quantity!r} of {system!r}; {near_miss(quantity if found else system, known)}"
        )
    return found[quantity]
