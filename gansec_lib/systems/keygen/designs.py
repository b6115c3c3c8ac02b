"""The generators of the papers, by name: what ``tools/make_weights.py`` trains."""

from __future__ import annotations

from gansec_lib.systems.keygen.blockchain_gan import BlockchainGan
from gansec_lib.systems.keygen.chen_plaintext import ChenPlaintext
from gansec_lib.systems.keygen.dcgan_blocks import DcganBlocks
from gansec_lib.systems.keygen.deepkeygen import DeepKeyGen
from gansec_lib.systems.keygen.feistel_gan import FeistelGan
from gansec_lib.systems.keygen.immense_random import ImmenseRandom
from gansec_lib.systems.keygen.logistic_henon_sr import LogisticHenonSr
from gansec_lib.systems.keygen.lsgan_rng import LsganRng
from gansec_lib.systems.keygen.medical_hash import MedicalHash
from gansec_lib.systems.keygen.roi_aes import RoiAes

CIPHERS = (
    DeepKeyGen,
    LsganRng,
    BlockchainGan,
    ImmenseRandom,
    FeistelGan,
    DcganBlocks,
    LogisticHenonSr,
    MedicalHash,
    ChenPlaintext,
)
GENERATORS = {
    cipher.design.name: (cipher.generator_class, cipher.design) for cipher in (*CIPHERS, RoiAes)
}
