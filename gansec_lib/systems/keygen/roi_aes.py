"""``roi_aes`` [77]: a U-Net finds the lungs, a GAN makes a key out of them, AES encrypts them.

Krishna, Arikutharam, Ramnan, Bharathi, Chandar, IEEE GlobConET 2022 (77 in Singh et al. 2024).

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
import struct
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
import torch
import torch.nn.functional as F
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from gansec_lib import images as library
from gansec_lib.ciphers import aead, kdf
from gansec_lib.errors import IntegrityError, ParameterError, TamperedError, WrongKeyError
from gansec_lib.images.convert import to_network
from gansec_lib.nets import weights
from gansec_lib.nets.unet import UNet
from gansec_lib.roles import Cipher, Ciphertext, between, check_images, one_of
from gansec_lib.survey.printed import published
from gansec_lib.systems.keygen import sources
from gansec_lib.systems.keygen.key_gan import COMPACT_DENSE, KeyGAN
from gansec_lib.systems.learned import Learned, Slot, Training, grey_squares, quick_adam
from gansec_lib.train import Player

PAPER = "[77] Krishna et al. 2022, GlobConET"

SEEDS = ("roi", "random")
REGIONS = ("lungs", "all")


class EvenNoise(KeyGAN):
    """The key generator of [77]: a GAN that imitates even noise."""

    key_name = "keygan_even_noise"
    title = "GAN on even noise"
    paper = PAPER
    kind, size, loss = "dense", 256, "bce"
    source = staticmethod(sources.even_noise)
    compact = COMPACT_DENSE


@dataclass(eq=False, repr=False)
class RoiAes(Learned, Cipher):
    """Lungs under AES-GCM, the rest in clear; see the module.

    Parameters
    ----------
    seed_from : {"roi", "random"}
        As published, or a session key that knows nothing of the picture.
    region : {"lungs", "all"}
        What is encrypted.
    salted : bool
        Without, equal regions have equal session keys: a laboratory.
    trained, extraction, paper_size, seed
        Of the key generator.
    """

    key_name = "roi_aes"
    title = "U-Net region, GAN key, AES-GCM"
    paper = PAPER
    authenticated = True
    generator_class = EvenNoise
    published = published("roi_aes")
    limits = (
        "What lies outside the region is not hidden, and the mask shows where it is.",
        "A key made from the plain region confirms guesses of it; the random one does not.",
        "The GAN adds nothing to HKDF.",
    )

    seed_from: str = one_of(*SEEDS)
    region: str = one_of(*REGIONS)
    salted: bool = True
    trained: bool = True
    extraction: str = one_of("modular", "raw")
    paper_size: bool = False
    seed: int = between(0, 0, 2**32 - 1)

    def __post_init__(self):
        super().__post_init__()
        self.keys = self.generator_class(
            trained=self.trained,
            extraction=self.extraction,
            use_nonce=False,
            paper_size=self.paper_size,
            seed=self.seed,
        )
        self.slots |= self.keys.slots
        self.slots["unet"] = Slot(
            _new_unet,
            partial(weights.load, "unet_lungs"),
            _unet_training,
            {"smoke": 3, "laptop": 500, "gpu": 5_000},
            "pictures with masks",
        )

    def train(self, images=None, profile: str = "laptop", **settings):
        """Train its networks, as ``Learned.train`` says it.

        The U-Net learns from an ``ImageSet`` whose ``masks["lungs"]`` tell where the lungs are.
        """
        super().train(images, profile, **settings)
        self.trained = self.keys.trained = self.keys.own_weights or self.trained
        return self

    def encrypt(self, images, key, nonce=None):
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
            Of the size of those inside.

        Raises
        ------
        IntegrityError
            No ciphertext of this system.
        ParameterError
            A picture of another size.
        """
        self._check_ciphertext(ciphertext)
        if tuple(check_images(picture, "picture").shape) != (1, *ciphertext.shape[1:]):
            raise ParameterError(
                f"picture: expected (1, C, H, W) of the size inside, {ciphertext.shape[1:]}, "
                f"got {tuple(picture.shape)}"
            )
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
        found = lungs(images, self.slots["unet"].network)
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


@torch.no_grad()
def lungs(images: torch.Tensor, network: torch.nn.Module | None = None) -> torch.Tensor:
    """Lung masks by a U-Net, bool (N, H, W); it looks at 64 × 64.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
    network : nn.Module, optional
        A U-Net; the shipped one where left out.
    """
    grey = to_network(images.cpu()).mean(1, keepdim=True)
    small = F.interpolate(grey, (64, 64), mode="area")
    logits = (network or _shipped_unet())(small)
    large = F.interpolate(logits, images.shape[2:], mode="bilinear", align_corners=False)
    return large[:, 0] > 0


def _new_unet() -> UNet:
    """The compact network (ours) that is shipped."""
    return UNet(1, (8, 16, 32))


@lru_cache(maxsize=1)
def _shipped_unet() -> torch.nn.Module:
    return weights.load("unet_lungs", _new_unet())


def _unet_training(images, profile: str, steps: int) -> Training:
    """Find the lungs: cross-entropy and one less the overlap (specs §17)."""
    if images is None:
        count = 32 if profile == "smoke" else 1024
        images = library.load("xrays", size=64, count=count, colour=False)
    truth = (getattr(images, "masks", None) or {}).get("lungs")
    if truth is None:
        raise ParameterError(
            f"images: expected an ImageSet with masks['lungs'] for the U-Net to learn from, got "
            f"{images if hasattr(images, 'images') else type(images).__name__}; "
            f"train(networks=('generator',)) needs no pictures"
        )
    shrunk = F.interpolate(truth.cpu()[:, None].float(), (64, 64), mode="area")[:, 0] >= 0.5

    def loss(ctx):
        logits, truth = ctx.networks["unet"](ctx.real), ctx.batch[1].float()[:, None]
        share = torch.sigmoid(logits)
        overlap = 2 * (share * truth).sum() / (share.sum() + truth.sum() + 1)
        return F.binary_cross_entropy_with_logits(logits, truth) + 1 - overlap

    player = Player("unet", ("unet",), loss, quick_adam)
    return Training({"unet": _new_unet()}, [player], (grey_squares(images), shrunk))


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
    count, _, height, width = ciphertext.shape
    try:
        parts = {name: bytes.fromhex(ciphertext.extra[name]) for name in ("wrapped", "tags")}
        size = -(-count * height * width // 8)  # the payload is there, so this is less than it
        reader = zlib.decompressobj()
        packed = reader.decompress(bytes.fromhex(ciphertext.extra["mask"]), size + 1)
    except (KeyError, ValueError, zlib.error):
        raise TamperedError("ciphertext: its header lacks the mask, a key or a tag") from None
    whole = reader.eof and not reader.unused_data
    if len(packed) != size or len(parts["wrapped"]) != 40 * count or not whole:
        raise TamperedError("ciphertext: mask or keys do not fit the pictures; cut")
    if len(parts["tags"]) != 16 * count:
        raise TamperedError("ciphertext: not one tag a picture")
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))[: count * height * width]
    masks = bits.reshape(count, height, width).astype(bool)
    wrapped = [parts["wrapped"][40 * row : 40 * row + 40] for row in range(count)]
    return masks, wrapped, [parts["tags"][16 * row : 16 * row + 16] for row in range(count)]
