//! What is told of a checkpoint or a record in a system log.

use jiff::Timestamp;
use rustix::process::getpid;
use rustix::system::uname;

use super::rfc5424::{Facility, Message, Severity};
use crate::audit::{Checkpoint, Factor, Operation, Record, ShortCode, Standing};
use crate::text::Lang;

/// The program's name in every message.
const PROGRAM: &str = "mabataki";
/// What the structured data is called. 32473 is the number that RFC 5612 keeps for examples: the project has none of its own.
const DATA: &str = "mabataki@32473";

/// Something that leaves the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A checkpoint, with the digests of its records.
    Checkpoint(Box<Checkpoint>),
    /// A record. It has lost its name.
    Record(Box<Record>),
}

impl Item {
    /// A record without the name of whoever it is of.
    #[must_use]
    pub fn nameless(mut record: Record) -> Item {
        record.entry.name = None;
        Item::Record(Box::new(record))
    }

    /// When it was made.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Checkpoint(checkpoint) => checkpoint.head.time,
            Self::Record(record) => record.entry.time,
        }
    }

    /// Whether a record tells that something is not as it was left, that the log's way out was shut, or that the terminal has
    /// heard from nobody for too long.
    #[must_use]
    pub const fn is_alarm(record: &Record) -> bool {
        matches!(
            record.entry.operation,
            Operation::Alarm | Operation::OutletLost | Operation::OutletBack | Operation::SyncLate
        )
    }

    /// The message that tells it.
    pub(super) fn to_message(&self, sender: &Sender) -> Vec<u8> {
        match self {
            Self::Checkpoint(checkpoint) => of_checkpoint(checkpoint, sender),
            Self::Record(record) => of_record(record, sender),
        }
    }
}

/// What every message has.
pub(super) struct Sender {
    facility: Facility,
    host: String,
    process: u32,
}

impl Sender {
    /// This program on this machine, by the name that the system has for it.
    pub(super) fn of_machine(facility: Facility) -> Sender {
        let host = uname().nodename().to_string_lossy().into_owned();
        Sender { facility, host, process: getpid().as_raw_nonzero().get().unsigned_abs() }
    }

    fn message<'a>(
        &'a self,
        (severity, kind): (Severity, &'a str),
        time: Timestamp,
        values: Vec<(&'static str, String)>,
        text: &'a str,
    ) -> Message<'a> {
        let Sender { facility, host, process } = self;
        let (facility, process, data) = (*facility, *process, (DATA, values));
        Message { facility, severity, time, host, program: PROGRAM, process, kind, data, text }
    }
}

/// The text is the checkpoint's line, with which `audit verify` can hold the log against it. Where its digests do not fit they
/// stay away: a changed record is then told by its checkpoint, not by its number.
fn of_checkpoint(checkpoint: &Checkpoint, sender: &Sender) -> Vec<u8> {
    let head = &checkpoint.head;
    let values = vec![
        ("terminal", head.terminal.clone()),
        ("log", head.log.to_string()),
        ("number", head.number.to_string()),
        ("first", head.first.to_string()),
        ("last", head.last.to_string()),
        ("code", ShortCode::of(checkpoint).to_string()),
    ];
    let line = checkpoint.to_line();
    let message = sender.message((Severity::Notice, "checkpoint"), head.time, values.clone(), &line);
    if message.fits() {
        return message.to_bytes();
    }
    let line = Checkpoint { records: None, ..checkpoint.clone() }.to_line();
    sender.message((Severity::Notice, "checkpoint"), head.time, values, &line).to_bytes()
}

