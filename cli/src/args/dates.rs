//! Days and times on the command line.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use mabataki_engine::text::{self, BadMoment, Edge};

/// A moment that may be taken away again: an empty text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clearable(pub(crate) Option<Timestamp>);

/// From the beginning of a day of this machine's time zone, or from a time.
pub(super) fn from(text: &str) -> Result<Timestamp, BadMoment> {
    text::moment(text, Edge::Start, &TimeZone::system())
}

/// Until the end of a day of this machine's time zone, or until a time.
pub(super) fn until(text: &str) -> Result<Timestamp, BadMoment> {
    text::moment(text, Edge::End, &TimeZone::system())
}

pub(super) fn clearable_from(text: &str) -> Result<Clearable, BadMoment> {
    clearable(text, from)
}

pub(super) fn clearable_until(text: &str) -> Result<Clearable, BadMoment> {
    clearable(text, until)
}

pub(super) fn day(text: &str) -> Result<Date, BadMoment> {
    text::day(text)
}

fn clearable(text: &str, read: fn(&str) -> Result<Timestamp, BadMoment>) -> Result<Clearable, BadMoment> {
    Ok(Clearable(if text.is_empty() { None } else { Some(read(text)?) }))
}
