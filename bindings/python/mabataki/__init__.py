"""Lets a person in with an IC card and their face: mabataki for Python, over its C ABI.

    with Engine() as engine, engine.authenticate(MBT_PURPOSE_LOGIN, account="ward3") as session:
        for event in session:
            print(event.text("ja"))
        if session.result().granted:
            grant = session.grant()
"""

from __future__ import annotations

import asyncio
import ctypes
import weakref
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from . import _abi
from ._constants import *  # noqa: F403
from ._constants import CONSTANTS as _C
from ._picture import looked_at

__all__ = ["Engine", "Event", "Grant", "GrantInfo", "Login", "MabatakiError", "Result", "Session", "text"]
__all__ += list(_C)

_library: ctypes.CDLL | None = None


def load(path: str | None = None) -> ctypes.CDLL:
    """The C library: loaded once, from `path` or from where the system has it."""
    global _library
    if _library is None:
        _library = _abi.load(path)
    return _library


class MabatakiError(Exception):
    """A call failed: nothing was judged. `unavailable` is true where that cannot be had here and now."""

    def __init__(self, status: int, code: str, text: str, fix: str) -> None:
        super().__init__(f"{text} ({fix})" if fix else text)
        self.status, self.code, self.fix = status, code, fix

    @property
    def unavailable(self) -> bool:
        return -60 < self.status <= -40


def _check(status: int) -> None:
    if status == 0:
        return
    # Asked in the thread that called: ctypes calls and this come from one.
    error = _abi.Error()
    load().mbt_error_last(ctypes.byref(error))
    raise MabatakiError(status, error.code.decode(), error.text.decode(), error.fix.decode())


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def text(kind: int, code: int, lang: str = "en") -> str:
    """What a person may read: of a kind MBT_TEXT_*, in "ja" or "en"."""
    number = _C["MBT_LANG_JA"] if lang == "ja" else _C["MBT_LANG_EN"]
    return load().mbt_text(kind, code, number).decode()


@dataclass(frozen=True)
class Event:
    """Something that happened in a session: MBT_EV_* and its code."""

    kind: int
    code: int
    done: int
    all: int
    needs: tuple[int, ...]
    card_ref: int

    def text(self, lang: str = "en") -> str:
        kinds = {"STEP": "STEP", "GUIDANCE": "GUIDANCE", "LATE": "FRESH", "TURN": "CAUSE", "WATCH": "WATCH",
                 "DONE": "OUTCOME"}
        for event, kind in kinds.items():
            if self.kind == _C[f"MBT_EV_{event}"]:
                return text(_C[f"MBT_TEXT_{kind}"], self.code, lang)
        return ""


@dataclass(frozen=True)
class Result:
    """How a session ended. Neither a score nor the exact reason is in it."""

    outcome: int
    reason: int
    flags: int
    factors: int
    retry_after_s: int
    status: int
    failure: int
    review: int
    samples: int
    subject: str

    @property
    def granted(self) -> bool:
        return self.outcome == _C["MBT_GRANTED"]


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


def _plain(struct: ctypes.Structure, kind: type) -> Any:
    """A struct as a dataclass: texts decoded, the size left out."""
    fields = {name: getattr(struct, name) for name in kind.__dataclass_fields__}
    return kind(**{name: value.decode() if isinstance(value, bytes) else value for name, value in fields.items()})


