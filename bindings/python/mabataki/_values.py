"""What Python has for what C has: texts, lines, buffers, structs, lists."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast

from . import _abi
from ._calls import check, load
from ._constants import MBT_E_END
from ._sized import Sized

_T = TypeVar("_T")

# How many entries of a list are asked for at a time.
_PAGE = 64


def c_text(text: str | None) -> bytes | None:
    """A text, or NULL. ValueError where C would see but a part of it."""
    if text is None:
        return None
    if "\0" in text:
        raise ValueError("a text has no NUL in it: C would take it for the end")
    return text.encode()


def c_texts(texts: Mapping[str, str | None]) -> dict[str, bytes | None]:
    """The same of several."""
    return {name: c_text(text) for name, text in texts.items()}


def lines(items: Iterable[str]) -> bytes | None:
    """A list as C has it, each a line. ValueError for an item that would become two."""
    found = list(items)
    if any("\n" in item for item in found):
        raise ValueError("each item is a line: expected none with a line's end in it")
    return c_text("\n".join(found)) if found else None


def secret(text: str) -> tuple[bytes, int]:
    """A secret, and its length."""
    found = text.encode()
    return found, len(found)


def fields(of: Mapping[str, str]) -> bytes:
    """Names and values as C has them: each with a NUL behind it."""
    if any("\0" in part for pair in of.items() for part in pair):
        raise ValueError("a field has no NUL in it: C would take it for the end")
    return "".join(f"{name}\0{value}\0" for name, value in of.items()).encode()


def bytes_of(fill: Callable[[Any], None]) -> bytes:
    """What a call puts into a buffer, which is wiped then."""
    buffer = _abi.Buffer()
    fill(ctypes.byref(buffer))
    try:
        return ctypes.string_at(buffer.data, buffer.len)
    finally:
        load().mbt_buffer_free(ctypes.byref(buffer))


def plain(struct: ctypes.Structure, kind: Callable[..., _T]) -> _T:
    """A struct as a dataclass: texts decoded, lines apart, what the dataclass does not have left out."""
    values: dict[str, object] = {}
    for field in dataclasses.fields(cast(Any, kind)):
        value = getattr(struct, field.name)
        if isinstance(value, bytes):
            value = value.decode()
            if str(field.type) == "tuple[str, ...]":
                value = tuple(value.split("\n")) if value else ()
        values[field.name] = value
    return kind(**values)


def listed(ask: Callable[..., int], struct: type[Sized], kind: Callable[..., _T]) -> Iterator[_T]:
    """All entries of a list, a page at a time. `ask` calls with the last entry of the page before, and the place for the next."""
    page = (struct * _PAGE)()
    size, room, count = ctypes.sizeof(struct), len(page), ctypes.c_size_t()
    after = None
    while True:
        status = ask(after, page, size, room, ctypes.byref(count))
        if status == MBT_E_END:
            return
        check(status)
        found = page[:count.value]
        after = struct.from_buffer_copy(found[-1])
        yield from (plain(entry, kind) for entry in found)
        if len(found) < room:
            return
