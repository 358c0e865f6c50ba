//! The file that a store key is kept by: the key itself, or what another keeper needs to give it.
//!
//! Its first line says which:
//! ```text
//! mabataki store key 1          the key, 64 hex digits on the second line
//! mabataki kernel key 1         under which name the kernel has it
//! mabataki keystore key 1       under which name the keystore has it
//! mabataki tpm key 1            the key, sealed by this machine's TPM
//! ```
//! A key is replaced in three steps, so that a power cut leaves one that fits: the next one is kept beside it (`.next`);
//! the store is put under it; it takes the place of the one before.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::filesystem::refuse_network;
use super::keeper::{InFile, Kept};
use super::keystore::Keystore;
#[cfg(feature = "tpm")]
use super::tpm::{Counter, TpmDevice};
use super::{Keeper, KeyError, KeyProvider, StoreKey};
use crate::store::{StoreError, files};

/// Most bytes of a key's file: a TPM's sealed key has some 800.
const MOST: usize = 4096;

/// Where a store key is kept.
#[derive(Debug, Clone)]
pub struct KeyPlace {
    path: PathBuf,
    #[cfg(feature = "tpm")]
    tpm: TpmDevice,
}

impl KeyPlace {
    /// The place of this file, which lies outside the state folder.
    pub fn new(path: PathBuf) -> KeyPlace {
        KeyPlace {
            path,
            #[cfg(feature = "tpm")]
            tpm: TpmDevice::default(),
        }
    }

    /// Which TPM keeps or opens it; without this, the machine's own.
    #[cfg(feature = "tpm")]
    #[must_use]
    pub fn with_tpm(self, tpm: TpmDevice) -> KeyPlace {
        KeyPlace { tpm, ..self }
    }

