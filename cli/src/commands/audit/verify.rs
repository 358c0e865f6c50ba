//! `mabataki audit verify`: whether logs are as they were written.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mabataki_engine::audit::{LogId, OpenEscrow, PublicKey, Tampering, Trust, Verdict, Verifier};
use mabataki_engine::engine::{Error, open_escrow};
use mabataki_engine::store::{LogFile, LogLines, StoreError};
use serde_json::json;

use crate::args::audit::Verify;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;
use crate::{phrases, share_input};

/// What every SQLite database begins with.
const DATABASE: &[u8] = b"SQLite format 3\0";

/// One thing that is verified.
enum Source {
    Database { log: LogFile, checkpoints: Option<PathBuf> },
    Lines(PathBuf),
}

pub(super) fn run(args: &Verify, places: &Places, out: &Output) -> Result<Exit, Failure> {
    let sources = sources(args, places).map_err(Error::from)?;
    let escrow = escrow(&args.shares, out)?;
    let by_shares = escrow.is_some();
    let (verdicts, passed_over) = verify(args, &sources, escrow, out).map_err(Error::from)?;
    if passed_over > 0 {
        out.note(&phrases::audit::passed_over(out.lang, passed_over));
    }
    if args.public_key.is_empty() {
        out.note(phrases::audit::no_key(out.lang));
    }
    for verdict in &verdicts {
        out.result(&as_json(verdict, args), || phrases::audit::verdict(out.lang, verdict))?;
        if by_shares && !verdict.unprotected.checked {
            out.note(phrases::audit::not_theirs(out.lang));
        }
    }
    let good = !verdicts.is_empty() && verdicts.iter().all(|verdict| verdict.finding.is_none());
    Ok(if good { Exit::Done } else { Exit::DataRefused })
}

/// Verifies this terminal's log, by the keys that are given, if any are.
pub(super) fn here(keys: &[PublicKey], places: &Places, out: &Output) -> Result<Option<Verdict>, Failure> {
    let args = Verify { public_key: keys.to_vec(), ..Verify::default() };
    let sources = sources(&args, places).map_err(Error::from)?;
    let (mut verdicts, _) = verify(&args, &sources, None, out).map_err(Error::from)?;
    Ok(verdicts.pop())
}

/// What opens the keys that were sealed to the recovery key, where its shares are given.
fn escrow(from: &[PathBuf], out: &Output) -> Result<Option<OpenEscrow<'static>>, Failure> {
    let shares = match from {
        [] => return Ok(None),
        [path] if path.as_os_str() == "-" => share_input::ask(out)?,
        paths => share_input::from_files(paths)?,
    };
    Ok(Some(open_escrow(&shares)?))
}

fn sources(args: &Verify, places: &Places) -> Result<Vec<Source>, StoreError> {
    if args.files.is_empty() {
        let beside = places.witness.join("checkpoints");
        let checkpoints = args.checkpoints.clone().or_else(|| beside.is_file().then_some(beside));
        return Ok(vec![Source::Database { log: LogFile::open(&places.state)?, checkpoints }]);
    }
    let source = |path: &PathBuf| {
        if !is_database(path) {
            return Ok(Source::Lines(path.clone()));
        }
        Ok(Source::Database { log: LogFile::open(path)?, checkpoints: args.checkpoints.clone() })
    };
    args.files.iter().map(source).collect()
}

fn is_database(path: &Path) -> bool {
    let mut begin = [0; DATABASE.len()];
    path.is_dir()
        || File::open(path).and_then(|mut file| file.read_exact(&mut begin)).is_ok() && begin == DATABASE
}

/// The verdicts, and how many lines beside the checkpoints outside may have been one and are none.
fn verify(
    args: &Verify,
    sources: &[Source],
    escrow: Option<OpenEscrow<'_>>,
    out: &Output,
) -> Result<(Vec<Verdict>, u64), StoreError> {
    let whole = sources.iter().any(|source| matches!(source, Source::Database { .. }));
    let trust = Trust {
        keys: args.public_key.clone(),
        codes: args.code.clone(),
        escrow,
        whole,
        complete: args.whole,
    };
    let mut verifier = Verifier::new(trust);
    let mut total = 0;
    for source in sources {
        total += match source {
            Source::Database { log, .. } => log.records()?,
            Source::Lines(path) => LogLines::count(path)?,
        };
    }
    let mut passed_over = 0;
    let mut step = out.steps("audit verify", total);
    for source in sources {
        match source {
            Source::Lines(path) => {
                LogLines::open(path)?.feed(&mut verifier, &mut step)?;
            }
            Source::Database { log, checkpoints: None } => {
                log.feed(&mut verifier, std::iter::empty(), &mut step)?;
            }
            Source::Database { log, checkpoints: Some(path) } => {
                let mut outside = LogLines::open(path)?.checkpoints_of(log.id());
                log.feed(&mut verifier, &mut outside, &mut step)?;
                passed_over += outside.passed_over();
            }
        }
    }
    if let Some(path) = args.checkpoints.as_deref().filter(|_| args.whole && !whole) {
        passed_over += ends(path, &mut verifier)?;
    }
    Ok((verifier.finish(Timestamp::now()), passed_over))
}

/// Holds logs of which there are but files against the checkpoints outside: these tell how far each must go. Gives how many lines
/// may have been a checkpoint and are none.
fn ends(path: &Path, verifier: &mut Verifier<'_>) -> Result<u64, StoreError> {
    let logs: Vec<LogId> = verifier.logs().collect();
    let mut passed_over = 0;
    for log in logs {
        let mut outside = LogLines::open(path)?.checkpoints_of(log);
        for checkpoint in &mut outside {
            verifier.checkpoint(&checkpoint?);
        }
        // Each log reads the same lines.
        passed_over = outside.passed_over();
    }
    Ok(passed_over)
}

fn as_json(verdict: &Verdict, args: &Verify) -> serde_json::Value {
    let finding = verdict.finding;
    json!({
        "ok": finding.is_none(),
        "log": verdict.log,
        "terminal": verdict.terminal,
        "records": verdict.records,
        "checkpoints": verdict.checkpoints,
        "first_bad": finding.map(|finding| finding.record),
        "what": finding.map(|finding| finding.what),
        "table": finding.map(|finding| table(finding.what)),
        "unprotected": verdict.unprotected,
        "archived": verdict.elsewhere,
        "public_key": verdict.key,
        "key_given": !args.public_key.is_empty(),
    })
}

/// Where the first thing that is wrong lies.
fn table(what: Tampering) -> &'static str {
    match what {
        Tampering::BadSignature
        | Tampering::CheckpointMissing
        | Tampering::CheckpointUnreadable
        | Tampering::Forked
        | Tampering::UnknownKey
        | Tampering::NotCovered => "checkpoint",
        Tampering::OtherArchive => "archive",
        _ => "log",
    }
}
