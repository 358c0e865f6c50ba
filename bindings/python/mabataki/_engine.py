"""A connection to the terminal's service, and all that begins with it."""

from __future__ import annotations

import ctypes
import json
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from . import _abi
from . import _constants as c
from ._administration import Administration
from ._calls import Handle, Waitable, check, given, load
from ._grant import Grant
from ._session import Session
from ._terminals import Terminal
from ._values import bytes_of, c_text, c_texts, plain, secret

_W = TypeVar("_W", bound=Waitable[Any])


@dataclass(frozen=True)
class Info:
    """What answers at the other end: MBT_INFO_*, its version, and what the terminal is called."""

    flags: int
    version: str
    terminal: str


@dataclass(frozen=True)
class Device:
    """A camera or a reader of the terminal: MBT_CAMERA or MBT_READER, and by what it is asked for."""

    kind: int
    name: str


@dataclass(frozen=True)
class State:
    """How a terminal stands."""

    flags: int
    freshness: int
    now_s: int
    disaster_until_s: int
    sync_age_s: int
    log_key: str


class Engine(Handle):
    """A connection to the terminal's service; with `state` and the rest, the engine in this process."""

    _close = "mbt_engine_close"

    def __init__(self, socket: str | None = None, *, name: str | None = None, timeout_ms: int = 0,
                 state: str | None = None, key: str | None = None, witness: str | None = None,
                 pack: str | None = None, runtime: str | None = None) -> None:
        places = c_texts({"socket": socket, "name": name, "state": state, "key": key, "witness": witness, "pack": pack,
                          "runtime": runtime})
        config = _abi.Config(flags=0 if state is None else c.MBT_IN_PROCESS, timeout_ms=timeout_ms, **places)
        handle = ctypes.c_void_p()
        abi = c.MBT_ABI_MAJOR << 16 | c.MBT_ABI_MINOR
        check(load().mbt_engine_open(abi, ctypes.byref(config), ctypes.byref(handle)))
        super().__init__(handle)
        self._begun: weakref.WeakSet[Waitable[Any]] = weakref.WeakSet()

    def close(self) -> None:
        """Closes it, ends its sessions and gives up its grants. Tasks that wait for a session are told so."""
        for begun in list(self._begun):
            begun._let_go()
        super().close()

    @property
    def terminal(self) -> str:
        """What the terminal is called."""
        return self.info().terminal

    def info(self) -> Info:
        """What answers at the other end."""
        out = _abi.Info()
        self._call("mbt_engine_info", ctypes.byref(out))
        return plain(out, Info)

    def devices(self) -> Iterator[Device]:
        """The cameras and readers of the terminal."""
        index = 0
        while True:
            out = _abi.Device()
            status = load().mbt_engine_device(given(self), index, ctypes.byref(out))
            if status == c.MBT_E_END:
                return
            check(status)
            yield plain(out, Device)
            index += 1

    def state(self) -> State:
        """How the terminal stands."""
        out = _abi.State()
        self._call("mbt_engine_state", ctypes.byref(out))
        return plain(out, State)

    def keys(self) -> dict[str, Any]:
        """The keys that assertions are verified by: a JSON Web Key Set."""
        found: dict[str, Any] = json.loads(bytes_of(lambda out: self._call("mbt_engine_keys", out)))
        return found

    def identity(self) -> tuple[Terminal, bytes]:
        """This terminal as it shows itself to others, and the introduction that the other one is to read."""
        return Terminal.introduced(lambda *out: self._call("mbt_terminal_identity", *out))

    def reload(self) -> None:
        """Has the service open store, model pack and runtime anew. For whoever installs: root, or the service's own user."""
        self._call("mbt_engine_reload")

    def set_up(self, token: str, id: str, name: str, password: str) -> None:
        """Appoints the first administrator, by the one-time token that was shown when the store was made."""
        self._call("mbt_engine_set_up", *secret(token), c_text(id), c_text(name), *secret(password))

    def change_password(self, person: str, old: str, new: str) -> None:
        """Somebody changes their own password: it takes no grant, but the password that they have."""
        self._call("mbt_password_change", c_text(person), *secret(old), *secret(new))

    def administration(self, by: Grant | None = None) -> Administration:
        """What changes or tells of people, cards, policy and the log, by the grant of somebody whose role has the right for it;
        None is for root and the service's own user, where nobody need be named."""
        return Administration(self, by, self._begin)

    def authenticate(self, purpose: int, *, frames_from: int = 0, cards_from: int = 0, secrets: int = 0,
                     timeout_ms: int = 0, replaces: Grant | None = None, card_ref: int = 0,
                     **texts: str | None) -> Session:
        """Begins to let somebody in; with the `card_ref` of a watch's event, whoever tapped that card.
        `texts`: policy, application, account, id, origin, reason, camera, reader."""
        params = _abi.AuthParams(purpose=purpose, frames_from=frames_from, cards_from=cards_from, secrets=secrets,
                                 timeout_ms=timeout_ms, replaces=given(replaces), card_ref=card_ref,
                                 **c_texts(texts))
        return self._begin(Session, "mbt_auth_begin", ctypes.byref(params))

    def enrol(self, person: str, *, by: Grant | None = None, samples: int = 0, frames_from: int = 0,
              cards_from: int = 0, timeout_ms: int = 0, **texts: str | None) -> Session:
        """Begins to enrol somebody. `texts`: name, reading, role, label, camera, reader."""
        params = _abi.EnrolParams(person=c_text(person), samples=samples, frames_from=frames_from,
                                  cards_from=cards_from, timeout_ms=timeout_ms, **c_texts(texts))
        return self._begin(Session, "mbt_enrol_begin", given(by), ctypes.byref(params))

    def watch(self, grant: Grant, *, frames_from: int = 0, cards_from: int = 0, timeout_ms: int = 0,
              **texts: str | None) -> Session:
        """Begins to watch over a grant. `texts`: camera, reader."""
        params = _abi.WatchParams(frames_from=frames_from, cards_from=cards_from, timeout_ms=timeout_ms,
                                  **c_texts(texts))
        return self._begin(Session, "mbt_watch_begin", given(grant), ctypes.byref(params))

    def claim(self) -> Grant:
        """The grant that a log-in host kept for this user a moment ago."""
        out = ctypes.c_void_p()
        self._call("mbt_grant_claim", ctypes.byref(out))
        return Grant(out)

    def _begin(self, kind: type[_W], name: str, *arguments: object) -> _W:
        out = ctypes.c_void_p()
        self._call(name, *arguments, ctypes.byref(out))
        begun = kind(out)
        self._begun.add(begun)
        return begun
