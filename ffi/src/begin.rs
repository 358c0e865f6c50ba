//! How sessions begin: somebody wants to be let in, somebody is enrolled, a grant is watched over.

use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use mabataki_engine::frame::Pace;
use mabataki_engine::policy::Purpose;
use mabataki_engine::service::Client;
use mabataki_engine::service::protocol::{Authenticate, Beginning, CardOrigin, Enrol, FrameOrigin, Watch};
use mabataki_engine::store::Profile;

use crate::codes::{PURPOSES, factors, word};
use crate::engine::{Engine, mbt_engine};
use crate::failure::{Answer, Failure};
use crate::grant::{Grant, mbt_grant};
use crate::handles;
use crate::session::{Session, mbt_session};
use crate::sized::{Plain, place, take};
use crate::slot::{Held, on};
use crate::status::mbt_status;
use crate::strings::{optional, required};

/// Where frames and cards come from: from nowhere,
pub const MBT_FROM_NONE: u32 = 0;
/// from the service's camera or reader,
pub const MBT_FROM_DEVICE: u32 = 1;
/// from the host as they are taken: the newest counts. For that the policy must list it.
pub const MBT_FROM_HOST: u32 = 2;
/// From the host in their own time: no frame is lost. Frames only.
pub const MBT_FROM_RECORDING: u32 = 3;

/// No text of these structs is longer, bytes. What is shorter has its own limit in the engine.
const MOST_TEXT: usize = 1024;

/// Somebody wants to be let in. Texts may be NULL.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_auth_params {
    pub size: u32,
    /// MBT_PURPOSE_*
    pub purpose: u32,
    /// One of the policies that the site offers for it; NULL: the first.
    pub policy: *const c_char,
    /// The application to be opened: with MBT_PURPOSE_APPLICATION only.
    pub application: *const c_char,
    /// The host account to be opened.
    pub account: *const c_char,
    /// The id that the person typed, if they did so before.
    pub id: *const c_char,
    /// The other computer from which the person asks.
    pub origin: *const c_char,
    /// Why an emergency code is used, or let in without one in a disaster.
    pub reason: *const c_char,
    /// The service's camera and reader; NULL: the ones that the policy names, or the first.
    pub camera: *const c_char,
    pub reader: *const c_char,
    /// MBT_FROM_*
    pub frames_from: u32,
    pub cards_from: u32,
    /// MBT_F_*: the secrets that the host can ask the person for.
    pub secrets: u32,
    /// When to call it off; 0: the policy alone says.
    pub timeout_ms: u32,
    /// The grant that a success takes the place of.
    pub replaces: *const mbt_grant,
    /// The card of an MBT_WATCH_OTHER_CARD, which needs to be tapped no more: with `cards_from` the reader only; 0: none.
    pub card_ref: u64,
}

// SAFETY: repr(C), begins with `size`; numbers and pointers that may hold anything until they are looked at.
unsafe impl Plain for mbt_auth_params {}

/// Somebody is enrolled.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_enrol_params {
    pub size: u32,
    /// How many pictures to take; 0: the policy's number.
    pub samples: u32,
    /// The person's id.
    pub person: *const c_char,
    /// The name of a person who is not in the store yet; NULL: they are.
    pub name: *const c_char,
    /// How the name is read, and what policy knows the person as: with `name` only.
    pub reading: *const c_char,
    pub role: *const c_char,
    /// What the card is called when it is bound.
    pub label: *const c_char,
    pub camera: *const c_char,
    pub reader: *const c_char,
    /// MBT_FROM_*
    pub frames_from: u32,
    pub cards_from: u32,
    /// When to call it off; 0: the engine alone says.
    pub timeout_ms: u32,
    pub reserved: u32,
}

// SAFETY: as above.
unsafe impl Plain for mbt_enrol_params {}

