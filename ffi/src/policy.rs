//! The rules of the site, and how the terminal stands.

use std::ffi::c_char;

use mabataki_engine::engine::Engine as Rules;
use mabataki_engine::service::protocol::{Act, Acted};

use crate::acting::{Page, act, by_whom, bytes, done, other_answer, seconds};
use crate::boundary::call;
use crate::buffer::mbt_buffer;
use crate::codes::{FRESHNESS, WARNINGS, number};
use crate::engine::{Engine, mbt_engine};
use crate::failure::{Answer, Failure};
use crate::grant::mbt_grant;
use crate::sized::{Out, Plain, place, wanted};
use crate::slot::on;
use crate::status::{MBT_E_CORRUPT, MBT_E_END, mbt_status};
use crate::strings::fill;

/// The longest policy, bytes.
const MOST_POLICY: usize = 48 * 1024;

/// What is wrong with a policy.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_fault {
    pub size: u32,
    /// Where it stands, from 1.
    pub line: u32,
    /// What was expected there, and what was found.
    pub text: [c_char; 512],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_fault {}

/// The clock stands before a time that it has already shown: what ends is refused until it has caught up, or an administrator
/// believes it.
pub const MBT_STATE_CLOCK_BEHIND: u32 = 1;
/// A disaster was declared: MBT_PURPOSE_EMERGENCY takes a claim and a reason.
pub const MBT_STATE_DISASTER: u32 = 2;

/// How a terminal stands.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_state {
    pub size: u32,
    /// MBT_STATE_*
    pub flags: u32,
    /// MBT_FRESH_*; 0 where the policy expects no bundles.
    pub freshness: u32,
    pub reserved: u32,
    /// What its clock shows: seconds since 1970, UTC.
    pub now_s: i64,
    /// Until when the disaster lasts; 0 for none.
    pub disaster_until_s: i64,
    /// How old its newest whole bundle is; UINT64_MAX where nobody knows.
    pub sync_age_s: u64,
    /// The public key that the log began with: keep it elsewhere.
    pub log_key: [c_char; 72],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_state {}

/// The policy in force: TOML. Free it with mbt_buffer_free.
///
/// # Safety
/// `out` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_policy_get(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    out: *mut mbt_buffer,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the policy") }?;
        let Acted::Policy(text) = client.act(by.as_deref(), Act::Policy)? else { return Err(other_answer()) };
        out.write(mbt_buffer::holding(text.as_bytes()));
        Ok(())
    })
}

/// Reads a policy and says what is wrong with it: MBT_OK with the faults, or MBT_E_END where there is none. It asks no service.
///
/// # Safety
/// `text` is NULL or points to `len` readable bytes; `items` is NULL or points to `room` entries of `item_size` bytes; `count` is
/// NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_policy_check(
    text: *const c_char,
    len: usize,
    items: *mut mbt_fault,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    call(|| {
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        // SAFETY: as above.
        let text = unsafe { policy(text, len) }?;
        let Err(faults) = Rules::check_policy(&text) else {
            return Err(Failure::new(MBT_E_END, "end", "the policy has no fault"));
        };
        page.give(faults.iter().collect(), |fault| mbt_fault {
            size: 0,
            line: u32::try_from(fault.line).unwrap_or(u32::MAX),
            text: fill(&fault.what),
        })
    })
}

/// Sets another policy. One with a fault is refused as a whole: mbt_policy_check names them. `warnings` (may be NULL) is a set of
/// MBT_POLICY_*.
///
/// # Safety
/// `text` is NULL or points to `len` readable bytes; `warnings` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_policy_set(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    text: *const c_char,
    len: usize,
    warnings: *mut u32,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let warnings = unsafe { wanted(warnings, "the warnings") }?;
        // SAFETY: as above.
        let text = unsafe { policy(text, len) }?;
        let Acted::PolicySet(found) = client.act(by.as_deref(), Act::SetPolicy(text))? else {
            return Err(other_answer());
        };
        if let Some(warnings) = warnings {
            warnings.write(found.iter().map(|warning| number(WARNINGS, warning).cast_unsigned()).sum());
        }
        Ok(())
    })
}

/// How the terminal stands. It takes no grant: whoever looks at the terminal may know.
///
/// # Safety
/// `out` is NULL or points to an `mbt_state` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_engine_state(engine: *const mbt_engine, out: *mut mbt_state) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        let state = client.state()?;
        let behind = if state.clock_behind { MBT_STATE_CLOCK_BEHIND } else { 0 };
        let disaster = if state.disaster_until.is_some() { MBT_STATE_DISASTER } else { 0 };
        out.give(&mbt_state {
            size: 0,
            flags: behind | disaster,
            freshness: state.freshness.map_or(0, |fresh| number(FRESHNESS, &fresh).cast_unsigned()),
            reserved: 0,
            now_s: state.now.as_second(),
            disaster_until_s: seconds(state.disaster_until),
            sync_age_s: state.sync_age_s.unwrap_or(u64::MAX),
            log_key: fill(&state.log_key),
        });
        Ok(())
    })
}

/// Believes the clock as it stands: MBT_STATE_CLOCK_BEHIND.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_clock_accept(engine: *const mbt_engine, by: *const mbt_grant) -> mbt_status {
    act(engine, by, || Ok(Act::BelieveClock), done)
}

/// Has the service open store, model pack and runtime anew for what is asked from now on. For whoever installs: root, or the
/// service's own user.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_engine_reload(engine: *const mbt_engine) -> mbt_status {
    on::<Engine, _>(engine, |_, client| Ok(client.reload()?))
}

/// The keys that assertions are verified by, as a JSON Web Key Set. Free it with mbt_buffer_free.
///
/// # Safety
/// `out` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_engine_keys(engine: *const mbt_engine, out: *mut mbt_buffer) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the keys") }?;
        out.write(mbt_buffer::holding(client.verifying_keys()?.as_bytes()));
        Ok(())
    })
}

/// # Safety
/// `text` is NULL or points to `len` readable bytes.
unsafe fn policy(text: *const c_char, len: usize) -> Answer<String> {
    // SAFETY: as this function asks of its caller.
    let bytes = unsafe { bytes(text.cast(), len, "the policy", MOST_POLICY) }?;
    let not = |_| Failure::new(MBT_E_CORRUPT, "bad_policy", "the policy is not UTF-8");
    str::from_utf8(bytes).map(str::to_owned).map_err(not)
}
