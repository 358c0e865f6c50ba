"""Who is in, who is shut out, and the managed way in when nothing else is."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

from . import _abi
from ._calls import given
from ._desk import Desk
from ._grant import Grant
from ._values import bytes_of, c_text, listed, plain


@dataclass(frozen=True)
class Lockout:
    """Tries that failed, and what they lead to: of a person, or of a department card."""

    flags: int
    factor: int
    failures: int
    until_s: int
    person: str
    card: str


class Lockouts(Desk):
    """What too many failed tries have shut."""

    def all(self) -> Iterator[Lockout]:
        """All of them."""
        return listed(self._lists("mbt_lockout_list"), _abi.Lockout, Lockout)

    def clear(self, person: str | None = None, *, card: str | None = None, factor: int = 0) -> int:
        """Opens it again, for a person or for a department card: one MBT_F_*, or all. How many counters there were."""
        cleared = ctypes.c_uint32()
        self._call("mbt_lockout_clear", c_text(person), c_text(card), factor, ctypes.byref(cleared))
        return cleared.value


@dataclass(frozen=True)
class GrantEntry:
    """Somebody who is let in."""

    purpose: int
    factors: int
    issued_s: int
    left_ms: int
    session: str
    subject: str


class Grants(Desk):
    """Who is let in at the moment."""

    def all(self) -> Iterator[GrantEntry]:
        """All of them."""
        return listed(self._lists("mbt_grant_list"), _abi.GrantEntry, GrantEntry)

    def revoke(self, session: str) -> None:
        """Ends somebody's grant, by its `session`."""
        self._call("mbt_grant_revoke", c_text(session))


@dataclass(frozen=True)
class Emergency:
    """An emergency code, without the code itself."""

    state: int
    minutes: int
    issued_s: int
    until_s: int
    handle: str
    person: str
    terminal: str
    issuer: str


@dataclass(frozen=True)
class EmergencyUse:
    """That somebody was let in by a code, or in a disaster."""

    reviewed: int
    time_s: int
    reviewed_s: int
    handle: str
    code: str
    person: str
    name: str
    reason: str
    terminal: str
    session: str
    reviewer: str
    note: str


class Emergencies(Desk):
    """The managed way in when nothing else is."""

    def all(self) -> Iterator[Emergency]:
        """Codes, open and past."""
        return listed(self._lists("mbt_emergency_list"), _abi.Emergency, Emergency)

    def issue(self, minutes: int, valid_s: int, *, person: str | None = None,
              terminal: str | None = None) -> tuple[Emergency, str]:
        """Issues a code that lets somebody work for so many minutes, and may wait so long to be used: for anybody, and at this
        terminal, where nothing else is said. The code is told this once, and kept nowhere."""
        out = _abi.Emergency()
        code = bytes_of(lambda buffer: self._call("mbt_emergency_issue", c_text(person), c_text(terminal), minutes,
                                                  valid_s, ctypes.byref(out), buffer))
        return plain(out, Emergency), code.decode()

    def revoke(self, handle: str) -> None:
        """Takes a code back."""
        self._call("mbt_emergency_revoke", c_text(handle))

    def uses(self, reviewed_too: bool = False) -> Iterator[EmergencyUse]:
        """How codes and disasters were used: what waits for a review, or all."""
        return listed(self._lists("mbt_emergency_use_list", int(reviewed_too)), _abi.EmergencyUse, EmergencyUse)

    def review(self, handle: str, note: str) -> None:
        """Notes that a use was looked at, and what was found. Nobody reviews what they made possible themselves."""
        self._call("mbt_emergency_review", c_text(handle), c_text(note))

    def declare_disaster(self, length_s: int, reason: str, second: Grant | None = None) -> None:
        """Declares a disaster, together with whoever has the second grant (None only in a store for trials)."""
        self._call("mbt_disaster_declare", given(second), length_s, c_text(reason))

    def end_disaster(self) -> None:
        """Ends it. MBT_E_NOT_FOUND where there was none."""
        self._call("mbt_disaster_end")
