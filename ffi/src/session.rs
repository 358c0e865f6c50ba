//! A session under way.

use std::ffi::c_char;
use std::os::fd::AsRawFd;
use std::slice;
use std::time::{Duration, Instant};

use mabataki_engine::frame::PREVIEW_SIDE;
use mabataki_engine::policy::Factor;
use mabataki_engine::service::{ClientSession, ServiceError};
use zeroize::Zeroizing;

use crate::boundary::call;
use crate::buffer::mbt_buffer;
use crate::codes::{FACTORS, MBT_F_LAST_TRY, MBT_F_PIN, factors, word};
use crate::engine::{Child, Children};
use crate::error::mbt_error;
use crate::event::{mbt_event, mbt_result};
use crate::failure::{Answer, Failure};
use crate::frame::{mbt_frame, picture};
use crate::grant::{Grant, mbt_grant};
use crate::handles::{self, Kind};
use crate::sized::{Out, place, take, wanted};
use crate::slot::{Held, Slot, error_of, on};
use crate::status::{MBT_E_AGAIN, MBT_E_END, MBT_E_TIMEOUT, mbt_status};
use crate::strings::{optional, required};

/// For a timeout_ms: as long as it takes.
pub const MBT_WAIT_FOREVER: u32 = 0xFFFF_FFFF;

/// The longest secret, bytes.
const MOST_SECRET: usize = 4096;
/// The longest id or card.
const MOST_WORD: usize = 1024;
/// Between two tries to hand in a frame that there was no room for.
const AGAIN: Duration = Duration::from_millis(5);

/// One capture: somebody is let in, enrolled or watched over.
pub struct mbt_session {
    _never: (),
}

/// What stands behind an `mbt_session`.
pub(crate) struct Session {
    session: Slot<ClientSession>,
    siblings: Children,
}

impl Session {
    pub(crate) fn new(session: ClientSession, siblings: Children) -> Session {
        Session { session: Slot::new(session), siblings }
    }
}

impl Kind for Session {
    const NAME: &'static str = "mbt_session";
}

impl Held for Session {
    type What = ClientSession;
    fn slot(&self) -> &Slot<ClientSession> {
        &self.session
    }
}

impl Child for Session {
    fn close(&self) {
        if let Some(session) = self.session.take() {
            // Whoever still waits for it gets its last event. One that is over already says so, and that is all right.
            let _ = session.cancel();
        }
    }
}

/// The next event of the session. MBT_E_TIMEOUT when nothing happens in time, 0 ms asks without waiting; MBT_E_END after
/// MBT_EV_DONE.
///
/// # Safety
/// `out` is NULL or points to an `mbt_event` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_wait(
    session: *const mbt_session,
    timeout_ms: u32,
    out: *mut mbt_event,
) -> mbt_status {
    on::<Session, _>(session, |_, session| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        let timeout = match timeout_ms {
            MBT_WAIT_FOREVER => Duration::MAX,
            other => Duration::from_millis(u64::from(other)),
        };
        match session.wait(timeout) {
            Ok(Some(event)) => {
                out.give(&mbt_event::of(&event));
                Ok(())
            }
            Ok(None) => Err(Failure::new(
                MBT_E_TIMEOUT,
                "timed_out",
                format!("nothing happened within {timeout_ms} ms"),
            )),
            Err(ServiceError::Refused(over)) if over.code == "over" => {
                Err(Failure::new(MBT_E_END, "over", over.text))
            }
            Err(error) => Err(error.into()),
        }
    })
}

/// A file descriptor that is readable while an event waits, and when the service has gone. It is the library's: wait for
/// it, neither read nor close it, and forget it before mbt_session_end.
///
/// # Safety
/// `out` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_waitable(session: *const mbt_session, out: *mut isize) -> mbt_status {
    on::<Session, _>(session, |_, session| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the waitable") }?;
        let descriptor = session.waitable().as_raw_fd();
        out.write(isize::try_from(descriptor).map_err(|_| Failure::panicked())?);
        Ok(())
    })
}

