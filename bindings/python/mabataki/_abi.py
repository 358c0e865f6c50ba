"""The C ABI as ctypes sees it: structs and functions of mabataki.h, and nothing more."""

from __future__ import annotations

import ctypes
import ctypes.util
from ctypes import POINTER, c_char, c_char_p, c_int32, c_int64, c_size_t, c_ssize_t, c_uint32, c_uint64, c_void_p

MBT_NEEDS = 16


class Sized(ctypes.Structure):
    """A struct that begins with its own size, which is set when it is made."""

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)
        self.size = ctypes.sizeof(self)


class Error(Sized):
    _fields_ = [("size", c_uint32), ("status", c_int32), ("code", c_char * 32), ("text", c_char * 512),
                ("fix", c_char * 256)]


class Buffer(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("len", c_size_t)]


class Config(Sized):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("socket", c_char_p), ("name", c_char_p),
                ("timeout_ms", c_uint32), ("reserved", c_uint32), ("state", c_char_p), ("key", c_char_p),
                ("witness", c_char_p), ("pack", c_char_p), ("runtime", c_char_p)]


class Info(Sized):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("version", c_char * 64), ("terminal", c_char * 256)]


class Device(Sized):
    _fields_ = [("size", c_uint32), ("kind", c_uint32), ("name", c_char * 256)]


class AuthParams(Sized):
    _fields_ = [("size", c_uint32), ("purpose", c_uint32), ("policy", c_char_p), ("application", c_char_p),
                ("account", c_char_p), ("id", c_char_p), ("origin", c_char_p), ("reason", c_char_p),
                ("camera", c_char_p), ("reader", c_char_p), ("frames_from", c_uint32), ("cards_from", c_uint32),
                ("secrets", c_uint32), ("timeout_ms", c_uint32), ("replaces", c_void_p)]


class EnrolParams(Sized):
    _fields_ = [("size", c_uint32), ("samples", c_uint32), ("person", c_char_p), ("name", c_char_p),
                ("reading", c_char_p), ("role", c_char_p), ("label", c_char_p), ("camera", c_char_p),
                ("reader", c_char_p), ("frames_from", c_uint32), ("cards_from", c_uint32),
                ("timeout_ms", c_uint32), ("reserved", c_uint32)]


class WatchParams(Sized):
    _fields_ = [("size", c_uint32), ("frames_from", c_uint32), ("cards_from", c_uint32),
                ("timeout_ms", c_uint32), ("camera", c_char_p), ("reader", c_char_p)]


class Frame(Sized):
    _fields_ = [("size", c_uint32), ("format", c_uint32), ("width", c_uint32), ("height", c_uint32),
                ("stride", c_int64), ("time_us", c_uint64), ("data", c_void_p), ("len", c_size_t),
                ("data2", c_void_p), ("len2", c_size_t), ("stride2", c_int64), ("rotation", c_uint32),
                ("flags", c_uint32)]


class Event(Sized):
    _fields_ = [("size", c_uint32), ("kind", c_uint32), ("code", c_int32), ("done", c_uint32),
                ("all", c_uint32), ("needs", c_uint32 * MBT_NEEDS)]


class Result(Sized):
    _fields_ = [("size", c_uint32), ("outcome", c_int32), ("reason", c_int32), ("flags", c_uint32),
                ("factors", c_uint32), ("retry_after_s", c_uint32), ("status", c_int32), ("failure", c_int32),
                ("review", c_int32), ("samples", c_uint32), ("subject", c_char * 128)]


class GrantInfo(Sized):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("purpose", c_uint32), ("factors", c_uint32),
                ("left_ms", c_uint64), ("issued_s", c_int64), ("subject", c_char * 128), ("name", c_char * 520),
                ("account", c_char * 520), ("application", c_char * 128), ("session", c_char * 64)]


class Login(Sized):
    _fields_ = [("size", c_uint32), ("field_count", c_uint32), ("user", Buffer), ("secret", Buffer),
                ("fields", Buffer)]


STRUCTS = {"mbt_error": Error, "mbt_config": Config, "mbt_info": Info, "mbt_device": Device,
           "mbt_auth_params": AuthParams, "mbt_enrol_params": EnrolParams, "mbt_watch_params": WatchParams,
           "mbt_frame": Frame, "mbt_event": Event, "mbt_result": Result, "mbt_grant_info": GrantInfo,
           "mbt_login": Login}

