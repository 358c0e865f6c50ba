//! That somebody was erased here: a bundle may be under way that was made before, and would bring them back.
//!
//! It is kept. To forget it when the last such bundle is over, the clock would have to be right: one that was ahead for a
//! moment would forget it too early, and for all who were ever erased.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::Error;
use crate::engine::clock::{self, Now};
use crate::store::{Document, Write};

/// An id that was somebody's. The log has it too.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Erased {
    at: Timestamp,
}

impl Document for Erased {
    const KIND: &'static str = "erased";
}

/// Notes that this person was erased now: by a clock that is behind, no earlier than it once showed.
pub(in crate::engine) fn note(store: &Write<'_>, now: Now, person: &str) -> Result<(), Error> {
    let at = clock::latest(store, now)?;
    Ok(store.put_document(person, &Erased { at })?)
}

/// When the person of this id was erased last, if that may still matter.
pub(in crate::engine) fn since(store: &Write<'_>, person: &str) -> Result<Option<Timestamp>, Error> {
    Ok(store.document::<Erased>(person)?.map(|erased| erased.at))
}