    /// Seals the keys that the TPM will keep to these PCRs as they are then: see [`TpmDevice::sealed_to`].
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] for numbers that no PCR has.
    #[cfg(feature = "tpm")]
    pub fn sealed_to(self, pcrs: &[u8]) -> Result<KeyPlace, KeyError> {
        Ok(KeyPlace { tpm: self.tpm.sealed_to(pcrs)?, ..self })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Draws a key and lets `keeper` keep it. The file is made new, of mode 0600, and written to the disk before this
    /// returns; folders that are missing on the way are made with mode 0700.
    ///
    /// # Errors
    /// `exists` when there is a file; `not_permitted` when it would lie in the `state` folder;
    /// [`KeyError::NetworkShare`]; the keeper's own. Nothing is left behind.
    pub fn create(&self, keeper: Keeper, state: &Path) -> Result<StoreKey, KeyError> {
        self.make(&self.path, keeper, state)
    }

    /// The counter of the store with this id, if the TPM keeps its key.
    ///
    /// # Errors
    /// As [`KeyPlace::keeper`].
    #[cfg(feature = "tpm")]
    pub fn counter(&self, state: &Path, store: [u8; 16]) -> Result<Option<Counter>, KeyError> {
        let by_tpm = self.keeper(state)? == Keeper::Tpm;
        Ok(by_tpm.then(|| Counter::of(self.tpm.clone(), store)))
    }

    /// The key that is kept here.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] when there is no file; `not_permitted` when it is a link, is not a file, belongs to another user,
    /// can be read by others, or lies in the `state` folder; [`KeyError::BadKey`] when it holds none; the keeper's own.
    pub fn load(&self, state: &Path) -> Result<StoreKey, KeyError> {
        self.load_at(&self.path, state)?.ok_or_else(|| self.missing())
    }

    /// Who keeps the key, as its file says.
    ///
    /// # Errors
    /// As [`KeyPlace::load`], but the keeper is not asked.
    pub fn keeper(&self, state: &Path) -> Result<Keeper, KeyError> {
        let text = self.read(&self.path, state)?.ok_or_else(|| self.missing())?;
        header(&text, &self.path).map(|(keeper, _)| keeper)
    }

    /// Whether there is a key that was to take the place of this one, when something came between.
    ///
    /// # Errors
    /// `not_permitted` when its file is not ours alone.
    pub(crate) fn has_next(&self) -> Result<bool, KeyError> {
        Ok(files::check_file(&self.next())?)
    }

    /// The key that was to take the place of this one, when something came between.
    pub(super) fn load_next(&self, state: &Path) -> Result<Option<StoreKey>, KeyError> {
        self.load_at(&self.next(), state)
    }

    /// Draws the next key and lets `keeper` keep it, beside the one that is in use. It has been read back when this
    /// returns.
    ///
    /// # Errors
    /// As [`KeyPlace::create`].
    pub fn prepare(&self, keeper: Keeper, state: &Path) -> Result<StoreKey, KeyError> {
        self.abandon(state)?;
        self.make(&self.next(), keeper, state)
    }

    /// Gives the next key the place of the one before, which its keeper forgets.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] when no next one was prepared; the system's own.
    pub fn promote(&self, state: &Path) -> Result<(), KeyError> {
        let before = self.read(&self.path, state)?;
        if !files::check_file(&self.next())? {
            return Err(KeyError::NoKey { path: self.next() });
        }
        files::replace(&self.next(), &self.path)?;
        if let Some(text) = before {
            // It opens nothing any more: that a keeper still has it does no harm.
            let _ = self.forget(&text);
        }
        Ok(())
    }

    /// Finishes a replacement that was cut off, so that the key in its place is the one that `fits`, and there is no next
    /// one. Nobody else may replace it meanwhile.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] when neither this key nor the next one fits; what `fits` returns; the system's own.
    pub fn settle(
        &self,
        state: &Path,
        fits: impl Fn(&StoreKey) -> Result<bool, StoreError>,
    ) -> Result<(), KeyError> {
        if let Ok(key) = self.load(state)
            && fits(&key)?
        {
            // Whoever prepared a next one has the same lock, so that one came to nothing.
            return self.abandon(state);
        }
        match self.load_next(state)? {
            Some(next) if fits(&next)? => self.promote(state),
            _ => Err(self.missing()),
        }
    }

    /// Throws away a next key that nothing was put under.
    ///
    /// # Errors
    /// The system's own.
    pub fn abandon(&self, state: &Path) -> Result<(), KeyError> {
        self.remove_at(&self.next(), state)
    }

    /// Throws away a key that opens nothing.
    ///
    /// # Errors
    /// The system's own.
    pub fn remove(&self, state: &Path) -> Result<(), KeyError> {
        self.remove_at(&self.path, state)
    }

    fn make(&self, path: &Path, keeper: Keeper, state: &Path) -> Result<StoreKey, KeyError> {
        refuse_inside(path, state)?;
        refuse_network_above(path)?;
        let provider = self.provider(keeper)?;
        let key = StoreKey::draw()?;
        let lines = provider.keep(&key)?;
        let first = first_line(keeper);
        let mut text = Zeroizing::new(Vec::with_capacity(first.len() + lines.len()));
        text.extend_from_slice(first.as_bytes());
        text.extend_from_slice(&lines);
        let kept = files::write_new(path, &text).map_err(KeyError::from).and_then(|()| {
            // A keeper that does not give back what it was given would be noticed too late otherwise.
            let back = self.load_at(path, state)?;
            let same = back.is_some_and(|back| back.as_bytes().ct_eq(key.as_bytes()).into());
            let lost = || KeyError::NotKept {
                path: path.to_owned(),
                keeper,
                cause: "it gave back another".to_owned(),
            };
            if same { Ok(()) } else { Err(lost()) }.inspect_err(|_| files::remove_new(path))
        });
        kept.inspect_err(|_| {
            let _ = provider.forget(&Kept { path, lines: &lines });
        })?;
        Ok(key)
    }

    fn load_at(&self, path: &Path, state: &Path) -> Result<Option<StoreKey>, KeyError> {
        let Some(text) = self.read(path, state)? else { return Ok(None) };
        let (keeper, lines) = header(&text, path)?;
        self.provider(keeper)?.recall(&Kept { path, lines }).map(Some)
    }

    fn remove_at(&self, path: &Path, state: &Path) -> Result<(), KeyError> {
        if let Some(text) = self.read(path, state)? {
            // It opens nothing: that a keeper still has it does no harm.
            let _ = self.forget(&text);
            fs::remove_file(path).map_err(StoreError::io("remove", path))?;
        }
        Ok(())
    }

    fn forget(&self, text: &[u8]) -> Result<(), KeyError> {
        let (keeper, lines) = header(text, &self.path)?;
        self.provider(keeper)?.forget(&Kept { path: &self.path, lines })
    }

    /// What the file holds; `None` when there is none. A longer one is seen without reading it all.
    fn read(&self, path: &Path, state: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
        refuse_inside(path, state)?;
        let Some(mut file) = files::open_private(path)? else { return Ok(None) };
        refuse_network(&file, path)?;
        let mut text = Zeroizing::new(vec![0; MOST + 1]);
        let mut length = 0;
        while let Some(rest) = text.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match file.read(rest).map_err(StoreError::io("read", path))? {
                0 => break,
                read => length += read,
            }
        }
        if length > MOST {
            let found = format!("more than {MOST} bytes");
            return Err(KeyError::BadKey { path: path.to_owned(), expected: "a key's file", found });
        }
        text.truncate(length);
        Ok(Some(text))
    }

    fn provider(&self, keeper: Keeper) -> Result<Box<dyn KeyProvider>, KeyError> {
        match keeper {
            Keeper::File => Ok(Box::new(InFile)),
            Keeper::Kernel => Ok(Box::new(Keystore::kernel())),
            #[cfg(feature = "secret-service")]
            Keeper::Keystore => Ok(Box::new(Keystore::session())),
            #[cfg(feature = "tpm")]
            Keeper::Tpm => Ok(Box::new(self.tpm.clone())),
            Keeper::Host => Err(KeyError::HandedIn),
            #[cfg(not(all(feature = "tpm", feature = "secret-service")))]
            _ => Err(KeyError::NotBuilt { path: self.path.clone(), keeper }),
        }
    }

    fn next(&self) -> PathBuf {
        files::beside(&self.path, ".next")
    }

    fn missing(&self) -> KeyError {
        KeyError::NoKey { path: self.path.clone() }
    }
}

