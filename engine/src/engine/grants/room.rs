//! What a new grant takes the place of.

use super::{end, end_all, entry_of};
use crate::audit::Operation;
use crate::engine::Error;
use crate::engine::clock::Now;
use crate::grant::{Ending, GrantRecord};
use crate::policy::Purpose;
use crate::store::Write;

/// Ends what a new grant takes the place of: the one it was asked to replace, and, when a terminal is unlocked or taken
/// over, those of other people at it. Whoever administers goes on. A provisional grant waits with it until it is confirmed:
/// whoever types any password would end others' grants.
pub(in crate::engine) fn make_room(
    store: &Write<'_>,
    now: Now,
    record: &GrantRecord,
    replaces: Option<&str>,
) -> Result<(), Error> {
    if let Some(old) = replaces
        && let Some(before) = store.document::<GrantRecord>(old)?
        && before.ended.is_none()
    {
        switch(store, now, record, old, before)?;
    }
    let others = |other: &GrantRecord| {
        other.ended.is_none()
            && other.terminal == record.terminal
            && other.subject != record.subject
            && other.purpose != Purpose::Admin
    };
    match record.purpose {
        Purpose::Unlock => end_all(store, now, Ending::UnlockedByOther, others),
        Purpose::Switch => {
            let all = store.documents::<GrantRecord>()?;
            all.into_iter()
                .filter(|(_, before)| others(before))
                .try_for_each(|(key, before)| switch(store, now, record, &key, before))
        }
        Purpose::Login | Purpose::Application | Purpose::Admin | Purpose::Enrolment | Purpose::Emergency => {
            Ok(())
        }
    }
}

/// Ends the grant of this key, since `record` takes its place, and writes down who came after whom.
fn switch(
    store: &Write<'_>,
    now: Now,
    record: &GrantRecord,
    key: &str,
    before: GrantRecord,
) -> Result<(), Error> {
    let mut entry = entry_of(Operation::GrantSwitch, key, record, now);
    entry.object = Some(before.subject.clone());
    end(store, now, key, before, Ending::Switched)?;
    store.append(&entry)?;
    Ok(())
}
