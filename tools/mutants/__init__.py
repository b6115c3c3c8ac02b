"""One broken step at a time, planted in every system; a test of the suite has to turn red.

A suite that stays green when a cipher loses its permutation does not test the cipher. A ``Mutant``
says which line of the library becomes which wrong one, and the suite's tests that ought to notice:
the system's known answers and ``roles.conform`` where it names none. Nothing on disk is changed:
every mutant runs in a process of its own, which imports the changed text in place of the file.

A test that is red without any fault tells nothing. So those that told a mutant are run once more
on the library as it is, and have to be green.
"""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.machinery
import itertools
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TABLES = Path(__file__).resolve().parent
PATIENCE = 600.0  # seconds of one mutant's tests
MISSPELT = re.compile("(NameError|UnboundLocalError): .*")  # a fault of the mutant, not of a step
HEAVY = (  # imported once, before the processes part; of the library nothing
    "torch",
    "numba",
    "scipy.ndimage",
    "scipy.stats",
    "hypothesis",
    "pytest",
    "safetensors.torch",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.kdf.hkdf",
)


@dataclass(frozen=True)
class Mutant:
    """One planted fault.

    Parameters
    ----------
    system : str
        Key name of the system whose step is broken.
    name : str
        The fault in words.
    file : str
        Path from the project's root.
    right, wrong : str
        The text, which stands in the file exactly once, and what it becomes.
    tests : tuple of str
        The suite's tests that must notice, as pytest names them; the system's known answers and
        ``conform`` where empty.
    fast : bool
        Whether the suite plants it, too.
    """

    system: str
    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...] = ()
    fast: bool = False

    def text(self) -> str:
        """The file's text with the fault in it.

        Raises
        ------
        ValueError
            ``right`` is not there exactly once: the library changed, and the mutant must follow.
        """
        healthy = (ROOT / self.file).read_text("utf-8")
        often = healthy.count(self.right)
        if often != 1 or self.wrong == self.right:
            raise ValueError(
                f"{self.system}: {self.name}: mend the mutant: {self.right!r} stands {often} times "
                f"in {self.file}, expected once"
            )
        return healthy.replace(self.right, self.wrong)


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant.

    Parameters
    ----------
    mutant : Mutant
    told : str
        The test that turned red; empty where none did.
    why : str
        The first line of what that test said; or why the mutant has to be mended: its text does
        not run, or its tests find no end. Empty where the fault survived.
    seconds : float
    """

    mutant: Mutant
    told: str
    why: str
    seconds: float


def mutants(only: Iterable[str] = (), fast: bool = False, tables: Path = TABLES) -> list[Mutant]:
    """All of the tables, or those of some systems; with ``fast`` those that the suite plants."""
    texts = (path.read_text("utf-8") for path in sorted(tables.glob("*.txt")))
    found = [one for text in texts for one in read(text)]
    only = tuple(only) or tuple(dict.fromkeys(one.system for one in found))
    return [one for name in only for one in found if one.system == name and (one.fast or not fast)]


def read(table: str) -> Iterator[Mutant]:
    """The mutants of a table.

    A line in brackets names systems and the file that all of them use. Then every fault has its
    name after a star (after an exclamation mark if it is fast), the right lines, the wrong ones,
    and the tests that must notice, if it names any; in these ``{}`` stands for the system::

        [lsb lsb_matching] gansec_lib/systems/steganography/lsb.py
        * the message stands in the second bit
        - samples[row, places] & 1
        + samples[row, places] & 2
        ? tests/test_hiders.py::test_known_stego
    """
    systems, file, fault = [], "", {}
    for line in (*table.splitlines(), "[]"):
        if line[:1] in ("[", "*", "!"):
            for system in systems if fault else ():
                right, wrong = ("\n".join(fault[mark]) for mark in "-+")
                tests = tuple(test.replace("{}", system) for test in fault["?"])
                yield Mutant(system, fault["name"], file, right, wrong, tests, fault["fast"])
            fault = {}
        if line.startswith("["):
            names, _, file = line[1:].partition("] ")
            systems = names.split()
        elif line[:1] in ("*", "!"):
            fault = {"name": line[2:], "fast": line[0] == "!", "-": [], "+": [], "?": []}
        elif line.strip() and not line.startswith("#"):
            fault[line[0]].append(line[2:])


def tests_of(system: str) -> tuple[str, ...]:
    """The system's known answers and its promises, as pytest names them."""
    answers = json.loads((ROOT / "tests" / "known_answers.json").read_text("utf-8"))
    labels = [label for label in answers if label.split(":")[0] == system]
    return (
        *(f"tests/test_known_answers.py::test_made_as_known[{label}]" for label in labels),
        f"tests/test_conform.py::test_every_system_of_the_table_keeps_its_promises[{system}]",
    )


