//! Who is let in at the moment, and whom too many failed tries have shut out.

use std::ffi::c_char;

use mabataki_engine::engine::Lockout;
use mabataki_engine::policy::Factor;
use mabataki_engine::service::protocol::{Act, Acted, GrantEntry, LockedOut, LockoutKey};

use crate::acting::{MOST_TEXT, Page, act_on, by_whom, done, held, held_if_any, other_answer, seconds};
use crate::codes::{FACTORS, PURPOSES, bits, number, word};
use crate::engine::{Engine, mbt_engine};
use crate::failure::{Answer, Failure};
use crate::grant::mbt_grant;
use crate::sized::{Plain, take, wanted};
use crate::slot::on;
use crate::status::mbt_status;
use crate::strings::{fill, optional};

/// It stays shut until it is cleared.
pub const MBT_LOCKOUT_STOPPED: u32 = 1;

/// Tries that failed, and what they lead to.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_lockout {
    pub size: u32,
    /// MBT_LOCKOUT_*
    pub flags: u32,
    /// One MBT_F_*
    pub factor: u32,
    /// Tries in a row that failed.
    pub failures: u32,
    /// Until when it may not be tried, if it opens by itself: seconds since 1970, UTC; 0 for none.
    pub until_s: i64,
    /// Whose it is: a person's id, or else a department card's handle.
    pub person: [c_char; 72],
    pub card: [c_char; 40],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_lockout {}

/// Somebody who is let in.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_grant_entry {
    pub size: u32,
    /// MBT_PURPOSE_*
    pub purpose: u32,
    /// MBT_F_*
    pub factors: u32,
    pub reserved: u32,
    /// When it was given: seconds since 1970, UTC.
    pub issued_s: i64,
    /// How much of its life is left.
    pub left_ms: u64,
    /// Under which the log knows it.
    pub session: [c_char; 64],
    pub subject: [c_char; 72],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_grant_entry {}

/// What too many failed tries have shut. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
/// the last. `item_size` is sizeof of one entry, `room` how many there may be.
///
/// # Safety
/// `after` is NULL or points to an entry that was filled; `items` is NULL or points to `room` entries of
/// `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_lockout_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    after: *const mbt_lockout,
    items: *mut mbt_lockout,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        // SAFETY: as above.
        let after = unsafe { after_lockout(after) }?;
        match client.act(by.as_deref(), Act::Lockouts(after))? {
            Acted::Lockouts(entries) => page.give(entries, told_lockout),
            _ => Err(other_answer()),
        }
    })
}

/// Opens it again, for a person or for a department card (the other is NULL): one MBT_F_*, or all (0). `cleared` (may be NULL) is
/// how many counters there were.
///
/// # Safety
/// `person` and `card` are NULL or NUL-terminated; `cleared` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_lockout_clear(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const c_char,
    card: *const c_char,
    factor: u32,
    cleared: *mut u32,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let cleared = unsafe { wanted(cleared, "how many were cleared") }?;
        // SAFETY: as above.
        let text = |text, name| unsafe { optional(text, name, MOST_TEXT) };
        let of = match (text(person, "the person's id")?, text(card, "the card's handle")?) {
            (Some(person), None) => LockedOut::Person(person),
            (None, Some(card)) => LockedOut::Card(card),
            _ => return Err(Failure::invalid("a lock-out is a person's or a card's: expected one of them")),
        };
        let factor = if factor == 0 { None } else { Some(one_factor(factor)?) };
        let Acted::Cleared(count) = client.act(by.as_deref(), Act::ClearLockout(of, factor))? else {
            return Err(other_answer());
        };
        if let Some(cleared) = cleared {
            cleared.write(count);
        }
        Ok(())
    })
}

/// Who is let in at the moment. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
/// the last. `item_size` is sizeof of one entry, `room` how many there may be.
///
/// # Safety
/// `after` is NULL or points to an entry that was filled; `items` is NULL or points to `room` entries of
/// `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    after: *const mbt_grant_entry,
    items: *mut mbt_grant_entry,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        // SAFETY: as above.
        let after = unsafe { after_grant(after) }?;
        match client.act(by.as_deref(), Act::Grants(after))? {
            Acted::Grants(entries) => page.give(entries, told_grant),
            _ => Err(other_answer()),
        }
    })
}

/// Ends somebody's grant, by its `session`.
///
/// # Safety
/// `session` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_revoke(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    session: *const c_char,
) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { act_on(engine, by, (session, "the session"), Act::RevokeGrant, done) }
}

fn one_factor(factor: u32) -> Answer<Factor> {
    word(FACTORS, factor).ok_or_else(|| Failure::invalid(format!("no factor has the number {factor}")))
}

fn told_lockout(lockout: &Lockout) -> mbt_lockout {
    mbt_lockout {
        size: 0,
        flags: if lockout.stopped { MBT_LOCKOUT_STOPPED } else { 0 },
        factor: number(FACTORS, &lockout.factor).cast_unsigned(),
        failures: lockout.failures,
        until_s: seconds(lockout.locked_until),
        person: fill(lockout.person.as_deref().unwrap_or_default()),
        card: fill(lockout.card.as_deref().unwrap_or_default()),
    }
}

fn told_grant(grant: &GrantEntry) -> mbt_grant_entry {
    mbt_grant_entry {
        size: 0,
        purpose: number(PURPOSES, &grant.purpose).cast_unsigned(),
        factors: bits(grant.factors),
        reserved: 0,
        issued_s: grant.issued.as_second(),
        left_ms: grant.left_ms,
        session: fill(&grant.session),
        subject: fill(&grant.subject),
    }
}

/// # Safety
/// `after` is NULL or points to an entry whose `size` is set.
unsafe fn after_lockout(after: *const mbt_lockout) -> Answer<Option<LockoutKey>> {
    if after.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    let after = unsafe { take(after, "the entry before") }?;
    let person = held_if_any(&after.person, "the person of the entry before")?;
    let card = held_if_any(&after.card, "the card of the entry before")?;
    Ok(Some((person, card, one_factor(after.factor)?)))
}

/// # Safety
/// `after` is NULL or points to an entry whose `size` is set.
unsafe fn after_grant(after: *const mbt_grant_entry) -> Answer<Option<String>> {
    if after.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    let after = unsafe { take(after, "the entry before") }?;
    held(&after.session, "the session of the entry before").map(Some)
}
