"""The checker: four outcomes, messages that help, and a notebook that never stops."""

import inspect

import numpy as np
import pytest
import torch

import gansec_lib.course.check as checks
from gansec_lib.course.check import Exercise, case, check, hint, passed, progress, registry, reveal
from gansec_lib.course.check.compare import describe, difference
from gansec_lib.errors import ParameterError


def mean_of(images):
    """The mean of each picture."""
    return images.float().mean(dim=(1, 2, 3))


@pytest.fixture(autouse=True)
def exercises(monkeypatch):
    """Two exercises of a lesson that no file declares, and a clean memory."""
    for name in ("_outcomes", "_handed_back", "_hints_shown"):
        monkeypatch.setattr(checks, name, {})
    registry.every()  # a lesson's file that is first loaded inside a test would be forgotten again
    monkeypatch.setattr(registry, "_exercises", dict(registry._exercises))
    cases = (
        case("colour, not square", torch.arange(30, dtype=torch.uint8).reshape(1, 3, 2, 5)),
        case("two in grey", torch.arange(12, dtype=torch.uint8).reshape(2, 1, 3, 2)),
    )
    hints = ("Make floats first.", "Average over all axes but the first.")
    registry.register(Exercise("98.1", "means", 2, 5, mean_of, hints, cases))
    registry.register(Exercise("98.2", "a number", 1, 1, 42, hints))


def said(capsys) -> str:
    return capsys.readouterr().out


# ---------------------------------------------------------------- the four outcomes


def test_a_right_answer_passes_and_comes_back(capsys):
    def mine(images):
        return images.double().flatten(1).mean(1)

    assert check("98.1", mine) is mine
    assert said(capsys) == "98.1 passed\n"
    assert passed("98.1")


def test_a_stub_is_not_attempted_and_the_reference_comes_back(capsys):
    def mine(images):
        raise NotImplementedError()

    assert check("98.1", mine) is mean_of
    assert said(capsys) == "98.1 not attempted (reference used below)\n"
    assert not passed("98.1")


@pytest.mark.parametrize("id", ["98.1", "98.2"])
def test_dots_are_not_attempted(id, capsys):
    result = check(id, ...)
    assert result == (mean_of if id == "98.1" else 42)
    assert said(capsys) == f"{id} not attempted (reference used below)\n"


def test_a_wrong_answer_is_told_where(capsys):
    def mine(images):
        return images.float().mean(dim=(1, 2, 3)) + 1

    assert check("98.1", mine) is mean_of
    lines = said(capsys).splitlines()
    assert lines[0] == (
        "98.1 wrong: 1 of 1 values differ, the first at [0]: expected 14.5, got 15.5 "
        "(on: colour, not square)"
    )
    assert 'hint("98.1")' in lines[1]


def test_an_error_is_told_with_its_inputs(capsys):
    def mine(images):
        return images.mean(dim=(1, 2, 3))  # uint8 has no mean

    assert check("98.1", mine) is mean_of
    text = said(capsys)
    assert text.startswith("98.1 error: ") and "Error: mean()" in text
    assert "called with uint8 tensor (1, 3, 2, 5)" in text


def test_the_lines_own_error_is_shown(capsys):
    names = {}
    exec(compile("def mine(images):\n    return 1 / 0\n", "<learner>", "exec"), names)
    check("98.1", names["mine"])
    assert "ZeroDivisionError: division by zero" in said(capsys)


# ---------------------------------------------------------------- classic slips


def test_the_forgotten_return(capsys):
    def mine(images):
        images.float().mean(dim=(1, 2, 3))

    check("98.1", mine)
    assert "returned None (is the `return` missing?)" in said(capsys)


def test_the_forgotten_raise(capsys):
    def mine(images):
        # YOUR CODE HERE
        result = images.float().mean(dim=(1, 2, 3))  # noqa: F841
        raise NotImplementedError()

    check("98.1", mine)
    assert "98.1 error: the line `raise NotImplementedError()` still stands" in said(capsys)


def test_torchs_own_not_implemented_is_an_error(capsys):
    def mine(images):
        raise NotImplementedError("no kernel for this")

    check("98.1", mine)
    assert said(capsys).startswith("98.1 error: NotImplementedError: no kernel")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda images: images.float().mean(), "expected a torch tensor (1,), got"),
        (lambda images: images.float().mean(dim=(1, 2, 3)).numpy(), "expected a torch tensor"),
        (lambda images: images.float().mean(dim=(2, 3)), "the shape is (1, 3), expected (1,)"),
        (lambda images: mean_of(images).to(torch.uint8), "the dtype is uint8, expected float32"),
        (lambda images: mean_of(images) * torch.nan, "1 of 1 values are nan"),
        (lambda: 1, "takes 0 positional arguments"),
        (lambda images: ..., "returned `...`"),
        (7, "expected a function, got 7"),
        (None, "expected a function, got None"),
    ],
)
def test_messages_name_the_slip(answer, words, capsys):
    check("98.1", answer)
    text = said(capsys)
    if words.startswith("expected a torch tensor (1,)"):
        words = "the shape is (), expected (1,)"
    assert words in text, text


