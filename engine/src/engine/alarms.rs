//! What was found wrong with the store before it was opened, written down once it is.

use jiff::Timestamp;

use super::{Engine, Error};
use crate::audit::{Entry, Operation, Outcome};
use crate::store::{Alarm, Location, StoreError};

/// Keeps the alarm that an error is, if it is one.
pub(super) fn raise(location: &Location, error: &StoreError, time: Timestamp) {
    if error.is_alarm() {
        // Without a witness folder there is nowhere to keep it; the caller is told in any case.
        let _ = location.raise(&Alarm { time, code: error.code().to_owned() });
    }
}

impl Engine {
    /// Takes the alarms that are kept outside the store into its log.
    pub(super) fn take_alarms_over(&mut self) -> Result<(), Error> {
        let now = self.clock.now().wall;
        self.config.location().hand_alarms_over(|alarms| {
            self.store.write(|store| {
                for alarm in alarms {
                    let mut entry = Entry::new(now, Operation::Alarm, Outcome::Failed);
                    entry.reason = Some(alarm.code.clone());
                    entry.object = Some(format!("{:.3}", alarm.time));
                    store.append(&entry)?;
                }
                Ok::<_, Error>(())
            })
        })
    }

    /// Writes down that the store had an earlier format until now.
    pub(super) fn record_migration(&mut self) -> Result<(), Error> {
        let Some(format) = self.store.taken_over_from() else { return Ok(()) };
        let mut entry = self.entry(Operation::StoreMigrate, Outcome::Done);
        entry.object = Some(format!("format {format}"));
        self.append(&entry)?;
        Ok(())
    }
}
