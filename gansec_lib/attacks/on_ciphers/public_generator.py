"""The weights are known: what is left of a GAN key is its seed, and seeds can be tried.

Published weights, a stolen laptop, a reproduced training run: the network is no secret for long.
``short_generator_seed`` tries short seeds against a few known key bytes; ``public_source`` tries
public pictures as the secret picture of an image-to-image generator. ``weights_nearly_right`` has
the key and breaks none: it shows what weights close to the right ones decrypt. Where they show the
picture, counting "32 bits a weight" as a key counts nothing. The three functions that do the work
(``generator_search``, ``source_search``, ``near_weights``) can be called by themselves.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Sequence

import torch

from gansec_lib.attacks.oracle import Attempt, Oracle, run, share_right
from gansec_lib.errors import ParameterError
from gansec_lib.metrics import quality
from gansec_lib.roles import Cipher, check_images

CHUNK = 1024  # seeds that go through the network together
TOLD = 16  # key bytes that the attacker knows, from a margin of the picture
PREDICTED = 48  # key bytes that she then has to predict


def short_generator_seed(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str, bits: int = 12
) -> Attempt:
    """Every generator key of ``bits`` bits against 16 known key bytes.

    Parameters
    ----------
    cipher : Cipher
        With ``keys``, the generator of its key bytes; it is attacked alone, under ``key``.
    image : uint8 (1, C, H, W)
        The victim picture; it is not looked at.
    bits : int
        1 to 40.

    Returns
    -------
    Attempt
        ``score``: the share of the next 48 key bytes that the key found predicts. ``details``:
        ``keys_tried`` and ``hits``.
    """
    oracle = Oracle(cipher, key, setting)
    oracle.allow("networks")
    truth = cipher.keys.keystream(key, b"", TOLD + PREDICTED)
    start = time.perf_counter()
    found, cost = generator_search(cipher.keys, truth[:TOLD], short_seeds(bits))
    score = 0.0
    if found:
        predicted = cipher.keys.keystream(found[0], b"", TOLD + PREDICTED)
        score = share_right(predicted[TOLD:], truth[TOLD:])
    seconds = time.perf_counter() - start
    words = f"all 2^{bits} short seeds of the generator tried against {TOLD} known key bytes"
    details = {"keys_tried": cost["keys_tried"], "hits": len(found)}
    return Attempt(
        "short_generator_seed", setting, score, 1 / 256, 1, seconds, words, None, details
    )


def public_source(
    cipher: Cipher, key: bytes, image: torch.Tensor, sources: torch.Tensor, setting: str
) -> Attempt:
    """The secret picture behind the key picture was taken from a public set: try all of it.

    Parameters
    ----------
    cipher : Cipher
        With ``keys.image_key(secret uint8 (1, 1, H, W))``, an image-to-image generator.
    image : uint8 (1, C, H, W)
        The victim picture, of sides that the generator takes.
    sources : uint8 (K, C, H, W)
        The public set; its first channel is used.

    Returns
    -------
    Attempt
        ``details``: ``source``, the number of the best one, and its ``roughness``.
    """

    def read(oracle, seen):
        oracle.allow("networks")
        best, plain, roughness = source_search(cipher.keys.image_key, seen, sources[:, :1])
        return plain, {"source": best, "roughness": roughness[best]}

    words = f"{len(sources)} public pictures tried as the secret picture of the generator"
    return run("public_source", words, read, cipher, key, image, setting)


def weights_nearly_right(
    cipher: Cipher, key: bytes, image: torch.Tensor, setting: str, noise: float = 1e-3
) -> Attempt:
    """The victim decrypted with the right key, and with weights that are a little off.

    No break of the key: she holds it, and lacks only the exact weights. Some papers count the
    weights as a second secret. What she reads shows that weights near each other are one key.

    Parameters
    ----------
    cipher : Cipher
        With ``keys.generator``, the network of its key bytes.
    image : uint8 (1, C, H, W)
        The victim picture.
    noise : float
        Relative standard deviation of every weight.
    """

    def read(oracle, seen):
        oracle.allow("networks")
        return _with_noise(cipher, noise, 0).decrypt(oracle.seen, key), {"noise": noise}

    words = (
        f"she holds the key and lacks the exact weights (hers are off by {100 * noise:g} %): no "
        f"break of the key, but whether the weights are a second secret"
    )
    return run("weights_nearly_right", words, read, cipher, key, image, setting)


def generator_search(
    keys, known: torch.Tensor, candidates: Iterable[bytes], nonce: bytes = b""
) -> tuple[list[bytes], dict]:
    """Every candidate key whose keystream begins with the known bytes.

    Parameters
    ----------
    keys : KeyGAN
        The generator that both sides use; its weights are public.
    known : uint8 (m,)
        The first key bytes, such as cipher ⊕ a known margin of the picture; 4 to 64.
    candidates : of bytes (32,)
    nonce : bytes
        Public.

    Returns
    -------
    found : list of bytes
    cost : dict
        ``keys_tried``, ``seconds``, ``microseconds_per_key``, ``hours_for_32_bits``.

    Raises
    ------
    ParameterError
    """
    known = torch.as_tensor(known, dtype=torch.uint8).reshape(-1)
    if not 4 <= len(known) <= 64:
        raise ParameterError(f"known: expected 4 to 64 key bytes, got {len(known)}")
    found, tried, start = [], 0, time.perf_counter()
    for chunk in _chunks(candidates):
        streams = keys.keystreams(chunk, [nonce] * len(chunk), len(known))
        hits = (streams == known).all(dim=1).nonzero().reshape(-1)
        found += [chunk[int(hit)] for hit in hits]
        tried += len(chunk)
    seconds = time.perf_counter() - start
    each = seconds / max(1, tried)
    return found, {
        "keys_tried": tried,
        "seconds": seconds,
        "microseconds_per_key": 1e6 * each,
        "hours_for_32_bits": each * 2**32 / 3600,
    }


def short_seeds(bits: int) -> Iterable[bytes]:
    """All 32-byte keys that hold a number of ``bits`` bits, the rest zero: a short seed.

    >>> len(list(short_seeds(4))), next(iter(short_seeds(4))).hex()[:8]
    (16, '00000000')
    """
    if not isinstance(bits, int) or not 1 <= bits <= 40:
        raise ParameterError(f"bits: expected 1 to 40, got {bits!r}")
    return (number.to_bytes(8, "little").ljust(32, b"\0") for number in range(2**bits))


def source_search(
    key_picture: Callable[[torch.Tensor], torch.Tensor], seen: torch.Tensor, sources: torch.Tensor
) -> tuple[int, torch.Tensor, list[float]]:
    """The secret picture was taken from a public set: try all of it.

    A wrong key picture gives noise, the right one a picture: neighbours that resemble each other.

    Parameters
    ----------
    key_picture : callable
        ``key_picture(source uint8 (1, C, H, W)) -> uint8`` of ``seen``'s shape: the generator.
    seen : uint8 (1, C, H, W)
        The cipher image, c = p ⊕ key picture.
    sources : uint8 (K, C, H, W)

    Returns
    -------
    best : int
        Number of the source picture.
    plain : uint8 (1, C, H, W)
    roughness : list of float
        Mean difference of neighbours for each source; random bytes have 85.3.

    Raises
    ------
    ParameterError
    """
    check_images(seen, "seen")
    check_images(sources, "sources")
    tried = [seen ^ key_picture(one[None]) for one in sources]
    roughness = [float(one.to(torch.int16).diff(dim=-1).abs().double().mean()) for one in tried]
    best = min(range(len(tried)), key=roughness.__getitem__)
    return best, tried[best], roughness


def near_weights(
    cipher, images: torch.Tensor, key: bytes, noises: Sequence[float], seed: int = 0
) -> list[dict]:
    """Decrypt with weights that are nearly the right ones.

    Every weight w becomes w (1 + noise · ε), ε normal. If the picture still shows, then weight
    vectors near each other are one key, and counting all of them counts nothing.

    Parameters
    ----------
    cipher : GanCipher
        Left as it was.
    images : uint8 (N, C, H, W)
    noises : of float
        Relative standard deviations, 0 or more.

    Returns
    -------
    list of dict
        ``noise``; ``same_bytes``, share of decrypted bytes that are right; ``psnr`` in dB,
        None where all are right.

    Raises
    ------
    ParameterError
    """
    check_images(images)
    made = cipher.encrypt(images, key)
    rows = []
    for noise in noises:
        if not noise >= 0:
            raise ParameterError(f"noises: expected numbers of 0 or more, got {noise!r}")
        plain = _with_noise(cipher, noise, seed).decrypt(made, key)
        same = float((plain == images.cpu()).double().mean())
        psnr = None if same == 1 else float(quality.psnr_values(images.cpu(), plain).mean())
        rows.append({"noise": noise, "same_bytes": same, "psnr": psnr})
    return rows


def _with_noise(cipher, noise: float, seed: int):
    """A copy of the cipher, every weight w of its generator w (1 + noise · ε), ε normal."""
    near = copy.deepcopy(cipher)
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in near.keys.generator.parameters():
            weight.mul_(1 + noise * torch.randn(weight.shape, generator=rng))
    if hasattr(cipher, "fingerprint"):  # she tries, whatever the header says
        near.fingerprint = cipher.fingerprint
    near.verifies = False  # and looks at what a receiver would not hand out
    return near


def _chunks(candidates: Iterable[bytes]):
    chunk = []
    for candidate in candidates:
        chunk.append(candidate)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
