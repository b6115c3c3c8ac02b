"""What each figure is called and what it says, in one line a figure; what a verdict means."""

from __future__ import annotations

# name: (title, what it says), in the order of the page
FIGURES: dict[str, tuple[str, str]] = {
    "entropy": ("Entropy", "how evenly the byte values are used; the most is 8 bits"),
    "chi_square": ("χ²", "how far the histogram is from flat; 255 on average for random bytes"),
    "local_entropy": (
        "Local entropy",
        "entropy of 30 blocks: an uneven corner shows here; this is the right interval",
    ),
    "local_entropy_published": (
        "Local entropy, papers' interval",
        "σ/30 where σ/√30 belongs: 73 of 100 ideal pictures lie outside, so it is not judged",
    ),
    "histogram_variance": ("Histogram variance", "χ² in another unit, as many papers print it"),
    "correlation_horizontal": ("Correlation, horizontal", "whether a pixel tells its neighbour"),
    "correlation_vertical": ("Correlation, vertical", "the same, downwards"),
    "correlation_diagonal": ("Correlation, diagonal", "the same, down to the right"),
    "glcm_contrast": ("GLCM contrast", "mean squared step to the right neighbour"),
    "glcm_energy": ("GLCM energy", "how often the same pair of neighbours comes again"),
    "glcm_homogeneity": ("GLCM homogeneity", "how close neighbours are; high in smooth pictures"),
    "glcm_correlation": ("GLCM correlation", "whether a pixel tells its neighbour, from the table"),
    "normalised_correlation": (
        "Correlation with the plain",
        "whether the picture shines through",
    ),
    "psnr_cipher": ("PSNR, plain to cipher", "what random bytes over these pictures would give"),
    "ssim_cipher": ("SSIM, plain to cipher", "structure that can still be seen, beside noise's"),
    "ms_ssim_cipher": ("MS-SSIM, plain to cipher", "the same over five scales, beside noise's"),
    "psnr_hvs_cipher": (
        "PSNR-HVS, plain to cipher",
        "PSNR as the eye weighs it, beside noise's",
    ),
    "npcr": ("NPCR, as used", "cipher bytes that change when one plain bit does"),
    "uaci": ("UACI, as used", "how much they change on average"),
    "npcr_nonce_held": ("NPCR, nonce held", "the same with key and nonce kept, as papers test it"),
    "uaci_nonce_held": ("UACI, nonce held", "the same with key and nonce kept, as papers test it"),
    "key_flip_npcr": ("Key flip, NPCR", "cipher bytes that change when one key bit does"),
    "key_flip_uaci": ("Key flip, UACI", "how much they change on average"),
    "key_flip_decrypt": (
        "Key flip, decryption",
        "wrong bits after a wrong key bit; ½ is noise",
    ),
    "key_space_nominal": ("Key, nominal", "bits that encryption takes; the survey asks for 100"),
    "key_space_effective": (
        "Key, effective at most",
        "less the dead bits, and no more than the best search of these attacks costs",
    ),
    "psnr_decrypted": ("PSNR, plain to decrypted", "∞ means back bit for bit"),
    "ssim_decrypted": ("SSIM, plain to decrypted", "1 means back as it was"),
    "damage_refused": ("Damage refused", "damaged cipher images that are not decrypted at all"),
    "randomness": (
        "SP 800-22, corrected p",
        "least p-value of the whole table times the number of them; small accuses",
    ),
    "randomness_share": ("SP 800-22, p ≥ 0.01", "an ideal cipher has 99 % of its p-values there"),
    "randomness_rows": (
        "SP 800-22, rows outside",
        "the standard's limits are for one row: an ideal cipher leaves them in some",
    ),
    "compression_ratio": ("Compression by zlib", "above 1 something is left to press out"),
    "expansion": ("Size", "bytes of the ciphertext file for each byte of picture"),
    "encrypt_speed": ("Encryption", "on this machine, one batch, median of three"),
    "decrypt_speed": ("Decryption", "on this machine, one batch, median of three"),
    "aes_ratio": ("Time against AES-GCM", "how many times as long as AES-GCM took in this run"),
}

# group: (title, the first figure of it); a group ends where the next begins
_STARTS = {
    "statistics": ("What the bytes show", "entropy"),
    "avalanche": ("One bit of the picture changed", "npcr"),
    "keys": ("The key", "key_flip_npcr"),
    "damage": ("What comes back", "psnr_decrypted"),
    "randomness": ("SP 800-22", "randomness"),
    "cost": ("What it costs", "compression_ratio"),
}


def _groups() -> dict[str, tuple[str, tuple[str, ...]]]:
    names = list(FIGURES)
    starts = [names.index(first) for _, first in _STARTS.values()] + [len(names)]
    return {
        group: (title, tuple(names[starts[place] : starts[place + 1]]))
        for place, (group, (title, _)) in enumerate(_STARTS.items())
    }


GROUPS = _groups()  # group: (title, its figures)

# What stands beside each other where all systems are compared.
TELLING = (
    "entropy",
    "local_entropy",
    "chi_square",
    "correlation_horizontal",
    "randomness",
    "npcr",
    "uaci",
    "npcr_nonce_held",
    "uaci_nonce_held",
    "key_flip_decrypt",
    "key_space_effective",
    "damage_refused",
    "encrypt_speed",
    "aes_ratio",
)

# Figures without a verdict whose ideal is worth printing.
COMPARED = (
    "ssim_cipher",
    "ms_ssim_cipher",
    "psnr_hvs_cipher",
    "randomness_share",
    "randomness_rows",
)

# Said on the page itself, where a pointer that rests on a row is not enough.
NOTES = {
    "local_entropy_published": "at 5 %, with σ/30 where σ/√30 belongs: shown, not judged",
    "npcr_nonce_held": "not how it is used; papers test it so",
}

DAMAGES = {
    "salt_and_pepper": ("salt and pepper", "share of bytes"),
    "gaussian": ("Gaussian noise", "variance"),
    "speckle": ("speckle noise", "variance"),
    "crop": ("corner cut off", "share of the area"),
    "occlusion": ("white patch", "share of the area"),
}

VERDICTS = {
    "pass": "The value lies in the interval. An ideal cipher would fail this once in a thousand "
    "runs, so a pass says: this test saw nothing. It does not say: secure.",
    "fail": "The value lies outside the interval. Something tells this cipher from an ideal one; "
    "for a figure called “nonce held” it does so only if a nonce is used twice.",
    "info": "A figure to read. Nothing follows from it alone.",
}


def title(name: str) -> str:
    """What a table calls a figure; its own name where there is no better one.

    >>> title("npcr"), title("something_new")
    ('NPCR, as used', 'something new')
    """
    return FIGURES[name][0] if name in FIGURES else name.replace("_", " ")


def meaning(name: str) -> str:
    """One line on what a figure says, or nothing."""
    return FIGURES[name][1] if name in FIGURES else ""
