//! What is found wrong with the store, before it is opened or while it is: kept beside it, and written into its log as soon
//! as that can be.

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
    /// From now on whatever is found wrong with the store is an alarm, whoever runs into it: an attempt, an administrator who
    /// reads a list, a look at the clock. Of one fault there is one, for as long as the engine lives.
    pub(super) fn watch_for_faults(&self) {
        let (location, clock) = (self.config.location(), self.clock);
        self.store.on_fault(move |error| raise(&location, error, clock.now().wall));
    }

    /// Takes over what was found since, if the log still takes anything. Otherwise the next store that opens does.
    pub(super) fn take_new_alarms_over(&mut self) {
        if self.store.take_new_fault() {
            let _ = self.take_alarms_over();
        }
    }

    /// Takes the alarms that are kept outside the store into its log.
    pub(super) fn take_alarms_over(&mut self) -> Result<(), Error> {
        let now = self.clock.now().wall;
        // The file of alarms is locked until they are in the log: what is found meanwhile could not be put into it.
        self.store.mute_faults(true);
        let taken = self.config.location().hand_alarms_over(|alarms| {
            self.store.write(|store| {
                for alarm in alarms {
                    let mut entry = Entry::new(now, Operation::Alarm, Outcome::Failed);
                    entry.reason = Some(alarm.code.clone());
                    entry.object = Some(format!("{:.3}", alarm.time));
                    store.append(&entry)?;
                }
                Ok::<_, Error>(())
            })
        });
        self.store.mute_faults(false);
        taken
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::trial::{self, Site};
    use crate::engine::{AttemptRequest, Step};
    use crate::policy::{Factor, Factors, Purpose};
    use crate::store::past;

    /// A site in whose store the record of `nurse01` is no record any more.
    fn damaged() -> Site {
        let mut site = trial::site();
        let password = trial::secret("Kobe-4711-harbour");
        site.engine.acting().set_password("nurse01", &password, false).unwrap();
        let damage = "UPDATE person SET sealed = zeroblob(length(sealed)) WHERE id = 'nurse01'";
        assert_eq!(past::execute(&site.engine.config.location(), damage), 1);
        site
    }

    fn attempt(engine: &mut Engine) -> Result<(), Error> {
        let request = AttemptRequest {
            claim: Some("nurse01".to_owned()),
            store_key: true,
            secrets: Factors::of(&[Factor::Password]),
            ..AttemptRequest::new(Purpose::Admin)
        };
        let mut attempt = engine.authenticate(request)?;
        attempt.give_password(trial::secret("Kobe-4711-harbour"))?;
        while let Some(step) = attempt.next_step()? {
            assert!(!matches!(step, Step::Done(_)), "{step:?}");
        }
        Ok(())
    }

    fn in_log(site: &Site) -> Vec<Option<String>> {
        let log = site.engine.store.log(0, 1000).unwrap();
        let alarms = log.into_iter().filter(|record| record.entry.operation == Operation::Alarm);
        alarms.map(|record| record.entry.reason).collect()
    }

    #[test]
    fn a_damaged_record_that_attempts_run_into_is_one_alarm_in_the_log_of_the_running_terminal() {
        let mut site = damaged();
        for _ in 0..3 {
            assert_eq!(attempt(&mut site.engine).unwrap_err().code(), "store_corrupt");
        }
        assert_eq!(in_log(&site), [Some("store_corrupt".to_owned())]);
        assert!(site.engine.config.location().alarms().unwrap().is_empty());
    }

    #[test]
    fn a_damaged_record_that_a_list_runs_into_is_an_alarm_until_the_log_takes_it() {
        let mut site = damaged();
        for _ in 0..2 {
            assert_eq!(site.engine.acting().people().unwrap_err().code(), "store_corrupt");
        }
        let kept = site.engine.config.location().alarms().unwrap();
        assert_eq!(kept.iter().map(|alarm| alarm.code.as_str()).collect::<Vec<_>>(), ["store_corrupt"]);
        site.engine.start().unwrap();
        let refused = site.engine.acting().remove_person("nobody");
        assert_eq!(refused.unwrap_err().code(), "not_found", "what is written next takes it along");
        assert_eq!(in_log(&site), [Some("store_corrupt".to_owned())]);
    }
}
