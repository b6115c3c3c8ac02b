"""Key bytes for whole pictures from many chaotic orbits that run side by side.

A single orbit is slow because each step needs the one before. We therefore run one orbit, a
*lane*, for every two neighbouring columns of every picture. The state is an array of shape (B, L)
for each coordinate, with L = ⌈W / 2⌉ lanes in each of B pictures, so that one vector instruction
advances many orbits at once. Step t makes row t: every lane gives two bytes of it, next to each
other, and the row is written in order.

Lane (b, l) makes the columns 2 l and 2 l + 1 of picture b. With x the first coordinate of its
state at step t (other coordinates may be copies of it: Hénon's y' is 0.3 x) and
q = ⌊2⁴⁰ |x|⌋, they are q mod 256 and ⌊q / 256⌋ mod 256. Of a width that is odd, the last lane
gives its first byte only. The first 64 steps of a lane are left out.

The starting points come from HKDF-SHA256(key, salt SHA-256(nonce)), which gives a ChaCha20 key;
eight bytes of that stream place each coordinate. Two lanes are never started as neighbours.
Layout, bytes, burn-in and seeding are ours.

``step`` of the table's maps is the one definition of a map: ``numba`` compiles it, ``python``
calls it, ``torch`` hands it tensors. No engine contracts to fused multiply-add, so polynomial maps
give the same bytes in all three and on every device; sin and cos do not, and torch refuses them.

Fast is not secure. An orbit of 53 bits runs into another one after about 2²⁶ steps in all
(birthday rule, maps of one dimension), from where two lanes give the same bytes. Each step shows
16 of the state's 53 bits, so that whoever knows a few bytes of a lane finds its state by trying
(``tests/test_chaos_lanes.py`` does). No proof stands behind any map.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import ceil
from types import FunctionType

import numpy as np
import torch
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from gansec_lib.chaos.definition import Chaos
from gansec_lib.chaos.keys import check_secret
from gansec_lib.chaos.lane_kernels import BLOCK, BURN, kernel, place
from gansec_lib.chaos.orbits import orbit
from gansec_lib.chaos.table import get
from gansec_lib.ciphers import kdf
from gansec_lib.errors import ParameterError

ENGINES = ("numba", "torch", "python")
BYTES = 2  # a step and lane: bits 24 to 40 of the state's fraction
PARAMS = {
    # With the table's p = 0.3 one slope is 5, and a byte is five times the one above it plus 0 to
    # 4: NIST's serial test sees it down a column. No slope is near a small fraction here. Ours.
    "pwlcm": {"p": 0.2718281828},
}


def lane_keystream(
    name: str,
    key: bytes,
    nonce: bytes,
    shape: tuple[int, ...],
    engine: str = "numba",
    device=None,
    *,
    params: dict | None = None,
    threads: int = 1,
) -> torch.Tensor:
    """Key bytes for pictures, one orbit for every two columns of each.

    Parameters
    ----------
    name : str
        A map (``chaos.MAPS``); a flow is refused.
    key : bytes
        16 or more.
    nonce : bytes
        Never the same twice with one key.
    shape : (B, H, W) or (N, C, H, W)
    engine : {"numba", "torch", "python"}
        ``torch`` for maps with ``portable`` only; ``python`` is the slow reference.
    device : optional
        Of the result; other than the CPU with ``torch`` only.
    params : dict, optional
        The defaults of the table (of ``PARAMS`` where it has one), changed where given.
    threads : int
        Blocks of lanes worked on at once (``numba`` only; the bytes stay the same).

    Returns
    -------
    uint8 tensor of that shape
        The first pictures do not depend on how many follow.

    Raises
    ------
    ParameterError
        Wrong arguments, named.

    >>> stream = lane_keystream("logistic", b"k" * 16, b"nonce", (2, 3, 5))
    >>> stream.shape, stream.dtype
    (torch.Size([2, 3, 5]), torch.uint8)
    """
    # NumPy's zeros, because torch hands even these few to its threads, which may have to wait.
    blank = torch.from_numpy(np.zeros(_checked_shape("shape", shape), np.uint8))
    try:
        blank = blank.to(device)
    except (RuntimeError, AssertionError) as error:
        raise ParameterError(f"device: {device!r} is not here: {error}") from None
    return xor_lanes(blank, key, nonce, name, engine, out=blank, params=params, threads=threads)


def xor_lanes(
    images: torch.Tensor,
    key: bytes,
    nonce: bytes,
    name: str = "logistic",
    engine: str = "numba",
    out: torch.Tensor | None = None,
    *,
    params: dict | None = None,
    threads: int = 1,
) -> torch.Tensor:
    """Pictures XOR ``lane_keystream``, in one pass. Doing it again gives the pictures back.

    Parameters
    ----------
    images : uint8 tensor (B, H, W) or (N, C, H, W)
    out : uint8 tensor of the same shape and device, contiguous, optional
        Receives the result; may be ``images`` itself, the fastest for large pictures.
    key, nonce, name, engine, params, threads
        As ``lane_keystream`` has them; ``torch`` works on the device of the pictures.

    Returns
    -------
    uint8 tensor, ``out`` where given

    >>> import torch
    >>> picture = torch.arange(15, dtype=torch.uint8).reshape(1, 3, 5)
    >>> cipher = xor_lanes(picture, b"k" * 16, b"nonce")
    >>> bool((xor_lanes(cipher, b"k" * 16, b"nonce") == picture).all())
    True
    """
    if not isinstance(images, torch.Tensor) or images.dtype != torch.uint8:
        came = images.dtype if isinstance(images, torch.Tensor) else type(images).__name__
        raise ParameterError(f"images: expected a uint8 tensor, got {came}")
    shape = images.shape
    if images.dim() not in (3, 4) or not images.numel():
        _checked_shape("images", shape)  # says what is wrong
    chaos = _checked_map(name, engine, images.device)
    params = PARAMS.get(name, {}) | (params or {})
    values = chaos.values(params) if params else _defaults(name)
    if not isinstance(threads, int) or threads < 1:
        raise ParameterError(f"threads: expected 1 or more, got {threads!r}")
    images = images.contiguous()
    if out is None:
        out = torch.empty_like(images)
    else:
        _check_out(out, images)
    pictures = shape[0] * (shape[1] if len(shape) == 4 else 1)
    words = _words(chaos, key, nonce, pictures, shape[-1])
    view = (pictures, *shape[-2:])
    if engine == "numba":
        _numba_lanes(chaos, values, words, images.view(view), out.view(view), threads)
    elif engine == "torch":
        _torch_lanes(chaos, values, words, images.view(view), out.view(view))
    else:
        stream = _python_lanes(chaos, params, words, shape[-2])[:, :, : shape[-1]]
        torch.bitwise_xor(images, torch.from_numpy(stream).reshape(shape), out=out)
    return out


def lane_seeds(name: str, key: bytes, nonce: bytes, pictures: int, width: int) -> np.ndarray:
    """The starting point of every lane, before the burn-in: float64 (B, dimension, ⌈W / 2⌉).

    >>> lane_seeds("henon", b"k" * 16, b"nonce", 2, 5).shape
    (2, 2, 3)
    """
    chaos = get(name)
    _checked_shape("pictures, width", (pictures, 1, width))
    return _points(chaos, _words(chaos, key, nonce, pictures, width))


# ---------------------------------------------------------------- arguments and seeds


def _checked_shape(name: str, shape) -> tuple[int, ...]:
    shape = tuple(shape)
    if len(shape) not in (3, 4) or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ParameterError(
            f"{name}: expected (B, H, W) or (N, C, H, W), every size 1 or more, got {shape}"
        )
    return shape


def _check_out(out, images) -> None:
    alike = type(out) is type(images) and (
        (out.dtype, out.shape, out.device) == (images.dtype, images.shape, images.device)
    )
    if not (alike and out.is_contiguous()):
        raise ParameterError(
            f"out: expected a contiguous uint8 tensor {tuple(images.shape)} on {images.device}"
        )
    if 0 < abs(out.data_ptr() - images.data_ptr()) < images.numel():
        raise ParameterError("out: expected images itself or other memory, got an overlap")


def _checked_map(name: str, engine: str, device) -> Chaos:
    chaos = get(name)
    if chaos.flow:
        raise ParameterError(f"name: expected a map, got the flow {name!r}; use chaos.keystream")
    if engine not in ENGINES:
        raise ParameterError(f"engine: expected one of {ENGINES}, got {engine!r}")
    if engine == "torch" and not chaos.portable:
        raise ParameterError(
            f"engine: {name} uses sin or cos, whose last bits differ between devices; "
            f"expected 'numba' or 'python', got 'torch'"
        )
    if device.type not in ("cpu", "cuda"):
        raise ParameterError(f"images, device: expected cpu or cuda (float64), got {device}")
    if engine != "torch" and device.type != "cpu":
        raise ParameterError(f"engine: expected 'torch' for pictures on {device}, got {engine!r}")
    return chaos


def _words(chaos: Chaos, key: bytes, nonce: bytes, pictures: int, width: int) -> np.ndarray:
    """64 key-derived bits a coordinate, int64 (B, dimension, ⌈W / 2⌉)."""
    check_secret(key, nonce)
    label = b"gansec/chaos/lanes/" + chaos.name.encode()
    inner = kdf.hkdf(key, 32, hashlib.sha256(nonce).digest(), label)
    stream = Cipher(algorithms.ChaCha20(inner, bytes(16)), None).encryptor()
    lanes = ceil(width / BYTES)
    count = pictures * lanes * chaos.dimension
    words = np.frombuffer(stream.update(bytes(8 * count)), "<i8")
    return words.reshape(pictures, chaos.dimension, lanes)


@lru_cache(maxsize=32)
def _interval(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Where starting points lie: lower ends and widths, float64 (dimension,) each."""
    low, high = np.array(get(name).start, float).T.copy()
    return low, high - low


