//! Work that takes its time: taking the log out, verifying it, bundles, backups. It runs in the service; its host waits, hears
//! how far it is, may call it off, and reads what came of it piece by piece.

use std::ffi::c_char;
use std::os::fd::AsRawFd;

use mabataki_engine::service::{ClientJob, Heard, MOST_EXPORT};

use crate::acting::{by_whom, bytes};
use crate::boundary::call;
use crate::codes::{MBT_ENDED, MBT_PENDING};
use crate::engine::{Child, Engine, mbt_engine};
use crate::error::mbt_error;
use crate::failure::Failure;
use crate::grant::mbt_grant;
use crate::handles::{self, Kind};
use crate::sized::{Out, Plain, place, take};
use crate::slot::{Held, Slot, error_of, on};
use crate::status::{MBT_E_STATE, MBT_E_TIMEOUT, mbt_status};
use crate::task::{task, told};

/// What a job does. Takes the log out: format, of, from_day, to_day, lang, MBT_JOB_WHOLE. Its output is the log.
pub const MBT_JOB_LOG_EXPORT: u32 = 1;
/// Finds out whether the log is as it was written: key.
pub const MBT_JOB_LOG_VERIFY: u32 = 2;
/// Looks at the whole store, record by record.
pub const MBT_JOB_STORE_CHECK: u32 = 3;
/// Writes a sealed backup of the store. It is restored with the command, while the service is stopped.
pub const MBT_JOB_BACKUP: u32 = 4;
/// Makes a bundle for a terminal: name, valid_s; with MBT_JOB_ONLY no more than wards, applications, MBT_JOB_POLICY.
pub const MBT_JOB_BUNDLE_EXPORT: u32 = 5;
/// Takes a bundle in: data, MBT_JOB_CHECK, MBT_JOB_SKIP_REJECTED. Its output has a line of JSON for each record that was rejected.
pub const MBT_JOB_BUNDLE_IMPORT: u32 = 6;
/// Adds and changes the people of a CSV file: data, MBT_JOB_CHECK; with MBT_JOB_DISABLE disables them. All, or nothing. Its output
/// has a line of JSON for each row.
pub const MBT_JOB_PEOPLE_IMPORT: u32 = 7;
/// Finds the threshold that a false-match rate takes among the people enrolled here: rate. Its output has a line of JSON for each
/// pair of people who look alike.
pub const MBT_JOB_CALIBRATE: u32 = 8;
/// Waits for a card on the reader, and ties it to a person: person, name (the reader), label, wait_ms, valid_from_s,
/// valid_until_s, MBT_JOB_TEMPORARY.
pub const MBT_JOB_BIND_CARD: u32 = 9;

/// Reviews a month of the log, for somebody to look through and sign: from_day (the month, such as 2026-10), hours, key, lang,
/// MBT_FORMAT_TEXT or MBT_FORMAT_HTML. Its output is the review.
pub const MBT_JOB_LOG_REVIEW: u32 = 10;
/// Who could come in, and has not for valid_s; 0 for as long as the policy says. Its output has a line of JSON for each.
pub const MBT_JOB_PEOPLE_DORMANT: u32 = 11;

/// Flags of a job: from checkpoint to checkpoint, so that the part can be verified by itself.
pub const MBT_JOB_WHOLE: u32 = 1;
/// Only tells what would become of it.
pub const MBT_JOB_CHECK: u32 = 2;
/// Takes the rest where records are rejected.
pub const MBT_JOB_SKIP_REJECTED: u32 = 4;
pub const MBT_JOB_DISABLE: u32 = 8;
pub const MBT_JOB_ONLY: u32 = 16;
pub const MBT_JOB_POLICY: u32 = 32;
pub const MBT_JOB_TEMPORARY: u32 = 64;

/// Formats of an export: a table for spreadsheet programs,
pub const MBT_FORMAT_CSV: u32 = 1;
/// or one JSON object a line.
pub const MBT_FORMAT_JSONL: u32 = 2;
/// Of a review: for a terminal, or one page for a browser.
pub const MBT_FORMAT_TEXT: u32 = 3;
pub const MBT_FORMAT_HTML: u32 = 4;
/// What is taken out: every record,
pub const MBT_OF_RECORDS: u32 = 1;
/// or a row for each grant, with its time.
pub const MBT_OF_ACCESS_TIMES: u32 = 2;

