"""``gansec``: the report, the lists and the doctor, from a terminal.

Exit codes: 0 fine, 2 wrong arguments (nothing was run), 1 a run that failed and 130 one that
Ctrl-C stopped (what it made until then is kept, and the message says where).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from gansec_lib import doctor as surgery
from gansec_lib import images as library
from gansec_lib import systems as catalogue
from gansec_lib.course import resolve_profile
from gansec_lib.errors import (
    DataMissingError,
    GansecError,
    ImageError,
    ParameterError,
    WriteError,
)
from gansec_lib.files import atomic_write, printable
from gansec_lib.metrics import randomness as tests
from gansec_lib.profiles import check_profile

app = typer.Typer(
    name="gansec",
    help="GANs for image security: measure a system on your own pictures, and attack it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _refuse(problem) -> typer.Exit:
    """Wrong arguments: one line on stderr, exit code 2."""
    typer.echo(f"gansec: {problem}", err=True)
    return typer.Exit(2)


def _failed(problem) -> typer.Exit:
    """A run that failed: one line on stderr, exit code 1."""
    typer.echo(f"gansec: {problem}", err=True)
    return typer.Exit(1)


@app.command()
def report(
    systems: Annotated[
        list[str] | None,
        typer.Argument(
            help="Systems of any role, as 'gansec list' names them; options after a colon, as in "
            "logistic:plaintext_related=true. None: four ciphers side by side. AES-GCM always "
            "stands beside ciphers.",
            show_default=False,
        ),
    ] = None,
    images: Annotated[
        str, typer.Option(help="A bundled set, a catalogue name, or a folder of pictures.")
    ] = "photos",
    profile: Annotated[
        str, typer.Option(help="smoke, laptop or gpu: how many pictures of what size.")
    ] = "laptop",
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("reports/latest"),
    seed: Annotated[int, typer.Option(help="Keys, nonces and flipped bits follow from it.")] = 0,
    size: Annotated[int, typer.Option(help="Side in pixels; 0: the profile's.")] = 0,
    count: Annotated[int, typer.Option(help="Pictures at most; 0: the profile's.")] = 0,
    colour: Annotated[bool, typer.Option("--colour/--grey", help="Colour or grey.")] = True,
) -> None:
    """Measure systems on pictures: report.html, report.ipynb and results.json.

    A system that raises costs its own card only: the report is made without it, and the exit code
    is 1.
    """
    try:
        profile = resolve_profile(check_profile(profile, "--profile", ("auto",)))
    except ParameterError as problem:
        raise _refuse(problem) from None
    if seed < 0 or size < 0 or count < 0:
        raise _refuse("--seed, --size and --count: expected 0 or more")
    labels, going = list(systems or ()), False
    try:
        from gansec_lib.report import run as runner
        from gansec_lib.report.study import Study

        study = Study(labels, images, profile, seed, size, count, colour)  # finds what is wrong
        typer.echo(
            f"{len(study.systems)} systems on at most {study.count} pictures from "
            f"{printable(images)}, profile {profile}"
        )
        parameters = {
            "SYSTEMS": labels,
            "IMAGES": _source(images),
            "PROFILE": profile,
            "SEED": seed,
            "SIZE": size,
            "COUNT": count,
            "COLOUR": colour,
        }
        going = True
        done = runner.run(parameters, out)
    except (ParameterError, DataMissingError, ImageError) as problem:
        raise _refuse(problem) from None
    except GansecError as problem:
        raise _failed(problem) from None
    except KeyboardInterrupt:
        kept = out.expanduser().resolve() / "unfinished" / "report.ipynb"
        said = f"what was done until then is kept in {kept}, and a former report is as it was"
        typer.echo(
            f"gansec: stopped; {said if going and kept.is_file() else 'nothing was written'}",
            err=True,
        )
        raise typer.Exit(130) from None
    entries = json.loads(done.results.read_text(encoding="utf-8"))["systems"]
    failed = {label: entry["failed"] for label, entry in entries.items() if "failed" in entry}
    for label, entry in entries.items():
        if label not in failed:
            typer.echo(f"{label}: {entry['overall']}")
    typer.echo(f"page      {done.page}\nnotebook  {done.notebook}\nmetrics   {done.results}")
    if failed:
        said = "; ".join(
            f"{name}: {why['error']}: {why['message']}" for name, why in failed.items()
        )
        raise _failed(f"could not be measured: {said}")


def _source(images: str) -> str:
    """A folder as an absolute path, because the notebook may run elsewhere."""
    path = Path(images).expanduser()
    return str(path.resolve()) if path.exists() and ("/" in images or path.is_dir()) else images


@app.command()
def randomness(
    file: Annotated[Path, typer.Argument(help="Any file of bytes; - reads standard input.")],
    sequences: Annotated[int, typer.Option(help="Cut the file into this many sequences.")] = 1,
    length: Annotated[int, typer.Option(help="Bits of a sequence; 0: as many as there are.")] = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write every p-value into this file, too.")
    ] = None,
) -> None:
    """Test a file with SP 800-22 and print the standard's final analysis table.

    Exit code 0: no test fails; 1: one does; 2: wrong arguments. Passing says that these tests saw
    nothing, not that the bytes are secret.
    """
    if sequences < 1 or length < 0:
        raise _refuse("--sequences: expected 1 or more, --length: expected 0 or more")
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as problem:
        raise _refuse(f"FILE: cannot read {file} ({problem.strerror or problem})") from None
    if not data:
        raise _refuse(f"FILE: {file} is empty; expected bytes to test")
    bits = tests.to_bits(data)
    size = length or len(bits) // sequences
    if size == 0:
        raise _refuse(
            f"FILE: {sequences} sequences need {sequences} bits or more, {file} holds {len(bits)}"
        )
    if size * sequences > len(bits):
        many = f"{sequences} sequence{'s' * (sequences > 1)} of {size:,} bits"
        raise _refuse(
            f"FILE: {many} need{'s' * (sequences == 1)} {sequences * size:,} bits, "
            f"{file} holds {len(bits):,}"
        )
    cut = [bits[i * size : (i + 1) * size] for i in range(sequences)]
    found = tests.battery(cut, threads=os.cpu_count() or 1)
    typer.echo(f"{file}: {sequences} sequence{'s' * (sequences > 1)} of {size:,} bits\n")
    typer.echo(found.final_analysis() + "\n")
    for row in found.table():
        typer.echo(f"{row['verdict']:>8}  {row['test']}")
    if json_file:
        try:
            atomic_write(json_file, json.dumps(found.to_dict(), indent=1) + "\n")
        except WriteError as problem:
            raise _refuse(f"--json: {problem}") from None
    if not found.rows:
        raise _refuse(f"FILE: {size:,} bits are too few for any test")
    if not found.passed:
        raise typer.Exit(1)


@app.command(name="list")
def list_(
    what: Annotated[str, typer.Argument(help="systems, images, or all.")] = "all",
) -> None:
    """Systems and where pictures come from."""
    from rich.console import Console
    from rich.table import Table

    if what not in ("all", "systems", "images"):
        raise _refuse(f"list: expected systems, images or all, got {what!r}")
    console = Console()
    if what != "images":
        table = Table(title="Systems", title_justify="left")
        for heading in ("name", "role", "what it is", "paper", "lesson"):
            table.add_column(heading, overflow="fold")
        for row in catalogue.table():
            table.add_row(*(row[k] for k in ("key_name", "role", "title", "paper", "lesson")))
        console.print(table)
    if what != "systems":
        table = Table(title="Pictures (or give a folder)", title_justify="left")
        for heading in ("name", "what", "how many", "licence"):
            table.add_column(heading, overflow="fold")
        for row in library.available():
            table.add_row(*(str(row.get(k, "")) for k in ("name", "kind", "count", "licence")))
        console.print(table)


@app.command()
def doctor() -> None:
    """Check this machine: versions, GPU, data, one forward pass, the Jupyter kernel."""
    if not surgery.report(surgery.examine()):
        raise typer.Exit(1)


def main() -> None:
    """Entry point of ``python -m gansec_lib.cli``."""
    app()


if __name__ == "__main__":
    sys.exit(main())