/// Hands in a frame. MBT_E_AGAIN where there is no room for it within `timeout_ms`. `dropped` (may be NULL) is how many
/// older ones were let go in this session because newer ones came.
///
/// # Safety
/// `frame` is NULL or points to an `mbt_frame` whose `size` is set and whose `data` has `len` readable bytes; `dropped` is
/// NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_push_frame(
    session: *const mbt_session,
    frame: *const mbt_frame,
    timeout_ms: u32,
    dropped: *mut u64,
) -> mbt_status {
    on::<Session, _>(session, |_, session| {
        // SAFETY: as this function asks of its caller.
        let frame = unsafe { take(frame, "mbt_frame") }?;
        // SAFETY: as above.
        let picture = unsafe { picture(&frame) }?;
        // SAFETY: as above.
        let dropped = unsafe { wanted(dropped, "the number of dropped frames") }?;
        let began = Instant::now();
        let patience = Duration::from_millis(u64::from(timeout_ms));
        loop {
            let taken = session.push_frame(&picture)?;
            if taken.queued {
                if let Some(dropped) = dropped {
                    dropped.write(taken.dropped);
                }
                return Ok(());
            }
            if began.elapsed() >= patience {
                let text = format!("there was no room for a frame within {timeout_ms} ms");
                return Err(Failure::new(MBT_E_AGAIN, "again", text));
            }
            std::thread::sleep(AGAIN);
        }
    })
}

/// No frame follows any more.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_session_end_frames(session: *const mbt_session) -> mbt_status {
    on::<Session, _>(session, |_, session| Ok(session.end_frames()?))
}

/// The newest small picture of what the camera sees, JPEG, its longer side `side` px (64 to 480): for whoever is enrolled to
/// see themselves by. Only of sessions of mbt_enrol_begin. MBT_E_AGAIN where no newer one is there yet; only once it is asked
/// for is any made. Free it with mbt_buffer_free.
///
/// # Safety
/// `out` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_preview(
    session: *const mbt_session,
    side: u32,
    out: *mut mbt_buffer,
) -> mbt_status {
    on::<Session, _>(session, |_, session| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the preview") }?;
        if !PREVIEW_SIDE.contains(&side) {
            let (least, most) = (PREVIEW_SIDE.start(), PREVIEW_SIDE.end());
            let text = format!("a preview's longer side is {least} to {most} px, found {side}");
            return Err(Failure::invalid(text));
        }
        let none = || Failure::new(MBT_E_AGAIN, "again", "there is no newer picture yet");
        out.write(mbt_buffer::holding(&session.preview(side)?.ok_or_else(none)?));
        Ok(())
    })
}

/// Tells of a card that the host has read, as "KIND:HEX"; NULL: it was taken away. For that the policy must list the host.
///
/// # Safety
/// `card` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_push_card(
    session: *const mbt_session,
    card: *const c_char,
) -> mbt_status {
    on::<Session, _>(session, |_, session| {
        // SAFETY: as this function asks of its caller.
        let card = unsafe { optional(card, "the card", MOST_WORD) }?.map(Zeroizing::new);
        Ok(session.push_card(card.as_deref().map(String::as_str))?)
    })
}

