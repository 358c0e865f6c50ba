//! The log: who was let in, who was not, and what was done. How it is taken out and verified: mbt_job_begin.

use std::ffi::c_char;

use mabataki_engine::service::protocol::{Act, Acted, CheckpointEntry, LogEntry};

use crate::acting::{Page, by_whom, other_answer};
use crate::codes::bits;
use crate::engine::{Engine, mbt_engine};
use crate::failure::Failure;
use crate::grant::mbt_grant;
use crate::sized::{Out, Plain};
use crate::slot::on;
use crate::status::{MBT_E_NOT_FOUND, mbt_status};
use crate::strings::fill;

/// A record of the log. Words are stable: docs/manual/audit.md lists them.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_log_entry {
    pub size: u32,
    /// MBT_F_*
    pub factors: u32,
    /// Its number, from 1.
    pub number: u64,
    /// When: milliseconds since 1970, UTC.
    pub time_ms: i64,
    /// What was done, and how it ended.
    pub operation: [c_char; 48],
    pub outcome: [c_char; 32],
    /// Why; may be empty, as what follows.
    pub reason: [c_char; 128],
    /// Who, and to what.
    pub subject: [c_char; 128],
    pub name: [c_char; 520],
    pub object: [c_char; 520],
    /// The host's account, and what for.
    pub account: [c_char; 520],
    pub purpose: [c_char; 32],
    /// Under which the log knows the grant or the attempt.
    pub session: [c_char; 64],
    pub terminal: [c_char; 256],
    /// The other computer, and the host.
    pub origin: [c_char; 520],
    pub host: [c_char; 520],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_log_entry {}

/// The last signature under the log.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_checkpoint {
    pub size: u32,
    pub reserved: u32,
    pub number: u64,
    /// The last record that it covers.
    pub last: u64,
    /// When it was signed: seconds since 1970, UTC.
    pub time_s: i64,
    /// To be written down on paper.
    pub code: [c_char; 64],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_checkpoint {}

/// Records of the log after the number `after`, the oldest first, a page at a time; MBT_E_END after the last. That somebody read them
/// stands in the log from then on.
///
/// # Safety
/// `items` is NULL or points to `room` entries of `item_size` bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_log_list(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    after: u64,
    items: *mut mbt_log_entry,
    item_size: usize,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let page = unsafe { Page::new(items, item_size, room, count) }?;
        page.give(client.log(by.as_deref(), after)?, told)
    })
}

/// The last checkpoint; with `sign` 1 the log is signed to here first. MBT_E_NOT_FOUND before the first.
///
/// # Safety
/// `out` is NULL or points to an `mbt_checkpoint` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_log_checkpoint(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    sign: u32,
    out: *mut mbt_checkpoint,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        match client.act(by.as_deref(), Act::Checkpoint { sign: sign != 0 })? {
            Acted::Checkpoint(Some(CheckpointEntry { number, last, time, code })) => {
                let time_s = time.as_second();
                out.give(&mbt_checkpoint { size: 0, reserved: 0, number, last, time_s, code: fill(&code) });
                Ok(())
            }
            Acted::Checkpoint(None) => {
                Err(Failure::new(MBT_E_NOT_FOUND, "not_found", "the log was not signed yet: pass sign 1"))
            }
            _ => Err(other_answer()),
        }
    })
}

fn told(entry: &LogEntry) -> mbt_log_entry {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    mbt_log_entry {
        size: 0,
        factors: bits(entry.factors),
        number: entry.seq,
        time_ms: entry.time.as_millisecond(),
        operation: fill(entry.operation.code()),
        outcome: fill(entry.outcome.code()),
        reason: fill(&or_empty(&entry.reason)),
        subject: fill(&or_empty(&entry.subject)),
        name: fill(&or_empty(&entry.name)),
        object: fill(&or_empty(&entry.object)),
        account: fill(&or_empty(&entry.account)),
        purpose: fill(&or_empty(&entry.purpose)),
        session: fill(&or_empty(&entry.session)),
        terminal: fill(&entry.terminal),
        origin: fill(&or_empty(&entry.origin)),
        host: fill(&or_empty(&entry.host)),
    }
}