/// What is to be done. What a job does not name above must be 0 or NULL.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_job_params {
    pub size: u32,
    /// MBT_JOB_LOG_EXPORT and the others
    pub kind: u32,
    /// MBT_JOB_WHOLE and the others
    pub flags: u32,
    /// MBT_FORMAT_*
    pub format: u32,
    /// MBT_OF_*
    pub of: u32,
    /// MBT_LANG_*
    pub lang: u32,
    /// At most two minutes.
    pub wait_ms: u32,
    pub reserved: u32,
    /// How long a bundle is to be good: a minute to 90 days.
    pub valid_s: u64,
    /// Seconds since 1970, UTC; 0 for no limit.
    pub valid_from_s: i64,
    pub valid_until_s: i64,
    /// A false-match rate, such as 0.0001; 0 for the one that the model pack is made for.
    pub rate: f64,
    /// Days by the site's clocks, such as 2026-10-01; NULL for the log's beginning and end.
    pub from_day: *const c_char,
    pub to_day: *const c_char,
    /// Of a terminal, or of a reader.
    pub name: *const c_char,
    /// Each a line, with a * at its end for all that begin like it.
    pub wards: *const c_char,
    pub applications: *const c_char,
    pub person: *const c_char,
    pub label: *const c_char,
    /// The public key that the log must have begun with; NULL for the one that it says itself.
    pub key: *const c_char,
    /// What is taken in.
    pub data: *const u8,
    pub data_len: usize,
    /// The hours of an ordinary day; NULL for 07:00-20:00.
    pub hours: *const c_char,
}

// SAFETY: repr(C), begins with `size`; numbers and pointers that may hold anything until they are looked at.
unsafe impl Plain for mbt_job_params {}

/// How far a job is.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_progress {
    pub size: u32,
    /// MBT_PENDING, or MBT_ENDED when it is done.
    pub state: i32,
    /// So much of so much: records, or milliseconds of waiting.
    pub done: u64,
    pub of: u64,
}

// SAFETY: repr(C), begins with `size`, only numbers.
unsafe impl Plain for mbt_progress {}

/// All is as it should be: the log was verified without a finding, the store is whole.
pub const MBT_REPORT_GOOD: u32 = 1;
/// It was taken in now.
pub const MBT_REPORT_TAKEN: u32 = 2;
/// It had been taken in before.
pub const MBT_REPORT_ALREADY: u32 = 4;
/// What was taken out can be verified by itself.
pub const MBT_REPORT_VERIFIABLE: u32 = 8;

/// What came of a job. What its kind does not name is 0.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_report {
    pub size: u32,
    /// As in mbt_job_params.
    pub kind: u32,
    /// MBT_REPORT_*
    pub flags: u32,
    pub reserved: u32,
    /// How long the output is, bytes.
    pub length: u64,
    /// Records written, looked at or compared.
    pub records: u64,
    /// Of a verification: the last good checkpoint, the first record that is wrong (0 for none), records that no checkpoint covers.
    pub checkpoints: u64,
    pub first_bad: u64,
    pub unprotected: u64,
    /// Of a bundle or a backup: which one it is.
    pub revision: u64,
    /// Of a bundle or a list: what became of its records.
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
    pub unchanged: u64,
    pub held: u64,
    pub rejected: u64,
    /// Of an export: the log's own record of it.
    pub record: u64,
    /// Until when a bundle is good: seconds since 1970, UTC.
    pub until_s: i64,
    /// Of a calibration: the rate, the threshold, and how many pairs of people reach it.
    pub rate: f64,
    pub threshold: f64,
    pub reached: u64,
    /// SHA-256 of the output, in hex.
    pub sha256: [c_char; 72],
    /// What is wrong with the first bad record, as a stable word; the handle of a card that was bound.
    pub word: [c_char; 72],
}

// SAFETY: repr(C), begins with `size`, only numbers and arrays of them.
unsafe impl Plain for mbt_report {}

/// Work under way in the service.
pub struct mbt_job {
    _never: (),
}

/// What stands behind an `mbt_job`.
pub(crate) struct Job {
    job: Slot<ClientJob>,
    kind: u32,
}

impl Kind for Job {
    const NAME: &'static str = "mbt_job";
}

impl Held for Job {
    type What = ClientJob;
    fn slot(&self) -> &Slot<ClientJob> {
        &self.job
    }
}

impl Child for Job {
    fn close(&self) {
        if let Some(job) = self.job.take() {
            // Whoever waits for it in another thread hears so. In a child that was forked nothing is to be done.
            let _ = job.cancel();
        }
    }
}

