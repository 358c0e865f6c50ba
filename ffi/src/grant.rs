//! What being let in is good for.

use std::ffi::c_char;
use std::sync::Arc;

use mabataki_engine::service::protocol::LoginWords;
use mabataki_engine::service::{ClientGrant, ServiceError};
use zeroize::Zeroizing;

use crate::boundary::{call, guard};
use crate::buffer::{mbt_buffer, mbt_buffer_free};
use crate::codes::{PURPOSES, bits, number};
use crate::engine::{Child, Engine, mbt_engine};
use crate::error::mbt_error;
use crate::failure::{Answer, Failure};
use crate::handles::{self, Kind};
use crate::sized::{Out, Plain, place, wanted};
use crate::slot::{Held, Slot, error_of, on};
use crate::status::{MBT_E_REAUTH, MBT_E_STATE, mbt_status};
use crate::strings::{fill, optional, required};

/// The longest application, word or object.
const MOST_TEXT: usize = 1024;

/// That somebody was let in, until it ends. It may be used by the program and the user that it was given to, in their
/// log-in session, and ends with the engine's connection unless it was kept.
pub struct mbt_grant {
    _never: (),
}

/// It rests on a claim that nothing proves: an emergency code.
pub const MBT_GRANT_CLAIMED: u32 = 1;

/// What a grant says.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_grant_info {
    pub size: u32,
    /// MBT_GRANT_*
    pub flags: u32,
    /// MBT_PURPOSE_*
    pub purpose: u32,
    /// MBT_F_*
    pub factors: u32,
    /// How much of its life is left.
    pub left_ms: u64,
    /// When it was given: seconds since 1970, UTC.
    pub issued_s: i64,
    /// The person's id and name, and what was opened.
    pub subject: [c_char; 128],
    pub name: [c_char; 520],
    pub account: [c_char; 520],
    pub application: [c_char; 128],
    /// Under which the log knows what was done by it.
    pub session: [c_char; 64],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_grant_info {}

/// What is typed into an application: free it with mbt_login_free. Each is UTF-8.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_login {
    pub size: u32,
    /// How many other fields there are, such as a department code.
    pub field_count: u32,
    pub user: mbt_buffer,
    pub secret: mbt_buffer,
    /// The other fields: name, NUL, value, NUL, one after another.
    pub fields: mbt_buffer,
}

// SAFETY: repr(C), begins with `size`; numbers and pointers that may hold anything until they are looked at.
unsafe impl Plain for mbt_login {}

/// What stands behind an `mbt_grant`.
pub(crate) struct Grant {
    grant: Slot<ClientGrant>,
}

impl Grant {
    pub(crate) fn new(grant: ClientGrant) -> Grant {
        Grant { grant: Slot::new(grant) }
    }
}

impl Kind for Grant {
    const NAME: &'static str = "mbt_grant";
}

impl Held for Grant {
    type What = ClientGrant;
    fn slot(&self) -> &Slot<ClientGrant> {
        &self.grant
    }
}

impl Child for Grant {
    fn close(&self) {
        drop(self.grant.take());
    }
}

/// The grant that a log-in host kept for the user of this process a moment ago. It is handed over once.
///
/// # Safety
/// `out` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_claim(engine: *const mbt_engine, out: *mut *mut mbt_grant) -> mbt_status {
    on::<Engine, _>(engine, |engine, client| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the grant") }?;
        out.write(engine.children().open(Grant::new(client.claim()?))?);
        Ok(())
    })
}

/// What the grant says. MBT_E_REAUTH when it is good for nothing any more.
///
/// # Safety
/// `out` is NULL or points to an `mbt_grant_info` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_read(grant: *const mbt_grant, out: *mut mbt_grant_info) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        let info = grant.examine()?;
        out.give(&mbt_grant_info {
            size: 0,
            flags: if info.claimed { MBT_GRANT_CLAIMED } else { 0 },
            purpose: number(PURPOSES, &info.purpose).cast_unsigned(),
            factors: bits(info.factors),
            left_ms: info.left_ms,
            issued_s: info.issued.as_second(),
            subject: fill(&info.subject),
            name: fill(&info.name),
            account: fill(info.account.as_deref().unwrap_or_default()),
            application: fill(info.application.as_deref().unwrap_or_default()),
            session: fill(&info.session),
        });
        Ok(())
    })
}

/// MBT_OK where the grant opens this application, MBT_E_REAUTH where the person must authenticate for it.
///
/// # Safety
/// `application` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_check(grant: *const mbt_grant, application: *const c_char) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| {
        // SAFETY: as this function asks of its caller.
        let application = unsafe { required(application, "the application", MOST_TEXT) }?;
        if grant.covers(&application)? {
            return Ok(());
        }
        Err(Failure::new(
            MBT_E_REAUTH,
            "ask_again",
            "this grant does not open the application: authenticate for it",
        ))
    })
}

/// The person's login for an application that the grant opens. Each release stands in the log.
///
/// # Safety
/// `application` is NULL or NUL-terminated; `out` is NULL or points to an `mbt_login` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_login(
    grant: *const mbt_grant,
    application: *const c_char,
    out: *mut mbt_login,
) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?.whole()?;
        // SAFETY: as above.
        let application = unsafe { required(application, "the application", MOST_TEXT) }?;
        let login = grant.release_login(&application)?;
        out.give(&handed_out(&login));
        Ok(())
    })
}

