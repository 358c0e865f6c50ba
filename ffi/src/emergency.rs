//! Ways in when the ordinary ones are closed, and what somebody has to look at before, or after, it counts.

use std::ffi::c_char;

use mabataki_engine::service::protocol::{Act, Acted, CodeEntry, EmergencyAct, PendingEntry, UseEntry};

use crate::acting::{MOST_TEXT, Page, act, act_on, by_whom, done, held, other_answer, seconds};
use crate::buffer::mbt_buffer;
use crate::codes::{CODE_STATES, REVIEWS, number};
use crate::engine::{Engine, mbt_engine};
use crate::failure::Answer;
use crate::grant::{Grant, mbt_grant};
use crate::handles;
use crate::sized::{Out, Plain, place, take};
use crate::slot::{Held, on};
use crate::status::mbt_status;
use crate::strings::{fill, optional, required};

/// An emergency code, without the code itself.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_emergency {
    pub size: u32,
    /// MBT_CODE_*
    pub state: u32,
    /// How long it lets somebody work.
    pub minutes: u32,
    pub reserved: u32,
    /// When it was issued, and until when it may be used: seconds since 1970, UTC.
    pub issued_s: i64,
    pub until_s: i64,
    pub handle: [c_char; 40],
    /// The one person it is good for; empty for anybody.
    pub person: [c_char; 72],
    /// The one terminal it is good at.
    pub terminal: [c_char; 256],
    pub issuer: [c_char; 72],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_emergency {}

/// That somebody was let in by a code, or in a disaster.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_emergency_use {
    pub size: u32,
    /// 1 where somebody has looked at it.
    pub reviewed: u32,
    /// When, and when it was looked at: seconds since 1970, UTC.
    pub time_s: i64,
    pub reviewed_s: i64,
    pub handle: [c_char; 40],
    /// The code's handle; empty in a disaster.
    pub code: [c_char; 40],
    /// Who they said they are, and why.
    pub person: [c_char; 72],
    pub name: [c_char; 520],
    pub reason: [c_char; 808],
    pub terminal: [c_char; 256],
    /// Under which the log knows what they did.
    pub session: [c_char; 64],
    /// Who looked at it, and what they found.
    pub reviewer: [c_char; 72],
    pub note: [c_char; 808],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_emergency_use {}

/// An enrolment that waits for somebody to look at it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_enrolment {
    pub size: u32,
    /// MBT_REVIEW_*
    pub reason: u32,
    /// When it was made, and when it is forgotten: seconds since 1970, UTC.
    pub time_s: i64,
    pub until_s: i64,
    pub person: [c_char; 72],
    /// Of somebody new.
    pub name: [c_char; 520],
    /// The other person whose face it is like.
    pub resembles: [c_char; 72],
    /// Who enrolled.
    pub enroller: [c_char; 72],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_enrolment {}

/// Issues a code that lets somebody work for `minutes`, and may wait `valid_s` to be used. `person` may be NULL for anybody,
/// `terminal` for this one. `code` is told this once, and kept nowhere: free it with mbt_buffer_free.
///
/// # Safety
/// `person` and `terminal` are NULL or NUL-terminated; `out` is NULL or points to an `mbt_emergency` whose `size` is set; `code` is
/// NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_emergency_issue(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const c_char,
    terminal: *const c_char,
    minutes: u32,
    valid_s: u64,
    out: *mut mbt_emergency,
    code: *mut mbt_buffer,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        // SAFETY: as above.
        let code = unsafe { place(code, "the code") }?;
        // SAFETY: as above.
        let text = |text, name| unsafe { optional(text, name, MOST_TEXT) };
        let (person, terminal) = (text(person, "the person's id")?, text(terminal, "the terminal")?);
        let act = Act::Emergency(EmergencyAct::Issue { person, terminal, minutes, valid_s });
        let Acted::Issued(issued, words) = client.act(by.as_deref(), act)? else {
            return Err(other_answer());
        };
        out.give(&told_code(&issued));
        code.write(mbt_buffer::holding(words.expose().as_bytes()));
        Ok(())
    })
}

/// Codes, open and past. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
/// the last. `item_size` is sizeof of one entry, `room` how many there may be.
///
/// # Safety
/// `after` is NULL or points to an entry that was filled; `items` is NULL or points to `room` entries of
/// `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_emergency_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    after: *const mbt_emergency,
    items: *mut mbt_emergency,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        // SAFETY: as above.
        let after = unsafe { after_code(after) }?;
        match client.act(by.as_deref(), Act::Emergency(EmergencyAct::List(after)))? {
            Acted::Codes(entries) => page.give(entries, told_code),
            _ => Err(other_answer()),
        }
    })
}

/// Takes a code back.
///
/// # Safety
/// `handle` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_emergency_revoke(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    handle: *const c_char,
) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe {
        act_on(
            engine,
            by,
            (handle, "the code's handle"),
            |handle| Act::Emergency(EmergencyAct::Revoke(handle)),
            done,
        )
    }
}

/// How codes and disasters were used: what waits for a review, or all (1). A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
/// the last. `item_size` is sizeof of one entry, `room` how many there may be.
///
/// # Safety
/// `after` is NULL or points to an entry that was filled; `items` is NULL or points to `room` entries of
/// `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_emergency_use_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    all: u32,
    after: *const mbt_emergency_use,
    items: *mut mbt_emergency_use,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        // SAFETY: as above.
        let after = unsafe { after_use(after) }?;
        match client.act(by.as_deref(), Act::Emergency(EmergencyAct::Uses { reviewed: all != 0, after }))? {
            Acted::Uses(entries) => page.give(entries, told_use),
            _ => Err(other_answer()),
        }
    })
}

