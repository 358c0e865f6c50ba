//! What people type: the passwords of this product, and their logins to applications.

use std::ffi::c_char;

use mabataki_engine::service::protocol::{Act, Acted, Hidden, LoginEntry};
use zeroize::Zeroizing;

use crate::acting::{MOST_TEXT, Page, act, act_on, by_whom, bytes, done, held, other_answer, seconds};
use crate::engine::{Engine, mbt_engine};
use crate::failure::{Answer, Failure};
use crate::grant::{Grant, mbt_grant};
use crate::sized::{Plain, take};
use crate::slot::on;
use crate::status::mbt_status;
use crate::strings::{fill, optional, required};

/// The longest password, bytes.
const MOST_SECRET: usize = 4096;
/// The most other fields of a login, bytes.
const MOST_FIELDS: usize = 32 * 1024;

/// The password is good only to be changed by whoever it is of.
pub const MBT_PASSWORD_MUST_CHANGE: u32 = 1;

/// A person's login to an application, without its secrets.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_login_entry {
    pub size: u32,
    /// How many other fields it has, such as a department code.
    pub field_count: u32,
    /// Since when it is not handed out, because the application did not take it: seconds since 1970, UTC; 0 while it is.
    pub suspended_s: i64,
    pub person: [c_char; 72],
    pub application: [c_char; 264],
    /// Who the person is there.
    pub user: [c_char; 1032],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_login_entry {}

/// What is typed into an application for a person. Each text is UTF-8.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_login_params {
    pub size: u32,
    pub reserved: u32,
    pub person: *const c_char,
    pub application: *const c_char,
    pub user: *const c_char,
    pub secret: *const c_char,
    pub secret_len: usize,
    /// Other fields: name, NUL, value, NUL, one after another. NULL for none.
    pub fields: *const c_char,
    pub fields_len: usize,
}

// SAFETY: repr(C), begins with `size`; numbers and pointers that may hold anything until they are looked at.
unsafe impl Plain for mbt_login_params {}

/// Sets somebody's password: `flags` is MBT_PASSWORD_MUST_CHANGE or 0.
///
/// # Safety
/// `person` is NULL or NUL-terminated; `password` is NULL or points to `len` readable bytes.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_password_set(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const c_char,
    password: *const c_char,
    len: usize,
    flags: u32,
) -> mbt_status {
    let make = || {
        if flags & !MBT_PASSWORD_MUST_CHANGE != 0 {
            return Err(Failure::invalid(format!("flags of a password that are none: {flags:#x}")));
        }
        // SAFETY: as this function asks of its caller.
        let person = unsafe { required(person, "the person's id", MOST_TEXT) }?;
        // SAFETY: as above.
        let password = unsafe { typed(password, len, "the password") }?;
        Ok(Act::SetPassword { person, password, must_change: flags != 0 })
    };
    act(engine, by, make, done)
}

/// Takes somebody's password away. MBT_E_NOT_FOUND where they had none.
///
/// # Safety
/// `person` is NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_password_remove(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const c_char,
) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { act_on(engine, by, (person, "the person's id"), Act::RemovePassword, done) }
}

/// Somebody changes their own password. It takes no grant, but the password that they have.
///
/// # Safety
/// `person` is NULL or NUL-terminated; `old` and `new_password` are NULL or point to as many readable bytes as their lengths say.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_password_change(
    engine: *const mbt_engine,
    person: *const c_char,
    old: *const c_char,
    old_len: usize,
    new_password: *const c_char,
    new_len: usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        // SAFETY: as this function asks of its caller.
        let person = unsafe { required(person, "the person's id", MOST_TEXT) }?;
        // SAFETY: as above.
        let typed = |text, len, name| unsafe { typed(text, len, name) };
        let old = typed(old, old_len, "the password so far")?;
        Ok(client.change_password(&person, old, typed(new_password, new_len, "the new password")?)?)
    })
}

/// Appoints the first administrator of a store, by the one-time token that was shown when it was made.
///
/// # Safety
/// `id` and `name` are NULL or NUL-terminated; `token` and `password` are NULL or point to as many readable bytes as their
/// lengths say.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_engine_set_up(
    engine: *const mbt_engine,
    token: *const c_char,
    token_len: usize,
    id: *const c_char,
    name: *const c_char,
    password: *const c_char,
    len: usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        // SAFETY: as this function asks of its caller.
        let text = |text, name| unsafe { required(text, name, MOST_TEXT) };
        // SAFETY: as above.
        let typed = |text, len, name| unsafe { typed(text, len, name) };
        let (id, name) = (text(id, "the id")?, text(name, "the name")?);
        let token = typed(token, token_len, "the token")?;
        Ok(client.set_up(token, &id, &name, typed(password, len, "the password")?)?)
    })
}

/// Logins of one person, or of all (NULL), in the order of people and applications. A page at a time: `after` is the last entry of the one before, or NULL for the first; MBT_E_END after
/// the last. `item_size` is sizeof of one entry, `room` how many there may be.
///
/// # Safety
/// `person` is NULL or NUL-terminated; `after` is NULL or points to an entry that was filled; `items` is NULL or points to `room` entries of
/// `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_login_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const c_char,
    after: *const mbt_login_entry,
    items: *mut mbt_login_entry,
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
        match client.act(by.as_deref(), Act::Logins { person, after })? {
            Acted::Logins(entries) => page.give(entries, told),
            _ => Err(other_answer()),
        }
    })
}

