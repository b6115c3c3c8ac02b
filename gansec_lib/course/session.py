"""``start``: what every lesson calls first. Checks the parameters, seeds, picks the profile."""

from __future__ import annotations

import ast
import os
import random
from dataclasses import dataclass
from typing import Any

from gansec_lib import __version__
from gansec_lib.course.lessons import LESSONS
from gansec_lib.errors import ParameterError, near_miss
from gansec_lib.profiles import check_profile
from gansec_lib.show import notebook as page

REPORT = "report"  # the one notebook that is no lesson
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

current_lesson: str | None = None  # set by start(); progress() asks for it


@dataclass(frozen=True)
class Course:
    """What ``start`` found out: ask it for the device, the profile and the numbers to use."""

    lesson: str
    title: str
    profile: str
    device: Any
    seed: int

    def pick(self, *, smoke, laptop, gpu):
        """The value for the profile in use. A profile changes numbers, never code paths.

        >>> Course("01", "The minimax game", "laptop", "cpu", 0).pick(smoke=5, laptop=50, gpu=500)
        50
        """
        return {"smoke": smoke, "laptop": laptop, "gpu": gpu}[self.profile]

    def generator(self, stream: int = 0):
        """A fresh CPU random generator; different streams are independent of each other."""
        import torch

        return torch.Generator().manual_seed((self.seed * 1_000_003 + stream) % 2**63)


def start(lesson: str, profile: str = "auto", seed: int = 0) -> Course:
    """Begin a lesson: check the parameters, seed everything, pick profile and device, say so.

    Parameters
    ----------
    lesson : str
        Two digits, as in ``"01"``, or ``"report"``.
    profile : {"auto", "smoke", "laptop", "gpu"}
        ``"auto"``: the environment variable GANSEC_PROFILE where it is set, else ``"gpu"`` where
        there is one, else ``"laptop"``.
    seed : int in [0, 2**32)
        Seeds ``random``, NumPy and torch.

    Raises
    ------
    ParameterError
        Unknown lesson or profile, wrong types, or parameters injected by papermill that the
        notebook does not have (papermill itself only warns).
    """
    import numpy as np
    import torch

    global current_lesson
    check_injected_parameters()
    _validate(lesson, profile, seed)
    chosen, why = _resolve(profile, torch.cuda.is_available())

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (what learners write)
    torch.manual_seed(seed)
    device = torch.device("cuda" if chosen == "gpu" else "cpu")
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # CUDA lacks a few deterministic kernels; there it warns, on the CPU it must hold. (The same as
    # use_deterministic_algorithms, which first spends 4 s on importing torch's compiler.)
    torch.set_deterministic_debug_mode("warn" if device.type == "cuda" else "error")
    page.use_style()

    current_lesson = lesson
    where = "GPU " + torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    pins = [f"{name}={os.environ[name]}" for name in THREAD_VARIABLES if name in os.environ]
    title = "Security report" if lesson == REPORT else LESSONS[lesson].title
    print(f"Lesson {lesson}: {title}" if lesson.isdigit() else title)
    print(f"profile {chosen} ({why}), {where}, seed {seed}, deterministic algorithms on")
    print(
        f"{torch.get_num_threads()} threads ({', '.join(pins) or 'not pinned'}), "
        f"torch {torch.__version__}, gansec_lib {__version__}"
    )
    return Course(lesson, title, chosen, device, seed)


def _validate(lesson, profile, seed) -> None:
    if not isinstance(lesson, str):
        raise ParameterError(
            f'lesson: expected text such as "01", got {lesson!r} ({type(lesson).__name__})'
        )
    known = (*LESSONS, REPORT)
    if lesson not in known:
        guess = f"{int(lesson):02d}" if lesson.isdigit() else lesson
        hint = (
            near_miss(guess, known)
            if guess in LESSONS or not guess.isdigit()
            else ('lessons go from "00" to "31"')
        )
        raise ParameterError(f"lesson: there is no lesson {lesson!r}; {hint}")
    if not isinstance(profile, str):
        raise ParameterError(
            f'profile: expected text such as "laptop", got {profile!r} ({type(profile).__name__})'
        )
    check_profile(profile, more=("auto",))
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ParameterError(f"seed: expected a whole number, got {seed!r} ({type(seed).__name__})")
    if not 0 <= seed < 2**32:
        raise ParameterError(f"seed: expected a number from 0 to 2**32 - 1, got {seed}")