@lru_cache(maxsize=32)
def _defaults(name: str) -> tuple[float, ...]:
    return get(name).values()


def _points(chaos: Chaos, words: np.ndarray) -> np.ndarray:
    low, span = _interval(chaos.name)
    return place(words, low[:, None], span[:, None])


# ---------------------------------------------------------------- the engines


def _python_lanes(chaos: Chaos, params, words: np.ndarray, height: int) -> np.ndarray:
    """The definition itself, one lane after another: uint8 (B, H, 2 L)."""
    stream = np.empty((words.shape[0], height, BYTES * words.shape[2]), np.uint8)
    points = _points(chaos, words)
    for b, lane in np.ndindex(len(points), points.shape[2]):
        states = orbit(chaos.name, height, points[b, :, lane], params, burn=BURN, engine="python")
        q = (np.abs(states[:, 0]) * 2.0**40).astype(np.int64)
        stream[b, :, BYTES * lane] = q & 255
        stream[b, :, BYTES * lane + 1] = (q >> 8) & 255
    return stream


def _torch_lanes(chaos: Chaos, values, words: np.ndarray, pictures, target) -> None:
    """Steps of whole tensors (B, L), one row at a time; operations in the order of ``step``."""
    device = pictures.device
    # The step's own code, with the one builtin tensors do not share replaced.
    step = FunctionType(chaos.step.__code__, {**chaos.step.__globals__, "min": torch.minimum})
    # Tensors, not floats: for a float divisor CUDA multiplies by the reciprocal, other bits.
    params = tuple(torch.tensor(value, dtype=torch.float64, device=device) for value in values)
    points = torch.from_numpy(_points(chaos, words)).to(device)
    state = tuple(points[:, k] for k in range(chaos.dimension))
    for _ in range(BURN):
        state = step(state, params)
    width = target.shape[2]
    for row in range(target.shape[1]):
        state = step(state, params)
        q = (state[0].abs() * 2.0**40).to(torch.int64)
        pairs = torch.stack((q & 255, (q >> 8) & 255), dim=-1).to(torch.uint8)
        target[:, row] = pictures[:, row] ^ pairs.flatten(1)[:, :width]
    _check_finite(chaos, all(bool(torch.isfinite(one).all()) for one in state))