fn handed_out(login: &LoginWords) -> mbt_login {
    let mut fields = Zeroizing::new(Vec::new());
    for (name, value) in &login.fields {
        for text in [name.as_str(), value.expose()] {
            fields.extend_from_slice(text.as_bytes());
            fields.push(0);
        }
    }
    mbt_login {
        size: 0,
        field_count: u32::try_from(login.fields.len()).unwrap_or(u32::MAX),
        user: mbt_buffer::holding(login.user.as_bytes()),
        secret: mbt_buffer::holding(login.secret.expose().as_bytes()),
        fields: mbt_buffer::holding(&fields),
    }
}

/// Wipes and frees what mbt_grant_login filled. NULL and an empty one are let be.
///
/// # Safety
/// `login` is NULL or points to an `mbt_login` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_login_free(login: *mut mbt_login) {
    guard((), || {
        // SAFETY: as this function asks of its caller.
        if unsafe { Out::new(login) }.and_then(Out::whole).is_err() {
            return;
        }
        // SAFETY: it was found to be there, aligned and as long as an `mbt_login`.
        let login = unsafe { &mut *login };
        for buffer in [&raw mut login.user, &raw mut login.secret, &raw mut login.fields] {
            // SAFETY: it points to a buffer of the caller's struct.
            unsafe { mbt_buffer_free(buffer) };
        }
        login.field_count = 0;
    });
}

/// Tells whether the application took the login. One that was not taken is suspended.
///
/// # Safety
/// `application` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_login_report(
    grant: *const mbt_grant,
    application: *const c_char,
    took: u32,
) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| {
        // SAFETY: as this function asks of its caller.
        let application = unsafe { required(application, "the application", MOST_TEXT) }?;
        Ok(grant.report_login(&application, took != 0)?)
    })
}

/// Writes down what the host did under the grant: a word of the host's, and to what (may be NULL). `record` (may be NULL) is
/// its number in the log.
///
/// # Safety
/// `what` and `object` are NULL or NUL-terminated; `record` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_report(
    grant: *const mbt_grant,
    what: *const c_char,
    object: *const c_char,
    record: *mut u64,
) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| {
        // SAFETY: as this function asks of its caller.
        let what = unsafe { required(what, "what was done", MOST_TEXT) }?;
        // SAFETY: as above.
        let object = unsafe { optional(object, "to what it was done", MOST_TEXT) }?;
        // SAFETY: as above.
        let record = unsafe { wanted(record, "the record's number") }?;
        let number = grant.report(&what, object.as_deref())?;
        if let Some(record) = record {
            record.write(number);
        }
        Ok(())
    })
}

/// A signed assertion of who this is, a JSON Web Token, for an audience that the policy lists; `nonce` is what they drew. Free it
/// with mbt_buffer_free.
///
/// # Safety
/// `audience` and `nonce` are NULL or NUL-terminated; `out` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_assertion(
    grant: *const mbt_grant,
    audience: *const c_char,
    nonce: *const c_char,
    out: *mut mbt_buffer,
) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the assertion") }?;
        // SAFETY: as above.
        let text = |text, name| unsafe { required(text, name, MOST_TEXT) };
        let token = grant.assertion(&text(audience, "the audience")?, &text(nonce, "the nonce")?)?;
        out.write(mbt_buffer::holding(token.as_bytes()));
        Ok(())
    })
}

/// Tells whether the operating system took the password that the grant rests on: MBT_RESULT_PROVISIONAL.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_grant_confirm(grant: *const mbt_grant, took: u32) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| Ok(grant.confirm(took != 0)?))
}

/// Leaves the grant for the user of the account that was opened, who claims it within two minutes. For log-in hosts: root, or
/// the service's own user.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_grant_keep(grant: *const mbt_grant) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| Ok(grant.keep()?))
}

/// The person logged off: the grant is over, and the log says so. The handle still wants mbt_grant_close.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_grant_end(grant: *const mbt_grant) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| Ok(grant.end()?))
}

/// Drops the handle. Nobody is logged off: the grant lives until its time is up or the engine is closed. NULL is let be.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_grant_close(grant: *mut mbt_grant) -> mbt_status {
    call(|| {
        let Some(grant) = handles::close::<Grant, _>(grant)? else { return Ok(()) };
        // One that its engine's closing took already has nothing to be told to the service.
        let Some(held) = grant.slot().take() else { return Ok(()) };
        match alone(held)?.close() {
            // It has ended already: there is nothing left to give up.
            Err(ServiceError::Refused(ended)) if ended.code == "no_grant" => Ok(()),
            closed => Ok(closed?),
        }
    })
}

/// The only one who has it.
fn alone(grant: Arc<ClientGrant>) -> Answer<ClientGrant> {
    let busy = "another call on this grant is under way: its handle is closed, and the grant lives until its time is up";
    Arc::try_unwrap(grant).map_err(|_| Failure::new(MBT_E_STATE, "busy", busy))
}

/// Why the last failed call on this grant failed.
///
/// # Safety
/// `out` is NULL or points to an `mbt_error` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_error(grant: *const mbt_grant, out: *mut mbt_error) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { error_of::<Grant, _>(grant, out) }
}
