"""Pictures from files: folders, formats, real data sets and their downloads."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submodules=["catalogue", "decode", "dicom", "download", "folder", "readers"]
)
