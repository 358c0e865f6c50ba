//! Lists of people: taken in, disabled, and those who have not come for long.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use mabataki_engine::engine::{Error, ListReport, ListUse, RowResult};
use mabataki_engine::roster::Roster;
use mabataki_engine::text::Lang;
use serde_json::{Value, json};

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn import(
    console: &mut Console,
    file: &Path,
    dry_run: bool,
    out: &Output,
) -> Result<Exit, Failure> {
    take(console, file, ListUse::TakeIn, dry_run, out)
}

pub(super) fn disable(
    console: &mut Console,
    file: Option<PathBuf>,
    dry_run: bool,
    out: &Output,
) -> Result<Exit, Failure> {
    let file =
        file.ok_or_else(|| Failure::usage("nobody to disable", "name an id, or a file with --from"))?;
    take(console, &file, ListUse::Disable, dry_run, out)
}

pub(super) fn dormant(console: &mut Console, days: Option<u32>, out: &Output) -> Result<(), Failure> {
    for dormant in console.acting().dormant(days.map(|days| DAY * days))? {
        let json = json!({
            "id": dormant.person.id,
            "name": dormant.person.profile.name,
            "role": dormant.person.profile.role,
            "created": dormant.person.created.to_string(),
            "last_granted": dormant.last.map(|time| time.to_string()),
        });
        out.result(&json, || phrases::person::dormant(out.lang, &dormant))?;
    }
    Ok(())
}

fn take(
    console: &mut Console,
    file: &Path,
    what: ListUse,
    dry_run: bool,
    out: &Output,
) -> Result<Exit, Failure> {
    let list = Roster::parse(&read(file)?, &TimeZone::system()).map_err(Error::from)?;
    let taken = match dry_run {
        true => console.acting().try_list(&list, what),
        false => console.acting().take_list(&list, what),
    };
    let report = match taken {
        Ok(report) | Err(Error::ListRefused { report }) => report,
        Err(error) => return Err(error.into()),
    };
    tell(&report, &list, dry_run, out)?;
    Ok(if report.refused() == 0 { Exit::Done } else { Exit::DataRefused })
}

/// Every row for programs; for people those that something becomes of, and how many there are.
fn tell(report: &ListReport, list: &Roster, dry_run: bool, out: &Output) -> Result<(), Failure> {
    for row in &report.rows {
        let json = json!({
            "line": row.line, "id": row.id, "result": row.result.code(), "why": row.why,
        });
        out.result(&json, || match (row.result, &row.why) {
            (RowResult::Unchanged, _) => String::new(),
            (result, None) => format!("{:>6}  {:<16} {}", row.line, row.id, result.text(out.lang)),
            (result, Some(why)) => {
                format!("{:>6}  {:<16} {}: {why}", row.line, row.id, result.text(out.lang))
            }
        })?;
    }
    let mut json = json!({
        "taken": report.taken,
        "dry_run": dry_run,
        "sha256": list.digest().to_string(),
    });
    for result in RowResult::ALL {
        json[result.code()] = Value::from(report.count(*result));
    }
    out.result(&json, || summary(out.lang, report, dry_run))
}

fn summary(lang: Lang, report: &ListReport, dry_run: bool) -> String {
    let counts: Vec<String> = RowResult::ALL
        .iter()
        .map(|result| (result, report.count(*result)))
        .filter(|(_, count)| *count > 0)
        .map(|(result, count)| format!("{} {count}", result.text(lang)))
        .collect();
    format!("{}  {}", counts.join("  "), phrases::person::list_end(lang, report.taken, dry_run))
}

/// One byte more than a list may have, so that a longer one is seen without reading it all.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: io::Error| {
        Failure::usage(format!("{}: {error}", file.display()), "name a CSV file that can be read")
    };
    let mut bytes = Vec::new();
    let most = u64::try_from(Roster::BYTES).unwrap_or(u64::MAX);
    let source = File::open(file).map_err(unreadable)?;
    source.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}
