//! The TPM's counter as a second witness, where the TPM keeps the store's key. Whoever puts back a whole disk, store and
//! witness alike, does not put back the TPM: the store is behind its counter then.
//!
//! It is counted when a service starts, when the store is opened and was not counted for long, and when a backup is
//! restored: the store first, the counter second. A power cut between the two leaves the store one ahead, and the counter
//! catches up.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Engine, Error};
use crate::keys::tpm::Counter;
use crate::store::{Document, StoreError, Write};

/// The one count's key.
const KEY: &str = "tpm";

/// After so long it is counted at an opening. A TPM's memory bears a few hundred thousand writes: TCG PC Client Platform
/// TPM Profile, section 4.4.
const EVERY: Duration = Duration::from_hours(12);

/// The counter has not counted this store yet. It may stand anywhere, but not there.
const BEGINS: u64 = 0;

/// How far the store was counted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    /// What the counter will have counted to, or [`BEGINS`].
    value: u64,
    /// When that was, UTC.
    at: Timestamp,
}

impl Document for Counted {
    const KIND: &'static str = "counted";
}

impl Engine {
    /// Compares the store with the TPM's counter, and counts when it is time to.
    ///
    /// # Errors
    /// [`StoreError::RolledBack`] when the store is behind its counter.
    pub(super) fn compared_with_counter(mut self) -> Result<Engine, Error> {
        self.count_after(EVERY)?;
        Ok(self)
    }

    /// Counts.
    pub(super) fn count(&mut self) -> Result<(), Error> {
        self.count_after(Duration::ZERO)
    }

    fn count_after(&mut self, time: Duration) -> Result<(), Error> {
        let Some(counter) = self.counter()? else { return Ok(()) };
        let path = self.config.state.clone();
        let done = self.transact(|store, now| {
            let counted = follow(store, &counter, &path, now.wall)?;
            match counted.filter(|counted| now.wall.duration_since(counted.at).unsigned_abs() >= time) {
                Some(counted) => put(store, counted.value.saturating_add(1), now.wall),
                None => Ok(()),
            }
        });
        done.and_then(|()| self.transact(|store, now| follow(store, &counter, &path, now.wall).map(|_| ())))
    }

    /// The counter of this store, if the TPM keeps its key.
    fn counter(&self) -> Result<Option<Counter>, Error> {
        let Ok(place) = self.config.key.place() else { return Ok(None) };
        Ok(place.counter(&self.config.state, self.store.id())?)
    }
}

/// Lets the store be counted from where the counter stands, whatever it was counted to: in the transaction that restores a
/// backup, or that has the TPM keep its key.
pub(super) fn begin(store: &Write<'_>) -> Result<(), Error> {
    put(store, BEGINS, Timestamp::UNIX_EPOCH)
}

/// Lets the counter follow the store where it is one behind, and refuses a store that is behind. What was counted, if both
/// agree.
fn follow(
    store: &Write<'_>,
    counter: &Counter,
    path: &Path,
    now: Timestamp,
) -> Result<Option<Counted>, Error> {
    let (kept, counted) = (store.document::<Counted>(KEY)?, counter.read()?);
    match (kept, counted) {
        (None, None) => begin(store)?,
        (Some(Counted { value: BEGINS, .. }), _) => put(store, counter.increment()?, now)?,
        (Some(kept), Some(counted)) if kept.value == counted => return Ok(Some(kept)),
        (Some(kept), Some(counted)) if kept.value.checked_sub(1) == Some(counted) => {
            counter.increment()?;
        }
        (kept, counted) => {
            let (witnessed, found) = (counted.unwrap_or(0), kept.map_or(0, |kept| kept.value));
            return Err(StoreError::RolledBack { path: path.to_owned(), witnessed, found }.into());
        }
    }
    Ok(None)
}

fn put(store: &Write<'_>, value: u64, at: Timestamp) -> Result<(), Error> {
    Ok(store.put_document(KEY, &Counted { value, at })?)
}
