"""Rows of *what | peer | ours | ratio | goal*, and the one table that ``run.py`` prints of them.

A ratio is the peer's time over ours, both from the same run: 2 means twice as fast as the peer,
and larger is better. A goal is the least ratio that was promised.
"""

from __future__ import annotations

import json
from pathlib import Path


def row(
    what: str, peer: str, ours: float, theirs: float, goal: float | None = None, note: str = ""
) -> dict:
    """One comparison; ``ours`` and ``theirs`` in seconds.

    >>> row("entropy", "scikit-image", 0.002, 0.1, goal=10)["ratio"]
    50.0
    """
    return {
        "what": what,
        "peer": f"{peer}, {duration(theirs)}",
        "ours": duration(ours),
        "ratio": float(f"{theirs / ours:.4g}"),
        "goal": goal,
        "note": note,
    }


def duration(seconds: float) -> str:
    """Seconds with three digits and a unit.

    >>> duration(0.0123), duration(75.0), duration(4.2e-6)
    ('12.3 ms', '75 s', '4.2 µs')
    """
    unit, scale = ("s", 1.0) if seconds >= 1 else ("ms", 1e3) if seconds >= 1e-3 else ("µs", 1e6)
    return f"{seconds * scale:.3g} {unit}"


def worst_first(rows: list[dict]) -> list[dict]:
    """Rows with a goal by how far they miss or pass it, then the others by their ratio."""
    return sorted(rows, key=lambda r: (not r["goal"], r["ratio"] / (r["goal"] or 1)))


def show(rows: list[dict]) -> str:
    """The rows as text, worst first; what misses its goal is marked with ✗."""
    head = ("", "what", "peer", "ours", "ratio", "goal")
    lines = [head]
    for one in worst_first(rows):
        goal = one["goal"]
        mark = "" if not goal else "✓" if one["ratio"] >= goal else "✗"
        text = f"≥ {goal:g}" if goal else ""
        lines.append((mark, one["what"], one["peer"], one["ours"], f"{one['ratio']:.3g}", text))
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    shown = [" | ".join(map(str.ljust, line, widths)) for line in lines]
    notes = [f"{one['what']}: {one['note']}" for one in worst_first(rows) if one["note"]]
    return "\n".join([shown[0], "-|-".join("-" * w for w in widths), *shown[1:], *notes])


def read(folder: Path, names: list[str] | None = None) -> list[dict]:
    """The rows of all results in a folder, or of those named."""
    files = sorted(folder.glob("*.json"))
    records = [json.loads(f.read_text("utf-8")) for f in files if not names or f.stem in names]
    return [one for record in records for one in record.get("table", ())]
