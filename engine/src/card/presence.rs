//! What the states a reader reports mean: a card came, went, or was swapped. No device and no clock in here.
//!
//! A card at the edge of the field comes and goes many times within a tenth of a second. So that this is one coming and
//! one going, and a steady card is not slowed:
//! - A card is told of as soon as it is read. What lay there for [`SETTLED`] is told to have gone at once: it is waited
//!   [`GLITCH`] at the most whether the same card is read again.
//! - One that came only just now is told to have gone after [`HOLD`] at the latest, or not at all if the same card is read
//!   again by then. Another card, or one that cannot be read, ends the wait.
//! - The same card back within [`HOLD`] of its going is told of once it has lain there for [`HOLD`].
//! - A card torn away while it was read is told of after [`HOLD`], or not at all if one is read by then.
//!
//! A going ends grants, so nothing puts it off any further; and the same is a card only by what was read from it anew.

use std::time::{Duration, Instant};

/// The longest that the going of a card is held back. Cards were seen to chatter for about 100 ms at the edge of the field.
pub(super) const HOLD: Duration = Duration::from_millis(150);
/// How long a card has lain there when it is no more one that is just being laid on.
pub(super) const SETTLED: Duration = Duration::from_millis(200);
/// How long the going of a settled card is held back: enough to read an identifier again, and half of the 20 ms in which
/// an event is to be told.
pub(super) const GLITCH: Duration = Duration::from_millis(10);

/// What is known about the card on a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Presence {
    state: State,
    /// When the last card that was told of was told to have gone.
    gone: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// None that has been told of.
    #[default]
    Absent,
    /// One that has been told of; `count` is the reader's count of insertions and removals at that time.
    Present { count: u32, since: Instant },
    /// One that has been told of and is gone, which is told at `until`. `tried` is the count of one that was torn away
    /// since then.
    Leaving { until: Instant, tried: Option<u32> },
    /// One that went away while it was read, which is told at `until`, or was told. Its coming was not told, so its
    /// going must not be.
    TornOff { count: u32, until: Option<Instant> },
    /// The card that was just told to have gone lies there again, which is told at `until`.
    Returned { count: u32, until: Instant },
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
    /// A card to be read; what became of that is said with [`Presence::read`].
    Arrived,
    /// The card that was told of is gone. Another may lie there already: ask again.
    Left,
    /// A card was torn away while it was read.
    Torn,
    /// The card that was read last is there again, and stays.
    Stayed,
}

/// What became of the reading of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is the card that was told of last.
    Same,
    /// It is another, or cannot be read.
    Other,
    /// It was torn away.
    Torn,
    /// It could not be tried; it arrives again.
    Retry,
}

/// What is to be told of a card that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing, at least not yet.
    Nothing,
    /// The card, or why it cannot be read.
    Card,
    /// That the last one has gone, then the card.
    GoneThenCard,
}

impl Presence {
    /// Takes a report in. After [`Change::Arrived`] nothing else is reported until [`Presence::read`].
    pub(super) fn update(&mut self, report: Report, now: Instant) -> Change {
        let same = |count: u32| report.present && count == report.count;
        match self.state {
            State::Present { count, .. } if same(count) => return Change::None,
            State::Present { since, .. } => {
                let hold = if now.saturating_duration_since(since) < SETTLED { HOLD } else { GLITCH };
                self.state = State::Leaving { until: now + hold, tried: None };
            }
            State::Returned { count, until } if same(count) => {
                if now < until {
                    return Change::None;
                }
                self.state = State::Present { count, since: now };
                return Change::Stayed;
            }
            State::Returned { .. } => (self.state, self.gone) = (State::Absent, Some(now)),
            // Told, or the last of a card on its way out.
            State::TornOff { count, until } if !same(count) && (until.is_none() || self.remembers(now)) => {
                self.state = State::Absent;
            }
            _ => {}
        }
        let due = self.expire(now);
        if due != Change::None {
            return due;
        }
        let tried = match self.state {
            State::Leaving { tried, .. } => tried,
            State::TornOff { count, .. } => Some(count),
            _ => None,
        };
        if report.present && tried != Some(report.count) { Change::Arrived } else { Change::None }
    }

