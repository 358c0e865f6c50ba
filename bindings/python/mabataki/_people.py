"""People, and what is theirs: cards, passwords, logins, enrolments that wait."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from . import _abi
from ._constants import MBT_PASSWORD_MUST_CHANGE
from ._desk import Desk
from ._grant import login_params
from ._values import c_text, lines, listed, plain, secret


@dataclass(frozen=True)
class Person:
    """A person. To change one, begin with what `People.get` gives: dataclasses.replace(person, role="nurse"). What stands below
    `scope` is told, and not taken."""

    id: str
    name: str
    reading: str = ""
    role: str = ""
    accounts: tuple[str, ...] = ()
    wards: tuple[str, ...] = ()
    flags: int = 0
    valid_from_s: int = 0
    valid_until_s: int = 0
    sponsor: str = ""
    scope: str = ""
    status: int = 0
    cards: int = 0
    created_s: int = 0
    except_until_s: int = 0
    consent_form: str = ""
    consent_day: str = ""

    def _struct(self) -> _abi.Person:
        def value(found: Any) -> Any:
            if isinstance(found, tuple):
                return lines(found) or b""
            return c_text(found) if isinstance(found, str) else found

        return _abi.Person(**{field.name: value(getattr(self, field.name)) for field in fields(self)})


class People(Desk):
    """Everybody who may come in, or might."""

    def all(self) -> Iterator[Person]:
        """All of them, in the order of their ids."""
        return listed(self._lists("mbt_person_list"), _abi.Person, Person)

    def get(self, id: str) -> Person:
        """One person."""
        out = _abi.Person()
        self._call("mbt_person_get", c_text(id), ctypes.byref(out))
        return plain(out, Person)

    def add(self, person: Person) -> None:
        """Adds somebody."""
        self._call("mbt_person_add", ctypes.byref(person._struct()))

    def change(self, person: Person) -> None:
        """Changes what is known of somebody to this."""
        self._call("mbt_person_change", ctypes.byref(person._struct()))

    def set_status(self, id: str, status: int) -> None:
        """Whether somebody may come in: MBT_STATUS_ACTIVE, _DISABLED or _ON_LEAVE."""
        self._call("mbt_person_set_status", c_text(id), status)

    def retire(self, id: str) -> None:
        """Somebody has left for good: cards, face, password and logins go; id and name are kept."""
        self._call("mbt_person_retire", c_text(id))

    def remove(self, id: str) -> int:
        """Erases somebody, with everything that is theirs; the number of the record in the log that tells of it."""
        record = ctypes.c_uint64()
        self._call("mbt_person_remove", c_text(id), ctypes.byref(record))
        return record.value

    def forget_face(self, id: str) -> None:
        """Forgets a face, for good. The person, their cards and their password stay."""
        self._call("mbt_person_forget_face", c_text(id))

    def except_face(self, id: str, reason: str | None, until_s: int = 0) -> None:
        """Lets somebody do without showing the face until a time, and says why; where the policy has something in its place.
        None: the exception is over."""
        self._call("mbt_person_except", c_text(id), c_text(reason), until_s)

    def consent(self, id: str, form: str | None, day: str | None = None) -> None:
        """Notes that somebody has agreed to the use of their face: the form, and the day on it, such as 2026-12-31. None: they
        have taken it back."""
        self._call("mbt_person_consent", c_text(id), c_text(form), c_text(day))


@dataclass(frozen=True)
class Card:
    """A card."""

    flags: int
    status: int
    holders: int
    valid_from_s: int
    valid_until_s: int
    handle: str
    label: str
    kind: str
    people: tuple[str, ...]


class Cards(Desk):
    """The cards that people have. One is bound by the reader: the job MBT_JOB_BIND_CARD."""

    def all(self, person: str | None = None) -> Iterator[Card]:
        """Those of one person, or all of them, in the order of their handles."""
        return listed(self._lists("mbt_card_list", c_text(person)), _abi.Card, Card)

    def bind(self, person: str, card: str, label: str | None = None) -> Card:
        """Ties a card that the host has read, as KIND:HEX, to a person; only in stores for trials."""
        out = _abi.Card()
        self._call("mbt_card_bind", c_text(person), c_text(card), c_text(label), ctypes.byref(out))
        return plain(out, Card)

    def stop(self, handle: str, why: int) -> None:
        """It may be used no more: MBT_STOP_*."""
        self._call("mbt_card_stop", c_text(handle), why)

    def restore(self, handle: str) -> None:
        """It may be used again."""
        self._call("mbt_card_restore", c_text(handle))

    def remove(self, handle: str) -> None:
        """It is nobody's any more."""
        self._call("mbt_card_remove", c_text(handle))

    def share(self, handle: str, person: str, shared: bool = True) -> None:
        """Gives it to one more person, or takes it from them: a department card, which lets in only where the policy knows such
        cards."""
        self._call("mbt_card_share", c_text(handle), c_text(person), int(shared))


class Passwords(Desk):
    """The product's own passwords."""

    def set(self, person: str, password: str, must_change: bool = False) -> None:
        """Sets somebody's; one that must be changed is good for nothing else."""
        self._call("mbt_password_set", c_text(person), *secret(password), MBT_PASSWORD_MUST_CHANGE * must_change)

    def remove(self, person: str) -> None:
        """Takes somebody's away. MBT_E_NOT_FOUND where they had none."""
        self._call("mbt_password_remove", c_text(person))


@dataclass(frozen=True)
class LoginEntry:
    """A person's login to an application, without its secrets."""

    field_count: int
    suspended_s: int
    person: str
    application: str
    user: str


class Logins(Desk):
    """What is typed into applications for people."""

    def all(self, person: str | None = None) -> Iterator[LoginEntry]:
        """Those of one person, or all of them, in the order of people and applications."""
        return listed(self._lists("mbt_login_list", c_text(person)), _abi.LoginEntry, LoginEntry)

    def put(self, person: str, application: str, user: str, typed: str, more: Mapping[str, str] | None = None) -> None:
        """Puts one, in the place of the one that there was. `more` are other fields, such as a department code."""
        self._call("mbt_login_put", ctypes.byref(login_params(person, application, user, typed, more or {})))

    def remove(self, person: str, application: str) -> None:
        """Takes one away. MBT_E_NOT_FOUND where there was none."""
        self._call("mbt_login_remove", c_text(person), c_text(application))


@dataclass(frozen=True)
class Enrolment:
    """An enrolment that waits for somebody to look at it."""

    reason: int
    time_s: int
    until_s: int
    person: str
    name: str
    resembles: str
    enroller: str


class Enrolments(Desk):
    """Enrolments that wait for a second pair of eyes."""

    def all(self) -> Iterator[Enrolment]:
        """All of them."""
        return listed(self._lists("mbt_enrolment_list"), _abi.Enrolment, Enrolment)

    def decide(self, person: str, approve: bool) -> None:
        """Approves of one, or refuses it. Nobody decides about what they enrolled themselves."""
        self._call("mbt_enrolment_decide", c_text(person), int(approve))
