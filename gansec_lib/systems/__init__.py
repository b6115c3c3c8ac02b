"""The one table of all systems; each is found by its key name.

>>> get("aes_gcm").title
'AES-256-GCM'
"""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict, dataclass
from difflib import get_close_matches

from gansec_lib.errors import ParameterError


@dataclass(frozen=True)
class Entry:
    """One row: enough to list the systems without importing any of them."""

    key_name: str
    role: str
    title: str
    paper: str
    lesson: str
    where: str  # "module:Class"


TABLE: dict[str, Entry] = {
    entry.key_name: entry
    for entry in (
        Entry(
            "aes_gcm",
            "Cipher",
            "AES-256-GCM",
            "NIST FIPS 197, SP 800-38D",
            "08",
            "gansec_lib.systems.classical.aead:AesGcm",
        ),
        Entry(
            "chacha20",
            "Cipher",
            "ChaCha20-Poly1305",
            "RFC 8439",
            "08",
            "gansec_lib.systems.classical.aead:ChaCha20",
        ),
        Entry(
            "logistic",
            "Cipher",
            "Logistic permutation + two-way diffusion",
            "the classic behind seed 001, Table 4",
            "08",
            "gansec_lib.systems.classical.logistic:Logistic",
        ),
        Entry(
            "henon_dna",
            "Cipher",
            "Hénon permutation + DNA coding",
            "classical baseline (DNA coding, Hénon map)",
            "08",
            "gansec_lib.systems.classical.henon_dna:HenonDna",
        ),
        Entry(
            "hyperchen_two_way",
            "Cipher",
            "Hyperchaotic Chen + two-way diffusion",
            "classical baseline (hyperchaotic Chen system)",
            "08",
            "gansec_lib.systems.classical.hyperchen_two_way:HyperchenTwoWay",
        ),
        Entry(
            "arnold_xor",
            "Cipher",
            "Arnold map + XOR",
            "classical baseline (Arnold's cat map)",
            "08",
            "gansec_lib.systems.classical.arnold_xor:ArnoldXor",
        ),
        Entry(
            "deepkeygen",
            "Cipher",
            "DeepKeyGen: image-to-image key, XOR",
            "[4] Ding et al. 2022, TNNLS 33(9)",
            "10",
            "gansec_lib.systems.keygen.deepkeygen:DeepKeyGen",
        ),
        Entry(
            "lsgan_rng",
            "Cipher",
            "LSGAN on six chaotic systems",
            "[5] Man et al. 2021, MTAP 80",
            "11",
            "gansec_lib.systems.keygen.lsgan_rng:LsganRng",
        ),
        Entry(
            "blockchain_gan",
            "Cipher",
            "GAN key + logistic confusion, signed ledger",
            "[6] Neela, Kavitha 2023, Applied Intelligence 53",
            "12",
            "gansec_lib.systems.keygen.blockchain_gan:BlockchainGan",
        ),
        Entry(
            "immense_random",
            "Cipher",
            "Boxes of bytes and bits under a GAN key",
            "[7] Singh et al. 2023, MTAP 82",
            "11",
            "gansec_lib.systems.keygen.immense_random:ImmenseRandom",
        ),
        Entry(
            "feistel_gan",
            "Cipher",
            "Feistel network with a neural round, GAN key",
            "[8] Fang et al. 2022, MTAP 81",
            "11",
            "gansec_lib.systems.keygen.feistel_gan:FeistelGan",
        ),
        Entry(
            "dcgan_blocks",
            "Cipher",
            "DCGAN key matrices, block by block",
            "[73] Fang, Liu, Wu 2021, IEEE Access 9",
            "11",
            "gansec_lib.systems.keygen.dcgan_blocks:DcganBlocks",
        ),
        Entry(
            "medical_hash",
            "Cipher",
            "GAN key + hash table + MT19937 + Hénon",
            "[10] Kumar et al. 2023, MONET",
            "12",
            "gansec_lib.systems.keygen.medical_hash:MedicalHash",
        ),
        Entry(
            "chen_plaintext",
            "Cipher",
            "Plaintext-related colour cipher, Chen GAN",
            "[11] Zhang et al. 2024, MTAP",
            "11",
            "gansec_lib.systems.keygen.chen_plaintext:ChenPlaintext",
        ),
        Entry(
            "logistic_henon_sr",
            "Cipher",
            "Polyphase cipher, quarter sent, super-resolved",
            "[9] Singh et al. 2024, IEEE TCE 70(1)",
            "12",
            "gansec_lib.systems.keygen.logistic_henon_sr:LogisticHenonSr",
        ),
        Entry(
            "gan_compression",
            "Cipher",
            "GAN compression + logistic cipher",
            "[76] Sari et al. 2021, ISITIA",
            "12",
            "gansec_lib.systems.keygen.gan_compression:GanCompression",
        ),
        Entry(
            "roi_aes",
            "Cipher",
            "U-Net region, GAN key, AES-GCM",
            "[77] Krishna et al. 2022, GlobConET",
            "12",
            "gansec_lib.systems.keygen.roi_aes:RoiAes",
        ),
    )
}


def get(name: str, **options):
    """A system by its key name, built with ``options``.

    Raises
    ------
    ParameterError
        Unknown name (the nearest ones are named) or an option that the system does not have.
    """
    if name not in TABLE:
        near = get_close_matches(str(name), TABLE, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see systems.table()"
        raise ParameterError(f"name: no system is called {name!r}; {hint}")
    module, class_name = TABLE[name].where.split(":")
    system = getattr(importlib.import_module(module), class_name)
    try:
        return system(**options)
    except TypeError as problem:
        raise ParameterError(f"options: {name} cannot be built with {options}: {problem}") from None


def build(label: str):
    """A system from one word, options after colons: ``logistic:plaintext_related=true``.

    Values are read as JSON and taken as text where they are none; a bare name is ``true``.

    Raises
    ------
    ParameterError
        Unknown system or option.

    >>> build("logistic:plaintext_related=true")
    Logistic(plaintext_related=True)
    """
    name, *parts = str(label).split(":")
    options = {}
    for part in parts:
        option, _, text = part.partition("=")
        try:
            options[option.strip()] = json.loads(text or "true")
        except ValueError:
            options[option.strip()] = text
    return get(name.strip(), **options)


def table() -> list[dict]:
    """All systems as rows: key_name, role, title, paper, lesson, where."""
    return [asdict(entry) for entry in TABLE.values()]
