"""``measure``: what is asked of a key generator.

Three things are kept apart, because papers mix them up: what the extraction of bytes does (raw or
modular), what training does (the untrained twin stands beside it), and what the key does (windows
under different keys must know nothing of each other).
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property

import torch

from gansec_lib import metrics
from gansec_lib.images.imageset import ImageSet
from gansec_lib.metrics.metric import Metric, info
from gansec_lib.metrics.streams import (
    distribution_distance,
    law_learned,
    pair_correlations,
    window_correlation,
)
from gansec_lib.roles import KeyGenerator
from gansec_lib.scorecards import randomness
from gansec_lib.scorecards.bench import Bench
from gansec_lib.scorecards.card import Exhibit, Fact, Panels, Question, Table, Words
from gansec_lib.scorecards.measuring import (
    ALPHA,
    Found,
    How,
    flip_key_bit,
    seconds_of,
    standing,
)

KEYS = 8  # windows under different keys
WINDOW = 4096  # bytes or numbers of each
TIMED = 65_536  # bytes of a timed key stream
COLLAPSED = 0.5  # |r| of two keys' outputs from which a user must be warned
SMALL = (3, 200_000)  # sequences and bits of the variants' batteries
SIDE = 64  # WINDOW bytes as a picture
COMPARED = {  # what the table of variants shows
    "randomness": "corrected p",
    "chi_square": "χ²",
    "keys_related": "bytes, largest |r|",
    "outputs_related": "outputs, largest |r|",
    "outputs_typical": "outputs, median |r|",
    "source_distance": "distance",
    "law": "law, R²",
}

Q = Question
PANELS: Panels = {
    "battery": randomness.PANEL,
    "bytes": (
        "What the bytes show",
        (
            Q("entropy", "Entropy", "how evenly the byte values are used", telling=True),
            Q("chi_square", "χ²", "how far the histogram is from flat", telling=True),
            Q("chi_square_pooled", "χ², all windows", "the same over one histogram of all bytes"),
            Q("serial", "Serial correlation", "whether a byte tells the next one"),
            Q("compression_ratio", "Compression by zlib", "above 1 something can be pressed out"),
        ),
    ),
    "keys": (
        "Different keys",
        (
            Q("keys_related", "Bytes, largest |r|", "the two most alike of eight key streams under "
              "different keys", telling=True),
            Q("outputs_related", "Outputs, largest |r|", "the same before bytes are cut out",
              telling=True),
            Q("outputs_typical", "Outputs, median |r|", "of all pairs: near 1, the network ignores "
              "its key", telling=True),
            Q("key_flip", "One key bit changed", "bytes of the key stream that change"),
            Q("nonce_flip", "One nonce bit changed", "bytes of the key stream that change"),
        ),
    ),
    "imitation": (
        "What was learned",
        (
            Q("source_distance", "Distance to the source", "0: the numbers spread as those of the "
              "source", telling=True),
            Q("law", "Law of the source, R²", "1: the next number follows from the last ones, as "
              "it does in the source", telling=True),
        ),
    ),
    "cost": (
        "What it costs",
        (
            Q("speed", "Speed", "key bytes a second on this machine, median of three",
              telling=True),
            Q("ratio", "Time against the standard", "how many times as long as it took",
              telling=True),
        ),
    ),
}  # fmt: skip

WORDS = Words(
    one="key generator",
    many="key generators",
    opening=(
        "A key generator stretches a key and a nonce into key bytes. The tests of SP 800-22 see "
        "whether the bytes are uneven; they cannot see whether somebody knows them. Each network "
        "therefore stands beside its untrained twin, raw extraction beside modular, and windows "
        "under different keys beside each other."
    ),
    each=(
        "The pictures show the start of two key streams and how far they differ, first as the "
        "network's own outputs, then as bytes. Two keys whose outputs look alike are no two keys."
    ),
    attempts=(
        "What attacks make of these key streams stands on the cards of the ciphers that use them."
    ),
    closing=(
        "Key bytes that pass every test may still be predictable. For keys that matter use the "
        "operating system's generator, and AES-CTR or ChaCha20 to stretch them."
    ),
)


class KeyBench(Bench):
    """Key streams under different keys and nonces, made once."""

    def pair(self, label: str) -> tuple[bytes, bytes]:
        """A key and a nonce of their own for each label."""
        return self.nonce(f"key {label}", 32), self.nonce(label, 12)

    @cached_property
    def windows(self) -> torch.Tensor:
        """Key bytes under different keys, uint8 (KEYS, WINDOW)."""
        return torch.stack([self.stream(f"window {k}", WINDOW) for k in range(KEYS)])

    @cached_property
    def outputs(self) -> torch.Tensor | None:
        """The network's outputs behind ``windows``; None where there are none."""
        if not hasattr(self.system, "numbers"):
            return None
        pairs = [self.pair(f"window {k}") for k in range(KEYS)]
        return torch.stack([self.system.numbers(*pair, WINDOW) for pair in pairs])

    @cached_property
    def source(self) -> torch.Tensor | None:
        """Windows of what the network learned to imitate; None where nothing is known of it."""
        source = getattr(self.system, "source", None)
        return None if source is None else source(256, self.seed)

    def stream(self, label: str, n: int) -> torch.Tensor:
        """Key bytes, uint8 (n,)."""
        return self.system.keystream(*self.pair(label), n)