def test_an_answer_that_changes_its_input_corrupts_nothing(capsys):
    def mine(images):
        images.zero_()
        return mean_of(images)

    assert check("98.1", mine) is mean_of
    assert "wrong" in said(capsys)
    assert registry.find("98.1").all_cases()[0].args[0].sum() > 0
    assert check("98.1", lambda images: mean_of(images)) is not mean_of
    assert said(capsys) == "98.1 passed\n"


def test_pure_exercises_forbid_changes_in_place(capsys):
    registry.register(
        Exercise("98.3", "pure", 1, 1, mean_of, ("a", "b"), [case("one", torch.ones(1, 1, 2, 3))],
                 pure=True)
    )  # fmt: skip

    def mine(images):
        result = mean_of(images)
        images.add_(1)
        return result

    check("98.3", mine)
    assert "changes its input in place" in said(capsys)
    check("98.3", lambda images: mean_of(images))
    assert said(capsys) == "98.3 passed\n"


def test_random_numbers_are_the_same_and_the_lessons_are_not_used_up(capsys):
    def noise(n):
        return torch.randn(n) + float(np.random.rand())  # noqa: NPY002

    registry.register(Exercise("98.4", "noise", 1, 1, noise, ("a", "b"), [case("five", 5)]))
    torch.manual_seed(3)
    expected = torch.randn(4)
    torch.manual_seed(3)
    check("98.4", lambda n: torch.randn(n) + float(np.random.rand()))  # noqa: NPY002
    assert said(capsys) == "98.4 passed\n"
    assert torch.equal(torch.randn(4), expected)


def test_probe_and_judge(capsys):
    class Adder:
        def __init__(self, n):
            self.n = n

        def add(self, x):
            return x + self.n

    registry.register(
        Exercise("98.5", "class", 1, 1, Adder, ("a", "b"), [case("two", 2, 3)],
                 probe=lambda cls, n, x: cls(n).add(x))
    )  # fmt: skip
    registry.register(
        Exercise("98.6", "any even", 1, 1, lambda n: 2, ("a", "b"), [case("any", 1)],
                 grade=lambda result, n: None if result % 2 == 0 else f"{result} is odd")
    )  # fmt: skip
    check("98.5", type("Mine", (Adder,), {}))
    check("98.5", type("Mine", (Adder,), {"add": lambda self, x: x}))
    check("98.6", lambda n: 8)
    check("98.6", lambda n: 9)
    check("98.6", lambda n: None)
    check("98.6", lambda n: "text")
    lines = [line for line in said(capsys).splitlines() if line.startswith("98")]
    assert lines[0] == "98.5 passed"
    assert lines[1] == "98.5 wrong: expected 5, got 3 (on: two)"
    assert lines[2] == "98.6 passed"
    assert lines[3] == "98.6 wrong: 9 is odd (on: any)"
    assert "None" in lines[4]
    assert lines[5].startswith("98.6 wrong: 'text' cannot be used")


# ---------------------------------------------------------------- running a cell twice


def test_the_reference_that_came_back_is_not_the_learners_work(capsys):
    mine = check("98.1", ...)
    mine = check("98.1", mine)  # the check cell alone, run again
    assert said(capsys) == "98.1 not attempted (reference used below)\n" * 2
    value = check("98.2", 41)
    value = check("98.2", value)
    assert value == 42 and isinstance(value, int)
    assert said(capsys).count("98.2 wrong: 41 is not it") == 2
    assert not passed("98.2")
    assert check("98.2", 42) == 42 and passed("98.2")


def test_values(capsys):
    for right in (42, 42.0, np.int64(42), torch.tensor(42)):
        check("98.2", right)
    assert said(capsys) == "98.2 passed\n" * 4
    for wrong in (43, "42", [42], None, True, float("nan")):
        check("98.2", wrong)
    text = said(capsys)
    assert text.count("98.2 wrong") == 6
    assert "42" not in text.replace("'42'", "").replace("[42]", ""), "the answer is given away"


