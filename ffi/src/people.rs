//! People: who there is, and what becomes of them.

use std::ffi::c_char;

use mabataki_engine::service::protocol::{Act, Acted, PersonEntry};
use mabataki_engine::store::{Consent, FaceException, Profile, Vendor};

use crate::acting::{
    MOST_TEXT, Page, act, act_on, by_whom, done, held, held_if_any, lines, other_answer, seconds, time,
};
use crate::codes::{PEOPLE, number, word};
use crate::engine::{Engine, mbt_engine};
use crate::failure::{Answer, Failure};
use crate::grant::mbt_grant;
use crate::sized::{Out, Plain, take, wanted};
use crate::slot::on;
use crate::status::mbt_status;
use crate::strings::{fill, optional, required};

/// Staff for a time: needs valid_until_s.
pub const MBT_PERSON_TEMPORARY: u32 = 1;
/// A face is enrolled. Told, and not taken.
pub const MBT_PERSON_ENROLLED: u32 = 2;
/// There are more accounts than the array holds. What bears this mark is not taken by mbt_person_change: they would be lost.
pub const MBT_PERSON_CUT: u32 = 4;

/// A person. What is told of them only is not looked at where they are added or changed.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_person {
    pub size: u32,
    /// MBT_PERSON_*
    pub flags: u32,
    /// MBT_STATUS_*; told.
    pub status: u32,
    /// How many cards, stopped ones among them; told.
    pub cards: u32,
    /// From when and until when they may come in: seconds since 1970, UTC; 0 for no limit.
    pub valid_from_s: i64,
    pub valid_until_s: i64,
    /// When they were added; told.
    pub created_s: i64,
    /// Until when they need not show the face; told, 0 for no exception.
    pub except_until_s: i64,
    pub id: [c_char; 72],
    pub name: [c_char; 520],
    /// How the name is read. Empty for none, as what follows.
    pub reading: [c_char; 520],
    /// As the policy names it.
    pub role: [c_char; 72],
    /// Host accounts, each a line.
    pub accounts: [c_char; 2064],
    /// Wards, each a line.
    pub wards: [c_char; 1056],
    /// Of a vendor's person: who answers for them, and what they may work on. Both, or neither.
    pub sponsor: [c_char; 72],
    pub scope: [c_char; 520],
    /// The form on which they agreed to the use of their face, and its day, such as 2026-12-31; told.
    pub consent_form: [c_char; 72],
    pub consent_day: [c_char; 16],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_person {}

/// Adds somebody.
///
/// # Safety
/// `person` is NULL or points to an `mbt_person` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_add(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const mbt_person,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let person = unsafe { take(person, "mbt_person") }?;
        Ok(Act::AddPerson(held(&person.id, "the id")?, Box::new(profile(&person)?)))
    };
    act(engine, by, make, done)
}

/// Changes what is known of somebody to what is passed: begin with mbt_person_get.
///
/// # Safety
/// `person` is NULL or points to an `mbt_person` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_change(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const mbt_person,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let person = unsafe { take(person, "mbt_person") }?;
        Ok(Act::ChangePerson(held(&person.id, "the id")?, Box::new(profile(&person)?)))
    };
    act(engine, by, make, done)
}

/// One person.
///
/// # Safety
/// `id` is NULL or NUL-terminated; `out` is NULL or points to an `mbt_person` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_get(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    id: *const c_char,
    out: *mut mbt_person,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        // SAFETY: as above.
        let id = unsafe { required(id, "the id", MOST_TEXT) }?;
        match client.act(by.as_deref(), Act::Person(id))? {
            Acted::Person(entry) => out.give(&told(&entry)),
            _ => return Err(other_answer()),
        }
        Ok(())
    })
}

/// People in the order of their ids. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
/// the last. `item_size` is sizeof of one entry, `room` how many there may be.
///
/// # Safety
/// `after` is NULL or points to an entry that was filled; `items` is NULL or points to `room` entries of
/// `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    after: *const mbt_person,
    items: *mut mbt_person,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        // SAFETY: as above.
        let after = unsafe { after_this(after) }?;
        match client.act(by.as_deref(), Act::People(after))? {
            Acted::People(entries) => page.give(entries, told),
            _ => Err(other_answer()),
        }
    })
}

/// Whether somebody may come in: MBT_STATUS_ACTIVE, _DISABLED or _ON_LEAVE. Their grants end at once where they may not.
///
/// # Safety
/// `id` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_set_status(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    id: *const c_char,
    status: u32,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let id = unsafe { required(id, "the id", MOST_TEXT) }?;
        let none = || Failure::invalid(format!("no status has the number {status}"));
        Ok(Act::SetStatus(id, word(PEOPLE, status).ok_or_else(none)?))
    };
    act(engine, by, make, done)
}

/// Somebody has left for good: cards, face, password and logins go; id and name are kept.
///
/// # Safety
/// `id` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_retire(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    id: *const c_char,
) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { act_on(engine, by, (id, "the id"), Act::RetirePerson, done) }
}

/// Erases somebody, with everything that is theirs; the log keeps the name. `record` (may be NULL) is the number of the record in
/// the log that tells of it.
///
/// # Safety
/// `id` is NULL or NUL-terminated; `record` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_remove(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    id: *const c_char,
    record: *mut u64,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let record = unsafe { wanted(record, "the record's number") }?;
        // SAFETY: as above.
        let id = unsafe { required(id, "the id", MOST_TEXT) }?;
        let Acted::Erased(number, _) = client.act(by.as_deref(), Act::RemovePerson(id))? else {
            return Err(other_answer());
        };
        if let Some(record) = record {
            record.write(number);
        }
        Ok(())
    })
}

