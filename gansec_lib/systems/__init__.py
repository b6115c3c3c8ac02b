"""The one table of all systems; each is found by its key name.

>>> get("aes_gcm").title
'AES-256-GCM'
>>> names("KeyGenerator")[0]
'keygan_xray_to_noise'
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
from dataclasses import dataclass
from functools import cache

from gansec_lib.errors import IntegrityError, ParameterError, near_miss, shown


@dataclass(frozen=True)
class Entry:
    """One row: enough to list the systems without importing any of them."""

    key_name: str
    role: str
    lesson: str
    place: str  # "module:Class" inside this package

    @property
    def where(self) -> str:
        """``module:Class``, as it is imported."""
        return f"{__name__}.{self.place}"

    @property
    def title(self) -> str:
        """What the class says of itself, in one line."""
        return _said(self.where).get("title", "")

    @property
    def paper(self) -> str:
        """Bibliography key and row, or the standard, as the class says it."""
        return _said(self.where).get("paper", "")


TABLE: dict[str, Entry] = {
    row[0]: Entry(*row)
    for row in (
        ("aes_gcm", "Cipher", "08", "classical.aead:AesGcm"),
        ("chacha20", "Cipher", "08", "classical.aead:ChaCha20"),
        ("logistic", "Cipher", "08", "classical.logistic:Logistic"),
        ("henon_dna", "Cipher", "08", "classical.henon_dna:HenonDna"),
        ("hyperchen_two_way", "Cipher", "08", "classical.hyperchen_two_way:HyperchenTwoWay"),
        ("arnold_xor", "Cipher", "08", "classical.arnold_xor:ArnoldXor"),
        ("chaos_lanes", "Cipher", "08", "classical.chaos_lanes:ChaosLanes"),
        ("deepkeygen", "Cipher", "10", "keygen.deepkeygen:DeepKeyGen"),
        ("lsgan_rng", "Cipher", "11", "keygen.lsgan_rng:LsganRng"),
        ("blockchain_gan", "Cipher", "12", "keygen.blockchain_gan:BlockchainGan"),
        ("immense_random", "Cipher", "11", "keygen.immense_random:ImmenseRandom"),
        ("feistel_gan", "Cipher", "11", "keygen.feistel_gan:FeistelGan"),
        ("dcgan_blocks", "Cipher", "11", "keygen.dcgan_blocks:DcganBlocks"),
        ("medical_hash", "Cipher", "12", "keygen.medical_hash:MedicalHash"),
        ("chen_plaintext", "Cipher", "11", "keygen.chen_plaintext:ChenPlaintext"),
        ("logistic_henon_sr", "Cipher", "12", "keygen.logistic_henon_sr:LogisticHenonSr"),
        ("gan_compression", "Cipher", "12", "keygen.gan_compression:GanCompression"),
        ("roi_aes", "Cipher", "12", "keygen.roi_aes:RoiAes"),
        ("lsb", "Hider", "21", "steganography.lsb:Lsb"),
        ("lsb_matching", "Hider", "21", "steganography.lsb_matching:LsbMatching"),
        ("blur", "Protector", "25", "privacy.blur:Blur"),
        ("pixelate", "Protector", "25", "privacy.pixelate:Pixelate"),
        ("keygan_xray_to_noise", "KeyGenerator", "10", "keygen.deepkeygen:XrayToNoise"),
        ("keygan_six_systems", "KeyGenerator", "09", "keygen.lsgan_rng:SixSystems"),
        ("keygan_logistic", "KeyGenerator", "09", "keygen.immense_random:LogisticKeys"),
        ("keygan_hyper_chen_wave", "KeyGenerator", "11", "keygen.feistel_gan:HyperChenWave"),
        ("keygan_hyper_chen_matrix", "KeyGenerator", "11", "keygen.dcgan_blocks:HyperChenMatrix"),
        ("keygan_coupled_henon", "KeyGenerator", "12", "keygen.logistic_henon_sr:CoupledHenon"),
        ("keygan_hyper_chen", "KeyGenerator", "09", "keygen.chen_plaintext:HyperChen"),
        ("keygan_even_noise", "KeyGenerator", "12", "keygen.roi_aes:EvenNoise"),
        ("aes_ctr", "KeyGenerator", "07", "classical.streams:AesCtr"),
    )
}


# What a report compares where nobody names a system.
EXAMPLES = ("aes_gcm", "chacha20", "logistic", "logistic:plaintext_related=true")


def names(role: str | None = None) -> tuple[str, ...]:
    """The key names of all systems, or of those of one role, in the table's order."""
    return tuple(name for name, entry in TABLE.items() if role in (None, entry.role))


