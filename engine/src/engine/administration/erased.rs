//! That somebody was erased here: for as long as a bundle may be under way that was made before, and would bring them back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bundle::LONGEST_VALID;
use crate::engine::Error;
use crate::engine::clock::Now;
use crate::store::{Document, Write};

/// An id that was somebody's. The log has it too, and for longer.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Erased {
    at: Timestamp,
}

impl Document for Erased {
    const KIND: &'static str = "erased";
}

/// Notes that this person was erased now, and forgets those of whom no bundle can tell any more.
pub(in crate::engine) fn note(store: &Write<'_>, now: Now, person: &str) -> Result<(), Error> {
    for (id, erased) in store.documents::<Erased>()? {
        if erased.at.duration_until(now.wall) > LONGEST_VALID {
            store.remove_document::<Erased>(&id)?;
        }
    }
    Ok(store.put_document(person, &Erased { at: now.wall })?)
}

/// When the person of this id was erased last, if that may still matter.
pub(in crate::engine) fn since(store: &Write<'_>, person: &str) -> Result<Option<Timestamp>, Error> {
    Ok(store.document::<Erased>(person)?.map(|erased| erased.at))
}
