//! The store's key and its recovery key: replaced, moved to another keeper, made anew, and used when all else is lost.

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::clock::Clock;
use super::{Acting, Config, Engine, Error, alarms};
use crate::audit::{MacKey, OpenEscrow, Operation, Outcome};
use crate::keys::{
    Keeper, KeyError, KeyPlace, RecoveryError, RecoveryKey, RecoveryRecord, Share, StoreKey, memory_locks,
};
use crate::policy::Right;
use crate::store::{Store, StoreError, Write};

/// What there is to know of a store's keys. Nothing of it is secret.
#[derive(Debug, Clone)]
pub struct KeyState {
    /// Who keeps the store key.
    pub keeper: Keeper,
    /// Its file; none when the host hands it in.
    pub path: Option<PathBuf>,
    /// Whether keys stay out of the swap and out of core dumps in this process.
    pub locked: bool,
    /// The recovery key, if one was made.
    pub recovery: Option<RecoveryRecord>,
}

/// What opens the keys of a log's newest records, which are sealed to the recovery key: with it a verification tells of the
/// records too that no checkpoint covers yet (see [`crate::audit::Trust::escrow`]). It opens nothing else, and needs no store.
///
/// # Errors
/// [`RecoveryError`] when the shares are not enough or do not belong together.
pub fn open_escrow(shares: &[Share]) -> Result<OpenEscrow<'static>, Error> {
    let secret = RecoveryKey::from_shares(shares).map_err(KeyError::from)?.escrow_secret();
    Ok(Box::new(move |context, sealed| secret.open(context, sealed).map(|key| MacKey::from_bytes(*key))))
}

impl Engine {
    /// Who keeps the store's key, and whether there is another way in.
    ///
    /// # Errors
    /// When the key's file or the store fails.
    pub fn key_state(&self) -> Result<KeyState, Error> {
        let source = &self.config.key;
        Ok(KeyState {
            keeper: source.keeper(&self.config.state)?,
            path: source.place().ok().map(|place| place.path().to_owned()),
            locked: memory_locks(),
            recovery: self.store.document(RecoveryRecord::KEY)?,
        })
    }

    /// Opens a store whose key is lost: by enough shares of its recovery key. It gets a new store key, which `keeper` keeps;
    /// the one before opens nothing any more. The shares are as good as before: whoever saw them together should make new
    /// ones.
    ///
    /// # Errors
    /// [`RecoveryError`] when these shares are not enough, do not belong together, or are not this store's;
    /// [`KeyError::HandedIn`] when the host keeps the key; as [`Engine::open`].
    pub fn recover(config: Config, shares: &[Share], keeper: Keeper) -> Result<Engine, Error> {
        let recovery = RecoveryKey::from_shares(shares).map_err(KeyError::from)?;
        let place = config.key.place()?.clone();
        let (location, clock) = (config.location(), Clock::machine()?);
        let opened = Store::open_by(&location, RecoveryRecord::SLOT, &recovery.store_key())
            .inspect_err(|error| alarms::raise(&location, error, clock.now().wall));
        let store = opened.map_err(|error| match error {
            StoreError::WrongKey { .. } => KeyError::from(RecoveryError::OtherSet { found: recovery.set() }),
            other => other.into(),
        })?;
        let mut engine = Engine::of(config, store)?;
        let state = engine.config.state.clone();
        let mut entry = engine.entry(Operation::KeyReplace, Outcome::Done);
        entry.object = Some(keeper.code().to_owned());
        entry.reason = Some("recovery".to_owned());
        engine.transact(|store, now| {
            entry.time = now.wall;
            put_under(store, &place.prepare(keeper, &state)?)?;
            Ok(store.append(&entry)?)
        })?;
        engine.settle_key(&place)?;
        #[cfg(feature = "tpm")]
        engine.count()?;
        Ok(engine)
    }

    /// Finishes a replacement of the store key that something came between.
    pub(super) fn finish_replacing_key(&mut self) -> Result<(), Error> {
        let Ok(place) = self.config.key.place().cloned() else { return Ok(()) };
        if place.has_next()? { self.settle_key(&place) } else { Ok(()) }
    }

    /// Lets the key that the store is under take its place, while nobody else can put the store under another: two that
    /// replace it at once must not throw away each other's.
    fn settle_key(&mut self, place: &KeyPlace) -> Result<(), Error> {
        let state = self.config.state.clone();
        self.store.write(|store| Ok(place.settle(&state, |key| store.is_store_key(key))?))
    }
}

impl Acting<'_> {
    /// Puts the store under a new store key, which `keeper` keeps: without one, whoever keeps the present one. The present
    /// key opens nothing any more, neither this store nor copies that are made of it from now on.
    ///
    /// # Errors
    /// Without the right; [`KeyError::HandedIn`] when the host keeps the key; the keeper's own. Then the present key stays.
    pub fn replace_store_key(&mut self, keeper: Option<Keeper>) -> Result<Keeper, Error> {
        let Config { key, state, .. } = self.engine.config.clone();
        let place = key.place()?;
        let keeper = match keeper {
            Some(keeper) => keeper,
            None => place.keeper(&state)?,
        };
        self.act(Right::Policy, Operation::KeyReplace, keeper.code(), |store| {
            place.settle(&state, |key| store.is_store_key(key))?;
            put_under(store, &place.prepare(keeper, &state)?)
        })?;
        self.engine.settle_key(place)?;
        #[cfg(feature = "tpm")]
        self.engine.count()?;
        // The slot of the key before is still in the write-ahead log.
        self.engine.store.wipe_deleted()?;
        Ok(keeper)
    }

    /// Draws a recovery key and splits it into `shares` shares, of which any `needed` will do. Nothing is kept of it: it
    /// comes into force by [`Acting::make_recovery_key`], when enough shares were read back from what they were written
    /// down on.
    ///
    /// # Errors
    /// Without the right; [`RecoveryError::Split`].
    pub fn draw_recovery_key(&self, needed: u8, shares: u8) -> Result<Vec<Share>, Error> {
        self.require(Right::Policy)?;
        Ok(RecoveryKey::draw()?.split(needed, shares)?)
    }

    /// Lets the recovery key that these shares give open the store, in the place of the one before; the keys of the log's
    /// records are sealed to it from now on. `shares` is how many of them were handed out.
    ///
    /// # Errors
    /// Without the right; [`RecoveryError`] when the shares are not enough or do not belong together.
    pub fn make_recovery_key(&mut self, shares: u8, given: &[Share]) -> Result<RecoveryRecord, Error> {
        let key = RecoveryKey::from_shares(given).map_err(KeyError::from)?;
        let needed = given.first().map_or(0, Share::needed);
        let set = key.set();
        let record =
            self.act_at(Right::Policy, Operation::RecoveryMake, &set.to_string(), |store, now| {
                let record = RecoveryRecord { set, needed, shares, made: now.wall };
                store.put_key(RecoveryRecord::SLOT, &key.store_key())?;
                store.put_document(RecoveryRecord::KEY, &record)?;
                store.set_log_escrow(key.escrow())?;
                Ok(record)
            })?;
        // A checkpoint carries the key of the records after it: with this one the holders can check what comes next.
        self.engine.transact(|store, _| Ok(store.sign_log()?))?;
        Ok(record)
    }
}

/// Puts the store under another key, whose keeper may count it from here on.
fn put_under(store: &Write<'_>, key: &StoreKey) -> Result<(), Error> {
    #[cfg(feature = "tpm")]
    super::counter::begin(store)?;
    Ok(store.replace_store_key(key)?)
}