/// A grant is watched over: its card, its person, its time.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_watch_params {
    pub size: u32,
    /// MBT_FROM_*
    pub frames_from: u32,
    pub cards_from: u32,
    /// When to end it; 0: with the grant.
    pub timeout_ms: u32,
    pub camera: *const c_char,
    pub reader: *const c_char,
}

// SAFETY: as above.
unsafe impl Plain for mbt_watch_params {}

/// Begins to let somebody in. How it goes comes with mbt_session_wait, and how it ended with mbt_session_result.
///
/// # Safety
/// `params` is NULL or points to its struct with `size` set and texts that are NULL or NUL-terminated; `out` is NULL or may
/// be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_auth_begin(
    engine: *const mbt_engine,
    params: *const mbt_auth_params,
    out: *mut *mut mbt_session,
) -> mbt_status {
    on::<Engine, _>(engine, |engine, client| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the session") }?;
        // SAFETY: as above.
        let (what, timeout_ms) = unsafe { authenticate(params) }?;
        out.write(begin(engine, &client, what, timeout_ms)?);
        Ok(())
    })
}

/// Begins to enrol somebody. `by` is the grant of an administrator with the right to enrol.
///
/// # Safety
/// As for `mbt_auth_begin`.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_enrol_begin(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    params: *const mbt_enrol_params,
    out: *mut *mut mbt_session,
) -> mbt_status {
    on::<Engine, _>(engine, |engine, client| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the session") }?;
        // SAFETY: as above.
        let params = unsafe { take(params, "mbt_enrol_params") }?;
        // SAFETY: as above.
        let what = unsafe { enrol(number_of(by)?, &params) }?;
        out.write(begin(engine, &client, what, params.timeout_ms)?);
        Ok(())
    })
}

/// Begins to watch over a grant.
///
/// # Safety
/// As for `mbt_auth_begin`.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_watch_begin(
    engine: *const mbt_engine,
    grant: *const mbt_grant,
    params: *const mbt_watch_params,
    out: *mut *mut mbt_session,
) -> mbt_status {
    on::<Engine, _>(engine, |engine, client| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the session") }?;
        // SAFETY: as above.
        let params = unsafe { take(params, "mbt_watch_params") }?;
        let grant =
            number_of(grant)?.ok_or_else(|| Failure::invalid("expected the grant to watch, found NULL"))?;
        // SAFETY: as above.
        let frames = unsafe { frames(params.frames_from, params.camera) }?;
        // SAFETY: as above.
        let cards = unsafe { cards(params.cards_from, params.reader) }?;
        let what = Beginning::Watch(Watch { grant, frames, cards });
        out.write(begin(engine, &client, what, params.timeout_ms)?);
        Ok(())
    })
}

fn begin(engine: &Engine, client: &Client, what: Beginning, timeout_ms: u32) -> Answer<*mut mbt_session> {
    let timeout = (timeout_ms > 0).then(|| Duration::from_millis(u64::from(timeout_ms)));
    let session = client.begin(what, timeout)?;
    let siblings = engine.children();
    siblings.open(Session::new(session, siblings.clone()))
}

/// # Safety
/// As for [`mbt_auth_begin`].
unsafe fn authenticate(params: *const mbt_auth_params) -> Answer<(Beginning, u32)> {
    // SAFETY: as this function asks of its caller.
    let params = unsafe { take(params, "mbt_auth_params") }?;
    // SAFETY: as this function asks of its caller.
    let text = |text, name| unsafe { optional(text, name, MOST_TEXT) };
    let purpose: Purpose = word(PURPOSES, params.purpose)
        .ok_or_else(|| Failure::invalid(format!("no purpose has the number {}", params.purpose)))?;
    let secrets = factors(params.secrets).ok_or_else(|| {
        Failure::invalid(format!("the secrets {:#x} hold a bit that is no factor", params.secrets))
    })?;
    let mut request = Authenticate::new(purpose);
    request.policy = text(params.policy, "the policy")?;
    request.application = text(params.application, "the application")?;
    request.account = text(params.account, "the account")?;
    request.claim = text(params.id, "the id")?;
    request.origin = text(params.origin, "the origin")?;
    request.reason = text(params.reason, "the reason")?;
    // SAFETY: as this function asks of its caller.
    request.cards = unsafe { cards(params.cards_from, params.reader) }?;
    // SAFETY: as this function asks of its caller.
    request.frames = unsafe { frames(params.frames_from, params.camera) }?;
    request.secrets = secrets;
    request.replaces = number_of(params.replaces)?;
    request.tapped = (params.card_ref != 0).then_some(params.card_ref);
    Ok((Beginning::Authenticate(request), params.timeout_ms))
}

