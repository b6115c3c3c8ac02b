"""Real data sets by name: where each comes from, under which licence, what truth it carries.

Hashes: those of CelebA, LFW, CIFAR-10 and MNIST are published (the publisher's own, or the
ones torchvision and scikit-learn carry). For ORL, Montgomery, Shenzhen, ISIC, HAM10000,
BOSSBase and DIV2K no published hash is known to us: trust on first use (see ``download``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RemoteFile:
    """One file to fetch.

    Parameters
    ----------
    name : str
        What it is called in the cache.
    urls : tuple of str
        Mirrors, tried in order.
    digest : str
        ``"sha256:…"`` or ``"md5:…"`` as published; empty where nobody publishes one.
    megabytes : float
        The most that is accepted, well above the published size. A server that sends more is
        broken or hostile.
    """

    name: str
    urls: tuple[str, ...]
    digest: str = ""
    megabytes: float = 100.0


@dataclass(frozen=True)
class Part:
    """One file of a set.

    Parameters
    ----------
    file : RemoteFile
    gives : tuple of str
        Names of which one lies somewhere below the set's folder once the part is there.
    splits : tuple of str
        The splits that need it; empty for all.
    optional : bool
        Only adds truth; the set loads without it, with a warning.
    """

    file: RemoteFile
    gives: tuple[str, ...]
    splits: tuple[str, ...] = ()
    optional: bool = False

    def needed(self, split: str) -> bool:
        """Whether a split needs it."""
        return not self.splits or split in self.splits


@dataclass(frozen=True)
class Entry:
    """One data set of the catalogue."""

    title: str
    licence: str
    terms: str
    pictures: str
    truth: str
    splits: tuple[str, ...]
    parts: tuple[Part, ...]


def _drive(key: str) -> str:
    return f"https://drive.usercontent.google.com/download?id={key}&export=download&confirm=t"


def _celeba_text(name: str, key: str, md5: str) -> Part:
    also = name.replace(".txt", ".csv")
    return Part(RemoteFile(name, (_drive(key),), f"md5:{md5}", 50), (name, also), optional=True)


_NLM = "https://openi.nlm.nih.gov/imgs/collections/"
_ISIC = "https://isic-challenge-data.s3.amazonaws.com/2018/"
_DIV2K = "https://data.vision.ee.ethz.ch/cvl/DIV2K/"
_FIGSHARE = "https://ndownloader.figshare.com/files/"
_UMASS = "http://vis-www.cs.umass.edu/lfw/"
_MNIST = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
_ALL = ("train", "valid", "test", "all")
_TWO = ("train", "test", "all")


def _mnist(name: str, md5: str, splits: tuple[str, ...]) -> Part:
    file = RemoteFile(f"{name}.gz", tuple(f"{site}{name}.gz" for site in _MNIST), f"md5:{md5}", 20)
    return Part(file, (name, f"{name}.gz"), splits)


def _isic(name: str, megabytes: float, splits: tuple[str, ...] = ()) -> Part:
    file = RemoteFile(f"{name}.zip", (f"{_ISIC}{name}.zip",), megabytes=megabytes)
    return Part(file, (name,), splits)


CATALOGUE: dict[str, Entry] = {
    "celeba": Entry(
        "CelebA, aligned and cropped (178×218)",
        "non-commercial research only; pictures belong to their owners; do not redistribute",
        "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
        "202,599 faces of 10,177 people (1.4 GB)",
        "identities, 40 attributes, 5 landmarks",
        _ALL,
        (
            Part(
                RemoteFile(
                    "img_align_celeba.zip",
                    (_drive("0B7EVK8r0v71pZjFTYXZWM3FlRnM"),),
                    "md5:00d2c5bc6d35e252742224ab0c1e8fcb",
                    3_000,
                ),
                ("img_align_celeba",),
            ),
            _celeba_text(
                "list_attr_celeba.txt",
                "0B7EVK8r0v71pblRyaVFSWGxPY0U",
                "75e246fa4810816ffd6ee81facbd244c",
            ),
            _celeba_text(
                "identity_CelebA.txt",
                "1_ee_0u7vcNLOfNLegJRHmolfH5ICW-XS",
                "32bd1bd63d3c78cd57e08160ec5ed1e2",
            ),
            _celeba_text(
                "list_landmarks_align_celeba.txt",
                "0B7EVK8r0v71pd0FJY3Blby1HUTQ",
                "cc24ecafdb5b50baae59b03474781f8c",
            ),
        ),
    ),
    "lfw": Entry(
        "Labeled Faces in the Wild, funneled (250×250)",
        "no licence stated; for research on unconstrained face recognition",
        "http://vis-www.cs.umass.edu/lfw/",
        "13,233 faces of 5,749 people (243 MB)",
        "identities",
        _TWO,
        (
            Part(
                RemoteFile(
                    "lfw-funneled.tgz",
                    (f"{_FIGSHARE}5976015", f"{_UMASS}lfw-funneled.tgz"),
                    "sha256:b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a",
                    500,
                ),
                ("lfw_funneled", "lfw-deepfunneled", "lfw"),
            ),
        ),
    ),
    "orl": Entry(
        "ORL (AT&T) database of faces (92×112, grey)",
        "free to use with credit to AT&T Laboratories Cambridge",
        "https://cam-orl.co.uk/facedatabase.html",
        "400 faces of 40 people (4 MB)",
        "identities",
        _TWO,
        (
            Part(
                RemoteFile(
                    "att_faces.zip",
                    ("https://www.cl.cam.ac.uk/Research/DTG/attarchive/pub/data/att_faces.zip",),
                    megabytes=20,
                ),
                ("s1", "s01", "s2", "s02"),
            ),
        ),
    ),
    "montgomery": Entry(
        "Montgomery County chest X-rays",
        "free for research and teaching; cite Jaeger et al. 2014 and the NLM",
        "https://lhncbc.nlm.nih.gov/LHC-downloads/downloads.html",
        "138 X-rays (600 MB)",
        "labels (normal, tuberculosis), masks (left, right, both lungs)",
        _TWO,
        (
            Part(
                RemoteFile(
                    "NLM-MontgomeryCXRSet.zip",
                    (f"{_NLM}NLM-MontgomeryCXRSet.zip",),
                    megabytes=1_500,
                ),
                ("MontgomerySet", "CXR_png"),
            ),
        ),
    ),
    "shenzhen": Entry(
        "Shenzhen Hospital chest X-rays",
        "free for research and teaching; cite Jaeger et al. 2014 and the NLM",
        "https://lhncbc.nlm.nih.gov/LHC-downloads/downloads.html",
        "662 X-rays (3.6 GB)",
        "labels (normal, tuberculosis); masks where a folder mask/ was put beside CXR_png/",
        _TWO,
        (
            Part(
                RemoteFile(
                    "ChinaSet_AllFiles.zip", (f"{_NLM}ChinaSet_AllFiles.zip",), megabytes=8_000
                ),
                ("ChinaSet_AllFiles", "CXR_png"),
            ),
        ),
    ),
    "isic2018": Entry(
        "ISIC 2018 task 1: skin lesions and their outlines",
        "CC0 (training), CC BY-NC 4.0 (validation and test)",
        "https://challenge.isic-archive.com/data/#2018",
        "2,594 + 100 + 1,000 (10 GB + 230 MB + 2 GB)",
        "masks (lesion)",
        _ALL,
        tuple(
            _isic(name.format(kind), 20_000, (split, "all"))
            for split, kind in (("train", "Training"), ("valid", "Validation"), ("test", "Test"))
            for name in ("ISIC2018_Task1-2_{}_Input", "ISIC2018_Task1_{}_GroundTruth")
        ),
    ),
    "ham10000": Entry(
        "ISIC 2018 task 3 (HAM10000): skin lesions of seven kinds (600×450)",
        "CC BY-NC 4.0; cite Tschandl et al. 2018",
        "https://challenge.isic-archive.com/data/#2018",
        "10,015 (2.8 GB)",
        "labels (7 diagnoses), identities (which lesion)",
        _TWO,
        (
            _isic("ISIC2018_Task3_Training_Input", 6_000),
            _isic("ISIC2018_Task3_Training_GroundTruth", 10),
            Part(
                RemoteFile(
                    "ISIC2018_Task3_Training_LesionGroupings.csv",
                    (f"{_ISIC}ISIC2018_Task3_Training_LesionGroupings.csv",),
                    megabytes=10,
                ),
                ("ISIC2018_Task3_Training_LesionGroupings.csv",),
                optional=True,
            ),
        ),
    ),
    "cifar10": Entry(
        "CIFAR-10 (32×32)",
        "no licence stated; cite Krizhevsky 2009",
        "https://www.cs.toronto.edu/~kriz/cifar.html",
        "50,000 + 10,000 (170 MB)",
        "labels (10 classes)",
        _TWO,
        (
            Part(
                RemoteFile(
                    "cifar-10-python.tar.gz",
                    ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
                    "md5:c58f30108f718f92721af3b95e74349a",
                    400,
                ),
                ("cifar-10-batches-py", "cifar-10-batches-bin"),
            ),
        ),
    ),
    "mnist": Entry(
        "MNIST (28×28, grey)",
        "CC BY-SA 3.0; Y. LeCun and C. Cortes",
        "http://yann.lecun.com/exdb/mnist/",
        "60,000 + 10,000 (12 MB)",
        "labels (10 digits)",
        _TWO,
        (
            _mnist("train-images-idx3-ubyte", "f68b3c2dcbeaaa9fbdd348bbdeb94873", ("train", "all")),
            _mnist("train-labels-idx1-ubyte", "d53e105ee54ea40749a09fcbcd1e9432", ("train", "all")),
            _mnist("t10k-images-idx3-ubyte", "9fb629c4189551a2d022fa330f9573f3", ("test", "all")),
            _mnist("t10k-labels-idx1-ubyte", "ec29112dd5afa0611ce80d1b7f02629c", ("test", "all")),
        ),
    ),
    "bossbase": Entry(
        "BOSSBase 1.01 (512×512, grey, never compressed)",
        "for research; cite Bas, Filler and Pevný 2011",
        "http://dde.binghamton.edu/download/",
        "10,000 (1.6 GB)",
        "none",
        _TWO,
        (
            Part(
                RemoteFile(
                    "BOSSbase_1.01.zip",
                    ("http://dde.binghamton.edu/download/ImageDB/BOSSbase_1.01.zip",),
                    megabytes=4_000,
                ),
                ("BOSSbase_1.01", "1.pgm"),
            ),
        ),
    ),
    "div2k": Entry(
        "DIV2K, high resolution (2K)",
        "academic research only; pictures belong to their owners",
        "https://data.vision.ee.ethz.ch/cvl/DIV2K/",
        "800 + 100 (3.5 GB + 450 MB)",
        "none",
        _TWO,
        (
            Part(
                RemoteFile("DIV2K_train_HR.zip", (f"{_DIV2K}DIV2K_train_HR.zip",), megabytes=8_000),
                ("DIV2K_train_HR",),
                ("train", "all"),
            ),
            Part(
                RemoteFile("DIV2K_valid_HR.zip", (f"{_DIV2K}DIV2K_valid_HR.zip",), megabytes=1_500),
                ("DIV2K_valid_HR",),
                ("test", "all"),
            ),
        ),
    ),
}
