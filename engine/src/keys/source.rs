//! Where a store's key comes from when the store is opened.

use std::path::{Path, PathBuf};

use super::{Keeper, KeyError, KeyPlace, StoreKey};
use crate::store::StoreError;

/// Where the store key comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// It is kept on this machine.
    Kept(KeyPlace),
    /// The host hands it in.
    Host(StoreKey),
}

impl KeySource {
    /// The key for a store that is made: a new one in its place, or the host's.
    ///
    /// # Errors
    /// As [`KeyPlace::create`].
    pub fn create(&self, keeper: Keeper, state: &Path) -> Result<StoreKey, KeyError> {
        match self {
            KeySource::Kept(place) => place.create(keeper, state),
            KeySource::Host(key) => Ok(key.clone()),
        }
    }

    /// Opens something with the key. Where replacing the key was cut off, the next one may be the one that fits.
    ///
    /// # Errors
    /// As [`KeyPlace::load`], and what `open` returns.
    pub fn unlock<T>(
        &self,
        state: &Path,
        mut open: impl FnMut(&StoreKey) -> Result<T, StoreError>,
    ) -> Result<T, KeyError> {
        let place = match self {
            KeySource::Kept(place) => place,
            KeySource::Host(key) => return Ok(open(key)?),
        };
        let refused = match place.load(state).and_then(|key| Ok(open(&key)?)) {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        if !matches!(refused, KeyError::File(StoreError::WrongKey { .. }) | KeyError::NotKept { .. }) {
            return Err(refused);
        }
        match place.load_next(state)? {
            Some(next) => Ok(open(&next)?),
            // Another process may just have given the next key its place.
            None => place.load(state).and_then(|key| Ok(open(&key)?)).map_err(|_| refused),
        }
    }

    /// Who keeps the key.
    ///
    /// # Errors
    /// As [`KeyPlace::keeper`].
    pub fn keeper(&self, state: &Path) -> Result<Keeper, KeyError> {
        match self {
            KeySource::Kept(place) => place.keeper(state),
            KeySource::Host(_) => Ok(Keeper::Host),
        }
    }

    /// The place that the key is kept at.
    ///
    /// # Errors
    /// [`KeyError::HandedIn`] when it is not kept here.
    pub fn place(&self) -> Result<&KeyPlace, KeyError> {
        match self {
            KeySource::Kept(place) => Ok(place),
            KeySource::Host(_) => Err(KeyError::HandedIn),
        }
    }
}

impl From<PathBuf> for KeySource {
    fn from(path: PathBuf) -> KeySource {
        KeySource::Kept(KeyPlace::new(path))
    }
}