    /// What is due by now, also while a card is being read.
    pub(super) fn expire(&mut self, now: Instant) -> Change {
        match self.state {
            State::Leaving { until, tried } if now >= until => {
                self.gone = Some(now);
                self.state = tried.map_or(State::Absent, |count| State::TornOff { count, until: None });
                Change::Left
            }
            State::TornOff { count, until: Some(until) } if now >= until => {
                self.state = State::TornOff { count, until: None };
                Change::Torn
            }
            _ => Change::None,
        }
    }

    /// When something is due that no report brings.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.state {
            State::Leaving { until, .. } | State::Returned { until, .. } => Some(until),
            State::TornOff { until, .. } => until,
            State::Absent | State::Present { .. } => None,
        }
    }

    /// Takes in what became of the card that arrived, at this count of the reader's.
    pub(super) fn read(&mut self, count: u32, outcome: Outcome, now: Instant) -> Told {
        let leaving = matches!(self.state, State::Leaving { .. });
        match (outcome, self.state) {
            (Outcome::Retry, _) => return Told::Nothing,
            (Outcome::Torn, State::Leaving { until, .. }) => {
                self.state = State::Leaving { until, tried: Some(count) };
                return Told::Nothing;
            }
            (Outcome::Torn, state) => {
                let until = match state {
                    // However often it is torn away again, it is told in time.
                    State::TornOff { until: Some(until), .. } => Some(until),
                    _ => Some(now + HOLD),
                };
                self.state = State::TornOff { count, until };
                return Told::Nothing;
            }
            (Outcome::Same, State::Absent | State::TornOff { .. }) if self.remembers(now) => {
                self.state = State::Returned { count, until: now + HOLD };
                return Told::Nothing;
            }
            (Outcome::Same | Outcome::Other, _) => self.state = State::Present { count, since: now },
        }
        match outcome {
            Outcome::Same if leaving => Told::Nothing,
            _ if leaving => Told::GoneThenCard,
            _ => Told::Card,
        }
    }

    /// Whether the card that was told of last still matters: it is there, or went only just now.
    pub(super) fn remembers(&self, now: Instant) -> bool {
        let is_there =
            matches!(self.state, State::Present { .. } | State::Leaving { .. } | State::Returned { .. });
        is_there || self.gone.is_some_and(|gone| now.saturating_duration_since(gone) < HOLD)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    fn card(count: u32) -> Report {
        Report { present: true, count }
    }

    fn empty(count: u32) -> Report {
        Report { present: false, count }
    }

    /// With a card that was told of at `now`.
    fn told(now: Instant) -> Presence {
        let mut presence = Presence::default();
        assert_eq!(presence.update(card(1), now), Change::Arrived);
        assert_eq!(presence.read(1, Outcome::Other, now), Told::Card);
        presence
    }

    #[test]
    fn a_card_comes_once_and_goes_once() {
        let start = Instant::now();
        let mut presence = told(start);
        assert_eq!(presence.update(card(1), start), Change::None);
        let left = start + ms(1000);
        assert_eq!(presence.update(empty(2), left), Change::None);
        assert_eq!(presence.due(), Some(left + GLITCH));
        assert_eq!(presence.update(empty(2), left + GLITCH), Change::Left);
        assert_eq!(presence.update(empty(2), left + ms(500)), Change::None);
        assert_eq!(presence.due(), None);
    }

    #[test]
    fn a_card_swapped_between_two_looks_goes_before_the_other_comes() {
        let start = Instant::now();
        for after in [1, 1000] {
            let mut presence = told(start);
            assert_eq!(presence.update(card(3), start + ms(after)), Change::Arrived);
            assert_eq!(presence.read(3, Outcome::Other, start + ms(after + 2)), Told::GoneThenCard);
            assert_eq!(presence.update(card(3), start + ms(after + 2)), Change::None);
        }
    }

    #[test]
    fn a_card_that_chatters_when_it_is_laid_on_comes_once() {
        let start = Instant::now();
        let mut presence = told(start);
        for round in 1..20 {
            let now = start + ms(u64::from(round) * 10);
            assert_eq!(presence.update(empty(2 * round), now), Change::None);
            assert_eq!(presence.update(card(2 * round + 1), now + ms(5)), Change::Arrived);
            assert_eq!(presence.read(2 * round + 1, Outcome::Same, now + ms(6)), Told::Nothing);
        }
    }

    #[test]
    fn a_card_that_chatters_when_it_is_taken_away_goes_once() {
        let start = Instant::now();
        let mut presence = told(start);
        let left = start + ms(1000);
        assert_eq!(presence.update(empty(2), left), Change::None);
        assert_eq!(presence.update(empty(2), left + ms(20)), Change::Left);
        for round in 2..20 {
            let now = left + ms(u64::from(round) * 20);
            assert_eq!(presence.update(card(2 * round - 1), now), Change::Arrived);
            assert_eq!(presence.read(2 * round - 1, Outcome::Same, now), Told::Nothing);
            assert_eq!(presence.update(empty(2 * round), now + ms(10)), Change::None);
        }
        assert_eq!(presence.update(empty(38), left + ms(2000)), Change::None);
        assert_eq!((presence.due(), presence.remembers(left + ms(2000))), (None, false));
    }

    #[test]
    fn the_same_card_laid_on_again_at_once_is_told_when_it_stays() {
        let start = Instant::now();
        let mut presence = told(start);
        let gone = start + ms(1010);
        assert_eq!(presence.update(empty(2), start + ms(1000)), Change::None);
        assert_eq!(presence.update(empty(2), gone), Change::Left);
        assert_eq!(presence.update(card(3), gone), Change::Arrived);
        assert_eq!(presence.read(3, Outcome::Same, gone), Told::Nothing);
        assert_eq!(presence.update(card(3), gone + ms(149)), Change::None);
        assert_eq!(presence.due(), Some(gone + HOLD));
        assert_eq!(presence.update(card(3), gone + HOLD), Change::Stayed);
        assert_eq!(presence.update(card(3), gone + HOLD), Change::None);
    }

    #[test]
    fn a_going_is_told_while_the_next_card_is_read() {
        let start = Instant::now();
        let mut presence = told(start);
        assert_eq!(presence.update(card(3), start), Change::Arrived);
        assert_eq!(presence.expire(start + ms(149)), Change::None);
        assert_eq!(presence.expire(start + HOLD), Change::Left);
        assert_eq!(presence.read(3, Outcome::Other, start + HOLD), Told::Card);
    }

    #[test]
    fn a_card_torn_off_while_it_was_read_is_neither_read_again_nor_told_to_have_gone() {
        let start = Instant::now();
        let mut presence = Presence::default();
        assert_eq!(presence.update(card(1), start), Change::Arrived);
        assert_eq!(presence.read(1, Outcome::Torn, start), Told::Nothing);
        assert_eq!(presence.update(card(1), start), Change::None);
        assert_eq!(presence.update(empty(2), start + HOLD), Change::Torn);
        assert_eq!(presence.update(empty(2), start + HOLD), Change::None);
        assert_eq!(presence.update(card(3), start + HOLD), Change::Arrived);
    }

    #[test]
    fn a_card_torn_off_on_its_way_out_is_not_told_and_one_that_stays_is() {
        let start = Instant::now();
        for stays in [false, true] {
            let mut presence = told(start);
            assert_eq!(presence.update(empty(2), start + ms(1000)), Change::None);
            assert_eq!(presence.update(empty(2), start + ms(1010)), Change::Left);
            assert_eq!(presence.update(card(3), start + ms(1020)), Change::Arrived);
            assert_eq!(presence.read(3, Outcome::Torn, start + ms(1021)), Told::Nothing);
            let next = if stays { card(3) } else { empty(4) };
            assert_eq!(presence.update(next, start + ms(1022)), Change::None);
            let later = presence.update(next, start + ms(1200));
            assert_eq!(later, if stays { Change::Torn } else { Change::None });
        }
    }

    #[test]
    fn a_card_torn_off_and_back_is_read_as_if_nothing_had_been() {
        let start = Instant::now();
        let mut presence = Presence::default();
        assert_eq!(presence.update(card(1), start), Change::Arrived);
        assert_eq!(presence.read(1, Outcome::Torn, start), Told::Nothing);
        assert_eq!(presence.update(card(3), start + ms(20)), Change::Arrived);
        assert_eq!(presence.read(3, Outcome::Other, start + ms(25)), Told::Card);
        assert_eq!(presence.update(card(3), start + HOLD), Change::None);
    }

    #[test]
    fn a_card_that_could_not_be_tried_arrives_again() {
        let start = Instant::now();
        let mut presence = Presence::default();
        assert_eq!(presence.update(card(1), start), Change::Arrived);
        assert_eq!(presence.read(1, Outcome::Retry, start), Told::Nothing);
        assert_eq!(presence.update(card(1), start), Change::Arrived);
    }

    /// A reader as the world has it, looked at every millisecond, with cards that are read at once.
    fn play(moves: &[(Option<u8>, u64)]) -> Vec<(u64, Option<u8>)> {
        let start = Instant::now();
        let (mut presence, mut count, mut known, mut events) = (Presence::default(), 0, None, Vec::new());
        let (mut time, mut lying) = (0, None);
        for &(card, lasts) in moves {
            count += u32::from(card != lying || card.is_some());
            lying = card;
            for _ in 0..lasts {
                let now = start + ms(time);
                match presence.update(Report { present: lying.is_some(), count }, now) {
                    Change::Left => events.push((time, None)),
                    Change::Stayed => events.push((time, known)),
                    Change::Arrived => {
                        let same = presence.remembers(now) && known == lying;
                        let told =
                            presence.read(count, if same { Outcome::Same } else { Outcome::Other }, now);
                        if told == Told::GoneThenCard {
                            events.push((time, None));
                        }
                        if told != Told::Nothing {
                            events.push((time, lying));
                        }
                        known = lying;
                    }
                    Change::None | Change::Torn => {}
                }
                time += 1;
            }
        }
        events
    }

    proptest! {
        #[test]
        fn whatever_happens_cards_come_and_go_in_turn_and_in_time(
            moves in prop::collection::vec((prop::option::of(0_u8..3), 1_u64..400), 1..40)
        ) {
            let events = play(&moves);
            // In turn: a card, none, a card, none.
            for (index, (_, card)) in events.iter().enumerate() {
                prop_assert_eq!(card.is_some(), index % 2 == 0);
            }
            // What is told never names a card that is not there for longer than the hold.
            let (mut time, mut lying, mut at) = (0, None, 0);
            let mut since = 0;
            for (card, lasts) in moves {
                // Also the same card laid on again is to be told anew.
                if card != lying || card.is_some() {
                    since = time;
                }
                lying = card;
                for _ in 0..lasts {
                    while events.get(at).is_some_and(|(when, _)| *when <= time) {
                        at += 1;
                    }
                    let told = at.checked_sub(1).and_then(|last| events[last].1);
                    if time >= since + 151 {
                        prop_assert_eq!(told, lying, "at {} ms", time);
                    }
                    // Another card is never taken for the one that was told.
                    if lying.is_some() && told.is_some() {
                        prop_assert_eq!(told, lying, "at {} ms", time);
                    }
                    time += 1;
                }
            }
        }

        #[test]
        fn a_steady_card_is_told_at_once_and_its_going_within_ten_milliseconds(
            rounds in prop::collection::vec((151_u64..1000, 200_u64..1000), 1..10)
        ) {
            let mut moves = Vec::new();
            let (mut time, mut expected) = (0, Vec::new());
            for (away, there) in rounds {
                // The first millisecond after the hold of the last going.
                moves.extend([(None, away + 10), (Some(1), there)]);
                expected.extend([(time + away + 10, Some(1)), (time + away + 10 + there + 10, None)]);
                time += away + 10 + there;
            }
            moves.push((None, 400));
            prop_assert_eq!(play(&moves), expected);
        }
    }
}