fn first_line(keeper: Keeper) -> String {
    let word = if keeper == Keeper::File { "store" } else { keeper.code() };
    format!("mabataki {word} key 1\n")
}

/// Who keeps the key, and what follows the first line.
fn header<'t>(text: &'t [u8], path: &Path) -> Result<(Keeper, &'t [u8]), KeyError> {
    let known = Keeper::ALL.iter().copied().filter(|keeper| *keeper != Keeper::Host);
    known
        .into_iter()
        .find_map(|keeper| Some((keeper, text.strip_prefix(first_line(keeper).as_bytes())?)))
        .ok_or_else(|| KeyError::BadKey {
            path: path.to_owned(),
            expected: "the line `mabataki store key 1`, or that of another keeper",
            found: format!("another first line ({} bytes)", text.len()),
        })
}

/// A key in the folder it opens protects nothing: whoever copies the one copies the other.
fn refuse_inside(path: &Path, state: &Path) -> Result<(), KeyError> {
    if files::lies_in(path, state)? {
        return Err(StoreError::NotPermitted {
            path: path.to_owned(),
            expected: "a key file outside the state folder",
            found: format!("one inside {}", state.display()),
        }
        .into());
    }
    Ok(())
}

/// Looks at the folder that the file will be in, or the nearest one above that there is.
fn refuse_network_above(path: &Path) -> Result<(), KeyError> {
    let path = std::path::absolute(path).map_err(StoreError::io("find", path))?;
    match path.ancestors().skip(1).find_map(|folder| Some((File::open(folder).ok()?, folder))) {
        Some((open, folder)) => refuse_network(open, folder),
        None => Ok(()),
    }
}
