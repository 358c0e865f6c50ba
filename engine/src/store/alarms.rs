//! Alarms: that a store could not be trusted is kept beside it, in the witness folder, until a store can be written again and
//! its log takes it over. A terminal that was tampered with and then put right again does not forget it.
//!
//! The file holds one JSON object a line: `{"time":"2026-04-01T03:04:05Z","code":"store_rolled_back"}`.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Location, StoreError, files};
use crate::audit::is_word;

/// Most bytes of the file: enough for a hundred. Whoever opens a broken store a thousand times says nothing new.
const FILE: u64 = 8 * 1024;

/// That a store could not be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// When it was found out, UTC.
    pub time: Timestamp,
    /// What was found, as the error's stable word.
    pub code: String,
}

impl StoreError {
    /// Whether it means that somebody, or something, has touched the store that should not have.
    pub const fn is_alarm(&self) -> bool {
        matches!(
            self,
            Self::Emptied { .. }
                | Self::RolledBack { .. }
                | Self::NoWitness { .. }
                | Self::BadWitness { .. }
                | Self::LogCut { .. }
                | Self::LogForked { .. }
                | Self::Corrupt { .. }
                | Self::Foreign { .. }
        )
    }
}

impl Location {
    /// Keeps an alarm until a store can take it over.
    ///
    /// # Errors
    /// When there is no witness folder, or it cannot be written.
    pub fn raise(&self, alarm: &Alarm) -> Result<(), StoreError> {
        files::check_folder(&self.witness)?;
        let path = self.alarms_file();
        if files::check_file(&path)? && fs::metadata(&path).is_ok_and(|found| found.len() > FILE) {
            return Ok(());
        }
        let line = serde_json::to_string(alarm).unwrap_or_default() + "\n";
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(line.as_bytes())?;
                file.sync_all()
            })
            .map_err(StoreError::io("write", &path))
    }

    /// The alarms that no store has taken over yet, oldest first.
    ///
    /// # Errors
    /// When the file is not ours alone, or cannot be read.
    pub fn alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        let path = self.alarms_file();
        let Some(file) = files::open_private(&path)? else { return Ok(Vec::new()) };
        let mut text = String::new();
        // What is no text, or no alarm, was not written here and tells nothing.
        let _ = file.take(2 * FILE).read_to_string(&mut text);
        let alarms = text.lines().filter_map(|line| serde_json::from_str::<Alarm>(line).ok());
        Ok(alarms.filter(|alarm| is_word(&alarm.code)).collect())
    }

    /// Forgets the alarms: a store has taken them over.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn forget_alarms(&self) -> Result<(), StoreError> {
        let path = self.alarms_file();
        if !files::exists(&path)? {
            return Ok(());
        }
        fs::remove_file(&path).map_err(StoreError::io("remove", &path))
    }

    fn alarms_file(&self) -> std::path::PathBuf {
        self.witness.join("alarms")
    }
}
