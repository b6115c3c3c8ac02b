"""Damaged files by the thousand: each one opens, or is refused with a documented error.

A kind of file is a module of this folder with three names:

``COUNT``
    How many cases ``make fuzz`` tries.
``SECONDS``
    Processor time that one case may take.
``prepare(folder) -> attempt``
    Makes whatever the cases need (valid files to damage) in an empty folder, opens each of them
    once, so that everything is loaded before time and memory are counted, and gives back the
    function ``attempt(rng)`` that damages one file with ``rng``, a ``random.Random``, and opens
    it. It returns True where the file opened, raises one of ``gansec_lib.errors`` where it was
    refused, and anything else that it raises is a fault of the library.

The suite runs a few hundred cases of each kind, ``make fuzz`` all of them.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from gansec_lib.errors import GansecError

KINDS = ("containers", "pictures", "archives", "checkpoints")
MEMORY = 2 << 30  # bytes that one case may take beyond what the process has before it
WALL = 120.0  # seconds after which a case counts as hanging, whatever the machine is doing


class TooMuch(BaseException):
    """A case took too long. No ``Exception``, so that no decoder's own handler swallows it."""


@dataclass
class Tally:
    """What became of the cases of one kind."""

    kind: str
    opened: int = 0
    refused: Counter = field(default_factory=Counter)  # documented error: how often
    undocumented: list[tuple[int, str]] = field(default_factory=list)  # case, what happened
    slowest: float = 0.0  # processor seconds

    @property
    def cases(self) -> int:
        return self.opened + self.refused.total() + len(self.undocumented)


def run(kind: str, count: int | None = None, seed: int = 0, first: int = 0) -> Tally:
    """Try ``count`` cases (all of them by default), beginning with number ``first``.

    The case of a number is the same for the same seed on every machine, so ``first`` and
    ``count=1`` repeat a single one.
    """
    module = import_module(f"tools.fuzz.{kind}")
    tally = Tally(kind)
    disk = "/dev/shm" if Path("/dev/shm").is_dir() else None  # where a flush costs nothing
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-", dir=disk))
        attempt = module.prepare(Path(folder))
        stack.enter_context(_bounded_memory())
        stack.enter_context(_quiet())
        for number in range(first, first + (module.COUNT if count is None else count)):
            before = time.process_time()
            try:
                with _bounded_time(module.SECONDS):
                    attempt(random.Random(f"{kind} {seed} {number}"))
                tally.opened += 1
            except GansecError as error:
                if problem := _badly_said(error):
                    tally.undocumented.append((number, problem))
                else:
                    tally.refused[type(error).__name__] += 1
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                text = " ".join(f"{type(error).__name__}: {error}".split())
                tally.undocumented.append((number, text[:200]))
            tally.slowest = max(tally.slowest, time.process_time() - before)
    return tally


def _badly_said(error: GansecError) -> str:
    """What is wrong with a documented error: no text, or the memory's end behind it."""
    if not str(error).strip():
        return f"{type(error).__name__} without a message"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return f"more than {MEMORY >> 30} GiB were asked for before {type(error).__name__}"
        cause = cause.__cause__ or cause.__context__
    return ""


@contextlib.contextmanager
def _bounded_memory():
    """Allocations beyond ``MEMORY`` fail, where the system can see to it."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + MEMORY
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextlib.contextmanager
def _quiet():
    """Nothing on the standard error: decoders written in C tell it about each damaged file."""
    sys.stderr.flush()
    former, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(former, 2)
        os.close(former)
        os.close(nowhere)


@contextlib.contextmanager
def _bounded_time(seconds: float):
    """Raise ``TooMuch`` after so much processor time, or after ``WALL`` seconds on the clock."""
    if not hasattr(signal, "SIGPROF"):
        yield
        return

    def stop(number, frame):
        raise TooMuch(f"more than {seconds:g} s of processor time, or {WALL:g} s in all")

    former = {name: signal.signal(name, stop) for name in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, WALL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for name, handler in former.items():
            signal.signal(name, handler)