def test_strict_raises_for_graders(capsys):
    with pytest.raises(AssertionError, match=r"98\.1 not attempted"):
        check("98.1", ..., strict=True)
    assert check("98.1", lambda images: mean_of(images), strict=True)


# ---------------------------------------------------------------- hint, reveal, progress


def test_hints_come_one_by_one(capsys):
    for _ in range(3):
        hint("98.1")
    assert said(capsys).splitlines() == [
        "98.1 hint 1 of 2: Make floats first.",
        "98.1 hint 2 of 2: Average over all axes but the first.",
        '98.1 that was the last hint. reveal("98.1") shows the reference.',
    ]


def test_reveal_shows_the_source(capsys):
    reveal("98.1")
    assert said(capsys).strip() == inspect.getsource(mean_of).strip()
    reveal("98.2")
    assert said(capsys) == "98.2 answer: 42\n"
    reveal("00.4")
    text = said(capsys)
    assert text.startswith("def read_other(") and "@exercise" not in text


def test_progress_is_a_table(capsys):
    check("98.2", 42)
    said(capsys)
    progress("98")
    assert said(capsys).splitlines() == [
        "98.1  means     ●●○  not checked yet",
        "98.2  a number  ●○○  passed",
        "1 of 2 passed",
    ]
    progress("97")
    assert "no exercises" in said(capsys)


# ---------------------------------------------------------------- the registry


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("98.7", "did you mean '98."),
        ("00.9", "there is no exercise '00.9'; did you mean '00."),
        (5, "expected text such as"),
        (5.2, "expected text such as"),
    ],
)
def test_unknown_ids_are_errors_with_a_near_miss(id, words):
    for function in (lambda: check(id, ...), lambda: hint(id), lambda: reveal(id)):
        with pytest.raises(ParameterError) as error:
            function()
        assert words in str(error.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "1.1"}, "expected something like"),
        ({"difficulty": 4}, "difficulty is 1, 2 or 3"),
        ({"hints": ("one",)}, "at least two hints"),
        ({"cases": ()}, "expected cases"),
        ({"id": "98.1", "title": "another"}, "is taken by 'means'"),
    ],
)
def test_bad_exercises_are_refused(change, words):
    good = {"id": "98.8", "title": "t", "difficulty": 1, "minutes": 1, "reference": mean_of,
            "hints": ("a", "b"), "cases": (case("one", torch.ones(1, 1, 1, 2)),)}  # fmt: skip
    with pytest.raises(ParameterError) as error:
        registry.register(Exercise(**{**good, **change}))
    assert words in str(error.value)


# ---------------------------------------------------------------- comparing


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (1.0, 1.0 + 1e-7, None),
        (1.0, 1.1, "expected 1, got 1.1"),
        (3, 3.0, None),
        (3, True, "expected 3, got True"),
        (float("nan"), float("nan"), None),
        (2, torch.tensor([2]), "expected one number, got int64 tensor (1,)"),
        ((1, "a"), [1, "a"], None),
        ((1, 2), (1, 3), "entry 1: expected 2, got 3"),
        ((1, 2), (1,), "expected 2 entries, got 1"),
        ((1, 2), 1, "expected 2 results"),
        ({"a": 1}, {"a": 1}, None),
        ({"a": 1}, {}, "the entry 'a' is missing"),
        ({"a": 1}, {"a": 2}, "entry 'a': expected 1, got 2"),
        ({"a": 1}, {"a": 1, "b": 2}, "unexpected entry 'b'"),
        ({"a": 1}, 3, "expected a dictionary"),
        ("yes", "no", "expected 'yes', got 'no'"),
        ("yes", 3, "expected text, got int 3"),
        (b"ab", b"ab", None),
        (torch.Size([1, 2]), (1, 2), None),
        (torch.tensor([True]), torch.tensor([1]), "the dtype is int64, expected bool"),
        (torch.tensor([1, 2]), torch.tensor([1, 2], dtype=torch.int32), None),
        (np.array([1.0]), np.array([1.0], dtype=np.float32), None),
        (np.array([1.0]), torch.tensor([1.0]), "expected a NumPy array"),
    ],
)
def test_difference(expected, got, words):
    found = difference(expected, got, 1e-5, 1e-6)
    assert (found is None) if words is None else (words in found), found


def test_describe_is_short():
    assert describe(list(range(100))) == "list of length 100"
    assert describe(torch.nn.Linear(2, 2)) == "Linear"
    assert describe(mean_of) == "function mean_of"
    assert len(describe("x" * 500)) == 60
    assert describe(np.zeros((2, 3))) == "float64 array (2, 3)"
