//! Cards: whose they are, and whether they may be used. Their identifiers are told to nobody.

use std::ffi::c_char;

use mabataki_engine::service::protocol::{Act, Acted, CardEntry, Hidden};
use zeroize::Zeroizing;

use crate::acting::{MOST_TEXT, Page, act, act_on, by_whom, done, held, other_answer, seconds};
use crate::codes::{CARDS, STOPS, number, word};
use crate::engine::{Engine, mbt_engine};
use crate::failure::{Answer, Failure};
use crate::grant::mbt_grant;
use crate::sized::{Out, Plain, take};
use crate::slot::on;
use crate::status::mbt_status;
use crate::strings::{fill, optional, required};

/// It has proved itself by a key, and not only told its number.
pub const MBT_CARD_PROVED: u32 = 1;
/// It has more than one holder: the first ones are told.
pub const MBT_CARD_SHARED: u32 = 2;

/// A card.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_card {
    pub size: u32,
    /// MBT_CARD_*
    pub flags: u32,
    /// MBT_CARD_ACTIVE and the statuses that follow it
    pub status: u32,
    /// How many people have it.
    pub holders: u32,
    /// From when and until when it may be used: seconds since 1970, UTC; 0 for no limit.
    pub valid_from_s: i64,
    pub valid_until_s: i64,
    /// What it is called by.
    pub handle: [c_char; 40],
    /// What its owner calls it.
    pub label: [c_char; 264],
    /// The kind of card, such as "felica".
    pub kind: [c_char; 40],
    /// Whose it is, each a line.
    pub people: [c_char; 520],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_card {}

/// Ties a card that the host has read, as KIND:HEX, to a person; only in stores for trials. Elsewhere the service reads it:
/// mbt_job_begin with MBT_JOB_BIND_CARD. `out` may be NULL.
///
/// # Safety
/// The texts are NULL or NUL-terminated; `out` is NULL or points to an `mbt_card` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_card_bind(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const c_char,
    card: *const c_char,
    label: *const c_char,
    out: *mut mbt_card,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let out = if out.is_null() { None } else { Some(unsafe { Out::new(out) }?) };
        // SAFETY: as above.
        let text = |text, name| unsafe { required(text, name, MOST_TEXT) };
        let act = Act::BindCard {
            person: text(person, "the person's id")?,
            card: Hidden::new(Zeroizing::new(text(card, "the card")?)),
            label: text(label, "the label")?,
        };
        let Acted::Card(card) = client.act(by.as_deref(), act)? else { return Err(other_answer()) };
        if let Some(out) = out {
            out.give(&told(&card));
        }
        Ok(())
    })
}

/// Cards of one person, or of all (NULL), in the order of their handles. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
/// the last. `item_size` is sizeof of one entry, `room` how many there may be.
///
/// # Safety
/// `person` is NULL or NUL-terminated; `after` is NULL or points to an entry that was filled; `items` is NULL or points to `room` entries of
/// `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_card_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const c_char,
    after: *const mbt_card,
    items: *mut mbt_card,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        // SAFETY: as above.
        let person = unsafe { optional(person, "the person's id", MOST_TEXT) }?;
        // SAFETY: as above.
        let after = unsafe { after_this(after) }?;
        match client.act(by.as_deref(), Act::Cards { person, after })? {
            Acted::Cards(entries) => page.give(entries, told),
            _ => Err(other_answer()),
        }
    })
}

/// A card may be used no more: MBT_STOP_*.
///
/// # Safety
/// `handle` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_card_stop(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    handle: *const c_char,
    why: u32,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let handle = unsafe { required(handle, "the card's handle", MOST_TEXT) }?;
        let none = || Failure::invalid(format!("no reason to stop a card has the number {why}"));
        Ok(Act::StopCard(handle, word(STOPS, why).ok_or_else(none)?))
    };
    act(engine, by, make, done)
}

/// It may be used again.
///
/// # Safety
/// `handle` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_card_restore(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    handle: *const c_char,
) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { act_on(engine, by, (handle, "the card's handle"), Act::RestoreCard, done) }
}

/// It is nobody's any more.
///
/// # Safety
/// `handle` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_card_remove(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    handle: *const c_char,
) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { act_on(engine, by, (handle, "the card's handle"), Act::RemoveCard, done) }
}

/// Gives a card to one more person (`shared` 1), or takes it from them (0): a department card, which lets in only where the policy
/// knows such cards.
///
/// # Safety
/// `handle` and `person` are NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_card_share(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    handle: *const c_char,
    person: *const c_char,
    shared: u32,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let text = |text, name| unsafe { required(text, name, MOST_TEXT) };
        let (handle, person) = (text(handle, "the card's handle")?, text(person, "the person's id")?);
        Ok(Act::ShareCard { handle, person, shared: shared != 0 })
    };
    act(engine, by, make, done)
}

fn told(entry: &CardEntry) -> mbt_card {
    let proved = if entry.proved { MBT_CARD_PROVED } else { 0 };
    let shared = if entry.people.len() > 1 { MBT_CARD_SHARED } else { 0 };
    mbt_card {
        size: 0,
        flags: proved | shared,
        status: number(CARDS, &entry.status).cast_unsigned(),
        holders: u32::try_from(entry.people.len()).unwrap_or(u32::MAX),
        valid_from_s: seconds(entry.valid_from),
        valid_until_s: seconds(entry.valid_until),
        handle: fill(&entry.handle),
        label: fill(&entry.label),
        kind: fill(entry.kind.code()),
        people: fill(&entry.people.join("\n")),
    }
}

/// # Safety
/// `after` is NULL or points to an entry whose `size` is set.
unsafe fn after_this(after: *const mbt_card) -> Answer<Option<String>> {
    if after.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    let after = unsafe { take(after, "the entry before") }?;
    held(&after.handle, "the handle of the entry before").map(Some)
}
