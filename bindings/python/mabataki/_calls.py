"""How every call goes through the C library: loaded once, a status made an exception, a handle closed once."""

from __future__ import annotations

import asyncio
import ctypes
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar

from . import _abi
from ._constants import MBT_E_STATE, MBT_WAIT_FOREVER

_library: ctypes.CDLL | None = None


def load(path: str | None = None) -> ctypes.CDLL:
    """The C library: loaded once, from `path` or from where the system has it."""
    global _library
    if _library is None:
        _library = _abi.load(path)
    return _library


def version() -> str:
    """The version of the library."""
    found: bytes = load().mbt_version()
    return found.decode()


def clock_us() -> int:
    """The clock that pictures are stamped with, microseconds: it only goes forward."""
    now: int = load().mbt_clock_us()
    return now


class MabatakiError(Exception):
    """A call failed: nothing was judged. `unavailable` is true where that cannot be had here and now."""

    def __init__(self, status: int, code: str, text: str, fix: str) -> None:
        super().__init__(f"{text} ({fix})" if fix else text)
        self.status, self.code, self.fix = status, code, fix

    @property
    def unavailable(self) -> bool:
        return -60 < self.status <= -40


def check(status: int) -> None:
    """Raises MabatakiError for what failed."""
    if status == 0:
        return
    # Asked in the thread that called: ctypes calls and this come from one.
    error = _abi.Error()
    load().mbt_error_last(ctypes.byref(error))
    raise MabatakiError(status, error.code.decode(), error.text.decode(), error.fix.decode())


_Self = TypeVar("_Self", bound="Handle")
_News = TypeVar("_News")


class Handle:
    """A handle that is closed once."""

    _close: str

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self._handle: ctypes.c_void_p | None = handle

    def close(self) -> None:
        """Closes it; a second time does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            check(getattr(load(), self._close)(handle))

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, name: str, *arguments: object) -> None:
        check(getattr(load(), name)(given(self), *arguments))


def given(handle: Handle | None) -> ctypes.c_void_p | None:
    """A handle as a call takes it. One that was closed is not taken for none: that may mean somebody else."""
    if handle is None:
        return None
    if handle._handle is None:
        raise MabatakiError(MBT_E_STATE, "closed", f"this {type(handle).__name__} was closed", "open another one")
    return handle._handle


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


class Waitable(Handle, ABC, Generic[_News]):
    """A handle that news come from, up to the last. Iterate over it, in a thread or with asyncio."""

    _waitable: str

    def __init__(self, handle: ctypes.c_void_p) -> None:
        super().__init__(handle)
        self._over = False
        self._waiting: tuple[int, asyncio.Future[None]] | None = None

    @abstractmethod
    def wait(self, timeout_ms: int = MBT_WAIT_FOREVER) -> _News | None:
        """What is new; None when nothing is in time."""

    def __iter__(self) -> Iterator[_News]:
        while not self._over and (news := self.wait()) is not None:
            yield news

    async def __aiter__(self) -> AsyncIterator[_News]:
        while (news := await self._next()) is not None:
            yield news

    async def _next(self) -> _News | None:
        """What is new, without a thread: the loop waits for it. None after the last."""
        while not self._over:
            if (news := self.wait(0)) is not None:
                return news
            await self._readable()
        return None

    def fileno(self) -> int:
        """Readable while something is there: for select and event loops, which only wait for it."""
        out = ctypes.c_ssize_t()
        self._call(self._waitable, ctypes.byref(out))
        return out.value

    def close(self) -> None:
        """Closes it; what is under way is called off. A task that waits for it is told so."""
        self._let_go()
        super().close()

    async def _readable(self) -> None:
        """The loop waits until it is. One task at a time; one that is cancelled leaves nothing behind."""
        loop = asyncio.get_running_loop()
        descriptor, ready = self.fileno(), loop.create_future()
        loop.add_reader(descriptor, _wake, ready)
        self._waiting = (descriptor, ready)
        try:
            await ready
        finally:
            # Where it was let go, the number may be another's already.
            if self._waiting is not None:
                self._waiting = None
                loop.remove_reader(descriptor)

    def _let_go(self) -> None:
        """Before the descriptor is closed, and its number another's."""
        if self._waiting is not None:
            (descriptor, ready), self._waiting = self._waiting, None
            ready.get_loop().remove_reader(descriptor)
            if not ready.done():
                ready.set_exception(MabatakiError(MBT_E_STATE, "closed", f"this {type(self).__name__} was closed", ""))