def find(name: str) -> type:
    """The class of a system, by its key name.

    Raises
    ------
    ParameterError
        Unknown name; the nearest ones are named.
    """
    if not isinstance(name, str) or name not in TABLE:
        near = near_miss(name, TABLE, otherwise=" ", most=3)
        hint = f"{near} 'gansec list' and systems.table() show all".lstrip()
        raise ParameterError(f"name: no system is called {shown(name)}; {hint}")
    module, class_name = TABLE[name].where.split(":")
    return getattr(importlib.import_module(module), class_name)


def get(name: str, /, **options):
    """A system by its key name, built with ``options``.

    Raises
    ------
    ParameterError
        Unknown name (the nearest ones are named), an option that the system does not have, or a
        value that it does not take.
    """
    return find(name).from_options(options)


def load(path):
    """The system that ``System.save`` wrote at ``path``, whichever of the table it is.

    Raises
    ------
    DataMissingError
        There is no such file.
    IntegrityError
        The file is no saved system, names one that is not in the table, or its weights are wrong.
    """
    from gansec_lib.roles.system import read_record  # loads torch, which listing does not need

    name = read_record(path)["system"]
    if name not in TABLE:
        raise IntegrityError(f"{path}: holds a system called {name!r}, which is not in the table")
    return find(name).load(path)


def build(label: str):
    """A system from one word, options after colons: ``logistic:plaintext_related=true``.

    Values are read as JSON and taken as text where they are none; a bare name is ``true``.

    Raises
    ------
    ParameterError
        Unknown system or option, an option given twice or without the value that ``=`` announces,
        or a value that the option does not take.

    >>> build("logistic:plaintext_related=true")
    Logistic(plaintext_related=True)
    """
    name, *parts = str(label).split(":")
    options = {}
    for part in parts:
        option, announced, text = (piece.strip() for piece in part.partition("="))
        if option in options:
            raise ParameterError(f"{option}: given twice in {shown(label)}; expected it once")
        if announced and not text:
            raise ParameterError(
                f"{option}: expected a value after =, got none; '{option}' alone means true"
            )
        try:
            options[option] = json.loads(text or "true")
        except (ValueError, RecursionError):  # brackets by the thousand exhaust the parser
            options[option] = text
    return get(name.strip(), **options)


def table() -> list[dict]:
    """All systems as rows: key_name, role, title, paper, lesson, where."""
    columns = ("key_name", "role", "title", "paper", "lesson", "where")
    return [{name: getattr(entry, name) for name in columns} for entry in TABLE.values()]


@cache
def _said(where: str) -> dict[str, str]:
    """The texts that a class assigns in its body, read from its source: nothing is imported."""
    module, class_name = where.split(":")
    source = importlib.util.find_spec(module).loader.get_source(module)
    outside = ast.parse(source).body
    inside = next(node.body for node in outside if getattr(node, "name", "") == class_name)
    texts = {}
    for node in (*outside, *inside):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if isinstance(node.value, ast.Constant):
                texts[node.targets[0].id] = node.value.value
            elif isinstance(node.value, ast.Name):  # paper = PAPER
                texts[node.targets[0].id] = texts.get(node.value.id, "")
    return texts
