//! Moments as people write them: a day, or a time to the second.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Most characters of a moment: RFC 3339 with nanoseconds and a zone's name.
const MOMENT_CHARS: usize = 64;

/// Which end of a day is meant where only the day is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The day's beginning: what is valid *from* it.
    Start,
    /// The day's end, which is the next one's beginning: what is valid *until* it.
    End,
}

/// A text that is no moment, or none that can be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found:?}")]
pub struct BadMoment {
    /// What it must be.
    pub expected: &'static str,
    /// The beginning of the text.
    pub found: String,
}

impl BadMoment {
    fn new(expected: &'static str, text: &str) -> BadMoment {
        BadMoment { expected, found: text.chars().take(32).collect() }
    }
}

/// Reads a day: `2026-12-31`, or `2026/12/31`, as spreadsheets write it.
///
/// # Errors
/// [`BadMoment`] for any other text.
pub fn day(text: &str) -> Result<Date, BadMoment> {
    read_day(text).ok_or_else(|| BadMoment::new("a day such as 2026-12-31", text))
}

/// Reads a moment: a whole [`day`] in `zone`, or a time with its offset as RFC 3339 writes it.
///
/// # Errors
/// [`BadMoment`] for any other text.
pub fn moment(text: &str, edge: Edge, zone: &TimeZone) -> Result<Timestamp, BadMoment> {
    const EXPECTED: &str = "a day such as 2026-12-31 or a time such as 2026-12-31T17:00:00+09:00";
    let bad = || BadMoment::new(EXPECTED, text);
    if text.len() > MOMENT_CHARS {
        return Err(bad());
    }
    match read_day(text) {
        Some(day) => {
            let first = match edge {
                Edge::Start => day,
                Edge::End => day.checked_add(1.day()).map_err(|_| bad())?,
            };
            Ok(first.to_zoned(zone.clone()).map_err(|_| bad())?.timestamp())
        }
        None => text.parse().map_err(|_| bad()),
    }
}

/// Four digits, and one or two for month and day; nothing else is taken for a day.
fn read_day(text: &str) -> Option<Date> {
    let separator = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.split(separator);
    let mut number = |digits: std::ops::RangeInclusive<usize>| {
        let part = parts.next()?;
        let fits = digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if fits { part.parse::<i16>().ok() } else { None }
    };
    let (year, month, day) = (number(4..=4)?, number(1..=2)?, number(1..=2)?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokyo() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(9))
    }

    fn read(text: &str, edge: Edge) -> String {
        moment(text, edge, &tokyo()).map_or_else(|error| error.to_string(), |time| time.to_string())
    }

    #[test]
    fn a_day_is_valid_from_its_first_moment_until_its_last() {
        for text in ["2026-12-31", "2026/12/31"] {
            assert_eq!(read(text, Edge::Start), "2026-12-30T15:00:00Z");
            assert_eq!(read(text, Edge::End), "2026-12-31T15:00:00Z");
        }
        assert_eq!(read("2026/1/5", Edge::Start), "2026-01-04T15:00:00Z");
    }

    #[test]
    fn a_time_with_its_offset_is_that_time_at_either_edge() {
        for edge in [Edge::Start, Edge::End] {
            assert_eq!(read("2026-12-31T17:00:00+09:00", edge), "2026-12-31T08:00:00Z");
            assert_eq!(read("2026-12-31T17:00:00Z", edge), "2026-12-31T17:00:00Z");
        }
    }

    #[test]
    fn what_is_no_moment_is_named() {
        for text in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-13-01",
            "26-1-1",
            "2026-12-31T17:00:00",
            "2026-1/1",
            "9999-12-31",
        ] {
            assert!(read(text, Edge::End).starts_with("expected a day"), "{text}: {}", read(text, Edge::End));
        }
        assert!(read(&"9".repeat(1000), Edge::End).len() < 200);
    }

    #[test]
    fn a_day_alone_is_a_day_and_a_time_is_none() {
        assert_eq!(day("2026/4/1").unwrap(), Date::new(2026, 4, 1).unwrap());
        let error = day("2026-04-01T00:00:00Z").unwrap_err().to_string();
        assert_eq!(error, "expected a day such as 2026-12-31, found \"2026-04-01T00:00:00Z\"");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}|[0-9/TZ:+-]{0,40}") {
            let _ = moment(&text, Edge::End, &tokyo());
        }
    }
}
