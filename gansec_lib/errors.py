"""Every error this library raises on purpose. Each message names the argument, what was
expected, what came, and the likely cause; ``shown`` words what came, ``near_miss`` the cause of a
misspelt name."""

from collections.abc import Iterable
from difflib import get_close_matches


class GansecError(Exception):
    """Base of all errors raised on purpose."""


class ParameterError(GansecError, ValueError):
    """An argument has the wrong type, shape, range or name."""


class ImageError(GansecError):
    """A picture could not be read; the message names the file."""


class DataMissingError(GansecError):
    """A data set or weight file is not here; the message says what to put where."""


class IntegrityError(GansecError):
    """A ciphertext, checkpoint or weight file was changed, cut, or opened with the wrong key."""


class TruncatedError(IntegrityError):
    """A ciphertext file has fewer or more bytes than its beginning promises."""


class TamperedError(IntegrityError):
    """A ciphertext was changed: its checksum or its fields cannot be true."""


class VersionError(IntegrityError):
    """A ciphertext was written by another release: its format or its system has another version."""


class WrongKeyError(IntegrityError):
    """The tag does not match: the wrong key, or changed by someone who repaired the checksum."""


class WriteError(GansecError, OSError):
    """A file could not be written: the disk is full or failing, or the folder is not writable.

    ``errno`` is the system's number where there is one.
    """

    def __init__(self, message: str, number: int | None = None):
        super().__init__(message)
        self.errno = number


class ConformError(GansecError):
    """A system breaks promises of its role; the message names each method and why."""


class TrainingError(GansecError):
    """Training stopped: a loss or a weight became NaN or infinite."""


def shown(value: object, most: int = 80) -> str:
    """A value as an error message gives it: its ``repr``, cut where it is long.

    Some values have none, such as whole numbers of more than 4,300 digits; their type stands for
    them.

    >>> shown("[" * 1000, most=8), shown(10**5000)
    ("'[[[[[[…", 'a value of type int')
    """
    try:
        text = repr(value)
    except Exception:  # a stranger's __repr__ raises what it likes
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= most else text[: most - 1] + "…"


def near_miss(name: object, known: Iterable[object], otherwise: str = "", most: int = 1) -> str:
    """The tail of an error message about an unknown name: the known ones that are close to it.

    Capitals make no difference.

    Parameters
    ----------
    otherwise : str
        What to say where none is close; by default all known names.
    most : int
        How many close names to give.

    >>> near_miss("laptpo", ("smoke", "laptop", "gpu"))
    "did you mean 'laptop'?"
    >>> near_miss("?", ("smoke", "laptop"))
    'known: smoke, laptop'
    """
    names = {str(one).lower(): str(one) for one in known}
    said = name if isinstance(name, str) else shown(name)
    close = get_close_matches(said.lower(), names, n=most, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(repr(names[one]) for one in close)}?"
    return otherwise or "known: " + ", ".join(names.values())
