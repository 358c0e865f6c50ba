//! The cards that were tapped while a host watched. It has a number for the newest, and never the card: with that it begins one
//! attempt, over the connection that it watched over.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::error::Refusal;
use super::grants::fresh;
use crate::engine::TappedCard;

/// The newest card of each connection.
#[derive(Debug, Default)]
pub(super) struct Taps(Mutex<HashMap<u64, (u64, TappedCard)>>);

impl Taps {
    /// Takes in a card that was tapped, and gives its number.
    pub(super) fn put(&self, handle: u64, card: TappedCard) -> Result<u64, Refusal> {
        let (number, now) = (fresh(|_| false)?, Instant::now());
        let mut taps = self.taps();
        // Nothing is kept of cards that are good for nothing any more, nor of connections that ended while one was read.
        taps.retain(|_, (_, card)| card.is_fresh(now));
        taps.insert(handle, (number, card));
        Ok(number)
    }

    /// The card of this number, once.
    pub(super) fn take(&self, handle: u64, number: u64) -> Result<TappedCard, Refusal> {
        let mut taps = self.taps();
        match taps.remove(&handle) {
            Some((its, card)) if its == number => Ok(card),
            other => {
                taps.extend(other.map(|newer| (handle, newer)));
                Err(Refusal::no_tap())
            }
        }
    }

    /// A connection has ended.
    pub(super) fn leave(&self, handle: u64) {
        self.taps().remove(&handle);
    }

    fn taps(&self) -> MutexGuard<'_, HashMap<u64, (u64, TappedCard)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::card::CardIdentity;

    fn tapped(ago: u64) -> TappedCard {
        let identity = CardIdentity::parse_claim("felica:0114B34C1A2B3C01").unwrap();
        TappedCard::new(identity, Instant::now().checked_sub(Duration::from_secs(ago)).unwrap())
    }

    #[test]
    fn no_card_is_kept_longer_than_it_is_good_for_anything() {
        let taps = Taps::default();
        let (old, young) = (taps.put(1, tapped(11)).unwrap(), taps.put(2, tapped(5)).unwrap());
        taps.put(3, tapped(0)).unwrap();
        assert_eq!(taps.taps().len(), 2);
        assert!(taps.take(1, old).is_err());
        assert!(taps.take(2, young).is_ok());
    }
}
