"""What being let in is good for."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass

from . import _abi
from ._calls import Handle, check, given, load
from ._constants import MBT_E_REAUTH
from ._values import bytes_of, c_text, fields, plain, secret


@dataclass(frozen=True)
class GrantInfo:
    """What a grant says."""

    flags: int
    purpose: int
    factors: int
    left_ms: int
    issued_s: int
    subject: str
    name: str
    account: str
    application: str
    session: str


@dataclass(frozen=True)
class Login:
    """What is typed into an application. Python keeps its own copies: let go of it soon."""

    user: str
    secret: str
    fields: dict[str, str]

    def __repr__(self) -> str:
        return "Login(…)"


def login_params(person: str | None, application: str, user: str, typed: str,
                 more: Mapping[str, str]) -> _abi.LoginParams:
    """A login as C takes it."""
    (secret_bytes, secret_len), more_bytes = secret(typed), fields(more)
    return _abi.LoginParams(person=c_text(person), application=c_text(application), user=c_text(user),
                            secret=secret_bytes, secret_len=secret_len, fields=more_bytes or None,
                            fields_len=len(more_bytes))


class Grant(Handle):
    """What being let in is good for. Closing it logs nobody off; `end` does."""

    _close = "mbt_grant_close"

    def read(self) -> GrantInfo:
        """What it says."""
        out = _abi.GrantInfo()
        self._call("mbt_grant_read", ctypes.byref(out))
        return plain(out, GrantInfo)

    def opens(self, application: str) -> bool:
        """Whether it opens this application without asking the person again."""
        status = load().mbt_grant_check(given(self), c_text(application))
        if status == MBT_E_REAUTH:
            return False
        check(status)
        return True

    def login(self, application: str) -> Login:
        """The person's login for an application that it opens. Each release stands in the log."""
        out = _abi.Login()
        self._call("mbt_grant_login", c_text(application), ctypes.byref(out))
        try:
            user, typed, more = (ctypes.string_at(part.data, part.len).decode()
                                 for part in (out.user, out.secret, out.fields))
            parts = more.split("\0")
            return Login(user, typed, dict(zip(parts[::2], parts[1::2])))
        finally:
            load().mbt_login_free(ctypes.byref(out))

    def put_login(self, application: str, user: str, typed: str, more: Mapping[str, str] | None = None) -> None:
        """Puts the person's own login for an application that it opens: they have changed their password there."""
        params = login_params(None, application, user, typed, more or {})
        self._call("mbt_grant_login_put", ctypes.byref(params))

    def report_login(self, application: str, took: bool) -> None:
        """Tells whether the application took the login. One that was not taken is suspended."""
        self._call("mbt_grant_login_report", c_text(application), int(took))

    def report(self, what: str, to: str | None = None) -> int:
        """Writes down what was done under it; the record's number in the log."""
        record = ctypes.c_uint64()
        self._call("mbt_grant_report", c_text(what), c_text(to), ctypes.byref(record))
        return record.value

    def assertion(self, audience: str, nonce: str) -> str:
        """Who this is, signed: a JSON Web Token, for an audience that the policy lists; `nonce` is what they drew."""
        return bytes_of(lambda out: self._call("mbt_grant_assertion", c_text(audience), c_text(nonce), out)).decode()

    def confirm(self, took: bool) -> None:
        """Tells whether the operating system took the password that it rests on: MBT_RESULT_PROVISIONAL."""
        self._call("mbt_grant_confirm", int(took))

    def keep(self) -> None:
        """Leaves it for the user of the account that was opened."""
        self._call("mbt_grant_keep")

    def end(self) -> None:
        """The person logged off."""
        self._call("mbt_grant_end")