def measure(system: KeyGenerator, pictures: ImageSet, how: How) -> Found:
    """What there is to say of a key generator; the pictures are not used: key bytes know none.

    With ``numbers(key, nonce, n)`` its outputs before extraction are measured too, and with
    ``source(count, seed)`` what it imitates. Options ``trained`` and ``extraction`` are tried both
    ways.
    """
    bench = KeyBench(system, pictures, how.seed)
    how.say("testing its bytes with SP 800-22")
    tested = _tested(bench, how.sequences)
    found = tested.metrics()
    how.say("comparing keys")
    found |= _bytes(bench.windows) | _keys(bench)
    how.say("comparing with the source")
    found |= _imitation(bench.outputs, bench.source)
    how.say("timing")
    found |= _cost(bench, how.yardstick)
    how.say("trying raw and modular, trained and untrained")
    return Found(
        metrics=found,
        facts=_facts(system, found),
        tables={"battery": [randomness.table(tested)], "imitation": _variants(bench)},
        exhibits={"keys": [_two_keys(bench)]},
        left_out=["attacks on the key stream itself; the ciphers that use it are attacked"],
    )


def _tested(bench: KeyBench, size: tuple[int, int]) -> randomness.Tested:
    count, bits = size
    sequences = [bench.stream(f"sequence {i}", bits // 8).numpy() for i in range(count)]
    return randomness.run(sequences, ALPHA)


def _bytes(windows: torch.Tensor) -> dict[str, Metric]:
    """The bytes of all windows: evenness, neighbours, redundancy."""
    images = windows.reshape(len(windows), 1, 1, -1)
    found = {
        "entropy": metrics.entropy(images, ALPHA),
        "chi_square": metrics.chi_square(images, ALPHA),
        "chi_square_pooled": metrics.chi_square_pooled(images, ALPHA),
        "compression_ratio": metrics.compression_ratio(images, alpha=ALPHA),
    }
    serial = metrics.adjacent_correlation(images, "horizontal", ALPHA)
    return found | {"serial": replace(serial, name="serial")}


def _keys(bench: KeyBench) -> dict[str, Metric]:
    """Windows under different keys, and what one bit of key or nonce changes."""
    found = {"keys_related": window_correlation(bench.windows, ALPHA, "keys_related")}
    if bench.outputs is None:
        why = "there are no outputs before its bytes"
        names = ("outputs_related", "outputs_typical")
        found |= {name: info(name, None, why, 0.0) for name in names}
    else:
        found["outputs_related"] = window_correlation(bench.outputs, ALPHA, "outputs_related")
        pairs = pair_correlations(bench.outputs)
        words = f"median |r| of {len(pairs)} pairs of windows, each under a key of its own"
        found["outputs_typical"] = info("outputs_typical", pairs.median().item(), words, 0.0)
    key, nonce = bench.pair("window 0")
    changed = {
        "key_flip": (flip_key_bit(key, 100), nonce),
        "nonce_flip": (key, flip_key_bit(nonce, 50)),
    }
    for name, other in changed.items():
        pair = bench.windows[:1], bench.system.keystream(*other, WINDOW)[None]
        images = (one.reshape(1, 1, SIDE, SIDE) for one in pair)
        found[name] = metrics.npcr(*images, ALPHA, name=name, setting="one bit changed")
    return found


def _imitation(outputs: torch.Tensor | None, source: torch.Tensor | None) -> dict[str, Metric]:
    """How the outputs spread and follow each other, beside the source."""
    if outputs is None or source is None:
        why = "it imitates no source of numbers"
        return {name: info(name, None, why) for name in ("source_distance", "law")}
    rows = outputs.reshape(-1, source.shape[1]) if WINDOW % source.shape[1] == 0 else outputs
    return {
        "source_distance": distribution_distance(outputs, source),
        "law": law_learned(source, rows),
    }


def _cost(bench: KeyBench, yardstick: KeyGenerator | None) -> dict[str, Metric]:
    pair = bench.pair("timed")
    seconds = seconds_of(lambda: bench.system.keystream(*pair, TIMED), 3)
    words = f"{TIMED:,} bytes, median of 3"
    found = {"speed": info("speed", TIMED / 1e6 / seconds, words, unit="MB/s")}
    if yardstick is None:
        return found | {"ratio": info("ratio", None, "no standard was handed in", 1.0, "×")}
    other = seconds_of(lambda: yardstick.keystream(*pair, TIMED), 3)
    same = yardstick.key_name == bench.system.key_name
    words = f"{words}; {yardstick.title} in the same run"
    return found | {"ratio": info("ratio", 1.0 if same else seconds / other, words, 1.0, "×")}


def _variants(bench: KeyBench) -> list[Table]:
    """Raw and modular extraction, trained and untrained: what does the work."""
    options = bench.system.options()
    tried = [
        options | {"trained": trained, "extraction": extraction}
        for trained in (True, False)
        for extraction in ("raw", "modular")
    ]
    if not {"trained", "extraction"} <= options.keys():
        return []
    columns, data = [], []
    for given in tried:
        other = KeyBench(type(bench.system)(**given), bench.pictures, bench.seed)
        tested = _tested(other, SMALL)
        found = tested.metrics() | _bytes(other.windows) | _keys(other)
        found |= _imitation(other.outputs, bench.source)
        who = "trained" if given["trained"] else "untrained twin"
        here = " (this one)" if given == options else ""
        cells = [_cell(found[name]) for name in COMPARED]
        columns.append((f"{who}, {given['extraction']}{here}", *cells))
        data.append({"options": given} | {name: found[name].to_dict() for name in COMPARED})
    head, *rows = zip(("", *COMPARED.values()), *columns, strict=True)
    note = (
        f"SP 800-22 on {SMALL[0]} sequences of {SMALL[1]:,} bits here. Where the untrained twin "
        "does as well, the extraction makes the bytes look random and not the training."
    )
    return [Table("What does the work", head, rows, note, data)]


def _cell(metric: Metric) -> Fact:
    """A value with three digits, and its verdict."""
    text = "none" if metric.value is None else f"{metric.value:.3g}"
    return Fact(text, "" if metric.verdict == "info" else metric.verdict)


def _two_keys(bench: KeyBench) -> Exhibit:
    """The start of two key streams as pictures, and how far they differ."""
    rows = [("bytes", bench.windows[:2])]
    if bench.outputs is not None:
        light = ((bench.outputs[:2] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        rows.insert(0, ("outputs", light))
    lines = []
    for name, (first, second) in rows:
        apart = (first.to(torch.int16) - second.to(torch.int16)).abs().to(torch.uint8)
        cells = [one.reshape(1, SIDE, SIDE) for one in (first, second, apart)]
        lines.append((name, cells))
    head = ("one key", "another key", "difference")
    return Exhibit("two keys and what they make", head, lines)


def _facts(system: KeyGenerator, found: dict[str, Metric]) -> list[Fact]:
    """What the generator is, in marks."""
    facts = [standing(system)]
    most, half = (found[f"outputs_{which}"].value for which in ("related", "typical"))
    if half is not None and not half <= COLLAPSED:
        says = "Its outputs under different keys are much alike: in half of the pairs |r| is "
        says += "undefined, for they do not vary." if math.isnan(half) else f"{half:.3f} or more."
        facts.append(Fact("collapsed: the key hardly matters", "fail", says))
    elif most is not None and most > COLLAPSED:
        says = f"Under two of {KEYS} keys its outputs are much alike (|r| {most:.3f})."
        facts.append(Fact("some keys give outputs that are alike", "fail", says))
    if found["nonce_flip"].value == 0:
        facts.append(Fact("no nonce", "info", "One key gives one key stream for every message."))
    pace = f"{found['speed'].text}, {found['ratio'].text} the time of the standard"
    return [*facts, Fact(found["speed"].text if found["ratio"].value is None else pace, "")]
