"""What stands in the cells of docs/results.md: values, windows, and why one is missed."""

from __future__ import annotations

import math

from gansec_lib import metrics

NAMES = {
    "entropy": "entropy, bit",
    "chi_square": "χ²",
    "correlation_horizontal": "correlation, horizontal",
    "correlation_vertical": "correlation, vertical",
    "correlation_diagonal": "correlation, diagonal",
    "npcr": "NPCR, %",
    "uaci": "UACI, %",
    "psnr_cipher": "PSNR plain/cipher, dB",
    "psnr_decrypted": "PSNR decrypted, dB",
    "ssim_decrypted": "SSIM decrypted",
}
DECIMALS = {"chi_square": 1, "npcr": 3, "uaci": 2, "psnr_cipher": 2, "psnr_decrypted": 2}


def text(metric: str, value) -> str:
    """A value as the tables print it.

    >>> text("npcr", 0.0015259), text("entropy", 7.99712), text("psnr_decrypted", "inf")
    ('0.0015', '7.9971', '∞')
    """
    if value is None:
        return ""
    value = float(value)
    if math.isinf(value):
        return "∞"
    if metric in ("npcr", "uaci") and 0 < value < 0.01:
        return f"{value:.2g}"
    shown = f"{value:.{DECIMALS.get(metric, 4)}f}"
    return shown.replace("-", "−") if float(shown) else shown.removeprefix("-")


def spread(metric: str, entry: dict | None) -> str:
    """Median [least … most]."""
    if not entry:
        return ""
    middle, low, high = (text(metric, entry[key]) for key in ("median", "least", "most"))
    return middle if low == high else f"{middle} [{low} … {high}]"


def window(metric: str, low, high) -> str:
    """What chance allows."""
    if low is None and high is None:
        return ""
    if low is None:
        return f"≤ {text(metric, high)}"
    if metric == "npcr":
        return f"≥ {text(metric, low)}"
    return f"{text(metric, low)} … {text(metric, high)}"


def table(heads: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def published_value(published: dict, metric: str):
    """The paper's value and its conditions; some papers hold the nonce without saying so."""
    found = published.get(metric) or published.get(f"{metric}_nonce_held")
    return (found["value"], found["conditions"]) if found else (None, "")


def possible(metric: str, side: int) -> tuple[float | None, float | None]:
    """The interval of ideal bytes for one picture of side × side at the 1 % level."""
    n, alpha = side * side, 0.01
    if metric == "entropy":
        return metrics.entropy_interval(n, alpha)
    if metric == "chi_square":
        return None, metrics.chi_square_critical(alpha)
    if metric == "npcr":
        return metrics.npcr_critical(n, alpha)
    if metric == "uaci":
        return metrics.uaci_critical(n, alpha)
    return None, None


def why(metric: str, entry: dict, key: dict, size: int) -> str:
    """Why a value misses what chance allows, from what was measured beside it."""
    if metric in ("npcr", "uaci"):
        changed = key["npcr"] * size / 100
        if changed < 0.5:
            return "the codec rounds one changed bit away"
        if changed < 4:
            return (
                f"one changed bit changes {changed:.0f} of {size:,} cipher bytes: ⊕, sums and "
                f"permutations spread nothing"
            )
        if metric == "npcr":
            low, high = text("npcr", entry["least"]), text("npcr", entry["most"])
            return f"a change runs to an end that depends on its place: {low} to {high} % of bytes"
        if key["npcr"] < 1:
            return f"only {text('npcr', key['npcr'])} % of the bytes change"
        gap = 255 * float(entry["median"]) / key["npcr"]
        return f"changed bytes differ by {gap:.1f} levels on average, not evenly; at random by 85.3"
    if "entropy" not in key:
        return "the bytes are not uniform"
    if metric in ("entropy", "chi_square"):
        return f"the key bytes themselves have entropy {key['entropy']:.4f}"
    return f"the key bytes' own correlation is {text(metric, key[metric])}"


def about_published(metric: str, value, conditions: str, measured: dict | None) -> str:
    """Whether the paper's own value is possible."""
    if value is None:
        return ""
    if metric == "ssim_decrypted" and value < 1 and measured and float(measured["median"]) == 1:
        return f"the cipher is exact, so {value} tells of rounding on the way"
    side = 512 if "512" in conditions else 256
    low, high = possible(metric, side)
    if (low is not None and value < low) or (high is not None and value > high):
        return f"published: outside what chance allows at {side}² ({window(metric, low, high)})"
    return ""
