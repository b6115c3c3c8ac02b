"""What a cipher is asked: each metric's name, its words, and its place on the page, once."""

from __future__ import annotations

from gansec_lib.scorecards import randomness
from gansec_lib.scorecards.card import Panels, Question, Words

Q = Question
HELD = "the same with key and nonce kept, as papers test it"

PANELS: Panels = {
    "statistics": (
        "What the bytes show",
        (
            Q("entropy", "Entropy", "how evenly the byte values are used; the most is 8 bits",
              telling=True),
            Q("chi_square", "χ²", "how far the histogram is from flat; 255 on average for random "
              "bytes", telling=True),
            Q("chi_square_pooled", "χ², all pictures together", "the same over one histogram of "
              "all bytes: what all pictures share adds up here"),
            Q("local_entropy", "Local entropy", "entropy of 30 blocks: an uneven corner shows "
              "here; this is the right interval", telling=True),
            Q("local_entropy_published", "Local entropy, papers' interval", "σ/30 where σ/√30 "
              "belongs: 73 of 100 ideal pictures lie outside, so it is not judged",
              note="at 5 %, with σ/30 where σ/√30 belongs: shown, not judged"),
            Q("histogram_variance", "Histogram variance", "χ² in another unit, as many papers "
              "print it"),
            Q("correlation_horizontal", "Correlation, horizontal", "whether a pixel tells its "
              "neighbour", telling=True),
            Q("correlation_vertical", "Correlation, vertical", "the same, downwards"),
            Q("correlation_diagonal", "Correlation, diagonal", "the same, down to the right"),
            Q("glcm_contrast", "GLCM contrast", "mean squared step to the right neighbour"),
            Q("glcm_energy", "GLCM energy", "how often the same pair of neighbours comes again"),
            Q("glcm_homogeneity", "GLCM homogeneity", "how close neighbours are; high in smooth "
              "pictures"),
            Q("glcm_correlation", "GLCM correlation", "whether a pixel tells its neighbour, from "
              "the table"),
            Q("normalised_correlation", "Correlation with the plain", "whether the picture shines "
              "through"),
            Q("psnr_cipher", "PSNR, plain to cipher", "what random bytes over these pictures would "
              "give"),
            Q("ssim_cipher", "SSIM, plain to cipher", "structure that can still be seen, beside "
              "noise's"),
            Q("ms_ssim_cipher", "MS-SSIM, plain to cipher", "the same over five scales, beside "
              "noise's"),
            Q("psnr_hvs_cipher", "PSNR-HVS, plain to cipher", "PSNR as the eye weighs it, beside "
              "noise's"),
            Q("compression_ratio", "Compression by zlib", "above 1 something is left to press out"),
        ),
    ),
    "randomness": randomness.PANEL,
    "differential": (
        "One bit of the picture changed",
        (
            Q("npcr", "NPCR, as used", "cipher bytes that change when one plain bit does",
              telling=True),
            Q("uaci", "UACI, as used", "how much they change on average", telling=True),
            Q("npcr_nonce_held", "NPCR, nonce held", HELD, telling=True, counted=False,
              note="not how it is used; papers test it so"),
            Q("uaci_nonce_held", "UACI, nonce held", HELD, telling=True, counted=False),
        ),
    ),
    "key_sensitivity": (
        "One bit of the key changed",
        (
            Q("key_flip_npcr", "Key flip, NPCR", "cipher bytes that change when one key bit does"),
            Q("key_flip_uaci", "Key flip, UACI", "how much they change on average"),
            Q("key_flip_decrypt", "Key flip, decryption", "wrong bits after a wrong key bit; ½ is "
              "noise", telling=True),
        ),
    ),
    "key_space": (
        "How long the key is",
        (
            Q("key_space_nominal", "Key, nominal", "bits that encryption takes; the survey asks "
              "for 100"),
            Q("key_space_effective", "Key, effective at most", "less the dead bits, and no more "
              "than the best search of these attacks costs", telling=True, reasoned=True),
        ),
    ),
    "fidelity": (
        "What comes back",
        (
            Q("psnr_decrypted", "PSNR, plain to decrypted", "∞ means back bit for bit"),
            Q("ssim_decrypted", "SSIM, plain to decrypted", "1 means back as it was"),
        ),
    ),
    "robustness": (
        "Damage on the way",
        (
            Q("damage_refused", "Damage refused", "damaged cipher images that are not decrypted at "
              "all", telling=True),
        ),
    ),
    "cost": (
        "What it costs",
        (
            Q("expansion", "Size", "bytes of the ciphertext file for each byte of picture"),
            Q("encrypt_speed", "Encryption", "on this machine, one batch, median of three",
              telling=True),
            Q("decrypt_speed", "Decryption", "on this machine, one batch, median of three"),
            Q("aes_ratio", "Time against AES-GCM", "how many times as long as AES-GCM took in this "
              "run", telling=True),
        ),
    ),
}  # fmt: skip

