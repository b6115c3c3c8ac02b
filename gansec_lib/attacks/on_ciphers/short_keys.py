"""Short keys: try them all. A nonce, a hash of the picture, a beautiful keystream: none helps.

``seed_search`` needs a few known bytes and runs compiled, many seeds side by side;
``effective_key_search`` needs the ciphertext alone, and takes the key whose picture is smoothest.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch

from gansec_lib.attacks.on_ciphers import targets
from gansec_lib.attacks.oracle import Attempt, blind, check_known, run
from gansec_lib.errors import IntegrityError, ParameterError
from gansec_lib.roles import Cipher

PREFIX = 8  # known bytes compared: 2³² wrong seeds leave 2⁻³² chance hits
SAMPLE = 256  # bytes on whose smoothness a key is judged


def search_seeds(
    stream, rate: float, bits: int = 16, burn: int = targets.ShortSeed.BURN, threads: int = 0
) -> tuple[list[int], dict]:
    """All seeds of ``bits`` bits whose logistic orbit begins with the bytes of ``stream``.

    Every seed is tried. Its orbit is x' = r x (1 − x) from x₀ = (seed + ½) / 2^(bits+1), in float64
    and in the order of ``ciphers.logistic``, so that the bytes are the cipher's own.

    Parameters
    ----------
    stream : uint8 (m,)
        Known keystream bytes, the orbit's first; up to 8 are used.
    rate : float
        r.
    bits : int
        1 to 40.
    burn : int
        Steps discarded before the first byte.
    threads : int
        0: one for each core.

    Returns
    -------
    seeds : list of int
    cost : dict
        ``keys_tried``, ``seconds``, ``nanoseconds_per_key``, and ``years_for_128_bits``.

    Raises
    ------
    ParameterError

    >>> from gansec_lib.ciphers.logistic import orbit_bytes
    >>> known = orbit_bytes((77 + 0.5) / 2**11, 3.99995, 8, 100)
    >>> search_seeds(known, 3.99995, bits=10)[0]
    [77]
    """
    from gansec_lib.attacks.on_ciphers.short_keys_kernel import match_seeds

    known = np.ascontiguousarray(np.asarray(stream, dtype=np.uint8).reshape(-1)[:PREFIX])
    if not len(known):
        raise ParameterError("stream: expected at least one known byte, got none")
    if not isinstance(bits, int) or not 1 <= bits <= 40:
        raise ParameterError(f"bits: expected 1 to 40, got {bits!r}")
    threads = threads or os.cpu_count() or 1
    edges = np.linspace(0, 2**bits, 4 * threads + 1).astype(np.int64)
    scale = 2.0 ** -(bits + 1)
    match_seeds(0, 1, scale, rate, burn, known)  # compiled before the clock starts
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        spans = pairwise(edges)
        parts = pool.map(lambda span: match_seeds(*span, scale, rate, burn, known), spans)
        found = [int(seed) for part in parts for seed in part]
    seconds = time.perf_counter() - start
    each = seconds / 2**bits
    years = each * 2.0**128 / (365.25 * 86400)
    return found, {
        "keys_tried": 2**bits,
        "seconds": seconds,
        "nanoseconds_per_key": 1e9 * each,
        "years_for_128_bits": years,
    }


def seed_search(
    cipher: Cipher,
    key: bytes,
    image: torch.Tensor,
    known: torch.Tensor,
    setting: str,
    bits: int = 16,
) -> Attempt:
    """Every key of ``bits`` bits against one known picture, taking ``targets.ShortSeed``'s method.

    The seed found opens the victim with whatever nonce and hash the victim's own header shows.

    Parameters
    ----------
    image, known : uint8 (1, C, H, W)
        The victim picture, and the one that the attacker knows.
    bits : {16, 24, 32}

    Returns
    -------
    Attempt
        ``details``: ``keys_tried`` and ``hits``; ``nanoseconds_per_key`` is what one cost.
    """
    known = check_known(known, image, one=True)
    method = targets.ShortSeed(bits)

    def read(oracle, seen):
        sample = oracle.ciphertext(known)
        stream = (sample.as_images() ^ known).reshape(-1)
        rate = _public(lambda: method.rates(sample.nonce, sample.extra, 1)[0])
        if rate is None:
            return blind(image.shape), {"hits": 0, "keys_tried": 0}
        seeds, cost = search_seeds(stream.numpy(), rate, bits)
        details = {"hits": len(seeds), "keys_tried": cost["keys_tried"]}
        if not seeds:
            return blind(image.shape), details
        from gansec_lib.ciphers.logistic import orbit_bytes

        rate = method.rates(oracle.seen.nonce, oracle.seen.extra, 1)[0]
        orbit = orbit_bytes(method.start(seeds[0]), rate, image.numel(), method.BURN)
        return seen ^ torch.from_numpy(orbit).reshape(image.shape), details

    words = f"all 2^{bits} keys tried against one known picture"
    return run("seed_search", words, read, cipher, key, image, setting)


def effective_key_search(cipher: Cipher, key: bytes, image: torch.Tensor, setting: str) -> Attempt:
    """Every effective key of ``targets.TerribleButUniform`` against the ciphertext alone.

    No known picture: a wrong key gives noise, whose neighbours differ by 85 on average; a picture's
    differ by far less. So the key with the smoothest first bytes is taken.

    Parameters
    ----------
    image : uint8 (1, C, H, W)
        The victim picture.
    """
    method = targets.TerribleButUniform()

    def read(oracle, seen):
        flat = seen.reshape(-1).numpy()
        nonce, extra = oracle.seen.nonce, oracle.seen.extra
        hashes = _public(lambda: method.hashes_in(extra, 1))
        if hashes is None:
            return blind(image.shape), {"keys_tried": 0}
        label = method.labels(hashes)[0]
        head = flat[:SAMPLE]
        streams = b"".join(method.stream(k, nonce, label, len(head)) for k in range(2**16))
        plain = np.frombuffer(streams, np.uint8).reshape(2**16, -1) ^ head
        steps = np.abs(np.diff(plain.astype(np.int16), axis=1)).sum(axis=1)
        best = int(np.argmin(steps))
        stream = np.frombuffer(method.stream(best, nonce, label, len(flat)), np.uint8)
        guess = torch.from_numpy(flat ^ stream).reshape(image.shape)
        return guess, {"keys_tried": 2**16}

    words = "all 65,536 effective keys tried, the smoothest picture taken; no known picture"
    return run("effective_key_search", words, read, cipher, key, image, setting)


def _public(read):
    """What a header says, or None where it is another cipher's header."""
    try:
        return read()
    except IntegrityError:
        return None
