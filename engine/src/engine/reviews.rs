//! Uses that were only claimed wait here until another administrator has looked at them.

use super::{Acting, Error};
use crate::audit::Operation;
use crate::policy::Right;
use crate::secret::{EmergencyUse, Remark, Review};

impl Acting<'_> {
    /// The uses that wait for review, oldest first; with `reviewed`, those that were reviewed too.
    ///
    /// # Errors
    /// When the store fails.
    pub fn emergency_uses(&self, reviewed: bool) -> Result<Vec<(String, EmergencyUse)>, Error> {
        self.require(Right::Emergency)?;
        let mut uses = self.engine.store.documents::<EmergencyUse>()?;
        uses.retain(|(_, used)| reviewed || used.review.is_none());
        uses.sort_by_key(|(_, used)| used.at);
        Ok(uses)
    }

    /// Writes down what an administrator found of a use.
    ///
    /// # Errors
    /// [`Error::NoUse`] when none of this handle waits for review; [`Error::Oneself`] for whoever used it or made it
    /// possible.
    pub fn review_emergency(&mut self, handle: &str, note: &Remark) -> Result<(), Error> {
        let by = self.actor().map(str::to_owned);
        self.act_at(Right::Emergency, Operation::EmergencyReview, handle, |store, now| {
            let used = store
                .document::<EmergencyUse>(handle)?
                .filter(|used| used.review.is_none())
                .ok_or_else(|| Error::NoUse { handle: handle.chars().take(64).collect() })?;
            if by.as_ref().is_some_and(|by| used.person == *by || used.allowed_by.contains(by)) {
                return Err(Error::Oneself { what: "reviewing an emergency" });
            }
            let review = Review { by, at: now.wall, note: note.as_str().to_owned() };
            Ok(store.put_document(handle, &EmergencyUse { review: Some(review), ..used })?)
        })
    }
}