class _Handle:
    """A handle that is closed once."""

    _close: str

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self._handle: ctypes.c_void_p | None = handle

    def close(self) -> None:
        """Closes it; a second time does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            _check(getattr(load(), self._close)(handle))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, name: str, *arguments: object) -> None:
        _check(getattr(load(), name)(self._handle, *arguments))


class Engine(_Handle):
    """A connection to the terminal's service; with `state` and the rest, the engine in this process."""

    _close = "mbt_engine_close"

    def __init__(self, socket: str | None = None, *, name: str | None = None, timeout_ms: int = 0,
                 state: str | None = None, key: str | None = None, witness: str | None = None,
                 pack: str | None = None, runtime: str | None = None) -> None:
        library = load()
        config = _abi.Config(flags=0 if state is None else _C["MBT_IN_PROCESS"], socket=_bytes(socket),
                             name=_bytes(name), timeout_ms=timeout_ms, state=_bytes(state), key=_bytes(key),
                             witness=_bytes(witness), pack=_bytes(pack), runtime=_bytes(runtime))
        handle = ctypes.c_void_p()
        abi = _C["MBT_ABI_MAJOR"] << 16 | _C["MBT_ABI_MINOR"]
        _check(library.mbt_engine_open(abi, ctypes.byref(config), ctypes.byref(handle)))
        super().__init__(handle)
        self._sessions: weakref.WeakSet[Session] = weakref.WeakSet()

    def close(self) -> None:
        """Closes it, ends its sessions and gives up its grants. Tasks that wait for a session are told so."""
        for session in list(self._sessions):
            session._let_go()
        super().close()

    @property
    def terminal(self) -> str:
        """What the terminal is called."""
        info = _abi.Info()
        self._call("mbt_engine_info", ctypes.byref(info))
        return info.terminal.decode()

    def authenticate(self, purpose: int, *, frames_from: int = 0, cards_from: int = 0, secrets: int = 0,
                     timeout_ms: int = 0, replaces: Grant | None = None, card_ref: int = 0,
                     **texts: str | None) -> Session:
        """Begins to let somebody in; with the `card_ref` of a watch's event, whoever tapped that card.
        `texts`: policy, application, account, id, origin, reason, camera, reader."""
        params = _abi.AuthParams(purpose=purpose, frames_from=frames_from, cards_from=cards_from, secrets=secrets,
                                 timeout_ms=timeout_ms, replaces=replaces and replaces._handle, card_ref=card_ref,
                                 **{name: _bytes(value) for name, value in texts.items()})
        return self._begin("mbt_auth_begin", ctypes.byref(params))

    def enrol(self, person: str, *, by: Grant | None = None, samples: int = 0, frames_from: int = 0,
              cards_from: int = 0, timeout_ms: int = 0, **texts: str | None) -> Session:
        """Begins to enrol somebody. `texts`: name, reading, role, label, camera, reader."""
        params = _abi.EnrolParams(person=_bytes(person), samples=samples, frames_from=frames_from,
                                  cards_from=cards_from, timeout_ms=timeout_ms,
                                  **{name: _bytes(value) for name, value in texts.items()})
        return self._begin("mbt_enrol_begin", by and by._handle, ctypes.byref(params))

    def watch(self, grant: Grant, *, frames_from: int = 0, cards_from: int = 0, timeout_ms: int = 0,
              **texts: str | None) -> Session:
        """Begins to watch over a grant. `texts`: camera, reader."""
        params = _abi.WatchParams(frames_from=frames_from, cards_from=cards_from, timeout_ms=timeout_ms,
                                  **{name: _bytes(value) for name, value in texts.items()})
        return self._begin("mbt_watch_begin", grant._handle, ctypes.byref(params))

    def claim(self) -> Grant:
        """The grant that a log-in host kept for this user a moment ago."""
        out = ctypes.c_void_p()
        self._call("mbt_grant_claim", ctypes.byref(out))
        return Grant(out)

    def _begin(self, name: str, *arguments: object) -> Session:
        out = ctypes.c_void_p()
        self._call(name, *arguments, ctypes.byref(out))
        session = Session(out)
        self._sessions.add(session)
        return session


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