def run(chosen: list[Mutant]) -> Iterator[Outcome]:
    """Plant one fault after the other; yields what became of each.

    Raises
    ------
    ValueError
        A mutant does not fit the library, or a test that told one is red without any.
    """
    for mutant in chosen:
        mutant.text()
    for module in HEAVY:
        importlib.import_module(module)
    importlib.import_module("torch").set_num_threads(1)
    gc.freeze()  # what every process inherits is not searched again by each
    for _, group in itertools.groupby(chosen, lambda mutant: mutant.system):
        culprits = set()
        for mutant in group:
            start = time.monotonic()
            try:
                told, why = _apart(mutant, mutant.tests or tests_of(mutant.system))
            except ValueError as problem:
                told, why = "", str(problem)
            yield Outcome(mutant, told, why, time.monotonic() - start)
            culprits |= {told} - {""}
        told, why = _apart(None, tuple(sorted(culprits))) if culprits else ("", "")
        if told:
            raise ValueError(f"{told} is red without any mutant: {why}")


def _apart(mutant: Mutant | None, tests: tuple[str, ...]) -> tuple[str, str]:
    """The first test that turns red in a process of its own, and what it said."""
    # A fork has all of HEAVY already. Elsewhere than on Linux it is not to be trusted with threads.
    ways = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    mine, theirs = ways.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        process = ways.Process(target=_work, args=(mutant, tests, folder, theirs))
        process.start()
        theirs.close()
        try:
            hangs = (None, f"its tests are not over after {PATIENCE} s")
            answer = mine.recv() if mine.poll(PATIENCE) else hangs
        except EOFError:
            answer = (None, "its process died")
        process.kill()
        process.join()
    if answer[0] is None:
        raise ValueError(answer[1])
    return answer


def _work(mutant: Mutant | None, tests: tuple[str, ...], folder: str, answer) -> None:
    """Import the library with the fault in it, and run the tests."""
    os.chdir(ROOT)
    with open(f"{folder}/said", "w") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    try:
        if mutant:
            _plant(mutant, folder)
        answer.send(_red(tests, folder))
    except ValueError as problem:
        answer.send((None, str(problem)))


class _Red:
    """A pytest plugin that keeps the first test that failed."""

    def __init__(self):
        self.told, self.why, self.misspelt = "", "", ""

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.told:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = (crash.message if crash else str(report.longrepr)).strip() or "failed"
            misspelt = MISSPELT.search(said)
            self.told, self.why = report.nodeid, said.splitlines()[0]
            self.misspelt = misspelt[0] if misspelt else ""


def _red(tests: tuple[str, ...], folder: str) -> tuple[str, str]:
    """Run the tests up to the first red one."""
    import pytest

    for name in ("PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "GANSEC_SHUFFLE"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # none is needed, and each costs time
    sys.path.insert(0, str(ROOT))
    red = _Red()
    options = ["-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=--strict-markers"]
    options.append(f"--basetemp={folder}/pytest")
    status = int(pytest.main([*options, *tests], plugins=[red]))
    if status not in (0, 1) or (status == 1) is not bool(red.told):
        said = Path(folder, "said").read_text("utf-8")
        raise ValueError(f"pytest exit {status}:\n{said[-2000:]}")
    if red.misspelt:
        raise ValueError(f"mend the mutant: its text is no Python that runs: {red.misspelt}")
    return red.told, red.why


def _plant(mutant: Mutant, folder: str) -> None:
    """Have the library imported with the mutant's text in place of its file."""
    import numba

    text = mutant.text()
    if "cache=True" in text:  # or numba takes the healthy code that it kept, or keeps this
        os.environ["NUMBA_CACHE_DIR"] = folder
        numba.config.reload_config()
    module = mutant.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    if any(name.split(".")[0] == "gansec_lib" for name in sys.modules):
        raise ValueError("the library was imported before the fault was planted")
    sys.meta_path.insert(0, _Finder(module, text))
    sys.path.insert(0, str(ROOT))
    try:
        importlib.import_module(module)
        importlib.import_module("gansec_lib.systems").find(mutant.system)
    except Exception as problem:
        raise ValueError(f"mend the mutant: it cannot be imported ({problem!r})") from None


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module, with another text."""

    def __init__(self, module: str, text: str):
        self.module, self.text = module, text

    def find_spec(self, name, path=None, target=None):
        if name != self.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        spec.loader = _Loader(name, spec.origin, self.text)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from another text than its file has."""

    def __init__(self, name: str, path: str, text: str):
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname):
        return compile(self.text, self.path, "exec", dont_inherit=True)

    def get_source(self, fullname):
        return self.text
