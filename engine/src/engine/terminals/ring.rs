//! The keys of this terminal in the store: drawn once, replaced, and wiped when they open nothing any more.

use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::engine::clock::Now;
use crate::engine::{Engine, Error};
use crate::store::{StoreError, Write};
use crate::terminal::{KeyRing, TerminalKeys};

/// What was sealed to former keys opens for so long: a bundle carried by hand arrives within a month, or is made again.
const OPENS: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Engine {
    /// Wipes the terminal's former keys whose time is over. It is asked for at each start: a terminal that exchanges
    /// nothing would keep them for ever.
    pub(in crate::engine) fn wipe_former_keys(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        let is_over = |mut ring: KeyRing| ring.wipe(now.wall);
        if self.store.document::<KeyRing>(KeyRing::KEY)?.is_some_and(is_over) {
            self.transact(|store, now| ring_in(store, now).map(|_| ()))?;
        }
        Ok(())
    }
}

/// The terminal's keys as of this transaction, which draws them if there are none.
pub(in crate::engine) fn ring_in(store: &Write<'_>, now: Now) -> Result<KeyRing, Error> {
    let Some(mut ring) = store.document::<KeyRing>(KeyRing::KEY)? else {
        let [signing, sealing] = seeds()?;
        let ring = KeyRing::new(TerminalKeys::first(signing, sealing, now.wall));
        store.put_document(KeyRing::KEY, &ring)?;
        return Ok(ring);
    };
    if ring.wipe(now.wall) {
        store.put_document(KeyRing::KEY, &ring)?;
    }
    Ok(ring)
}

/// Puts new keys in the place of the present ones.
pub(super) fn rotate(store: &Write<'_>, now: Now) -> Result<KeyRing, Error> {
    let mut ring = ring_in(store, now)?;
    let until = now.wall.saturating_add(OPENS).unwrap_or(now.wall);
    ring.rotate(&store.settings().terminal, store.id(), seeds()?, now.wall, until);
    store.put_document(KeyRing::KEY, &ring)?;
    Ok(ring)
}

fn seeds() -> Result<[Zeroizing<[u8; 32]>; 2], Error> {
    let mut seeds = [Zeroizing::new([0; 32]), Zeroizing::new([0; 32])];
    for seed in &mut seeds {
        getrandom::fill(&mut **seed).map_err(|error| StoreError::NoRandom(std::io::Error::other(error)))?;
    }
    Ok(seeds)
}
