"""One system on one page: the verdicts of each group, the damage, the attacks."""

from __future__ import annotations

from gansec_lib.metrics.metric import number
from gansec_lib.metrics.randomness.many import UNIFORM_COUNT
from gansec_lib.report.html import MARKS, Html, chip, damage_cell, escape
from gansec_lib.scorecards.cipher import words


def system_page(card) -> Html:
    """Panels, one a group of figures, and one for the attacks."""
    shown = dict(zip(card.metrics, card.rows(), strict=True))
    panels = {
        group: _panel(title, _group_chip(card, names), _figures(card, names, shown) + extra)
        for group, (title, names) in words.GROUPS.items()
        for extra in [_EXTRAS.get(group, lambda card: "")(card)]
    }
    panels["attacks"] = _attacks(card)
    order = ("statistics", "randomness", "avalanche", "keys", "damage", "attacks", "cost")
    return Html(f'<div class="gs-panels">{"".join(panels[name] for name in order)}</div>')


def _panel(title: str, head: str, body: str) -> str:
    return (
        f'<section class="gs-panel"><div class="gs-panel-head"><h4>{escape(title)}</h4>{head}</div>'
        f"{body}</section>"
    )


def _group_chip(card, names) -> str:
    """How many of a group's judged figures pass; a nonce used twice is not how a cipher is used."""
    judged = [card.metrics[n] for n in names if card.metrics[n].verdict != "info"]
    used = [metric for metric in judged if "_nonce_held" not in metric.name]
    if not used:
        return chip("info", "to read")
    passed = sum(metric.verdict == "pass" for metric in used)
    head = chip("pass" if passed == len(used) else "fail", f"{passed} of {len(used)}")
    if len(used) < len(judged) and any(m.verdict == "fail" for m in judged if m not in used):
        head += " " + chip("info", "shows a nonce used twice")
    return head


def _figures(card, names, shown) -> str:
    lines = []
    for name in names:
        title, value, expected, printed, verdict = shown[name]
        said = f"{words.meaning(name)}. {card.metrics[name].convention}"
        note = words.NOTES.get(name, "")
        if name == "key_space_effective":  # the reasoning is the figure
            note = card.metrics[name].convention
        metric = card.metrics[name]
        if value == "none":
            note, value = metric.convention, "–"
        elif not expected and name in words.COMPARED:
            expected = f"about {number(metric.ideal)}"
        paper = f'<div class="gs-note">paper: {escape(printed)}</div>' if printed else ""
        note = f'<div class="gs-note">{escape(note)}</div>' if note else ""
        lines.append(
            f'<tr title="{escape(said)}"><td>{escape(title)}{note}</td>'
            f'<td class="gs-number">{escape(value)}</td>'
            f'<td class="gs-number gs-expected">{escape(expected)}{paper}</td>'
            f"<td>{_mark(verdict)}</td></tr>"
        )
    heads = "<tr><th></th><th>measured</th><th>an ideal cipher's</th><th></th></tr>"
    return f'<table class="gs-table gs-small"><thead>{heads}</thead>{"".join(lines)}</table>'


def _mark(verdict: str, title: str = "") -> str:
    said = escape(title or verdict)
    return (
        f'<span class="gs-mark gs-{verdict}" title="{said}" aria-label="{said}">'
        f"{MARKS[verdict]}</span>"
    )


def _tests(card) -> str:
    """One chip a test of SP 800-22, with its rows and its worst proportion."""
    if card.tested is None:
        return ""
    chips = []
    for row in card.tested.tests():
        name = row["test"].replace("_", " ")
        if not row["rows"]:
            chips.append(f'<span title="{escape(row["reason"])}">{chip("info", name)}</span>')
            continue
        said = f"{row['rows']} rows, worst proportion {row['worst_proportion']:.3f}, "
        said += f"corrected p {row['corrected_p']:.3g}"
        chips.append(f'<span title="{escape(said)}">{chip(row["verdict"], name)}</span>')
    found, expected = int(sum(card.tested.outside.values())), card.tested.expected
    said = (
        f"{card.tested.size()}, half of them from black pictures. {found} of "
        f"{len(card.tested.found.rows)} rows leave the standard's own limits; for an ideal cipher "
        f"about {expected:.1f} do, by chance. The verdicts count all "
        f"{card.tested.comparisons} comparisons together."
    )
    if len(card.tested.found.lengths) < UNIFORM_COUNT:
        said += (
            f" Fewer than {UNIFORM_COUNT} sequences: a small run, in which only gross faults show "
            f"and the uniformity of the p-values is not judged. The profile laptop takes 55."
        )
    return f'<div class="gs-flow">{"".join(chips)}</div><p class="gs-note">{escape(said)}</p>'


def _damage(card) -> str:
    """PSNR after each damage, or one sentence where all are refused."""
    if not card.robustness:
        return ""
    if all(row["outcome"] == "refused" for row in card.robustness):
        return (
            '<p class="gs-note">Every damaged cipher image is refused: whoever changes one byte is '
            "found out, and nobody is shown a picture that was not sent.</p>"
        )
    lines = []
    for kind, (title, unit) in words.DAMAGES.items():
        rows = [row for row in card.robustness if row["damage"] == kind]
        cells = "".join(f'<td class="gs-number">{damage_cell(row)}</td>' for row in rows)
        strengths = ", ".join(f"{row['strength']:g}" for row in rows)
        lines.append(
            f'<tr><td>{escape(title)}<div class="gs-note">{escape(unit)} {strengths}</div></td>'
            f"{cells}</tr>"
        )
    heads = "<tr><th>damage</th><th>little</th><th>more</th><th>much</th></tr>"
    return (
        f'<table class="gs-table gs-small"><thead>{heads}</thead>{"".join(lines)}</table>'
        '<p class="gs-note">PSNR of the decrypted picture and share of wrong bits. Damage goes '
        "unnoticed: so would a change made on purpose.</p>"
    )


def _attacks(card) -> str:
    """Every attack, and whether it read the picture in each setting."""
    title = "Attacks tried, and what they read"
    reasons = "".join(
        f'<p class="gs-note">Not tried: {escape(reason)}.</p>' for reason in card.left_out
    )
    if not card.attacks:
        return _panel(title, chip("info", "none tried"), reasons)
    settings = ("as used", "nonce held")
    used, held = (len(card.opened_by(setting)) for setting in settings)
    head = chip("fail" if used else "pass", f"{used or 'none'} as used")
    if held:
        head += " " + chip("info", f"{held} with one nonce twice")
    lines = []
    for name in dict.fromkeys(attack.name for attack in card.attacks):
        found = {a.setting: a for a in card.attacks if a.name == name}
        cells = "".join(f"<td>{_outcome(card, found.get(setting))}</td>" for setting in settings)
        said = next(iter(found.values())).words
        label = escape(name.replace("_", " "))
        lines.append(f'<tr title="{escape(said)}"><td>{label}</td>{cells}</tr>')
    heads = "<tr><th></th><th>as used</th><th>nonce held</th></tr>"
    body = f'<table class="gs-table gs-small"><thead>{heads}</thead>{"".join(lines)}</table>'
    return _panel(title, head, body + reasons)


def _outcome(card, attack) -> str:
    """A mark and what one attack got."""
    if attack is None:
        return '<span class="gs-note">does not apply</span>'
    verdict, said = card.reading(attack)
    return f"{_mark(verdict, said)} {said}"


_EXTRAS = {"randomness": _tests, "damage": _damage}
