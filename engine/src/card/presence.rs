//! What the states a reader reports mean: a card came, went, or was swapped. No device in here.

/// What is known about the card on a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Presence {
    /// None that has been told of.
    #[default]
    Absent,
    /// One that has been told of; `count` is the reader's count of insertions and removals at that time.
    Present { count: u32 },
    /// One that went away while it was read. Its coming was not told, so its going must not be.
    TornOff { count: u32 },
}

/// What a reader reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report {
    /// There is a card.
    pub(super) present: bool,
    /// How many cards came or went, as far as the reader counts.
    pub(super) count: u32,
}

/// What a report means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing new.
    None,
    /// A card to be read.
    Arrived,
    /// The card that was told of is gone. Another may lie there already: ask again.
    Left,
}

impl Presence {
    /// Takes a report in. After [`Change::Arrived`] the caller says what became of the card, with
    /// [`Presence::Present`] or [`Presence::TornOff`]; if it says nothing the card arrives again.
    pub(super) fn update(&mut self, report: Report) -> Change {
        let same = |count: u32| report.present && count == report.count;
        match *self {
            Presence::Present { count } | Presence::TornOff { count } if same(count) => Change::None,
            Presence::Present { .. } => {
                *self = Presence::Absent;
                Change::Left
            }
            Presence::Absent | Presence::TornOff { .. } => {
                *self = Presence::Absent;
                if report.present { Change::Arrived } else { Change::None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: Report = Report { present: false, count: 0 };

    fn card(count: u32) -> Report {
        Report { present: true, count }
    }

    #[test]
    fn a_card_comes_once_and_goes_once() {
        let mut presence = Presence::default();
        assert_eq!(presence.update(EMPTY), Change::None);
        assert_eq!(presence.update(card(1)), Change::Arrived);
        presence = Presence::Present { count: 1 };
        assert_eq!(presence.update(card(1)), Change::None);
        assert_eq!(presence.update(Report { present: false, count: 2 }), Change::Left);
        assert_eq!(presence.update(Report { present: false, count: 2 }), Change::None);
    }

    #[test]
    fn a_card_swapped_between_two_looks_goes_before_the_other_comes() {
        let mut presence = Presence::Present { count: 1 };
        assert_eq!(presence.update(card(2)), Change::Left);
        assert_eq!(presence.update(card(2)), Change::Arrived);
    }

    #[test]
    fn a_card_torn_off_while_it_was_read_is_neither_read_again_nor_told_to_have_gone() {
        let mut presence = Presence::TornOff { count: 1 };
        assert_eq!(presence.update(card(1)), Change::None);
        assert_eq!(presence.update(Report { present: false, count: 2 }), Change::None);
        assert_eq!(presence.update(card(3)), Change::Arrived);
    }

    #[test]
    fn a_card_nothing_was_said_about_arrives_again() {
        let mut presence = Presence::default();
        assert_eq!(presence.update(card(1)), Change::Arrived);
        assert_eq!(presence.update(card(1)), Change::Arrived);
    }
}
