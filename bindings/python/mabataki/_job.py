"""Work of the service that takes its time: lists, exports, bundles, backups, checks."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

from . import _abi
from . import _constants as c
from ._calls import Waitable, check, given, load
from ._values import plain


@dataclass(frozen=True)
class Progress:
    """How far a job is: so much of so much, records or milliseconds of waiting."""

    state: int
    done: int
    of: int

    @property
    def over(self) -> bool:
        return self.state == c.MBT_ENDED


@dataclass(frozen=True)
class Report:
    """What came of a job. What its kind does not name is 0: mabataki.h tells of each."""

    kind: int
    flags: int
    length: int
    records: int
    checkpoints: int
    first_bad: int
    unprotected: int
    revision: int
    added: int
    changed: int
    removed: int
    unchanged: int
    held: int
    rejected: int
    record: int
    until_s: int
    rate: float
    threshold: float
    reached: int
    sha256: str
    word: str


class Job(Waitable[Progress]):
    """A job under way. Iterate over it, in a thread or with asyncio, for how far it is, up to its end; what could not be done is
    raised. `finish` waits for the end and tells what came of it."""

    _close = "mbt_job_end"
    _waitable = "mbt_job_waitable"

    def wait(self, timeout_ms: int = c.MBT_WAIT_FOREVER) -> Progress | None:
        """What is new; None when nothing was heard in time."""
        out = _abi.Progress()
        status = load().mbt_job_wait(given(self), timeout_ms, ctypes.byref(out))
        if status == c.MBT_E_TIMEOUT:
            return None
        check(status)
        progress = plain(out, Progress)
        self._over = progress.over
        return progress

    async def next_progress(self) -> Progress | None:
        """What is new, without a thread: the loop waits for it. None after the end. One task at a time waits; one that is
        cancelled leaves nothing behind, and the job as it was."""
        return await self._next()

    def finish(self) -> Report:
        """Waits for its end; what came of it."""
        for _ in self:
            pass
        return self.report()

    def report(self) -> Report:
        """What came of it, once it is done."""
        out = _abi.Report()
        self._call("mbt_job_report", ctypes.byref(out))
        return plain(out, Report)

    def pieces(self, room: int = 1 << 16) -> Iterator[bytes]:
        """Its output, once it is done, in pieces of at most so many bytes."""
        place, count = ctypes.create_string_buffer(room), ctypes.c_size_t()
        while True:
            self._call("mbt_job_read", place, room, ctypes.byref(count))
            if count.value == 0:
                return
            yield place.raw[:count.value]

    def output(self) -> bytes:
        """All of its output, once it is done."""
        return b"".join(self.pieces())

    def cancel(self) -> None:
        """Calls it off. What is being taken in is taken in whole, or not at all."""
        self._call("mbt_job_cancel")
