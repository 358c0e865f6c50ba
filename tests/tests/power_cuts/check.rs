//! What must hold of a store after a cut.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mabataki_engine::audit::{Trust, Verifier};
use mabataki_engine::store::{Location, LogFile, LogLines, Store, StoreError};

use crate::ward::{self, Counter};

/// Checks the store after a cut before which transaction `promised` was on the disk, if any was: says up to which it is
/// there, or what is wrong with it.
pub(crate) fn check(location: &Location, promised: Option<u64>) -> Result<String, String> {
    let told = |error: StoreError| format!("{}: {error}", error.code());
    let mut store = match (Store::open(location, &ward::key()), promised) {
        // The power went before anybody was told that there is a store.
        (Err(StoreError::NoStore { .. }), None) => {
            Store::create(location, &ward::key(), ward::settings()).map_err(told)?
        }
        (opened, _) => opened.map_err(told)?,
    };
    let (least, found) = (promised.unwrap_or(0), whole(&store, location).map_err(told)?);
    // One more may have been on its way.
    if !(least..=least + 1).contains(&found) {
        return Err(format!("{least} transactions were promised, {found} are there"));
    }
    // Whoever comes after the cut goes on.
    ward::work(&mut store, found + 1).map_err(told)?;
    drop(store);
    let store = Store::open(location, &ward::key()).map_err(told)?;
    let after = whole(&store, location).map_err(told)?;
    if after == found + 1 {
        Ok(found.to_string())
    } else {
        Err(format!("{after} after {found} and one more"))
    }
}

/// How many transactions are in the store.
///
/// # Panics
/// When one is there in part, or the log is not as it was written.
fn whole(store: &Store, location: &Location) -> Result<u64, StoreError> {
    let checked = store.check()?;
    let counted = store.document::<Counter>("tries")?.unwrap_or_default().0;
    assert_eq!(
        (checked.log, store.last_seq()?),
        (counted, counted),
        "the counter and its record go together"
    );
    let people: BTreeMap<_, _> =
        store.people()?.into_iter().map(|person| (person.id, person.status)).collect();
    assert_eq!(people, ward::people_after(counted), "after {counted} transactions");
    let templates = store.templates().collect::<Result<Vec<_>, _>>()?.len();
    assert_eq!((store.cards(None)?.len(), templates), (people.len(), people.len()));
    if store.last_checkpoint()?.is_none() {
        // Nobody can verify a log without one.
        return Ok(counted);
    }
    let log = LogFile::open(&location.state)?;
    let outside = LogLines::open(&location.checkpoints())?;
    let trust = Trust { keys: vec![store.log_key()?], whole: true, ..Trust::default() };
    let mut verifier = Verifier::new(trust);
    log.feed(&mut verifier, outside.checkpoints_of(log.id()), || {})?;
    for verdict in verifier.finish(Timestamp::UNIX_EPOCH) {
        assert_eq!((verdict.finding, verdict.records), (None, counted), "the log");
    }
    Ok(counted)
}
