//! Whether this terminal's log is as it was written, for somebody who administers it. An inspector needs no right: see
//! [`LogFile`].

use std::iter;

use super::{Acting, Error};
use crate::audit::{PublicKey, Trust, Verdict, Verifier};
use crate::policy::Right;
use crate::store::{LogFile, LogLines};

impl Acting<'_> {
    /// Verifies the log in the store, with its checkpoints in the witness folder. `keys` are those that it must have begun
    /// with; without any it is held against the key that it says itself. `progress` hears how many records were looked at,
    /// of how many.
    ///
    /// # Errors
    /// Without the right to read the log; when it cannot be read. That it is not as it was written is a finding, and no
    /// error.
    pub fn verify_log(
        &self,
        keys: &[PublicKey],
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Verdict, Error> {
        self.require(Right::Log)?;
        let location = self.engine.config.location();
        let log = LogFile::open(&location.state)?;
        let (mut done, total) = (0_u64, log.records()?);
        let step = || {
            done = done.saturating_add(1);
            progress(done, total);
        };
        let mut verifier = Verifier::new(Trust { keys: keys.to_vec(), whole: true, ..Trust::default() });
        let outside = location.checkpoints();
        if outside.is_file() {
            log.feed(&mut verifier, LogLines::open(&outside)?.checkpoints_of(log.id()), step)?;
        } else {
            log.feed(&mut verifier, iter::empty(), step)?;
        }
        let none = || Error::Invalid { what: "the log", expected: "one", found: "none".to_owned() };
        verifier.finish(self.engine.now()?.wall).pop().ok_or_else(none)
    }
}
