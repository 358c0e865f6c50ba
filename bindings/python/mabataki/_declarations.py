"""Structs and functions of mabataki.h. Made from it: MABATAKI_BLESS=1 cargo test -p mabataki-ffi --test python"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char, c_char_p, c_double, c_int32, c_int64, c_size_t, c_ssize_t, c_uint32, c_uint64, c_void_p

from mabataki._sized import Sized


class Error(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("status", c_int32),
        ("code", c_char * 32),
        ("text", c_char * 512),
        ("fix", c_char * 256),
    ]


class Buffer(ctypes.Structure):
    _fields_ = [
        ("data", c_void_p),
        ("len", c_size_t),
    ]


class Config(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("socket", c_char_p),
        ("name", c_char_p),
        ("timeout_ms", c_uint32),
        ("reserved", c_uint32),
        ("state", c_char_p),
        ("key", c_char_p),
        ("witness", c_char_p),
        ("pack", c_char_p),
        ("runtime", c_char_p),
    ]


class Info(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("version", c_char * 64),
        ("terminal", c_char * 256),
    ]


class Device(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_uint32),
        ("name", c_char * 256),
    ]


class AuthParams(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("purpose", c_uint32),
        ("policy", c_char_p),
        ("application", c_char_p),
        ("account", c_char_p),
        ("id", c_char_p),
        ("origin", c_char_p),
        ("reason", c_char_p),
        ("camera", c_char_p),
        ("reader", c_char_p),
        ("frames_from", c_uint32),
        ("cards_from", c_uint32),
        ("secrets", c_uint32),
        ("timeout_ms", c_uint32),
        ("replaces", c_void_p),
        ("card_ref", c_uint64),
    ]


class EnrolParams(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("samples", c_uint32),
        ("person", c_char_p),
        ("name", c_char_p),
        ("reading", c_char_p),
        ("role", c_char_p),
        ("label", c_char_p),
        ("camera", c_char_p),
        ("reader", c_char_p),
        ("frames_from", c_uint32),
        ("cards_from", c_uint32),
        ("timeout_ms", c_uint32),
        ("reserved", c_uint32),
    ]


class WatchParams(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("frames_from", c_uint32),
        ("cards_from", c_uint32),
        ("timeout_ms", c_uint32),
        ("camera", c_char_p),
        ("reader", c_char_p),
    ]


class Event(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_uint32),
        ("code", c_int32),
        ("done", c_uint32),
        ("all", c_uint32),
        ("needs", c_uint32 * 16),
        ("reserved", c_uint32),
        ("card_ref", c_uint64),
    ]


class Frame(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("format", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("stride", c_int64),
        ("time_us", c_uint64),
        ("data", c_void_p),
        ("len", c_size_t),
        ("data2", c_void_p),
        ("len2", c_size_t),
        ("stride2", c_int64),
        ("rotation", c_uint32),
        ("flags", c_uint32),
    ]


class Result(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("outcome", c_int32),
        ("reason", c_int32),
        ("flags", c_uint32),
        ("factors", c_uint32),
        ("retry_after_s", c_uint32),
        ("status", c_int32),
        ("failure", c_int32),
        ("review", c_int32),
        ("samples", c_uint32),
        ("subject", c_char * 128),
    ]


class GrantInfo(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("purpose", c_uint32),
        ("factors", c_uint32),
        ("left_ms", c_uint64),
        ("issued_s", c_int64),
        ("subject", c_char * 128),
        ("name", c_char * 520),
        ("account", c_char * 520),
        ("application", c_char * 128),
        ("session", c_char * 64),
    ]


class Login(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("field_count", c_uint32),
        ("user", Buffer),
        ("secret", Buffer),
        ("fields", Buffer),
    ]


class Person(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("status", c_uint32),
        ("cards", c_uint32),
        ("valid_from_s", c_int64),
        ("valid_until_s", c_int64),
        ("created_s", c_int64),
        ("except_until_s", c_int64),
        ("id", c_char * 72),
        ("name", c_char * 520),
        ("reading", c_char * 520),
        ("role", c_char * 72),
        ("accounts", c_char * 2064),
        ("wards", c_char * 1056),
        ("sponsor", c_char * 72),
        ("scope", c_char * 520),
        ("consent_form", c_char * 72),
        ("consent_day", c_char * 16),
    ]


class Card(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("status", c_uint32),
        ("holders", c_uint32),
        ("valid_from_s", c_int64),
        ("valid_until_s", c_int64),
        ("handle", c_char * 40),
        ("label", c_char * 264),
        ("kind", c_char * 40),
        ("people", c_char * 520),
    ]


class LoginEntry(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("field_count", c_uint32),
        ("suspended_s", c_int64),
        ("person", c_char * 72),
        ("application", c_char * 264),
        ("user", c_char * 1032),
    ]


class LoginParams(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("person", c_char_p),
        ("application", c_char_p),
        ("user", c_char_p),
        ("secret", c_char_p),
        ("secret_len", c_size_t),
        ("fields", c_char_p),
        ("fields_len", c_size_t),
    ]


class Lockout(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("factor", c_uint32),
        ("failures", c_uint32),
        ("until_s", c_int64),
        ("person", c_char * 72),
        ("card", c_char * 40),
    ]


class GrantEntry(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("purpose", c_uint32),
        ("factors", c_uint32),
        ("reserved", c_uint32),
        ("issued_s", c_int64),
        ("left_ms", c_uint64),
        ("session", c_char * 64),
        ("subject", c_char * 72),
    ]


class LogEntry(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("factors", c_uint32),
        ("number", c_uint64),
        ("time_ms", c_int64),
        ("operation", c_char * 48),
        ("outcome", c_char * 32),
        ("reason", c_char * 128),
        ("subject", c_char * 128),
        ("name", c_char * 520),
        ("object", c_char * 520),
        ("account", c_char * 520),
        ("purpose", c_char * 32),
        ("session", c_char * 64),
        ("terminal", c_char * 256),
        ("origin", c_char * 520),
        ("host", c_char * 520),
    ]


class Checkpoint(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("number", c_uint64),
        ("last", c_uint64),
        ("time_s", c_int64),
        ("code", c_char * 64),
    ]


class Fault(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("line", c_uint32),
        ("text", c_char * 512),
    ]


class State(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("freshness", c_uint32),
        ("reserved", c_uint32),
        ("now_s", c_int64),
        ("disaster_until_s", c_int64),
        ("sync_age_s", c_uint64),
        ("log_key", c_char * 72),
    ]


class Emergency(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("state", c_uint32),
        ("minutes", c_uint32),
        ("reserved", c_uint32),
        ("issued_s", c_int64),
        ("until_s", c_int64),
        ("handle", c_char * 40),
        ("person", c_char * 72),
        ("terminal", c_char * 256),
        ("issuer", c_char * 72),
    ]


class EmergencyUse(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("reviewed", c_uint32),
        ("time_s", c_int64),
        ("reviewed_s", c_int64),
        ("handle", c_char * 40),
        ("code", c_char * 40),
        ("person", c_char * 72),
        ("name", c_char * 520),
        ("reason", c_char * 808),
        ("terminal", c_char * 256),
        ("session", c_char * 64),
        ("reviewer", c_char * 72),
        ("note", c_char * 808),
    ]


class Enrolment(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("reason", c_uint32),
        ("time_s", c_int64),
        ("until_s", c_int64),
        ("person", c_char * 72),
        ("name", c_char * 520),
        ("resembles", c_char * 72),
        ("enroller", c_char * 72),
    ]


class Terminal(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("number", c_uint32),
        ("name", c_char * 256),
        ("fingerprint", c_char * 64),
    ]


class Peer(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("number", c_uint32),
        ("reserved", c_uint32),
        ("paired_s", c_int64),
        ("ended_s", c_int64),
        ("complete_s", c_int64),
        ("sent", c_uint64),
        ("taken", c_uint64),
        ("name", c_char * 256),
        ("fingerprint", c_char * 64),
    ]


class PairParams(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("introduction", c_void_p),
        ("introduction_len", c_size_t),
        ("fingerprint", c_char_p),
        ("sends_wards", c_char_p),
        ("sends_applications", c_char_p),
        ("takes_wards", c_char_p),
        ("takes_applications", c_char_p),
    ]


class JobParams(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_uint32),
        ("flags", c_uint32),
        ("format", c_uint32),
        ("of", c_uint32),
        ("lang", c_uint32),
        ("wait_ms", c_uint32),
        ("reserved", c_uint32),
        ("valid_s", c_uint64),
        ("valid_from_s", c_int64),
        ("valid_until_s", c_int64),
        ("rate", c_double),
        ("from_day", c_char_p),
        ("to_day", c_char_p),
        ("name", c_char_p),
        ("wards", c_char_p),
        ("applications", c_char_p),
        ("person", c_char_p),
        ("label", c_char_p),
        ("key", c_char_p),
        ("data", c_void_p),
        ("data_len", c_size_t),
        ("hours", c_char_p),
    ]


class Progress(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("state", c_int32),
        ("done", c_uint64),
        ("of", c_uint64),
    ]


class Report(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_uint32),
        ("flags", c_uint32),
        ("reserved", c_uint32),
        ("length", c_uint64),
        ("records", c_uint64),
        ("checkpoints", c_uint64),
        ("first_bad", c_uint64),
        ("unprotected", c_uint64),
        ("revision", c_uint64),
        ("added", c_uint64),
        ("changed", c_uint64),
        ("removed", c_uint64),
        ("unchanged", c_uint64),
        ("held", c_uint64),
        ("rejected", c_uint64),
        ("record", c_uint64),
        ("until_s", c_int64),
        ("rate", c_double),
        ("threshold", c_double),
        ("reached", c_uint64),
        ("sha256", c_char * 72),
        ("word", c_char * 72),
    ]


STRUCTS: dict[str, type[Sized]] = {
    "mbt_error": Error,
    "mbt_config": Config,
    "mbt_info": Info,
    "mbt_device": Device,
    "mbt_auth_params": AuthParams,
    "mbt_enrol_params": EnrolParams,
    "mbt_watch_params": WatchParams,
    "mbt_event": Event,
    "mbt_frame": Frame,
    "mbt_result": Result,
    "mbt_grant_info": GrantInfo,
    "mbt_login": Login,
    "mbt_person": Person,
    "mbt_card": Card,
    "mbt_login_entry": LoginEntry,
    "mbt_login_params": LoginParams,
    "mbt_lockout": Lockout,
    "mbt_grant_entry": GrantEntry,
    "mbt_log_entry": LogEntry,
    "mbt_checkpoint": Checkpoint,
    "mbt_fault": Fault,
    "mbt_state": State,
    "mbt_emergency": Emergency,
    "mbt_emergency_use": EmergencyUse,
    "mbt_enrolment": Enrolment,
    "mbt_terminal": Terminal,
    "mbt_peer": Peer,
    "mbt_pair_params": PairParams,
    "mbt_job_params": JobParams,
    "mbt_progress": Progress,
    "mbt_report": Report,
}

# Name: what it answers with, and what it takes.
FUNCTIONS: dict[str, tuple[object, list[object]]] = {
    "mbt_abi_version": (c_uint32, []),
    "mbt_version": (c_char_p, []),
    "mbt_status_name": (c_char_p, [c_int32]),
    "mbt_error_last": (c_int32, [POINTER(Error)]),
    "mbt_text": (c_char_p, [c_uint32, c_int32, c_uint32]),
    "mbt_clock_us": (c_uint64, []),
    "mbt_buffer_free": (None, [POINTER(Buffer)]),
    "mbt_engine_open": (c_int32, [c_uint32, POINTER(Config), POINTER(c_void_p)]),
    "mbt_engine_close": (c_int32, [c_void_p]),
    "mbt_engine_info": (c_int32, [c_void_p, POINTER(Info)]),
    "mbt_engine_device": (c_int32, [c_void_p, c_uint32, POINTER(Device)]),
    "mbt_engine_error": (c_int32, [c_void_p, POINTER(Error)]),
    "mbt_auth_begin": (c_int32, [c_void_p, POINTER(AuthParams), POINTER(c_void_p)]),
    "mbt_enrol_begin": (c_int32, [c_void_p, c_void_p, POINTER(EnrolParams), POINTER(c_void_p)]),
    "mbt_watch_begin": (c_int32, [c_void_p, c_void_p, POINTER(WatchParams), POINTER(c_void_p)]),
    "mbt_session_wait": (c_int32, [c_void_p, c_uint32, POINTER(Event)]),
    "mbt_session_waitable": (c_int32, [c_void_p, POINTER(c_ssize_t)]),
    "mbt_session_push_frame": (c_int32, [c_void_p, POINTER(Frame), c_uint32, POINTER(c_uint64)]),
    "mbt_session_end_frames": (c_int32, [c_void_p]),
    "mbt_session_preview": (c_int32, [c_void_p, c_uint32, POINTER(Buffer)]),
    "mbt_session_push_card": (c_int32, [c_void_p, c_char_p]),
    "mbt_session_push_secret": (c_int32, [c_void_p, c_uint32, c_char_p, c_size_t]),
    "mbt_session_claim": (c_int32, [c_void_p, c_char_p]),
    "mbt_session_choose": (c_int32, [c_void_p, c_uint32]),
    "mbt_session_cancel": (c_int32, [c_void_p]),
    "mbt_session_result": (c_int32, [c_void_p, POINTER(Result)]),
    "mbt_session_grant": (c_int32, [c_void_p, POINTER(c_void_p)]),
    "mbt_session_error": (c_int32, [c_void_p, POINTER(Error)]),
    "mbt_session_end": (c_int32, [c_void_p]),
    "mbt_grant_claim": (c_int32, [c_void_p, POINTER(c_void_p)]),
    "mbt_grant_read": (c_int32, [c_void_p, POINTER(GrantInfo)]),
    "mbt_grant_check": (c_int32, [c_void_p, c_char_p]),
    "mbt_grant_login": (c_int32, [c_void_p, c_char_p, POINTER(Login)]),
    "mbt_login_free": (None, [POINTER(Login)]),
    "mbt_grant_login_report": (c_int32, [c_void_p, c_char_p, c_uint32]),
    "mbt_grant_report": (c_int32, [c_void_p, c_char_p, c_char_p, POINTER(c_uint64)]),
    "mbt_grant_assertion": (c_int32, [c_void_p, c_char_p, c_char_p, POINTER(Buffer)]),
    "mbt_grant_confirm": (c_int32, [c_void_p, c_uint32]),
    "mbt_grant_keep": (c_int32, [c_void_p]),
    "mbt_grant_end": (c_int32, [c_void_p]),
    "mbt_grant_close": (c_int32, [c_void_p]),
    "mbt_grant_error": (c_int32, [c_void_p, POINTER(Error)]),
    "mbt_person_add": (c_int32, [c_void_p, c_void_p, POINTER(Person)]),
    "mbt_person_change": (c_int32, [c_void_p, c_void_p, POINTER(Person)]),
    "mbt_person_get": (c_int32, [c_void_p, c_void_p, c_char_p, POINTER(Person)]),
    "mbt_person_list": (c_int32, [c_void_p, c_void_p, POINTER(Person), POINTER(Person), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_person_set_status": (c_int32, [c_void_p, c_void_p, c_char_p, c_uint32]),
    "mbt_person_retire": (c_int32, [c_void_p, c_void_p, c_char_p]),
    "mbt_person_remove": (c_int32, [c_void_p, c_void_p, c_char_p, POINTER(c_uint64)]),
    "mbt_person_forget_face": (c_int32, [c_void_p, c_void_p, c_char_p]),
    "mbt_person_except": (c_int32, [c_void_p, c_void_p, c_char_p, c_char_p, c_int64]),
    "mbt_person_consent": (c_int32, [c_void_p, c_void_p, c_char_p, c_char_p, c_char_p]),
    "mbt_card_bind": (c_int32, [c_void_p, c_void_p, c_char_p, c_char_p, c_char_p, POINTER(Card)]),
    "mbt_card_list": (c_int32, [c_void_p, c_void_p, c_char_p, POINTER(Card), POINTER(Card), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_card_stop": (c_int32, [c_void_p, c_void_p, c_char_p, c_uint32]),
    "mbt_card_restore": (c_int32, [c_void_p, c_void_p, c_char_p]),
    "mbt_card_remove": (c_int32, [c_void_p, c_void_p, c_char_p]),
    "mbt_card_share": (c_int32, [c_void_p, c_void_p, c_char_p, c_char_p, c_uint32]),
    "mbt_password_set": (c_int32, [c_void_p, c_void_p, c_char_p, c_char_p, c_size_t, c_uint32]),
    "mbt_password_remove": (c_int32, [c_void_p, c_void_p, c_char_p]),
    "mbt_password_change": (c_int32, [c_void_p, c_char_p, c_char_p, c_size_t, c_char_p, c_size_t]),
    "mbt_engine_set_up": (c_int32, [c_void_p, c_char_p, c_size_t, c_char_p, c_char_p, c_char_p, c_size_t]),
    "mbt_login_list": (c_int32, [c_void_p, c_void_p, c_char_p, POINTER(LoginEntry), POINTER(LoginEntry), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_login_put": (c_int32, [c_void_p, c_void_p, POINTER(LoginParams)]),
    "mbt_grant_login_put": (c_int32, [c_void_p, POINTER(LoginParams)]),
    "mbt_login_remove": (c_int32, [c_void_p, c_void_p, c_char_p, c_char_p]),
    "mbt_lockout_list": (c_int32, [c_void_p, c_void_p, POINTER(Lockout), POINTER(Lockout), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_lockout_clear": (c_int32, [c_void_p, c_void_p, c_char_p, c_char_p, c_uint32, POINTER(c_uint32)]),
    "mbt_grant_list": (c_int32, [c_void_p, c_void_p, POINTER(GrantEntry), POINTER(GrantEntry), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_grant_revoke": (c_int32, [c_void_p, c_void_p, c_char_p]),
    "mbt_log_list": (c_int32, [c_void_p, c_void_p, c_uint64, POINTER(LogEntry), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_log_checkpoint": (c_int32, [c_void_p, c_void_p, c_uint32, POINTER(Checkpoint)]),
    "mbt_policy_get": (c_int32, [c_void_p, c_void_p, POINTER(Buffer)]),
    "mbt_policy_check": (c_int32, [c_char_p, c_size_t, POINTER(Fault), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_policy_set": (c_int32, [c_void_p, c_void_p, c_char_p, c_size_t, POINTER(c_uint32)]),
    "mbt_engine_state": (c_int32, [c_void_p, POINTER(State)]),
    "mbt_clock_accept": (c_int32, [c_void_p, c_void_p]),
    "mbt_engine_reload": (c_int32, [c_void_p]),
    "mbt_engine_keys": (c_int32, [c_void_p, POINTER(Buffer)]),
    "mbt_emergency_issue": (c_int32, [c_void_p, c_void_p, c_char_p, c_char_p, c_uint32, c_uint64, POINTER(Emergency), POINTER(Buffer)]),
    "mbt_emergency_list": (c_int32, [c_void_p, c_void_p, POINTER(Emergency), POINTER(Emergency), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_emergency_revoke": (c_int32, [c_void_p, c_void_p, c_char_p]),
    "mbt_emergency_use_list": (c_int32, [c_void_p, c_void_p, c_uint32, POINTER(EmergencyUse), POINTER(EmergencyUse), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_emergency_review": (c_int32, [c_void_p, c_void_p, c_char_p, c_char_p]),
    "mbt_disaster_declare": (c_int32, [c_void_p, c_void_p, c_void_p, c_uint64, c_char_p]),
    "mbt_disaster_end": (c_int32, [c_void_p, c_void_p]),
    "mbt_enrolment_list": (c_int32, [c_void_p, c_void_p, POINTER(Enrolment), POINTER(Enrolment), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_enrolment_decide": (c_int32, [c_void_p, c_void_p, c_char_p, c_uint32]),
    "mbt_terminal_identity": (c_int32, [c_void_p, POINTER(Terminal), POINTER(Buffer)]),
    "mbt_terminal_rotate": (c_int32, [c_void_p, c_void_p, POINTER(Terminal), POINTER(Buffer)]),
    "mbt_peer_list": (c_int32, [c_void_p, c_void_p, POINTER(Peer), POINTER(Peer), c_size_t, c_size_t, POINTER(c_size_t)]),
    "mbt_peer_pair": (c_int32, [c_void_p, c_void_p, POINTER(PairParams), POINTER(Peer)]),
    "mbt_peer_renew": (c_int32, [c_void_p, c_void_p, c_void_p, c_size_t, POINTER(Peer)]),
    "mbt_peer_unpair": (c_int32, [c_void_p, c_void_p, c_char_p, POINTER(Peer)]),
    "mbt_job_begin": (c_int32, [c_void_p, c_void_p, POINTER(JobParams), POINTER(c_void_p)]),
    "mbt_job_wait": (c_int32, [c_void_p, c_uint32, POINTER(Progress)]),
    "mbt_job_waitable": (c_int32, [c_void_p, POINTER(c_ssize_t)]),
    "mbt_job_report": (c_int32, [c_void_p, POINTER(Report)]),
    "mbt_job_read": (c_int32, [c_void_p, c_void_p, c_size_t, POINTER(c_size_t)]),
    "mbt_job_cancel": (c_int32, [c_void_p]),
    "mbt_job_end": (c_int32, [c_void_p]),
    "mbt_job_error": (c_int32, [c_void_p, POINTER(Error)]),
}
