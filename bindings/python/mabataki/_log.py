"""The log: who did what, when, at which terminal."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

from . import _abi
from ._calls import given, load
from ._desk import Desk
from ._values import listed, plain


@dataclass(frozen=True)
class LogEntry:
    """A record of the log. Its words are stable: the manual lists them."""

    factors: int
    number: int
    time_ms: int
    operation: str
    outcome: str
    reason: str
    subject: str
    name: str
    object: str
    account: str
    purpose: str
    session: str
    terminal: str
    origin: str
    host: str


@dataclass(frozen=True)
class Checkpoint:
    """The last signature under the log: `code` is to be written down on paper."""

    number: int
    last: int
    time_s: int
    code: str


class Log(Desk):
    """The log. It is taken out, verified and reviewed by jobs."""

    def after(self, number: int = 0) -> Iterator[LogEntry]:
        """The records after this number, the oldest first. That somebody read them stands in the log from then on."""

        def ask(last: ctypes.Structure | None, *place: object) -> int:
            begin = number if last is None else last.number
            status: int = load().mbt_log_list(given(self._engine), given(self._by), begin, *place)
            return status

        return listed(ask, _abi.LogEntry, LogEntry)

    def checkpoint(self, sign: bool = False) -> Checkpoint:
        """The last checkpoint; with `sign` the log is signed to here first. MBT_E_NOT_FOUND before the first."""
        out = _abi.Checkpoint()
        self._call("mbt_log_checkpoint", int(sign), ctypes.byref(out))
        return plain(out, Checkpoint)
