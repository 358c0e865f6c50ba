"""What structs that begin with their own size have in common."""

from __future__ import annotations

import ctypes


class Sized(ctypes.Structure):
    """A struct that begins with its own size, which is set when it is made."""

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)
        self.size = ctypes.sizeof(self)