/// Hands in what the person typed, UTF-8, as the one factor MBT_F_*; a card's PIN where it would be the last try with
/// MBT_F_LAST_TRY, or the card is not asked. Of MBT_F_HOST_PASSWORD only that it was typed: NULL and
/// 0, since the operating system judges it.
///
/// # Safety
/// `text` is NULL or has `len` readable bytes.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_push_secret(
    session: *const mbt_session,
    factor: u32,
    text: *const c_char,
    len: usize,
) -> mbt_status {
    on::<Session, _>(session, |_, session| {
        let may_be_last = factor == MBT_F_PIN | MBT_F_LAST_TRY;
        let factor = if may_be_last { MBT_F_PIN } else { factor };
        let factor: Factor = word(FACTORS, factor).ok_or_else(|| {
            Failure::invalid(format!("expected one factor that is typed, found {factor:#x}"))
        })?;
        // SAFETY: as this function asks of its caller.
        let text = unsafe { secret(text, len) }?;
        match (factor, &text) {
            (Factor::HostPassword, Some(_)) => {
                Err(Failure::invalid("the system's password stays with the system: expected NULL and 0"))
            }
            (Factor::HostPassword, None) => Ok(session.secret(factor, None)?),
            (_, None) => Err(Failure::invalid("expected what was typed, found NULL")),
            (Factor::Pin, Some(_)) => Ok(session.pin(text.unwrap_or_default(), may_be_last)?),
            (_, Some(_)) => Ok(session.secret(factor, text)?),
        }
    })
}

/// # Safety
/// `text` is NULL or has `len` readable bytes.
unsafe fn secret(text: *const c_char, len: usize) -> Answer<Option<Zeroizing<String>>> {
    if text.is_null() {
        return if len == 0 {
            Ok(None)
        } else {
            Err(Failure::invalid(format!("NULL cannot be {len} bytes long")))
        };
    }
    if len > MOST_SECRET {
        return Err(Failure::invalid(format!("a secret may be {MOST_SECRET} bytes long, found {len}")));
    }
    // SAFETY: not null, and `len` readable bytes as this function asks of its caller.
    let bytes = unsafe { slice::from_raw_parts(text.cast::<u8>(), len) };
    let text = str::from_utf8(bytes).map_err(|_| Failure::invalid("what was typed is not UTF-8"))?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// Somebody typed who they are.
///
/// # Safety
/// `id` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_claim(session: *const mbt_session, id: *const c_char) -> mbt_status {
    on::<Session, _>(session, |_, session| {
        // SAFETY: as this function asks of its caller.
        let id = unsafe { required(id, "the id", MOST_WORD) }?;
        Ok(session.claim(&id)?)
    })
}

/// Follows one of the alternatives of the last MBT_EV_NEED only; 0 takes the choice back.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_session_choose(session: *const mbt_session, needs: u32) -> mbt_status {
    on::<Session, _>(session, |_, session| {
        let chosen = factors(needs & !crate::codes::MBT_F_ID)
            .ok_or_else(|| Failure::invalid(format!("{needs:#x} holds a bit that is no factor")))?;
        Ok(session.choose(chosen)?)
    })
}

/// Calls the session off. What was presented still counts, and its last event tells how it was judged.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_session_cancel(session: *const mbt_session) -> mbt_status {
    on::<Session, _>(session, |_, session| Ok(session.cancel()?))
}

/// How the session ended: MBT_PENDING while it has not.
///
/// # Safety
/// `out` is NULL or points to an `mbt_result` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_result(session: *const mbt_session, out: *mut mbt_result) -> mbt_status {
    on::<Session, _>(session, |_, session| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        out.give(&mbt_result::of(&session.result()?));
        Ok(())
    })
}

/// The grant of a session that granted, once. It lives on when the session is ended.
///
/// # Safety
/// `out` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_grant(
    session: *const mbt_session,
    out: *mut *mut mbt_grant,
) -> mbt_status {
    on::<Session, _>(session, |held, session| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the grant") }?;
        out.write(held.siblings.open(Grant::new(session.grant()?))?);
        Ok(())
    })
}

/// Why the last failed call on this session failed.
///
/// # Safety
/// `out` is NULL or points to an `mbt_error` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_session_error(session: *const mbt_session, out: *mut mbt_error) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { error_of::<Session, _>(session, out) }
}

/// Ends the session; one that is still under way is called off. NULL is let be.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_session_end(session: *mut mbt_session) -> mbt_status {
    call(|| {
        if let Some(session) = handles::close::<Session, _>(session)? {
            session.close();
        }
        Ok(())
    })
}
