"""The C ABI as ctypes sees it: mabataki.h loaded, and nothing more."""

from __future__ import annotations

import ctypes
import ctypes.util

from mabataki._declarations import *  # noqa: F403
from mabataki._declarations import FUNCTIONS


def load(path: str | None = None) -> ctypes.CDLL:
    """Loads the library: the one at `path`, or the system's."""
    library = ctypes.CDLL(path or ctypes.util.find_library("mabataki") or "libmabataki.so.0")
    for name, (answer, takes) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = answer, takes
    return library
