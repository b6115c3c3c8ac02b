"""What reaches the reader's page: the style, one PNG a figure, text tables, real source.

Works the same in JupyterLab, nbval, papermill and the builder, whatever matplotlib's backend is.
"""

from __future__ import annotations

import base64
import inspect
import io
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

from gansec_lib.errors import ParameterError

STYLE = Path(__file__).with_name("gansec.mplstyle")


def use_style() -> None:
    """Apply the local style file; ``course.start`` does it for you."""
    import matplotlib.style

    matplotlib.style.use(STYLE)


# ---------------------------------------------------------------- putting a figure on the page


def png_bytes(figure) -> bytes:
    """A figure as PNG at 100 dpi, the same bytes for the same picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()


def publish(data: bytes, text: str, mime: str = "image/png") -> None:
    """Put one picture into the running notebook's output; does nothing outside a notebook."""
    shell = notebook()
    if shell is None:
        return
    from IPython.display import display

    display({mime: base64.b64encode(data).decode(), "text/plain": text}, raw=True)


def show(figure):
    """Show a figure once, as one PNG, and return it.

    In a notebook the figure is closed afterwards, and a cell that ends with it shows no twin.
    """
    import matplotlib.pyplot as plt

    shell = notebook()
    if shell is not None:
        publish(png_bytes(figure), repr(figure))
        cell = shell.execution_count

        def show_no_twin():
            if shell.execution_count != cell:
                publish(png_bytes(figure), repr(figure))

        figure._ipython_display_ = show_no_twin
    plt.close(figure)
    return figure


def notebook():
    """The notebook's shell, or None in a plain Python process."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    return shell if shell is not None and hasattr(shell, "kernel") else None


# ---------------------------------------------------------------- tables and source


def show_table(rows, *, title="", columns=None) -> None:
    """Print rows as an aligned table; numbers right, words left. Text, so that it is compared.

    Parameters
    ----------
    rows : sequence of mappings, or of sequences (then give ``columns``)

    >>> show_table([{"cipher": "AES-GCM", "entropy": 7.9931}, {"cipher": "none", "entropy": 7.1}])
    cipher   entropy
    -------  -------
    AES-GCM    7.993
    none         7.1
    """
    rows = list(rows)
    if columns is None:
        if not rows or not isinstance(rows[0], Mapping):
            raise ParameterError("columns: expected the names of the columns, got None")
        columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [
        [
            _cell(row.get(name, "") if isinstance(row, Mapping) else row[i])
            for i, name in enumerate(columns)
        ]
        for row in rows
    ]
    numeric = [all(_is_number(row[i]) for row in cells) for i in range(len(columns))]
    widths = [
        max(len(str(name)), *(len(r[i]) for r in cells)) if cells else len(str(name))
        for i, name in enumerate(columns)
    ]
    if title:
        print(title)
    for line in ([str(c) for c in columns], ["-" * w for w in widths], *cells):
        padded = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        )
        print("  ".join(padded).rstrip())


def _cell(value) -> str:
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text.replace("−", "-") or "0")
    except ValueError:
        return False
    return True


def show_source(thing) -> None:
    """Show the real source of a function, class or module, coloured; so the text cannot drift.

    >>> from gansec_lib.images.convert import to_network
    >>> show_source(to_network)  # doctest: +ELLIPSIS
    def to_network(images: torch.Tensor) -> torch.Tensor:
    ...
    """
    source = source_of(thing)
    if notebook() is None:
        print(source)
        return
    from IPython.display import display

    data = {"text/markdown": f"```python\n{source}\n```", "text/plain": source}
    display(data, raw=True)


def source_of(thing) -> str:
    """Source of a function, class or module; the decorators of exercises left out."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(thing))).rstrip()
    start = re.search(r"^(def|class) ", source, re.MULTILINE)
    return source[start.start() :] if source.startswith("@exercise") and start else source
