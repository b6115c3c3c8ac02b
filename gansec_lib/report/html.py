"""The page: pieces of HTML for the notebook, and the shell that makes one offline file of it."""

from __future__ import annotations

import html
import math
import re
from pathlib import Path

from gansec_lib.errors import GansecError
from gansec_lib.metrics.metric import number
from gansec_lib.scorecards.cipher import words
from gansec_lib.scorecards.cipher.shapes import NO_AREA

STYLE = Path(__file__).with_name("report.css")
MARKS = {"pass": "✓", "fail": "✗", "info": "·"}
_EXTERNAL = re.compile(
    r"""<(?:script|link|iframe|object|embed|base)\b"""
    r"""|\b(?:src|srcset|poster)\s*=(?!\s*["']?data:)"""
    r"""|url\((?!\s*["']?(?:data:|\#))|@import""",
    re.IGNORECASE,
)
escape = html.escape


class Html(str):
    """Text that a notebook shows as HTML."""

    def _repr_html_(self) -> str:
        return str(self)


def chip(verdict: str, text: str = "") -> str:
    """A coloured mark that reads without its colour too."""
    return f'<span class="gs-chip gs-{verdict}">{MARKS[verdict]} {escape(text or verdict)}</span>'


def table(headings, rows, *, number_columns=(), wide: bool = False) -> str:
    """An HTML table; cells are HTML already. ``wide``: many columns, so closer together."""
    head = "".join(f"<th>{cell}</th>" for cell in headings)
    lines = []
    for row in rows:
        cells = (
            f'<td class="gs-number">{cell}</td>' if index in number_columns else f"<td>{cell}</td>"
            for index, cell in enumerate(row)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    kind = "gs-table gs-wide" if wide else "gs-table"
    return (
        f'<div class="gs-scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def summary(cards) -> Html:
    """One tile a system: what it is, figures inside, attacks, tampering, speed."""
    tiles = []
    for card in cards:
        used = [m for n, m in card.metrics.items() if m.verdict != "info" and "_held" not in n]
        inside = sum(m.verdict == "pass" for m in used)
        chips = [
            chip("pass", "a standard: use it")
            if card.standard
            else chip("fail", "for study only: no proof"),
            chip("pass", "tampering is refused")
            if card.authenticated
            else chip("fail", "tampering goes unnoticed"),
        ]
        if card.shows_clear():
            chips.append(chip("fail", f"{100 * card.in_clear:.0f} % in the clear"))
        if not card.lossless:
            chips.append(chip("info", "lossy by design"))
        if card.opened_by("as used"):
            chips.append(chip("fail", "read by an attack as used"))
        elif card.opened_by():
            chips.append(chip("info", "read if a nonce comes twice"))
        elif card.attacks:
            chips.append(chip("pass", f"{len(card.attacks)} attacks read nothing"))
        else:
            chips.append(chip("info", "no attack was tried"))
        pace = card.metrics["encrypt_speed"].text if "encrypt_speed" in card.metrics else ""
        if "aes_ratio" in card.metrics:
            pace += f", {card.metrics['aes_ratio'].text} the time of AES-GCM"
        tiles.append(
            f'<div class="gs-tile gs-edge-{"pass" if card.standard else "fail"}">'
            f'<div class="gs-label">{breakable(card.label)}</div>'
            f'<h3><a href="#{anchor(card.label)}">{escape(card.title)}</a></h3>'
            f'<div class="gs-big">{inside}<small> of {len(used)}</small></div>'
            f'<div class="gs-note">figures as an ideal cipher\'s</div>'
            f'<div class="gs-chips">{"".join(chips)}</div><div class="gs-note">{pace}</div></div>'
        )
    return Html(f'<div class="gs-tiles">{"".join(tiles)}</div>')


def anchor(label: str) -> str:
    """Where the page of a system begins.

    >>> anchor("logistic:plaintext_related=true")
    'system-logistic-plaintext_related-true'
    """
    return "system-" + re.sub(r"\W+", "-", label)


def breakable(label: str) -> str:
    """A label that may be broken after its colons and underlines."""
    return escape(label).replace(":", ":<wbr>").replace("_", "_<wbr>")


def _cell(card, name: str) -> str:
    """One figure of one card: mark and value."""
    from gansec_lib.scorecards.cipher.card import shown_value

    metric = card.metrics.get(name)
    if metric is None:
        return ""
    mark = f'<span class="gs-{metric.verdict} gs-mark">{MARKS[metric.verdict]}</span>'
    return f"{mark} {escape(shown_value(metric))}"


def side_by_side(cards) -> Html:
    """The most telling figures of all systems, a column each; all figures folded up below."""
    heads = ("", *(breakable(card.label) for card in cards))
    columns = range(1, len(cards) + 1)

    def lines(names):
        return [
            [f"<b>{escape(words.title(name))}</b>", *(_cell(card, name) for card in cards)]
            for name in names
        ]

    telling = lines(words.TELLING)
    for setting in ("as used", "nonce held") if any(card.attacks for card in cards) else ():
        cells = []
        for card in cards:
            tried = [a for a in card.attacks if a.setting == setting]
            if not tried:
                cells.append("none tried")
                continue
            opened = sum(card.reading(attack)[0] == "fail" for attack in tried)
            verdict = "fail" if opened else "pass"
            mark = f'<span class="gs-{verdict} gs-mark">{MARKS[verdict]}</span>'
            cells.append(f"{mark} {opened} of {len(tried)}")
        telling.append([f"<b>Attacks that succeed, {setting}</b>", *cells])
    everything = table(heads, lines(words.FIGURES), number_columns=columns, wide=True)
    return Html(
        table(heads, telling, number_columns=columns, wide=True)
        + f"<details><summary>All {len(words.FIGURES)} figures</summary>{everything}</details>"
    )


def damage_table(cards) -> Html:
    """Every damage and strength: PSNR, SSIM and wrong bits of what each system hands out."""
    rows = []
    seen = set()
    for place, first in enumerate(cards[0].robustness):
        title, unit = words.DAMAGES[first["damage"]]
        head = f"<b>{escape(title)}</b><div class='gs-note'>{escape(unit)}</div>"
        cells = ["" if title in seen else head, f"{first['strength']:g}"]
        seen.add(title)
        for card in cards:
            row = card.robustness[place]
            cells.append(damage_cell(row, alike=True))
        rows.append(cells)
    heads = ("damage", "strength", *(breakable(card.label) for card in cards))
    return Html(table(heads, rows, number_columns=range(2, len(cards) + 2), wide=True))


def damage_cell(row: dict, alike: bool = False) -> str:
    """PSNR and wrong bits after one damage (SSIM too), *refused*, or nothing to damage."""
    if row["outcome"] == NO_AREA:
        return '<span class="gs-note">bytes in a line</span>'
    if row["outcome"] == "refused":
        return chip("pass", "refused")
    decibel = "∞" if math.isinf(row["psnr"]) else f"{row['psnr']:.1f} dB"
    ssim = f"SSIM {row['ssim']:.2f}<br>" if alike and row["ssim"] is not None else ""
    return f'{decibel}<div class="gs-note">{ssim}{100 * row["ber"]:.2g} % of bits</div>'


def attack_table(cards) -> Html:
    """Every attack with its cost, and what it read in each setting; folded, a table a system."""
    settings = list(dict.fromkeys(a.setting for card in cards for a in card.attacks))
    heads = ("attack", "pictures", "time", *settings)
    parts = []
    for card in cards:
        rows = []
        for name in dict.fromkeys(attack.name for attack in card.attacks):
            found = {a.setting: a for a in card.attacks if a.name == name}
            first = next(iter(found.values()))
            rows.append(
                (
                    f"<b>{escape(name.replace('_', ' '))}</b>"
                    f'<div class="gs-note">{escape(first.words)}</div>',
                    str(first.queries),
                    f"{1000 * first.seconds:.1f} ms",
                    *(_outcome(card, found.get(setting)) for setting in settings),
                )
            )
        notes = "".join(
            f'<p class="gs-note">Not tried: {escape(why)}.</p>' for why in card.left_out
        )
        counts = []
        for setting in settings:
            opened, tried = (
                card.opened_by(setting),
                [a for a in card.attacks if a.setting == setting],
            )
            counts.append(f"{len(opened) or 'none'} of {len(tried)} read something, {setting}")
        said = "; ".join(counts) if rows else "none tried"
        shown = table(heads, rows, number_columns=(1, 2)) if rows else ""
        parts.append(
            f'<details class="gs-attacks"{" open" if len(cards) == 1 else ""}>'
            f"<summary>{breakable(card.label)}: {escape(said)}</summary>{shown}{notes}</details>"
        )
    return Html("".join(parts))


def _outcome(card, attack) -> str:
    """What one attack read, as a chip and a share."""
    if attack is None:
        return '<span class="gs-note">does not apply</span>'
    verdict, said = card.reading(attack)
    if attack.tells or attack.succeeded:
        return chip(verdict, said)
    share = f'<div class="gs-note">{100 * attack.score:.2f} % of bytes</div>'
    return chip(verdict, "reads a part" if verdict == "fail" else "not read") + share


def published_table(rows, audit) -> Html:
    """The survey's rows as printed, each with the sizes it fits or what fits no size."""

    def cell(value):
        return "" if value is None else f"{value:g}"

    lines = []
    for row in rows:
        sizes, problems = audit(row)
        verdict = chip("pass", ", ".join(sizes)) if sizes else chip("fail", "none")
        lines.append(
            (
                f"{row.reference} {escape(row.name)}",
                cell(row.npcr),
                cell(row.uaci),
                cell(row.entropy),
                cell(row.chi_square),
                verdict + "".join(f'<div class="gs-note">{escape(p)}</div>' for p in problems),
            )
        )
    heads = ("scheme", "NPCR", "UACI", "entropy", "χ²", "possible for pictures of")
    return Html(table(heads, lines, number_columns=(1, 2, 3, 4)))


def claims_table(cards) -> Html:
    """What papers print for these systems, beside what was measured and what chance allows."""
    from gansec_lib.scorecards.cipher.card import shown_interval

    rows = []
    for card in cards:
        label, said = f"<b>{breakable(card.label)}</b>", ""
        for name, claim in card.published.items():
            if name not in card.metrics:
                continue
            source = f"{claim.get('conditions', '')} ({claim.get('source', '')})"
            rows.append(
                (
                    label,
                    escape(words.title(name)),
                    escape(claim.get("shown", number(claim["value"]))),
                    _cell(card, name),
                    escape(shown_interval(card.metrics[name])),
                    f'<span class="gs-note gs-long">{escape(source)}</span>'
                    if source != said
                    else "",
                )
            )
            label, said = "", source
    if not rows:
        return Html("")
    heads = ("system", "figure", "printed", "measured here", "an ideal cipher's", "printed for")
    return Html(
        "<h3>What is printed for these systems</h3>"
        + table(heads, rows, number_columns=(2, 3, 4), wide=True)
    )


def verdict_words() -> Html:
    """What pass, fail and info mean."""
    lines = (f"<p>{chip(name)} {escape(text)}</p>" for name, text in words.VERDICTS.items())
    return Html(f'<div class="gs-verdicts">{"".join(lines)}</div>')


def limits(cards) -> Html:
    """What each system does not protect."""
    parts = []
    for card in cards:
        items = "".join(f"<li>{escape(limit)}</li>" for limit in card.limits)
        parts.append(f"<h3>{escape(card.title)}</h3><ul>{items}</ul>")
    return Html("".join(parts))


def conventions(cards) -> Html:
    """What each figure says, and how those of the first card were taken."""
    rows = [
        (
            f"<b>{escape(words.title(name))}</b>",
            escape(words.meaning(name)),
            escape(metric.convention),
        )
        for name, metric in cards[0].metrics.items()
    ]
    return Html(table(("figure", "what it says", "how it was measured"), rows))


def key_values(pairs: dict) -> Html:
    """Two columns of small print."""
    rows = [(f"<b>{escape(str(key))}</b>", escape(str(value))) for key, value in pairs.items()]
    return Html(table(("", ""), rows))


def external_requests(page: str) -> list[str]:
    """Every place of a page that would make a browser ask for something; empty when offline.

    >>> external_requests('<img src="data:image/png;base64,AA"> <a href="#top">up</a>')
    []
    >>> external_requests('<img src="https://a.b/c.png">')
    ['<img src="https://a.b/c.png">']
    """
    found = []
    for match in _EXTERNAL.finditer(page):
        start = max(page.rfind("<", 0, match.start() + 1), match.start() - 60, 0)
        end = page.find(">", match.start(), match.end() + 200)
        found.append(page[start : end + 1 if end >= 0 else match.end() + 60])
    return found


def page(notebook, title: str, *, failed: str = "") -> str:
    """An executed notebook as one HTML file that asks for nothing.

    Parameters
    ----------
    notebook : nbformat notebook
    title : str
    failed : str
        What went wrong, shown on top, where the run did not reach its end.

    Raises
    ------
    GansecError
        If something in the notebook would make the page ask for a file.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    body, _ = exporter.from_notebook_node(notebook)
    for caption in _captions(notebook):
        body = body.replace("No description has been provided for this image", escape(caption), 1)
    body = re.sub(r"<script\b.*?</script>", "", body, flags=re.DOTALL | re.IGNORECASE)
    asked = external_requests(body)
    if asked:
        raise GansecError(f"notebook: the page would ask for {asked[0]!r}; embed it instead")
    banner = f'<div class="gs-failed"><b>This run did not finish.</b> {escape(failed)}</div>'
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body>{banner if failed else ''}<main>{body}</main></body></html>\n"
    )


def _captions(notebook):
    """The text that goes with each picture, in order."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and "text/html" not in data:
                text = data.get("text/plain", "figure")
                yield "".join(text).split("\n")[0]