/// Notes that a use was looked at, and what was found. Nobody reviews what they made possible themselves.
///
/// # Safety
/// `handle` and `note` are NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_emergency_review(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    handle: *const c_char,
    note: *const c_char,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let text = |text, name| unsafe { required(text, name, MOST_TEXT) };
        let (handle, note) = (text(handle, "the handle")?, text(note, "the note")?);
        Ok(Act::Emergency(EmergencyAct::Review(handle, note)))
    };
    act(engine, by, make, done)
}

/// Declares a disaster, together with whoever has the grant `second` (NULL only in a store for trials).
///
/// # Safety
/// `reason` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_disaster_declare(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    second: *const mbt_grant,
    length_s: u64,
    reason: *const c_char,
) -> mbt_status {
    let make = || {
        let second = if second.is_null() {
            None
        } else {
            Some(handles::get::<Grant, _>(second)?.slot().get()?.number())
        };
        // SAFETY: as this function asks of its caller.
        let reason = unsafe { required(reason, "the reason", MOST_TEXT) }?;
        Ok(Act::Emergency(EmergencyAct::Declare { second, length_s, reason }))
    };
    act(engine, by, make, done)
}

/// Ends it. MBT_E_NOT_FOUND where there was none.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_disaster_end(engine: *const mbt_engine, by: *const mbt_grant) -> mbt_status {
    act(engine, by, || Ok(Act::Emergency(EmergencyAct::End)), done)
}

/// Enrolments that wait for a second pair of eyes. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
/// the last. `item_size` is sizeof of one entry, `room` how many there may be.
///
/// # Safety
/// `after` is NULL or points to an entry that was filled; `items` is NULL or points to `room` entries of
/// `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_enrolment_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    after: *const mbt_enrolment,
    items: *mut mbt_enrolment,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        // SAFETY: as above.
        let after = unsafe { after_enrolment(after) }?;
        match client.act(by.as_deref(), Act::Pending(after))? {
            Acted::Pending(entries) => page.give(entries, told_enrolment),
            _ => Err(other_answer()),
        }
    })
}

/// Approves of an enrolment (1), or refuses it (0). Nobody decides about what they enrolled themselves.
///
/// # Safety
/// `person` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_enrolment_decide(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const c_char,
    approve: u32,
) -> mbt_status {
    let make = |person| Act::Decide { person, approve: approve != 0 };
    // SAFETY: as this function asks of its caller.
    unsafe { act_on(engine, by, (person, "the person's id"), make, done) }
}

fn told_code(entry: &CodeEntry) -> mbt_emergency {
    mbt_emergency {
        size: 0,
        state: number(CODE_STATES, &entry.state).cast_unsigned(),
        minutes: entry.minutes,
        reserved: 0,
        issued_s: entry.issued.as_second(),
        until_s: entry.until.as_second(),
        handle: fill(&entry.handle),
        person: fill(entry.person.as_deref().unwrap_or_default()),
        terminal: fill(&entry.terminal),
        issuer: fill(entry.issuer.as_deref().unwrap_or_default()),
    }
}

fn told_use(entry: &UseEntry) -> mbt_emergency_use {
    let review = entry.review.as_ref();
    mbt_emergency_use {
        size: 0,
        reviewed: u32::from(review.is_some()),
        time_s: entry.at.as_second(),
        reviewed_s: seconds(review.map(|(_, time, _)| *time)),
        handle: fill(&entry.handle),
        code: fill(entry.code.as_deref().unwrap_or_default()),
        person: fill(&entry.person),
        name: fill(&entry.name),
        reason: fill(&entry.reason),
        terminal: fill(&entry.terminal),
        session: fill(entry.session.as_deref().unwrap_or_default()),
        reviewer: fill(review.and_then(|(by, ..)| by.as_deref()).unwrap_or_default()),
        note: fill(review.map_or("", |(_, _, note)| note)),
    }
}

fn told_enrolment(entry: &PendingEntry) -> mbt_enrolment {
    mbt_enrolment {
        size: 0,
        reason: number(REVIEWS, &entry.reason).cast_unsigned(),
        time_s: entry.at.as_second(),
        until_s: entry.until.as_second(),
        person: fill(&entry.person),
        name: fill(entry.name.as_deref().unwrap_or_default()),
        resembles: fill(entry.resembles.as_deref().unwrap_or_default()),
        enroller: fill(entry.by.as_deref().unwrap_or_default()),
    }
}

/// # Safety
/// `after` is NULL or points to an entry whose `size` is set.
unsafe fn after_code(after: *const mbt_emergency) -> Answer<Option<String>> {
    if after.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    let after = unsafe { take(after, "the entry before") }?;
    held(&after.handle, "the handle of the entry before").map(Some)
}

/// # Safety
/// `after` is NULL or points to an entry whose `size` is set.
unsafe fn after_use(after: *const mbt_emergency_use) -> Answer<Option<String>> {
    if after.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    let after = unsafe { take(after, "the entry before") }?;
    held(&after.handle, "the handle of the entry before").map(Some)
}

/// # Safety
/// `after` is NULL or points to an entry whose `size` is set.
unsafe fn after_enrolment(after: *const mbt_enrolment) -> Answer<Option<String>> {
    if after.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    let after = unsafe { take(after, "the entry before") }?;
    held(&after.person, "the person of the entry before").map(Some)
}