_STATUS = c_int32
_HANDLE = c_void_p
_OUT = POINTER(c_void_p)

# Name: what it answers with, and what it takes.
FUNCTIONS: dict[str, tuple[object, list[object]]] = {
    "mbt_abi_version": (c_uint32, []),
    "mbt_version": (c_char_p, []),
    "mbt_status_name": (c_char_p, [_STATUS]),
    "mbt_error_last": (_STATUS, [POINTER(Error)]),
    "mbt_text": (c_char_p, [c_uint32, c_int32, c_uint32]),
    "mbt_clock_us": (c_uint64, []),
    "mbt_buffer_free": (None, [POINTER(Buffer)]),
    "mbt_engine_open": (_STATUS, [c_uint32, POINTER(Config), _OUT]),
    "mbt_engine_close": (_STATUS, [_HANDLE]),
    "mbt_engine_info": (_STATUS, [_HANDLE, POINTER(Info)]),
    "mbt_engine_device": (_STATUS, [_HANDLE, c_uint32, POINTER(Device)]),
    "mbt_engine_error": (_STATUS, [_HANDLE, POINTER(Error)]),
    "mbt_auth_begin": (_STATUS, [_HANDLE, POINTER(AuthParams), _OUT]),
    "mbt_enrol_begin": (_STATUS, [_HANDLE, _HANDLE, POINTER(EnrolParams), _OUT]),
    "mbt_watch_begin": (_STATUS, [_HANDLE, _HANDLE, POINTER(WatchParams), _OUT]),
    "mbt_session_wait": (_STATUS, [_HANDLE, c_uint32, POINTER(Event)]),
    "mbt_session_waitable": (_STATUS, [_HANDLE, POINTER(c_ssize_t)]),
    "mbt_session_push_frame": (_STATUS, [_HANDLE, POINTER(Frame), c_uint32, POINTER(c_uint64)]),
    "mbt_session_end_frames": (_STATUS, [_HANDLE]),
    "mbt_session_push_card": (_STATUS, [_HANDLE, c_char_p]),
    "mbt_session_push_secret": (_STATUS, [_HANDLE, c_uint32, c_char_p, c_size_t]),
    "mbt_session_claim": (_STATUS, [_HANDLE, c_char_p]),
    "mbt_session_choose": (_STATUS, [_HANDLE, c_uint32]),
    "mbt_session_cancel": (_STATUS, [_HANDLE]),
    "mbt_session_result": (_STATUS, [_HANDLE, POINTER(Result)]),
    "mbt_session_grant": (_STATUS, [_HANDLE, _OUT]),
    "mbt_session_error": (_STATUS, [_HANDLE, POINTER(Error)]),
    "mbt_session_end": (_STATUS, [_HANDLE]),
    "mbt_grant_claim": (_STATUS, [_HANDLE, _OUT]),
    "mbt_grant_read": (_STATUS, [_HANDLE, POINTER(GrantInfo)]),
    "mbt_grant_check": (_STATUS, [_HANDLE, c_char_p]),
    "mbt_grant_login": (_STATUS, [_HANDLE, c_char_p, POINTER(Login)]),
    "mbt_login_free": (None, [POINTER(Login)]),
    "mbt_grant_login_report": (_STATUS, [_HANDLE, c_char_p, c_uint32]),
    "mbt_grant_report": (_STATUS, [_HANDLE, c_char_p, c_char_p, POINTER(c_uint64)]),
    "mbt_grant_confirm": (_STATUS, [_HANDLE, c_uint32]),
    "mbt_grant_keep": (_STATUS, [_HANDLE]),
    "mbt_grant_end": (_STATUS, [_HANDLE]),
    "mbt_grant_close": (_STATUS, [_HANDLE]),
    "mbt_grant_error": (_STATUS, [_HANDLE, POINTER(Error)]),
}


def load(path: str | None = None) -> ctypes.CDLL:
    """Loads the library: the one at `path`, or the system's."""
    library = ctypes.CDLL(path or ctypes.util.find_library("mabataki") or "libmabataki.so.0")
    for name, (answer, takes) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = answer, takes
    return library
