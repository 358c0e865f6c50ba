//! Which task a job's parameters stand for, and what is told of its end.

use mabataki_engine::engine::{ExportFormat, ExportOf};
use mabataki_engine::service::protocol::{
    BindOrder, BundleOrder, ExportOrder, Imported, Report, ReviewOrder, Task, Verified,
};

use crate::acting::{MOST_TEXT, lines, seconds, time};
use crate::failure::{Answer, Failure};
use crate::job::*;
use crate::strings::{fill, optional, required};

/// The longest list of wards or applications, bytes.
const MOST_LIST: usize = 40 * 1024;

/// The task.
///
/// # Safety
/// The texts of `params` are NULL or NUL-terminated.
pub(crate) unsafe fn task(params: &mbt_job_params) -> Answer<Task> {
    let allowed = match params.kind {
        MBT_JOB_LOG_EXPORT => MBT_JOB_WHOLE,
        MBT_JOB_BUNDLE_EXPORT => MBT_JOB_ONLY | MBT_JOB_POLICY,
        MBT_JOB_BUNDLE_IMPORT => MBT_JOB_CHECK | MBT_JOB_SKIP_REJECTED,
        MBT_JOB_PEOPLE_IMPORT => MBT_JOB_CHECK | MBT_JOB_DISABLE,
        MBT_JOB_BIND_CARD => MBT_JOB_TEMPORARY,
        _ => 0,
    };
    let has = |flag| params.flags & flag != 0;
    if params.flags & !allowed != 0 || params.reserved != 0 {
        return Err(Failure::invalid(format!(
            "mbt_job_params has flags that this job does not know: {:#x}",
            params.flags
        )));
    }
    // SAFETY: as this function asks of its caller.
    let text = |text, name| unsafe { optional(text, name, MOST_LIST) };
    // SAFETY: as this function asks of its caller.
    let needed = |text, name| unsafe { required(text, name, MOST_TEXT) };
    Ok(match params.kind {
        // SAFETY: as this function asks of its caller.
        MBT_JOB_LOG_EXPORT => Task::ExportLog(unsafe { export(params) }?),
        MBT_JOB_LOG_VERIFY => Task::VerifyLog { key: text(params.key, "the public key")? },
        MBT_JOB_STORE_CHECK => Task::CheckStore,
        MBT_JOB_BACKUP => Task::BackUp,
        MBT_JOB_BUNDLE_EXPORT => Task::ExportBundle(BundleOrder {
            peer: needed(params.name, "the terminal's name")?,
            only: has(MBT_JOB_ONLY),
            wards: lines(&text(params.wards, "the wards")?.unwrap_or_default()),
            applications: lines(&text(params.applications, "the applications")?.unwrap_or_default()),
            policy: has(MBT_JOB_POLICY),
            valid_s: params.valid_s,
        }),
        MBT_JOB_BUNDLE_IMPORT => {
            Task::ImportBundle { skip_rejected: has(MBT_JOB_SKIP_REJECTED), check: has(MBT_JOB_CHECK) }
        }
        MBT_JOB_PEOPLE_IMPORT => Task::TakeList { disable: has(MBT_JOB_DISABLE), check: has(MBT_JOB_CHECK) },
        MBT_JOB_CALIBRATE if !params.rate.is_finite() || params.rate < 0.0 => {
            return Err(Failure::invalid("a false-match rate is a number above 0 and below 1"));
        }
        MBT_JOB_CALIBRATE => Task::Calibrate { fmr: (params.rate > 0.0).then_some(params.rate) },
        MBT_JOB_BIND_CARD => Task::BindCard(BindOrder {
            person: needed(params.person, "the person's id")?,
            reader: text(params.name, "the reader")?,
            label: needed(params.label, "the label")?,
            temporary: has(MBT_JOB_TEMPORARY),
            valid_from: time(params.valid_from_s, "the beginning of the validity")?,
            valid_until: time(params.valid_until_s, "the end of the validity")?,
            wait_ms: u64::from(params.wait_ms),
        }),
        MBT_JOB_LOG_REVIEW => Task::Review(ReviewOrder {
            month: needed(params.from_day, "the month")?,
            hours: text(params.hours, "the hours")?,
            key: text(params.key, "the public key")?,
            html: match params.format {
                MBT_FORMAT_TEXT => false,
                MBT_FORMAT_HTML => true,
                other => {
                    return Err(Failure::invalid(format!("no format of a review has the number {other}")));
                }
            },
            japanese: params.lang == crate::text::MBT_LANG_JA,
        }),
        MBT_JOB_PEOPLE_DORMANT => Task::Dormant { time_s: (params.valid_s > 0).then_some(params.valid_s) },
        other => return Err(Failure::invalid(format!("no job has the number {other}"))),
    })
}

