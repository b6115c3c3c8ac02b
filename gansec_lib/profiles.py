"""The profiles ``smoke``, ``laptop`` and ``gpu``: how large a run is, never what it does."""

from gansec_lib.errors import ParameterError, near_miss

PROFILES = ("smoke", "laptop", "gpu")


def check_profile(profile: str, name: str = "profile", more: tuple[str, ...] = ()) -> str:
    """``profile`` itself, if it is one of ``PROFILES`` or of ``more``.

    >>> check_profile("smoke")
    'smoke'
    >>> check_profile("laptpo", more=("auto",))
    Traceback (most recent call last):
    gansec_lib.errors.ParameterError: profile: expected one of smoke, laptop, gpu, auto, \
got 'laptpo'; did you mean 'laptop'?
    """
    known = (*PROFILES, *more)
    if profile not in known:
        hint = near_miss(profile, known, otherwise="none is called so")
        raise ParameterError(f"{name}: expected one of {', '.join(known)}, got {profile!r}; {hint}")
    return profile
