"""A hider's metrics, one function a panel; ``card`` puts them together."""

from __future__ import annotations

import io

import numpy as np
import torch

from gansec_lib.attacks.on_hiders.evaluate import ALPHA, Evaluation
from gansec_lib.attacks.on_hiders.table import ANALYSERS
from gansec_lib.errors import IntegrityError
from gansec_lib.metrics import detection, payload, quality
from gansec_lib.metrics.checks import tail_z
from gansec_lib.metrics.metric import Metric, info, with_verdict
from gansec_lib.roles import Hider
from gansec_lib.scorecards.bench import Bench
from gansec_lib.scorecards.measuring import flip_key_bit, ssim

SOME = 16  # covers on which keys, damage and time are tried, at most
JPEG = (95, 75, 50)  # qualities
HEADER = 32  # bytes beside the secret, at most: they are embedded as well


def saved(images: torch.Tensor, kind: str = "PNG", **options) -> torch.Tensor:
    """The pictures as they come back from files of this kind."""
    from PIL import Image

    found = []
    for picture in images:
        file = io.BytesIO()
        pixels = picture.permute(1, 2, 0).numpy()
        Image.fromarray(pixels[..., 0] if len(picture) == 1 else pixels).save(file, kind, **options)
        back = np.asarray(Image.open(file)).reshape(pixels.shape)
        found.append(torch.from_numpy(back.copy()).permute(2, 0, 1))
    return torch.stack(found)


def invisibility(system, covers, stegos, capacity) -> dict[str, Metric]:
    """PSNR and how many samples it took, beside theory and beside the best that there can be."""
    samples = covers.numel()
    carried = 8 * capacity * len(covers) / samples
    rate = payload.change_values(covers, stegos).mean().item()
    error = quality.mse_values(covers, stegos).mean().item()
    value = payload.psnr_of_changes(error)
    expected = system.change_rate(carried)
    words = f"all covers pooled, {carried:.3f} bits a sample; saved as uint8"
    if expected is None:
        psnr = info("psnr", value, words, unit="dB")
    else:
        reach = tail_z(ALPHA / 2) * (expected * (1 - expected) / samples) ** 0.5
        reach += 8 * HEADER * len(covers) / samples
        low, high = (payload.psnr_of_changes(max(0.0, expected + way * reach)) for way in (1, -1))
        ideal = payload.psnr_of_changes(expected)
        psnr = with_verdict("psnr", value, ideal, low, high, f"{words}; theory ± chance", "dB")
    found = {
        "psnr": psnr,
        "changed": info("changed", 100 * rate, words, unit="%"),
        "largest_change": info(
            "largest_change",
            float((stegos.to(torch.int16) - covers.to(torch.int16)).abs().max()),
            "over all covers",
        ),
    }
    best = None
    if carried <= payload.MOST_BITS:
        best = carried / payload.least_change_rate(carried) if carried else None
    spared = carried / rate if rate else None
    words = f"bits of secret over samples changed; ideal: the bound at {carried:.3f} bits a sample"
    found["bits_a_change"] = Metric("bits_a_change", spared, best, None, best, "info", words, "bit")
    return found | {"ssim": ssim(covers, stegos)}


def carries(covers, capacity: int) -> dict[str, Metric]:
    """The longest secret, in bits for each pixel."""
    words = f"{capacity:,} bytes of secret in a cover of {tuple(covers.shape[1:])}"
    pixels = covers.shape[2] * covers.shape[3]
    return {"payload": info("payload", 8 * capacity / pixels, words, unit="bit")}


def share(name: str, right, words: str) -> Metric:
    """A share of tries that has to be all of them."""
    right = torch.as_tensor(right)
    count = f"{int(right.sum())} of {len(right)} {words}"
    return with_verdict(name, 100 * right.double().mean().item(), 100.0, 100.0, 100.0, count, "%")


