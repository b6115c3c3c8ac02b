"""The fuzz command itself: it must see what it is there to see."""

import contextlib
import sys
import time
import types

import pytest

from gansec_lib.errors import IntegrityError
from tools import fuzz
from tools.fuzz.__main__ import main


def plant(monkeypatch, attempt, seconds=5.0, count=10):
    """A kind of file whose cases do what a test wants."""
    module = types.ModuleType("tools.fuzz.planted")
    module.COUNT, module.SECONDS, module.prepare = count, seconds, lambda folder: attempt
    monkeypatch.setitem(sys.modules, "tools.fuzz.planted", module)
    monkeypatch.setattr(fuzz, "KINDS", ("planted",))


def test_cases_are_counted_and_repeatable(monkeypatch):
    drawn = []

    def attempt(rng):
        drawn.append(rng.random())
        if drawn[-1] < 0.5:
            raise IntegrityError("file.bin: damaged")

    plant(monkeypatch, attempt)
    tally = fuzz.run("planted", seed=3)
    assert (tally.cases, len(set(drawn))) == (10, 10)
    assert tally.refused["IntegrityError"] == sum(value < 0.5 for value in drawn) > 0
    assert tally.opened == 10 - tally.refused.total() > 0
    fuzz.run("planted", count=1, seed=3, first=7)
    assert drawn[-1] == drawn[7]
    fuzz.run("planted", count=1, seed=4, first=7)
    assert drawn[-1] not in drawn[:10]


def raises(error):
    def attempt(rng):
        raise error

    return attempt


def hangs(rng):
    while True:
        with contextlib.suppress(Exception):  # a decoder that swallows everything
            time.process_time()


def sleeps(rng):
    time.sleep(60)


def eats(rng):
    try:
        bytearray(fuzz.MEMORY + (64 << 20))
    except MemoryError as error:
        raise IntegrityError("file.bin: damaged") from error


@pytest.mark.parametrize(
    ("attempt", "says"),
    [
        (raises(KeyError("a")), "KeyError: 'a'"),
        (raises(SystemExit(1)), "SystemExit: 1"),
        (raises(IntegrityError("")), "IntegrityError without a message"),
        (hangs, "TooMuch: more than 0.2 s"),
        (sleeps, "TooMuch: more than 0.2 s of processor time, or 1 s in all"),
        pytest.param(
            eats,
            "more than 2 GiB were asked for before IntegrityError",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="no bound on memory"),
        ),
    ],
)
def test_faults_are_seen_and_can_be_repeated(monkeypatch, capsys, attempt, says):
    monkeypatch.setattr(fuzz, "WALL", 1.0)
    plant(monkeypatch, attempt, seconds=0.2, count=1)
    monkeypatch.setattr("tools.fuzz.__main__.fuzz.KINDS", ("planted",))
    assert main(["--only", "planted", "--seed", "5"]) == 1
    shown = capsys.readouterr().out
    assert f"planted: {says}" in shown
    assert "python -m tools.fuzz --only planted --seed 5 --case 0 --count 1" in shown


def test_nothing_wrong_is_0(monkeypatch, capsys):
    plant(monkeypatch, lambda rng: True)
    assert main(["--count", "3"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:5] == ["planted", "3", "3", "0", "0"]
