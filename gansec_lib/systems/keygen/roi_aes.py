"""``roi_aes`` [77]: a U-Net finds the lungs, a GAN makes a key out of them, AES encrypts them.

Krishna, Arikutharam, Ramnan, Bharathi, Chandar, IEEE GlobConET 2022 (reference 77 of seed 001).

| part | choice | from |
|---|---|---|
| U-Net region of interest, key by a GAN from a seed of that region, AES | | paper |
| seed SHA-256(region ‖ salt) → latent → generator → HKDF-SHA256 → 256 bits | | ours |
| AES-GCM; mask, salt and the rest of the picture are authenticated with it | | ours |
| HMAC-SHA256 over header and pixels of the whole batch | | ours |
| the session key travels wrapped (RFC 3394) under the long-term key | | ours |
| ``seed_from="random"``: the same without the picture in the key | | ours |

The receiver cannot compute the seed from the cipher image, so the session key has to travel. The
final cipher is sound; the GAN adds nothing to HKDF, and a key that follows from the plain region
tells anyone who guesses the region that she guessed right.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import struct
import zlib
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch

from gansec_lib.ciphers import aead, kdf
from gansec_lib.errors import IntegrityError, ParameterError, TamperedError, WrongKeyError
from gansec_lib.roles import Cipher, Ciphertext
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.keygen.key_gan import Design, KeyGAN

SEEDS = ("roi", "random")
REGIONS = ("lungs", "all")


class RoiAes(Cipher):
    """Lungs under AES-GCM, the rest in clear; see the module.

    Parameters
    ----------
    seed_from : {"roi", "random"}
        As published, or a session key that knows nothing of the picture.
    region : {"lungs", "all"}
        What is encrypted.
    salted : bool
        Without, equal regions have equal session keys: a laboratory.
    trained, extraction, seed
        Of the ``KeyGAN``.
    """

    key_name = "roi_aes"
    title = "U-Net region, GAN key, AES-GCM"
    paper = "[77] Krishna et al. 2022, GlobConET"
    authenticated = True
    learns = True
    design = Design(
        "even_noise",
        "dense",
        256,
        "bce",
        sources.even_noise,
        {
            "generator": {"widths": (128, 256, 256)},
            "discriminator": {"widths": (256, 256, 128)},
        },
    )
    generator_class = KeyGAN
    published = {  # noqa: RUF012
        name: {"value": value, "conditions": "chest X-rays", "source": "seed 001, Table 8"}
        for name, value in (("npcr", 99.59), ("entropy", 7.9974))
    }
    limits = (
        "What lies outside the region is not hidden, and the mask shows where it is.",
        "A key made from the plain region confirms guesses of it; the random one does not.",
        "The GAN adds nothing to HKDF.",
    )

    def __init__(
        self,
        seed_from: str = "roi",
        region: str = "lungs",
        salted: bool = True,
        trained: bool = True,
        extraction: str = "modular",
        seed: int = 0,
    ):
        if seed_from not in SEEDS:
            raise ParameterError(f"seed_from: expected one of {SEEDS}, got {seed_from!r}")
        if region not in REGIONS:
            raise ParameterError(f"region: expected one of {REGIONS}, got {region!r}")
        self.seed_from, self.region, self.salted = seed_from, region, bool(salted)
        self.keys = self.generator_class(self.design, trained, extraction, False, seed=seed)

    def options(self):
        of_keys = {name: getattr(self.keys, name) for name in ("trained", "extraction", "seed")}
        own = {"seed_from": self.seed_from, "region": self.region, "salted": self.salted}
        return own | of_keys

    def train(self, images=None, profile: str = "laptop", **settings):
        """Train the key generator; ``images`` is not used (the U-Net's weights are shipped)."""
        self.keys.train(profile=profile, **settings)
        return self

    def encrypt(self, images, key, nonce=None):
        from cryptography.hazmat.primitives.keywrap import aes_key_wrap

        images, key, nonce = self._begin(images, key, nonce)
        masks = self.masks(images).numpy()
        plain, payload = images.contiguous().cpu().numpy(), images.contiguous().cpu().numpy().copy()
        wrapped, tags = [], []
        for row, mask in enumerate(masks):
            inside = plain[row][:, mask].reshape(-1)
            session = self.session_key(inside, key, nonce, row)
            hidden, tag = aead.aes_gcm_seal(
                session, _nonce(nonce, row), inside, _context(images.shape, row, plain[row], mask)
            )
            payload[row][:, mask] = hidden.reshape(plain.shape[1], -1)
            wrapped.append(aes_key_wrap(key, session))
            tags.append(tag)
        extra = {
            "mask": zlib.compress(np.packbits(masks).tobytes(), 9).hex(),
            "wrapped": b"".join(wrapped).hex(),
            "tags": b"".join(tags).hex(),
        }
        flat = torch.from_numpy(payload).reshape(-1)
        shape = tuple(images.shape)
        made = Ciphertext(flat, shape, self.key_name, self.version, nonce, b"", extra)
        return replace(made, tag=_outer_tag(key, made))

    def decrypt(self, ciphertext, key):
        from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

        key = self._accept(ciphertext, key)
        shape = ciphertext.shape
        masks, wrapped, tags = _read_header(ciphertext)
        try:
            sessions = [aes_key_unwrap(key, one) for one in wrapped]
        except InvalidUnwrap:
            raise WrongKeyError(
                "ciphertext: the session key does not unwrap: wrong key, or changed"
            ) from None
        if not hmac.compare_digest(_outer_tag(key, ciphertext), ciphertext.tag):
            raise TamperedError("ciphertext: its tag does not match: header or pixels were changed")
        plain = ciphertext.payload.contiguous().cpu().numpy().reshape(shape).copy()
        for row, (mask, session) in enumerate(zip(masks, sessions, strict=True)):
            hidden = plain[row][:, mask].reshape(-1)
            context = _context(shape, row, plain[row], mask)
            nonce = _nonce(ciphertext.nonce, row)
            inside = aead.aes_gcm_open(session, nonce, hidden, tags[row], context)
            plain[row][:, mask] = inside.reshape(shape[1], -1)
        return torch.from_numpy(plain)

    def confirms(self, ciphertext: Ciphertext, picture: torch.Tensor) -> bool:
        """Whether the first picture inside is ``picture``: asked without the long-term key.

        Everything that makes the session key is public when it is made from the region: the
        generator, the salt, and the guess itself. ``seed_from="random"`` gives False.

        Parameters
        ----------
        picture : uint8 (1, C, H, W)
        """
        masks, _, tags = _read_header(ciphertext)
        hidden = ciphertext.payload.cpu().numpy().reshape(ciphertext.shape)[0]
        inside = picture[0].cpu().numpy()[:, masks[0]].reshape(-1)
        if self.seed_from != "roi":
            return False
        session = self.session_key(inside, b"", ciphertext.nonce)
        context = _context(ciphertext.shape, 0, hidden, masks[0])
        nonce = _nonce(ciphertext.nonce, 0)
        try:
            sealed = hidden[:, masks[0]].reshape(-1)
            return bool(
                (aead.aes_gcm_open(session, nonce, sealed, tags[0], context) == inside).all()
            )
        except IntegrityError:
            return False

    def masks(self, images: torch.Tensor) -> torch.Tensor:
        """The region of each picture, bool (N, H, W); everything where nothing is found."""
        if self.region == "all":
            return torch.ones(len(images), *images.shape[2:], dtype=torch.bool)
        found = lungs(images)
        found[~found.flatten(1).any(1)] = True
        return found

    def session_key(self, inside, key: bytes, nonce: bytes, row: int = 0) -> bytes:
        """256 bits for one picture; a function of the plain region unless ``seed_from="random"``.

        Parameters
        ----------
        inside : uint8 array (n,)
            The region's bytes.
        """
        salt = kdf.hkdf(nonce.ljust(16, b"\0"), 16, info=b"salt") if self.salted else b""
        if self.seed_from == "random":
            seed = kdf.hkdf(key, 32, nonce, b"session" + row.to_bytes(4, "big"))
        else:
            seed = hashlib.sha256(inside.tobytes() + salt).digest()
        drawn = self.keys.keystream(seed, b"", 1024).numpy().tobytes()
        return kdf.hkdf(drawn, 32, info=b"gansec/roi_aes")


@lru_cache(maxsize=1)
def _unet():
    """The U-Net with the shipped weights, read once."""
    from gansec_lib.nets import weights
    from gansec_lib.nets.unet import UNet

    return weights.load("unet_lungs", UNet(1, (8, 16, 32)))


@torch.no_grad()
def lungs(images: torch.Tensor) -> torch.Tensor:
    """Lung masks by the shipped U-Net, bool (N, H, W); it looks at 64 × 64."""
    import torch.nn.functional as F

    from gansec_lib.images.convert import to_network

    grey = to_network(images.cpu()).mean(1, keepdim=True)
    small = F.interpolate(grey, (64, 64), mode="area")
    logits = _unet()(small)
    large = F.interpolate(logits, images.shape[2:], mode="bilinear", align_corners=False)
    return large[:, 0] > 0


def _outer_tag(key: bytes, ciphertext: Ciphertext) -> bytes:
    """HMAC-SHA256 over header and pixels: also what lies outside every picture's own tag."""
    content = ciphertext.payload.contiguous().cpu().numpy().tobytes()
    own = kdf.hkdf(key, 32, info=b"gansec/roi_aes/tag")
    return hmac.digest(own, ciphertext.header() + content, "sha256")


def _context(shape, row: int, picture, mask) -> bytes:
    """What is authenticated, not hidden: the batch's shape, the mask, the pixels outside it."""
    place = struct.pack(">5I", *shape, row)
    return place + np.packbits(mask).tobytes() + picture[:, ~mask].tobytes()


def _nonce(nonce: bytes, row: int) -> bytes:
    """Picture ``row``'s own nonce."""
    number = int.from_bytes(nonce[-4:], "big") ^ row
    return nonce[:-4] + number.to_bytes(4, "big")


def _read_header(ciphertext):
    """Masks, wrapped keys and tags; sizes checked before anything is used."""
    count, channels, height, width = ciphertext.shape
    try:
        parts = {name: bytes.fromhex(ciphertext.extra[name]) for name in ("wrapped", "tags")}
        size = math.ceil(count * height * width / 8)
        reader = zlib.decompressobj()
        packed = reader.decompress(bytes.fromhex(ciphertext.extra["mask"]), size + 1)
    except (KeyError, ValueError, zlib.error):
        raise TamperedError("ciphertext: its header lacks the mask, a key or a tag") from None
    whole = ciphertext.payload.numel() == count * channels * height * width
    whole = whole and reader.eof and not reader.unused_data
    if len(packed) != size or len(parts["wrapped"]) != 40 * count or not whole:
        raise TamperedError("ciphertext: mask, keys or pixels do not fit the pictures; cut")
    if len(parts["tags"]) != 16 * count:
        raise TamperedError("ciphertext: not one tag a picture")
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))[: count * height * width]
    masks = bits.reshape(count, height, width).astype(bool)
    wrapped = [parts["wrapped"][40 * row : 40 * row + 40] for row in range(count)]
    return masks, wrapped, [parts["tags"][16 * row : 16 * row + 16] for row in range(count)]