/// Begins a job. That the grant lacks the right for it is told by mbt_job_wait. Who has begun one holds a place as for a session
/// until it ends.
///
/// # Safety
/// `params` is NULL or points to an `mbt_job_params` whose `size` is set, whose texts are NULL or NUL-terminated, and whose data
/// is NULL or as long as its length says; `out` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_job_begin(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    params: *const mbt_job_params,
    out: *mut *mut mbt_job,
) -> mbt_status {
    on::<Engine, _>(engine, |engine, client| {
        let by = by_whom(by)?;
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the job") }?;
        // SAFETY: as above.
        let params = unsafe { take(params, "mbt_job_params") }?;
        // SAFETY: as above.
        let task = unsafe { task(&params) }?;
        let most = usize::try_from(MOST_EXPORT).unwrap_or(usize::MAX);
        let data = match params.kind {
            MBT_JOB_BUNDLE_IMPORT | MBT_JOB_PEOPLE_IMPORT => {
                // SAFETY: as above.
                Some(unsafe { bytes(params.data, params.data_len, "what is taken in", most) }?)
            }
            _ if !params.data.is_null() => {
                return Err(Failure::invalid("this job takes nothing in: expected no data"));
            }
            _ => None,
        };
        let job = client.begin_job(by.as_deref(), task, data)?;
        out.write(engine.children().open(Job { job: Slot::new(job), kind: params.kind })?);
        Ok(())
    })
}

/// Waits until there is something new: how far it is, or that it has ended. MBT_E_TIMEOUT when nothing was heard for so long,
/// MBT_E_CANCELLED once it was called off; where it was not done, why.
///
/// # Safety
/// `out` is NULL or points to an `mbt_progress` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_job_wait(
    job: *const mbt_job,
    timeout_ms: u32,
    out: *mut mbt_progress,
) -> mbt_status {
    on::<Job, _>(job, |_, job| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        match job.wait(std::time::Duration::from_millis(u64::from(timeout_ms)))? {
            Some(Heard::Progress(done, of)) => {
                out.give(&mbt_progress { size: 0, state: MBT_PENDING, done, of })
            }
            Some(Heard::Done(_)) => out.give(&mbt_progress { size: 0, state: MBT_ENDED, done: 1, of: 1 }),
            None => {
                return Err(Failure::new(
                    MBT_E_TIMEOUT,
                    "timeout",
                    format!("nothing within {timeout_ms} ms"),
                ));
            }
        }
        Ok(())
    })
}

/// A file descriptor that becomes readable when mbt_job_wait would answer at once. It is the library's.
///
/// # Safety
/// `out` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_job_waitable(job: *const mbt_job, out: *mut isize) -> mbt_status {
    on::<Job, _>(job, |_, job| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { place(out, "the waitable") }?;
        out.write(isize::try_from(job.waitable().as_raw_fd()).unwrap_or(-1));
        Ok(())
    })
}

/// What came of it, once mbt_job_wait has said that it is done.
///
/// # Safety
/// `out` is NULL or points to an `mbt_report` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_job_report(job: *const mbt_job, out: *mut mbt_report) -> mbt_status {
    on::<Job, _>(job, |held, job| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        let Some(report) = job.report() else {
            return Err(Failure::new(
                MBT_E_STATE,
                "pending",
                "the job is not done: expected one whose end was waited for",
            ));
        };
        out.give(&told(held.kind, job.length()?, &report));
        Ok(())
    })
}

/// The next piece of its output, once it is done: as much as fits into `room` bytes. `count` is 0 at the end.
///
/// # Safety
/// `data` is NULL or points to `room` writable bytes; `count` is NULL or may be written to.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_job_read(
    job: *const mbt_job,
    data: *mut u8,
    room: usize,
    count: *mut usize,
) -> mbt_status {
    /// No piece is longer, whatever there is room for.
    const PIECE: usize = 64 * 1024;
    on::<Job, _>(job, |_, job| {
        // SAFETY: as this function asks of its caller.
        unsafe { place(data, "the output") }?;
        // SAFETY: as above.
        let count = unsafe { place(count, "the length") }?;
        if room == 0 {
            return Err(Failure::invalid("expected room for a byte at the least"));
        }
        let mut piece = zeroize::Zeroizing::new(vec![0; room.min(PIECE)]);
        let length = job.read(&mut piece)?;
        // SAFETY: `data` has room for as much as `piece` is long, and more was not read.
        unsafe { std::ptr::copy_nonoverlapping(piece.as_ptr(), data, length) };
        count.write(length);
        Ok(())
    })
}

/// Calls it off, from any thread. What is being written out stops; what is being taken in is taken in whole, or not at all.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_job_cancel(job: *const mbt_job) -> mbt_status {
    on::<Job, _>(job, |_, job| Ok(job.cancel()?))
}

/// Closes it, and calls it off if it is still under way. NULL is let be.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_job_end(job: *mut mbt_job) -> mbt_status {
    call(|| {
        if let Some(job) = handles::close::<Job, _>(job)? {
            job.close();
        }
        Ok(())
    })
}

/// Why the last failed call on this job failed.
///
/// # Safety
/// `out` is NULL or points to an `mbt_error` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_job_error(job: *const mbt_job, out: *mut mbt_error) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    unsafe { error_of::<Job, _>(job, out) }
}
