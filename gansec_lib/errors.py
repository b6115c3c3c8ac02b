"""Every error this library raises on purpose. Each message names the argument, what was
expected, what came, and the likely cause."""


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


class TrainingError(GansecError):
    """Training stopped: a loss or a weight became NaN or infinite."""
