"""Lets a person in with an IC card and their face: mabataki for Python, over its C ABI.

    with Engine() as engine, engine.authenticate(MBT_PURPOSE_LOGIN, account="ward3") as session:
        for event in session:
            print(event.text("ja"))
        if session.result().granted:
            grant = session.grant()

What an administrator does is at `engine.administration(by=grant)`: people, cards, passwords, logins, the log, the policy.
"""

from __future__ import annotations

from ._access import Emergencies, Emergency, EmergencyUse, GrantEntry, Grants, Lockout, Lockouts
from ._administration import Administration
from ._calls import MabatakiError, clock_us, load, version
from ._constants import *  # noqa: F403
from ._constants import CONSTANTS as _C
from ._engine import Device, Engine, Info, State
from ._grant import Grant, GrantInfo, Login
from ._job import Job, Progress, Report
from ._log import Checkpoint, Log, LogEntry
from ._people import (Card, Cards, Enrolment, Enrolments, LoginEntry, Logins, Passwords, People, Person)
from ._policy import Fault, Policy, policy_faults
from ._session import Event, Result, Session, text
from ._terminals import Peer, Peers, Terminal

__all__ = ["Administration", "Card", "Cards", "Checkpoint", "Device", "Emergencies", "Emergency", "EmergencyUse",
           "Engine", "Enrolment", "Enrolments", "Event", "Fault", "Grant", "GrantEntry", "GrantInfo", "Grants", "Info", "Job",
           "Lockout", "Lockouts", "Log", "LogEntry", "Login", "LoginEntry", "Logins", "MabatakiError", "Passwords",
           "Peer", "Peers", "People", "Person", "Policy", "Progress", "Report", "Result", "Session", "State",
           "Terminal", "clock_us", "load", "policy_faults", "text", "version"]
__all__ += list(_C)
