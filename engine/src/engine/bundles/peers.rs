//! Who may send bundles, and this terminal's keys, as a transaction has them.

use crate::engine::Error;
use crate::store::Write;
use crate::terminal::{KeyRing, PeerRecord};

/// The peer whose store has this id.
pub(super) fn live_peer_of(store: &Write<'_>, id: &[u8; 16]) -> Result<Option<PeerRecord>, Error> {
    let peer = store.document::<PeerRecord>(&PeerRecord::key_of(id))?;
    Ok(peer.filter(PeerRecord::is_live))
}

/// This terminal's keys; none before it was introduced to anybody.
pub(super) fn ring_in(store: &Write<'_>) -> Result<Option<KeyRing>, Error> {
    Ok(store.document(KeyRing::KEY)?)
}