/// Forgets a face, for good. The person, their cards and their password stay.
///
/// # Safety
/// `id` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_forget_face(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    id: *const c_char,
) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { act_on(engine, by, (id, "the id"), Act::RemoveFace, done) }
}

/// Lets somebody do without showing the face until a time, and says why; where the policy has something in its place. Without a
/// reason (NULL) and a time (0) the exception is over.
///
/// # Safety
/// `id` and `reason` are NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_except(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    id: *const c_char,
    reason: *const c_char,
    until_s: i64,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let id = unsafe { required(id, "the id", MOST_TEXT) }?;
        // SAFETY: as above.
        let reason = unsafe { optional(reason, "the reason", MOST_TEXT) }?;
        let exception = match (reason, time(until_s, "the end of an exception")?) {
            (Some(reason), Some(until)) => Some(FaceException { reason, until }),
            (None, None) => None,
            _ => return Err(Failure::invalid("an exception has a reason and an end: found one of them")),
        };
        Ok(Act::SetException(id, exception))
    };
    act(engine, by, make, done)
}

/// Notes that somebody has agreed to the use of their face: which form they signed, and the day on it, such as 2026-12-31.
/// Without a form (NULL) and a day (NULL) they have taken it back.
///
/// # Safety
/// `id`, `form` and `day` are NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_person_consent(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    id: *const c_char,
    form: *const c_char,
    day: *const c_char,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let text = |text, name| unsafe { optional(text, name, MOST_TEXT) };
        let (form, day) = (text(form, "the form")?, text(day, "the day")?);
        let consent = match (form, day) {
            (Some(version), Some(day)) => {
                let none =
                    |_| Failure::invalid("the day of a consent is none: expected one such as 2026-12-31");
                Some(Consent { date: day.parse().map_err(none)?, version })
            }
            (None, None) => None,
            _ => return Err(Failure::invalid("a consent has a form and a day: found one of them")),
        };
        // SAFETY: as this function asks of its caller.
        Ok(Act::SetConsent(unsafe { required(id, "the id", MOST_TEXT) }?, consent))
    };
    act(engine, by, make, done)
}

fn profile(person: &mbt_person) -> Answer<Profile> {
    const TAKEN: u32 = MBT_PERSON_TEMPORARY | MBT_PERSON_ENROLLED;
    if person.flags & MBT_PERSON_CUT != 0 {
        return Err(Failure::invalid(
            "the accounts were cut where they were told: change this person with the command",
        ));
    }
    if person.flags & !TAKEN != 0 {
        return Err(Failure::invalid(format!("mbt_person has flags that are none: {:#x}", person.flags)));
    }
    let sponsor = held_if_any(&person.sponsor, "the sponsor")?;
    let vendor = match (sponsor, held_if_any(&person.scope, "the scope")?) {
        (Some(sponsor), Some(scope)) => Some(Vendor { sponsor, scope }),
        (None, None) => None,
        _ => return Err(Failure::invalid("a vendor's person has a sponsor and a scope: found one of them")),
    };
    Ok(Profile {
        name: held(&person.name, "the name")?,
        reading: held_if_any(&person.reading, "the reading")?,
        role: held_if_any(&person.role, "the role")?,
        accounts: lines(&held(&person.accounts, "the accounts")?),
        wards: lines(&held(&person.wards, "the wards")?),
        valid_from: time(person.valid_from_s, "the beginning of the validity")?,
        valid_until: time(person.valid_until_s, "the end of the validity")?,
        temporary: person.flags & MBT_PERSON_TEMPORARY != 0,
        vendor,
    })
}

fn told(entry: &PersonEntry) -> mbt_person {
    let profile = &entry.profile;
    let accounts = profile.accounts.join("\n");
    let mut person = mbt_person {
        size: 0,
        flags: 0,
        status: number(PEOPLE, &entry.status).cast_unsigned(),
        cards: entry.cards,
        valid_from_s: seconds(profile.valid_from),
        valid_until_s: seconds(profile.valid_until),
        created_s: entry.created.as_second(),
        except_until_s: seconds(entry.face_exception.as_ref().map(|exception| exception.until)),
        id: fill(&entry.id),
        name: fill(&profile.name),
        reading: fill(profile.reading.as_deref().unwrap_or_default()),
        role: fill(profile.role.as_deref().unwrap_or_default()),
        accounts: fill(&accounts),
        wards: fill(&profile.wards.join("\n")),
        sponsor: fill(profile.vendor.as_ref().map_or("", |vendor| &vendor.sponsor)),
        scope: fill(profile.vendor.as_ref().map_or("", |vendor| &vendor.scope)),
        consent_form: fill(entry.consent.as_ref().map_or("", |consent| &consent.version)),
        consent_day: fill(
            &entry.consent.as_ref().map(|consent| consent.date.to_string()).unwrap_or_default(),
        ),
    };
    let flags = [
        (profile.temporary, MBT_PERSON_TEMPORARY),
        (entry.enrolled, MBT_PERSON_ENROLLED),
        (accounts.len() >= person.accounts.len(), MBT_PERSON_CUT),
    ];
    person.flags = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum();
    person
}

/// # Safety
/// `after` is NULL or points to an entry whose `size` is set.
unsafe fn after_this(after: *const mbt_person) -> Answer<Option<String>> {
    if after.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    let after = unsafe { take(after, "the entry before") }?;
    held(&after.id, "the id of the entry before").map(Some)
}