/// # Safety
/// The texts of `params` are NULL or NUL-terminated.
unsafe fn export(params: &mbt_job_params) -> Answer<ExportOrder> {
    let day = |text, name| {
        // SAFETY: as this function asks of its caller.
        let text = unsafe { optional(text, name, MOST_TEXT) }?;
        let none = |_| Failure::invalid(format!("{name} is none: expected one such as 2026-10-31"));
        text.map(|text| text.parse().map_err(none)).transpose()
    };
    let odd = |what, number| Failure::invalid(format!("no {what} of an export has the number {number}"));
    Ok(ExportOrder {
        format: match params.format {
            MBT_FORMAT_CSV => ExportFormat::Csv,
            MBT_FORMAT_JSONL => ExportFormat::Jsonl,
            other => return Err(odd("format", other)),
        },
        of: match params.of {
            MBT_OF_RECORDS => ExportOf::Records,
            MBT_OF_ACCESS_TIMES => ExportOf::AccessTimes,
            other => return Err(odd("content", other)),
        },
        from: day(params.from_day, "the first day")?,
        to: day(params.to_day, "the last day")?,
        whole: params.flags & MBT_JOB_WHOLE != 0,
        japanese: params.lang == crate::text::MBT_LANG_JA,
    })
}

pub(crate) fn told(kind: u32, length: u64, report: &Report) -> mbt_report {
    // SAFETY: numbers and arrays of them: all zero is a value of it.
    let mut told: mbt_report = unsafe { std::mem::zeroed() };
    (told.kind, told.length) = (kind, length);
    match report {
        Report::Exported(log) => {
            told.flags = if log.verifiable { MBT_REPORT_VERIFIABLE } else { 0 };
            (told.records, told.record) = (log.rows, log.seq);
            told.sha256 = fill(&log.sha256);
        }
        Report::Verified(verified) | Report::Reviewed(verified) => tell_verified(&mut told, verified),
        Report::Dormant(people) => told.records = *people,
        Report::Checked { records, .. } => (told.flags, told.records) = (MBT_REPORT_GOOD, *records),
        Report::BackedUp { revision, last_record } => {
            (told.revision, told.record) = (*revision, *last_record);
        }
        Report::Bundled { revision, records, until, sha256 } => {
            (told.revision, told.records) = (*revision, *records);
            (told.until_s, told.sha256) = (seconds(Some(*until)), fill(sha256));
        }
        Report::Imported(imported) | Report::Listed(imported) => tell_imported(&mut told, imported),
        Report::Calibrated { people, reached, fmr, threshold, .. } => {
            (told.records, told.reached) = (*people, *reached);
            (told.rate, told.threshold) = (*fmr, *threshold);
        }
        Report::Bound(card) => told.word = fill(&card.handle),
    }
    told
}

fn tell_imported(told: &mut mbt_report, imported: &Imported) {
    let taken = if imported.taken { MBT_REPORT_TAKEN } else { 0 };
    let already = if imported.already { MBT_REPORT_ALREADY } else { 0 };
    told.flags = taken | already;
    (told.revision, told.added, told.changed) = (imported.revision, imported.added, imported.changed);
    (told.removed, told.unchanged) = (imported.removed, imported.unchanged);
    (told.held, told.rejected) = (imported.held, imported.rejected);
}

fn tell_verified(told: &mut mbt_report, verified: &Verified) {
    told.flags = if verified.finding.is_none() { MBT_REPORT_GOOD } else { 0 };
    (told.records, told.checkpoints) = (verified.records, verified.checkpoints);
    told.unprotected = verified.unprotected;
    if let Some((record, word)) = &verified.finding {
        (told.first_bad, told.word) = (*record, fill(word));
    }
}
