//! Lists of people as a personnel office exports them.

use jiff::tz::TimeZone;
use mabataki_engine::roster::Roster;

/// A list that is accepted has people whose rows give the same answer each time.
pub fn roster(bytes: &[u8]) {
    if let Ok(roster) = Roster::parse(bytes, &TimeZone::UTC) {
        assert!((1..=20_000).contains(&roster.rows().len()));
        for row in roster.rows() {
            assert_eq!(row.person().is_ok(), row.profile(Some(&Default::default())).is_ok());
            let _ = (row.profile(None), row.consent(None));
        }
    }
}