DAMAGES = {  # kind: (its name, what its strength is)
    "salt_and_pepper": ("salt and pepper", "share of bytes"),
    "gaussian": ("Gaussian noise", "variance"),
    "speckle": ("speckle noise", "variance"),
    "crop": ("corner cut off", "share of the area"),
    "occlusion": ("white patch", "share of the area"),
}

WORDS = Words(
    one="cipher",
    many="ciphers",
    opening=(
        "Of the metrics that a verdict can be given for, each tile counts how many lie in the "
        "interval that random-looking bytes of this size would hit 999 times in 1,000. That is the "
        "least a cipher must do, and it proves nothing: the attacks below read ciphers that pass "
        "them all. As used: every encryption draws a fresh nonce, a number that must never come "
        "twice. Nonce held: key and nonce stay the same for both pictures. The papers of this "
        "field have no nonce, so their values belong to the rows with the nonce held. AES-GCM "
        "fails those rows, because it promises nothing when a nonce comes twice; used as its "
        "standard asks, it is the kind of cipher to rely on."
    ),
    each=(
        "Look at the figure first. The cipher column must show nothing, the decrypted column must "
        "be the picture again, and the last column is what one wrong key bit gives. Below it, the "
        "histogram of a cipher image should stay inside the orange band, and pairs of neighbouring "
        "pixels, which line up along the diagonal in a picture, should fill the square."
    ),
    attempts=(
        "The attacker sees one cipher image and knows the method. For the two-time pad and known "
        "plaintext she knows other pictures and their cipher images; with chosen plaintext she had "
        "a few pictures of her own encrypted; the rest need the cipher image alone. The score is "
        "the share of bytes that she read, counted against the truth. A blind guess gets 0.39 %, a "
        "picture with large even areas a little more, and what travels in the clear needs no "
        "attack."
    ),
    closing=(
        "Nothing in this report, nor all of it together, shows that a cipher is secure. For "
        "pictures that matter use an authenticated standard cipher (AES-GCM or ChaCha20-Poly1305), "
        "a fresh nonce each time, and a key that nobody can guess."
    ),
)

FINGERPRINTS = (
    "One bit of the picture is flipped and it is encrypted again. With fresh nonces all ciphers "
    "give unrelated bytes. With the nonce held their structure shows. A keystream (AES, ChaCha20, "
    "every ⊕ with key bytes) changes one byte. A cipher that adds up what came before and after "
    "spreads the change as one constant on one side and a sawtooth on the other: NPCR and UACI "
    "leave their intervals, and an attack below uses just that. Mixing a hash of the picture into "
    "the seeds hides it."
)
DAMAGED = (
    "The cipher image is damaged and then decrypted. Many papers count it as a merit that the "
    "picture is still seen. But a cipher that decrypts what was damaged by chance also decrypts "
    "what was changed on purpose, and says nothing. The authenticated ciphers refuse both. Who "
    "needs pictures that survive noise adds an error-correcting code outside the encryption."
)
