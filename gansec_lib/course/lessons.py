"""The lessons: number, title, what each builds, which files hold it. README's table is this one.

``python tools/make_readme.py`` writes that table; a test compares. Whether a lesson is ready is not
typed here: it is ready when its notebook is there.
"""

from __future__ import annotations

from typing import NamedTuple


class Lesson(NamedTuple):
    """One row: ``builds`` says what the learner makes, ``where`` which files of the library."""

    title: str
    builds: str
    where: tuple[str, ...]


LESSONS: dict[str, Lesson] = {
    "00": Lesson(
        "Start here",
        "environment, exercises, a first encrypted picture",
        ("systems/", "course/check/"),
    ),
    "01": Lesson(
        "The minimax game",
        "the value function on a plane; collapse and its cure; the fresh distinguisher",
        ("nets/mlp.py", "train/losses.py"),
    ),
    "02": Lesson(
        "DCGAN faces",
        "Raj Kumar's networks layer by layer",
        ("nets/dcgan.py", "train/loop.py"),
    ),
    "03": Lesson(
        "A family of GANs",
        "conditional, LSGAN, WGAN-GP, progressive, style, attention, stacked",
        ("nets/", "course/members.py"),
    ),
    "04": Lesson(
        "Judging a generator",
        "IS, FID, KID, precision and recall, memorisation",
        ("metrics/generative.py",),
    ),
    "05": Lesson(
        "What a cipher image looks like",
        "histogram, χ², entropy, correlation, GLCM",
        ("metrics/uniformity.py", "metrics/correlation.py", "metrics/texture.py"),
    ),
    "06": Lesson(
        "Avalanche",
        "NPCR, UACI, key sensitivity, key space, noise and cropping",
        ("metrics/difference.py", "scorecards/cipher/"),
    ),
    "07": Lesson("Is it random?", "SP 800-22, all fifteen tests", ("metrics/randomness/",)),
    "08": Lesson(
        "Chaos and the classical ciphers",
        "maps and flows, permutation, diffusion, DNA, S-boxes",
        ("chaos/", "ciphers/", "systems/classical/"),
    ),
    "09": Lesson(
        "GANs that imitate chaos",
        "[5] [7] [9] [11]; the untrained twin",
        ("systems/keygen/key_gan.py",),
    ),
    "10": Lesson("DeepKeyGen", "[4]", ("systems/keygen/deepkeygen.py",)),
    "11": Lesson("Whole ciphers around a GAN key", "[5] [7] [8] [73] [11]", ("systems/keygen/",)),
    "12": Lesson("Medical pipelines", "[10] [6] [9] [77] [76]", ("systems/keygen/",)),
    "13": Lesson(
        "Breaking them",
        "two-time pad, chosen plaintexts and ciphertexts, MT recovery, guesses, stolen weights",
        ("attacks/on_ciphers/",),
    ),
    "14": Lesson("CycleGAN", "cycle consistency and its hidden channel", ("systems/style/",)),
    "15": Lesson("DeepEDN", "[13] with ROI mining", ("systems/style/",)),
    "16": Lesson("Encipher GAN", "[14]", ("systems/style/",)),
    "17": Lesson(
        "Pictures that hide that they are encrypted",
        "[15] wavelets, compressed sensing, CycleGAN",
        ("systems/style/",),
    ),
    "18": Lesson(
        "Thumbnails that survive",
        "[16] beside exact thumbnail-preserving encryption",
        ("systems/style/",),
    ),
    "19": Lesson("Public and private networks", "[69]", ("systems/style/",)),
    "20": Lesson("Breaking style ciphers", "surrogates, weights, distinguishers", ("attacks/",)),
    "21": Lesson(
        "Hiding and finding", "LSB to STC; χ² to SRNet", ("embedding/", "attacks/on_hiders/")
    ),
    "22": Lesson("A picture inside a picture", "[19] [20]", ("systems/steganography/",)),
    "23": Lesson("Bits inside a picture", "SteganoGAN, HiDDeN, [17]", ("systems/steganography/",)),
    "24": Lesson("Learning where to hide", "UT-GAN, [21] [22]", ("systems/steganography/",)),
    "25": Lesson(
        "Obfuscation and re-identification",
        "blur, pixelate, mask, k-same; three attackers",
        ("systems/privacy/", "attacks/on_people/"),
    ),
    "26": Lesson("Faces of nobody", "[24] [26]", ("systems/privacy/",)),
    "27": Lesson("Private objects, private training", "[23], DP-SGD", ("systems/privacy/",)),
    "28": Lesson("Classifying what cannot be seen", "[25] [74]", ("systems/privacy/",)),
    "29": Lesson("End to end", "progressive faces, differential privacy", ("systems/privacy/",)),
    "30": Lesson("The survey, audited", "58 methods, printed and possible", ("survey/",)),
    "31": Lesson("Scorecard", "every system, every metric", ("scorecards/",)),
}
