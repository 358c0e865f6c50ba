"""Where somebody administers: which engine, and by whose grant."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from ._calls import Handle, given, load


class Desk:
    """An engine, and the grant of whoever administers it."""

    def __init__(self, engine: Handle, by: Handle | None) -> None:
        self._engine, self._by = engine, by

    def _call(self, name: str, *arguments: object) -> None:
        self._engine._call(name, given(self._by), *arguments)

    def _lists(self, name: str, *which: object) -> Callable[..., int]:
        """The call of a list, of which `which` says a part: as `listed` asks it."""

        def ask(after: ctypes.Structure | None, *place: object) -> int:
            last = None if after is None else ctypes.byref(after)
            status: int = getattr(load(), name)(given(self._engine), given(self._by), *which, last, *place)
            return status

        return ask

