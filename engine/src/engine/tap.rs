//! A card that a watch saw: what somebody else tapped who wants the terminal next.

use std::time::{Duration, Instant};

use crate::card::{CardIdentity, CardReading};

/// How long such a card may wait for its attempt: long enough for a host that first saves what is open, too short for whoever
/// comes after its owner has gone.
const GOOD_FOR: Duration = Duration::from_secs(10);

/// A card that the terminal's own reader read in a watch, and that is not the grant's. An attempt that begins with it soon
/// needs it on the reader no more: a tap was enough.
#[derive(Debug)]
pub struct TappedCard {
    identity: CardIdentity,
    at: Instant,
}

impl TappedCard {
    pub(crate) fn new(identity: CardIdentity, at: Instant) -> TappedCard {
        TappedCard { identity, at }
    }

    /// Whether an attempt may still begin with it.
    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) < GOOD_FOR
    }

    /// What was read, unless it is too long ago.
    fn within(self, now: Instant) -> Option<CardIdentity> {
        self.is_fresh(now).then_some(self.identity)
    }
}

/// What becomes of it at the reader of its attempt: it is told there once, though it may still lie there.
#[derive(Debug, Default)]
pub(super) enum Tap {
    /// There is none, or it is over.
    #[default]
    None,
    /// It has yet to be told.
    Coming(CardIdentity),
    /// It was told. If it lies there, it is read once more.
    Told(CardIdentity),
}

impl Tap {
    /// An attempt begins with this card. One that was tapped too long ago is as if it had not been.
    pub(super) fn of(card: TappedCard, now: Instant) -> Tap {
        card.within(now).map_or(Tap::None, Tap::Coming)
    }

    /// The card, where it has yet to be told.
    pub(super) fn take(&mut self) -> Option<CardIdentity> {
        match std::mem::take(self) {
            Tap::Coming(card) => {
                *self = Tap::Told(card.clone());
                Some(card)
            }
            rest => {
                *self = rest;
                None
            }
        }
    }

    /// Whether this is only the card that was told already, still lying there.
    pub(super) fn is_told(&mut self, reading: &CardReading) -> bool {
        match std::mem::take(self) {
            Tap::Told(card) => reading.result.as_ref() == Ok(&card),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::CardKind;

    fn card(number: u8) -> CardIdentity {
        CardIdentity::parse_claim(&format!("felica:0114B34C1A2B3C{number:02X}")).unwrap()
    }

    fn reading(number: u8) -> CardReading {
        CardReading { kind: CardKind::Felica, reader: "Counter".to_owned(), result: Ok(card(number)) }
    }

    #[test]
    fn a_card_that_was_tapped_is_told_once_and_not_again_while_it_lies_there() {
        let now = Instant::now();
        let mut tap = Tap::of(TappedCard::new(card(1), now), now);
        assert_eq!((tap.take(), tap.take()), (Some(card(1)), None));
        assert!(tap.is_told(&reading(1)));
        assert!(!tap.is_told(&reading(1)), "tapped again");
    }

    #[test]
    fn another_card_that_lies_there_is_another_card() {
        let now = Instant::now();
        let mut tap = Tap::of(TappedCard::new(card(1), now), now);
        tap.take();
        assert!(!tap.is_told(&reading(2)));
        assert!(!tap.is_told(&reading(1)), "laid there after the other");
    }

    #[test]
    fn a_card_that_was_tapped_long_ago_begins_nothing() {
        let then = Instant::now();
        let begin = |after| Tap::of(TappedCard::new(card(1), then), then + after).take();
        assert_eq!(begin(GOOD_FOR - Duration::from_millis(1)), Some(card(1)));
        assert_eq!(begin(GOOD_FOR), None);
    }
}
