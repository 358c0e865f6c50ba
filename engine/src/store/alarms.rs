//! Alarms: that a store could not be trusted is kept beside it, in the witness folder, until a store can be written again and
//! its log takes it over. A terminal that was tampered with and then put right again does not forget it.
//!
//! The file holds one JSON object a line: `{"time":"2026-04-01T03:04:05Z","code":"store_rolled_back"}`.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Location, StoreError, files,
    lock::{For, locked},
};
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
                | Self::Replaced { .. }
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
        files::check_file(&path)?;
        // On a line of its own, whatever a write that was cut left before it.
        let line = format!("\n{}\n", serde_json::to_string(alarm).unwrap_or_default());
        let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        let file = opened.map_err(StoreError::io("open", &path))?;
        locked(&file, &path, For::Writing, || {
            let write = || {
                if file.metadata()?.len() > FILE {
                    return Ok(());
                }
                (&file).write_all(line.as_bytes())?;
                file.sync_all()
            };
            write().map_err(StoreError::io("write", &path))
        })
    }

    /// The alarms that no store has taken over yet, oldest first.
    ///
    /// # Errors
    /// When the file is not ours alone, or cannot be read.
    pub fn alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        let path = self.alarms_file();
        Ok(files::open_private(&path)?.as_ref().map(read).unwrap_or_default())
    }

    /// Lets a store take the alarms over, if there are any; then they are forgotten here. One that is raised meanwhile waits
    /// and stays.
    ///
    /// # Errors
    /// What `take` returns: then they are kept. When the file is not ours alone, or cannot be written.
    pub fn hand_alarms_over<E: From<StoreError>>(
        &self,
        take: impl FnOnce(&[Alarm]) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.alarms_file();
        let Some(file) = files::open_private_to_write(&path)? else { return Ok(()) };
        let taken = locked(&file, &path, For::Writing, || {
            let alarms = read(&file);
            if alarms.is_empty() {
                return Ok(Ok(()));
            }
            if let Err(error) = take(&alarms) {
                return Ok(Err(error));
            }
            file.set_len(0).and_then(|()| file.sync_all()).map_err(StoreError::io("empty", &path))?;
            Ok(Ok(()))
        });
        taken?
    }

    fn alarms_file(&self) -> PathBuf {
        self.witness.join("alarms")
    }
}

fn read(file: &File) -> Vec<Alarm> {
    let mut bytes = Vec::new();
    // What is no alarm was not written here, or not to its end, and tells nothing.
    let _ = file.take(2 * FILE).read_to_end(&mut bytes);
    let lines = bytes.split(|byte| *byte == b'\n');
    let alarms = lines.filter_map(|line| serde_json::from_slice::<Alarm>(line).ok());
    alarms.filter(|alarm| is_word(&alarm.code)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(code: &str) -> Alarm {
        Alarm { time: Timestamp::UNIX_EPOCH, code: code.to_owned() }
    }

    fn location(folder: &tempfile::TempDir) -> Location {
        let location = Location::beside(&folder.path().join("state"));
        files::make_private_folder(&location.witness).unwrap();
        location
    }

    #[test]
    fn an_alarm_that_is_raised_while_others_are_taken_over_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let location = location(&folder);
        location.raise(&alarm("first")).unwrap();
        let other = location.clone();
        let mut raising = None;
        let taken = location.hand_alarms_over(|alarms| {
            assert_eq!(alarms, [alarm("first")]);
            raising = Some(std::thread::spawn(move || other.raise(&alarm("second"))));
            std::thread::sleep(std::time::Duration::from_millis(20));
            Ok::<_, StoreError>(())
        });
        taken.unwrap();
        raising.unwrap().join().unwrap().unwrap();
        assert_eq!(location.alarms().unwrap(), [alarm("second")]);
    }

    #[test]
    fn an_alarm_whose_writing_was_cut_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let location = location(&folder);
        location.raise(&alarm("first")).unwrap();
        let mut file = OpenOptions::new().append(true).open(location.alarms_file()).unwrap();
        file.write_all(b"\n{\"time\":\"19\xff\0\0").unwrap();
        location.raise(&alarm("second")).unwrap();
        assert_eq!(location.alarms().unwrap(), [alarm("first"), alarm("second")]);
    }

    #[test]
    fn alarms_that_no_store_could_take_over_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let location = location(&folder);
        location.raise(&alarm("first")).unwrap();
        let busy = || StoreError::Busy { path: location.state.clone(), waited_s: 0 };
        assert_eq!(location.hand_alarms_over(|_| Err(busy())).unwrap_err().code(), "store_busy");
        assert_eq!(location.alarms().unwrap(), [alarm("first")]);
    }
}
