//! How a site's clock on the wall stood to UTC, as a record keeps it.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

use crate::text::UnknownWord;

/// The furthest any zone has been from UTC, minutes: RFC 3339 writes at most `23:59`.
const FURTHEST: i16 = 23 * 60 + 59;

/// What is to be added to UTC for the time that people read on the site's clocks, in whole minutes: `+09:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LocalOffset(i16);

impl LocalOffset {
    /// UTC itself.
    pub const UTC: LocalOffset = LocalOffset(0);

    /// The offset of `zone` at `time`. Seconds, which zones had before 1972, are cut off.
    #[must_use]
    pub fn of(zone: &TimeZone, time: Timestamp) -> LocalOffset {
        let minutes = zone.to_offset(time).seconds() / 60;
        LocalOffset(i16::try_from(minutes).unwrap_or(0).clamp(-FURTHEST, FURTHEST))
    }

    /// Minutes east of UTC.
    #[must_use]
    pub const fn minutes(self) -> i16 {
        self.0
    }
}

impl fmt::Display for LocalOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl FromStr for LocalOffset {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).ok_or_else(|| UnknownWord::new("an offset such as +09:00", text))
    }
}

impl Serialize for LocalOffset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads exactly what is written: a sign, two digits, a colon, two digits; never `-00:00`.
fn read(text: &str) -> Option<LocalOffset> {
    let (sign, rest) = text.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let number = |digits: &str, below: i16| {
        let fits = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<i16>().ok().filter(|number| fits && *number < below)
    };
    let total = number(hours, 24)? * 60 + number(minutes, 60)?;
    match sign {
        "+" => Some(LocalOffset(total)),
        "-" if total > 0 => Some(LocalOffset(-total)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::offset;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_offset_reads_back_as_it_is_written(minutes in -FURTHEST..=FURTHEST) {
            let offset = LocalOffset(minutes);
            prop_assert_eq!(offset.to_string().parse(), Ok(offset));
        }

        #[test]
        fn a_text_that_reads_as_an_offset_is_spelt_as_it_is_written(text in "[+-][0-9]{2}:[0-9]{2}|.{0,8}") {
            if let Ok(offset) = text.parse::<LocalOffset>() {
                prop_assert_eq!(offset.to_string(), text);
            }
        }
    }

    #[test]
    fn the_offset_is_the_zones_at_that_moment() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let tokyo = TimeZone::fixed(offset(9));
        assert_eq!(LocalOffset::of(&tokyo, at("2026-04-01T03:00:00Z")).to_string(), "+09:00");
        let berlin = jiff::tz::TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap();
        assert_eq!(LocalOffset::of(&berlin, at("2026-01-01T00:00:00Z")).to_string(), "+01:00");
        assert_eq!(LocalOffset::of(&berlin, at("2026-07-01T00:00:00Z")).to_string(), "+02:00");
        let newfoundland = jiff::tz::TimeZoneDatabase::bundled().get("America/St_Johns").unwrap();
        assert_eq!(LocalOffset::of(&newfoundland, at("2026-01-01T00:00:00Z")).to_string(), "-03:30");
    }
}
