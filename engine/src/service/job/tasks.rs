//! The work itself, by the engine.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use rustix::fs::fcntl_get_seals;
use serde_json::{Value, json};

use super::output::Output;
use super::{Course, acting};
use crate::audit::Verdict;
use crate::audit::report::{DayHours, Verification};
use crate::engine::{
    Asked, BundleReport, BundleRequest, Calibrated, Dormant, Engine, Error, ExportRequest, Grant,
    ImportOptions, ListReport, ListUse, MadeBundle, RowResult,
};
use crate::roster::Roster;
use crate::service::limits::{MOST_EXPORT, SEALS};
use crate::service::protocol::{
    BundleOrder, ExportOrder, ExportedLog, Imported, Report, ReviewOrder, Task, Verified,
};
use crate::text::Lang;

pub(super) fn carry_out(
    engine: &mut Engine,
    grant: Option<&Grant>,
    task: Task,
    file: Option<&OwnedFd>,
    output: &mut Output<'_>,
    course: &Course<'_>,
) -> Result<Report, Error> {
    let progress = &mut |done, of| course.at(done, of);
    match task {
        Task::ExportLog(order) => {
            let exported = acting(engine, grant).export_log(&request(&order), output, progress)?;
            Ok(Report::Exported(ExportedLog {
                rows: exported.rows,
                verifiable: exported.verifiable,
                sha256: exported.sha256.to_string(),
                seq: exported.seq,
            }))
        }
        Task::VerifyLog { key } => Ok(Report::Verified(verify(engine, grant, key, progress)?.1)),
        Task::Review(order) => review(engine, grant, order, output, progress),
        Task::Dormant { time_s } => dormant(engine, grant, time_s, output),
        Task::CheckStore => {
            let checked = acting(engine, grant).check_store()?;
            Ok(Report::Checked { records: checked.records, log: checked.log })
        }
        Task::BackUp => {
            let header = acting(engine, grant).back_up_into(output)?;
            Ok(Report::BackedUp { revision: header.revision, last_record: header.last_record })
        }
        Task::ExportBundle(order) => {
            let (peer, request) = wanted(order);
            let made = acting(engine, grant).export_bundle_into(&peer, &request, output, progress)?;
            Ok(bundled(&made))
        }
        Task::ImportBundle { skip_rejected, check } => {
            let (file, options) = (opened(file)?, ImportOptions { skip_rejected });
            let mut acting = acting(engine, grant);
            let taken = match check {
                true => acting.try_bundle_from(file, progress),
                false => acting.import_bundle_from(file, options, progress),
            };
            match taken {
                Ok(report) => imported(&report, output),
                Err(Error::BundleRejected { report }) => imported(&report, output),
                Err(error) => Err(error),
            }
        }
        Task::TakeList { disable, check } => {
            let list = Roster::parse(&bytes(opened(file)?)?, &TimeZone::system())?;
            let what = if disable { ListUse::Disable } else { ListUse::TakeIn };
            let mut acting = acting(engine, grant);
            let taken = if check { acting.try_list(&list, what) } else { acting.take_list(&list, what) };
            match taken {
                Ok(report) | Err(Error::ListRefused { report }) => listed(&report, output),
                Err(error) => Err(error),
            }
        }
        Task::Calibrate { fmr } => calibrate(engine, grant, fmr, output, progress),
        Task::BindCard(_) => {
            Err(misuse("a card", "one that is waited for without an engine", "a job with one".to_owned()))
        }
    }
}

fn request(order: &ExportOrder) -> ExportRequest {
    ExportRequest {
        of: order.of,
        format: order.format,
        from: order.from,
        to: order.to,
        whole: order.whole,
        lang: if order.japanese { Lang::Ja } else { Lang::En },
    }
}

fn verify(
    engine: &mut Engine,
    grant: Option<&Grant>,
    key: Option<String>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Verdict, Verified), Error> {
    let what = "the public key of a log";
    let read = |key: String| {
        let expected = "64 hexadecimal digits, as audit public-key shows them";
        key.parse().map_err(|_| misuse(what, expected, length_of(&key)))
    };
    let key = key.map(read).transpose()?;
    let verdict = acting(engine, grant).verify_log(key.as_slice(), progress)?;
    let verified = Verified {
        records: verdict.records,
        checkpoints: verdict.checkpoints,
        finding: verdict.finding.map(|finding| (finding.record, finding.what.code().to_owned())),
        unprotected: verdict.unprotected.records,
    };
    Ok((verdict, verified))
}

