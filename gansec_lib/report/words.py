"""What each figure is called and what it says, in one line a figure; what a verdict means."""

from __future__ import annotations

# name: (title, what it says)
FIGURES: dict[str, tuple[str, str]] = {
    "entropy": ("Entropy", "how evenly the byte values are used; the most is 8 bits"),
    "chi_square": ("χ²", "how far the histogram is from flat; 255 on average for random bytes"),
    "correlation_horizontal": ("Correlation, horizontal", "whether a pixel tells its neighbour"),
    "correlation_vertical": ("Correlation, vertical", "the same, downwards"),
    "correlation_diagonal": ("Correlation, diagonal", "the same, down to the right"),
    "psnr_cipher": ("PSNR, plain to cipher", "what random bytes over these pictures would give"),
    "ssim_cipher": ("SSIM, plain to cipher", "structure that can still be seen; 0 is none"),
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
    "psnr_decrypted": ("PSNR, plain to decrypted", "∞ means back bit for bit"),
    "ssim_decrypted": ("SSIM, plain to decrypted", "1 means back as it was"),
    "key_bits": ("Key length", "bits of key; Table 4 of the survey asks for 100"),
    "expansion": ("Size", "bytes of the ciphertext file for each byte of picture"),
    "encrypt_speed": ("Encryption", "on this machine, one batch, median of three"),
    "decrypt_speed": ("Decryption", "on this machine, one batch, median of three"),
    "aes_ratio": ("Time against AES-GCM", "how many times as long as AES-GCM took in this run"),
}

VERDICTS = {
    "pass": "The value lies in the interval. An ideal cipher would fail this once in a thousand "
    "runs, so a pass says: this test saw nothing. It does not say: secure.",
    "fail": "The value lies outside the interval. Something tells this cipher from an ideal one; "
    "for a figure called *nonce held* it does so only if a nonce is used twice.",
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