/// # Safety
/// The texts of `params` are NULL or NUL-terminated.
unsafe fn enrol(by: Option<u64>, params: &mbt_enrol_params) -> Answer<Beginning> {
    // SAFETY: as this function asks of its caller.
    let text = |text, name| unsafe { optional(text, name, MOST_TEXT) };
    if params.reserved != 0 {
        return Err(Failure::invalid("mbt_enrol_params.reserved must be 0"));
    }
    // SAFETY: as this function asks of its caller.
    let person = unsafe { required(params.person, "the person's id", MOST_TEXT) }?;
    let (reading, role) = (text(params.reading, "the reading")?, text(params.role, "the role")?);
    let profile = match text(params.name, "the name")? {
        Some(name) => Some(Profile { reading, role, ..Profile::named(&name) }),
        None if reading.is_none() && role.is_none() => None,
        None => {
            return Err(Failure::invalid("a reading or a role is for somebody new: expected a name as well"));
        }
    };
    Ok(Beginning::Enrol(Enrol {
        by,
        person,
        profile,
        samples: (params.samples > 0).then_some(params.samples),
        // SAFETY: as this function asks of its caller.
        frames: unsafe { frames(params.frames_from, params.camera) }?,
        // SAFETY: as this function asks of its caller.
        cards: unsafe { cards(params.cards_from, params.reader) }?,
        label: text(params.label, "the label")?,
    }))
}

/// # Safety
/// `camera` is NULL or NUL-terminated.
unsafe fn frames(from: u32, camera: *const c_char) -> Answer<FrameOrigin> {
    // SAFETY: as this function asks of its caller.
    let camera = unsafe { optional(camera, "the camera", MOST_TEXT) }?;
    match from {
        MBT_FROM_DEVICE => Ok(FrameOrigin::Camera(camera)),
        _ if camera.is_some() => {
            Err(Failure::invalid("a camera is named, and frames are not to come from one"))
        }
        MBT_FROM_NONE => Ok(FrameOrigin::None),
        MBT_FROM_HOST => Ok(FrameOrigin::Host(Pace::Live)),
        MBT_FROM_RECORDING => Ok(FrameOrigin::Host(Pace::Recorded)),
        other => Err(Failure::invalid(format!("no source of frames has the number {other}"))),
    }
}

/// # Safety
/// `reader` is NULL or NUL-terminated.
unsafe fn cards(from: u32, reader: *const c_char) -> Answer<CardOrigin> {
    // SAFETY: as this function asks of its caller.
    let reader = unsafe { optional(reader, "the reader", MOST_TEXT) }?;
    match from {
        MBT_FROM_DEVICE => Ok(CardOrigin::Reader(reader)),
        _ if reader.is_some() => {
            Err(Failure::invalid("a reader is named, and cards are not to come from one"))
        }
        MBT_FROM_NONE => Ok(CardOrigin::None),
        MBT_FROM_HOST => Ok(CardOrigin::Host),
        other => Err(Failure::invalid(format!("no source of cards has the number {other}"))),
    }
}

/// The number of a grant; none for NULL.
fn number_of(grant: *const mbt_grant) -> Answer<Option<u64>> {
    if grant.is_null() {
        return Ok(None);
    }
    let grant: Arc<Grant> = handles::get(grant)?;
    Ok(Some(grant.slot().get()?.number()))
}
