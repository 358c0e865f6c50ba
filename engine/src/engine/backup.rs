//! Backups of the store, their restoration, and the check of the whole.

#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use super::grants::end_all;
use super::{Acting, Config, Engine, Error, Grant, administrators};
use crate::audit::{Operation, Outcome, to_line};
use crate::grant::Ending;
use crate::keys::KeyPlace;
use crate::policy::Right;
use crate::store::{Backup, BackupHeader, Checked, Merged, Staged};

impl Acting<'_> {
    /// Writes a sealed backup into a new file. It takes no right, so that a timer can do it: whoever may run this holds the
    /// store's files and its key, and the backup tells those who do not nothing.
    ///
    /// # Errors
    /// When there is a file, or it would lie in the store's own folders.
    pub fn back_up(&mut self, to: &Path) -> Result<BackupHeader, Error> {
        let taken = self.engine.now()?.wall;
        let object = to.file_name().and_then(|name| to_line(&name.to_string_lossy())).unwrap_or_default();
        match self.engine.store.back_up(to, taken) {
            Ok(header) => {
                let entry = self.entry(Operation::StoreBackup, Outcome::Done, &object);
                // The keys of the records since the last checkpoint are in the backup: they are good for nothing from here on.
                self.engine.transact(|store, _| {
                    store.append(&entry)?;
                    Ok(store.sign_log()?)
                })?;
                Ok(header)
            }
            Err(error) => {
                self.record_refusal(Operation::StoreBackup, &object, error.code());
                Err(error.into())
            }
        }
    }
}

impl Acting<'_> {
    /// As [`Acting::back_up`], for somebody who does not hold the store's files: it takes the right to take data out. `to` is
    /// open and empty.
    ///
    /// # Errors
    /// Without the right; when it cannot be written.
    pub fn back_up_into(&mut self, to: &mut dyn Write) -> Result<BackupHeader, Error> {
        let entry = self.entry(Operation::StoreBackup, Outcome::Done, "service");
        // Written down before anything leaves.
        self.act_as(Right::Export, entry, |_, _| Ok(()))?;
        let taken = self.engine.now()?.wall;
        let header = self.engine.store.back_up_into(to, taken)?;
        // The keys of the records since the last checkpoint are in the backup: they are good for nothing from here on.
        self.engine.transact(|store, _| Ok(store.sign_log()?))?;
        Ok(header)
    }

    /// As [`Engine::check_store`], for somebody who has the right to read the log.
    ///
    /// # Errors
    /// Without the right; as [`Engine::check_store`].
    pub fn check_store(&self) -> Result<Checked, Error> {
        self.require(Right::Log)?;
        self.engine.check_store()
    }
}

impl Engine {
    /// Looks at the whole store, record by record. It takes no right and shows nothing of what is in them.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](crate::store::StoreError::Corrupt) names the first thing that is not as it should be.
    pub fn check_store(&self) -> Result<Checked, Error> {
        Ok(self.store.check().inspect_err(|error| self.store.note_fault(error))?)
    }
}

/// A backup about to be restored: unpacked in the state folder and brought up to what can still be read of that, so that
/// whoever was revoked or locked out since it was taken stays so. Somebody who may then puts it in the store's place.
/// Dropped before that, it is thrown away.
pub struct Restoration {
    config: Config,
    engine: Engine,
    staged: Staged,
}

/// What a restored store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Whose backup it was, and of when.
    pub header: BackupHeader,
    /// What became of the records.
    pub merged: Merged,
}

impl Restoration {
    /// Unpacks a backup for the terminal of this configuration, by the store key, or by the one that the store had when it
    /// was taken.
    ///
    /// # Errors
    /// When it is no backup, is damaged, is another store's, or opens by none of the keys;
    /// [`Error::BackupWithoutAdministrator`] when nobody in it could restore it, and this terminal had an administrator.
    pub fn begin(config: &Config, backup: &Path, old_key: Option<&KeyPlace>) -> Result<Restoration, Error> {
        let (target, path, backup) = (config.location(), backup, Backup::read(backup)?);
        let old = old_key.map(|place| place.load(&config.state)).transpose()?;
        let staged =
            config.key.unlock(&config.state, |key| Staged::unpack(&target, &backup, key, old.as_ref()))?;
        let location = staged.location().clone();
        let mut engine = Engine::open_uncounted(Config {
            state: location.state,
            witness: location.witness,
            ..config.clone()
        })?;
        if staged.was_set_up() && !engine.is_trial() {
            // A backup from before the first administrator does not make this terminal a new one.
            let anybody = engine.transact(|store, now| {
                administrators::note(store, now)?;
                administrators::may_restore(store, now)
            })?;
            if !anybody {
                return Err(Error::BackupWithoutAdministrator { backup: path.to_owned() });
            }
        }
        Ok(Restoration { config: config.clone(), engine, staged })
    }

    /// The engine of the backup: who restores it is let in by it, as it is after the restoration.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// Puts the backup in the store's place, by the right to change the policy. Every grant ends.
    ///
    /// # Errors
    /// Without the right; then, and when something fails before the store is touched, everything is as before.
    pub fn finish(self, by: Option<&Grant>) -> Result<Restored, Error> {
        let Restoration { config, mut engine, staged } = self;
        let (header, merged) = (staged.header().clone(), staged.merged());
        let mut acting = match by {
            Some(grant) => engine.acting_by(grant),
            None => engine.acting(),
        };
        let mut entry = acting.entry(Operation::StoreRestore, Outcome::Done, &format!("{:.3}", header.taken));
        entry.reason = match merged {
            Merged { lost: true, .. } => Some("changes_lost".to_owned()),
            Merged { log_lost: true, .. } => Some("log_lost".to_owned()),
            _ => None,
        };
        acting.act_signed(Right::Policy, entry, |store, now| {
            #[cfg(feature = "tpm")]
            super::counter::begin(store)?;
            end_all(store, now, Ending::StoreRestored, |_| true)
        })?;
        drop(engine);
        staged.put_in_place()?;
        // Opened once, so that its witnesses know of it from now on.
        drop(Engine::open(config)?);
        Ok(Restored { header, merged })
    }
}