/// Puts a login, in the place of the one that there was.
///
/// # Safety
/// `params` is NULL or points to an `mbt_login_params` whose `size` is set, whose texts are NULL or NUL-terminated, and whose
/// secret and fields are NULL or point to as many readable bytes as their lengths say.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_login_put(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    params: *const mbt_login_params,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let params = unsafe { take(params, "mbt_login_params") }?;
        // SAFETY: as above.
        let person = unsafe { required(params.person, "the person's id", MOST_TEXT) }?;
        // SAFETY: as above.
        let (application, user, secret, fields) = unsafe { login(&params) }?;
        Ok(Act::PutLogin { person, application, user, secret, fields })
    };
    act(engine, by, make, done)
}

/// Puts the person's own login for an application that the grant opens: they have changed their password there. `person` in
/// `params` is NULL.
///
/// # Safety
/// As for mbt_login_put.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_grant_login_put(
    grant: *const mbt_grant,
    params: *const mbt_login_params,
) -> mbt_status {
    on::<Grant, _>(grant, |_, grant| {
        // SAFETY: as this function asks of its caller.
        let params = unsafe { take(params, "mbt_login_params") }?;
        if !params.person.is_null() {
            return Err(Failure::invalid("the person is the grant's own: expected NULL"));
        }
        // SAFETY: as above.
        let (application, user, secret, fields) = unsafe { login(&params) }?;
        Ok(grant.put_login(&application, &user, secret, fields)?)
    })
}

/// Takes a login away. MBT_E_NOT_FOUND where there was none.
///
/// # Safety
/// `person` and `application` are NULL or NUL-terminated.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_login_remove(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    person: *const c_char,
    application: *const c_char,
) -> mbt_status {
    let make = || {
        // SAFETY: as this function asks of its caller.
        let text = |text, name| unsafe { required(text, name, MOST_TEXT) };
        Ok(Act::RemoveLogin(text(person, "the person's id")?, text(application, "the application")?))
    };
    act(engine, by, make, done)
}

/// What is typed: the application, who the person is there, the secret, and the other fields.
type Typed = (String, String, Hidden, Vec<(String, Hidden)>);

/// # Safety
/// As for [`mbt_login_put`].
unsafe fn login(params: &mbt_login_params) -> Answer<Typed> {
    if params.reserved != 0 {
        return Err(Failure::invalid("mbt_login_params.reserved must be 0"));
    }
    // SAFETY: as this function asks of its caller.
    let text = |text, name| unsafe { required(text, name, MOST_TEXT) };
    let (application, user) = (text(params.application, "the application")?, text(params.user, "the user")?);
    // SAFETY: as this function asks of its caller.
    let secret = unsafe { typed(params.secret, params.secret_len, "the secret") }?;
    // SAFETY: as this function asks of its caller.
    Ok((application, user, secret, unsafe { fields(params.fields, params.fields_len) }?))
}

/// # Safety
/// `text` is NULL or points to `len` readable bytes.
unsafe fn typed(text: *const c_char, len: usize, name: &str) -> Answer<Hidden> {
    // SAFETY: as this function asks of its caller.
    let bytes = unsafe { bytes(text.cast(), len, name, MOST_SECRET) }?;
    let text = str::from_utf8(bytes).map_err(|_| Failure::invalid(format!("{name} is not UTF-8")))?;
    Ok(Hidden::new(Zeroizing::new(text.to_owned())))
}

/// # Safety
/// `text` is NULL or points to `len` readable bytes.
unsafe fn fields(text: *const c_char, len: usize) -> Answer<Vec<(String, Hidden)>> {
    if text.is_null() && len == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: as this function asks of its caller.
    let all = unsafe { bytes(text.cast(), len, "the fields", MOST_FIELDS) }?;
    let odd =
        || Failure::invalid("the fields are name, NUL, value, NUL, one after another: found something else");
    let whole = all.strip_suffix(b"\0").ok_or_else(odd)?;
    let parts: Vec<&[u8]> = whole.split(|byte| *byte == 0).collect();
    let text = |bytes: &[u8]| str::from_utf8(bytes).map(str::to_owned).map_err(|_| odd());
    let (pairs, []) = parts.as_chunks::<2>() else { return Err(odd()) };
    pairs.iter().map(|[name, value]| Ok((text(name)?, Hidden::new(Zeroizing::new(text(value)?))))).collect()
}

fn told(entry: &LoginEntry) -> mbt_login_entry {
    mbt_login_entry {
        size: 0,
        field_count: u32::try_from(entry.fields.len()).unwrap_or(u32::MAX),
        suspended_s: seconds(entry.suspended),
        person: fill(&entry.person),
        application: fill(&entry.application),
        user: fill(&entry.user),
    }
}

/// # Safety
/// `after` is NULL or points to an entry whose `size` is set.
unsafe fn after_this(after: *const mbt_login_entry) -> Answer<Option<(String, String)>> {
    if after.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    let after = unsafe { take(after, "the entry before") }?;
    let person = held(&after.person, "the person of the entry before")?;
    Ok(Some((person, held(&after.application, "the application of the entry before")?)))
}
