//! The monthly review of the log.

#[cfg(test)]
mod tests;

use super::exports::zone_of;
use super::{Acting, Error};
use crate::audit::report::{DayHours, DormantPerson, Month, MonthlyReview, Tally, Verification};
use crate::policy::Right;

impl Acting<'_> {
    /// Reviews a month by the site's clocks: the whole log is read, page by page; `progress` hears how many records were
    /// read, of how many. Who has not come for long is told as of now. `verification` is what a verification of the log
    /// gave, if there was one. That it was read, and by whom, stands in the log from then on.
    ///
    /// # Errors
    /// Without the right to read the log, or when the store fails.
    pub fn monthly_review(
        &mut self,
        month: Month,
        day_hours: DayHours,
        verification: Option<Verification>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<MonthlyReview, Error> {
        self.require(Right::Log)?;
        let zone = zone_of(&*self.engine.rulebook()?);
        let made = self.engine.now()?.wall;
        let last = self.engine.store.last_seq()?;
        self.note_reading((1, last), Some("monthly_review"))?;
        let mut tally = Tally::new(month, zone, day_hours);
        self.engine.each_record(last, progress, |chained| {
            tally.add(&chained.record);
            Ok(())
        })?;
        let dormant = self.dormant(None)?.into_iter().map(|dormant| DormantPerson {
            id: dormant.person.id,
            name: dormant.person.profile.name,
            last: dormant.last,
        });
        Ok(tally.finish(made, dormant.collect(), verification))
    }
}
