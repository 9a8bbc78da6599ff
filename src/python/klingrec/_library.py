# SPDX-License-Identifier: MIT
"""The C library: found, compared with the declarations of this module, declared."""
import ctypes
import os

from . import _declarations as c


def _load() -> ctypes.CDLL:
    """The library of the same installation, else the one that the loader finds."""
    beside = os.path.join(os.path.dirname(__file__), c.LIBRARY_FOLDER, c.LIBRARY)
    path = beside if os.path.exists(beside) else c.LIBRARY
    try:
        library = ctypes.CDLL(path)
        library.klingrec_struct_size.restype = ctypes.c_size_t
        version = library.klingrec_version()
        if version < c.VERSION_NUMBER or any(
                library.klingrec_struct_size(number) < ctypes.sizeof(struct)
                for number, struct in c.STRUCTS.items()):
            found = ".".join(str(version >> shift & 255) for shift in (16, 8, 0))
            raise OSError(f"{path} is version {found}, older than this module, which was "
                          f"made for version {c.VERSION_STRING}")
        for name, (result, arguments) in c.FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise ImportError(f"the library klingrec cannot be used: {error}") from error
    # A body may have a NUL in it, so it is not taken as a string.
    library.klingrec_result_body.restype = ctypes.c_void_p
    return library


lib = _load()