/// The stable words as structured data, and for people what was done and how it ended.
fn of_record(record: &Record, sender: &Sender) -> Vec<u8> {
    let entry = &record.entry;
    let mut values = vec![
        ("terminal", record.terminal.clone()),
        ("seq", record.seq.to_string()),
        ("category", entry.operation.category().to_string()),
        ("operation", entry.operation.to_string()),
        ("outcome", entry.outcome.to_string()),
        ("source", entry.source.to_string()),
    ];
    let factors = Some(Factor::list(&entry.factors)).filter(|factors| !factors.is_empty());
    let optional = [
        ("reason", entry.reason.clone()),
        ("subject", entry.subject.clone()),
        ("object", entry.object.clone()),
        ("account", entry.account.clone()),
        ("purpose", entry.purpose.clone()),
        ("factors", factors),
        ("standing", entry.standing.map(|standing| Standing::code(standing).to_owned())),
        ("session", entry.session.clone()),
        ("duration_ms", entry.duration_ms.map(|ms| ms.to_string())),
        ("origin", entry.origin.clone()),
        ("host", entry.host.clone()),
        ("camera", entry.camera.clone()),
        ("reader", entry.reader.clone()),
    ];
    values.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let kind = if Item::is_alarm(record) { (Severity::Alert, "alarm") } else { (Severity::Info, "record") };
    let (done, ended) = (entry.operation.text(Lang::En), entry.outcome.text(Lang::En));
    let reason = entry.reason.as_deref().map_or_else(String::new, |reason| format!(" ({reason})"));
    sender.message(kind, entry.time, values, &format!("{done}: {ended}{reason}")).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::report::fixture::{october, records};
    use crate::audit::{CheckpointKey, Line, LogId, LogState, MacKey, NextKeys};
    use crate::outlet::rfc5424::MESSAGE;

    fn sender() -> Sender {
        Sender { facility: Facility::AuthPriv, host: "ward3-pc1".to_owned(), process: 4711 }
    }

    fn text(item: &Item) -> String {
        String::from_utf8(item.to_message(&sender())).unwrap()
    }

    fn keys(n: u8) -> NextKeys {
        let (records, checkpoint) = (MacKey::from_bytes([n; 32]), CheckpointKey::from_seed([n; 32]));
        NextKeys { records, checkpoint, escrow: None }
    }

    /// The checkpoint of so many records.
    fn checkpoint(count: usize) -> Checkpoint {
        let mut state = LogState::begin(LogId::of_store([3; 16]), keys(1));
        let month = records(october());
        for at in 0..count {
            state.extend(&month[at % month.len()], None);
        }
        state.sign("ward3-a", 0, keys(2)).unwrap()
    }

    #[test]
    fn a_checkpoint_goes_out_whole_and_without_its_digests_where_they_do_not_fit() {
        for (count, whole) in [(64, true), (250, true), (1024, false)] {
            let signed = checkpoint(count);
            let line = text(&Item::Checkpoint(Box::new(signed.clone())));
            assert!(line.len() <= MESSAGE, "{}", line.len());
            assert!(line.contains(" checkpoint [mabataki@32473 terminal=\"ward3-a\" log=\"0303"), "{line}");
            assert!(line.contains(&format!("code=\"{}\"]", ShortCode::of(&signed))), "{line}");
            let (_, sent) = line.split_once('\u{feff}').unwrap();
            let Ok(Line::Checkpoint(read)) = Line::parse(sent) else { panic!("{sent}") };
            assert_eq!((read.head, read.records.is_some()), (signed.head, whole));
        }
    }

    #[test]
    fn a_record_goes_out_with_its_words_and_without_its_name() {
        for record in records(october()) {
            let name = record.entry.name.clone();
            let line = text(&Item::nameless(record.clone()));
            assert!(name.is_none_or(|name| !line.contains(&name)), "{line}");
            for (key, value) in
                [("seq", record.seq.to_string()), ("operation", record.entry.operation.to_string())]
            {
                assert!(line.contains(&format!(" {key}=\"{value}\"")), "{line}");
            }
            let begins = if record.entry.operation == Operation::Alarm { "<81>1 " } else { "<86>1 " };
            assert!(line.starts_with(begins), "{line}");
        }
        let first = text(&Item::nameless(records(october()).swap_remove(0)));
        assert!(
            first.ends_with(
                "subject=\"nurse01\" purpose=\"login\"] \u{feff}authentication: denied (no_match)"
            ),
            "{first}"
        );
    }

    #[test]
    fn a_record_with_everything_at_its_longest_goes_out_whole() {
        let mut record = records(october()).swap_remove(1);
        let (line, id) = (|| Some("𠮷".repeat(128)), || Some("x".repeat(64)));
        let entry = &mut record.entry;
        (entry.object, entry.account, entry.origin) = (line(), line(), line());
        (entry.host, entry.camera, entry.reader) = (line(), line(), line());
        (entry.subject, entry.session, entry.reason, entry.purpose) = (id(), id(), id(), id());
        entry.check().unwrap();
        let line = text(&Item::nameless(record));
        assert!(line.len() <= MESSAGE && line.ends_with(&format!("({})", "x".repeat(64))), "{}", line.len());
        assert_eq!(line.matches('𠮷').count(), 6 * 128);
    }
}
