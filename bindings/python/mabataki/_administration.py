"""What changes or tells of people, cards, policy and the log."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable

from . import _abi
from ._access import Emergencies, Grants, Lockouts
from ._calls import Handle, given
from ._desk import Desk
from ._job import Job
from ._log import Log
from ._people import Cards, Enrolments, Logins, Passwords, People
from ._policy import Policy
from ._terminals import Peers
from ._values import c_texts, lines


class Administration(Desk):
    """The families of what an administrator does. Each call takes the right of its own that mabataki.h names."""

    def __init__(self, engine: Handle, by: Handle | None, begin: Callable[..., Job]) -> None:
        super().__init__(engine, by)
        self._begin = begin
        self.people, self.cards = People(engine, by), Cards(engine, by)
        self.passwords, self.logins = Passwords(engine, by), Logins(engine, by)
        self.enrolments, self.lockouts, self.grants = Enrolments(engine, by), Lockouts(engine, by), Grants(engine, by)
        self.log, self.policy, self.emergencies = Log(engine, by), Policy(engine, by), Emergencies(engine, by)
        self.peers = Peers(engine, by)

    def accept_clock(self) -> None:
        """Believes the clock as it stands: MBT_STATE_CLOCK_BEHIND."""
        self._call("mbt_clock_accept")

    def job(self, kind: int, *, data: bytes | None = None, wards: Iterable[str] = (), applications: Iterable[str] = (),
            flags: int = 0, format: int = 0, of: int = 0, lang: int = 0, wait_ms: int = 0, valid_s: int = 0,
            valid_from_s: int = 0, valid_until_s: int = 0, rate: float = 0.0, **texts: str | None) -> Job:
        """Begins a job MBT_JOB_*, which takes what mabataki.h says of it. `texts`: from_day, to_day, name, person, label, key,
        hours. That the grant lacks the right for it is raised while waiting."""
        place = None if data is None else ctypes.create_string_buffer(data, len(data))
        params = _abi.JobParams(kind=kind, flags=flags, format=format, of=of, lang=lang, wait_ms=wait_ms,
                                valid_s=valid_s, valid_from_s=valid_from_s, valid_until_s=valid_until_s, rate=rate,
                                wards=lines(wards), applications=lines(applications), data_len=len(data or b""),
                                data=None if place is None else ctypes.addressof(place), **c_texts(texts))
        return self._begin(Job, "mbt_job_begin", given(self._by), ctypes.byref(params))
