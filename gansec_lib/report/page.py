"""The page: cards laid out by the templates, and the shell that makes one offline file of them.

Every word about a role comes from the cards; the templates escape whatever they are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from gansec_lib.errors import GansecError
from gansec_lib.metrics.metric import number
from gansec_lib.scorecards.card import Card, Panel, Table

HERE = Path(__file__).parent
MARKS = {"pass": "✓", "fail": "✗", "info": "·"}
VERDICTS = {
    "pass": "The value lies in the interval. An ideal system would fail this once in a thousand "
    "runs, so a pass says: this test saw nothing. It does not say: secure.",
    "fail": "The value lies outside the interval. Something tells this system from an ideal one; "
    "where the row names a use that the rules forbid, it does so only in that use.",
    "info": "A value to read. Nothing follows from it alone.",
}


class Html(str):
    """Text that a notebook shows as HTML."""

    def _repr_html_(self) -> str:
        return str(self)


def anchor(label: str) -> str:
    """Where the page of a system begins.

    >>> anchor("some:plaintext_related=true")
    'system-some-plaintext_related-true'
    """
    return "system-" + re.sub(r"\W+", "-", label)


def _breakable(label: str) -> Markup:
    """A label that may be broken after its colons and underlines."""
    return escape(label).replace(":", Markup(":<wbr>")).replace("_", Markup("_<wbr>"))


def _by_name(card: Card) -> list[tuple[str, dict]]:
    """A card's attempts: each name with its attempt in every setting."""
    names = dict.fromkeys(attempt.name for attempt in card.attempts)
    return [(name, {a.setting: a for a in card.attempts if a.name == name}) for name in names]


def settings(cards: Iterable[Card]) -> list[str]:
    """The settings of all cards' attempts, in order of appearance."""
    return list(dict.fromkeys(setting for card in cards for setting in card.settings()))


@cache
def _templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"MARKS": MARKS, "VERDICTS": VERDICTS}
    found.filters |= {
        "anchor": anchor,
        "breakable": _breakable,
        "by_name": _by_name,
        "printed": lambda claim: claim.get("shown", number(claim["value"])),
        "settings": settings,
        "spaced": lambda name: name.replace("_", " "),
    }
    return found


def piece(name: str, *given) -> Html:
    """One piece of a page: the macro ``name`` of ``templates/pieces.html``, filled in.

    >>> piece("chip", "pass", "<b>")
    '<span class="gs-chip gs-pass">✓ &lt;b&gt;</span>'
    """
    return Html(getattr(_templates().get_template("pieces.html").module, name)(*given))


def show(card: Card) -> Html:
    """One card as a notebook shows it: its title, its words, its panels.

    >>> from gansec_lib.scorecards.card import Words
    >>> words = Words("sieve", "sieves", "", "", "", "")
    >>> "A &lt;sieve&gt;" in show(Card("a", "Sieve", "A <sieve>", "", words, [], []))
    True
    """
    return Html(f'<div class="gs-card">{piece("title", card)}{piece("system", card)}</div>')


def together(cards: list[Card], panel: Panel) -> Html:
    """The tables that all these cards have in a panel, laid together row by row."""
    parts = []
    for place, first in enumerate(panel.tables):
        found: list[tuple[str, Table]] = [
            (card.label, card.panel(panel.name).tables[place])
            for card in cards
            if len(card.panel(panel.name).tables) > place
        ]
        rows = [
            ("" if index else row[0], label, *other.rows[line][1:])
            for line, row in enumerate(first.rows)
            for index, (label, other) in enumerate(found)
            if line < len(other.rows)
        ]
        head = (first.head[0], "system", *first.head[1:])
        parts.append(piece("together", first.title, head, rows))
    return Html("".join(parts))


# ---------------------------------------------------------------- one file that asks for nothing


class _Requests(HTMLParser):
    """Collects the tags of a page that make a browser ask for a file."""

    ASKING = frozenset({"script", "link", "iframe", "object", "embed", "base"})
    LOADED = frozenset({"src", "srcset", "poster", "background", "data"})
    STYLED = re.compile(r"url\(\s*(?!\s*[\"']?\s*(?:data:|\#))|@import", re.IGNORECASE)

    def __init__(self):
        super().__init__()
        self.found: list[str] = []
        self.in_style = False

    def handle_starttag(self, tag, attributes):
        values = {name: value or "" for name, value in attributes}
        loaded = (values[name] for name in self.LOADED & values.keys())
        if (
            tag in self.ASKING
            or any(not value.lstrip().startswith("data:") for value in loaded)
            or self.STYLED.search(values.get("style", ""))
        ):
            self.found.append(self.get_starttag_text())
        self.in_style = tag == "style"

    def handle_endtag(self, tag):
        self.in_style = False

    def handle_data(self, data):
        if self.in_style and (match := self.STYLED.search(data)):
            self.found.append(data[match.start() : match.start() + 60])


def external_requests(text: str) -> list[str]:
    """Every place of a page that would make a browser ask for something; empty when offline.

    >>> external_requests('<img src="data:image/png;base64,AA"> <a href="#top">up</a>')
    []
    >>> external_requests('<img src="https://a.b/c.png">')
    ['<img src="https://a.b/c.png">']
    >>> external_requests('a file called &lt;img src=q&gt;.png')
    []
    """
    reader = _Requests()
    reader.feed(text)
    reader.close()
    return reader.found


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
        said = str(escape(caption))
        body = body.replace("No description has been provided for this image", said, 1)
    body = re.sub(r"<script\b.*?</script>", "", body, flags=re.DOTALL | re.IGNORECASE)
    asked = external_requests(body)
    if asked:
        raise GansecError(f"notebook: the page would ask for {asked[0]!r}; embed it instead")
    style = (HERE / "report.css").read_text(encoding="utf-8")
    shell = _templates().get_template("page.html")
    return shell.render(title=title, style=style, body=body, failed=failed)


def _captions(notebook):
    """The text that goes with each picture, in order."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and "text/html" not in data:
                text = data.get("text/plain", "figure")
                yield "".join(text).split("\n")[0]
