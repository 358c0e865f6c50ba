"""This terminal and others: the keys that they show, and what passes between them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from . import _abi
from ._desk import Desk
from ._values import bytes_of, c_text, lines, listed, plain


@dataclass(frozen=True)
class Terminal:
    """A terminal, by the keys that it shows: compare the fingerprint by another way than its introduction went."""

    number: int
    name: str
    fingerprint: str

    @classmethod
    def introduced(cls, ask: Callable[..., None]) -> tuple[Terminal, bytes]:
        """What a call fills in, and the introduction that comes with it."""
        out = _abi.Terminal()
        introduction = bytes_of(lambda buffer: ask(ctypes.byref(out), buffer))
        return plain(out, cls), introduction


@dataclass(frozen=True)
class Peer:
    """A terminal that this one is, or was, paired with."""

    flags: int
    number: int
    paired_s: int
    ended_s: int
    complete_s: int
    sent: int
    taken: int
    name: str
    fingerprint: str


class Peers(Desk):
    """Terminals that this one is, or was, paired with."""

    def all(self) -> Iterator[Peer]:
        """All of them, in the order of their names."""
        return listed(self._lists("mbt_peer_list"), _abi.Peer, Peer)

    def pair(self, introduction: bytes, fingerprint: str, flags: int, *, sends_wards: Iterable[str] = (),
             sends_applications: Iterable[str] = (), takes_wards: Iterable[str] = (),
             takes_applications: Iterable[str] = ()) -> Peer:
        """Pairs with a terminal, whose fingerprint somebody has compared. `flags` (MBT_PEER_*) say what passes, and the lists
        whose people and which logins, with a * at the end for all that begin so."""
        place = ctypes.create_string_buffer(introduction, len(introduction))
        params = _abi.PairParams(flags=flags, introduction=ctypes.addressof(place), introduction_len=len(introduction),
                                 fingerprint=c_text(fingerprint), sends_wards=lines(sends_wards),
                                 sends_applications=lines(sends_applications), takes_wards=lines(takes_wards),
                                 takes_applications=lines(takes_applications))
        return self._peer("mbt_peer_pair", ctypes.byref(params))

    def renew(self, introduction: bytes) -> Peer:
        """Takes the new keys of a terminal that this one is paired with, from its introduction."""
        return self._peer("mbt_peer_renew", introduction, len(introduction))

    def unpair(self, name: str) -> Peer:
        """Ends a pairing: nothing passes any more."""
        return self._peer("mbt_peer_unpair", c_text(name))

    def rotate_own_keys(self) -> tuple[Terminal, bytes]:
        """Draws new keys for this terminal. Peers take them from the introduction: `renew`."""
        return Terminal.introduced(lambda *out: self._call("mbt_terminal_rotate", *out))

    def _peer(self, name: str, *arguments: object) -> Peer:
        out = _abi.Peer()
        self._call(name, *arguments, ctypes.byref(out))
        return plain(out, Peer)
