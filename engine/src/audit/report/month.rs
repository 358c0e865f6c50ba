//! The month that is reviewed, and the hours of an ordinary day.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Serialize, Serializer};

/// A text that is no month or no span of hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found:?}")]
pub struct BadMonth {
    /// What it must be.
    pub expected: &'static str,
    /// The beginning of the text.
    pub found: String,
}

impl BadMonth {
    fn new(expected: &'static str, text: &str) -> BadMonth {
        BadMonth { expected, found: text.chars().take(32).collect() }
    }
}

/// A month of the calendar: `2026-10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    first: Date,
}

impl Month {
    /// The month in which a day lies.
    #[must_use]
    pub fn of(day: Date) -> Month {
        Month { first: day.first_of_month() }
    }

    /// The month before.
    #[must_use]
    pub fn before(self) -> Month {
        Month::of(self.first.saturating_sub(1.day()))
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.first.year()
    }

    /// The month of the year, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.first.month()
    }

    /// How many days it has.
    #[must_use]
    pub fn days(self) -> usize {
        usize::try_from(self.first.days_in_month()).unwrap_or(0)
    }

    /// The day of the month, counted from 0, on which a moment of `zone` lies; none outside of the month.
    #[must_use]
    pub fn day_of(self, moment: DateTime) -> Option<usize> {
        let inside = moment.date().first_of_month() == self.first;
        usize::try_from(moment.day()).ok().and_then(|day| day.checked_sub(1)).filter(|_| inside)
    }

    /// The first moment after it in `zone`; none at the end of time.
    #[must_use]
    pub fn end(self, zone: &TimeZone) -> Option<Timestamp> {
        let next = self.first.checked_add(1.month()).ok()?;
        Some(next.to_zoned(zone.clone()).ok()?.timestamp())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for Month {
    type Err = BadMonth;

    fn from_str(text: &str) -> Result<Month, BadMonth> {
        let bad = || BadMonth::new("a month such as 2026-10", text);
        let (year, month) = text.split_once('-').ok_or_else(bad)?;
        let number = |part: &str, digits: usize| {
            let fits = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<i16>().ok().filter(|_| fits)
        };
        let (year, month) = number(year, 4).zip(number(month, 2)).ok_or_else(bad)?;
        let month = i8::try_from(month).map_err(|_| bad())?;
        Ok(Month { first: Date::new(year, month, 1).map_err(|_| bad())? })
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The hours of an ordinary working day, Monday to Friday: `07:00-20:00`. What happens outside of them is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayHours {
    from: Time,
    to: Time,
}

impl DayHours {
    /// Whether this moment on the wall's clock is in them.
    #[must_use]
    pub fn contain(self, moment: DateTime) -> bool {
        let weekend = matches!(moment.weekday(), Weekday::Saturday | Weekday::Sunday);
        !weekend && (self.from..self.to).contains(&moment.time())
    }
}

impl Default for DayHours {
    /// From seven in the morning to eight in the evening, for sites that say nothing: the day shift with its hand-overs.
    fn default() -> DayHours {
        DayHours { from: Time::constant(7, 0, 0, 0), to: Time::constant(20, 0, 0, 0) }
    }
}

impl fmt::Display for DayHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl FromStr for DayHours {
    type Err = BadMonth;

    fn from_str(text: &str) -> Result<DayHours, BadMonth> {
        let bad = || BadMonth::new("hours of one day such as 07:00-20:00", text);
        let read = |part: &str| Time::strptime("%H:%M", part).ok().filter(|_| part.len() == 5);
        let (from, to) = text.split_once('-').ok_or_else(bad)?;
        let (from, to) = read(from).zip(read(to)).ok_or_else(bad)?;
        if from < to { Ok(DayHours { from, to }) } else { Err(bad()) }
    }
}

impl Serialize for DayHours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_month_begins_and_ends_by_the_sites_clocks() {
        let tokyo = TimeZone::fixed(jiff::tz::offset(9));
        let month: Month = "2026-10".parse().unwrap();
        assert_eq!((month.days(), month.to_string().as_str()), (31, "2026-10"));
        assert_eq!(month.end(&tokyo).unwrap().to_string(), "2026-10-31T15:00:00Z");
        let at = |time: &str| month.day_of(tokyo.to_datetime(time.parse().unwrap()));
        assert_eq!(at("2026-09-30T14:59:59Z"), None);
        assert_eq!(at("2026-09-30T15:00:00Z"), Some(0));
        assert_eq!(at("2026-10-31T14:59:59Z"), Some(30));
        assert_eq!(at("2026-10-31T15:00:00Z"), None);
        assert_eq!("2027-01".parse::<Month>().unwrap().before().to_string(), "2026-12");
    }

    #[test]
    fn an_ordinary_day_is_a_weekday_from_its_first_minute_until_before_its_last() {
        let hours: DayHours = "07:30-20:00".parse().unwrap();
        let friday = date(2026, 10, 2);
        let (early, first) = (friday.at(7, 29, 59, 0), friday.at(7, 30, 0, 0));
        let (last, late) = (friday.at(19, 59, 59, 0), friday.at(20, 0, 0, 0));
        assert_eq!([early, first, last, late].map(|at| hours.contain(at)), [false, true, true, false]);
        assert!(!hours.contain(date(2026, 10, 3).at(12, 0, 0, 0)), "a Saturday");
    }

    #[test]
    fn what_is_no_month_and_what_are_no_hours_is_named() {
        for text in ["", "2026", "2026-13", "2026-1", "26-01", "2026-00", "2026-10-01", "２０２６-10"] {
            let error = text.parse::<Month>().unwrap_err().to_string();
            assert!(error.starts_with("expected a month such as 2026-10, found"), "{error}");
        }
        for text in ["", "7-20", "20:00-07:00", "07:00-07:00", "07:00", "07:00-24:00", "7:00-20:00"] {
            assert!(text.parse::<DayHours>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_month_reads_back_as_it_is_written(year in 1000..9999i16, month in 1..=12i8) {
            let text = format!("{year:04}-{month:02}");
            prop_assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,20}|[0-9:-]{0,12}") {
            let _ = (text.parse::<Month>(), text.parse::<DayHours>());
        }
    }
}