/// As the command does it: with a verification of the log before it.
fn review(
    engine: &mut Engine,
    grant: Option<&Grant>,
    order: ReviewOrder,
    output: &mut Output<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, Error> {
    let month = &order.month;
    let month = month.parse().map_err(|_| misuse("a month", "one such as 2026-10", length_of(month)))?;
    let hours = match order.hours {
        Some(hours) => {
            let expected = "those of one day, such as 07:00-20:00";
            hours.parse().map_err(|_| misuse("hours", expected, length_of(&hours)))?
        }
        None => DayHours::default(),
    };
    let (verdict, verified) = verify(engine, grant, order.key, progress)?;
    let verification = Some(Verification::from(&verdict));
    let review = acting(engine, grant).monthly_review(month, hours, verification, progress)?;
    let lang = if order.japanese { Lang::Ja } else { Lang::En };
    let text = if order.html { review.html(lang) } else { review.text(lang) };
    output.write_all(text.as_bytes()).map_err(|cause| Error::NotWritten { cause })?;
    Ok(Report::Reviewed(verified))
}

fn dormant(
    engine: &mut Engine,
    grant: Option<&Grant>,
    time_s: Option<u64>,
    output: &mut Output<'_>,
) -> Result<Report, Error> {
    let people = acting(engine, grant).dormant(time_s.map(Duration::from_secs))?;
    for Dormant { person, last } in &people {
        let last = last.map(|time| time.to_string());
        let what = json!({ "id": person.id, "name": person.profile.name, "role": person.profile.role, "last_granted": last });
        line(output, &what)?;
    }
    Ok(Report::Dormant(u64::try_from(people.len()).unwrap_or(u64::MAX)))
}

fn wanted(order: BundleOrder) -> (String, BundleRequest) {
    let BundleOrder { peer, only, wards, applications, policy, valid_s } = order;
    let asked = only.then_some(Asked { wards, applications, policy });
    let valid_for = SignedDuration::from_secs(i64::try_from(valid_s).unwrap_or(i64::MAX));
    (peer, BundleRequest { asked, valid_for })
}

fn bundled(made: &MadeBundle) -> Report {
    Report::Bundled {
        revision: made.header.revision,
        records: made.header.counts.total(),
        until: made.header.not_after,
        sha256: made.digest.to_string(),
    }
}

fn imported(report: &BundleReport, output: &mut Output<'_>) -> Result<Report, Error> {
    for rejected in &report.rejected {
        let what = json!({
            "what": rejected.key.what(), "id": rejected.key.id(), "why": rejected.why.code(),
            "detail": rejected.detail,
        });
        line(output, &what)?;
    }
    Ok(Report::Imported(Imported {
        revision: report.revision,
        taken: report.taken,
        already: report.already,
        added: report.added,
        changed: report.changed,
        removed: report.removed,
        unchanged: report.unchanged,
        held: report.held,
        rejected: report.rejections(),
    }))
}

fn listed(report: &ListReport, output: &mut Output<'_>) -> Result<Report, Error> {
    for row in &report.rows {
        line(
            output,
            &json!({ "line": row.line, "id": row.id, "result": row.result.code(), "why": row.why }),
        )?;
    }
    let count = |result| u64::try_from(report.count(result)).unwrap_or(u64::MAX);
    Ok(Report::Listed(Imported {
        taken: report.taken,
        added: count(RowResult::Added),
        changed: count(RowResult::Changed),
        removed: count(RowResult::Disabled),
        unchanged: count(RowResult::Unchanged),
        rejected: count(RowResult::Refused),
        ..Imported::default()
    }))
}

fn calibrate(
    engine: &mut Engine,
    grant: Option<&Grant>,
    fmr: Option<f64>,
    output: &mut Output<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, Error> {
    // Whoever may not hears so, and nothing of the pack.
    acting(engine, grant).calibration()?;
    let fmr = match fmr {
        Some(fmr) => fmr,
        None => engine.default_fmr()?,
    };
    let Calibrated { calibration, alike } = acting(engine, grant).calibrate(fmr, progress)?;
    for [one, other] in &alike {
        line(output, &json!({ "alike": [one, other] }))?;
    }
    Ok(Report::Calibrated {
        people: calibration.people,
        pairs: calibration.impostor_pairs,
        reached: calibration.reached,
        fmr: calibration.fmr_target,
        threshold: f64::from(calibration.threshold),
    })
}

fn line(output: &mut Output<'_>, what: &Value) -> Result<(), Error> {
    writeln!(output, "{what}").map_err(|cause| Error::NotWritten { cause })
}

/// The memory that a client sent, opened anew: where it reads, and that it stays as it is, is not the client's to change.
fn opened(file: Option<&OwnedFd>) -> Result<File, Error> {
    let file = file
        .ok_or_else(|| misuse("what is taken in", "memory with it beside the message", "none".to_owned()))?;
    let sealed = fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SEALS));
    if !sealed {
        let expected = "a memfd, sealed against writing, growing and shrinking";
        return Err(misuse("what is taken in", expected, "one that lacks a seal, or no memfd".to_owned()));
    }
    let unreadable =
        |error: std::io::Error| misuse("what is taken in", "memory that can be read", error.to_string());
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    let opened = File::open(path).map_err(unreadable)?;
    let length = opened.metadata().map_err(unreadable)?.len();
    if length > MOST_EXPORT {
        let found = format!("{length} bytes");
        return Err(Error::Invalid { what: "what is taken in", expected: "at most 256 MiB", found });
    }
    Ok(opened)
}

/// One byte more than a list may have, so that a longer one is seen without reading it all.
fn bytes(file: File) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let most = u64::try_from(Roster::BYTES).unwrap_or(u64::MAX);
    let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| misuse("a list of people", "memory that can be read", error.to_string()))?;
    Ok(bytes)
}

fn misuse(what: &'static str, expected: &'static str, found: String) -> Error {
    Error::Invalid { what, expected, found }
}

/// What is told of a text that is not what was expected: it may be something else that nobody is to read in a log.
fn length_of(text: &str) -> String {
    format!("{} characters", text.chars().count())
}