def resolve_profile(profile: str) -> str:
    """The profile that ``"auto"`` stands for on this machine; any other name is handed back.

    >>> resolve_profile("smoke")
    'smoke'
    """
    if profile != "auto":
        return profile
    import torch

    return _resolve(profile, torch.cuda.is_available())[0]


def _resolve(profile: str, has_cuda: bool) -> tuple[str, str]:
    """The profile to use and the reason for it."""
    wanted, why = profile, "asked for"
    if profile == "auto":
        wanted = os.environ.get("GANSEC_PROFILE", "") or "auto"
        why = "from GANSEC_PROFILE"
        check_profile(wanted, "GANSEC_PROFILE", ("auto",))
    if wanted == "auto":
        return ("gpu", "auto: a GPU is here") if has_cuda else ("laptop", "auto: no GPU here")
    if wanted == "gpu" and not has_cuda:
        raise ParameterError(
            "profile: 'gpu' asks for a CUDA device and torch finds none; use 'laptop' or 'auto'"
        )
    return wanted, why


# ---------------------------------------------------------------- papermill's parameters


def check_injected_parameters(history: list[str] | None = None) -> None:
    """Refuse parameters that papermill injected but the notebook does not have.

    ``papermill -p PROFLE smoke`` only warns and runs with the old value. The cell that it puts in
    begins with ``# Parameters``; its names and types must be those of the parameters cell before.

    Parameters
    ----------
    history : list of str, optional
        Sources of the cells run so far; by default those of the running notebook.
    """
    if history is None:
        history = _cells_run_so_far()
    injected_at = [i for i, cell in enumerate(history) if _is_injected(cell)]
    if not injected_at:
        return
    at = injected_at[-1]
    declared = {}
    for cell in reversed(history[:at]):
        found = {} if _is_injected(cell) else literals(cell)
        if "PROFILE" in found or "SEED" in found:
            declared = found
            break
    check_parameters({name: value for name, (value, _) in literals(history[at]).items()}, declared)


def check_parameters(given: dict[str, Any], declared: dict[str, tuple[Any, str]]) -> None:
    """Refuse names that a notebook does not declare and values of another kind.

    papermill itself only warns: a misspelt name would run the default without a word.

    Parameters
    ----------
    given : dict of name to value
    declared : dict of name to (default value, annotation), as ``literals`` reads them

    Raises
    ------
    ParameterError

    >>> check_parameters({"SEED": 3}, {"SEED": (0, "int")})
    """
    for name, value in given.items():
        if name not in declared:
            raise ParameterError(
                f"{name}: this notebook has no such parameter; {near_miss(name, declared)}"
            )
        default, annotation = declared[name]
        if not _same_kind(value, default, annotation):
            wanted = annotation or type(default).__name__
            raise ParameterError(
                f"{name}: expected {wanted} such as {default!r}, "
                f"got {value!r} ({type(value).__name__})"
            )


def _cells_run_so_far() -> list[str]:
    try:
        from IPython import get_ipython
    except ImportError:
        return []
    shell = get_ipython()
    return list(shell.user_ns.get("In", [])) if shell is not None else []


def _is_injected(cell: str) -> bool:
    lines = cell.strip().splitlines()
    return bool(lines) and lines[0].strip() == "# Parameters"


def literals(cell: str) -> dict[str, tuple[Any, str]]:
    """Names assigned a literal at the top level of a cell: {name: (value, annotation)}."""
    try:
        body = ast.parse(cell).body
    except SyntaxError:
        return {}
    found = {}
    for node in body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Name) or getattr(node, "value", None) is None:
            continue
        try:
            value = ast.literal_eval(node.value)
        except ValueError:
            continue
        annotation = getattr(node, "annotation", None)
        found[target.id] = (value, ast.unparse(annotation) if annotation is not None else "")
    return found


def _same_kind(value, default, annotation: str) -> bool:
    if value is None:
        return default is None or "None" in annotation or "Optional" in annotation
    if default is None:  # only the annotation tells
        return not annotation or type(value).__name__ in annotation
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float) or annotation == "float":
        return isinstance(value, (int, float))
    if isinstance(default, (list, tuple)):
        if not isinstance(value, (list, tuple)):
            return False
        return annotation != "list[str]" or all(isinstance(entry, str) for entry in value)
    return isinstance(value, type(default))
