"""Pictures from files: folders, formats, real data sets and their downloads."""

import lazy_loader as _lazy

_ROOMS = "archives catalogue decode dicom download find folder limits provide readers"
__getattr__, __dir__, __all__ = _lazy.attach(__name__, submodules=_ROOMS.split())
