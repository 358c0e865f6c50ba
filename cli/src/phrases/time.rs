//! Moments, in the clock of the terminal.

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) fn clock(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