def recovery(bench: Bench, stegos, secrets) -> dict[str, Metric]:
    """Other kinds of secret; wrong keys; covers without a message."""
    system, key = bench.system, bench.key
    some, covers = stegos[:SOME], bench.images[:SOME]
    refused = []
    for place, stego in enumerate(some):
        wrong = flip_key_bit(key, 40 * place + place % 8)  # another byte and bit each time
        refused.append(open_one(system, stego[None], wrong) is None)
    untouched = [open_one(system, cover[None], key) is None for cover in covers]
    length = secrets.shape[1]
    rng = bench.rng("kinds")
    rows = torch.randint(256, (len(covers), length // 2), generator=rng).to(torch.uint8)
    kinds = [[b""] * len(covers), [bytes(n * length // SOME) for n in range(len(covers))], rows]
    if side := int((length - 6) ** 0.5) if length > 6 else 0:
        kinds.append(torch.zeros(len(covers), 1, side, side, dtype=torch.uint8))
    back = []
    for kind in kinds:
        back.append(same(open_one(system, system.hide(covers, kind, key), key), kind))
    return {
        "wrong_key": share("wrong_key", refused, "keys with one bit flipped refused"),
        "empty_refused": share("empty_refused", untouched, "untouched covers refused"),
        "forms_back": share("forms_back", back, "kinds of secret back as they were"),
    }


def come_back(system: Hider, stegos, secrets, key: bytes) -> list[bool]:
    """Whether the secret of each stego is revealed byte for byte, one stego at a time."""
    return [
        same(open_one(system, stego[None], key), secret[None])
        for stego, secret in zip(stegos, secrets, strict=True)
    ]


def same(found, secrets) -> bool:
    """Whether these are the secrets, in the very form in which they were given."""
    if isinstance(secrets, torch.Tensor):
        return isinstance(found, torch.Tensor) and torch.equal(found.cpu(), secrets)
    return type(found) is type(secrets) and found == secrets


def open_one(system: Hider, stego: torch.Tensor, key: bytes):
    """What ``reveal`` hands out of one stego; None where it refuses."""
    try:
        return system.reveal(stego, key)
    except IntegrityError:
        return None


def damages(bench: Bench):
    """(name, what is done) for each damage that pictures meet on their way."""
    from scipy.ndimage import median_filter

    rng = np.random.default_rng(bench.seed)

    def noise(images):
        moved = images.numpy().astype(np.int16) + rng.integers(-1, 2, images.shape)
        return torch.from_numpy(moved.clip(0, 255).astype(np.uint8))

    def one_pixel(images):
        changed = images.clone()
        changed[:, :, 0, 0] ^= 1
        return changed

    def median(images):
        return torch.from_numpy(median_filter(images.numpy(), (1, 1, 3, 3)))

    def halved(images):
        small = torch.nn.functional.avg_pool2d(images.double(), 2, ceil_mode=True)
        back = small.repeat_interleave(2, 2).repeat_interleave(2, 3).round().to(torch.uint8)
        return back[:, :, : images.shape[2], : images.shape[3]]

    yield "saved as PNG", saved
    yield "first pixel changed", one_pixel
    for quality_ in JPEG:
        yield f"JPEG {quality_}", lambda x, q=quality_: saved(x, "JPEG", quality=q)
    yield "noise of ±1", noise
    yield "median 3 × 3", median
    yield "halved and enlarged", halved


def damage(bench: Bench, stegos, secrets) -> tuple[list[dict], int]:
    """One row a damage; and how many wrong messages were handed out."""
    stegos, secrets = stegos[:SOME], secrets[:SOME]
    rows, handed_out = [], 0
    for name, happens in damages(bench):
        damaged = happens(stegos)
        found = [open_one(bench.system, stego[None], bench.key) for stego in damaged]
        pairs = zip(found, secrets, strict=True)
        back = sum(same(message, secret[None]) for message, secret in pairs)
        refused = sum(message is None for message in found)
        handed_out += len(found) - back - refused
        psnr = quality.psnr_values(stegos, damaged).mean().item()
        rows.append(
            {"damage": name, "psnr": psnr, "stegos": len(stegos), "back": back, "refused": refused}
        )
    return rows, handed_out


def detectability(found: Evaluation, count: int) -> dict[str, Metric]:
    """P_E of each analyser on full stegos, judged by what a blind analyst gets."""
    full = {one.name: one.details for one in found.attempts if one.details["full"] == 1}
    metrics = {}
    for analyser in ANALYSERS.values():
        name = f"p_e_{analyser.name}"
        if analyser.name not in full:
            why = found.left_out.get(analyser.name, "no attack was asked for")
            metrics[name] = info(name, None, why, 0.5)
            continue
        limit = detection.critical_p_e(count, ALPHA)
        words = (
            f"{analyser.says}; {count} covers and their full stegos, best threshold on these; "
            f"blind guessing gets below {limit:.3f} once in {1 / ALPHA:,.0f}"
        )
        metrics[name] = with_verdict(name, full[analyser.name]["p_e"], 0.5, limit, None, words)
    return metrics
