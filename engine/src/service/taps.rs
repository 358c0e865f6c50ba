//! The cards that were tapped while a host watched. It has a number for the newest, and never the card: with that it begins one
//! attempt, over the connection that it watched over.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::Refusal;
use super::grants::fresh;
use crate::engine::TappedCard;

/// The newest card of each connection.
#[derive(Debug, Default)]
pub(super) struct Taps(Mutex<HashMap<u64, (u64, TappedCard)>>);

impl Taps {
    /// Takes in a card that was tapped, and gives its number.
    pub(super) fn put(&self, handle: u64, card: TappedCard) -> Result<u64, Refusal> {
        let number = fresh(|_| false)?;
        self.taps().insert(handle, (number, card));
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
