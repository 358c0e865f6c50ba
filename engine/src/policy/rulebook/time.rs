//! Lengths of time as an operator writes them: `30 s`, `20 min`, `12 h`, `90 d`.

use std::time::Duration;

/// The units, the longest first, ms.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// A whole number and a unit. `0 s` is a time too.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    // Seven digits are more than any time here needs.
    let number: u64 = number.parse().ok().filter(|_| number.len() <= 7)?;
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let (_, ms) = UNITS.iter().find(|(known, _)| *known == unit)?;
    Some(Duration::from_millis(number.checked_mul(*ms)?))
}

/// The time in the longest unit that tells it whole.
pub(super) fn said(time: Duration) -> String {
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let whole = UNITS.iter().find(|(_, unit)| ms >= *unit && ms.is_multiple_of(*unit));
    whole.map_or_else(|| "0 s".to_owned(), |(name, unit)| format!("{} {name}", ms / unit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_a_whole_number_with_a_unit() {
        let seconds = |text: &str| parse(text).map(|time| time.as_secs());
        assert_eq!(
            ["30 s", "20 min", "12h", "90 d", "0 s"].map(seconds),
            [Some(30), Some(1200), Some(43_200), Some(7_776_000), Some(0)]
        );
        assert_eq!(parse("500 ms"), Some(Duration::from_millis(500)));
        for wrong in
            ["", "30", "s", " 30 s", "30  s", "-1 s", "1.5 h", "30 S", "3 weeks", "12345678 s", "１ s"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_time_is_said_as_it_can_be_read(ms in 0..9_999_999u64) {
            let time = Duration::from_millis(ms);
            prop_assert_eq!(parse(&said(time)), Some(time));
        }
    }
}
