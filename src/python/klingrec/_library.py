"""The C library: found, compared with the declarations of this module, declared."""
import ctypes
import os

from . import _declarations as c


def _open() -> ctypes.CDLL:
    """The library of the same installation, else the one that the loader finds."""
    beside = os.path.join(os.path.dirname(__file__), c.LIBRARY_FOLDER, c.LIBRARY)
    path = beside if os.path.exists(beside) else c.LIBRARY
    try:
        library = ctypes.CDLL(path)
        library.klingrec_struct_size.restype = ctypes.c_size_t
        version = library.klingrec_version()
        is_older = version < c.VERSION_NUMBER or any(
            library.klingrec_struct_size(number) < ctypes.sizeof(struct)
            for number, struct in c.STRUCTS.items())
    except (OSError, AttributeError) as error:
        raise ImportError(f"the library klingrec cannot be used: {error}") from error
    if is_older:
        found = ".".join(str(version >> shift & 255) for shift in (16, 8, 0))
        raise ImportError(f"this module needs klingrec {c.VERSION_STRING} or newer, "
                          f"but {path} is {found}")
    return library


lib = _open()
for _name, (_result, _arguments) in c.FUNCTIONS.items():
    _function = getattr(lib, _name)
    _function.restype, _function.argtypes = _result, _arguments
# A body may have a NUL in it, so it is not taken as a string.
lib.klingrec_result_body.restype = ctypes.c_void_p