def _numba_lanes(chaos: Chaos, values, words, pictures, target, threads: int) -> None:
    """Blocks of lanes, shared out among threads (the kernel holds no lock)."""
    plain, out, width = pictures.numpy(), target.numpy(), target.shape[2]
    in_place = out.ctypes.data == plain.ctypes.data
    ready = width % BYTES == 0 and plain.ctypes.data % BYTES == out.ctypes.data % BYTES == 0
    if not ready:  # a row must be whole pairs of bytes
        plain = np.pad(plain, ((0, 0), (0, 0), (0, width % BYTES)))
        out, in_place = plain, True
    run = kernel(chaos.name)
    blocks = len(out) * ceil(words.shape[2] / BLOCK)
    pairs = plain.view("<u2"), out.view("<u2")
    shared = (words, *_interval(chaos.name), values, *pairs, in_place)
    threads = min(threads, blocks)
    if threads == 1:
        fine = run(*shared, 0, blocks)
    else:
        ends = [blocks * i // threads for i in range(threads + 1)]
        with ThreadPoolExecutor(threads) as pool:
            fine = all(pool.map(lambda a, b: run(*shared, a, b), ends[:-1], ends[1:]))
    _check_finite(chaos, fine)
    if not ready:
        target.numpy()[:] = out[:, :, :width]


def _check_finite(chaos: Chaos, fine: bool) -> None:
    if not fine:
        raise ParameterError(f"params: a lane of {chaos.name} left for infinity")
