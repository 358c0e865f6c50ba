"""One capture: somebody is let in, enrolled or watched over."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

from . import _abi
from . import _constants as c
from ._calls import MabatakiError, Waitable, check, given, load
from ._grant import Grant
from ._picture import looked_at
from ._values import bytes_of, c_text, plain, secret


def text(kind: int, code: int, lang: str = "en") -> str:
    """What a person may read: of a kind MBT_TEXT_*, in "ja" or "en"."""
    number = c.MBT_LANG_JA if lang == "ja" else c.MBT_LANG_EN
    words: bytes = load().mbt_text(kind, code, number)
    return words.decode()


# What the code of an event is one of.
_KINDS = {c.MBT_EV_STEP: c.MBT_TEXT_STEP, c.MBT_EV_GUIDANCE: c.MBT_TEXT_GUIDANCE, c.MBT_EV_LATE: c.MBT_TEXT_FRESH,
          c.MBT_EV_TURN: c.MBT_TEXT_CAUSE, c.MBT_EV_WATCH: c.MBT_TEXT_WATCH, c.MBT_EV_PIN: c.MBT_TEXT_PIN,
          c.MBT_EV_DONE: c.MBT_TEXT_OUTCOME}


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
        """For the person at the terminal, in "ja" or "en"; empty where it has no words."""
        kind = _KINDS.get(self.kind)
        return "" if kind is None else text(kind, self.code, lang)


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
        return self.outcome == c.MBT_GRANTED


class Session(Waitable[Event]):
    """A capture under way. Iterate over it, in a thread or with asyncio, for what happens, up to the end."""

    _close = "mbt_session_end"
    _waitable = "mbt_session_waitable"

    def wait(self, timeout_ms: int = c.MBT_WAIT_FOREVER) -> Event | None:
        """The next event; None when nothing happens in time."""
        event = _abi.Event()
        status = load().mbt_session_wait(given(self), timeout_ms, ctypes.byref(event))
        if status == c.MBT_E_TIMEOUT:
            return None
        check(status)
        self._over = event.kind == c.MBT_EV_DONE
        needs = event.code if event.kind == c.MBT_EV_NEED else 0
        return Event(event.kind, event.code, event.done, event.all, tuple(event.needs[:needs]), event.card_ref)

    async def next_event(self) -> Event | None:
        """The next event, without a thread: the loop waits for it. None after the last. One task at a time waits; one that is
        cancelled leaves nothing behind, and the session as it was."""
        return await self._next()

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
        try:
            return bytes_of(lambda out: self._call("mbt_session_preview", side, out))
        except MabatakiError as error:
            if error.status == c.MBT_E_AGAIN:
                return None
            raise

    def push_card(self, card: str | None) -> None:
        """A card that the host has read, as KIND:HEX; None: it was taken away."""
        self._call("mbt_session_push_card", c_text(card))

    def push_secret(self, factor: int, typed: str | None) -> None:
        """What the person typed, as one factor MBT_F_*."""
        self._call("mbt_session_push_secret", factor, *((None, 0) if typed is None else secret(typed)))

    def claim(self, person: str) -> None:
        """Somebody typed who they are."""
        self._call("mbt_session_claim", c_text(person))

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
        return plain(out, Result)

    def grant(self) -> Grant:
        """The grant, once, of a session that granted."""
        out = ctypes.c_void_p()
        self._call("mbt_session_grant", ctypes.byref(out))
        return Grant(out)