class Session(_Handle):
    """A capture under way. Iterate over it, in a thread or with asyncio, for what happens, up to the end."""

    _close = "mbt_session_end"

    def __init__(self, handle: ctypes.c_void_p) -> None:
        super().__init__(handle)
        self._over = False
        self._waiting: tuple[int, asyncio.Future[None]] | None = None

    def wait(self, timeout_ms: int = _C["MBT_WAIT_FOREVER"]) -> Event | None:
        """The next event; None when nothing happens in time."""
        event = _abi.Event()
        status = load().mbt_session_wait(self._handle, timeout_ms, ctypes.byref(event))
        if status == _C["MBT_E_TIMEOUT"]:
            return None
        _check(status)
        self._over = event.kind == _C["MBT_EV_DONE"]
        needs = event.code if event.kind == _C["MBT_EV_NEED"] else 0
        return Event(event.kind, event.code, event.done, event.all, tuple(event.needs[:needs]),
                     event.card_ref)

    def __iter__(self) -> Iterator[Event]:
        while (event := self.wait()) is not None:
            yield event
            if event.kind == _C["MBT_EV_DONE"]:
                return

    async def next_event(self) -> Event | None:
        """The next event, without a thread: the loop waits for it. None after the last. One task at a time waits; one that is
        cancelled leaves nothing behind, and the session as it was."""
        loop = asyncio.get_running_loop()
        while not self._over:
            if (event := self.wait(0)) is not None:
                return event
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
        return None

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self.next_event()) is not None:
            yield event

    def close(self) -> None:
        """Closes it; one that is under way is called off. A task that waits for it is told so."""
        self._let_go()
        super().close()

    def _let_go(self) -> None:
        """Before the descriptor is closed, and its number another's."""
        if self._waiting is not None:
            (descriptor, ready), self._waiting = self._waiting, None
            ready.get_loop().remove_reader(descriptor)
            if not ready.done():
                ready.set_exception(MabatakiError(_C["MBT_E_STATE"], "closed", "the session was closed", ""))

    def fileno(self) -> int:
        """Readable while an event waits: for select and event loops, which only wait for it."""
        out = ctypes.c_ssize_t()
        self._call("mbt_session_waitable", ctypes.byref(out))
        return out.value

    def push_frame(self, frame: Any, *, format: int | None = None, rotation: int = 0, mirrored: bool = False,
                   time_us: int = 0, timeout_ms: int = 1000) -> int:
        """Hands in a picture: an array of uint8, height x width, x 3 or x 4 (blue first), or of the layout `format`, or the bytes
        of a JPEG. `rotation` is how far it is to be turned clockwise to be upright (0, 90, 180, 270), `mirrored` that it then
        shows what a mirror would. It is read where it lies, rows that are apart too; what lies otherwise is refused with
        ValueError. Answers with how many older ones were let go; MBT_E_AGAIN where there was no room for it in time."""
        dropped = ctypes.c_uint64()
        with looked_at(frame, format, rotation, mirrored) as picture:
            picture.time_us = time_us
            self._call("mbt_session_push_frame", ctypes.byref(picture), timeout_ms, ctypes.byref(dropped))
        return dropped.value

    def end_frames(self) -> None:
        """No picture follows any more."""
        self._call("mbt_session_end_frames")

    def preview(self, side: int = 320) -> bytes | None:
        """The newest small picture of an enrolment, JPEG, its longer side so many pixels; None: no newer one is there yet."""
        picture = _abi.Buffer()
        try:
            self._call("mbt_session_preview", side, ctypes.byref(picture))
        except MabatakiError as error:
            if error.status == _C["MBT_E_AGAIN"]:
                return None
            raise
        try:
            return ctypes.string_at(picture.data, picture.len)
        finally:
            load().mbt_buffer_free(ctypes.byref(picture))

    def push_card(self, card: str | None) -> None:
        """A card that the host has read, as KIND:HEX; None: it was taken away."""
        self._call("mbt_session_push_card", _bytes(card))

    def push_secret(self, factor: int, typed: str | None) -> None:
        """What the person typed, as one factor MBT_F_*."""
        typed_bytes = _bytes(typed)
        self._call("mbt_session_push_secret", factor, typed_bytes, len(typed_bytes or b""))

    def claim(self, person: str) -> None:
        """Somebody typed who they are."""
        self._call("mbt_session_claim", _bytes(person))

    def choose(self, needs: int) -> None:
        """Follows one of the alternatives of the last need; 0 takes it back."""
        self._call("mbt_session_choose", needs)

    def cancel(self) -> None:
        """Calls it off. What was presented still counts."""
        self._call("mbt_session_cancel")

    def result(self) -> Result:
        """How it ended."""
        out = _abi.Result()
        self._call("mbt_session_result", ctypes.byref(out))
        return _plain(out, Result)

    def grant(self) -> Grant:
        """The grant, once, of a session that granted."""
        out = ctypes.c_void_p()
        self._call("mbt_session_grant", ctypes.byref(out))
        return Grant(out)


class Grant(_Handle):
    """What being let in is good for. Closing it logs nobody off; `end` does."""

    _close = "mbt_grant_close"

    def read(self) -> GrantInfo:
        """What it says."""
        out = _abi.GrantInfo()
        self._call("mbt_grant_read", ctypes.byref(out))
        return _plain(out, GrantInfo)

    def opens(self, application: str) -> bool:
        """Whether it opens this application without asking the person again."""
        status = load().mbt_grant_check(self._handle, _bytes(application))
        if status == _C["MBT_E_REAUTH"]:
            return False
        _check(status)
        return True

    def login(self, application: str) -> Login:
        """The person's login for an application that it opens. Each release stands in the log."""
        out = _abi.Login()
        self._call("mbt_grant_login", _bytes(application), ctypes.byref(out))
        try:
            user, secret, fields = (ctypes.string_at(part.data, part.len).decode()
                                    for part in (out.user, out.secret, out.fields))
            parts = fields.split("\0")
            return Login(user, secret, dict(zip(parts[::2], parts[1::2])))
        finally:
            load().mbt_login_free(ctypes.byref(out))

    def report_login(self, application: str, took: bool) -> None:
        """Tells whether the application took the login."""
        self._call("mbt_grant_login_report", _bytes(application), int(took))

    def report(self, what: str, to: str | None = None) -> int:
        """Writes down what was done under it; the record's number in the log."""
        record = ctypes.c_uint64()
        self._call("mbt_grant_report", _bytes(what), _bytes(to), ctypes.byref(record))
        return record.value

    def keep(self) -> None:
        """Leaves it for the user of the account that was opened."""
        self._call("mbt_grant_keep")

    def end(self) -> None:
        """The person logged off."""
        self._call("mbt_grant_end")
