"""``gansec doctor``: what this machine has, what is missing, and what to do about it."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

import gansec_lib
from gansec_lib import systems
from gansec_lib.files import data_dir
from gansec_lib.nets import weights

MARKS = {"pass": "[green]✓ pass[/green]", "note": "[yellow]· note[/yellow]"}
MARKS["fail"] = "[red]✗ fail[/red]"


@dataclass(frozen=True)
class Check:
    """One line of the table: what was looked at, ``pass``, ``note`` or ``fail``, what was found."""

    name: str
    state: str
    found: str


def examine() -> Iterator[Check]:
    """Every check, one after the other; none of them raises."""
    checks: tuple[tuple[str, Callable[[], Iterator[Check]]], ...] = (
        ("Python", _python),
        ("packages", _packages),
        ("torch and torchvision", _pair),
        ("GPU", _gpu),
        ("data", _data),
        ("forward pass", _forward),
        ("cipher", _cipher),
        ("Jupyter kernel", _kernel),
    )
    for name, check in checks:
        try:
            yield from check()
        except Exception as problem:  # a doctor reports, it does not fall ill
            yield Check(name, "fail", f"{type(problem).__name__}: {problem}".split("\n")[0])


def report(checks) -> bool:
    """Print the table as the checks come in; True if nothing failed."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="gansec doctor", title_justify="left")
    table.add_column("looked at")
    table.add_column("state")
    table.add_column("found", overflow="fold")
    failed = 0
    for check in checks:
        failed += check.state == "fail"
        table.add_row(check.name, MARKS[check.state], check.found)
    console = Console()
    console.print(table)
    console.print("all is well" if not failed else f"{failed} failed: see the lines marked ✗")
    return not failed


def _python() -> Iterator[Check]:
    words = sys.version.split()[0]
    good = sys.version_info >= (3, 11)
    yield Check("Python", "pass" if good else "fail", words if good else f"{words}; 3.11 is needed")


def _packages() -> Iterator[Check]:
    """Each requirement of the package, present and not too old."""
    found, missing, old = 0, [], []
    for line in requires("gansec-lib") or ():
        match = re.match(
            r"([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?\s*(?:>=\s*([0-9.]+))?([^;]*)(;.*)?", line
        )
        name, least, _, marker = match.groups()
        if marker and "extra" in marker:
            continue
        try:
            have = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        found += 1
        if least and _numbers(have) < _numbers(least):
            old.append(f"{name} {have} < {least}")
    if missing or old:
        words = "; ".join([f"missing: {', '.join(missing)}"] * bool(missing) + old)
        yield Check("packages", "fail", f"{words}; run make setup")
    else:
        yield Check("packages", "pass", f"{found} of {found} there, none too old")


def _numbers(text: str) -> tuple[int, ...]:
    """The release numbers of a version.

    >>> _numbers("2.15.0+cpu") > _numbers("2.9")
    True
    """
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[+a-z]", text)[0]))


def _pair() -> Iterator[Check]:
    """torchvision next to another torch's build fails to import, and torchmetrics with it."""
    import torch

    try:
        import torchvision
        from torchvision.ops import nms

        nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.ones(1), 0.5)
    except Exception as problem:
        words = f"torch {torch.__version__}, torchvision does not load ({problem}); reinstall both"
        yield Check("torch and torchvision", "fail", words.split("\n")[0])
        return
    words = f"torch {torch.__version__}, torchvision {torchvision.__version__}, compiled parts load"
    yield Check("torch and torchvision", "pass", words)


def _gpu() -> Iterator[Check]:
    import torch

    if not torch.cuda.is_available():
        threads = torch.get_num_threads()
        yield Check("GPU", "note", f"none; everything runs on {threads} CPU threads (laptop)")
        return
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    value = (torch.ones(64, 64, device="cuda") @ torch.ones(64, 64, device="cuda")).sum().item()
    state = "pass" if value == 64**3 else "fail"
    yield Check("GPU", state, f"{', '.join(names)}; a matrix product gives {value:g}")


def _data() -> Iterator[Check]:
    """Every file of the manifest with its sha256."""
    path = data_dir() / "MANIFEST.json"
    if not path.is_file():
        yield Check("data", "fail", f"{path} is missing; run make weights, or clone again")
        return
    verdicts = weights.verify()
    words = []
    for what in ("missing", "changed"):
        names = [name for name, verdict in verdicts.items() if verdict == what]
        words += [f"{what}: {', '.join(names[:5])}"] if names else []
    if words:
        yield Check("data", "fail", f"{'; '.join(words)}; run make weights, or clone again")
    else:
        yield Check("data", "pass", f"{len(verdicts)} files, every sha256 right")


def _forward() -> Iterator[Check]:
    import torch

    from gansec_lib.nets.dcgan import DCGANGenerator

    generator = DCGANGenerator().eval()
    start = time.perf_counter()
    with torch.no_grad():
        made = generator(torch.zeros(2, 100))
    spent = time.perf_counter() - start
    good = made.ndim == 4 and bool(made.isfinite().all())
    words = f"DCGAN, noise to {tuple(made.shape)} in {1000 * spent:.0f} ms"
    yield Check("forward pass", "pass" if good else "fail", words)


def _cipher() -> Iterator[Check]:
    import torch

    pictures = (
        torch.arange(2 * 3 * 20 * 20).reshape(2, 3, 20, 20).to(torch.uint8)
    )  # one needs a square
    key = bytes(range(32))
    start = time.perf_counter()
    ciphers = systems.names("Cipher")
    for name in ciphers:
        system = systems.get(name)
        back = system.decrypt(system.encrypt(pictures, key), key)
        exact = torch.equal(back, pictures)
        if not (exact if system.lossless else back.shape == pictures.shape):
            yield Check("ciphers", "fail", f"{name} does not give the pictures back")
            return
    spent = time.perf_counter() - start
    yield Check("ciphers", "pass", f"{len(ciphers)} give pictures back in {spent:.1f} s")


def _kernel() -> Iterator[Check]:
    """Start the kernel the notebooks use and ask it which library it sees."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(
        kernel_name="python3", startup_timeout=60, extra_arguments=["--IPKernelApp.log_level=ERROR"]
    )
    try:
        said: list[str] = []
        client.execute_interactive(
            "import gansec_lib; print(gansec_lib.__file__)",
            timeout=60,
            output_hook=lambda message: said.append(str(message["content"].get("text", ""))),
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    seen = "".join(said).strip()
    if seen == gansec_lib.__file__:
        yield Check("Jupyter kernel", "pass", "python3 starts and sees this library")
    else:
        yield Check("Jupyter kernel", "fail", f"python3 sees {seen or 'no gansec_lib'}")
