//! The hours of the week in which a role may come in.

use jiff::civil::{DateTime, Weekday};

use super::read::{Section, Value, quoted};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Shifts by the day they begin on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hours(Vec<(Weekday, Shift)>);

/// From the one minute, with it, to the other, without it. Past midnight the minutes of the day count on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shift {
    from: u16,
    to: u16,
}

impl Hours {
    pub(super) fn read(mut section: Section<'_>) -> Hours {
        let mut shifts = Vec::new();
        let mut given = false;
        let mut add = |value: Option<Value<'_>>, days: &[(&str, Weekday)]| {
            let Some(value) = value else { return };
            let list = value.list();
            // What is no list has been noted already.
            given |= list.as_ref().is_none_or(|list| !list.is_empty());
            for shift in list.iter().flatten().filter_map(Shift::read) {
                shifts.extend(days.iter().map(|(_, day)| (*day, shift)));
            }
        };
        for (index, (name, _)) in DAYS.iter().enumerate() {
            add(section.take(name), &DAYS[index..=index]);
        }
        add(section.take("weekdays"), &DAYS[..5]);
        add(section.take("weekend"), &DAYS[5..]);
        add(section.take("every_day"), &DAYS);
        if !given {
            section.place.fault("expected hours such as weekdays = [\"07:30-20:00\"], found none");
        }
        section.finish();
        Hours(shifts)
    }

    /// Whether this moment on the wall's clock is in one of the shifts: of this day, or of the day before and not over.
    pub(super) fn contain(&self, moment: DateTime) -> bool {
        let today = moment.weekday();
        let minute = u16::from(moment.hour().unsigned_abs()) * 60 + u16::from(moment.minute().unsigned_abs());
        self.0.iter().any(|(day, shift)| {
            (*day == today && shift.contains(minute))
                || (*day == today.previous() && shift.contains(minute + DAY))
        })
    }
}

impl Shift {
    fn read(value: &Value<'_>) -> Option<Shift> {
        let text = value.text()?;
        let shift = Shift::parse(text);
        if shift.is_none() {
            value.fault(&format!(
                "expected a time of the day such as \"07:30-20:00\", or \"20:00-07:30\" into the next day, found {}",
                quoted(text)
            ));
        }
        shift
    }

    fn parse(text: &str) -> Option<Shift> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minutes(from).filter(|from| *from < DAY)?, minutes(to)?);
        match from.cmp(&to) {
            std::cmp::Ordering::Less => Some(Shift { from, to }),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Shift { from, to: to + DAY }),
        }
    }

    fn contains(self, minute: u16) -> bool {
        (self.from..self.to).contains(&minute)
    }
}

/// `07:30`, up to `24:00`.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes).filter(|minutes| *minutes < 60)?);
    Some(hours * 60 + minutes).filter(|minutes| *minutes <= DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_day_is_two_clock_times_and_may_pass_midnight() {
        let shift = |text| Shift::parse(text).map(|shift| (shift.from, shift.to));
        assert_eq!(shift("07:30-20:00"), Some((450, 1200)));
        assert_eq!(shift("20:00-07:30"), Some((1200, 450 + 1440)));
        assert_eq!(shift("00:00-24:00"), Some((0, 1440)));
        assert_eq!(shift("22:00-00:00"), Some((1320, 1440)));
        for wrong in [
            "",
            "07:30",
            "7:30-20:00",
            "07:30-07:30",
            "24:00-01:00",
            "07:60-08:00",
            "07:30-24:01",
            "+7:30-20:00",
        ] {
            assert_eq!(shift(wrong), None, "{wrong}");
        }
    }
}
